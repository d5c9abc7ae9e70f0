"""Erase leaves no trace in the bytes of the file and its side files."""

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import OpenMemory
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.core.protocols import Prompt
from litemem.core.scope import Scope
from litemem.core.text.passages import passages
from litemem.core.types import Message, Relation
from litemem.errors import ExtractionError, MemoryNotFoundError, ScopeError, ValidationError
from litemem.extraction.ask import load_prompt
from litemem.models.embedding import token_counter
from litemem.store.sqlite.vector_index import BATCH
from litemem.testing import HashEmbedder, ScriptedLLM

CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
PIECE = 6  # characters; of the full text's stems at least so many would be left
SECRET = "Diabetesbehandlung in Xanthopolis"
WORDS = ("diabetesbehandlung", "xanthopolis")
SIZES = {"short": SECRET, "long": f"{SECRET} " + "mit Quittenmarmelade " * 2_000}


def raw(path: Path) -> bytes:
    """Return the bytes of the file and its side files."""
    files = (Path(f"{path}{side}") for side in ("", "-wal", "-shm"))
    return b"\0".join(file.read_bytes() for file in files if file.exists())


def traces(path: Path, *words: str) -> list[str]:
    """Return the pieces of words that the raw bytes hold, in whatever case."""
    held = raw(path).lower()
    pieces = (w[i : i + PIECE] for w in words for i in range(len(w) - PIECE + 1))
    return [piece for piece in pieces if piece.lower().encode() in held]


def first_passage(text: str) -> str:
    start, stop = passages(text, token_counter(None, HashEmbedder(64)))[0]
    return text[start:stop]


def vector_of(text: str, dimensions: int = 64) -> bytes:
    (vector,) = HashEmbedder(dimensions).embed_documents([text])
    return struct.pack(f"<{dimensions}f", *vector)


def add(memory: Memory, text: str, **ids: str) -> str:
    return str(memory.add(text, infer=False, **ids)["results"][0]["id"])


def say(memory: Memory, memory_id: str, *relations: Relation) -> None:
    """Let a memory relate something, as an add with the graph does."""
    record = reading(memory.store).memories.get(memory_id)
    assert record is not None
    names = {name for relation in relations for name in (relation.source, relation.destination)}
    with memory.store.write() as tx:
        tx.graph.relate(record, relations, {name: vector_of(name) for name in names})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def neighbour(memory: Memory) -> Iterator[str]:
    """A memory of another user, which has to survive whatever is erased."""
    memory_id = add(memory, "likes Marzipankartoffeln", **BOB)
    yield memory_id
    found = memory.search("Marzipankartoffeln", threshold=0, **BOB)["results"]
    assert [row["id"] for row in found] == [memory_id]
    assert reading(memory.store).messages.last(Scope(**BOB), limit=9)
    assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("neighbour")
def test_no_word_and_no_vector_of_an_erased_memory_is_in_the_bytes(
    memory: Memory, path: Path, size: str
) -> None:
    text = SIZES[size]
    memory_id = add(memory, text, **CAM)
    assert traces(path, *WORDS)
    first = first_passage(text)
    assert vector_of(first) in raw(path)
    result = memory.erase(memory_id)
    assert result["gone"]
    assert result["advice"] is None
    assert (result["erased"]["memories"], result["erased"]["messages"]) == (1, 1)
    assert traces(path, *WORDS, "quittenmarmelade") == []
    assert vector_of(first) not in raw(path)
    assert memory_id.encode() not in raw(path)
    assert memory.get(memory_id) is None
    assert memory.history(memory_id) == []


@pytest.mark.slow
@pytest.mark.usefixtures("neighbour", "early_index")
def test_thousands_of_memories_leave_no_word_and_no_vector_in_index_and_chunks(
    memory: Memory, path: Path
) -> None:
    texts = [f"{SECRET} Nummer {i}" for i in range(BATCH + 500)]
    for start in range(0, len(texts), 1_000):
        said = [{"role": "user", "content": text} for text in texts[start : start + 1_000]]
        memory.add(said, infer=False, **CAM)
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("SELECT count(*) FROM memory_vec_rowids").get > BATCH
    kept = add(memory, "likes rum", user_id="cam", run_id="r")
    erased = memory.erase(filters={"AND": [CAM, {"keywords": "Nummer"}]})["erased"]
    assert (erased["memories"], erased["messages"]) == (len(texts), len(texts))
    assert traces(path, *WORDS, "nummer 17") == []
    held = raw(path)
    assert not [text for text in texts[::100] if vector_of(text) in held]
    assert memory.get(kept) is not None


