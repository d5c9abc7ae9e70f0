"""Commands that move memories between files: export, import."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, get_args

import click

from litemem.cli.context import existing_file, file_path, named_embedder, open_memory
from litemem.cli.errors import interrupted
from litemem.cli.options import embedder_option, file_options, filter_option, scope_options
from litemem.cli.output import counted, echo_damaged, echo_err, memories_text, progress, show_json
from litemem.core.scope import Scope
from litemem.core.types import ChatFormat, ExportFormat
from litemem.memory import Memory
from litemem.store import SqliteStore
from litemem.store.archive.lines import open_archive
from litemem.store.filters import Condition, compile_filter
from litemem.store.protocol import Conflict
from litemem.store.sqlite.connection import MEMORY
from litemem.transfer.export import export_file, write
from litemem.transfer.importer import Imported, Source, import_source, opened
from litemem.transfer.mem0 import open_store

SERVER_MEMORY = "server-memory"
STANDARD = "-"  # standard input or output, as a file's name


@click.command("export")
@click.argument("target", metavar="[TARGET|-]", default=STANDARD)
@scope_options
@filter_option("Only memories that match the filter (docs/filters.md).")
@click.option(
    "--format",
    type=click.Choice(get_args(ExportFormat)),
    default="jsonl",
    show_default=True,
    help='"jsonl" is lossless, for `litemem import`; "markdown" has the memories for people to '
    'read, "html" is a page with all that belongs to them; "server-memory" is the graph, for the '
    "reference memory server of MCP (docs/graph.md).",
)
@click.option("--vectors", is_flag=True, help="Include vectors, so that an import need not embed.")
@click.option("--force", is_flag=True, help="Replace TARGET if it exists.")
@file_options
def export_memories(
    target: str,
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    format: ExportFormat,  # noqa: A002 - the option's name
    vectors: bool,
    force: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Export memories to TARGET, or to standard output.

    Without a scope and filter, exports the whole file: memories with their history, messages,
    pending turns, graph, settings. With them, the matching memories and the rows that belong to
    them. The export is a snapshot; other programs may write during it.
    """
    path = existing_file(db)
    condition = _condition(ids, filters)
    store = SqliteStore(path, read_only=True)
    try:
        with progress("exporting", stdout_is_data=target == STANDARD) as show:
            if target == STANDARD:
                out: Any = click.open_file(STANDARD, "wb")
                counts = write(store, out, condition, format=format, vectors=vectors, progress=show)
                out.flush()
            else:
                counts = export_file(
                    store,
                    target,
                    condition,
                    format=format,
                    vectors=vectors,
                    force=force,
                    progress=show,
                )
    finally:
        store.close()
    echo_damaged(counts)
    if target == STANDARD:
        return
    if as_json:
        show_json({"path": target, "counts": counts})
    elif format == SERVER_MEMORY:
        entities = counted(counts["entity"], "entity", "entities")
        echo_err(f"{target}: {entities}, {counted(counts['relation'], 'relation')}")
    else:
        echo_err(f"{target}: {memories_text(counts.get('memory', 0))}")


