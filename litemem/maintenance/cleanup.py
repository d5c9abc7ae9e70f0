"""Cleanup: what has had its time goes, counted first, in one transaction; and the file shrinks."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from litemem.core import clock
from litemem.core.arguments import check_flag, check_positive
from litemem.core.scope import Scope
from litemem.errors import ValidationError
from litemem.store.filters import compile_filter, compile_whole
from litemem.store.sqlite import CleanupPlan, Retention, SqliteStore, Vacuumed, rehearse

Duration = timedelta | str

HELD = (
    "another connection still reads the file as it was, so the write-ahead log keeps the old "
    "bytes: end that program's reading, then run `litemem vacuum`"
)


def plan(
    scope: Scope,
    filters: Mapping[str, Any] | None,
    *,
    now: int,
    expired: bool = False,
    superseded_older_than: Duration | None = None,
    matching: bool = False,
    older_than: Duration | None = None,
    keep_last: int | None = None,
    duplicates: bool = False,
    messages_older_than: Duration | None = None,
    history_older_than: Duration | None = None,
    orphans: bool = False,
    vacuum: bool = False,
) -> CleanupPlan | None:
    """Return what is to go, as callers describe it; None when they ask for a `vacuum` alone.

    Raises:
        ScopeError: no id bounds it. FilterError: the filter is wrong.
        ValidationError: nothing is chosen, an argument is wrong, or the filter says more than ids
            where messages, history or orphans are meant.
    """
    if check_flag(matching, "matching") and not filters:
        raise ValidationError("matching needs filters: they say which memories are to go")
    ends = {
        name: None if duration is None else now - clock.parse_duration(duration, name)
        for name, duration in (
            ("superseded_older_than", superseded_older_than),
            ("older_than", older_than),
            ("messages_older_than", messages_older_than),
            ("history_older_than", history_older_than),
        )
    }
    wanted = Retention(
        expired=check_flag(expired, "expired"),
        superseded=ends["superseded_older_than"],
        matching=matching,
        made=ends["older_than"],
        keep_last=None if keep_last is None else check_positive(keep_last, "keep_last"),
        duplicates=check_flag(duplicates, "duplicates"),
        messages=ends["messages_older_than"],
        history=ends["history_older_than"],
        orphans=check_flag(orphans, "orphans"),
    )
    if vacuum and not wanted:
        return None
    condition = compile_filter(filters, scope)
    if not wanted:
        raise ValidationError("cleanup() has nothing to do: give expired, older_than, …, or vacuum")
    ids = compile_whole(filters, scope)
    if ids is None and wanted.is_beyond_memories:
        raise ValidationError(
            "messages, history and orphans carry ids and nothing else: "
            "clean them up with ids alone, in a call of their own"
        )
    return CleanupPlan(condition=condition, ids=ids or condition, now=now, wanted=wanted)


def clean_up(
    store: SqliteStore, what: CleanupPlan | None, *, vacuum: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """Remove what is to go in one transaction, then write the file anew if `vacuum` says so.

    Returns `{"removed": {kind: number}, "dry_run", "bytes", "advice"}`: `bytes` are those of the
    file `before` and `after` a vacuum, `advice` says what keeps them from being given back. With
    `dry_run` nothing is changed, and `removed` is what would be.

    Raises:
        StoreBusyError, StoreFullError, StoreError: nothing was removed, or the vacuum did not work.
    """
    removed: dict[str, int] = {}
    if what is not None:
        with rehearse(store) if dry_run else store.transaction() as tx:
            removed = tx.sweep(what)
    vacuumed = store.vacuum() if vacuum and not dry_run else None
    return {"removed": removed, "dry_run": dry_run, **shown(vacuumed)}


def shown(vacuumed: Vacuumed | None) -> dict[str, Any]:
    """Return what a vacuum did, as results show it."""
    if vacuumed is None:
        return {"bytes": None, "advice": None}
    sizes = asdict(vacuumed)
    held = sizes.pop("held")
    return {"bytes": sizes, "advice": HELD if held else None}
