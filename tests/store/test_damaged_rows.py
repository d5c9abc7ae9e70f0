"""A row that cannot be read is left out and named; every other row of its scope is read."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import NIGHTLY
from helpers.tampered import HOSTILE, INVALID
from litemem import Memory, MemoryClient
from litemem.cli import main
from litemem.core.types import Relation
from litemem.errors import CorruptError, LitememError, ValidationError
from litemem.store.protocol import Conflict
from litemem.store.sqlite import schema
from litemem.testing import HashEmbedder, ScriptedLLM

CAM, DORA = {"user_id": "cam"}, {"user_id": "dora"}
TEXTS = ("likes green tea", "lives in Oslo", "works as a nurse", "owns a red bike")
EVERY = 37  # values of all that one test tries: a prime, so that each kind comes up
STEP = 1 if NIGHTLY else 15  # of them
COLUMNS = [
    (table, column.name)
    for table in (
        *("memory", "embedding", "event", "message", "session", "entity", "relation"),
        "passage",
    )
    for column in schema.expected_tables(schema.latest_version())[table]
    if not column.key
]
# what makes one memory unreadable: (column, value)
WRONG = {
    "a changed text": ("content", "likes black tea"),
    "a text that is bytes": ("content", b"likes tea"),
    "a text that is not UTF-8": ("content", INVALID),
    "a wrong hash": ("hash", b"\x00"),
    "no hash": ("hash", b""),
    "a hash that is text": ("hash", "abc"),
    "metadata that is not JSON": ("metadata", "{"),
    "categories that are no list": ("categories", '{"a":1}'),
    "a time that is text": ("created_at", "now"),
    "a time out of range": ("updated_at", 2**62),
    "a role that is bytes": ("role", b"user"),
    "an actor that is not UTF-8": ("actor_id", INVALID),
    "a type that is a number": ("memory_type", b"\xff"),
    "a run that is bytes": ("run_id", b"\xff"),
    "a count that is text": ("repeats", "many"),
    "an end that is text": ("valid_to", "zzz"),
}
wrong = pytest.mark.parametrize(("column", "value"), WRONG.values(), ids=WRONG)


def open_memory(path: Path, **options: Any) -> Memory:
    return Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]] * 9), **options)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a file: memories of two users, with messages, history and relations."""
    path = tmp_path_factory.mktemp("sound") / "memory.db"
    with open_memory(path) as memory:
        ids = [add(memory, text) for text in TEXTS]
        memory.add("dora likes tea", infer=False, **DORA)
        memory.update(ids[3], metadata={"k": 1})
        names = ("Cam", "Oslo", "nurse")
        vectors = {name: bytes(4 * 384) for name in names}
        with memory.store.write() as tx:
            for memory_id, name in ((ids[1], "Oslo"), (ids[2], "nurse")):
                record = tx.memories.require(memory_id)
                tx.graph.relate(record, [Relation("Cam", "has", name)], vectors)
    return path.read_bytes()


