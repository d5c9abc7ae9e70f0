"""The commands that look at memories: search, list, get, history."""

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import click

from litemem.cli.context import named_embedder, open_to_read
from litemem.cli.options import embedder_option, file_options, moment_option, reading_options
from litemem.cli.output import show_card, show_json, show_table, status, tell
from litemem.errors import MemoryNotFoundError
from litemem.memory import THRESHOLD, TOP_K

_PARTS = {
    "meaning": "semantic_score",
    "words": "bm25_score",
    "neighbours": "neighbour_boost",
    "run": "run_boost",
    "speaker": "speaker_boost",
    "date": "date_boost",
}
_LEAST_SHOWN = 0.005  # of a part of a score: what is not 0.00
_HIDDEN = ("id", "memory", "hash", "score")  # in `get`: shown first, or of no use to people


@click.command()
@click.argument("query", nargs=-1, required=True)
@reading_options
@click.option(
    "--top-k",
    type=click.IntRange(min=0),
    default=TOP_K,
    show_default=True,
    help="At most so many.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=THRESHOLD,
    show_default=True,
    help="The least score.",
)
@moment_option(
    "--reference-date",
    description='The day on which QUERY says "last month" or "yesterday"; by default that of '
    "--as-of, or today.",
)
@click.option(
    "--explain", is_flag=True, help="Also the parts of each score (docs/reference/scores.md)."
)
@embedder_option
@file_options
def search(
    query: tuple[str, ...],
    where: dict[str, Any],
    top_k: int,
    threshold: float,
    reference_date: str | None,
    explain: bool,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Find what answers QUERY, best first."""
    chosen = named_embedder(embedder)
    with closing(chosen), open_to_read(db, chosen) as memory, status("searching"):
        result = memory.search(
            " ".join(query),
            top_k=top_k,
            threshold=threshold,
            reference_date=reference_date,
            explain=explain,
            **where,
        )
    if as_json:
        return show_json(result)
    if not result["results"]:
        tell("nothing found")
    why = ("WHY",) if explain else ()
    return show_table(("SCORE", "ID", *why, "MEMORY"), map(_found_row, result["results"]))


@click.command("list")
@reading_options
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=TOP_K,
    show_default=True,
    help="At most so many.",
)
@file_options
def list_memories(where: dict[str, Any], limit: int, db: str | None, as_json: bool) -> None:
    """List memories, newest first."""
    with open_to_read(db) as memory:
        result = memory.get_all(limit=limit, **where)
    if as_json:
        return show_json(result)
    found = result["results"]
    show_table(("CREATED", "ID", "MEMORY"), [(m["created_at"][:10], *_named(m)) for m in found])
    if not found:
        tell("no memories")
    elif len(found) == limit:
        tell(f"the newest {limit:,}: --limit shows more")
    return None


@click.command()
@click.argument("memory_id", metavar="ID")
@file_options
def get(memory_id: str, db: str | None, as_json: bool) -> None:
    """Show one memory, and what was said that it came from."""
    with open_to_read(db) as memory:
        found = memory.get(memory_id)
        said = memory.store.sources(memory_id)
    if found is None:
        raise MemoryNotFoundError(f"no memory has the id {memory_id!r}")
    if as_json:
        return show_json(found)
    pairs = [("memory", found["memory"]), ("id", found["id"])]
    pairs += [
        (name.replace("_", " "), _value(value))
        for name, value in found.items()
        if name not in _HIDDEN and value is not None
    ]
    return show_card([*pairs, *(("said", f"{m.name or m.role}: {m.content}") for m in said)])


@click.command()
@click.argument("memory_id", metavar="ID")
@file_options
def history(memory_id: str, db: str | None, as_json: bool) -> None:
    """Show what happened to a memory, even a deleted one."""
    with open_to_read(db) as memory:
        entries = memory.history(memory_id)
    if not entries:
        raise MemoryNotFoundError(f"nothing is known of a memory {memory_id!r}")
    if as_json:
        return show_json(entries)
    return show_table(("WHEN (UTC)", "EVENT", "MEMORY"), [_event_row(entry) for entry in entries])


def _found_row(found: Mapping[str, Any]) -> tuple[str, ...]:
    details = found.get("score_details")
    why = () if details is None else (_parts_text(details),)
    return f"{found['score']:.2f}", found["id"], *why, found["memory"]


def _parts_text(details: Mapping[str, float]) -> str:
    """Return the parts that a score has: "meaning 0.52, words 0.40"."""
    shown = ((name, details[key]) for name, key in _PARTS.items())
    return ", ".join(f"{name} {part:.2f}" for name, part in shown if part >= _LEAST_SHOWN)


def _event_row(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    when = (entry["updated_at"] or entry["created_at"])[:16].replace("T", " ")
    texts = [text for text in (entry["old_memory"], entry["new_memory"]) if text is not None]
    return when, entry["event"], " → ".join(dict.fromkeys(texts))


def _named(memory: Mapping[str, Any]) -> tuple[str, str]:
    return memory["id"], memory["memory"]


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
