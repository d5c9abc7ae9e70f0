"""Verify: is a file sound, and does everything in it agree? Mend what is derived."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litemem.store.sqlite import CheckResult, SqliteStore, check_file

__all__ = ["CheckResult", "fix", "is_sound", "report", "verify"]


def verify(file: SqliteStore | str | Path, *, full: bool = False) -> list[CheckResult]:
    """Look whether a file is sound, and return what each check found.

    The quick check reads every page and counts what belongs together; the full one also compares
    every index with what it is of, and looks into the contents. Nothing is changed. A file of an
    older schema is checked as it is. Others may write meanwhile, though the full check holds them
    up for as long as it takes to compare the full text, a second for 100,000 memories.

    SQLite drops what was committed behind a damaged page of the write-ahead log when it opens the
    file. Such a file is not opened, and that is the one finding.

    Raises:
        SchemaError: it is not a litemem file, or one of a newer litemem.
        StoreBusyError: the full check waited for another program's writing, in vain.
        CorruptError, StoreError: it is so damaged that it cannot be opened, or is not there.
    """
    return file.check(full=full) if isinstance(file, SqliteStore) else check_file(file, full=full)


def fix(store: SqliteStore) -> tuple[list[CheckResult], list[CheckResult]]:
    """Mend what can be made anew; return what a full check found before, and what it finds now.

    Full text, vector index, SQL indexes, views, triggers and hashes are made from the memories,
    and rows that belong to nothing are removed, in one transaction. A memory, a vector or a
    history that is gone cannot be made: what stays wrong says what helps.

    Raises:
        StoreError: as `verify`; nothing was changed.
    """
    before = verify(store, full=True)
    repairs = [finding.repair for finding in before if finding.repair]
    if not repairs:
        return before, before
    with store.transaction() as tx:
        tx.mend(repairs)
    return before, verify(store, full=True)


def is_sound(findings: Sequence[CheckResult]) -> bool:
    """Tell whether nothing was wrong."""
    return not any(finding.problems for finding in findings)


def report(findings: Sequence[CheckResult]) -> dict[str, Any]:
    """Return the findings as a plain dict: `{"ok", "checks": [{"check", "examined", …}, …]}`."""
    shown = ("check", "examined", "problems", "examples", "advice")
    checks = [{name: getattr(finding, name) for name in shown} for finding in findings]
    return {"ok": is_sound(findings), "checks": checks}
