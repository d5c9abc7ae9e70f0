"""Refused versions of SQLite, and apsw's errors as litemem's."""

import apsw
import pytest

from litemem.errors import (
    CorruptError,
    SchemaError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from litemem.store.sqlite.connection import check_sqlite
from litemem.store.sqlite.errors import FAULTS, translate


@pytest.mark.parametrize("version", ["3.51.2", "3.50.9", "3.9.0", "2.99.99"])
def test_an_sqlite_that_can_corrupt_files_is_refused(version: str) -> None:
    with pytest.raises(StoreError, match="pip install -U apsw"):
        check_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "3.100.0", "4.0.0"])
def test_a_sound_sqlite_is_accepted(version: str) -> None:
    check_sqlite(version)


APSW_ERRORS = set(
    """AbortError AuthError BindingsError BusyError CantOpenError ConnectionClosedError
    ConnectionNotClosedError ConstraintError CorruptError CursorClosedError EmptyError Error
    ExecTraceAbort ExecutionCompleteError ExtensionLoadingError ForkingViolationError FormatError
    FullError IOError IncompleteExecutionError InternalError InterruptError InvalidContextError
    LockedError MismatchError MisuseError NoFTS5Error NoLFSError NoMemError NotADBError
    NotFoundError PermissionsError ProtocolError RangeError ReadOnlyError SQLError
    SchemaChangeError ThreadingViolationError TooBigError VFSFileClosedError
    VFSNotImplementedError""".split()
)


def _apsw_errors() -> dict[str, type[apsw.Error]]:
    found = {name: getattr(apsw, name) for name in dir(apsw)}
    return {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    }


def test_apsw_has_grown_no_error_that_nobody_looked_at() -> None:
    assert set(_apsw_errors()) == APSW_ERRORS


@pytest.mark.parametrize("kind", _apsw_errors().values(), ids=_apsw_errors().keys())
def test_every_error_of_apsw_becomes_one_of_ours_that_names_the_file(kind: type) -> None:
    assert "memory.db: " in str(translate(kind("reason"), "memory.db"))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (apsw.BusyError, StoreBusyError),
        (apsw.LockedError, StoreBusyError),
        (apsw.FullError, StoreFullError),
        (apsw.ReadOnlyError, StoreReadOnlyError),
        (apsw.PermissionsError, StoreReadOnlyError),
        (apsw.NotADBError, SchemaError),
        (apsw.CorruptError, CorruptError),
        (apsw.ConstraintError, StoreError),
    ],
)
def test_an_error_of_apsw_becomes_the_one_that_says_what_to_do(
    theirs: type[apsw.Error], ours: type[StoreError]
) -> None:
    assert type(translate(theirs("reason"), "memory.db")) is ours


def test_no_row_of_the_fault_table_is_hidden_by_one_before() -> None:
    hidden = [
        later
        for i, (later, _, _) in enumerate(FAULTS)
        if any(issubclass(later, earlier) for earlier, _, _ in FAULTS[:i])
    ]
    assert not hidden
