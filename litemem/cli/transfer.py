"""The commands that take memories out of a file and into one: export, import."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, get_args

import click

from litemem.cli.context import existing, file_path, named_embedder, open_memory
from litemem.cli.options import embedder_option, file_options, json_object_option, scope_options
from litemem.cli.output import counted, progress, show_json, tell
from litemem.core.scope import Scope
from litemem.store.filters import Condition, compile_filter
from litemem.store.sqlite import MEMORY, Conflict, SqliteStore
from litemem.store.sqlite.archive.lines import ArchiveFile
from litemem.transfer.export import Format, export_file, write
from litemem.transfer.importer import Imported, Source, take_in
from litemem.transfer.mem0 import open_store
from litemem.transfer.rewinding import opened

STANDARD = "-"  # standard input or output, as a file's name


@click.command("export")
@click.argument("target", metavar="[TARGET|-]", default=STANDARD)
@scope_options
@json_object_option("--filter", description="Narrow by a filter, as docs/filters.md has it.")
@click.option(
    "--format",
    type=click.Choice(get_args(Format)),
    default="jsonl",
    show_default=True,
    help='"jsonl" is lossless, and what `litemem import` reads; "markdown" is for people.',
)
@click.option("--vectors", is_flag=True, help="With the vectors, so that an import need make none.")
@click.option("--force", is_flag=True, help="Replace TARGET if it is there.")
@file_options
def export_memories(
    target: str,
    ids: dict[str, Any],
    filter: dict[str, Any] | None,  # noqa: A002 - the option's name
    format: Format,  # noqa: A002 - the option's name
    vectors: bool,
    force: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Write what the file holds into TARGET, or to standard output.

    Without ids and filter all of it: memories with their history, messages, waiting turns, graph,
    settings. With them the memories that match and what belongs to them. Other programs may go on
    writing: the export is one moment of the file.
    """
    path = existing(db)
    condition = _condition(ids, filter)
    store = SqliteStore(path, read_only=True)
    try:
        with progress("exporting", beside_data=target == STANDARD) as show:
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
    if target == STANDARD:
        return
    if as_json:
        show_json({"path": target, "counts": counts})
    else:
        tell(f"{target}: {_memories(counts.get('memory', 0))}")


@click.command("import")
@click.argument("source", metavar="SOURCE|-")
@click.option(
    "--from",
    "origin",
    type=click.Choice(["litemem", "mem0"]),
    default="litemem",
    show_default=True,
    help="What wrote it. Of mem0, SOURCE is the folder of its qdrant or faiss store.",
)
@click.option(
    "--on-conflict",
    type=click.Choice(get_args(Conflict)),
    default="error",
    show_default=True,
    help="What becomes of a memory whose id is there already; merge: the newer one wins, with "
    "metadata, categories and history of both.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, say what would happen, and end.")
@scope_options
@click.option("--collection", metavar="NAME", help="With --from mem0: which, if there are several.")
@click.option(
    "--history",
    metavar="PATH",
    help="With --from mem0: its history.db; by default the one beside or above SOURCE.",
)
@click.option(
    "--app-ids", is_flag=True, help="With --from mem0: an app_id in the metadata is an id."
)
@embedder_option
@file_options
def import_memories(
    source: str,
    origin: str,
    on_conflict: Conflict,
    dry_run: bool,
    ids: dict[str, Any],
    collection: str | None,
    history: str | None,
    app_ids: bool,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Take in what `litemem export` wrote, or a store of mem0ai.

    Everything is checked first; a SOURCE that is damaged changes nothing. Vectors are made anew
    unless SOURCE has those of this embedder. It may be interrupted: the same command with
    --on-conflict skip goes on. With --from mem0, --user-id and the other ids are given to what
    has none of its own.
    """
    if origin == "litemem" and (ids or collection or history or app_ids):
        raise click.UsageError("an export says whose its memories are: these need --from mem0")
    with _source(source, origin, ids, collection, history, app_ids) as found:
        path = file_path(db)
        done = None
        if not path.exists() or not path.stat().st_size:
            done = _rehearsed(found, embedder, dry_run=dry_run)
        if done is None or not dry_run:
            done = _imported(found, db, embedder, on_conflict=on_conflict, dry_run=dry_run)
    _show(done, dry_run=dry_run, as_json=as_json)


@contextmanager
def _source(
    source: str,
    origin: str,
    ids: dict[str, Any],
    collection: str | None,
    history: str | None,
    app_ids: bool,
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
    with opened(given) as file:
        yield ArchiveFile(file)


def _condition(ids: dict[str, Any], condition: dict[str, Any] | None) -> Condition | None:
    """Return which memories are meant; None is the whole file."""
    if not ids and condition is None:
        return None
    return compile_filter(condition, Scope(**ids))


def _rehearsed(found: Source, embedder: str | None, *, dry_run: bool) -> Imported:
    """Check an import into a file that is not there yet: of what is refused, none is left."""
    chosen, store = named_embedder(embedder), SqliteStore(MEMORY)
    try:
        done = take_in(store, chosen, found, dry_run=True)
        if done.embedded and not dry_run:
            chosen.embed_query("a model that is missing says so here")
    finally:
        store.close()
        chosen.close()
    return done


def _imported(
    found: Source, db: str | None, embedder: str | None, *, on_conflict: Conflict, dry_run: bool
) -> Imported:
    with open_memory(db, embedder=embedder) as memory, progress("importing") as show:
        try:
            return take_in(
                memory.store,
                memory.embedder,
                found,
                on_conflict=on_conflict,
                dry_run=dry_run,
                progress=show,
            )
        except KeyboardInterrupt:
            tell("interrupted; the same import with --on-conflict skip goes on from here")
            raise


def _show(done: Imported, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return show_json({"dry_run": dry_run, **asdict(done)})
    for sentence in done.left_out:
        tell(sentence)
    outcomes = [
        f"{number:,} {word}"
        for word in ("added", "overwritten", "merged", "skipped")
        if (number := getattr(done, word))
    ]
    would = "would be " if dry_run else ""
    return tell(f"memories: {would}{', '.join(outcomes) or 'none'}; embedded: {done.embedded:,}")


def _memories(number: int) -> str:
    return counted(number, "memory", "memories")
