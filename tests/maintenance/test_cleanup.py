"""Cleanup: expired, superseded and old memories of the given scope only, counted before."""

import json
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import Clock, OpenMemory
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.core import clock
from litemem.core.scope import Scope
from litemem.core.types import Message, Relation
from litemem.errors import FilterError, ScopeError, ValidationError
from litemem.store.filters import Condition

CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
DAY = 86_400 * clock.MICROSECONDS


def add(memory: Memory, text: str, **options: Any) -> str:
    return str(memory.add(text, infer=False, **options)["results"][0]["id"])


def texts(memory: Memory, **ids: str) -> list[str]:
    rows = memory.get_all(**ids, show_expired=True, show_superseded=True)["results"]
    return sorted(row["memory"] for row in rows)


def supersede(memory: Memory, old_id: str, new_id: str) -> None:
    old = reading(memory.store).memories.get(old_id)
    assert old is not None
    with memory.store.write() as tx:
        tx.known.supersede(old, new_id, memory._now())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def test_expired_memories_are_deleted_and_history_records_it(memory: Memory, now: Clock) -> None:
    gone = add(memory, "parking ticket", expires_at=now() // 10**6 + 60, **CAM)
    add(memory, "another's ticket", expires_at=now() // 10**6 + 60, **BOB)
    add(memory, "likes tea", **CAM)
    assert memory.cleanup(expired=True, **CAM)["removed"] == {"expired": 0}
    now.advance(days=1)
    assert memory.cleanup(expired=True, **CAM)["removed"] == {"expired": 1}
    assert texts(memory, **CAM) == ["likes tea"]
    assert texts(memory, **BOB) == ["another's ticket"]
    assert [event["event"] for event in memory.history(gone)] == ["ADD", "DELETE"]


def test_superseded_memories_go_when_they_ceased_to_hold_long_ago(
    memory: Memory, now: Clock
) -> None:
    old, new = add(memory, "lives in Oslo", **CAM), add(memory, "lives in Rome", **CAM)
    supersede(memory, old, new)
    now.advance(days=89)
    assert memory.cleanup(superseded_older_than="90d", **CAM)["removed"] == {"superseded": 0}
    now.advance(days=1)
    assert memory.cleanup(superseded_older_than="90d", **CAM)["removed"] == {"superseded": 1}
    assert texts(memory, **CAM) == ["lives in Rome"]


def test_old_memories_go_and_others_stay(memory: Memory, now: Clock) -> None:
    add(memory, "old", **CAM)
    add(memory, "old of bob", **BOB)
    now.advance(days=30)
    add(memory, "new", **CAM)
    assert memory.cleanup(older_than=timedelta(days=30), **CAM)["removed"] == {"older": 1}
    assert (texts(memory, **CAM), texts(memory, **BOB)) == (["new"], ["old of bob"])


def test_a_filter_narrows_everything_and_alone_needs_to_be_asked_for(memory: Memory) -> None:
    for kind in ("drink", "food"):
        add(memory, kind, metadata={"kind": kind}, **CAM)
        add(memory, f"{kind} of bob", metadata={"kind": kind}, **BOB)
    where = {"filters": {"kind": "drink"}, **CAM}
    with pytest.raises(ValidationError, match="nothing to do"):
        memory.cleanup(**where)
    with pytest.raises(ValidationError, match="needs filters"):
        memory.cleanup(matching=True, **CAM)
    assert memory.cleanup(older_than="0s", filters={"kind": "none"}, **CAM)["removed"] == {
        "older": 0
    }
    assert memory.cleanup(matching=True, **where)["removed"] == {"matching": 1}
    assert texts(memory, **CAM) == ["food"]
    assert len(texts(memory, **BOB)) == 2


def test_duplicates_become_the_oldest_which_counts_them(memory: Memory, now: Clock) -> None:
    first = add(memory, "likes tea", expires_at=now() // 10**6 + 60, **CAM)
    others = [add(memory, "likes tea", **CAM) for _ in range(3)]
    apart = add(memory, "likes tea", run_id="r", **CAM)
    add(memory, "Likes tea", **CAM)
    add(memory, "likes tea", **BOB)
    messages = len(reading(memory.store).messages.last(Scope(**CAM), limit=99))
    assert memory.cleanup(duplicates=True, **CAM)["removed"] == {"duplicates": 3}
    kept = reading(memory.store).memories.get(first)
    assert kept is not None
    assert (kept.repeats, kept.expires_at) == (3, None)  # it lasts as long as any of them
    assert len(reading(memory.store).messages.sources(first)) == 4
    assert memory.get(apart) is not None
    assert [memory.get(other) for other in others] == [None] * 3
    assert len(reading(memory.store).messages.last(Scope(**CAM), limit=99)) == messages
    assert memory.cleanup(duplicates=True, **CAM)["removed"] == {"duplicates": 0}
    assert memory.verify(full=True)["ok"]


def test_the_kept_duplicate_has_the_metadata_of_the_others(memory: Memory, now: Clock) -> None:
    first = add(memory, "likes tea", metadata={"a": 1}, categories=["food"], **CAM)
    other = add(memory, "likes tea", metadata={"a": 2, "b": None}, categories=["drink"], **CAM)
    third = add(memory, "likes tea", metadata={"c": {"d": [1]}}, categories=["food"], **CAM)
    for each, said in ((first, "POSITIVE"), (third, "VERY_NEGATIVE"), (other, "NEGATIVE")):
        now.advance(seconds=1)
        with memory.store.write() as tx:
            tx.memories.set_feedback(each, said, None, now())
    memory.cleanup(duplicates=True, **CAM)
    kept = memory.get(first)
    assert kept is not None
    assert kept["metadata"] == {"a": 1, "b": None, "c": {"d": [1]}}
    assert kept["categories"] == ["food", "drink"]
    with closing(apsw.Connection(memory.store.path)) as connection:
        assert connection.execute("SELECT feedback FROM feedback").fetchall() == [("NEGATIVE",)]


def test_what_held_before_is_no_duplicate_of_what_holds_now(memory: Memory) -> None:
    ids = [add(memory, text, **CAM) for text in ("likes tea", "hates tea", "likes tea")]
    supersede(memory, ids[0], ids[1])
    assert memory.cleanup(duplicates=True, **CAM)["removed"] == {"duplicates": 0}


def test_the_kept_duplicate_says_what_the_others_related(memory: Memory) -> None:
    first, again = (
        add(memory, "Anna lives in Oslo", **CAM),
        add(memory, "Anna lives in Oslo", **CAM),
    )
    record = reading(memory.store).memories.get(again)
    assert record is not None
    with memory.store.write() as tx:
        names = {name: bytes(4 * 64) for name in ("Anna", "Oslo")}
        tx.graph.relate(record, [Relation("Anna", "lives_in", "Oslo")], names)
    memory.cleanup(duplicates=True, **CAM)
    assert len(reading(memory.store).graph.of_memories([first])) == 1


def test_the_newest_of_each_exact_scope_are_kept_and_hidden_ones_go_first(
    memory: Memory, now: Clock
) -> None:
    for number in range(4):
        now.advance(seconds=1)
        add(memory, f"cam {number}", **CAM)
        add(memory, f"cam in r {number}", run_id="r", **CAM)
        add(memory, f"bob {number}", **BOB)
    now.advance(seconds=1)
    add(memory, "ticket", expires_at=now() // 10**6 + 1, **CAM)
    now.advance(seconds=9)
    assert memory.cleanup(keep_last=2, **CAM)["removed"] == {"beyond_last": 5}
    assert texts(memory, **CAM) == ["cam 2", "cam 3", "cam in r 2", "cam in r 3"]
    assert len(texts(memory, **BOB)) == 4


def test_old_messages_are_deleted_but_pending_turns_stay(memory: Memory, now: Clock) -> None:
    kept = add(memory, "likes tea", **CAM)
    add(memory, "likes rum", **BOB)
    with memory.store.write() as tx:
        tx.turns.open(Scope(**CAM), [Message("user", "waits")], {"categories": []}, now())
    now.advance(days=10)
    add(memory, "likes gin", **CAM)
    assert memory.cleanup(messages_older_than="10d", **CAM)["removed"] == {"messages": 1}
    said = [
        message.content for message in reading(memory.store).messages.last(Scope(**CAM), limit=9)
    ]
    assert said == ["waits", "likes gin"]
    assert reading(memory.store).messages.sources(kept) == []
    assert reading(memory.store).messages.last(Scope(**BOB), limit=9)
    assert memory.verify(full=True)["ok"]


def test_what_was_set_aside_goes_with_its_message(open_memory: OpenMemory) -> None:
    memory = open_memory(["User lives in Rome", "User lives in Oslo"])
    (kept,) = memory.add("I live in Oslo.", **CAM)["results"]
    memory.cleanup(messages_older_than="0s", **CAM)
    add(memory, "a secret of bob", **BOB)  # SQLite gives it the same primary key
    with memory.store.read() as r:
        assert r.messages.logged_for(kept["id"]) == []
        assert not any(m.set_aside for m in r.messages.logged(Condition("TRUE"), limit=9))


def test_a_message_that_reuses_a_removed_key_is_no_memory_s_source(memory: Memory) -> None:
    memory_id = add(memory, "likes tea", **CAM)
    memory.cleanup(messages_older_than="0s", **CAM)
    add(memory, "a secret of bob", **BOB)  # SQLite gives it the same primary key
    assert reading(memory.store).messages.sources(memory_id) == []


def test_old_history_goes_of_living_and_deleted_memories(memory: Memory, now: Clock) -> None:
    changed = add(memory, "likes tea", **CAM)
    deleted = add(memory, "likes rum", **CAM)
    others = add(memory, "likes ale", **BOB)
    memory.update(changed, "likes green tea")
    for memory_id in (deleted, others):
        memory.delete(memory_id)
    now.advance(days=5)
    lately = add(memory, "likes gin", **CAM)
    memory.update(lately, "likes dry gin")
    assert memory.cleanup(history_older_than="5d", **CAM)["removed"] == {"history": 4}
    assert [event["event"] for event in memory.history(changed)] == ["ADD"]
    assert memory.history(deleted) == []
    assert len(memory.history(others)) == len(memory.history(lately)) == 2
    assert memory.verify(full=True)["ok"]


def test_the_history_of_what_superseded_a_memory_stays_while_that_is_there(
    memory: Memory, now: Clock
) -> None:
    old, new = add(memory, "lives in Oslo", **CAM), add(memory, "lives in Rome", **CAM)
    supersede(memory, old, new)
    memory.delete(new)
    now.advance(days=5)
    memory.cleanup(history_older_than="1d", **CAM)
    assert memory.verify(full=True)["ok"]


def test_orphans_go_and_what_belongs_to_something_stays(memory: Memory, path: Path) -> None:
    kept = add(memory, "likes tea", **CAM)
    memory.delete(add(memory, "nothing is left here", run_id="gone", **CAM))
    memory.delete(add(memory, "nor here", **BOB))
    with closing(apsw.Connection(str(path))) as other:  # as a tool without foreign keys leaves it
        other.execute("UPDATE memory SET sources = '[1,999]'")
        other.execute("INSERT INTO feedback VALUES (999, 'POSITIVE', 'x', 1)")
        other.execute("INSERT INTO claim VALUES (999, 't', 'b', 's', 1, 1, 1, 1)")
        other.execute(
            "INSERT INTO finished_turn (event_id, results, created_at, completed_at)"
            """ VALUES ('gone', '[{"id":"gone","event":"ADD"}]', 1, 1), ('none', '[]', 1, 1)"""
        )
        for pk, user in ((1, "cam"), (2, "cam"), (3, "bob")):
            row = (pk, f"name {pk}", f"name {pk}", user)
            other.execute("INSERT INTO entity (pk, name, form, user_id) VALUES (?, ?, ?, ?)", row)
        other.execute("INSERT INTO relation VALUES (1, 1, 'likes', 2)")
    assert memory.cleanup(orphans=True, **CAM)["removed"] == {
        "orphaned_messages": 1,
        "empty_sessions": 1,
        "lost_sources": 1,
        "orphaned_feedback": 1,
        "orphaned_claims": 1,
        "orphaned_outcomes": 1,
        "orphaned_relations": 1,
        "orphaned_entities": 2,
    }
    assert len(reading(memory.store).messages.sources(kept)) == 1
    assert memory.event("none") is not None
    assert reading(memory.store).messages.last(Scope(**BOB), limit=9), "bob was not asked for"
    assert not any(memory.cleanup(orphans=True, **CAM)["removed"].values())
    memory.cleanup(orphans=True, **BOB)
    assert memory.verify(full=True)["ok"]


def test_a_preview_is_exact_and_changes_nothing(memory: Memory, now: Clock) -> None:
    for text in ("likes tea", "likes tea", "likes rum"):
        add(memory, text, **CAM)
    now.advance(days=1)
    add(memory, "likes gin", **CAM)
    every: dict[str, Any] = {
        "expired": True, "superseded_older_than": "0s", "duplicates": True, "keep_last": 1,
        "messages_older_than": "1h", "history_older_than": "0s", "orphans": True, **CAM,
    }  # fmt: skip
    before = texts(memory, **CAM)
    preview = memory.cleanup(dry_run=True, vacuum=True, **every)
    assert preview["dry_run"]
    assert preview["bytes"] is None
    assert texts(memory, **CAM) == before
    done = memory.cleanup(**every)
    assert done["removed"] == preview["removed"]
    assert texts(memory, **CAM) == ["likes gin"]


def test_what_goes_for_one_reason_is_counted_once(memory: Memory, now: Clock) -> None:
    add(memory, "likes tea", expires_at=now() // 10**6 + 60, **CAM)
    now.advance(days=9)
    removed = memory.cleanup(expired=True, older_than="1d", keep_last=1, **CAM)["removed"]
    assert removed == {"expired": 1, "older": 0, "beyond_last": 0}


@pytest.mark.slow
def test_a_vacuum_gives_bytes_back_and_changes_no_answer(memory: Memory, path: Path) -> None:
    said = [{"role": "user", "content": f"likes drink number {i}"} for i in range(4_600)]
    memory.add(said, infer=False, **CAM)
    memory.add(said[:50], infer=False, **BOB)
    memory.delete_all(**CAM)
    sizes = memory.cleanup(vacuum=True)["bytes"]
    assert sizes["after"] < sizes["before"] / 4
    assert sizes["after"] == path.stat().st_size
    found = memory.search("drink number 7", threshold=0, top_k=1, **BOB)["results"]
    assert found[0]["memory"] == "likes drink number 7"
    assert memory.verify(full=True)["ok"]


@pytest.mark.slow
def test_a_cleanup_in_the_vector_index_leaves_it_agreeing(memory: Memory) -> None:
    said = [{"role": "user", "content": f"likes {i % 2_200}"} for i in range(4_200)]
    memory.add(said, infer=False, **CAM)
    assert memory.cleanup(duplicates=True, vacuum=True, **CAM)["removed"]["duplicates"] == 2_000
    assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, ScopeError),
        ({"expired": True}, ScopeError),
        ({"orphans": True, "vacuum": True}, ScopeError),
        ({"filters": {"kind": "x"}, "matching": True}, ScopeError),
        ({"filters": {"OR": [CAM, {"kind": "x"}]}, "matching": True}, ScopeError),
        ({"filters": {"user_id": {"gt": 1}}, "matching": True}, FilterError),
        (CAM, ValidationError),
        ({"keep_last": 0, **CAM}, ValidationError),
        ({"keep_last": -1, **CAM}, ValidationError),
        ({"keep_last": True, **CAM}, ValidationError),
        ({"keep_last": "3", **CAM}, ValidationError),
        ({"expired": "yes", **CAM}, ValidationError),
        ({"older_than": "90", **CAM}, ValidationError),
        ({"older_than": "-1d", **CAM}, ValidationError),
        ({"older_than": timedelta(days=-1), **CAM}, ValidationError),
        ({"older_than": 90, **CAM}, ValidationError),
        ({"older_than": "", **CAM}, ValidationError),
        ({"older_than": "90 days", **CAM}, ValidationError),
        ({"older_than": "99999y", **CAM}, ValidationError),
        ({"older_than": "٣d", **CAM}, ValidationError),
        ({"older_than": "1e9d", **CAM}, ValidationError),
        ({"messages_older_than": "1d", "filters": {"kind": "x"}, **CAM}, ValidationError),
        ({"orphans": True, "filters": {"kind": "x"}, **CAM}, ValidationError),
        ({"expired": True, "dry_run": None, **CAM}, ValidationError),
    ],
)
def test_wrong_arguments_remove_nothing(
    memory: Memory, now: Clock, arguments: dict[str, Any], error: type[Exception]
) -> None:
    add(memory, "likes tea", metadata={"kind": "x"}, **CAM)
    now.advance(days=1_000)
    with pytest.raises(error):
        memory.cleanup(**arguments)
    assert texts(memory, **CAM) == ["likes tea"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("1s", 1),
        ("2m", 120),
        ("3h", 10_800),
        ("90d", 7_776_000),
        ("2w", 1_209_600),
        ("1y", 31_536_000),
        ("1.5d", 129_600),
        (" 7D ", 604_800),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert clock.parse_duration(text, "older_than") == seconds * clock.MICROSECONDS


@given(st.text(max_size=8) | st.from_regex(r"[0-9.]{1,20}[smhdwy]", fullmatch=True))
def test_every_text_is_a_duration_or_our_error(text: str) -> None:
    with suppress(ValidationError):
        assert clock.parse_duration(text, "older_than") >= 0


_KINDS: dict[str, dict[str, Any]] = {
    "expired": {"expired": True},
    "superseded": {"superseded_older_than": "0s"},
    "older": {"older_than": "0s"},
    "keep_last": {"keep_last": 1},
    "duplicates": {"duplicates": True},
    "messages": {"messages_older_than": "0s"},
    "history": {"history_older_than": "0s"},
    "matching": {"matching": True},
    "orphans": {"orphans": True},
}
_WHERE: list[dict[str, Any]] = [
    {"user_id": "cam"},
    {"user_id": "cam", "run_id": "r"},
    {"filters": {"user_id": ["cam", "dora"]}},
    {"filters": {"AND": [{"user_id": "cam"}, {"NOT": {"run_id": "*"}}]}},
]


@pytest.mark.slow
@pytest.mark.parametrize("where", _WHERE, ids=str)
@pytest.mark.parametrize("kind", _KINDS)
def test_nothing_of_another_scope_is_touched(
    open_memory: OpenMemory, now: Clock, kind: str, where: dict[str, Any]
) -> None:
    memory = open_memory()
    for user in ("cam", "dora", "bob"):
        for ids in ({"user_id": user}, {"user_id": user, "run_id": "r"}):
            old = add(memory, "likes tea", expires_at=now() // 10**6 + 1, **ids)
            supersede(memory, old, add(memory, "likes rum", **ids))
            for _ in range(2):
                add(memory, "likes gin", **ids)
            memory.delete(add(memory, "likes ale", **ids))
    now.advance(days=1)
    if kind == "matching" and "filters" not in where:
        where = {"filters": where}
    memory.cleanup(**_KINDS[kind], **where)
    for ids in ({"user_id": "bob"}, {"user_id": "bob", "run_id": "r"}):
        assert len(reading(memory.store).messages.last(Scope(**ids), limit=99)) == 5
    assert len(texts(memory, user_id="bob")) == 8
    with memory.store.read() as r:
        told = r.connection.execute(
            "SELECT count(*) FROM event WHERE event = 'DELETE' AND user_id = 'bob'"
        ).get
    assert told == 2
    assert memory.verify(full=True)["ok"]


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_previews_first_and_cleans_up_with_yes(memory: Memory, path: Path) -> None:
    for _ in range(3):
        add(memory, "likes tea", **CAM)
    options = ("cleanup", "--user-id", "cam", "--duplicates", "--vacuum", "--db", path)
    code, out, err = run(*options)
    assert (code, out.split()) == (2, ["duplicates", "2"])
    assert "nothing was removed: give --yes" in err
    code, out, err = run(*options, "--json")
    assert (code, json.loads(out)["dry_run"]) == (2, True)
    code, out, err = run(*options, "--dry-run", "--yes")
    assert (code, out.split(), err) == (0, ["duplicates", "2"], "")
    assert len(texts(memory, **CAM)) == 3
    code, out, err = run(*options, "--yes", "--json")
    done = json.loads(out)
    assert (code, done["removed"], done["dry_run"]) == (0, {"duplicates": 2}, False)
    assert done["bytes"]["after"] == path.stat().st_size
    assert len(texts(memory, **CAM)) == 1


def test_the_command_takes_everyone_when_that_is_said(memory: Memory, path: Path) -> None:
    for ids in (CAM, BOB, {"run_id": "r"}):
        add(memory, "likes tea", **ids)
    code, _, _ = run("cleanup", "--everyone", "--older-than", "0s", "--yes", "--db", path)
    assert (code, texts(memory, **CAM), texts(memory, run_id="r")) == (0, [], [])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--expired"],
        ["--older-than", "90"],
        ["--user-id", "cam"],
        ["--user-id", "cam", "--keep-last", "0"],
        ["--user-id", "cam", "--older-than", "soon"],
        ["--filter", '{"kind":"x"}', "--matching"],
    ],
)
def test_the_command_refuses_what_is_wrong_in_one_line(
    memory: Memory, path: Path, arguments: list[str]
) -> None:
    add(memory, "likes tea", **CAM)
    code, out, err = run("cleanup", *arguments, "--yes", "--db", path)
    assert (code, out) == (1 if "--matching" in arguments else 2, "")
    assert "cleanup()" not in err
    assert "_than" not in err
    assert texts(memory, **CAM) == ["likes tea"]


def test_the_command_vacuum_says_what_it_gave_back(memory: Memory, path: Path) -> None:
    add(memory, "likes tea", **CAM)
    code, _, err = run("vacuum", "--db", path)
    assert (code, "freed" in err) == (0, True)
    code, out, _ = run("vacuum", "--db", path, "--json")
    assert json.loads(out)["bytes"]["after"] == path.stat().st_size


@pytest.mark.parametrize("whose", [["--everyone"], ["--user-id", "cam"]])
def test_the_command_takes_a_vacuum_alone_whoever_is_meant(
    memory: Memory, path: Path, whose: list[str]
) -> None:
    add(memory, "likes tea", **CAM)
    code, _, err = run("cleanup", *whose, "--vacuum", "--yes", "--db", path)
    assert (code, "freed" in err) == (0, True)
    assert texts(memory, **CAM) == ["likes tea"]


@pytest.mark.slow
@pytest.mark.parametrize("command", [["vacuum"], ["cleanup", "--vacuum", "--yes", "--json"]])
def test_a_vacuum_that_a_reader_keeps_from_the_log_ends_with_1(
    memory: Memory, path: Path, command: list[str]
) -> None:
    add(memory, "likes tea", **CAM)
    memory.delete_all(**CAM)
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN; SELECT count(*) FROM memory").fetchall()
        code, out, err = run(*command, "--db", path)
    assert code == 1
    assert "another connection still reads" in out + err
