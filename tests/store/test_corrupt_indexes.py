"""Corrupt indexes: a wrong row is an error, never another scope's memory."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import START, OpenMemory
from helpers.stores import reading
from litemem import Memory
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import CorruptError
from litemem.store.filters import compile_filter

CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
SECRET = "the secret of Bob"
OURS = "SELECT pk FROM memory WHERE content = 'likes tea 0'"
BOBS = f"SELECT pk FROM memory WHERE content = '{SECRET}'"

Call = Callable[[Memory], object]


def mislead(path: Path, index: str, entries: str) -> None:
    """Give an index the entries that a SELECT returns: its columns, and the row that they lead to.

    An index is stored as a table without rowid is, so it can be given the pages of one.
    """
    with closing(apsw.Connection(str(path))) as connection:
        width = len(connection.execute(f"{entries} LIMIT 1").get_description())
        columns = ", ".join(f"c{i}" for i in range(width))
        connection.execute(
            f"CREATE TABLE astray ({columns}, PRIMARY KEY ({columns})) WITHOUT ROWID;"
            f"INSERT INTO astray {entries};"
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET rootpage ="
            " (SELECT rootpage FROM sqlite_schema WHERE name = 'astray')"
            f" WHERE name = '{index}';"
            "DELETE FROM sqlite_schema WHERE name = 'astray'"
        )


@pytest.fixture
def path(open_memory: OpenMemory) -> Path:
    """A file with memories of Cam, and one of Bob that is the newest."""
    memory = open_memory()
    for i in range(4):
        memory.add(f"likes tea {i}", infer=False, **CAM, timestamp=f"2024-01-0{i + 1}")
    memory.add(SECRET, infer=False, **BOB)
    memory.close()
    return Path(memory.store.path)


def memories(path: Path) -> list[Any]:
    with closing(apsw.Connection(str(path))) as connection:
        return connection.execute(
            "SELECT content, user_id, metadata, repeats, superseded_by FROM memory NOT INDEXED"
            " ORDER BY pk"
        ).fetchall()


def hashes(path: Path) -> list[bytes]:
    """Return the hashes of Cam's texts, the newest first."""
    with closing(apsw.Connection(str(path))) as connection:
        rows = connection.execute(
            "SELECT hash FROM memory NOT INDEXED WHERE user_id = 'cam' ORDER BY pk DESC"
        )
        return [found for (found,) in rows]


def export(format_: Any) -> Call:
    def call(memory: Memory) -> object:
        target = Path(memory.store.path).with_name("out")
        try:
            return memory.export_file(target, format=format_, **CAM)
        finally:
            assert not target.exists()

    return call


OR = {"OR": [{"user_id": "cam"}, {"AND": [{"user_id": "cam"}, {"role": "user"}]}]}
BY_SCOPE: dict[str, Call] = {
    "get_all": lambda m: m.get_all(**CAM),
    "get_all with OR": lambda m: m.get_all(filters=OR),
    "search": lambda m: m.search(SECRET, **CAM, threshold=0),
    "search with OR": lambda m: m.search(SECRET, filters=OR, threshold=0),
    "export": export("jsonl"),
    "export to read": export("markdown"),
    "delete_all": lambda m: m.delete_all(**CAM),
    "delete_all by filter": lambda m: m.delete_all(filters={**CAM, "created_at": {"gte": 0}}),
    "cleanup of old": lambda m: m.cleanup(older_than="0s", **CAM),
    "cleanup of more": lambda m: m.cleanup(keep_last=1, **CAM),
    "cleanup of duplicates": lambda m: m.cleanup(duplicates=True, **CAM),
    "cleanup of matching": lambda m: m.cleanup(matching=True, filters={**CAM, "role": "user"}),
    "cleanup of history": lambda m: m.cleanup(history_older_than="0s", **CAM),
    "adding what is known": lambda m: m.add("tea", **CAM),
}


