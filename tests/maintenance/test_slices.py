"""Long works go in short transactions: others write in between, an interruption is resumed."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helpers import OpenMemory
from helpers.archives import EMBEDDER, exported
from helpers.processes import Process
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.core.scope import Scope
from litemem.errors import MemoryNotFoundError
from litemem.maintenance import cleanup, reindex
from litemem.maintenance.cleanup import SLICE
from litemem.store.filters import compile_filter
from litemem.store.protocol import Retention
from litemem.store.sqlite import erasure, settings
from litemem.store.sqlite.locks import WriteQueue
from litemem.store.sqlite.store import SqliteStore
from litemem.store.sqlite.vector_index import BATCH, GROWTH, VectorIndex
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.importer import WRITTEN, import_file

CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
MANY = 2 * SLICE + 500
EVERYBODY = compile_filter({"user_id": "*"}, Scope())
NOW = 2**51


class Watched(SqliteStore):
    """A store that notes the number of rows of a table after each transaction."""

    table = "memory"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sizes: list[int] = []

    @contextmanager
    def write(self, *, secure_delete: bool = False) -> Iterator[Any]:
        with super().write(secure_delete=secure_delete) as tx:
            yield tx
            self.sizes.append(int(tx.connection.execute(f"SELECT count(*) FROM {self.table}").get))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of many memories of Cam, and one of Bob."""
    path = tmp_path_factory.mktemp("filled") / "memory.db"
    with Memory(path, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        said = [{"role": "user", "content": f"the wordy{n} {n % 2_000}"} for n in range(MANY)]
        memory.add(said, infer=False, **CAM)
        memory.add("likes Marzipan", infer=False, **BOB)
    return path


@pytest.fixture
def path(filled: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "memory.db"
    copy.write_bytes(filled.read_bytes())
    return copy


def plan(**retention: Any) -> Any:
    found = cleanup.plan_cleanup(Scope(**CAM), None, now=NOW, retention=Retention(**retention))
    assert found is not None
    return found


def rows_of(text: str) -> Callable[[SqliteStore], int]:
    return lambda store: reading(store).memories.count(compile_filter(None, Scope(user_id=text)))


WORKS: dict[str, Callable[[SqliteStore], object]] = {
    "erase a scope": lambda s: cleanup.erase(s, cleanup.plan_erasure(None, Scope(**CAM), None)),
    "cleanup": lambda s: cleanup.clean_up(s, plan(created=NOW)),
    "delete_all": lambda s: cleanup.delete_all(
        s, compile_filter(None, Scope(**CAM)), compile_filter(None, Scope(**CAM)), NOW
    ),
}


@pytest.mark.parametrize("work", WORKS)
def test_many_memories_are_deleted_in_several_transactions(work: str, path: Path) -> None:
    store = Watched(path)
    WORKS[work](store)
    sizes = [MANY + 1, *store.sizes]
    assert max(before - after for before, after in pairwise(sizes)) <= SLICE
    assert (rows_of("cam")(store), rows_of("bob")(store)) == (0, 1)
    assert not [each for each in store.check(full=True) if each.problems]
    store.close()


@pytest.mark.parametrize("work", WORKS)
def test_few_memories_are_deleted_in_one_transaction(work: str, open_memory: OpenMemory) -> None:
    memory = open_memory()
    for number in range(10):
        memory.add(f"text {number}", infer=False, **CAM)
    memory.close()
    store = Watched(Path(memory.store.path))
    WORKS[work](store)
    assert store.sizes[0] == 0
    store.close()


@pytest.mark.parametrize(
    ("retention", "table", "left"),
    [
        ({"keep_last": 100}, "memory", 101),
        ({"messages": NOW}, "message", 1),
        ({"duplicates": True}, "memory", MANY + 1),
    ],
)
def test_every_kind_of_a_cleanup_goes_in_slices(
    retention: dict[str, Any], table: str, left: int, path: Path
) -> None:
    store = Watched(path)
    store.table = table
    cleanup.clean_up(store, plan(**retention))
    sizes = [MANY + 1, *store.sizes]
    assert max(before - after for before, after in pairwise(sizes)) <= SLICE
    assert sizes[-1] == left
    store.close()


def test_many_duplicates_are_merged_in_slices_as_at_once(tmp_path: Path) -> None:
    removed = []
    for name in ("one", "several"):
        with Memory(tmp_path / name, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
            said = [{"role": "user", "content": f"text {n % 700}"} for n in range(MANY)]
            memory.add(said, infer=False, **CAM)
            done = plan(duplicates=True)
            if name == "one":
                with memory.store.write() as tx:
                    removed.append(tx.cleanup(done))
            else:
                removed.append(cleanup.clean_up(memory.store, done)["removed"])
            counts = [row["repeats"] for row in memory.get_all(top_k=700, **CAM)["results"]]
            removed.append({"repeats": sum(counts)})
    assert removed[:2] == removed[2:] == [{"duplicates": MANY - 700}, {"repeats": MANY - 700}]


def test_the_kinds_of_a_large_cleanup_count_each_memory_once(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        done = cleanup.clean_up(store, plan(created=NOW, keep_last=1))
    assert done["removed"] == {"older": MANY, "beyond_last": 0}


def test_an_import_and_a_reindex_write_in_short_transactions(path: Path, tmp_path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        data = exported(store, vectors=True)
    other = Watched(tmp_path / "other.db")
    import_file(other, EMBEDDER, io.BytesIO(data))
    steps = [after - before for before, after in pairwise(other.sizes)]
    assert max(steps) <= WRITTEN
    reindex.reindex(other, HashEmbedder(16))
    assert not [each for each in other.check(full=True) if each.problems]
    other.close()


# -- derived data


def test_no_erased_word_stays_in_the_segments_of_a_large_full_text(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge of all segments, and FTS5's "optimize", keep the words of deleted rows."""
    monkeypatch.setattr(erasure, "REBUILT", 100)
    with Memory(path, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        for batch in range(9):
            said = [{"role": "user", "content": f"kept{n * 9 + batch}"} for n in range(200)]
            memory.add(said, infer=False, **BOB)
        assert memory.erase(**CAM)["gone"]
        assert b"wordy" not in raw(path)
        assert memory.search("kept7", threshold=0, **BOB)["results"]
        assert memory.verify(full=True)["ok"]


def test_an_index_that_was_dropped_grows_in_several_transactions(tmp_path: Path) -> None:
    number = (GROWTH + 2) * BATCH
    with Memory(tmp_path / "m.db", embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        memory.add([{"role": "user", "content": "x"}] * number, infer=False, **CAM)
        with memory.store.write() as tx:
            VectorIndex(tx.connection).drop()
        memory.add("one more", infer=False, **CAM)  # another program's add waits for a part only
        assert marks(memory) == [GROWTH * BATCH]
        memory.add("one more", infer=False, **CAM)
        assert marks(memory) == [number + 2]
        assert memory.verify(full=True)["ok"]


def marks(memory: Memory) -> list[int]:
    with memory.store.read() as r:
        return [VectorIndex(r.connection).mark]


# -- interruptions

KILLED = """
import os, signal
from contextlib import contextmanager
from litemem.core.scope import Scope
from litemem.maintenance import cleanup
from litemem.store.filters import compile_filter
from litemem.store.protocol import Retention

class Dying(SqliteStore):
    left = int(arguments[1])
    @contextmanager
    def write(self, *, secure_delete=False):
        with super().write(secure_delete=secure_delete) as tx:
            yield tx
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

store = Dying(path)
what, scope = arguments[0], Scope(user_id="cam")
if what == "scope":
    cleanup.erase(store, cleanup.plan_erasure(None, scope, None))
elif what == "cleanup":
    plan = cleanup.plan_cleanup(scope, None, now=2**51, retention=Retention(created=2**51))
    cleanup.clean_up(store, plan)
else:
    cleanup.erase(store, cleanup.plan_erasure(what, Scope(), None))
"""


def kill(path: Path, what: str, commits: int) -> None:
    process = Process(KILLED, path, what, commits)
    process.go()
    assert process.process.wait(timeout=60) == -9
    process.close()


@pytest.mark.parametrize("commits", [1, 2, 3, 4, 5])
def test_an_erasure_that_was_killed_is_finished_by_a_second_call(path: Path, commits: int) -> None:
    kill(path, "scope", commits)
    with Memory(path, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        assert memory.verify(full=True)["ok"]
        assert memory.search("Marzipan", threshold=0, **BOB)["results"]
        done = memory.erase(**CAM)
        assert done["gone"], done["advice"]
        assert b"wordy" not in raw(path)
        assert memory.erase(**CAM)["gone"]
        assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize("commits", [1, 2])
def test_an_erased_id_is_accepted_until_its_bytes_are_gone(path: Path, commits: int) -> None:
    with Memory(path, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        (found,) = memory.get_all(top_k=1, **BOB)["results"]
    kill(path, found["id"], commits)
    with Memory(path, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        assert memory.erase(found["id"])["gone"]
        assert b"arzipan" not in raw(path)
        assert found["id"].encode() not in raw(path)
        with pytest.raises(MemoryNotFoundError):
            memory.erase(found["id"])


@pytest.mark.parametrize("mark", ["x", "[]", "7", '{"memories": 7}', "[" * 20_000])
def test_a_mark_that_was_changed_by_hand_hinders_no_erasure(path: Path, mark: str) -> None:
    kill(path, "scope", 1)
    with Memory(path, embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        with memory.store.write() as tx:
            settings.put(tx.connection, settings.ERASING, mark)
        assert memory.erase(**CAM)["gone"]
        assert b"wordy" not in raw(path)


def test_a_vacuum_finishes_an_erasure_that_was_killed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(path))
    kill(path, "scope", 3)
    assert b"wordy" in raw(path)
    assert CliRunner().invoke(main, ["vacuum"]).exit_code == 0
    assert b"wordy" not in raw(path)


def test_a_cleanup_that_was_killed_is_finished_by_a_second_call(path: Path) -> None:
    kill(path, "cleanup", 1)
    with closing(SqliteStore(path)) as store:
        assert rows_of("cam")(store) == MANY - SLICE
        assert cleanup.clean_up(store, plan(created=NOW))["removed"] == {"older": MANY - SLICE}
        assert not [each for each in store.check(full=True) if each.problems]


def raw(path: Path) -> bytes:
    files = (Path(f"{path}{side}") for side in ("", "-wal", "-shm"))
    return b"\0".join(file.read_bytes() for file in files if file.exists())


# -- others


def test_who_held_the_file_for_long_lets_others_go_first() -> None:
    queue = WriteQueue(1)
    for seconds, expected in ((0.0, False), (0.15, True)):
        assert (pause_after(queue, work=seconds) > 0.03) == expected


def test_a_slow_disk_is_no_reason_to_pause() -> None:
    assert pause_after(WriteQueue(1), commit=0.15) < 0.03


def pause_after(queue: WriteQueue, *, work: float = 0.0, commit: float = 0.0) -> float:
    queue.begin(lambda: None)
    time.sleep(work)
    queue.worked()
    time.sleep(commit)
    queue.end()
    begun = time.monotonic()
    queue.begin(lambda: None)
    return time.monotonic() - begun


def test_another_program_adds_while_a_scope_is_erased(path: Path) -> None:
    """Previously each of its adds waited for the whole erasure."""
    script = """
import time
with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as m:
    print("open", flush=True)
    end = time.monotonic() + float(arguments[0])
    waits = []
    while time.monotonic() < end:
        begun = time.monotonic()
        m.add("x", user_id="bob", infer=False)
        waits.append(time.monotonic() - begun)
print(len(waits))
"""
    process = Process(script, path, 4)
    process.go()
    process.read_line("open")
    with closing(SqliteStore(path)) as store:
        done = cleanup.erase(store, cleanup.plan_erasure(None, Scope(**CAM), None))
    assert done["erased"]["memories"] == MANY
    assert int(process.finish()) > 2
