"""Files from elsewhere: foreign code is not run, and no path or owner is escaped."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner

from helpers import OpenMemory, run_python, schema_file
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.errors import LitememError, ModelFileError, SchemaError, ValidationError
from litemem.maintenance.backup import backup, restore
from litemem.maintenance.integrity import fix, salvage, verify
from litemem.models import files as model_files
from litemem.models.registry import all_models
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.schema import (
    APPLICATION_ID,
    DIGESTS,
    digest,
    expected_parts,
    latest_version,
)
from litemem.store.sqlite.store import SqliteStore
from litemem.store.sqlite.vector_index import BATCH

CAM = {"user_id": "cam"}

# what a crafted file may carry, and how the refusal names it
CRAFTED = {
    "a trigger that steals": (
        "CREATE TABLE loot (content); CREATE TRIGGER steal AFTER INSERT ON memory"
        " BEGIN INSERT INTO loot VALUES (new.content); END",
        "trigger steal",
    ),
    "a trigger that runs a function": (
        "CREATE TRIGGER run AFTER INSERT ON memory BEGIN SELECT load_extension('/tmp/x'); END",
        "trigger run",
    ),
    "a trigger on one of others' tables": (
        "CREATE TABLE other (x); CREATE TRIGGER t AFTER INSERT ON other BEGIN SELECT 1; END",
        "trigger t",
    ),
    "a view": ("CREATE VIEW secrets AS SELECT * FROM memory", "view secrets"),
    "a virtual table": ("CREATE VIRTUAL TABLE extra USING fts5 (x)", "table extra"),
    "our trigger, changed": (
        "DROP TRIGGER memory_fts_insert; CREATE TRIGGER memory_fts_insert AFTER INSERT ON memory"
        " BEGIN DELETE FROM memory WHERE pk <> new.pk; END",
        "trigger memory_fts_insert",
    ),
    "our view, changed": (
        "DROP VIEW history; CREATE VIEW history AS SELECT 1 AS pk",
        "view history",
    ),
    "our view, endless": (
        "DROP VIEW memories; CREATE VIEW memories AS WITH RECURSIVE r(x) AS"
        " (SELECT 1 UNION ALL SELECT x FROM r) SELECT x FROM r",
        "view memories",
    ),
    "a view in a table's place": (
        "DROP TABLE export; CREATE VIEW export AS WITH RECURSIVE r(id) AS"
        " (SELECT 1 UNION ALL SELECT id FROM r) SELECT id, 1 AS request FROM r",
        "view export",
    ),
    "a table with another definition": (
        "DROP TABLE setting; CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT,"
        " again AS (upper(value)))",
        "table setting",
    ),
    "an index in a table's name": (
        "DROP TABLE export; CREATE INDEX export ON memory (content)",
        "index export",
    ),
    "another module as the vector index": (
        "CREATE VIRTUAL TABLE memory_vec USING fts5 (vector)",
        "table memory_vec",
    ),
    "an index of some rows, which are found at each write": (
        "CREATE INDEX evil ON memory (pk)"
        " WHERE pk > 20 AND instr(hex(zeroblob(4000000)), hex(zeroblob(1000000)) || '1')",
        "index evil",
    ),
    "an index of an expression": ("CREATE INDEX evil ON memory (abs(pk))", "index evil"),
    "an index of an expression on one of others' tables": (
        "CREATE TABLE other (x); CREATE INDEX evil ON other (hex(zeroblob(9)) || x)",
        "index evil",
    ),
    "an index that lets no second memory in": (
        'CREATE UNIQUE INDEX one ON "memory" (user_id, created_at)',
        "index one",
    ),
    "a table that lets no memory go": (
        "CREATE TABLE mine (m REFERENCES Memory (pk)); INSERT INTO mine VALUES (1)",
        "table mine",
    ),
    "a table that computes when it is checked": (
        "CREATE TABLE mine (x CHECK (instr(hex(zeroblob(9)), x)))",
        "table mine",
    ),
    "a table that computes a column": (
        "CREATE TABLE mine (x, y AS (hex(zeroblob(9)) || x))",
        "table mine",
    ),
    "a strange shadow table": ("CREATE TABLE memory_vec_more (x)", "table memory_vec_more"),
}
each_crafted = pytest.mark.parametrize(("sql", "named"), CRAFTED.values(), ids=CRAFTED)
# own views and triggers may differ where they are only looked at, or to be mended
MENDABLE = re.compile("(view (history|memories)|trigger memory_fts_insert)$")


@pytest.fixture
def path(open_memory: OpenMemory, tmp_path: Path) -> Path:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    memory.close()
    return tmp_path / "memory.db"


def craft(path: Path, sql: str) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(sql)


@each_crafted
def test_a_file_that_carries_code_is_refused_by_name(path: Path, sql: str, named: str) -> None:
    craft(path, sql)
    before = path.read_bytes()
    with pytest.raises(SchemaError, match=re.escape(named)):
        SqliteStore(path)
    assert path.read_bytes() == before


@each_crafted
def test_such_a_file_is_not_verified_copied_or_restored_either(
    path: Path, tmp_path: Path, sql: str, named: str
) -> None:
    craft(path, sql)
    calls: list[Callable[[], object]] = [
        lambda: verify(path, full=True),
        lambda: backup(path, tmp_path / "copy.db"),
        lambda: restore(path, tmp_path / "restored.db"),
        lambda: SqliteStore(path, repairable=True).close(),
    ]
    if MENDABLE.match(named):
        assert not all(finding.problems == 0 for finding in verify(path))
        with closing(SqliteStore(path, repairable=True)) as store:
            fix(store)
        SqliteStore(path).close()
        return
    for call in calls:
        with pytest.raises(SchemaError, match=re.escape(named)):
            call()
    assert not (tmp_path / "copy.db").exists()
    assert not (tmp_path / "restored.db").exists()


@each_crafted
def test_its_memories_can_be_saved_without_running_anything(
    path: Path, tmp_path: Path, sql: str, named: str
) -> None:
    craft(path, sql)
    salvage(path, tmp_path / "saved.db")
    with closing(SqliteStore(tmp_path / "saved.db")) as store:
        assert reading(store).overview().memories == 1


@pytest.mark.parametrize("version", range(1, latest_version()))
def test_an_old_file_is_checked_before_it_is_upgraded(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(schema_file(version).read_bytes())
    craft(path, "CREATE TRIGGER t AFTER UPDATE ON memory BEGIN SELECT 1; END")
    with pytest.raises(SchemaError, match="trigger t"):
        SqliteStore(path)
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.pragma("user_version") == version


def test_ordinary_tables_and_indexes_of_others_may_be_there(path: Path) -> None:
    craft(
        path,
        "CREATE TABLE mine (x UNIQUE, y DEFAULT (1)); CREATE INDEX i ON memory (role); ANALYZE;"
        " CREATE TABLE other (x REFERENCES mine (x)); CREATE UNIQUE INDEX u ON other (x);"
        ' CREATE INDEX of_two ON "message" ("role" COLLATE NOCASE DESC, [name])',
    )
    with closing(SqliteStore(path)) as store:
        assert reading(store).overview().memories == 1


@pytest.mark.slow
@pytest.mark.usefixtures("early_index")
def test_a_file_with_a_vector_index_is_ours(open_memory: OpenMemory) -> None:
    memory = open_memory()
    said = [{"role": "user", "content": f"likes {i}"} for i in range(BATCH)]
    memory.add(said, infer=False, **CAM)
    path = memory.store.path
    memory.close()
    SqliteStore(path).close()


@pytest.mark.parametrize("version", range(1, latest_version() + 1))
def test_the_digest_of_each_version_is_that_of_its_migrations(version: int) -> None:
    assert DIGESTS[version] == digest(expected_parts(version))


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'",
        "DELETE FROM memory_fts_data",
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
    ],
)
def test_our_connections_refuse_statements_that_could_corrupt_the_file(
    path: Path, statement: str
) -> None:
    with closing(connect(str(path))) as connection, pytest.raises(apsw.Error):
        connection.execute(statement).fetchall()


@pytest.mark.parametrize(("pragma", "value"), [("trusted_schema", 0), ("cell_size_check", 1)])
def test_our_connections_do_not_trust_the_file(path: Path, pragma: str, value: int) -> None:
    with closing(connect(str(path))) as connection:
        assert connection.pragma(pragma) == value
        assert connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, -1) == 1
        assert connection.pragma("mmap_size") == 0


@pytest.mark.parametrize(
    ("application", "version"), [(0, 1), (0x1234, latest_version()), (APPLICATION_ID, 99)]
)
def test_another_programs_or_a_newer_file_is_refused(
    path: Path, application: int, version: int
) -> None:
    craft(path, f"PRAGMA application_id = {application}; PRAGMA user_version = {version}")
    with pytest.raises(SchemaError):
        SqliteStore(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_the_file_its_side_files_and_its_copies_are_the_owners_alone(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    memory.backup(tmp_path / "copy.db")
    assert {path.name for path in tmp_path.iterdir()} == {
        "memory.db", "memory.db-wal", "memory.db-shm", "copy.db",
    }  # fmt: skip
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    memory.erase(**CAM)
    memory.cleanup(vacuum=True)
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    memory.close()
    restore(tmp_path / "copy.db", tmp_path / "memory.db")
    salvage(tmp_path / "copy.db", tmp_path / "saved.db")
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.posix
@pytest.mark.usefixtures("open_umask")
def test_an_export_is_the_owners_alone(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory()
    memory.add("likes tea", infer=False, **CAM)
    target = tmp_path / "export.jsonl"
    done = CliRunner().invoke(main, ["export", str(target), "--db", memory.store.path])
    assert done.exit_code == 0, done.stderr
    assert mode(target) == 0o600


@pytest.mark.usefixtures("open_umask")
def test_the_default_folder_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    script = """
import os, sys
os.environ["XDG_DATA_HOME"] = sys.argv[1]
os.umask(0)
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
Memory(embedder=HashEmbedder(8), llm=ScriptedLLM([])).close()
"""
    if os.name != "posix" or os.uname().sysname == "Darwin":
        pytest.skip("the folder has another name there")
    run_python(script, tmp_path / "data")
    assert mode(tmp_path / "data" / "litemem") == 0o700
    assert mode(tmp_path / "data" / "litemem" / "memory.db") == 0o600


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "..", ".", "", "a\0b", "C:\\x", "~"])
@pytest.mark.parametrize("command", ["path", "pull", "remove", "verify"])
def test_no_models_name_leads_out_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))
    options = ["--yes"] if command == "remove" else []
    done = CliRunner().invoke(main, ["models", command, name, *options])
    assert done.exit_code != 0
    assert not isinstance(done.exception, OSError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.posix  # Windows has no such permissions
def test_models_that_anyone_may_change_are_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))
    model = all_models()[0]
    folder = tmp_path / "models" / model.name
    folder.mkdir(parents=True)
    for place in (folder, folder.parent):
        place.chmod(0o777)
        with pytest.raises(ModelFileError, match="chmod"):
            model_files.verified_folder(model)
        place.chmod(0o755)
    with pytest.raises(ModelFileError, match="litemem models pull"):
        model_files.verified_folder(model)


@pytest.mark.parametrize("target", ["no/such/folder/x.db", "a\0b", ""])
def test_a_backup_is_written_to_its_target_or_not_at_all(
    path: Path, tmp_path: Path, target: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((LitememError, ValidationError)):
        backup(path, f"{tmp_path}/{target}" if target else tmp_path / "memory.db")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_backups_name_is_made_of_the_files_name_alone(tmp_path: Path) -> None:
    odd = tmp_path / "..memory;rm -rf.db"
    SqliteStore(odd).close()
    (tmp_path / "copies").mkdir()
    made = backup(odd, tmp_path / "copies", keep=1)
    assert made.parent == tmp_path / "copies"


@pytest.mark.posix
@pytest.mark.parametrize("path", ["a\0b", "/", "/proc/none/x.db", "x" * 5_000])
def test_a_path_that_cannot_be_a_file_is_our_error(path: str) -> None:
    with pytest.raises(LitememError):
        SqliteStore(path)


def test_a_memorys_ids_and_texts_name_no_files(memory: Memory, tmp_path: Path) -> None:
    memory.add("../../etc/passwd", infer=False, user_id="../../x", run_id="/etc/passwd")
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == {"memory.db"}
