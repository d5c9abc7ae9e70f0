"""Map SQLite's errors to litemem's, with the file's name and advice."""

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
from litemem.store.sqlite.values import RowDamageError

_SAVE = "save the readable rows with `litemem salvage` or litemem.salvage()"
_DAMAGED = f"it is damaged; restore a backup, or {_SAVE}"
_CHANGED = (
    "another tool changed it, which `litemem verify --fix` repairs (a text: --accept-edited), or "
    f"it is damaged: then restore a backup, or {_SAVE}"
)

# The first class that fits decides; apsw.Error at the end takes those without advice of their own.
FAULTS: tuple[tuple[type[apsw.Error], type[StoreError], str], ...] = (
    (apsw.BusyError, StoreBusyError, "another program is using it; try again when it has finished"),
    (apsw.LockedError, StoreBusyError, "another connection is using it; try again"),
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
    (apsw.Error, StoreError, "SQLite reports an error"),
)
# What SQLite says of a value that is no JSON, no text, or no vector of the right size.
_WRONG_VALUES = ("malformed JSON", "JSON cannot hold", "vector")
# SQLite does not check texts: a damaged one fails when Python decodes it.
SQLITE_ERRORS = (apsw.Error, RowDamageError, UnicodeDecodeError)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise every one of `SQLITE_ERRORS` inside the block as a `StoreError` that names the file."""
    try:
        yield
    except SQLITE_ERRORS as error:
        raise translate(error, path) from error


def translate(error: Exception, path: str) -> StoreError:
    """Return our error for one of `SQLITE_ERRORS`."""
    is_wrong_value = isinstance(error, apsw.SQLError) and any(
        words in str(error) for words in _WRONG_VALUES
    )
    if isinstance(error, RowDamageError) or is_wrong_value:
        return CorruptError(f"{path}: {_CHANGED} ({error})")
    for theirs, ours, advice in FAULTS:
        if isinstance(error, theirs):
            return ours(f"{path}: {advice} ({error})")
    return CorruptError(f"{path}: {_DAMAGED} ({error})")
