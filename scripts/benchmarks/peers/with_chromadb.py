"""Chroma: one persistent collection, with the ids as metadata."""

import uuid
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings
from material import EVERYONE, Vectors, text, user


def version() -> str:
    """Say which version it is."""
    return installed("chromadb")


class Driver:
    """A collection with given vectors, searched by its approximate index."""

    def __init__(self, folder: Path, vectors: Vectors) -> None:
        self._vectors = vectors
        settings = Settings(anonymized_telemetry=False)
        self._client: Any = chromadb.PersistentClient(str(folder / "chroma"), settings)
        self._memories = self._client.get_or_create_collection(
            "memories", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def add(self, number: int) -> None:
        """Add one memory."""
        self.add_many(range(number, number + 1))

    def add_many(self, numbers: range) -> None:
        """Add memories in one call."""
        texts = [text(number) for number in numbers]
        self._memories.add(
            ids=[str(uuid.uuid4()) for _ in numbers],
            documents=texts,
            embeddings=[self._vectors.of(each).tolist() for each in texts],
            metadatas=[{"user_id": user(number), "agent_id": EVERYONE} for number in numbers],
        )

    def settle(self) -> None:
        """Nothing is left to do after a batch."""

    def search(self, said: str, scope: str | None, top_k: int) -> int:
        """Search in one user's memories, or in all."""
        found = self._memories.query(
            query_embeddings=[self._vectors.of(said).tolist()],
            n_results=top_k,
            where={"agent_id": EVERYONE} if scope is None else {"user_id": scope},
        )
        return len(found["ids"][0])

    def page(self, scope: str, size: int) -> list[str]:
        """Read some of one user's memories; return their ids."""
        return list(self._memories.get(where={"user_id": scope}, limit=size)["ids"])

    def update(self, memory_id: str, new: int) -> None:
        """Give a memory another text and vector."""
        said = text(new)
        vector = self._vectors.of(said).tolist()
        self._memories.update(ids=[memory_id], documents=[said], embeddings=[vector])

    def delete_all(self, scope: str) -> None:
        """Delete one user's memories."""
        self._memories.delete(where={"user_id": scope})

    def close(self) -> None:
        """Close the files."""
        self._client.close()
