"""Check stored values: what a text, an id, a number, a time or a JSON value of a file may be.

An archive's lines and a database's columns are checked with the same functions. Each returns the
value, or raises an `InvalidValueError`.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from litemem.core import clock
from litemem.core.arguments import MAX_NESTING
from litemem.core.scope import check_id

MAX_NUMBER = 2**53  # the largest integer of every JSON reader
MAX_NAME = 1_024  # characters of an indexed text
EARLIEST = clock.parse_time("0001-01-01")
LATEST = clock.parse_time("9999-12-31T23:59:59.999999")

Item = dict[str, Any]  # a validated line; its vector is bytes
Check = Callable[[Any], Any]  # returns the validated value, or raises ValueError


class InvalidValueError(ValueError):
    """A value, or a line with it, is invalid."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a JSON object, each with the check of its value."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check]

    def validate(self, found: Mapping[str, Any]) -> Item:
        """Return the object with validated values.

        Raises:
            InvalidValueError: a field is unknown or missing, or its value is invalid.
        """
        item: Item = {}
        for name, value in found.items():
            check = self.required.get(name) or self.optional.get(name)
            if check is None:
                raise InvalidValueError(f"the field {name!r:.80} is unknown")
            try:
                item[name] = check(value)
            except ValueError as error:
                raise InvalidValueError(f"{name}: {error}") from error
        for name in self.required:
            if name not in item:
                raise InvalidValueError(f"{name} is missing")
        return item

    def __call__(self, value: Any) -> Item:
        """Validate a nested object."""
        return self.validate(json_object(value))


def _typed(kind: type, what: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise InvalidValueError(f"must be {what}, got {value!r:.80}")
        return value

    return check


def integer(least: int, most: int, what: str) -> Check:
    """Return the check of a whole number; `what` describes it."""

    def check(value: Any) -> Any:
        if type(value) is int and least <= value <= most:
            return value
        raise InvalidValueError(f"must be {what}, got {value!r:.80}")

    return check


def list_of(check: Check) -> Check:
    """Return the check of a list; each entry passes the given check."""
    return lambda value: [check(entry) for entry in json_list(value)]


def one_of(*names: str) -> Check:
    """Return the check of a text that is one of these."""

    def check(value: Any) -> str:
        if value not in names:
            raise InvalidValueError(f"must be one of {', '.join(names)}, got {value!r:.80}")
        return str(value)

    return check


def or_none(check: Check) -> Check:
    """Return a check that None passes as well."""
    return lambda value: None if value is None else check(value)


text = _typed(str, "text")
flag = _typed(bool, "true or false")
json_object = _typed(dict, "a JSON object")
json_list = _typed(list, "a list")
count = integer(0, MAX_NUMBER, f"a whole number from 0 to {MAX_NUMBER}")
key = integer(1, MAX_NUMBER, f"a whole number from 1 to {MAX_NUMBER}")
time = integer(EARLIEST, LATEST, "microseconds since 1970 in the years 1 to 9999")


def is_name(text: str) -> bool:
    """Return True if a text may be the id of a memory or of an event."""
    return bool(text.strip()) and len(text) <= MAX_NAME and "\0" not in text


def name(value: Any) -> str:
    """Check the id of a memory, a message or an event."""
    if not is_name(text(value)):
        raise InvalidValueError(f"must have 1 to {MAX_NAME} characters, got {value!r:.80}")
    return str(value)


def scope_id(value: Any) -> str:
    """Check one of the ids of a scope."""
    return _checked_id(text(value))


@lru_cache(maxsize=4_096)
def _checked_id(value: str) -> str:
    return check_id(value, "it")


def json_value(value: Any) -> dict[str, Any]:
    """Check a JSON object that is stored as JSON again."""
    if json_object(value):
        json.dumps(value, allow_nan=False)  # 1e999 is read as infinity, which is not JSON
        _check_depth(value, 1)
    return dict(value)


def _check_depth(value: Any, depth: int) -> None:
    if depth > MAX_NESTING:
        raise InvalidValueError(f"must not be nested deeper than {MAX_NESTING}")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, depth + 1)


def parse(text: str, *, finite: bool = False) -> Any:
    """Parse strict JSON; if `finite`, refuse a number like 1e999, which Python reads as infinity.

    Raises:
        ValueError, RecursionError: the text is not JSON, or only Python reads it as JSON.
    """
    found = (_FINITE_DECODER if finite else _DECODER).decode(text)
    if "\\u" in text:  # half a surrogate pair is only possible in an escape
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _no_constant(name: str) -> None:
    raise InvalidValueError(f"{name} is not a JSON number")


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise InvalidValueError(f"{number:.80} is too large for a number")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant)  # a decoder per line takes a third longer
_FINITE_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
