"""Bad input: each is refused with its error, or taken as it is; nothing stored before changes."""

import math
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenMemory, dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litemem import Memory
from litemem.errors import (
    FilterError,
    LitememError,
    MemoryNotFoundError,
    SchemaError,
    ScopeError,
    StoreError,
    StoreFullError,
    ValidationError,
)

ID_KEYS = ["user_id", "agent_id", "app_id", "run_id"]
HALF_A_PAIR = "half \ud800 a pair"
NOT_TEXT = [5, 1.5, True, b"bytes", ["list"], {"a": "dict"}, ...]

Call = Callable[[Memory], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def filled(memory: Memory) -> Memory:
    """A memory of two users, with a history and messages."""
    memory.add("likes tea", user_id="cam", infer=False, metadata={"n": 1})
    memory.add("likes rum", user_id="jane", agent_id="bar", infer=False)
    memory.update(first_id(memory), "likes green tea")
    return memory


def first_id(memory: Memory) -> str:
    memory_id: str = memory.get_all(user_id="cam")["results"][0]["id"]
    return memory_id


def refuse(memory: Memory, path: Path, error: type[LitememError], call: Call) -> None:
    """The call raises exactly this error, says something, and leaves every table as it was."""
    before = dump(path)
    with pytest.raises(error) as caught:
        call(memory)
    assert type(caught.value) is error
    assert str(caught.value)
    assert dump(path) == before


def add(messages: Any = "likes milk", **arguments: Any) -> Call:
    """Return a call of add, by default of a good one for cam."""
    given = {"user_id": "cam", "infer": False} | arguments
    return lambda memory: memory.add(messages, **given)


def update(*arguments: Any, **keywords: Any) -> Call:
    return lambda memory: memory.update(first_id(memory), *arguments, **keywords)


# -- ids


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.add("likes milk"),
        lambda m: m.add("likes milk", infer=False),
        lambda m: m.add("likes milk", filters={}),
        lambda m: m.search("tea"),
        lambda m: m.search("tea", filters={}),
        lambda m: m.search("tea", filters={"metadata": {"n": 1}}),
        lambda m: m.get_all(),
        lambda m: m.get_all(filters={"NOT": {"user_id": "cam"}}),
        lambda m: m.delete_all(),
        lambda m: m.delete_all(filters={"OR": [{"user_id": "cam"}, {"metadata": {"n": 1}}]}),
    ],
)
def test_a_call_without_an_id_is_refused(filled: Memory, path: Path, call: Call) -> None:
    refuse(filled, path, ScopeError, call)


ID_CALLS: dict[str, Callable[[dict[str, Any]], Call]] = {
    "add": lambda ids: lambda m: m.add("likes milk", infer=False, **ids),
    "add with a model": lambda ids: lambda m: m.add("likes milk", **ids),
    "search": lambda ids: lambda m: m.search("tea", **ids),
    "get_all": lambda ids: lambda m: m.get_all(**ids),
    "delete_all": lambda ids: lambda m: m.delete_all(**ids),
}


@pytest.mark.parametrize("key", ID_KEYS)
@pytest.mark.parametrize("call", ID_CALLS.values(), ids=ID_CALLS.keys())
@pytest.mark.parametrize(
    "value",
    ["", " ", "\t\n", "\u2003", "*", "x" * 1_025, "nul\0", HALF_A_PAIR, *NOT_TEXT],
    ids=repr,
)
def test_what_cannot_be_an_id_is_refused(
    filled: Memory, path: Path, key: str, call: Callable[[dict[str, Any]], Call], value: Any
) -> None:
    refuse(filled, path, ScopeError, call({key: value}))


@pytest.mark.parametrize(
    "value", ["x" * 1_024, " padded ", "日本", "😀", "'; DROP TABLE memory; --"]
)
def test_whatever_else_is_text_can_be_an_id(filled: Memory, value: str) -> None:
    filled.add("likes milk", run_id=value, infer=False)
    assert [r["run_id"] for r in filled.get_all(run_id=value)["results"]] == [value]


