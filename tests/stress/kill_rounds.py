#!/usr/bin/env python3
"""Kill four writing processes at random moments, again and again; nothing acknowledged may be lost.

    tests/stress/kill_rounds.py [--rounds 200] [--seed 1] [--folder FOLDER]

Each process adds, adds many, says what no model reads, imports an archive, updates, supersedes,
deletes, deletes all, cleans up, erases and backs up, for a user of its own, and keeps a record
outside the file: what it is about to do, and that the call has returned. After each round the
file has to be sound, and to hold of each user exactly what was acknowledged, with or without the
one call that the kill interrupted.
Ends with 1 at the first that is not so.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.core import clock
from litemem.errors import LLMError
from litemem.maintenance.backup import backups
from litemem.maintenance.integrity import verify
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

WORKERS = 4
LONGEST = 0.6  # seconds from the first call of a round to the last kill
MANY = 20  # memories in a call, and in an archive
KEPT = 10  # the newest memories, by a cleanup
ALL = 10_000  # more than a user ever has here

# how often each is chosen, among 100
CALLS = {"add": 23, "say": 10, "add many": 11, "import": 6, "update": 16, "supersede": 6}
CALLS |= {"delete": 12, "delete_all": 1, "cleanup": 5, "erase": 4, "erase all": 1, "backup": 5}

Texts = tuple[str, ...]  # what a user's memories and messages say, sorted


def open_memory(path: Path) -> Memory:
    return Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([]))


# -- a worker: works until it is killed


def work(path: Path, record: Path, user: str, seed: int) -> None:
    """Do one call after the other, and write down each before and after."""
    chance = random.Random(seed)
    memory = open_memory(path)
    log = os.open(record, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    while True:
        rows = memory.get_all(user_id=user, limit=ALL)["results"]
        call, arguments = choose(chance, rows)
        os.write(log, f"{json.dumps([call, arguments])}\n".encode())
        perform(memory, path, user, call, arguments)
        os.write(log, b"done\n")


def choose(chance: random.Random, rows: list[dict[str, Any]]) -> tuple[str, list[Any]]:
    """Return a call and its arguments: first the texts that go with it, or come."""
    if len(rows) < 2:
        return "add", [text(chance)]
    (call,) = chance.choices(tuple(CALLS), CALLS.values())
    row, other = chance.sample(rows, 2)
    chosen: dict[str, list[Any]] = {
        "add": [text(chance)],
        "say": [text(chance)],
        "add many": [text(chance) for _ in range(MANY)],
        "import": [text(chance) for _ in range(MANY)],
        "update": [row["memory"], text(chance), row["id"]],
        "supersede": [row["memory"], row["id"], other["id"]],
        "delete": [row["memory"], row["id"]],
        "erase": [row["memory"], row["id"]],
        "cleanup": [each["memory"] for each in rows[KEPT:]],  # they are the oldest
    }
    return call, chosen.get(call, [])


def perform(memory: Memory, path: Path, user: str, call: str, arguments: list[Any]) -> None:
    calls: dict[str, Callable[[], object]] = {
        "add": lambda: add(memory, user, arguments),
        "say": lambda: say(memory, user, arguments[0]),
        "add many": lambda: add(memory, user, arguments),
        "import": lambda: take_in(memory, path.with_name(f"{user}.jsonl"), user, arguments),
        "update": lambda: memory.update(arguments[2], arguments[1]),
        "supersede": lambda: supersede(memory, *arguments[1:]),
        "delete": lambda: memory.delete(arguments[1]),
        "delete_all": lambda: memory.delete_all(user_id=user),
        "cleanup": lambda: memory.cleanup(
            user_id=user, keep_last=KEPT, messages_older_than="0s", orphans=True
        ),
        "erase": lambda: memory.erase(arguments[1]),
        "erase all": lambda: memory.erase(user_id=user),
        "backup": lambda: memory.backup(path.parent / "backups", keep=3),
    }
    calls[call]()


def add(memory: Memory, user: str, texts: Sequence[str]) -> None:
    said = [{"role": "user", "content": each} for each in texts]
    memory.add(said, user_id=user, infer=False)


def say(memory: Memory, user: str, text: str) -> None:
    """Log a turn that no model reads: it stays pending, and its message is found."""
    with suppress(LLMError):
        memory.add(text, user_id=user)


def take_in(memory: Memory, archive: Path, user: str, texts: Sequence[str]) -> None:
    """Import an archive of these texts."""
    with open_memory(Path(":memory:")) as elsewhere:
        add(elsewhere, user, texts)
        elsewhere.export_file(archive, force=True)
    memory.import_file(archive)


def supersede(memory: Memory, old_id: str, new_id: str) -> None:
    """Supersede one memory with another, as `add` does when they contradict."""
    with memory.store.write() as tx:
        tx.known.supersede(tx.memories.require(old_id), new_id, clock.now())


def text(chance: random.Random) -> str:
    return " ".join("".join(chance.choices("abcdefgh", k=5)) for _ in range(6))


# -- the parent: kills, and compares


def after(texts: Texts, call: str, arguments: list[Any]) -> Texts:
    """Return what a user has when a call is done."""
    held = list(texts)
    if call in ("add", "say", "add many", "import"):
        held += arguments
    elif call == "update":
        held[held.index(arguments[0])] = arguments[1]
    elif call in ("supersede", "delete", "erase"):
        held.remove(arguments[0])
    elif call == "cleanup":
        for gone in arguments:
            held.remove(gone)
    elif call in ("delete_all", "erase all"):
        held = []
    return tuple(sorted(held))


def expected(texts: Texts, record: Path, calls: Counter[str]) -> tuple[Texts, Texts]:
    """Return what a user may have: without the interrupted call, and with it."""
    lines = record.read_text("utf-8").split("\n")[:-1] if record.exists() else []
    begun = None
    for line in lines:
        if line == "done":
            assert begun is not None, "a record says done before it says what"
            texts = after(texts, *begun)
            calls[begun[0]] += 1
            begun = None
        else:
            begun = json.loads(line)
    return texts, texts if begun is None else after(texts, *begun)


def one_round(path: Path, chance: random.Random, records: list[Path]) -> None:
    """Let the workers work, and kill each at a moment of its own."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-B", __file__, "--worker", path, record, f"user{i}", str(seed)]
        )
        for i, record in enumerate(records)
        if (seed := chance.getrandbits(32)) is not None
    ]
    try:
        while not all(record.exists() for record in records):
            assert all(worker.poll() is None for worker in workers), "a worker ended early"
            time.sleep(0.01)
        for moment, worker in moments(workers, chance):
            time.sleep(moment)
            assert worker.poll() is None, "a worker ended early"
            worker.send_signal(signal.SIGKILL)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def moments(workers: list[Any], chance: random.Random) -> Iterator[tuple[float, Any]]:
    passed = 0.0
    order = chance.sample(workers, len(workers))
    for at, worker in zip(sorted(chance.uniform(0, LONGEST) for _ in order), order, strict=True):
        yield at - passed, worker
        passed = at


