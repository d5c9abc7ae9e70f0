"""Mem0 with FAISS: an index in memory that is written whole at each change."""

from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import with_mem0
from material import DIMENSIONS

with_mem0.PROVIDER = "faiss"


def version() -> str:
    """Say which versions they are."""
    return f"{installed('mem0ai')}, faiss-cpu {installed('faiss-cpu')}"


class Driver(with_mem0.Driver):
    """A `Memory` of Mem0, as its own calls give it."""

    def settings(self, folder: Path) -> dict[str, Any]:
        """Return the configuration of the vector store."""
        return {
            "path": str(folder / "faiss"),
            "embedding_model_dims": DIMENSIONS,
            "distance_strategy": "cosine",
        }
