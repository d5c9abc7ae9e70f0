"""The filter language: turn Mem0's filter dicts into one SQL condition that stays within a scope.

`docs/filters.md` is the language; `filter_fields` says what may be named, `filter_tree` reads a
filter, `filter_sql` writes it, and here it is made sure that it says whose memories are meant.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import FilterError, ScopeError
from litemem.store.filters.fields import FIELDS
from litemem.store.filters.parser import Every, Leaf, Node, Not, Some, parse_filter
from litemem.store.filters.sql import Condition, to_sql

__all__ = ["Condition", "compile_filter", "compile_ids", "compile_whole", "leaves"]

MAX_PARAMETERS = 30_000  # SQLite binds 32,766; the rest is for the query around the condition


def compile_filter(filters: Mapping[str, Any] | None, scope: Scope) -> Condition:
    """Return the condition that a memory meets when it has the ids of `scope` and the filter holds.

    Without ids in `scope`, each branch of the filter has to name one.

    Raises:
        FilterError: the filter is not of the language; the message quotes the path.
        ScopeError: a branch is bounded by no id, an id cannot be one, or two contradict each other.
    """
    root = parse_filter({} if filters is None else filters)
    if scope:
        _check_agreement(root, scope)
    elif not filters:
        scope.require("the call")
    else:
        _check_bounds(root)
    ids = (Leaf(key, FIELDS[key], "in", (value,)) for key, value in scope.ids().items())
    condition = to_sql(Every(root.path, (*ids, *root.parts)))
    if len(condition.parameters) > MAX_PARAMETERS:
        raise FilterError(
            f"filters has {len(condition.parameters):,} values; {MAX_PARAMETERS:,} is the most: "
            "split the longest list over several calls"
        )
    return condition


def compile_ids(filters: Mapping[str, Any] | None, scope: Scope) -> Condition:
    """Return what the filter says of ids alone: it holds wherever `compile_filter`'s does.

    For tables that carry ids and nothing else of a memory. The filter has been compiled before.
    """
    root = parse_filter({} if filters is None else filters)
    ids = (Leaf(key, FIELDS[key], "in", (value,)) for key, value in scope.ids().items())
    known = _of_ids(Every(root.path, (*ids, *root.parts)))
    return Condition("TRUE") if known is None else to_sql(known)


def compile_whole(filters: Mapping[str, Any] | None, scope: Scope) -> Condition | None:
    """Return what `compile_filter` does when the filter speaks of ids alone, else None.

    Then the condition holds of messages, too, which carry ids and nothing else of a memory.
    """
    if any(leaf.field.name not in ID_KEYS for leaf in leaves(filters)):
        return None
    return compile_filter(filters, scope)


def leaves(filters: Mapping[str, Any] | None) -> Iterator[Leaf]:
    """Yield every comparison that a filter makes, wherever it stands."""
    waiting: list[Node] = [parse_filter({} if filters is None else filters)]
    while waiting:
        match waiting.pop():
            case Leaf() as leaf:
                yield leaf
            case Every() | Some() as several:
                waiting += several.parts
            case Not() as negated:
                waiting.append(negated.part)


def _of_ids(node: Node) -> Node | None:
    """Return what has to hold of the ids wherever the node holds; None when it says nothing."""
    match node:
        case Leaf():
            return node if node.field.name in ID_KEYS else None
        case Every():
            known = [part for part in map(_of_ids, node.parts) if part is not None]
            return Every(node.path, tuple(known)) if known else None
        case Some():
            branches = [part for part in map(_of_ids, node.parts) if part is not None]
            is_known = len(branches) == len(node.parts)
            return Some(node.path, tuple(branches)) if is_known else None
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
        f"{path or root.path} is bounded by no id: each branch of a filter needs one of "
        f'{", ".join(ID_KEYS)}, with an id, a list of ids or "*" (ne, nin, contains, null and what '
        "stands under NOT do not count)"
    )


def _unbounded(node: Node) -> str | None:
    """Return None when an id bounds all that the node lets through, else the branch that is open.

    The path is empty when the node is not within a branch of its own. To look at OR's branches one
    by one is enough: an AND of two open ORs has an open branch when it is distributed, too.
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
