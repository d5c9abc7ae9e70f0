"""The vector index finds what an exact scan finds."""

import math
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import START, run_python
from helpers.records import EIGHT, EVERYTHING, blob, fill, numbers, record
from helpers.stores import RankBy, reading
from litemem.core.scope import Scope
from litemem.core.types import Match, ScoreParts
from litemem.store.filters import Condition, compile_filter
from litemem.store.protocol import CandidateQuery, Pool
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.store import SqliteStore
from litemem.store.sqlite.vector_index import BATCH, LARGE, VectorIndex

pytestmark = pytest.mark.slow  # builds files of thousands of memories


class Oracle:
    """The vectors of a store in plain Python: the nearest, by the definition of the cosine."""

    def __init__(self) -> None:
        self.vectors: dict[str, tuple[float, ...]] = {}

    def put(self, memory_id: str, vector: Sequence[float]) -> None:
        length = math.hypot(*vector) or math.inf
        self.vectors[memory_id] = tuple(number / length for number in vector)

    def cosines(self, query: Sequence[float], prefix: str = "") -> dict[str, float]:
        length = math.hypot(*query) or math.inf
        return {
            memory_id: math.fsum(a * b for a, b in zip(query, vector, strict=True)) / length
            for memory_id, vector in self.vectors.items()
            if memory_id.startswith(prefix)
        }


def nearest(
    store: SqliteStore, condition: Condition, query: Sequence[float], count: int
) -> list[Match]:
    """Return the nearest memories among those that a search chooses from in a large scope."""

    def choose(pool: Pool) -> list[tuple[int, ScoreParts]]:
        by_cosine = sorted(zip(pool.cosines, pool.pks, strict=True), reverse=True)
        return [(pk, ScoreParts(*[0.0] * 8)) for _, pk in by_cosine[:count]]

    candidates = CandidateQuery(blob(*query), (), (), count, EIGHT)
    with store.read() as r:
        return r.candidates.search(condition, candidates, RankBy(choose))


def assert_nearest(
    store: SqliteStore, oracle: Oracle, query: Sequence[float], k: int, user: str = "*"
) -> None:
    """The store finds k memories with the right cosines, and none that is nearer is left out."""
    filters = {"user_id": user}
    found = nearest(store, compile_filter(filters, Scope()), query, k)
    expected = oracle.cosines(query, "" if user == "*" else f"{user}-")
    assert len(found) == min(k, len(expected))
    for each in found:
        assert each.semantic == pytest.approx(expected[each.record.id], abs=1e-5)
    best = sorted(expected.values(), reverse=True)[: len(found)]
    assert sorted((f.semantic for f in found), reverse=True) == pytest.approx(best, abs=1e-5)


directions = st.lists(numbers, min_size=8, max_size=8).filter(lambda v: math.hypot(*v) > 0.01)


@given(st.lists(directions, min_size=1, max_size=30), directions, st.integers(1, 40))
def test_without_an_index_the_nearest_are_those_of_the_definition(
    vectors: list[list[float]], query: list[float], k: int
) -> None:
    oracle = Oracle()
    with closing(SqliteStore(":memory:")) as store:
        ids = [f"u-{i}" for i in range(len(vectors))]
        fill(store, [record(memory_id) for memory_id in ids], [blob(*v) for v in vectors])
        for memory_id, vector in zip(ids, vectors, strict=True):
            oracle.put(memory_id, vector)
        assert_nearest(store, oracle, query, k)


