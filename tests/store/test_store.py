"""The file: how it is opened, what it holds for other tools, and that a write is all or nothing."""

import math
import random
import sqlite3
import stat
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import START, OpenMemory, dump, run_python
from litemem import Memory
from litemem.core.protocols import EmbedderIdentity
from litemem.core.ranking import Pool
from litemem.core.scope import Scope
from litemem.core.types import Match, MemoryRecord, Message, ScoreParts, content_hash
from litemem.errors import (
    CorruptError,
    EmbedderMismatchError,
    LitememError,
    MemoryNotFoundError,
    SchemaError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    ValidationError,
)
from litemem.store.filters import Condition, compile_filter
from litemem.store.sqlite import Sought, SqliteStore
from litemem.store.sqlite.connection import PAGE_BYTES, check_sqlite, connect
from litemem.store.sqlite.errors import FAULTS, translate
from litemem.store.sqlite.schema import APPLICATION_ID, latest_version, migrations
from litemem.store.sqlite.transaction import Transaction
from litemem.store.sqlite.vector_index import BATCH, LARGE, VectorIndex
from litemem.testing import HashEmbedder, ScriptedLLM

ALICE = Scope(user_id="alice")
EIGHT = EmbedderIdentity("eight", 8, "fingerprint")
EVERYTHING = Condition("1", ())


def record(memory_id: str, content: str = "likes tea", scope: Scope = ALICE) -> MemoryRecord:
    return MemoryRecord(
        id=memory_id,
        content=content,
        hash=content_hash(content),
        scope=scope,
        created_at=START,
        updated_at=START,
    )


def blob(*numbers: float) -> bytes:
    return array("f", (*numbers, *[0.0] * (8 - len(numbers)))).tobytes()


def fill(store: SqliteStore, records: Sequence[MemoryRecord], vectors: Sequence[bytes]) -> None:
    with store.transaction() as tx:
        tx.bind_embedder(EIGHT)
        tx.insert(records, vectors, [[]] * len(records))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """A store with two memories of alice, one of bob, and a turn that waits."""
    with closing(SqliteStore(path)) as opened:
        fill(
            opened,
            [record("m1"), record("m2", "avoids nuts"), record("m3", scope=Scope(user_id="bob"))],
            [blob(1), blob(0, 1), blob(0, 0, 1)],
        )
        with opened.transaction() as tx:
            tx.open_turn(ALICE, [Message("user", "hello")], {"a": 1}, START)
        yield opened


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


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_only_the_owner_may_read_the_file_and_its_side_files(
    store: SqliteStore, path: Path, suffix: str
) -> None:
    mode = stat.S_IMODE(Path(f"{path}{suffix}").stat().st_mode)
    assert mode == 0o600


def test_closing_leaves_one_file(store: SqliteStore, path: Path) -> None:
    store.get("m1")
    store.close()
    assert list(path.parent.iterdir()) == [path]


def test_closing_twice_does_no_harm(store: SqliteStore) -> None:
    store.close()
    store.close()


def test_a_closed_store_says_that_it_was_closed(store: SqliteStore) -> None:
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.get("m1")


def test_what_was_written_is_there_when_the_file_is_opened_again(
    store: SqliteStore, path: Path
) -> None:
    before = store.get("m2")
    store.close()
    with closing(SqliteStore(path)) as again:
        assert again.get("m2") == before


def test_the_migrations_are_numbered_from_one_without_a_gap() -> None:
    assert [version for version, _ in migrations()] == list(range(1, latest_version() + 1))


def test_a_store_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(SqliteStore(":memory:")) as store:
        fill(store, [record("m1")], [blob(1)])
        assert store.get("m1") == record("m1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_durability_decides_whether_every_commit_is_synced(
    tmp_path: Path, durability: Any, level: int
) -> None:
    with closing(SqliteStore(tmp_path / "m.db", durability=durability)) as store:
        assert store._writer is not None
        assert store._writer.pragma("synchronous") == level


@pytest.mark.parametrize("durability", ["off", "none", "", None])
def test_an_unknown_durability_is_refused(path: Path, durability: Any) -> None:
    with pytest.raises(ValidationError, match="durability"):
        SqliteStore(path, durability=durability)


# -- files that are not ours, or damaged


