"""Compile Mem0's filter dicts into one SQL condition within a scope.

`docs/filters.md` describes the language. `fields` lists what may be named, `parser` reads a filter,
and `sql` writes the condition. This module checks that every branch is bounded by an id.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import FilterError, ScopeError
from litemem.store.filters.fields import FIELDS
from litemem.store.filters.parser import Every, Leaf, Node, Not, Some, parse_filter
from litemem.store.filters.sql import DOUBTED, Condition, to_sql

__all__ = [
    "Condition",
    "compile_filter",
    "compile_ids",
    "compile_whole",
    "ended",
    "in_doubt",
    "leaves",
    "valid_now",
]

MAX_PARAMETERS = 30_000  # SQLite binds 32,766; the rest is for the surrounding query


def compile_filter(filters: Mapping[str, Any] | None, scope: Scope) -> Condition:
    """Return the condition for memories that have the ids of `scope` and match the filter.

    If `scope` has no ids, each branch of the filter has to name one.

    Raises:
        FilterError: the filter is invalid; the message quotes the path.
        ScopeError: a branch is not bounded by an id, an id is invalid, or two ids contradict.
    """
    if filters is None or filters == {}:
        scope.require("the call")
        ids = scope.ids()
        return Condition(" AND ".join(f"m.{key} = ?" for key in ids), tuple(ids.values()))
    root = parse_filter(filters)
    if scope:
        _check_agreement(root, scope)
    else:
        _check_bounds(root)
    condition = to_sql(Every(root.path, (*_id_leaves(scope), *root.parts)))
    if len(condition.parameters) > MAX_PARAMETERS:
        raise FilterError(
            f"filters has {len(condition.parameters):,} values; the limit is {MAX_PARAMETERS:,}: "
            "split the longest list over several calls"
        )
    return condition


def compile_ids(filters: Mapping[str, Any] | None, scope: Scope) -> Condition:
    """Return the part of the condition that is on ids; it holds wherever `compile_filter`'s does.

    For tables that have ids and no other field of a memory. The filter was compiled before.
    """
    root = parse_filter({} if filters is None else filters)
    ids = _of_ids(Every(root.path, (*_id_leaves(scope), *root.parts)))
    return Condition("TRUE") if ids is None else to_sql(ids)


def compile_whole(filters: Mapping[str, Any] | None, scope: Scope) -> Condition | None:
    """Return the condition of `compile_filter` if the filter is on ids alone, otherwise None.

    Such a condition also applies to messages, which have ids and no other field of a memory.
    """
    if any(leaf.field.name not in ID_KEYS for leaf in leaves(filters)):
        return None
    return compile_filter(filters, scope)


def leaves(filters: Mapping[str, Any] | None) -> Iterator[Leaf]:
    """Yield every comparison in a filter, at any depth."""
    waiting: list[Node] = [parse_filter({} if filters is None else filters)]
    while waiting:
        match waiting.pop():
            case Leaf() as leaf:
                yield leaf
            case Every() | Some() as several:
                waiting += several.parts
            case Not() as negated:
                waiting.append(negated.part)


def valid_now(
    condition: Condition,
    now: int,
    *,
    expired: bool = False,
    superseded: bool = False,
    as_of: int | None = None,
) -> Condition:
    """Narrow a condition to the memories that are valid at `now`, or were valid at `as_of`.

    If `expired` or `superseded`, such memories are selected too. `as_of` selects among the memories
    that are stored today.
    """
    sql, parameters = condition.sql, condition.parameters
    if as_of is not None:
        now = as_of
        sql += " AND coalesce(m.valid_from, m.created_at) <= ?"
        parameters = (*parameters, as_of)
    if not expired:
        sql += " AND (m.expires_at IS NULL OR m.expires_at > ?)"
        parameters = (*parameters, now)
    if not superseded:
        sql += " AND (m.valid_to IS NULL OR m.valid_to > ?)"
        parameters = (*parameters, now)
    return Condition(sql, parameters)


def ended(condition: Condition, now: int, why: Literal["superseded", "expired"]) -> Condition:
    """Narrow a condition to the memories that are superseded or expired at `now`."""
    column = "m.valid_to" if why == "superseded" else "m.expires_at"
    return Condition(f"{condition.sql} AND {column} <= ?", (*condition.parameters, now))


def in_doubt(condition: Condition) -> Condition:
    """Narrow a condition to the memories that an open conflict or a bad rating speaks against."""
    return Condition(f"{condition.sql} AND {DOUBTED}", condition.parameters)


def _id_leaves(scope: Scope) -> Iterator[Leaf]:
    for key, value in scope.ids().items():
        yield Leaf(key, FIELDS[key], "in", (value,))


def _of_ids(node: Node) -> Node | None:
    """Return what a node implies about ids, or None if nothing."""
    match node:
        case Leaf():
            return node if node.field.name in ID_KEYS else None
        case Every():
            parts = [part for part in map(_of_ids, node.parts) if part is not None]
            return Every(node.path, tuple(parts)) if parts else None
        case Some():
            branches = [part for part in map(_of_ids, node.parts) if part is not None]
            are_all = len(branches) == len(node.parts)
            return Some(node.path, tuple(branches)) if are_all else None
        case Not():
            return None


def _check_agreement(root: Every, scope: Scope) -> None:
    given = scope.ids()
    for leaf in _conjuncts(root):
        value = given.get(leaf.field.name)
        if leaf.operator == "in" and value is not None and value not in leaf.values:
            raise ScopeError(
                f"{leaf.path} contradicts {leaf.field.name}={value!r}: give the id in one place"
            )


def _conjuncts(node: Node) -> Iterator[Leaf]:
    match node:
        case Leaf():
            yield node
        case Every():
            for part in node.parts:
                yield from _conjuncts(part)
        case Some() | Not():
            return


def _check_bounds(root: Every) -> None:
    path = _unbounded(root)
    if path is None:
        return
    raise ScopeError(
        f"{path or root.path} is not bounded by an id: each branch of a filter needs one of "
        f'{", ".join(ID_KEYS)}, with an id, a list of ids or "*" (ne, nin, contains, null and '
        "conditions under NOT do not count)"
    )


def _unbounded(node: Node) -> str | None:
    """Return None if an id bounds the node, otherwise the path of the unbounded branch.

    The path is empty if the node is not inside a branch of its own. Checking OR's branches one by
    one suffices: an AND of two unbounded ORs has an unbounded branch when distributed, too.
    """
    match node:
        case Leaf():
            is_bound = node.operator == "exists" or (node.operator == "in" and node.values)
            return None if node.field.name in ID_KEYS and is_bound else ""
        case Every():
            found = [_unbounded(part) for part in node.parts]
            return None if None in found else next(filter(None, found), "")
        case Some():
            branches = ((_unbounded(part), part.path) for part in node.parts)
            return next((inner or path for inner, path in branches if inner is not None), None)
        case Not():
            return ""
