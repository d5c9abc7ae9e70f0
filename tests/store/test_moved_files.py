"""A file that is moved, replaced or no regular file: nothing is acknowledged into the void."""

import os
import socket
import stat
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import OpenMemory, run_python
from helpers.processes import Process
from litemem import Memory
from litemem.core.protocols import Prompt
from litemem.errors import StoreError, StoreReadOnlyError
from litemem.maintenance.backup import backup, restore
from litemem.store.filters import Condition
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

pytestmark = pytest.mark.posix

CAM = {"user_id": "cam"}


class Waiting(ScriptedLLM):
    """A model that answers when it is let."""

    def __init__(self) -> None:
        super().__init__([[]])
        self.asked, self.let = threading.Event(), threading.Event()

    def generate(self, prompt: Prompt, text: str, **options: Any) -> str:
        self.asked.set()
        assert self.let.wait(60)
        return super().generate(prompt, text, **options)


def test_a_memory_is_closed_while_a_turn_is_extracted_for_a_file_that_is_gone(
    tmp_path: Path,
) -> None:
    llm = Waiting()
    memory = Memory(tmp_path / "memory.db", embedder=HashEmbedder(), llm=llm)
    event = memory.add("I like tea", async_mode=True, **CAM)
    assert event
    assert llm.asked.wait(60)
    (tmp_path / "memory.db").rename(tmp_path / "moved.db")
    llm.let.set()
    memory.close()
    with Memory(tmp_path / "moved.db", embedder=HashEmbedder(), llm=ScriptedLLM([[]])) as moved:
        assert moved.process_pending()


@pytest.mark.parametrize("change", ["renamed", "unlinked", "replaced", "linked"])
def test_nothing_is_acknowledged_into_a_file_that_is_gone(
    memory: Memory, tmp_path: Path, change: str
) -> None:
    memory.add("before", infer=False, **CAM)
    path = tmp_path / "memory.db"
    if change == "unlinked":
        path.unlink()
    else:
        path.rename(tmp_path / "moved.db")
    if change == "replaced":
        SqliteStore(tmp_path / "other.db").close()
        (tmp_path / "other.db").rename(path)
    if change == "linked":  # who follows the link finds another log
        path.symlink_to(tmp_path / "moved.db")
    for _ in range(2):
        with pytest.raises(StoreError, match="was moved or replaced"):
            memory.add("after", infer=False, **CAM)
    with pytest.raises(StoreError, match="was moved or replaced"):
        memory.cleanup(vacuum=True)
    if change != "linked":
        with pytest.raises(StoreError, match="was moved or replaced"):
            memory.verify()


def test_a_file_that_is_moved_inside_a_transaction_is_not_committed(
    memory: Memory, tmp_path: Path
) -> None:
    memory.add("before", infer=False, **CAM)
    with pytest.raises(StoreError, match="was moved or replaced"), memory.store.write():
        (tmp_path / "memory.db").rename(tmp_path / "moved.db")


