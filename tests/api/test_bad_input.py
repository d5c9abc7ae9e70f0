"""Bad input: each value is refused with its error, and nothing stored before changes."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import OpenMemory, dump
from helpers.refusals import HALF_A_PAIR, NOT_TEXT, Call, add, first_id, refuse, update
from litemem import Memory, MemoryClient
from litemem.errors import (
    FilterError,
    MemoryNotFoundError,
    SchemaError,
    ScopeError,
    StoreError,
    StoreFullError,
    ValidationError,
)
from litemem.testing import ScriptedLLM

ID_KEYS = ["user_id", "agent_id", "app_id", "run_id"]


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
def test_an_invalid_id_is_refused(
    filled: Memory, path: Path, key: str, call: Callable[[dict[str, Any]], Call], value: Any
) -> None:
    refuse(filled, path, ScopeError, call({key: value}))


@pytest.mark.parametrize(
    "value", ["x" * 1_024, " padded ", "日本", "😀", "'; DROP TABLE memory; --"]
)
def test_any_other_text_can_be_an_id(filled: Memory, value: str) -> None:
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
def test_filters_that_are_not_a_dict_are_refused(
    filled: Memory, path: Path, call: Callable[[Memory, Any], object], filters: Any
) -> None:
    refuse(filled, path, FilterError, lambda m: call(m, filters))


def test_add_refuses_filters_that_are_not_ids(filled: Memory, path: Path) -> None:
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
def test_invalid_messages_are_refused(
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
def test_metadata_that_is_not_a_json_object_of_allowed_names_is_refused(
    filled: Memory, path: Path, call: Callable[..., Call], metadata: Any
) -> None:
    refuse(filled, path, ValidationError, call(metadata=metadata))


@pytest.mark.parametrize(
    "categories", [5, "food", b"food", {"food": 1}, [5], [None], [""], [["food"]], [HALF_A_PAIR]]
)
@pytest.mark.parametrize("call", [add, update], ids=["add", "update"])
def test_categories_that_are_not_a_list_of_texts_are_refused(
    filled: Memory, path: Path, call: Callable[..., Call], categories: Any
) -> None:
    refuse(filled, path, ValidationError, call(categories=categories))


@pytest.mark.parametrize("prompt", [5, b"bytes", ["list"], " \n", HALF_A_PAIR], ids=repr)
def test_a_prompt_that_is_not_text_is_refused_before_the_turn_is_logged(
    filled: Memory, path: Path, prompt: Any
) -> None:
    refuse(filled, path, ValidationError, add(prompt=prompt, infer=True))


@pytest.mark.parametrize("instructions", [5, b"bytes", " \n"])
def test_custom_instructions_that_are_not_text_are_refused(
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
def test_an_invalid_time_is_refused(filled: Memory, path: Path, name: str, when: Any) -> None:
    refuse(filled, path, ValidationError, add(**{name: when}))


@pytest.mark.parametrize("memory_type", ["semantic_memory", "", 5, ["procedural_memory"]])
def test_an_unknown_memory_type_is_refused(filled: Memory, path: Path, memory_type: Any) -> None:
    refuse(filled, path, ValidationError, add(memory_type=memory_type))


def test_a_procedural_memory_without_an_agent_is_refused(filled: Memory, path: Path) -> None:
    refuse(filled, path, ValidationError, add(memory_type="procedural_memory"))


# -- numbers


@pytest.mark.parametrize("name", ["top_k", "limit"])
@pytest.mark.parametrize("value", [-1, -(2**70), 1.0, 2.5, "5", True, False, [1], math.nan])
def test_an_invalid_number_of_results_is_refused(
    filled: Memory, path: Path, name: str, value: Any
) -> None:
    refuse(filled, path, ValidationError, lambda m: m.search("tea", user_id="cam", **{name: value}))
    refuse(filled, path, ValidationError, lambda m: m.get_all(user_id="cam", **{name: value}))


def test_two_different_numbers_of_results_are_refused(filled: Memory, path: Path) -> None:
    refuse(filled, path, ValidationError, lambda m: m.get_all(user_id="cam", top_k=1, limit=2))


def test_top_k_0_gives_no_results(filled: Memory) -> None:
    assert filled.search("tea", user_id="cam", top_k=0) == {"results": []}
    assert filled.get_all(user_id="cam", top_k=0) == {"results": []}


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.5", True, [0.5]])
def test_a_threshold_that_is_not_a_score_is_refused(filled: Memory, path: Path, value: Any) -> None:
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
def test_an_invalid_memory_id_is_refused(
    filled: Memory, path: Path, call: Callable[[Memory, Any], object], memory_id: Any
) -> None:
    refuse(filled, path, ValidationError, lambda m: call(m, memory_id))


@pytest.mark.parametrize("call", [lambda m: m.delete("x"), lambda m: m.update("x", "likes milk")])
def test_an_unknown_memory_is_not_changed(filled: Memory, path: Path, call: Call) -> None:
    refuse(filled, path, MemoryNotFoundError, call)


@pytest.mark.parametrize("text", ["", " \n", *NOT_TEXT, HALF_A_PAIR], ids=repr)
@pytest.mark.parametrize("name", ["text", "data"])
def test_update_refuses_a_value_that_is_not_text(
    filled: Memory, path: Path, name: str, text: Any
) -> None:
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
    with pytest.raises(ValidationError, match=f"{name.split()[-1]} must be True or False"):
        FLAGS[name](filled, wrong)
    refuse(filled, path, ValidationError, lambda m: FLAGS[name](m, wrong))
    assert beside(filled).read_bytes() == exported


@pytest.mark.parametrize("name", ["rerank", "show_expired", "latest_only"])
def test_a_clients_flag_is_true_or_false(filled: Memory, path: Path, name: str) -> None:
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        with pytest.raises(ValidationError, match=f"{name} must be True or False"):
            client.search("tea", user_id="cam", **{name: "false"})
        assert client.search("tea", user_id="cam", rerank=None)["results"]


# -- files (what may not be read or written is in test_store.py)


def test_a_file_that_is_not_a_database_is_refused(open_memory: OpenMemory, tmp_path: Path) -> None:
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
def test_a_full_disk_is_reported_and_changes_nothing(
    filled: Memory, path: Path, call: Call
) -> None:
    assert filled.store._writer is not None
    writer = filled.store._writer.connection
    writer.pragma("max_page_count", writer.pragma("page_count") + 2)
    refuse(filled, path, StoreFullError, call)


def test_a_query_of_a_megabyte_finds_what_it_begins_with() -> None:
    with Memory(":memory:", embedder="hash") as memory:
        memory.add("User has a red bicycle", user_id="cam", infer=False)
        memory.add("User plays the cello", user_id="cam", infer=False)
        query = "Where is the red bicycle? " + "tomorrow ?! " * 85_000
        (found,) = memory.search(query, user_id="cam", top_k=1)["results"]
        assert found["memory"] == "User has a red bicycle"
