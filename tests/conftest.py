"""Fixtures for all tests: a memory without models, a clean environment, and the real models."""

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from helpers import Clock, OpenMemory
from litemem import Memory
from litemem.core.protocols import LLM, Embedder
from litemem.models import files as model_files
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.store.sqlite.locks import GATE
from litemem.store.sqlite.vector_index import BATCH
from litemem.testing import HashEmbedder, ScriptedLLM

# the same examples for the same commit; the nightly ones are new each time
settings.register_profile("quick", max_examples=10, deadline=None, derandomize=True)
settings.register_profile("default", max_examples=30, deadline=None, derandomize=True)
settings.register_profile(
    "nightly",
    max_examples=2_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("LITEMEM_TEST_PROFILE", "default"))


@pytest.fixture
def early_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the vector index made for the first batch, as files of earlier versions have it."""
    monkeypatch.setattr("litemem.store.sqlite.vector_index.FEWEST", BATCH)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests that need POSIX on other systems; keep a sample of cases if one is asked for.

    With LITEMEM_TEST_SAMPLE=N, a test with many parameters runs with N of them, evenly spread.
    """
    for item in items:
        if os.name != "posix" and item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip(reason="needs POSIX"))
    most = int(os.environ.get("LITEMEM_TEST_SAMPLE", "0"))
    if most:
        cases: dict[str, list[pytest.Item]] = {}
        for item in items:
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
        kept = {id(each) for found in cases.values() for each in spread(found, most)}
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
        items[:] = [item for item in items if id(item) in kept]


def spread(items: list[pytest.Item], most: int) -> list[pytest.Item]:
    """Return at most so many items: the first, the last, and those between at equal distances."""
    if len(items) <= most:
        return items
    step = (len(items) - 1) / max(most - 1, 1)
    return [items[round(i * step)] for i in range(most)]


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Hide the developer's own settings; only where the models are is kept."""
    kept = {"LITEMEM_MODELS", "LITEMEM_TEST_PROFILE"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("LITEMEM_") and n not in kept]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def nobody_stays_inside() -> Iterator[None]:
    """Fail a test that leaves a thread counted as inside SQLite: this process could not fork."""
    yield
    if GATE._inside:
        gc.collect()  # a stream that nobody read to its end
        waited_until = time.monotonic() + 5
        while GATE._inside and time.monotonic() < waited_until:
            time.sleep(0.01)
        left = dict(GATE._inside)
        GATE._inside.clear()  # the tests after it are not to blame
        assert not left


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
def open_memory(tmp_path: Path, now: Clock) -> Iterator[OpenMemory]:
    """Open memories on one file, `memory.db` in `tmp_path`, with fakes; closed after the test."""
    opened: list[Memory] = []

    def open_one(
        *answers: object,
        path: Path | str | None = None,
        embedder: Embedder | None = None,
        llm: LLM | None = None,
        **settings: object,
    ) -> Memory:
        memory = Memory(
            path or tmp_path / "memory.db",
            embedder=embedder or HashEmbedder(64),
            llm=llm or ScriptedLLM(answers),
            now=now,
            **settings,
        )
        opened.append(memory)
        return memory

    yield open_one
    for memory in opened:
        memory.close()


@pytest.fixture
def memory(open_memory: OpenMemory) -> Memory:
    return open_memory()


@pytest.fixture(scope="session")
def default_llm() -> Iterator[LlamaCppLLM]:
    yield from _language_model("qwen2.5-coder-1.5b")


@pytest.fixture(scope="session")
def tiny_llm() -> Iterator[LlamaCppLLM]:
    yield from _language_model("smollm2-135m")


@pytest.fixture(scope="session")
def default_embedder() -> Iterator[FastEmbedEmbedder]:
    embedder = FastEmbedEmbedder()
    model_files.verified_folder(embedder.identity.name)  # raises, with what to do, when missing
    yield embedder
    embedder.close()


def _language_model(name: str) -> Iterator[LlamaCppLLM]:
    model_files.verified_path(name)  # raises, with what to do, when missing
    llm = LlamaCppLLM(name)
    yield llm
    llm.close()
