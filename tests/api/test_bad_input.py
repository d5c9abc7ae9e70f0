"""Bad input: each is refused with its error, or taken as it is; nothing stored before changes."""

import math
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import OpenMemory, dump
from litemem import Memory, MemoryClient
from litemem.core import clock
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
from litemem.testing import ScriptedLLM

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


# -- numbers that Python does not write, and times that cannot be shown

HUGE = 10**5_000  # more than 4,300 digits

HUGE_CALLS: dict[str, tuple[type[LitememError], Call]] = {
    "timestamp": (ValidationError, add(timestamp=HUGE)),
    "expires_at": (ValidationError, add(expires_at=-HUGE)),
    "update": (ValidationError, update(timestamp=HUGE)),
    "metadata": (ValidationError, add(metadata={"n": HUGE})),
    "metadata's key": (ValidationError, add(metadata={HUGE: 1})),
    "categories": (ValidationError, add(categories=HUGE)),
    "custom_categories": (ValidationError, add(custom_categories=[{"a": HUGE}])),
    "memory_type": (ValidationError, add(memory_type=HUGE)),
    "immutable": (ValidationError, add(immutable=HUGE)),
    "messages": (ValidationError, add([HUGE])),
    "role": (ValidationError, add({"role": HUGE, "content": "likes milk"})),
    "user_id": (ScopeError, lambda m: m.search("tea", user_id=HUGE)),
    "two ids": (ScopeError, add(filters={"user_id": HUGE})),
    "top_k": (ValidationError, lambda m: m.search("tea", user_id="cam", top_k=-HUGE)),
    "limit": (ValidationError, lambda m: m.get_all(user_id="cam", top_k=HUGE, limit=-HUGE)),
    "threshold": (ValidationError, lambda m: m.search("tea", user_id="cam", threshold=HUGE)),
    "reference_date": (
        ValidationError,
        lambda m: m.search("tea", user_id="cam", reference_date=HUGE),
    ),
    "as_of": (ValidationError, lambda m: m.get_all(user_id="cam", as_of=HUGE)),
    "flush": (ValidationError, lambda m: m.flush(HUGE)),
    "memory_id": (ValidationError, lambda m: m.get(HUGE)),
    "erase": (ValidationError, lambda m: m.erase(HUGE)),
    "older_than": (
        ValidationError,
        lambda m: m.cleanup(user_id="cam", matching=True, older_than=HUGE),
    ),
    "keep_last": (ValidationError, lambda m: m.cleanup(user_id="cam", keep_last=-HUGE)),
    "keep": (ValidationError, lambda m: m.backup(m.store.path, keep=-HUGE)),
    "format": (ValidationError, lambda m: m.export_file("x", user_id="cam", format=HUGE)),
    "on_conflict": (ValidationError, lambda m: m.import_file("x", on_conflict=HUGE)),
    "durability": (ValidationError, lambda m: Memory(m.store.path, durability=HUGE)),
    "config": (ValidationError, lambda _: Memory.from_config({"llm": HUGE})),
    "config's key": (ValidationError, lambda _: Memory.from_config({HUGE: 1})),
    **{
        f"filter {name}": (error, lambda m, f=filters: m.get_all(user_id="cam", filters=f))
        for name, error, filters in (
            ("value", FilterError, {"n": HUGE}),
            ("list", FilterError, {"n": {"in": [1, HUGE]}}),
            ("list of lists", FilterError, {"n": [[HUGE]]}),
            ("key", FilterError, {HUGE: 1}),
            ("metadata key", FilterError, {"metadata": {HUGE: 1}}),
            ("operator", FilterError, {"n": {HUGE: 1}}),
            ("operator of metadata", FilterError, {"metadata": {"n": {"gt": 1, HUGE: 1}}}),
            ("time", FilterError, {"created_at": {"gt": HUGE}}),
            ("text", FilterError, {"text": HUGE}),
            ("logic", FilterError, {"AND": HUGE}),
            ("branch", FilterError, {"OR": [HUGE]}),
            ("id", ScopeError, {"run_id": HUGE}),
        )
    },
}


@pytest.mark.parametrize(("error", "call"), HUGE_CALLS.values(), ids=HUGE_CALLS.keys())
def test_a_number_of_thousands_of_digits_is_refused_with_our_error(
    filled: Memory, path: Path, error: type[LitememError], call: Call
) -> None:
    refuse(filled, path, error, call)


