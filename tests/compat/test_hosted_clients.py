"""Mem0's own clients against `litemem serve`; `tests/compat/install_clients` installs them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import CLIENTS, ROOT
from helpers.served import SECONDS, Served
from litemem import Memory

pytest.importorskip("uvicorn", reason="needs the extra serve")

PYTHON = CLIENTS / "python" / "bin" / "python"
NODE = CLIENTS / "node" / "node_modules" / ".bin" / "node"
PROGRAMS = ROOT / "tests" / "compat" / "clients"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Memory(tmp_path / "memory.db", embedder="hash") as memory:
        for user in ("linked", "linked sync", "linked async"):
            old, new = (
                memory.add(text, user_id=user, infer=False)["results"][0]["id"]
                for text in ("I live in Oslo.", "I live in Lisbon.")
            )
            memory.supersede(old, by=new)
    server = Served(tmp_path, "--port", "0")
    yield server
    assert server.stop() == 0


def run(server: Served, program: Path, *words: object) -> None:
    if not program.exists():
        pytest.skip("run tests/compat/install_clients, which installs Mem0's clients")
    quiet = {"MEM0_TELEMETRY": "false", "MEM0_DIR": str(server.db.parent / "mem0")}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in (program, *words)],
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
        env=environment | quiet,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as expected" in done.stdout


def test_the_client_for_python_works(served: Served) -> None:
    host = f"http://127.0.0.1:{served.port}"
    run(served, PYTHON, PROGRAMS / "hosted.py", host, served.token)


def test_the_client_for_node_works(served: Served) -> None:
    host = f"http://127.0.0.1:{served.port}"
    run(served, NODE, PROGRAMS / "hosted.mjs", host, served.token, CLIENTS / "node")
