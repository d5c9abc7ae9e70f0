"""Many processes on one file: nobody is refused, nobody starves, nothing acknowledged is lost.

crowd.py adds [--processes N] [--seconds N]: each process adds all the time; prints the adds of the
    slowest and of the fastest process, and all errors.
crowd.py calls [--processes N] [--seconds N]: each process makes 13 kinds of calls in random order;
    afterwards every acknowledged memory that nobody removed is there, and the file is sound.

Ends with 1 after an error, a loss or damage, or if a process got less than a third of another.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import ClassVar

from litemem import Memory
from litemem.errors import LitememError, MemoryNotFoundError
from litemem.testing import HashEmbedder, ScriptedLLM

FAIREST = 3  # the fastest process makes at most this many times the adds of the slowest


def open_memory(path: str) -> Memory:
    return Memory(path, embedder=HashEmbedder(16), llm=ScriptedLLM([]))


def adds(path: str, number: int, until: float) -> dict[str, object]:
    """Add all the time; return how often, the longest wait, and the errors."""
    done, longest, errors = 0, 0.0, []
    with open_memory(path) as memory:
        while time.time() < until:
            started = time.monotonic()
            try:
                memory.add(f"{number} {done}", user_id=f"u{number}", infer=False)
                done += 1
            except LitememError as error:
                errors.append(repr(error))
            longest = max(longest, time.monotonic() - started)
    return {"done": done, "longest": longest, "errors": errors}


class Caller:
    """Makes calls of every kind on its own scope, and knows what has to be there."""

    WEIGHTS: ClassVar[dict[str, int]] = {
        "add": 40,
        "search": 10,
        "get": 10,
        "get_all": 5,
        "history": 5,
        "update": 10,
        "delete": 5,
        "delete_all": 1,
        "erase": 1,
        "cleanup": 1,
        "verify": 1,
        "process_pending": 1,
        "reopen": 2,
    }

    def __init__(self, path: str, number: int) -> None:
        self.chance = random.Random(number)
        self.scope = {"user_id": f"u{number}"}
        self.alive: dict[str, str] = {}
        self.texts = (f"{number} {i}" for i in count())
        self.path = path
        self.memory = open_memory(path)

    def call(self) -> str:
        """Make one call; return its name."""
        (name,) = self.chance.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))
        getattr(self, name)()
        return name

    def one(self) -> str:
        return self.chance.choice(sorted(self.alive)) if self.alive else "no such memory"

    def add(self) -> None:
        text = next(self.texts)
        (done,) = self.memory.add(text, infer=False, **self.scope)["results"]
        self.alive[done["id"]] = text

    def search(self) -> None:
        found = self.memory.search("changed", **self.scope)["results"]
        check({each["id"] for each in found} <= self.alive.keys(), "a foreign memory was found")

    def get(self) -> None:
        memory_id = self.one()
        found = self.memory.get(memory_id)
        check((found["memory"] if found else None) == self.alive.get(memory_id), "get")

    def get_all(self) -> None:
        found = self.memory.get_all(limit=10_000, **self.scope)["results"]
        check({each["id"]: each["memory"] for each in found} == self.alive, "get_all")

    def history(self) -> None:
        memory_id = self.one()
        check(bool(self.memory.history(memory_id)) == (memory_id in self.alive), "history")

    def update(self) -> None:
        memory_id, text = self.one(), f"changed {next(self.texts)}"
        with self.unless_missing():
            self.memory.update(memory_id, text)
            self.alive[memory_id] = text

    def delete(self) -> None:
        memory_id = self.one()
        with self.unless_missing():
            self.memory.delete(memory_id)
            del self.alive[memory_id]

    def erase(self) -> None:
        memory_id = self.one()
        with self.unless_missing():
            self.memory.erase(memory_id)
            del self.alive[memory_id]

    def delete_all(self) -> None:
        self.memory.delete_all(**self.scope)
        self.alive.clear()

    def cleanup(self) -> None:
        self.memory.cleanup(expired=True, **self.scope)

    def verify(self) -> None:
        check(self.memory.verify()["ok"], "verify")

    def process_pending(self) -> None:
        self.memory.process_pending()

    def reopen(self) -> None:
        self.memory.close()
        self.memory = open_memory(self.path)

    @contextmanager
    def unless_missing(self) -> Iterator[None]:
        try:
            yield
        except MemoryNotFoundError:
            check(not self.alive, "a memory is missing")


class WrongAnswerError(Exception):
    """A call returned what it must not."""


def check(is_right: bool, name: str) -> None:
    if not is_right:
        raise WrongAnswerError(name)


def calls(path: str, number: int, until: float) -> dict[str, object]:
    """Make calls of every kind; return the counts, the errors and which of its memories live."""
    caller = Caller(path, number)
    counts: Counter[str] = Counter()
    errors: list[str] = []
    while time.time() < until:
        try:
            counts[caller.call()] += 1
        except (LitememError, WrongAnswerError) as error:
            errors.append(repr(error))
    caller.memory.close()
    done = sum(counts.values())
    return {"done": done, "counts": counts, "errors": errors, "alive": caller.alive}


def run_one(
    kind: str, path: str, number: int, seconds: float, all_started: Barrier, result: str
) -> None:
    all_started.wait()
    found = {"adds": adds, "calls": calls}[kind](path, number, time.time() + seconds)
    Path(result).write_text(json.dumps(found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("adds", "calls"))
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return play(chosen.kind, chosen.processes, chosen.seconds, Path(folder))


def play(
    kind: str, processes: int, seconds: float, folder: Path, *, is_fair_wanted: bool = True
) -> int:
    path = str(folder / "memory.db")
    open_memory(path).close()
    start = multiprocessing.get_context("spawn")
    all_started = start.Barrier(processes)
    started = []
    for number in range(processes):
        result = str(folder / f"{number}.json")
        arguments = (kind, path, number, seconds, all_started, result)
        started.append(start.Process(target=run_one, args=arguments))
        started[-1].start()
    for process in started:
        process.join()
    found = [json.loads((folder / f"{number}.json").read_text()) for number in range(processes)]
    return report(kind, path, found, is_fair_wanted)


def report(kind: str, path: str, found: list[dict[str, object]], is_fair_wanted: bool) -> int:
    done = [each["done"] for each in found]
    errors = [error for each in found for error in each["errors"]]
    print(f"{sum(done)} calls by {len(done)} processes; slowest {min(done)}, fastest {max(done)}")
    print(f"{len(errors)} errors", *errors[:10], sep="\n  ")
    wrong = bool(errors)
    with open_memory(path) as memory:
        sound = memory.verify(full=True)["ok"]
        if kind == "adds":
            print(f"longest add {max(each['longest'] for each in found):.1f} s")
            if max(done) > FAIREST * min(done):
                print("unfair")
                wrong = wrong or is_fair_wanted
        else:
            print(dict(sum((Counter(each["counts"]) for each in found), Counter())))
            wanted = {key: text for each in found for key, text in each["alive"].items()}
            there = {key: (memory.get(key) or {}).get("memory") for key in wanted}
            lost = [key for key, text in wanted.items() if there[key] != text]
            print(f"{len(lost)} of {len(wanted)} acknowledged memories lost")
            wrong |= bool(lost)
    print("the file is", "sound" if sound else "damaged")
    return int(wrong or not sound)


if __name__ == "__main__":
    sys.exit(main())
