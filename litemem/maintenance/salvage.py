"""Salvage: what can be read of a damaged file, in a new file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from litemem.core.config import sqlite_path
from litemem.errors import SchemaError, StoreError
from litemem.maintenance.backup import atomic_write
from litemem.store.sqlite import EMPTY, DamagedFile, SqliteStore, replace_file


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of a damaged file: rows saved by table, and what is lost, a sentence each."""

    saved: Mapping[str, int]
    lost: Sequence[str]


def salvage(damaged: str | Path, target: str | Path) -> Salvaged:
    """Write what can be read of a damaged file into a new file; return what is saved and lost.

    Every page is read by itself, also those that nothing leads to any more, so that a damaged
    page takes what is on it and no more. What was committed to the write-ahead log counts, also
    behind a page that is damaged there. The damaged file is not written to; no other program should
    be writing it. The new file holds only what agrees with itself, and `verify` finds it sound, but
    for memories whose vectors are lost.

    Raises:
        ValidationError: one is no path.
        StoreError: the damaged file cannot be opened, or this program has it open; or the target
            exists or cannot be written.
        SchemaError: it is another program's file, as far as what is left of it shows.
    """
    source, target = sqlite_path(damaged), sqlite_path(target)
    if not source.is_file():
        raise StoreError(f"{source} is not a file: give the path of one that exists")
    if not source.stat().st_size:
        raise SchemaError(EMPTY.format(source))
    if target.exists():
        raise StoreError(f"{target} exists: give the path of a new file")
    with atomic_write(target) as part, DamagedFile(source) as wreck:
        store = SqliteStore(part, durability="normal")  # a half of it is thrown away
        try:
            with store.transaction() as tx:
                saved, lost = tx.salvage(wreck)
        finally:
            store.close()
        if wreck.is_foreign():
            raise SchemaError(f"{source} is not a litemem file: give the path of another")
        replace_file(part, target, None)
    return Salvaged(saved, lost)