@pytest.mark.parametrize("filters", [5, "user_id", ["user_id"], [{"user_id": "cam"}]], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda m, f: m.add("likes milk", user_id="cam", filters=f, infer=False),
        lambda m, f: m.search("tea", user_id="cam", filters=f),
        lambda m, f: m.get_all(user_id="cam", filters=f),
        lambda m, f: m.delete_all(user_id="cam", filters=f),
    ],
)
def test_filters_that_are_no_dict_are_refused(
    filled: Memory, path: Path, call: Callable[[Memory, Any], object], filters: Any
) -> None:
    refuse(filled, path, FilterError, lambda m: call(m, filters))


def test_add_refuses_filters_that_are_no_ids(filled: Memory, path: Path) -> None:
    refuse(filled, path, FilterError, add(filters={"category": "food"}))


# -- messages


@pytest.mark.parametrize("infer", [False, True])
@pytest.mark.parametrize(
    "messages",
    [
        "",
        " \n",
        [],
        (),
        None,
        5,
        b"likes milk",
        {1, 2},
        ["likes milk"],
        [None],
        {},
        {"content": "likes milk"},
        {"role": None, "content": "likes milk"},
        {"role": "", "content": "likes milk"},
        {"role": 5, "content": "likes milk"},
        {"role": ["user"], "content": "likes milk"},
        {"role": "user", "content": 5},
        {"role": "user", "content": b"likes milk"},
        {"role": "user", "content": ["likes milk"]},
        {"role": "user", "content": [{"type": "text", "text": 5}]},
        {"role": "user", "content": "likes milk", "name": 5},
        {"role": "user", "content": "likes milk", "name": " "},
        {"role": "user", "content": HALF_A_PAIR},
        {"role": HALF_A_PAIR, "content": "likes milk"},
        [{"role": "user", "content": "good"}, {"role": "user", "content": 5}],
        HALF_A_PAIR,
    ],
    ids=repr,
)
def test_messages_that_are_none_are_refused(
    filled: Memory, path: Path, messages: Any, infer: bool
) -> None:
    refuse(filled, path, ValidationError, add(messages, infer=infer))


def _recursive() -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    metadata["self"] = metadata
    return metadata


BAD_METADATA = [
    5,
    "text",
    [],
    [("a", 1)],
    {5: "a"},
    {None: "a"},
    {"a": math.nan},
    {"a": [math.inf]},
    {"a": {"b": -math.inf}},
    {"a": b"bytes"},
    {"a": {1, 2}},
    {"a": ...},
    {"a": HALF_A_PAIR},
    {HALF_A_PAIR: "a"},
    {"user_id": "jane"},
    {"created_at": "2020-01-01"},
    {"hash": "x"},
    {"data": "x"},
    {"role": "admin"},
    {"categories": []},
    {"expires_at": None},
    _recursive(),
]


@pytest.mark.parametrize("metadata", BAD_METADATA, ids=repr)
@pytest.mark.parametrize("call", [add, update], ids=["add", "update"])
def test_metadata_that_is_no_json_object_of_its_own_names_is_refused(
    filled: Memory, path: Path, call: Callable[..., Call], metadata: Any
) -> None:
    refuse(filled, path, ValidationError, call(metadata=metadata))


@pytest.mark.parametrize(
    "categories", [5, "food", b"food", {"food": 1}, [5], [None], [""], [["food"]], [HALF_A_PAIR]]
)
@pytest.mark.parametrize("call", [add, update], ids=["add", "update"])
def test_categories_that_are_no_list_of_texts_are_refused(
    filled: Memory, path: Path, call: Callable[..., Call], categories: Any
) -> None:
    refuse(filled, path, ValidationError, call(categories=categories))


@pytest.mark.parametrize("prompt", [5, b"bytes", ["list"], " \n", HALF_A_PAIR], ids=repr)
def test_a_prompt_that_is_no_text_is_refused_before_the_turn_is_logged(
    filled: Memory, path: Path, prompt: Any
) -> None:
    refuse(filled, path, ValidationError, add(prompt=prompt, infer=True))


@pytest.mark.parametrize("instructions", [5, b"bytes", " \n"])
def test_custom_instructions_that_are_no_text_are_refused(
    open_memory: OpenMemory, instructions: Any
) -> None:
    with pytest.raises(ValidationError, match="custom_instructions"):
        open_memory(custom_instructions=instructions)


