"""Print what searching costs in files of 1,000 memories to a million, its memory, and its threads.

    bench_search.py [--sizes 1000 10000 100000] [--folder FOLDER] [SECTION …]

All sections, or: scopes whole size together stream. A file of a million takes 4 GB and some
minutes; it is made only when it is asked for (`--sizes 1000 1000000`). Vectors are random and
looked up, so no time is a model's. A search's time is that of its thread, so that it says the same
on a busy machine; it is the whole search, from `Memory.search` with its filter to its results.
"""

import argparse
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import Any

import apsw
import numpy

from litemem import Memory
from litemem.core import clock
from litemem.core.protocols import EmbedderIdentity, Vector
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord
from peers.material import CHARACTERS, DIMENSIONS, SCOPE, question, text

SIZES = (1_000, 10_000, 100_000)
TOGETHER = 10  # memories of one scope in a row; then comes another's turn
ROUNDS = 60
TEXTS = 5_000  # different ones; each memory says one of them, and its number
IDENTITY = EmbedderIdentity("random", DIMENSIONS, "random")
SECONDS = 4  # of each measurement of many at once


class RandomEmbedder:
    """Looks a random vector up, which takes no time to speak of."""

    identity = IDENTITY

    def __init__(self) -> None:
        self._vectors = [array("f", each.tobytes()) for each in vectors(512, 1)]

    def embed_documents(self, texts: Any) -> list[Vector]:
        """Return a vector for each text."""
        return [self.embed_query(each) for each in texts]

    def embed_query(self, said: str) -> Vector:
        """Return a vector of length 1."""
        return self._vectors[len(said) * 31 % 512]

    def close(self) -> None:
        """Nothing is held."""


def vectors(count: int, seed: int) -> Any:
    found = numpy.random.default_rng(seed).standard_normal((count, DIMENSIONS), dtype="float32")
    return found / numpy.linalg.norm(found, axis=1, keepdims=True)


def scope(number: int, size: int) -> Scope:
    """Return the ids of a memory: every scope has 1,000, but half of the file is of one app."""
    group = number // TOGETHER % (size // SCOPE)
    app = f"p{group}" if group % 2 == 0 else "wide"
    return Scope(user_id=f"u{group}", agent_id=f"a{group}", app_id=app, run_id=f"r{group}")


def records(start: int, size: int, texts: list[str]) -> Iterator[MemoryRecord]:
    for number in range(start, start + SCOPE):
        content = f"{texts[number % TEXTS]} {number}"
        yield MemoryRecord(
            id=clock.new_id(),
            content=content,
            hash=md5(content.encode(), usedforsecurity=False).digest(),
            scope=scope(number, size),
            created_at=1_700_000_000_000_000 + number * 60_000_000,
            updated_at=1_700_000_000_000_000 + number * 60_000_000,
            role="user",
        )


def fill(path: Path, size: int) -> None:
    texts = [text(number) for number in range(TEXTS)]
    with opened(path, durability="normal") as memory:
        for start in range(0, size, SCOPE):
            found = list(records(start, size, texts))
            blobs = [each.tobytes() for each in vectors(SCOPE, start + 2)]
            with memory.store.write() as tx:
                tx.settings.bind_embedder(IDENTITY)
                tx.memories.insert(found, blobs, [[]] * SCOPE)


def opened(path: Path, **options: Any) -> Memory:
    return Memory(path, embedder=RandomEmbedder(), **options)


def median(work: Callable[[int], object], rounds: int = ROUNDS) -> float:
    times = []
    for i in range(rounds + 3):
        start = time.thread_time()  # what is read is in memory, so nothing else is waited for
        work(i)
        times.append((time.thread_time() - start) * 1000)
    return statistics.median(times[3:])


def kinds(group: int) -> dict[str, dict[str, str]]:
    """Return scopes of 1,000 memories, one of each kind."""
    ids = scope(group * TOGETHER, 10**9)
    even = {"user_id": ids.user_id, "agent_id": ids.agent_id, "run_id": ids.run_id}
    alone = {key[:-3]: {key: str(value)} for key, value in even.items()}
    both = {"user_id": str(ids.user_id), "run_id": str(ids.run_id)}
    return alone | {
        "app": {"app_id": f"p{group}"},
        "user and run": both,
        "user, agent and run": {key: str(value) for key, value in even.items()},
        "all four": {**{key: str(value) for key, value in even.items()}, "app_id": f"p{group}"},
    }


def search(memory: Memory, filters: Mapping[str, Any], i: int) -> None:
    memory.search(question(i), filters=filters, top_k=20)


def bench_scopes(paths: Mapping[int, Path]) -> None:
    print("search in a scope of 1,000 memories, p50 in ms (goal ≤ 3 in the file of 100,000):")
    for size, path in paths.items():
        with opened(path) as memory:
            for name, spent in scopes(memory, size):
                print(f"  file of {size:9,}, {name:24}: {spent:6.2f}")


