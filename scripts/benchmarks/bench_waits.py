"""Print how long another program's `add` waits while a long work is done on the same file.

    bench_waits.py [--memories 100000] [--dimensions 64] [--folder FOLDER] [WORK …]

Each work is done by a process of its own on a copy of the file, while another process adds one
memory after the other. "longest" and "second" are its longest waits, "adds" the number of its adds.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from filled import fill
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

EVERYONE = {"user_id": "*"}


def opened(path: Path, dimensions: int) -> Memory:
    embedder = HashEmbedder(dimensions)
    return Memory(path, embedder=embedder, llm=ScriptedLLM([]), durability="normal")


WORKS: dict[str, Callable[[Memory], object]] = {
    "nothing": lambda _: time.sleep(3),
    "erase a scope": lambda m: m.erase(user_id="user0"),
    "erase everything": lambda m: m.erase(filters=EVERYONE),
    "erase, dry run": lambda m: m.erase(filters=EVERYONE, dry_run=True),
    "vacuum": lambda m: m.cleanup(vacuum=True),
    "delete_all": lambda m: m.delete_all(filters=EVERYONE),
    "cleanup older": lambda m: m.cleanup(filters=EVERYONE, older_than="0s"),
    "cleanup duplicates": lambda m: m.cleanup(filters=EVERYONE, duplicates=True),
    "cleanup keep_last": lambda m: m.cleanup(filters=EVERYONE, keep_last=500),
    "cleanup messages": lambda m: m.cleanup(filters=EVERYONE, messages_older_than="0s"),
    "cleanup orphans": lambda m: m.cleanup(filters=EVERYONE, orphans=True),
    "cleanup, dry run": lambda m: m.cleanup(filters=EVERYONE, older_than="0s", dry_run=True),
    "reindex": lambda m: m.reindex(),
    "import": lambda m: m.import_file(f"{m.store.path}.jsonl"),
    "verify --full": lambda m: m.verify(full=True),
    "verify --fix": lambda m: m.store.repair(["indexes", "full text", "vector index"]),
    "reset": lambda m: m.reset(),
}


def add_all_the_time(path: Path, dimensions: int) -> None:
    """Add until standard input ends; print the waits and the number of adds."""
    waits = []
    with opened(path, dimensions) as memory:
        print("ready", flush=True)
        stop = path.with_name("stop")
        while not stop.exists():
            begun = time.perf_counter()
            memory.add("a memory of another program", user_id="other", infer=False)
            waits.append(time.perf_counter() - begun)
    print(json.dumps({"waits": sorted(waits)[-2:], "adds": len(waits)}))


def measure(source: Path, work: str, dimensions: int) -> None:
    with tempfile.TemporaryDirectory(dir=source.parent) as temporary:
        path = Path(temporary) / "memory.db"
        if work == "import":
            with opened(source, dimensions) as memory:
                memory.export_file(f"{path}.jsonl", vectors=True)
        else:
            shutil.copy(source, path)
        command = [sys.executable, __file__, "--adds", path, "--dimensions", str(dimensions)]
        adding = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert adding.stdout is not None
        adding.stdout.readline()
        with opened(path, dimensions) as memory:
            begun = time.perf_counter()
            WORKS[work](memory)
            seconds = time.perf_counter() - begun
        path.with_name("stop").touch()
        found = json.loads(adding.stdout.readline())
        adding.wait()
    second, longest = found["waits"]
    print(f"{work:20} {seconds:7.2f} s  longest {longest:5.2f}  second {second:5.2f}"
          f"  adds {found['adds']:,}", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="a file that is there is taken as it is")
    parser.add_argument("--adds", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("work", nargs="*", help=f"of: {', '.join(WORKS)}")
    given = parser.parse_args()
    if given.adds:
        add_all_the_time(given.adds, given.dimensions)
    else:
        folder = given.folder or Path(tempfile.mkdtemp())
        if not (folder / "memory.db").exists():
            fill(folder / "memory.db", given.memories, given.dimensions)
        for name in given.work or WORKS:
            measure(folder / "memory.db", name, given.dimensions)
