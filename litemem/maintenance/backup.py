"""Back up a file while others write it, rotate the backups, and restore one."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
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
from litemem.store.protocol import CheckResult, FileStore
from litemem.store.sqlite.connection import MEMORY, check_regular, locate, opened_as_is
from litemem.store.sqlite.copy import (
    atomic_write,
    check_file,
    copy_file,
    exclusive,
    file_id,
    has_side_files,
    replace_file,
)
from litemem.store.sqlite.open_files import is_open, is_same, open_bytes
from litemem.store.sqlite.schema import APPLICATION_ID

Progress = Callable[[int, int], None]  # pages copied so far, pages in all

_TIME = "%Y%m%dT%H%M%S%fZ"
_STAMP = r"\d{8}T\d{12}Z"
_SUFFIX = ".db"
_MARK = 12  # hexadecimal digits: two files of one name share a mark once in 10^14 times
_MAGIC = b"SQLite format 3\0"
_APPLICATION_AT = 68  # where SQLite's header has the application_id, 4 bytes, big-endian


def backup(
    file: FileStore | str | Path,
    target: str | Path,
    *,
    keep: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Copy a file as of one moment, while others read and write it; return the path of the copy.

    The copy is written under another name in the same folder, synced, and renamed: the target is
    the old backup or the complete new one. The copy is a litemem file of mode 0600.

    Args:
        file: the file to copy. A file given by its path is not upgraded, nor is its copy.
        target: a file, which may be an older backup; or a folder. In a folder the backup is named
            after the file, a mark that distinguishes files of one name, and the time.
        keep: keep this many backups of the file and remove older ones. The target is then a
            folder, which is created if it does not exist.
        progress: called with the pages copied so far and in all.

    Raises:
        ValidationError: `keep` is less than 1, or the target is not a path, or with `keep` not a
            folder.
        StoreError: the target is the file itself, open, or not a litemem file; or the folder
            cannot be created.
        StoreFullError: the disk is full; the target is unchanged.
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
        if isinstance(file, str | Path):
            copy_file(origin.path, part, progress)
        else:
            file.copy_to(part, progress)
        with contextlib.ExitStack() as stack:
            if path.exists():
                stack.enter_context(exclusive(path))
            replace_file(part, path, None)
    if keep is not None:
        _remove_older(path, origin, keep)
    return path


def backups(folder: Path, name: str) -> list[Path]:
    """Return the backups in a folder of files with this stem (name without suffix), oldest first.

    Files in several places may share the stem; all backups of one file have the same mark. A file
    that this program has open is left out.
    """
    named = ((_parse_name(path, name), path) for path in folder.iterdir())
    found = sorted((match[2], path) for match, path in named if match is not None)
    return [path for _, path in found if path.is_file() and not is_open(path) and _is_ours(path)]


def copies_of(path: str) -> list[Path]:
    """Return the backups of a file, and the files that a restore replaced, in its own folder."""
    if path == MEMORY:
        return []
    file = Path(path)
    try:
        replaced = [each for each in file.parent.iterdir() if _is_replaced(each, file)]
        return [*backups(file.parent, file.stem), *sorted(replaced)]
    except OSError:  # a folder that may be entered but not listed
        return []


def restore(
    source: str | Path, target: str | Path, *, progress: Progress | None = None
) -> Path | None:
    """Replace a file by a backup; return the path where the replaced file is kept, or None.

    The backup is copied into the folder of the file, and the copy passes a full check before
    anything changes. The replaced file gets `.replaced-` and the time appended to its name. If it
    is damaged, its side files are kept with it.

    Raises:
        CorruptError: the backup is damaged; nothing was changed.
        StoreBusyError: another program has the file open; nothing was changed.
        StoreError: the backup is the file itself or does not exist, or the file cannot be written.
    """
    source, path = sqlite_path(source), sqlite_path(target)
    check_restorable(source, path)
    with atomic_write(path) as part:
        copy_file(source, part, progress)
        _check_sound(source, check_file(part, full=True))
        with _vacated(path) as kept:
            replace_file(part, path, kept)
    return kept


def check_restorable(source: str | Path, target: str | Path) -> None:
    """Check what can be known of a backup and of the file to be replaced before a copy is made.

    Raises:
        StoreError, SchemaError, CorruptError: as `restore`.
    """
    source, path = sqlite_path(source), sqlite_path(target)
    if path.is_dir():
        raise StoreError(f"{path} is a folder: give the path of a file")
    if is_same(source, path):
        raise StoreError(f"{source} is the file itself: give the path of a backup")
    with opened_as_is(source):
        _check_replaceable(path)


def _check_replaceable(path: Path) -> None:
    if not path.exists():
        return
    check_regular(path)
    if is_open(path):
        raise StoreBusyError(f"{path}: this program has it open; close it, then try again")
    if path.stat().st_size and not _is_ours(path):
        raise StoreError(f"{path} is not a litemem file: move it away, or give another path")


@dataclass(frozen=True, slots=True)
class _Origin:
    """The source of a backup: its path, and a mark derived from the path and the file's id.

    Neither suffices alone: two machines have files at the same path, and a copy of a file has the
    same id. Backups by an older litemem have no mark; they come from files without an id.
    """

    path: str
    mark: str
    has_id: bool

    @classmethod
    def of(cls, file: FileStore | str | Path) -> Self:
        path = locate(file) if isinstance(file, str | Path) else file.path
        given = file_id(path) if isinstance(file, str | Path) else file.file_id()
        mark = sha256(f"{given or ''}\0{os.path.normcase(path)}".encode()).hexdigest()[:_MARK]
        return cls(path, mark, given is not None)

    @property
    def stem(self) -> str:
        return "memory" if self.path == MEMORY else Path(self.path).stem

    def new_name(self) -> str:
        return f"{self.stem}-{self.mark}-{datetime.now(UTC).strftime(_TIME)}{_SUFFIX}"

    def is_of(self, backup: Path) -> bool:
        """Return True if a backup with this stem is a backup of this file."""
        marks = (self.mark,) if self.has_id else (self.mark, None)
        match = _parse_name(backup, self.stem)
        return match is not None and match[1] in marks


def _parse_name(backup: Path, stem: str) -> re.Match[str] | None:
    """Match the mark (group 1) and the time (group 2) in a backup's name."""
    pattern = f"{re.escape(stem)}(?:-([0-9a-f]{{{_MARK}}}))?-({_STAMP}){re.escape(_SUFFIX)}"
    return re.fullmatch(pattern, backup.name)


