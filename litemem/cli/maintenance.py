"""Commands that check, copy, repair, shrink and rebuild the file."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from litemem.cli.context import (
    existing_file,
    file_path,
    named_embedder,
    open_memory,
    open_without_model,
)
from litemem.cli.errors import interrupted
from litemem.cli.memories import IDS_AND_SCOPE
from litemem.cli.options import (
    confirm,
    confirmation_options,
    duration_option,
    embedder_option,
    everyone_option,
    file_options,
    filter_option,
    require_scope,
    scope_options,
    with_everyone,
    yes_option,
)
from litemem.cli.output import (
    bytes_text,
    counted,
    echo_err,
    is_interactive,
    memories_text,
    progress,
    show_json,
    show_table,
    status,
)
from litemem.core import clock
from litemem.core.config import user_path
from litemem.maintenance.backup import backup, check_restorable, restore
from litemem.maintenance.integrity import (
    CheckResult,
    EditedText,
    fix,
    is_sound,
    report,
    salvage,
    verify,
)
from litemem.maintenance.integrity import accept_edited as accept_texts
from litemem.store import SqliteStore
from litemem.store.sqlite.copy import check_unopened

# -- verify


@click.command("verify")
@click.option("--full", is_flag=True, help="Also compare every index with the rows it covers.")
@click.option("--fix", "fixes", is_flag=True, help="Rebuild derived data; implies --full.")
@click.option(
    "--accept-edited",
    is_flag=True,
    help="Keep texts that another tool changed, and embed them again; implies --full.",
)
@embedder_option
@file_options
def verify_file(
    full: bool,
    fixes: bool,
    accept_edited: bool,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Check the file for damage and inconsistencies.

    Nothing is changed without --fix. It rebuilds full-text index, vector index, SQL indexes, views
    and triggers from the memories, and lists what it cannot repair. If the file itself is damaged,
    use `litemem restore` or `litemem salvage`.

    A text that another tool changed is listed with the old one. It is not found until
    --accept-edited makes it the memory's own, with an UPDATE in its history.
    """
    path = existing_file(db)
    before: list[CheckResult] = []
    results: list[CheckResult] = []
    accepted: list[EditedText] = []
    with status("checking"):
        if fixes:
            before, results = _fixed(path)
        if accept_edited and not check_unopened(path).problems:
            with open_memory(db, embedder=embedder, must_exist=True) as memory:
                accepted = accept_texts(memory.store, memory.embedder, clock.now())
        if accept_edited or not fixes:
            replaced = {result.check: result.replaced for result in results}
            checked = verify(path, full=full or accept_edited)
            results = [replace(r, replaced=replaced.get(r.check, ())) for r in checked]
    if as_json:
        show_json(report(results, accepted))
    else:
        rows = [(result.check, f"{result.examined:,}", _problems(result)) for result in results]
        show_table(("CHECK", "EXAMINED", "FOUND"), rows)
    for sentence in () if as_json else (s for result in results for s in result.replaced):
        echo_err(f"replaced: {sentence}")
    for text in () if as_json else accepted:
        echo_err(f"accepted: {_edit_text(text)}")
    for text in () if as_json else (t for result in results for t in result.edited):
        echo_err(f"edited: {_edit_text(text)}")
    _echo_repaired(before, results)
    _echo_advice(results, fixes)
    if not is_sound(results):
        raise click.exceptions.Exit(1)


def _fixed(path: Path) -> tuple[list[CheckResult], list[CheckResult]]:
    lost = check_unopened(path)
    if lost.problems:
        return [], [lost]
    store = SqliteStore(path, repairable=True)
    try:
        return fix(store)
    finally:
        store.close()


def _edit_text(text: EditedText) -> str:
    """Return the id and both texts: "ID: “old” → “new”; it came from “message”"."""
    old = "a text that is not known" if text.old is None else f"“{text.old}”"
    messages = ", ".join(f"“{message}”" for message in text.messages)
    source = f"; it came from {messages}" if messages else ""
    return f"{text.memory_id}: {old} → “{text.new}”{source}"


def _problems(result: CheckResult) -> str:
    if not result.problems:
        return "not compared" if result.advice else "ok"
    more = ", …" if result.problems > len(result.examples) else ""
    return f"{counted(result.problems, 'problem')}: {', '.join(result.examples)}{more}"


def _echo_repaired(before: Sequence[CheckResult], after: Sequence[CheckResult]) -> None:
    wrong = {result.check for result in after if result.problems}
    for result in before:
        if result.problems and result.check not in wrong:
            echo_err(f"repaired: {result.check}")


def _echo_advice(results: Sequence[CheckResult], fixed: bool) -> None:
    for result in results:
        if result.problems or result.advice:
            fixable = result.repair and not fixed
            echo_err(
                f"{result.check}: {'run `litemem verify --fix`' if fixable else result.advice}"
            )


