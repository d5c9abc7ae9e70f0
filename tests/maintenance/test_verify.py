"""Verify: damage is found and reported, derived data is repaired."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers import START, OpenMemory, dump
from litemem import Memory
from litemem.cli import main
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import CorruptError, SchemaError, StoreError
from litemem.maintenance.integrity import fix, is_sound, salvage, verify
from litemem.store.protocol import CheckResult
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.integrity.invariants import INVARIANTS
from litemem.store.sqlite.integrity.repair import REPAIRS
from litemem.store.sqlite.store import SqliteStore
from litemem.store.sqlite.vector_index import BATCH
from litemem.testing import HashEmbedder

CAM = {"user_id": "cam"}
INDEXED = 4_200  # memories; enough for a vector index


@pytest.fixture
def path(open_memory: OpenMemory, tmp_path: Path) -> Path:
    """A closed file with all that a file may hold, short of a vector index."""
    memory = open_memory(["User likes tea"])
    memory.add("I like tea", **CAM)
    for text in ("likes rum", "likes gin", "likes ale"):
        memory.add(text, infer=False, **CAM)
    ids = [row["id"] for row in memory.get_all(**CAM)["results"]]
    memory.update(ids[0], "likes wine")
    memory.delete(ids[1])
    memory.close()
    return tmp_path / "memory.db"


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a file with a vector index."""
    path = tmp_path_factory.mktemp("indexed") / "memory.db"
    said = [{"role": "user", "content": f"text {i}"} for i in range(INDEXED)]
    with (
        pytest.MonkeyPatch.context() as patch,
        Memory(path, embedder=HashEmbedder(8), durability="normal") as memory,
    ):
        patch.setattr("litemem.store.sqlite.vector_index.FEWEST", BATCH)
        memory.add(said, infer=False, **CAM)
    return path.read_bytes()


def change(path: Path, *statements: str) -> None:
    """Do to a file what no program of ours does."""
    with closing(connect(str(path))) as connection:
        connection.pragma("foreign_keys", False)
        for statement in statements:
            connection.execute(statement)


def failed(path: Path, *, full: bool = True) -> dict[str, CheckResult]:
    return {f.check: f for f in verify(path, full=full) if f.problems}


