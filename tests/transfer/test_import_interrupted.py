"""Imports that are interrupted, resumed, or run at the same time as others."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers import LIBRARY, Clock, OpenMemory, dump
from helpers.archives import (
    CAM,
    EMBEDDER,
    build,
    exported,
    memory_line,
    memory_values,
    open_store,
    sealed,
    taken_in,
    two_versions,
)
from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.errors import EmbedderError, StoreFullError, ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.importer import import_file

# -- interruptions


class FailingEmbedder(HashEmbedder):
    """Embeds so many texts, then fails."""

    def __init__(self, left: int) -> None:
        super().__init__(8)
        self.left = left

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        self.left -= len(texts)
        if self.left < 0:
            raise EmbedderError("out of memory")
        return super().embed_documents(texts)


def test_an_interrupted_import_goes_on_with_skip_and_ends_complete(tmp_path: Path) -> None:
    with open_store() as one:
        steps: list[Any] = [
            ("add", memory_values(f"text {i}"), [("Anna", "likes", f"x{i % 7}")])
            for i in range(700)
        ]
        steps[300:300] = [("supersede", i, i + 200) for i in range(0, 90, 9)]
        build(one, [*steps, ("wait", "what waits", 3), ("delete", 5, None)])
        data = exported(one)
    with open_store(tmp_path / "memory.db") as store:
        with pytest.raises(EmbedderError):
            import_file(store, FailingEmbedder(300), io.BytesIO(data))
        assert 0 < reading(store).overview().memories < 600
        assert not [finding for finding in store.check(full=True) if finding.problems]
        taken_in(store, data, on_conflict="skip")
        assert exported(store) == data


@pytest.mark.slow
def test_an_import_that_a_full_disk_ends_reports_how_to_resume(tmp_path: Path) -> None:
    """Previously it said that nothing was changed."""
    data = sealed([memory_line(n, content=f"text {n} " * 100) for n in range(1, 2_001)])
    with open_store(tmp_path / "memory.db") as store:
        pages = store._writer.connection.pragma("page_count")
        store._writer.connection.pragma("max_page_count", pages + 300)
        with pytest.raises(StoreFullError) as told:
            taken_in(store, data)
        (note,) = told.value.__notes__
        assert note.startswith(
            f"{reading(store).overview().memories:,} of 2,000 lines were imported before"
        )
        assert '"skip" continues' in note
        assert "nothing was changed" not in str(told.value)
        store._writer.connection.pragma("max_page_count", 2**31)
        taken_in(store, data, on_conflict="skip")
        assert reading(store).overview().memories == 2_000


def test_a_dry_run_says_what_would_happen_and_writes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "memory.db") as store:
        taken_in(store, sealed([memory_line(1)]))
        before = dump(tmp_path / "memory.db")
        data = sealed([memory_line(1, content="other"), memory_line(2)])
        foreseen = taken_in(store, data, on_conflict="overwrite", dry_run=True)
        assert foreseen == {"added": 1, "overwritten": 1, "embedded": 2}
        assert dump(tmp_path / "memory.db") == before
        assert taken_in(store, data, on_conflict="overwrite") == foreseen


def test_a_dry_run_of_a_merge_counts_what_would_change(
    tmp_path: Path, open_memory: OpenMemory, now: Clock
) -> None:
    memory, data = two_versions(tmp_path, open_memory, now)
    memory.add("stays as it is", **CAM, infer=False)
    same = exported(memory.store)
    for archive_of, outcome in ((same, {"skipped": 2}), (data, {"merged": 1, "embedded": 1})):
        for dry_run in (True, False):
            options = {"on_conflict": "merge", "dry_run": dry_run}
            done = memory.import_file(io.BytesIO(archive_of), **options)
            assert {n: v for n, v in done.items() if v and n != "messages"} == outcome


def test_other_project_settings_are_reported_before_anything_is_imported(tmp_path: Path) -> None:
    """Previously a dry run let them pass."""
    settings = {"kind": "project", "settings": {"instructions": "theirs"}}
    with open_store(tmp_path / "memory.db") as store:
        with store.write() as tx:
            tx.settings.update_project({"instructions": "ours"})
        before = dump(tmp_path / "memory.db")
        for dry_run in (True, False):
            with pytest.raises(ValidationError, match=r"other project settings.*--on-conflict"):
                taken_in(
                    store,
                    sealed([settings, memory_line()]),
                    dry_run=dry_run,
                    project_settings=True,
                )
        assert dump(tmp_path / "memory.db") == before
        taken_in(
            store, sealed([settings, memory_line()]), on_conflict="skip", project_settings=True
        )
        assert reading(store).settings.project() == {"instructions": "ours"}


# -- several at once


class Stopping(HashEmbedder):
    """Lets something else happen while the texts of an import are embedded, once."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(8)
        self._waiting = [meanwhile]

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        if self._waiting:
            self._waiting.pop()()
        return super().embed_documents(texts)


