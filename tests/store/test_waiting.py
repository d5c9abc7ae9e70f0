"""Waiting for one's turn: threads in order, processes with equal chances, up to a timeout."""

import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from helpers import OpenMemory
from litemem.errors import StoreBusyError, ValidationError
from litemem.store.sqlite.locks import FairLock
from litemem.store.sqlite.store import SqliteStore
from stress import crowd

CAM = {"user_id": "cam"}


def test_threads_get_the_lock_in_the_order_in_which_they_asked() -> None:
    lock, got = FairLock(), []

    def take(number: int) -> None:
        with lock.held():
            got.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    with lock.held():
        for number, thread in enumerate(threads):
            thread.start()
            while len(lock._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert got == list(range(20))


def test_a_thread_that_takes_the_lock_again_and_again_lets_others_in() -> None:
    lock, stopped, all_run = FairLock(), threading.Event(), threading.Barrier(3)
    counts = [0, 0, 0]

    def take(number: int) -> None:
        all_run.wait()
        while not stopped.is_set():
            with lock.held():
                counts[number] += 1
                time.sleep(0.0002)  # a commit waits for the disk

    threads = [threading.Thread(target=take, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    while sum(counts) < 600:
        time.sleep(0.01)
    stopped.set()
    for thread in threads:
        thread.join()
    assert max(counts) <= 2 * min(counts)


def test_the_lock_may_be_taken_again_by_the_thread_that_has_it() -> None:
    lock = FairLock()
    with lock.held(), lock.held():
        assert lock._depth == 2
    with lock.held():
        assert lock._depth == 1


@pytest.mark.posix
def test_a_wait_that_ctrl_c_ends_leaves_the_queue() -> None:
    lock, taken, release = FairLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock.held():
            taken.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(10)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt), lock.held():
        pass
    signal.signal(signal.SIGINT, before)
    assert not lock._waiting
    release.set()
    holder.join()
    with lock.held():
        pass


@pytest.mark.parametrize("seconds", [0, 0.2])
def test_a_write_waits_as_long_as_the_timeout_says(
    open_memory: OpenMemory, tmp_path: Path, seconds: float
) -> None:
    memory = open_memory(busy_timeout=seconds)
    with closing(SqliteStore(tmp_path / "memory.db")) as other, other.write():
        started = time.monotonic()
        with pytest.raises(StoreBusyError, match="another program is using it"):
            memory.add("likes tea", infer=False, **CAM)
        assert seconds <= time.monotonic() - started < seconds + 3
    memory.add("likes tea", infer=False, **CAM)


@pytest.mark.parametrize("seconds", [None, -1, "5", True, float("nan"), float("inf")])
def test_a_timeout_has_to_be_seconds(open_memory: OpenMemory, seconds: object) -> None:
    with pytest.raises(ValidationError, match="busy_timeout"):
        open_memory(busy_timeout=seconds)


def test_programs_that_write_all_the_time_are_never_refused(tmp_path: Path) -> None:
    """Previously some of them waited until the timeout; `crowd.py` also measures the shares."""
    found = crowd.play("adds", processes=6, seconds=3, folder=tmp_path, is_fair_wanted=False)
    assert found == 0


def test_programs_that_make_every_kind_of_call_lose_nothing(tmp_path: Path) -> None:
    assert crowd.play("calls", processes=4, seconds=4, folder=tmp_path) == 0
