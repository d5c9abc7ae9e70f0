"""Texts that another tool changed are shown, and are the memories' own only when accepted."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

from helpers import Clock, OpenMemory
from litemem import Memory
from litemem.cli import main
from litemem.errors import CorruptError, ImmutableError, MemoryNotFoundError, StoreReadOnlyError
from litemem.maintenance.integrity import fix, is_sound, verify
from litemem.store.protocol import CheckResult
from litemem.store.sqlite.store import SqliteStore

CAM = {"user_id": "cam"}
TEA, RUM, BLACK = "User likes green tea", "runs on rum", "User likes black tea"
CHECK = "no text was changed by another tool"


@pytest.fixture
def memory(open_memory: OpenMemory) -> Memory:
    """Two memories: one extracted from a message, one stored as it stood."""
    memory = open_memory([TEA])
    memory.add("I like green tea", **CAM)
    memory.add(RUM, infer=False, **CAM)
    return memory


@pytest.fixture
def path(memory: Memory, tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def id_of(memory: Memory, text: str) -> str:
    rows = memory.get_all(**CAM)["results"]
    return next(str(row["id"]) for row in rows if row["memory"] == text)


def edit(path: Path, sql: str, *values: object) -> None:
    """Change the file as any tool can; `sqlite3` would drop the locks of this program's file."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(f"UPDATE memory SET {sql}", values)


def repaired(path: Path) -> dict[str, CheckResult]:
    with closing(SqliteStore(path)) as store:
        return {result.check: result for result in fix(store)[1]}


