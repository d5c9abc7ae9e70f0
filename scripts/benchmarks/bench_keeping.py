#!/usr/bin/env python3
"""Print what keeping a file costs: backup against a plain copy, verify, restore, salvage, erase.

    bench_keeping.py [--memories 100000] [--dimensions 384] [--folder FOLDER]

Each work runs in a process of its own, whose peak of resident memory is printed. The plain copy is
`shutil.copyfile` and a sync, just before and after the backup; the file is in the system's cache.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from filled import fill
from litemem import Memory
from litemem.maintenance.backup import backup, restore
from litemem.maintenance.integrity import is_sound, salvage, verify
from litemem.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

COPIES = 3  # of each kind; the fastest counts
MEGABYTE = 1_000_000


def plain_copy(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)
    with target.open("r+b") as file:
        os.fsync(file.fileno())


def copies(path: Path) -> None:
    size = path.stat().st_size / MEGABYTE
    target = path.with_name("copy.db")
    plain, ours = [], []
    with closing(SqliteStore(path)) as store:
        for _ in range(COPIES):
            for work, seconds in ((plain_copy, plain), (backup, ours)):
                target.unlink(missing_ok=True)
                start = time.perf_counter()
                work(store if work is backup else path, target)
                seconds.append(time.perf_counter() - start)
    print(f"file: {size:,.0f} MB")
    print(f"plain copy: {min(plain):.2f} s, {size / min(plain):,.0f} MB/s")
    print(f"backup: {min(ours):.2f} s, {size / min(ours):,.0f} MB/s, {peak()}")
    print(f"backup against plain copy: {min(plain) / min(ours):.2f}")


def check(path: Path, full: bool) -> None:
    start = time.perf_counter()
    assert is_sound(verify(path, full=full))
    print(f"verify{' --full' if full else ''}: {time.perf_counter() - start:.2f} s, {peak()}")


def put_back(path: Path) -> None:
    start = time.perf_counter()
    restore(path.with_name("copy.db"), path.with_name("restored.db"))
    print(f"restore: {time.perf_counter() - start:.2f} s, {peak()}")


def rescue(path: Path) -> None:
    start = time.perf_counter()
    done = salvage(path, path.with_name("saved.db"))
    number = done.saved["memory"]
    print(f"salvage: {time.perf_counter() - start:.2f} s, {number:,} memories, {peak()}")


def forget(path: Path) -> None:
    """Erase one user of the copy, which rewrites the whole file."""
    copy = path.with_name("copy.db")
    with closing(SqliteStore(copy)) as store, store.read() as r:
        identity = r.settings.embedder()
    assert identity is not None
    embedder = HashEmbedder(identity.dimensions)
    with Memory(copy, embedder=embedder, llm=ScriptedLLM([])) as memory:
        start = time.perf_counter()
        done = memory.erase(user_id="user0")
    assert done["gone"], done["advice"]
    number = done["erased"]["memories"]
    print(f"erase: {time.perf_counter() - start:.2f} s, {number:,} memories, {peak()}")


def peak() -> str:
    return f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"


WORKS = {
    "copies": copies,
    "verify": lambda path: check(path, full=False),
    "full": lambda path: check(path, full=True),
    "restore": put_back,
    "salvage": rescue,
    "erase": forget,
}


def run(folder: Path, memories: int, dimensions: int) -> None:
    path = folder / "memory.db"
    if not path.exists():
        fill(path, memories, dimensions)
    print(f"{memories:,} memories of {dimensions} dimensions")
    for work in WORKS:
        subprocess.run([sys.executable, __file__, "--work", work, "--folder", folder], check=True)
        for made in ("restored.db", "saved.db"):
            (folder / made).unlink(missing_ok=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--folder", type=Path, help="a file that is there is taken as it is")
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        WORKS[given.work](given.folder / "memory.db")
    elif given.folder:
        run(given.folder, given.memories, given.dimensions)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            run(Path(temporary), given.memories, given.dimensions)
