"""Several programs share the pending turns of one file, also when some of them are killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from helpers import LIBRARY, NIGHTLY, START, OpenMemory
from helpers.pending import CAM, DEAD, PATIENCE, later, status, texts
from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import LLM
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import FlushTimeoutError
from litemem.store.liveness import Claimant, this_process
from litemem.store.protocol import MAX_KILLS, TurnFilter
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

pytestmark = [pytest.mark.posix, pytest.mark.slow]  # SIGKILL, SIGINT and fork; many programs

PRELUDE = """
import os, sys, time
from litemem import Memory
from litemem.testing import Answer, HashEmbedder, ScriptedLLM

class Echo(ScriptedLLM):
    '''Writes down each turn that it is asked about; finds what it says, or nothing.'''

    finds = True

    def generate(self, prompt, text, *, schema, max_tokens):
        time.sleep(self.delay)
        said = text.rpartition("I like ")[2]
        with open(record, "a") as file:
            file.write(said + chr(10))
        return '{"facts": ["User likes %s"]}' % said if self.finds else '{"facts": []}'

path, record, *arguments = sys.argv[1:]

def open_memory(delay, **settings):
    return Memory(path, embedder=HashEmbedder(64), llm=Echo([], delay=delay), **settings)
"""


class Programs:
    """Starts scripts on one file, each in a process; keeps what their models were asked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "memory.db"
        self.record = folder / "asked.txt"
        self.record.touch()
        self.running: list[subprocess.Popen[str]] = []

    def start(self, script: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", PRELUDE + script, str(self.path), str(self.record)]
            + [str(argument) for argument in arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        )
        self.running.append(process)
        return process

    def asked(self) -> Counter[str]:
        return Counter(self.record.read_text().split("\n")[:-1])

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    started = Programs(tmp_path)
    yield started
    started.close()


def finish(process: subprocess.Popen[str]) -> str:
    printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors == ""
    return printed


ADDING = """
name, number, delay = arguments
Echo.finds = False
with open_memory(float(delay), durability="normal") as memory:
    for i in range(int(number)):
        memory.add(f"I like {name} {i}", user_id=f"user{i % 7}", async_mode=True)
    memory.flush()
"""


def test_two_programs_with_fifty_turns_each_extract_each_turn_once(programs: Programs) -> None:
    processes = [programs.start(ADDING, name, 50, 0.005) for name in ("tea", "rum")]
    for process in processes:
        finish(process)
    expected = [f"{name} {i}" for name in ("tea", "rum") for i in range(50)]
    assert programs.asked() == Counter(expected)
    with closing(SqliteStore(programs.path)) as store:
        assert reading(store).overview().messages == 100
        assert reading(store).overview().pending_turns == 0


PENDING = """
with open_memory(0.01) as memory:
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(memory.process_pending()["results"]))
"""


def test_two_programs_share_the_pending_turns(programs: Programs) -> None:
    with closing(SqliteStore(programs.path)) as store, store.write() as tx:
        options = {"categories": [], "created_at": START}
        for i in range(40):
            said = [Message("user", f"I like tea {i}")]
            tx.turns.open(Scope(user_id=f"user{i}"), said, options, START)
    processes = [programs.start(PENDING) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    shares = [int(finish(process)) for process in processes]
    assert sum(shares) == 40
    assert min(shares) > 0
    assert programs.asked() == Counter(f"tea {i}" for i in range(40))


def test_flush_waits_for_the_turn_that_another_program_extracts(
    programs: Programs, open_memory: OpenMemory
) -> None:
    process = programs.start(
        """
with open_memory(1.0) as memory:
    memory.add("I like tea", user_id="cam", async_mode=True)
    while not memory.store._open_writer().connection.execute("SELECT count(*) FROM claim").get:
        time.sleep(0.01)
    print("working", flush=True)
    memory.flush()
"""
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    memory = open_memory()
    with pytest.raises(FlushTimeoutError):
        memory.flush(timeout=0.1)
    assert memory.flush(PATIENCE) == {"failed": 0}
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]
    finish(process)


KILLED = """
memory = open_memory(0.01, async_mode=True, durability="normal")
first = int(arguments[0])
for i in range(first, first + 10):
    memory.add(f"I like tea {i}", agent_id="waiter", user_id=f"user{i}")
    print(i, flush=True)
memory.flush()
time.sleep(60)
"""
ROUNDS = 200 if NIGHTLY else 6


def test_repeated_kills_lose_and_double_nothing(
    programs: Programs, open_memory: OpenMemory
) -> None:
    """Killed while it adds, while it extracts, when it is done; whatever was said is remembered."""
    said: list[int] = []
    chance = random.Random(7)
    for number in range(ROUNDS):
        process = programs.start(KILLED, number * 10)
        assert process.stdout is not None
        wanted = chance.randint(1, 10)
        for _ in range(wanted):
            said.append(int(process.stdout.readline()))
        time.sleep(chance.random() * 0.2)
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout]
    # on a busy machine, one turn may be given up after five kills: process_pending tries it again
    finish(programs.start("m = open_memory(0, async_mode=True); m.flush(); m.process_pending()"))
    with closing(Memory(programs.path, embedder=HashEmbedder(64), llm=ScriptedLLM([]))) as memory:
        remembered = texts(memory.get_all(agent_id="waiter", top_k=1_000))
        assert reading(memory.store).overview().pending_turns == 0
    expected = {f"User likes tea {i}" for i in said}
    unreported = {text for text in remembered if text not in expected}
    assert Counter(remembered).most_common(1)[0][1] == 1
    assert expected <= set(remembered)
    assert len(unreported) <= ROUNDS, "a turn may be in the file that add could not report"
    with closing(apsw.Connection(str(programs.path))) as connection:
        assert connection.pragma("integrity_check") == "ok"
        assert connection.execute("SELECT count(*) FROM claim").get == 0


def test_the_turn_of_a_killed_program_is_free_at_once(
    programs: Programs, open_memory: OpenMemory
) -> None:
    process = programs.start(
        """
memory = open_memory(60)
print(memory.add("I like tea", user_id="cam", async_mode=True)["event_id"], flush=True)
time.sleep(60)
"""
    )
    assert process.stdout is not None
    event_id = process.stdout.readline().strip()
    memory = open_memory(["User likes tea"])
    while (memory.event(event_id) or {}).get("status") != "RUNNING":
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    while (memory.event(event_id) or {}).get("status") == "RUNNING":
        time.sleep(0.01)  # it is not waited for: it stays in the list of processes
    began = time.monotonic()
    assert texts(memory.process_pending()) == ["User likes tea"]
    assert time.monotonic() - began < 5
    event = memory.event(event_id)
    assert event is not None
    assert event["status"] == "SUCCEEDED"


@pytest.mark.parametrize("moment", [0, 0.2])
def test_a_program_may_end_while_the_worker_waits_for_the_model(
    programs: Programs, moment: float
) -> None:
    began = time.monotonic()
    printed = finish(
        programs.start(
            """
memory = open_memory(60)
print(memory.add("I like tea", user_id="cam", async_mode=True)["event_id"])
time.sleep(float(arguments[0]))
""",
            moment,
        )
    )
    assert time.monotonic() - began < 20
    with closing(
        Memory(programs.path, embedder=HashEmbedder(64), llm=ScriptedLLM([["User likes tea"]]))
    ) as memory:
        (turn,) = reading(memory.store).turns.pending()
        assert turn.event_id == printed.strip()
        assert texts(memory.process_pending()) == ["User likes tea"]


MAIN_THREAD_ENDS = """
import threading
from litemem.errors import LLMError

class Broken(Echo):
    def generate(self, prompt, text, *, schema, max_tokens):
        raise LLMError("broken")

def serve():
    threading.main_thread().join()
    memory = Memory(path, embedder=HashEmbedder(64), llm=Broken([]))
    event_id = memory.add("I like tea", user_id="cam", async_mode=True)["event_id"]
    memory.flush(60)
    print(memory.event(event_id)["status"])
    memory.close()

threading.Thread(target=serve).start()
"""


def test_failures_count_also_after_the_main_thread_has_ended(programs: Programs) -> None:
    assert finish(programs.start(MAIN_THREAD_ENDS)) == "FAILED\n"


DISK_IS_FULL = """
import resource, signal, threading
ended = []
threading.excepthook = ended.append
memory = open_memory(0)
memory.add("I like rum", user_id="ana", infer=False)
with memory.store.write() as tx:
    from litemem.core.types import Message
    from litemem.core.scope import Scope
    options = {"categories": [], "created_at": 1}
    tx.turns.open(Scope(user_id="cam"), [Message("user", "I like tea")], options, 1)
size = os.path.getsize(path + "-wal")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
memory._worker.start()
time.sleep(0.5)
print(len(ended))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
memory.flush(60)
print([row["memory"] for row in memory.get_all(user_id="cam")["results"]])
memory.close()
"""


def test_a_full_disk_is_waited_out(programs: Programs) -> None:
    assert finish(programs.start(DISK_IS_FULL)) == "0\n['User likes tea']\n"


FORKED = """
memory = open_memory(5)
memory.add("I like tea", user_id="cam", async_mode=True)
memory._worker._lock.acquire()  # as the worker may at that moment
child = os.fork()
if child == 0:
    sys.exit()
memory._worker._lock.release()
print(os.waitpid(child, 0)[1])
os._exit(0)
"""


def test_a_forked_child_ends_although_the_worker_held_locks(programs: Programs) -> None:
    assert finish(programs.start(FORKED)) == "0\n"


def test_a_turn_that_takes_its_program_down_five_times_is_given_up(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(["User likes tea"])
    with memory.store.write() as tx:
        options = {"categories": [], "created_at": START}
        said = [Message("user", "I like tea")]
        tx.turns.open(Scope(**CAM), said, options, START, event_id="event")
    for number in range(MAX_KILLS):
        assert status(memory, {"event_id": "event"}) == "PENDING"
        with memory.store.write() as tx:
            assert tx.turns.claim_next(Claimant(f"dead {number}", DEAD), TurnFilter()) is not None
    with memory.store.write() as tx:
        assert (
            tx.turns.claim_next(Claimant("mine", this_process()), TurnFilter(kills_below=MAX_KILLS))
            is None
        )
    event = memory.event("event")
    assert event is not None
    assert event["status"] == "FAILED"
    assert "the program ended" in event["error"]
    assert texts(memory.process_pending()) == ["User likes tea"]


ENDING = """
from litemem.models.llms import LlamaCppLLM
memory = Memory(path, embedder=HashEmbedder(64), llm=LlamaCppLLM("smollm2-135m", threads=1))
memory.add("I am Cam, and I like tea. " * 20, user_id="cam", async_mode=True)
time.sleep(float(arguments[0]))
print("leaving")
"""


@pytest.mark.model
@pytest.mark.usefixtures("tiny_llm")  # it is there
@pytest.mark.parametrize("moment", [0, 0.3, 1])
def test_a_program_may_end_while_the_real_model_is_loaded_or_works(
    programs: Programs, moment: float
) -> None:
    """And what it prints meanwhile is not lost: `llms` takes the redirection from llama_cpp."""
    assert finish(programs.start(ENDING, moment)) == "leaving\n"
    llm = ScriptedLLM([["User likes tea"]])
    with closing(Memory(programs.path, embedder=HashEmbedder(64), llm=llm)) as memory:
        memory.process_pending()
        assert reading(memory.store).overview().pending_turns == 0
        finished_in_time = not llm.calls
        assert finished_in_time or memory.get_all(**CAM)["results"]


@pytest.mark.model
@pytest.mark.usefixtures("tiny_llm")
@pytest.mark.parametrize("moment", [0.8, 1, 1.2, 1.5])
def test_a_long_answer_stops_with_the_program_and_its_turn_stays(
    programs: Programs, moment: float
) -> None:
    """Previously the program ended beside it after five seconds, and one in three crashed."""
    long = ENDING.replace("* 20", "* 150")
    assert finish(programs.start(long, moment)) == "leaving\n"
    with closing(SqliteStore(programs.path)) as store:
        assert reading(store).turns.waiting(TurnFilter(tries_below=1)) == 1


STOPPED = """
import atexit
from threading import Event, main_thread
from litemem.errors import LLMError
counting = Event()

class Stopped(Echo):
    def count_tokens(self, text):
        counting.set()
        while main_thread().is_alive():
            time.sleep(0.001)
        raise LLMError("the program ends")

memory = Memory(path, embedder=HashEmbedder(64), llm=Stopped([]))
memory.add("I like tea", user_id="cam", async_mode=True)
counting.wait()
atexit.register(time.sleep, 0.5)  # the model is stopped before the worker hears of the end
print("leaving")
"""


def test_a_model_that_the_end_stops_while_it_counts_is_no_failure_of_the_turn(
    programs: Programs,
) -> None:
    """Previously only an answer that was stopped was blamed on the end of the program."""
    assert finish(programs.start(STOPPED)) == "leaving\n"
    with closing(SqliteStore(programs.path)) as store:
        assert reading(store).turns.waiting(TurnFilter(tries_below=1)) == 1


@pytest.mark.model
def test_closing_waits_for_one_answer_of_the_real_model_at_most(
    tmp_path: Path, tiny_llm: LLM
) -> None:
    path = tmp_path / "memory.db"
    memory = Memory(path, embedder=HashEmbedder(64), llm=tiny_llm)
    added = [later(memory, "I am Cam, and I like tea.", user_id=f"{i}") for i in range(20)]
    while status(memory, added[0]) == "PENDING":
        time.sleep(0.01)
    memory.close()
    with closing(SqliteStore(path)) as store:
        assert reading(store).overview().pending_turns >= len(added) - 2
        assert not reading(store).turns.waiting(TurnFilter(tries_below=0)), "nobody is at any"
