"""`conflicts` and `settle`: facts that may contradict each other stay until somebody decides."""

import json
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import Clock, OpenMemory
from helpers.memories import CAM, JANE, store_text, texts
from litemem import Memory, MemoryClient, salvage
from litemem.cli import main
from litemem.core.scope import Scope
from litemem.errors import (
    ImmutableError,
    MemoryNotFoundError,
    ScopeError,
    StoreReadOnlyError,
    ValidationError,
)
from litemem.store.filters import compile_filter
from litemem.testing import HashEmbedder

OSLO, BERGEN = "User lives in Oslo", "User may live in Bergen"


def doubt(memory: Memory, one: str, other: str) -> str:
    """Note a conflict of two memories as `add` does; return its id."""
    with memory.store.write() as tx:
        tx.conflicts.open(one, other, memory._now())
    (pair,) = memory.conflicts(filters={"user_id": "*"})["results"]
    return str(pair["id"])


@pytest.fixture
def pair(memory: Memory, now: Clock) -> tuple[str, str]:
    """The ids of two memories of Cam, a day apart."""
    older = store_text(memory, OSLO)
    now.advance(days=1)
    newer = store_text(memory, BERGEN)
    now.advance(days=1)
    return older, newer


def open_ids(memory: Memory, **scope: Any) -> list[list[str]]:
    found = memory.conflicts(**(scope or CAM))["results"]
    return [[each["id"] for each in row["memories"]] for row in found]


def test_a_conflict_has_both_memories_the_older_first(
    memory: Memory, pair: tuple[str, str]
) -> None:
    conflict = doubt(memory, pair[1], pair[0])
    (found,) = memory.conflicts(**CAM)["results"]
    assert found.keys() == {"id", "memories", "created_at"}
    assert (found["id"], found["created_at"][:10]) == (conflict, "2025-06-17")
    assert found["memories"] == memory.get_all(**CAM)["results"][::-1]


def test_a_scope_has_its_own_conflicts_only(memory: Memory, pair: tuple[str, str]) -> None:
    doubt(memory, *pair)
    assert memory.conflicts(**JANE) == {"results": []}
    assert memory.conflicts(**CAM, run_id="r") == {"results": []}
    assert open_ids(memory, **CAM, filters={"created_at": {"lte": "2025-06-15"}}) == []
    with pytest.raises(ScopeError):
        memory.conflicts()


def test_memories_of_two_scopes_are_no_conflict(memory: Memory, pair: tuple[str, str]) -> None:
    other = store_text(memory, BERGEN, user_id="jane")
    with memory.store.write() as tx:
        tx.conflicts.open(pair[0], other, 0)
        tx.conflicts.open(pair[0], pair[0], 0)
        tx.conflicts.open(pair[0], "unknown", 0)
    assert open_ids(memory) == open_ids(memory, **JANE) == []


@pytest.mark.parametrize("keep", ["newer", 1])
def test_the_older_ends_when_the_kept_one_began(
    memory: Memory, pair: tuple[str, str], keep: str | int
) -> None:
    conflict = doubt(memory, *pair)
    settled = memory.settle(conflict, keep=pair[keep] if isinstance(keep, int) else keep)
    assert settled == {"id": conflict, "superseded": [pair[0]]}
    assert texts(memory.get_all(**CAM)) == [BERGEN]
    assert texts(memory.get_all(**CAM, as_of="2025-06-15T23:00:00Z")) == [OSLO]
    assert texts(memory.get_all(**CAM, as_of="2025-06-17")) == [BERGEN]
    event = memory.history(pair[0])[-1]
    assert (event["event"], event["superseded_by"]) == ("UPDATE", pair[1])
    assert event["updated_at"][:10] == "2025-06-17"
    assert memory.history(pair[1])[0]["supersedes"] == [pair[0]]
    assert open_ids(memory) == []
    with pytest.raises(MemoryNotFoundError, match="no open conflict"):
        memory.settle(conflict, keep="older")


def test_the_newer_was_never_valid_if_the_older_is_kept(
    memory: Memory, pair: tuple[str, str]
) -> None:
    memory.settle(doubt(memory, *pair), keep="older")
    assert texts(memory.get_all(**CAM)) == [OSLO]
    assert texts(memory.get_all(**CAM, as_of="2025-06-16T23:00:00Z")) == [OSLO]
    assert memory.verify(full=True)["ok"]


def test_both_closes_a_conflict_for_good(memory: Memory, pair: tuple[str, str]) -> None:
    conflict = doubt(memory, *pair)
    assert memory.settle(conflict, keep="both") == {"id": conflict, "superseded": []}
    with memory.store.write() as tx:
        tx.conflicts.open(*pair, 0)
    assert open_ids(memory) == []
    assert len(texts(memory.get_all(**CAM))) == 2


