"""Delete old memories, erase memories with their bytes, and vacuum the file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from litemem.core import clock
from litemem.core.arguments import check_text
from litemem.core.scope import ID_KEYS, WILDCARD, Scope
from litemem.core.types import Duration
from litemem.errors import StoreError, ValidationError, quoted
from litemem.maintenance.backup import copies_of
from litemem.store.filters import Condition, compile_filter, compile_whole, leaves
from litemem.store.protocol import (
    CleanupPlan,
    ErasedText,
    Erasure,
    FileStore,
    Key,
    Retention,
    Store,
    Traces,
    Vacuumed,
)

HELD = (
    "another connection still reads an older state of the file, so the write-ahead log keeps the "
    "old bytes: close that program, then run `litemem vacuum`"
)
SLICE = 1_000  # rows of one transaction: 0.1 to 0.3 s
# kinds that no other kind changes, and others in which each key is one row
_INDEPENDENT = {"expired", "superseded", "matching", "older"}
_COUNTED = {"duplicates", "beyond_last", "messages"}
_NAMED = 3  # ids in an advice
_STILL_THERE = "it is erased, but its bytes may still be in the file: "


def plan_cleanup(
    scope: Scope,
    filters: Mapping[str, Any] | None,
    *,
    now: int,
    retention: Retention,
    vacuum: bool = False,
) -> CleanupPlan | None:
    """Return the plan of a cleanup, or None if only `vacuum` is asked for.

    Raises:
        ScopeError: no id bounds the filter. FilterError: the filter is wrong.
        ValidationError: nothing is selected, or messages, history or orphans are selected with a
            filter on more than ids.
    """
    if retention.matching and not filters:
        raise ValidationError("matching needs filters that select the memories to delete")
    if vacuum and not retention:
        return None
    condition = compile_filter(filters, scope)
    if not retention:
        raise ValidationError("cleanup() has nothing to do: give expired, older_than, …, or vacuum")
    ids = compile_whole(filters, scope)
    if ids is None and retention.is_beyond_memories:
        raise ValidationError(
            "messages, history and orphans can only be selected by ids: clean them up in a "
            "separate call with ids alone"
        )
    return CleanupPlan(condition=condition, ids=ids or condition, now=now, retention=retention)


def age_limit(duration: Duration | None, name: str, now: int) -> int | None:
    """Return the time that is `duration` before now, or None without a duration."""
    return None if duration is None else now - clock.parse_duration(duration, name)


def clean_up(
    store: FileStore, plan: CleanupPlan | None, *, vacuum: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """Delete what the plan selects, then vacuum the file if asked to.

    Up to `SLICE` rows of each kind are deleted in one transaction, all or nothing. More go in
    several transactions, so that other programs wait for a short time only. After an interruption
    each of them is complete or undone, and the same call goes on.

    Returns `{"removed": {kind: number}, "dry_run", "bytes", "advice"}`: `bytes` has the size of the
    file `before` and `after` a vacuum, `advice` says what keeps the file from shrinking. With
    `dry_run` nothing is changed, and `removed` counts what would be deleted.

    Raises:
        StoreBusyError, StoreFullError, StoreError: the rest was not deleted, or the vacuum failed.
    """
    removed: Counter[str] = Counter()
    if plan is not None and dry_run:
        removed.update(_preview(store, plan))
    elif plan is not None:
        for kind in _large_kinds(store, plan):
            removed[kind] += _clean_up_in_slices(store, plan, kind)
        with store.write() as tx:
            removed.update(tx.cleanup(plan))
    vacuumed = store.vacuum() if vacuum and not dry_run else None
    return {"removed": dict(removed), "dry_run": dry_run, **_sizes(vacuumed)}


def _preview(store: Store, plan: CleanupPlan) -> dict[str, int]:
    """Count what a cleanup would delete, without a lock unless a kind depends on another."""
    store.check_writable()
    kinds = plan.retention.kinds
    if not (set(kinds) <= _INDEPENDENT or (len(kinds) == 1 and set(kinds) <= _COUNTED)):
        with store.dry_run() as tx:
            return tx.cleanup(plan)
    counts: dict[str, int] = {}
    seen: set[Key] = set()
    with store.read() as r:
        for kind in kinds:
            found = {keys[-1] for keys in r.rows_to_clean_up(plan, kind)} - seen
            counts[kind] = len(found)
            seen |= found
    return counts


def _large_kinds(store: Store, plan: CleanupPlan) -> list[str]:
    """Return the kinds that need several transactions, with those before them."""
    with store.read() as r:
        kinds = plan.retention.kinds
        sizes = [len(r.rows_to_clean_up(plan, kind)) for kind in kinds]
    large = [place for place, size in enumerate(sizes) if size > SLICE]
    return list(kinds[: large[-1] + 1]) if large else []


def _clean_up_in_slices(store: Store, plan: CleanupPlan, kind: str) -> int:
    with store.read() as r:  # after the kinds before it
        rows = r.rows_to_clean_up(plan, kind)
    number = 0
    for start in range(0, len(rows), SLICE):
        keys = list(dict.fromkeys(chain.from_iterable(rows[start : start + SLICE])))
        with store.write() as tx:
            number += tx.clean_up_rows(plan, kind, keys)
    return number


def delete_all(store: FileStore, condition: Condition, whole: Condition | None, now: int) -> None:
    """Delete the memories that match, as `clean_up`; first the pending turns of whole scopes.

    Raises:
        StoreBusyError, StoreFullError, StoreError: the rest was not deleted.
    """
    matching = Retention(matching=True)
    plan = CleanupPlan(condition=condition, ids=condition, now=now, retention=matching)
    is_large = bool(_large_kinds(store, plan))
    if is_large and whole is not None:
        with store.write() as tx:  # else a turn could store a memory later
            tx.turns.drop(whole, now)
    if is_large:
        _clean_up_in_slices(store, plan, "matching")
    with store.write() as tx:
        tx.messages.delete_matching(condition, now)
        tx.cleanup(plan)
        if whole is not None:
            tx.turns.drop(whole, now)


def plan_erasure(
    memory_id: str | Sequence[str] | None, scope: Scope, filters: Mapping[str, Any] | None
) -> Erasure:
    """Check the arguments of `erase`: the ids of memories, or a scope.

    Ids of scopes alone select everything in these scopes; a filter on more than ids selects the
    memories that match.

    Raises:
        ScopeError: neither a memory nor a scope is given. FilterError: the filter is wrong.
        ValidationError: both are given, or the list of memories is empty.
    """
    if memory_id is None:
        whole = compile_whole(filters, scope)
        names = () if whole is None else _names(scope, filters)
        condition = whole or compile_filter(filters, scope)
        return Erasure(condition=condition, whole=whole, names=names)
    if scope or filters:
        raise ValidationError("memory_id selects what to erase: leave out ids and filters")
    return Erasure(memory_ids=_memory_ids(memory_id))


def erase(store: FileStore, plan: Erasure, *, dry_run: bool = False) -> dict[str, Any]:
    """Erase memories, then rewrite the file in which they were, so that no byte of them remains.

    Returns `{"erased": {kind: number}, "dry_run", "gone", "bytes", "advice", "copies"}`. `gone` is
    true if afterwards neither the bytes of the file and its write-ahead log nor another row of the
    same scope hold an erased text; otherwise `advice` says what does and what to do. `copies` has
    the paths of backups and replaced files in the folder of the file, which are not changed. With
    `dry_run` nothing is changed, and `erased` counts what would be erased.

    Up to `SLICE` memories are erased in one transaction, all or nothing; more go in several. Then
    full text and vector index are rewritten in short transactions, and the file in one. After an
    interruption the same call goes on, and `gone` is only reported at the end.

    Raises:
        MemoryNotFoundError: an id has neither a memory nor a history; nothing was erased.
        StoreBusyError, StoreFullError, StoreError: the rest was not erased.
    """
    if dry_run:
        with store.dry_run() as tx:
            erased = tx.erase(plan)
        done: dict[str, Any] = {"gone": False, **_sizes(None)}
    else:
        erased, texts = _erase_rows(store, plan)
        done = _vacuum_erased(store, texts)
    copies = list(map(str, copies_of(store.path)))
    return {"erased": erased, "dry_run": dry_run, **done, "copies": copies}


def _erase_rows(store: Store, plan: Erasure) -> tuple[dict[str, int], list[ErasedText]]:
    """Erase the rows; return how many of each kind, and their texts."""
    with store.read() as r:
        chosen = r.memories_to_erase(plan)
    # the last slice is the whole plan, which also erases what does not belong to a memory
    slices: list[list[str] | None] = [
        chosen[start : start + SLICE] for start in range(0, len(chosen) - SLICE, SLICE)
    ]
    erased: Counter[str] = Counter()
    texts: list[ErasedText] = []
    for among in [*slices, None]:
        with store.write(secure_delete=True) as tx:
            found = tx.texts_to_erase(plan, among)
            counts = tx.erase(plan, among)
        erased.update(counts)
        texts += found
    return dict(erased), texts


def _sizes(vacuumed: Vacuumed | None) -> dict[str, Any]:
    """Return the "bytes" and the "advice" of a result."""
    if vacuumed is None:
        return {"bytes": None, "advice": None}
    sizes = asdict(vacuumed)
    held = sizes.pop("held")
    return {"bytes": sizes, "advice": HELD if held else None}


def _vacuum_erased(store: FileStore, texts: Sequence[ErasedText]) -> dict[str, Any]:
    try:
        sizes = _sizes(store.vacuum())
        advice = sizes["advice"] or _advice(store.traces(texts))
    except StoreError as error:  # the rows are erased, only their bytes may remain
        advice = f"{_STILL_THERE}{error}; then run `litemem vacuum`"
        return {"gone": False, "bytes": None, "advice": advice}
    if advice:
        advice = _STILL_THERE + advice
    return {"gone": advice is None, **sizes, "advice": advice}


def _advice(traces: Traces) -> str | None:
    """Return what still holds an erased text and what to do, or None."""
    found = []
    if traces.memories:
        found.append(f"{_listed(traces.memories)} has the same text: erase it too")
    if traces.histories:
        found.append(f"the history of {_listed(traces.histories)} has the text: erase that too")
    if traces.messages or traces.turns:
        numbers = f"{traces.messages} messages and {traces.turns} pending turns"
        found.append(f"{numbers} of its scope contain the text: erase the scope to delete them")
    if traces.is_loose:
        found.append("it was found outside of the rows: run `litemem vacuum`")
    return "; ".join(found) or None


def _listed(memory_ids: Sequence[str]) -> str:
    more = f" and {len(memory_ids) - _NAMED} more" if len(memory_ids) > _NAMED else ""
    return f"the memory {', '.join(memory_ids[:_NAMED])}{more}"


def _memory_ids(memory_id: str | Sequence[str]) -> tuple[str, ...]:
    given: object = [memory_id] if isinstance(memory_id, str) else memory_id
    if not isinstance(given, list | tuple):
        raise ValidationError(f"memory_id takes an id or a list of ids, not {quoted(memory_id)}")
    found = tuple(dict.fromkeys(check_text(each, "memory_id") for each in given))
    if not found:
        raise ValidationError("memory_id is an empty list: there is nothing to erase")
    return found


def _names(scope: Scope, filters: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the ids of all users, agents, apps and runs that the scope and the filter name."""
    named = list(scope.ids().values())
    for leaf in leaves(filters):
        if leaf.field.name in ID_KEYS and leaf.operator == "in":
            named += [value for value in leaf.values if isinstance(value, str)]
    return tuple(dict.fromkeys(name for name in named if name != WILDCARD))
