"""Programs that fork while they use a memory: what was acknowledged is there, and nobody hangs.

fork_rounds.py [--rounds N] [--seed N]: plays N rounds of the scenarios in random order, each in a
process of its own on a new file, and prints what was lost, hung or damaged; ends with 1 then.
"""

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from litemem import Memory
from litemem.errors import StoreError
from litemem.testing import HashEmbedder, ScriptedLLM

SECONDS = 60  # a scenario takes about one; what takes this long hangs
SCOPE = {"user_id": "u"}


def open_memory(path: str) -> Memory:
    return Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]))


def add(memory: Memory, path: str, count: int) -> None:
    """Add `count` memories and note the id of each one that was acknowledged."""
    log = os.open(f"{path}.acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in range(count):
        text = f"{os.getpid()} {threading.get_ident()} {number} {time.monotonic_ns()}"
        done = memory.add(text, infer=False, **SCOPE)
        os.write(log, f"{done['results'][0]['id']}\n".encode())
    os.close(log)


def work(path: str, count: int = 10) -> int:
    with open_memory(path) as memory:
        add(memory, path, count)
    return count


def in_child(job: Callable[[], object]) -> int:
    """Fork; run a job in the child, which ends with 1 if it fails."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        job()
        status = 0
    finally:
        os._exit(status)


def wait_for(*children: int) -> None:
    for child in children:
        _, status = os.waitpid(child, 0)
        assert status == 0, f"a child ended with {status}"


def parent_closes_first(path: str) -> None:
    memory = open_memory(path)
    add(memory, path, 2)
    reading, writing = os.pipe()

    def child() -> None:
        own = open_memory(path)
        add(own, path, 5)
        os.read(reading, 1)  # the parent has closed
        add(own, path, 50)
        own.close()

    pid = in_child(child)
    add(memory, path, 5)
    memory.close()
    os.write(writing, b"x")
    wait_for(pid)


def parent_goes_on(path: str) -> None:
    with open_memory(path) as memory:
        add(memory, path, 1)
        children = [in_child(lambda: work(path)) for _ in range(3)]
        add(memory, path, 10)
        wait_for(*children)
        add(memory, path, 1)


def parent_exits(path: str) -> None:
    memory = open_memory(path)
    add(memory, path, 3)

    def middle() -> None:
        own = open_memory(path)
        add(own, path, 3)
        reading, writing = os.pipe()
        in_child(lambda: (os.close(writing), os.read(reading, 1), work(path)))
        # ends without closing, while its child goes on

    wait_for(in_child(middle))
    add(memory, path, 10)
    memory.close()
    time.sleep(0.3)


def workers(path: str) -> None:
    context = multiprocessing.get_context("fork")
    memory = open_memory(path)
    add(memory, path, 1)
    processes = [context.Process(target=work, args=(path,)) for _ in range(3)]
    for process in processes:
        process.start()
    add(memory, path, 10)
    other = subprocess.Popen([sys.executable, __file__, "--scenario", "alone", "--path", path])
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert other.wait() == 0
    memory.close()


def alone(path: str) -> None:
    work(path)


def pool(path: str) -> None:
    with open_memory(path) as memory, multiprocessing.get_context("fork").Pool(4) as workers_:
        add(memory, path, 3)
        assert workers_.map(work, [path] * 6) == [10] * 6
        add(memory, path, 3)


def forkserver(path: str) -> None:
    with open_memory(path) as memory, multiprocessing.get_context("forkserver").Pool(2) as workers_:
        add(memory, path, 3)
        assert workers_.map(work, [path] * 3) == [10] * 3


def pre_fork(path: str) -> None:
    """As gunicorn with a preloaded application does: one memory, opened before all forks."""
    memory = open_memory(path)
    add(memory, path, 2)

    def serve() -> None:
        with pytest.raises(StoreError, match="fork"):
            memory.add("inherited", infer=False, **SCOPE)
        work(path)

    wait_for(*[in_child(serve) for _ in range(3)])
    add(memory, path, 2)
    memory.close()


def threads_write(path: str) -> None:
    memory = open_memory(path)
    stopping = threading.Event()

    def write() -> None:
        while not stopping.is_set():
            add(memory, path, 1)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        wait_for(in_child(lambda: work(path, 5)))
    stopping.set()
    for thread in threads:
        thread.join()
    memory.close()


def in_a_transaction(path: str) -> None:
    """A child that is forked inside a transaction refuses for good; the parent loses nothing."""
    memory = open_memory(path)
    add(memory, path, 1)

    def child() -> None:
        for _ in range(2):
            with pytest.raises(StoreError, match="forked while"):
                work(path)

    with memory.store.write():
        pid = in_child(child)
    wait_for(pid)
    add(memory, path, 3)
    memory.close()


SCENARIOS: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        parent_closes_first,
        parent_goes_on,
        parent_exits,
        workers,
        pool,
        forkserver,
        pre_fork,
        threads_write,
        in_a_transaction,
        alone,
    )
}


def play(scenario: str, folder: Path) -> str:
    """Play a scenario on a new file in `folder`; return what went wrong, or an empty text."""
    path = folder / "memory.db"
    command = [sys.executable, __file__, "--scenario", scenario, "--path", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "it hung"
    if done.returncode:
        return done.stderr
    acknowledged = set(Path(f"{path}.acknowledged").read_text().split())
    with open_memory(str(path)) as memory:
        found = memory.get_all(limit=100_000, **SCOPE)["results"]
        there = {each["id"] for each in found}
        if lost := acknowledged - there:
            return f"{len(lost)} of {len(acknowledged)} acknowledged memories were lost"
        report = memory.verify(full=True)
    return "" if report["ok"] else str(report)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=SCENARIOS)
    parser.add_argument("--path")
    chosen = parser.parse_args()
    if chosen.scenario:
        SCENARIOS[chosen.scenario](chosen.path)
        return 0
    numbers = random.Random(chosen.seed)
    wrong = 0
    for number in range(chosen.rounds):
        scenario = numbers.choice(sorted(SCENARIOS))
        with tempfile.TemporaryDirectory() as folder:
            problem = play(scenario, Path(folder))
        if problem:
            wrong += 1
            print(f"round {number}, {scenario}: {problem}", flush=True)
    print(f"{chosen.rounds} rounds, {wrong} of them wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