class Zone(tzinfo):
    """A time zone that tells no offset, or fails to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def utcoffset(self, _: datetime | None) -> None:
        if self.error is not None:
            raise self.error

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> str:
        return "nowhere"


def test_a_time_whose_zone_tells_no_offset_is_utc(filled: Memory) -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=Zone())
    (row,) = filled.add("likes milk", user_id="zoe", infer=False, timestamp=moment)["results"]
    found = filled.get(row["id"])
    assert found is not None
    assert found["created_at"] == "2024-05-01T12:00:00+00:00"


@pytest.mark.parametrize("zone", [tzinfo(), Zone(ValueError("lost")), Zone(OverflowError("far"))])
def test_a_time_whose_zone_fails_is_refused(filled: Memory, path: Path, zone: tzinfo) -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=zone)
    refuse(filled, path, ValidationError, add(timestamp=moment))


FIRST_MOMENT = "0001-01-01T00:00:00"


@pytest.mark.parametrize("name", ["expires_at", "expiration_date"])
@pytest.mark.parametrize("call", [add, update], ids=["add", "update"])
def test_an_expiry_that_no_day_is_before_is_refused(
    filled: Memory, path: Path, call: Callable[..., Call], name: str
) -> None:
    refuse(filled, path, ValidationError, call(**{name: FIRST_MOMENT}))


EDGES = [
    "0001-01-01",
    "0001-01-01T00:00:00.000001",
    "0001-01-02",
    "9999-12-30",
    "9999-12-31",
    "9999-12-31T23:59:59.999999",
]


@pytest.mark.parametrize("name", ["expires_at", "timestamp"])
@pytest.mark.parametrize("time", EDGES)
def test_what_is_let_in_can_be_shown_found_exported_and_cleaned_up(
    filled: Memory, tmp_path: Path, name: str, time: str
) -> None:
    arguments: dict[str, Any] = {name: time}
    (row,) = filled.add("likes milk", user_id="zoe", infer=False, **arguments)["results"]
    assert shown_everywhere(filled, row["id"], tmp_path)
    filled.cleanup(user_id="zoe", expired=True, older_than="1y", keep_last=1)


def shown_everywhere(memory: Memory, memory_id: str, folder: Path) -> bool:
    """Show a memory of zoe's in every way that there is."""
    found = memory.get(memory_id)
    everything: dict[str, Any] = {"user_id": "zoe", "show_expired": True}
    assert found is not None
    assert memory.get_all(**everything)["results"][0]["id"] == memory_id
    assert memory.search("milk", threshold=0, **everything)["results"][0]["id"] == memory_id
    assert memory.history(memory_id)
    for kind in ("jsonl", "markdown"):
        assert memory.export_file(folder / f"zoe.{kind}", user_id="zoe", format=kind, force=True)
    with MemoryClient(
        path=memory.store.path, embedder=memory.embedder, llm=ScriptedLLM([])
    ) as client:
        assert client.get_all(**everything)["count"] == 1
        assert client.get_memory_export(user_id="zoe")["memories"][0]["id"] == memory_id
    return True


def test_an_expiry_of_an_older_file_that_no_day_is_before_is_shown(
    filled: Memory, path: Path, tmp_path: Path
) -> None:
    (row,) = filled.add("likes milk", user_id="zoe", infer=False)["results"]
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(
            "UPDATE memory SET expires_at = ? WHERE id = ?", (clock.FIRST_MICROSECOND, row["id"])
        )
    assert shown_everywhere(filled, row["id"], tmp_path)
    found = filled.get(row["id"])
    assert found is not None
    assert found["expiration_date"] == "0001-01-01"
    assert filled.verify(full=True)["ok"]


# -- what only the client takes


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


ClientCall = Callable[[MemoryClient], object]

CLIENT_CALLS: dict[str, ClientCall] = {
    "a page of no number": lambda c: c.get_all(user_id="cam", page=-HUGE),
    "a page size of no number": lambda c: c.get_all(user_id="cam", page_size=-HUGE),
    "fields that are a number": lambda c: c.get_all(user_id="cam", fields=5),
    "fields that are text": lambda c: c.search("tea", user_id="cam", fields="id"),
    "fields of numbers": lambda c: c.get_all(user_id="cam", fields=[HUGE]),
    "settings that are a number": lambda c: c.project.get(5),
    "settings that are text": lambda c: c.project.get("decay"),
    "a setting that is a number": lambda c: c.project.get([HUGE]),
    "a schema that is a number": lambda c: c.create_memory_export(HUGE, user_id="cam"),
    "a schema of half a pair": lambda c: c.create_memory_export({"a": HALF_A_PAIR}, user_id="cam"),
    "a schema that is half a pair": lambda c: c.create_memory_export(HALF_A_PAIR, user_id="cam"),
    "a schema too deep": lambda c: c.create_memory_export(deep(100_000), user_id="cam"),
    "a schema deeper than SQLite": lambda c: c.create_memory_export(deep(1_100), user_id="cam"),
    "a schema with a number too long": lambda c: c.create_memory_export({"a": HUGE}, user_id="cam"),
    "instructions of half a pair": lambda c: c.create_memory_export(
        "{}", user_id="cam", export_instructions=HALF_A_PAIR
    ),
    "instructions that are a number": lambda c: c.create_memory_export(
        "{}", user_id="cam", export_instructions=5
    ),
    "an export that is a list": lambda c: c.get_memory_export(memory_export_id=[]),
    "an export that is half a pair": lambda c: c.get_memory_export(memory_export_id=HALF_A_PAIR),
    "an export that is a number": lambda c: c.get_memory_export(memory_export_id=HUGE),
    "a row that is a number": lambda c: c.batch_update([HUGE]),
    "a row of an unknown name": lambda c: c.batch_update([{HUGE: 1}]),
    "feedback that is long": lambda c: c.feedback("x", "y" * 10_000),
}


