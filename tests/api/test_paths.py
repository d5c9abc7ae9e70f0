"""Paths: invalid ones are refused by name; a changed working folder changes no file."""

import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import OpenMemory
from litemem import Memory
from litemem.cli import main
from litemem.core.config import real_path, sqlite_path, user_path
from litemem.errors import LitememError, StoreError, ValidationError
from litemem.maintenance.backup import backup, restore
from litemem.maintenance.integrity import salvage, verify
from litemem.store.sqlite.stats import file_stats, owners
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.export import export_file
from litemem.transfer.mem0 import open_store

CAM = {"user_id": "cam"}
NO_USER = "~nobody-of-this-name/x"

Call = Callable[[Memory, Any], object]

# every call that takes a path, with the path as the caller gives it
CALLS: dict[str, Call] = {
    "Memory": lambda _, path: Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])),
    "import_file": lambda memory, path: memory.import_file(path),
    "export_file": lambda memory, path: memory.export_file(path),
    "export with force": lambda memory, path: export_file(memory.store, path, force=True),
    "backup": lambda memory, path: memory.backup(path),
    "backup of a path": lambda memory, path: backup(path, f"{memory.store.path}.backup"),
    "restore from": lambda memory, path: restore(path, f"{memory.store.path}.other"),
    "restore to": lambda memory, path: restore(memory.store.path, path),
    "verify": lambda _, path: verify(path),
    "salvage of": lambda memory, path: salvage(path, f"{memory.store.path}.saved"),
    "salvage to": lambda memory, path: salvage(f"{memory.store.path}.none", path),
    "a store of mem0ai": lambda _, path: open_store(path),
    "portrait": lambda _, path: file_stats(path, 0),
    "owners": lambda _, path: owners(path),
}


def texts(memory: Memory) -> list[str]:
    return sorted(row["memory"] for row in memory.get_all(**CAM)["results"])


@pytest.mark.parametrize("path", ["a\0b", NO_USER, "half \ud800 a pair", "", "  "])
@pytest.mark.parametrize("name", CALLS)
def test_an_invalid_path_is_refused_by_name(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValidationError) as caught:
        CALLS[name](memory, path)
    assert path in str(caught.value) or repr(path) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("path", [b"memory.db", 5, True, ["memory.db"]])
@pytest.mark.parametrize("name", ["Memory", "export_file", "backup", "verify", "salvage of"])
def test_what_is_neither_text_nor_a_path_is_refused(memory: Memory, name: str, path: Any) -> None:
    with pytest.raises(ValidationError, match="a path must be text or a Path"):
        CALLS[name](memory, path)


@pytest.mark.posix  # there, a name is text
@pytest.mark.parametrize("name", ["Memory", "backup", "restore to", "verify", "salvage to"])
def test_a_name_that_is_not_text_is_refused_for_a_database(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """SQLite takes UTF-8 alone. Previously a UnicodeEncodeError, and the file was left behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memory.db.none").write_bytes(b"")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValidationError, match="UTF-8"):
        CALLS[name](memory, "x\udc80.db")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name is text")
def test_an_export_and_an_import_may_have_a_name_that_is_not_text(
    memory: Memory, tmp_path: Path, open_memory: OpenMemory
) -> None:
    memory.add("likes tea", infer=False, **CAM)
    memory.export_file(tmp_path / "x\udc80.jsonl")
    other = open_memory(path=tmp_path / "other.db")
    assert other.import_file(tmp_path / "x\udc80.jsonl")["added"] == 1


@pytest.mark.parametrize(
    "command",
    [
        ["info"],
        ["verify"],
        ["vacuum"],
        ["backup", "copy.db"],
        ["export", "all.jsonl"],
        ["import", "all.jsonl"],
        ["salvage", "saved.db"],
        ["restore", "copy.db", "--yes"],
        ["add", "--no-infer", "tea", "--user-id", "cam"],
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("path", ["a\0b", NO_USER, "x\udc80.db"])
def test_the_command_line_refuses_an_invalid_path_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    done = CliRunner().invoke(main, [*command, "--db", path])
    assert done.exit_code in (1, 2)
    assert isinstance(done.exception, SystemExit)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["export", "import", "backup", "salvage", "restore"])
@pytest.mark.parametrize("path", ["a\0b", NO_USER])
def test_the_command_line_refuses_an_invalid_second_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: Memory, command: str, path: str
) -> None:
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:64")
    memory.close()
    options = ["--yes"] if command == "restore" else []
    database = str(tmp_path / "memory.db")
    done = CliRunner().invoke(main, [command, path, "--db", database, *options])
    assert done.exit_code in (1, 2)
    assert isinstance(done.exception, SystemExit)
    assert path in done.output or repr(path) in done.output


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    SqliteStore("~/memory.db").close()
    assert (tmp_path / "memory.db").exists()


def test_a_file_may_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError, match=r"is \./~mine"):
        user_path("~mine")
    assert real_path("./~mine") == tmp_path.resolve() / "~mine"


def test_a_relative_path_in_a_folder_that_is_gone_is_our_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(StoreError, match="is relative, and the working directory"):
        sqlite_path("memory.db")


# -- the program goes to another folder


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two folders; the program is in the first, and the second has a `memory.db` of another."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with Memory(there / "memory.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])) as other:
        other.add("the secret of another project", infer=False, **CAM)
    monkeypatch.chdir(here)
    return here, there


def test_a_relative_path_is_of_the_folder_in_which_it_was_opened(
    folders: tuple[Path, Path], open_memory: OpenMemory
) -> None:
    """Previously what was opened later for reading was the other folder's file, or a new one."""
    memory = open_memory(path="memory.db")
    memory.add("likes tea", infer=False, **CAM)
    os.chdir(folders[1])
    for _ in range(2):
        with memory.store.read():  # so that the next read needs another connection
            assert texts(memory) == ["likes tea"]
    assert memory.verify()["ok"]


def test_many_threads_read_the_file_that_was_opened(
    folders: tuple[Path, Path], open_memory: OpenMemory
) -> None:
    memory = open_memory(path="memory.db")
    memory.add("likes tea", infer=False, **CAM)
    os.chdir(folders[1])
    found: list[list[str]] = []
    together = threading.Barrier(6)

    def read() -> None:
        together.wait()
        found.extend(texts(memory) for _ in range(10))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["likes tea"]] * 60


