"""What the calls of `Memory` that are written apart from its class need of it."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from litemem.core import clock
from litemem.core.arguments import check_flag
from litemem.core.protocols import Embedder, Reranker
from litemem.core.results import relation_dict
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord
from litemem.ingestion.pipeline import Pipeline
from litemem.ingestion.worker import Worker
from litemem.store.sqlite import SqliteStore

TOP_K = 20  # Mem0's
THRESHOLD = 0.0  # Mem0 has 0.1; small embedders give right answers less than that

Result = dict[str, Any]


class Unset:
    """Stands for an argument that was not given, where None says something."""


UNSET = Unset()


class ReadingFace(Protocol):
    """A memory, as the calls that only read see it."""

    store: SqliteStore
    embedder: Embedder
    reranker: Reranker | None
    _now: Callable[[], int]
    _graph: bool


class Face(ReadingFace, Protocol):
    """A memory, as all the others see it."""

    _pipeline: Pipeline
    _worker: Worker


def scope_of(
    user_id: str | None, agent_id: str | None, app_id: str | None, run_id: str | None
) -> Scope:
    """Return the scope of the ids that a call was given."""
    return Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)


def moment(value: clock.Time | None, name: str = "as_of") -> int | None:
    """Return a time in microseconds; None stays None.

    Raises:
        ValidationError: it is no time.
    """
    return None if value is None else clock.parse_time(value, name)


def wants_graph(memory: ReadingFace, enable_graph: bool | None) -> bool:
    """Tell whether a call deals with relations: as it says, else as the memory was made."""
    return memory._graph if enable_graph is None else check_flag(enable_graph, "enable_graph")


def relations_of(memory: ReadingFace, records: Iterable[MemoryRecord]) -> list[Result]:
    """Return what memories relate, as results."""
    found = memory.store.relations_of(record.id for record in records)
    return [relation_dict(relation) for relation in found]
