"""Damage a real file in many ways and use it: every call is right, or raises an error of ours.

Run as a program it works through a range of seeds and prints a line of JSON for each; a crash or a
hang ends it at the seed that it announced last.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.core.scope import Scope
from litemem.core.types import Relation
from litemem.errors import LitememError, LLMError
from litemem.maintenance.backup import backup
from litemem.maintenance.integrity import salvage, verify
from litemem.store import Reading
from litemem.store.sqlite import settings
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.vector_index import VectorIndex
from litemem.testing import HashEmbedder, ScriptedLLM

PAGE = 8_192
SECONDS = 20  # that one damaged file may take; a sound one takes 0.1
MEMORIES = 300
USERS = ("cam", "bob", "dora")

Outcomes = dict[str, str]


def open_memory(path: Path) -> Memory:
    return Memory(path, embedder=HashEmbedder(16), llm=ScriptedLLM([]))


def make(path: Path, *, memories: int = MEMORIES) -> dict[str, tuple[str, str]]:
    """Write a file with everything in it; return (user, text) of each memory by its id."""
    with open_memory(path) as memory:
        for i in range(memories):
            text = f"likes drink number {i} " + "with ice " * (i % 7 == 0) * (i % 50) * 9
            user = USERS[i % 3]
            memory.add(text, infer=False, user_id=user, metadata={"n": i}, categories=["food"])
        for row in memory.get_all(user_id="dora", limit=9)["results"]:
            memory.update(row["id"], f"{row['memory']}, changed")
        for row in memory.get_all(user_id="bob", limit=9)["results"]:
            memory.delete(row["id"])
        with suppress(LLMError):  # there is no answer, so the turn waits
            memory.add("waits", user_id="cam")
        with memory.store.write() as tx:
            record = tx.memories.require(memory.get_all(user_id="cam")["results"][0]["id"])
            vectors = {name: bytes(64) for name in ("Cam", "tea")}
            tx.graph.relate(record, [Relation("Cam", "likes", "tea")], vectors)
        known = {
            row["id"]: (user, row["memory"])
            for user in USERS
            for row in memory.get_all(user_id=user, limit=MEMORIES)["results"]
        }
    with closing(connect(str(path))) as connection, connection:
        index = VectorIndex(connection)
        index._create()
        connection.execute(
            "INSERT INTO memory_vec (rowid, vector) SELECT pk, vector FROM embedding"
        )
        settings.put(connection, settings.INDEXED_TO, str(index._last()))
    with closing(connect(str(path))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return known


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 16))):
        at = chance.randrange(len(data))
        if chance.random() < 0.5:  # in the head of a page, where the structure is
            at = min(at - at % PAGE + chance.randrange(64), len(data) - 1)
        data[at] ^= 1 << chance.randrange(8)


def _scribble(data: bytearray, chance: random.Random) -> None:
    at, length = chance.randrange(len(data)), chance.choice((4, 100, PAGE))
    data[at : at + length] = chance.randbytes(len(data[at : at + length]))


def _zero_page(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) // PAGE) * PAGE
    data[at : at + PAGE] = bytes(PAGE)


def _swap_pages(data: bytearray, chance: random.Random) -> None:
    one, two = (chance.randrange(1, len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE], data[two : two + PAGE] = (
        data[two : two + PAGE], data[one : one + PAGE],
    )  # fmt: skip


def _cut(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at - at % PAGE if chance.random() < 0.5 else at :]


def _header(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(16, 100)] = chance.randrange(256)


def _word(data: bytearray, chance: random.Random) -> None:
    """Change one letter of what is stored, which no structure of SQLite's tells."""
    word = chance.choice((b"likes", b"drink", b'"n":', b"food", b"cam", b"number"))
    places = [i for i in range(len(data)) if data[i : i + len(word)] == word][:2_000]
    if places:
        data[chance.choice(places) + chance.randrange(len(word))] ^= 1 << chance.randrange(8)


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _flip, _flip, _scribble, _zero_page, _swap_pages, _cut, _header, _word,
)  # fmt: skip


def damage(sound: bytes, seed: int) -> tuple[str, bytes]:
    """Return how a file is damaged by this seed, and its bytes then."""
    chance = random.Random(seed)
    data = bytearray(sound)
    kind = DAMAGES[seed % len(DAMAGES)]
    kind(data, chance)
    return kind.__name__[1:], bytes(data)