@pytest.mark.parametrize(
    "when",
    [
        "tomorrow",
        "",
        "2024-13-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        math.nan,
        math.inf,
        1e30,
        True,
        b"2024-01-01",
        ["2024-01-01"],
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["timestamp", "expires_at", "expiration_date"])
def test_what_is_no_time_is_refused(filled: Memory, path: Path, name: str, when: Any) -> None:
    refuse(filled, path, ValidationError, add(**{name: when}))


@pytest.mark.parametrize("memory_type", ["semantic_memory", "", 5, ["procedural_memory"]])
def test_an_unknown_memory_type_is_refused(filled: Memory, path: Path, memory_type: Any) -> None:
    refuse(filled, path, ValidationError, add(memory_type=memory_type))


def test_a_procedural_memory_without_an_agent_is_refused(filled: Memory, path: Path) -> None:
    refuse(filled, path, ValidationError, add(memory_type="procedural_memory"))


# -- texts that are odd, and taken as they are


ODD_TEXTS = {
    "a NUL": "likes\0tea",
    "only a NUL": "\0",
    "a megabyte": "word " * 200_000,
    "one long word": "a" * 1_000_000,
    "only emoji": "😀🎉👩‍👩‍👧",
    "right to left": "הוא אוהב תה",
    "mixed directions": "\u202eeat sekil\u202c",
    "combining marks": "e\u0301" * 20,
    "SQL": "'; DROP TABLE memory; --",
    "FTS5 syntax": 'NEAR("a" b) OR * ^ {col} : -x',
    "line breaks": "a\r\nb\u2028c",
    "only punctuation": "?!… — «»",
    "a private use character": "\ue000",
    "a noncharacter": "\uffff",
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_an_odd_text_comes_back_as_it_was_given(filled: Memory, text: str) -> None:
    (row,) = filled.add(text, run_id="odd", infer=False)["results"]
    shown = filled.get(row["id"])
    assert shown is not None
    assert shown["memory"] == text
    assert [r["memory"] for r in filled.get_all(run_id="odd")["results"]] == [text]


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_an_odd_text_is_found_by_itself(filled: Memory, text: str) -> None:
    filled.add(text, run_id="odd", infer=False)
    found = filled.search(text, run_id="odd")["results"]
    assert [row["memory"] for row in found] == [text]
    assert found[0]["score"] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_the_file_is_sound_after_an_odd_text_was_changed_and_deleted(
    filled: Memory, path: Path, text: str
) -> None:
    (row,) = filled.add(text, run_id="odd", infer=False, metadata={"text": text})["results"]
    filled.update(row["id"], f"{text} and more")
    filled.update(row["id"], text)
    filled.delete(row["id"])
    filled.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO memory_fts (memory_fts, rank) VALUES ('integrity-check', 1)"
        )
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@given(text=st.text(min_size=1, max_size=60).filter(str.strip))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_stored_and_found(filled: Memory, text: str) -> None:
    (row,) = filled.add(text, run_id="any", infer=False)["results"]
    assert filled.search(text, run_id="any", top_k=1_000, threshold=0.9)["results"]
    filled.delete(row["id"])


# -- queries


@pytest.mark.parametrize("query", ["", " \n", "\u2003", *NOT_TEXT, None, HALF_A_PAIR], ids=repr)
def test_a_query_that_says_nothing_is_refused(filled: Memory, path: Path, query: Any) -> None:
    refuse(filled, path, ValidationError, lambda m: m.search(query, user_id="cam"))


QUERIES = [
    "?!",
    "...",
    "😀",
    "_",
    "nul\0",
    '"',
    "'",
    "it's tea",
    '"tea',
    "tea*",
    "^tea",
    "tea AND",
    "OR",
    "NOT tea",
    "NEAR(tea green, 2)",
    "content : tea",
    "{content} : tea",
    "-tea",
    "tea + green",
    "(tea",
    "the of and",
    "tea " * 10_000,
    "x" * 1_000_000,
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: repr(query[:20]))
def test_a_query_of_syntax_is_only_words(filled: Memory, query: str) -> None:
    found = filled.search(query, user_id="cam", threshold=0)["results"]
    assert [row["memory"] for row in found] == ["likes green tea"]


@given(query=st.text(min_size=1).filter(str.strip))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_searched(filled: Memory, query: str) -> None:
    assert len(filled.search(query, user_id="cam", threshold=0)["results"]) == 1


# -- numbers


@pytest.mark.parametrize("name", ["top_k", "limit"])
@pytest.mark.parametrize("value", [-1, -(2**70), 1.0, 2.5, "5", True, False, [1], math.nan])
def test_a_number_of_results_that_is_none_is_refused(
    filled: Memory, path: Path, name: str, value: Any
) -> None:
    refuse(filled, path, ValidationError, lambda m: m.search("tea", user_id="cam", **{name: value}))
    refuse(filled, path, ValidationError, lambda m: m.get_all(user_id="cam", **{name: value}))


def test_two_different_numbers_of_results_are_refused(filled: Memory, path: Path) -> None:
    refuse(filled, path, ValidationError, lambda m: m.get_all(user_id="cam", top_k=1, limit=2))


def test_no_results_are_wanted_and_none_are_given(filled: Memory) -> None:
    assert filled.search("tea", user_id="cam", top_k=0) == {"results": []}
    assert filled.get_all(user_id="cam", top_k=0) == {"results": []}


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.5", True, [0.5]])
def test_a_threshold_that_is_no_score_is_refused(filled: Memory, path: Path, value: Any) -> None:
    refuse(filled, path, ValidationError, lambda m: m.search("tea", user_id="cam", threshold=value))


# -- changing one memory


@pytest.mark.parametrize("memory_id", ["", " ", None, 5, b"x", HALF_A_PAIR], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda m, i: m.get(i),
        lambda m, i: m.delete(i),
        lambda m, i: m.history(i),
        lambda m, i: m.update(i, "likes milk"),
    ],
    ids=["get", "delete", "history", "update"],
)
def test_what_cannot_be_a_memorys_id_is_refused(
    filled: Memory, path: Path, call: Callable[[Memory, Any], object], memory_id: Any
) -> None:
    refuse(filled, path, ValidationError, lambda m: call(m, memory_id))


