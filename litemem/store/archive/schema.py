"""Validate each line of an archive: its fields, their values, and which of them are required."""

import binascii
import json
import math
import re
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any

from litemem.core import clock
from litemem.core.arguments import MAX_NESTING, AddOptions, check_custom_categories
from litemem.core.scope import ID_KEYS, check_id
from litemem.core.types import FEEDBACK

MAX_NUMBER = 2**53  # the largest integer of every JSON reader
MAX_KEPT = 2**52  # a larger number is not kept as a primary key: later rows could not be exported
MAX_NAME = 1_024  # characters of an indexed text
EARLIEST = clock.parse_time("0001-01-01")
LATEST = clock.parse_time("9999-12-31T23:59:59.999999")

_SHA256 = re.compile("[0-9a-f]{64}")

Item = dict[str, Any]  # a validated line; its vector is bytes
Check = Callable[[Any], Any]  # returns the validated value, or raises ValueError


class LineError(ValueError):
    """A line, or a value in it, is invalid."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a JSON object, each with the check of its value."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check]

    def validate(self, found: Mapping[str, Any]) -> Item:
        """Return the object with validated values.

        Raises:
            LineError: a field is unknown or missing, or its value is invalid.
        """
        item: Item = {}
        for name, value in found.items():
            check = self.required.get(name) or self.optional.get(name)
            if check is None:
                raise LineError(f"the field {name!r:.80} is unknown")
            try:
                item[name] = check(value)
            except ValueError as error:
                raise LineError(f"{name}: {error}") from error
        for name in self.required:
            if name not in item:
                raise LineError(f"{name} is missing")
        return item

    def __call__(self, value: Any) -> Item:
        """Validate a nested object."""
        return self.validate(_object(value))


def _typed(kind: type, what: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise LineError(f"must be {what}, got {value!r:.80}")
        return value

    return check


def integer(least: int, most: int, what: str) -> Check:
    """Return the check of a whole number; `what` describes it."""

    def check(value: Any) -> Any:
        if type(value) is int and least <= value <= most:
            return value
        raise LineError(f"must be {what}, got {value!r:.80}")

    return check


def _list_of(check: Check) -> Check:
    return lambda value: [check(entry) for entry in _list(value)]


def one_of(*names: str) -> Check:
    """Return the check of a text that is one of these."""

    def check(value: Any) -> str:
        if value not in names:
            raise LineError(f"must be one of {', '.join(names)}, got {value!r:.80}")
        return str(value)

    return check


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


_text = _typed(str, "text")
_flag = _typed(bool, "true or false")
_object = _typed(dict, "a JSON object")
_list = _typed(list, "a list")
_count = integer(0, MAX_NUMBER, f"a whole number from 0 to {MAX_NUMBER}")
_key = integer(1, MAX_NUMBER, f"a whole number from 1 to {MAX_NUMBER}")
_dimensions = integer(1, 65_536, "a whole number from 1 to 65536")
_time = integer(EARLIEST, LATEST, "microseconds since 1970 in the years 1 to 9999")


def is_name(text: str) -> bool:
    """Return True if a text may be the id of a memory or of an event."""
    return bool(text.strip()) and len(text) <= MAX_NAME and "\0" not in text


def _name(value: Any) -> str:
    if not is_name(_text(value)):
        raise LineError(f"must have 1 to {MAX_NAME} characters, got {value!r:.80}")
    return str(value)


def _id(value: Any) -> str:
    return _checked_id(_text(value))


@lru_cache(maxsize=4_096)
def _checked_id(value: str) -> str:
    return check_id(value, "it")


def _json(value: Any) -> dict[str, Any]:
    if _object(value):
        json.dumps(value, allow_nan=False)  # 1e999 is read as infinity, which is not JSON
        _check_depth(value, 1)
    return dict(value)


def _check_depth(value: Any, depth: int) -> None:
    if depth > MAX_NESTING:
        raise LineError(f"must not be nested deeper than {MAX_NESTING}")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, depth + 1)


def _vector(value: Any) -> bytes:
    try:
        blob = binascii.a2b_base64(_text(value), strict_mode=True)
    except ValueError as error:
        raise LineError(f"must be base64: {error}") from error
    if len(blob) % 4 or not math.isfinite(sum(array("f", blob))):
        raise LineError("must hold finite 32-bit numbers")
    return blob


def _sha256(value: Any) -> str:
    if not _SHA256.fullmatch(_text(value)):
        raise LineError("must have 64 hexadecimal digits")
    return str(value)


def _settings(value: Any) -> Item:
    """Validate the settings of a project; extraction uses the known ones without a check."""
    for name, setting in _json(value).items():
        check = _SETTINGS.get(name)
        if check is not None and setting not in (None, "", []):
            try:
                check(setting)
            except ValueError as error:
                raise LineError(f"{name}: {error}") from error
    return dict(value)


def _day(value: Any) -> str:
    return date.fromisoformat(_text(value)).isoformat()


def _spans(value: Any) -> list[list[int]]:
    """Validate spans of time, each as its first microsecond and the first one behind it."""
    spans = [[_time(end) for end in _list(each)] for each in _list(value)]
    for span in spans:
        if len(span) != 2 or span[0] >= span[1]:
            raise LineError(f"must have a beginning and a later end, got {span!r:.80}")
    return spans


def _texts_by_name(value: Any) -> dict[str, str]:
    return {_text(name): _text(text) for name, text in _object(value).items()}


# Extraction reads the options of a pending turn without checking them again.
_options = Schema(
    required={"categories": _list_of(_text)},
    optional={field.name: _or_none(_text) for field in fields(AddOptions)}
    | {
        "metadata": _json,
        "custom_categories": _texts_by_name,
        **dict.fromkeys(("created_at", "expires_at"), _or_none(_time)),
        **dict.fromkeys(("immutable", "enable_graph", "imported"), _flag),
        "said_on": _or_none(_day),
    },
)


_SETTINGS: Mapping[str, Check] = {
    **dict.fromkeys(("custom_instructions", "agent_custom_instructions"), _text),
    "custom_categories": check_custom_categories,
    **dict.fromkeys(("multilingual", "decay"), _flag),
}


def _validated_options(value: Any) -> Item:
    return _options(_json(value))


_IDS = dict.fromkeys(ID_KEYS, _id)
_SPEAKER = dict.fromkeys(("actor_id", "role"), _text)
_HISTORY = _list_of(
    Schema(
        required={"event": one_of("ADD", "UPDATE", "DELETE"), "created_at": _time},
        optional={
            **dict.fromkeys(("old_memory", "new_memory"), _text),
            "updated_at": _time,
            "superseded_by": _name,
            **_SPEAKER,
            **_IDS,
        },
    )
)
_EVENTS = ("ADD", "UPDATE", "NONE", "DELETE", "CANDIDATE")
_RESULT = Schema({"id": _name, "event": one_of(*_EVENTS)}, {})
_SET_ASIDE = Schema({"fact": _text, "reason": _text}, {"replaced_by": _text, "memory_id": _name})
_FEEDBACK = Schema({"feedback": one_of(*FEEDBACK), "created_at": _time}, {"reason": _text})

# In the order of an archive's lines.
LINE_TYPES: Mapping[str, Schema] = {
    "damaged": Schema({"id": _text}, {}),
    "project": Schema({"settings": _settings}, {}),
    "finished_turn": Schema(
        {
            "event_id": _name,
            "results": _list_of(_RESULT),
            "created_at": _time,
            "completed_at": _time,
        },
        {},
    ),
    "turn": Schema(
        {
            "number": _key,
            "options": _validated_options,
            "created_at": _time,
            "tries": _count,
            "killed": _count,
        },
        {**_IDS, "error": _text, "event_id": _name, "tried_at": _time},
    ),
    "message": Schema(
        {"number": _key, "role": _text, "content": _text, "created_at": _time},
        {
            **_IDS,
            **dict.fromkeys(("id", "name"), _text),
            "turn": _key,
            "metadata": _json,
            "categories": _list_of(_text),
            "expires_at": _time,
            **dict.fromkeys(("hidden", "yielded"), _flag),
            "set_aside": _list_of(_SET_ASIDE),
            "days": _spans,
        },
    ),
    "deleted": Schema({"id": _name, "history": _HISTORY}, {"sources": _list_of(_key)}),
    "memory": Schema(
        {"number": _key, "id": _name, "content": _text, "created_at": _time, "updated_at": _time},
        {
            **_IDS,
            **_SPEAKER,
            **dict.fromkeys(("attributed_to", "memory_type"), _text),
            "metadata": _json,
            "categories": _list_of(_text),
            **dict.fromkeys(("valid_from", "valid_to", "expires_at"), _time),
            "superseded_by": _name,
            "sources": _list_of(_key),
            "days": _spans,
            "immutable": _flag,
            "repeats": _count,
            "feedback": _FEEDBACK,
            "history": _HISTORY,
            "vector": _vector,
        },
    ),
    "conflict": Schema(
        {"id": _name, "memories": _list_of(_key), "created_at": _time}, {"settled_at": _time}
    ),
    "entity": Schema({"number": _key, "name": _text}, {**_IDS, "same_as": _key, "vector": _vector}),
    "relation": Schema(
        {
            "number": _key,
            "source": _key,
            "relationship": _text,
            "destination": _key,
            "memories": _list_of(_key),
        },
        {},
    ),
    "shown": Schema({"memory_id": _name, "event": _name, "shown_at": _time}, _IDS),
}


def check_of(kind: str, name: str) -> Check:
    """Return the check of a field of the lines of one kind."""
    line = LINE_TYPES[kind]
    return line.required.get(name) or line.optional[name]


SKIPPED = ("export_request",)  # written by earlier versions; an import ignores these lines
WITHOUT_IDS = ("damaged", "project", "finished_turn", "deleted", "conflict", "relation")

EMBEDDER = Schema({"name": _text, "dimensions": _dimensions, "fingerprint": _text}, {})
HEADER = Schema({"format": _count}, {"embedder": EMBEDDER})
# of the header, too: what shows that no line was changed
SEAL = Schema(
    {
        "counts": Schema({}, dict.fromkeys((*LINE_TYPES, *SKIPPED), _count)),
        "sha256": _sha256,
    },
    {},
)
