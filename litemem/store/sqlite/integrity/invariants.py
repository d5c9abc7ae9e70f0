"""The invariants of a file, each with the SQL that finds violations.

A migration that adds a table adds its invariants here; foreign keys need none.
"""

import re
from dataclasses import dataclass

from litemem.store.sqlite.integrity import references

_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)\b(?!\s*\()")  # not a function
_NAMED = re.compile(r"\b(\w+) AS MATERIALIZED \(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """An invariant: `offenders` selects what violates it, a row each.

    `over` counts the rows examined. `repair` names the repair that helps; otherwise `advice` says
    what helps. Files of a version before `since` are exempt. The quick check skips an invariant
    that is `full`.
    """

    name: str
    offenders: str
    over: str
    repair: str | None = None
    advice: str = "restore a backup"
    full: bool = False
    since: int = 1

    @property
    def tables(self) -> set[str]:
        """The tables that the SQL names; a file without one of them is exempt."""
        found = set(_TABLE.findall(f"{self.offenders} FROM {self.over}"))
        return found - set(_NAMED.findall(self.offenders))


# the last primary key in the vector index, as an SQL expression
MARK = "coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'indexed_to'), 0)"
_WIDTH = "(SELECT 4 * (value ->> 'dimensions') FROM setting WHERE name = '{}')"
_INDEXED = f"SELECT pk FROM embedding WHERE pk <= {MARK}"
_REINDEX = "embed the memories again: litemem reindex"


def _wrong_json(table: str, column: str, kind: str) -> str:
    return (
        f"SELECT '{table}.{column} of ' || pk FROM {table}"
        f" WHERE NOT json_valid({column}) OR json_type({column}) <> '{kind}'"
    )


# memories with an invalid source or one of another scope; a deleted message is no violation
WRONG_SOURCES = """
SELECT m.id
FROM memory AS m
JOIN json_each(iif(json_valid(m.sources), m.sources, '[]')) AS source
LEFT JOIN message ON message.pk = source.value
LEFT JOIN session AS s ON s.pk = message.session_pk
WHERE json_valid(m.sources)
  AND (
    source.type <> 'integer'
    OR message.pk IS NOT NULL
    AND (m.user_id, m.agent_id, m.app_id, m.run_id)
      IS NOT (s.user_id, s.agent_id, s.app_id, s.run_id)
  )
"""

WRONG_CONFLICTS = """
SELECT conflict.id
FROM conflict
JOIN memory AS one ON one.pk = first_pk
JOIN memory AS other ON other.pk = second_pk
WHERE first_pk >= second_pk
  OR (one.user_id, one.agent_id, one.app_id, one.run_id)
    IS NOT (other.user_id, other.agent_id, other.app_id, other.run_id)
"""

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        name="every memory has a vector",
        offenders="SELECT id FROM memory WHERE pk NOT IN (SELECT pk FROM embedding)",
        over="memory",
        advice=_REINDEX,
    ),
    Invariant(
        name="every vector belongs to a memory",
        offenders="SELECT pk FROM embedding WHERE pk NOT IN (SELECT pk FROM memory)"
        " UNION ALL SELECT pk FROM embedding_next WHERE pk NOT IN (SELECT pk FROM memory)",
        over="embedding",
        repair="orphans",
    ),
    Invariant(
        name="every vector has the embedder's dimensions",
        offenders="SELECT pk FROM embedding"
        f" WHERE length(vector) IS NOT {_WIDTH.format('embedder')}",
        over="embedding",
        advice=_REINDEX,
    ),
    Invariant(
        name="every staged vector has the next embedder's dimensions",
        offenders="SELECT pk FROM embedding_next"
        f" WHERE length(vector) IS NOT {_WIDTH.format('next_embedder')}",
        over="embedding_next",
        repair="staged vectors",
    ),
    Invariant(
        name="the full text has every memory",
        offenders="SELECT pk FROM memory WHERE pk NOT IN (SELECT id FROM memory_fts_docsize)"
        " UNION ALL SELECT id FROM memory_fts_docsize WHERE id NOT IN (SELECT pk FROM memory)",
        over="memory_fts_docsize",
        repair="full text",
    ),
    Invariant(
        name="every passage belongs to its text",
        offenders="SELECT id FROM memory"
        " WHERE passages <> (SELECT count(*) FROM passage WHERE owner = memory.pk)"
        " UNION ALL SELECT id FROM message"
        " WHERE passages <> (SELECT count(*) FROM passage WHERE owner = -message.pk)"
        " UNION ALL SELECT pk FROM passage WHERE owner > 0 AND owner NOT IN (SELECT pk FROM memory)"
        " OR owner <= 0 AND -owner NOT IN (SELECT pk FROM message)",
        over="passage",
        repair="passages",
        since=7,
    ),
    Invariant(
        name="the full text has every passage",
        offenders="SELECT pk FROM passage WHERE pk NOT IN (SELECT id FROM passage_fts_docsize)"
        " UNION ALL SELECT id FROM passage_fts_docsize WHERE id NOT IN (SELECT pk FROM passage)",
        over="passage_fts_docsize",
        repair="full text",
        since=7,
    ),
    Invariant(
        name="every passage's vector has the embedder's dimensions",
        offenders="SELECT pk FROM passage WHERE vector IS NOT NULL AND 4 * length(vector) IS NOT"
        f" {_WIDTH.format('embedder')}",
        over="passage WHERE vector IS NOT NULL",
        repair="passages",
        since=7,
    ),
    Invariant(
        name="the vector index has every indexed vector",
        offenders=f"SELECT pk FROM ({_INDEXED})"
        " WHERE pk NOT IN (SELECT rowid FROM memory_vec_rowids)"
        f" UNION ALL SELECT rowid FROM memory_vec_rowids WHERE rowid NOT IN ({_INDEXED})",
        over="memory_vec_rowids",
        repair="vector index",
    ),
    Invariant(
        name="every changed memory's history has its ADD",
        offenders=references.HISTORIES_WITHOUT_ADD,
        over="event",
        repair="references",
    ),
    Invariant(
        name="every successor of a memory is known",
        offenders=references.UNKNOWN_SUCCESSORS,
        over="memory WHERE superseded_by IS NOT NULL",
        repair="references",
    ),
    Invariant(
        name="every successor of a memory is another one of its scope",
        offenders=references.FOREIGN_SUCCESSORS,
        over="memory WHERE superseded_by IS NOT NULL",
        repair="references",
        since=5,
    ),
    Invariant(
        name="every conflict is between two memories of one scope",
        offenders=WRONG_CONFLICTS,
        over="conflict",
        repair="conflicts",
        since=7,
    ),
    Invariant(
        name="every pending turn has messages",
        offenders="SELECT pk FROM turn"
        " WHERE pk NOT IN (SELECT turn_pk FROM message WHERE turn_pk IS NOT NULL)",
        over="turn",
        repair="values",
    ),
    Invariant(
        name="the vector index agrees with the vectors",
        offenders="SELECT e.pk FROM memory_vec AS v JOIN embedding AS e ON e.pk = v.rowid"
        " WHERE v.vector <> e.vector",
        over="memory_vec_rowids",
        repair="vector index",
        full=True,
    ),
    Invariant(
        name="every vector has finite numbers",
        offenders="SELECT pk FROM embedding"
        " WHERE length(vector) % 4 <> 0 OR vec_distance_l2(vector, vector) IS NULL",
        over="embedding",
        advice=_REINDEX,
        full=True,
    ),
    Invariant(
        name="every JSON column has the right type",
        offenders=" UNION ALL ".join(
            (
                _wrong_json("memory", "metadata", "object"),
                _wrong_json("memory", "categories", "array"),
                _wrong_json("memory", "sources", "array"),
                _wrong_json("turn", "options", "object"),
            )
        ),
        over="memory",
        full=True,
        repair="values",
    ),
    Invariant(
        name="every source is a message of the memory's scope",
        offenders=WRONG_SOURCES,
        over="memory WHERE sources <> '[]'",
        full=True,
        repair="values",
    ),
    Invariant(
        name="every successor in the history is known",
        offenders=references.UNKNOWN_SUCCESSORS_IN_HISTORY,
        over="event WHERE superseded_by IS NOT NULL",
        repair="references",
        since=2,
    ),
    Invariant(
        name="every successor in the history is another one of its scope",
        offenders=references.FOREIGN_SUCCESSORS_IN_HISTORY,
        over="event WHERE superseded_by IS NOT NULL",
        repair="references",
        full=True,
        since=5,
    ),
    Invariant(
        name="every deletion of a memory that is back has its scope",
        offenders=references.WRONG_DELETIONS,
        over="event WHERE event = 'DELETE'",
        repair="references",
        full=True,
        since=5,
    ),
    Invariant(
        name="every source of a deleted memory is of its scope",
        offenders=references.WRONG_SOURCES_OF_DELETIONS,
        over="event WHERE sources <> '[]'",
        repair="references",
        full=True,
        since=6,
    ),
    Invariant(
        name="every message and the memories from it have one scope",
        offenders=references.WRONG_ORIGINS,
        over="origin",
        repair="references",
        full=True,
        since=7,
    ),
    Invariant(
        name="every day that is spoken of belongs to a text",
        offenders=references.LOST_MENTIONS,
        over="mention",
        repair="passages",
        since=7,
    ),
    Invariant(
        name="every text that was shown to a user is the user's",
        offenders=references.WRONGLY_SHOWN,
        over="shown",
        repair="references",
        full=True,
        since=8,
    ),
    Invariant(
        name="every result of a turn is of one scope",
        offenders=references.MIXED_RESULTS,
        over="finished_turn",
        repair="references",
        full=True,
        since=3,
    ),
    Invariant(
        name="every result of a turn is a list",
        offenders=_wrong_json("finished_turn", "results", "array"),
        over="finished_turn",
        full=True,
        repair="values",
    ),
    Invariant(
        name="every relation is supported by a memory",
        offenders="SELECT pk FROM relation WHERE pk NOT IN (SELECT relation_pk FROM support)",
        over="relation",
        repair="graph",
    ),
    Invariant(
        name="every entity is in a relation",
        offenders="SELECT pk FROM entity WHERE pk NOT IN (SELECT source_pk FROM relation)"
        " AND pk NOT IN (SELECT destination_pk FROM relation)",
        over="entity",
        repair="graph",
    ),
    Invariant(
        name="every alias points to an entity of its scope",
        offenders=references.WRONG_ALIASES,
        over="entity WHERE same_as IS NOT NULL",
        repair="references",
    ),
    Invariant(
        name="every entity vector has the embedder's dimensions",
        offenders="SELECT pk FROM entity WHERE vector IS NOT NULL"
        f" AND length(vector) IS NOT {_WIDTH.format('embedder')}",
        over="entity WHERE vector IS NOT NULL",
        repair="entity vectors",
    ),
    Invariant(
        name="every relation has the scope of its memories",
        offenders=references.WRONG_SUPPORT,
        over="support",
        repair="references",
        full=True,
    ),
)
