"""Programs that fork: what was acknowledged is there, and no child hangs or damages the file."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from helpers import OpenMemory, run_python
from litemem import Memory
from litemem.errors import StoreError
from litemem.store.sqlite.store import SqliteStore
from stress import fork_rounds

pytestmark = pytest.mark.posix

CAM = {"user_id": "cam"}


@pytest.mark.parametrize("scenario", sorted(fork_rounds.SCENARIOS))
def test_a_fork_loses_nothing_and_leaves_the_file_sound(scenario: str, tmp_path: Path) -> None:
    """Previously a child that opened the file again lost memories, its own and the parent's."""
    assert fork_rounds.play(scenario, tmp_path) == ""


def test_the_parent_goes_on_with_the_same_memory(memory: Memory) -> None:
    memory.add("before", infer=False, **CAM)
    fork_rounds.wait_for(fork_rounds.in_child(lambda: None))
    memory.add("after", infer=False, **CAM)
    assert len(memory.get_all(**CAM)["results"]) == 2
    assert memory.verify(full=True)["ok"]


def test_a_file_that_is_replaced_during_a_fork_is_not_written(
    memory: Memory, tmp_path: Path
) -> None:
    """The fork closes the file; what is at its path afterwards may be another one."""
    memory.add("before", infer=False, **CAM)
    fork_rounds.wait_for(fork_rounds.in_child(lambda: None))
    path = tmp_path / "memory.db"
    path.rename(tmp_path / "moved.db")
    with closing(SqliteStore(path)), pytest.raises(StoreError, match="was moved or replaced"):
        memory.add("after", infer=False, **CAM)


FORKS_INSIDE = """
import os, sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
memory = Memory(sys.argv[1], embedder=HashEmbedder(8), llm=ScriptedLLM([]))
child = -1
try:
    with memory.store.write():
        child = os.fork()
        if sys.argv[2] == "raise":
            raise ZeroDivisionError
except Exception as error:
    name = type(error).__name__
else:
    name = "committed"
if child == 0:
    os.write(1, f"child: {name}\\n".encode())
    memory.close()
    os._exit(0)
os.waitpid(child, 0)
print(f"parent: {name}")
memory.add("after", user_id="cam", infer=False)
print(len(memory.get_all(user_id="cam")["results"]), memory.verify(full=True)["ok"])
"""


def test_a_fork_inside_a_transaction_shows_the_first_error(tmp_path: Path) -> None:
    """Previously "cannot rollback" hid what had happened."""
    told = run_python(FORKS_INSIDE, tmp_path / "memory.db", "raise")
    assert told == "child: ZeroDivisionError\nparent: ZeroDivisionError\n1 True\n"


def test_a_child_cannot_commit_the_transaction_of_its_parent(tmp_path: Path) -> None:
    told = run_python(FORKS_INSIDE, tmp_path / "memory.db", "commit")
    assert told == "child: StoreError\nparent: committed\n1 True\n"


HUNG = """
import os, sys, threading
from litemem.core import clock
clock._tick_lock.acquire()  # as a thread that makes an id at this moment
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
def add():
    with Memory(sys.argv[1], embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        memory.add("tea", user_id="cam", infer=False)
clock._tick_lock.release()
add()
clock._tick_lock.acquire()
child = os.fork()
if child == 0:
    add()
    os._exit(0)
print(os.waitpid(child, 0)[1])
os._exit(0)
"""


def test_a_lock_that_another_thread_holds_does_not_hang_the_child(tmp_path: Path) -> None:
    assert run_python(HUNG, tmp_path / "memory.db") == "0\n"


def test_a_fork_waits_for_a_transaction_of_another_thread(open_memory: OpenMemory) -> None:
    memory = open_memory()
    path = memory.store.path
    inside, leave = threading.Event(), threading.Event()

    def write() -> None:
        with memory.store.write():
            inside.set()
            leave.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    inside.wait(10)
    threading.Timer(0.3, leave.set).start()
    fork_rounds.wait_for(fork_rounds.in_child(lambda: fork_rounds.work(path, 3)))
    writer.join()
    assert len(memory.get_all(user_id="u")["results"]) == 3


MEMORY = """
import os, sys, threading
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
def opened(path):
    return Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]))
memory, stop = opened(":memory:"), threading.Event()
def read():
    while not stop.is_set():
        memory.search("tea", user_id="cam")
memory.add("likes tea", user_id="cam", infer=False)
threads = [threading.Thread(target=read) for _ in range(2)]
for thread in threads: thread.start()
for number in range(20):
    child = os.fork()
    if child == 0:
        with opened(sys.argv[1]) as own:
            own.add(f"child {number}", user_id="cam", infer=False)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for thread in threads: thread.join()
print(memory.get_all(user_id="cam")["results"][0]["memory"])
"""


def test_threads_inside_a_memory_without_a_file_hang_no_child(tmp_path: Path) -> None:
    assert run_python(MEMORY, tmp_path / "memory.db") == "likes tea\n"