def conversation(path: Path, user: str, number: int) -> Path:
    """Write an archive of what a user said."""
    with Memory(":memory:", embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        said = [{"role": "user", "content": f"{user} says {i}"} for i in range(number)]
        memory.add(said, user_id=user, infer=False)
        memory.export_file(path)
    return path


def counted(memory: Memory, user: str) -> tuple[int, int]:
    """Return how many memories and messages a user has."""
    said = reading(memory.store).messages.last(Scope(user_id=user), limit=10_000)
    return len(memory.get_all(user_id=user, limit=10_000)["results"]), len(said)


def two_archives(folder: Path, open_memory: OpenMemory) -> tuple[Path, Path, Memory]:
    """Return a long and a short archive, and a memory that holds something else."""
    long = conversation(folder / "long.jsonl", "ann", 600)
    short = conversation(folder / "short.jsonl", "bob", 10)
    memory = open_memory(embedder=HashEmbedder(8))
    memory.add("there already", user_id="eve", infer=False)
    return long, short, memory


@pytest.mark.slow
def test_an_import_may_begin_and_end_while_another_is_on_its_way(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    """Each has notes of its own on what the file had."""
    long, short, memory = two_archives(tmp_path, open_memory)
    embedder = Stopping(lambda: memory.import_file(short))
    assert import_file(memory.store, embedder, long).added == 600
    assert (counted(memory, "ann"), counted(memory, "bob")) == ((600, 600), (10, 10))
    assert memory.import_file(long, on_conflict="skip")["messages"] == 0
    assert memory.verify(full=True)["ok"]


@pytest.mark.slow
def test_imports_of_many_threads_take_in_all(tmp_path: Path, open_memory: OpenMemory) -> None:
    archives = {
        user: conversation(tmp_path / f"{user}.jsonl", user, 300) for user in ("ann", "bob", "eve")
    }
    memory = open_memory(embedder=HashEmbedder(8))
    memory.add("there already", user_id="ann", infer=False)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(memory.import_file, archives.values()))
    assert [each["added"] for each in done] == [300] * 3
    assert [counted(memory, user) for user in archives] == [(301, 301), (300, 300), (300, 300)]
    assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize("what", ["erase", "vacuum"])
def test_an_import_goes_on_while_the_file_is_rewritten(
    tmp_path: Path, open_memory: OpenMemory, what: str
) -> None:
    """Previously both dropped the import's notes, for they change where SQLite keeps such."""
    archive_file = conversation(tmp_path / "all.jsonl", "ann", 20)
    calls = {
        "erase": lambda: memory.erase(user_id="eve"),
        "vacuum": lambda: memory.cleanup(vacuum=True),
    }
    memory = open_memory(embedder=HashEmbedder(8))
    memory.add("there already", user_id="eve", infer=False)
    memory.import_file(archive_file)
    for row in memory.get_all(user_id="ann", limit=100)["results"][:10]:
        memory.delete(row["id"])
    embedder = Stopping(calls[what])
    done = import_file(memory.store, embedder, archive_file, on_conflict="skip")
    assert (done.added, done.messages) == (10, 0)
    assert memory.verify(full=True)["ok"]


IMPORTING = """
import sys
from litemem import Memory
from litemem.testing import HashEmbedder
class Telling(HashEmbedder):
    def embed_documents(self, texts):
        print("embedding", flush=True)
        sys.stdin.readline()
        return super().embed_documents(texts)
with Memory(sys.argv[1], embedder=Telling(8)) as memory:
    print(memory.import_file(sys.argv[2])["added"], flush=True)
"""


@pytest.mark.slow
def test_an_import_goes_on_while_another_program_imports(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    long, short, memory = two_archives(tmp_path, open_memory)
    command = [sys.executable, "-B", "-c", IMPORTING, str(tmp_path / "memory.db"), str(long)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    with subprocess.Popen(command, env=env, **pipes) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "embedding\n"
        assert memory.import_file(short)["added"] == 10
        rest, _ = other.communicate("\n" * 10)
    assert rest.splitlines()[-1] == "600"
    assert (counted(memory, "ann"), counted(memory, "bob")) == ((600, 600), (10, 10))
    assert memory.verify(full=True)["ok"]
