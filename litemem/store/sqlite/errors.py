"""SQLite's faults as ours: one table, used by everything that touches the file."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from litemem.errors import (
    CorruptError,
    SchemaError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from litemem.store.sqlite.rows import RowDamageError

_DAMAGED = "it is damaged; restore a backup, or save what is left with `litemem salvage`"

_CHANGED = (
    "another tool changed it, which `litemem verify --fix` mends, or it is damaged: then restore a "
    "backup, or save what is left with `litemem salvage`"
)

# The first class that fits decides; apsw.Error at the end takes what has no advice of its own.
FAULTS: tuple[tuple[type[apsw.Error], type[StoreError], str], ...] = (
    (apsw.BusyError, StoreBusyError, "another program holds it; try again when that is done"),
    (apsw.LockedError, StoreBusyError, "another connection holds it; try again"),
    (
        apsw.FullError,
        StoreFullError,
        "the disk is full; free some space, this write changed nothing",
    ),
    (apsw.ReadOnlyError, StoreReadOnlyError, "it may not be written; check it and its folder"),
    (apsw.PermissionsError, StoreReadOnlyError, "it may not be accessed; check its permissions"),
    (apsw.AuthError, StoreError, "SQLite refused the statement"),
    (apsw.CantOpenError, StoreError, "it cannot be opened; check the folder and its permissions"),
    (apsw.NotADBError, SchemaError, "it is not an SQLite database; give the path of another file"),
    (apsw.CorruptError, CorruptError, _DAMAGED),
    (apsw.FormatError, CorruptError, _DAMAGED),
    (apsw.IOError, StoreError, "the disk failed to read or write; this write changed nothing"),
    (apsw.Error, StoreError, "SQLite reports a fault"),
)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise apsw's errors as ours, naming the file and what to do.

    SQLite does not look into texts: one that is damaged shows when Python decodes it.
    """
    try:
        yield
    except apsw.Error as error:
        raise translate(error, path) from error
    except RowDamageError as error:
        raise CorruptError(f"{path}: {_CHANGED} ({error})") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CorruptError(f"{path}: {_DAMAGED} ({error})") from error


def translate(error: apsw.Error, path: str) -> StoreError:
    """Return our error for one of apsw's."""
    for theirs, ours, advice in FAULTS:
        if isinstance(error, theirs):
            return ours(f"{path}: {advice} ({error})")
    raise AssertionError("the table ends in apsw.Error")