@pytest.fixture
def path(sound: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    path.write_bytes(sound)
    return path


def add(memory: Memory, text: str, **options: Any) -> str:
    added = memory.add(text, infer=False, **options, **CAM)["results"]
    return str(added[0]["id"])


def ids_of(path: Path) -> list[str]:
    with closing(apsw.Connection(str(path))) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM memory ORDER BY pk")]


def put(path: Path, table: str, column: str, value: Any, key: str = "rowid = 1") -> bool:
    """Write a value into one row as another tool does; return False if SQLite refuses it."""
    shown = "CAST(x'ff41' AS TEXT)" if value is INVALID else "?"
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("foreign_keys", False)
        connection.pragma("ignore_check_constraints", True)
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        triggers = schema_parts(connection)
        try:
            sql = f"UPDATE {table} SET {column} = {shown} WHERE {key}"
            connection.execute(sql, () if value is INVALID else (value,))
        except apsw.ConstraintError:
            return False
        finally:
            for part in triggers:
                connection.execute(part)
    return True


def schema_parts(connection: apsw.Connection) -> list[str]:
    expected = schema.expected_parts(schema.latest_version())
    return [part.sql for part in expected if part.kind == "trigger"]


def texts(result: dict[str, Any]) -> set[str]:
    return {row["memory"] for row in result["results"]}


READS: dict[str, Callable[[Memory], dict[str, Any]]] = {
    "search": lambda m: m.search("tea in Oslo", **CAM),
    "search a graph": lambda m: m.search("tea in Oslo", enable_graph=True, **CAM),
    "search as of": lambda m: m.search("tea", as_of="2100-01-01", show_superseded=True, **CAM),
    "search a filter": lambda m: m.search(
        "tea", filters={"NOT": [{"metadata": {"k": 5}}, {"categories": "x"}]}, **CAM
    ),
    "get_all": lambda m: m.get_all(**CAM),
    "get_all with a graph": lambda m: m.get_all(enable_graph=True, **CAM),
    "get_all of everything": lambda m: m.get_all(
        show_expired=True, show_superseded=True, top_k=3, **CAM
    ),
}


@wrong
@pytest.mark.parametrize("name", READS)
def test_a_damaged_memory_is_left_out_and_named(
    path: Path, name: str, column: str, value: object
) -> None:
    first, *_ = ids_of(path)
    assert put(path, "memory", column, value)
    with open_memory(path) as memory:
        result = READS[name](memory)
        assert texts(result) == set(TEXTS[1:])
        assert set(result.get("damaged", ())) <= {first}
        all_of_them = memory.get_all(show_superseded=True, **CAM)
        assert all_of_them["damaged"] == [first]


@wrong
def test_get_of_a_damaged_memory_raises(path: Path, column: str, value: object) -> None:
    first, *_ = ids_of(path)
    put(path, "memory", column, value)
    with open_memory(path) as memory, pytest.raises(CorruptError, match=f"memory '{first}'|UTF-8"):
        memory.get(first)


def test_a_sound_scope_names_nothing(path: Path) -> None:
    put(path, "memory", "content", "x")
    with open_memory(path) as memory:
        for call in (memory.get_all, lambda **ids: memory.search("tea", **ids)):
            assert set(call(**DORA)) == {"results"}


def test_a_page_is_filled_with_what_can_be_read(path: Path) -> None:
    *_, newest, _ = ids_of(path)
    put(path, "memory", "hash", b"", "pk = 4")
    with open_memory(path) as memory:
        page = memory.get_all(top_k=2, **CAM)
    assert [row["memory"] for row in page["results"]] == ["works as a nurse", "lives in Oslo"]
    assert page["damaged"] == [newest]


def test_pages_of_the_client_show_each_memory_once(path: Path) -> None:
    put(path, "memory", "hash", b"", "pk = 3")
    with MemoryClient(path=path, embedder=HashEmbedder()) as client:
        pages = [client.get_all(page=page, page_size=2, **CAM) for page in (1, 2)]
        assert client.get_memory_export(**CAM)["damaged"] == ids_of(path)[2:3]
        assert client.get_summary(CAM)[0]["total_memories"] == 3
    shown = [row["memory"] for page in pages for row in page["results"]]
    assert shown == ["owns a red bike", "lives in Oslo", "likes green tea"]
    assert [page.get("damaged") for page in pages] == [ids_of(path)[2:3], None]


def test_many_damaged_memories_are_left_out(path: Path) -> None:
    with open_memory(path) as memory:
        for i in range(60):
            add(memory, f"tea number {i}")
    put(path, "memory", "hash", b"\x01", "pk > 10 AND pk % 2")
    with open_memory(path) as memory:
        result = memory.search("tea", top_k=30, **CAM)
        assert len(result["results"]) == 30
        assert memory.get_all(top_k=5, **CAM)["results"]
        (added,) = memory.add("I like rum", **CAM)["results"]
    assert added["memory"] == "Likes rum"
    assert set(result["damaged"]) <= set(ids_of(path))


@wrong
def test_markdown_and_the_commands_leave_it_out(
    path: Path, tmp_path: Path, column: str, value: object
) -> None:
    first, *_ = ids_of(path)
    put(path, "memory", column, value)
    for command in (["list"], ["search", "tea", "--embedder", "hash"]):
        done = CliRunner().invoke(main, [*command, "--user-id", "cam", "--db", str(path)])
        assert done.exit_code == 0, done.output
        assert "lives in Oslo" in done.stdout
        assert first not in done.stdout
    whole = ["list", "--show-superseded", "--user-id", "cam", "--db", str(path)]
    assert first in CliRunner().invoke(main, whole).stderr
    target = tmp_path / "all.md"
    arguments = ["export", str(target), "--format", "markdown", "--db", str(path)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert f"left out, damaged: {first}" in done.stderr
    assert [text in target.read_text() for text in TEXTS] == [False, True, True, True]
    assert first in target.read_text()


@wrong
@pytest.mark.parametrize("ids", [CAM, {}], ids=["of a scope", "of the whole file"])
def test_an_archive_leaves_it_out_and_names_it(
    path: Path, tmp_path: Path, ids: dict[str, str], column: str, value: object
) -> None:
    first, _, third, *_ = ids_of(path)
    with open_memory(path) as memory, memory.store.write() as tx:
        tx.connection.execute("UPDATE memory SET superseded_by = ? WHERE id = ?", (first, third))
        tx.connection.execute(
            "INSERT INTO conflict (id, first_pk, second_pk, created_at) VALUES ('c', 1, 2, 5)"
        )
        tx.connection.execute("INSERT INTO support (relation_pk, memory_pk) VALUES (1, 1)")
        tx.connection.execute("INSERT INTO support (relation_pk, memory_pk) VALUES (2, 1)")
        tx.connection.execute("DELETE FROM support WHERE relation_pk = 2 AND memory_pk <> 1")
    put(path, "memory", column, value)
    target = tmp_path / "all.jsonl"
    with open_memory(path) as memory:
        lines = list(memory.export(**ids))
        result = memory.export_file(target, **ids)
    assert result["damaged"] == [first]
    assert lines == target.read_text().splitlines(keepends=True)
    assert json.loads(lines[1]) == {"kind": "damaged", "id": first}
    memories = [json.loads(line) for line in lines if '"kind":"memory"' in line]
    assert {"likes green tea", "likes black tea"}.isdisjoint(m["content"] for m in memories)
    with open_memory(tmp_path / "new.db") as memory:
        done = memory.import_file(target)
        assert done["added"] == result["memory"] == len(memories)
        assert done["left_out"][-1].endswith(first)
        assert texts(memory.get_all(show_superseded=True, **CAM)) == set(TEXTS[1:])
        assert memory.get_all(enable_graph=True, **CAM)["relations"]
        assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--user-id", "cam"]])
@pytest.mark.parametrize("target", ["all.jsonl", "-"])
def test_the_export_command_names_it(
    path: Path, tmp_path: Path, target: str, arguments: list[str]
) -> None:
    first, *_ = ids_of(path)
    put(path, "memory", "content", "likes black tea")
    whither = target if target == "-" else str(tmp_path / target)
    done = CliRunner().invoke(main, ["export", whither, "--db", str(path), *arguments])
    assert done.exit_code == 0, done.output
    assert f"left out, damaged: {first}" in done.stderr
    assert "black tea" not in done.stdout
    if arguments == ["--json"] and target != "-":
        assert json.loads(done.stdout)["counts"]["damaged"] == [first]
    if target != "-":
        new = ["import", whither, "--db", str(tmp_path / "new.db"), "--embedder", "hash"]
        assert f"they were damaged: {first}" in CliRunner().invoke(main, new).stderr


@wrong
@pytest.mark.parametrize("on_conflict", ["error", "skip", "overwrite", "merge"])
def test_an_import_leaves_it_as_it_is(
    path: Path, tmp_path: Path, on_conflict: Conflict, column: str, value: object
) -> None:
    first, *_ = ids_of(path)
    source = tmp_path / "sound.jsonl"
    with open_memory(path) as memory:
        memory.export_file(source)
    put(path, "memory", column, value)
    with open_memory(path) as memory:
        if on_conflict == "error":
            with pytest.raises(ValidationError, match="already has memories of these ids"):
                memory.import_file(source)
            return
        expected = memory.import_file(source, on_conflict=on_conflict, dry_run=True)
        done = memory.import_file(source, on_conflict=on_conflict)
        assert memory.get_all(show_superseded=True, **CAM)["damaged"] == [first]
    assert list(done["left_out"]) == [f"left as they are, damaged in the file: {first}"]
    assert (done["added"], done["skipped"]) == (expected["added"], expected["skipped"])
    assert done["added"] == 0


def test_a_context_and_a_profile_name_it(path: Path) -> None:
    first, *_ = ids_of(path)
    put(path, "memory", "content", "likes black tea")
    with open_memory(path) as memory:
        for query in ("green tea", "black tea", ""):
            context = memory.context(query, why=True, **CAM)
            assert context["damaged"] == [first]
            assert "black tea" not in context["text"]
            assert "black tea" not in str(memory.context(query, format="messages", **CAM))
        profile = memory.profile(**CAM)
        assert profile["damaged"] == [first]
        assert "black tea" not in profile["text"]
    for command in (["context", "tea", "--embedder", "hash"], ["profile"]):
        done = CliRunner().invoke(main, [*command, "--user-id", "cam", "--db", str(path)])
        assert done.exit_code == 0, done.output
        assert f"left out, damaged: {first}" in done.stderr
        assert "black tea" not in done.stdout


@wrong
def test_an_add_goes_on_next_to_it(path: Path, column: str, value: object) -> None:
    put(path, "memory", column, value)
    with open_memory(path) as memory:
        (added,) = memory.add("I like rum", **CAM)["results"]
        assert (added["event"], added["memory"]) == ("ADD", "Likes rum")


def test_a_vector_that_is_missing_or_wrong_leaves_the_words(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("DELETE FROM embedding WHERE pk = 1")
        connection.execute("UPDATE embedding SET vector = x'00' WHERE pk = 2")
        connection.execute("UPDATE embedding SET vector = 'text' WHERE pk = 3")
    with open_memory(path) as memory:
        for query, text in zip(("green tea", "Oslo", "nurse"), TEXTS, strict=False):
            found = memory.search(query, threshold=0.1, **CAM)
            assert found["results"][0]["memory"] == text
            assert "damaged" not in found
        assert memory.add("I like rum", **CAM)["results"]


# -- other rows

OTHERS = {
    "a relation's name": ("relation", "relationship", b"\xff"),
    "a relation's name that is not UTF-8": ("relation", "relationship", INVALID),
    "a relation's source": ("relation", "source_pk", "Cam"),
    "a relation to nothing": ("relation", "destination_pk", 99),
    "an entity's name": ("entity", "name", b"\xff"),
    "an entity's name that is not UTF-8": ("entity", "name", INVALID),
    "an entity's form": ("entity", "form", INVALID),
    "an entity's scope": ("entity", "user_id", b"cam"),
    "an entity's vector": ("entity", "vector", b"\x00"),
    "an entity's first": ("entity", "same_as", 99),
    "a message": ("message", "content", INVALID),
    "a message's role": ("message", "role", b"user"),
    "an event": ("event", "old_memory", INVALID),
    "an event's time": ("event", "created_at", "now"),
}


@pytest.mark.parametrize(("table", "column", "value"), OTHERS.values(), ids=OTHERS)
def test_another_damaged_row_hides_no_memory(
    path: Path, table: str, column: str, value: object
) -> None:
    assert put(path, table, column, value)
    with open_memory(path) as memory:
        for read in READS.values():
            assert texts(read(memory)) >= set(TEXTS[1:])
        relations = memory.get_all(enable_graph=True, **CAM)
        named = {relation["destination"] for relation in relations["relations"]}
        assert named >= {"nurse"} or table == "entity"
        if table == "relation":
            assert relations["damaged"] == ["relation 1"]
    done = CliRunner().invoke(main, ["get", ids_of(path)[0], "--db", str(path)])
    assert done.exit_code == 0, done.output


def test_a_relation_to_a_name_of_another_scope_is_not_shown(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(
            "INSERT INTO entity (pk, name, form, user_id) VALUES (50, 'secret', 'secret', 'dora')"
        )
        connection.execute("UPDATE relation SET destination_pk = 50 WHERE pk = 1")
    with open_memory(path) as memory:
        for read in (READS["get_all with a graph"], READS["search a graph"]):
            result = read(memory)
            assert [each["destination"] for each in result["relations"]] == ["nurse"]
            assert "relation 1" in result["damaged"]


# -- messages that are found by themselves

SAID = ("The museum opens at nine", "The cello teacher lives in Bergen", "We met at the harbour")
WRONG_MESSAGES = {
    "a text that is bytes": ("message", "content", b"abc"),
    "a text that is not UTF-8": ("message", "content", INVALID),
    "a role that is bytes": ("message", "role", b"user"),
    "a name that is not UTF-8": ("message", "name", INVALID),
    "a time that is text": ("message", "created_at", "now"),
    "metadata that is not JSON": ("message", "metadata", "{"),
    "categories that are no list": ("message", "categories", '{"a":1}'),
    "an expiry that is text": ("message", "expires_at", "zzz"),
    "an id that is bytes": ("message", "id", b"abc"),
    "a passage of bytes": ("passage", "words", b"abc"),
    "a passage that is not UTF-8": ("passage", "words", INVALID),
    "a passage without a place": ("passage", "start", "x"),
    "a vector of another size": ("passage", "vector", b"\x00"),
    "a vector that is text": ("passage", "vector", "abc"),
}
each_message = pytest.mark.parametrize(
    ("table", "column", "value"), WRONG_MESSAGES.values(), ids=WRONG_MESSAGES
)


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """A file of three messages from which no memory came."""
    path = tmp_path / "said.db"
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([[]] * 3)) as memory:
        for text in SAID:
            memory.add(text, **CAM)
    return path


@each_message
def test_a_damaged_message_hides_no_other(
    said: Path, table: str, column: str, value: object
) -> None:
    assert put(said, table, column, value)
    with open_memory(said) as memory:
        found = memory.search("When did the museum and the cello teacher meet?", **CAM)
        listed = memory.get_all(include_messages=True, **CAM)
        assert texts(found) >= set(SAID[1:])
        assert texts(listed) >= set(SAID[1:])
        if table == "message":
            assert len(listed["damaged"]) == 1
            assert found.get("damaged") == listed["damaged"]
            if column != "id":  # one that is bytes is found by nobody
                with pytest.raises(CorruptError):
                    memory.get(listed["damaged"][0])
        assert memory.context("museum", **CAM) is not None


@each_message
def test_a_damaged_message_can_be_deleted(
    said: Path, table: str, column: str, value: object
) -> None:
    assert put(said, table, column, value)
    with open_memory(said) as memory:
        memory.delete_all(**CAM)
        assert memory.get_all(include_messages=True, **CAM)["results"] == []
        assert memory.erase(**CAM)["erased"]["messages"] == len(SAID)


def test_a_damaged_text_that_waits_for_its_index_holds_up_no_other(said: Path) -> None:
    with closing(apsw.Connection(str(said))) as connection:
        connection.execute("DELETE FROM passage")
        connection.execute("UPDATE message SET passages = NULL")
    put(said, "message", "content", INVALID, "pk = 3")
    with open_memory(said) as memory:
        memory.reindex()
        assert texts(memory.search("museum cello", **CAM)) == set(SAID[:2])


@pytest.mark.slow
@pytest.mark.parametrize("first", range(EVERY))
def test_any_value_in_one_row_stops_no_read_of_the_others(
    sound: bytes, tmp_path: Path, first: int
) -> None:
    cases = [(*place, value) for place in COLUMNS for value in HOSTILE]
    failures = []
    for table, column, value in cases[first::EVERY][::STEP]:
        path = tmp_path / "memory.db"
        path.write_bytes(sound)
        if not put(path, table, column, value):
            continue
        with open_memory(path) as memory:
            for name, read in READS.items():
                try:
                    result = read(memory)
                except LitememError as error:
                    failures.append((table, column, value, name, str(error)))
                    continue
                if not texts(result) >= set(TEXTS[1:]) or "dora likes tea" in texts(result):
                    failures.append((table, column, value, name, str(result)))
    assert failures == []