def shell(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--db", str(path)])


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def test_a_repair_does_not_make_a_changed_text_official(memory: Memory, path: Path) -> None:
    memory_id = id_of(memory, TEA)
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    after = repaired(path)
    assert after[CHECK].examples == (memory_id,)
    assert "--accept-edited" in str(after[CHECK].advice)
    assert texts(memory.get_all(**CAM)) == [RUM]
    assert memory.search("black tea", **CAM)["damaged"] == [memory_id]
    with pytest.raises(CorruptError, match=r"\(a text: --accept-edited\).*does not match its hash"):
        memory.get(memory_id)
    told = shell(path, "get", memory_id).stderr
    assert "with `litemem salvage` (memory" in told


def test_a_changed_text_is_shown_with_what_is_known_of_it(memory: Memory, path: Path) -> None:
    tea, rum = id_of(memory, TEA), id_of(memory, RUM)
    edit(path, "content = content || ' and gin'")
    edited = {each["id"]: each for each in memory.verify(full=True)["edited"]}
    assert edited[tea] == {
        "id": tea,
        "old_memory": None,
        "new_memory": f"{TEA} and gin",
        "messages": ["I like green tea"],
    }
    assert edited[rum]["old_memory"] == RUM
    shown = shell(path, "verify", "--full").stderr
    assert f"edited: {tea}: a text that is not known → “{TEA} and gin”" in shown
    assert "it came from “I like green tea”" in shown
    assert f"“{RUM}” → “{RUM} and gin”" in shown


def test_the_old_text_comes_from_the_history(memory: Memory, path: Path) -> None:
    memory_id = id_of(memory, TEA)
    memory.update(memory_id, "User likes white tea")
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    (edited,) = memory.verify(full=True)["edited"]
    assert edited["old_memory"] == "User likes white tea"


@pytest.mark.parametrize("by", ["api", "command"])
def test_an_accepted_text_is_embedded_and_in_the_history(
    memory: Memory, path: Path, now: Clock, by: str
) -> None:
    memory_id = id_of(memory, RUM)
    with memory.store.read() as r:
        old_vector = r.connection.execute("SELECT vector FROM embedding WHERE pk = 2").get
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    if by == "api":
        result = memory.verify(accept_edited=True)
        assert result["ok"]
        assert [each["id"] for each in result["accepted"]] == [memory_id]
        assert "edited" not in result
    else:
        memory.close()
        memory = Memory(path, embedder=memory.embedder, llm=memory.llm)
        with memory.store.write() as tx:  # the fake embedder of the tests has another size
            tx.connection.execute("DELETE FROM setting WHERE name = 'embedder'")
        done = shell(path, "verify", "--accept-edited", "--embedder", "hash")
        assert f"accepted: {memory_id}" in done.stderr
        assert (
            shell(path, "verify", "--accept-edited", "--embedder", "hash").stderr.count("accepted")
            == 0
        )
    with memory.store.read() as r:
        assert r.memories.require(memory_id).content == BLACK
        assert r.connection.execute("SELECT vector FROM embedding WHERE pk = 2").get != old_vector
    added, update = memory.history(memory_id)
    assert (added["event"], added["new_memory"]) == ("ADD", RUM)
    assert (update["event"], update["old_memory"], update["new_memory"]) == ("UPDATE", RUM, BLACK)
    memory.close()


def test_an_accepted_text_is_found_by_its_meaning(memory: Memory, path: Path) -> None:
    edit(path, "content = 'plays the cello' WHERE content = ?", RUM)
    memory.verify(accept_edited=True)
    (first, *_) = memory.search("plays the cello", **CAM)["results"]
    assert first["memory"] == "plays the cello"
    assert first["score"] > 0.9
    assert memory.verify(full=True)["ok"]


def test_what_an_accepted_text_replaced_does_not_come_back_by_its_message(
    memory: Memory, path: Path
) -> None:
    memory_id = id_of(memory, TEA)
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    memory.verify(accept_edited=True)
    found = memory.search("green tea", **CAM)
    assert BLACK in texts(found)
    assert "green" not in str(found)
    assert "green" not in memory.context("green tea", **CAM)
    assert memory.verify(full=True)["ok"]


def test_a_text_whose_old_one_is_unknown_can_be_accepted(
    memory: Memory, path: Path, open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory_id = id_of(memory, TEA)
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    memory.verify(accept_edited=True)
    assert [entry["new_memory"] for entry in memory.history(memory_id)] == [None, BLACK]
    memory.export_file(tmp_path / "all.jsonl")
    other = open_memory(path=tmp_path / "other.db")
    other.import_file(tmp_path / "all.jsonl")
    assert other.history(memory_id) == memory.history(memory_id)


HASHES = {"empty": b"", "short": b"\x00", "of zeros": bytes(16), "text": "abc"}


@pytest.mark.parametrize("value", HASHES.values(), ids=HASHES)
def test_a_wrong_hash_of_a_text_that_is_known_is_repaired(
    memory: Memory, path: Path, value: object
) -> None:
    edit(path, "hash = ? WHERE content = ?", value, RUM)
    assert all(not result.problems for result in repaired(path).values())
    assert sorted(texts(memory.get_all(**CAM))) == sorted([TEA, RUM])


@pytest.mark.parametrize("value", HASHES.values(), ids=HASHES)
@pytest.mark.parametrize("text", [RUM, TEA])
def test_a_changed_text_with_another_hash_is_edited_if_anything_says_so(
    memory: Memory, path: Path, value: object, text: str
) -> None:
    memory_id = id_of(memory, text)
    if text == TEA:
        memory.update(memory_id, "User likes white tea")
    edit(path, "content = ?, hash = ? WHERE id = ?", BLACK, value, memory_id)
    assert repaired(path)[CHECK].examples == (memory_id,)
    assert BLACK not in texts(memory.get_all(**CAM))


def test_an_extracted_text_that_became_its_message_is_edited(memory: Memory, path: Path) -> None:
    edit(path, "content = 'I like green tea' WHERE content = ?", TEA)
    assert repaired(path)[CHECK].problems == 1


@pytest.mark.parametrize("value", [BLACK.encode(), b"\xff\xfe"])
def test_bytes_in_place_of_a_known_text_are_replaced_with_it(
    memory: Memory, path: Path, value: bytes
) -> None:
    edit(path, "content = ? WHERE content = ?", value, RUM)
    assert all(not result.problems for result in repaired(path).values())
    assert RUM in texts(memory.get_all(**CAM))


def test_bytes_that_are_a_text_have_to_be_accepted(memory: Memory, path: Path) -> None:
    edit(path, "content = ? WHERE content = ?", BLACK.encode(), TEA)
    assert repaired(path)[CHECK].problems == 1
    assert texts(memory.get_all(**CAM)) == [RUM]
    assert [each["new_memory"] for each in memory.verify(accept_edited=True)["accepted"]] == [BLACK]


def test_a_memory_with_other_damage_is_not_accepted_before_a_repair(
    memory: Memory, path: Path
) -> None:
    edit(path, "content = ?, metadata = '{' WHERE content = ?", BLACK, TEA)
    assert "accepted" not in memory.verify(accept_edited=True)
    repaired(path)
    assert "accepted" in memory.verify(accept_edited=True)


def test_a_sound_file_has_nothing_to_accept(memory: Memory, path: Path) -> None:
    before = path.read_bytes()
    assert set(memory.verify(accept_edited=True)) == {"ok", "checks"}
    assert path.read_bytes() == before


def test_a_file_that_is_only_read_is_not_changed(memory: Memory, path: Path) -> None:
    memory.close()
    with (
        Memory(path, embedder=memory.embedder, llm=memory.llm, read_only=True) as reader,
        pytest.raises(StoreReadOnlyError),
    ):
        reader.verify(accept_edited=True)


def test_the_command_prints_edited_texts_as_json(memory: Memory, path: Path) -> None:
    edit(path, "content = ? WHERE content = ?", BLACK, RUM)
    done = shell(path, "verify", "--full", "--json")
    (edited,) = json.loads(done.stdout)["edited"]
    assert (edited["old_memory"], edited["new_memory"]) == (RUM, BLACK)
    assert done.exit_code == 1


# -- to get rid of a damaged memory

DAMAGES: dict[str, tuple[str, object]] = {
    "a changed text": ("content = ?", BLACK),
    "bytes as text": ("content = ?", b"\xff"),
    "text that is not UTF-8": ("content = CAST(? AS TEXT)", b"\xffabc"),
    "a wrong hash": ("hash = ?", b""),
    "metadata that is not JSON": ("metadata = ?", "{"),
    "a time that is text": ("created_at = ?", "now"),
    "a role that is bytes": ("role = ?", b"\xff"),
    "a run that is bytes": ("run_id = ?", b"\xff"),
    "sources that are not JSON": ("sources = ?", "{"),
}
each_damage = pytest.mark.parametrize(("sql", "value"), DAMAGES.values(), ids=DAMAGES)


@each_damage
def test_a_damaged_memory_can_be_deleted(
    memory: Memory, path: Path, sql: str, value: object
) -> None:
    memory_id = id_of(memory, RUM)
    edit(path, f"{sql} WHERE id = ?", value, memory_id)
    memory.delete(memory_id)
    assert texts(memory.get_all(show_superseded=True, **CAM)) == [TEA]
    assert [entry["event"] for entry in memory.history(memory_id)] == ["ADD", "DELETE"]
    assert list(memory.export())
    assert memory.verify(full=True)["ok"]


@each_damage
def test_a_damaged_memory_can_get_another_text(
    memory: Memory, path: Path, sql: str, value: object
) -> None:
    memory_id = id_of(memory, RUM)
    edit(path, f"{sql} WHERE id = ?", value, memory_id)
    memory.update(memory_id, "drinks rum")
    found = memory.get(memory_id)
    assert found is not None
    assert found["memory"] == "drinks rum"
    assert [entry["event"] for entry in memory.history(memory_id)] == ["ADD", "UPDATE"]
    assert memory.verify(full=True)["ok"]


@each_damage
@pytest.mark.parametrize("by", ["id", "scope"])
def test_a_damaged_memory_can_be_erased(
    memory: Memory, path: Path, sql: str, value: object, by: str
) -> None:
    memory_id = id_of(memory, RUM)
    edit(path, f"{sql} WHERE id = ?", value, memory_id)
    erased = memory.erase(memory_id) if by == "id" else memory.erase(**CAM)
    assert erased["erased"]["memories"] == (1 if by == "id" else 2)
    assert memory.get(memory_id) is None
    assert memory.history(memory_id) == []
    assert memory.verify(full=True)["ok"]


@each_damage
def test_a_scope_with_a_damaged_memory_can_be_deleted(
    memory: Memory, path: Path, sql: str, value: object
) -> None:
    memory_id = id_of(memory, RUM)
    edit(path, f"{sql} WHERE id = ?", value, memory_id)
    memory.delete_all(**CAM)
    assert memory.get_all(show_superseded=True, **CAM)["results"] == []
    assert memory.history(memory_id)[-1]["event"] == "DELETE"
    assert memory.verify(full=True)["ok"]


def test_the_history_keeps_the_text_that_was_the_memorys_own(memory: Memory, path: Path) -> None:
    memory_id = id_of(memory, RUM)
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    memory.update(memory_id, "drinks rum")
    story = [(entry["old_memory"], entry["new_memory"]) for entry in memory.history(memory_id)]
    assert story == [(None, RUM), (BLACK, "drinks rum")]


def test_an_immutable_memory_stays_as_it_is(memory: Memory, path: Path) -> None:
    memory.add("likes ale", infer=False, immutable=True, **CAM)
    memory_id = id_of(memory, "likes ale")
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    with pytest.raises(ImmutableError):
        memory.update(memory_id, "likes gin")
    assert [each["new_memory"] for each in memory.verify(full=True)["edited"]] == [BLACK]


def test_only_a_text_changes_a_damaged_memory(memory: Memory, path: Path) -> None:
    memory_id = id_of(memory, RUM)
    edit(path, "content = ? WHERE id = ?", BLACK, memory_id)
    with pytest.raises(CorruptError):
        memory.update(memory_id, metadata={"a": 1})
    with pytest.raises(MemoryNotFoundError):
        memory.update("nobody", "x")


def test_the_commands_delete_and_update_a_damaged_memory(memory: Memory, path: Path) -> None:
    first, second = id_of(memory, RUM), id_of(memory, TEA)
    edit(path, "content = ?", BLACK)
    memory.close()
    assert shell(path, "get", first).exit_code == 1
    assert shell(path, "delete", first).exit_code == 0
    assert shell(path, "delete", second).exit_code == 0
    assert is_sound(verify(path, full=True))
