"""The graph: names and relations of memories, resolved as they are written, read within a scope.

Every read goes through the memories that say a relation: what no memory under the caller's
condition says is not returned, neither as a relation nor as the spelling of a name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.text import names
from litemem.core.types import MemoryRecord, Relation
from litemem.store.filters import Condition
from litemem.store.sqlite.exact import keyed
from litemem.store.sqlite.rows import Row, RowDamageError

ONE = 0.9  # cosine from which two names may be one; 0.87 joins Monday with Tuesday
NEAR = 0.6  # cosine from which a query is taken to mean an entity that it does not name
MOST_NEAR = 10  # entities that a query means without naming them
MOST_NAMED = 64
MOST_SCANNED = 2_048  # entities whose vectors are compared, in 2 ms; of more, names have to do
MOST_OF_ONE = 100  # relations of one entity, from each end, that are weighed: the newest

_SPELT = "SELECT pk, name, coalesce(same_as, pk) FROM entity AS m WHERE {} AND form = ?"
_ALIKE = """
SELECT pk, name, coalesce(1 - vec_distance_cosine(vector, ?), 0) AS cosine
FROM entity AS m
WHERE {} AND same_as IS NULL AND vector IS NOT NULL
ORDER BY cosine DESC
LIMIT 5
"""
_COLUMNS = "SELECT relation.pk, source_pk, relationship, destination_pk, m.id"
# CROSS JOIN keeps the order of the tables: from the few that are sought to all that may be read
_FROM_RELATION = f"""
{_COLUMNS}
FROM relation
CROSS JOIN support ON support.relation_pk = relation.pk
CROSS JOIN memory AS m ON m.pk = support.memory_pk
"""
_FROM_MEMORY = f"""
{_COLUMNS}
FROM json_each(?) AS chosen
CROSS JOIN memory AS m ON m.id = chosen.value
CROSS JOIN support ON support.memory_pk = m.pk
CROSS JOIN relation ON relation.pk = support.relation_pk
"""
_FORGET_UNRELATED = """
DELETE FROM entity
WHERE pk IN (?, ?)
  AND NOT EXISTS (SELECT 1 FROM relation WHERE source_pk = entity.pk)
  AND NOT EXISTS (SELECT 1 FROM relation WHERE destination_pk = entity.pk)
"""
_FIRSTS = """
SELECT entity.pk, first.pk, first.form
FROM entity
JOIN entity AS first ON first.pk = coalesce(entity.same_as, entity.pk)
WHERE entity.pk IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class _Said:
    """A relation by its primary keys, and the id of a memory that says it."""

    pk: int
    source: int
    relationship: str
    destination: int
    memory_id: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the graph.

    `condition` says which memories may be read; `bound` is over ids alone, and lets through at
    least as much. `forms` are those of the names that the query may hold, `vector` is the query's;
    `memories` are ids with their scores, of which the relations count as much.
    """

    condition: Condition
    bound: Condition
    forms: Sequence[str]
    vector: bytes
    identity: EmbedderIdentity
    memories: Mapping[str, float]
    limit: int


def relate(
    connection: apsw.Connection,
    record: MemoryRecord,
    relations: Sequence[Relation],
    vectors: Mapping[str, bytes],
) -> None:
    """Note what a memory says, if it still says so; `vectors` are all the names', by name.

    What would relate an entity to itself is left out.
    """
    row = connection.execute(
        "SELECT pk FROM memory WHERE id = ? AND content = ?", (record.id, record.content)
    ).fetchone()
    if row is None:
        return
    for relation in relations:
        (source, one), (destination, other) = (
            _entity(connection, record.scope, name, vectors[name])
            for name in (relation.source, relation.destination)
        )
        if one == other:
            connection.execute(_FORGET_UNRELATED, (source, destination))
            continue
        pk = _relation(connection, source, relation.relationship, destination)
        connection.execute("INSERT OR IGNORE INTO support VALUES (?, ?)", (pk, row[0]))


def of_memories(connection: apsw.Connection, memory_ids: Iterable[str]) -> list[Relation]:
    """Return what these memories say, in the order in which it was found."""
    chosen = _json(memory_ids)
    rows = connection.execute(f"{_FROM_MEMORY} ORDER BY relation.pk", (chosen,))
    found = _distinct(connection, [_said(row) for row in rows])
    condition = Condition("m.id IN (SELECT value FROM json_each(?))", (chosen,))
    return _shown(connection, found, condition)


def search(connection: apsw.Connection, question: Question) -> list[Relation]:
    """Return the relations one hop from what the query means, the most relevant first.

    What a relation weighs: 1 for each of its ends that the query names, the cosine for one that it
    only means, and the score of the memory that says it.
    """
    condition, memories = question.condition, question.memories
    weights = _spread(connection, _meant(connection, question))
    found = [said for pk in weights for said in _touching(connection, pk, condition)]
    found += _of_found(connection, condition, memories)
    scores: dict[int, float] = {}
    for said in found:
        ends = weights.get(said.source, 0.0) + weights.get(said.destination, 0.0)
        score = ends + memories.get(said.memory_id, 0.0)
        scores[said.pk] = max(score, scores.get(said.pk, 0.0))
    found.sort(key=lambda said: (scores[said.pk], said.pk), reverse=True)
    return _shown(connection, _distinct(connection, found)[: question.limit], condition)


def unembedded(connection: apsw.Connection, limit: int) -> list[tuple[int, str]]:
    """Return (pk, name) of names that have no vector."""
    rows = connection.execute(
        "SELECT pk, name FROM entity WHERE vector IS NULL ORDER BY pk LIMIT ?", (limit,)
    )
    return [(pk, name) for pk, name in rows]


def embed(connection: apsw.Connection, rows: Iterable[tuple[int, str, bytes]]) -> None:
    """Give names their vectors; a row whose name is another's by now is passed over."""
    connection.executemany("UPDATE entity SET vector = ?3 WHERE pk = ?1 AND name = ?2", rows)