@pytest.fixture(params=[False, True], ids=["quick", "full"])
def full(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_file_that_only_litemem_wrote_is_sound(path: Path, full: bool) -> None:
    assert failed(path, full=full) == {}


def test_a_new_file_is_sound(tmp_path: Path, full: bool) -> None:
    with closing(SqliteStore(tmp_path / "new.db")) as store:
        assert is_sound(verify(store, full=full))


@pytest.mark.slow
def test_a_file_with_a_vector_index_is_sound(indexed: bytes, tmp_path: Path, full: bool) -> None:
    (tmp_path / "m.db").write_bytes(indexed)
    assert failed(tmp_path / "m.db", full=full) == {}


def test_a_memory_without_a_file_can_be_verified(open_memory: OpenMemory, full: bool) -> None:
    memory = open_memory(path=":memory:")
    memory.add("likes tea", infer=False, **CAM)
    assert memory.verify(full=full)["ok"]


def test_verifying_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    verify(path, full=True)
    assert path.read_bytes() == before


def test_verify_says_how_much_it_looked_at(path: Path) -> None:
    findings = {finding.check: finding.examined for finding in verify(path)}
    assert findings["every memory has a vector"] == 3


# each: what is done to the file, the check that finds it, whether it can be mended
DAMAGES = {
    "a vector is gone": ("DELETE FROM embedding WHERE pk = 1", "every memory has a vector", False),
    "a vector is cut": (
        "UPDATE embedding SET vector = x'0000' WHERE pk = 1",
        "every vector has the embedder's dimensions",
        False,
    ),
    "a vector is no number": (
        "UPDATE embedding SET vector = unhex(replace(hex(zeroblob(64)), '00', '0000C07F'))",
        "every vector has finite numbers",
        False,
    ),
    "a vector is nobody's": (
        "INSERT INTO embedding SELECT 99, vector FROM embedding LIMIT 1",
        "every vector belongs to a memory",
        True,
    ),
    "a gathered vector is of nothing": (
        "INSERT INTO embedding_next VALUES (1, x'00')",
        "every staged vector has the next embedder's dimensions",
        True,
    ),
    "the full text lacks a memory": (
        "INSERT INTO memory_fts (memory_fts, rowid, content)"
        " SELECT 'delete', pk, content FROM memory WHERE pk = 1",
        "the full text has every memory",
        True,
    ),
    "the full text says something else": (
        "INSERT INTO memory_fts (memory_fts, rowid, content)"
        " SELECT 'delete', pk, content FROM memory WHERE pk = 1;"
        "INSERT INTO memory_fts (rowid, content) VALUES (1, 'other')",
        "the full text matches the memories",
        True,
    ),
    "a trigger is gone": ("DROP TRIGGER memory_fts_insert", "the schema is complete", True),
    "a view differs": (
        "DROP VIEW history; CREATE VIEW history AS SELECT 1",
        "the schema is complete",
        True,
    ),
    "an index is gone": ("DROP INDEX memory_user", "the schema is complete", True),
    "a table is gone": ("DROP TABLE export", "the schema is complete", False),
    "a history has no beginning": (
        "DELETE FROM event WHERE event = 'ADD'",
        "every changed memory's history has its ADD",
        True,
    ),
    "a memory was superseded by nothing": (
        "UPDATE memory SET superseded_by = 'nothing' WHERE pk = 1",
        "every successor of a memory is known",
        True,
    ),
    "a turn has no messages": (
        "INSERT INTO turn (session_pk, options, created_at) VALUES (1, '{}', 0)",
        "every pending turn has messages",
        True,
    ),
    "a message waits for no turn": (
        "UPDATE message SET turn_pk = 99",
        "every key refers to a row",
        True,
    ),
    "feedback is on no memory": (
        "INSERT INTO feedback VALUES (99, 'POSITIVE', NULL, 0)",
        "every key refers to a row",
        True,
    ),
    "a message is of no session": (
        "UPDATE message SET session_pk = 99",
        "every key refers to a row",
        True,
    ),
    "a hash is wrong": (
        "UPDATE memory SET hash = x'00' WHERE pk = 1",
        "every text is valid and matches its hash",
        True,
    ),
    "a text was changed": (
        "UPDATE memory SET content = 'other' WHERE pk = 1",
        "no text was changed by another tool",
        False,
    ),
    "a text is none": (
        "UPDATE memory SET content = CAST(x'ff' AS TEXT) WHERE pk = 1",
        "every text is valid and matches its hash",
        True,
    ),
    "metadata is no object": (
        "UPDATE memory SET metadata = '[]' WHERE pk = 1",
        "every JSON column has the right type",
        True,
    ),
    "metadata is no JSON": (
        "UPDATE memory SET metadata = '{' WHERE pk = 1",
        "every JSON column has the right type",
        True,
    ),
    "a relation is said by nobody": (
        "INSERT INTO entity (pk, name, form, user_id) VALUES (1, 'a', 'a', 'cam');"
        "INSERT INTO relation VALUES (1, 1, 'knows', 1)",
        "every relation is supported by a memory",
        True,
    ),
    "a relation is of another scope": (
        "INSERT INTO entity (pk, name, form, user_id) VALUES (1, 'a', 'a', 'bob');"
        "INSERT INTO relation VALUES (1, 1, 'knows', 1); INSERT INTO support VALUES (1, 1)",
        "every relation has the scope of its memories",
        True,
    ),
    "a name stands nowhere": (
        "INSERT INTO entity (pk, name, form, user_id) VALUES (1, 'a', 'a', 'cam')",
        "every entity is in a relation",
        True,
    ),
    "a name's vector is cut": (
        "INSERT INTO entity (pk, name, form, user_id, vector) VALUES (1, 'a', 'a', 'cam', x'00');"
        "INSERT INTO relation VALUES (1, 1, 'knows', 1); INSERT INTO support VALUES (1, 1)",
        "every entity vector has the embedder's dimensions",
        True,
    ),
    "a name's first is none": (
        "INSERT INTO entity (pk, name, form, user_id, same_as) VALUES"
        " (1, 'a', 'a', 'cam', 2), (2, 'b', 'b', 'cam', 1);"
        "INSERT INTO relation VALUES (1, 1, 'knows', 2); INSERT INTO support VALUES (1, 1)",
        "every alias points to an entity of its scope",
        True,
    ),
    "a relation's memory is gone": (
        "INSERT INTO entity (pk, name, form, user_id) VALUES (1, 'a', 'a', 'cam');"
        "INSERT INTO relation VALUES (1, 1, 'knows', 1); INSERT INTO support VALUES (1, 99)",
        "every key refers to a row",
        True,
    ),
    "history knows no successor": (
        "UPDATE event SET superseded_by = 'nothing'",
        "every successor in the history is known",
        True,
    ),
    "a source is of another scope": (
        "INSERT INTO session (pk, user_id) VALUES (50, 'bob');"
        "INSERT INTO message (pk, session_pk, role, content, created_at)"
        " VALUES (50, 50, 'user', 'secret', 0);"
        "UPDATE memory SET sources = '[50]' WHERE pk = 1",
        "every source is a message of the memory's scope",
        True,
    ),
}
# checks of values that a repair replaces
REPLACED = {
    "every text is valid and matches its hash",
    "every JSON column has the right type",
    "every source is a message of the memory's scope",
    "every successor of a memory is known",
}
each_damage = pytest.mark.parametrize(
    ("damage", "check", "mended"), DAMAGES.values(), ids=DAMAGES.keys()
)


@each_damage
def test_a_damage_is_found(path: Path, damage: str, check: str, mended: bool) -> None:
    change(path, damage)
    assert check in failed(path)


@each_damage
def test_fixing_mends_what_is_derived_and_says_what_it_cannot(
    path: Path, damage: str, check: str, mended: bool
) -> None:
    change(path, damage)
    with closing(SqliteStore(path, repairable=True)) as store:
        before, after = fix(store)
    assert not is_sound(before)
    assert is_sound(after) == mended
    assert all(finding.advice for finding in after if finding.problems)


@pytest.mark.parametrize(
    ("damage", "check", "mended"),
    [each for each in DAMAGES.values() if each[1] not in REPLACED],
    ids=[name for name, each in DAMAGES.items() if each[1] not in REPLACED],
)
def test_fixing_touches_no_memory(path: Path, damage: str, check: str, mended: bool) -> None:
    change(path, damage)
    kept = ("pk", "id", "user_id", "sources", "superseded_by", "metadata", "created_at")
    query = f"SELECT {', '.join(kept)}, CAST(content AS BLOB) FROM memory"
    with closing(connect(str(path))) as connection:
        memories = connection.execute(query).fetchall()
    with closing(SqliteStore(path, repairable=True)) as store:
        fix(store)
    with closing(connect(str(path))) as connection:
        assert connection.execute(query).fetchall() == memories


INDEX_DAMAGES = {
    "the index lacks a vector": "DELETE FROM memory_vec WHERE rowid = 7",
    "the index has another vector": "UPDATE memory_vec SET vector = vec_f32(zeroblob(32))"
    " WHERE rowid = 7",
    "the index is gone": "DROP TABLE memory_vec",
    "the index has one too many": "DELETE FROM embedding WHERE pk = 7;"
    "DELETE FROM memory WHERE pk = 7",
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", INDEX_DAMAGES.values(), ids=INDEX_DAMAGES.keys())
def test_a_vector_index_that_disagrees_is_found_and_repaired(
    indexed: bytes, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(indexed)
    change(path, damage)
    assert any("vector" in check or "schema" in check for check in failed(path))
    with closing(SqliteStore(path, repairable=True)) as store:
        assert is_sound(fix(store)[1])


def test_every_mending_that_a_check_names_exists() -> None:
    named = {invariant.repair for invariant in INVARIANTS} - {None}
    assert named | {"indexes", "orphans", "schema", "full text", "hashes"} == set(REPAIRS)


def test_fixing_a_sound_file_writes_nothing(path: Path) -> None:
    before = dump(path)
    with closing(SqliteStore(path, repairable=True)) as store:
        fix(store)
    assert dump(path) == before


def test_a_damaged_page_is_found(path: Path, full: bool) -> None:
    damage_page_of(path, "memory")
    assert "SQLite's pages and indexes" in failed(path, full=full)


def test_unreadable_content_is_not_reported_as_repairable(path: Path) -> None:
    damage_page_of(path, "memory")
    told = failed(path)["every text is valid and matches its hash"]
    assert told.repair is None
    assert told.advice is not None
    assert "salvage" in told.advice


FAR = 1 << 60  # microseconds that one bit adds to a time: 36,000 years
UNREADABLE = {
    "when a memory was made": f"UPDATE memory SET created_at = created_at | {FAR}",
    "when a memory was changed": f"UPDATE memory SET updated_at = updated_at | {FAR}",
    "when a memory expires": f"UPDATE memory SET expires_at = {FAR}",
    "when a fact ceased to hold": f"UPDATE memory SET valid_to = -{FAR}",
    "when a message was said": f"UPDATE message SET created_at = created_at | {FAR}",
    "when something happened": f"UPDATE event SET created_at = created_at | {FAR}",
    "when a turn came": "UPDATE turn SET created_at = 'q'",
    "a turn's option that is none": """UPDATE turn SET options = '{"x":1}'""",
    "how often a memory was said": "UPDATE memory SET repeats = 'x'",
    "a category that is no text": "UPDATE memory SET categories = '[1]'",
    "a number that JSON has not": """UPDATE memory SET metadata = '{"a":1e999}'""",
    "a role that is no text": "UPDATE message SET role = x'ff'",
}
IMPORTABLE = "every line of an export can be imported"


@pytest.fixture
def waiting(path: Path) -> Path:
    """The file of `path`, and a turn in it that waits."""
    with closing(SqliteStore(path)) as store, store.write() as tx:
        said = [Message("user", "I like rum")]
        tx.turns.open(Scope(**CAM), said, {"categories": []}, START)
    return path


def test_a_file_with_a_pending_turn_is_sound(waiting: Path) -> None:
    assert is_sound(verify(waiting, full=True))


@pytest.mark.parametrize("damage", UNREADABLE.values(), ids=UNREADABLE)
def test_what_no_import_would_take_is_found(waiting: Path, damage: str) -> None:
    change(waiting, damage)
    found = failed(waiting).values()
    assert any(check.examples and "litemem salvage" in str(check.advice) for check in found)


@pytest.mark.parametrize("damage", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_salvaged_of_it_can_be_imported(waiting: Path, tmp_path: Path, damage: str) -> None:
    change(waiting, damage)
    salvage(waiting, tmp_path / "saved.db")
    assert IMPORTABLE not in failed(tmp_path / "saved.db")


@pytest.mark.slow
@pytest.mark.parametrize("damage", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("command", ["list", "info", "scopes", "log", "history", "pending"])
def test_unshowable_content_is_reported_with_exit_code_1(
    shell: CliRunner, waiting: Path, command: str, damage: str
) -> None:
    of_one = "SELECT id FROM memory WHERE sources <> '[]' OR pk = 1 ORDER BY pk DESC LIMIT 1"
    with closing(connect(str(waiting))) as connection:
        memory_id = connection.execute(of_one).get
    change(waiting, damage)
    asked = {"list": ["--user-id", "cam", "--show-expired", "--show-superseded"]}
    arguments = asked.get(command, [memory_id] if command in ("log", "history") else [])
    done = shell.invoke(main, [command, *arguments])
    assert done.exit_code == 0 or isinstance(done.exception, SystemExit), done.exception


def test_a_damaged_page_is_not_repaired_and_salvage_is_named(path: Path) -> None:
    damage_page_of(path, "memory")
    with closing(SqliteStore(path)) as store, pytest.raises(CorruptError, match="salvage"):
        fix(store)


def damage_page_of(path: Path, table: str) -> None:
    with closing(connect(str(path))) as connection:
        overwrite_root(path, table, b"\xaa" * connection.pragma("page_size"))


def overwrite_root(path: Path, name: str, page: bytes) -> None:
    """Overwrite the root page of a table or an index."""
    with closing(connect(str(path))) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).get
    with path.open("r+b") as file:
        file.seek((root - 1) * len(page))
        file.write(page)


def test_an_index_that_lost_its_rows_is_repaired(path: Path) -> None:
    with closing(connect(str(path))) as connection:
        size = connection.pragma("page_size")
    empty_leaf = b"\x0a\0\0\0\0" + size.to_bytes(2, "big") + bytes(size - 7)
    overwrite_root(path, "memory_user", empty_leaf)
    assert "SQLite's pages and indexes" in failed(path)
    with closing(SqliteStore(path, repairable=True)) as store:
        assert is_sound(fix(store)[1])


def test_a_file_of_an_older_version_is_verified_as_it_is(tmp_path: Path) -> None:
    from litemem.store.sqlite.schema import APPLICATION_ID, migrations

    path = tmp_path / "old.db"
    path.touch()
    with closing(connect(str(path))) as connection:
        connection.execute(migrations()[0][1])
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", 1)
    before = path.read_bytes()
    assert failed(path) == {}
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, StoreError),
        (b"", SchemaError),
        (b"a text that is no database, however long it is" * 20, SchemaError),
    ],
    ids=["not there", "empty", "a text"],
)
def test_a_file_that_is_not_litemem_s_is_refused(
    tmp_path: Path, content: bytes | None, error: type[Exception]
) -> None:
    path = tmp_path / "other"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error):
        verify(path)
    assert path.exists() == (content is not None)


