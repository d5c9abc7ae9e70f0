"""Check a file: SQLite's own checks, the schema, the full text, the invariants, and an export."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import apsw

from litemem.core.checks import parse
from litemem.store.archive.lines import validate_line
from litemem.store.archive.references import ReferenceCheck
from litemem.store.protocol import CheckResult, EditedText
from litemem.store.sqlite import schema
from litemem.store.sqlite.archive.writer import ArchiveWriter
from litemem.store.sqlite.connection import read_transaction
from litemem.store.sqlite.errors import SQLITE_ERRORS
from litemem.store.sqlite.integrity import references
from litemem.store.sqlite.integrity.btree import Log, read_log
from litemem.store.sqlite.integrity.edited import (
    add_hash_function,
    edited_texts,
    wrong_hashes,
)
from litemem.store.sqlite.integrity.invariants import INVARIANTS, MARK, Invariant
from litemem.store.sqlite.open_files import is_open
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.turns import unreadable_turns
from litemem.store.sqlite.values import COLUMNS
from litemem.store.sqlite.wrong_values import find_wrong, present

TABLES = ("setting", *COLUMNS)
_SMALL = ("setting", "turn")  # tables that every use of a file reads: the quick check does, too
EXAMPLES = 3  # offenders that a result names
_SHOWN = 80  # characters of a line; its kind and number come first
MAX_PROBLEMS = 100  # of SQLite's own checks; a damaged file could report millions
VALUES = "every value can be read"
_CIRCLES = "no memory supersedes itself through others"
_SETTINGS_AND_TURNS = "every setting and pending turn can be read"
_TEXTS = "the full text matches the memories"
_HASHES = "every text is valid and matches its hash"
_EDITED = "no text was changed by another tool"
_ACCEPT = (
    "look at each; `litemem verify --accept-edited` makes them the memories' own, "
    "`litemem update ID TEXT` gives one another text, `litemem delete ID` deletes it"
)
_LINES = "every line of an export can be imported"
_REBUILT = frozenset({"full text", "vector index"})  # rebuilt without being read
_UNOPENED = "opening the file would drop the pages behind: save them first: litemem salvage"
_UNCOMPARED = "not compared: SQLite compares only in a writable file; verify a backup"
_DAMAGED = "restore a backup, or save the readable rows: litemem salvage"


def check(connection: apsw.Connection, *, full: bool) -> list[CheckResult]:
    """Check one moment of a file; return the result of each check, SQLite's own first.

    The quick check reads every page once; the full check also compares every index with its table
    and validates the contents. If damage stops a check, the result says so and the next one runs.
    """
    add_hash_function(connection)
    # needs the write lock, which SQLite refuses inside an older read transaction
    texts = [_compare_texts(connection)] if full else []
    with read_transaction(connection):
        results = [
            _run("SQLite's pages and indexes", lambda: _pages(connection, full), "indexes"),
            _run("every key refers to a row", lambda: _foreign_keys(connection), "orphans"),
            _run("the schema is complete", lambda: _schema(connection), "schema"),
            _run(_SETTINGS_AND_TURNS, lambda: _settings_and_turns(connection), "values"),
        ]
        held = [
            _check_invariant(connection, invariant) for invariant in _applying(connection, full)
        ]
        held.append(_run(_CIRCLES, lambda: _circles(connection), "references"))
        if full:
            held.append(_run(VALUES, lambda: _values(connection), "values", _DAMAGED))
            held.append(_run(_HASHES, lambda: _wrong_hashes(connection), "hashes"))
            held.append(_check_edited(connection))
        is_latest = connection.pragma("user_version") == latest_version()
        if full and is_latest and not results[2].problems:
            held.append(_run(_LINES, lambda: _lines(connection), None, _DAMAGED))
    return results + texts + held


def check_log(path: str) -> CheckResult:
    """Check, before SQLite opens the file, that its write-ahead log is readable to the end.

    A log that this process has open was already read by SQLite.
    """
    log = Log(0, {})
    if not is_open(path):
        with suppress(OSError):  # SQLite reports missing permissions better
            log = read_log(Path(f"{path}-wal"))
    return CheckResult(
        check="the write-ahead log can be read to its end",
        examined=len(log.pages),
        problems=log.unreadable,
        examples=("more was committed behind the damage",) if log.unreadable else (),
        advice=_UNOPENED if log.unreadable else None,
    )


def _applying(connection: apsw.Connection, full: bool) -> list[Invariant]:
    """Return the invariants of a file of this version."""
    version = connection.pragma("user_version")
    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    return [
        invariant
        for invariant in INVARIANTS
        if (full or not invariant.full)
        and version >= invariant.since
        and present.issuperset(invariant.tables)
    ]


def _check_invariant(connection: apsw.Connection, invariant: Invariant) -> CheckResult:
    def examine() -> tuple[int, Iterator[str]]:
        number = connection.execute(f"SELECT count(*) FROM {invariant.over}").get
        rows = connection.execute(invariant.offenders)
        return number, (str(row[0]) for row in rows)

    return _run(invariant.name, examine, invariant.repair, invariant.advice)


def _run(
    name: str,
    examine: Callable[[], tuple[int, Iterator[str] | Sequence[str]]],
    repair: str | None,
    advice: str = "restore a backup",
) -> CheckResult:
    """Run a check; damage that stops it counts as one more problem."""
    examined, problems, examples = 0, 0, []
    try:
        examined, offenders = examine()
        for offender in offenders:
            problems += 1
            if problems <= EXAMPLES:
                examples.append(offender)
    except (apsw.BusyError, apsw.LockedError):
        raise
    except SQLITE_ERRORS as error:
        problems += 1
        examples.append(f"cannot be read: {error}")
        if repair not in _REBUILT:
            repair, advice = None, _DAMAGED
    return CheckResult(
        check=name,
        examined=examined,
        problems=problems,
        examples=tuple(examples),
        repair=repair if problems else None,
        advice=advice if problems else None,
    )


def _pages(connection: apsw.Connection, full: bool) -> tuple[int, list[str]]:
    pragma = "integrity_check" if full else "quick_check"
    problems = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}({MAX_PROBLEMS})")]
    return connection.pragma("page_count"), [] if problems == ["ok"] else problems


def _foreign_keys(connection: apsw.Connection) -> tuple[int, Iterator[str]]:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").get
    rows = connection.execute("PRAGMA foreign_key_check")
    return tables, (f"{table} {pk} → {parent}" for table, pk, parent, _ in rows)


def _circles(connection: apsw.Connection) -> tuple[int, list[str]]:
    number = connection.execute("SELECT count(*) FROM memory WHERE superseded_by IS NOT NULL").get
    return number, [" → ".join(map(str, circle)) for circle in references.circles(connection)]


def _settings_and_turns(connection: apsw.Connection) -> tuple[int, list[str]]:
    found = [str(wrong) for wrong in find_wrong(connection, _SMALL)]
    turns = unreadable_turns(connection).values()
    return _rows(connection, _SMALL), list(dict.fromkeys([*found, *turns]))


def _values(connection: apsw.Connection) -> tuple[int, Iterator[str]]:
    others = [table for table in TABLES if table not in _SMALL]
    return _rows(connection, others), map(str, find_wrong(connection, others))


def _wrong_hashes(connection: apsw.Connection) -> tuple[int, Iterator[str]]:
    """Find texts that are not UTF-8, and wrong hashes of right texts."""
    number = connection.execute("SELECT count(*) FROM memory").get
    invalid = connection.execute(
        "SELECT pk FROM memory WHERE litemem_hash(CAST(content AS BLOB)) IS NULL"
        " OR typeof(content) <> 'text'"
    )
    return number, chain((str(pk) for (pk,) in invalid), wrong_hashes(connection))


def _check_edited(connection: apsw.Connection) -> CheckResult:
    found: list[EditedText] = []

    def examine() -> tuple[int, list[str]]:
        found.extend(edited_texts(connection))
        number = connection.execute("SELECT count(*) FROM memory").get
        return number, [edited.memory_id for edited in found]

    return replace(_run(_EDITED, examine, None, _ACCEPT), edited=tuple(found))


def _rows(connection: apsw.Connection, tables: Iterable[str]) -> int:
    there = present(connection, tables)
    return sum(int(connection.execute(f"SELECT count(*) FROM {name}").get) for name in there)


def _schema(connection: apsw.Connection) -> tuple[int, list[str]]:
    expected = schema.expected_parts(int(connection.pragma("user_version")))
    found = {part.name: part.plain for part in schema.read_parts(connection)}
    return len(expected), [
        f"{part.kind} {part.name} {'differs' if part.name in found else 'is missing'}"
        for part in expected
        if found.get(part.name) != part.plain
    ] + _missing_index(connection, found.keys())


def _missing_index(connection: apsw.Connection, present: Any) -> list[str]:
    """Report a missing vector index if the settings say that one was built."""
    mark = connection.execute(f"SELECT {MARK}").get if "setting" in present else 0
    is_missing = mark and "memory_vec" not in present
    return ["table memory_vec is missing"] if is_missing else []


def _compare_texts(connection: apsw.Connection) -> CheckResult:
    if connection.readonly("main"):
        return CheckResult(check=_TEXTS, examined=0, advice=_UNCOMPARED)
    return _run(_TEXTS, lambda: _full_text(connection), "full text")


def _full_text(connection: apsw.Connection) -> tuple[int, list[str]]:
    """Compare the full text with the contents: writes nothing, but takes the write lock."""
    number = connection.execute("SELECT count(*) FROM memory").get
    for name in ("memory_fts", "passage_fts"):
        if present(connection, [name.removesuffix("_fts")]):
            connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
    return number, []


def _lines(connection: apsw.Connection) -> tuple[int, Iterator[str]]:
    """Validate every line of an export as an import does: times, numbers, names, references."""
    writer = ArchiveWriter(connection, None, vectors=False)
    return sum(writer.counts.values()), _unimportable(writer)


def _unimportable(writer: ArchiveWriter) -> Iterator[str]:
    """Yield what an export leaves out, apart from memories, and lines that an import refuses."""
    edited = set(writer.damaged_memories)  # other checks name these
    yield from (f"left out: {name}" for name in writer.damaged if name not in edited)
    references = ReferenceCheck()
    for line in writer.lines():
        try:
            references.check(validate_line(parse(line), None))
        except (ValueError, RecursionError) as error:
            yield f"{line[:_SHOWN]}…: {error}"
