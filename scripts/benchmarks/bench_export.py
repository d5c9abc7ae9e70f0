#!/usr/bin/env python3
"""Print what export and import cost: memories a second, bytes, peak of resident memory.

    bench_export.py [--memories 100000] [--dimensions 384] [--folder FOLDER]

Each work runs in a process of its own, whose peak of resident memory is printed. "A second of
processor" is what counts on a machine that has other things to do. A memory has 16
words, a vector, and a user of 1,000 memories; every tenth has metadata. The second export of what
was imported has to be the first to the byte.
"""

import argparse
import filecmp
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from filled import fill
from litemem.store import SqliteStore
from litemem.testing import HashEmbedder
from litemem.transfer.export import export_file
from litemem.transfer.importer import import_file

MEGABYTE = 1_000_000


def timed(label: str, memories: int, work: Callable[[], object]) -> None:
    start, used = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / MEGABYTE
    rate = f"{memories / seconds:,.0f} memories/s, {memories / used:,.0f} a second of processor"
    print(f"{label}: {seconds:.2f} s, {rate}, peak {peak:.0f} MB", flush=True)


def run(part: str, folder: Path, memories: int, dimensions: int) -> None:
    """Do one part of the work, in a process of its own."""
    made = folder / "memory.db"
    if part == "make":
        fill(made, memories, dimensions, tagged=True)
    elif part.startswith("export"):
        vectors = part.endswith("vectors")
        target = folder / f"{part}.jsonl"
        with closing(SqliteStore(made)) as store:
            timed(part, memories, lambda: export_file(store, target, vectors=vectors, force=True))
        print(f"{part}: {target.stat().st_size / MEGABYTE:,.0f} MB")
    elif part.startswith("import"):
        source = folder / f"{part.replace('import', 'export')}.jsonl"
        copy = folder / f"{part}.db"
        with closing(SqliteStore(copy)) as store:
            embedder = HashEmbedder(dimensions)
            timed(part, memories, lambda: import_file(store, embedder, source))
            again = folder / "again.jsonl"
            export_file(store, again, vectors=part.endswith("vectors"), force=True)
        print(f"{part}: the second export is {same(source, again)}")
        copy.unlink()


def same(one: Path, other: Path) -> str:
    return "the same" if filecmp.cmp(one, other, shallow=False) else "another"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--part")
    given = parser.parse_args()
    if given.part:
        return run(given.part, given.folder, given.memories, given.dimensions)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for part in ("make", "export", "export-vectors", "import-vectors"):
            options = ["--memories", str(given.memories), "--dimensions", str(given.dimensions)]
            command = [sys.executable, __file__, "--part", part, "--folder", folder, *options]
            subprocess.run(command, check=True)
    return None


if __name__ == "__main__":
    main()
