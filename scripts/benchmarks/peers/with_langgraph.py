"""LangGraph's SqliteStore: an item of the namespace (everyone, user) for each memory."""

import sys
import uuid
from contextlib import ExitStack
from importlib.metadata import version as installed
from pathlib import Path

import pysqlite3

sys.modules["sqlite3"] = pysqlite3  # the standard one refuses to load sqlite-vec in many Pythons

from langgraph.store.base import PutOp  # noqa: E402 - as above
from langgraph.store.sqlite import SqliteStore  # noqa: E402
from material import DIMENSIONS, EVERYONE, Vectors, text, user  # noqa: E402


def version() -> str:
    """Say which version it is."""
    return installed("langgraph-checkpoint-sqlite")


class Driver:
    """A store with looked-up vectors; to delete a user's memories they are listed and batched."""

    def __init__(self, folder: Path, vectors: Vectors) -> None:
        self._opened = ExitStack()
        index = {
            "dims": DIMENSIONS,
            "embed": lambda texts: [vectors.of(each).tolist() for each in texts],
            "text_fields": ["text"],
        }
        path = str(folder / "store.db")
        opened = SqliteStore.from_conn_string(path, index=index)  # type: ignore[arg-type]
        self._store = self._opened.enter_context(opened)
        self._store.setup()

    def add(self, number: int) -> None:
        """Add one memory."""
        self._store.put((EVERYONE, user(number)), str(uuid.uuid4()), {"text": text(number)})

    def add_many(self, numbers: range) -> None:
        """Add the memories of one user."""
        scope = (EVERYONE, user(numbers[0]))
        self._store.batch(
            [PutOp(scope, str(uuid.uuid4()), {"text": text(number)}) for number in numbers]
        )

    def settle(self) -> None:
        """Nothing is left to do after a batch."""

    def search(self, said: str, scope: str | None, top_k: int) -> int:
        """Search in one user's memories, or in all."""
        prefix = (EVERYONE,) if scope is None else (EVERYONE, scope)
        return len(self._store.search(prefix, query=said, limit=top_k))

    def page(self, scope: str, size: int) -> list[str]:
        """Read some of one user's memories; return their ids."""
        return [each.key for each in self._store.search((EVERYONE, scope), limit=size)]

    def update(self, memory_id: str, new: int) -> None:
        """Give a memory another text and vector."""
        self._store.put((EVERYONE, user(0)), memory_id, {"text": text(new)})

    def delete_all(self, scope: str) -> None:
        """Delete one user's memories."""
        namespace = (EVERYONE, scope)
        found = self._store.search(namespace, limit=2_000)
        self._store.batch([PutOp(namespace, each.key, None) for each in found])

    def close(self) -> None:
        """Close the file."""
        self._opened.close()
