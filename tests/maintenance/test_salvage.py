"""Salvage: a damaged page loses only its own content."""

import json
import random
import re
import struct
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import OpenMemory, dump, run_python, schema_file
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import SchemaError, StoreError
from litemem.maintenance.integrity import is_sound, salvage, verify
from litemem.maintenance.reindex import reindex
from litemem.store.filters import Condition
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
MEMORIES = 600
LONG = "a long text, " * 2_000  # of several pages


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all kinds of rows, some of them changed, deleted or long."""
    path = tmp_path_factory.mktemp("whole") / "memory.db"
    said = [{"role": "user", "content": f"text {i}"} for i in range(MEMORIES)]
    with Memory(path, embedder=HashEmbedder(16), llm=ScriptedLLM([])) as memory:
        ids = [row["id"] for row in memory.add(said, infer=False, **CAM)["results"]]
        memory.add(LONG, infer=False, user_id="bob", metadata={"n": 1.5})
        memory.update(ids[3], "text three")
        for each in ids[100:200]:
            memory.delete(each)
        memory.delete_all(user_id="nobody")
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    path.write_bytes(whole.read_bytes())
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "saved.db"


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    found = {name: rows for name, rows in dump(path).items() if not name.startswith("memory_")}
    found["setting"] = [row for row in found["setting"] if row[0] != "indexed_to"]
    return found


def pages(path: Path, name: str) -> list[int]:
    """Return the pages of a table, leaves and others."""
    with closing(connect(str(path))) as connection:
        found = connection.execute("SELECT pageno FROM dbstat WHERE name = ?", (name,)).fetchall()
        return [number for (number,) in found]


def leaves(path: Path, name: str) -> list[int]:
    with closing(connect(str(path))) as connection:
        found = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (name,)
        ).fetchall()
        return [number for (number,) in found]


def overwrite(path: Path, page: int, content: bytes | None = None) -> None:
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(content or b"\xff" * size)


def contents(path: Path) -> set[str]:
    with closing(connect(str(path))) as connection:
        return {text for (text,) in connection.execute("SELECT content FROM memory")}


def test_a_sound_file_is_saved_whole(path: Path, target: Path) -> None:
    before = path.read_bytes()
    done = salvage(path, target)
    assert done.lost == []
    assert rows(target) == rows(path)
    assert is_sound(verify(target, full=True))
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", range(1, latest_version()))
def test_a_file_of_an_older_version_is_saved_whole(version: int, target: Path) -> None:
    done = salvage(schema_file(version), target)
    assert done.lost == []
    assert done.saved["memory"] == 4
    assert is_sound(verify(target, full=True))


def test_a_damaged_leaf_takes_its_own_memories_and_no_others(path: Path, target: Path) -> None:
    present = contents(path)
    overwrite(path, leaves(path, "memory")[1])
    done = salvage(path, target)
    saved = contents(target)
    assert saved < present
    assert len(saved) > len(present) * 0.7
    assert any(line.startswith("1 page of memory unreadable") for line in done.lost)
    assert is_sound(verify(target, full=True))


def test_a_damaged_root_takes_nothing_that_its_leaves_hold(path: Path, target: Path) -> None:
    with closing(connect(str(path))) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'memory'"
        root = connection.execute(query).get
    present = contents(path)
    overwrite(path, root)
    salvage(path, target)
    assert contents(target) == present
    assert is_sound(verify(target, full=True))


def test_a_damaged_first_page_takes_nothing_of_the_memories(path: Path, target: Path) -> None:
    present = rows(path)
    overwrite(path, 1)
    done = salvage(path, target)
    saved = rows(target)
    assert set(present["memory"]) <= set(saved["memory"])
    assert saved["embedding"] == present["embedding"]
    assert any("the schema" in line for line in done.lost)
    assert is_sound(verify(target, full=True))


def test_deleted_memories_do_not_come_back(path: Path, target: Path) -> None:
    overwrite(path, 1)  # whatever is on a free page is read then
    salvage(path, target)
    assert not contents(target) & {f"text {i}" for i in range(100, 200)}


def test_a_memory_that_was_deleted_and_imported_again_is_saved(
    tmp_path: Path, target: Path, open_memory: OpenMemory
) -> None:
    memory = open_memory()
    (added,) = memory.add("brought back", infer=False, **CAM)["results"]
    memory.export_file(tmp_path / "all.jsonl")
    memory.delete(added["id"])
    memory.import_file(tmp_path / "all.jsonl")
    with memory.store.write() as tx:  # as files have it that an older litemem wrote
        last = "SELECT max(pk) FROM event WHERE event = 'ADD'"
        tx.connection.execute(f"DELETE FROM event WHERE pk = ({last})")
    memory.close()
    salvage(memory.store.path, target)
    assert contents(target) == {"brought back"}


def test_lost_vectors_are_reported_and_made_by_a_reindex(path: Path, target: Path) -> None:
    overwrite(path, leaves(path, "embedding")[0])
    done = salvage(path, target)
    assert any("without vector: litemem reindex" in line for line in done.lost)
    assert len(contents(target)) == MEMORIES - 100 + 1
    with closing(SqliteStore(target)) as store:
        reindex(store, HashEmbedder(16))
    assert is_sound(verify(target, full=True))


def test_lost_settings_are_reported_and_the_vectors_dropped(path: Path, target: Path) -> None:
    for page in pages(path, "setting"):
        overwrite(path, page)
    done = salvage(path, target)
    assert any("name of the embedder" in line for line in done.lost)
    assert done.saved["embedding"] == 0
    assert len(contents(target)) == MEMORIES - 100 + 1


def test_messages_of_a_lost_session_are_reported(path: Path, target: Path) -> None:
    for page in pages(path, "session"):
        overwrite(path, page)
    done = salvage(path, target)
    assert any(line.startswith("the session of") for line in done.lost)
    assert is_sound(verify(target, full=True))


def test_a_long_text_that_lost_a_page_is_lost_alone(path: Path, target: Path) -> None:
    with closing(connect(str(path))) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = 'memory' AND pagetype = 'overflow'"
        page = connection.execute(query).fetchall()[0][0]
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    overwrite(path, page, b"\xff\xff\xff\xff" + b"x" * (size - 4))
    done = salvage(path, target)
    assert "1 row of memory unreadable" in done.lost
    assert len(contents(target)) == MEMORIES - 100


def test_a_text_with_flipped_bits_is_saved_and_reported(path: Path, target: Path) -> None:
    places = [match.start() for match in re.finditer(b"text 555", path.read_bytes())]
    with path.open("r+b") as file:
        for place in places:
            file.seek(place)
            file.write(b"\xfaext 555")
    done = salvage(path, target)
    assert any("may be damaged" in line for line in done.lost)
    assert "\ufffdext 555" in contents(target)
    assert is_sound(verify(target, full=True))


def test_a_text_that_another_tool_changed_is_saved_and_not_official(
    path: Path, target: Path
) -> None:
    with closing(connect(str(path))) as connection:
        sql = "UPDATE memory SET content = 'another' WHERE content = 'text 555' RETURNING id"
        memory_id = connection.execute(sql).get
    done = salvage(path, target)
    assert f"the text of memory {memory_id} may be damaged" in done.lost
    with Memory(target, embedder=HashEmbedder(16)) as memory:
        assert memory.get_all(top_k=1_000, **CAM)["damaged"] == [memory_id]
        (edited,) = memory.verify(full=True)["edited"]
        assert (edited["old_memory"], edited["new_memory"]) == ("text 555", "another")
        memory.verify(accept_edited=True)
        assert memory.get(memory_id)["memory"] == "another"


def test_metadata_that_is_not_json_is_left_out(path: Path, target: Path) -> None:
    with closing(connect(str(path))) as connection:
        connection.execute("UPDATE memory SET metadata = '{' WHERE pk = 1")
    done = salvage(path, target)
    assert "metadata of 1 row of memory unreadable" in done.lost
    assert is_sound(verify(target, full=True))


def test_a_file_that_is_cut_off_gives_what_is_before_the_cut(path: Path, target: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4 + 100])
    done = salvage(path, target)
    assert done.lost
    assert sum(done.saved.values()) > 0


UNCLOSED = """
import os, sys
from litemem import Memory
from litemem.store.filters import Condition
from litemem.testing import HashEmbedder
memory = Memory(sys.argv[1], embedder=HashEmbedder(16))
memory.add("in the log", user_id="cam", infer=False)
with memory.store.write() as tx:
    tx.memories.delete_matching(Condition("TRUE"), 0)
    os._exit(0)
