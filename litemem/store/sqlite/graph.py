"""The graph: names and relations that memories state, resolved to entities when written.

Every read joins the memories that state a relation, so that neither a relation nor the spelling of
a name is returned unless a memory under the caller's condition states it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apsw

from litemem.core.scope import Scope
from litemem.core.text import names
from litemem.core.types import MemoryRecord, Relation
from litemem.store.filters import Condition
from litemem.store.protocol import GraphQuery
from litemem.store.sqlite.rows import (
    Row,
    scope_unique_key,
)
from litemem.store.sqlite.settings import check_embedder
from litemem.store.sqlite.values import RowDamageError, check_values

SAME_ENTITY = 0.9  # cosine from which two names may be one entity; 0.87 joins Monday with Tuesday
NEAR = 0.6  # cosine from which a query means an entity that it does not name
MAX_NEAR = 10  # entities that a query means without naming them
MAX_NAMED = 64
MAX_SCANNED = 2_048  # entities with compared vectors, in 2 ms; a larger graph is searched by names
MAX_RELATIONS = 100  # the newest relations of one entity, from each end, that are scored

_SPELLED = "SELECT pk, name, coalesce(same_as, pk) FROM entity AS m WHERE {} AND form = ?"
_SIMILAR = """
SELECT pk, name, coalesce(1 - vec_distance_cosine(vector, ?), 0) AS cosine
FROM entity AS m
WHERE {} AND same_as IS NULL AND vector IS NOT NULL
ORDER BY cosine DESC
LIMIT 5
"""
_COLUMNS = "SELECT relation.pk, source_pk, relationship, destination_pk, m.id"
# CROSS JOIN keeps the order of the tables: from the few that are asked for to the readable ones
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
class _Stated:
    """A relation by its primary keys, and the id of a memory that states it."""

    pk: int
    source: int
    relationship: str
    destination: int
    memory_id: str


class Graph:
    """The graph of one connection; see `GraphReader` and `GraphWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def search(self, query: GraphQuery) -> list[Relation]:
        """Return the relations one hop from the query's names, the most relevant first.

        The score of a relation is the sum of 1 for each end that the query names, the cosine for
        an end that it only means, and the score of the memory that states the relation.
        """
        connection, condition, memories = self._connection, query.condition, query.memories
        check_embedder(connection, query.identity)
        weights = _spread(connection, _meant(connection, query))
        stated = [each for pk in weights for each in _touching(connection, pk, condition)]
        stated += _of_matches(connection, condition, memories)
        scores: dict[int, float] = {}
        for each in stated:
            ends = weights.get(each.source, 0.0) + weights.get(each.destination, 0.0)
            score = ends + memories.get(each.memory_id, 0.0)
            scores[each.pk] = max(score, scores.get(each.pk, 0.0))
        stated.sort(key=lambda each: (scores[each.pk], each.pk), reverse=True)
        return _named(connection, _distinct(connection, stated)[: query.limit], condition)

    def of_memories(self, memory_ids: Iterable[str]) -> list[Relation]:
        chosen = _json(memory_ids)
        rows = self._connection.execute(f"{_FROM_MEMORY} ORDER BY relation.pk", (chosen,))
        stated = _distinct(self._connection, [_stated(row) for row in rows])
        condition = Condition("m.id IN (SELECT value FROM json_each(?))", (chosen,))
        return _named(self._connection, stated, condition)

    def unembedded(self, limit: int) -> list[tuple[int, str]]:
        rows = self._connection.execute(
            "SELECT pk, name FROM entity WHERE vector IS NULL ORDER BY pk LIMIT ?", (limit,)
        )
        return [_named_entity(pk, name) for pk, name in rows]

    def relate(
        self, record: MemoryRecord, relations: Sequence[Relation], vectors: Mapping[str, bytes]
    ) -> None:
        connection = self._connection
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

    def embed(self, rows: Iterable[tuple[int, str, bytes]]) -> None:
        self._connection.executemany(
            "UPDATE entity SET vector = ?3 WHERE pk = ?1 AND name = ?2", rows
        )


def _named_entity(pk: int, name: str) -> tuple[int, str]:
    """Return the key and the name of an entity, after a check of the name."""
    check_values("entity", pk, name=name)
    return pk, name


def _entity(connection: apsw.Connection, scope: Scope, name: str, vector: bytes) -> tuple[int, int]:
    """Return the primary keys of a name in exactly this scope and of its entity's first name."""
    form, key = names.form(name), scope_unique_key(scope)
    rows = connection.execute(_SPELLED.format(key.sql), (*key.parameters, form))
    known = [(*_named_entity(pk, spelling), first) for pk, spelling, first in rows]
    for pk, spelling, first in known:
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
    """Return the entity of exactly this scope that a new name means; an id means only itself."""
    ids = scope.ids().values()
    if name in ids:
        return None
    key = scope_unique_key(scope)
    for pk, other, cosine in connection.execute(
        _SIMILAR.format(key.sql), (vector, *key.parameters)
    ):
        _named_entity(pk, other)
        if cosine >= SAME_ENTITY and other not in ids and names.may_be_one(name, other):
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


def _meant(connection: apsw.Connection, query: GraphQuery) -> dict[int, float]:
    """Return the names that a query means, with weights: the near ones, and those it contains."""
    bound = query.bound
    meant: dict[int, float] = {}
    if _scannable(connection, bound):
        rows = connection.execute(
            "SELECT m.pk, coalesce(1 - vec_distance_cosine(m.vector, ?), 0) AS cosine"
            " FROM entity AS m"
            f" WHERE {bound.sql} AND m.vector IS NOT NULL ORDER BY cosine DESC LIMIT ?",
            (query.vector, *bound.parameters, MAX_NEAR),
        )
        meant.update((pk, cosine) for pk, cosine in rows if cosine >= NEAR)
    rows = connection.execute(
        "SELECT m.pk FROM entity AS m WHERE m.form IN (SELECT value FROM json_each(?))"
        f" AND {bound.sql} ORDER BY m.pk DESC LIMIT ?",
        (_json(query.forms), *bound.parameters, MAX_NAMED),
    )
    meant.update((pk, 1.0) for (pk,) in rows)
    return meant


def _scannable(connection: apsw.Connection, bound: Condition) -> bool:
    counted = connection.execute(
        "SELECT count(*) FROM"
        f" (SELECT 1 FROM entity AS m WHERE {bound.sql} LIMIT {MAX_SCANNED + 1})",
        bound.parameters,
    )
    return bool(counted.get <= MAX_SCANNED)


def _spread(connection: apsw.Connection, weights: Mapping[int, float]) -> dict[int, float]:
    """Give each name the greatest weight of the names of its entity."""
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
    connection: apsw.Connection, pk: int, condition: Condition, limit: int = MAX_RELATIONS
) -> Iterator[_Stated]:
    """Yield the newest readable relations of a name, from each of its ends."""
    for end in ("source_pk", "destination_pk"):
        rows = connection.execute(
            f"{_FROM_RELATION} WHERE {end} = ? AND {condition.sql}"
            " ORDER BY relation.pk DESC LIMIT ?",
            (pk, *condition.parameters, limit),
        )
        yield from map(_stated, rows)


def _of_matches(
    connection: apsw.Connection, condition: Condition, memory_ids: Iterable[str]
) -> list[_Stated]:
    rows = connection.execute(
        f"{_FROM_MEMORY} WHERE {condition.sql}", (_json(memory_ids), *condition.parameters)
    )
    return [_stated(row) for row in rows]


def _stated(row: Row) -> _Stated:
    pk, source, relationship, destination, memory_id = row
    is_ours = isinstance(source, int) and isinstance(destination, int)
    if not is_ours or not isinstance(relationship, str):
        raise RowDamageError(f"the relation {pk} has a wrong type")
    return _Stated(pk, source, relationship, destination, memory_id)


def _distinct(connection: apsw.Connection, found: Sequence[_Stated]) -> list[_Stated]:
    """Return each relation between two entities once, under any of their names."""
    firsts = _firsts(connection, {pk for each in found for pk in (each.source, each.destination)})
    distinct: dict[tuple[str, str, str], _Stated] = {}
    for each in found:
        (_, source), (_, destination) = firsts[each.source], firsts[each.destination]
        distinct.setdefault((source, each.relationship, destination), each)
    return list(distinct.values())


def _firsts(connection: apsw.Connection, pks: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Return for each name the key and the form of its entity's first name."""
    keys = set(pks)
    rows = connection.execute(_FIRSTS, (_json(keys),))
    found = {pk: (first, form) for pk, first, form in rows}
    if found.keys() != keys:
        raise RowDamageError("a relation has a name that does not exist")
    return found


def _named(
    connection: apsw.Connection, found: Sequence[_Stated], condition: Condition
) -> list[Relation]:
    """Return relations with the names of their entities."""
    ends = {pk for each in found for pk in (each.source, each.destination)}
    shown = {
        pk: _shown_spelling(connection, first, condition)
        for pk, (first, _) in _firsts(connection, ends).items()
    }
    return [
        Relation(shown[each.source], each.relationship, shown[each.destination]) for each in found
    ]


def _shown_spelling(connection: apsw.Connection, first: int, condition: Condition) -> str:
    """Return the first of an entity's names that a memory under the condition states."""
    rows = connection.execute(
        "SELECT pk, name FROM entity WHERE pk = ?1 OR same_as = ?1 ORDER BY pk", (first,)
    )
    names_of: list[tuple[int, str]] = [(pk, name) for pk, name in rows]
    stated = (
        names_of
        if len(names_of) == 1
        else ((pk, name) for pk, name in names_of if any(_touching(connection, pk, condition, 1)))
    )
    name = next((name for _, name in stated), None)
    if not isinstance(name, str):
        raise RowDamageError("a relation has a name that no memory states")
    return name


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
