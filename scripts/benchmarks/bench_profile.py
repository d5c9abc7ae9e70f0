#!/usr/bin/env python3
"""Measure `Memory.profile`: its time, and how often a fact is in the right group.

    scripts/benchmarks/bench_profile.py [FACTS …]     default: 300 and 2,000 memories

The memories are the facts of tests/files/profile_facts.json, numbered, in nine and more languages.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from litemem import Memory
from litemem.retrieval.profile import Wording
from litemem.testing import HashEmbedder

FACTS = Path(__file__).parents[2] / "tests" / "files" / "profile_facts.json"
CALLS = 50


def main(sizes: list[int]) -> None:
    told = json.loads(FACTS.read_text(encoding="utf-8"))
    rows = [
        (c, g, text)
        for c, groups in told.items()
        for g, listed in groups.items()
        for text in listed
    ]
    texts = [text for _, _, text in rows]
    for size in sizes:
        print(f"{size:,} memories: {milliseconds(texts, size)}")
    right: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for code, group, text in rows:
        number[code] += 1
        right[code] += Wording.of(text).group()[0] == group
    for code in told:
        print(f"{code}: {right[code]} of {number[code]} facts in their group")


def milliseconds(texts: list[str], size: int) -> str:
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory(Path(folder) / "a.db", embedder=HashEmbedder()) as memory,
    ):
        messages = [
            {"role": "user", "content": f"{texts[i % len(texts)]} {i // len(texts) or ''}".strip()}
            for i in range(size)
        ]
        memory.add(messages, user_id="u", infer=False)
        taken = []
        for _ in range(CALLS):
            start = time.perf_counter()
            found = memory.profile(user_id="u")
            taken.append((time.perf_counter() - start) * 1_000)
    lines = len(found["text"].splitlines())
    return f"{median(taken):.1f} ms median, {max(taken):.1f} ms at most, {lines} lines"


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [300, 2_000])
