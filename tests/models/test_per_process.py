"""What a forked child makes again: values, and locks that another thread of the parent held."""

import threading

import pytest

from helpers import run_python
from litemem.models.runtimes import PerProcess

pytestmark = pytest.mark.posix


def test_the_value_of_a_process_is_made_once() -> None:
    values = PerProcess(list[int])
    values.here.append(1)
    assert values.here == [1]


def test_all_threads_get_the_same_value() -> None:
    barrier = threading.Barrier(8)
    values = PerProcess(threading.Lock)
    found = []

    def read() -> None:
        barrier.wait()
        found.append(values.here)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


def test_a_forked_child_makes_its_own_value() -> None:
    script = """
import os, threading
from litemem.models.runtimes import PerProcess
lock = PerProcess(threading.Lock)
lock.here.acquire()
if os.fork() == 0:
    os._exit(0 if lock.here.acquire(timeout=10) else 1)
print(os.wait()[1])
"""
    assert run_python(script) == "0\n"
