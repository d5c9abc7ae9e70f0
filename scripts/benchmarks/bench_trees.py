"""Compare the speed of several trees of litemem in one run: search, add, export and backup.

    bench_trees.py [--rounds 9] [--memories 2000] OLD NEW [TREE …]     folders of work trees

Each round starts one process a tree, in an order that turns; each number is a median over rounds,
and the ratio to the first tree, of which more than 1 is slower. Embedder and model are the fakes
of `litemem.testing`, so that the time is litemem's own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUERIES = 300
DURABLE = 100  # adds that each wait for the disk


def work(folder: Path, memories: int) -> dict[str, float]:
    """Return the milliseconds of each work in this process's litemem, a call or altogether."""
    from litemem import Memory
    from litemem.testing import HashEmbedder, ScriptedLLM

    taken: dict[str, float] = {}

    @contextmanager
    def timed(name: str, calls: int = 1) -> Iterator[None]:
        start = time.perf_counter()
        yield
        taken[name] = (time.perf_counter() - start) * 1_000 / calls

    parts: dict[str, Any] = {"embedder": HashEmbedder(384), "llm": ScriptedLLM([])}
    with Memory(folder / "fast.db", durability="normal", **parts) as memory:
        with timed("add, a call", memories):
            for i in range(memories):
                memory.add(
                    f"note {i} on topic {i % 97} of garden {i % 13}", user_id="u", infer=False
                )
        memory.search("topic 5", user_id="u")
        with timed("search, a call", QUERIES):
            for i in range(QUERIES):
                memory.search(f"topic {i % 97} in garden {i % 13}", user_id="u")
        for name in ("first export", "export"):
            with timed(name):
                export(memory, folder / f"{name}.jsonl")
        for name in ("first backup", "backup"):
            with timed(name):
                memory.backup(folder / f"{name}.db")
    with Memory(folder / "durable.db", **parts) as memory, timed("durable add, a call", DURABLE):
        for i in range(DURABLE):
            memory.add(f"note {i}", user_id="u", infer=False)
    return taken


def export(memory: Any, target: Path) -> None:
    """Export into a file, also with a tree of before `Memory.export_file`."""
    if hasattr(memory, "export_file"):
        memory.export_file(target)
    else:
        from litemem import export as module  # type: ignore[attr-defined]

        module.export_file(memory.store, target)


def run(tree: Path, memories: int) -> dict[str, float]:
    """Do the work in a process of its own, with the package of a tree."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--work", folder, "--memories", str(memories)]
        environment = os.environ | {"PYTHONPATH": str(tree)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{tree}: {done.stderr}")
    return {name: float(value) for name, value in json.loads(done.stdout).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--memories", type=int, default=2_000)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(given.work, given.memories)))
        return
    trees = [tree.resolve() for tree in given.trees]
    measured: list[list[dict[str, float]]] = [[] for _ in trees]
    for number in range(given.rounds):
        for place in range(len(trees)):
            each = (place + number) % len(trees)
            measured[each].append(run(trees[each], given.memories))
    for name in measured[0][0]:
        medians = [statistics.median(each[name] for each in rounds) for rounds in measured]
        told = "   ".join(f"{ms:9.3f} ms ({ms / medians[0]:.2f})" for ms in medians)
        print(f"{name:22}{told}")


if __name__ == "__main__":
    main()
