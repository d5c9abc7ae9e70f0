"""A file system that fails on demand, and that loses what was not synced.

Registered as SQLite's default, it lies between litemem and the disk without a change to litemem.
Every write, sync, truncation, lock, opening and removal is counted; the n-th fails as asked. What
was not synced when a `Crash` comes is lost, kept or torn, as a seed decides, sector by sector.
"""

# ruff: noqa: N802 - the methods have SQLite's names

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw

SECTOR = 512  # bytes that a disk writes as a whole
NAME = "litemem-faults"
BASE = apsw.vfs_names()[0]

OPERATIONS = ("write", "sync", "truncate", "lock", "open", "delete")
# what goes wrong, and with which operations it can
FAULTS = {
    "io": OPERATIONS,
    "full": ("write", "truncate", "open"),
    "short": ("write",),
    "crash": OPERATIONS,
}
_ERRORS: dict[str, type[apsw.Error]] = {
    "write": apsw.IOError,
    "sync": apsw.IOError,
    "truncate": apsw.IOError,
    "lock": apsw.IOError,
    "open": apsw.CantOpenError,
    "delete": apsw.IOError,
}
_EXTENDED = {
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "lock": apsw.SQLITE_IOERR_LOCK,
    "open": apsw.SQLITE_CANTOPEN,
    "delete": apsw.SQLITE_IOERR_DELETE,
}

Change = tuple[int, bytes | None]  # where, and what; without bytes: cut off there


@dataclass
class Shadow:
    """A file as the disk has it, and what was written since without a sync."""

    synced: bytes | None  # None: the disk does not know the file yet
    inode: int = 0  # by which it is found again under another name
    since: list[Change] = field(default_factory=list)

    def after_crash(self, chance: random.Random) -> bytes | None:
        """Return what is on the disk when the power is back."""
        if self.synced is None and not self.since:
            return None
        content = bytearray(self.synced or b"")
        for at, data in self.since:
            if data is None:
                if chance.random() < 0.5:
                    del content[at:]
                continue
            for start in range(at - at % SECTOR, at + len(data), SECTOR):
                if chance.random() < 0.5:
                    first, last = max(start, at), min(start + SECTOR, at + len(data))
                    content.extend(bytes(max(last - len(content), 0)))
                    content[first:last] = data[first - at : last - at]
        return bytes(content)