@pytest.mark.parametrize("name", BY_SCOPE)
@pytest.mark.parametrize("others_entry", [True, False], ids=["a second way", "the only way"])
def test_a_scope_leads_to_no_other_scope(
    path: Path, open_memory: OpenMemory, name: str, others_entry: bool
) -> None:
    """Whether Bob's memory has its own entry besides, so that SQLite notices nothing, or not."""
    wrong = f"iif(pk = ({OURS}), ({BOBS}), pk)" if others_entry else "pk"
    user = "user_id" if others_entry else "'cam'"
    mislead(path, "memory_user", f"SELECT {user}, created_at, id, {wrong} FROM memory")
    before = memories(path)
    memory = open_memory(["Likes tea"])
    with pytest.raises(CorruptError):
        BY_SCOPE[name](memory)
    assert memories(path) == before


def supersede(memory: Memory, memory_id: str) -> None:
    (new, *_) = reading(memory.store).memories.select(compile_filter(None, Scope(**CAM)), limit=1)
    with memory.store.write() as tx:
        tx.known.supersede(replace(new, id=memory_id), new.id, 0)


def repeat(memory: Memory, memory_id: str) -> None:
    (like, *_) = reading(memory.store).memories.select(compile_filter(None, Scope(**CAM)), limit=1)
    with memory.store.write() as tx:
        tx.known.repeat(memory_id, like)


def further(memory: Memory, memory_id: str) -> None:
    with memory.store.write() as tx:
        tx.memories.add_sources(memory_id, [1])


def by_id(call: Callable[[Memory, str], object]) -> Call:
    def called(memory: Memory) -> object:
        with closing(apsw.Connection(memory.store.path)) as connection:
            memory_id = connection.execute(f"SELECT id FROM memory WHERE pk = ({OURS})").get
        return call(memory, str(memory_id))

    return called


BY_ID: dict[str, Call] = {
    "get": by_id(lambda m, i: m.get(i)),
    "update": by_id(lambda m, i: m.update(i, "likes wine")),
    "delete": by_id(lambda m, i: m.delete(i)),
    "history": by_id(lambda m, i: m.history(i)),
    "sources": by_id(lambda m, i: reading(m.store).messages.sources(i)),
    "supersede": by_id(lambda m, i: supersede(m, i)),
    "repeat": by_id(lambda m, i: repeat(m, i)),
    "further sources": by_id(lambda m, i: further(m, i)),
}


@pytest.mark.parametrize("name", BY_ID)
def test_an_id_leads_to_no_other_memory(path: Path, open_memory: OpenMemory, name: str) -> None:
    entries = f"SELECT id, iif(pk = ({OURS}), ({BOBS}), pk) FROM memory"
    mislead(path, "sqlite_autoindex_memory_1", entries)
    before = memories(path)
    with pytest.raises(CorruptError):
        BY_ID[name](open_memory())
    assert memories(path) == before


def test_an_import_overwrites_no_other_memory(path: Path, open_memory: OpenMemory) -> None:
    archive = path.with_name("archive.jsonl")
    open_memory().export_file(archive, **CAM)
    entries = f"SELECT id, iif(pk = ({OURS}), ({BOBS}), pk) FROM memory"
    mislead(path, "sqlite_autoindex_memory_1", entries)
    before = memories(path)
    with pytest.raises(CorruptError):
        open_memory().import_file(archive, on_conflict="overwrite")
    assert memories(path) == before


def test_a_text_is_not_taken_for_known_because_of_its_index(
    path: Path, open_memory: OpenMemory
) -> None:
    """Else it would not be stored."""
    mislead(path, "memory_hash", f"SELECT hash, ({OURS}) FROM memory")
    (known, *_) = hashes(path)
    store = open_memory().store
    with pytest.raises(CorruptError), store.write() as tx:
        tx.memories.has_hash(Scope(**CAM), known, START)


