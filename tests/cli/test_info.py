"""`info`, `scopes` and `log`, and the views that any SQLite tool can read."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import ROOT, Clock, OpenMemory, schema_file
from litemem import Memory
from litemem.cli import main
from litemem.cli.info import growth_line
from litemem.core.clock import now as real_now
from litemem.core.types import Relation
from litemem.errors import LLMError
from litemem.store.sqlite.stats import file_stats


@pytest.fixture
def memory(open_memory: OpenMemory, now: Clock, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A file with memories of three days, a superseded one, and one that was deleted."""
    found = open_memory(["User lives in Oslo"], ["User moved to Rome"])
    monkeypatch.setenv("LITEMEM_DB", found.store.path)
    found.add([{"role": "user", "content": "I live in Oslo", "name": "Cam"}], user_id="cam")
    now.advance(days=10)
    found.add("I moved to Rome", user_id="cam")
    now.advance(days=3)
    found.add("The build is green", agent_id="ci", run_id="7", infer=False)
    gone = found.add("a secret", user_id="jo", infer=False)["results"][0]["id"]
    found.delete(gone)
    return found


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, done.output
    return done.stdout


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def ids(memory: Memory) -> list[str]:
    found = memory.get_all(user_id="cam", show_superseded=True)["results"]
    return [row["id"] for row in found[::-1]]


