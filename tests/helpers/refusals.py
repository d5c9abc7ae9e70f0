"""Calls that must be refused without a change to the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import dump
from litemem import Memory
from litemem.errors import (
    LitememError,
)

HALF_A_PAIR = "half \ud800 a pair"
NOT_TEXT = [5, 1.5, True, b"bytes", ["list"], {"a": "dict"}, ...]
Call = Callable[[Memory], object]


def first_id(memory: Memory) -> str:
    memory_id: str = memory.get_all(user_id="cam")["results"][0]["id"]
    return memory_id


def refuse(memory: Memory, path: Path, error: type[LitememError], call: Call) -> None:
    """Assert that a call raises exactly this error with a message, and changes no table."""
    before = dump(path)
    with pytest.raises(error) as caught:
        call(memory)
    assert type(caught.value) is error
    assert str(caught.value)
    assert dump(path) == before


def add(messages: Any = "likes milk", **arguments: Any) -> Call:
    """Return a call of add, by default a valid one for cam."""
    given = {"user_id": "cam", "infer": False} | arguments
    return lambda memory: memory.add(messages, **given)


def update(*arguments: Any, **keywords: Any) -> Call:
    return lambda memory: memory.update(first_id(memory), *arguments, **keywords)
