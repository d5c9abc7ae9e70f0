"""A file with values that litemem never writes: our errors, with the place, and a repair."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner

from helpers import NIGHTLY, tampered
from helpers.stores import reading
from helpers.tampered import DEEP, DIGITS, HOSTILE, columns, open_memory, tamper
from litemem import Memory
from litemem.cli import main
from litemem.errors import CorruptError, LitememError
from litemem.maintenance.integrity import fix, is_sound, verify
from litemem.store.sqlite import schema
from litemem.store.sqlite.integrity.checks import TABLES, find_wrong
from litemem.store.sqlite.store import SqliteStore
from litemem.store.sqlite.values import COLUMNS
from litemem.testing import HashEmbedder, ScriptedLLM

CAM, DORA = {"user_id": "cam"}, {"user_id": "dora"}
PLACES = columns()
EVERY = 41 if NIGHTLY else 97  # values of all that are tried: primes, so that each kind comes up


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "memory.db"
    tampered.make(path)
    with open_memory(path) as memory:
        memory.export_file(path.with_name("sound.jsonl"))
    return path


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    tampered.copy_of(sound, path)
    return path


@pytest.fixture
def ids(sound: Path) -> list[str]:
    with closing(apsw.Connection(str(sound))) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM memory ORDER BY pk")]


def chosen(step: int, first: int) -> list[tuple[str, str, str | None, object]]:
    every = [(*place, value) for place in PLACES for value in HOSTILE]
    return every[first::step]


def shown(case: object) -> str:
    return f"{case!r}"[:30]


def change(path: Path, sql: str, *values: object) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("foreign_keys", False)
        connection.execute(sql, values)


def find_faults(sound: Path, folder: Path, ids: list[str], case: tuple[object, ...]) -> list[str]:
    """Return what a program and the command make of one tampered file."""
    table, column, name, value = case
    found: list[str] = []
    for use in (tampered.api_faults, tampered.cli_faults):
        path, files = folder / "m.db", folder / "files"
        tampered.copy_of(sound, path)
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        shutil.copy(sound.with_name("sound.jsonl"), files)
        if tamper(path, str(table), str(column), name, value):  # type: ignore[arg-type]
            found += use(path, ids, files)
    return found


# -- any value in any column


def test_every_column_has_a_check() -> None:
    known = schema.expected_tables(schema.latest_version())
    unchecked = {
        (table, column.name)
        for table, its in known.items()
        for column in its
        if not column.key and table != "setting" and column.name not in COLUMNS[table]
    }
    assert unchecked == set()


@pytest.mark.slow
@pytest.mark.parametrize("case", chosen(EVERY, 0), ids=shown)
def test_any_value_in_any_column_gives_an_answer_or_an_error_of_ours(
    sound: Path, tmp_path: Path, ids: list[str], case: tuple[object, ...]
) -> None:
    assert find_faults(sound, tmp_path, ids, case) == []


@pytest.mark.slow
@pytest.mark.parametrize("case", chosen(EVERY, 20), ids=shown)
def test_verify_finds_any_value_that_is_wrong_and_repairs_it(
    path: Path, case: tuple[str, str, str | None, object]
) -> None:
    table, column, name, value = case
    if not tamper(path, table, column, name, value):
        return
    is_found = not is_sound(verify(path, full=True))
    try:
        read_all(path)
    except LitememError:
        assert is_found
    with closing(SqliteStore(path, repairable=True)) as store:
        _, after = fix(store)
        with store.read() as r:
            assert list(find_wrong(r.connection, TABLES)) == []
            assert r.turns.set_aside() == {}
    assert all(result.advice for result in after if result.problems)
    read_all(path)


def read_all(path: Path) -> None:
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        list(memory.export())
        reading(memory.store).turns.pending()
        for each in (CAM, {"agent_id": "guide"}, DORA):
            rows = memory.get_all(show_superseded=True, enable_graph=True, **each)["results"]
            assert all(memory.history(row["id"]) for row in rows)


# -- the smallest of each kind: (what is written, the place in the message, a call that meets it)

EXAMPLES = {
    "metadata nested 20,000 deep": (
        "UPDATE memory SET metadata = ? WHERE pk = 2",
        '{"k":' * DEEP + "1" + "}" * DEEP,
        "metadata",
    ),
    "a number of 5,000 digits": (
        "UPDATE memory SET metadata = ? WHERE pk = 2",
        f'{{"k":{DIGITS}}}',
        "metadata",
    ),
    "half a surrogate pair": (
        "UPDATE memory SET metadata = ? WHERE pk = 2",
        '{"k":"\\ud800"}',
        "metadata",
    ),
    "infinity": ("UPDATE memory SET metadata = ? WHERE pk = 2", '{"k":1e999}', "metadata"),
    "categories that are no list": (
        "UPDATE memory SET categories = ? WHERE pk = 2",
        '{"a":1}',
        "categories",
    ),
    "a role that is bytes": ("UPDATE memory SET role = ? WHERE pk = 2", b"user", "role"),
    "an id with a NUL": ("UPDATE memory SET id = ? WHERE pk = 2", "a\0b", "id"),
    "a time that is text": ("UPDATE memory SET created_at = ? WHERE pk = 2", "now", "created_at"),
}


@pytest.mark.parametrize(("sql", "value", "column"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_wrong_value_of_a_memory_is_named_with_its_place(
    path: Path, sql: str, value: object, column: str
) -> None:
    change(path, sql, value)
    with open_memory(path) as memory:
        found = memory.get_all(show_superseded=True, **CAM)
        (damaged,) = found["damaged"]
        assert found["results"]  # others are read
        place = rf"verify --fix.*memory '[^']*', {column}: "
        with pytest.raises(CorruptError, match=place), memory.store.read() as r:
            r.memories.get(damaged)


@pytest.mark.parametrize("value", ["[]", "5", "null", '"x"', b"{}", '{"name":5}', "[" * DEEP])
@pytest.mark.parametrize("name", ["embedder", "next_embedder", "project", "indexed_to"])
def test_a_setting_of_another_type_is_named(path: Path, name: str, value: object) -> None:
    change(path, "UPDATE setting SET value = ? WHERE name = ?", value, name)
    quick = {result.check: result for result in verify(path) if result.problems}
    if name == "indexed_to" and value == "5":  # a number, but of a file without index
        return
    if name == "project" and value == '{"name":5}':  # not a setting that anything reads
        return
    (example,) = quick["every setting and pending turn can be read"].examples
    assert f"setting '{name}', value" in example
    done = CliRunner().invoke(main, ["info", "--db", str(path)])
    assert done.exit_code in (0, 1)
    assert "Traceback" not in done.output
    assert name != "embedder" or "setting 'embedder', value" in done.stderr
    done = CliRunner().invoke(main, ["verify", "--fix", "--db", str(path)])
    assert f"setting '{name}', value: was" in done.stderr
    open_memory(path).close()


def test_the_last_value_of_a_replaced_metadata_is_reported_whole(path: Path) -> None:
    deep = '{"k":' * 200 + "1" + "}" * 200
    change(path, "UPDATE memory SET metadata = ? WHERE pk = 2", deep)
    assert not is_sound(verify(path, full=True))
    done = CliRunner().invoke(main, ["verify", "--fix", "--json", "--db", str(path)])
    assert done.exit_code == 0
    (sentence,) = json.loads(done.stdout)["replaced"]
    assert deep in sentence
    with open_memory(path) as memory:
        found = memory.get_all(show_superseded=True, **CAM)["results"]
    assert [row["metadata"] for row in found].count(None) == 2


def test_what_is_right_in_a_wrong_list_is_kept(path: Path) -> None:
    change(path, "UPDATE memory SET categories = '[\"food\", 5]', sources = '[1, \"x\"]'")
    with closing(SqliteStore(path)) as store:
        assert is_sound(fix(store)[1])
    with open_memory(path) as memory:
        assert memory.get_all(**CAM)["results"][0]["categories"] == ["food"]


def test_an_id_of_an_export_that_is_not_utf_8_is_found_and_its_row_goes(path: Path) -> None:
    change(path, "UPDATE export SET id = CAST(x'ff41' AS TEXT)")
    assert not is_sound(verify(path, full=True))
    with closing(SqliteStore(path)) as store:
        assert is_sound(fix(store)[1])


def test_a_wrong_id_of_a_user_never_becomes_that_of_another(path: Path) -> None:
    change(path, "UPDATE memory SET user_id = CAST('dora' AS BLOB) WHERE pk = 2")
    with closing(SqliteStore(path)) as store:
        fix(store)
    with open_memory(path) as memory:
        assert memory.get_all(**DORA)["results"] == []


# -- turns

TURNS = {
    "options that are a list": ("UPDATE turn SET options = ?", "[]"),
    "options that are not JSON": ("UPDATE turn SET options = ?", "{"),
    "an option of another type": ("UPDATE turn SET options = ?", '{"categories":5}'),
    "a day that is none": ("UPDATE turn SET options = ?", '{"categories":[],"said_on":"x"}'),
    "options nested too deeply": (
        "UPDATE turn SET options = ?",
        '{"metadata":' + '{"k":' * DEEP + "1" + "}" * (DEEP + 1),
    ),
    "a time that is text": ("UPDATE turn SET created_at = ?", "now"),
    "tries that are text": ("UPDATE turn SET tries = ?", "many"),
    "tries that are not UTF-8": ("UPDATE turn SET tries = CAST(? AS TEXT)", b"\xffA"),
    "bytes as a message": ("UPDATE message SET content = ? WHERE turn_pk > 0", b"I like rum\xff"),
    "no message": ("DELETE FROM message WHERE turn_pk > ?", 0),
    "no session": ("UPDATE turn SET session_pk = ?", 99),
    "messages of another scope": (
        "UPDATE message SET session_pk = ? WHERE turn_pk > 0",
        1,
    ),
}


@pytest.mark.parametrize(("sql", "value"), TURNS.values(), ids=TURNS)
def test_a_turn_that_cannot_be_read_is_set_aside_and_holds_up_nobody(
    path: Path, sql: str, value: object
) -> None:
    change(path, sql, value)
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]] * 2)) as memory:
        event = memory.event("pending")
        assert event is not None
        assert (event["status"], "verify --fix" in event["error"]) == ("FAILED", True)
        for ids in (DORA, CAM):
            (added,) = memory.add("I like rum", **ids)["results"]
            assert added["memory"] == "Likes rum"
        assert memory.process_pending() == {"results": []}
        memory.flush(timeout=5)
        assert list(reading(memory.store).turns.set_aside())
        assert reading(memory.store).turns.pending() == []
    assert not is_sound(verify(path))
    done = CliRunner().invoke(main, ["info", "--db", str(path)])
    assert "set aside" in done.stdout
    done = CliRunner().invoke(main, ["pending", "--embedder", "hash", "--db", str(path)])
    assert "set aside" in done.stderr


@pytest.mark.parametrize(("sql", "value"), TURNS.values(), ids=TURNS)
def test_a_turn_that_was_set_aside_is_extracted_after_a_repair(
    path: Path, sql: str, value: object
) -> None:
    change(path, sql, value)
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.process_pending()
    with closing(SqliteStore(path)) as store:
        assert is_sound(fix(store)[1])
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]])) as memory:
        assert reading(memory.store).turns.set_aside() == {}
        is_pending = bool(reading(memory.store).turns.pending())
        results = memory.process_pending()["results"]
        assert [row["memory"] for row in results] == (["Likes rum"] if is_pending else [])


@pytest.mark.parametrize("changes", ["pid = 'x', at = x''", "boot = CAST(x'ff41' AS TEXT)"])
def test_a_claim_that_no_process_wrote_holds_up_nobody(path: Path, changes: str) -> None:
    change(path, f"UPDATE claim SET {changes}")
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]])) as memory:
        (added,) = memory.process_pending()["results"]
        assert added["memory"] == "Likes rum"


def test_a_message_that_cannot_be_read_is_no_context(path: Path) -> None:
    change(path, "UPDATE message SET content = CAST(x'ff' AS TEXT) WHERE pk = 1")
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]])) as memory:
        (added,) = memory.add("I like rum", **CAM)["results"]
        assert added["memory"] == "Likes rum"


@pytest.mark.parametrize("value", ["{", "5", '[{"id":5}]', b"\xff"])
def test_results_and_requests_that_are_not_json_do_not_stop_an_erasure(
    path: Path, value: object
) -> None:
    change(path, "UPDATE finished_turn SET results = ?", value)
    change(path, "UPDATE export SET request = ?", value)
    change(path, "UPDATE memory SET sources = ? WHERE agent_id IS NOT NULL", value)
    with open_memory(path) as memory:
        assert memory.erase(**CAM)["gone"]
        memory.cleanup(orphans=True, messages_older_than="0s", **DORA)
