"""Add statements to the graph and remove them, without a language model."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from litemem.core import clock
from litemem.core.graph import (
    ENTITY,
    OBSERVATION,
    RELATION,
    Existing,
    Graph,
    GraphStatement,
    Node,
    statements,
)
from litemem.core.protocols import Embedder
from litemem.core.scope import Scope
from litemem.core.types import AddResult, MemoryRecord, Relation, TextIndex, content_hash
from litemem.errors import MemoryNotFoundError
from litemem.models.embedding import embed
from litemem.models.indexing import index_memories
from litemem.store.filters import Condition
from litemem.store.protocol import GraphReader, Store, Transaction


@dataclass(frozen=True, slots=True)
class Prepared:
    """New memories of statements, with vectors; `names` has those of the ends of relations."""

    records: Mapping[GraphStatement, tuple[MemoryRecord, bytes, TextIndex]]
    names: Mapping[str, bytes]

    def relate(self, tx: Transaction, stated: Collection[GraphStatement]) -> None:
        """Write the memories of statements, and the relations that they state."""
        chosen = [self.records[each] for each in stated]
        tx.memories.insert(
            [record for record, _, _ in chosen],
            [vector for _, vector, _ in chosen],
            [() for _ in chosen],
            [index for _, _, index in chosen],
        )
        for each in stated:
            if each.relation is not None:
                tx.graph.relate(self.records[each][0], [each.relation], self.names)


def relate(
    store: Store,
    embedder: Embedder,
    scope: Scope,
    nodes: Sequence[Node],
    relations: Sequence[GraphStatement],
    *,
    condition: Condition,
    existing: Existing,
    at: int,
    dry_run: bool = False,
) -> list[AddResult]:
    """Add what is new of entities and relations; return the outcome of each statement, in order.

    All in one transaction; texts are embedded before it opens. An entity is known if a memory of
    `condition` states it, a statement if a memory of exactly this scope does.

    Raises:
        MemoryNotFoundError: an entity is not known, and `existing` requires it.
        EmbedderError: a text could not be embedded.
    """
    wanted = statements(nodes, relations)
    if not wanted:
        return []
    prepared = _prepare(embedder, scope, wanted, at)
    with store.dry_run() if dry_run else store.write() as tx:
        seen = tx.graph.statements(condition, {name for each in wanted for name in each.names})
        known = _known(record for record in seen if record.scope == scope)
        if existing != "extend" and nodes:
            found = Graph.of(seen, tx.graph.extracted(condition))
            if existing == "require":
                _require(nodes, found)
            wanted = [e for e in wanted if e.kind == RELATION or _is_new(e, existing, found)]
        repeated = _repeated(wanted, known)
        fresh = [each for each in wanted if each not in repeated]
        if fresh:
            tx.settings.bind_embedder(embedder.identity)
            prepared.relate(tx, fresh)
    return [
        AddResult(repeated[each], "NONE")
        if each in repeated
        else AddResult(prepared.records[each][0])
        for each in wanted
    ]


def unrelate(
    store: Store,
    names: Sequence[str],
    observations: Sequence[Node],
    relations: Sequence[GraphStatement],
    *,
    condition: Condition,
    at: int,
) -> list[AddResult]:
    """Delete entities with all that names them, observations and relations.

    All in one transaction. A memory from which a relation was extracted goes with it.
    """
    gone = set(names)
    observed = {(node.name, text) for node in observations for text in node.observations}
    related = {Relation(each.entity, each.text, each.destination) for each in relations}

    def is_meant(each: GraphStatement) -> bool:
        if gone.intersection(each.names):
            return True
        if each.kind == OBSERVATION:
            return (each.entity, each.text) in observed
        return Relation(each.entity, each.text, each.destination) in related

    named = {name for each in relations for name in each.names}
    with store.write() as tx:
        chosen = list(
            _meant(
                tx.graph, condition, gone | named | {node.name for node in observations}, is_meant
            )
        )
        for record in chosen:
            tx.memories.delete(record.id, at)
    return [AddResult(record, "DELETE") for record in chosen]


def _meant(
    reading: GraphReader,
    condition: Condition,
    names: Collection[str],
    is_meant: Callable[[GraphStatement], bool],
) -> Iterator[MemoryRecord]:
    """Yield each memory once that makes a statement that is meant."""
    found: dict[str, MemoryRecord] = {}
    for record in reading.statements(condition, names):
        stated = GraphStatement.of(record)
        if stated is not None and is_meant(stated):
            found[record.id] = record
    for record, relation in reading.extracted(condition):
        ends = (relation.source, relation.relationship, relation.destination)
        stated = GraphStatement(RELATION, *ends)
        seen = GraphStatement(OBSERVATION, relation.source, record.content)
        if is_meant(stated) or is_meant(seen):
            found[record.id] = record
    yield from found.values()


def _prepare(
    embedder: Embedder, scope: Scope, wanted: Sequence[GraphStatement], at: int
) -> Prepared:
    vectors, indexes = index_memories(
        embedder, [each.content for each in wanted], date.fromisoformat(clock.day(at))
    )
    records = {
        each: (_record(each, scope, at), vector, index)
        for each, vector, index in zip(wanted, vectors, indexes, strict=True)
    }
    ends = [name for each in wanted if each.kind == RELATION for name in each.names]
    names = list(dict.fromkeys(ends))
    return Prepared(records, dict(zip(names, embed(embedder, names), strict=True)))


def _record(stated: GraphStatement, scope: Scope, at: int) -> MemoryRecord:
    return MemoryRecord(
        id=clock.new_id(),
        content=stated.content,
        hash=content_hash(stated.content),
        scope=scope,
        memory_type=stated.kind,
        metadata=stated.metadata,
        created_at=at,
        updated_at=at,
    )


def _known(records: Iterable[MemoryRecord]) -> dict[GraphStatement, MemoryRecord]:
    """Return what memories state, and the first memory of each statement."""
    known: dict[GraphStatement, MemoryRecord] = {}
    for record in records:
        stated = GraphStatement.of(record)
        if stated is not None:
            known.setdefault(stated, record)
    return known


def _repeated(
    wanted: Iterable[GraphStatement], known: Mapping[GraphStatement, MemoryRecord]
) -> dict[GraphStatement, MemoryRecord]:
    """Return the memory of each statement that is known: the first type of an entity stays."""
    typed: dict[str, MemoryRecord] = {}
    named: dict[str, MemoryRecord] = {}
    for each, record in known.items():
        if each.kind == ENTITY:
            named.setdefault(each.entity, record)
            if each.text:
                typed.setdefault(each.entity, record)
    found = {}
    for each in wanted:
        same = known.get(each)
        if same is None and each.kind == ENTITY:
            same = (typed if each.text else named).get(each.entity)
        if same is not None:
            found[each] = same
    return found


def _require(nodes: Sequence[Node], found: Graph) -> None:
    for node in nodes:
        if node.name not in found.entities:
            raise MemoryNotFoundError(f"Entity with name {node.name:.200} not found")


def _is_new(stated: GraphStatement, existing: Existing, found: Graph) -> bool:
    """Return True if a statement is to be made of an entity that is known, or is not."""
    if existing == "skip":
        return stated.entity not in found.entities
    return stated.kind == OBSERVATION
