"""`Memory`: keywords, opening and closing, configuration, two objects on one file."""

import inspect
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import OpenMemory, dump
from helpers.memories import CAM, store_text, texts
from litemem import Memory
from litemem.core.protocols import EmbedderIdentity, Vector
from litemem.errors import (
    EmbedderMismatchError,
    ExtractionError,
    LLMError,
    StoreError,
    ValidationError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

# -- names

CALLS: dict[str, Callable[..., object]] = {
    "add": lambda m, **k: m.add("x", infer=False, **CAM, **k),
    "search": lambda m, **k: m.search("x", **CAM, **k),
    "get": lambda m, **k: m.get("x", **k),
    "get_all": lambda m, **k: m.get_all(**CAM, **k),
    "update": lambda m, **k: m.update("x", "y", **k),
    "delete": lambda m, **k: m.delete("x", **k),
    "delete_all": lambda m, **k: m.delete_all(**CAM, **k),
    "history": lambda m, **k: m.history("x", **k),
    "reset": lambda m, **k: m.reset(**k),
    "process_pending": lambda m, **k: m.process_pending(**k),
    "close": lambda m, **k: m.close(**k),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@each_call
def test_an_unknown_keyword_is_a_type_error(memory: Memory, call: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="unknown_keyword"):
        call(memory, unknown_keyword=1)


def test_no_public_method_takes_just_any_keyword() -> None:
    methods = [m for n, m in inspect.getmembers(Memory, callable) if not n.startswith("_")]
    kinds = {p.kind for method in methods for p in inspect.signature(method).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds


# -- opening and closing


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"close"}))
def test_every_call_after_close_says_that_the_file_was_closed(memory: Memory, name: str) -> None:
    memory.close()
    with pytest.raises(StoreError, match="was closed"):
        CALLS[name](memory)


def test_closing_twice_does_no_harm(memory: Memory) -> None:
    memory.close()
    memory.close()


def test_a_with_block_closes_the_memory(open_memory: OpenMemory) -> None:
    with open_memory() as memory:
        store_text(memory, "likes tea")
    with pytest.raises(StoreError, match="was closed"):
        memory.get_all(**CAM)


def test_a_memory_in_memory_works_and_leaves_no_file(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(path=":memory:")
    store_text(memory, "likes tea")
    assert texts(memory.search("tea", **CAM)) == ["likes tea"]
    assert list(tmp_path.iterdir()) == []


def test_the_default_file_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "folder" / "named.db"))
    with Memory(embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        assert memory.store.path == str(tmp_path / "folder" / "named.db")


def test_the_default_file_is_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    with Memory(embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        assert memory.store.path == str(tmp_path / "litemem" / "memory.db")


@pytest.mark.parametrize("key", ["path", "vector_store"])
def test_from_config_opens_the_file_that_it_names(tmp_path: Path, key: str) -> None:
    path = str(tmp_path / "named.db")
    config = (
        {"path": path}
        if key == "path"
        else {key: {"provider": "litemem", "config": {"path": path}}}
    )
    with Memory.from_config(config) as memory:
        assert memory.store.path == path


def test_from_config_understands_mem0s_sections(tmp_path: Path) -> None:
    config = {
        "version": "v1.1",
        "history_db_path": "history.db",
        "vector_store": {"provider": "litemem", "config": {"path": str(tmp_path / "m.db")}},
        "embedder": {"provider": "fastembed", "config": {"model": "all-minilm-l6-v2-int8"}},
        "llm": {"provider": "llama_cpp", "config": {"model": "smollm2-135m"}},
        "custom_instructions": "Only food.",
    }
    with Memory.from_config(config) as memory:
        assert memory.llm.name == "smollm2-135m"
        assert memory.embedder.identity.name == "all-minilm-l6-v2-int8"


@pytest.mark.parametrize(
    "config",
    [
        None,
        [],
        {"pth": "x"},
        {"path": 5},
        {"durability": "sometimes"},
        {"vector_store": {"provider": "qdrant"}},
        {"vector_store": {"provider": "litemem", "config": ["path"]}},
        {"llm": {"provider": "openai", "config": {"model": "gpt-9"}}},
        {"embedder": "no-such-model"},
    ],
)
def test_from_config_refuses_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "m.db"))
    with pytest.raises(ValidationError):
        Memory.from_config(config)


def test_custom_instructions_are_shown_to_the_model(open_memory: OpenMemory) -> None:
    llm = ScriptedLLM([[], []])
    memory = open_memory(llm=llm, custom_instructions="Only food.")
    memory.add("I like tea", **CAM)
    memory.add("I like rum", prompt="Only drinks.", **CAM)
    assert "Only food." in llm.calls[0].text
    assert "Only drinks." in llm.calls[1].text
    assert "Only food." not in llm.calls[1].text


