"""The commands that keep a file whole: verify, backup, restore, salvage."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from litemem.cli.context import existing, file_path
from litemem.cli.options import file_options
from litemem.cli.output import (
    asks,
    bytes_text,
    counted,
    progress,
    show_json,
    show_table,
    status,
    tell,
)
from litemem.core.config import user_path
from litemem.maintenance.backup import backup, restore
from litemem.maintenance.integrity import CheckResult, fix, is_sound, report, verify
from litemem.maintenance.salvage import salvage
from litemem.store.sqlite import SqliteStore, check_unopened


@click.command("verify")
@click.option("--full", is_flag=True, help="Also compare every index, and look into the contents.")
@click.option("--fix", "fixes", is_flag=True, help="Mend what is derived; checks in full.")
@file_options
def verify_file(full: bool, fixes: bool, db: str | None, as_json: bool) -> None:
    """Check that the file is sound, and that everything in it agrees.

    Ends with 0 if it is, else with 1. Nothing is changed without --fix, which makes full text,
    vector index, SQL indexes, views and triggers anew from the memories, and says what it cannot
    mend. A file that is damaged itself: `litemem restore`, or `litemem salvage`.
    """
    path = existing(db)
    with status("checking"):
        before, found = _fixed(path) if fixes else ([], verify(path, full=full))
    if as_json:
        show_json(report(found))
    else:
        show_table(
            ("CHECK", "EXAMINED", "FOUND"), [(f.check, f"{f.examined:,}", _told(f)) for f in found]
        )
    _tell_mended(before, found)
    _tell_advice(found, fixes)
    if not is_sound(found):
        raise click.exceptions.Exit(1)


@click.command("backup")
@click.argument("target", metavar="TARGET")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="In a folder, made if need be: remove all but the last N.",
)
@file_options
def backup_file(target: str, keep: int | None, db: str | None, as_json: bool) -> None:
    """Copy the file as it is at this moment, while others use it.

    TARGET is a file, an older backup perhaps, or a folder, where the copy is named after the time.
    It appears at once and whole, or not at all.
    """
    if keep is not None and user_path(target).is_file():
        raise click.UsageError(f"--keep: {target} is no folder; older backups stand in one")
    path = existing(db)
    with progress("copying") as show:
        made = backup(path, target, keep=keep, progress=show)
    size = _size(made)
    if as_json:
        return show_json({"path": str(made), "bytes": size})
    return tell(f"{made}: {'replaced by later ones' if size is None else bytes_text(size)}")


@click.command("restore")
@click.argument("source", metavar="BACKUP")
@click.option("--yes", is_flag=True, help="Do not ask.")
@file_options
def restore_file(source: str, yes: bool, db: str | None, as_json: bool) -> None:
    """Put a backup in the place of the file.

    BACKUP is checked in full first, and stays where it is. The file that it replaces is kept
    beside it, under a name that is told. Programs that have the file open must be ended before.
    """
    path = file_path(db)
    if path.exists() and not yes:
        if not asks():
            raise click.UsageError(f"this would replace {path}: say --yes")
        if not click.confirm(f"Replace {path}? It is kept under another name.", err=True):
            raise click.exceptions.Exit(1)
    with progress("restoring") as show:
        kept = restore(source, path, progress=show)
    if as_json:
        return show_json({"path": str(path), "kept": str(kept) if kept else None})
    return tell(f"{path} is restored" + (f"; the replaced file is {kept}" if kept else ""))


@click.command("salvage")
@click.argument("target", metavar="TARGET")
@file_options
def salvage_file(target: str, db: str | None, as_json: bool) -> None:
    """Write what can be read of a damaged file into a new file.

    Every page is read by itself, so that damage in one takes what is in it and no more. The
    damaged file is not touched. Ends with 1 if something could not be read, and says what.
    """
    path = file_path(db)
    with status("reading"):
        done = salvage(path, target)
    if as_json:
        show_json({"path": target, **asdict(done)})
    else:
        show_table(("TABLE", "ROWS"), [(name, f"{n:,}") for name, n in done.saved.items()])
        for line in done.lost:
            tell(line)
        tell(f"{target} holds {counted(done.saved['memory'], 'memory', 'memories')}")
    if done.lost:
        raise click.exceptions.Exit(1)


def _size(made: Path) -> int | None:
    """Return a backup's size; None when another program, faster to rotate, has removed it."""
    try:
        return made.stat().st_size
    except FileNotFoundError:
        return None


def _fixed(path: Path) -> tuple[list[CheckResult], list[CheckResult]]:
    lost = check_unopened(path)
    if lost.problems:
        return [], [lost]
    store = SqliteStore(path, mendable=True)
    try:
        return fix(store)
    finally:
        store.close()


def _told(finding: CheckResult) -> str:
    if not finding.problems:
        return "not compared" if finding.advice else "ok"
    more = ", …" if finding.problems > len(finding.examples) else ""
    return f"{counted(finding.problems, 'problem')}: {', '.join(finding.examples)}{more}"


def _tell_mended(before: Sequence[CheckResult], after: Sequence[CheckResult]) -> None:
    wrong = {finding.check for finding in after if finding.problems}
    for finding in before:
        if finding.problems and finding.check not in wrong:
            tell(f"mended: {finding.check}")


def _tell_advice(found: Sequence[CheckResult], fixed: bool) -> None:
    for finding in found:
        if finding.problems or finding.advice:
            mends = finding.repair and not fixed
            tell(f"{finding.check}: {'litemem verify --fix' if mends else finding.advice}")