@pytest.mark.usefixtures("memory")
def test_info_shows_counts_sizes_and_growth() -> None:
    shown = run_json("info")
    assert shown["file"]["memories"] == 3
    assert shown["file"]["counts"]["superseded"] == 1
    assert shown["file"]["counts"]["deleted"] == 1
    assert shown["growth"] == {"2025-06-15": 1, "2025-06-25": 1, "2025-06-28": 1}
    assert shown["sizes"]["memory"] >= 8_192
    assert sum(shown["sizes"].values()) <= shown["file"]["bytes"]
    text = run("info")
    assert "memories\t3, of 1 user, 1 agent, 1 run\n" in text
    assert "growth\t2025-06-15 █         █  █ 2025-06-28 (at most 1 in 1 day)\n" in text
    assert "of these\t1 superseded\n" in text


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_info_looks_at_old_files_without_changing_them(version: int, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(schema_file(version).read_bytes())
    found = file_stats(str(path), real_now())
    assert found.overview.schema_version == version
    assert found.overview.memories > 0
    assert run("scopes", "--db", str(path))


@pytest.mark.usefixtures("memory")
def test_scopes_lists_everyone_with_first_and_last() -> None:
    assert run("scopes").splitlines() == [
        "user\t2\t2025-06-15\t2025-06-25\tcam",
        "agent\t1\t2025-06-28\t2025-06-28\tci",
        "run\t1\t2025-06-28\t2025-06-28\t7",
    ]
    first, *_ = run_json("scopes")
    assert (first["type"], first["id"], first["memories"]) == ("user", "cam", 2)
    assert first["first"].startswith("2025-06-15T")


def test_log_lists_a_memory_from_its_messages_to_its_successor(memory: Memory) -> None:
    old, new = ids(memory)
    assert run("log", old).splitlines() == [
        "2025-06-15 15:06\tMESSAGE\tCam: I live in Oslo",
        "2025-06-15 15:06\tADD\tUser lives in Oslo",
        f"2025-06-25 15:06\tSUPERSEDED\tby {new}: User moved to Rome",
    ]
    assert run("log", new).splitlines()[-1] == f"2025-06-25 15:06\tSUPERSEDES\t{old}"


def test_log_lists_updates_repeats_and_expiry_and_outlives_the_memory(
    memory: Memory, now: Clock
) -> None:
    _, new = ids(memory)
    memory.update(new, "User lives in Rome", expires_at="2031-01-02T03:04:00Z")
    with memory.store.write() as tx:
        record = tx.memories.require(new)
        tx.known.repeat(new, record)
    *_, update, repeated, expires = run("log", new).splitlines()
    assert update.endswith("\tUPDATE\tUser moved to Rome → User lives in Rome")
    assert repeated == "\tREPEATED\t1 time"
    assert expires == "2031-01-02 03:04\tEXPIRES\tUser lives in Rome"
    now.advance(days=1)
    memory.delete(new)
    assert run("log", new).splitlines()[-1] == "2025-06-29 15:06\tDELETE\tUser lives in Rome"
    shown = run_json("log", new)
    assert shown["memory"] is None
    assert [entry["event"] for entry in shown["history"]] == ["ADD", "UPDATE", "DELETE"]


@pytest.fixture
def mistaken(open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A file with two turns of Cam, in which the model erred, and one of Jo."""
    found = open_memory(
        ["User lives in Rome", "User lives in Oslo"], ["User smokes"], ["User lives in Bergen"]
    )
    monkeypatch.setenv("LITEMEM_DB", found.store.path)
    found.add("I live in Oslo.", user_id="cam")
    found.add("I don't smoke.", user_id="cam", run_id="7")
    found.add("I live in Turku.", user_id="jo")
    return found


def test_log_of_a_memory_shows_what_was_set_aside_of_its_message(mistaken: Memory) -> None:
    (memory,) = mistaken.get_all(user_id="cam", filters={"run_id": None})["results"]
    said, aside, _ = run("log", memory["id"]).splitlines()
    assert said.endswith("MESSAGE\tuser: I live in Oslo.")
    assert aside.startswith("\tSET ASIDE\tUser lives in Rome (")
    (message,) = run_json("log", memory["id"])["messages"]
    assert [each["memory"] for each in message["set_aside"]] == ["User lives in Rome"]
    assert "Rome" in message["set_aside"][0]["reason"]


def test_log_of_a_message_shows_what_was_set_aside(mistaken: Memory) -> None:
    message = run_json("log", "--user-id", "jo")["messages"][0]
    (logged,) = run_json("log", message["id"])["messages"]
    assert [each["memory"] for each in logged["set_aside"]] == ["User lives in Bergen"]
    assert mistaken.get(message["id"]) is not None


@pytest.mark.usefixtures("mistaken")
def test_log_of_a_scope_shows_messages_what_was_set_aside_and_memories() -> None:
    shown = run("log", "--user-id", "cam").splitlines()
    assert [line.split("\t")[1] for line in shown] == [
        *("MESSAGE", "SET ASIDE", "MEMORY"),
        *("MESSAGE", "SET ASIDE", "MEMORY"),
    ]
    assert not [line for line in shown if "Turku" in line]
    replaced = run_json("log", "--run-id", "7")["messages"]
    assert [each["content"] for each in replaced] == ["I don't smoke."]
    (kept,) = replaced[0]["memories"]
    assert replaced[0]["set_aside"][0]["replaced_by"] == kept["memory"]


def test_log_shows_what_was_set_aside_of_a_turn_added_in_the_background(
    open_memory: OpenMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = open_memory(["User lives in Rome", "User lives in Oslo"], async_mode=True)
    monkeypatch.setenv("LITEMEM_DB", found.store.path)
    assert found.add("I live in Oslo.", user_id="cam", explain=True)["status"] == "PENDING"
    found.flush(60)
    (message,) = run_json("log", "--user-id", "cam")["messages"]
    assert [each["memory"] for each in message["set_aside"]] == ["User lives in Rome"]
    assert "Rome" in message["set_aside"][0]["reason"]


@pytest.mark.usefixtures("mistaken")
def test_log_of_a_scope_shows_the_last_messages() -> None:
    (message,) = run_json("log", "--user-id", "cam", "--limit", "1")["messages"]
    assert message["content"] == "I don't smoke."


def test_log_of_a_scope_names_pending_messages(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"))
    with pytest.raises(LLMError):
        memory.add("I live in Oslo.", user_id="cam")
    assert "PENDING" in run("log", "--user-id", "cam", "--db", memory.store.path)


def test_log_of_a_scope_leaves_deleted_messages_out(mistaken: Memory) -> None:
    for memory in mistaken.get_all(user_id="cam")["results"]:
        mistaken.delete(memory["id"])
    assert run_json("log", "--user-id", "cam")["messages"] == []


@pytest.mark.usefixtures("mistaken")
@pytest.mark.parametrize("arguments", [[], ["x", "--user-id", "cam"]])
def test_log_needs_an_id_or_a_scope(arguments: list[str]) -> None:
    run("log", *arguments, code=2)


@pytest.mark.usefixtures("memory")
def test_log_of_an_unknown_id_is_an_error() -> None:
    done = CliRunner().invoke(main, ["log", "x"])
    assert (done.exit_code, done.stderr) == (
        1,
        "litemem: no memory, present or deleted, has the id 'x'\n",
    )


@pytest.mark.parametrize("command", [["scopes"], ["log", "x"]])
def test_a_reading_command_makes_no_file(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "none.db"
    run(*command, "--db", str(path), code=1)
    assert not path.exists()


# -- any SQLite tool


QUERIES = {
    "SELECT memory, user_id, created_at FROM memories WHERE user_id = 'cam' ORDER BY created_at": 2,
    "SELECT user_id, count(*), max(created_at) FROM memories GROUP BY user_id": 2,
    "SELECT datetime(coalesce(updated_at, created_at) / 1000000, 'unixepoch') AS time,"
    " event, old_memory, new_memory FROM history ORDER BY coalesce(updated_at, created_at), pk": 6,
    "SELECT source, relationship, destination FROM relations": 1,
    "SELECT old.memory, new.memory FROM memories AS old JOIN memories AS new"
    " ON new.id = old.superseded_by": 1,
    "SELECT memory.content, message.role, message.content FROM memory"
    " JOIN json_each(memory.sources) AS source JOIN message ON message.pk = source.value": 3,
    "SELECT date(created_at) AS day, count(*) FROM memories GROUP BY day ORDER BY day": 3,
    "SELECT memory.content FROM memory_fts JOIN memory ON memory.pk = memory_fts.rowid"
    " WHERE memory_fts MATCH 'rome' ORDER BY rank": 1,
}


def test_the_views_answer_a_tool_without_our_extensions(memory: Memory) -> None:
    _, new = ids(memory)
    vector = bytes(4 * 64)
    with memory.store.write() as tx:
        relation = Relation("User", "moved_to", "Rome")
        tx.graph.relate(tx.memories.require(new), [relation], {"User": vector, "Rome": vector})
    uri = f"file:{memory.store.path}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        counts = {query: len(connection.execute(query).fetchall()) for query in QUERIES}
        (created,) = connection.execute("SELECT created_at FROM memories LIMIT 1").fetchone()
    assert counts == QUERIES
    assert created == "2025-06-15T15:06:40.000Z"


def test_the_history_is_in_the_order_in_which_it_happened(memory: Memory) -> None:
    (query,) = (query for query in QUERIES if "FROM history" in query)
    with closing(sqlite3.connect(memory.store.path)) as connection:
        rows = connection.execute(query).fetchall()
    assert [(row[0][:10], row[1]) for row in rows] == [
        ("2025-06-15", "ADD"),
        ("2025-06-25", "ADD"),
        ("2025-06-25", "UPDATE"),
        ("2025-06-28", "ADD"),
        ("2025-06-28", "ADD"),
        ("2025-06-28", "DELETE"),
    ]


def test_the_docs_show_these_queries() -> None:
    page = ROOT / "docs" / "info.md"
    text = " ".join(page.read_text("utf-8").split())
    for query in QUERIES:
        assert " ".join(query.split()) in text, query


# -- the growth line


@given(st.dictionaries(st.integers(-719_162, 800_000), st.integers(1, 9), min_size=1))
def test_a_growth_line_has_a_bar_for_each_span_of_days_and_fits(by_day: dict[int, int]) -> None:
    shown = growth_line(by_day)
    line = shown[len("2025-06-15 ") : shown.index(" (") - len(" 2025-06-28")]
    days = int(shown.split()[-2].replace(",", ""))
    spans = (max(by_day) - min(by_day)) // days + 1
    assert len(line) == spans <= 40
    filled = {(day - min(by_day)) // days for day in by_day}
    assert [bar != " " for bar in line] == [i in filled for i in range(spans)]
