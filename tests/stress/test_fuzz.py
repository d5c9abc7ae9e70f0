"""Fuzzing, for as long as a test run may take; `tests/stress/fuzz --seconds N` goes on for longer.

What the longer runs have found stands here by its own test.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import OpenMemory, file_fuzz, fuzzing
from helpers.filter_rows import fill, new_database
from helpers.stores import reading
from litemem import Memory
from litemem.core.types import Relation
from litemem.errors import CorruptError
from litemem.store.sqlite.connection import connect
from litemem.testing import HashEmbedder, ScriptedLLM

SECONDS = 6  # for damaged files; 14 of them a second on an idle machine
QUICK = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CAM = {"user_id": "cam"}
ROWS = {f"m{i}": user for i, user in enumerate(["alice", "bob", "alice", "bob", "%", "*"])}


@pytest.fixture(scope="module")
def database() -> Iterator[apsw.Connection]:
    connection = new_database()
    metadata: list[dict[str, Any]] = [{}, {"k": 1}, {"k": "tea"}, {"k": [1]}, {"a.b": None}, {}]
    fill(
        connection,
        [
            {"id": key, "user_id": user, "memory": "tea", "metadata": extra,
             "created_at": fuzzing.MOMENT, "updated_at": fuzzing.MOMENT}
            for (key, user), extra in zip(ROWS.items(), metadata, strict=True)
        ],
    )  # fmt: skip
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    path = tmp_path_factory.mktemp("fuzz") / "memory.db"
    with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]), durability="normal") as memory:
        yield memory


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A real archive, a line each."""
    return fuzzing.archive_lines(tmp_path_factory.mktemp("archive") / "memory.db")


@given(fuzzing.filters)
@QUICK
def test_any_filter_is_refused_or_stays_within_its_scope(
    database: apsw.Connection, value: Any
) -> None:
    fuzzing.fuzz_filter(database, value, ROWS)
    fuzzing.fuzz_open_filter(database, value)


@given(fuzzing.messages)
@QUICK
def test_any_messages_are_refused_or_stored(target: Memory, value: Any) -> None:
    fuzzing.fuzz_messages(target, value)


@given(fuzzing.changes)
@QUICK
def test_any_archive_is_refused_as_a_whole_or_taken_in(
    target: Memory, lines: list[bytes], value: list[tuple[int, str, Any]]
) -> None:
    fuzzing.fuzz_archive(target, fuzzing.altered(lines, value))


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_refused_or_taken_in(target: Memory, value: bytes) -> None:
    fuzzing.fuzz_archive(target, value)


def test_a_damaged_file_gives_right_answers_or_our_errors(tmp_path: Path) -> None:
    counts, faults = file_fuzz.run(tmp_path, 0, 180, seconds=SECONDS)
    assert faults == []
    assert counts["files"] > 0
    assert counts["ok"] > counts["CorruptError"] > 0


@pytest.mark.parametrize("seed", [1003352, 1005201])
def test_a_damage_that_was_found_by_fuzzing_is_reported(tmp_path: Path, seed: int) -> None:
    """A column lost its type: a pending turn without options; an id that is not text."""
    _, faults = file_fuzz.run(tmp_path, seed, 1)
    assert faults == []


# each: the damage, in a row that SQLite accepts, and the call
ROW_DAMAGES = {
    "a text that changed": "UPDATE memory SET content = 'likes rum'",
    "a text that is a number": "UPDATE memory SET content = CAST(x'37' AS BLOB)",
    "a time beyond all time": "UPDATE memory SET created_at = 9223372036854775807",
    "an expiry that is a text": "UPDATE memory SET expires_at = 'soon'",
    "metadata that is no object": "UPDATE memory SET metadata = '[1]'",
    "metadata that is no JSON": "UPDATE memory SET metadata = '{'",
    "an id that cannot be one": "UPDATE memory SET agent_id = '*'",
}


@pytest.mark.parametrize("sql", ROW_DAMAGES.values(), ids=ROW_DAMAGES)
def test_a_row_that_litemem_did_not_write_is_damage(
    open_memory: OpenMemory, tmp_path: Path, sql: str
) -> None:
    memory = open_memory()
    memory_id = memory.add("likes tea", infer=False, **CAM)["results"][0]["id"]
    connection = connect(memory.store.path)
    connection.execute("DROP TRIGGER memory_fts_update")
    connection.execute(sql)
    connection.close()
    with pytest.raises(CorruptError, match="damaged"):
        memory.get(memory_id)
    for result in (
        memory.get_all(show_expired=True, **CAM),
        memory.search("tea", threshold=0, show_expired=True, **CAM),
    ):
        assert result == {"results": [], "damaged": [memory_id]}


def test_a_speaker_that_litemem_did_not_write_is_damage(open_memory: OpenMemory) -> None:
    """A bit of the type of a column had flipped: seed 800901 of the file fuzzing."""
    memory = open_memory()
    memory.add([{"role": "user", "content": "likes tea", "name": "Ana"}], infer=False, **CAM)
    memory.close()
    for one, other in (("TEXT", "ANY "), ("ANY ", "TEXT")):  # a TEXT column would make it "7"
        with closing(apsw.Connection(memory.store.path)) as connection:
            connection.execute("UPDATE memory SET actor_id = 7; PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_schema SET sql = replace(sql, 'actor_id      ' || ?, "
                "'actor_id      ' || ?) WHERE name = 'memory'",
                (one, other),
            )
    memory = open_memory()
    found = memory.search("what does Ana like?", **CAM)
    assert not found["results"]
    assert len(found["damaged"]) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE relation SET source_pk = x'00'",  # seed 500423 of the file fuzzing
        "UPDATE relation SET destination_pk = 99",
        "UPDATE relation SET relationship = x'00'",
        "UPDATE entity SET name = x'00' WHERE name = 'tea'",
    ],
)
def test_a_relation_that_litemem_did_not_write_is_damage(open_memory: OpenMemory, sql: str) -> None:
    memory = open_memory()
    memory_id = memory.add("Cam likes tea", infer=False, **CAM)["results"][0]["id"]
    record = reading(memory.store).memories.get(memory_id)
    assert record is not None
    with memory.store.write() as tx:
        tx.graph.relate(
            record, [Relation("Cam", "likes", "tea")], {"Cam": bytes(256), "tea": bytes(256)}
        )
    connection = connect(memory.store.path)
    connection.execute(f"PRAGMA foreign_keys = OFF; {sql}")
    connection.close()
    for result in (
        memory.search("what does Cam like?", **CAM, enable_graph=True),
        memory.get_all(**CAM, enable_graph=True),
    ):
        assert result["relations"] == []
        assert result["damaged"]


def test_a_row_of_another_user_behind_a_damaged_index_is_not_returned(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    """The index says "bob", the row "cam": as seed 755 of the file fuzzing had it."""
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    memory.add("likes rum", infer=False, user_id="bob")
    memory.close()
    path = tmp_path / "memory.db"
    row = b"likes rum" + path.read_bytes().split(b"likes rum", 1)[1][:19]
    assert row.endswith(b"bob")
    path.write_bytes(path.read_bytes().replace(row, row[:-3] + b"cam"))
    with pytest.raises(CorruptError, match="damaged"):
        open_memory().search("rum", threshold=0, user_id="bob")
