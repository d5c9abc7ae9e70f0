"""Readers: the connections that read a file side by side, lent one at a time and kept."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from litemem.errors import StoreError
from litemem.store.sqlite.connection import connect, one_moment
from litemem.store.sqlite.open_files import inode_of

# KiB: a scope of 1,000 memories stays in it, so that it is searched again in 0.8 of the time
CACHE = 8_192
# kept when nobody reads: as many as asyncio.to_thread has threads; each is two descriptors
KEPT = (os.cpu_count() or 1) + 4


class Readers:
    """The connections to one file that write nothing; any thread may borrow one.

    The file is that which is there now. One that is put in its place later is not read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = inode_of(path)
        self._lock = threading.Lock()
        self._free: list[apsw.Connection] = []
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[apsw.Connection]:
        """Lend a connection that sees one moment of the file."""
        connection = self._borrow()
        try:
            with one_moment(connection):
                yield connection
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close them all; what is lent is closed when it comes back."""
        with self._lock:
            self._closed = True
            for connection in self._free:
                connection.close()
            self._free.clear()

    def _borrow(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise StoreError(f"{self._path} was closed: open it again")
            if self._free:
                return self._free.pop()
        if inode_of(self._path) != self._file:
            raise StoreError(f"{self._path} was moved or replaced while it was open: open it again")
        connection = connect(self._path)
        connection.pragma("query_only", True)
        connection.pragma("cache_size", -CACHE)
        return connection

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._free) < KEPT:
                self._free.append(connection)
                return
        connection.close()
