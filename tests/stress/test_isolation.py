"""No call reaches beyond its scope: the whole library against an oracle of plain Python.

Files of memories and messages with random ids, and random filters of every form: `get_all`,
`search`, `context`, `delete_all` and export give exactly the rows that the oracle says, and the
graph exactly what these rows tell; a machine mixes writes between.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from helpers import NIGHTLY, strategies, write_line
from helpers import filter_oracle as oracle
from litemem import Memory
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import MemoryRecord, Relation, content_hash
from litemem.errors import LLMError, ScopeError
from litemem.models.embedding import embed, to_blob
from litemem.testing import HashEmbedder, ScriptedLLM

EXAMPLES = 2_000 if NIGHTLY else 30
SMALL, LARGE = 12, 6  # filters in an example, against one file; the large ones in two scopes
APP = {"app_id": "app"}  # which most memories have
EVERYTHING = 10_000
SHOWN = {"show_expired": True, "show_superseded": True, "top_k": EVERYTHING}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATIENT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Spellings of names, and which are one: the first two by their form, the next by their vectors.
ANNA, NYC = ["Anna", "ANNA"], ["NYC", "New York City"]
NAMES = [*ANNA, *NYC, "Ana", "Oslo"]
ENTITIES = {
    name: one for ones in (ANNA, NYC, ["Ana"], ["Oslo"]) for name in ones for one in ones[:1]
}
told = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["knows", "likes"]), st.sampled_from(NAMES)),
    max_size=2,
)

owners = st.dictionaries(st.sampled_from(ID_KEYS), st.sampled_from(["al", "bob", "%"]), min_size=1)

Row = dict[str, Any]


class Tally:
    """How many filters went through each call."""

    filters = rows = refused = deleted = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    count = Tally()
    yield count
    write_line(
        request.config,
        f"isolation: {count.filters:,} filters through get_all, search and export "
        f"({count.rows:,} rows found, {count.refused:,} filters refused), "
        f"{count.deleted:,} through delete_all",
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Memory]:
    with Memory(":memory:", embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        yield memory


@given(
    rows=st.lists(st.tuples(strategies.memories, told), min_size=4, max_size=8),
    small=st.lists(strategies.entries, min_size=SMALL, max_size=SMALL),
    said=st.lists(strategies.said, min_size=1, max_size=3),
    large=st.lists(strategies.filters(), min_size=LARGE, max_size=LARGE),
    deleted=strategies.filters(),
    scope=strategies.scopes,
)
@PATIENT
def test_every_call_reaches_what_the_oracle_says_and_nothing_else(
    shared: Memory,
    tally: Tally,
    rows: list[tuple[Row, list[tuple[str, str, str]]]],
    small: list[tuple[str, Any]],
    said: list[Row],
    large: list[Row],
    deleted: Row,
    scope: dict[str, str],
) -> None:
    shared.reset()
    named = [{**row, "id": f"m{i}", "told": told} for i, (row, told) in enumerate(rows)]
    insert(shared, named)
    named += [say(shared, message, number) for number, message in enumerate(said)]
    for key, value in small:
        compare(shared, named, {key: value}, APP, tally)
    for filters in large:
        compare(shared, named, filters, scope, tally)
        compare(shared, named, filters, APP, tally)
    expected = reached(named, deleted, scope or APP)
    if isinstance(expected, str):
        with pytest.raises(ScopeError):
            shared.delete_all(filters=deleted, **(scope or APP))
        expected = []
    else:
        shared.delete_all(filters=deleted, **(scope or APP))
    tally.deleted += 1
    left = [row for row in named if row["id"] not in expected]
    assert stored(shared) == {row["id"] for row in left}
    anything = {"OR": [{key: "*"} for key in ID_KEYS]}
    compare_graph(shared.get_all(filters=anything, **SHOWN, enable_graph=True), left)
    assert names_in_file(shared) == spellings(left)


def compare(memory: Memory, rows: list[Row], filters: Row, ids: dict[str, str], tally: Any) -> None:
    """Ask the same of `get_all`, `search`, export and the oracle."""
    expected = reached(rows, filters, ids)
    tally.filters += 1
    if isinstance(expected, str):
        tally.refused += 1
        with pytest.raises(ScopeError):
            memory.get_all(filters=filters, **ids, **SHOWN)
        with pytest.raises(ScopeError):
            memory.search("tea", filters=filters, **ids, **SHOWN)
        return
    tally.rows += len(expected)
    asked = {"filters": filters, **ids, **SHOWN, "enable_graph": True}
    met = [row for row in rows if row["id"] in expected]
    memories = [row["id"] for row in met if row["memory_type"] != "message"]
    for found, result in (
        (memories, memory.get_all(**asked)),
        (expected, memory.get_all(**asked, include_messages=True)),
        (memories, memory.search("Anna, tea k", **asked, threshold=0, include_messages=False)),
        (expected, memory.search("Anna, tea k", **asked, threshold=0)),
    ):
        assert sorted(row["id"] for row in result["results"]) == sorted(found)
        compare_graph(result, met)
    lines = list(map(json.loads, memory.export(filters=filters, **ids)))
    exported = [line["id"] for line in lines if line["kind"] == "memory"]
    assert sorted(exported) == sorted(memories)
    compare_context(memory, rows, expected, {"filters": filters, **ids})


def compare_context(
    memory: Memory, rows: list[Row], expected: list[str], asked: dict[str, Any]
) -> None:
    """Check that a context quotes no message that the oracle does not give."""
    context = memory.context("bicycle, tea", **asked, budget=EVERYTHING)
    for row in rows:
        if row["memory_type"] == "message" and row["id"] not in expected:
            assert row["memory"] not in context


def say(memory: Memory, row: Row, number: int) -> Row:
    """Log a turn without a model, which leaves its message to be found; return its row."""
    content = f"{row['memory']} no{number}x"
    ids = {key: row[key] for key in ID_KEYS if row.get(key)}
    message = {"role": row["role"], "content": content, "name": row["actor_id"]}
    with suppress(LLMError):
        memory.add(
            [message],
            **ids,
            metadata=row["metadata"],
            categories=row["categories"],
            timestamp=row["created_at"],
            expires_at=row["expires_at"],
        )
    with memory.store.write() as tx:
        sql = "SELECT id FROM message WHERE content = ? ORDER BY pk DESC LIMIT 1"
        ((message_id,),) = tx.connection.execute(sql, (content,))
    return {
        **dict.fromkeys((*ID_KEYS, "attributed_to", "valid_from")),
        **row,
        "id": message_id,
        "memory": content,
        "memory_type": "message",
        "updated_at": row["created_at"],
        "superseded": False,
        "told": [],
    }


def compare_graph(result: dict[str, Any], rows: list[Row]) -> None:
    """Compare the relations with all that these rows tell, in their spellings."""
    triples = [tuple(relation.values()) for relation in result["relations"]]
    told = {entities(triple) for row in rows for triple in row["told"]} - {None}
    assert {entities(triple) for triple in triples} == told
    spelt = {spelling for _, spelling in spellings(rows)}
    assert {end for source, _, destination in triples for end in (source, destination)} <= spelt


def entities(triple: tuple[str, str, str]) -> tuple[str, str, str] | None:
    """Return a relation by its entities; None when it would join one to itself."""
    source, relationship, destination = triple
    if ENTITIES[source] == ENTITIES[destination]:
        return None
    return ENTITIES[source], relationship, ENTITIES[destination]


def spellings(rows: list[Row]) -> set[tuple[tuple[Any, ...], str]]:
    """Return the names in the relations of rows, each with the exact scope."""
    return {
        (tuple(row[key] for key in ID_KEYS), name)
        for row in rows
        for source, _, destination in row["told"]
        if ENTITIES[source] != ENTITIES[destination]
        for name in (source, destination)
    }


def names_in_file(memory: Memory) -> set[tuple[tuple[Any, ...], str]]:
    with memory.store.write() as tx:
        rows = tx.connection.execute(f"SELECT {', '.join(ID_KEYS)}, name FROM entity")
        return {(row[:4], row[4]) for row in rows}


def vectors(memory: Memory) -> dict[str, bytes]:
    """Return a vector for each name: the same for those that are one, else at right angles."""
    size = memory.embedder.identity.dimensions
    places = list(dict.fromkeys(ENTITIES.values()))
    return {
        name: to_blob([float(i == places.index(one)) for i in range(size)], size)
        for name, one in ENTITIES.items()
    }


def reached(rows: list[Row], filters: Row, ids: dict[str, str]) -> list[str] | str:
    if ids and oracle.contradicts(filters, ids):
        return "contradicts"
    if not ids and oracle.has_open_branch(filters):
        return "unbounded"
    return [row["id"] for row in rows if oracle.holds({"AND": [ids, filters]}, row)]


def insert(memory: Memory, rows: list[Row]) -> None:
    records = [record(row) for row in rows]
    blobs = embed(memory.embedder, [r.content for r in records])
    with memory.store.write() as tx:
        tx.settings.bind_embedder(memory.embedder.identity)
        tx.memories.insert(records, blobs, [[] for _ in records])
        for memory_record, row in zip(records, rows, strict=True):
            tx.graph.relate(
                memory_record, [Relation(*triple) for triple in row["told"]], vectors(memory)
            )


def record(row: Row) -> MemoryRecord:
    return MemoryRecord(
        id=row["id"],
        content=row["memory"],
        hash=content_hash(row["memory"]),
        scope=Scope(**{key: row[key] for key in ID_KEYS}),
        actor_id=row["actor_id"],
        role=row["role"],
        attributed_to=row["attributed_to"],
        memory_type=row["memory_type"],
        metadata=row["metadata"],
        categories=tuple(row["categories"]),
        created_at=microseconds(row["created_at"]),
        updated_at=microseconds(row["updated_at"]),
        valid_from=row["valid_from"] and microseconds(row["valid_from"]),
        expires_at=row["expires_at"] and microseconds(row["expires_at"]),
    )


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def stored(memory: Memory) -> set[str]:
    """Return all the ids in the file, in any scope."""
    anything = {"OR": [{key: "*"} for key in ID_KEYS]}
    found = memory.get_all(filters=anything, **SHOWN, include_messages=True)["results"]
    return {row["id"] for row in found}


scopes = st.dictionaries(st.sampled_from(ID_KEYS), strategies.ids, min_size=1, max_size=3)
contents = st.sampled_from(["likes tea", "Likes TEA", "100%", "'; DROP TABLE memory; --", "😀"])


class Interleaved(RuleBasedStateMachine):
    """Add, update, delete and supersede, applied to the oracle's rows and to the file's."""

    @initialize()
    def open(self) -> None:
        self.memory = Memory(":memory:", embedder=HashEmbedder(8), llm=ScriptedLLM([]))
        self.rows: dict[str, Row] = {}
        self.clock = itertools.count(1)

    def teardown(self) -> None:
        self.memory.close()

    @rule(content=contents, ids=scopes, k=st.sampled_from([1, "1", True, None]), told=told)
    def add(
        self, content: str, ids: dict[str, str], k: Any, told: list[tuple[str, str, str]]
    ) -> None:
        at = EPOCH + timedelta(days=20_000, seconds=next(self.clock))
        (added,) = self.memory.add(content, **ids, metadata={"k": k}, timestamp=at, infer=False)[
            "results"
        ]
        row = self.memory.get(added["id"])
        with self.memory.store.write() as tx:
            relations = [Relation(*triple) for triple in told]
            tx.graph.relate(tx.memories.require(added["id"]), relations, vectors(self.memory))
        self.rows[added["id"]] = {
            **dict.fromkeys((*ID_KEYS, "actor_id", "attributed_to", "memory_type", "valid_from")),
            **ids,
            "id": added["id"],
            "memory": content,
            "role": "user",
            "metadata": {"k": k},
            "categories": [],
            "created_at": at,
            "updated_at": datetime.fromisoformat(row["updated_at"]),
            "expires_at": None,
            "superseded": False,
            "told": told,
        }

    @rule(said=strategies.said)
    def say(self, said: Row) -> None:
        at = EPOCH + timedelta(days=20_000, seconds=next(self.clock))
        row = say(self.memory, {**said, "created_at": at, "expires_at": None}, next(self.clock))
        self.rows[row["id"]] = row

    def memories(self) -> list[str]:
        return sorted(key for key, row in self.rows.items() if row["memory_type"] != "message")

    @rule(data=st.data(), content=contents)
    def update(self, data: st.DataObject, content: str) -> None:
        if self.memories():
            chosen = data.draw(st.sampled_from(self.memories()))
            self.memory.update(chosen, content, {"changed": True})
            row = self.rows[chosen]
            row["told"] = row["told"] if row["memory"] == content else []
            row |= {"memory": content, "metadata": {**row["metadata"], "changed": True}}
            now = self.memory.get(chosen)["updated_at"]
            row["updated_at"] = datetime.fromisoformat(now)

    @rule(data=st.data())
    def supersede(self, data: st.DataObject) -> None:
        if self.memories():
            chosen = data.draw(st.sampled_from(self.memories()))
            with self.memory.store.write() as tx:
                tx.memories.update(replace(tx.memories.require(chosen), valid_to=1), None)
            self.rows[chosen]["superseded"] = True

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.rows:
            chosen = data.draw(st.sampled_from(sorted(self.rows)))
            self.memory.delete(chosen)
            del self.rows[chosen]

    @rule(ids=st.dictionaries(st.sampled_from(["user_id", "run_id"]), strategies.ids, min_size=1))
    def delete_all(self, ids: dict[str, str]) -> None:
        self.memory.delete_all(**ids)
        self.rows = {key: row for key, row in self.rows.items() if not oracle.holds(ids, row)}

    @rule(filters=strategies.filters(), ids=scopes)
    def ask(self, filters: Row, ids: dict[str, str]) -> None:
        rows = list(self.rows.values())
        compare(self.memory, rows, filters, ids, Tally())
        expected = reached([row for row in rows if not row["superseded"]], filters, ids)
        if isinstance(expected, list):
            asked = {"filters": filters, **ids, "top_k": 99, "enable_graph": True}
            found = self.memory.search("tea", **asked, threshold=0)
            assert {row["id"] for row in found["results"]} == set(expected)
            compare_graph(found, [self.rows[chosen] for chosen in expected])

    @invariant()
    def nothing_is_lost_and_nothing_appears(self) -> None:
        if hasattr(self, "rows"):
            assert stored(self.memory) == set(self.rows)
            assert names_in_file(self.memory) == spellings(list(self.rows.values()))


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(
    PATIENT, max_examples=EXAMPLES // 3, stateful_step_count=40 if NIGHTLY else 20
)


@given(
    runs=st.lists(owners, min_size=1, max_size=6),
    chosen=owners,
)
@settings(PATIENT, max_examples=EXAMPLES // 2)
def test_a_cleanup_trims_the_log_of_its_scope_only(
    shared: Memory, runs: list[dict[str, str]], chosen: dict[str, str]
) -> None:
    shared.reset()
    with shared.store.write() as tx:
        for number, run in enumerate(runs):
            tx.shown.note(Scope(**run), [f"m{number}"], "user-prompt", 1)
    shared.cleanup(history_older_than="0s", **chosen)
    with shared.store.read() as r:
        left = [bool(r.shown.of_memory(f"m{i}", limit=9)) for i in range(len(runs))]
    assert left == [not chosen.items() <= run.items() for run in runs]
