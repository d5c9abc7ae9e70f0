"""An export leaves out each damaged row, names it, and holds everything else."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import NIGHTLY
from helpers.tampered import CAM, HOSTILE, INVALID, columns, make, open_memory, tamper
from litemem.cli import main
from litemem.errors import LitememError
from litemem.store.sqlite import schema
from litemem.store.sqlite.values import COLUMNS
from litemem.store.sqlite.wrong_values import find_wrong_rows

TEXTS = {"lives in Oslo", "lives in Rome", "runs daily"}
EVERY = 307 if NIGHTLY else 613  # values of all that are tried: primes, so that each kind comes up
# (the statement that another tool ran, what the export names); {} is text that is not UTF-8
DAMAGE = {
    "a message's text": ("UPDATE message SET content = x'ff' WHERE pk = 2", "MESSAGE"),
    "a message that is not UTF-8": ("UPDATE message SET content = {} WHERE pk = 2", "MESSAGE"),
    "a message's role": ("UPDATE message SET role = x'75' WHERE pk = 2", "MESSAGE"),
    "a message's time": ("UPDATE message SET created_at = 'now' WHERE pk = 2", "MESSAGE"),
    "a message's metadata": ("UPDATE message SET metadata = '[' WHERE pk = 2", "MESSAGE"),
    "a message's categories": ("UPDATE message SET categories = '5' WHERE pk = 2", "MESSAGE"),
    "a message of no scope": ("UPDATE message SET session_pk = 99 WHERE pk = 2", "MESSAGE"),
    "an event's text": ("UPDATE event SET old_memory = {} WHERE pk = 2", "event 2"),
    "an event's kind": ("UPDATE event SET event = 'LOST' WHERE pk = 2", "event 2"),
    "an event's time": ("UPDATE event SET updated_at = 2.5 WHERE pk = 2", "event 2"),
    "an entity's name": ("UPDATE entity SET name = x'ff' WHERE pk = 1", "entity 1"),
    "an entity's scope": ("UPDATE entity SET user_id = '*' WHERE pk = 1", "entity 1"),
    "a relation's name": ("UPDATE relation SET relationship = {}", "relation 1"),
    "a relation to nothing": ("UPDATE relation SET destination_pk = 99", "relation 1"),
    "a relation to another scope": (
        "UPDATE entity SET user_id = 'dora' WHERE pk = 1",
        "relation 1",
    ),
    "a pending turn's options": ("UPDATE turn SET options = '{{'", "turn 2"),
    "a pending turn of no scope": ("UPDATE turn SET session_pk = 99", "turn 2"),
    "a finished turn": ("UPDATE finished_turn SET results = '{{}}'", "finished_turn 1"),
    "a feedback": ("UPDATE feedback SET feedback = 'GREAT'", "feedback 3"),
    "a scope of what was shown": ("UPDATE shown SET user_id = x'61'", "shown 1"),
    "a time of what was shown": ("UPDATE shown SET shown_at = 'now'", "shown 1"),
    "what was shown to nobody": ("UPDATE shown SET user_id = NULL, run_id = NULL", "shown 1"),
    "the settings": ("UPDATE setting SET value = '5' WHERE name = 'project'", "setting project"),
    "the sources of a memory": ("UPDATE memory SET sources = '[' WHERE pk = 2", "SOURCES"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "made.db"
    make(path)
    return path.read_bytes()


@pytest.fixture
def path(made: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    path.write_bytes(made)
    return path


def damage(path: Path, sql: str) -> dict[str, str]:
    """Change a row as another tool does; return what names of damaged rows stand for."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("foreign_keys", False)
        connection.pragma("ignore_check_constraints", True)
        names = {
            "MESSAGE": connection.execute("SELECT id FROM message WHERE pk = 2").get,
            "SOURCES": "the sources of "
            + connection.execute("SELECT id FROM memory WHERE pk = 2").get,
        }
        connection.execute(sql.format("CAST(x'ff41' AS TEXT)"))
    return names


