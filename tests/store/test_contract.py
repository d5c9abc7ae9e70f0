"""SQLite keeps the contract of a storage backend, in a file and in memory."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from litemem.store import SqliteStore, Store
from store.contract import StoreContract


class TestFile(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with closing(SqliteStore(tmp_path / "memory.db")) as opened:
            yield opened


class TestInMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        with closing(SqliteStore(":memory:")) as opened:
            yield opened
