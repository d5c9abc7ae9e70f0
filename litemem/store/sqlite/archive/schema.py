"""Shapes: what each kind of line of an archive may hold, name by name, and how it is checked."""

import binascii
import json
import math
from array import array
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any

from litemem.core import clock
from litemem.core.arguments import MOST_NESTED, AddOptions
from litemem.core.scope import ID_KEYS, check_id
from litemem.core.types import FEEDBACK

MAX_NUMBER = 2**53  # what every JSON reader can count to
MAX_KEPT = 2**52  # of a row's number: what is added behind it can be exported, too
MAX_NAME = 1_024  # characters of an id or a name, which an index holds
EARLIEST = clock.parse_time("0001-01-01")
LATEST = clock.parse_time("9999-12-31T23:59:59.999999")


class LineError(ValueError):
    """A value is not what its name takes."""


Item = dict[str, Any]  # a line that was checked; its vector is bytes
Check = Callable[[Any], Any]  # returns the value as it is used, or raises ValueError
Shape = Mapping[
    str, tuple[Check, bool]
]  # how a name's value is checked, whether it has to be there


def validate(found: Mapping[str, Any], shape: Shape) -> Item:
    """Return what is found, each name's value as its check returns it.

    Raises:
        ShapeError: a value is not what its name takes, or a name is unknown or missing.
    """
    item: Item = {}
    for name, value in found.items():
        if name == "kind":
            item[name] = value
        elif name not in shape:
            raise LineError(f"{name!r:.80} is not known here")
        else:
            try:
                item[name] = shape[name][0](value)
            except ValueError as error:
                raise LineError(f"{name}: {error}") from error
    for name, (_, required) in shape.items():
        if required and name not in item:
            raise LineError(f"{name} is missing")
    return item


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise LineError(f"takes text, not {value!r:.80}")
    return value


def _name(value: Any) -> str:
    """Check what has to say something, and is kept in an index."""
    if not _text(value).strip() or len(value) > MAX_NAME or "\0" in value:
        raise LineError(f"takes 1 to {MAX_NAME} characters, not {value!r:.80}")
    return str(value)


def _id(value: Any) -> str:
    return _known_id(_text(value))


@lru_cache(maxsize=4_096)
def _known_id(value: str) -> str:
    return check_id(value, "it")


def _integer(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise LineError(f"takes a whole number from {least} to {most}, not {value!r:.80}")
    return value


def _number(value: Any) -> int:
    return _integer(value, 0, MAX_NUMBER)


def _key(value: Any) -> int:
    return _integer(value, 1, MAX_NUMBER)


def _dimensions(value: Any) -> int:
    return _integer(value, 1, 65_536)


def _time(value: Any) -> int:
    if type(value) is int and EARLIEST <= value <= LATEST:
        return value
    raise LineError(f"takes microseconds since 1970, in the years 1 to 9999, not {value!r:.80}")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise LineError(f"takes true or false, not {value!r:.80}")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LineError(f"takes a JSON object, not {value!r:.80}")
    return value


def _json_object(value: Any) -> dict[str, Any]:
    if _object(value):
        json.dumps(value, allow_nan=False)  # 1e999 reads as infinity, which is no JSON
        _check_depth(value, 1)
    return dict(value)


def _check_depth(value: Any, depth: int) -> None:
    if depth > MOST_NESTED:
        raise LineError(f"may be nested {MOST_NESTED} deep")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, depth + 1)


