"""Stored vectors: wrong output of an embedder is refused in every call."""

import math
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import OpenMemory, dump
from litemem import Memory, MemoryClient
from litemem.core.protocols import Vector
from litemem.errors import EmbedderError
from litemem.maintenance.reindex import reindex
from litemem.models.embedding import embed, to_blob
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}

Fault = Callable[[list[Any]], list[Any]]

FAULTS: dict[str, Fault] = {
    "one too few": lambda vectors: vectors[:-1],
    "none": lambda _: [],
    "one too many": lambda vectors: [*vectors, vectors[0]],
    "too short": lambda vectors: [vector[:-1] for vector in vectors],
    "too long": lambda vectors: [[*vector, 0.0] for vector in vectors],
    "not a number": lambda vectors: [[math.nan, *vector[1:]] for vector in vectors],
    "an infinity": lambda vectors: [[-math.inf, *vector[1:]] for vector in vectors],
    "beyond float32": lambda vectors: [[10**400, *vector[1:]] for vector in vectors],
    "texts": lambda vectors: [["0.5"] * len(vector) for vector in vectors],
    "nothing": lambda vectors: [None for _ in vectors],
    "objects": lambda vectors: [np.array([None] * len(vector)) for vector in vectors],
}


class FaultyEmbedder(HashEmbedder):
    """Embeds well until it is told how to do wrong."""

    def __init__(self, dimensions: int = 64) -> None:
        super().__init__(dimensions)
        self.fault: Fault | None = None

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        vectors = super().embed_documents(texts)
        return vectors if self.fault is None else self.fault(vectors)


def update(memory: Memory, folder: Path) -> None:
    memory.update(memory.get_all(**CAM)["results"][0]["id"], "likes milk")


def change_many(memory: Memory, folder: Path) -> None:
    with MemoryClient(
        path=folder / "memory.db", embedder=memory.embedder, llm=ScriptedLLM([])
    ) as client:
        rows = memory.get_all(**CAM)["results"]
        client.batch_update([{"memory_id": r["id"], "text": f"{r['memory']}!"} for r in rows])


def take_in(memory: Memory, folder: Path) -> None:
    memory.import_file(folder / "all.jsonl", on_conflict="overwrite")


def embed_anew(memory: Memory, folder: Path) -> None:
    other = FaultyEmbedder(32)
    assert isinstance(memory.embedder, FaultyEmbedder)
    other.fault = memory.embedder.fault
    reindex(memory.store, other)


CALLS: dict[str, Callable[[Memory, Path], object]] = {
    "add": lambda m, _: m.add("likes gin", infer=False, **CAM),
    "update": update,
    "batch_update": change_many,
    "import": take_in,
    "reindex": embed_anew,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_what_is_not_a_vector_for_each_text_is_refused_and_changes_nothing(
    open_memory: OpenMemory, tmp_path: Path, call: Callable[[Memory, Path], object], fault: Fault
) -> None:
    embedder = FaultyEmbedder()
    memory = open_memory(embedder=embedder)
    for text in ("likes tea", "likes rum"):
        memory.add(text, infer=False, **CAM)
    memory.export_file(tmp_path / "all.jsonl")
    for row in memory.get_all(**CAM)["results"]:
        memory.update(row["id"], f"{row['memory']} and more")
    before = dump(tmp_path / "memory.db")
    embedder.fault = fault
    with pytest.raises(EmbedderError, match=r"the embedder (returned|did not return)"):
        call(memory, tmp_path)
    assert dump(tmp_path / "memory.db") == before


def test_names_of_the_graph_are_embedded_or_refused(open_memory: OpenMemory) -> None:
    embedder = FaultyEmbedder()
    relations = {"relations": [[1, "Anna", "lives_in", "Oslo"]]}
    memory = open_memory(["Anna lives in Oslo"], relations, embedder=embedder)
    embedder.fault = lambda vectors: vectors[:-1] if len(vectors) > 1 else vectors
    with pytest.raises(EmbedderError, match="1 vectors for 2 texts"):
        memory.add("Anna lives in Oslo", enable_graph=True, **CAM)


def test_no_text_asks_no_embedder() -> None:
    embedder = FaultyEmbedder()
    embedder.fault = FAULTS["one too few"]
    assert embed(embedder, []) == []


@pytest.mark.parametrize(
    "vector",
    [
        [0.5, -1.0],
        (0.5, -1),
        array("f", [0.5, -1]),
        array("d", [0.5, -1]),
        np.array([0.5, -1], dtype=np.float32),
        np.array([0.5, -1], dtype=np.float64),
        np.array([9, 0.5, 9, -1], dtype=np.float32)[1::2],
        np.array([0.5, -1], dtype=">f4"),
    ],
    ids=lambda v: f"{type(v).__name__} {getattr(v, 'dtype', getattr(v, 'typecode', ''))}",
)
def test_every_kind_of_vector_is_the_same_bytes(vector: Vector) -> None:
    assert to_blob(vector, 2) == np.array([0.5, -1], dtype="<f4").tobytes()