def test_a_file_with_a_second_name_is_read_and_not_written(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    """Previously each name had a log, and what was added under one was lost or damaged the file."""
    with open_memory() as memory:
        memory.add("before", infer=False, **CAM)
    path = tmp_path / "memory.db"
    second = tmp_path / "second.db"
    second.hardlink_to(path)
    for name in (path, second):
        with pytest.raises(StoreError, match="has a second name"):
            SqliteStore(name)
        with open_memory(path=name, read_only=True) as memory:
            assert len(memory.get_all(**CAM)["results"]) == 1
    second.unlink()
    with open_memory() as memory:
        memory.add("after", infer=False, **CAM)


@pytest.mark.parametrize("left", ["nothing", "a link", "a log of others"])
def test_nothing_is_acknowledged_into_a_log_that_is_gone(
    memory: Memory, tmp_path: Path, left: str
) -> None:
    """Previously what was added was lost, and closing removed the log of another program."""
    memory.add("before", infer=False, **CAM)
    for side in ("-wal", "-shm"):
        (tmp_path / f"memory.db{side}").unlink()
    if left == "a link":
        (tmp_path / "memory.db-wal").symlink_to(tmp_path / "other")
    if left == "a log of others":
        path = tmp_path / "memory.db"
        told = run_python(ADDS_AND_IS_KILLED, path)
        assert told == "added\n"
        log = path.with_name("memory.db-wal").read_bytes()
    with pytest.raises(StoreError, match="was moved or replaced"):
        memory.add("after", infer=False, **CAM)
    memory.close()
    if left == "a log of others":
        assert path.with_name("memory.db-wal").read_bytes() == log


def test_nothing_is_acknowledged_beside_a_second_index_of_the_log(
    memory: Memory, open_memory: OpenMemory, tmp_path: Path
) -> None:
    """Previously each program overwrote in the log what the other had added."""
    memory.add("before", infer=False, **CAM)
    path = tmp_path / "memory.db"
    Path(f"{path}-shm").unlink()
    assert run_python(ADDS_AND_IS_KILLED, path) == "added\n"
    with pytest.raises(StoreError, match="was moved or replaced"):
        memory.add("after", infer=False, **CAM)
    memory.close()
    with open_memory() as again:
        assert len(again.get_all(**CAM)["results"]) == 2
        assert again.verify(full=True)["ok"]


@pytest.mark.parametrize("kept", [0, 20_000])
@pytest.mark.parametrize("when", ["between calls", "in a transaction", "before closing"])
def test_nothing_is_written_behind_a_log_that_was_cut(
    open_memory: OpenMemory, tmp_path: Path, kept: int, when: str
) -> None:
    """Previously the next add was acknowledged, and zeros were copied into the file."""
    path = tmp_path / "memory.db"
    with open_memory() as memory:
        memory.add("old", infer=False, **CAM)
    memory = open_memory()
    for number in range(20):
        memory.add(f"tea {number} " * 100, infer=False, **CAM)
    if when == "in a transaction":
        with pytest.raises(StoreError, match="-wal was cut"), memory.store.write():
            os.truncate(f"{path}-wal", kept)
    os.truncate(f"{path}-wal", kept)
    if when != "before closing":
        with pytest.raises(StoreError, match="-wal was cut"):
            memory.add("new", infer=False, **CAM)
        with pytest.raises(StoreError, match=r"-wal was cut|failed to read"):
            memory.cleanup(vacuum=True)
    memory.close()
    with open_memory() as again:
        assert again.get_all(**CAM)["results"][-1]["memory"] == "old"
        assert again.verify(full=True)["ok"]


def test_another_program_may_empty_the_log(memory: Memory, tmp_path: Path) -> None:
    memory.add("before", infer=False, **CAM)
    with closing(SqliteStore(tmp_path / "memory.db")) as other:
        other.vacuum()
    assert not (tmp_path / "memory.db-wal").stat().st_size
    memory.add("after", infer=False, **CAM)


ADDS_AND_IS_KILLED = """
import os, sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
memory = Memory(sys.argv[1], embedder=HashEmbedder(64), llm=ScriptedLLM([]))
memory.add("other", user_id="cam", infer=False)
print("added", flush=True)
os._exit(0)
"""

OPENS_AND_CLOSES = """
import random, time
from litemem.errors import StoreError
while True:
    try:
        memory = open_memory(path)
        done = memory.add("x", user_id="cam", infer=False)["results"]
        print(done[0]["id"], flush=True)
        memory.close()
        time.sleep(random.uniform(0, 0.003))  # else a restore finds it closed once in seconds
    except StoreError:
        time.sleep(0.001)
"""


def test_a_restore_loses_nothing_of_a_program_that_opens_and_closes_all_the_time(
    tmp_path: Path,
) -> None:
    """Previously adds were acknowledged into the file that had just been replaced."""
    path, copy = tmp_path / "memory.db", tmp_path / "backup.db"
    with closing(SqliteStore(path)) as store:
        backup(store, copy)
    process = Process(OPENS_AND_CLOSES, path)
    process.go()
    kept: list[Path] = []
    try:
        assert process.process.stdout is not None
        acknowledged = {process.process.stdout.readline().strip()}
        while len(kept) < 6:
            with suppress(StoreError):  # it is open at this moment
                kept.append(restore(copy, path))
        process.process.kill()
        acknowledged |= set(process.process.stdout.read().split())
    finally:
        process.process.kill()
        process.close()
    there = ids(path).union(*map(ids, kept))
    assert len(acknowledged) > 1
    assert acknowledged <= there, f"{len(acknowledged - there)} of {len(acknowledged)} were lost"


def ids(path: Path) -> set[str]:
    with closing(SqliteStore(path)) as store, store.read() as reading:
        return {found.id for found in reading.memories.select(Condition("TRUE"))}


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


IRREGULAR: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "pipe": pipe,
    "socket": listening,
    "device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("kind", IRREGULAR)
@pytest.mark.parametrize("read_only", [False, True])
def test_only_a_regular_file_is_opened_or_changed(
    open_memory: OpenMemory, tmp_path: Path, kind: str, read_only: bool
) -> None:
    """Previously /dev/null was made private to root."""
    path = tmp_path / "memory.db"
    IRREGULAR[kind](path)
    before = path.stat().st_mode
    with pytest.raises(StoreError, match=f"is a {kind}"):
        open_memory(path=path, read_only=read_only)
    assert path.stat().st_mode == before
    assert [each.name for each in tmp_path.iterdir()] == ["memory.db"]


@pytest.mark.parametrize("side", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_a_side_file_that_is_irregular_is_refused(
    open_memory: OpenMemory, tmp_path: Path, side: str, kind: str
) -> None:
    """SQLite would wait for a pipe, and write through a link into another's file."""
    path = tmp_path / "memory.db"
    open_memory(path=path).close()
    (tmp_path / "precious").write_text("precious")
    irregular = {**IRREGULAR, "link": lambda place: place.symlink_to(tmp_path / "precious")}
    irregular[kind](Path(f"{path}{side}"))
    with pytest.raises(StoreError, match=f"{side} is a {kind}"):
        open_memory(path=path)
    assert (tmp_path / "precious").read_text() == "precious"


def test_the_command_leaves_a_device_as_it_is(tmp_path: Path) -> None:
    before = Path("/dev/null").stat().st_mode
    script = (
        "import sys; from litemem.cli import main; "
        "sys.argv = ['litemem', 'add', 'x', '--user-id', 'u', '--no-infer', '--embedder', 'hash',"
        " '--db', '/dev/null']; main()"
    )
    with pytest.raises(AssertionError, match="is a device"):
        run_python(script)
    assert Path("/dev/null").stat().st_mode == before


READS = """
import os, sys
from litemem import Memory
from litemem.core.protocols import Prompt
from litemem.errors import StoreReadOnlyError
from litemem.testing import HashEmbedder, ScriptedLLM
with Memory(":memory:", embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
    memory.search("x", user_id="cam")  # loads all that another user might not reach
if os.getuid() == 0:
    os.setuid(65534)  # root may write every file
with Memory(
    sys.argv[1], embedder=HashEmbedder(64), llm=ScriptedLLM([]), read_only=True
) as memory:
    print(memory.search("tea", user_id="cam")["results"][0]["memory"])
    print(memory.get_all(user_id="cam")["results"][0]["memory"])
    try:
        memory.add("rum", user_id="cam", infer=False)
    except StoreReadOnlyError:
        print("refused")
"""


def test_a_file_without_write_permission_is_read_in_a_folder_with_it(
    memory: Memory, tmp_path: Path
) -> None:
    memory.add("likes tea", infer=False, **CAM)
    memory.close()
    path = tmp_path / "memory.db"
    path.chmod(0o444)
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:  # the other user has to reach it
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o011 != 0o011:
            folder.chmod(mode | 0o011)
    assert run_python(READS, path) == "likes tea\nlikes tea\nrefused\n"


def test_writing_a_file_without_write_permission_says_so(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    SqliteStore(path).close()
    with (
        closing(SqliteStore(path, read_only=True)) as store,
        pytest.raises(StoreReadOnlyError),
        store.write(),
    ):
        pass


def test_a_log_that_another_program_empties_before_a_write_is_not_taken_for_cut(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    path = tmp_path / "memory.db"
    memory = open_memory()
    for number in range(20):
        memory.add(f"tea {number} " * 100, infer=False, **CAM)
    emptied: list[str] = []

    def empty_first(_cursor: apsw.Cursor, sql: str, _values: object) -> bool:
        if sql == "BEGIN IMMEDIATE" and not emptied:
            emptied.append(sql)
            with closing(apsw.Connection(str(path))) as other:
                assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0] == 0
        return True

    for connection in apsw.connections():
        connection.exec_trace = empty_first
    memory.add("User likes coffee", infer=False, **CAM)
    for connection in apsw.connections():
        connection.exec_trace = None
    assert emptied
    assert len(memory.get_all(**CAM, limit=50)["results"]) == 21