def _list_of(check: Check) -> Check:
    def validate(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise LineError(f"takes a list, not {value!r:.80}")
        return [check(entry) for entry in value]

    return validate


def _one_of(*names: str) -> Check:
    def validate(value: Any) -> str:
        if value not in names:
            raise LineError(f"is one of {', '.join(names)}, not {value!r:.80}")
        return str(value)

    return validate


def _shape(shape: Shape) -> Check:
    def check(value: Any) -> Item:
        return validate(_object(value), shape)

    return check


def _vector(value: Any) -> bytes:
    try:
        blob = binascii.a2b_base64(_text(value), strict_mode=True)
    except ValueError as error:
        raise LineError(f"is not base64: {error}") from error
    if len(blob) % 4 or not math.isfinite(sum(array("f", blob))):
        raise LineError("holds what is no number")
    return blob


def _options(value: Any) -> dict[str, Any]:
    """Check the options of a turn that waits: extraction reads them without another look."""
    found = _json_object(value)
    names = {field.name for field in fields(AddOptions)}
    for name, entry in found.items():
        if name not in names:
            raise LineError(f"{name!r:.80} is no option")
        check: Check = _OPTIONS.get(name, _text_or_none)
        check(entry)
    if "categories" not in found:
        raise LineError("categories is missing")
    return found


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _time_or_none(value: Any) -> int | None:
    return None if value is None else _time(value)


def _day_or_none(value: Any) -> str | None:
    return None if value is None else date.fromisoformat(_text(value)).isoformat()


def _meanings(value: Any) -> dict[str, str]:
    return {_text(name): _text(meaning) for name, meaning in _object(value).items()}


_OPTIONS: Mapping[str, Check] = {
    "metadata": _json_object,
    "categories": _list_of(_text),
    "created_at": _time_or_none,
    "expires_at": _time_or_none,
    "custom_categories": _meanings,
    "immutable": _flag,
    "enable_graph": _flag,
    "said_on": _day_or_none,
}
_IDS: Shape = dict.fromkeys(ID_KEYS, (_id, False))
_SPEAKER = {"actor_id": (_text, False), "role": (_text, False)}
_EVENT = {
    "event": (_one_of("ADD", "UPDATE", "DELETE"), True),
    "old_memory": (_text, False),
    "new_memory": (_text, False),
    "created_at": (_time, True),
    "updated_at": (_time, False),
    "superseded_by": (_name, False),
    **_SPEAKER,
    **_IDS,
}
_HISTORY = _list_of(_shape(_EVENT))
_OUTCOME = {"id": (_name, True), "event": (_one_of("ADD", "UPDATE", "NONE"), True)}
_FEEDBACK = {
    "feedback": (_one_of(*FEEDBACK), True),
    "reason": (_text, False),
    "created_at": (_time, True),
}

# In the order in which they stand in a file. A name, how it is checked, whether it has to be there.
LINE_TYPES: Mapping[str, Shape] = {
    "project": {"settings": (_json_object, True)},
    "export_request": {
        "id": (_name, True),
        "request": (_json_object, True),
        "created_at": (_time, True),
    },
    "finished_turn": {
        "event_id": (_name, True),
        "results": (_list_of(_shape(_OUTCOME)), True),
        "created_at": (_time, True),
        "completed_at": (_time, True),
    },
    "turn": {
        "number": (_key, True),
        **_IDS,
        "options": (_options, True),
        "error": (_text, False),
        "created_at": (_time, True),
        "event_id": (_name, False),
        "tries": (_number, True),
        "killed": (_number, True),
        "tried_at": (_time, False),
    },
    "message": {
        "number": (_key, True),
        **_IDS,
        "role": (_text, True),
        "content": (_text, True),
        "name": (_text, False),
        "created_at": (_time, True),
        "turn": (_key, False),
    },
    "deleted": {"id": (_name, True), "history": (_HISTORY, True)},
    "memory": {
        "number": (_key, True),
        "id": (_name, True),
        "content": (_text, True),
        **_IDS,
        **_SPEAKER,
        "attributed_to": (_text, False),
        "memory_type": (_text, False),
        "metadata": (_json_object, False),
        "categories": (_list_of(_text), False),
        "created_at": (_time, True),
        "updated_at": (_time, True),
        "valid_from": (_time, False),
        "valid_to": (_time, False),
        "superseded_by": (_name, False),
        "expires_at": (_time, False),
        "sources": (_list_of(_key), False),
        "immutable": (_flag, False),
        "repeats": (_number, False),
        "feedback": (_shape(_FEEDBACK), False),
        "history": (_HISTORY, False),
        "vector": (_vector, False),
    },
    "entity": {
        "number": (_key, True),
        "name": (_text, True),
        **_IDS,
        "same_as": (_key, False),
        "vector": (_vector, False),
    },
    "relation": {
        "number": (_key, True),
        "source": (_key, True),
        "relationship": (_text, True),
        "destination": (_key, True),
        "memories": (_list_of(_key), True),
    },
}
NO_IDS = ("project", "export_request", "finished_turn", "deleted", "relation")

# The embedder of the vectors, and the counts, in the first line.
EMBEDDER: Shape = {
    "name": (_text, True),
    "dimensions": (_dimensions, True),
    "fingerprint": (_text, True),
}
COUNTS: Shape = dict.fromkeys(LINE_TYPES, (_number, False))
HEADER: Shape = {
    "format": (_number, True),
    "counts": (_shape(COUNTS), True),
    "sha256": (_text, True),
    "embedder": (_shape(EMBEDDER), False),
}
