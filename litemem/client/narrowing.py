"""Narrowing: arguments of the hosted service that a filter says here, and what to show of a row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litemem.core import clock
from litemem.errors import FilterError, ValidationError, quoted


def narrowed(
    filters: Mapping[str, Any] | None,
    *,
    categories: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    start_date: clock.Time | None = None,
    end_date: clock.Time | None = None,
) -> Mapping[str, Any] | None:
    """Return a filter that also wants one of `categories`, all of `metadata`, and these days.

    Raises:
        FilterError: `filters` is no dict.
    """
    wanted: dict[str, Any] = {}
    if categories is not None:
        wanted["categories"] = {"in": categories}
    if metadata:
        wanted["metadata"] = metadata
    days = {"gte": start_date, "lte": end_date}
    if any(day is not None for day in days.values()):
        wanted["created_at"] = {name: day for name, day in days.items() if day is not None}
    if filters is not None and not isinstance(filters, Mapping):
        raise FilterError(f"filters takes a dict, not {type(filters).__name__}")
    if not wanted or not filters:
        return wanted or filters
    return {"AND": [filters, wanted]}


def only(rows: Sequence[Mapping[str, Any]], fields: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return the rows with these names only, and always the id; None: as they are.

    Raises:
        ValidationError: `fields` is no list of names.
    """
    if fields is None:
        return [dict(row) for row in rows]
    shown = {"id", *check_fields(fields)}
    return [{name: value for name, value in row.items() if name in shown} for row in rows]


def check_fields(fields: Sequence[str]) -> list[str]:
    """Return the names of what is to be shown.

    Raises:
        ValidationError: `fields` is no list of names.
    """
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise ValidationError(f"fields takes a list of names, not {quoted(fields)}")
    names = list(fields)
    if not all(isinstance(name, str) for name in names):
        raise ValidationError(f"fields takes a list of names, not {quoted(names)}")
    return names
