"""Commands that look into the file: info, scopes, log."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from litemem import __version__
from litemem.cli.context import existing_file, file_path, open_read_only
from litemem.cli.memories import change_text
from litemem.cli.models import describe
from litemem.cli.options import file_options, number_option, scope_options
from litemem.cli.output import (
    bytes_text,
    counted,
    echo_err,
    encoding,
    show_card,
    show_json,
    show_table,
)
from litemem.core import clock
from litemem.core.results import memory_dict, set_aside_dict, with_damaged
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import Found, LoggedMessage, Overview, Shown
from litemem.errors import MemoryNotFoundError
from litemem.models import files as model_files
from litemem.models.registry import all_models
from litemem.store.filters import compile_ids
from litemem.store.protocol import FileStats
from litemem.store.sqlite.stats import file_stats, owners

LOGGED = 20  # messages of a scope
MAX_BARS = 40  # columns of the growth line; with its dates it fits 80
LARGEST = 4  # tables and indexes that are named; --json has all


@click.command()
@file_options
def info(db: str | None, as_json: bool) -> None:
    """Show counts, sizes and growth of the file, and the models."""
    path = file_path(db)
    found = file_stats(str(path), clock.now()) if path.exists() else None
    models = [describe(model) for model in all_models()]
    if as_json:
        return show_json(
            {
                "version": __version__,
                "path": str(path),
                "file": asdict(found.overview) | {"counts": found.counts} if found else None,
                "sizes": found.sizes if found else {},
                "growth": {_date(d): n for d, n in found.growth.items()} if found else {},
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
    """List all users, agents, apps and runs that have memories."""
    found = owners(str(existing_file(db)))
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
        echo_err("no memories")
    rows = [
        (o.kind, f"{o.memories:,}", _day(o.created_at), _day(o.updated_at), o.name) for o in found
    ]
    return show_table(("KIND", "MEMORIES", "FIRST", "LAST", "ID"), rows)


@click.command("log")
@click.argument("memory_id", metavar="[ID]", required=False)
@scope_options
@number_option(
    "--limit",
    default=LOGGED,
    least=1,
    description="Maximum number of messages of a scope, or of runs that a memory was shown to.",
)
@file_options
def show_log(
    memory_id: str | None, ids: dict[str, Any], limit: int, db: str | None, as_json: bool
) -> None:
    """Show what became of the messages of a memory or a scope.

    ID is that of a memory or a message. Each message is followed by the facts that the language
    model wrote and that were not kept, with the reason, and for a scope by its memories. A memory
    is shown with its events, its state, and the runs that got it from a hook; only events and runs
    are left of a deleted memory.
    """
    if (memory_id is None) is not bool(ids):
        raise click.UsageError(
            "Give the ID of a memory or a message, or a scope (--user-id, …), not both."
        )
    existing_file(db)
    with open_read_only(db) as memory, memory.store.read() as r:
        if memory_id is None:
            return _show_scope_log(
                r.messages.logged(compile_ids(None, Scope(**ids)), limit=limit), as_json
            )
        entries, found = memory.history(memory_id), memory.get(memory_id)
        logged = r.messages.logged_for(memory_id)
        shown = [_shown_dict(each) for each in r.shown.of_memory(memory_id, limit=limit)]
    if not (entries or logged or shown):
        raise MemoryNotFoundError(f"no memory, present or deleted, has the id {memory_id!r}")
    messages = [_message_dict(each) for each in logged]
    if as_json:
        return show_json(
            {"memory": found, "messages": messages, "history": entries, "shown": shown}
        )
    rows = [row for each in messages for row in _message_rows(each)]
    rows += [*_event_rows(entries), *_state_rows(found)]
    rows += [(_minute(each["at"]), "SHOWN", _shown_text(each)) for each in reversed(shown)]
    return show_table(("WHEN (UTC)", "WHAT", "TEXT"), rows)


def _show_scope_log(logged: Found[LoggedMessage], as_json: bool) -> None:
    """Show messages with the memories that came from them."""
    messages = [
        _message_dict(each)
        | {
            "pending": each.is_pending,
            "memories": [memory_dict(memory) for memory in each.memories],
        }
        for each in logged
    ]
    if as_json:
        return show_json(with_damaged({"messages": messages}, logged))
    if not messages:
        echo_err("no messages")
    rows: list[tuple[str, str, str]] = []
    for each in messages:
        rows += _message_rows(each)
        rows += [("", "PENDING", "run `litemem pending`")] if each["pending"] else ()
        for memory in each["memories"]:
            replaced = memory.get("superseded_by")
            end = f" (superseded by {replaced})" if replaced else ""
            rows.append(("", "MEMORY", f"{memory['id']}: {memory['memory']}{end}"))
    return show_table(("WHEN (UTC)", "WHAT", "TEXT"), rows)


def _file_pairs(path: Path, found: FileStats | None) -> Iterator[tuple[str, str]]:
    if found is None:
        yield "file", f"{path} (does not exist: run `litemem add` to create it)"
        return
    overview, counts = found.overview, found.counts
    turns = f"{counted(overview.pending_turns, 'pending turn')}: run `litemem pending`"
    messages = f"{overview.messages:,}"
    yield "file", str(path)
    yield "size", f"{bytes_text(overview.bytes)}, schema {overview.schema_version}"
    if found.sizes:
        sizes = [f"{name} {bytes_text(size)}" for name, size in found.sizes.items()]
        yield "largest", ", ".join(sizes[:LARGEST])
    yield "memories", f"{overview.memories:,}, of {_owners(overview)}"
    if text := _nonzero(counts, "superseded", "expired", "immutable", "procedural"):
        yield "of these", text
    yield "messages", f"{messages}, {turns}" if overview.pending_turns else messages
    if counts.get("set_aside"):
        turns = counted(counts["set_aside"], "turn")
        yield "set aside", f"{turns} that cannot be read: run `litemem verify --fix`"
    if counts.get("waiting"):
        texts = counted(counts["waiting"], "text")
        yield "not indexed", f"{texts}, until the next adds: or run `litemem reindex`"
    if text := _nonzero(counts, "entities", "relations"):
        yield "graph", text
    if counts.get("history_entries"):
        entries = counted(counts["history_entries"], "entry", "entries")
        yield "history", f"{entries}, {counted(counts.get('deleted', 0), 'deletion')}"
    if counts.get("shown"):
        yield "shown", f"{counted(counts['shown'], 'time')} by hooks: see `litemem log ID`"
    if found.growth:
        yield "growth", growth_line(found.growth)
    embedder = found.embedder
    yield "embedder", f"{embedder.name}, {embedder.dimensions} dimensions" if embedder else "none"


def growth_line(by_day: Mapping[int, int]) -> str:
    """Return a bar for each span of days: "2025-06-15 █ ▄ 2025-06-28 (at most 2 in 1 day)"."""
    bars = "▁▂▃▄▅▆▇█" if "utf" in encoding() else "_.-:=+*#"
    first, last = min(by_day), max(by_day)
    days = (last - first) // MAX_BARS + 1  # in a span
    sums: Counter[int] = Counter()
    for day, number in by_day.items():
        sums[(day - first) // days] += number
    top = max(sums.values())
    spans = range((last - first) // days + 1)
    line = "".join(bars[(sums[i] * 8 - 1) // top] if sums[i] else " " for i in spans)
    return f"{_date(first)} {line} {_date(last)} (at most {top:,} in {counted(days, 'day')})"


def _owners(overview: Overview) -> str:
    numbers = {name: getattr(overview, f"{name}s") for name in ("user", "agent", "app", "run")}
    return (
        ", ".join(counted(number, name) for name, number in numbers.items() if number) or "0 users"
    )


def _nonzero(counts: Mapping[str, int], *names: str) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in names if counts.get(name))


def _message_dict(logged: LoggedMessage) -> dict[str, Any]:
    said = logged.said
    shown: dict[str, Any] = {
        "id": said.id,
        "at": clock.to_iso(said.created_at),
        "role": said.role,
        "name": said.name,
        "content": said.content,
    }
    if logged.set_aside:
        noted = map(set_aside_dict, logged.set_aside)
        shown["set_aside"] = [{n: v for n, v in each.items() if n != "message"} for each in noted]
    return shown


def _shown_dict(shown: Shown) -> dict[str, Any]:
    return {"at": clock.to_iso(shown.at), "event": shown.event, **shown.scope.ids()}


def _shown_text(shown: Mapping[str, Any]) -> str:
    ids = ", ".join(f"{key} {shown[key]}" for key in ID_KEYS if key in shown)
    return f"at {shown['event']}, to {ids}"


def _message_rows(message: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    text = f"{message['name'] or message['role']}: {message['content']}"
    yield _minute(message["at"]), "MESSAGE", text
    for each in message.get("set_aside", ()):
        instead = each.get("replaced_by") or each.get("id")
        end = f"; see {instead}" if instead else ""
        yield "", "SET ASIDE", f"{each['memory']} ({each['reason']}{end})"


def _event_rows(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for entry in entries:
        when = _minute(entry["updated_at"] or entry["created_at"])
        if entry.get("superseded_by"):
            yield when, "SUPERSEDED", f"by {entry['superseded_by']}: {entry['new_memory']}"
            continue
        yield when, entry["event"], change_text(entry["old_memory"], entry["new_memory"])
        for memory_id in entry.get("supersedes", ()):
            yield when, "SUPERSEDES", memory_id


def _state_rows(found: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """Yield what the history has no event of: repetitions and the expiry."""
    if found is None:
        return
    if found.get("repeats"):
        yield "", "REPEATED", counted(found["repeats"], "time")
    if found.get("expires_at"):
        yield _minute(found["expires_at"]), "EXPIRES", found["memory"]


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _day(microseconds: int) -> str:
    return clock.to_iso(microseconds)[:10]


def _minute(iso: str) -> str:
    return iso[:16].replace("T", " ")
