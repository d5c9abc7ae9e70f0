"""Print what messages cost: bytes in the file, time of an add, and time of a search.

    bench_messages.py [--memories 100000] [--embedder hash] [--conversations locomo10.json]

A file of many users, each with 1,000 memories and as many messages of 20 words, or with the turns
of conversations in the format of LoCoMo, and its questions. One user is searched, with and without
messages; ratios within one run count, because machines differ. Without conversations the words are
made up: a third of all are one word, and each has digits, which cost more than plain words do.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.core.types import Message
from litemem.models.indexing import index_messages
from litemem.testing import ScriptedLLM

SCOPE = 1_000  # memories of a user, and messages
WORDS = 20  # of a message
QUERIES = 100
PAIRS = 30


class Silent(ScriptedLLM):
    """A language model that finds no facts, at once."""

    def generate(self, *_args: Any, **_options: Any) -> str:
        return '{"facts": []}'


class Texts:
    """What is said and asked: turns and questions of conversations, or words that are made up."""

    def __init__(self, chance: random.Random, conversations: Path | None) -> None:
        self._chance = chance
        self._turns: list[str] = []
        self._questions: list[str] = []
        samples = json.loads(conversations.read_text("utf-8")) if conversations else ()
        for sample in samples:
            parts = [part for part in sample["conversation"].values() if isinstance(part, list)]
            self._turns += [turn["text"] for part in parts for turn in part if turn["text"]]
            self._questions += [asked["question"] for asked in sample["qa"]]

    def text(self) -> str:
        """Return a turn; one word more makes it another text each time."""
        number = int(self._chance.paretovariate(0.6))
        if self._turns:
            return f"{self._chance.choice(self._turns)} {number}"
        return " ".join(
            f"word{int(self._chance.paretovariate(0.6)) % 20_000}" for _ in range(WORDS)
        )

    def query(self) -> str:
        """Return a question, or the first words of a text."""
        if self._questions:
            return self._chance.choice(self._questions)
        return " ".join(self.text().split()[:6])

    def said(self, number: int) -> list[dict[str, str]]:
        """Return messages of a user."""
        return [{"role": "user", "content": self.text()} for _ in range(number)]


def milliseconds(call: Callable[[int], object], number: int) -> float:
    times = []
    for i in range(number):
        start = time.perf_counter()
        call(i)
        times.append((time.perf_counter() - start) * 1_000)
    return statistics.median(times)


def fill(memory: Memory, texts: Texts, memories: int) -> None:
    for user in range(memories // SCOPE):
        memory.add(texts.said(SCOPE), user_id=f"u{user}", infer=False)
        for _ in range(SCOPE // 50):
            memory.add(texts.said(50), user_id=f"u{user}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--embedder", default="hash", help="for the file; a pair takes the default")
    parser.add_argument("--conversations", type=Path, help="LoCoMo's file, or one of its format")
    given = parser.parse_args()
    texts = Texts(random.Random(2026), given.conversations)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        options: dict[str, Any] = {"llm": Silent([]), "durability": "normal"}
        with Memory(path, embedder=given.embedder, **options) as memory:
            memory.add("warm up", user_id="warm", infer=False)
            memory.store.vacuum()
            before = path.stat().st_size
            for _ in range(SCOPE // 50):
                memory.add(texts.said(50), user_id="sized")
            memory.store.vacuum()
            print(f"bytes a message, with its index: {(path.stat().st_size - before) / SCOPE:,.0f}")
            fill(memory, texts, given.memories)
            queries = [texts.query() for _ in range(QUERIES)]

            def search(i: int, **how: Any) -> object:
                return memory.search(queries[i], user_id="u1", **how)

            plain = milliseconds(lambda i: search(i, include_messages=False), QUERIES)
            both = milliseconds(search, QUERIES)
            print(
                f"ms a search: {plain:.2f} without messages, {both:.2f} with: {both / plain:.2f}×"
            )
        with Memory(Path(folder) / "pair.db", **options) as memory:
            memory.add("warm up", user_id="warm", infer=False)
            pairs = [
                [Message("user", texts.text()), Message("assistant", texts.text())]
                for _ in range(PAIRS)
            ]
            more = milliseconds(lambda i: index_messages(memory.embedder, pairs[i]), PAIRS)
            print(f"ms an add of a pair takes more, with the default embedder: {more:.1f}")


if __name__ == "__main__":
    main()
