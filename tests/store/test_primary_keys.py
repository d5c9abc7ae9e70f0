"""A reused primary key inherits nothing from the deleted row."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import OpenMemory
from helpers.stores import reading
from litemem import Memory
from litemem.core.arguments import AddOptions
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.core.types import Message, Relation
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.importer import EMBEDDED, import_file

CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
OCCASIONS = 9  # to meddle with the import of the archive
SECRET = "the secret of Bob"


def add(memory: Memory, text: str, **ids: str) -> str:
    return str(memory.add(text, infer=False, **ids)["results"][0]["id"])


def relate(memory: Memory, memory_id: str, relation: Relation) -> None:
    record = reading(memory.store).memories.get(memory_id)
    assert record is not None
    with memory.store.write() as tx:
        tx.graph.relate(
            record, [relation], dict.fromkeys((relation.source, relation.destination), bytes(256))
        )


def said_by(memory: Memory, user: dict[str, str]) -> list[str]:
    return [
        each.content for each in reading(memory.store).messages.last(Scope(**user), limit=9_999)
    ]


@pytest.fixture
def astray(open_memory: OpenMemory) -> str:
    """A memory's id, whose message another tool removed; Bob's message has its key now."""
    memory = open_memory()
    memory_id = add(memory, "likes tea", **CAM)
    with closing(apsw.Connection(memory.store.path)) as connection:
        connection.execute("DELETE FROM message")
    add(memory, SECRET, **BOB)
    memory.close()
    return memory_id


def test_a_memory_did_not_come_from_what_another_scope_said(
    open_memory: OpenMemory, astray: str
) -> None:
    memory = open_memory()
    assert reading(memory.store).messages.sources(astray) == []
    assert reading(memory.store).messages.logged_for(astray) == []


def test_an_erasure_does_not_take_what_another_scope_said(
    open_memory: OpenMemory, astray: str
) -> None:
    memory = open_memory()
    memory.erase(astray)
    assert said_by(memory, BOB) == [SECRET]


def test_an_imported_turn_is_not_taken_for_one_that_a_model_is_at(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    with open_memory(path=tmp_path / "other.db") as other:
        with other.store.write() as tx:
            tx.turns.open(Scope(**BOB), [Message("user", SECRET)], asdict(AddOptions()), 0)
        other.export_file(tmp_path / "archive.jsonl")
    memory = open_memory()
    with memory.store.write() as tx:
        at_hand = tx.turns.open(Scope(**CAM), [Message("user", "likes tea")], {}, 0)
    memory.erase(**CAM)
    memory.import_file(tmp_path / "archive.jsonl")
    with memory.store.write() as tx:
        assert not tx.turns.finish(at_hand, 1)
    (turn,) = reading(memory.store).turns.pending()
    assert turn.scope == Scope(**BOB)


class Meddler(HashEmbedder):
    """Does something else between two transactions of an import: at the `turn`-th occasion.

    While texts are embedded for a transaction, and when one is done.
    """

    def __init__(self, turn: int, meddle: Callable[[], object]) -> None:
        super().__init__(64)
        self.left = turn
        self.meddle = meddle

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        self.step()
        return super().embed_documents(texts)

    def step(self, *_: int) -> None:
        self.left -= 1
        if self.left == 0:
            self.meddle()


@pytest.fixture
def archive(open_memory: OpenMemory, tmp_path: Path) -> Path:
    """Memories of Cam with their messages and relations, in several transactions each."""
    with open_memory(path=tmp_path / "other.db") as other:
        for i in range(EMBEDDED + 20):
            relate(other, add(other, f"likes tea {i}", **CAM), Relation("Cam", "likes", f"tea {i}"))
        other.export_file(tmp_path / "archive.jsonl")
    return tmp_path / "archive.jsonl"


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(1, OCCASIONS + 2))
def test_an_import_goes_on_in_its_own_rows_when_others_took_the_keys(
    tmp_path: Path, archive: Path, turn: int
) -> None:
    """Before each of its transactions everything of Cam is erased, and Bob says as much."""
    path = tmp_path / "memory.db"
    meddled: list[int] = []

    def take_the_keys() -> None:
        meddled.append(turn)
        with Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])) as other:
            number = reading(other.store).overview().messages
            other.erase(**CAM)
            said: list[Any] = [{"role": "user", "content": SECRET}] * max(number, 1)
            other.add(said, infer=False, **BOB)

    meddler = Meddler(turn, take_the_keys)
    with Memory(path, embedder=meddler, llm=ScriptedLLM([])) as memory:
        import_file(memory.store, meddler, archive, progress=meddler.step)
        assert meddled or turn > OCCASIONS
        assert set(said_by(memory, BOB)) <= {SECRET}
        assert SECRET not in said_by(memory, CAM)
        rows = memory.get_all(**BOB, limit=9_999, enable_graph=True)
        assert rows["relations"] == []
        for row in memory.get_all(**CAM, limit=9_999)["results"]:
            assert SECRET not in str(reading(memory.store).messages.sources(row["id"]))
        assert memory.verify(full=True)["ok"], memory.verify(full=True)
