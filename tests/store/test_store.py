"""The store: a new file, what stock tools see, reads in scope, and all-or-nothing writes."""

import math
import sqlite3
import stat
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import START, OpenMemory, dump, run_python
from helpers.records import ALICE, EIGHT, EVERYTHING, blob, fill, record
from helpers.stores import reading
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.text.periods import period_of
from litemem.core.types import Message
from litemem.errors import (
    EmbedderMismatchError,
    MemoryNotFoundError,
    StoreError,
    StoreFullError,
    ValidationError,
)
from litemem.store.filters import compile_filter
from litemem.store.protocol import Transaction
from litemem.store.sqlite.connection import PAGE_BYTES, connect
from litemem.store.sqlite.passages import speaking_of
from litemem.store.sqlite.schema import APPLICATION_ID, latest_version, migrations
from litemem.store.sqlite.store import SqliteStore

# -- a new file


def test_a_new_file_is_marked_with_our_application_id_and_schema_version(
    store: SqliteStore, path: Path
) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        marks = connection.pragma("application_id"), connection.pragma("user_version")
    assert marks == (APPLICATION_ID, latest_version())


def test_a_new_file_has_large_pages_and_a_write_ahead_log(store: SqliteStore, path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        found = connection.pragma("page_size"), connection.pragma("journal_mode")
    assert found == (PAGE_BYTES, "wal")


@pytest.mark.posix
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_only_the_owner_may_read_the_file_and_its_side_files(
    store: SqliteStore, path: Path, suffix: str
) -> None:
    mode = stat.S_IMODE(Path(f"{path}{suffix}").stat().st_mode)
    assert mode == 0o600


def test_closing_leaves_one_file(store: SqliteStore, path: Path) -> None:
    reading(store).memories.get("m1")
    store.close()
    assert list(path.parent.iterdir()) == [path]


def test_closing_twice_does_no_harm(store: SqliteStore) -> None:
    store.close()
    store.close()


def test_a_closed_store_says_that_it_was_closed(store: SqliteStore) -> None:
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        reading(store).memories.get("m1")


def test_what_was_written_is_there_when_the_file_is_opened_again(
    store: SqliteStore, path: Path
) -> None:
    before = reading(store).memories.get("m2")
    store.close()
    with closing(SqliteStore(path)) as again:
        assert reading(again).memories.get("m2") == before


def test_the_migrations_are_numbered_from_one_without_a_gap() -> None:
    assert [version for version, _ in migrations()] == list(range(1, latest_version() + 1))


def test_a_store_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(SqliteStore(":memory:")) as store:
        fill(store, [record("m1")], [blob(1)])
        assert reading(store).memories.get("m1") == record("m1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_durability_decides_whether_every_commit_is_synced(
    tmp_path: Path, durability: Any, level: int
) -> None:
    with closing(SqliteStore(tmp_path / "m.db", durability=durability)) as store:
        assert store._writer is not None
        assert store._writer.connection.pragma("synchronous") == level


@pytest.mark.parametrize("durability", ["off", "none", "", None])
def test_an_unknown_durability_is_refused(path: Path, durability: Any) -> None:
    with pytest.raises(ValidationError, match="durability"):
        SqliteStore(path, durability=durability)


# -- what stock tools see


@pytest.fixture
def stock(open_memory: OpenMemory, path: Path) -> Iterator[sqlite3.Connection]:
    """A file with a memory, its history and its message, in Python's own sqlite3."""
    memory = open_memory(["Cam avoids shellfish"])
    memory.add("I'm Cam. Cam avoids shellfish", user_id="cam", app_id="trip", metadata={"n": 1})
    memory.update(memory.get_all(user_id="cam")["results"][0]["id"], metadata={"m": 2})
    memory.close()
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def test_a_stock_tool_lists_memories_with_scope_and_metadata(stock: sqlite3.Connection) -> None:
    rows = stock.execute("SELECT memory, user_id, agent_id, app_id, metadata FROM memories")
    assert rows.fetchall() == [("Cam avoids shellfish", "cam", None, "trip", '{"n":1,"m":2}')]


def test_a_stock_tool_shows_times_as_text(stock: sqlite3.Connection) -> None:
    assert stock.execute("SELECT created_at FROM memories").fetchone() == (
        "2025-06-15T15:06:40.000Z",
    )


def test_a_stock_tool_lists_the_history(stock: sqlite3.Connection) -> None:
    assert stock.execute("SELECT event FROM history ORDER BY pk").fetchall() == [
        ("ADD",),
        ("UPDATE",),
    ]


def test_a_stock_tool_reads_the_vectors(stock: sqlite3.Connection) -> None:
    (vector,) = stock.execute("SELECT vector FROM embedding").fetchone()
    assert math.hypot(*array("f", vector)) == pytest.approx(1)


def test_a_stock_tool_finds_the_file_sound(stock: sqlite3.Connection) -> None:
    assert stock.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_full_text_index_agrees_with_the_memories(store: SqliteStore, path: Path) -> None:
    with store.write() as tx:
        tx.memories.update(replace(record("m1"), content="likes coffee"), blob(0, 0, 0, 1))
        tx.memories.delete("m2", START)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO memory_fts (memory_fts, rank) VALUES ('integrity-check', 1)"
        )


