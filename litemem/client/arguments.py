"""Arguments of the hosted service: filters, fields, pages and batches; calls that only it has.

A wrong argument raises a ValidationError that names it; wrong `filters` raise a FilterError.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from litemem.core import clock
from litemem.core.arguments import check_positive, check_text
from litemem.errors import FilterError, HostedOnlyError, ValidationError, quoted
from litemem.ingestion.edits import Change, check_change

BATCH_SIZE = 1_000  # memories in one batch; the hosted service's
PAGE_SIZE = 100  # the same

_UPDATE_NAMES = frozenset({"memory_id", "text", "metadata", "timestamp", "expiration_date"})
_DELETE_NAMES = frozenset({"memory_id"})


def narrowed(
    filters: Mapping[str, Any] | None,
    *,
    categories: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    start_date: clock.Time | None = None,
    end_date: clock.Time | None = None,
) -> Mapping[str, Any] | None:
    """Return a filter that also requires one of `categories`, all of `metadata`, and the dates."""
    wanted: dict[str, Any] = {}
    if categories is not None:
        wanted["categories"] = {"in": categories}
    if metadata:
        wanted["metadata"] = metadata
    days = {"gte": start_date, "lte": end_date}
    if any(day is not None for day in days.values()):
        wanted["created_at"] = {name: day for name, day in days.items() if day is not None}
    if filters is not None and not isinstance(filters, Mapping):
        raise FilterError(f"filters must be a dict, got {type(filters).__name__}")
    if not wanted or not filters:
        return wanted or filters
    return {"AND": [filters, wanted]}


def only(rows: Sequence[Mapping[str, Any]], fields: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return the rows with these fields and the id only; with None, all fields."""
    if fields is None:
        return [dict(row) for row in rows]
    shown = {"id", *check_fields(fields)}
    return [{name: value for name, value in row.items() if name in shown} for row in rows]


def check_fields(fields: Sequence[str]) -> list[str]:
    """Return the names of the fields to show."""
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise ValidationError(f"fields must be a list of names, got {quoted(fields)}")
    names = list(fields)
    if not all(isinstance(name, str) for name in names):
        raise ValidationError(f"fields must be a list of names, got {quoted(names)}")
    return names


def check_page_size(page_size: int | None, top_k: int | None, limit: int | None) -> int:
    """Return how many memories a page has; `top_k` and `limit` are other names for it."""
    given = [number for number in (page_size, top_k, limit) if number is not None]
    if any(number != given[0] for number in given):
        raise ValidationError("page_size, top_k and limit differ: give one of them")
    return check_positive(given[0] if given else PAGE_SIZE, "page_size")


def page_links(page: int, size: int, count: int) -> dict[str, str | None]:
    """Return the addresses of the pages around one of them, or None where there is none."""
    before = min(page - 1, -(-count // size))  # of a page behind the last, the last
    return {
        "next": _link(page + 1, size) if page * size < count else None,
        "previous": _link(before, size) if before else None,
    }


def check_updates(memories: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the changes of a batch."""
    rows = _check_batch(memories, _UPDATE_NAMES)
    return [_change(row, f"memories[{i}]") for i, row in enumerate(rows)]


def check_deletions(memories: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of a batch."""
    rows = _check_batch(memories, _DELETE_NAMES)
    return [
        check_text(row.get("memory_id"), f"memories[{i}].memory_id") for i, row in enumerate(rows)
    ]


def hosted_only(what: str) -> Callable[..., NoReturn]:
    """Return a method that takes any arguments and raises HostedOnlyError."""

    def refuse(self: object, *_arguments: object, **_named: object) -> NoReturn:
        raise HostedOnlyError(
            f"{type(self).__name__} has no {what}: they exist in Mem0's hosted service only"
        )

    refuse.__name__ = refuse.__qualname__ = hosted_only.__name__  # what help() shows
    refuse.__doc__ = f"Raise HostedOnlyError: {what} exist in the hosted service only."
    return refuse


def _link(page: int, size: int) -> str:
    return f"?page={page}&page_size={size}"


def _check_batch(memories: Sequence[Mapping[str, Any]], names: frozenset[str]) -> list[Any]:
    if isinstance(memories, str | bytes | Mapping) or not isinstance(memories, Sequence):
        raise ValidationError(f"memories must be a list of dicts, got {type(memories).__name__}")
    if not 1 <= len(memories) <= BATCH_SIZE:
        raise ValidationError(
            f"memories must have 1 to {BATCH_SIZE:,} items, got {len(memories):,}"
        )
    for i, row in enumerate(memories):
        if not isinstance(row, Mapping):
            raise ValidationError(f"memories[{i}] must be a dict with memory_id, got {quoted(row)}")
        unknown = [name for name in row if name not in names]
        if unknown:
            raise ValidationError(
                f"memories[{i}][{quoted(unknown[0])}] is unknown: give {', '.join(sorted(names))}"
            )
    return list(memories)


def _change(row: Mapping[str, Any], name: str) -> Change:
    expiries = [row["expiration_date"]] if "expiration_date" in row else []
    try:
        return check_change(
            row.get("memory_id", ""),
            text=row.get("text"),
            metadata=row.get("metadata"),
            timestamp=row.get("timestamp"),
            expiries=expiries,
        )
    except ValidationError as error:
        raise ValidationError(f"{name}: {error}") from error