class Large:
    """A store with so many memories that it is searched by its index, and its oracle."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStore(path, durability="normal")
        self.oracle = Oracle()
        self.chance = random.Random(11)
        self.scopes = {name: Scope(user_id=name) for name in ("few", "many")}
        self.add("many", LARGE)
        self.add("few", 300)

    def vector(self) -> list[float]:
        return [self.chance.gauss(0, 1) for _ in range(8)]

    def add(self, user: str, count: int) -> None:
        first = len(self.oracle.vectors)
        ids = [f"{user}-{first + i}-{self.chance.random()}" for i in range(count)]
        vectors = [self.vector() for _ in ids]
        records = [record(memory_id, scope=self.scopes[user]) for memory_id in ids]
        fill(self.store, records, [blob(*vector) for vector in vectors])
        for memory_id, vector in zip(ids, vectors, strict=True):
            self.oracle.put(memory_id, vector)

    def replace(self, memory_id: str, vector: Sequence[float]) -> None:
        with self.store.write() as tx:
            tx.memories.update(tx.memories.require(memory_id), blob(*vector))
        self.oracle.put(memory_id, vector)

    def delete(self, memory_id: str) -> None:
        with self.store.write() as tx:
            tx.memories.delete(memory_id, START)
        del self.oracle.vectors[memory_id]

    def nearest(self, query: Sequence[float], count: int) -> list[str]:
        cosines = self.oracle.cosines(query)
        return sorted(cosines, key=cosines.__getitem__, reverse=True)[:count]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    made = Large(tmp_path_factory.mktemp("large") / "memory.db")
    yield made
    made.store.close()


@given(query=directions, k=st.integers(1, 60))
@settings(max_examples=15)
def test_with_an_index_the_nearest_are_those_of_the_definition(
    large: Large, query: list[float], k: int
) -> None:
    assert_nearest(large.store, large.oracle, query, k)


@given(query=directions, k=st.integers(1, 60))
@settings(max_examples=10)
def test_a_small_scope_in_a_large_file_is_searched_exactly(
    large: Large, query: list[float], k: int
) -> None:
    assert_nearest(large.store, large.oracle, query, k, user="few")


@given(query=directions, vector=directions)
@settings(max_examples=10)
def test_the_index_follows_updates_and_deletes(
    large: Large, query: list[float], vector: list[float]
) -> None:
    first, second, third = large.nearest(query, 3)
    large.delete(first)
    large.replace(second, vector)
    large.replace(third, query)
    assert_nearest(large.store, large.oracle, query, 10)


def test_memories_newer_than_the_index_are_found(large: Large) -> None:
    large.add("few", 20)
    newest = list(large.oracle.vectors)[-1]
    assert_nearest(large.store, large.oracle, large.oracle.vectors[newest], 5)


def test_more_neighbours_than_the_index_gives_at_once_are_found(large: Large) -> None:
    assert_nearest(large.store, large.oracle, large.vector(), 5_000)


def test_a_vector_without_a_direction_does_not_break_the_search(large: Large) -> None:
    victim = large.nearest([1] + [0] * 7, 1)[0]
    large.replace(victim, [0.0] * 8)
    assert_nearest(large.store, large.oracle, [1] + [0] * 7, 10)
    large.delete(victim)


def test_a_query_without_a_direction_finds_as_many(large: Large) -> None:
    found = nearest(large.store, EVERYTHING, [0] * 8, 10)
    assert [f.semantic for f in found] == [0] * 10


def test_a_rebuilt_index_finds_what_a_damaged_one_lost(large: Large) -> None:
    query = large.vector()
    with closing(connect(str(large.path))) as connection:
        connection.execute(
            "DELETE FROM memory_vec WHERE rowid = (SELECT pk FROM memory WHERE id = ?)",
            (large.nearest(query, 1)[0],),
        )
        with pytest.raises(AssertionError):
            assert_nearest(large.store, large.oracle, query, 5)
        with connection:
            VectorIndex(connection).rebuild()
    assert_nearest(large.store, large.oracle, query, 5)


def test_a_memory_that_reuses_a_deleted_key_is_found_where_it_is(large: Large) -> None:
    with closing(connect(str(large.path))) as connection, connection:
        VectorIndex(connection).rebuild()
    large.delete(list(large.oracle.vectors)[-1])
    large.add("many", 1)
    newest = list(large.oracle.vectors)[-1]
    assert_nearest(large.store, large.oracle, large.oracle.vectors[newest], 3)


def test_a_memory_that_reuses_the_last_indexed_key_is_found(large: Large) -> None:
    """Those behind it were not in the index yet, and went after it."""
    with closing(connect(str(large.path))) as connection, connection:
        VectorIndex(connection).rebuild()
    large.add("many", 1)
    indexed, behind = list(large.oracle.vectors)[-2:]
    large.delete(indexed)
    large.delete(behind)
    large.add("many", 1)
    newest = list(large.oracle.vectors)[-1]
    assert_nearest(large.store, large.oracle, large.oracle.vectors[newest], 3)


def test_many_vectors_without_a_direction_hide_no_other(large: Large) -> None:
    query = large.vector()
    for memory_id in large.nearest(query, 40)[::2]:
        large.replace(memory_id, [0.0] * 8)
    assert_nearest(large.store, large.oracle, query, 20)


def test_a_dropped_index_is_done_without(large: Large) -> None:
    with closing(connect(str(large.path))) as connection, connection:
        VectorIndex(connection).drop()
    assert_nearest(large.store, large.oracle, large.vector(), 10)


STOCK = """
import sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(*connection.execute("SELECT count(*) FROM memories").fetchone())
print(*connection.execute("PRAGMA integrity_check").fetchone())
"""


def test_a_stock_tool_reads_a_file_with_an_index(large: Large) -> None:
    done = run_python(STOCK, large.path)  # two SQLite builds must not share a file in one process
    assert done.split() == [str(len(large.oracle.vectors)), "ok"]


def indexed_to(path: Path) -> int:
    with closing(connect(str(path))) as connection:
        return VectorIndex(connection).mark


def test_a_small_file_has_no_index(path: Path, store: SqliteStore) -> None:
    assert indexed_to(path) == 0


def test_a_file_with_fewer_memories_is_read_without_sqlite_vec(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        fill(store, [record(f"m{i}") for i in range(BATCH)], [blob(1)] * BATCH)
    with closing(sqlite3.connect(path)) as connection:
        tables = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema")]
        assert not [sql for sql in tables if sql and "vec0" in sql]
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]


@pytest.mark.usefixtures("early_index")
def test_the_index_grows_by_batches(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        marks = []
        for count in (BATCH - 1, 1, BATCH - 1, 1):
            start = reading(store).memories.count(EVERYTHING)
            records = [record(f"m{start + i}") for i in range(count)]
            fill(store, records, [blob(1)] * count)
            marks.append(indexed_to(path))
    assert marks == [0, BATCH, BATCH, 2 * BATCH]
