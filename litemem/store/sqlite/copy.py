"""Copy a file as of one moment, and replace a file atomically."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw

from litemem.errors import StoreError
from litemem.store.protocol import CheckResult
from litemem.store.sqlite import settings
from litemem.store.sqlite.connection import (
    connect_exclusively,
    locate,
    opened_as_is,
    read_transaction,
)
from litemem.store.sqlite.errors import translated
from litemem.store.sqlite.integrity.checks import check, check_log
from litemem.store.sqlite.locks import GATE
from litemem.store.sqlite.open_files import SIDES

PAGES = 1_024  # copied in one step: 8 MB, a few milliseconds

Progress = Callable[[int, int], None]  # pages copied so far, pages in all


def check_file(path: str | Path, *, full: bool) -> list[CheckResult]:
    """Check a file as `litemem.maintenance.integrity.verify` does.

    A file with a damaged write-ahead log is not opened.
    """
    log = check_unopened(path)
    if log.problems:
        return [log]
    with opened_as_is(path) as connection:
        return check(connection, full=full)


def check_unopened(path: str | Path) -> CheckResult:
    """Check for committed pages that would be lost by opening the file."""
    absolute = locate(path)
    with translated(absolute):
        return check_log(absolute)


def copy_file(source: str | Path, target: Path, progress: Progress | None = None) -> None:
    """Copy a litemem file as of one moment into a new file, without upgrading it.

    The copy includes the write-ahead log, also that of a crashed program.
    """
    with opened_as_is(source) as connection, read_transaction(connection):
        copy(connection, target, progress)


def file_id(path: str | Path) -> str | None:
    """Return the id that a file got when it was created; None if an older litemem created it."""
    with opened_as_is(path) as connection:
        return settings.text(connection, settings.FILE_ID)


def copy(connection: apsw.Connection, target: Path, progress: Progress | None = None) -> None:
    """Copy what a connection sees into a new file of mode 0600, and sync it to the disk.

    The connection must be in a transaction, so that it sees one moment while others write. If the
    copy fails, the target is removed.
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
        # no reader yet, and a partial copy is discarded: no journal, one sync at the end
        copied.pragma("journal_mode", "off")
        copied.pragma("synchronous", "full")
        copied.pragma("locking_mode", "exclusive")  # a tenth faster
        with copied.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step(PAGES)
                progress(backup.page_count - backup.remaining, backup.page_count)
    finally:
        copied.close()


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep all programs out of a file inside the block, in which it may be renamed or replaced.

    The write-ahead log is folded into the file and removed, and the file is put into rollback mode:
    closing a connection in write-ahead mode removes the log by its name, which may be the log of
    the new file by then. A program that waits for the old file finds that it was replaced.

    Windows renames no file that is open, also not ours: there the lock is given back first, and a
    program that opens the file in between makes the rename fail.

    Raises:
        StoreBusyError: a program has the file open.
        CorruptError, SchemaError, StoreError: the file cannot be read.
    """
    with GATE.inside(), contextlib.closing(connect_exclusively(path)) as connection:
        if os.name == "nt":
            connection.close()
        yield


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Lend a temporary path in the folder of `path`, to be renamed to `path` when complete.

    Anything left at the temporary path is removed.

    Raises:
        StoreError: the folder or the file cannot be written.
    """
    try:
        folder = tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error
    part = Path(folder) / path.name
    try:
        yield part
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        for left in Path(folder).iterdir():
            left.unlink()
        Path(folder).rmdir()


def replace_file(new: Path, target: Path, kept: Path | None) -> None:
    """Replace a file by another atomically; keep the old one under the name `kept`, if given.

    The old file's side files go with it: SQLite would replay the old log into the new file.
    """
    if kept is not None and target.exists():
        _keep(target, kept)
    for side in SIDES:
        old = Path(f"{target}{side}")
        if old.exists():
            old.replace(f"{kept or new}{side}")
    new.replace(target)
    _sync_folder(target.parent)


def has_side_files(path: Path) -> bool:
    """Return True if a program has the file open, or crashed while it had."""
    return any(Path(f"{path}{side}").exists() for side in SIDES)


def remove(path: Path) -> None:
    """Remove a file and its side files, if they exist."""
    for side in ("", *SIDES):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{side}").unlink()


def _keep(target: Path, kept: Path) -> None:
    """Give a file a second name, so that its own name always has a file."""
    try:
        os.link(target, kept)
    except OSError:  # a file system without links
        target.replace(kept)


def _sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
