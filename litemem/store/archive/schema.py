"""Validate each line of an archive: its fields, their values, and which of them are required."""

import binascii
import math
import re
from array import array
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from litemem.core import checks
from litemem.core.arguments import AddOptions, check_custom_categories
from litemem.core.checks import Check, InvalidValueError, Item, Schema, integer, one_of
from litemem.core.scope import ID_KEYS
from litemem.core.types import FEEDBACK

MAX_KEPT = 2**52  # a larger number is not kept as a primary key: later rows could not be exported
_SHA256 = re.compile("[0-9a-f]{64}")
_dimensions = integer(1, 65_536, "a whole number from 1 to 65536")


def _vector(value: Any) -> bytes:
    try:
        blob = binascii.a2b_base64(checks.text(value), strict_mode=True)
    except ValueError as error:
        raise InvalidValueError(f"must be base64: {error}") from error
    if len(blob) % 4 or not math.isfinite(sum(array("f", blob))):
        raise InvalidValueError("must hold finite 32-bit numbers")
    return blob


def _sha256(value: Any) -> str:
    if not _SHA256.fullmatch(checks.text(value)):
        raise InvalidValueError("must have 64 hexadecimal digits")
    return str(value)


def _settings(value: Any) -> Item:
    """Validate the settings of a project; extraction uses the known ones without a check."""
    for name, setting in checks.json_value(value).items():
        check = _SETTINGS.get(name)
        if check is not None and setting not in (None, "", []):
            try:
                check(setting)
            except ValueError as error:
                raise InvalidValueError(f"{name}: {error}") from error
    return dict(value)


def _day(value: Any) -> str:
    return date.fromisoformat(checks.text(value)).isoformat()


def _spans(value: Any) -> list[list[int]]:
    """Validate spans of time, each as its first microsecond and the first one behind it."""
    spans = [
        [checks.time(end) for end in checks.json_list(each)] for each in checks.json_list(value)
    ]
    for span in spans:
        if len(span) != 2 or span[0] >= span[1]:
            raise InvalidValueError(f"must have a beginning and a later end, got {span!r:.80}")
    return spans


def _triple(value: Any) -> list[str]:
    """Check a relation: its source, its name and its destination."""
    found = [checks.text(each) for each in checks.json_list(value)]
    if len(found) != 3:
        raise InvalidValueError(f"must be a source, a name and a destination, got {value!r:.80}")
    return found


def _texts_by_name(value: Any) -> dict[str, str]:
    return {
        checks.text(name): checks.text(text) for name, text in checks.json_object(value).items()
    }


# Extraction reads the options of a pending turn without checking them again.
_options = Schema(
    required={"categories": checks.list_of(checks.text)},
    optional={field.name: checks.or_none(checks.text) for field in fields(AddOptions)}
    | {
        "metadata": checks.json_value,
        "custom_categories": _texts_by_name,
        **dict.fromkeys(("created_at", "expires_at"), checks.or_none(checks.time)),
        **dict.fromkeys(("immutable", "enable_graph", "imported"), checks.flag),
        "said_on": checks.or_none(_day),
    },
)


_SETTINGS: Mapping[str, Check] = {
    **dict.fromkeys(("custom_instructions", "agent_custom_instructions"), checks.text),
    "custom_categories": check_custom_categories,
    **dict.fromkeys(("multilingual", "decay"), checks.flag),
}


def _validated_options(value: Any) -> Item:
    return _options(checks.json_value(value))


_IDS = dict.fromkeys(ID_KEYS, checks.scope_id)
_SPEAKER = dict.fromkeys(("actor_id", "role"), checks.text)
_FEEDBACK = Schema(
    {"feedback": one_of(*FEEDBACK), "created_at": checks.time}, {"reason": checks.text}
)
EVENT_DETAILS: Check = Schema(  # of a change or a deletion: what it took away
    {},
    {
        "created_at": checks.time,
        **dict.fromkeys(("attributed_to", "memory_type"), checks.or_none(checks.text)),
        "metadata": checks.json_value,
        "categories": checks.list_of(checks.text),
        **dict.fromkeys(("valid_from", "valid_to", "expires_at"), checks.or_none(checks.time)),
        "immutable": checks.flag,
        "repeats": checks.count,
        "feedback": _FEEDBACK,
        "relations": checks.list_of(_triple),
    },
)
_HISTORY = checks.list_of(
    Schema(
        required={"event": one_of("ADD", "UPDATE", "DELETE"), "created_at": checks.time},
        optional={
            **dict.fromkeys(("old_memory", "new_memory"), checks.text),
            "updated_at": checks.time,
            "superseded_by": checks.name,
            "details": EVENT_DETAILS,
            **_SPEAKER,
            **_IDS,
        },
    )
)
_EVENTS = ("ADD", "UPDATE", "NONE", "DELETE", "CANDIDATE")
_RESULT = Schema({"id": checks.name, "event": one_of(*_EVENTS)}, {})
_SET_ASIDE = Schema(
    {"fact": checks.text, "reason": checks.text},
    {"replaced_by": checks.text, "memory_id": checks.name},
)

