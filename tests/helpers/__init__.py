"""Helpers of all tests: a clock, the sample files, and Python in a new process."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import apsw
import pytest

import litemem
from litemem import Memory

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
FILES = TESTS / "files"
LIBRARY = Path(litemem.__file__).parents[1]  # what is tested: the checkout, or the wheel's place
# What tests/compat/install_clients installs: the programs of others that are run against litemem
CLIENTS = Path(os.environ.get("MEM0_CLIENTS") or ROOT / ".venv" / "clients")
# The environment of a user's desk, for scripts of `run_python` that pass a folder: onnxruntime
# reports there, but not where a variable (CI, GITHUB_ACTIONS, ...) names a build machine.
AT_HOME = (
    "import os, sys; os.environ.clear(); "
    "os.environ['HOME'] = os.environ['XDG_CACHE_HOME'] = sys.argv[1]"
)
NIGHTLY = os.environ.get("LITEMEM_TEST_PROFILE") == "nightly"  # the long run of every test
START = 1_750_000_000_000_000  # 2025-06-15T15:06:40 UTC, in microseconds

OpenMemory = Callable[..., Memory]


def schema_file(version: int) -> Path:
    """Return the sample file of an older schema version, from `tests/files/make_fixture`."""
    return FILES / f"schema_{version:04}.sqlite"


def dump(path: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every ordinary table, including those of the full-text index."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {
            str(name): connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
            for (name,) in tables
        }


def run_python(script: str, *arguments: object) -> str:
    """Run a script in a new process with the tested library; return its output."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def python_with(module: str) -> str | None:
    """Return a Python that has a module: this one, that of the clients of others, or None."""
    if find_spec(module.partition(".")[0]):
        return sys.executable
    place = module.replace(".", "/")
    has_it = any((CLIENTS / "python").glob(f"lib/*/site-packages/{place}"))
    return str(CLIENTS / "python" / "bin" / "python") if has_it else None


class Clock:
    """A clock that only `advance` moves; `at` is in microseconds."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self.at += round((seconds + days * 86_400) * 1_000_000)


def drawn(*rows: tuple[int, str, str, str]) -> dict[str, Any]:
    """Return a model's answer to the question for relations."""
    return {"relations": [list(row) for row in rows]}


def write_line(config: pytest.Config, line: str) -> None:
    """Write a line to the terminal, although pytest captures the output of tests."""
    plugins = config.pluginmanager
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        plugins.get_plugin("terminalreporter").write_line(f"\n{line}")
