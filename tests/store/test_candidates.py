"""Nearest memories by index or by scan are those of the definition."""

import math
import random
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import START, OpenMemory
from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord, content_hash
from litemem.store.filters import Condition, compile_filter
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.store import SqliteStore
from litemem.store.sqlite.vector_index import LARGE, MOST, VectorIndex

pytestmark = pytest.mark.slow  # builds files of thousands of memories


COUNT = LARGE + 100  # the last of which are newer than the index
DIMENSIONS = 4
TURNS = 100  # memories after which the same scopes have their turns again
WAIT = 30  # seconds; only a test that fails waits as long

Ids = Mapping[str, str | None]


def ids_of(number: int) -> dict[str, str | None]:
    """Return whose a memory is: scopes of all sizes, which take turns."""
    turn = number % TURNS
    return {
        "user_id": f"u{turn // 10}",
        "agent_id": "one" if turn % 2 else "other",
        "app_id": "wide" if turn < 90 else None,
        "run_id": f"r{number // 50}" if turn < 50 else None,
    }


# each filter, and in Python what it says
FILTERS: dict[str, tuple[dict[str, Any], Callable[[Ids], bool]]] = {
    "everything": ({"user_id": "*"}, lambda ids: True),
    "most": ({"app_id": "wide"}, lambda ids: ids["app_id"] == "wide"),
    "half": ({"agent_id": "one"}, lambda ids: ids["agent_id"] == "one"),
    "a tenth": ({"user_id": "u3"}, lambda ids: ids["user_id"] == "u3"),
    "a few": ({"run_id": "r7"}, lambda ids: ids["run_id"] == "r7"),
    "none": ({"user_id": "nobody"}, lambda ids: False),
    "all but one": (
        {"AND": [{"user_id": "*"}, {"NOT": {"user_id": "u3"}}]},
        lambda ids: ids["user_id"] != "u3",
    ),
    "both": (
        {"app_id": "wide", "agent_id": "other"},
        lambda ids: ids["app_id"] == "wide" and ids["agent_id"] == "other",
    ),
    "either": (
        {"OR": [{"app_id": "wide"}, {"agent_id": "other"}]},
        lambda ids: ids["app_id"] == "wide" or ids["agent_id"] == "other",
    ),
}
names = st.sampled_from(sorted(FILTERS))
numbers = st.floats(-1, 1, width=16)
directions = st.lists(numbers, min_size=DIMENSIONS, max_size=DIMENSIONS).filter(
    lambda vector: math.hypot(*vector) > 0.1
)


@dataclass
class File:
    """A large file, what stands in it, and a connection."""

    connection: apsw.Connection
    vectors: dict[int, "array[float]"]

    @property
    def index(self) -> VectorIndex:
        return VectorIndex(self.connection)

    def expected(self, name: str, query: Sequence[float], k: int) -> list[float]:
        """Return the cosines of the nearest by the definition."""
        matches = FILTERS[name][1]
        length = math.hypot(*query)
        cosines = [
            math.fsum(a * b for a, b in zip(query, vector, strict=True)) / length
            for number, vector in self.vectors.items()
            if matches(ids_of(number))
        ]
        return sorted(cosines, reverse=True)[:k]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[File]:
    path = tmp_path_factory.mktemp("planning") / "memory.db"
    chance = random.Random(5)
    vectors = {number: direction(chance) for number in range(COUNT)}
    with closing(SqliteStore(path, durability="normal")) as store:
        for numbers_of in (range(LARGE), range(LARGE, COUNT)):
            records = [record(number) for number in numbers_of]
            blobs = [vectors[number].tobytes() for number in numbers_of]
            with store.write() as tx:
                tx.settings.bind_embedder(EmbedderIdentity("four", DIMENSIONS, "four"))
                tx.memories.insert(records, blobs, [[]] * len(records))
    with closing(connect(str(path))) as connection:
        yield File(connection, vectors)


