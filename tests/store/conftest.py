"""Fixtures for the tests of the store: a path and an open store."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from helpers import START
from helpers.records import ALICE, blob, fill, record
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.store.sqlite.store import SqliteStore

pytest.register_assert_rewrite("store.contract")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """A store with two memories of alice, one of bob, and a pending turn."""
    with closing(SqliteStore(path)) as opened:
        fill(
            opened,
            [record("m1"), record("m2", "avoids nuts"), record("m3", scope=Scope(user_id="bob"))],
            [blob(1), blob(0, 1), blob(0, 0, 1)],
        )
        with opened.write() as tx:
            tx.turns.open(ALICE, [Message("user", "hello")], {"a": 1}, START)
        yield opened
