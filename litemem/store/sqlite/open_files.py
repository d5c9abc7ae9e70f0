"""What this process holds open with SQLite, and so must not open in another way.

When a process closes any descriptor of a file, POSIX drops all locks that it has on that file, also
SQLite's (https://sqlite.org/howtocorrupt.html, 2.2). Another program then takes the file for closed
and removes the write-ahead log. SQLite minds that among its own connections alone; to ask for
a file's inode opens nothing.
"""

from pathlib import Path
from typing import BinaryIO
from weakref import WeakKeyDictionary

import apsw

from litemem.errors import StoreError

SIDES = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file that is open

Inode = tuple[int, int]  # device and inode: the same for a link and by whichever name

_held: WeakKeyDictionary[apsw.Connection, tuple[str, Inode | None]] = WeakKeyDictionary()


def hold(connection: apsw.Connection, path: str) -> None:
    """Note which file a connection is of; to close it is enough to forget that."""
    _held[connection] = (path, inode_of(path))


def is_held(path: str | Path) -> bool:
    """Tell whether this process has the file open with SQLite, or that which it lies beside."""
    sought = inode_of(path)
    return sought is not None and any(sought in _ids(held) for held in _open())


def open_bytes(path: Path) -> BinaryIO:
    """Open a file to read its bytes without SQLite.

    Raises:
        StoreError: this process has it open with SQLite. OSError: it cannot be opened.
    """
    if is_held(path):
        raise StoreError(f"{path} is a database that this program has open: close it first")
    return path.open("rb")


def inode_of(path: str | Path) -> Inode | None:
    """Return what tells a file from others by whichever name; None when it is not there."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_same(one: str | Path, other: str | Path) -> bool:
    """Tell whether two paths are of one file."""
    found = inode_of(one)
    return found is not None and found == inode_of(other)


def _open() -> list[tuple[str, Inode | None]]:
    # a closed connection is in the one, but not in the other
    return [held for each in apsw.connections() if (held := _held.get(each)) is not None]


def _ids(held: tuple[str, Inode | None]) -> list[Inode | None]:
    path, opened = held
    return [opened, *(inode_of(f"{path}{side}") for side in SIDES)]