# -- from a shell


@pytest.fixture
def shell(path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LITEMEM_DB", str(path))
    return CliRunner()


def test_the_command_prints_a_line_a_check_and_ends_with_0(shell: CliRunner) -> None:
    done = shell.invoke(main, ["verify"])
    assert done.exit_code == 0
    assert "every memory has a vector\t3\tok\n" in done.stdout


def test_the_command_ends_with_1_and_says_what_helps(shell: CliRunner, path: Path) -> None:
    change(path, "DELETE FROM embedding WHERE pk = 1")
    done = shell.invoke(main, ["verify"])
    assert done.exit_code == 1
    assert "every memory has a vector\t3\t1 problem: " in done.stdout
    assert "litemem reindex" in done.stderr


def test_the_command_mends(shell: CliRunner, path: Path) -> None:
    change(path, "DROP TRIGGER memory_fts_insert")
    assert "--fix" in shell.invoke(main, ["verify"]).stderr
    done = shell.invoke(main, ["verify", "--fix"])
    assert done.exit_code == 0, done.output
    assert "repaired: the schema is complete" in done.stderr
    assert shell.invoke(main, ["verify", "--full"]).exit_code == 0


def test_the_command_says_what_it_cannot_mend(shell: CliRunner, path: Path) -> None:
    change(path, "DROP TRIGGER memory_fts_insert", "DELETE FROM embedding WHERE pk = 1")
    done = shell.invoke(main, ["verify", "--fix"])
    assert done.exit_code == 1
    assert "repaired: the schema is complete" in done.stderr
    assert "every memory has a vector: embed the memories again: litemem reindex" in done.stderr


def test_the_command_prints_json(shell: CliRunner) -> None:
    found = json.loads(shell.invoke(main, ["verify", "--json"]).stdout)
    assert found["ok"] is True
    assert found["checks"][0].keys() == {"check", "examined", "problems", "examples", "advice"}
