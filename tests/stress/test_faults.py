"""The disk fails at every point of every change: the file holds the state before, or the one after.

LITEMEM_TEST_PROFILE=nightly lets every single operation fail in every way; otherwise a part of them
does, another in each workload. `pytest -s` prints the counts.
"""

import io
import re
import resource
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import NIGHTLY, START, schema_file
from helpers.fault_vfs import FAULTS, copy_files, faulty
from helpers.stores import reading
from litemem import Memory
from litemem.core.types import Relation
from litemem.errors import LitememError, LLMError
from litemem.maintenance.backup import backup, restore
from litemem.maintenance.integrity import fix, salvage, verify
from litemem.maintenance.reindex import reindex
from litemem.store.protocol import Conflict, Durability
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.schema import expected_tables, latest_version
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.export import write

CASES = 10**9 if NIGHTLY else 24  # of each workload, at most
SEEDS = 8 if NIGHTLY else 1  # of each crash: what of the unsynced is on the disk
CAM = {"user_id": "cam"}
SAID = [{"role": "user", "content": f"likes drink {i}"} for i in range(20)]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# the claim of a turn and its last failure may change; the pending turns themselves may not
SHOWN = {"turn": "pk, session_pk, options, created_at"}
HIDDEN = {"claim"}

State = dict[str, Any]  # file → table → rows
Case = tuple[str, str, int, int]  # fault, operation, which one, seed


@dataclass
class Run:
    """One run of a workload in a folder: the files it opened, and the changes reported as done."""

    folder: Path
    acknowledged: bool = False
    opened: list[Memory | SqliteStore] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "memory.db"

    def memory(
        self,
        *answers: object,
        durability: Durability = "full",
        name: str = "memory.db",
        dimensions: int = 64,
    ) -> Memory:
        memory = Memory(
            self.folder / name,
            embedder=HashEmbedder(dimensions),
            llm=ScriptedLLM(answers),
            durability=durability,
            now=lambda: START,
        )
        self.opened.append(memory)
        return memory

    def store(self) -> SqliteStore:
        store = SqliteStore(self.path)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for each in self.opened:
            each.close()


Work = Callable[[Run], object]


@dataclass(frozen=True)
class Workload:
    """Something that changes files: how they are made, what is done, in how many commits."""

    prepare: Work
    work: Work
    states: int | None = 2  # that the files may be found in; None: however many commits there are
    sound: bool = True  # from the beginning, not only at the end
    synced: bool = True  # what is acknowledged survives a power cut


def change(call: Callable[[Memory], object], *answers: object) -> Work:
    return lambda run: call(run.memory(*answers))


def filled(run: Run) -> None:
    memory = run.memory(["User likes tea"])
    memory.add("I like tea", **CAM)
    memory.add(SAID[:4], infer=False, **CAM)
    memory.add("likes rum", infer=False, user_id="bob")
    say(memory, "I fly to Oslo on 3 June 2026")


def say(memory: Memory, text: str) -> None:
    """Log a turn that no model reads: it stays pending, and its message is found."""
    with suppress(LLMError):
        memory.add(text, **CAM)


def message_id(memory: Memory) -> str:
    found = memory.get_all(**CAM, include_messages=True)["results"]
    return str(next(row["id"] for row in found if row.get("memory_type") == "message"))


def first_id(memory: Memory) -> str:
    return str(memory.get_all(**CAM)["results"][0]["id"])


def supersede(run: Run) -> None:
    memory = run.memory()
    old, new = (
        reading(memory.store).memories.get(row["id"])
        for row in memory.get_all(**CAM, limit=2)["results"]
    )
    assert old is not None
    assert new is not None
    with memory.store.write() as tx:
        tx.known.supersede(old, new.id, START)


def relate(run: Run) -> None:
    """Add a memory with relations, as an add with the graph does."""
    memory = run.memory()
    record = reading(memory.store).memories.get(first_id(memory))
    assert record is not None
    with memory.store.write() as tx:
        vectors = {name: bytes(4 * 64) for name in ("Cam", "tea")}
        tx.graph.relate(record, [Relation("Cam", "likes", "tea")], vectors)


def related(run: Run) -> None:
    filled(run)
    relate(run)


def of_version(version: int) -> Work:
    """Return what makes a file as an older litemem left it."""

    def make(run: Run) -> None:
        shutil.copyfile(schema_file(version), run.path)

    return make