# who said what: the index, its entries, and what reads through it
TALK: dict[str, tuple[str, str, Call]] = {
    "a session": (
        "session_ids",
        "SELECT iif(user_id = 'cam', 'bob', 'cam'), '', '', '', pk FROM session",
        lambda m: reading(m.store).messages.last(Scope(user_id="cam"), limit=9),
    ),
    "a session to write in": (
        "session_ids",
        "SELECT iif(user_id = 'cam', 'bob', 'cam'), '', '', '', pk FROM session",
        lambda m: m.add("likes rum", infer=False, **CAM),
    ),
    "messages": (
        "message_session",
        "SELECT 1, pk, pk FROM message",
        lambda m: reading(m.store).messages.last(Scope(user_id="cam"), limit=9),
    ),
    "messages to clean up": (
        "message_session",
        "SELECT 1, pk, pk FROM message",
        lambda m: m.cleanup(messages_older_than="0s", **CAM),
    ),
    "a turn's messages": (
        "message_turn",
        "SELECT (SELECT pk FROM turn), pk, pk FROM message",
        lambda m: reading(m.store).turns.pending(),
    ),
    "a memory's history": (
        "event_memory",
        "SELECT (SELECT id FROM memory WHERE content = 'likes ale'), pk FROM event",
        lambda m: [m.history(r["id"]) for r in m.get_all(**CAM)["results"]],
    ),
}


@pytest.mark.parametrize("name", TALK)
def test_what_one_said_is_not_taken_for_what_another_said(
    path: Path, open_memory: OpenMemory, name: str
) -> None:
    memory = open_memory()
    for user in (CAM, BOB):
        row = memory.get_all(**user)["results"][0]
        memory.update(row["id"], "likes ale" if user is CAM else "likes gin")
    with memory.store.write() as tx:
        tx.turns.open(Scope(user_id="cam"), [Message("user", "waits")], {}, 0)
    memory.close()
    index, entries, call = TALK[name]
    mislead(path, index, entries)
    before = memories(path)
    with pytest.raises(CorruptError):
        call(open_memory())
    assert memories(path) == before


def test_an_entry_that_leads_nowhere_is_damage(path: Path, open_memory: OpenMemory) -> None:
    mislead(path, "memory_user", "SELECT user_id, created_at, id, pk + 1 FROM memory")
    with pytest.raises(CorruptError):
        open_memory().get_all(**BOB)


ASTRAY = {
    "of a scope": ("memory_user", "SELECT user_id, created_at, id, {} FROM memory"),
    "of a scope, the only one": ("memory_user", "SELECT 'cam', created_at, id, pk FROM memory"),
    "of an id": ("sqlite_autoindex_memory_1", "SELECT id, {} FROM memory"),
    "of history": ("event_memory", "SELECT 'nobody', pk FROM event"),
}


@pytest.mark.parametrize("name", ASTRAY)
@pytest.mark.parametrize("of_scope", [True, False], ids=["a scope", "a memory"])
def test_an_erasure_takes_what_it_is_asked_for_or_nothing(
    path: Path, open_memory: OpenMemory, name: str, of_scope: bool
) -> None:
    """It reads the tables themselves; SQLite may notice that an index lacks what is removed."""
    memory = open_memory()
    (last, *_) = memory.get_all(**CAM)["results"]
    memory.update(last["id"], "likes ale")
    memory.close()
    index, entries = ASTRAY[name]
    mislead(path, index, entries.format(f"iif(pk = ({OURS}), ({BOBS}), pk)"))
    before = memories(path)
    asked: dict[str, Any] = CAM if of_scope else {"memory_id": last["id"]}
    try:
        open_memory().erase(**asked)
    except CorruptError:
        assert memories(path) == before
    else:
        assert [row[0] for row in memories(path)] == (
            [SECRET] if of_scope else ["likes tea 0", "likes tea 1", "likes tea 2", SECRET]
        )
        assert b"likes ale" not in path.read_bytes()
