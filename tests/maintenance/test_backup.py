"""Backup and restore: one consistent state, complete or absent; no file is replaced unasked."""

import os
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import OpenMemory, dump, run_python, schema_file
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.errors import CorruptError, LitememError, SchemaError, StoreBusyError, StoreError
from litemem.maintenance.backup import backup, backups, restore
from litemem.maintenance.integrity import is_sound, salvage, verify
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder

CAM = {"user_id": "cam"}


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "memory.db"
    monkeypatch.setenv("LITEMEM_DB", str(path))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    return path


@pytest.fixture
def memory(db: Path, open_memory: OpenMemory) -> Memory:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    return memory


def texts(path: Path) -> list[str]:
    with Memory(path, embedder=HashEmbedder(64)) as opened:
        return sorted(row["memory"] for row in opened.get_all(**CAM)["results"])


def text_rows(path: Path) -> Any:
    """What a copy has to have; page numbers and the like may differ."""
    return {name: rows for name, rows in dump(path).items() if not name.startswith("memory_fts")}


# -- backup


def test_a_backup_holds_what_the_file_holds(memory: Memory, db: Path, tmp_path: Path) -> None:
    made = memory.backup(tmp_path / "backup.db")
    assert made == tmp_path / "backup.db"
    assert text_rows(made) == text_rows(db)
    assert is_sound(verify(made, full=True))