@pytest.mark.parametrize(("sql", "name"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_row_is_left_out_and_named(
    path: Path, tmp_path: Path, sql: str, name: str
) -> None:
    name = damage(path, sql).get(name, name)
    target, new = tmp_path / "all.jsonl", tmp_path / "new.db"
    done = CliRunner().invoke(main, ["export", str(target), "--db", str(path)])
    assert done.exit_code == 0, done.output
    assert f"left out, damaged: {name}" in done.stderr
    with open_memory(path) as memory:
        lines = [json.loads(line) for line in memory.export()]
        found = {each["check"]: each["examples"] for each in memory.verify(full=True)["checks"]}
    assert f"left out: {name}" in found["every line of an export can be imported"]
    assert lines[1] == {"kind": "damaged", "id": name}
    assert {line["content"] for line in lines if line["kind"] == "memory"} >= TEXTS
    with open_memory(new) as memory:
        assert name in str(memory.import_file(target)["left_out"])
        assert memory.verify(full=True)["ok"]
        shown = [
            memory.get_all(show_superseded=True, **ids) for ids in (CAM, {"agent_id": "guide"})
        ]
    assert {row["memory"] for each in shown for row in each["results"]} >= TEXTS


def test_an_export_of_a_scope_names_only_its_own_damage(path: Path, tmp_path: Path) -> None:
    name = damage(path, "UPDATE message SET role = x'ff' WHERE pk = 2")["MESSAGE"]
    damage(path, "UPDATE relation SET relationship = x'ff'")
    with open_memory(path) as memory:
        counts = memory.export_file(tmp_path / "cam.jsonl", **CAM)
        assert counts["damaged"] == [name, "relation 1"]
        other = memory.export_file(tmp_path / "guide.jsonl", agent_id="guide")
        assert "damaged" not in other


def test_what_only_refers_to_a_damaged_row_stays(path: Path, tmp_path: Path) -> None:
    damage(path, "UPDATE message SET content = {} WHERE pk = 2")
    damage(path, "UPDATE turn SET options = '5'")
    with open_memory(path) as memory:
        lines = [json.loads(line) for line in memory.export()]
    (memory_line,) = [line for line in lines if line.get("content") == "lives in Oslo"]
    assert memory_line["kind"] == "memory"  # its message is left out
    assert "sources" not in memory_line
    (pending,) = [line for line in lines if line.get("content") == "I like rum"]
    assert (pending["kind"], "turn" in pending) == ("message", False)


def test_a_history_without_its_beginning_is_left_out(path: Path, tmp_path: Path) -> None:
    damage(path, "UPDATE event SET event = x'ff' WHERE event = 'ADD' AND superseded_by IS NULL")
    with open_memory(path) as memory:
        memory.export_file(tmp_path / "all.jsonl")
    with open_memory(tmp_path / "new.db") as memory:
        memory.import_file(tmp_path / "all.jsonl")
        assert memory.verify(full=True)["ok"]
        for row in memory.get_all(**CAM)["results"]:
            assert memory.history(row["id"])[0]["event"] == "ADD"


def test_a_wrong_vector_is_made_again_by_the_import(path: Path, tmp_path: Path) -> None:
    damage(path, "UPDATE embedding SET vector = x'00' WHERE pk = 2")
    damage(path, "UPDATE entity SET vector = 'text' WHERE pk = 1")
    with open_memory(path) as memory:
        assert "damaged" not in memory.export_file(tmp_path / "all.jsonl", vectors=True)
    with open_memory(tmp_path / "new.db") as memory:
        assert memory.import_file(tmp_path / "all.jsonl")["embedded"] == 1
        assert memory.verify(full=True)["ok"]


def test_an_alias_of_nothing_is_a_name_of_its_own(path: Path, tmp_path: Path) -> None:
    damage(path, "UPDATE entity SET same_as = 99 WHERE pk = 2")
    with open_memory(path) as memory:
        memory.export_file(tmp_path / "all.jsonl")
    with open_memory(tmp_path / "new.db") as memory:
        assert memory.import_file(tmp_path / "all.jsonl")["relations"] == 1


def test_in_doubt_a_message_stays_hidden(path: Path, tmp_path: Path) -> None:
    """Text that was deleted must not come back because the mark of its message is damaged."""
    with open_memory(path) as memory:
        secret = memory.add("The code is 4711", infer=False, **CAM)["results"][0]["id"]
        memory.delete(secret)
    for sql in ("UPDATE message SET passages = 'x'", "UPDATE message SET yielded = 'x'"):
        damage(path, f"{sql} WHERE content LIKE '%4711%'")
        with open_memory(path) as memory:
            memory.export_file(tmp_path / "all.jsonl", force=True)
        new = tmp_path / f"{len(sql)}.db"
        with open_memory(new) as memory:
            memory.import_file(tmp_path / "all.jsonl")
            assert "4711" not in str(memory.search("code 4711", **CAM))


def test_markdown_names_damaged_memories_only(path: Path, tmp_path: Path) -> None:
    damage(path, "UPDATE message SET content = {} WHERE pk = 2")
    with open_memory(path) as memory:
        assert "damaged" not in memory.export_file(tmp_path / "all.md", format="markdown")
    assert "Damaged" not in (tmp_path / "all.md").read_text("utf-8")


@pytest.mark.parametrize("table", COLUMNS)
def test_a_value_that_is_surely_right_is_right(table: str) -> None:
    """Most rows of an export are checked by SQL alone, which must accept nothing wrong."""
    with closing(schema.empty_database()) as connection:
        key = schema.key_of(table)
        if key is None:
            return
        for column, rule in COLUMNS[table].items():
            connection.execute(f"CREATE TEMP TABLE {table} ({key} INTEGER PRIMARY KEY, {column})")
            for i, value in enumerate(HOSTILE, 1):
                shown = "CAST(x'ff41' AS TEXT)" if value is INVALID else "?2"
                values = (i,) if value is INVALID else (i, value)
                connection.execute(f"INSERT INTO {table} VALUES (?1, {shown})", values)
            wrong = find_wrong_rows(connection, table, f"SELECT {key} FROM {table}",
                                    columns=[column])  # fmt: skip
            for i, value in enumerate(HOSTILE, 1):
                assert (i in wrong) == _is_wrong(rule, value), (column, value)
            connection.execute(f"DROP TABLE temp.{table}")


def _is_wrong(rule: Any, value: Any) -> bool:
    if value is None and rule.optional:
        return False
    try:
        (rule.strict or rule.check)(b"\xffA" if value is INVALID else value)
    except (ValueError, RecursionError):
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 17])
def test_any_value_in_any_column_leaves_an_export_that_can_be_imported(
    made: bytes, tmp_path: Path, first: int
) -> None:
    cases = [(*place, value) for place in columns() for value in HOSTILE]
    for table, column, name, value in cases[first::EVERY]:
        path = tmp_path / "memory.db"
        path.write_bytes(made)
        if not tamper(path, table, column, name, value):
            continue
        try:
            memory = open_memory(path, read_only=True)
        except LitememError:  # no row, but the file itself: verify repairs it
            continue
        with memory:
            memory.export_file(tmp_path / "all.jsonl", force=True, vectors=True)
            memory.export_file(tmp_path / "cam.jsonl", force=True, **CAM)
        for source in ("all", "cam"):
            (tmp_path / "new.db").unlink(missing_ok=True)
            with open_memory(tmp_path / "new.db") as new:
                new.import_file(tmp_path / f"{source}.jsonl")
                assert new.verify(full=True)["ok"], (table, column, value)
