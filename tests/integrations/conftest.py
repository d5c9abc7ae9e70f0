"""Fixtures of the doors: server processes of `litemem mcp` on a file of their own."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import LIBRARY
from helpers.mcp_server import SCRIPT, Server, Start


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def environment(tmp_path: Path, db: Path) -> dict[str, str]:
    ours = {
        "LITEMEM_DB": str(db),
        "LITEMEM_EMBEDDER": "hash",
        "LITEMEM_MODELS": str(tmp_path / "models"),
        "LITEMEM_USER_ID": "default",
        "PYTHONPATH": str(LIBRARY),
    }
    return os.environ | ours


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    started: list[Server] = []

    def start_one(*options: str, script: tuple[str, ...] = (), program: str = SCRIPT) -> Server:
        command = ["-c", program, *script] if script else ["-m", "litemem", "mcp", *options]
        started.append(Server([sys.executable, *command], environment))
        return started[-1]

    yield start_one
    for server in started:
        server.stop()
