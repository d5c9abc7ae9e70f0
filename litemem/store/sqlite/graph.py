"""The graph: names and relations that memories state, resolved to entities when written.

Every read joins the memories that state a relation, so that neither a relation nor the spelling of
a name is returned unless a memory under the caller's condition states it.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apsw

from litemem.core.graph import STATED
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.text import names
from litemem.core.types import Found, MemoryRecord, Relation
from litemem.store.filters import Condition
from litemem.store.protocol import GraphQuery
from litemem.store.sqlite.rows import (
    Row,
    cosine_of,
    matching,
    read_json,
    readable,
    scope_unique_key,
)
from litemem.store.sqlite.settings import check_embedder
from litemem.store.sqlite.values import check_values

SAME_ENTITY = 0.9  # cosine from which two names may be one entity; 0.87 joins Monday with Tuesday
NEAR = 0.6  # cosine from which a query means an entity that it does not name
MAX_NEAR = 10  # entities that a query means without naming them
MAX_NAMED = 64
MAX_SCANNED = 2_048  # entities with compared vectors, in 2 ms; a larger graph is searched by names
MAX_RELATIONS = 100  # the newest relations of one entity, from each end, that are scored

_BYTES = "iif(typeof({0}) = 'text', CAST({0} AS BLOB), NULL)"  # of a text that may not be UTF-8
_KEY = "iif(typeof({0}) = 'integer', {0}, NULL)"
_NAME = _BYTES.format("name")
_SPELLED = f"SELECT pk, {_NAME}, coalesce(same_as, pk) FROM entity AS m WHERE {{}} AND form = ?"
_SIMILAR = f"""
SELECT pk, {_NAME}, {cosine_of("vector")} AS cosine
FROM entity AS m
WHERE {{}} AND same_as IS NULL AND vector IS NOT NULL
ORDER BY cosine DESC
LIMIT 5
"""


def _scope_of(table: str) -> str:
    """Return SQL for the ids of a row as bytes, which any value gives."""
    ids = ", ".join(f"quote({table}.{key})" for key in ID_KEYS)
    return f"CAST(concat_ws(char(31), {ids}) AS BLOB)"


_COLUMNS = (
    f"SELECT relation.pk, {_KEY.format('source_pk')}, {_BYTES.format('relationship')},"
    f" {_KEY.format('destination_pk')}, CAST(m.id AS BLOB), {_scope_of('m')}"
)
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
_IS_STATEMENT = f"coalesce(m.memory_type, '') IN {STATED!r}"
_METADATA = read_json("m.metadata")
_NAMING = ("entity", "source", "destination")  # the keys of metadata that have names
_NAMES_ONE = " OR ".join(
    f"{_METADATA} ->> '{key}' IN (SELECT value FROM json_each(?))" for key in _NAMING
)
_FORGET_UNRELATED = """
DELETE FROM entity
WHERE pk IN (?, ?)
  AND NOT EXISTS (SELECT 1 FROM relation WHERE source_pk = entity.pk)
  AND NOT EXISTS (SELECT 1 FROM relation WHERE destination_pk = entity.pk)
"""
_FIRSTS = f"""
SELECT entity.pk, first.pk, {_BYTES.format("first.form")}, {_scope_of("entity")}
FROM entity
JOIN entity AS first ON first.pk = coalesce(entity.same_as, entity.pk)
WHERE entity.pk IN (SELECT value FROM json_each(?))
  AND (entity.user_id, entity.agent_id, entity.app_id, entity.run_id)
    IS (first.user_id, first.agent_id, first.app_id, first.run_id)
