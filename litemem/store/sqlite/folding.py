"""Folding: of memories that say the same, the oldest gets what the others have besides."""

import json

import apsw

from litemem.core.scope import ID_KEYS
from litemem.store.filters import Condition
from litemem.store.sqlite.rereading import records
from litemem.store.sqlite.rows import to_json
from litemem.store.sqlite.supersession import LIKE_EITHER

_IDS = ", ".join(ID_KEYS)
_CHOSEN = "(SELECT value FROM json_each(?))"
_REPEATED = f"""
SELECT pk, first, is_labelled
FROM (
  SELECT m.pk, m.metadata <> '{{}}' OR m.categories <> '[]' AS is_labelled, first_value(m.pk) OVER (
    PARTITION BY {_IDS}, content ORDER BY created_at, m.pk
  ) AS first
  FROM memory AS m
  WHERE m.pk IN {_CHOSEN}
)
WHERE pk <> first
"""
_COUNT_REPEAT = f"""
UPDATE memory
SET repeats = memory.repeats + 1 + again.repeats,
    {LIKE_EITHER.format(expires_at="again.expires_at", immutable="again.immutable")},
    sources = (SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(memory.sources)
      UNION SELECT value FROM json_each(again.sources)
      ORDER BY value
    ))
FROM memory AS again
WHERE memory.pk = ?2 AND again.pk = ?1
"""
_LEND_SUPPORT = """
INSERT OR IGNORE INTO support (relation_pk, memory_pk)
SELECT relation_pk, ?2 FROM support WHERE memory_pk = ?1
"""
_LEND_FEEDBACK = """
INSERT INTO feedback (memory_pk, feedback, reason, created_at)
SELECT ?2, feedback, reason, created_at FROM feedback WHERE memory_pk = ?1
ON CONFLICT (memory_pk) DO UPDATE
SET (feedback, reason, created_at) = (excluded.feedback, excluded.reason, excluded.created_at)
WHERE excluded.created_at > feedback.created_at
"""
_LABEL = "UPDATE memory SET metadata = ?, categories = ? WHERE pk = ?"


def fold(connection: apsw.Connection, pks: list[int]) -> list[int]:
    """Let the first of memories with one text and the same ids count the others.

    Return the primary keys of the others, which may go.
    """
    rows = connection.execute(_REPEATED, (json.dumps(pks),))
    pairs: list[tuple[int, int]] = []
    for again, first, is_labelled in sorted(rows):
        pairs.append((again, first))
        if is_labelled:
            _lend_labels(connection, again, first)
    for statement in (_COUNT_REPEAT, _LEND_SUPPORT, _LEND_FEEDBACK):
        connection.executemany(statement, pairs)
    return [again for again, _ in pairs]


def _lend_labels(connection: apsw.Connection, again: int, first: int) -> None:
    """Give a memory the metadata and the categories that it lacks."""
    both = records(connection, (again, first), Condition("TRUE"))
    lent, kept = both[again], both[first]
    metadata = {**lent.metadata, **kept.metadata}
    categories = tuple(dict.fromkeys([*kept.categories, *lent.categories]))
    connection.execute(_LABEL, (to_json(metadata), to_json(categories), first))
