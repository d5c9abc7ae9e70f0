"""Pairs of memories that may contradict each other.

A trigger ends a pair when one of its memories is superseded or gets another text; it goes with a
memory that is deleted.
"""

import json
from collections.abc import Collection, Sequence

import apsw

from litemem.core import clock
from litemem.core.types import Disagreement, Found
from litemem.store.filters import Condition, valid_now
from litemem.store.sqlite.rows import Row, id_list, pk_of, readable
from litemem.store.sqlite.values import check_values

# a pair and whether both memories match; each is looked up by its key
_OPEN = """
SELECT pk, id, first_pk, second_pk, created_at
FROM conflict
WHERE settled_at IS NULL AND {chosen}
  AND EXISTS (SELECT 1 FROM memory AS m WHERE m.pk = first_pk AND {condition})
  AND EXISTS (SELECT 1 FROM memory AS m WHERE m.pk = second_pk AND {condition})
ORDER BY created_at DESC, pk DESC
"""
_OF_MEMORIES = """
pk IN (
  SELECT c.pk FROM json_each(?) AS each
  CROSS JOIN memory AS named ON named.id = each.value
  CROSS JOIN conflict AS c ON c.first_pk = named.pk
  UNION
  SELECT c.pk FROM json_each(?) AS each
  CROSS JOIN memory AS named ON named.id = each.value
  CROSS JOIN conflict AS c ON c.second_pk = named.pk
)
"""
_RESTORE = """
INSERT OR IGNORE INTO conflict (id, first_pk, second_pk, created_at, settled_at)
SELECT ?1, one.pk, other.pk, ?3, ?4
FROM json_each(?2) AS key
CROSS JOIN memory AS one ON one.pk = key.value
CROSS JOIN json_each(?2) AS next
CROSS JOIN memory AS other ON other.pk = next.value
WHERE one.pk < other.pk AND one.superseded_by IS NULL AND other.superseded_by IS NULL
  AND (one.user_id, one.agent_id, one.app_id, one.run_id)
    IS (other.user_id, other.agent_id, other.app_id, other.run_id)
"""


class Conflicts:
    """The pairs of one connection; see `ConflictReader` and `ConflictWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def select(
        self, condition: Condition, *, memory_ids: Collection[str] | None = None
    ) -> Found[Disagreement]:
        if memory_ids is None:
            return self._select("TRUE", (), condition)
        listed = id_list(memory_ids)
        return self._select(_OF_MEMORIES, (listed, listed), condition)

    def get(self, conflict_id: str, now: int) -> Disagreement | None:
        valid = valid_now(Condition("TRUE", ()), now)
        return next(iter(self._select("id = ?", (conflict_id,), valid)), None)

    def open(self, one: str, other: str, at: int) -> None:
        pks = [pk for each in (one, other) if (pk := pk_of(self._connection, each))]
        restore(self._connection, clock.new_id(), pks, at, None)

    def settle(self, conflict_id: str, at: int) -> None:
        self._connection.execute(
            "UPDATE conflict SET settled_at = ? WHERE id = ?", (at, conflict_id)
        )

    def _select(self, chosen: str, values: Row, condition: Condition) -> Found[Disagreement]:
        sql = _OPEN.format(chosen=chosen, condition=condition.sql)
        rows: list[Row] = self._connection.execute(
            sql, (*values, *condition.parameters, *condition.parameters)
        ).fetchall()
        pks = list(dict.fromkeys(pk for row in rows for pk in row[2:4]))
        found, damaged = readable(self._connection, pks, condition)
        pairs = []
        for key, conflict_id, one, other, at in rows:
            check_values("conflict", key, id=conflict_id, created_at=at)
            if one in found and other in found:
                both = (found[one], found[other])
                older, newer = sorted(both, key=lambda m: (m.since, m.created_at))
                pairs.append(Disagreement(conflict_id, older, newer, at))
        return Found(pairs, damaged.values())


def restore(
    connection: apsw.Connection,
    conflict_id: str,
    pks: Sequence[int],
    created_at: int,
    settled_at: int | None,
) -> None:
    """Store a pair, unless it is there or its memories are not two valid ones of one scope."""
    values = (conflict_id, json.dumps(list(pks)), created_at, settled_at)
    connection.execute(_RESTORE, values)