"""


@dataclass(frozen=True, slots=True)
class _Stated:
    """A relation by its primary keys, and the id and the scope of a memory that states it."""

    pk: int
    source: int
    relationship: str
    destination: int
    memory_id: str
    scope: bytes


@dataclass(frozen=True, slots=True)
class _First:
    """The first name of an entity: its key and form, and the scope of both."""

    pk: int
    form: str
    scope: bytes


class Graph:
    """The graph of one connection; see `GraphReader` and `GraphWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def search(self, query: GraphQuery) -> Found[Relation]:
        """Return the relations one hop from the query's names, the most relevant first.

        The score of a relation is the sum of 1 for each end that the query names, the cosine for
        an end that it only means, and the score of the memory that states the relation.
        """
        connection, condition, memories = self._connection, query.condition, query.memories
        check_embedder(connection, query.identity)
        damaged: dict[int, None] = {}
        weights = _spread(connection, _meant(connection, query))
        stated = [each for pk in weights for each in _touching(connection, pk, condition, damaged)]
        stated += _of_matches(connection, condition, memories, damaged)
        scores: dict[int, float] = {}
        for each in stated:
            ends = weights.get(each.source, 0.0) + weights.get(each.destination, 0.0)
            score = ends + memories.get(each.memory_id, 0.0)
            scores[each.pk] = max(score, scores.get(each.pk, 0.0))
        stated.sort(key=lambda each: (scores[each.pk], each.pk), reverse=True)
        chosen = _distinct(connection, stated, damaged)[: query.limit]
        return _named(connection, chosen, condition, damaged)

    def of_memories(self, memory_ids: Iterable[str]) -> Found[Relation]:
        chosen = _json(memory_ids)
        damaged: dict[int, None] = {}
        rows = self._connection.execute(f"{_FROM_MEMORY} ORDER BY relation.pk", (chosen,))
        stated = _distinct(self._connection, list(_stated(rows, damaged)), damaged)
        condition = Condition("m.id IN (SELECT value FROM json_each(?))", (chosen,))
        return _named(self._connection, stated, condition, damaged)

    def statements(
        self, condition: Condition, names: Collection[str] | None = None
    ) -> Found[MemoryRecord]:
        sql, parameters = f"{condition.sql} AND {_IS_STATEMENT}", condition.parameters
        if names is not None:
            chosen = (_json(names),) * len(_NAMING)
            sql, parameters = f"{sql} AND ({_NAMES_ONE})", (*parameters, *chosen)
        pks = sorted(matching(self._connection, Condition(sql, parameters)))
        found, damaged = readable(self._connection, pks, condition)
        return Found((found[pk] for pk in pks if pk in found), damaged.values())

    def extracted(self, condition: Condition) -> Found[tuple[MemoryRecord, Relation]]:
        connection = self._connection
        damaged: dict[int, None] = {}
        rows = connection.execute(
            f"{_FROM_RELATION} WHERE {condition.sql} AND NOT ({_IS_STATEMENT})"
            " ORDER BY relation.pk, m.pk",
            condition.parameters,
        )
        found = list(_stated(rows, damaged))
        firsts = _firsts(
            connection, {pk for each in found for pk in (each.source, each.destination)}
        )
        pairs = _pairs(connection, _sound(found, firsts, damaged), condition, damaged)
        chosen = Condition(
            f"m.id IN (SELECT value FROM json_each(?)) AND {condition.sql}",
            (_json({each.memory_id for each, _ in pairs}), *condition.parameters),
        )
        records, lost = readable(connection, matching(connection, chosen), condition)
        by_id = {record.id: record for record in records.values()}
        return Found(
            ((by_id[each.memory_id], named) for each, named in pairs if each.memory_id in by_id),
            (*(f"relation {pk}" for pk in damaged), *lost.values()),
        )

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
    known = [(pk, _text(spelling), first) for pk, spelling, first in rows]
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
        spelling = _text(other)
        if spelling is None or spelling in ids or cosine < SAME_ENTITY:
            continue
        if names.may_be_one(name, spelling):
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
            f"SELECT m.pk, {cosine_of('m.vector')} AS cosine"
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
        if first := firsts.get(pk):
            by_first[first.pk] = max(weight, by_first.get(first.pk, 0.0))
    rows = connection.execute(
        "SELECT pk, same_as FROM entity WHERE same_as IN (SELECT value FROM json_each(?))",
        (_json(by_first),),
    )
    return by_first | {pk: by_first[first] for pk, first in rows}


def _touching(
    connection: apsw.Connection,
    pk: int,
    condition: Condition,
    damaged: dict[int, None],
    limit: int = MAX_RELATIONS,
) -> Iterator[_Stated]:
    """Yield the newest readable relations of a name, from each of its ends."""
    for end in ("source_pk", "destination_pk"):
        rows = connection.execute(
            f"{_FROM_RELATION} WHERE {end} = ? AND {condition.sql}"
            " ORDER BY relation.pk DESC LIMIT ?",
            (pk, *condition.parameters, limit),
        )
        yield from _stated(rows, damaged)


def _of_matches(
    connection: apsw.Connection,
    condition: Condition,
    memory_ids: Iterable[str],
    damaged: dict[int, None],
) -> list[_Stated]:
    rows = connection.execute(
        f"{_FROM_MEMORY} WHERE {condition.sql}", (_json(memory_ids), *condition.parameters)
    )
    return list(_stated(rows, damaged))


def _stated(rows: Iterable[Row], damaged: dict[int, None]) -> Iterator[_Stated]:
    """Yield the relations that can be read, and note the others."""
    for pk, source, relationship, destination, memory_id, scope in rows:
        name = _text(relationship)
        if name is None or source is None or destination is None:
            damaged[pk] = None
        else:
            memory = memory_id.decode(errors="replace")
            yield _Stated(pk, source, name, destination, memory, scope)


def _text(stored: bytes | None) -> str | None:
    """Return a text that was read as bytes, or None if it is not one."""
    try:
        return None if stored is None else stored.decode()
    except UnicodeDecodeError:
        return None


def _distinct(
    connection: apsw.Connection, found: Sequence[_Stated], damaged: dict[int, None]
) -> list[_Stated]:
    """Return each relation between two entities once, under any of their names.

    Names that are missing or of another scope than the memory would be another scope's text.
    """
    firsts = _firsts(connection, {pk for each in found for pk in (each.source, each.destination)})
    distinct: dict[tuple[str, str, str], _Stated] = {}
    for each in _sound(found, firsts, damaged):
        source, destination = firsts[each.source], firsts[each.destination]
        distinct.setdefault((source.form, each.relationship, destination.form), each)
    return list(distinct.values())


def _sound(
    found: Iterable[_Stated], firsts: Mapping[int, _First], damaged: dict[int, None]
) -> Iterator[_Stated]:
    """Yield the relations with names of the scope of the memory, and note the others."""
    for each in found:
        source, destination = firsts.get(each.source), firsts.get(each.destination)
        if not (source and destination) or {source.scope, destination.scope} != {each.scope}:
            damaged[each.pk] = None
        else:
            yield each


def _firsts(connection: apsw.Connection, pks: Iterable[int]) -> dict[int, _First]:
    """Return the first name of each name's entity; a damaged one has none."""
    rows = connection.execute(_FIRSTS, (_json(set(pks)),))
    read = ((pk, first, _text(form), scope) for pk, first, form, scope in rows)
    return {pk: _First(first, form, scope) for pk, first, form, scope in read if form is not None}


def _named(
    connection: apsw.Connection,
    found: Sequence[_Stated],
    condition: Condition,
    damaged: dict[int, None],
) -> Found[Relation]:
    """Return relations with the names of their entities, and name the damaged ones."""
    named = [relation for _, relation in _pairs(connection, found, condition, damaged)]
    return Found(named, (f"relation {pk}" for pk in damaged))


def _pairs(
    connection: apsw.Connection,
    found: Iterable[_Stated],
    condition: Condition,
    damaged: dict[int, None],
) -> list[tuple[_Stated, Relation]]:
    """Return each relation also with the names of its entities, and note the damaged ones."""
    listed = list(found)
    ends = {pk for each in listed for pk in (each.source, each.destination)}
    shown = {
        pk: _shown_spelling(connection, first.pk, condition)
        for pk, first in _firsts(connection, ends).items()
    }
    named = []
    for each in listed:
        source, destination = shown[each.source], shown[each.destination]
        if source is None or destination is None:
            damaged[each.pk] = None
        else:
            named.append((each, Relation(source, each.relationship, destination)))
    return named


def _shown_spelling(connection: apsw.Connection, first: int, condition: Condition) -> str | None:
    """Return the first of an entity's names that a memory under the condition states, or None."""
    rows = connection.execute(
        f"SELECT pk, {_NAME} FROM entity WHERE pk = ?1 OR same_as = ?1 ORDER BY pk",
        (first,),
    )
    names_of = [(pk, _text(name)) for pk, name in rows]
    if len(names_of) == 1:
        return names_of[0][1]
    for pk, name in names_of:
        if name is not None and any(_touching(connection, pk, condition, {}, 1)):
            return name
    return None


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