def damaged(run: Run) -> None:
    filled(run)
    run.close()
    with closing(connect(str(run.path))) as connection:
        connection.execute("DROP TRIGGER memory_fts_insert")
        connection.execute("UPDATE memory SET hash = x'00'")


def with_backup(run: Run) -> None:
    filled(run)
    backup(run.store(), run.folder / "backup.db")
    run.memory().add("likes gin", infer=False, **CAM)


def half_reindexed(run: Run) -> None:
    filled(run)
    store, other = run.store(), HashEmbedder(32)
    rows = reading(store).reindex.missing(other.identity, 2)
    with store.write() as tx:
        tx.reindex.stage(other.identity, [(*row, bytes(128)) for row in rows])


def with_archive(run: Run) -> None:
    """Fill a file and export it; then change it, so that an import meets what it knows."""
    filled(run)
    supersede(run)
    relate(run)
    memory = run.memory()
    memory.export_file(run.folder / "archive.jsonl")
    changed, gone, *_ = (row["id"] for row in memory.get_all(**CAM)["results"])
    memory.update(changed, "likes wine")
    memory.delete(gone)
    memory.add("likes gin", infer=False, **CAM)


def take_in(on_conflict: Conflict, name: str = "memory.db") -> Work:
    """Return what imports the archive of `with_archive` into a file."""
    return lambda run: run.memory(name=name).import_file(
        run.folder / "archive.jsonl", on_conflict=on_conflict
    )


def with_gaps(run: Run) -> None:
    filled(run)
    memory = run.memory()
    memory.add(SAID * 20, infer=False, user_id="dora")
    memory.delete_all(user_id="dora")


WORKLOADS = {
    "a new file": Workload(lambda _: None, lambda run: run.store(), None),
    "add": Workload(filled, change(lambda m: m.add("likes ale", infer=False, **CAM))),
    "add of many": Workload(filled, change(lambda m: m.add(SAID, infer=False, **CAM))),
    "add with extraction": Workload(
        filled, change(lambda m: m.add("I like gin", **CAM), ["User likes gin"]), 3
    ),
    "add without a model": Workload(filled, change(lambda m: say(m, "I leave Oslo on 9 June"))),
    "delete a message": Workload(filled, change(lambda m: m.delete(message_id(m)))),
    "erase a message": Workload(filled, change(lambda m: m.erase(message_id(m)))),
    "delete what a message told": Workload(
        filled, change(lambda m: m.delete(m.search("tea", **CAM)["results"][0]["id"]))
    ),
    "index what waits": Workload(
        of_version(6),
        lambda run: run.memory(dimensions=8).add("likes gin", infer=False, **CAM),
        None,
    ),
    "add without syncing": Workload(
        filled,
        lambda run: run.memory(durability="normal").add("likes ale", infer=False, **CAM),
        synced=False,
    ),
    "supersede": Workload(filled, supersede),
    "relate": Workload(filled, relate),
    "delete what is related": Workload(related, change(lambda m: m.delete(first_id(m)))),
    "update": Workload(filled, change(lambda m: m.update(first_id(m), "likes wine"))),
    "delete": Workload(filled, change(lambda m: m.delete(first_id(m)))),
    "delete_all": Workload(filled, change(lambda m: m.delete_all(**CAM))),
    "cleanup": Workload(
        filled,
        change(lambda m: m.cleanup(older_than="0s", messages_older_than="0s", **CAM)),
    ),
    "erase": Workload(filled, change(lambda m: m.erase(**CAM))),
    "vacuum": Workload(with_gaps, change(lambda m: m.cleanup(vacuum=True)), 1),
    "reset": Workload(filled, change(lambda m: m.reset())),
    "reindex": Workload(half_reindexed, lambda run: reindex(run.store(), HashEmbedder(32)), None),
    "fix": Workload(damaged, lambda run: fix(run.store()), sound=False),
    "import": Workload(with_archive, take_in("overwrite"), None),
    "import and merge": Workload(with_archive, take_in("merge"), None),
    "import into a new file": Workload(with_archive, take_in("error", "other.db"), None),
    "export to a file": Workload(
        filled, change(lambda m: m.export_file(Path(m.store.path).with_name("export.jsonl")))
    ),
    "backup": Workload(filled, lambda run: backup(run.store(), run.folder / "backup.db")),
    "backup again": Workload(
        with_backup, lambda run: backup(run.store(), run.folder / "backup.db")
    ),
    "restore": Workload(
        with_backup, lambda run: restore(run.folder / "backup.db", run.folder / "memory.db")
    ),
    "salvage": Workload(filled, lambda run: salvage(run.path, run.folder / "saved.db")),
    **{
        f"migration from {version}": Workload(of_version(version), lambda run: run.store())
        for version in range(1, latest_version())
    },
}


