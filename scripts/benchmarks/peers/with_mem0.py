"""Mem0 with embedded Qdrant: `infer=False` and an embedder that looks its vectors up."""

import logging
import os
import uuid
from datetime import UTC, datetime
from hashlib import md5
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

os.environ["MEM0_TELEMETRY"] = "False"  # read when mem0 is imported

from material import DIMENSIONS, EVERYONE, Vectors, text, user
from mem0 import Memory
from mem0.utils import factory

PROVIDER = "qdrant"


def version() -> str:
    """Say which versions they are."""
    return f"{installed('mem0ai')}, qdrant-client {installed('qdrant-client')}"


class Precomputed:
    """An embedder that looks its vectors up; Mem0 makes it itself."""

    vectors: Vectors
    config: Any = None

    def __init__(self, config: object = None) -> None:
        """Take what Mem0 gives."""

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:  # noqa: ARG002
        """Return the vector of a text."""
        return self.vectors.of(text).tolist()

    def embed_batch(self, texts: list[str], memory_action: str | None = None) -> list[list[float]]:  # noqa: ARG002
        """Return the vector of each text."""
        return [self.embed(each) for each in texts]


class NoModel:
    """A language model that is never asked."""

    def __init__(self, config: object = None) -> None:
        """Take what Mem0 gives."""


class Driver:
    """A `Memory` of Mem0, as its own calls give it."""

    def __init__(self, folder: Path, vectors: Vectors) -> None:
        logging.disable(logging.WARNING)
        Precomputed.vectors = vectors
        factory.EmbedderFactory.provider_to_class["openai"] = "with_mem0.Precomputed"
        factory.LlmFactory.provider_to_class["openai"] = (
            "with_mem0.NoModel",
            factory.BaseLlmConfig,
        )
        self._memory = Memory.from_config(
            {
                "vector_store": {"provider": PROVIDER, "config": self.settings(folder)},
                "history_db_path": str(folder / "history.db"),
            }
        )

    def settings(self, folder: Path) -> dict[str, Any]:
        """Return the configuration of the vector store."""
        return {"path": str(folder / "qdrant"), "embedding_model_dims": DIMENSIONS, "on_disk": True}

    def add(self, number: int) -> None:
        """Add one memory."""
        self._memory.add(text(number), user_id=user(number), agent_id=EVERYONE, infer=False)

    def add_many(self, numbers: range) -> None:
        """Add the memories of one user."""
        messages = [{"role": "user", "content": text(number)} for number in numbers]
        self._memory.add(messages, user_id=user(numbers[0]), agent_id=EVERYONE, infer=False)

    def fill(self, numbers: range) -> None:
        """Put memories into the vector store itself, in one call; Mem0 has no such call."""
        texts = [text(number) for number in numbers]
        now = datetime.now(UTC).isoformat()
        payloads = [
            {"data": each, "hash": md5(each.encode(), usedforsecurity=False).hexdigest()}
            | {"user_id": user(number), "agent_id": EVERYONE, "role": "user"}
            | {"created_at": now, "updated_at": now, "text_lemmatized": each}
            for number, each in zip(numbers, texts, strict=True)
        ]
        ids = [str(uuid.uuid4()) for _ in numbers]
        vectors = self._memory.embedding_model.embed_batch(texts)
        self._memory.vector_store.insert(vectors, payloads, ids)

    def settle(self) -> None:
        """Nothing is left to do after a batch."""

    def search(self, said: str, scope: str | None, top_k: int) -> int:
        """Search in one user's memories, or in all."""
        ids = {"agent_id": EVERYONE} if scope is None else {"user_id": scope}
        found = self._memory.search(said, filters=ids, top_k=top_k, threshold=0.0)
        return len(found["results"])

    def page(self, scope: str, size: int) -> list[str]:
        """Read some of one user's memories; return their ids."""
        found = self._memory.get_all(filters={"user_id": scope}, top_k=size)
        return [each["id"] for each in found["results"]]

    def update(self, memory_id: str, new: int) -> None:
        """Give a memory another text and vector."""
        self._memory.update(memory_id, text(new))

    def delete_all(self, scope: str) -> None:
        """Delete one user's memories."""
        self._memory.delete_all(user_id=scope)

    def close(self) -> None:
        """Close the files."""
        close = getattr(getattr(self._memory.vector_store, "client", None), "close", None)
        if close:
            close()
        self._memory.db.close()
