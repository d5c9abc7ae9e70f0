"""Erase: memories without a trace, neither in the tables nor in the bytes of the file."""

from collections.abc import Mapping, Sequence
from typing import Any

from litemem.core.arguments import check_text
from litemem.core.scope import ID_KEYS, WILDCARD, Scope
from litemem.errors import StoreError, ValidationError, quoted
from litemem.maintenance.cleanup import shown
from litemem.store.filters import compile_filter, compile_whole, leaves
from litemem.store.sqlite import Erasure, SqliteStore, rehearse

_STILL_THERE = "it is erased, but its bytes may still be in the file: "


def choose(
    memory_id: str | Sequence[str] | None, scope: Scope, filters: Mapping[str, Any] | None
) -> Erasure:
    """Return what is to be erased: these memories, or those of a scope.

    Ids alone mean all that their scopes hold; a filter that says more means the memories it meets.

    Raises:
        ScopeError: neither a memory nor a scope is named. FilterError: the filter is wrong.
        ValidationError: both are named, or there is no memory in the list.
    """
    if memory_id is None:
        whole = compile_whole(filters, scope)
        names = () if whole is None else _names(scope, filters)
        condition = whole or compile_filter(filters, scope)
        return Erasure(condition=condition, whole=whole, names=names)
    if scope or filters:
        raise ValidationError("memory_id says what to erase: give no ids or filters besides")
    return Erasure(memory_ids=_memory_ids(memory_id))


def erase(store: SqliteStore, what: Erasure, *, dry_run: bool = False) -> dict[str, Any]:
    """Erase in one transaction, then write the file anew, so that no byte of it stays behind.

    Returns `{"erased": {kind: number}, "dry_run", "gone", "bytes", "advice"}`. `gone` says that the
    bytes are out of the file and its write-ahead log; if they are not, `advice` says why and what
    to do. With `dry_run` nothing is changed, and `erased` is what would be.

    The index of words and that of vectors are made anew, and so is the file: this takes as long as
    its size asks for, 2 to 3 s for 100,000 memories, and others wait to write meanwhile.

    Raises:
        MemoryNotFoundError: neither a memory nor a history has one of the ids.
        StoreBusyError, StoreFullError, StoreError: nothing was erased.
    """
    if dry_run:
        with rehearse(store) as tx:
            erased = tx.erase(what)
        return {"erased": erased, "dry_run": True, "gone": False, **shown(None)}
    with store.transaction(traceless=True) as tx:
        erased = tx.erase(what)
        # what is deleted stays in segments of the one and chunks of the other
        tx.mend(("full text", "vector index"))
    return {"erased": erased, "dry_run": False, **_vacuum(store)}


def _vacuum(store: SqliteStore) -> dict[str, Any]:
    try:
        done = shown(store.vacuum())
    except StoreError as error:  # the memories are gone all the same
        advice = f"{_STILL_THERE}{error}; then run `litemem vacuum`"
        return {"gone": False, "bytes": None, "advice": advice}
    if done["advice"]:
        done["advice"] = _STILL_THERE + done["advice"]
    return {"gone": done["advice"] is None, **done}


def _memory_ids(memory_id: str | Sequence[str]) -> tuple[str, ...]:
    given: object = [memory_id] if isinstance(memory_id, str) else memory_id
    if not isinstance(given, list | tuple):
        raise ValidationError(f"memory_id takes an id or a list of ids, not {quoted(memory_id)}")
    found = tuple(dict.fromkeys(check_text(each, "memory_id") for each in given))
    if not found:
        raise ValidationError("memory_id is an empty list: there is nothing to erase")
    return found


def _names(scope: Scope, filters: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the users, agents, apps and runs whose scopes are meant."""
    named = list(scope.ids().values())
    for leaf in leaves(filters):
        if leaf.field.name in ID_KEYS and leaf.operator == "in":
            named += [value for value in leaf.values if isinstance(value, str)]
    return tuple(dict.fromkeys(name for name in named if name != WILDCARD))