UNFINISHED = "erasing"  # the setting that a vacuum of what is left of an erasure removes


def state(folder: Path) -> State:
    """Return what every file of a folder holds, the ids in a database replaced by numbers."""
    found = {}
    for path in sorted(folder.glob("*.db*")):
        if path.suffix == ".db" and (held := tables(path)):
            found[path.name] = held
        elif ".replaced-" in path.name and not path.name.endswith(("-wal", "-shm")):
            found["replaced"] = tables(path)
    return found | {path.name: path.read_bytes() for path in folder.glob("*.jsonl")}


def tables(path: Path) -> State:
    """Return what a file holds; nothing when nobody has made a litemem file of it yet."""
    with closing(connect(str(path))) as connection:
        version = connection.pragma("user_version")
        rows: State = {"version": version} if version else {}
        numbers: dict[str, str] = {}

        def numbered(value: object) -> object:
            if not isinstance(value, str):
                return value
            return UUID.sub(lambda m: numbers.setdefault(m[0], f"id{len(numbers)}"), value)

        for name, columns in expected_tables(version).items() if version else ():
            if name in HIDDEN:
                continue
            shown, order = SHOWN.get(name, "*"), "rowid" if columns[0].key else "1, 2"
            listed = connection.execute(f"SELECT {shown} FROM {name} ORDER BY {order}")
            rows[name] = [tuple(map(numbered, row)) for row in listed if row[0] != UNFINISHED]
    return rows


def prepared(workload: Workload, folder: Path) -> None:
    run = Run(folder)
    try:
        workload.prepare(run)
    finally:
        run.close()


def attempt(workload: Workload, run: Run) -> LitememError | None:
    """Do the work; return our error if it raised one. Any other error fails the test."""
    try:
        workload.work(run)
        run.acknowledged = True
        run.close()
    except LitememError as error:
        return error
    return None


def undisturbed(workload: Workload, start: Path, folder: Path) -> tuple[list[State], Counter[str]]:
    """Return the states that the files go through, and the operations that it takes."""
    folder.mkdir()
    copy_files(start, folder)
    moments: list[Path] = []

    def keep() -> None:
        moments.append(Path(tempfile.mkdtemp(dir=folder.parent)))
        copy_files(folder, moments[-1])

    with faulty() as vfs:
        vfs.commits = keep
        run = Run(folder)
        assert attempt(workload, run) is None
        vfs.commits = None
        counts = Counter(vfs.counts)
    states: list[State] = []
    for moment in (start, *moments, folder):
        if (found := state(moment)) not in states:
            states.append(found)
    return states, counts


