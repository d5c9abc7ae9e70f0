"""Erase leaves no trace in the bytes of the file and its side files."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from helpers import OpenMemory
from helpers.erasure import (
    BOB,
    CAM,
    SECRET,
    SIZES,
    WORDS,
    add,
    first_passage,
    raw,
    say,
    traces,
    vector_of,
)
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.core.protocols import Prompt
from litemem.core.scope import Scope
from litemem.core.types import Message, Relation
from litemem.errors import MemoryNotFoundError, ScopeError, ValidationError
from litemem.extraction.ask import load_prompt
from litemem.store.sqlite.vector_index import BATCH
from litemem.testing import ScriptedLLM


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


def test_a_message_that_is_erased_takes_the_answers_that_repeat_it_along(tmp_path: Path) -> None:
    file = tmp_path / "codes.db"
    with Memory(file, embedder="hash", llm=ScriptedLLM([[], []])) as memory:
        said = [
            {"role": "user", "content": "The vault code is 99182."},
            {"role": "assistant", "content": "I'll remember 99182 for you."},
        ]
        memory.add(said, **CAM)
        memory.add([{"role": "user", "content": "My bike is blue."}], **CAM)
        vault = memory.search("vault code", **CAM)["results"][0]["id"]
        assert memory.erase(vault)["erased"]["messages"] == 2
        left = memory.get_all(**CAM, include_messages=True)["results"]
        assert [each["memory"] for each in left] == ["My bike is blue."]
    assert b"99182" not in file.read_bytes()


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