def _entity(connection: apsw.Connection, scope: Scope, name: str, vector: bytes) -> tuple[int, int]:
    """Return the primary keys of a name in exactly this scope, and of the first of its entity."""
    form, key = names.form(name), keyed(scope)
    rows = connection.execute(_SPELT.format(key.sql), (*key.parameters, form))
    known: list[tuple[str, int, int]] = [(spelling, pk, first) for pk, spelling, first in rows]
    for spelling, pk, first in known:
        if spelling == name:
            return pk, first
    same_as = known[0][2] if known else _same_as(connection, scope, name, vector)
    connection.execute(
        "INSERT INTO entity (name, form, user_id, agent_id, app_id, run_id, same_as, vector)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (name, form, *scope.key(), same_as, vector),
    )
    pk = connection.last_insert_rowid()
    return pk, same_as or pk


def _same_as(connection: apsw.Connection, scope: Scope, name: str, vector: bytes) -> int | None:
    """Return the entity of exactly this scope that a new name means; an id means itself alone."""
    ids = scope.ids().values()
    if name in ids:
        return None
    key = keyed(scope)
    for pk, other, cosine in connection.execute(_ALIKE.format(key.sql), (vector, *key.parameters)):
        if cosine >= ONE and other not in ids and names.may_be_one(name, other):
            return int(pk)
    return None


def _relation(connection: apsw.Connection, source: int, relationship: str, destination: int) -> int:
    values = (source, relationship, destination)
    connection.execute(
        "INSERT OR IGNORE INTO relation (source_pk, relationship, destination_pk) VALUES (?, ?, ?)",
        values,
    )
    return int(
        connection.execute(
            "SELECT pk FROM relation"
            " WHERE source_pk = ? AND relationship = ? AND destination_pk = ?",
            values,
        ).get
    )


def _meant(connection: apsw.Connection, question: Question) -> dict[int, float]:
    """Return the entities that a query means, and how much: those near it, and those it names."""
    bound = question.bound
    meant: dict[int, float] = {}
    if _scannable(connection, bound):
        rows = connection.execute(
            "SELECT m.pk, coalesce(1 - vec_distance_cosine(m.vector, ?), 0) AS cosine"
            " FROM entity AS m"
            f" WHERE {bound.sql} AND m.vector IS NOT NULL ORDER BY cosine DESC LIMIT ?",
            (question.vector, *bound.parameters, MOST_NEAR),
        )
        meant.update((pk, cosine) for pk, cosine in rows if cosine >= NEAR)
    rows = connection.execute(
        "SELECT m.pk FROM entity AS m WHERE m.form IN (SELECT value FROM json_each(?))"
        f" AND {bound.sql} ORDER BY m.pk DESC LIMIT ?",
        (_json(question.forms), *bound.parameters, MOST_NAMED),
    )
    meant.update((pk, 1.0) for (pk,) in rows)
    return meant