def test_a_foreign_database_is_refused_and_stays_byte_identical(path: Path) -> None:
    with closing(sqlite3.connect(path)) as theirs, theirs:
        theirs.execute("CREATE TABLE bill (total)")
    before = path.read_bytes()
    with pytest.raises(SchemaError, match="not a litemem file"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("pragma", ["user_version = 3", "application_id = 77"])
def test_a_database_that_another_program_marked_is_refused_even_when_empty(
    path: Path, pragma: str
) -> None:
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute(f"PRAGMA {pragma}")
    before = path.read_bytes()
    with pytest.raises(SchemaError, match="not a litemem file"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_litemem_is_refused_and_stays_byte_identical(
    store: SqliteStore, path: Path
) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {latest_version() + 1}")
        newer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    with pytest.raises(SchemaError, match=r"newer litemem.*pip install -U litemem"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["hello", "SQLite format 3", "line\n" * 1_000])
def test_a_text_file_is_refused_and_stays_as_it_was(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(SchemaError, match="not an SQLite database"):
        SqliteStore(path)
    assert path.read_text() == text


def test_an_empty_file_becomes_a_memory(path: Path) -> None:
    path.touch()
    with closing(SqliteStore(path)) as store:
        assert store.overview().schema_version == latest_version()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        SqliteStore(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "memory.db")


def test_a_path_with_a_nul_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="NUL"):
        SqliteStore(tmp_path / "memory\0.db")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a file with sixty memories."""
    path = tmp_path_factory.mktemp("healthy") / "memory.db"
    answers = [[f"Fact number {i}"] for i in range(60)]
    with Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM(answers)) as memory:
        for i in range(60):
            memory.add(f"Fact number {i}", user_id=f"user{i % 3}", metadata={"n": i})
    return path.read_bytes()


def _flip(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 3, 50])):
        damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
    return bytes(damaged)


def _overwrite(content: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(content)), chance.randrange(1, 4_000)
    return content[:at] + chance.randbytes(length) + content[at + length :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("damage", [_flip, _overwrite, _cut])
def test_a_damaged_file_works_or_is_called_damaged(
    open_memory: OpenMemory,
    path: Path,
    healthy: bytes,
    damage: Callable[[bytes, random.Random], bytes],
    seed: int,
) -> None:
    path.write_bytes(damage(healthy, random.Random(seed)))
    try:
        memory = open_memory(["Fact of today"])
        memory.get_all(user_id="user1", top_k=100)
        memory.search("fact number 5", user_id="user1")
        memory.add("Fact of today", user_id="user1")
        memory.delete_all(user_id="user2")
    except LitememError as error:
        assert isinstance(error, StoreError)  # noqa: PT017 - that it works is as good


def test_a_file_cut_in_half_is_called_damaged(path: Path, healthy: bytes) -> None:
    path.write_bytes(healthy[: len(healthy) // 2])
    with pytest.raises(CorruptError, match="restore a backup"):
        SqliteStore(path)


# -- permissions, as a user who is not root

AS_NOBODY = """
import os, sys
from litemem.errors import LitememError
from litemem.store.sqlite import SqliteStore
kept = SqliteStore(":memory:")  # sqlite-vec is loaded while its file may be read
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    SqliteStore(sys.argv[1])
except LitememError as error:
    print(type(error).__name__, error)
else:
    print("opened")
"""


def open_as_nobody(path: Path) -> str:
    """Open a file as a user who is not root; return what the library says."""
    return run_python(AS_NOBODY, path).strip()


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that everybody may look into, which `tmp_path` is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_file_that_may_not_be_written_is_refused(shared_folder: Path) -> None:
    path = shared_folder / "memory.db"
    SqliteStore(path).close()
    shared_folder.chmod(0o777)
    path.chmod(0o444)
    assert open_as_nobody(path).startswith("StoreReadOnlyError")


def test_a_file_that_may_not_be_read_is_refused(shared_folder: Path) -> None:
    path = shared_folder / "memory.db"
    SqliteStore(path).close()
    path.chmod(0o000)
    assert "check" in open_as_nobody(path)


def test_a_folder_that_may_not_be_written_takes_no_new_file(shared_folder: Path) -> None:
    shared_folder.chmod(0o555)
    assert open_as_nobody(shared_folder / "memory.db").startswith("StoreReadOnlyError")


def test_a_writable_file_in_a_folder_that_is_not_cannot_be_opened(shared_folder: Path) -> None:
    path = shared_folder / "memory.db"
    SqliteStore(path).close()
    path.chmod(0o666)
    shared_folder.chmod(0o555)
    told = open_as_nobody(path)
    assert told.startswith("Store")
    assert "folder" in told


# -- SQLite itself


@pytest.mark.parametrize("version", ["3.51.2", "3.50.9", "3.9.0", "2.99.99"])
def test_an_sqlite_that_can_corrupt_files_is_refused(version: str) -> None:
    with pytest.raises(StoreError, match="pip install -U apsw"):
        check_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "3.100.0", "4.0.0"])
def test_a_sound_sqlite_is_accepted(version: str) -> None:
    check_sqlite(version)


APSW_ERRORS = set(
    """AbortError AuthError BindingsError BusyError CantOpenError ConnectionClosedError
    ConnectionNotClosedError ConstraintError CorruptError CursorClosedError EmptyError Error
    ExecTraceAbort ExecutionCompleteError ExtensionLoadingError ForkingViolationError FormatError
    FullError IOError IncompleteExecutionError InternalError InterruptError InvalidContextError
    LockedError MismatchError MisuseError NoFTS5Error NoLFSError NoMemError NotADBError
    NotFoundError PermissionsError ProtocolError RangeError ReadOnlyError SQLError
    SchemaChangeError ThreadingViolationError TooBigError VFSFileClosedError
    VFSNotImplementedError""".split()
)


def _apsw_errors() -> dict[str, type[apsw.Error]]:
    found = {name: getattr(apsw, name) for name in dir(apsw)}
    return {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    }


def test_apsw_has_grown_no_error_that_nobody_looked_at() -> None:
    assert set(_apsw_errors()) == APSW_ERRORS


@pytest.mark.parametrize("kind", _apsw_errors().values(), ids=_apsw_errors().keys())
def test_every_error_of_apsw_becomes_one_of_ours_that_names_the_file(kind: type) -> None:
    assert "memory.db: " in str(translate(kind("reason"), "memory.db"))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (apsw.BusyError, StoreBusyError),
        (apsw.LockedError, StoreBusyError),
        (apsw.FullError, StoreFullError),
        (apsw.ReadOnlyError, StoreReadOnlyError),
        (apsw.PermissionsError, StoreReadOnlyError),
        (apsw.NotADBError, SchemaError),
        (apsw.CorruptError, CorruptError),
        (apsw.ConstraintError, StoreError),
    ],
)
def test_an_error_of_apsw_becomes_the_one_that_says_what_to_do(
    theirs: type[apsw.Error], ours: type[StoreError]
) -> None:
    assert type(translate(theirs("reason"), "memory.db")) is ours


def test_no_row_of_the_fault_table_is_hidden_by_one_before() -> None:
    hidden = [
        later
        for i, (later, _, _) in enumerate(FAULTS)
        if any(issubclass(later, earlier) for earlier, _, _ in FAULTS[:i])
    ]
    assert not hidden


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
    with store.transaction() as tx:
        tx.update(replace(record("m1"), content="likes coffee"), blob(0, 0, 0, 1))
        tx.delete("m2", START)
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
    pages = [store.select(EVERYTHING, limit=1, offset=i) for i in range(3)]
    assert [[r.id for r in page] for page in pages] == [["m3"], ["m2"], ["m1"]]


def test_counting_counts_what_matches(store: SqliteStore) -> None:
    assert store.count(compile_filter(None, ALICE)) == 2


def test_the_overview_counts_everything(store: SqliteStore) -> None:
    found = store.overview()
    assert (found.memories, found.messages, found.pending_turns, found.users) == (3, 1, 1, 2)


# -- all or nothing

WRITES: dict[str, Callable[[Transaction], object]] = {
    "insert": lambda tx: tx.insert([record("m9")], [blob(1, 1)], [[1]]),
    "update": lambda tx: tx.update(replace(record("m1"), content="likes coffee"), blob(0, 0, 1)),
    "delete": lambda tx: tx.delete("m1", START),
    "delete_where": lambda tx: tx.delete_where(EVERYTHING, START),
    "clear": lambda tx: tx.clear(),
    "log_messages": lambda tx: tx.log_messages(Scope(run_id="r"), [Message("user", "x")], START),
    "open_turn": lambda tx: tx.open_turn(Scope(run_id="r"), [Message("user", "x")], {}, START),
    "stage_vectors": lambda tx: tx.stage_vectors(
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
    with pytest.raises(error), store.transaction() as tx:  # noqa: PT012 - the error is ours
        write(tx)
        raise error
    assert dump(path) == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_without_an_error_changes_the_file(
    store: SqliteStore, path: Path, write: Callable[[Transaction], object]
) -> None:
    before = dump(path)
    with store.transaction() as tx:
        write(tx)
    assert dump(path) != before


def test_a_batch_whose_last_memory_is_refused_leaves_nothing_of_the_others(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(StoreError), store.transaction() as tx:
        tx.insert([record("m8"), record("m1")], [blob(1), blob(1)], [[], []])
    assert dump(path) == before


def test_a_missing_memory_found_inside_rolls_back_what_came_before(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(MemoryNotFoundError), store.transaction() as tx:  # noqa: PT012
        tx.delete("m1", START)
        tx.delete("unknown", START)
    assert dump(path) == before


def test_another_embedder_inside_rolls_back_what_came_before(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(EmbedderMismatchError), store.transaction() as tx:  # noqa: PT012
        tx.log_messages(ALICE, [Message("user", "x")], START)
        tx.bind_embedder(EmbedderIdentity("nine", 9, "other"))
    assert dump(path) == before


def test_a_transaction_inside_another_is_refused_and_takes_the_outer_one_along(
    store: SqliteStore, path: Path
) -> None:
    before = dump(path)
    with pytest.raises(StoreError), store.transaction() as tx:  # noqa: PT012
        tx.delete("m1", START)
        with store.transaction():
            pytest.fail("two transactions at once")
    assert dump(path) == before


def test_after_an_error_the_next_transaction_works(store: SqliteStore) -> None:
    with pytest.raises(KeyError), store.transaction():
        raise KeyError
    with store.transaction() as tx:
        tx.delete("m1", START)
    assert store.get("m1") is None


def test_a_reader_does_not_see_what_is_not_yet_committed(store: SqliteStore) -> None:
    with store.transaction() as tx:
        tx.delete("m1", START)
        assert store.get("m1") == record("m1")


# -- a full disk


def test_a_full_disk_is_told_and_what_was_there_stays(store: SqliteStore, path: Path) -> None:
    before = dump(path)
    assert store._writer is not None
    store._writer.pragma("max_page_count", store._writer.pragma("page_count"))
    many = [record(f"full{i}", "word " * 500) for i in range(1_000)]
    with pytest.raises(StoreFullError, match="free some space"):
        fill(store, many, [blob(1)] * len(many))
    assert dump(path) == before
    store._writer.pragma("max_page_count", 2**31)
    fill(store, [record("after")], [blob(1)])
    assert store.get("after") == record("after")


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


def test_a_disk_that_fills_up_keeps_every_memory_that_was_reported(path: Path) -> None:
    done = run_python(ON_A_FULL_DISK, path)
    written, error = done.split()
    assert error in ("StoreError", "StoreFullError")
    with closing(SqliteStore(path)) as store:
        assert store.count(EVERYTHING) == int(written) + 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# -- the vector index


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

    sought = Sought(blob(*query), (), (), count)
    return store.search(condition, sought, identity=EIGHT, choose=choose)


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


numbers = st.floats(-1, 1, width=16)
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
        with self.store.transaction() as tx:
            tx.update(tx.get(memory_id), blob(*vector))
        self.oracle.put(memory_id, vector)

    def delete(self, memory_id: str) -> None:
        with self.store.transaction() as tx:
            tx.delete(memory_id, START)
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


def test_a_memory_that_takes_the_place_of_a_deleted_one_is_found_where_it_is(large: Large) -> None:
    with closing(connect(str(large.path))) as connection, connection:
        VectorIndex(connection).rebuild()
    large.delete(list(large.oracle.vectors)[-1])
    large.add("many", 1)
    newest = list(large.oracle.vectors)[-1]
    assert_nearest(large.store, large.oracle, large.oracle.vectors[newest], 3)


def test_a_memory_that_takes_the_place_of_the_last_indexed_one_is_found(large: Large) -> None:
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


def test_the_index_grows_by_batches(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        marks = []
        for count in (BATCH - 1, 1, BATCH - 1, 1):
            start = store.count(EVERYTHING)
            records = [record(f"m{start + i}") for i in range(count)]
            fill(store, records, [blob(1)] * count)
            marks.append(indexed_to(path))
    assert marks == [0, BATCH, BATCH, 2 * BATCH]
