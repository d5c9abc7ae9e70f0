"""Ctrl-C at each moment of a call: nothing stays locked, open or half done."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from helpers import OpenMemory, run_python
from litemem import Memory
from litemem.store.sqlite import connection, locks, store
from stress import fork_rounds

CAM = {"user_id": "cam"}
FILES = {module.__file__ for module in (connection, locks, store, contextlib, threading)}
# Python raises KeyboardInterrupt where a function begins, and where one that is written in C ends.
MOMENTS = ("call", "c_return")


class Interrupt:
    """Raises KeyboardInterrupt at one moment in the store, as Ctrl-C would."""

    def __init__(self, moment: int) -> None:
        self.moment = moment
        self.seen = 0
        self.place = ""

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event not in MOMENTS or frame.f_code.co_filename not in FILES:
            return
        self.seen += 1
        if self.seen == self.moment:
            self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}, {event}"
            sys.setprofile(None)
            raise KeyboardInterrupt


def interrupted(call: Callable[[], object]) -> Iterator[str]:
    """Interrupt a call at its first moment, at its second, and so on; yield each place."""
    for moment in range(1, 1_000):
        interrupt = Interrupt(moment)
        sys.setprofile(interrupt)
        try:
            call()
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        if not interrupt.place:
            assert moment > 20  # it is the store that was interrupted
            return
        yield interrupt.place


def add_in_thread(memory: Memory) -> bool:
    done: list[object] = []
    thread = threading.Thread(
        target=lambda: done.append(memory.add("likes rum", infer=False, **CAM)), daemon=True
    )
    thread.start()
    thread.join(30)
    return bool(done)


@pytest.mark.parametrize("name", ["add", "get_all"])
def test_ctrl_c_at_any_moment_leaves_the_memory_usable(open_memory: OpenMemory, name: str) -> None:
    """Previously other threads could hang, each further write fail, and each fork be refused."""
    memory = open_memory(durability="normal")
    memory.add("likes tea", infer=False, **CAM)
    memory.get_all(**CAM)
    calls = {
        "add": lambda: memory.add("likes gin", infer=False, **CAM),
        "get_all": lambda: memory.get_all(**CAM),
    }
    for place in interrupted(calls[name]):
        assert add_in_thread(memory), f"another thread hangs after Ctrl-C at {place}"
        assert memory.add("likes gin", infer=False, **CAM)["results"], place
        assert not locks.GATE._inside, f"forks are refused after Ctrl-C at {place}"
    assert memory.verify(full=True)["ok"]


@pytest.mark.posix
def test_a_program_that_was_interrupted_can_fork(open_memory: OpenMemory) -> None:
    memory = open_memory()
    for _ in interrupted(lambda: memory.get_all(**CAM)):
        pass
    fork_rounds.wait_for(fork_rounds.in_child(lambda: fork_rounds.work(memory.store.path, 1)))
    assert len(memory.get_all(user_id="u")["results"]) == 1


FORKS = """
import os, sys
from litemem import Memory
from litemem.store.sqlite import locks, store
from litemem.testing import HashEmbedder, ScriptedLLM
def opened(path):
    return Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]), durability="normal")
def raise_at(moment):
    seen = []
    def profile(frame, event, _):
        is_ours = frame.f_code.co_filename in (locks.__file__, store.__file__)
        if is_ours and event in ("call", "c_return"):
            seen.append(event)
            if len(seen) == moment:
                sys.setprofile(None)
                raise KeyboardInterrupt
    return profile
sys.unraisablehook = lambda _: None  # Python prints what a hook raises, and goes on
memory = opened(sys.argv[1])
in_memory = opened(":memory:")
moment = moments = 1
while moment <= moments:
    memory.add(f"before {moment}", user_id="cam", infer=False)
    sys.setprofile(raise_at(moment))
    child = os.fork()
    was_raised = sys.getprofile() is None
    sys.setprofile(None)
    if child == 0:
        own = opened(sys.argv[1])
        own.add(f"child {moment}", user_id="cam", infer=False)
        own.close()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("the child failed at", moment)
    in_memory.add(f"parent {moment}", user_id="cam", infer=False)
    moments += was_raised
    moment += 1
added = len(memory.get_all(user_id="cam", limit=1000)["results"])
print(moments > 20, added == 2 * moments, memory.verify(full=True)["ok"])
"""


@pytest.mark.posix
def test_ctrl_c_at_any_moment_of_a_fork_leaves_both_processes_usable(tmp_path: Path) -> None:
    """Previously the parent could hang for ever, and the child be refused without need."""
    assert run_python(FORKS, tmp_path / "memory.db") == "True True True\n"