# -- reading in scope


@pytest.mark.parametrize(
    ("key", "index"),
    [
        ("user_id", "memory_user"),
        ("agent_id", "memory_agent"),
        ("app_id", "memory_app"),
        ("run_id", "memory_run"),
    ],
)
def test_a_page_of_a_scope_is_read_from_its_index_without_sorting(
    store: SqliteStore, path: Path, key: str, index: str
) -> None:
    condition = compile_filter(None, Scope(**{key: "x"}))
    with closing(connect(str(path))) as connection:
        rows = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT * FROM memory AS m WHERE {condition.sql}"
            " ORDER BY m.created_at DESC, m.id DESC LIMIT 20",
            condition.parameters,
        )
        plan = "\n".join(str(row[3]) for row in rows)
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_a_page_begins_where_the_last_one_ended(store: SqliteStore) -> None:
    pages = [reading(store).memories.select(EVERYTHING, limit=1, offset=i) for i in range(3)]
    assert [[r.id for r in page] for page in pages] == [["m3"], ["m2"], ["m1"]]


def test_counting_counts_what_matches(store: SqliteStore) -> None:
    assert reading(store).memories.count(compile_filter(None, ALICE)) == 2


def test_the_overview_counts_everything(store: SqliteStore) -> None:
    found = reading(store).overview()
    assert (found.memories, found.messages, found.pending_turns, found.users) == (3, 1, 1, 2)


# -- all or nothing

WRITES: dict[str, Callable[[Transaction], object]] = {
    "insert": lambda tx: tx.memories.insert([record("m9")], [blob(1, 1)], [[1]]),
    "update": lambda tx: tx.memories.update(
        replace(record("m1"), content="likes coffee"), blob(0, 0, 1)
    ),
    "delete": lambda tx: tx.memories.delete("m1", START),
    "delete_where": lambda tx: tx.memories.delete_matching(EVERYTHING, START),
    "clear": lambda tx: tx.clear(),
    "log_messages": lambda tx: tx.messages.log(Scope(run_id="r"), [Message("user", "x")], START),
    "open_turn": lambda tx: tx.turns.open(Scope(run_id="r"), [Message("user", "x")], {}, START),
    "stage_vectors": lambda tx: tx.reindex.stage(
        EmbedderIdentity("nine", 9, "other"), [(1, "likes tea", b"x")]
    ),
}


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, ValidationError])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_an_error_after_a_write_leaves_nothing_of_it(
    store: SqliteStore,
    path: Path,
    write: Callable[[Transaction], object],
    error: type[BaseException],
) -> None:
    before = dump(path)
    with pytest.raises(error), store.write() as tx:  # noqa: PT012 - the error is ours
        write(tx)
        raise error
    assert dump(path) == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_without_an_error_changes_the_file(
    store: SqliteStore, path: Path, write: Callable[[Transaction], object]
) -> None:
    before = dump(path)
    with store.write() as tx:
        write(tx)
    assert dump(path) != before