def _scannable(connection: apsw.Connection, bound: Condition) -> bool:
    counted = connection.execute(
        "SELECT count(*) FROM"
        f" (SELECT 1 FROM entity AS m WHERE {bound.sql} LIMIT {MOST_SCANNED + 1})",
        bound.parameters,
    )
    return bool(counted.get <= MOST_SCANNED)


def _spread(connection: apsw.Connection, weights: Mapping[int, float]) -> dict[int, float]:
    """Give each name the weight of those that mean the same."""
    firsts = _firsts(connection, weights)
    by_first: dict[int, float] = {}
    for pk, weight in weights.items():
        first, _ = firsts[pk]
        by_first[first] = max(weight, by_first.get(first, 0.0))
    rows = connection.execute(
        "SELECT pk, same_as FROM entity WHERE same_as IN (SELECT value FROM json_each(?))",
        (_json(by_first),),
    )
    return by_first | {pk: by_first[first] for pk, first in rows}


def _touching(
    connection: apsw.Connection, pk: int, condition: Condition, most: int = MOST_OF_ONE
) -> Iterator[_Said]:
    """Yield the newest relations of an entity that may be read, from each of its ends."""
    for end in ("source_pk", "destination_pk"):
        rows = connection.execute(
            f"{_FROM_RELATION} WHERE {end} = ? AND {condition.sql}"
            " ORDER BY relation.pk DESC LIMIT ?",
            (pk, *condition.parameters, most),
        )
        yield from map(_said, rows)


def _of_found(
    connection: apsw.Connection, condition: Condition, memory_ids: Iterable[str]
) -> list[_Said]:
    rows = connection.execute(
        f"{_FROM_MEMORY} WHERE {condition.sql}", (_json(memory_ids), *condition.parameters)
    )
    return [_said(row) for row in rows]


def _said(row: Row) -> _Said:
    pk, source, relationship, destination, memory_id = row
    is_ours = isinstance(source, int) and isinstance(destination, int)
    if not is_ours or not isinstance(relationship, str):
        raise RowDamageError(f"the relation {pk} is none that litemem writes")
    return _Said(pk, source, relationship, destination, memory_id)


def _distinct(connection: apsw.Connection, found: Sequence[_Said]) -> list[_Said]:
    """Return each relation once, by whichever name and in whichever scope it was said."""
    firsts = _firsts(connection, {pk for said in found for pk in (said.source, said.destination)})
    distinct: dict[tuple[str, str, str], _Said] = {}
    for said in found:
        (_, source), (_, destination) = firsts[said.source], firsts[said.destination]
        distinct.setdefault((source, said.relationship, destination), said)
    return list(distinct.values())


def _firsts(connection: apsw.Connection, pks: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Return, for each name, the first of those that mean the same: its key and its form."""
    wanted = set(pks)
    rows = connection.execute(_FIRSTS, (_json(wanted),))
    found = {pk: (first, form) for pk, first, form in rows}
    if found.keys() != wanted:
        raise RowDamageError("a relation is of a name that is not there")
    return found


def _shown(
    connection: apsw.Connection, found: Sequence[_Said], condition: Condition
) -> list[Relation]:
    """Write relations with the names of their entities."""
    ends = {pk for said in found for pk in (said.source, said.destination)}
    shown = {
        pk: _shown_name(connection, first, condition)
        for pk, (first, _) in _firsts(connection, ends).items()
    }
    return [
        Relation(shown[said.source], said.relationship, shown[said.destination]) for said in found
    ]


def _shown_name(connection: apsw.Connection, first: int, condition: Condition) -> str:
    """Return the first of an entity's names that a memory under the condition says."""
    rows = connection.execute(
        "SELECT pk, name FROM entity WHERE pk = ?1 OR same_as = ?1 ORDER BY pk", (first,)
    )
    names_of: list[tuple[int, str]] = [(pk, name) for pk, name in rows]
    said = (
        names_of
        if len(names_of) == 1
        else ((pk, name) for pk, name in names_of if any(_touching(connection, pk, condition, 1)))
    )
    name = next((name for _, name in said), None)
    if not isinstance(name, str):
        raise RowDamageError("a relation is of a name that no memory says")
    return name


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