def scopes(memory: Memory, size: int) -> Iterator[tuple[str, float]]:
    """Yield what kind of a scope is searched, and how long it takes."""

    def one(i: int, name: str) -> None:
        group = i * 14 % max(size // SCOPE, 1) // 2 * 2
        search(memory, kinds(group)[name], i)

    yield "user, each the first time", median(partial(one, name="user"))
    for name in kinds(0):
        yield name, median(partial(one, name=name))
    if size > SCOPE:  # half of the file is of this app, and a thousand of its are of the user
        yield (
            "app of half, and user",
            median(partial(search, memory, {"app_id": "wide", "user_id": "u1"})),
        )


def bench_whole(paths: Mapping[int, Path]) -> None:
    print("search over all in one scope, p50 in ms (goal ≤ 60 for 100,000):")
    for size, path in paths.items():
        with opened(path) as memory:
            for name, filters in (
                ("all", {"user_id": "*"}),
                ("half of them", {"app_id": "wide"}),
            ):
                spent = median(partial(search, memory, filters), 15)
                print(f"  file of {size:9,}, {name:12}: {spent:7.1f}, resident {resident():.0f} MB")


def bench_size(_: Mapping[int, Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "size.db"
        with opened(path, durability="normal") as memory:
            sizes = []
            for part in range(20):
                said = [text(part * SCOPE + i) for i in range(SCOPE)]
                messages = [{"role": "user", "content": each} for each in said]
                memory.add(messages, user_id=f"u{part}", infer=False)
            with memory.store.read() as r:
                sizes.append(r.overview().bytes)
            for part in range(10):
                memory.delete_all(user_id=f"u{part}")
            for part in range(10):
                said = [text((20 + part) * SCOPE + i) for i in range(SCOPE)]
                messages = [{"role": "user", "content": each} for each in said]
                memory.add(messages, user_id=f"v{part}", infer=False)
            with memory.store.read() as r:
                sizes.append(r.overview().bytes)
    print(
        f"file of 20,000 memories of {CHARACTERS} characters, with their messages: "
        f"{sizes[0] / 20_000:,.0f} bytes a memory (goal ≤ 4,000); after half of them "
        f"were deleted and as many added: {sizes[1] / sizes[0]:.2f} of that"
    )


def resident() -> float:
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in s)
    return int(line.split()[1]) / 1024


_STREAM = """
import sys, time
from litemem import Memory
start = time.perf_counter()
count = sum(1 for line in Memory(sys.argv[1], read_only=True).export(app_id="wide"))
peak = next(line for line in open("/proc/self/status") if "VmHWM" in line).split()[1]
seconds = time.perf_counter() - start
print(f"{count:,} in {seconds:.1f} s, at most {int(peak) / 1024:.0f} MB resident")
"""


def bench_stream(paths: Mapping[int, Path]) -> None:
    for path in paths.values():
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute("UPDATE memory SET app_id = 'wide' WHERE app_id IS NOT 'wide'")
        command = [sys.executable, "-c", _STREAM, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"export of a scope that holds all (goal: under 100 MB): {done.stdout.strip()}")


def _searches(path: str, barrier: Any, found: Any) -> None:
    with opened(Path(path)) as memory:
        search(memory, {"user_id": "u0"}, 0)
        barrier.wait()
        found.put(_count(memory, time.time() + SECONDS))


def _count(memory: Memory, until: float) -> int:
    count = 0
    while time.time() < until:
        search(memory, {"user_id": f"u{count % 10}"}, count)
        count += 1
    return count


def bench_together(paths: Mapping[int, Path]) -> None:
    size, path = max(paths.items(), key=lambda pair: pair[0] if pair[0] <= 100_000 else 0)
    print(f"searches a second in a file of {size:,}, while one adds without a pause:")
    for threads, processes in ((1, 0), (8, 0), (0, 1), (0, 2), (0, 4)):
        print(f"  {threads} threads, {processes} processes: ", end="", flush=True)
        print(_together(path, threads, processes))


def _together(path: Path, threads: int, processes: int) -> str:
    context = multiprocessing.get_context("spawn")
    found: Any = context.Queue()
    barrier = context.Barrier(processes + 1)
    counts: list[int] = []
    running = [
        context.Process(target=_searches, args=(str(path), barrier, found))
        for _ in range(processes)
    ]
    with opened(path) as memory:
        work = [
            threading.Thread(target=lambda: counts.append(_count(memory, until)))
            for _ in range(threads)
        ]
        for each in running:
            each.start()
        barrier.wait()
        until, added = time.time() + SECONDS, 0
        for each in work:
            each.start()
        while time.time() < until:
            memory.add(text(added), user_id="adding", infer=False)
            added += 1
        counts += [found.get() for _ in running]
        for each in (*running, *work):
            each.join()
        memory.delete_all(user_id="adding")
    return f"{sum(counts) / SECONDS:,.0f}, and {added / SECONDS:,.0f} adds"


SECTIONS = {
    "scopes": bench_scopes,
    "whole": bench_whole,
    "size": bench_size,
    "together": bench_together,
    "stream": bench_stream,  # the last: it makes all memories of one app
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--folder", type=Path, help="for the files; kept, and used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        paths = {size: folder / f"{size}.db" for size in arguments.sizes}
        for size, path in paths.items():
            if not path.exists():
                fill(path, size)
        for section in arguments.sections or SECTIONS:
            SECTIONS[section](paths)


if __name__ == "__main__":
    main()