def test_an_unknown_conflict_or_memory_is_an_error(memory: Memory, pair: tuple[str, str]) -> None:
    conflict = doubt(memory, *pair)
    third = store_text(memory, "User likes tea")
    with pytest.raises(MemoryNotFoundError):
        memory.settle("unknown", keep="both")
    for wrong in (third, "neither", conflict):
        with pytest.raises(ValidationError, match="keep must be"):
            memory.settle(conflict, keep=wrong)
    with pytest.raises(ValidationError):
        memory.settle(conflict, keep=3)  # type: ignore[arg-type]
    assert open_ids(memory) == [list(pair)]


def test_an_immutable_memory_is_not_superseded(memory: Memory, now: Clock) -> None:
    fixed = store_text(memory, OSLO, immutable=True)
    now.advance(days=1)
    other = store_text(memory, BERGEN)
    conflict = doubt(memory, fixed, other)
    with pytest.raises(ImmutableError):
        memory.settle(conflict, keep="newer")
    assert memory.settle(conflict, keep="older")["superseded"] == [other]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("end", ["delete", "update", "erase", "expire", "supersede"])
def test_a_conflict_ends_with_one_of_its_memories(
    memory: Memory, pair: tuple[str, str], now: Clock, place: int, end: str
) -> None:
    doubt(memory, *pair)
    one = pair[place]
    if end == "delete":
        memory.delete(one)
    elif end == "update":
        memory.update(one, "User lives in Rome")
    elif end == "erase":
        memory.erase(one)
    elif end == "expire":
        memory.update(one, expires_at="2025-06-18")
        assert open_ids(memory) == [list(pair)]
        now.advance(days=9)
    else:
        third = store_text(memory, "User lives in Rome")
        with memory.store.write() as tx:
            tx.known.supersede(tx.memories.require(one), third, memory._now())
    assert open_ids(memory) == []
    assert memory.verify(full=True)["ok"]


def test_new_metadata_leave_a_conflict_open(memory: Memory, pair: tuple[str, str]) -> None:
    doubt(memory, *pair)
    memory.update(pair[0], metadata={"n": 1})
    assert open_ids(memory) == [list(pair)]


@pytest.mark.parametrize("end", ["delete_all", "erase", "reset"])
def test_nothing_is_left_of_a_scope_that_is_deleted(
    memory: Memory, pair: tuple[str, str], end: str
) -> None:
    doubt(memory, *pair)
    if end == "delete_all":
        memory.delete_all(**CAM)
    elif end == "erase":
        memory.erase(**CAM)
    else:
        memory.reset()
    assert open_ids(memory) == []
    assert not [line for line in memory.export() if '"conflict"' in line.split(",")[0]]


def test_a_duplicate_lends_its_conflict(memory: Memory, pair: tuple[str, str], now: Clock) -> None:
    now.advance(days=-9)
    first = store_text(memory, BERGEN)
    now.advance(days=9)
    doubt(memory, *pair)
    memory.cleanup(**CAM, duplicates=True)
    assert open_ids(memory) == [[first, pair[0]]]


# -- what a prompt gets


def test_a_context_marks_both_memories(open_memory: OpenMemory, now: Clock) -> None:
    memory = open_memory(["User avoids nuts"], ["User bakes nut cake"])
    ids = []
    for text in ("I avoid nuts.", "I bake nut cake."):
        ids.append(memory.add(text, **CAM)["results"][0]["id"])
        now.advance(days=1)
    asked: dict[str, Any] = {**CAM, "include_messages": False}
    assert "unclear" not in memory.context("nuts", **asked)
    conflict = doubt(memory, *ids)
    for query in ("nuts", "cake", "avoid", ""):  # also if a search finds only one of them
        assert memory.context(query, **asked).split("\n")[1:] == [
            "2025-06-15: User avoids nuts (unclear: see also 2025-06-16)",
            "2025-06-16: User bakes nut cake (unclear: see also 2025-06-15)",
        ]
    memory.settle(conflict, keep="newer")
    assert memory.context("", **asked).split("\n")[1:] == ["2025-06-16: User bakes nut cake"]


def test_a_mark_counts_for_the_budget(memory: Memory, pair: tuple[str, str]) -> None:
    doubt(memory, *pair)
    for budget in range(0, 60, 3):
        found = memory.context("Oslo", **CAM, budget=budget, why=True)
        assert found["tokens"] <= budget
        assert HashEmbedder().count_tokens(found["text"]) == found["tokens"]


# -- copies of a file


def test_an_export_keeps_open_and_settled_conflicts(
    memory: Memory, pair: tuple[str, str], tmp_path: Path
) -> None:
    conflict = doubt(memory, *pair)
    third = store_text(memory, "User lives in Rome")
    with memory.store.write() as tx:
        tx.conflicts.open(pair[0], third, 0)
        (other,) = tx.conflicts.select(compile_filter(None, Scope(**CAM)), memory_ids=[third])
        tx.conflicts.settle(other.id, 1)
    memory.export_file(tmp_path / "all.jsonl")
    with Memory(tmp_path / "new.db", embedder=HashEmbedder(64)) as new:
        new.import_file(tmp_path / "all.jsonl")
        assert new.conflicts(**CAM) == memory.conflicts(**CAM)
        assert list(new.export()) == list(memory.export())
        assert new.import_file(tmp_path / "all.jsonl", on_conflict="skip")["skipped"] == 3
        new.settle(conflict, keep="newer")
        assert new.verify(full=True)["ok"]


