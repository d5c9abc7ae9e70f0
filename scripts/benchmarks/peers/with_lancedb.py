"""LanceDB: one table, searched exactly, with a scalar index on the user."""

import uuid
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import lancedb
import pyarrow
from material import DIMENSIONS, EVERYONE, Vectors, text, user

SCHEMA = pyarrow.schema(
    [
        ("id", pyarrow.string()),
        ("text", pyarrow.string()),
        ("user_id", pyarrow.string()),
        ("agent_id", pyarrow.string()),
        ("vector", pyarrow.list_(pyarrow.float32(), DIMENSIONS)),
    ]
)


def version() -> str:
    """Say which version it is."""
    return installed("lancedb")


class Driver:
    """A table with given vectors; its files are joined after each fill, as its manual advises."""

    def __init__(self, folder: Path, vectors: Vectors) -> None:
        self._vectors = vectors
        database: Any = lancedb.connect(str(folder / "lance"))
        self._table = database.create_table("memories", schema=SCHEMA, exist_ok=True)

    def add(self, number: int) -> None:
        """Add one memory."""
        self.add_many(range(number, number + 1))

    def add_many(self, numbers: range) -> None:
        """Add memories in one call."""
        self._table.add([self._row(number) for number in numbers])

    def settle(self) -> None:
        """Join the files of the batches, and index the users."""
        self._table.optimize()
        self._table.create_scalar_index("user_id", replace=True)

    def search(self, said: str, scope: str | None, top_k: int) -> int:
        """Search in one user's memories, or in all."""
        where = f"agent_id = '{EVERYONE}'" if scope is None else f"user_id = '{scope}'"
        query = self._table.search(self._vectors.of(said).tolist(), vector_column_name="vector")
        found = query.distance_type("cosine").where(where, prefilter=True).limit(top_k)
        return len(found.select(["id", "text"]).to_list())

    def page(self, scope: str, size: int) -> list[str]:
        """Read some of one user's memories; return their ids."""
        query = self._table.search().where(f"user_id = '{scope}'").limit(size)
        return [each["id"] for each in query.select(["id", "text"]).to_list()]

    def update(self, memory_id: str, new: int) -> None:
        """Give a memory another text and vector."""
        said = text(new)
        values = {"text": said, "vector": self._vectors.of(said).tolist()}
        self._table.update(where=f"id = '{memory_id}'", values=values)

    def delete_all(self, scope: str) -> None:
        """Delete one user's memories."""
        self._table.delete(f"user_id = '{scope}'")

    def close(self) -> None:
        """Nothing is held."""

    def _row(self, number: int) -> dict[str, Any]:
        said = text(number)
        row: dict[str, Any] = {"id": str(uuid.uuid4()), "text": said}
        row |= {"user_id": user(number), "agent_id": EVERYONE}
        return row | {"vector": self._vectors.of(said).tolist()}
