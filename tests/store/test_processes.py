"""Many threads and processes on one file: none is refused, nothing is lost or half visible."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from helpers import START, OpenMemory, dump, run_python
from helpers.processes import Process
from helpers.stores import reading
from litemem import Memory
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import StoreBusyError, StoreError
from litemem.store.sqlite import connection as opening
from litemem.store.sqlite.store import SqliteStore

CAM = {"user_id": "cam"}
OPENERS = 12
ROUNDS = 5

Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes; what a failing test leaves running is killed."""
    started: list[Process] = []

    def start_one(script: str, *arguments: object) -> Process:
        started.append(Process(script, *arguments))
        return started[-1]

    yield start_one
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.close()


OPENING = """
for name in arguments:
    memory = open_memory(f"{path}/{name}.db")
    memory.add(name, user_id="cam", infer=False)
    memory.close()
    print("next", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.slow
def test_twelve_processes_can_open_one_new_file_at_once(start: Start, tmp_path: Path) -> None:
    names = [f"round{i}" for i in range(ROUNDS)]
    processes = [start(OPENING, tmp_path, *names) for _ in range(OPENERS)]
    for _ in names:
        for process in processes:
            process.go()
        for process in processes:
            process.read_line("next")
    for process in processes:
        process.go()
        process.finish()
    for name in names:
        with closing(SqliteStore(tmp_path / f"{name}.db")) as store:
            assert reading(store).overview().memories == OPENERS


@pytest.mark.slow
def test_two_processes_that_add_two_hundred_each_lose_nothing(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    script = """
memory = open_memory(path)
for i in range(200):
    memory.add(f"{arguments[0]} {i}", user_id="cam", infer=False)
