"""What all tests share: a clock, the sample files, and runs of Python in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

import litemem
from litemem import Memory

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
FILES = TESTS / "files"
LIBRARY = Path(litemem.__file__).parents[1]  # what is tested: the checkout, or the wheel's place
# For scripts of `run_python`, who hand it a folder: where onnxruntime reports, as on a user's desk.
# It does not where a variable (CI, GITHUB_ACTIONS, ...) says that a machine is at work
AT_HOME = (
    "import os, sys; os.environ.clear(); "
    "os.environ['HOME'] = os.environ['XDG_CACHE_HOME'] = sys.argv[1]"
)
START = 1_750_000_000_000_000  # 2025-06-15T15:06:40 UTC, in microseconds

OpenMemory = Callable[..., Memory]


def schema_file(version: int) -> Path:
    """Return the file that an older litemem left, as `scripts/make_fixture` made it then."""
    return FILES / f"schema_{version:04}.sqlite"


def dump(path: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every ordinary table, the full-text index's own among them."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {
            str(name): connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
            for (name,) in tables
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


def drawn(*rows: tuple[int, str, str, str]) -> dict[str, Any]:
    """Return what a model answers that was asked for relations."""
    return {"relations": [list(row) for row in rows]}