def test_an_export_of_one_memory_has_no_conflict(memory: Memory, pair: tuple[str, str]) -> None:
    doubt(memory, *pair)
    kinds = [json.loads(line)["kind"] for line in memory.export(**CAM)]
    assert kinds.count("conflict") == 1
    first = memory.export(**CAM, filters={"created_at": {"lte": "2025-06-15"}})
    assert "conflict" not in [json.loads(line)["kind"] for line in first]


@pytest.mark.parametrize(
    "memories", [[1, 1], [1], [1, 9], [], [1, 2, 1], [1, 3]], ids=lambda numbers: str(numbers)
)
def test_an_import_refuses_a_conflict_without_two_memories_of_one_scope(
    memory: Memory, pair: tuple[str, str], tmp_path: Path, memories: list[int]
) -> None:
    store_text(memory, "Jane's", user_id="jane")
    doubt(memory, *pair)
    path = tmp_path / "all.jsonl"
    lines = [json.loads(line) for line in memory.export()]
    for line in lines:
        if line["kind"] == "conflict":
            line["memories"] = memories
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with (
        Memory(tmp_path / "new.db", embedder=HashEmbedder(64)) as new,
        pytest.raises(ValidationError, match="two earlier memories with the same ids"),
    ):
        new.import_file(path, accept_edited=True)


def test_verify_finds_and_drops_a_conflict_across_scopes(
    memory: Memory, pair: tuple[str, str], tmp_path: Path
) -> None:
    doubt(memory, *pair)
    store_text(memory, "Jane's", user_id="jane")
    memory.close()
    path = tmp_path / "memory.db"
    with apsw.Connection(str(path)) as connection:
        connection.execute("UPDATE conflict SET second_pk = 3")
    connection.close()
    with Memory(path, embedder=HashEmbedder(64)) as opened:
        assert open_ids(opened) == []
        wrong = [check for check in opened.verify()["checks"] if check["problems"]]
        assert [check["check"] for check in wrong] == [
            "every conflict is between two memories of one scope"
        ]
    result = CliRunner().invoke(main, ["verify", "--fix", "--db", str(path)])
    assert result.exit_code == 0, result.output
    with Memory(path, embedder=HashEmbedder(64)) as opened:
        assert opened.verify(full=True)["ok"]


def test_a_salvaged_file_has_its_conflicts(
    memory: Memory, pair: tuple[str, str], tmp_path: Path
) -> None:
    doubt(memory, *pair)
    expected = memory.conflicts(**CAM)
    memory.close()
    salvage(tmp_path / "memory.db", tmp_path / "saved.db")
    with Memory(tmp_path / "saved.db", embedder=HashEmbedder(64)) as saved:
        assert saved.conflicts(**CAM) == expected


# -- the other doors


def test_the_command_lists_and_settles(
    memory: Memory, pair: tuple[str, str], tmp_path: Path
) -> None:
    conflict = doubt(memory, *pair)
    run = CliRunner().invoke
    db = ["--db", str(tmp_path / "memory.db")]
    listed = run(main, ["conflicts", "--user-id", "cam", *db])
    assert all(part in listed.output for part in (*pair, conflict, OSLO, BERGEN))
    as_json = run(main, ["conflicts", "--user-id", "cam", "--json", *db])
    assert json.loads(as_json.stdout) == memory.conflicts(**CAM)
    assert run(main, ["conflicts", "--settle", conflict, *db]).exit_code == 2
    assert run(main, ["conflicts", *db]).exit_code == 2
    assert run(main, ["conflicts", "--settle", "x", "--keep", "both", *db]).exit_code == 1
    settled = run(main, ["conflicts", "--settle", conflict, "--keep", "newer", *db])
    assert settled.exit_code == 0
    assert open_ids(memory) == []


def test_a_client_settles_as_a_memory_does(tmp_path: Path) -> None:
    with MemoryClient(path=tmp_path / "a.db", embedder=HashEmbedder(64)) as client:
        ids = [store_text(client.memory, text) for text in (OSLO, BERGEN)]
        conflict = doubt(client.memory, *ids)
        assert client.conflicts(**CAM)["results"][0]["id"] == conflict
        assert client.settle(conflict, keep="both")["superseded"] == []


def test_a_read_only_file_lists_and_does_not_settle(
    memory: Memory, pair: tuple[str, str], open_memory: OpenMemory
) -> None:
    conflict = doubt(memory, *pair)
    reader = open_memory(read_only=True)
    assert open_ids(reader) == [list(pair)]
    with pytest.raises(StoreReadOnlyError):
        reader.settle(conflict, keep="both")


def test_info_counts_open_conflicts(memory: Memory, pair: tuple[str, str], tmp_path: Path) -> None:
    doubt(memory, *pair)
    shown = CliRunner().invoke(main, ["info", "--json", "--db", str(tmp_path / "memory.db")])
    assert json.loads(shown.stdout)["file"]["counts"]["conflicts"] == 1
