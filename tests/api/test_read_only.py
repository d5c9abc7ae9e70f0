"""`Memory(path, read_only=True)`: everything can be read, and nothing can be written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litemem import Memory, MemoryClient
from litemem.errors import (
    EmbedderMismatchError,
    SchemaError,
    StoreError,
    StoreReadOnlyError,
    ValidationError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}


class UntouchedEmbedder(HashEmbedder):
    """Fails when it is to embed."""

    def embed_documents(self, texts: Any) -> Any:
        raise AssertionError("nothing is to be embedded")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        memory.add("Likes tea", infer=False, **CAM)
    return path


def opened(path: Path, dimensions: int = 8) -> Memory:
    return Memory(path, embedder=UntouchedEmbedder(dimensions), llm=ScriptedLLM([]), read_only=True)


def test_every_reading_call_works(path: Path, tmp_path: Path) -> None:
    with opened(path) as memory:
        (row,) = memory.get_all(**CAM)["results"]
        assert memory.search("tea", **CAM)["results"][0]["id"] == row["id"]
        assert memory.get(row["id"]) is not None
        assert [entry["event"] for entry in memory.history(row["id"])] == ["ADD"]
        assert memory.event("?") is None
        assert memory.verify(full=True)["ok"]
        assert len(list(memory.export())) == memory.export_file(tmp_path / "a.jsonl")["memory"] + 2
        assert memory.backup(tmp_path / "copy.db").exists()


WRITES: list[Callable[[Memory], object]] = [
    lambda m: m.add("Likes milk", **CAM),
    lambda m: m.add("Likes milk", infer=False, **CAM),
    lambda m: m.add("Likes milk", async_mode=True, **CAM),
    lambda m: m.update(m.get_all(**CAM)["results"][0]["id"], "Likes milk"),
    lambda m: m.delete(m.get_all(**CAM)["results"][0]["id"]),
    lambda m: m.delete_all(**CAM),
    lambda m: m.erase(**CAM),
    lambda m: m.erase(dry_run=True, **CAM),
    lambda m: m.cleanup(expired=True, **CAM),
    lambda m: m.cleanup(vacuum=True),
    lambda m: m.reset(),
    lambda m: m.process_pending(),
    lambda m: m.flush(),
    lambda m: m.reindex(HashEmbedder(16)),
    lambda m: m.reindex(),
]


@pytest.mark.parametrize("write", WRITES)
def test_every_writing_call_is_refused(path: Path, write: Callable[[Memory], object]) -> None:
    before = path.read_bytes()
    with opened(path) as memory, pytest.raises(StoreReadOnlyError, match="read_only=True"):
        write(memory)
    assert path.read_bytes() == before


def test_an_import_is_refused(path: Path, tmp_path: Path) -> None:
    with opened(path) as memory:
        memory.export_file(tmp_path / "a.jsonl")
        with pytest.raises(StoreReadOnlyError, match="read_only=True"):
            memory.import_file(tmp_path / "a.jsonl", on_conflict="skip")


def test_only_a_search_needs_the_embedder_of_the_file(path: Path) -> None:
    with opened(path, dimensions=16) as memory:
        assert len(memory.get_all(**CAM)["results"]) == 1
        with pytest.raises(EmbedderMismatchError):
            memory.search("tea", **CAM)


def test_a_file_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        opened(tmp_path / "memory.db")
    assert not any(tmp_path.iterdir())


def test_the_default_file_is_not_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITEMEM_DB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(StoreError, match="does not exist"):
        Memory(embedder=HashEmbedder(8), llm=ScriptedLLM([]), read_only=True)
    assert not any(tmp_path.iterdir())


def test_an_empty_file_a_folder_and_memory_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(SchemaError, match="empty"):
        opened(tmp_path / "empty.db")
    with pytest.raises(StoreError, match="folder"):
        opened(tmp_path)
    with pytest.raises(StoreError, match="does not exist"):
        Memory(":memory:", embedder=HashEmbedder(8), llm=ScriptedLLM([]), read_only=True)


def test_read_only_is_a_flag(path: Path) -> None:
    with pytest.raises(ValidationError, match="read_only"):
        Memory(path, embedder=HashEmbedder(8), llm=ScriptedLLM([]), read_only=1)  # type: ignore[arg-type]


def test_a_config_opens_a_file_to_read(path: Path) -> None:
    config = {"path": str(path), "embedder": "hash:8", "read_only": True}
    with Memory.from_config(config) as memory, pytest.raises(StoreReadOnlyError):
        memory.reset()


def test_a_client_that_reads_only_writes_nothing(path: Path) -> None:
    client = MemoryClient(path=path, embedder=HashEmbedder(8), llm=ScriptedLLM([]), read_only=True)
    with client:
        (row,) = client.get_all(**CAM)["results"]
        for write in (
            lambda: client.feedback(row["id"], "POSITIVE"),
            lambda: client.project.update(custom_instructions="Only food."),
            lambda: client.batch_delete([{"memory_id": row["id"]}]),
        ):
            with pytest.raises(StoreReadOnlyError):
                write()