# -- backup, restore, salvage


@click.command("backup")
@click.argument("target", metavar="TARGET")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="Delete all but the newest N backups in the folder TARGET, which is created if needed.",
)
@file_options
def backup_file(target: str, keep: int | None, db: str | None, as_json: bool) -> None:
    """Copy the file, also while other programs use it.

    TARGET is a file, which is replaced, or a folder, where the copy is named after the time. The
    copy appears complete or not at all.
    """
    if keep is not None and user_path(target).is_file():
        raise click.UsageError(f"--keep requires a folder as TARGET, got the file {target}.")
    path = existing_file(db)
    with progress("copying") as show:
        made = backup(path, target, keep=keep, progress=show)
    size = _size(made)
    if as_json:
        return show_json({"path": str(made), "bytes": size})
    return echo_err(f"{made}: {'replaced by newer backups' if size is None else bytes_text(size)}")


@click.command("restore")
@click.argument("source", metavar="BACKUP")
@yes_option
@file_options
def restore_file(source: str, yes: bool, db: str | None, as_json: bool) -> None:
    """Replace the file with a backup.

    BACKUP is checked in full first, and is not changed. The replaced file is kept under another
    name, which is printed. Stop all programs that use the file before.
    """
    path = file_path(db, create=True)
    check_restorable(source, path)
    if path.exists() and not yes:
        refusal = f"this would replace {path}: give --yes to confirm"
        confirm(f"Replace {path}? It is kept under another name.", refusal)
    with progress("restoring") as show:
        kept = restore(source, path, progress=show)
    if as_json:
        return show_json({"path": str(path), "kept": str(kept) if kept else None})
    return echo_err(f"restored {path}" + (f"; the replaced file is {kept}" if kept else ""))


@click.command("salvage")
@click.argument("target", metavar="TARGET")
@file_options
def salvage_file(target: str, db: str | None, as_json: bool) -> None:
    """Copy the readable rows of a damaged file into a new file.

    The damaged file is that of --db, and is not changed; TARGET is the new file. Every page is
    read on its own, so a damaged page loses its own rows only. Rows that cannot be read are listed.
    """
    path = file_path(db)
    with status("reading"):
        done = salvage(path, target)
    if as_json:
        show_json({"path": target, **asdict(done)})
    else:
        show_table(("TABLE", "ROWS"), [(name, f"{n:,}") for name, n in done.saved.items() if n])
        for line in done.lost:
            echo_err(line)
        echo_err(f"{target}: {memories_text(done.saved['memory'])}")
    if done.lost:
        raise click.exceptions.Exit(1)


def _size(made: Path) -> int | None:
    """Return the size of a backup, or None if another program's rotation has removed it."""
    try:
        return made.stat().st_size
    except FileNotFoundError:
        return None


# -- cleanup, erase, vacuum


