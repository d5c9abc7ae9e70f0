"""Changing: memories that exist are edited and removed, each call as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litemem.core import clock
from litemem.core.arguments import check_flag, check_text, either
from litemem.ingestion import edits as editing
from litemem.maintenance import erase as erasing
from litemem.maintenance.cleanup import Duration, clean_up, plan
from litemem.memory.face import UNSET, Face, Result, Unset, scope_of
from litemem.store.filters import compile_filter, compile_whole


def update(
    self: Face,
    memory_id: str,
    text: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    expiration_date: clock.Time | Unset | None = UNSET,
    data: str | None = None,
    *,
    categories: Iterable[str] | None = None,
    timestamp: clock.Time | None = None,
    expires_at: clock.Time | Unset | None = UNSET,
) -> Result:
    """Change a memory; `metadata` is merged into what it has, and `data` is another `text`.

    `timestamp` dates the memory anew. An expiry of None lets it last.

    Raises:
        MemoryNotFoundError: no memory has this id.
        ImmutableError: it was stored to stay as it is.
        ValidationError: nothing is given to change, or an argument is wrong.
    """
    change = editing.check_change(
        memory_id,
        text=either("text", text, "data", data),
        metadata=metadata,
        categories=categories,
        timestamp=timestamp,
        expiries=[t for t in (expires_at, expiration_date) if not isinstance(t, Unset)],
    )
    editing.apply(self.store, self.embedder, [change], self._now())
    return {"message": "Memory updated successfully!"}


def delete(self: Face, memory_id: str) -> Result:
    """Remove a memory; `history` still tells of it.

    Raises:
        MemoryNotFoundError: no memory has this id.
    """
    editing.delete(self.store, [check_text(memory_id, "memory_id")], self._now())
    return {"message": "Memory deleted successfully!"}


def delete_all(
    self: Face,
    user_id: str | None = None,
    agent_id: str | None = None,
    run_id: str | None = None,
    *,
    app_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
) -> Result:
    """Remove every memory of a scope, also the expired and superseded, in one transaction.

    Ids alone mean all that the scope holds: what was said in it and still waits for extraction,
    or is extracted at this moment, gives no memories either. A filter that says more means the
    memories that it meets; what waits stays.

    Raises:
        ScopeError: no id bounds it. FilterError: the filter is wrong.
    """
    scope = scope_of(user_id, agent_id, app_id, run_id)
    condition, whole = compile_filter(filters, scope), compile_whole(filters, scope)
    with self.store.transaction() as tx:
        tx.delete_where(condition, self._now())
        if whole is not None:
            tx.drop_turns(whole, self._now())
    return {"message": "Memories deleted successfully!"}


def erase(
    self: Face,
    memory_id: str | Sequence[str] | None = None,
    *,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> Result:
    """Erase memories without a trace: with history, messages, graph, and their bytes in the file.

    Either those of an id or a list of ids, also of memories that were deleted before; or those of
    a scope. Ids alone mean all that the scope holds, also what was said in it and waits; a filter
    that says more means the memories that it meets. With a memory go the messages that it came
    from, even if another came from them as well. Backups are not touched.

    Returns `{"erased": {kind: number}, "dry_run", "gone", "bytes", "advice"}`. When another program
    still reads the file as it was, `gone` is False and `advice` says what to do. `dry_run` counts
    and changes nothing. `docs/cleanup.md` says more.

    Raises:
        ScopeError: neither memory nor scope is named. FilterError: the filter is wrong.
        MemoryNotFoundError: neither a memory nor a history has one of the ids.
        ValidationError: an argument is wrong.
    """
    check_flag(dry_run, "dry_run")
    what = erasing.choose(memory_id, scope_of(user_id, agent_id, app_id, run_id), filters)
    return erasing.erase(self.store, what, dry_run=dry_run)


def cleanup(
    self: Face,
    *,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
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
    dry_run: bool = False,
) -> Result:
    """Remove what has had its time, within a scope, in one transaction; history tells of it.

    Returns `{"removed": {kind: number}, "dry_run", "bytes", "advice"}`, a kind for each that was
    asked for; `bytes` are the file's `before` and `after` a vacuum. Durations are a timedelta or
    text: "90d", "12h"; s, m, h, d, w, y.

    Args:
        expired: memories whose time is over.
        superseded_older_than: memories that ceased to hold so long ago.
        matching: every memory that `filters` meets.
        older_than: memories that were made so long ago.
        keep_last: in each exact combination of ids, all but the newest so many of those that are
            looked at; what is expired or superseded goes first.
        duplicates: of equal texts in exactly the same scope, all but the oldest, which counts them.
        messages_older_than: what was said so long ago, but for what still waits.
        history_older_than: the history of memories to which nothing has happened for so long.
        orphans: what belongs to nothing: messages of scopes without a memory, sources that are
            gone, feedback, outcomes, names and relations.
        vacuum: then write the file anew, so that it shrinks; alone it needs no scope.
        dry_run: count, and change nothing.

    Raises:
        ScopeError: no id bounds it. FilterError: the filter is wrong.
        ValidationError: an argument is wrong, or nothing is chosen.
    """
    what = plan(
        scope_of(user_id, agent_id, app_id, run_id),
        filters,
        now=self._now(),
        expired=expired,
        superseded_older_than=superseded_older_than,
        matching=matching,
        older_than=older_than,
        keep_last=keep_last,
        duplicates=duplicates,
        messages_older_than=messages_older_than,
        history_older_than=history_older_than,
        orphans=orphans,
        vacuum=check_flag(vacuum, "vacuum"),
    )
    dry_run = check_flag(dry_run, "dry_run")
    return clean_up(self.store, what, vacuum=vacuum, dry_run=dry_run)


def reset(self: Face) -> None:
    """Remove everything from the file: memories, messages, history."""
    with self.store.transaction() as tx:
        tx.clear()
