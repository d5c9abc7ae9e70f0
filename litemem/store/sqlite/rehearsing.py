"""Rehearsing: a transaction that is taken back, to learn what it would do without doing it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from litemem.store.sqlite.transaction import Transaction

if TYPE_CHECKING:
    from litemem.store.sqlite.store import SqliteStore


class _TakenBackError(Exception):
    """Lets a transaction roll back."""


@contextmanager
def rehearse(store: "SqliteStore") -> Iterator[Transaction]:
    """Write, and take it back at the end: what is counted is exact, for it was done.

    Others wait for it as for every writer.
    """
    with suppress(_TakenBackError), store.transaction() as tx:
        yield tx
        raise _TakenBackError
