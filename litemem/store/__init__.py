"""Storage of memories: the protocol of a backend, the filter language, and the SQLite backend."""

from litemem.store.filters import (
    Condition,
    compile_filter,
    compile_ids,
    compile_whole,
    valid_now,
)
from litemem.store.protocol import FileStore, Reading, Store, Transaction
from litemem.store.sqlite.store import SqliteStore

__all__ = [
    "Condition",
    "FileStore",
    "Reading",
    "SqliteStore",
    "Store",
    "Transaction",
    "compile_filter",
    "compile_ids",
    "compile_whole",
    "valid_now",
]
