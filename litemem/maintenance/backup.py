"""Backup and restore: a whole copy of a file, made while others write, and the way back."""

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Self

from litemem.core.config import sqlite_path
from litemem.errors import (
    CorruptError,
    SchemaError,
    StoreBusyError,
    StoreError,
    ValidationError,
    quoted,
)
from litemem.maintenance.integrity import is_sound
from litemem.store.sqlite import (
    MEMORY,
    CheckResult,
    SqliteStore,
    check_file,
    checkpoint_and_lock,
    copy_file,
    file_id,
    has_side_files,
    is_held,
    is_same,
    located,
    open_bytes,
    replace_file,
)
from litemem.store.sqlite.schema import APPLICATION_ID

Progress = Callable[[int, int], None]  # pages copied so far, pages in all

_TIME = "%Y%m%dT%H%M%S%fZ"
_STAMP = r"\d{8}T\d{12}Z"
_SUFFIX = ".db"
_MARK = 12  # hexadecimal digits: two files of one name have the same once in 10^14 times
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
            the file, with a mark that tells files of one name apart, and the time.
        keep: with a folder, which is made if it is not there, how many backups of this file stay
            there; older ones are removed.
        progress: called with the pages copied so far and in all.

    Raises:
        ValidationError: `keep` is not at least 1, or the target is not a folder, or is no path.
        StoreError: the target is the file itself, one that is open, or not a litemem file; or the
            folder cannot be made.
        StoreFullError: the disk is full; the target is as it was.
    """
    target = sqlite_path(target)  # a link stays one
    _check_keep(keep, target)
    origin = _Origin.of(file)
    if keep is not None:
        _make_folder(target)
    if target.is_dir():
        path = target / origin.new_name()
    else:
        path = target
        _check_target(origin.path, path)
    with atomic_write(path) as part:
        if isinstance(file, SqliteStore):
            file.copy_to(part, progress)
        else:
            copy_file(origin.path, part, progress)
        replace_file(part, path, None)
    if keep is not None:
        _remove_older(path, origin, keep)
    return path


def backups(folder: Path, name: str) -> list[Path]:
    """Return the backups of files of a name (without its ending) in a folder, oldest first.

    Several files may have that name; the mark in a backup's name is the same for those of one. What
    this program has open is in use, and left out.
    """
    named = ((_named(path, name), path) for path in folder.iterdir())
    found = sorted((told[2], path) for told, path in named if told is not None)
    return [path for _, path in found if path.is_file() and not is_held(path) and _is_ours(path)]


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
    source, path = sqlite_path(source), sqlite_path(target)
    if path.is_dir():
        raise StoreError(f"{path} is a folder: give the path of a file")
    if is_same(source, path):
        raise StoreError(f"{source} is the file itself: give the path of a backup")
    with atomic_write(path) as part:
        copy_file(source, part, progress)
        _check_sound(source, check_file(part, full=True))
        kept = _vacate(path)
        replace_file(part, path, kept)
    return kept


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Lend a name in the folder of `path` for what becomes it; what is left there is removed."""
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


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a backup is of: a path, and a mark made of it and of the file's id.

    Neither would do alone: two machines have files at the same path, and a copy of a file has its
    id. The backups of an older litemem have no mark; only files without an id can have made them.
    """

    path: str
    mark: str
    has_id: bool

    @classmethod
    def of(cls, file: SqliteStore | str | Path) -> Self:
        path = file.path if isinstance(file, SqliteStore) else located(file)
        given = file.file_id() if isinstance(file, SqliteStore) else file_id(path)
        mark = sha256(f"{given or ''}\0{os.path.normcase(path)}".encode()).hexdigest()[:_MARK]
        return cls(path, mark, given is not None)

    @property
    def stem(self) -> str:
        return "memory" if self.path == MEMORY else Path(self.path).stem

    def new_name(self) -> str:
        return f"{self.stem}-{self.mark}-{datetime.now(UTC).strftime(_TIME)}{_SUFFIX}"

    def is_of(self, backup: Path) -> bool:
        """Tell whether a backup of a file of this name is of this one."""
        marks = (self.mark,) if self.has_id else (self.mark, None)
        told = _named(backup, self.stem)
        return told is not None and told[1] in marks


def _named(backup: Path, stem: str) -> re.Match[str] | None:
    """Return the mark and the time in a backup's name."""
    wanted = f"{re.escape(stem)}(?:-([0-9a-f]{{{_MARK}}}))?-({_STAMP}){re.escape(_SUFFIX)}"
    return re.fullmatch(wanted, backup.name)


def _check_sound(source: Path, findings: list[CheckResult]) -> None:
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
    if is_held(path):
        raise StoreBusyError(f"{path}: this program has it open; close it, then try again")
    if path.stat().st_size and not _is_ours(path):
        raise StoreError(f"{path} is not a litemem file: move it away, or give another path")
    with contextlib.suppress(
        CorruptError, SchemaError
    ):  # damaged, then its side files are kept with it
        checkpoint_and_lock(path)
    return kept


def _check_keep(keep: int | None, target: Path) -> None:
    if keep is None:
        return
    if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
        raise ValidationError(f"keep={quoted(keep)}: at least 1, or the backup itself would go")
    if target.exists() and not target.is_dir():
        raise ValidationError(f"keep={keep}: {target} is not a folder; older backups stand in one")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {path} cannot be made ({error}): give another") from error


def _check_target(source: str, path: Path) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise StoreError(f"{path} is a device or a pipe: give another target")
    if is_same(path, source):
        raise StoreError(f"{path} is the file itself: give another target")
    if has_side_files(path) or is_held(path):
        raise StoreError(f"{path} is open, or was when a program crashed: give another target")
    if not _is_ours(path):
        raise StoreError(f"{path} is not a litemem file: remove it, or give another target")


def _is_ours(path: Path) -> bool:
    """Tell by its header whether a file is a litemem file; it is not open in this program."""
    try:
        with open_bytes(path) as file:
            header = file.read(100)
    except OSError:
        return False
    application = header[_APPLICATION_AT : _APPLICATION_AT + 4]
    return header.startswith(_MAGIC) and application == APPLICATION_ID.to_bytes(4, "big")


def _remove_older(made: Path, origin: _Origin, keep: int) -> None:
    """Remove all but the last; the one just made stays, whatever times the names of others tell."""
    try:
        own = [path for path in backups(made.parent, origin.stem) if origin.is_of(path)]
        for path in own[:-keep]:
            if path != made:
                path.unlink(missing_ok=True)  # another program may be at the same
    except OSError as error:
        raise StoreError(f"{made.parent}: an older backup cannot be removed: {error}") from error
