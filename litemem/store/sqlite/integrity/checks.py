"""Checking a file: SQLite's own checks, the schema, the full text, and the invariants of ours."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from litemem.core.types import content_hash
from litemem.store.sqlite import blueprint
from litemem.store.sqlite.archive.lines import parse, validate_line
from litemem.store.sqlite.archive.references import ReferenceCheck
from litemem.store.sqlite.archive.writer import ArchiveWriter
from litemem.store.sqlite.connection import one_moment
from litemem.store.sqlite.integrity.invariants import INVARIANTS, MARK, Invariant
from litemem.store.sqlite.integrity.wal import Log, read_log
from litemem.store.sqlite.open_files import is_held
from litemem.store.sqlite.schema import latest_version

EXAMPLES = 3  # offenders that a finding names
_SHOWN = 80  # characters of a line; its kind and number stand first
MAX_FAULTS = 100  # of SQLite's own checks; a damaged file would tell of millions
_TEXTS = "the full text agrees with it"
_LINES = "every line of an export can be imported"
_REBUILT = frozenset({"full text", "vector index"})  # what is made anew without being read
_UNOPENED = "to open the file would drop that: save it first: litemem salvage"
_UNCOMPARED = "not compared: SQLite does that only in a file that it may write; verify a backup"
_DAMAGED = "restore a backup, or save what is left: litemem salvage"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found: how much it looked at, how much was wrong, and what helps.

    `examples` names the first of the `problems`; `mend` says which mending helps, if one does. With
    `advice` but without problems it could not look.
    """

    check: str
    examined: int
    problems: int = 0
    examples: tuple[str, ...] = ()
    repair: str | None = None
    advice: str | None = None


def check(connection: apsw.Connection, *, full: bool) -> list[CheckResult]:
    """Look at one moment of a file; return what each check found, those of SQLite first.

    The quick check reads every page once, the full one also compares every index with its table
    and looks into the contents. A check that damage stops says so and the next one goes on.
    """
    add_hash_function(connection)
    # this one takes the write lock, which a reader who saw an older moment would not get
    texts = [_compare_texts(connection)] if full else []
    with one_moment(connection):
        findings = [
            _run("SQLite's pages and indexes", lambda: _pages(connection, full), "indexes"),
            _run("every key refers to a row", lambda: _foreign_keys(connection), "orphans"),
            _run("the schema is whole", lambda: _schema(connection), "schema"),
        ]
        held = [_hold(connection, invariant) for invariant in _applying(connection, full)]
        is_latest = connection.pragma("user_version") == latest_version()
        if full and is_latest and not findings[-1].problems:
            held.append(_run(_LINES, lambda: _lines(connection), None, _DAMAGED))
    return findings + texts + held


def check_log(path: str) -> CheckResult:
    """Look, before SQLite does, whether a file's write-ahead log can be read to its end.

    The log that this process has open SQLite has read already.
    """
    log = Log(0, {})
    if not is_held(path):
        with suppress(OSError):  # SQLite says better what it may not read
            log = read_log(Path(f"{path}-wal"))
    return CheckResult(
        check="the write-ahead log can be read to its end",
        examined=len(log.pages),
        problems=log.unreadable,
        examples=("behind that more was committed",) if log.unreadable else (),
        advice=_UNOPENED if log.unreadable else None,
    )


def _applying(connection: apsw.Connection, full: bool) -> list[Invariant]:
    """Return the invariants that have to hold in a file of this version."""
    version = connection.pragma("user_version")
    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    return [
        invariant
        for invariant in INVARIANTS
        if (full or not invariant.full)
        and version >= invariant.since
        and present.issuperset(invariant.tables)
    ]


def _hold(connection: apsw.Connection, invariant: Invariant) -> CheckResult:
    def look() -> tuple[int, Iterator[str]]:
        number = connection.execute(f"SELECT count(*) FROM {invariant.over}").get
        rows = connection.execute(invariant.offenders)
        return number, (str(row[0]) for row in rows)

    return _run(invariant.name, look, invariant.repair, invariant.advice)


def _run(
    name: str,
    look: Callable[[], tuple[int, Iterator[str] | Sequence[str]]],
    repair: str | None,
    advice: str = "restore a backup",
) -> CheckResult:
    """Return the finding of a check; damage that stops it is one more problem."""
    examined, problems, examples = 0, 0, []
    try:
        examined, offenders = look()
        for offender in offenders:
            problems += 1
            if problems <= EXAMPLES:
                examples.append(offender)
    except (apsw.BusyError, apsw.LockedError):
        raise
    except (apsw.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
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
    told = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}({MAX_FAULTS})")]
    return connection.pragma("page_count"), [] if told == ["ok"] else told


def _foreign_keys(connection: apsw.Connection) -> tuple[int, Iterator[str]]:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").get
    rows = connection.execute("PRAGMA foreign_key_check")
    return tables, (f"{table} {pk} → {parent}" for table, pk, parent, _ in rows)


def _schema(connection: apsw.Connection) -> tuple[int, list[str]]:
    wanted = blueprint.parts(int(connection.pragma("user_version")))
    found = {part.name: part.plain for part in blueprint.read_parts(connection)}
    return len(wanted), [
        f"{part.kind} {part.name} {'differs' if part.name in found else 'is missing'}"
        for part in wanted
        if found.get(part.name) != part.plain
    ] + _lacking_index(connection, found.keys())


def _lacking_index(connection: apsw.Connection, present: Any) -> list[str]:
    """Say that the vector index is not there though the file says how far it goes."""
    mark = connection.execute(f"SELECT {MARK}").get if "setting" in present else 0
    lacks = mark and "memory_vec" not in present
    return ["table memory_vec is missing"] if lacks else []


def _compare_texts(connection: apsw.Connection) -> CheckResult:
    if connection.readonly("main"):
        return CheckResult(check=_TEXTS, examined=0, advice=_UNCOMPARED)
    return _run(_TEXTS, lambda: _full_text(connection), "full text")


def _full_text(connection: apsw.Connection) -> tuple[int, list[str]]:
    """Compare the full text with the contents; it writes nothing, but takes the write lock."""
    number = connection.execute("SELECT count(*) FROM memory").get
    connection.execute("INSERT INTO memory_fts (memory_fts, rank) VALUES ('integrity-check', 1)")
    return number, []


def _lines(connection: apsw.Connection) -> tuple[int, Iterator[str]]:
    """Read everything as an import does, which takes no time, number or name that cannot be."""
    moment = ArchiveWriter(connection, None, vectors=False)
    return sum(moment.counts.values()), _unimportable(moment)


def _unimportable(moment: ArchiveWriter) -> Iterator[str]:
    references = ReferenceCheck()
    for line in moment.lines():
        try:
            references.check(validate_line(parse(line), None))
        except (ValueError, RecursionError) as error:
            yield f"{line[:_SHOWN]}…: {error}"


def add_hash_function(connection: apsw.Connection) -> None:
    """Give SQL the function `litemem_hash`: the MD5 of a text's bytes, NULL when they are none."""
    connection.create_scalar_function("litemem_hash", _hash, 1, deterministic=True)


def _hash(*values: Any) -> bytes | None:
    (content,) = values
    try:
        return content_hash(content.decode())
    except (AttributeError, UnicodeDecodeError):
        return None