"""


VERIFIED = """
import json, sys
from litemem.maintenance.integrity import verify
print(json.dumps([f.check for f in verify(sys.argv[1], full=True) if f.problems]))
"""


def test_what_was_committed_to_the_log_is_saved_and_what_was_not_is_not(
    path: Path, target: Path
) -> None:
    run_python(UNCLOSED, path)
    assert Path(f"{path}-wal").stat().st_size
    salvage(path, target)
    assert "in the log" in contents(target)
    assert len(contents(target)) == MEMORIES - 100 + 2


def test_a_log_that_is_torn_gives_what_was_committed_before(path: Path, target: Path) -> None:
    run_python(UNCLOSED, path)
    log = Path(f"{path}-wal")
    log.write_bytes(log.read_bytes()[:-100])
    salvage(path, target)
    assert len(contents(target)) == MEMORIES - 100 + 1


KILLED = """
import os, sys
from litemem import Memory
from litemem.testing import HashEmbedder
memory = Memory(sys.argv[1], embedder=HashEmbedder(16))
for number in range(int(sys.argv[2])):
    memory.add(f"said {number}", user_id="cam", infer=False)
if sys.argv[3:]:
    memory.store._writer.connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    memory.add("said at last", user_id="cam", infer=False)
os._exit(0)
"""
SAID = 20
FRAME = 24 + 8_192  # bytes, with the page


def log_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def frames(path: Path) -> int:
    return (log_of(path).stat().st_size - 32) // FRAME


def flip(path: Path, frame: int, place: int) -> None:
    """Flip one bit in a frame of the log."""
    log = bytearray(log_of(path).read_bytes())
    log[32 + frame * FRAME + place] ^= 4
    log_of(path).write_bytes(log)


def commits(path: Path) -> list[int]:
    """Return the frames that end a transaction."""
    log = log_of(path).read_bytes()
    heads = [log[32 + n * FRAME : 32 + n * FRAME + 24] for n in range(frames(path))]
    return [n for n, head in enumerate(heads) if any(head[4:8])]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("left") / "memory.db"
    run_python(KILLED, path, SAID)
    return path


@pytest.fixture
def killed(left: Path, tmp_path: Path) -> Path:
    """A file whose program was killed; all that it said stands in the log."""
    path = tmp_path / "killed.db"
    path.write_bytes(left.read_bytes())
    log_of(path).write_bytes(log_of(left).read_bytes())
    return path


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 4, 8, 16, 24, 5_000], ids=lambda place: f"byte {place}")
@pytest.mark.parametrize("behind", range(-3, 4), ids=lambda n: f"frame {n}")
def test_what_was_committed_behind_a_damaged_page_of_the_log_is_saved(
    killed: Path, target: Path, place: int, behind: int
) -> None:
    flip(killed, frames(killed) // 2 + behind, place)
    done = salvage(killed, target)
    assert any("write-ahead log" in sentence for sentence in done.lost)
    saved = contents(target)
    assert len(saved) >= SAID - 1
    assert f"said {SAID - 1}" in saved


def test_verify_says_that_a_log_is_damaged_and_leaves_it_there(
    killed: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(killed, frames(killed) // 2, 5_000)
    before = log_of(killed).read_bytes()
    monkeypatch.setenv("LITEMEM_DB", str(killed))
    for arguments in (["verify"], ["verify", "--full"], ["verify", "--fix"]):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 1
        assert "litemem salvage" in done.stderr
    assert log_of(killed).read_bytes() == before
    salvage(killed, target)
    assert len(contents(target)) == SAID


def test_a_last_transaction_that_is_torn_is_no_damage(killed: Path) -> None:
    flip(killed, commits(killed)[-2] + 1, 5_000)
    assert is_sound(verify(killed, full=True))
    with closing(SqliteStore(killed)) as store:
        assert reading(store).memories.count(Condition("TRUE")) == SAID - 1


def test_frames_from_before_a_log_restart_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "begun.db"
    run_python(KILLED, path, SAID, "anew")
    assert frames(path) > SAID * 2  # nearly all of before
    assert is_sound(verify(path, full=True))


def test_a_log_that_a_program_is_writing_is_no_damage(path: Path) -> None:
    with Memory(path, embedder=HashEmbedder(16)) as memory:
        memory.add("in the log", infer=False, **CAM)
        assert json.loads(run_python(VERIFIED, path)) == []


@pytest.mark.parametrize("size", [512, 1_024, 2_048, 4_096, 16_384, 32_768, 65_536, 3, 0])
def test_a_wrong_page_size_in_the_header_costs_no_memory(
    path: Path, target: Path, size: int
) -> None:
    content = bytearray(path.read_bytes())
    content[16:18] = (1 if size == 65_536 else size).to_bytes(2, "big")
    path.write_bytes(content)
    done = salvage(path, target)
    assert done.saved["memory"] == MEMORIES - 100 + 1
    assert not size >= 512 or done.lost == ["the page size unreadable: 8,192 bytes were assumed"]


def test_a_turn_with_lost_messages_is_no_longer_pending(path: Path, target: Path) -> None:
    with closing(SqliteStore(path)) as store, store.write() as tx:
        said = [Message("user", LONG)]
        tx.turns.open(Scope(user_id="dora"), said, {"categories": []}, 0)
    with closing(connect(str(path))) as connection:
        connection.pragma("foreign_keys", False)
        connection.execute("DELETE FROM message WHERE turn_pk IS NOT NULL")
    done = salvage(path, target)
    assert "the messages of 1 pending turn are lost" in done.lost
    assert is_sound(verify(target, full=True))


def test_a_file_with_an_empty_schema_is_not_reported_as_whole(path: Path, target: Path) -> None:
    content = bytearray(path.read_bytes())
    content[103:105] = bytes(2)  # how many cells the first page of the schema has
    path.write_bytes(content)
    assert salvage(path, target).lost


def test_a_file_with_only_its_header_left_gives_an_empty_one(path: Path, target: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])
    done = salvage(path, target)
    assert done.lost
    assert set(done.saved.values()) == {0}
    assert is_sound(verify(target))


@pytest.mark.parametrize("content", [b"", b"x" * 50, b"no database\n" * 10_000])
def test_bytes_that_are_not_a_database_are_refused(
    tmp_path: Path, target: Path, content: bytes
) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(SchemaError, match="not a litemem file" if content else "is empty"):
        salvage(tmp_path / "other", target)
    assert not target.exists()


@pytest.mark.parametrize("table", ["note", "message", "memory"])
def test_another_program_s_database_is_refused(tmp_path: Path, target: Path, table: str) -> None:
    with closing(apsw.Connection(str(tmp_path / "other"))) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 1 AS id, 'a text' AS content")
    with pytest.raises(SchemaError, match="not a litemem file"):
        salvage(tmp_path / "other", target)
    assert not target.exists()


def test_a_litemem_file_without_its_mark_is_saved(path: Path, target: Path) -> None:
    present = contents(path)
    with path.open("r+b") as file:
        file.seek(68)
        file.write(bytes(4))
    salvage(path, target)
    assert contents(target) == present


def test_times_and_ids_that_cannot_be_do_not_make_the_saved_file_unusable(
    path: Path, target: Path
) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("ignore_check_constraints", True)
        pks = [pk for (pk,) in connection.execute("SELECT pk FROM memory ORDER BY pk LIMIT 2")]
        connection.execute("UPDATE memory SET created_at = 1 << 60, expires_at = ~(1 << 60)"
                           " WHERE pk = ?", (pks[0],))  # fmt: skip
        connection.execute("UPDATE memory SET user_id = ' ' WHERE pk = ?", (pks[1],))
    before = contents(path)
    done = salvage(path, target)
    assert "a time of 1 row of memory unreadable" in done.lost
    assert len(contents(target)) == len(before) - 1
    with closing(SqliteStore(target)) as store:
        assert len(reading(store).memories.select(Condition("TRUE"))) == len(before) - 1


def test_a_target_that_exists_is_not_overwritten(path: Path, target: Path) -> None:
    target.write_text("precious")
    with pytest.raises(StoreError, match="exists"):
        salvage(path, target)
    assert target.read_text() == "precious"


def test_a_missing_file_is_reported(tmp_path: Path, target: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        salvage(tmp_path / "nothing", target)
    assert not target.exists()


def test_an_id_with_a_nul_character_is_not_saved(path: Path, target: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        ids = [row[0].encode() for row in connection.execute("SELECT id FROM memory LIMIT 2")]
    content = path.read_bytes()
    for each in ids:
        content = content.replace(each, b"\0\0" + each[2:])
    path.write_bytes(content)
    done = salvage(path, target)
    assert "2 rows of memory not taken: incomplete, duplicate, or with wrong ids" in done.lost
    assert is_sound(verify(target, full=True))


@pytest.mark.slow
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["bytes", "pages", "cut"]))
def test_after_any_damage_the_saved_file_can_be_used(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, seed: int, kind: str
) -> None:
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(whole.read_bytes())
    for _ in range(chance.randint(1, 40)):
        at = chance.randrange(len(content))
        if kind == "bytes":
            content[at : at + 4] = struct.pack(">I", chance.getrandbits(32))[: len(content) - at]
        elif kind == "pages":
            at -= at % 8_192
            content[at : at + 8_192] = chance.randbytes(8_192)
        else:
            content = content[: max(at, 1)]
    (folder / "memory.db").write_bytes(content)
    try:
        salvage(folder / "memory.db", folder / "saved.db")
    except SchemaError:  # not even the 100 bytes of the header are left
        assert len(content) < 100
        return
    wrong = [f for f in verify(folder / "saved.db", full=True) if f.problems]
    unmended = {
        "every memory has a vector",
        "every changed memory's history has its ADD",
        "no text was changed by another tool",  # its own text is lost
    }
    assert {finding.check for finding in wrong} <= unmended
    with closing(SqliteStore(folder / "saved.db")) as store:
        reading(store).overview()
        reading(store).memories.select(Condition("TRUE"))
        reading(store).turns.pending()


# -- from a shell


@pytest.fixture
def shell(path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LITEMEM_DB", str(path))
    return CliRunner()


def test_the_command_ends_with_0_when_nothing_is_lost(shell: CliRunner, target: Path) -> None:
    done = shell.invoke(main, ["salvage", str(target), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["saved"]["memory"] == MEMORIES - 100 + 1


def test_the_command_ends_with_1_and_says_what_is_lost(
    shell: CliRunner, path: Path, target: Path
) -> None:
    overwrite(path, leaves(path, "memory")[1])
    done = shell.invoke(main, ["salvage", str(target)])
    assert done.exit_code == 1
    assert "1 page of memory unreadable" in done.stderr


def test_a_memory_can_go_on_with_a_saved_file(
    path: Path, target: Path, open_memory: OpenMemory
) -> None:
    overwrite(path, 1)
    salvage(path, target)
    memory = open_memory(path=target, embedder=HashEmbedder(16))
    memory.add("after the storm", infer=False, **CAM)
    assert memory.search("after the storm", **CAM)["results"][0]["memory"] == "after the storm"