@pytest.mark.parametrize("call", [lambda m: m.delete("x"), lambda m: m.update("x", "likes milk")])
def test_an_unknown_memory_is_not_changed(filled: Memory, path: Path, call: Call) -> None:
    refuse(filled, path, MemoryNotFoundError, call)


@pytest.mark.parametrize("text", ["", " \n", *NOT_TEXT, HALF_A_PAIR], ids=repr)
@pytest.mark.parametrize("name", ["text", "data"])
def test_update_refuses_what_is_no_text(filled: Memory, path: Path, name: str, text: Any) -> None:
    refuse(filled, path, ValidationError, update(**{name: text}))


def test_update_with_nothing_to_change_is_refused(filled: Memory, path: Path) -> None:
    refuse(filled, path, ValidationError, update())


def test_update_refuses_two_different_texts(filled: Memory, path: Path) -> None:
    refuse(filled, path, ValidationError, update("likes milk", data="likes rum"))


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.add("likes milk", user_id="cam", infer=False, colour="red"),
        lambda m: m.search("tea", user_id="cam", colour="red"),
        lambda m: m.get_all(user_id="cam", colour="red"),
        lambda m: m.update(first_id(m), "likes milk", colour="red"),
        lambda m: m.delete_all(user_id="cam", colour="red"),
    ],
)
def test_an_unknown_keyword_changes_nothing(filled: Memory, path: Path, call: Call) -> None:
    before = dump(path)
    with pytest.raises(TypeError, match="colour"):
        call(filled)
    assert dump(path) == before


# -- files (what may not be read or written is in test_store.py)


def test_a_file_that_is_no_database_is_refused(open_memory: OpenMemory, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("my notes")
    with pytest.raises(SchemaError, match=r"notes\.txt"):
        open_memory(path=notes)
    assert notes.read_text() == "my notes"


def test_a_folder_is_refused(open_memory: OpenMemory, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        open_memory(path=tmp_path)


@pytest.mark.parametrize(
    "call",
    [
        add("word " * 50_000),
        add("I like tea " * 50_000, infer=True),
        update("word " * 50_000),
    ],
    ids=["add as it stands", "add with a model", "update"],
)
def test_a_full_disk_is_told_and_changes_nothing(filled: Memory, path: Path, call: Call) -> None:
    writer = filled.store._writer
    assert writer is not None
    writer.pragma("max_page_count", writer.pragma("page_count") + 2)
    refuse(filled, path, StoreFullError, call)
