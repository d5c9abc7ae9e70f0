"""Export: everything that memories hold, as plain dicts, one after the other."""

from collections.abc import Iterator
from typing import Any

from litemem import clock
from litemem.filters import Condition
from litemem.models import MemoryRecord
from litemem.results import memory_dict
from litemem.store import SqliteStore

BATCH = 500  # memories read at once, so that an export of any size takes little room

EVERYTHING = Condition("TRUE")  # on purpose not what a filter can say: it crosses all scopes


def export(store: SqliteStore, condition: Condition) -> Iterator[dict[str, Any]]:
    """Yield the memories that match, newest first, also the expired and the superseded.

    Each has the names of `get_all`, and `valid_from` when it is known. Others may write meanwhile:
    what is there all the time is yielded once, and nothing twice.
    """
    after = None
    while records := store.select(condition, limit=BATCH, after=after):
        yield from map(_exported, records)
        after = (records[-1].created_at, records[-1].id)


def _exported(record: MemoryRecord) -> dict[str, Any]:
    shown = memory_dict(record)
    if record.valid_from is not None:
        shown["valid_from"] = clock.to_iso(record.valid_from)
    return shown