def cases(counts: Counter[str], name: str) -> Iterator[Case]:
    """Yield the operations to fail: all of them, or an even sample."""
    every = [
        (fault, operation, number, seed)
        for fault, operations in FAULTS.items()
        for operation in operations
        for number in range(1, counts[operation] + 1)
        for seed in range(SEEDS if fault == "crash" else 1)
    ]
    stride = -(-len(every) // CASES)
    yield from every[zlib.crc32(name.encode()) % stride :: stride]


def suffer(workload: Workload, start: Path, folder: Path, case: Case) -> tuple[Run, Any, Path]:
    """Do the work while something fails; return the run, its error and where the files are."""
    fault, operation, number, seed = case
    before, after = folder / "before", folder / "after"
    before.mkdir()
    after.mkdir()
    copy_files(start, before)
    with faulty() as vfs:
        vfs.fail(fault, operation, number)
        run = Run(before)
        error = attempt(workload, run)
        assert vfs.struck, f"{case} did not happen"
        if fault == "crash":
            vfs.crash(before, after, seed)
        vfs.heal()
        for each in run.opened:
            with suppress(LitememError):
                each.close()
    return run, error, after if fault == "crash" else before


def check_sound(folder: Path, case: Case) -> None:
    """Every file opens, and everything in it agrees."""
    assert not list(folder.glob(".*.part")), f"{case}: a half of an export or a backup is left"
    for path in folder.glob("*.db"):
        SqliteStore(path).close()
        wrong = [f for f in verify(path, full=True) if f.problems]
        assert not wrong, f"{case}: {wrong}"


@pytest.mark.parametrize("name", WORKLOADS)
def test_after_any_failure_the_file_is_as_before_or_as_after(name: str, tmp_path: Path) -> None:
    workload, start = WORKLOADS[name], tmp_path / "start"
    start.mkdir()
    prepared(workload, start)
    states, counts = undisturbed(workload, start, tmp_path / "undisturbed")
    assert workload.states in (None, len(states))
    ended: Counter[str] = Counter()
    for case in cases(counts, name):
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            run, error, left = suffer(workload, start, Path(folder), case)
            found = state(left)
            assert found in states, f"{case}: neither before nor after ({error})"
            if workload.sound or found == states[-1]:
                check_sound(left, case)
            if run.acknowledged and (workload.synced or case[0] != "crash"):
                assert found == states[-1], f"{case}: what was acknowledged is lost"
            ended[f"{case[0]}: {'done' if run.acknowledged else 'refused'}"] += 1
    print(
        f"\n{name}: {sum(ended.values())} faults in {dict(counts)}: {dict(sorted(ended.items()))}"
    )


def test_a_disk_that_works_again_is_written_again(tmp_path: Path) -> None:
    """The same `Memory` goes on after a fault, without opening the file again."""
    run = Run(tmp_path)
    memory = run.memory()
    memory.close()
    with faulty() as vfs:
        memory = run.memory()
        for fault, operation in (("full", "write"), ("short", "write"), ("io", "sync")):
            vfs.fail(fault, operation, 1)
            with pytest.raises(LitememError):
                memory.add("likes tea", infer=False, **CAM)
            vfs.heal()
            memory.add(f"likes tea, whatever the {fault}", infer=False, **CAM)
        run.close()
    with closing(run.memory()) as again:
        assert len(again.get_all(**CAM)["results"]) == 3


@pytest.mark.posix
def test_an_export_that_the_disk_has_no_room_for_leaves_the_old_one(tmp_path: Path) -> None:
    """The archive is not written through SQLite, so here the operating system refuses the bytes."""
    run, target = Run(tmp_path), tmp_path / "export.jsonl"
    filled(run)
    memory = run.memory()
    target.write_text("the old one")
    archive = archive_of(memory)
    size = len(archive)
    for room in range(0, size, 1 if NIGHTLY else size // CASES):
        with room_for(room), pytest.raises(LitememError, match=r"export\.jsonl cannot be written"):
            memory.export_file(target, force=True)
        assert target.read_text() == "the old one"
    with room_for(size):
        memory.export_file(target, force=True)
    assert target.read_bytes() == archive
    run.close()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["export.jsonl", "memory.db"]


def archive_of(memory: Memory) -> bytes:
    """Return the archive of a file, as a stream gets it."""
    out = io.BytesIO()
    write(memory.store, out)
    return out.getvalue()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Limit the size of written files; Python ignores the signal for it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_fault_that_is_asked_for_happens(tmp_path: Path) -> None:
    """Else every test above would pass for nothing."""
    with faulty() as vfs:
        vfs.fail("io", "open", 1)
        with pytest.raises(LitememError, match="cannot be opened"):
            SqliteStore(tmp_path / "memory.db")
        assert vfs.struck


def test_a_crash_may_take_what_was_acknowledged_without_a_sync(tmp_path: Path) -> None:
    """As it is documented of durability="normal"; so a crash here does what one does."""
    workload, start = WORKLOADS["add without syncing"], tmp_path / "start"
    start.mkdir()
    prepared(workload, start)
    lost = 0
    for seed in range(20):
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            case = ("crash", "sync", 2, seed)  # of the checkpoint at the end
            run, _, left = suffer(workload, start, Path(folder), case)
            assert run.acknowledged
            lost += state(left) == state(start)
    assert lost > 0


def test_a_crash_loses_what_was_not_synced(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    with faulty() as vfs:
        connection = apsw.Connection(str(before / "a.db"))
        connection.pragma("synchronous", "off")
        connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000))")
        lost = 0
        for seed in range(20):
            vfs.crash(before, after, seed)
            whole = (before / "a.db").read_bytes()
            lost += (after / "a.db").read_bytes() != whole
        connection.close()
    assert lost == 20
