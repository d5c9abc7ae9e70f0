"""Redating: a memory that is dated anew takes along what its time begins and what it ends."""

from dataclasses import replace

import apsw

from litemem.core.types import MemoryRecord
from litemem.store.filters import Condition
from litemem.store.sqlite.exact import exactly
from litemem.store.sqlite.rereading import by_id, matching, records

_MOVE_END = "UPDATE memory SET valid_to = ?, updated_at = max(updated_at, ?) WHERE pk = ?"


def redate(connection: apsw.Connection, old: MemoryRecord, new: MemoryRecord) -> MemoryRecord:
    """Move what depends on a memory's `created_at`; return the new one as it is to be written.

    Its `valid_from` goes along. So do the ends of the memories whose place it took, and its own
    end, as far as they are where the supersession put them. Of memories that took one another's
    place, the last of those that have begun is then the one that holds, at any time.
    """
    followed_at = _followed_at(connection, old)
    was, begins = _earliest(old.since, followed_at), _earliest(new.created_at, followed_at)
    _move_ends(connection, old, was, begins, new.updated_at)
    if old.valid_from is not None:
        new = replace(new, valid_from=new.created_at)
    if followed_at is not None and old.valid_to == max(old.since, followed_at):
        new = replace(new, valid_to=max(new.created_at, followed_at))
    return new


def _followed_at(connection: apsw.Connection, record: MemoryRecord) -> int | None:
    """Return when the first of those begins that took a memory's place, one after another."""
    seen = {record.id}
    begins = None
    while record.superseded_by is not None and record.superseded_by not in seen:
        found = by_id(connection, record.superseded_by)
        if found is None:
            break
        record = found[1]
        seen.add(record.id)
        begins = _earliest(record.since, begins)
    return begins


def _move_ends(
    connection: apsw.Connection, record: MemoryRecord, was: int, to: int, at: int
) -> None:
    """End the memories whose place this one took at `to`, as far as they ended at `was`."""
    waiting, seen = [(record.id, was, to)], set()
    while waiting:
        successor, was, to = waiting.pop()
        if was == to or successor in seen:  # an archive may tell of a circle
            continue
        seen.add(successor)
        for pk, old in _outdated_by(connection, record, successor).items():
            if old.valid_to == max(old.since, was):
                connection.execute(_MOVE_END, (max(old.since, to), at, pk))
            waiting.append((old.id, min(old.since, was), min(old.since, to)))


def _outdated_by(
    connection: apsw.Connection, record: MemoryRecord, successor: str
) -> dict[int, MemoryRecord]:
    """Return the memories whose place the successor took, which are of the record's exact scope."""
    exact = exactly(record.scope)
    outdated = Condition(f"{exact.sql} AND m.superseded_by = ?", (*exact.parameters, successor))
    return records(connection, matching(connection, outdated), outdated)


def _earliest(one: int, other: int | None) -> int:
    return one if other is None else min(one, other)
