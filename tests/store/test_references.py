"""References between rows: each column that has one, tampered with, found and mended."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers.stores import reading
from litemem import Memory
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import Relation
from litemem.errors import LitememError, LLMError
from litemem.maintenance.integrity import fix, report, verify
from litemem.store.sqlite import schema
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

CAM, DORA = {"user_id": "cam"}, {"user_id": "dora"}
TOWNS = {"cam": ("Oslo", "Rome"), "dora": ("Lima", "Quito")}

# Columns that refer to no other row. A new column is either here, or in `WAYS`.
VALUES = {
    *("pk", "id", "name", "value", "content", "hash", "actor_id", "role", "attributed_to"),
    *("memory_type", "metadata", "categories", "created_at", "updated_at", "valid_from"),
    *("valid_to", "expires_at", "immutable", "repeats", "vector", "options", "error", "tries"),
    *("killed", "tried_at", "passages", "yielded", "set_aside", "start", "stop", "words", "asks"),
    *("event", "old_memory", "new_memory", "details", "feedback", "reason", "request", "token"),
    *("boot", "space", "pid", "started", "uptime", "at", "completed_at", "form", "relationship"),
    *("settled_at", "shown_at"),
}
# The ids of these rows are those of the scope that all other rows have to agree with.
OWNERS = ("memory", "session")

_OF = "(SELECT pk FROM memory WHERE user_id = '{0}' ORDER BY pk LIMIT 1)"
_ID_OF = "(SELECT id FROM memory WHERE user_id = '{0}' ORDER BY pk LIMIT 1)"
_MESSAGE_OF = (
    "(SELECT message.pk FROM message JOIN session ON session.pk = session_pk"
    " WHERE user_id = '{0}' ORDER BY message.pk LIMIT 1)"
)
_ENTITY_OF = "(SELECT pk FROM entity WHERE user_id = '{0}' ORDER BY pk LIMIT 1)"
_DORAS, _CAMS = _OF.format("dora"), _OF.format("cam")
_DELETED = "event = 'DELETE' AND memory_id NOT IN (SELECT id FROM memory) AND user_id = 'cam'"
_BACK = "event = 'DELETE' AND memory_id IN (SELECT id FROM memory) AND user_id = 'cam'"
_NEW_ROW = "UPDATE {0} SET {1} = {2} WHERE rowid = (SELECT min(rowid) FROM {0})"

# How each reference is made wrong. No other tool can be caught at a right value of another row of
# the same scope, nor at the only trace of a row's scope.
WAYS: dict[tuple[str, str], dict[str, str]] = {
    ("embedding", "pk"): {
        "unknown": "INSERT INTO embedding SELECT 99, vector FROM embedding LIMIT 1"
    },
    ("embedding_next", "pk"): {
        "unknown": "INSERT INTO embedding_next SELECT 99, vector FROM embedding LIMIT 1"
    },
    ("turn", "session_pk"): {
        "unknown": "UPDATE turn SET session_pk = 99",
        "foreign": "UPDATE turn SET session_pk = (SELECT pk FROM session WHERE user_id = 'dora')",
    },
    ("message", "session_pk"): {
        "unknown": "UPDATE message SET session_pk = 99",
        "one unknown": "UPDATE message SET session_pk = 99 WHERE pk = 1",
        "foreign": "UPDATE message SET session_pk = (SELECT pk FROM session WHERE user_id = 'dora')"
        f" WHERE pk = {_MESSAGE_OF.format('cam')}",
    },
    ("message", "turn_pk"): {
        "unknown": "UPDATE message SET turn_pk = 99 WHERE turn_pk IS NULL",
        "foreign": "UPDATE message SET turn_pk = (SELECT min(pk) FROM turn)"
        f" WHERE pk = {_MESSAGE_OF.format('dora')}",
    },
    ("claim", "turn_pk"): {"unknown": "UPDATE claim SET turn_pk = 99"},
    ("feedback", "memory_pk"): {"unknown": "UPDATE feedback SET memory_pk = memory_pk + 90"},
    ("memory", "superseded_by"): {
        "unknown": "UPDATE memory SET superseded_by = 'nothing' WHERE superseded_by IS NOT NULL",
        "foreign": f"UPDATE memory SET superseded_by = {_ID_OF.format('dora')}"
        " WHERE superseded_by IS NOT NULL AND user_id = 'cam'",
        "itself": "UPDATE memory SET superseded_by = id WHERE superseded_by IS NOT NULL",
        "a valid one, by itself": f"UPDATE memory SET superseded_by = id WHERE pk = {_CAMS}",
        "a circle": "UPDATE memory SET superseded_by = (SELECT old.id FROM memory AS old"
        " WHERE old.superseded_by = memory.id) WHERE id IN (SELECT superseded_by FROM memory)",
        "a circle of all": "UPDATE memory SET superseded_by = coalesce("
        "(SELECT m.id FROM memory AS m WHERE m.pk > memory.pk AND m.user_id = memory.user_id"
        " ORDER BY m.pk LIMIT 1),"
        " (SELECT min(id) FROM memory AS m WHERE m.user_id = memory.user_id))",
        "a foreign deleted one": "UPDATE memory SET superseded_by ="
        f" (SELECT memory_id FROM event WHERE {_DELETED}) WHERE user_id = 'dora'",
    },
    ("memory", "sources"): {
        "foreign": f"UPDATE memory SET sources = '[' || {_MESSAGE_OF.format('dora')} || ']'"
        f" WHERE pk = {_CAMS}",
    },
    ("event", "memory_id"): {
        "unknown": "UPDATE event SET memory_id = 'nothing'"
        " WHERE pk = (SELECT min(pk) FROM event WHERE event = 'ADD')",
    },
    ("event", "superseded_by"): {
        "unknown": "UPDATE event SET superseded_by = 'nothing' WHERE superseded_by IS NOT NULL",
        "of a change": "UPDATE event SET superseded_by = 'nothing' WHERE event = 'UPDATE'",
        "of all": "UPDATE event SET superseded_by = 'nothing'",
        "foreign": f"UPDATE event SET superseded_by = {_ID_OF.format('dora')}"
        " WHERE superseded_by IS NOT NULL"
        " AND memory_id IN (SELECT id FROM memory WHERE user_id = 'cam')",
        "itself": "UPDATE event SET superseded_by = memory_id WHERE superseded_by IS NOT NULL",
    },
    ("event", "sources"): {
        "foreign": f"UPDATE event SET sources = '[' || {_MESSAGE_OF.format('dora')} || ']'"
        f" WHERE {_DELETED}",
    },
    ("finished_turn", "event_id"): {},  # a name of its own
    ("finished_turn", "results"): {
        "foreign": "UPDATE finished_turn SET results = json_array("
        f"json_object('id', {_ID_OF.format('cam')}, 'event', 'ADD'),"
        f" json_object('id', {_ID_OF.format('dora')}, 'event', 'ADD'))",
    },
    ("turn", "event_id"): {},  # a name of its own
    ("entity", "same_as"): {
        "unknown": "UPDATE entity SET same_as = 99",
        "foreign": f"UPDATE entity SET same_as = {_ENTITY_OF.format('dora')} WHERE user_id = 'cam'",
        "itself": "UPDATE entity SET same_as = pk",
        "a circle": "UPDATE entity SET same_as = (SELECT max(pk) FROM entity AS e WHERE"
        " e.user_id = entity.user_id AND e.pk <> entity.pk)",
    },
    ("relation", "source_pk"): {
        "unknown": _NEW_ROW.format("relation", "source_pk", 99),
        "foreign": _NEW_ROW.format("relation", "source_pk", _ENTITY_OF.format("dora")),
    },
    ("relation", "destination_pk"): {
        "unknown": _NEW_ROW.format("relation", "destination_pk", 99),
        "foreign": _NEW_ROW.format("relation", "destination_pk", _ENTITY_OF.format("dora")),
    },
    ("support", "relation_pk"): {
        "unknown": "UPDATE support SET relation_pk = 99 WHERE relation_pk = 1",
        "foreign": "UPDATE OR IGNORE support SET relation_pk = (SELECT max(pk) FROM relation)"
        " WHERE memory_pk IN (SELECT pk FROM memory WHERE user_id = 'cam')",
    },
    ("support", "memory_pk"): {
        "unknown": "UPDATE support SET memory_pk = 99 WHERE relation_pk = 1",
        "foreign": f"UPDATE support SET memory_pk = {_DORAS} WHERE relation_pk = 1",
    },
    ("origin", "message_pk"): {
        "unknown": "UPDATE OR IGNORE origin SET message_pk = 99",
        "foreign": f"UPDATE OR IGNORE origin SET message_pk = {_MESSAGE_OF.format('dora')}",
    },
    ("origin", "memory_pk"): {
        "unknown": "UPDATE OR IGNORE origin SET memory_pk = 99",
        "foreign": f"UPDATE OR IGNORE origin SET memory_pk = {_DORAS}",
    },
    ("conflict", "first_pk"): {
        "unknown": "UPDATE conflict SET first_pk = 99",
        "foreign": f"UPDATE conflict SET first_pk = {_DORAS}"
        f" WHERE first_pk IN (SELECT pk FROM memory WHERE user_id = 'cam')",
        "itself": "UPDATE conflict SET first_pk = second_pk",
    },
    ("conflict", "second_pk"): {
        "unknown": "UPDATE conflict SET second_pk = 99",
        "foreign": f"UPDATE conflict SET second_pk = {_DORAS}"
        f" WHERE second_pk IN (SELECT pk FROM memory WHERE user_id = 'cam')",
    },
    ("passage", "owner"): {
        "unknown": "UPDATE passage SET owner = 99",
        "unknown message": "UPDATE passage SET owner = -99",
        "nothing": "UPDATE passage SET owner = 0",
        "foreign": f"UPDATE passage SET owner = -{_MESSAGE_OF.format('dora')}",
    },
    ("mention", "owner"): {
        "unknown": "UPDATE OR IGNORE mention SET owner = 99",
        "unknown message": "UPDATE OR IGNORE mention SET owner = -99",
    },
    ("shown", "memory_id"): {
        "foreign": f"UPDATE shown SET memory_id = {_ID_OF.format('dora')} WHERE user_id = 'cam'",
        "a foreign message": "UPDATE shown SET memory_id = (SELECT id FROM message WHERE"
        f" pk = {_MESSAGE_OF.format('dora')}) WHERE user_id = 'cam'",
    },
    ("event", "user_id"): {
        "of a memory that is back": f"UPDATE event SET user_id = 'dora' WHERE {_BACK}",
        "of a deleted memory": f"UPDATE event SET user_id = 'dora' WHERE {_DELETED}",
    },
    ("entity", "user_id"): {
        "of one": f"UPDATE entity SET user_id = 'dora' WHERE pk = {_ENTITY_OF.format('cam')}",
        "of all": "UPDATE OR IGNORE entity SET user_id = 'dora'",
    },
    ("shown", "user_id"): {"foreign": "UPDATE shown SET user_id = 'dora', run_id = NULL"},
    ("memory", "user_id"): {
        "foreign": f"UPDATE memory SET user_id = 'eve' WHERE pk = {_CAMS}",
        "all": "UPDATE memory SET user_id = 'eve' WHERE user_id = 'cam'",
    },
    ("session", "user_id"): {"foreign": "UPDATE session SET user_id = 'eve' WHERE user_id = 'cam'"},
}
for key in ID_KEYS[1:]:
    WAYS["shown", key] = {}  # those of a run may be more than those of a memory
    for table in ("event", "entity", "memory", "session"):
        WAYS[table, key] = {"more": f"UPDATE OR IGNORE {table} SET {key} = 'x'"}

CASES = [(*place, way) for place, ways in WAYS.items() for way in ways]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "memory.db"
    for user, (old, new) in TOWNS.items():
        llm = ScriptedLLM([[f"Lives in {old}"], [f"Works in {new}"]])  # no answer for a third turn
        with Memory(path, embedder=HashEmbedder(), llm=llm) as memory:
            _fill(memory, user, old, new)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(
            "INSERT INTO claim (turn_pk, token, boot, space, pid, started, uptime, at)"
            " SELECT max(pk), 't', 'b', 's', 1, 1, 1, 1 FROM turn"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path


def _fill(memory: Memory, user: str, old: str, new: str) -> None:
    """Write a row of each kind for a user; the town is in all texts, and in nobody else's."""
    ids = {"user_id": user}
    long = "It is a town with many streets. " * 20
    memory.add(f"I live in {old} since May 2023. {long}", **ids)
    event = memory.add(f"I work in {new} since May 2024. {long}", async_mode=True, **ids)
    memory.flush()
    assert memory.event(event["event_id"])
    texts = [f"likes {old}", f"dislikes {old}", f"loves {new}", f"left {new}", f"saw {new}"]
    for text in texts:
        memory.add(text, infer=False, **ids)
    known = {row["memory"]: row["id"] for row in memory.get_all(**ids)["results"]}
    memory.update(known[f"loves {new}"], f"adores {new}")
    memory.delete(known[f"left {new}"])
    memory.delete(known[f"saw {new}"])
    memory.undo(known[f"saw {new}"])
    reader = reading(memory.store).memories
    by_name = {text: reader.require(known[text]) for text in (f"likes {old}", f"dislikes {old}")}
    lives = [reader.require(known[text]) for text in (f"Lives in {old}", f"Works in {new}")]
    with memory.store.write() as tx:
        tx.known.supersede(lives[0], lives[1].id, memory._now())
        tx.conflicts.open(*(record.id for record in by_name.values()), memory._now())
        tx.memories.set_feedback(lives[1].id, "POSITIVE", "yes", 1)
        vectors = {name: bytes(4 * 384) for name in (user.title(), new, new.lower())}
        for name in (new, new.lower()):
            tx.graph.relate(lives[1], [Relation(user.title(), "lives_in", name)], vectors)
        tx.shown.note(Scope(user_id=user, run_id="run"), [lives[1].id], "user-prompt", 1)
    with suppress(LLMError):
        memory.add(f"I like {new}", **ids)


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sound, tmp_path / "memory.db"))