def check_file(path: Path) -> None:
    SqliteStore(path).close()
    wrong = [finding for finding in verify(path, full=True) if finding.problems]
    assert not wrong, f"{path}: {wrong}"


def texts_of(memory: Memory, user: str) -> Texts:
    found = memory.get_all(user_id=user, limit=ALL, include_messages=True)["results"]
    return tuple(sorted(each["memory"] for each in found))


def run(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    path, store = folder / "memory.db", folder / "backups"
    store.mkdir()
    held: dict[str, Texts] = {f"user{i}": () for i in range(WORKERS)}
    totals: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for number in range(rounds):
        records = [folder / f"{number}-{user}.jsonl" for user in held]
        one_round(path, chance, records)
        check_file(path)
        with open_memory(path) as memory:
            for user, record in zip(held, records, strict=True):
                without, through = expected(held[user], record, calls)
                found = texts_of(memory, user)
                assert found in (without, through), f"round {number}, {user}: {record}"
                totals["interrupted, done"] += found == through != without
                totals["interrupted, not begun"] += found == without != through
                held[user] = found
        for made in backups(store, "memory"):
            check_file(made)
            totals["backups checked"] += 1
        for left in store.glob(".*.part"):
            shutil.rmtree(left)
            totals["halves of backups removed"] += 1
        totals["kills"] += len(records)
        for record in records:
            record.unlink()
    print(f"{rounds} rounds, seed {seed}: nothing acknowledged was lost, nothing was half there")
    print(f"acknowledged: {sum(calls.values())} calls, {dict(calls.most_common())}")
    print(f"others: {dict(totals.most_common())}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="an empty one; by default one that is removed")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        file, log, owner, number = given.worker
        work(Path(file), Path(log), owner, int(number))
    elif given.folder:
        run(given.folder, given.rounds, given.seed)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            run(Path(temporary), given.rounds, given.seed)
