"""Which files this process has open with SQLite, and closing them when the program ends.

When a process closes any descriptor of a file, POSIX drops all locks that it has on that file, also
SQLite's (https://sqlite.org/howtocorrupt.html, 2.2). Another program then takes the file for closed
and removes the write-ahead log. SQLite avoids that among its own connections only, so nothing here
opens a file that SQLite has open; asking for a file's inode opens nothing.
"""

import atexit
import ctypes
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol
from weakref import WeakKeyDictionary, WeakSet

import apsw

from litemem.errors import StoreError

SIDES = ("-wal", "-shm", "-journal")  # endings of the files that SQLite keeps next to an open file

Inode = tuple[int, int]  # device and inode: the same for every name of a file


class _Closable(Protocol):
    def close(self) -> None: ...


_registered: WeakKeyDictionary[apsw.Connection, tuple[str, Inode | None]] = WeakKeyDictionary()
_to_close: WeakSet[_Closable] = WeakSet()


def register_open(connection: apsw.Connection, path: str) -> None:
    """Note which file a connection has open; closing the connection ends that."""
    _registered[connection] = (path, inode_of(path))


def is_open(path: str | Path) -> bool:
    """Return True if this process has the file, or the file that it is a side file of, open."""
    inode = inode_of(path)
    return inode is not None and any(inode in _inodes(entry) for entry in _open_entries())


def any_open() -> bool:
    """Return True if this process, or before a fork its parent, has a file open."""
    return any(inode is not None for _, inode in _open_entries())


def keep_inherited() -> None:
    """Never close the connections that this process has from its parent.

    SQLite believes to hold the parent's locks. When nobody has the file open, it would remove the
    log by its name, which is another program's by then.
    """
    for connection in apsw.connections():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def open_bytes(path: Path) -> BinaryIO:
    """Open a file to read its bytes without SQLite.

    Raises:
        StoreError: this process has it open with SQLite. OSError: it cannot be opened.
    """
    if is_open(path):
        raise StoreError(f"{path} is a database that this program has open: close it first")
    return path.open("rb")


def inode_of(path: str | Path) -> Inode | None:
    """Return a file's identity, the same for every name of it, or None if it does not exist."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_same(one: str | Path, other: str | Path) -> bool:
    """Return True if both paths name the same existing file."""
    inode = inode_of(one)
    return inode is not None and inode == inode_of(other)


def close_at_exit(store: _Closable) -> None:
    """Close a store when the program ends, so that no write-ahead log is left behind."""
    _to_close.add(store)


@atexit.register
def _close_all() -> None:
    for store in list(_to_close):
        with suppress(StoreError):  # what was committed then stays in the side files
            store.close()


def _open_entries() -> list[tuple[str, Inode | None]]:
    # a closed connection may still be registered, but apsw no longer lists it
    return [e for each in apsw.connections() if (e := _registered.get(each)) is not None]


def _inodes(entry: tuple[str, Inode | None]) -> list[Inode | None]:
    path, inode = entry
    return [inode, *(inode_of(f"{path}{side}") for side in SIDES)]
