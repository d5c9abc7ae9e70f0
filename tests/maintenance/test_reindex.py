"""Reindex: new vectors for every memory, also while others write or after a kill."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import litemem
from helpers import TESTS
from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import Vector
from litemem.errors import EmbedderError, EmbedderMismatchError
from litemem.maintenance.reindex import BATCH, reindex
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

NUMBER = 3 * BATCH + 10  # memories: three whole batches, and one that is not
SEVENTH = "memory 7 of item7"
SECONDS = 60
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows either ends a process at once


class WatchedEmbedder(HashEmbedder):
    """Keeps the texts that it was given, and does something before each batch."""

    def __init__(self, dimensions: int, before: Callable[[int], object] = lambda _: None) -> None:
        super().__init__(dimensions)
        self.texts: list[str] = []
        self._before = before

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        self._before(len(self.texts) // BATCH)
        self.texts += texts
        return super().embed_documents(texts)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with opened(tmp_path / "memory.db") as memory:
        said = [{"role": "user", "content": f"memory {i} of item{i}"} for i in range(NUMBER)]
        memory.add(said, user_id="cam", infer=False)
        yield memory


def opened(path: str | Path, dimensions: int = 384) -> Memory:
    return Memory(path, embedder=HashEmbedder(dimensions), llm=ScriptedLLM([]))


def best(memory: Memory, query: str) -> str:
    return str(memory.search(query, user_id="cam", top_k=1)["results"][0]["memory"])


def ids(memory: Memory) -> dict[str, str]:
    found = memory.get_all(user_id="cam", limit=10_000)["results"]
    return {m["memory"]: m["id"] for m in found}


def vectors(path: str, memory_id: str) -> tuple[int, int]:
    """Return how many numbers the vector of a memory has, and how many vectors there are."""
    import apsw

    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    row = connection.execute(
        "SELECT length(vector) / 4, (SELECT count(*) FROM embedding)"
        " FROM embedding JOIN memory USING (pk) WHERE id = ?",
        (memory_id,),
    ).fetchone()
    connection.close()
    assert row is not None
    return row[0], row[1]


def test_the_new_embedder_finds_what_the_old_one_found(memory: Memory) -> None:
    assert reindex(memory.store, HashEmbedder(64)) == NUMBER
    with opened(memory.store.path, 64) as again:
        assert best(again, SEVENTH) == SEVENTH
        assert vectors(memory.store.path, ids(again)[SEVENTH]) == (64, NUMBER)


def test_the_old_embedder_is_refused_afterwards(memory: Memory) -> None:
    reindex(memory.store, HashEmbedder(64))
    with pytest.raises(EmbedderMismatchError):
        memory.search("item7", user_id="cam")
    with pytest.raises(EmbedderMismatchError):
        memory.add("one more", user_id="cam", infer=False)
    with pytest.raises(EmbedderMismatchError):
        opened(memory.store.path)


def test_the_old_embedder_serves_until_the_last_batch(memory: Memory) -> None:
    found = []
    reindex(memory.store, WatchedEmbedder(64, lambda _: found.append(best(memory, SEVENTH))))
    assert found == [SEVENTH] * 4


def test_a_memory_changed_during_a_reindex_has_the_right_vector(memory: Memory) -> None:
    known = ids(memory)

    def change(batch: int) -> None:
        if batch != 2:
            return
        with opened(memory.store.path) as other:
            other.update(known["memory 3 of item3"], "now it is about zebras")
            other.update(known[f"memory {NUMBER - 1} of item{NUMBER - 1}"], "and this of giraffes")
            other.delete(known["memory 4 of item4"])
            other.delete(known[f"memory {2 * BATCH} of item{2 * BATCH}"])
            other.add("a new one about okapis", user_id="cam", infer=False)

    reindex(memory.store, WatchedEmbedder(64, change))
    with opened(memory.store.path, 64) as again:
        assert best(again, "zebras") == "now it is about zebras"
        assert best(again, "giraffes") == "and this of giraffes"
        assert best(again, "okapis") == "a new one about okapis"
        assert vectors(memory.store.path, ids(again)["a new one about okapis"]) == (64, NUMBER - 1)


def test_an_embedder_that_fails_changes_nothing_and_its_work_is_kept(memory: Memory) -> None:
    def fail(batch: int) -> None:
        if batch == 2:
            raise EmbedderError("out of memory")

    with pytest.raises(EmbedderError):
        reindex(memory.store, WatchedEmbedder(64, fail))
    assert best(memory, SEVENTH) == SEVENTH
    second = WatchedEmbedder(64)
    assert reindex(memory.store, second) == len(second.texts) == NUMBER - 2 * BATCH


def test_a_killed_reindex_goes_on_from_where_it_was(memory: Memory) -> None:
    path = memory.store.path
    kill_in_third_batch(path)
    assert best(memory, SEVENTH) == SEVENTH
    second, told = WatchedEmbedder(64), []
    reindex(memory.store, second, progress=lambda done, total: told.append((done, total)))
    assert len(second.texts) == NUMBER - 2 * BATCH
    assert told == [(3 * BATCH, NUMBER), (NUMBER, NUMBER), (NUMBER, NUMBER)]
    with opened(path, 64) as again:
        assert best(again, SEVENTH) == SEVENTH


def test_another_embedder_than_the_interrupted_one_starts_again(memory: Memory) -> None:
    kill_in_third_batch(memory.store.path)
    assert reindex(memory.store, HashEmbedder(32)) == NUMBER
    with opened(memory.store.path, 32) as again:
        assert best(again, SEVENTH) == SEVENTH


def test_the_same_embedder_makes_its_vectors_again(memory: Memory) -> None:
    assert reindex(memory.store, HashEmbedder()) == NUMBER
    assert best(memory, SEVENTH) == SEVENTH


def test_a_file_without_memories_takes_the_new_embedder(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "memory.db")
    told: list[tuple[int, int]] = []
    assert reindex(store, HashEmbedder(64), progress=lambda *step: told.append(step)) == 0
    assert reading(store).settings.embedder() == HashEmbedder(64).identity
    assert told == [(0, 0)]
    store.close()


def test_the_progress_goes_from_batch_to_batch_to_the_end(memory: Memory) -> None:
    told: list[tuple[int, int]] = []
    reindex(memory.store, HashEmbedder(64), progress=lambda *step: told.append(step))
    done = [BATCH, 2 * BATCH, 3 * BATCH, NUMBER, NUMBER]
    assert told == [(number, NUMBER) for number in done]


def test_a_vector_of_the_wrong_length_is_refused(memory: Memory) -> None:
    class Liar(HashEmbedder):
        def embed_query(self, text: str) -> Vector:
            return [1.0]

    with pytest.raises(EmbedderError, match="1 numbers"):
        reindex(memory.store, Liar(64))
    assert best(memory, SEVENTH) == SEVENTH


def kill_in_third_batch(path: str) -> None:
    """Reindex to 64 dimensions in a process of its own, and kill that in the third batch."""
    folders = [str(Path(__file__).parent), str(TESTS), str(Path(litemem.__file__).parents[1])]
    code = (
        "import os, sys\n"
        f"sys.path[:0] = {folders!r}\n"
        "from litemem.maintenance.reindex import reindex\n"
        "from litemem.store.sqlite.store import SqliteStore\n"
        "from test_reindex import WatchedEmbedder\n"
        f"die = lambda batch: batch == 2 and os.kill(os.getpid(), {int(KILL)})\n"
        f"reindex(SqliteStore({path!r}), WatchedEmbedder(64, die))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=SECONDS)
    assert done.returncode == -KILL or sys.platform == "win32"


def test_another_embedder_is_refused_with_the_call_that_changes_the_file(
    tmp_path: Path,
) -> None:
    path, embedder = tmp_path / "memory.db", HashEmbedder(32)
    with Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        memory.add("likes tea", user_id="cam", infer=False)
    with pytest.raises(EmbedderMismatchError) as refused:
        Memory(path, embedder=embedder, llm=ScriptedLLM([]))
    assert "`litemem reindex`" in str(refused.value)
    assert reindex(SqliteStore(path), embedder) == 1
    with Memory(path, embedder=embedder, llm=ScriptedLLM([])) as memory:
        assert memory.search("tea", user_id="cam")["results"]