def direction(chance: random.Random) -> "array[float]":
    vector = [chance.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = math.hypot(*vector)
    return array("f", [number / length for number in vector])


def record(number: int) -> MemoryRecord:
    content = f"note {number}"
    return MemoryRecord(
        id=f"m{number}",
        content=content,
        hash=content_hash(content),
        scope=Scope(**ids_of(number)),
        created_at=START + number,
        updated_at=START + number,
    )


def condition(name: str) -> Condition:
    return compile_filter(FILTERS[name][0], Scope())


def cosines(rows: Sequence[tuple[int, float]]) -> list[float]:
    return [cosine for _, cosine in rows]


@given(name=names, query=directions, k=st.integers(1, 120))
@settings(max_examples=25)
def test_the_nearest_of_any_scope_are_those_of_the_definition(
    file: File, name: str, query: list[float], k: int
) -> None:
    found = file.index.nearest(array("f", query).tobytes(), k, condition(name))
    assert cosines(found) == pytest.approx(file.expected(name, query, k), abs=1e-5)


@given(name=names, query=directions, k=st.integers(1, 60), spare=st.integers(0, 3_000))
@settings(max_examples=25)
def test_the_index_and_a_scan_agree_wherever_the_index_answers(
    file: File, name: str, query: list[float], k: int, spare: int
) -> None:
    vector, wanted, index = array("f", query).tobytes(), condition(name), file.index
    scanned = index._scan(vector, k, wanted)
    assert cosines(scanned) == pytest.approx(file.expected(name, query, k), abs=1e-5)
    indexed = index._indexed(vector, k, wanted, k + spare)
    if indexed is not None:
        newer = index._newer(vector, k, wanted, index.mark)
        both = sorted(cosines([*indexed, *newer]), reverse=True)[:k]
        assert both == pytest.approx(cosines(scanned), abs=1e-6)


@pytest.mark.parametrize("name", FILTERS)
def test_scopes_that_take_turns_do_not_deceive_the_sample(file: File, name: str) -> None:
    matching = sum(FILTERS[name][1](ids_of(number)) for number in range(LARGE)) / LARGE
    assert file.index._share(file.index.mark, condition(name)) == pytest.approx(matching, abs=0.06)


def test_the_index_is_asked_for_most_of_a_file_and_not_for_half_of_it(file: File) -> None:
    asked: list[str] = []
    file.connection.trace_v2(apsw.SQLITE_TRACE_STMT, lambda event: asked.append(event["sql"]))
    vector = array("f", [1, 0, 0, 0]).tobytes()
    used = {}
    for name in ("everything", "most", "half", "a tenth"):
        asked.clear()
        file.index.nearest(vector, 10, condition(name))
        used[name] = any("memory_vec" in sql for sql in asked)
    file.connection.trace_v2(0, None)
    assert 0.5 < MOST < 0.9
    assert used == {"everything": True, "most": True, "half": False, "a tenth": False}


def test_of_several_ids_the_one_with_the_fewest_memories_is_followed(file: File) -> None:
    """Without the estimates SQLite read all of the app, whoever was asked for in it."""
    for filters, index in (
        ({"app_id": "wide", "run_id": "r7"}, "memory_run"),
        ({"run_id": "r7", "user_id": "u1"}, "memory_run"),
        ({"app_id": "wide", "user_id": "u1"}, "memory_user"),
        ({"agent_id": "one", "user_id": "u1"}, "memory_user"),
    ):
        wanted = compile_filter(filters, Scope())
        plan = file.connection.execute(
            f"EXPLAIN QUERY PLAN SELECT m.pk FROM memory AS m WHERE {wanted.sql}",
            wanted.parameters,
        ).fetchall()
        assert index in plan[0][3], filters


def test_the_space_of_what_was_deleted_is_used_again(memory: Memory) -> None:
    def fill_with(user: str) -> int:
        messages = [{"role": "user", "content": f"{user} said {i}"} for i in range(1_000)]
        memory.add(messages, user_id=user, infer=False)
        return reading(memory.store).overview().bytes

    once = fill_with("a")
    for user in "bcd":
        memory.delete_all(user_id=chr(ord(user) - 1))
        again = fill_with(user)
    assert (
        again < 2.2 * once
    )  # the log of messages and the history remain; four times as much was added


def test_a_search_ends_while_another_writes(memory: Memory) -> None:
    memory.add("likes tea", user_id="cam", infer=False)
    with memory.store.write() as tx, ThreadPoolExecutor(1) as pool:
        tx.memories.delete_matching(compile_filter({"user_id": "cam"}, Scope()), START)
        found = pool.submit(memory.search, "tea", user_id="cam").result(WAIT)
    assert [each["memory"] for each in found["results"]] == ["likes tea"]
    assert memory.search("tea", user_id="cam")["results"] == []


def test_several_memories_of_one_file_search_while_one_of_them_writes(
    open_memory: OpenMemory,
) -> None:
    writing = open_memory()
    writing.add("likes tea", user_id="cam", infer=False)
    others = [open_memory() for _ in range(3)]
    with writing.store.write(), ThreadPoolExecutor(8) as pool:
        searches = [pool.submit(other.search, "tea", user_id="cam") for other in others * 4]
        found = [search.result(WAIT) for search in searches]
    assert all(len(each["results"]) == 1 for each in found)
