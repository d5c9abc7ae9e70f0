"""Copying a file as it is at one moment, and putting a file in the place of another."""

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

import apsw

from litemem.errors import StoreBusyError
from litemem.store.sqlite import settings
from litemem.store.sqlite.connection import connect, located, looking_into, one_moment
from litemem.store.sqlite.errors import translated
from litemem.store.sqlite.integrity.checks import CheckResult, check, check_log
from litemem.store.sqlite.open_files import SIDES

PAGES = 1_024  # copied at a time: 8 MB, a few milliseconds

Progress = Callable[[int, int], None]  # pages copied so far, pages in all


def check_file(path: str | Path, *, full: bool) -> list[CheckResult]:
    """Look whether a file is sound; `litemem.maintenance.integrity` says how.

    One whose write-ahead log is damaged is not opened.
    """
    lost = check_unopened(path)
    if lost.problems:
        return [lost]
    with looking_into(path) as connection:
        return check(connection, full=full)


def check_unopened(path: str | Path) -> CheckResult:
    """Look for what a file would lose by being opened."""
    place = located(path)
    with translated(place):
        return check_log(place)


def copy_file(source: str | Path, target: Path, progress: Progress | None = None) -> None:
    """Write what a litemem file holds at one moment into a new file, of the same version.

    What a program that ended badly left in the file's write-ahead log is in the copy.
    """
    with looking_into(source) as connection, one_moment(connection):
        copy(connection, target, progress)


def file_id(path: str | Path) -> str | None:
    """Return the id that a file was given when it was made; None of one of an older litemem."""
    with looking_into(path) as connection:
        return settings.get(connection, settings.FILE_ID)


def copy(connection: apsw.Connection, target: Path, progress: Progress | None = None) -> None:
    """Write what a connection sees into a new file of mode 0600, and sync it to the disk.

    The connection is inside a transaction: it sees one moment, however much others write and
    however long this takes. What fails half-way leaves no target.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
    try:
        with translated(str(target)):
            _copy_pages(connection, target, progress or (lambda *_: None))
    except BaseException:
        remove(target)
        raise


def _copy_pages(connection: apsw.Connection, target: Path, progress: Progress) -> None:
    connection.pragma("user_version")  # the first read fixes the moment
    copied = apsw.Connection(str(target))
    try:
        # nobody reads it yet, and a half of it is thrown away: no journal, one sync at the end
        copied.pragma("journal_mode", "off")
        copied.pragma("synchronous", "full")
        copied.pragma("locking_mode", "exclusive")  # a tenth faster
        with copied.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step(PAGES)
                progress(backup.page_count - backup.remaining, backup.page_count)
    finally:
        copied.close()


def checkpoint_and_lock(path: Path) -> None:
    """Fold the write-ahead log into a file, and make sure that no program has it open.

    Raises:
        StoreBusyError: one has.
        CorruptError, SchemaError, StoreError: it cannot be read.
    """
    with translated(str(path)):
        connection = connect(str(path))
        try:
            connection.set_busy_timeout(0)
            # held by everyone who has opened a file with a write-ahead log, also between two calls
            connection.pragma("locking_mode", "exclusive")
            connection.pragma("user_version")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except (apsw.BusyError, apsw.LockedError) as error:
            raise StoreBusyError(
                f"{path}: another program has it open; end that, then try again"
            ) from error
        finally:
            connection.close()


def replace_file(new: Path, target: Path, kept: Path | None) -> None:
    """Put a file in the place of another, at once; the other is kept under the name `kept`.

    Side files of the other go with it: SQLite would replay its log into the new file.
    """
    if kept is not None and target.exists():
        _keep(target, kept)
    for side in SIDES:
        beside = Path(f"{target}{side}")
        if beside.exists():
            beside.replace(f"{kept or new}{side}")
    new.replace(target)
    _sync_folder(target.parent)


def has_side_files(path: Path) -> bool:
    """Tell whether a program has the file open, or ended without closing it."""
    return any(Path(f"{path}{side}").exists() for side in SIDES)


def remove(path: Path) -> None:
    """Remove a file and its side files, if they are there."""
    for side in ("", *SIDES):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{side}").unlink()


def _keep(target: Path, kept: Path) -> None:
    """Give a file a second name, so that its own never is without a file."""
    try:
        os.link(target, kept)
    except OSError:  # a file system without links
        target.replace(kept)


def _sync_folder(folder: Path) -> None:
    """Write the names of a folder through to the disk, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
