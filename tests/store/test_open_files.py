"""Open files: no call of a program drops SQLite's locks on a file it has open."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from helpers import OpenMemory, run_python
from helpers.stores import reading
from litemem import Memory
from litemem.errors import LitememError, StoreBusyError, StoreError
from litemem.maintenance.backup import backup, restore
from litemem.maintenance.integrity import salvage
from litemem.store.sqlite.open_files import is_open
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.mem0 import open_store

pytestmark = pytest.mark.posix  # elsewhere a lock belongs to a descriptor

CAM = {"user_id": "cam"}

# Another process tries to lock what SQLite holds of a file in write-ahead mode that is open: the
# shared range of the file, and the byte of its -shm that says that somebody has it (os_unix.c).
LOCKS = """
import fcntl, sys
for path, start, length in ((sys.argv[1], 0x40000002, 510), (sys.argv[1] + "-shm", 128, 1)):
    with open(path, "r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
            print("free")
        except OSError:
            print("held")
"""


@pytest.fixture
def memory(open_memory: OpenMemory) -> Memory:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    return memory


def is_locked(path: Path) -> bool:
    return run_python(LOCKS, path).split() == ["held", "held"]


def mem0_folder(path: Path) -> Path:
    """Return a folder that looks like mem0ai's, where the file stands in for its documents."""
    folder = path.with_name("faiss")
    folder.mkdir()
    (folder / "mine.faiss").touch()
    (folder / "mine.json").symlink_to(path)
    return folder


def linked(path: Path) -> Path:
    link = path.with_name("link.db")
    link.symlink_to(path)
    return link


def second_name(path: Path) -> Path:
    name = path.with_name("second.db")
    name.hardlink_to(path)
    return name


def exported_onto(_: Memory, path: Path) -> None:
    with closing(Memory(":memory:", embedder=HashEmbedder(64), llm=ScriptedLLM([]))) as other:
        other.export_file(path, force=True)


def backed_up_onto(_: Memory, path: Path) -> None:
    with closing(SqliteStore(":memory:")) as other:
        backup(other, second_name(path))  # it has no log beside it by this name


def restored_onto(memory: Memory, path: Path) -> None:
    with pytest.raises(StoreBusyError, match="has it open"):
        restore(memory.backup(path.with_name("backup.db")), path)
    raise StoreBusyError


WAYS: dict[str, Callable[[Memory, Path], object]] = {
    "import": lambda memory, path: memory.import_file(path),
    "import through a link": lambda memory, path: memory.import_file(linked(path)),
    "import by a second name": lambda memory, path: memory.import_file(second_name(path)),
    "import of the shared memory": lambda memory, path: memory.import_file(f"{path}-shm"),
    "import of mem0ai's": lambda _, path: open_store(mem0_folder(path)),
    "export": lambda memory, path: memory.export_file(path, force=True),
    "export of another": exported_onto,
    "backup of another": backed_up_onto,
    "restore": restored_onto,
    "salvage": lambda _, path: salvage(path, path.with_name("saved.db")),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_refused_file_leaves_the_locks(memory: Memory, tmp_path: Path, way: str) -> None:
    """Previously a plain open() and close() dropped them."""
    path = tmp_path / "memory.db"
    assert is_locked(path)
    with pytest.raises(LitememError):
        WAYS[way](memory, path)
    assert is_locked(path)
    memory.add("likes rum", infer=False, **CAM)
    assert len(memory.get_all(**CAM)["results"]) == 2


def test_reading_the_file_leaves_the_locks(memory: Memory, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    memory.verify(full=True)
    memory.export_file(tmp_path / "all.jsonl")
    memory.erase(user_id="bob")
    memory.cleanup(vacuum=True)
    backup(path, tmp_path / "backup.db")
    with closing(SqliteStore(path)) as again:
        reading(again).overview()
    assert is_locked(path)


def test_a_backup_that_is_open_stays_where_others_go(
    memory: Memory, tmp_path: Path, open_memory: OpenMemory
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    first = memory.backup(folder)
    looked_at = open_memory(path=first)
    for _ in range(3):
        last = memory.backup(folder, keep=1)
    assert is_locked(first)
    assert len(looked_at.get_all(**CAM)["results"]) == 1
    looked_at.close()
    assert sorted(folder.glob("*.db")) == [first, last]


KILLED = """
import os, sqlite3, subprocess, sys
from litemem import Memory
from litemem.errors import LitememError
from litemem.testing import HashEmbedder
path = sys.argv[1]
memory = Memory(path, embedder=HashEmbedder(64))
memory.add("likes tea", user_id="cam", infer=False)
try:
    memory.import_file(path)
except LitememError:
    pass
looks = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM memory')"
subprocess.run([sys.executable, "-c", looks, path], check=True)
memory.add("likes rum", user_id="cam", infer=False)
os.write(1, b"stored")
os._exit(0)  # as a program that is killed, without closing anything
"""


def test_what_was_stored_after_a_slip_survives_a_kill(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    """Previously a program that only looked removed the log, and what came later was nowhere."""
    assert run_python(KILLED, tmp_path / "memory.db") == "stored"
    found = open_memory().get_all(**CAM)["results"]
    assert {row["memory"] for row in found} == {"likes tea", "likes rum"}


def test_a_file_is_held_by_every_name_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    store = SqliteStore(path)
    names = (path, linked(path), second_name(path), Path(f"{path}-wal"), Path(f"{path}-shm"))
    assert all(is_open(name) for name in names)
    path.rename(tmp_path / "moved.db")
    assert is_open(tmp_path / "moved.db")
    (tmp_path / "moved.db").rename(path)
    (tmp_path / "other.db").write_text("a text")
    assert not is_open(tmp_path / "other.db")
    assert not is_open(tmp_path / "nothing.db")
    store.close()
    assert not any(is_open(name) for name in names)


def test_a_file_that_was_closed_can_be_salvaged(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="close it first"):
        salvage(tmp_path / "memory.db", tmp_path / "saved.db")
    memory.close()
    assert salvage(tmp_path / "memory.db", tmp_path / "saved.db").saved["memory"] == 1
