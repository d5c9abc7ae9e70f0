"""Choosing: a name, what was given, or what the environment says."""

from pathlib import Path
from typing import Any

import pytest

from litemem import AsyncMemory, Memory
from litemem.choosing import chosen_embedder, chosen_llm
from litemem.client import MemoryClient
from litemem.errors import ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM


def test_a_memory_takes_names(tmp_path: Path) -> None:
    with Memory(tmp_path / "a.db", embedder="hash:64", llm="smollm2-135m") as memory:
        assert memory.embedder.identity == HashEmbedder(64).identity
        assert memory.llm.name == "smollm2-135m"


def test_every_face_takes_names(tmp_path: Path) -> None:
    with MemoryClient(path=tmp_path / "a.db", embedder="hash", llm="smollm2-135m") as client:
        assert client.memory.llm.name == "smollm2-135m"
    asynchronous = AsyncMemory(tmp_path / "a.db", embedder="hash", llm="smollm2-135m")
    assert asynchronous.sync.embedder.identity.name == "hash"
    asynchronous.close()


def test_what_the_environment_names_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:64")
    monkeypatch.setenv("LITEMEM_LLM", "smollm2-135m")
    for memory in (Memory(tmp_path / "a.db"), Memory.from_config({"path": str(tmp_path / "a.db")})):
        with memory:
            assert memory.embedder.identity.dimensions == 64
            assert memory.llm.name == "smollm2-135m"
    given, scripted = HashEmbedder(), ScriptedLLM([])
    assert chosen_embedder(given) is given
    assert chosen_llm(scripted) is scripted


@pytest.mark.parametrize("name", ["hash:x", "hash:7", "no-such-model", 7, ["hash"], HashEmbedder])
def test_what_is_no_embedder_is_refused_when_the_memory_is_opened(
    tmp_path: Path, name: Any
) -> None:
    with pytest.raises(ValidationError) as refused:
        Memory(tmp_path / "a.db", embedder=name)
    assert "hash" in str(refused.value) or "all-minilm" in str(refused.value)


@pytest.mark.parametrize("name", ["no-such-model", 7, HashEmbedder()])
def test_what_is_no_language_model_is_refused_when_the_memory_is_opened(
    tmp_path: Path, name: Any
) -> None:
    with pytest.raises(ValidationError, match=r"litemem models list|qwen"):
        Memory(tmp_path / "a.db", embedder="hash", llm=name)
