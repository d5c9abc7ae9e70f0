"""The store: the only place that knows SQLite."""

from litemem.store.opening import MEMORY
from litemem.store.queries import visible
from litemem.store.sqlite import Durability, SqliteStore

__all__ = ["MEMORY", "Durability", "SqliteStore", "visible"]