class FaultVFS(apsw.VFS):
    """The file system: `fail` selects the next failure, `counts` counts the operations."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(OPERATIONS, 0)
        self.commits: Callable[[], None] | None = None  # called when a write-ahead log is synced
        self._fault: tuple[str, str, int] | None = None
        self.shadows: dict[str, Shadow] = {}
        self.struck = False
        self.dead = False
        super().__init__(NAME, BASE, makedefault=True)

    def fail(self, fault: str, operation: str, number: int) -> None:
        """Let the `number`-th operation of a kind fail from now on counted, from 1."""
        self.counts = dict.fromkeys(OPERATIONS, 0)
        self._fault = (fault, operation, number)
        self.struck = self.dead = False

    def heal(self) -> None:
        """Let nothing fail any more."""
        self._fault = None
        self.dead = False

    def crash(self, source: Path, target: Path, seed: int) -> None:
        """Write into `target` what the disk has of the files in `source` after a power cut."""
        chance = random.Random(seed)
        for path in sorted(source.iterdir()):
            if path.is_dir() or path.name.endswith("-shm"):
                continue
            shadow = self._shadow_of(path)
            content = path.read_bytes() if shadow is None else shadow.after_crash(chance)
            if content is not None:
                (target / path.name).write_bytes(content)
        for name, shadow in self.shadows.items():  # removed, but perhaps not on the disk
            path = Path(name)
            content = shadow.after_crash(chance)
            gone = path.parent == source and not path.exists()
            if gone and content is not None and chance.random() < 0.5:
                (target / path.name).write_bytes(content)

    def _shadow_of(self, path: Path) -> Shadow | None:
        """Return the shadow of a file, which may have been renamed since."""
        inode = path.stat().st_ino
        return next((s for s in reversed(self.shadows.values()) if s.inode == inode), None)

    def step(self, operation: str) -> str | None:
        """Count an operation; return the fault that it is to suffer, or None."""
        if self.dead:
            raise apsw.IOError("the machine is off")
        self.counts[operation] += 1
        if self._fault is None:
            return None
        fault, struck, number = self._fault
        if operation != struck or self.counts[operation] != number:
            return None
        self.struck = True
        if fault == "crash":
            self.dead = True
        return fault

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if fault := self.step("open"):
            raise failure("open", fault)
        if path and path not in self.shadows:
            known = Path(path).exists()
            self.shadows[path] = Shadow(Path(path).read_bytes() if known else None)
        return FaultFile(self, name, flags, path or "")

    def xDelete(self, path: str, sync: bool) -> None:
        if fault := self.step("delete"):
            raise failure("delete", fault)
        super().xDelete(path, sync)
        if sync:
            self.settle_removals(Path(path).parent)

    def settle_removals(self, folder: Path) -> None:
        """Note that a folder was synced: what was removed from it does not come back."""
        for name in [n for n in self.shadows if Path(n).parent == folder and not Path(n).exists()]:
            del self.shadows[name]


class FaultFile(apsw.VFSFile):
    """A file with counted operations, and its shadow."""

    def __init__(
        self, vfs: FaultVFS, name: str | apsw.URIFilename | None, flags: list[int], path: str
    ) -> None:
        self._vfs = vfs
        self._path = path
        super().__init__(BASE, name, flags)
        if shadow := vfs.shadows.get(path):
            shadow.inode = Path(path).stat().st_ino

    def xWrite(self, data: bytes, offset: int) -> None:
        fault = self._vfs.step("write")
        if fault in ("short", "crash"):
            self._write(bytes(data)[: len(data) // 2], offset)
        if fault:
            raise failure("write", fault)
        self._write(bytes(data), offset)

    def _write(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        if shadow := self._vfs.shadows.get(self._path):
            shadow.since.append((offset, data))

    def xTruncate(self, size: int) -> None:
        if fault := self._vfs.step("truncate"):
            raise failure("truncate", fault)
        super().xTruncate(size)
        if shadow := self._vfs.shadows.get(self._path):
            shadow.since.append((size, None))

    def xSync(self, flags: int) -> None:
        if fault := self._vfs.step("sync"):
            raise failure("sync", fault)
        # the real disk is not asked: what is on the one that we play is in the shadow
        if shadow := self._vfs.shadows.get(self._path):
            if shadow.synced is None:
                self._vfs.settle_removals(Path(self._path).parent)  # the folder is synced with it
            shadow.synced = Path(self._path).read_bytes()
            shadow.since.clear()
        if self._path.endswith("-wal") and self._vfs.commits:
            self._vfs.commits()

    def xLock(self, level: int) -> None:
        if fault := self._vfs.step("lock"):
            raise failure("lock", fault)
        super().xLock(level)


def failure(operation: str, fault: str) -> apsw.Error:
    """Return the result code for SQLite."""
    if fault == "full":
        return apsw.FullError("the disk is full, says the test")
    error = _ERRORS[operation](f"the test lets the {operation} fail")
    error.extendedresult = _EXTENDED[operation]
    return error


@contextmanager
def faulty() -> Iterator[FaultVFS]:
    """Make a `FaultVFS` the default; the one before is back afterwards."""
    vfs = FaultVFS()
    try:
        yield vfs
    finally:
        vfs.heal()
        apsw.set_default_vfs(BASE)
        vfs.unregister()


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a folder, not what SQLite keeps in shared memory."""
    for path in source.iterdir():
        if not path.name.endswith("-shm") and path.is_file():
            shutil.copyfile(path, target / path.name)