@pytest.mark.parametrize("call", CLIENT_CALLS.values(), ids=CLIENT_CALLS.keys())
def test_the_client_refuses_what_it_cannot_take(
    filled: Memory, path: Path, call: ClientCall
) -> None:
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        refuse(filled, path, ValidationError, lambda _: call(client))


@pytest.mark.parametrize("page", [10**9, 10**18, 10**30, HUGE], ids=["9", "18", "30", "5000"])
def test_a_page_far_behind_the_last_is_empty(filled: Memory, path: Path, page: int) -> None:
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        found = client.get_all(user_id="cam", page=page, page_size=page)
    assert (found["count"], found["results"], found["next"]) == (1, [], None)


def test_an_export_may_be_asked_for_by_a_date_and_erased_with_its_user(
    filled: Memory, path: Path
) -> None:
    since = {"created_at": {"gte": date(2020, 1, 1)}}
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        asked = client.create_memory_export(deep(90), user_id="cam", filters=since)
        found = client.get_memory_export(memory_export_id=asked["id"])["memories"]
        assert [row["memory"] for row in found] == ["likes green tea"]
        assert client.memory.erase(user_id="cam")["erased"]["exports"] == 1


NAMELESS: dict[str, Call] = {
    "search": lambda m: m.search("tea"),
    "get_all": lambda m: m.get_all(filters={}),
    "delete_all": lambda m: m.delete_all(),
    "erase": lambda m: m.erase(),
    "cleanup": lambda m: m.cleanup(expired=True),
    "add": lambda m: m.add("likes milk"),
}


@pytest.mark.parametrize("call", NAMELESS.values(), ids=NAMELESS.keys())
def test_a_call_without_any_id_is_told_which_there_are(
    filled: Memory, path: Path, call: Call
) -> None:
    with pytest.raises(ScopeError, match="needs at least one of user_id, agent_id, app_id, run_id"):
        call(filled)
    refuse(filled, path, ScopeError, call)


# -- flags

FLAGS: dict[str, Callable[[Memory, Any], object]] = {
    "infer": lambda m, flag: m.add("likes milk", user_id="cam", infer=flag),
    "immutable": lambda m, flag: m.add("likes milk", user_id="cam", infer=False, immutable=flag),
    "rerank": lambda m, flag: m.search("tea", user_id="cam", rerank=flag),
    "explain": lambda m, flag: m.search("tea", user_id="cam", explain=flag),
    "show_expired": lambda m, flag: m.search("tea", user_id="cam", show_expired=flag),
    "show_superseded": lambda m, flag: m.search("tea", user_id="cam", show_superseded=flag),
    "all show_expired": lambda m, flag: m.get_all(user_id="cam", show_expired=flag),
    "all show_superseded": lambda m, flag: m.get_all(user_id="cam", show_superseded=flag),
    "force": lambda m, flag: m.export_file(beside(m), force=flag),
    "vectors": lambda m, flag: m.export_file(beside(m), vectors=flag),
    "import dry_run": lambda m, flag: m.import_file(beside(m), on_conflict="skip", dry_run=flag),
    "erase dry_run": lambda m, flag: m.erase(user_id="cam", dry_run=flag),
    "cleanup dry_run": lambda m, flag: m.cleanup(user_id="cam", expired=True, dry_run=flag),
    "full": lambda m, flag: m.verify(full=flag),
}


def beside(memory: Memory) -> Path:
    return Path(memory.store.path).with_name("all.jsonl")


@pytest.mark.parametrize("wrong", ["false", 0, None])
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false(filled: Memory, path: Path, name: str, wrong: object) -> None:
    filled.export_file(beside(filled))
    exported = beside(filled).read_bytes()
    with pytest.raises(ValidationError, match=f"{name.split()[-1]} takes True or False"):
        FLAGS[name](filled, wrong)
    refuse(filled, path, ValidationError, lambda m: FLAGS[name](m, wrong))
    assert beside(filled).read_bytes() == exported


@pytest.mark.parametrize("name", ["rerank", "show_expired", "latest_only"])
def test_a_clients_flag_is_true_or_false(filled: Memory, path: Path, name: str) -> None:
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        with pytest.raises(ValidationError, match=f"{name} takes True or False"):
            client.search("tea", user_id="cam", **{name: "false"})
        assert client.search("tea", user_id="cam", rerank=None)["results"]


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
