"""Files of every schema version, kept as they were written, can be used."""

import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from helpers import schema_file
from helpers.stores import reading
from litemem import Memory
from litemem.core.scope import Scope
from litemem.maintenance.integrity import is_sound, verify
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.stats import file_stats
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

MAX_BYTES = 80_000
TEXTS = ["likes tea", "lives in Lisbon", "lives in Porto"]
each_version = pytest.mark.parametrize("version", range(1, latest_version() + 1))


@pytest.fixture
def path(version: int, tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    shutil.copyfile(schema_file(version), path)
    return path


@each_version
def test_a_small_file_of_each_version_is_kept(version: int) -> None:
    kept = schema_file(version)
    assert kept.exists(), f"tests/files/make_fixture {version}, before that version is released"
    assert kept.stat().st_size < MAX_BYTES
    with closing(apsw.Connection(f"file:{kept}?immutable=1", flags=0x41)) as connection:
        assert connection.pragma("user_version") == version


@each_version
def test_a_file_of_each_version_is_upgraded_and_sound(path: Path) -> None:
    SqliteStore(path).close()
    assert is_sound(verify(path, full=True))
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.pragma("user_version") == latest_version()


@each_version
def test_what_a_file_of_each_version_holds_is_found(path: Path) -> None:
    with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        held = memory.get_all(user_id="cam", show_superseded=True)["results"]
        assert sorted(row["memory"] for row in held) == TEXTS
        assert [event["event"] for event in memory.history("m4")] == ["ADD", "UPDATE"]
        assert [event["event"] for event in memory.history("m0")] == ["ADD", "DELETE"]
        assert (
            reading(memory.store).messages.last(Scope(user_id="cam"), limit=9)[0].content
            == "I like tea"
        )
        assert [turn.messages[0].content for turn in reading(memory.store).turns.pending()] == [
            "I moved to Porto"
        ]
        found = memory.search("tea", user_id="cam")["results"]
        assert "likes tea" in [row["memory"] for row in found]


@each_version
def test_a_file_of_each_version_can_be_written(path: Path) -> None:
    with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        memory.add("likes rum", user_id="cam", infer=False)
        memory.update("m1", "likes green tea")
        memory.delete("m2")
    assert is_sound(verify(path, full=True))


@pytest.mark.parametrize("version", range(1, 7))
def test_messages_of_an_old_file_are_found_once_they_are_indexed(path: Path) -> None:
    with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        assert file_stats(str(path), 0).counts["waiting"] > 0
        memory.add("likes rum", infer=False, user_id="bob")
        assert file_stats(str(path), 0).counts["waiting"] == 0
        found = memory.search("I moved to Porto", user_id="cam")["results"]
        assert [row["memory"] for row in found if row.get("memory_type") == "message"] == [
            "I moved to Porto"
        ]
        memory.delete("m1")  # it came from a message
        found = memory.search("I like tea", user_id="cam")["results"]
        assert "I like tea" not in [row["memory"] for row in found]
        assert is_sound(verify(path, full=True))


@pytest.mark.parametrize("version", range(1, 7))
def test_what_was_said_before_a_deletion_in_an_old_file_does_not_come_back(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("DELETE FROM memory WHERE id = 'm1'")
        connection.execute(
            "INSERT INTO event (memory_id, event, old_memory, created_at, updated_at)"
            " VALUES ('m1', 'DELETE', 'likes tea', 1750000000000000, 1750000000500000)"
        )
    with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        memory.reindex()
        found = memory.search("I like tea", user_id="cam")["results"]
        assert "I like tea" not in [row["memory"] for row in found]