# -- two objects, one file


def test_two_memories_on_one_file_see_each_others_writes(open_memory: OpenMemory) -> None:
    one, other = open_memory(), open_memory()
    store_text(one, "likes tea")
    assert texts(other.search("tea", **CAM)) == ["likes tea"]
    other.delete_all(**CAM)
    assert texts(one.get_all(**CAM)) == []


class Renamed(HashEmbedder):
    """An embedder of the same dimensions with other weights."""

    @property
    def identity(self) -> EmbedderIdentity:
        return EmbedderIdentity("hash", 64, "other weights")


@pytest.mark.parametrize("other", [HashEmbedder(32), Renamed(64)])
def test_another_embedder_is_refused_with_a_hint_at_reindex(
    open_memory: OpenMemory, other: HashEmbedder
) -> None:
    store_text(open_memory(), "likes tea")
    with pytest.raises(EmbedderMismatchError, match="litemem reindex"):
        open_memory(embedder=other)


WITH_VECTORS: dict[str, Callable[[Memory, str], object]] = {
    "add": lambda m, _: m.add("I like rum", **CAM),
    "add as it stands": lambda m, _: m.add("I like rum", infer=False, **CAM),
    "search": lambda m, _: m.search("tea", **CAM),
    "update": lambda m, memory_id: m.update(memory_id, "likes rum"),
}


@pytest.mark.parametrize("call", WITH_VECTORS.values(), ids=WITH_VECTORS.keys())
def test_an_embedder_that_came_too_late_is_refused_and_changes_nothing(
    open_memory: OpenMemory, tmp_path: Path, call: Callable[[Memory, str], object]
) -> None:
    late = open_memory(["User likes rum"], embedder=HashEmbedder(32))  # the file is still empty
    memory_id = store_text(open_memory(), "likes tea")
    before = dump(tmp_path / "memory.db")
    with pytest.raises(EmbedderMismatchError):
        call(late, memory_id)
    assert dump(tmp_path / "memory.db") == before


def test_an_embedder_that_is_called_otherwise_but_is_the_same_is_welcome(
    open_memory: OpenMemory,
) -> None:
    class Alias(HashEmbedder):
        @property
        def identity(self) -> EmbedderIdentity:
            return EmbedderIdentity("alias", 64, "hash-64")

    store_text(open_memory(), "likes tea")
    assert texts(open_memory(embedder=Alias(64)).search("tea", **CAM)) == ["likes tea"]


def test_a_model_never_runs_inside_a_transaction(open_memory: OpenMemory, tmp_path: Path) -> None:
    """While a model works, another connection writes; it would wait in vain otherwise."""
    path = str(tmp_path / "memory.db")

    def write() -> None:
        connection = apsw.Connection(path)
        connection.execute("BEGIN IMMEDIATE; ROLLBACK")
        connection.close()

    class WritingEmbedder(HashEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
            write()
            return super().embed_documents(texts)

        def embed_query(self, text: str) -> Vector:
            write()
            return super().embed_query(text)

    class WritingLLM(ScriptedLLM):
        def generate(self, *arguments: Any, **keywords: Any) -> str:
            write()
            return super().generate(*arguments, **keywords)

    memory = open_memory(embedder=WritingEmbedder(64), llm=WritingLLM([["User likes tea"]]))
    memory.add("I like tea", **CAM)
    memory.update(memory.search("tea", **CAM)["results"][0]["id"], "likes rum")
    memory.add("I like milk", infer=False, **CAM)
    assert len(memory.get_all(**CAM)["results"]) == 2


def test_two_threads_that_process_one_turn_store_it_once(open_memory: OpenMemory) -> None:
    memory = open_memory(LLMError("no model"), ["User likes tea"], ["User likes tea"])
    with pytest.raises(LLMError):
        memory.add("I like tea", **CAM)
    threads = [threading.Thread(target=memory.process_pending) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts(memory.get_all(**CAM)) == ["User likes tea"]


def test_results_can_be_written_as_json(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"])
    added = memory.add("I like tea", metadata={"n": 1.5}, expires_at="2030-01-01", **CAM)
    memory_id = added["results"][0]["id"]
    everything = [added, memory.get(memory_id), memory.search("tea", **CAM)]
    json.dumps([*everything, memory.get_all(**CAM), memory.history(memory_id)])


def test_an_unreadable_answer_is_an_extraction_error(open_memory: OpenMemory) -> None:
    memory = open_memory("no", "no", "no", "no", "no", "no", "no")
    with pytest.raises(
        ExtractionError, match="scripted gave no valid answer to the prompt user_facts"
    ):
        memory.add("tea", **CAM)