# In the order of an archive's lines.
LINE_TYPES: Mapping[str, Schema] = {
    "damaged": Schema({"id": checks.text}, {}),
    "project": Schema({"settings": _settings}, {}),
    "finished_turn": Schema(
        {
            "event_id": checks.name,
            "results": checks.list_of(_RESULT),
            "created_at": checks.time,
            "completed_at": checks.time,
        },
        {},
    ),
    "turn": Schema(
        {
            "number": checks.key,
            "options": _validated_options,
            "created_at": checks.time,
            "tries": checks.count,
            "killed": checks.count,
        },
        {**_IDS, "error": checks.text, "event_id": checks.name, "tried_at": checks.time},
    ),
    "message": Schema(
        {
            "number": checks.key,
            "role": checks.text,
            "content": checks.text,
            "created_at": checks.time,
        },
        {
            **_IDS,
            **dict.fromkeys(("id", "name"), checks.text),
            "turn": checks.key,
            "metadata": checks.json_value,
            "categories": checks.list_of(checks.text),
            "expires_at": checks.time,
            **dict.fromkeys(("hidden", "yielded"), checks.flag),
            "set_aside": checks.list_of(_SET_ASIDE),
            "days": _spans,
        },
    ),
    "deleted": Schema(
        {"id": checks.name, "history": _HISTORY}, {"sources": checks.list_of(checks.key)}
    ),
    "memory": Schema(
        {
            "number": checks.key,
            "id": checks.name,
            "content": checks.text,
            "created_at": checks.time,
            "updated_at": checks.time,
        },
        {
            **_IDS,
            **_SPEAKER,
            **dict.fromkeys(("attributed_to", "memory_type"), checks.text),
            "metadata": checks.json_value,
            "categories": checks.list_of(checks.text),
            **dict.fromkeys(("valid_from", "valid_to", "expires_at"), checks.time),
            "superseded_by": checks.name,
            "sources": checks.list_of(checks.key),
            "days": _spans,
            "immutable": checks.flag,
            "repeats": checks.count,
            "feedback": _FEEDBACK,
            "history": _HISTORY,
            "vector": _vector,
        },
    ),
    "conflict": Schema(
        {"id": checks.name, "memories": checks.list_of(checks.key), "created_at": checks.time},
        {"settled_at": checks.time},
    ),
    "entity": Schema(
        {"number": checks.key, "name": checks.text},
        {**_IDS, "same_as": checks.key, "vector": _vector},
    ),
    "relation": Schema(
        {
            "number": checks.key,
            "source": checks.key,
            "relationship": checks.text,
            "destination": checks.key,
            "memories": checks.list_of(checks.key),
        },
        {},
    ),
    "shown": Schema(
        {"memory_id": checks.name, "event": checks.name, "shown_at": checks.time}, _IDS
    ),
}


def check_of(kind: str, name: str) -> Check:
    """Return the check of a field of the lines of one kind."""
    line = LINE_TYPES[kind]
    return line.required.get(name) or line.optional[name]


SKIPPED = ("export_request",)  # written by earlier versions; an import ignores these lines
WITHOUT_IDS = ("damaged", "project", "finished_turn", "deleted", "conflict", "relation")

EMBEDDER = Schema({"name": checks.text, "dimensions": _dimensions, "fingerprint": checks.text}, {})
HEADER = Schema({"format": checks.count}, {"embedder": EMBEDDER})
# of the header, too: what shows that no line was changed
SEAL = Schema(
    {
        "counts": Schema({}, dict.fromkeys((*LINE_TYPES, *SKIPPED), checks.count)),
        "sha256": _sha256,
    },
    {},
)
