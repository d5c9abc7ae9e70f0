"""Vectors longer than sqlite-vec's index takes: a file of any size works without the index."""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import EmbedderIdentity, Vector
from litemem.maintenance.reindex import reindex
from litemem.store.sqlite.vector_index import BATCH, MOST_DIMENSIONS, VectorIndex
from litemem.testing import ScriptedLLM

pytestmark = pytest.mark.slow  # builds files of long vectors


CAM = {"user_id": "cam"}


class PlaceEmbedder:
    """Embeds "item 7" as a vector that points the seventh way; quickly, however long it is."""

    def __init__(self, dimensions: int) -> None:
        self.identity = EmbedderIdentity("place", dimensions, f"place-{dimensions}")
        self._zeros = bytes(4 * dimensions)

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> Vector:
        vector = array("f", self._zeros)
        vector[int(text.split()[1]) % len(vector)] = 1.0
        return vector

    def close(self) -> None:
        """Nothing is held."""


def opened(path: Path, dimensions: int) -> Memory:
    return Memory(
        path, embedder=PlaceEmbedder(dimensions), llm=ScriptedLLM([]), durability="normal"
    )


def add(memory: Memory, first: int, number: int) -> None:
    said = [{"role": "user", "content": f"item {i}"} for i in range(first, first + number)]
    memory.add(said, infer=False, **CAM)


def nearest(memory: Memory, query: str) -> str:
    details = memory.search(query, top_k=1, threshold=0, **CAM)["results"]
    return str(details[0]["memory"])


def mark(memory: Memory) -> int:
    with memory.store.write() as tx:
        return VectorIndex(tx.connection).mark


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file with as many memories as an index would be made for, one by one around that number."""
    path = tmp_path_factory.mktemp("long") / "memory.db"
    with opened(path, MOST_DIMENSIONS + 1) as memory:
        add(memory, 0, BATCH - 2)
        for i in range(BATCH - 2, BATCH + 3):
            add(memory, i, 1)
    yield path
    path.unlink()


def test_memories_are_added_changed_found_and_deleted_beyond_a_batch(path: Path) -> None:
    with opened(path, MOST_DIMENSIONS + 1) as memory:
        assert reading(memory.store).overview().memories == BATCH + 3
        assert mark(memory) == 0
        assert nearest(memory, f"item {BATCH}") == f"item {BATCH}"
        (row,) = memory.search("item 7", top_k=1, threshold=0, **CAM)["results"]
        memory.update(row["id"], f"item {BATCH + 9}")
        assert nearest(memory, f"item {BATCH + 9}") == f"item {BATCH + 9}"
        memory.delete(row["id"])
        add(memory, 7, 1)
        assert nearest(memory, "item 7") == "item 7"
        assert memory.verify(full=True)["ok"]


@pytest.mark.usefixtures("early_index")
def test_a_reindex_to_shorter_vectors_makes_the_index_and_one_back_drops_it(path: Path) -> None:
    with opened(path, MOST_DIMENSIONS + 1) as memory:
        reindex(memory.store, PlaceEmbedder(8))
        assert mark(memory) > BATCH
        assert memory.verify(full=True)["ok"]
        reindex(memory.store, PlaceEmbedder(MOST_DIMENSIONS + 1))
        assert mark(memory) == 0
        assert nearest(memory, f"item {BATCH}") == f"item {BATCH}"
        assert memory.verify(full=True)["ok"]
    with opened(path, MOST_DIMENSIONS + 1) as memory:
        add(memory, BATCH + 20, 1)


@pytest.mark.usefixtures("early_index")
def test_the_longest_vectors_that_the_index_takes_have_one(tmp_path: Path) -> None:
    with opened(tmp_path / "memory.db", MOST_DIMENSIONS) as memory:
        add(memory, 0, BATCH)
        assert mark(memory) == BATCH