memory.close()
"""
    processes = [start(script, path, name) for name in ("one", "two")]
    for process in processes:
        process.go()
    for process in processes:
        process.finish()
    with closing(SqliteStore(path)) as store:
        texts = {
            message.content for message in reading(store).messages.last(Scope(**CAM), limit=1_000)
        }
        assert texts == {f"{name} {i}" for name in ("one", "two") for i in range(200)}
        assert reading(store).overview().memories == 400


KILLED = """
store = SqliteStore(path)
with store.write() as tx:
    tx.memories.delete(arguments[0], 0)
    tx.messages.log(Scope(user_id="cam"), [Message("user", "word " * 100_000)] * 20, 0)
    print("inside", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.posix
@pytest.mark.parametrize("others", [0, 1], ids=["alone", "beside another program"])
def test_a_process_killed_inside_a_transaction_leaves_the_file_as_it_was(
    start: Start, open_memory: OpenMemory, tmp_path: Path, others: int
) -> None:
    path = tmp_path / "memory.db"
    memory = open_memory()
    memory_id = memory.add("likes tea", infer=False, **CAM)["results"][0]["id"]
    before = dump(path)
    if not others:
        memory.close()
    process = start(KILLED, path, memory_id)
    process.go()
    process.read_line("inside")
    process.kill()
    again = open_memory()
    assert dump(path) == before
    again.add("likes rum", infer=False, **CAM)
    assert len(again.search("likes", **CAM)["results"]) == 2
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.pragma("integrity_check") == "ok"


@pytest.mark.posix
def test_a_process_killed_while_the_model_works_leaves_its_turn_pending(
    start: Start, open_memory: OpenMemory, tmp_path: Path
) -> None:
    script = """
import time
class Slow(ScriptedLLM):
    def generate(self, *arguments, **keywords):
        print("working", flush=True)
        time.sleep(60)
Memory(path, embedder=HashEmbedder(64), llm=Slow([])).add("I like tea", user_id="cam")
"""
    process = start(script, tmp_path / "memory.db")
    process.go()
    process.read_line("working")
    process.kill()
    memory = open_memory(["User likes tea"])
    assert [turn.messages for turn in reading(memory.store).turns.pending()] == [
        (Message("user", "I like tea"),)
    ]
    assert [row["memory"] for row in memory.process_pending()["results"]] == ["User likes tea"]


def test_what_one_process_writes_another_reads(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    script = """
import sys
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem import Memory
with Memory(sys.argv[1], embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
    print(memory.search("tea", user_id="cam")["results"][0]["memory"])
    memory.add("likes rum", user_id="cam", infer=False)
"""
    assert run_python(script, tmp_path / "memory.db") == "likes tea\n"
    assert len(memory.get_all(**CAM)["results"]) == 2


def test_a_reader_sees_the_moment_before_an_open_transaction(
    start: Start, open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory()
    memory_id = memory.add("likes tea", infer=False, **CAM)["results"][0]["id"]
    process = start(KILLED, tmp_path / "memory.db", memory_id)
    process.go()
    process.read_line("inside")
    try:
        seen = memory.search("tea", **CAM)["results"]
        messages = reading(memory.store).overview().messages
    finally:
        process.go()
        process.finish()
    assert [row["id"] for row in seen] == [memory_id]
    assert messages == 1
    assert memory.get_all(**CAM) == {"results": []}


def test_eight_threads_can_add_and_search_one_memory(memory: Memory) -> None:
    def work(worker: int) -> int:
        found = 0
        for i in range(25):
            memory.add(f"tea {worker} {i}", user_id=f"user{worker}", infer=False)
            rows = memory.search("tea", user_id=f"user{worker}", top_k=100, threshold=0)["results"]
            assert len(rows) == i + 1
            assert {row["user_id"] for row in rows} == {f"user{worker}"}
            found += 1
        return found

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 200
    assert reading(memory.store).overview().memories == 200


def test_readers_never_see_half_of_a_change(memory: Memory) -> None:
    """A writer adds pairs and deletes pairs; whoever counts always finds an even number."""
    pair = [{"role": "user", "content": "tea one"}, {"role": "user", "content": "tea two"}]
    done = threading.Event()

    def read() -> set[int]:
        counts = set()
        while not done.is_set():
            counts.add(len(memory.get_all(**CAM)["results"]) % 2)
            counts.add(len(memory.search("tea", **CAM, threshold=0)["results"]) % 2)
        return counts

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for _ in range(25):
            memory.add(pair, infer=False, **CAM)
            memory.delete_all(**CAM)
        done.set()
        assert [reader.result() for reader in readers] == [{0}, {0}]


def test_closing_while_others_read_breaks_none_of_them(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    with memory.store.read() as r:
        memory.close()
        assert r.connection.execute("SELECT count(*) FROM memory").get == 1


def test_a_writer_waits_for_another_and_then_says_that_the_file_is_busy(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory()
    assert memory.store._writer is not None
    memory.store._writer.connection.set_busy_timeout(50)
    with closing(apsw.Connection(str(tmp_path / "memory.db"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="another program"):
            memory.add("likes tea", infer=False, **CAM)
        other.execute("ROLLBACK")
    memory.add("likes tea", infer=False, **CAM)


def test_a_writer_waits_long_enough_for_one_that_takes_a_second(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    assert opening.BUSY_SECONDS >= 5
    memory = open_memory()
    with closing(SqliteStore(tmp_path / "memory.db")) as other:
        with ThreadPoolExecutor(1) as pool, other.write() as tx:
            tx.messages.log(Scope(**CAM), [Message("user", "slow")], START)
            adding = pool.submit(memory.add, "likes tea", infer=False, **CAM)
            threading.Event().wait(0.3)
            assert not adding.done()
        adding.result(timeout=5)


@pytest.mark.posix
def test_a_forked_child_is_refused_and_the_parent_goes_on(memory: Memory) -> None:
    memory.add("before", user_id="u", infer=False)
    child = os.fork()
    if child == 0:
        told = b""
        try:
            memory.get_all(user_id="u")
        except StoreError as error:
            told = str(error).encode()
        memory.close()
        os._exit(0 if b"before a fork" in told else 1)
    assert os.waitpid(child, 0)[1] == 0
    memory.add("after", user_id="u", infer=False)
    assert len(memory.get_all(user_id="u")["results"]) == 2


FORGETFUL = """
import sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
memory = Memory(sys.argv[1], embedder=HashEmbedder(64), llm=ScriptedLLM([]))
memory.add("I like tea", user_id="cam", infer=False)
memory.search("tea", user_id="cam")
memory.itself = memory
"""


def test_a_program_that_does_not_close_its_memory_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    run_python(FORGETFUL, path)
    assert list(tmp_path.iterdir()) == [path]
    copy = shutil.copy(path, tmp_path / "copy.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT memory FROM memories").fetchall() == [("I like tea",)]