def use(  # noqa: C901 - one table of calls and what they share
    path: Path, known: dict[str, tuple[str, str]]
) -> tuple[Outcomes, list[str]]:
    """Call everything; return how each call ended, and what was answered wrongly."""
    outcomes: Outcomes = {}
    wrong: list[str] = []

    def attempt(name: str, call: Callable[[], Any]) -> Any:
        try:
            result = call()
        except LitememError as error:
            outcomes[name] = type(error).__name__
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            outcomes[name] = f"!{type(error).__name__}: {error}"[:300]
        else:
            outcomes[name] = "ok"
            return result
        return None

    def check(name: str, user: str | None, row: dict[str, Any]) -> None:
        if row["id"] in known and known[row["id"]][1] != row["memory"]:
            wrong.append(f"{name}: {row['id']} says {row['memory'][:40]!r} of {row['user_id']!r}")
        if user is not None and row["user_id"] != user:
            wrong.append(f"{name}: a row of {row['user_id']!r} for {user!r}")

    attempt("verify", lambda: verify(path, full=True))
    attempt("backup", lambda: backup(path, path.with_name("copy.db")))
    attempt("salvage", lambda: salvage(path, path.with_name("saved.db")))
    memory = attempt("open", lambda: open_memory(path))
    if memory is None:
        return outcomes, wrong
    first = next(iter(known))

    def ask(question: Callable[[Reading], Any]) -> Any:
        with memory.store.read() as r:
            return question(r)

    calls: dict[str, Callable[[], Any]] = {
        **{f"get_all {u}": (lambda u=u: memory.get_all(user_id=u, limit=999)) for u in USERS},
        "filtered": lambda: memory.get_all(filters={"user_id": "cam", "n": {"gte": 3}}, limit=999),
        "search": lambda: memory.search("drink number 7", user_id="cam", threshold=0),
        "graph": lambda: memory.search("Cam tea", user_id="cam", enable_graph=True),
        "get": lambda: {"results": [row for i in known if (row := memory.get(i))]},
        "history": lambda: [memory.history(i) for i in list(known)[::20]],
        "sources": lambda: [ask(lambda r, i=i: r.messages.sources(i)) for i in list(known)[::20]],
        "messages": lambda: ask(lambda r: r.messages.last(Scope(user_id="cam"), limit=99)),
        "pending": lambda: ask(lambda r: r.turns.pending()),
        "event": lambda: memory.event("e"),
        "overview": lambda: ask(lambda r: (r.overview(), r.entities())),
        "quick": lambda: memory.verify(),
        "add": lambda: memory.add("likes tea", infer=False, user_id="cam"),
        "update": lambda: memory.update(first, "likes wine", metadata={"k": 1}),
        "delete": lambda: memory.delete(list(known)[5]),
        "preview": lambda: memory.cleanup(user_id="cam", duplicates=True, orphans=True, keep_last=9,
                                          history_older_than="0s", dry_run=True),
        "delete_all": lambda: memory.delete_all(user_id="bob"),
        "erase": lambda: memory.erase(user_id="dora"),
        "close": memory.close,
    }  # fmt: skip
    for name, call in calls.items():
        result = attempt(name, call)
        user = {"get_all": name.split(" ")[-1], "search": "cam", "filtered": "cam"}
        if isinstance(result, dict) and name.split(" ")[0] in (*user, "get"):
            for row in result["results"]:
                check(name, user.get(name.split(" ")[0]), row)
    return outcomes, wrong


def work(base: Path, first: int, count: int, seconds: float) -> None:
    """Use the file damaged by each of these seeds; say which, and how it went."""
    sound, known = base.read_bytes(), json.loads(base.with_suffix(".json").read_text())
    known = {key: tuple(value) for key, value in known.items()}
    end = time.monotonic() + seconds
    for seed in range(first, first + count):
        if time.monotonic() > end:
            return
        print(json.dumps({"seed": seed}), flush=True)
        kind, data = damage(sound, seed)
        with tempfile.TemporaryDirectory(dir=base.parent) as folder:
            path = Path(folder) / "memory.db"
            path.write_bytes(data)
            signal.alarm(SECONDS)  # ends the process, also inside SQLite
            outcomes, wrong = use(path, known)
            signal.alarm(0)
        print(json.dumps({"kind": kind, "outcomes": outcomes, "wrong": wrong}), flush=True)


def run(
    folder: Path, first: int, count: int, *, seconds: float = 10**9
) -> tuple[Counter[str], list[str]]:
    """Work through seeds in processes of their own; return what happened how often, and faults.

    No new file is begun when `seconds` are over.
    """
    base = folder / "base.db"
    if not base.exists():
        base.with_suffix(".json").write_text(json.dumps(make(base)))
    counts: Counter[str] = Counter()
    faults: list[str] = []
    last, end = first + count, time.monotonic() + seconds
    while first < last and time.monotonic() < end:
        left = end - time.monotonic()
        done = subprocess.run(
            [sys.executable, "-B", __file__, str(base), str(first), str(last - first), str(left)],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        seed = max((line["seed"] for line in lines if "seed" in line), default=first)
        if done.returncode:
            faults.append(f"seed {seed}: the process ended with {done.returncode} {done.stderr}")
        number = first
        for line in lines:
            number = line.get("seed", number)
            for name, outcome in line.get("outcomes", {}).items():
                counts[outcome.split(":")[0]] += 1
                if outcome.startswith("!"):
                    faults.append(f"seed {number} ({line['kind']}), {name}: {outcome[1:]}")
            faults += [f"seed {number} ({line['kind']}) {wrong}" for wrong in line.get("wrong", ())]
        counts["files"] += sum("kind" in line for line in lines)
        first = seed + 1
    return counts, faults


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