def change(path: Path, sql: str) -> None:
    """Write without foreign keys and triggers, as another tool may."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("foreign_keys", False)
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql)
        assert connection.total_changes()
        for _, trigger in triggers:
            connection.execute(trigger)


def rows(path: Path, sql: str) -> list[Any]:
    with closing(apsw.Connection(str(path))) as connection:
        return connection.execute(sql).fetchall()


def answers(path: Path) -> dict[str, str]:
    """Return everything that each user is given; our errors count as no answer."""
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([]), read_only=True) as memory:
        return {
            user: json.dumps(list(_answers(memory, user)), ensure_ascii=False) for user in TOWNS
        }


def _answers(memory: Memory, user: str) -> Iterator[Any]:
    ids = {"user_id": user}
    found = memory.get_all(show_superseded=True, enable_graph=True, limit=100, **ids)
    yield found
    yield memory.search("lives town", enable_graph=True, limit=100, **ids)
    for row in found["results"]:
        with suppress(LitememError):
            yield memory.history(row["id"])
    yield memory.profile(**ids)
    yield memory.context("Which town?", **ids)
    yield list(memory.export(**ids))


def memories(path: Path) -> list[Any]:
    return rows(path, "SELECT id, user_id, content FROM memory ORDER BY pk")


def leaks(path: Path) -> list[str]:
    """Return the towns of a user that another one is given."""
    others = {"cam": TOWNS["dora"], "dora": TOWNS["cam"]}
    return [
        town
        for user, found in answers(path).items()
        for town in others[user]
        if town.lower() in found.lower()
    ]


def test_every_column_that_may_refer_to_a_row_is_tampered_with(sound: Path) -> None:
    with closing(apsw.Connection(str(sound))) as connection:
        tables = schema.expected_tables(schema.latest_version())
        declared = {
            (table, row[3])
            for table in tables
            for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')
        }
    others = {
        (table, column.name)
        for table, its in tables.items()
        for column in its
        if column.name not in VALUES and table != "setting"
    }
    assert others | declared == set(WAYS)


def test_the_file_without_a_wrong_reference_is_sound_and_keeps_users_apart(sound: Path) -> None:
    assert [result for result in verify(sound, full=True) if result.problems] == []
    assert all(town in found for user, found in answers(sound).items() for town in TOWNS[user])
    assert leaks(sound) == []


@pytest.mark.parametrize(("table", "column", "way"), CASES)
def test_a_wrong_reference_is_found_and_mended(
    sound: Path, path: Path, table: str, column: str, way: str
) -> None:
    change(path, WAYS[table, column][way])
    is_scope = table in OWNERS and column in ID_KEYS
    found = [result for result in verify(path, full=True) if result.problems]
    assert found
    assert all(result.examples for result in found)
    if not is_scope and (table, column) != ("message", "session_pk"):  # it may be their own
        assert leaks(path) == []
    with closing(SqliteStore(path, repairable=True)) as store:
        _, after = fix(store)
    assert [result for result in after if result.problems] == []
    if not is_scope:
        assert memories(path) == memories(sound)
        assert leaks(path) == []


@pytest.mark.parametrize("way", WAYS["memory", "superseded_by"])
def test_a_mended_successor_is_reported_and_stands_in_the_history(path: Path, way: str) -> None:
    before = rows(path, "SELECT id, superseded_by FROM memory ORDER BY pk")
    change(path, WAYS["memory", "superseded_by"][way])
    wrong = dict(rows(path, "SELECT id, superseded_by FROM memory"))
    with closing(SqliteStore(path, repairable=True)) as store:
        _, after = fix(store)
    sentences = "\n".join(report(after)["replaced"])
    mended = rows(path, "SELECT id, superseded_by FROM memory ORDER BY pk")
    assert mended == before
    for memory_id, successor in mended:
        if wrong[memory_id] == successor:
            continue
        assert f"superseded_by: was {wrong[memory_id]!r}; it is {successor!r} now" in sentences
        last = "SELECT event, superseded_by FROM event WHERE memory_id = '{}' ORDER BY pk"
        assert rows(path, last.format(memory_id))[-1] == ("UPDATE", successor)
