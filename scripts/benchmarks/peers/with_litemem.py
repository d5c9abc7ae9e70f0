"""litemem: words and vectors are both searched, as in every search of it."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

from material import EVERYONE, Vectors, text, user

from litemem import Memory
from litemem.core.protocols import EmbedderIdentity, Vector


def version() -> str:
    """Say which litemem it is."""
    try:
        return installed("litemem")
    except PackageNotFoundError:
        return "from this folder"


class Precomputed:
    """An embedder that looks its vectors up."""

    identity = EmbedderIdentity("precomputed", 384, "precomputed")

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector of each sentence."""
        return [self._vectors.of(each) for each in texts]

    def embed_query(self, text: str) -> Vector:
        """Return the vector of a question."""
        return self._vectors.of(text)

    def close(self) -> None:
        """Nothing is held."""


class Driver:
    """A `Memory` with looked-up vectors; every write is synced to the disk, as by default."""

    def __init__(self, folder: Path, vectors: Vectors) -> None:
        self._memory = Memory(folder / "memory.db", embedder=Precomputed(vectors))

    def add(self, number: int) -> None:
        """Add one memory."""
        self._memory.add(text(number), user_id=user(number), agent_id=EVERYONE, infer=False)

    def add_many(self, numbers: range) -> None:
        """Add the memories of one user."""
        messages = [{"role": "user", "content": text(number)} for number in numbers]
        self._memory.add(messages, user_id=user(numbers[0]), agent_id=EVERYONE, infer=False)

    def settle(self) -> None:
        """Nothing is left to do after a batch."""

    def search(self, said: str, scope: str | None, top_k: int) -> int:
        """Search in one user's memories, or in all."""
        ids = {"agent_id": EVERYONE} if scope is None else {"user_id": scope}
        return len(self._memory.search(said, **ids, top_k=top_k)["results"])

    def page(self, scope: str, size: int) -> list[str]:
        """Read one user's newest memories; return their ids."""
        return [each["id"] for each in self._memory.get_all(user_id=scope, top_k=size)["results"]]

    def update(self, memory_id: str, new: int) -> None:
        """Give a memory another text and vector."""
        self._memory.update(memory_id, text(new))

    def delete_all(self, scope: str) -> None:
        """Delete one user's memories."""
        self._memory.delete_all(user_id=scope)

    def close(self) -> None:
        """Close the file."""
        self._memory.close()