def test_a_batch_whose_last_memory_is_refused_leaves_nothing_of_the_others(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(StoreError), store.write() as tx:
        tx.memories.insert([record("m8"), record("m1")], [blob(1), blob(1)], [[], []])
    assert dump(path) == before


def test_a_missing_memory_found_inside_rolls_back_what_came_before(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(MemoryNotFoundError), store.write() as tx:  # noqa: PT012
        tx.memories.delete("m1", START)
        tx.memories.delete("unknown", START)
    assert dump(path) == before


def test_another_embedder_inside_rolls_back_what_came_before(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(EmbedderMismatchError), store.write() as tx:  # noqa: PT012
        tx.messages.log(ALICE, [Message("user", "x")], START)
        tx.settings.bind_embedder(EmbedderIdentity("nine", 9, "other"))
    assert dump(path) == before


def test_a_transaction_inside_another_is_refused_and_takes_the_outer_one_along(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(StoreError), store.write() as tx:  # noqa: PT012
        tx.memories.delete("m1", START)
        with store.write():
            pytest.fail("two transactions at once")
    assert dump(path) == before


def test_after_an_error_the_next_transaction_works(store: SqliteStore) -> None:
    with pytest.raises(KeyError), store.write():
        raise KeyError
    with store.write() as tx:
        tx.memories.delete("m1", START)
    assert reading(store).memories.get("m1") is None


def test_a_reader_does_not_see_what_is_not_yet_committed(store: SqliteStore) -> None:
    with store.write() as tx:
        tx.memories.delete("m1", START)
        assert reading(store).memories.get("m1") == record("m1")


# -- a full disk


def test_a_full_disk_is_reported_and_keeps_the_stored_memories(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    assert store._writer is not None
    store._writer.connection.pragma("max_page_count", store._writer.connection.pragma("page_count"))
    many = [record(f"full{i}", "word " * 500) for i in range(1_000)]
    with pytest.raises(StoreFullError, match="free some space"):
        fill(store, many, [blob(1)] * len(many))
    assert dump(path) == before
    store._writer.connection.pragma("max_page_count", 2**31)
    fill(store, [record("after")], [blob(1)])
    assert reading(store).memories.get("after") == record("after")


ON_A_FULL_DISK = """
import resource, sys
from litemem import Memory
from litemem.errors import StoreError
from litemem.testing import HashEmbedder, ScriptedLLM
memory = Memory(sys.argv[1], embedder=HashEmbedder(64), llm=ScriptedLLM([]))
memory.add("before", user_id="u", infer=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
done = 0
try:
    for done in range(1_000):
        memory.add("word " * 500, user_id="u", infer=False)
except StoreError as error:
    print(done, type(error).__name__)
"""


@pytest.mark.posix
def test_a_disk_that_fills_up_keeps_every_memory_that_was_reported(path: Path) -> None:
    done = run_python(ON_A_FULL_DISK, path)
    written, error = done.split()
    assert error in ("StoreError", "StoreFullError")
    with closing(SqliteStore(path)) as store:
        assert reading(store).memories.count(EVERYTHING) == int(written) + 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@given(
    spans=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 400)), min_size=1, max_size=9),
    asked=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), min_size=1, max_size=2),
)
@settings(max_examples=50, deadline=None)
def test_what_speaks_of_a_day_is_found_by_its_span_short_or_long(
    spans: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    begin = date(2025, 1, 1).toordinal()
    periods = [
        [
            period_of(date.fromordinal(begin + first), date.fromordinal(begin + first + days - 1))
            for first, days in listed
        ]
        for listed in (spans, asked)
    ]
    with closing(SqliteStore(":memory:")) as store, store.write() as tx:
        records = [record(f"m{i}") for i in range(len(spans))]
        tx.settings.bind_embedder(EIGHT)
        tx.memories.insert(records, [blob(1)] * len(records), [[]] * len(records))
        pks = dict(tx.connection.execute("SELECT id, pk FROM memory"))
        for i, span in enumerate(periods[0]):
            values = (pks[f"m{i}"], span.start, span.end)
            tx.connection.execute("INSERT INTO mention VALUES (?, ?, ?)", values)
        found = set(speaking_of(tx.connection, EVERYTHING, periods[1], 99))
    assert found == {
        pks[f"m{i}"]
        for i, span in enumerate(periods[0])
        if any(span.start < day.end and day.start < span.end for day in periods[1])
    }
