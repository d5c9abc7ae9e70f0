"""Words and vectors in the raw bytes of a file, and memories to erase."""

import struct
from pathlib import Path

from helpers.stores import reading
from litemem import Memory
from litemem.core.text.passages import passages
from litemem.core.types import Relation
from litemem.models.embedding import token_counter
from litemem.testing import HashEmbedder

CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
PIECE = 6  # characters; of the full text's stems at least so many would be left
SECRET = "Diabetesbehandlung in Xanthopolis"
WORDS = ("diabetesbehandlung", "xanthopolis")
SIZES = {"short": SECRET, "long": f"{SECRET} " + "mit Quittenmarmelade " * 2_000}


def raw(path: Path) -> bytes:
    """Return the bytes of the file and its side files."""
    files = (Path(f"{path}{side}") for side in ("", "-wal", "-shm"))
    return b"\0".join(file.read_bytes() for file in files if file.exists())


def traces(path: Path, *words: str) -> list[str]:
    """Return the pieces of words that the raw bytes hold, in whatever case."""
    held = raw(path).lower()
    pieces = (w[i : i + PIECE] for w in words for i in range(len(w) - PIECE + 1))
    return [piece for piece in pieces if piece.lower().encode() in held]


def first_passage(text: str) -> str:
    start, stop = passages(text, token_counter(None, HashEmbedder(64)))[0]
    return text[start:stop]


def vector_of(text: str, dimensions: int = 64) -> bytes:
    (vector,) = HashEmbedder(dimensions).embed_documents([text])
    return struct.pack(f"<{dimensions}f", *vector)


def add(memory: Memory, text: str, **ids: str) -> str:
    return str(memory.add(text, infer=False, **ids)["results"][0]["id"])


def say(memory: Memory, memory_id: str, *relations: Relation) -> None:
    """Let a memory relate something, as an add with the graph does."""
    record = reading(memory.store).memories.get(memory_id)
    assert record is not None
    names = {name for relation in relations for name in (relation.source, relation.destination)}
    with memory.store.write() as tx:
        tx.graph.relate(record, relations, {name: vector_of(name) for name in names})