def _is_replaced(path: Path, file: Path) -> bool:
    return re.fullmatch(rf"{re.escape(file.name)}\.replaced-{_STAMP}", path.name) is not None


def _check_sound(source: Path, results: list[CheckResult]) -> None:
    if not is_sound(results):
        wrong = ", ".join(result.check for result in results if result.problems)
        raise CorruptError(
            f"{source} is damaged, nothing was changed. Failed checks: {wrong}. Use another "
            "backup; `litemem verify` shows details, and `litemem salvage` or litemem.salvage() "
            "saves the readable rows"
        )


@contextlib.contextmanager
def _vacated(path: Path) -> Iterator[Path | None]:
    """Keep all programs out of a file while it is replaced; lend the path to keep it under."""
    stamp = datetime.now(UTC).strftime(_TIME)
    kept = path.with_name(f"{path.name}.replaced-{stamp}")
    if not path.exists():
        yield kept if has_side_files(path) else None
        return
    _check_replaceable(path)
    with contextlib.ExitStack() as stack:
        # a damaged file, which nobody can use, is kept together with its side files
        with contextlib.suppress(CorruptError, SchemaError):
            stack.enter_context(exclusive(path))
        yield kept


def _check_keep(keep: int | None, target: Path) -> None:
    if keep is None:
        return
    if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
        raise ValidationError(f"keep must be at least 1, got {quoted(keep)}")
    if target.exists() and not target.is_dir():
        raise ValidationError(f"keep={keep} needs a folder as the target, got {target}")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {path} cannot be created ({error}): give another") from error


def _check_target(source: str, path: Path) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise StoreError(f"{path} is a device or a pipe: give another target")
    if is_same(path, source):
        raise StoreError(f"{path} is the file itself: give another target")
    if has_side_files(path) or is_open(path):
        raise StoreError(f"{path} is open or left open by a crash: give another target")
    if not _is_ours(path):
        raise StoreError(f"{path} is not a litemem file: remove it, or give another target")


def _is_ours(path: Path) -> bool:
    """Return True if a file, which this program does not have open, has a litemem header."""
    try:
        with open_bytes(path) as file:
            header = file.read(100)
    except OSError:
        return False
    application = header[_APPLICATION_AT : _APPLICATION_AT + 4]
    return header.startswith(_MAGIC) and application == APPLICATION_ID.to_bytes(4, "big")


def _remove_older(made: Path, origin: _Origin, keep: int) -> None:
    """Remove all but the last `keep` backups; the new one stays even if others are dated later."""
    try:
        own = [path for path in backups(made.parent, origin.stem) if origin.is_of(path)]
        for path in own[:-keep]:
            if path != made:
                path.unlink(missing_ok=True)  # another program may be removing it, too
    except OSError as error:
        raise StoreError(f"{made.parent}: an older backup cannot be removed: {error}") from error
