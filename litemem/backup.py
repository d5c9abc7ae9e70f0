"""Backup and restore: a whole copy of a file, made while others write, and the way back."""

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from litemem.errors import CorruptError, SchemaError, StoreError, ValidationError
from litemem.migrations import APPLICATION_ID
from litemem.store import (
    MEMORY,
    Finding,
    SqliteStore,
    check_file,
    copy_file,
    has_side_files,
    place,
    release,
)
from litemem.verify import is_sound

Progress = Callable[[int, int], None]  # pages copied so far, pages in all

_TIME = "%Y%m%dT%H%M%S%fZ"
_STAMP = r"\d{8}T\d{12}Z"
_SUFFIX = ".db"
_MAGIC = b"SQLite format 3\0"
_APPLICATION_AT = 68  # where SQLite's header has the application_id, 4 bytes, big-endian


def backup(
    file: SqliteStore | str | Path,
    target: str | Path,
    *,
    keep: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Copy a file as it is at this moment, while others read and write it; return the copy's path.

    The copy is written under another name in the same folder, synced, and renamed: the target is
    the old backup or the new one, never a half. It is a litemem file of its own, mode 0600.

    Args:
        file: what to copy. A file that is given by its path is not upgraded, nor is its copy.
        target: a file, which may be an older backup; or a folder, which gets a file named after
            the file's and the time.
        keep: with a folder, how many backups of this file stay there; older ones are removed.
        progress: called with the pages copied so far and in all.

    Raises:
        ValidationError: `keep` is not at least 1, or the target is not a folder.
        StoreError: the target is the file itself, one that is open, or not a litemem file.
        StoreFullError: the disk is full; the target is as it was.
    """
    target = _path(target)
    _check_keep(keep, target)
    source = file.path if isinstance(file, SqliteStore) else str(_path(file))
    name = "memory" if source == MEMORY else Path(source).stem
    if target.is_dir():
        path = target / f"{name}-{datetime.now(UTC).strftime(_TIME)}{_SUFFIX}"
    else:
        path = target.resolve()  # a link stays one
        _check_target(source, path)
    with beside(path) as part:
        if isinstance(file, SqliteStore):
            file.copy_to(part, progress)
        else:
            copy_file(source, part, progress)
        place(part, path, None)
    if keep is not None:
        _remove_older(target, name, keep)
    return path


def backups(folder: Path, name: str) -> list[Path]:
    """Return the backups of the file `name` (without its ending) in a folder, oldest first."""
    wanted = re.compile(f"{re.escape(name)}-{_STAMP}{re.escape(_SUFFIX)}")
    found = (path for path in folder.iterdir() if wanted.fullmatch(path.name))
    return sorted(path for path in found if path.is_file() and _is_ours(path))


def restore(
    source: str | Path, target: str | Path, *, progress: Progress | None = None
) -> Path | None:
    """Put a backup in the place of a file; return where the replaced one is kept, if there was one.

    The backup is copied beside the file and the copy is checked in full before anything changes.
    The replaced file then has its name with `.replaced-` and the time behind it. It may be
    damaged; then its side files are kept with it.

    Raises:
        CorruptError: the backup is damaged; nothing was changed.
        StoreBusyError: another program has the file open; nothing was changed.
        StoreError: the backup is the file itself, is not there, or cannot be written.
    """
    source, path = _path(source), _path(target).resolve()
    if path.is_dir():
        raise StoreError(f"{path} is a folder: give the path of a file")
    if source.exists() and path.exists() and source.samefile(path):
        raise StoreError(f"{source} is the file itself: give the path of a backup")
    with beside(path) as part:
        copy_file(source, part, progress)
        _check_sound(source, check_file(part, full=True))
        kept = _vacate(path)
        place(part, path, kept)
    return kept


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Lend a name in the folder of `path` for what becomes it; what is left there is removed."""
    try:
        folder = tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error}") from error
    part = Path(folder) / path.name
    try:
        yield part
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error}") from error
    finally:
        for left in Path(folder).iterdir():
            left.unlink()
        Path(folder).rmdir()


def _path(given: str | Path) -> Path:
    if "\0" in str(given):
        raise StoreError(f"{str(given)!r} is no path: it holds a NUL character")
    return Path(given).expanduser()


def _check_sound(source: Path, findings: list[Finding]) -> None:
    if not is_sound(findings):
        wrong = ", ".join(finding.check for finding in findings if finding.problems)
        raise CorruptError(
            f"{source} is damaged, nothing was changed. It fails: {wrong}. Take another backup; "
            "`litemem verify` says more, and `litemem salvage` reads what is left"
        )


def _vacate(path: Path) -> Path | None:
    """Make sure that a file may be replaced; return the name under which it is to be kept."""
    stamp = datetime.now(UTC).strftime(_TIME)
    kept = path.with_name(f"{path.name}.replaced-{stamp}")
    if not path.exists():
        return kept if has_side_files(path) else None
    if path.stat().st_size and not _is_ours(path):
        raise StoreError(f"{path} is not a litemem file: move it away, or give another path")
    with contextlib.suppress(
        CorruptError, SchemaError
    ):  # damaged, then its side files are kept with it
        release(path)
    return kept


def _check_keep(keep: int | None, target: Path) -> None:
    if keep is None:
        return
    if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
        raise ValidationError(f"keep={keep!r}: at least 1, or the backup itself would go")
    if not target.is_dir():
        raise ValidationError(f"keep={keep}: {target} is not a folder; older backups stand in one")


def _check_target(source: str, path: Path) -> None:
    if not path.exists():
        return
    if source != MEMORY and path.samefile(source):
        raise StoreError(f"{path} is the file itself: give another target")
    if has_side_files(path):
        raise StoreError(f"{path} is open, or was when a program crashed: give another target")
    if not _is_ours(path):
        raise StoreError(f"{path} is not a litemem file: remove it, or give another target")


def _is_ours(path: Path) -> bool:
    """Tell by its header whether a file is a litemem file."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return False
    application = header[_APPLICATION_AT : _APPLICATION_AT + 4]
    return header.startswith(_MAGIC) and application == APPLICATION_ID.to_bytes(4, "big")


def _remove_older(folder: Path, name: str, keep: int) -> None:
    try:
        for path in backups(folder, name)[:-keep]:
            path.unlink(missing_ok=True)  # another program may be at the same
    except OSError as error:
        raise StoreError(f"{folder}: an older backup cannot be removed: {error}") from error
