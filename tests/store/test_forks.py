"""Programs that fork: what was acknowledged is there, and no child hangs or damages the file."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from helpers import OpenMemory, run_python
from litemem import Memory
from litemem.errors import StoreError
from litemem.store.sqlite import locks
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


def test_closing_inside_a_transaction_hides_no_error(memory: Memory) -> None:
    """As a signal handler does that closes the memory and ends the program."""

    def end() -> None:
        memory.close()
        raise SystemExit

    with pytest.raises(SystemExit), memory.store.write():
        end()


def test_a_child_cannot_commit_the_transaction_of_its_parent(tmp_path: Path) -> None:
    told = run_python(FORKS_INSIDE, tmp_path / "memory.db", "commit")
    assert told == "child: StoreError\nparent: committed\n1 True\n"


UNSEEN = """
import ctypes, os, sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
def opened():
    return Memory(sys.argv[1], embedder=HashEmbedder(8), llm=ScriptedLLM([]))
def try_to_add():
    try:
        with opened() as own:
            own.add("child", user_id="cam", infer=False)
    except Exception as error:
        os.write(1, f"{type(error).__name__}: {str(error)[:23]}\\n".encode())
    else:
        os.write(1, b"added\\n")
    os._exit(0)
memory = opened()
memory.add("parent", user_id="cam", infer=False)
begin, go = os.pipe()
if sys.argv[2] == "C, with an open file":
    child = ctypes.PyDLL(None).fork()  # as a program that has Python inside; no hook is called
elif sys.argv[2] == "C, with a closed file":
    memory.close()
    child = ctypes.PyDLL(None).fork()
elif sys.argv[2] == "twice, inside a read":
    with memory.store.read():
        child = os.fork()
        if child == 0:
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                os._exit(0)
elif sys.argv[2] == "with a forgotten connection":
    with memory.store.read() as kept:
        pass
    del memory
    child = os.fork()
if child == 0:
    os.read(begin, 1)
    try_to_add()
os.write(go, b"x")
os.waitpid(child, 0)
"""


@pytest.mark.parametrize(
    ("fork", "told"),
    [
        ("C, with an open file", "StoreError: this process was forked\n"),
        ("C, with a closed file", "added\n"),
        ("twice, inside a read", "StoreError: this process was forked\n"),
        ("with a forgotten connection", "StoreError: this process was forked\n"),
    ],
)
def test_a_child_that_inherits_an_open_file_is_refused(
    fork: str, told: str, tmp_path: Path
) -> None:
    """Previously it was let in, and of 51 memories that it added 50 were lost."""
    assert run_python(UNSEEN, tmp_path / "memory.db", fork) == told


INHERITS = """
import ctypes, os, subprocess, sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
path, fork = sys.argv[1:]
def opened():
    return Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]))
memory = opened()
memory.add("parent", user_id="cam", infer=False)
begin, go = os.pipe()
if fork == "C":
    child = ctypes.PyDLL(None).fork()
else:
    with memory.store.read():
        child = os.fork()
if child == 0:
    os.close(go)
    os.read(begin, 1)
    sys.exit()  # Python closes what it has
memory.close()
other = os.fork()
if other == 0:
    own = opened()
    own.add("killed later", user_id="cam", infer=False)
    os._exit(0)
os.waitpid(other, 0)
os.write(go, b"x")
os.waitpid(child, 0)
with opened() as memory:
    print(len(memory.get_all(user_id="cam")["results"]))
"""


@pytest.mark.parametrize("fork", ["C", "inside a read"])
def test_a_child_that_ends_leaves_the_log_of_a_killed_program(fork: str, tmp_path: Path) -> None:
    """Previously it removed the log: what the other program had added was lost."""
    assert run_python(INHERITS, tmp_path / "memory.db", fork) == "2\n"


SIGNALS = """
import os, signal, sys, time
from litemem.store.sqlite.locks import GATE
forks = 0
def fork(*_):
    global forks
    forks += 1
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0.0001 * (1 + forks % 17))
signal.signal(signal.SIGALRM, fork)
signal.setitimer(signal.ITIMER_REAL, 0.01)
while forks < 300:
    with GATE.inside():
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
print("done")
"""


def test_a_signal_handler_may_fork() -> None:
    """Previously the program hung if the signal came while it entered or left SQLite."""
    assert run_python(SIGNALS) == "done\n"


FORKS_WHILE_A_FORK_WAITS = """
import os, signal, sys, threading
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
memory = Memory(sys.argv[1], embedder=HashEmbedder(8), llm=ScriptedLLM([]))
begun, forked = threading.Event(), threading.Event()
def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
def restart_worker(*_):
    fork()
    memory.add("in the handler", user_id="cam", infer=False)
    forked.set()
def read():
    with memory.store.read():
        begun.set()
        forked.wait(0.5)
signal.signal(signal.SIGALRM, restart_worker)
thread = threading.Thread(target=read)
thread.start()
begun.wait()
signal.setitimer(signal.ITIMER_REAL, 0.2)
fork()
thread.join()
memory.add("after", user_id="cam", infer=False)
print(len(memory.get_all(user_id="cam")["results"]))
"""


def test_a_signal_handler_may_fork_while_a_fork_waits_for_a_thread(tmp_path: Path) -> None:
    """Previously the program hung, such as one that starts its workers again on SIGCHLD."""
    assert run_python(FORKS_WHILE_A_FORK_WAITS, tmp_path / "memory.db") == "2\n"


HOOKS = """
import os, sys
path = sys.argv[1]
opened = []
def before():
    opened[0].add("before the fork", user_id="cam", infer=False)
def in_parent():
    opened[0].add("in the parent", user_id="cam", infer=False)
def in_child():
    opened[:] = [Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]))]
    opened[0].add("in the child", user_id="cam", infer=False)
if sys.argv[2] == "first":
    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
opened.append(Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])))
if sys.argv[2] == "last":
    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)
child = os.fork()
if child == 0:
    opened[0].add("later in the child", user_id="cam", infer=False)
    opened[0].close()
    os._exit(0)
print(os.waitpid(child, 0)[1])
print(len(opened[0].get_all(user_id="cam")["results"]), opened[0].verify(full=True)["ok"])
"""


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        ("last", "0\n4 True\n"),
        ("first", "256\n2 True\n"),  # it opens the file after ours has closed it
    ],
)
def test_a_hook_of_the_program_may_use_a_memory(registered: str, told: str, tmp_path: Path) -> None:
    """Previously one that was registered before ours hung, or left the child an open file."""
    assert run_python(HOOKS, tmp_path / "memory.db", registered) == told


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


def test_a_read_that_ends_in_another_thread_holds_up_no_fork(open_memory: OpenMemory) -> None:
    memory = open_memory()
    memory.add("likes tea", infer=False, user_id="u")
    block = memory.store.read()
    block.__enter__()
    ending = threading.Thread(target=block.__exit__, args=(None, None, None))
    ending.start()
    ending.join()
    assert not locks.GATE._inside


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