@pytest.mark.usefixtures("neighbour")
def test_what_was_deleted_or_changed_before_is_erased_with_its_scope(
    memory: Memory, path: Path
) -> None:
    memory.delete(add(memory, SECRET, **CAM))
    memory.update(add(memory, "wohnt in Xanthopolis", **CAM), "lives in Oslo")
    assert traces(path, *WORDS)
    erased = memory.erase(**CAM)["erased"]
    assert (erased["memories"], erased["messages"], erased["history"]) == (1, 2, 4)
    assert traces(path, *WORDS) == []
    assert b"lives in Oslo" not in raw(path)


def test_what_was_deleted_in_a_scope_does_not_take_another_s_memory_of_its_id(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory()
    theirs = add(memory, "likes tea", **BOB)
    record = reading(memory.store).memories.get(theirs)
    with memory.store.write() as tx:  # a history that is partly of another's
        tx.connection.executemany(
            "INSERT INTO event (memory_id, event, new_memory, old_memory, created_at, user_id)"
            " VALUES (?, ?, ?, ?, 1, ?)",
            [(theirs, "ADD", SECRET, None, None), (theirs, "DELETE", None, SECRET, "cam")],
        )
    memory.erase(**CAM)
    assert reading(memory.store).memories.get(theirs) == record
    assert [entry["new_memory"] for entry in memory.history(theirs)] == ["likes tea"]
    assert traces(Path(memory.store.path), *WORDS) == []


def test_duplicates_merged_into_a_memory_are_erased_with_it(memory: Memory, path: Path) -> None:
    first, _, theirs = (add(memory, SECRET, **ids) for ids in (CAM, CAM, BOB))
    memory.cleanup(duplicates=True, **CAM)
    memory.delete(theirs)
    assert memory.erase(first)["gone"]
    assert memory.history(theirs)[0]["new_memory"] == SECRET  # another's history stays
    memory.erase(**BOB)
    assert traces(path, *WORDS) == []


def test_history_alone_is_erased_by_the_id_of_a_deleted_memory(memory: Memory, path: Path) -> None:
    memory_id = add(memory, SECRET, **CAM)
    memory.delete(memory_id)
    assert memory.erase(memory_id)["erased"]["history"] == 2
    assert memory.history(memory_id) == []
    with pytest.raises(MemoryNotFoundError):
        memory.erase(memory_id)


@pytest.mark.usefixtures("neighbour")
def test_free_pages_that_an_earlier_deletion_left_are_cleared(memory: Memory, path: Path) -> None:
    memory_id = add(memory, SIZES["long"], **CAM)
    memory.update(memory_id, "likes tea")
    assert memory.erase(memory_id)["gone"]
    assert traces(path, *WORDS, "quittenmarmelade") == []


def test_graph_feedback_events_and_outcomes_go_with_their_memory(
    open_memory: OpenMemory, path: Path
) -> None:
    memory = open_memory(["User visits Xanthopolis"], ["User likes tea"])
    event_id = memory.add("I visit Xanthopolis", async_mode=True, **CAM)["event_id"]
    memory.flush()
    (memory_id,) = [row["id"] for row in memory.get_all(**CAM)["results"]]
    other = add(memory, "likes tea", **CAM)
    say(memory, memory_id, Relation("Camillus", "visits", "Xanthopolis"))
    say(memory, other, Relation("Camillus", "likes", "tea"))
    with memory.store.write() as tx:
        tx.memories.set_feedback(memory_id, "NEGATIVE", "das Xanthopolis ist falsch", 1)
    erased = memory.erase([memory_id])["erased"]
    assert erased["feedback"] == erased["entities"] == erased["relations"] == 1
    assert traces(path, "xanthopolis") == []
    assert memory_id.encode() not in raw(path)
    outcome = memory.event(event_id)
    assert outcome is not None
    assert outcome["results"] == []
    assert memory.get_all(enable_graph=True, **CAM)["relations"] == [
        {"source": "Camillus", "relationship": "likes", "destination": "tea"}
    ]
    assert memory.verify(full=True)["ok"]


def test_a_message_goes_with_one_of_its_memories_and_the_other_forgets_it(
    open_memory: OpenMemory, path: Path
) -> None:
    memory = open_memory(["User visits Xanthopolis", "User likes tea"])
    memory.add("I visit Xanthopolis and like tea", **CAM)
    rows = {row["memory"]: row["id"] for row in memory.get_all(**CAM)["results"]}
    memory.erase(rows["User visits Xanthopolis"])
    assert traces(path, "xanthopolis") == []
    assert memory.get(rows["User likes tea"]) is not None
    add(memory, "something else", **BOB)  # may get the primary key of the message that went
    assert reading(memory.store).messages.sources(rows["User likes tea"]) == []


def test_a_superseded_memory_keeps_nothing_of_the_erased_one(memory: Memory, path: Path) -> None:
    old, new = (
        reading(memory.store).memories.get(add(memory, text, **CAM))
        for text in ("lives in Oslo", SECRET)
    )
    assert old is not None
    assert new is not None
    with memory.store.write() as tx:
        tx.known.supersede(old, new.id, memory._now())
    memory.erase(new.id)
    assert traces(path, *WORDS) == []
    left = reading(memory.store).memories.get(old.id)
    assert left is not None
    assert left.superseded_by is None
    assert left.valid_to is not None
    assert memory.verify(full=True)["ok"]


def put_export(path: Path, export_id: str, request: dict[str, Any]) -> None:
    """Write a request for an export as earlier versions stored it."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(
            "INSERT INTO export (id, request, created_at) VALUES (?, ?, 1)",
            (export_id, json.dumps(request)),
        )


@pytest.mark.usefixtures("neighbour")
def test_a_whole_scope_goes_with_its_messages_waiting_turns_and_exports(
    memory: Memory, path: Path
) -> None:
    scope = Scope(user_id="camilla77", run_id="run-of-camilla")
    with memory.store.write() as tx:
        tx.turns.open(scope, [Message("user", SECRET)], {"prompt": SECRET}, 1)
        tx.messages.log(scope, [Message("user", f"nichts aus {SECRET}")], 1)
    put_export(path, "e1", {"user_id": "camilla77", "filters": {"keywords": "Xanthopolis"}})
    put_export(path, "e2", {"filters": {"OR": [{"user_id": ["bob", "camilla77"]}]}})
    put_export(path, "e3", {"user_id": "bob"})
    erased = memory.erase(user_id="camilla77")["erased"]
    assert (erased["turns"], erased["messages"], erased["exports"]) == (1, 2, 2)
    assert traces(path, *WORDS, "camilla77", "run-of-camilla") == []
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("SELECT id FROM export").fetchall() == [("e3",)]


def test_a_filter_with_more_than_ids_leaves_the_rest_of_the_scope(memory: Memory) -> None:
    memory.add("likes tea", infer=False, metadata={"kind": "drink"}, **CAM)
    kept = add(memory, "likes bread", **CAM)
    erased = memory.erase(filters={"kind": "drink"}, **CAM)["erased"]
    assert (erased["memories"], erased["messages"]) == (1, 1)
    assert [row["id"] for row in memory.get_all(**CAM)["results"]] == [kept]
    assert [m.content for m in reading(memory.store).messages.last(Scope(**CAM), limit=9)] == [
        "likes bread"
    ]


def test_a_preview_counts_and_changes_nothing(memory: Memory, path: Path) -> None:
    memory_id = add(memory, SECRET, **CAM)
    memory.delete(add(memory, SECRET, **CAM))
    preview = memory.erase(dry_run=True, **CAM)
    assert (preview["dry_run"], preview["gone"]) == (True, False)
    assert memory.get(memory_id) is not None
    assert preview["erased"] == memory.erase(**CAM)["erased"]


def test_all_ids_are_erased_or_none(memory: Memory) -> None:
    memory_id = add(memory, SECRET, **CAM)
    with pytest.raises(MemoryNotFoundError):
        memory.erase([memory_id, "unknown"])
    assert memory.get(memory_id) is not None


def test_immutable_memories_can_be_erased(memory: Memory) -> None:
    memory.add("likes tea", infer=False, immutable=True, **CAM)
    assert memory.erase(**CAM)["erased"]["memories"] == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, ScopeError),
        ({"filters": {"kind": "x"}}, ScopeError),
        ({"filters": {"OR": [CAM, {"kind": "x"}]}}, ScopeError),
        ({"memory_id": []}, ValidationError),
        ({"memory_id": ""}, ValidationError),
        ({"memory_id": 7}, ValidationError),
        ({"memory_id": [7]}, ValidationError),
        ({"memory_id": "m", "user_id": "cam"}, ValidationError),
        ({"user_id": "cam", "dry_run": 1}, ValidationError),
    ],
)
def test_wrong_arguments_erase_nothing(
    memory: Memory, arguments: dict[str, object], error: type[Exception]
) -> None:
    memory_id = add(memory, "likes tea", **CAM)
    with pytest.raises(error):
        memory.erase(**arguments)  # type: ignore[arg-type]
    assert memory.get(memory_id) is not None


def test_a_reader_in_another_program_is_reported_and_vacuum_finishes(
    memory: Memory, path: Path
) -> None:
    memory.store._writer.connection.set_busy_timeout(50)  # type: ignore[union-attr] - or it waits 5 s
    memory_id = add(memory, SECRET, **CAM)
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN; SELECT count(*) FROM memory").fetchall()
        result = memory.erase(memory_id)
        assert not result["gone"]
        assert "litemem vacuum" in result["advice"]
        other.execute("COMMIT")
    assert traces(path, *WORDS)
    assert memory.cleanup(vacuum=True)["advice"] is None
    assert traces(path, *WORDS) == []


def test_a_file_in_memory_is_erased_as_well(open_memory: OpenMemory) -> None:
    memory = open_memory(path=":memory:")
    memory_id = add(memory, SECRET, **CAM)
    assert memory.erase(memory_id)["gone"]
    assert memory.get_all(**CAM)["results"] == []


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_previews_and_erases_with_yes(memory: Memory, path: Path) -> None:
    memory_id = add(memory, SECRET, **CAM)
    code, out, err = run("erase", memory_id, "--db", path)
    assert (code, "give --yes" in err) == (2, True)
    assert "memories" in out
    assert run("erase", memory_id, "--db", path, "--dry-run") == (0, out, "")
    assert memory.get(memory_id) is not None
    code, out, err = run("erase", memory_id, "--db", path, "--yes", "--json")
    assert code == 0
    assert json.loads(out)["erased"]["memories"] == 1
    assert memory.get(memory_id) is None
    assert traces(path, *WORDS) == []


@pytest.mark.parametrize("arguments", [[], ["m", "--user-id", "cam"], ["unknown", "--yes"]])
def test_the_command_refuses_what_names_nothing_or_too_much(
    memory: Memory, path: Path, arguments: list[str]
) -> None:
    memory_id = add(memory, "likes tea", **CAM)
    assert run("erase", *arguments, "--db", path)[0] in (1, 2)
    assert memory.get(memory_id) is not None


def test_a_turn_in_a_scope_that_is_erased_during_extraction_stores_nothing(
    open_memory: OpenMemory, path: Path
) -> None:
    """The model is at the turn when another call erases the scope."""
    memories: list[Memory] = []

    class Erasing(ScriptedLLM):
        def generate(self, *args: object, **kwargs: object) -> str:
            answer = super().generate(*args, **kwargs)  # type: ignore[arg-type]
            memories[0].erase(**CAM)
            return answer

    memories.append(open_memory(llm=Erasing([["User visits Xanthopolis"]])))
    assert memories[0].add("I visit Xanthopolis", **CAM)["results"] == []
    assert traces(path, "xanthopolis") == []


# -- what happened before


def visit(open_memory: OpenMemory, *answers: object) -> tuple[Memory, str]:
    """Let a memory be extracted from other words; return its id."""
    memory = open_memory(["User visits Xanthopolis"], *answers)
    (row,) = memory.add("I visit old Xanthopolis", **CAM)["results"]
    return memory, str(row["id"])


def test_an_erased_memory_takes_its_message_along_if_it_was_deleted_before(
    open_memory: OpenMemory, path: Path
) -> None:
    memory, memory_id = visit(open_memory)
    memory.delete(memory_id)
    assert traces(path, "xanthopolis")
    result = memory.erase(memory_id)
    assert (result["gone"], result["erased"]["messages"]) == (True, 1)
    assert traces(path, "xanthopolis") == []


def test_a_later_message_goes_with_the_deleted_memory_that_it_extended(
    open_memory: OpenMemory, path: Path
) -> None:
    memory = open_memory(["User likes tea"], ["User likes tea with Quittenmarmelade"])
    (row,) = memory.add("I like tea", **CAM)["results"]
    (same,) = memory.add("Quittenmarmelade belongs in my tea", **CAM)["results"]
    assert (same["event"], same["id"]) == ("UPDATE", row["id"])
    memory.delete(row["id"])
    assert memory.erase(row["id"])["erased"]["messages"] == 2
    assert traces(path, "quittenmarmelade") == []


def _updated(memory: Memory, memory_id: str) -> None:
    memory.update(memory_id, "visits Oslo")


def _deleted_with_its_scope(memory: Memory, memory_id: str) -> None:
    memory.delete_all(**CAM)


def _superseded(memory: Memory, memory_id: str) -> None:
    new = add(memory, "visits Oslo", **CAM)
    old, by = (reading(memory.store).memories.get(each) for each in (memory_id, new))
    assert old is not None
    assert by is not None
    with memory.store.write() as tx:
        tx.known.supersede(old, by.id, memory._now())


def _reindexed(memory: Memory, memory_id: str) -> None:
    memory.reindex(HashEmbedder(32))


def _staged(memory: Memory, memory_id: str) -> None:
    other = HashEmbedder(32)
    (row,) = reading(memory.store).reindex.missing(other.identity, 1)
    with memory.store.write() as tx:
        tx.reindex.stage(other.identity, [(*row, vector_of(row[1], 32))])


def _rated(memory: Memory, memory_id: str) -> None:
    with memory.store.write() as tx:
        tx.memories.set_feedback(memory_id, "NEGATIVE", "nie in Xanthopolis", 1)


def _related(memory: Memory, memory_id: str) -> None:
    say(memory, memory_id, Relation("Camillus", "visits", "Xanthopolis"))


def _redated(memory: Memory, memory_id: str) -> None:
    memory.update(memory_id, timestamp="2020-01-01")


def _forgotten_history(memory: Memory, memory_id: str) -> None:
    memory.update(memory_id, "visits Oslo")
    memory.cleanup(history_older_than="0s", **CAM)


def _imported_again(memory: Memory, memory_id: str) -> None:
    target = Path(memory.store.path).with_name("all.jsonl")
    memory.export_file(target)
    memory.delete(memory_id)
    memory.import_file(target)
    target.unlink()


def _overwritten(memory: Memory, memory_id: str) -> None:
    """By an archive in which the memory has another text and no message."""
    target = Path(memory.store.path).with_name("all.jsonl")
    with Memory(":memory:", embedder=HashEmbedder(64)) as other:
        memory.export_file(target)
        other.import_file(target)
        other.update(memory_id, "visits Oslo")
        other.cleanup(messages_older_than="0s", history_older_than="0s", **CAM)
        other.export_file(target, force=True)
    memory.import_file(target, on_conflict="overwrite")
    target.unlink()


BEFORE = (
    _updated,
    _deleted_with_its_scope,
    _superseded,
    _reindexed,
    _staged,
    _rated,
    _related,
    _redated,
    _forgotten_history,
    _imported_again,
    _overwritten,
)


@pytest.mark.parametrize("is_deleted", [False, True], ids=["present", "deleted"])
@pytest.mark.parametrize("change", BEFORE, ids=lambda each: each.__name__[1:])
def test_nothing_that_happened_before_keeps_a_word_in_the_file(
    open_memory: OpenMemory, path: Path, change: Callable[[Memory, str], None], is_deleted: bool
) -> None:
    memory, memory_id = visit(open_memory)
    change(memory, memory_id)
    if is_deleted and memory.get(memory_id) is not None:
        memory.delete(memory_id)
    assert memory.erase(memory_id)["gone"]
    assert traces(path, "xanthopolis") == []
    assert memory.verify(full=True)["ok"]


def test_a_deleted_memory_of_an_export_can_be_erased_with_its_message(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory, memory_id = visit(open_memory)
    memory.delete(memory_id)
    memory.export_file(tmp_path / "all.jsonl")
    with Memory(tmp_path / "other.db", embedder=HashEmbedder(64), llm=ScriptedLLM([])) as other:
        other.import_file(tmp_path / "all.jsonl")
        other.export_file(tmp_path / "again.jsonl")
        assert other.erase(memory_id)["erased"]["messages"] == 1
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "all.jsonl").read_bytes()
    assert traces(tmp_path / "other.db", "xanthopolis") == []


def test_a_message_with_a_reused_key_is_not_erased_with_a_deleted_memory(memory: Memory) -> None:
    memory_id = add(memory, SECRET, **CAM)
    memory.delete(memory_id)
    memory.cleanup(messages_older_than="0s", **CAM)
    add(memory, "likes tea", **CAM)  # its message has the primary key of the one that went
    assert memory.erase(memory_id)["erased"]["messages"] == 0


def test_a_memory_that_was_deleted_before_schema_6_takes_what_was_said_then(
    open_memory: OpenMemory, path: Path
) -> None:
    memory, memory_id = visit(open_memory, ["User likes tea"])
    memory.add("I like tea", timestamp="2025-01-01", **CAM)
    memory.delete(memory_id)
    with memory.store.write() as tx:
        tx.connection.execute("UPDATE event SET sources = NULL")
    assert memory.erase(memory_id)["erased"]["messages"] == 1
    assert traces(path, "xanthopolis") == []
    assert [m.content for m in reading(memory.store).messages.last(Scope(**CAM), limit=9)] == [
        "I like tea"
    ]


# -- gone is measured


@pytest.mark.parametrize(
    "other",
    [
        lambda m: add(m, SECRET, **CAM),
        lambda m: m.update(add(m, SECRET, **CAM), "likes tea"),
        lambda m: add(m, f"dass {SECRET} half", **CAM),
    ],
    ids=["memory", "history", "message"],
)
def test_a_text_that_is_elsewhere_in_its_scope_is_not_gone(
    memory: Memory, path: Path, other: Callable[[Memory], object]
) -> None:
    memory_id = add(memory, SECRET, **CAM)
    other(memory)
    result = memory.erase(memory_id)
    assert not result["gone"]
    assert "erase" in result["advice"]
    assert traces(path, *WORDS)


def test_a_pending_turn_that_has_the_text_is_reported(open_memory: OpenMemory) -> None:
    memory = open_memory(llm=ScriptedLLM([]))
    memory_id = add(memory, SECRET, **CAM)
    with memory.store.write() as tx:
        tx.turns.open(Scope(**CAM), [Message("user", "tea")], {"instructions": f"On {SECRET}"}, 1)
    result = memory.erase(memory_id)
    assert (result["gone"], "pending turn" in result["advice"]) == (False, True)


def test_the_same_text_of_another_user_is_no_reason_to_doubt(memory: Memory) -> None:
    memory_id = add(memory, SECRET, **CAM)
    add(memory, SECRET, **BOB)
    assert memory.erase(memory_id)["gone"]


def test_bytes_outside_of_the_rows_are_found(memory: Memory, path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE notes (note TEXT)")
        connection.execute("INSERT INTO notes VALUES (?)", (f"see {SECRET}",))
    result = memory.erase(add(memory, SECRET, **CAM))
    assert (result["gone"], "outside of the rows" in result["advice"]) == (False, True)


def test_a_long_text_is_found_over_the_border_of_pages(memory: Memory) -> None:
    memory_id = add(memory, SIZES["long"], **CAM)
    add(memory, SIZES["long"], **CAM)
    assert not memory.erase(memory_id)["gone"]


def test_copies_in_the_folder_of_the_file_are_named(memory: Memory, path: Path) -> None:
    memory_id = add(memory, SECRET, **CAM)
    made = memory.backup(path.parent)
    replaced = path.with_name("memory.db.replaced-20250101T000000000000Z")
    replaced.write_bytes(made.read_bytes())
    assert memory.erase(memory_id)["copies"] == [str(made), str(replaced)]
    assert traces(made, *WORDS)


def test_an_id_without_history_is_refused_with_the_way_to_its_messages(memory: Memory) -> None:
    memory_id = add(memory, SECRET, **CAM)
    memory.delete(memory_id)
    memory.cleanup(history_older_than="0s", **CAM)
    with pytest.raises(MemoryNotFoundError, match="erase its scope"):
        memory.erase(memory_id)
    assert memory.erase(**CAM)["gone"]


def test_prompts_that_are_cached_hold_no_word_of_a_user(open_memory: OpenMemory) -> None:
    """The cache of prompts on disk has the fixed texts of the prompts only."""

    class Asked(ScriptedLLM):
        def generate(self, prompt: Prompt, *args: object, **kwargs: object) -> str:
            assert prompt == load_prompt(prompt.name)
            return super().generate(prompt, *args, **kwargs)  # type: ignore[arg-type]

    memory = open_memory(
        llm=Asked([["User visits Xanthopolis"], {"about": "yes"}, {"relations": []}])
    )
    memory.add(
        "I visit Xanthopolis",
        prompt="On Xanthopolis",
        includes="Xanthopolis",
        enable_graph=True,
        **CAM,
    )


# -- what was set aside


def test_an_erasure_takes_along_what_was_set_aside_of_its_messages(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory([SECRET, "User lives in Oslo"])
    (kept,) = memory.add("I live in Oslo.", **CAM)["results"]
    assert traces(tmp_path / "memory.db", *WORDS)
    assert memory.erase(kept["id"])["gone"]
    memory.close()
    assert traces(tmp_path / "memory.db", *WORDS) == []


def test_an_erased_text_is_not_left_in_what_was_set_aside_of_another_message(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory([f"User has {SECRET}"], [f"User has {SECRET}", "User lives in Oslo"])
    memory.add(f"I have {SECRET}.", **CAM)
    memory.add("I live in Oslo.", **CAM)
    (secret,) = (r["id"] for r in memory.get_all(**CAM)["results"] if SECRET in r["memory"])
    assert memory.erase(secret)["gone"]
    assert [
        each.set_aside
        for each in reading(memory.store).messages.logged_for(
            memory.get_all(**CAM)["results"][0]["id"]
        )
    ] == [()]
    memory.close()
    assert traces(tmp_path / "memory.db", *WORDS) == []


def test_an_erased_word_is_not_left_in_another_fact_that_was_set_aside(
    open_memory: OpenMemory, path: Path
) -> None:
    """Previously only the whole erased text was looked for."""
    memory = open_memory(["User visits Xanthopolis"], ["User hates Xanthopolis", "User likes tea"])
    (row,) = memory.add("I visit Xanthopolis", **CAM)["results"]
    (kept,) = memory.add("I like tea", **CAM)["results"]
    assert memory.erase(row["id"])["gone"]
    (logged,) = reading(memory.store).messages.logged_for(kept["id"])
    assert logged.set_aside == ()
    assert traces(path, "xanthopolis") == []


def test_an_erased_word_is_not_left_in_the_error_of_another_turn(
    open_memory: OpenMemory, path: Path
) -> None:
    memory = open_memory(["User visits Xanthopolis"], *['{"Xanthopolis": 1}'] * 9)
    (row,) = memory.add("I visit Xanthopolis", **CAM)["results"]
    with pytest.raises(ExtractionError):
        memory.add("I like tea", **CAM)
    assert memory.erase(row["id"])["gone"]
    assert traces(path, "xanthopolis") == []
    assert reading(memory.store).overview().pending_turns == 1


def test_an_erasure_leaves_what_was_set_aside_in_another_scope(open_memory: OpenMemory) -> None:
    memory = open_memory(["User avoids shellfish"], ["User avoids shellfish", "User lives in Oslo"])
    (erased,) = memory.add("I avoid shellfish.", **CAM)["results"]
    (kept,) = memory.add("I live in Oslo.", **BOB)["results"]
    memory.erase(erased["id"])
    (logged,) = reading(memory.store).messages.logged_for(kept["id"])
    assert [each.text for each in logged.set_aside] == ["User avoids shellfish"]
