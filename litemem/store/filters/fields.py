"""The fields of a filter: their operators, and the functions that read their values."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Any

from litemem.core.clock import parse_expiry, parse_time
from litemem.core.scope import ID_KEYS, WILDCARD, check_id
from litemem.errors import FilterError, ValidationError, quoted

EQUALITY = ("eq", "ne", "in", "nin")
ORDER = ("gt", "gte", "lt", "lte")
SUBSTRING = ("contains", "icontains")
OPERATORS = (*EQUALITY, *ORDER, *SUBSTRING, "exists")
MAX_INTEGER = 2**63  # SQLite's integers have 64 bits, one of them the sign


@dataclass(frozen=True, slots=True)
class Span:
    """A time as microseconds from `start` to before `end`: a single one, or a whole day."""

    start: int
    end: int


Scalar = str | int | float  # a bool is an int
Value = Scalar | Span
Reader = Callable[[Any, str], Value]  # (a value, its path) → the value to compare in SQL


class Shape(Enum):
    """How a field is stored, which determines its SQL."""

    TEXT = auto()  # a column of text
    TIME = auto()  # a column of microseconds
    ARRAY = auto()  # a column of JSON, compared by element
    JSON = auto()  # a value of any type inside a JSON object
    DAYS = auto()  # the spans of time of a row's text, by its key


def _json_column(column: str) -> str:
    """Return SQL for a column of JSON; what another tool wrote must not stop a whole statement."""
    return f"iif(json_valid({column}), {column}, '[]')"


_METADATA = _json_column("m.metadata")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a filter; `readers` has an entry for each of its operators."""

    name: str
    shape: Shape
    sql: str
    readers: Mapping[str, Reader]
    bare: str = "eq"  # the operator of a value without one
    steps: tuple[str, ...] = ()  # the keys that lead into JSON


def metadata_field(steps: tuple[str, ...], path: str) -> Field:
    """Return the field for the metadata under `steps`, one key a level, or all of it without steps.

    Raises:
        FilterError: a key is not text.
    """
    if not steps:
        return Field("metadata", Shape.ARRAY, _METADATA, {"exists": _flag})
    return Field(
        "metadata", Shape.JSON, _METADATA, _JSON, steps=tuple(_text(s, path) for s in steps)
    )


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise FilterError(f"{path} must be text, got {quoted(value)} ({type(value).__name__})")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise FilterError(f"{path} holds half a surrogate pair, which is not text") from error
    return value


def _identifier(value: Any, path: str) -> str:
    if isinstance(value, str) and value == WILDCARD:
        raise FilterError(f'{path}: "*" stands alone, as in {{"user_id": "*"}}')
    return check_id(value, path)


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise FilterError(f"{path} must be true or false, got {quoted(value)}")
    return value


def _scalar(value: Any, path: str) -> Scalar:
    if isinstance(value, date):  # a datetime is a date, too
        return value.isoformat()  # JSON has no dates: dates are stored as text
    if isinstance(value, int | float):
        return _number(value, path)
    if isinstance(value, str):
        return _text(value, path)
    raise FilterError(
        f"{path} must be text, a number, true or false, got {quoted(value)} "
        f"({type(value).__name__}); lists go with in and nin"
    )


def _number(value: float, path: str) -> int | float:
    if isinstance(value, int) and not -MAX_INTEGER <= value < MAX_INTEGER:
        raise FilterError(f"{path}={quoted(value)} has more than 64 bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise FilterError(f"{path}={quoted(value)} cannot be compared")
    return value


def _ordered(value: Any, path: str) -> Scalar:
    if isinstance(value, bool):
        raise FilterError(f"{path}: true and false have no order; use eq or ne")
    return _scalar(value, path)


def _span(value: Any, path: str) -> Span:
    try:
        start, end = parse_time(value, path), parse_expiry(value, path)
    except ValidationError as error:
        raise FilterError(str(error)) from error
    return Span(start, max(end, start + 1))  # they differ for a bare date, by its day


def _expiry(value: Any, path: str) -> Span:
    span = _span(value, path)
    is_day = span.end - span.start > 1
    # An expiry on a day is stored as the end of that day.
    return Span(span.start + is_day, span.end + is_day)


def _readers(reader: Reader, *operators: str, **others: Reader) -> Mapping[str, Reader]:
    return {**dict.fromkeys(operators, reader), **others, "exists": _flag}


_IDS = _readers(_identifier, *EQUALITY, contains=_text, icontains=_text)
_TEXT = _readers(_text, *EQUALITY, *SUBSTRING)
_KEYWORDS = _readers(_text, *SUBSTRING)
_TIME = _readers(_span, *EQUALITY, *ORDER)
_EXPIRY = _readers(_expiry, *EQUALITY, *ORDER)
_JSON = _readers(
    _scalar, *EQUALITY, **dict.fromkeys(ORDER, _ordered), contains=_scalar, icontains=_text
)
_EXPIRES = Field("expires_at", Shape.TIME, "m.expires_at", _EXPIRY)
_CONTENT = Field("text", Shape.TEXT, "m.content", _TEXT)
_WORDS = Field("keywords", Shape.TEXT, "m.content", _KEYWORDS, bare="icontains")
_MEMORY_IDS = Field("memory_ids", Shape.TEXT, "m.id", _TEXT)

FIELDS: Mapping[str, Field] = {
    **{key: Field(key, Shape.TEXT, f"m.{key}", _IDS) for key in ID_KEYS},
    "actor_id": Field("actor_id", Shape.TEXT, "m.actor_id", _TEXT),
    "role": Field("role", Shape.TEXT, "m.role", _TEXT),
    "attributed_to": Field("attributed_to", Shape.TEXT, "m.attributed_to", _TEXT),
    "memory_type": Field("memory_type", Shape.TEXT, "m.memory_type", _TEXT),
    "categories": Field("categories", Shape.ARRAY, _json_column("m.categories"), _TEXT),
    "created_at": Field("created_at", Shape.TIME, "m.created_at", _TIME),
    "updated_at": Field("updated_at", Shape.TIME, "m.updated_at", _TIME),
    "timestamp": Field("timestamp", Shape.TIME, "coalesce(m.valid_from, m.created_at)", _TIME),
    "event_date": Field("event_date", Shape.DAYS, "m.pk", _TIME),
    "expires_at": _EXPIRES,
    "expiration_date": _EXPIRES,
    "text": _CONTENT,
    "memory": _CONTENT,
    "keywords": _WORDS,
    "keywords_search": _WORDS,
    "memory_ids": _MEMORY_IDS,
    "id": _MEMORY_IDS,
}
