"""A `Memory` in a forked child: it refuses before it waits for a lock, and the child can end."""

from pathlib import Path

import pytest

from helpers import run_python

pytestmark = pytest.mark.posix

# Every lock is held by another thread of the parent, which does not exist in the child.
PRELUDE = """
import asyncio, os, signal, sys, threading
from litemem import AsyncMemory, Memory
from litemem.errors import LitememError, StoreError
from litemem.testing import ScriptedLLM

path = sys.argv[1]
OURS = ("litemem", "builtins", "_thread", "threading")

def locks_of(value, seen):
    module = type(value).__module__
    if id(value) in seen or module.split(".")[0] not in OURS or module.startswith("litemem.store"):
        return  # before a fork the store closes its connections, which takes its own locks
    seen.add(id(value))
    if hasattr(value, "acquire"):
        yield value
    parts = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    for inner in parts.values():
        yield from locks_of(inner, seen)

def hold(owner, *more):
    ready = threading.Event()
    def run():
        for lock in list(locks_of(owner, set())):
            lock.acquire(blocking=False)
        for lock in more:
            lock.acquire()
        ready.set()
        threading.Event().wait(60)
    threading.Thread(target=run, daemon=True).start()
    if not ready.wait(20):
        os._exit(9)

def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        sys.exit(work())  # with what atexit does
    return os.waitpid(child, 0)[1]
"""

CALLS = [
    "memory.add('tea', user_id='u', infer=False)",
    "memory.add('I like tea', user_id='u')",
    "memory.add('I like tea', user_id='u', async_mode=True)",
    "memory.search('tea', user_id='u')",
    "memory.search('tea', user_id='u', enable_graph=True)",
    "memory.get('x')",
    "memory.get_all(user_id='u')",
    "memory.update('x', 'rum')",
    "memory.delete('x')",
    "memory.delete_all(user_id='u')",
    "memory.history('x')",
    "memory.process_pending()",
    "memory.event('x')",
    "memory.flush(1)",
    "memory.erase('x')",
    "memory.cleanup(user_id='u', expired=True)",
    "memory.cleanup(vacuum=True)",
    "memory.reset()",
    "memory.verify()",
    "memory.verify(full=True)",
    "memory.backup(path + '.copy')",
    "memory.reindex()",
    "memory.reindex('hash:16')",
    "list(memory.export())",
    "memory.export_file(path + '.jsonl')",
    "memory.import_file(path + '.none')",
]


@pytest.mark.slow  # a fork for each call
@pytest.mark.parametrize("place", ["file", "memory"])
def test_every_call_in_a_child_is_refused_before_a_lock(tmp_path: Path, place: str) -> None:
    script = f"""{PRELUDE}
from litemem.store.sqlite import locks, store
locks.FORK_SECONDS = store.FORK_SECONDS = 0.1  # each fork waits as long for the held locks
memory = Memory(path if {place == "file"} else ":memory:", embedder="hash")
memory.add("tea", user_id="u", infer=False)
hold(memory, memory.store._write_lock)
def work(call):
    try:
        exec(call)
    except StoreError as error:
        return 0 if "fork" in str(error) else 2
    return 3
print([call for call in {CALLS} if in_child(lambda: work(call))], flush=True)
os._exit(0)  # closing waits for the held locks
"""
    assert run_python(script, tmp_path / "memory.db") == "[]\n"


def test_a_child_closes_nothing_and_ends(tmp_path: Path) -> None:
    script = f"""{PRELUDE}
memory = Memory(path, embedder="hash", llm="smollm2-135m", async_mode=True)
hold(memory)
print(in_child(memory.close), flush=True)
os._exit(0)
"""
    assert run_python(script, tmp_path / "memory.db") == "0\n"


@pytest.mark.parametrize(
    "call", ["add('I like tea', user_id='u')", "flush()", "search('x', user_id='u')"]
)
def test_an_asynchronous_call_in_a_child_is_refused_before_a_lock(
    tmp_path: Path, call: str
) -> None:
    script = f"""{PRELUDE}
memory = AsyncMemory(path, embedder="hash", llm=ScriptedLLM([]))
try:
    asyncio.run(memory.add("I like tea", user_id="u"))  # its thread has begun
except LitememError:
    pass
hold(memory.sync)
hold(memory)
for threads in memory._threads.here.values():
    hold(threads)
def work():
    try:
        asyncio.run(memory.{call})
    except StoreError as error:
        return 0 if "fork" in str(error) else 2
    return 3
print(in_child(work), flush=True)
os._exit(0)
"""
    assert run_python(script, tmp_path / "memory.db") == "0\n"