@pytest.mark.posix
def test_a_backup_is_of_the_owner_alone_and_one_file(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = memory.backup(folder / "backup.db")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [made]


def test_a_memory_without_a_file_can_be_backed_up(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory(path=":memory:")
    memory.add("likes tea", infer=False, **CAM)
    assert texts(memory.backup(tmp_path / "backup.db")) == ["likes tea"]


def test_a_backup_replaces_an_older_one(memory: Memory, tmp_path: Path) -> None:
    memory.backup(tmp_path / "backup.db")
    memory.add("likes rum", infer=False, **CAM)
    assert texts(memory.backup(tmp_path / "backup.db")) == ["likes rum", "likes tea"]


def test_what_is_not_committed_is_not_in_a_backup(memory: Memory, tmp_path: Path) -> None:
    with SqliteStore(memory.store.path).write() as tx:
        tx.clear()
        assert texts(memory.backup(tmp_path / "backup.db")) == ["likes tea"]


def test_a_backup_is_one_moment_while_others_write_pairs(memory: Memory, tmp_path: Path) -> None:
    """A writer adds and deletes pairs; no backup holds half a pair."""
    pair = [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]
    done, counts = threading.Event(), []

    def write() -> None:
        while not done.is_set():
            memory.add(pair, infer=False, user_id="pairs")
            memory.delete_all(user_id="pairs")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(15):
            made = memory.backup(tmp_path / f"{number}.db")
            assert is_sound(verify(made, full=True))
            with closing(SqliteStore(made)) as store:
                counts.append(reading(store).overview().memories)
    finally:
        done.set()
        writer.join()
    assert set(counts) <= {1, 3}


def test_a_writer_does_not_wait_for_a_backup(memory: Memory, tmp_path: Path) -> None:
    def write(_: int, __: int) -> None:
        memory.add("meanwhile", infer=False, **CAM)

    made = backup(memory.store, tmp_path / "backup.db", progress=write)
    assert texts(made) == ["likes tea"]


def test_a_backup_that_is_interrupted_leaves_nothing(memory: Memory, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    def stop(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(memory.store, tmp_path / "backup.db", progress=stop)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.posix
def test_a_backup_through_a_link_keeps_the_link(memory: Memory, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    link = tmp_path / "backup.db"
    link.symlink_to(other / "real.db")
    memory.backup(link)
    assert link.is_symlink()
    assert texts(other / "real.db") == ["likes tea"]


@pytest.mark.parametrize(
    "content", [b"precious", b"", b"SQLite format 3\0" + bytes(84)], ids=["text", "empty", "SQLite"]
)
def test_a_file_of_others_is_not_overwritten(
    memory: Memory, tmp_path: Path, content: bytes
) -> None:
    foreign = tmp_path / "notes"
    foreign.write_bytes(content)
    with pytest.raises(StoreError, match="not a litemem file"):
        memory.backup(foreign)
    assert foreign.read_bytes() == content


def test_the_file_itself_is_no_target(memory: Memory, db: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.hardlink_to(db)
    for target in (db, link):
        with pytest.raises(StoreError, match="is the file itself"):
            memory.backup(target)


def test_a_file_that_is_open_is_not_overwritten(memory: Memory, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "open.db")), pytest.raises(StoreError, match="is open"):
        memory.backup(tmp_path / "open.db")


def test_a_target_without_a_folder_is_refused(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        memory.backup(tmp_path / "nowhere" / "backup.db")


def test_a_file_that_is_backed_up_by_its_path_is_not_upgraded(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    shutil.copyfile(schema_file(1), old)
    made = backup(old, tmp_path / "backup.db")
    for path in (old, made):
        with closing(apsw.Connection(str(path))) as connection:
            assert connection.pragma("user_version") == 1


def test_a_path_of_nothing_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        backup(tmp_path / "nothing.db", tmp_path / "backup.db")
    assert list(tmp_path.iterdir()) == []


# -- rotation


def test_a_folder_gets_files_named_after_the_time_and_keeps_the_last(
    memory: Memory, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = [memory.backup(folder, keep=3) for _ in range(5)]
    assert backups(folder, "memory") == made[2:]
    assert sorted(folder.iterdir()) == made[2:]


def test_rotation_removes_only_its_own_backups(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    first = memory.backup(folder)
    others = [
        "notes.txt",
        "memory.db",
        "memory-2025.db",
        first.name.replace("memory-", "memory-2-"),  # of another file
        first.name.replace("memory-", "other-"),
        f"{first.name}.gz",
        "memory-20200101T000000000000Z.db",  # by its name ours, by what it holds not
    ]
    for name in others:
        (folder / name).write_bytes(b"precious")
    last = memory.backup(folder, keep=1)
    assert sorted(folder.iterdir()) == sorted([last, *(folder / name for name in others)])


@pytest.mark.parametrize("keep", [1, 2])
def test_a_backup_that_is_dated_ahead_does_not_cost_the_one_just_made(
    memory: Memory, tmp_path: Path, keep: int
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    whose, _, time = memory.backup(folder).name.rpartition("-")
    ahead = (folder / f"{whose}-{time}").rename(folder / f"{whose}-9{time[1:]}")
    made = [memory.backup(folder, keep=keep) for _ in range(3)]
    assert sorted(folder.iterdir()) == [made[-1], ahead]


def filled(path: Path, text: str) -> Path:
    """Make a file with one memory, close it, and return its path."""
    path.parent.mkdir(exist_ok=True)
    with Memory(path, embedder=HashEmbedder(64)) as memory:
        memory.add(text, infer=False, **CAM)
    return path


def test_files_of_one_name_keep_their_own_backups_in_one_folder(tmp_path: Path) -> None:
    """Previously the one removed the other's."""
    alice = filled(tmp_path / "alice" / "memory.db", "alice")
    bob = filled(tmp_path / "bob" / "memory.db", "bob")
    folder = tmp_path / "backups"
    folder.mkdir()
    backup(alice, folder, keep=2)
    with Memory(bob, embedder=HashEmbedder(64)) as memory:
        made = [memory.backup(folder, keep=2) for _ in range(4)]
    assert sorted(texts(path) for path in folder.iterdir()) == [["alice"], ["bob"], ["bob"]]
    assert set(made[2:]) < set(folder.iterdir())


def test_a_copy_of_a_file_keeps_backups_of_its_own(tmp_path: Path) -> None:
    """As when each user's file begins as a copy of one that was made for all."""
    first = filled(tmp_path / "first" / "memory.db", "for all")
    (tmp_path / "second").mkdir()
    second = tmp_path / "second" / "memory.db"
    shutil.copyfile(first, second)
    folder = tmp_path / "backups"
    folder.mkdir()
    made = [backup(path, folder, keep=1) for path in (first, second, second, second)]
    assert sorted(folder.iterdir()) == sorted([made[0], made[-1]])


def test_another_file_at_the_same_place_keeps_the_backups_of_the_first(tmp_path: Path) -> None:
    """As two machines have it that put their backups into one folder."""
    path = filled(tmp_path / "data" / "memory.db", "here")
    folder = tmp_path / "backups"
    folder.mkdir()
    here = backup(path, folder, keep=1)
    path.unlink()
    filled(path, "there")
    there = [backup(path, folder, keep=1) for _ in range(2)]
    assert sorted(folder.iterdir()) == sorted([here, there[-1]])


@pytest.mark.posix
@pytest.mark.parametrize("change", ["restored", "reset", "salvaged", "opened by a link"])
def test_a_file_goes_on_with_its_backups(tmp_path: Path, change: str) -> None:
    path = filled(tmp_path / "data" / "memory.db", "tea")
    folder = tmp_path / "backups"
    folder.mkdir()
    made = backup(path, folder, keep=1)
    if change == "restored":
        restore(made, path)
    elif change == "reset":
        with Memory(path, embedder=HashEmbedder(64)) as memory:
            memory.reset()
    elif change == "salvaged":
        salvage(path, tmp_path / "saved.db")
        (tmp_path / "saved.db").replace(path)
    else:
        (tmp_path / "link.db").symlink_to(path)
        path = tmp_path / "link.db"
    last = backup(path, folder, keep=1)
    assert list(folder.iterdir()) == [last]


def old_backup(folder: Path, path: Path, day: int) -> Path:
    """Return a backup by the name that an older litemem gave."""
    made = backup(path, folder / "made.db")
    return made.replace(folder / f"{path.stem}-202001{day:02}T000000000000Z.db")


def test_backups_by_the_old_name_are_rotated_by_the_file_that_made_them(tmp_path: Path) -> None:
    """A file of that time says nothing of itself; one that does has made none of them."""
    folder = tmp_path / "backups"
    folder.mkdir()
    path = tmp_path / "memory.db"
    shutil.copyfile(schema_file(latest_version() - 1), path)
    old = [old_backup(folder, path, day) for day in (1, 2, 3)]
    other = filled(tmp_path / "other" / "memory.db", "another")
    last = [backup(other, folder, keep=1) for _ in range(2)][-1]
    assert sorted(folder.iterdir()) == sorted([*old, last])
    SqliteStore(path).close()  # which brings it to the latest version
    new = [backup(path, folder, keep=2) for _ in range(2)]
    assert backups(folder, "memory") == [last, *new]
    made = backup(path, folder, keep=3)
    assert backups(folder, "memory") == [last, *new, made]
    restore(old_backup(folder, path, 4), path)
    assert is_sound(verify(path, full=True))


def test_several_programs_can_rotate_one_folder_at_once(memory: Memory, tmp_path: Path) -> None:
    """Previously one of them failed when another was faster to remove what was too old."""
    folder = tmp_path / "backups"
    folder.mkdir()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: memory.backup(folder, keep=1), range(40)))
    assert len(set(made)) == 40
    assert len(backups(folder, "memory")) in range(1, 5)


@pytest.mark.parametrize("keep", [0, -1, True, "3", 1.5])
def test_an_invalid_number_of_backups_to_keep_is_refused(
    memory: Memory, tmp_path: Path, keep: Any
) -> None:
    with pytest.raises(ValueError, match="keep must be"):
        memory.backup(tmp_path, keep=keep)
    assert backups(tmp_path, "memory") == []


def test_keeping_several_in_one_file_is_refused(memory: Memory, tmp_path: Path) -> None:
    made = memory.backup(tmp_path / "backup.db")
    with pytest.raises(ValueError, match="needs a folder"):
        memory.backup(made, keep=2)
    assert "requires a folder" in run("backup", made, "--keep", "2", code=2).stderr


@pytest.mark.posix
def test_keeping_several_makes_their_folder(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made = memory.backup(folder, keep=2)
    assert made.parent == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_without_a_parent_is_not_made(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be created"):
        memory.backup(tmp_path / "no" / "backups", keep=2)
    assert not (tmp_path / "no").exists()


# -- restore


@pytest.fixture
def made(memory: Memory, tmp_path: Path) -> Path:
    """A backup with tea; the file has got rum since, and is closed."""
    made = memory.backup(tmp_path / "backup.db")
    memory.add("likes rum", infer=False, **CAM)
    memory.close()
    return made


@pytest.mark.posix
def test_a_restored_file_holds_what_the_backup_held(made: Path, db: Path) -> None:
    before = made.read_bytes()
    restore(made, db)
    assert texts(db) == ["likes tea"]
    assert made.read_bytes() == before
    assert stat.S_IMODE(db.stat().st_mode) == 0o600


def test_the_replaced_file_is_kept(made: Path, db: Path) -> None:
    kept = restore(made, db)
    assert kept is not None
    assert kept.parent == db.parent
    assert texts(kept) == ["likes rum", "likes tea"]


def test_a_file_that_is_not_there_can_be_restored(made: Path, db: Path) -> None:
    db.unlink()
    assert restore(made, db) is None
    assert texts(db) == ["likes tea"]


def test_a_damaged_backup_replaces_nothing(made: Path, db: Path) -> None:
    with closing(apsw.Connection(str(made))) as connection:
        connection.execute("DELETE FROM embedding")
    with pytest.raises(CorruptError, match="every memory has a vector"):
        restore(made, db)
    assert texts(db) == ["likes rum", "likes tea"]
    assert sorted(path.name for path in db.parent.iterdir()) == ["backup.db", "memory.db"]


def test_a_backup_that_is_cut_off_replaces_nothing(made: Path, db: Path) -> None:
    made.write_bytes(made.read_bytes()[:100_000])
    with pytest.raises(LitememError):
        restore(made, db)
    assert texts(db) == ["likes rum", "likes tea"]


@pytest.mark.parametrize("content", [None, b"", b"a text" * 100], ids=["none", "empty", "text"])
def test_a_file_that_is_not_a_backup_replaces_nothing(
    made: Path, db: Path, tmp_path: Path, content: bytes | None
) -> None:
    other = tmp_path / "other"
    if content is not None:
        other.write_bytes(content)
    with pytest.raises(StoreError):
        restore(other, db)
    assert texts(db) == ["likes rum", "likes tea"]


def test_a_file_that_a_program_has_open_is_not_replaced(
    made: Path, db: Path, open_memory: OpenMemory
) -> None:
    again = open_memory()
    with pytest.raises(StoreBusyError, match="has it open"):
        restore(made, db)
    assert len(again.get_all(**CAM)["results"]) == 2
    again.close()
    restore(made, db)
    assert texts(db) == ["likes tea"]


def test_a_program_that_only_reads_keeps_the_file_too(made: Path, db: Path) -> None:
    with closing(apsw.Connection(str(db))) as reader:
        reader.execute("SELECT count(*) FROM memory").fetchall()  # and is idle since
        with pytest.raises(StoreBusyError):
            restore(made, db)


KILLED = """
import os, sys
from litemem import Memory
from litemem.testing import HashEmbedder
memory = Memory(sys.argv[1], embedder=HashEmbedder(64))
memory.add("likes gin", user_id="cam", infer=False)
os._exit(0)  # as a program that is killed, without closing anything
"""


@pytest.mark.posix
def test_the_log_of_a_program_that_was_killed_goes_with_the_replaced_file(
    made: Path, db: Path
) -> None:
    """Left beside the restored file, SQLite would replay it into that."""
    run_python(KILLED, db)
    assert Path(f"{db}-wal").stat().st_size
    kept = restore(made, db)
    assert texts(db) == ["likes tea"]
    assert kept is not None
    assert texts(kept) == ["likes gin", "likes rum", "likes tea"]


@pytest.mark.posix
def test_a_log_without_its_file_is_not_replayed_into_the_restored_one(made: Path, db: Path) -> None:
    run_python(KILLED, db)
    db.unlink()
    kept = restore(made, db)
    assert texts(db) == ["likes tea"]
    assert kept is not None
    assert Path(f"{kept}-wal").exists()


@pytest.mark.posix
def test_a_backup_with_a_write_ahead_log_is_restored_whole(
    made: Path, db: Path, tmp_path: Path
) -> None:
    """As somebody's plain copy of a file that is open has."""
    run_python(KILLED, db)
    shutil.copyfile(db, tmp_path / "copy.db")
    shutil.copyfile(f"{db}-wal", tmp_path / "copy.db-wal")
    restore(tmp_path / "copy.db", db)
    assert texts(db) == ["likes gin", "likes rum", "likes tea"]


def test_a_damaged_file_can_be_replaced_and_is_kept_as_it_is(made: Path, db: Path) -> None:
    with db.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8_000)
    broken = db.read_bytes()
    kept = restore(made, db)
    assert texts(db) == ["likes tea"]
    assert kept is not None
    assert kept.read_bytes() == broken


def test_a_file_with_a_damaged_header_can_be_replaced_and_is_kept(made: Path, db: Path) -> None:
    with db.open("r+b") as file:
        file.seek(16)
        file.write(b"\xff" * 8)  # no page size; the name of the format and the mark still stand
    kept = restore(made, db)
    assert texts(db) == ["likes tea"]
    assert kept is not None


@pytest.mark.posix  # this system has no pipes with a name
def test_a_pipe_is_no_target_and_stays(memory: Memory, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StoreError, match="a device or a pipe"):
        backup(memory.store, pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_of_others_is_not_replaced(made: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "notes"
    foreign.write_text("precious")
    with pytest.raises(StoreError, match="not a litemem file"):
        restore(made, foreign)
    assert foreign.read_text() == "precious"


def test_a_backup_is_not_restored_onto_itself(made: Path) -> None:
    with pytest.raises(StoreError, match="the file itself"):
        restore(made, made)


def test_a_folder_is_not_replaced(made: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        restore(made, tmp_path)


def test_a_backup_of_an_older_version_is_restored_and_then_upgraded(
    db: Path, tmp_path: Path
) -> None:
    restore(schema_file(1), db)
    with closing(SqliteStore(db)) as store:
        assert reading(store).overview().memories == 4
    assert is_sound(verify(db, full=True))


def test_a_copy_that_lost_its_write_ahead_log_gets_it_back(memory: Memory, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with closing(apsw.Connection(memory.store.path)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    SqliteStore(copy).close()
    with closing(apsw.Connection(str(copy))) as connection:
        assert connection.pragma("journal_mode") == "wal"


def test_a_restore_refuses_a_newer_file(made: Path, db: Path) -> None:
    with closing(apsw.Connection(str(made))) as connection:
        connection.pragma("user_version", 9_999)
    with pytest.raises(SchemaError, match="newer"):
        restore(made, db)


# -- from a shell


def run(*arguments: str | Path, code: int = 0) -> Any:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def test_the_commands_back_up_and_restore(memory: Memory, db: Path, tmp_path: Path) -> None:
    told = run("backup", tmp_path / "backup.db").stderr
    assert "backup.db: " in told
    memory.add("likes rum", infer=False, **CAM)
    memory.close()
    told = run("restore", tmp_path / "backup.db", "--yes").stderr
    assert "the replaced file is " in told
    assert texts(db) == ["likes tea"]


def test_the_backup_command_rotates(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for _ in range(3):
        run("backup", folder, "--keep", "2", "--json")
    assert len(list(folder.iterdir())) == 2


@pytest.mark.slow
def test_commands_that_rotate_one_folder_at_once_all_succeed(db: Path, tmp_path: Path) -> None:
    filled(db, "likes tea")
    folder = tmp_path / "backups"
    folder.mkdir()
    command = "from litemem.cli import main; main()"
    with ThreadPoolExecutor(5) as pool:
        rotate = ("backup", folder, "--keep", "1")
        list(pool.map(lambda _: run_python(command, *rotate), range(10)))
    assert list(folder.iterdir())


def test_the_restore_command_asks_before_it_replaces(made: Path, db: Path) -> None:
    assert "--yes" in run("restore", made, code=2).stderr
    assert texts(db) == ["likes rum", "likes tea"]


@pytest.mark.parametrize("wrong", ["missing.db", "empty.db", "text.db", "folder", "memory.db"])
def test_the_restore_command_refuses_what_is_no_backup_before_it_asks(
    made: Path, db: Path, tmp_path: Path, wrong: str
) -> None:
    """Previously the question came first, and an answer was of no use."""
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("a text, and no database at all")
    (tmp_path / "folder").mkdir()
    told = run("restore", tmp_path / wrong, code=1).stderr
    assert "--yes" not in told
    assert wrong in told
    assert made.exists()
    assert texts(db) == ["likes rum", "likes tea"]


def test_a_backup_of_no_file_is_refused(db: Path, tmp_path: Path) -> None:
    assert "does not exist" in run("backup", tmp_path / "b.db", code=1).stderr
    assert not db.exists()
