"""A superseding memory with a new date moves the validity periods of both."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import OpenMemory
from litemem import Memory, MemoryClient
from litemem.maintenance.integrity import salvage
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
OSLO, ROME, BONN = "User lives in Oslo", "User moved to Rome", "User moved to Bonn"
DAYS = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in (1, 15)]

days = st.sampled_from(DAYS)


def tell(memory: Memory, fact: str, day: str) -> str:
    """Tell a fact that the scripted model finds word by word; return its memory's id."""
    assert isinstance(memory.llm, ScriptedLLM)
    memory.llm._answers.append([fact])
    (row,) = memory.add(fact, timestamp=day, **CAM)["results"]
    return str(row["id"])


@pytest.fixture
def moved(memory: Memory) -> tuple[Memory, str, str]:
    """A memory of one who lived in Oslo since January, and in Rome since June."""
    return memory, tell(memory, OSLO, "2024-01-01"), tell(memory, ROME, "2024-06-01")


def held(memory: Memory, day: str) -> list[str]:
    found = memory.get_all(as_of=day, top_k=100, **CAM)["results"]
    return sorted(row["memory"] for row in found)


def shown(memory: Memory, memory_id: str, *names: str) -> list[str]:
    found = memory.get(memory_id)
    assert found is not None
    return [found[name][:10] for name in names]


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [("2024-03-01", "2024-02-15", "2024-03-15"), ("2024-09-01", "2024-08-15", "2024-09-15")],
)
def test_between_the_old_and_the_new_date_exactly_one_of_the_two_holds(
    moved: tuple[Memory, str, str], day: str, before: str, after: str
) -> None:
    memory, oslo, rome = moved
    memory.update(rome, timestamp=day)
    assert shown(memory, rome, "created_at", "valid_from") == [day, day]
    assert shown(memory, oslo, "valid_from", "valid_to") == ["2024-01-01", day]
    assert (held(memory, before), held(memory, after)) == ([OSLO], [ROME])


def test_what_was_outdated_begins_when_it_is_dated(moved: tuple[Memory, str, str]) -> None:
    memory, oslo, _ = moved
    memory.update(oslo, timestamp="2024-02-01")
    assert shown(memory, oslo, "valid_from", "valid_to") == ["2024-02-01", "2024-06-01"]
    assert [held(memory, day) for day in ("2024-01-15", "2024-02-15", "2024-07-01")] == [
        [],
        [OSLO],
        [ROME],
    ]


def test_a_filter_on_the_time_follows(moved: tuple[Memory, str, str]) -> None:
    memory, _, rome = moved
    memory.update(rome, timestamp="2024-03-01")
    found = memory.get_all(filters={"timestamp": {"gt": "2024-02-01", "lt": "2024-05-01"}}, **CAM)
    assert [row["memory"] for row in found["results"]] == [ROME]


def test_a_memory_that_superseded_nothing_is_only_dated(memory: Memory) -> None:
    (row,) = memory.add("likes tea", infer=False, **CAM)["results"]
    memory.update(row["id"], timestamp="2024-03-01")
    found = memory.get(row["id"])
    assert found is not None
    assert found["created_at"].startswith("2024-03-01")
    assert "valid_from" not in found