@click.command("cleanup")
@scope_options
@filter_option("Only memories that match the filter.")
@everyone_option
@click.option("--expired", is_flag=True, help="Delete expired memories.")
@duration_option(
    "--superseded-older-than", description="Delete memories superseded longer ago than this."
)
@click.option("--matching", is_flag=True, help="Delete every memory that matches --filter.")
@duration_option("--older-than", description="Delete memories created longer ago than this.")
@click.option(
    "--keep-last",
    type=click.IntRange(min=1),
    metavar="N",
    help="Delete all but the newest N memories of each exact scope.",
)
@click.option(
    "--duplicates", is_flag=True, help="Merge equal texts of one scope into the oldest memory."
)
@duration_option("--messages-older-than", description="Delete messages older than this.")
@duration_option(
    "--history-older-than",
    description="Delete the history of memories without an event for this long.",
)
@click.option("--orphans", is_flag=True, help="Delete rows that belong to nothing.")
@click.option("--vacuum", is_flag=True, help="Shrink the file afterwards.")
@confirmation_options
@file_options
def clean_up_file(
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    everyone: bool,
    yes: bool,
    dry_run: bool,
    db: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Delete expired, superseded or old memories of a scope.

    Counts first, then asks for confirmation; without a terminal it requires --yes. `history`
    keeps the events of the memories. Up to 1,000 rows of each kind are deleted in one transaction,
    more in several. DURATION is a number with s, m, h, d, w or y: 90d.
    """
    if everyone:
        filters = with_everyone(filters)
    chosen = {name: value for name, value in options.items() if value not in (None, False)}
    if not chosen:
        raise click.UsageError("Nothing to clean up: give --expired, --older-than, … or --vacuum.")
    if "matching" in chosen and not filters:
        raise click.UsageError("--matching requires --filter.")
    if not filters and set(chosen) != {"vacuum"}:
        require_scope(ids, or_everyone=True)
    with open_without_model(db) as memory:
        call = {**ids, "filters": filters, **chosen}
        with status("counting"):
            done = memory.cleanup(**call, dry_run=True)
        _confirm_counts("remove", done, yes=yes, dry_run=dry_run, as_json=as_json)
        with status("cleaning up"):
            done = memory.cleanup(**call)
    _show_done("removed", done, as_json=as_json)
    _exit_if_log_is_held(done)


@click.command("erase")
@click.argument("memory_ids", metavar="[ID]...", nargs=-1)
@scope_options
@filter_option("Only memories that match the filter.")
@confirmation_options
@file_options
def erase_memories(
    memory_ids: tuple[str, ...],
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    yes: bool,
    dry_run: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Erase memories and overwrite their bytes in the file.

    Erases their vectors, history, messages, feedback and graph entries too. Give IDs, or a scope:
    then all its messages are erased as well. Counts first, then asks for confirmation; without a
    terminal it requires --yes. Backups are not changed.
    """
    if memory_ids and (ids or filters):
        raise click.UsageError(IDS_AND_SCOPE)
    if not (memory_ids or filters or ids):
        raise click.UsageError("Give the ids of memories, or a scope: --user-id, ….")
    call: dict[str, Any] = {**ids, "filters": filters}
    if memory_ids:
        call = {"memory_id": list(memory_ids)}
    with open_without_model(db) as memory:
        with status("counting"):
            done = memory.erase(**call, dry_run=True)
        _confirm_counts("erase", done, yes=yes, dry_run=dry_run, as_json=as_json)
        with status("erasing"):
            done = memory.erase(**call)
    _show_done("erased", done, as_json=as_json)
    if not done["gone"]:
        raise click.exceptions.Exit(1)


@click.command("vacuum")
@file_options
def vacuum_file(db: str | None, as_json: bool) -> None:
    """Shrink the file: rewrite it without gaps and deleted data.

    Other programs wait while it runs. It needs disk space for a second copy.
    """
    with open_without_model(db) as memory, status("rewriting"):
        done = memory.cleanup(vacuum=True)
    if as_json:
        show_json({"bytes": done["bytes"], "advice": done["advice"]})
    else:
        _echo_bytes(done)
    _exit_if_log_is_held(done)


def _confirm_counts(
    verb: str, preview: dict[str, Any], *, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Show the counts of a preview and ask, unless all are 0; end if the answer is not yes."""
    if yes and not dry_run:
        return
    past = "removed" if verb == "remove" else "erased"
    if not any(preview[past].values()) and not dry_run and not as_json and is_interactive():
        return
    if as_json:
        show_json(preview)
    else:
        _show_counts(f"WOULD BE {past.upper()}", preview[past])
    if dry_run:
        raise click.exceptions.Exit(0)
    refusal = f"nothing was {past}: give --yes to {verb} these, or --dry-run to count only"
    confirm(f"{verb.capitalize()} these permanently?", refusal, may_ask=not as_json)


def _show_done(past: str, done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return show_json(done)
    _show_counts(past.upper(), done[past])
    return _echo_bytes(done)


def _show_counts(heading: str, counts: dict[str, int]) -> None:
    rows = [(name.replace("_", " "), f"{number:,}") for name, number in counts.items()]
    show_table(("WHAT", heading), rows)


def _echo_bytes(done: dict[str, Any]) -> None:
    for path in done.get("copies", ()):  # of an erasure
        echo_err(f"not changed: {path}")
    if done["advice"]:
        echo_err(done["advice"])
    if done["bytes"]:
        before, after = done["bytes"]["before"], done["bytes"]["after"]
        freed = f"freed {bytes_text(max(before - after, 0))}"
        echo_err(f"{freed}: {bytes_text(before)} before, {bytes_text(after)} now")


def _exit_if_log_is_held(done: dict[str, Any]) -> None:
    """End with 1 if another program kept the write-ahead log from being emptied."""
    if done["advice"]:
        raise click.exceptions.Exit(1)


# -- reindex


@click.command("reindex")
@embedder_option
@file_options
def reindex_file(embedder: str | None, db: str | None, as_json: bool) -> None:
    """Compute all vectors again, for example with another embedder.

    All vectors of a file come from one embedder. Run this to change it, or if `litemem info` shows
    texts that are not indexed. Without --embedder it is the one of LITEMEM_EMBEDDER, or the
    default. Texts stay as they are. Searches use the old vectors until all new ones are stored.
    After Ctrl-C the same command continues.
    """
    chosen = named_embedder(embedder)
    with open_without_model(db) as memory, progress("embedding") as show:
        try:
            done = memory.reindex(chosen, progress=show)
        except KeyboardInterrupt as error:
            raise interrupted("interrupted: run the same `litemem reindex` to continue") from error
    identity = chosen.identity
    if as_json:
        return show_json({**done, "embedder": asdict(identity)})
    name = f"{identity.name}, {identity.dimensions} dimensions"
    return echo_err(f"embedded {memories_text(done['embedded'])} with {name}")
