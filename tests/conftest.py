"""What all tests share: a memory without models, a clean environment, the real models by name."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, settings

import litemem
from litemem import Memory
from litemem.core.protocols import LLM, Embedder
from litemem.models import files as model_files
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.testing import HashEmbedder, ScriptedLLM

ROOT = Path(__file__).parents[1]
LIBRARY = Path(litemem.__file__).parents[1]  # what is tested: the checkout, or the wheel's place
# For scripts of `run_python`, who hand it a folder: where onnxruntime reports, as on a user's desk.
# It does not where a variable (CI, GITHUB_ACTIONS, ...) says that a machine is at work
AT_HOME = (
    "import os, sys; os.environ.clear(); "
    "os.environ['HOME'] = os.environ['XDG_CACHE_HOME'] = sys.argv[1]"
)
START = 1_750_000_000_000_000  # 2025-06-15T15:06:40 UTC, in microseconds

# the same examples for the same commit; the nightly ones are new each time
settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "nightly",
    max_examples=2_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("LITEMEM_TEST_PROFILE", "default"))

OpenMemory = Callable[..., Memory]


def schema_file(version: int) -> Path:
    """Return the file that an older litemem left, as `scripts/make_fixture` made it then."""
    return Path(__file__).parent / "files" / f"schema_{version:04}.sqlite"


def dump(path: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every ordinary table, the full-text index's own among them."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {
            name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
            for (name,) in names
        }


def run_python(script: str, *arguments: object) -> str:
    """Run a script in a process of its own, with our library; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Clock:
    """A clock that stands still until it is told to go on; `at` is in microseconds."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self.at += round((seconds + days * 86_400) * 1_000_000)


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Hide the developer's own settings; only where the models are is kept."""
    kept = {"LITEMEM_MODELS", "LITEMEM_TEST_PROFILE"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("LITEMEM_") and n not in kept]:
            patch.delenv(name)
        yield


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
