"""Fixtures for the tests of refused input: a file with one memory of each kind."""

from pathlib import Path

import pytest

from helpers.refusals import first_id
from litemem import Memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def filled(memory: Memory) -> Memory:
    """A memory of two users, with a history and messages."""
    memory.add("likes tea", user_id="cam", infer=False, metadata={"n": 1})
    memory.add("likes rum", user_id="jane", agent_id="bar", infer=False)
    memory.update(first_id(memory), "likes green tea")
    return memory