def test_reading_makes_no_file_in_another_folder(
    folders: tuple[Path, Path], open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(path="memory.db")
    empty = tmp_path / "empty"
    empty.mkdir()
    os.chdir(empty)
    with memory.store.read():
        assert texts(memory) == []
    assert list(empty.iterdir()) == []


def test_an_erasure_and_an_export_are_of_the_file_that_was_opened(
    folders: tuple[Path, Path], open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(path="memory.db")
    memory.add("likes tea", infer=False, **CAM)
    os.chdir(tmp_path)
    (tmp_path / "all.jsonl").write_text("an older one")
    assert memory.export_file("all.jsonl", force=True)["memory"] == 1
    assert memory.erase(**CAM)["bytes"]["before"] >= (folders[0] / "memory.db").stat().st_size


# -- links, and files that are moved


@pytest.mark.posix  # Windows has no such permissions
def test_a_link_to_a_file_that_is_not_there_makes_a_private_one(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "link.db").symlink_to("target.db")
        SqliteStore(tmp_path / "link.db").close()
    finally:
        os.umask(before)
    assert (tmp_path / "link.db").is_symlink()
    assert stat.S_IMODE((tmp_path / "target.db").stat().st_mode) == 0o600


@pytest.mark.posix
def test_a_link_that_leads_to_itself_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to("link.db")
    with pytest.raises(StoreError):
        SqliteStore(tmp_path / "link.db")


@pytest.mark.posix
def test_a_file_is_read_as_it_was_opened_when_the_link_is_set_elsewhere(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to("one.db")
    memory = open_memory(path=link)
    memory.add("likes tea", infer=False, **CAM)
    open_memory(path=tmp_path / "two.db")
    link.unlink()
    link.symlink_to("two.db")
    with memory.store.read():
        assert texts(memory) == ["likes tea"]


@pytest.mark.posix
def test_the_bytes_of_a_file_behind_a_link_count_its_log(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    (tmp_path / "link.db").symlink_to("real.db")
    memory = open_memory(path=tmp_path / "link.db")
    memory.add("likes tea", infer=False, **CAM)
    held = sum((tmp_path / name).stat().st_size for name in ("real.db", "real.db-wal"))
    assert memory.erase(**CAM)["bytes"]["before"] >= held


def test_another_file_in_the_place_of_an_open_one_is_not_read(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    memory = open_memory(path=tmp_path / "memory.db")
    memory.add("likes tea", infer=False, **CAM)
    (tmp_path / "memory.db").rename(tmp_path / "moved.db")
    with memory.store.read(), pytest.raises(StoreError, match="moved or replaced"):
        texts(memory)
    assert not (tmp_path / "memory.db").exists()


# -- what is wrong is found before the file is opened


@pytest.mark.parametrize(
    "wrong",
    [{"enable_graph": "yes"}, {"async_mode": 1}, {"custom_instructions": 5}, {"durability": "no"}],
)
def test_a_wrong_argument_makes_no_file(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Memory(tmp_path / "memory.db", embedder=HashEmbedder(64), llm=ScriptedLLM([]), **wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_memory_that_cannot_be_opened_holds_no_file(tmp_path: Path) -> None:
    """Not even while its error is kept, as a program's log does."""
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        memory.add("likes tea", infer=False, **CAM)
    (tmp_path / "text.db").write_text("no database " * 100)
    open_before = len(apsw.connections())
    kept = []
    for name, dimensions in (("memory.db", 32), ("text.db", 64)):
        with pytest.raises(LitememError) as caught:
            Memory(tmp_path / name, embedder=HashEmbedder(dimensions), llm=ScriptedLLM([]))
        kept.append(caught)
        assert len(apsw.connections()) == open_before


def test_few_connections_are_kept_after_many_have_read_at_once(memory: Memory) -> None:
    """Previously as many as had ever read at the same time, each with 8 MB."""
    before = len(apsw.connections())
    together = threading.Barrier(40)

    def read() -> None:
        with memory.store.read():
            together.wait()

    threads = [threading.Thread(target=read) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(apsw.connections()) - before <= (os.cpu_count() or 1) + 4
