"""The commands that look at the file as a whole: info, scopes; and at one memory's life: log."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from litemem import __version__
from litemem.cli.context import existing, file_path, open_to_read
from litemem.cli.models import describe
from litemem.cli.options import file_options
from litemem.cli.output import bytes_text, counted, show_card, show_json, show_table, tell
from litemem.cli.timeline import bars, buckets
from litemem.core import clock
from litemem.core.protocols import EmbedderIdentity
from litemem.core.types import Overview
from litemem.errors import MemoryNotFoundError
from litemem.models import files as model_files
from litemem.models.registry import MODELS
from litemem.store.sqlite import FileStats, file_stats, owners, source_messages

BARS = 40  # columns of the plot; with the dates beside it, it fits 80
LARGEST = 4  # tables and indexes that are named; --json has all


@click.command("info")
@file_options
def about_file(db: str | None, as_json: bool) -> None:
    """Show what the file holds, how it grew, and which models are here.

    The plot is of memories by when they were made, from the first day to the last.
    """
    path = file_path(db)
    found = file_stats(str(path), clock.now()) if path.exists() else None
    models = [describe(model) for model in MODELS]
    if as_json:
        return show_json(
            {
                "version": __version__,
                "path": str(path),
                "file": asdict(found.overview) | {"counts": found.counts} if found else None,
                "sizes": found.sizes if found else {},
                "growth": _days(found.growth) if found else {},
                "embedder": asdict(found.embedder) if found and found.embedder else None,
                "models_folder": str(model_files.models_folder()),
                "models": models,
            }
        )
    pairs = [("litemem", __version__), *_file_pairs(path, found)]
    pairs += [("model", f"{model['name']}, {model['state']}") for model in models]
    return show_card([*pairs, ("models in", str(model_files.models_folder()))])


@click.command("scopes")
@file_options
def list_scopes(db: str | None, as_json: bool) -> None:
    """List every user, agent, app and run that memories belong to."""
    found = owners(str(existing(db)))
    if as_json:
        return show_json(
            [
                {
                    "type": owner.kind,
                    "id": owner.name,
                    "memories": owner.memories,
                    "first": clock.to_iso(owner.created_at),
                    "last": clock.to_iso(owner.updated_at),
                }
                for owner in found
            ]
        )
    if not found:
        tell("no memories")
    rows = [
        (o.kind, f"{o.memories:,}", _day(o.created_at), _day(o.updated_at), o.name) for o in found
    ]
    return show_table(("KIND", "MEMORIES", "FIRST", "LAST", "ID"), rows)


@click.command("log")
@click.argument("memory_id", metavar="ID")
@file_options
def show_log(memory_id: str, db: str | None, as_json: bool) -> None:
    """Tell the story of one memory: what was said, what came of it, what changed.

    Of a deleted one its history is left; what was said before it is known only while it lives.
    """
    path = existing(db)
    with open_to_read(db) as memory:
        entries, found = memory.history(memory_id), memory.get(memory_id)
    if not entries:
        raise MemoryNotFoundError(f"nothing is known of a memory {memory_id!r}")
    messages = [
        {"at": clock.to_iso(at), "role": m.role, "name": m.name, "content": m.content}
        for at, m in source_messages(str(path), memory_id)
    ]
    if as_json:
        return show_json({"memory": found, "messages": messages, "history": entries})
    rows = [*map(_said_row, messages), *_story(entries), *_state(found)]
    return show_table(("WHEN (UTC)", "WHAT", "TEXT"), rows)


def _file_pairs(path: Path, found: FileStats | None) -> Iterator[tuple[str, str]]:
    if found is None:
        yield "file", f"{path}, not there yet: `litemem add` makes it"
        return
    overview, counts = found.overview, found.counts
    waiting = f"{counted(overview.pending_turns, 'turn')} waiting: `litemem pending`"
    said = counted(overview.messages, "message")
    yield "file", str(path)
    yield "size", f"{bytes_text(overview.bytes)}, schema {overview.schema_version}"
    if found.sizes:
        largest = [f"{name} {bytes_text(size)}" for name, size in found.sizes.items()][:LARGEST]
        yield "of that", ", ".join(largest)
    yield "memories", f"{overview.memories:,}, of {_owners(overview)}"
    for text in filter(None, (_some(counts, "superseded", "expired", "immutable", "procedural"),)):
        yield "of these", text
    yield "said", f"{said}, {waiting}" if overview.pending_turns else said
    for text in filter(None, (_some(counts, "entities", "relations"),)):
        yield "graph", text
    if counts.get("history_entries"):
        yield (
            "history",
            f"{counted(counts['history_entries'], 'entry', 'entries')}, "
            + (f"{counts.get('deleted', 0):,} of the memories deleted"),
        )
    if found.growth:
        yield "growth", _plot(found.growth)
    yield "embedder", _show(found.embedder) if found.embedder else "none yet"


def _owners(overview: Overview) -> str:
    numbers = {name: getattr(overview, f"{name}s") for name in ("user", "agent", "app", "run")}
    return (
        ", ".join(counted(number, name) for name, number in numbers.items() if number) or "nobody"
    )


def _some(counts: Mapping[str, int], *names: str) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in names if counts.get(name))


def _plot(growth: Mapping[int, int]) -> str:
    """Return a line with a bar for each of some days, between the first day and the last."""
    numbers, days = buckets(growth, BARS)
    shown = bars(numbers, "utf" in (getattr(sys.stdout, "encoding", None) or "utf-8").lower())
    span = "a day" if days == 1 else f"{days:,} days"
    return f"{_date(min(growth))} {shown} {_date(max(growth))}, up to {max(numbers):,} in {span}"


def _days(growth: Mapping[int, int]) -> dict[str, int]:
    return {_date(day): number for day, number in growth.items()}


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _day(microseconds: int) -> str:
    return clock.to_iso(microseconds)[:10]


def _show(identity: EmbedderIdentity) -> str:
    return f"{identity.name}, {identity.dimensions} dimensions"


def _said_row(message: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        _minute(message["at"]),
        "SAID",
        f"{message['name'] or message['role']}: " + (message["content"]),
    )


def _story(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for entry in entries:
        when = _minute(entry["updated_at"] or entry["created_at"])
        if entry.get("superseded_by"):
            yield when, "SUPERSEDED", f"by {entry['superseded_by']}: {entry['new_memory']}"
            continue
        texts = [text for text in (entry["old_memory"], entry["new_memory"]) if text is not None]
        yield when, entry["event"], " → ".join(dict.fromkeys(texts))
        for memory_id in entry.get("supersedes", ()):
            yield when, "SUPERSEDES", memory_id


def _state(found: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """Yield what has no moment in the history."""
    if found is None:
        return
    if found.get("repeats"):
        yield "", "REPEATED", f"said again {counted(found['repeats'], 'time')}"
    if found.get("expires_at"):
        yield _minute(found["expires_at"]), "EXPIRES", found["memory"]


def _minute(iso: str) -> str:
    return iso[:16].replace("T", " ")
