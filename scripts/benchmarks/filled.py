"""A file of random memories, for the benchmarks of what is done with whole files."""

import random
from pathlib import Path

from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

BATCH = 1_000  # memories of one user
WORDS = 16  # in a memory


def fill(path: Path, memories: int, dimensions: int, *, tagged: bool = False) -> None:
    """Write a number of memories; if `tagged`, every tenth batch has metadata."""
    chance = random.Random(1)
    known = ["".join(chance.choices("abcdefghijklmnop", k=6)) for _ in range(5_000)]
    embedder = HashEmbedder(dimensions)
    with Memory(path, embedder=embedder, llm=ScriptedLLM([]), durability="normal") as memory:
        for number in range(memories // BATCH):
            texts = [" ".join(chance.choices(known, k=WORDS)) for _ in range(BATCH)]
            said = [{"role": "user", "content": text} for text in texts]
            has_metadata = tagged and number % 10 == 0
            metadata = {"batch": number, "tags": ["a", "b"]} if has_metadata else None
            memory.add(said, user_id=f"user{number}", infer=False, metadata=metadata)