def test_an_end_that_was_set_otherwise_stays(moved: tuple[Memory, str, str]) -> None:
    """As an archive may have it."""
    memory, oslo, rome = moved
    ended = int(datetime(2024, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert memory.store._writer is not None
    memory.store._writer.connection.execute(
        "UPDATE memory SET valid_to = ? WHERE id = ?", (ended, oslo)
    )
    memory.update(rome, timestamp="2024-03-01")
    assert shown(memory, oslo, "valid_to") == ["2024-02-01"]


def test_memories_that_supersede_each_other_are_no_endless_task(
    moved: tuple[Memory, str, str],
) -> None:
    memory, oslo, rome = moved
    assert memory.store._writer is not None
    memory.store._writer.connection.execute(
        "UPDATE memory SET superseded_by = ?, valid_to = valid_from WHERE id = ?", (oslo, rome)
    )
    memory.update(rome, timestamp="2023-03-01")
    memory.update(oslo, timestamp="2025-03-01")
    assert shown(memory, oslo, "created_at") == ["2025-03-01"]


def test_the_same_scope_of_others_is_not_touched(memory: Memory) -> None:
    memory.add("likes tea", infer=False, user_id="jane")
    tell(memory, OSLO, "2024-01-01")
    before = memory.get_all(user_id="jane")
    memory.update(tell(memory, ROME, "2024-06-01"), timestamp="2024-03-01")
    assert memory.get_all(user_id="jane") == before


def test_a_batch_dates_each_in_its_turn(moved: tuple[Memory, str, str], tmp_path: Path) -> None:
    memory, oslo, rome = moved
    with MemoryClient(
        path=tmp_path / "memory.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])
    ) as client:
        client.batch_update(
            [
                {"memory_id": oslo, "timestamp": "2024-02-01"},
                {"memory_id": rome, "timestamp": "2024-04-01"},
            ]
        )
    assert [held(memory, day) for day in ("2024-02-15", "2024-04-15")] == [[OSLO], [ROME]]


def test_export_import_history_verify_and_salvage_agree_afterwards(
    moved: tuple[Memory, str, str], open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory, oslo, rome = moved
    memory.update(rome, timestamp="2024-03-01")
    assert memory.verify(full=True)["ok"]
    story = [(e["event"], e.get("superseded_by")) for e in memory.history(oslo)]
    assert story == [("ADD", None), ("UPDATE", rome)]
    assert [e["event"] for e in memory.history(rome)] == ["ADD", "UPDATE"]
    memory.export_file(tmp_path / "all.jsonl")
    other = open_memory(path=tmp_path / "other.db")
    other.import_file(tmp_path / "all.jsonl")
    salvage(memory.backup(tmp_path / "copy.db"), tmp_path / "saved.db")
    for each in (other, open_memory(path=tmp_path / "saved.db")):
        assert each.get(oslo) == memory.get(oslo)
        assert each.get(rome) == memory.get(rome)
        assert each.history(oslo) == memory.history(oslo)


def chain(memory: Memory, number: int) -> list[str]:
    """Store memories each of which took the place of the one before; return their ids."""
    said = [{"role": "user", "content": f"city {i}"} for i in range(number)]
    ids: list[str] = [row["id"] for row in memory.add(said, infer=False, **CAM)["results"]]
    for memory_id, day in zip(ids, DAYS, strict=False):
        memory.update(memory_id, timestamp=day)
    with memory.store.write() as tx:
        for before, after in itertools.pairwise(ids):
            old, new = tx.memories.require(before), tx.memories.require(after)
            tx.known.supersede(old, after, new.since)
    return ids


def last_that_began(begins: Sequence[str], day: str) -> list[str]:
    """The oracle: of a chain the last that has begun by then, if any has."""
    begun = [f"city {i}" for i, began in enumerate(begins) if began <= day]
    return begun[-1:]


@given(
    number=st.integers(2, 5),
    moves=st.lists(st.tuples(st.integers(0, 4), days), max_size=6),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_a_chain_the_last_that_has_begun_is_valid_after_any_new_date(
    open_memory: OpenMemory, number: int, moves: list[tuple[int, str]]
) -> None:
    memory = open_memory(path=":memory:")
    ids, begins = chain(memory, number), DAYS[:number]
    for place, day in moves:
        memory.update(ids[place % number], timestamp=day)
        begins[place % number] = day
    for day in DAYS:
        found = memory.get_all(as_of=day, **CAM)["results"]
        assert [row["memory"] for row in found] == last_that_began(begins, day)
    memory.close()
