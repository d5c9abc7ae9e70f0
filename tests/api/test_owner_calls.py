"""The calls of a file's owner, by their public names: export, reindex, restore, salvage."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import litemem
from litemem import Memory
from litemem.errors import EmbedderMismatchError, ScopeError, StoreError
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}


def opened(path: Path | str, dimensions: int = 8) -> Memory:
    return Memory(
        path, embedder=HashEmbedder(dimensions), llm=ScriptedLLM([["Likes honey"], ["Likes honey"]])
    )


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with opened(tmp_path / "memory.db") as memory:
        memory.add("Likes tea", infer=False, **CAM)
        memory.add("Likes coffee", infer=False, user_id="jane")
        yield memory


# -- export


@pytest.mark.parametrize("vectors", [False, True])
def test_an_export_yields_the_lines_of_an_export_file(
    memory: Memory, tmp_path: Path, vectors: bool
) -> None:
    memory.export_file(tmp_path / "a.jsonl", vectors=vectors)
    written = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    assert "".join(memory.export(vectors=vectors)) == written


def test_an_export_of_a_scope_has_its_memories_only(memory: Memory) -> None:
    lines = [json.loads(line) for line in memory.export(**CAM)]
    assert [line["content"] for line in lines if line["kind"] == "memory"] == ["Likes tea"]


def test_an_export_shows_one_moment(memory: Memory) -> None:
    lines = memory.export()
    head = next(lines)
    memory.add("Likes milk", infer=False, **CAM)
    rest = list(lines)
    assert "Likes milk" not in "".join(rest)
    assert hashlib.sha256("".join(rest).encode()).hexdigest() in head


def test_an_export_checks_its_arguments_at_once(memory: Memory) -> None:
    with pytest.raises(ScopeError):
        memory.export(user_id=" ")


def test_an_export_of_a_memory_without_a_file_locks_nobody_out() -> None:
    with opened(":memory:") as memory:
        memory.add("Likes tea", infer=False, **CAM)
        lines = memory.export()
        memory.add("Likes milk", infer=False, **CAM)
        assert "Likes milk" not in "".join(lines)


# -- reindex


def test_a_reindex_changes_the_embedder_of_the_file_and_of_the_memory(
    memory: Memory, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    done = memory.reindex(HashEmbedder(16), progress=lambda *at: seen.append(at))
    assert done == {"embedded": 2}
    assert seen[-1] == (2, 2)
    assert memory.search("tea", **CAM)["results"][0]["memory"] == "Likes tea"
    memory.add("I like honey", **CAM)
    memory.update(memory.add("x", infer=False, **CAM)["results"][0]["id"], "Likes bread")
    memory.add("I like honey", async_mode=True, user_id="ann")
    assert memory.flush(60) == {"failed": 0}
    memory.close()
    with pytest.raises(EmbedderMismatchError):
        opened(tmp_path / "memory.db", 8)
    opened(tmp_path / "memory.db", 16).close()


def test_a_reindex_embeds_every_memory_again(memory: Memory) -> None:
    assert memory.reindex() == {"embedded": 2}


# -- restore and salvage


def test_a_backup_is_restored(memory: Memory, tmp_path: Path) -> None:
    copy = memory.backup(tmp_path / "copy.db")
    memory.delete_all(**CAM)
    memory.close()
    replaced = litemem.restore(copy, tmp_path / "memory.db")
    assert replaced is not None
    with opened(tmp_path / "memory.db") as restored:
        assert len(restored.get_all(**CAM)["results"]) == 1


def test_a_salvage_writes_a_new_file(memory: Memory, tmp_path: Path) -> None:
    memory.close()
    salvaged = litemem.salvage(tmp_path / "memory.db", tmp_path / "new.db")
    assert salvaged.saved["memory"] == 2
    assert not salvaged.lost
    with opened(tmp_path / "new.db") as new:
        assert len(new.get_all(**CAM)["results"]) == 1
    with pytest.raises(StoreError, match="exists"):
        litemem.salvage(tmp_path / "memory.db", tmp_path / "new.db")
