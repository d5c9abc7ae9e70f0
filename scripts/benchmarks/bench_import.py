"""Import a generated export of conversations: messages a second, and the peak of memory.

    scripts/benchmarks/bench_import.py --conversations 1000 --messages 20 --embedder hash

The peak is that of the process; `before` is what it took before the import began.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from litemem import Memory

WORDS = "harbour lamp quiet river bread stone garden window Monday train paper winter".split()


def write_export(path: Path, conversations: int, messages: int) -> None:
    """Write an export as ChatGPT does, conversation by conversation."""
    chance = random.Random(1)
    with path.open("w") as file:
        for i in range(conversations):
            file.write("[" if i == 0 else ",")
            mapping = {}
            for j in range(messages):
                words = " ".join(chance.choices(WORDS, k=30 if j % 2 else 12))
                message = {
                    "id": f"{i}-{j}",
                    "author": {"role": "assistant" if j % 2 else "user"},
                    "content": {"content_type": "text", "parts": [f"Note {i}-{j}: {words}."]},
                    "create_time": 1.6e9 + i * 3_600 + j,
                }
                mapping[str(j)] = {"message": message, "parent": str(j - 1)}
            conversation = {
                "title": f"Talk {i}",
                "conversation_id": f"talk-{i}",
                "mapping": mapping,
                "current_node": str(messages - 1),
            }
            json.dump(conversation, file)
        file.write("]")


def peak() -> float:
    """Return the most memory that the process had, in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1_000_000 if sys.platform == "darwin" else 1_000)


def main() -> None:
    """Print a line for the import, and one for the same import again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=1_000)
    parser.add_argument("--messages", type=int, default=20, help="of a conversation")
    parser.add_argument("--embedder", default=None, help="a name, or hash")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "conversations.json")
        write_export(source, chosen.conversations, chosen.messages)
        with Memory(Path(folder, "memory.db"), embedder=chosen.embedder) as memory:
            memory.embedder.embed_query("load the model")
            before = peak()
            for name in ("first", "again"):
                began = time.perf_counter()
                done = memory.import_conversations(source, user_id="cam")
                seconds = time.perf_counter() - began
                rate = (done["messages"] + done["known"]) / seconds
                print(
                    f"{name}: {source.stat().st_size / 1e6:.1f} MB, {done['messages']:,} messages "
                    f"new, {rate:,.0f} a second; peak {peak():.0f} MB, before {before:.0f}"
                )
            began = time.perf_counter()
            memory.search("harbour lamp", user_id="cam")
            print(f"first search: {(time.perf_counter() - began) * 1_000:.0f} ms")


if __name__ == "__main__":
    main()
