"""Opening: foreign, damaged and protected files are refused unchanged."""

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from helpers import OpenMemory, run_python
from helpers.stores import reading
from litemem import Memory
from litemem.errors import (
    CorruptError,
    LitememError,
    SchemaError,
    StoreError,
    ValidationError,
)
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

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
        assert reading(store).overview().schema_version == latest_version()


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
from litemem.store.sqlite.store import SqliteStore
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


@pytest.mark.posix
def test_a_file_that_may_not_be_written_is_refused(shared_folder: Path) -> None:
    path = shared_folder / "memory.db"
    SqliteStore(path).close()
    shared_folder.chmod(0o777)
    path.chmod(0o444)
    assert open_as_nobody(path).startswith("StoreReadOnlyError")


@pytest.mark.posix
def test_a_file_that_may_not_be_read_is_refused(shared_folder: Path) -> None:
    path = shared_folder / "memory.db"
    SqliteStore(path).close()
    path.chmod(0o000)
    assert "check" in open_as_nobody(path)


@pytest.mark.posix
def test_a_folder_that_may_not_be_written_takes_no_new_file(shared_folder: Path) -> None:
    shared_folder.chmod(0o555)
    assert open_as_nobody(shared_folder / "memory.db").startswith("StoreReadOnlyError")


@pytest.mark.posix
def test_a_writable_file_in_a_folder_that_is_not_cannot_be_opened(shared_folder: Path) -> None:
    path = shared_folder / "memory.db"
    SqliteStore(path).close()
    path.chmod(0o666)
    shared_folder.chmod(0o555)
    told = open_as_nobody(path)
    assert told.startswith("Store")
    assert "folder" in told
