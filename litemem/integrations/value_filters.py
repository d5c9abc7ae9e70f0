"""LangGraph's filters on the values of items and on namespaces; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from litemem.errors import FilterError

_COMPARISONS = {
    "$gt": lambda one, other: one > other,
    "$gte": lambda one, other: one >= other,
    "$lt": lambda one, other: one < other,
    "$lte": lambda one, other: one <= other,
}


def matches(value: Any, wanted: Any) -> bool:
    """Return True if a value has what a filter asks for: a value, operators, or a dict of these."""
    if not isinstance(wanted, Mapping):
        return bool(value == (list(wanted) if isinstance(wanted, tuple) else wanted))
    if any(key.startswith("$") for key in wanted):
        return all(_compare(value, operator, other) for operator, other in wanted.items())
    return isinstance(value, dict) and all(matches(value.get(k), v) for k, v in wanted.items())


def _compare(value: Any, operator: str, other: Any) -> bool:
    if operator in ("$eq", "$ne"):
        return bool(value == other) is (operator == "$eq")
    if operator not in _COMPARISONS:
        raise FilterError(f"unknown operator {operator!r}: use $eq, $ne, $gt, $gte, $lt or $lte")
    alike = all(isinstance(each, str) for each in (value, other))
    numbers = all(isinstance(each, int | float) for each in (value, other))
    return (alike or numbers) and bool(_COMPARISONS[operator](value, other))


def is_like(namespace: Sequence[str], where: str, path: Sequence[str]) -> bool:
    """Return True if a namespace begins or ends with a path, in which `*` is any label.

    `where` is "prefix" or "suffix".
    """
    first = 0 if where == "prefix" else max(len(namespace) - len(path), 0)
    part = namespace[first : first + len(path)]
    return len(part) == len(path) and all(p in ("*", n) for n, p in zip(part, path, strict=True))