@click.command("import")
@click.argument("source", metavar="SOURCE|-")
@click.option(
    "--from",
    "origin",
    type=click.Choice(["litemem", "mem0", SERVER_MEMORY, *get_args(ChatFormat)]),
    default="litemem",
    show_default=True,
    help="Format of SOURCE; for mem0, SOURCE is the folder of its qdrant or faiss store. "
    "server-memory is the graph of MCP's reference memory server (docs/graph.md). The others are "
    "conversations (docs/import.md); auto recognises them.",
)
@click.option(
    "--no-infer", is_flag=True, help="With conversations: only messages, without facts later."
)
@click.option(
    "--on-conflict",
    type=click.Choice(get_args(Conflict)),
    default="error",
    show_default=True,
    help="Action if the id of a memory exists. merge: keep the newer text, with metadata, "
    "categories and history of both.",
)
@click.option("--dry-run", is_flag=True, help="Only check SOURCE and count; change nothing.")
@click.option(
    "--project-settings",
    is_flag=True,
    help="Adopt the project's settings and the instructions of pending turns, which steer later "
    "extractions.",
)
@click.option(
    "--accept-edited",
    is_flag=True,
    help="Accept a SOURCE that was changed after the export: check each line, but neither the "
    "SHA-256 nor the counts.",
)
@scope_options
@click.option(
    "--collection", metavar="NAME", help="With --from mem0: the collection, if there are several."
)
@click.option(
    "--history",
    metavar="PATH",
    help="With --from mem0: its history.db. [default: next to SOURCE, or one folder above]",
)
@click.option(
    "--app-ids", is_flag=True, help="With --from mem0: use an app_id in the metadata as an id."
)
@embedder_option
@file_options
def import_memories(
    source: str,
    origin: str,
    no_infer: bool,
    on_conflict: Conflict,
    dry_run: bool,
    project_settings: bool,
    accept_edited: bool,
    ids: dict[str, Any],
    collection: str | None,
    history: str | None,
    app_ids: bool,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Import an export of litemem, a store of Mem0, or conversations.

    SOURCE is checked first; a damaged one changes nothing. Texts are embedded unless SOURCE has
    vectors of this embedder. To continue after an interruption, run the same command with
    --on-conflict skip. With --from mem0, --user-id and the other ids are the scope of memories
    without ids.

    A graph of server-memory needs an id too; what the scope has already is skipped.

    Conversations of ChatGPT, Claude, Markdown or JSON Lines need --user-id: each becomes a run, and
    its messages are found at once. `litemem pending` extracts their facts. What is in the file
    already is skipped.
    """
    if origin in get_args(ChatFormat):
        others = (collection, history, app_ids, project_settings, accept_edited)
        if any(others) or on_conflict != "error":
            raise click.UsageError("Conversations take --user-id, --no-infer and --dry-run only.")
        chats = {"format": origin, "infer": not no_infer, "dry_run": dry_run}
        return _import_chats(source, ids, chats, db, embedder, as_json)
    if no_infer:
        raise click.UsageError("--no-infer is for conversations.")
    if origin == SERVER_MEMORY:
        others = (collection, history, app_ids, project_settings, accept_edited)
        if any(others) or on_conflict != "error":
            raise click.UsageError("A graph takes --user-id, … and --dry-run only.")
        return _import_graph(source, ids, db, embedder, dry_run=dry_run, as_json=as_json)
    if origin == "litemem" and (ids or collection or history or app_ids):
        raise click.UsageError(
            "An export of litemem has ids of its own. Name the format of another SOURCE: "
            "--from mem0, --from server-memory, or --from auto for conversations."
        )
    if origin == "mem0" and (project_settings or accept_edited):
        raise click.UsageError(
            "--project-settings and --accept-edited are for an export of litemem."
        )
    how: dict[str, Any] = {"dry_run": dry_run, "project_settings": project_settings}
    with _source(source, origin, ids, collection, history, app_ids, accept_edited) as found:
        path = file_path(db)
        done = None
        if not path.exists() or not path.stat().st_size:
            done = _checked(found, embedder, how)
        if done is None or not dry_run:
            done = _imported(found, db, embedder, {**how, "on_conflict": on_conflict})
    return _show(done, dry_run=dry_run, as_json=as_json)


def _import_graph(
    source: str,
    ids: dict[str, Any],
    db: str | None,
    embedder: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    given: Any = click.open_file(STANDARD, "rb") if source == STANDARD else source
    path = file_path(db)
    if not path.exists():
        with opened(given) as file, Memory(MEMORY, embedder=named_embedder(embedder)) as nothing:
            done = nothing.import_graph(file, **ids, dry_run=True)  # a refused one creates no file
            if dry_run:
                return _show_graph(done, dry_run=True, as_json=as_json)
            file.seek(0)
            with open_memory(db, embedder=embedder) as memory:
                return _show_graph(memory.import_graph(file, **ids), dry_run=False, as_json=as_json)
    with open_memory(db, embedder=embedder) as memory:
        done = memory.import_graph(given, **ids, dry_run=dry_run)
    return _show_graph(done, dry_run=dry_run, as_json=as_json)


def _show_graph(done: dict[str, Any], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return show_json({"dry_run": dry_run, **done})
    for sentence in done["left_out"]:
        echo_err(sentence)
    would = "would be " if dry_run else ""
    return echo_err(
        f"{counted(done['entities'], 'entity', 'entities')}, "
        f"{counted(done['relations'], 'relation')}: "
        f"{memories_text(done['added'])} {would}added, {done['known']:,} known"
    )


def _import_chats(
    source: str,
    ids: dict[str, Any],
    how: dict[str, Any],
    db: str | None,
    embedder: str | None,
    as_json: bool,
) -> None:
    if "user_id" not in ids or "run_id" in ids:
        raise click.UsageError(
            "Conversations belong to a user: give --user-id, and leave out --run-id, because each "
            "conversation is a run of its own."
        )
    given: Any = click.open_file(STANDARD, "rb") if source == STANDARD else source
    path, began = file_path(db), time.monotonic()
    if not path.exists():
        with Memory(MEMORY, embedder=named_embedder(embedder)) as nothing:
            if source != STANDARD:  # a source that is refused creates no file
                done = nothing.import_conversations(given, **ids, **{**how, "dry_run": True})
    if path.exists() or source == STANDARD or not how["dry_run"]:
        with open_memory(db, embedder=embedder) as memory, progress("importing") as show:
            try:
                done = memory.import_conversations(given, **ids, **how, progress=show)
            except KeyboardInterrupt as error:
                raise interrupted(
                    "interrupted: whole conversations are kept; the same command continues"
                ) from error
    _show_chats(done, time.monotonic() - began, dry_run=how["dry_run"], as_json=as_json)
    if done["problems"]:
        raise click.exceptions.Exit(1)


def _show_chats(done: dict[str, Any], seconds: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return show_json({"dry_run": dry_run, **done})
    for sentence in done["problems"] + done["left_out"]:
        echo_err(sentence)
    would = "would be " if dry_run else ""
    echo_err(
        f"{counted(done['conversations'], 'conversation')}: "
        f"{counted(done['messages'], 'message')} {would}imported, {done['known']:,} known "
        f"({done['messages'] / max(seconds, 0.001):,.0f} a second)"
    )
    if done["turns"] and not dry_run:
        echo_err(f"{counted(done['turns'], 'turn')}: `litemem pending` extracts their facts")
    return None


@contextmanager
def _source(
    source: str,
    origin: str,
    ids: dict[str, Any],
    collection: str | None,
    history: str | None,
    app_ids: bool,
    accept_edited: bool,
) -> Iterator[Source]:
    if origin == "mem0":
        yield open_store(
            source,
            collection=collection,
            history=history,
            scope=Scope(**ids),
            app_ids=app_ids,
        )
        return
    given: Any = click.open_file(STANDARD, "rb") if source == STANDARD else source
    with opened(given) as file, open_archive(file, accept_edited=accept_edited) as archive:
        yield archive


def _condition(ids: dict[str, Any], condition: dict[str, Any] | None) -> Condition | None:
    """Return the condition of the memories to export, or None for the whole file."""
    if not ids and condition is None:
        return None
    return compile_filter(condition, Scope(**ids))


def _checked(found: Source, embedder: str | None, how: dict[str, Any]) -> Imported:
    """Check an import in memory first, so that a refused one creates no file."""
    chosen, store = named_embedder(embedder), SqliteStore(MEMORY)
    try:
        done = import_source(store, chosen, found, **{**how, "dry_run": True})
        if done.embedded and not how["dry_run"]:
            chosen.embed_query("raises here if the model is missing")
    finally:
        store.close()
        chosen.close()
    return done


def _imported(found: Source, db: str | None, embedder: str | None, how: dict[str, Any]) -> Imported:
    with open_memory(db, embedder=embedder) as memory, progress("importing") as show:
        try:
            return import_source(memory.store, memory.embedder, found, **how, progress=show)
        except KeyboardInterrupt as error:
            raise interrupted(
                "interrupted: run the same import with --on-conflict skip to continue"
            ) from error


def _show(done: Imported, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return show_json({"dry_run": dry_run, **asdict(done)})
    for edit in done.edits:
        echo_err(f"accepted: {edit}")
    for name, setting in done.project_settings.items():
        value = json.dumps(setting["value"], ensure_ascii=False)
        echo_err(f"project setting {name}, {setting['outcome']}: {value:.200}")
    for sentence in done.left_out:
        echo_err(sentence)
    outcomes = [
        f"{number:,} {word}"
        for word in ("added", "overwritten", "merged", "skipped")
        if (number := getattr(done, word))
    ]
    would = "would be " if dry_run else ""
    return echo_err(
        f"memories: {would}{', '.join(outcomes) or 'none'}; embedded: {done.embedded:,}"
    )
