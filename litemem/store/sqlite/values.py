"""What each column of a file may hold: the one place where values from a file are checked.

Another tool may have written anything. SQLite does not check what a column holds, and Python's JSON
takes texts that nothing else takes, or fails on them with errors of its own. Everything that is
read goes through `check_values` or `read_value`, which raise a `RowDamageError` that names the
place. `verify` and its repair find and replace the same values.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from litemem.core import checks, clock
from litemem.core.arguments import MAX_NESTING, AddOptions
from litemem.core.checks import (
    EARLIEST,
    LATEST,
    MAX_NUMBER,
    Check,
    InvalidValueError,
    integer,
    one_of,
    parse,
)
from litemem.core.scope import ID_KEYS
from litemem.core.types import FEEDBACK
from litemem.errors import quoted
from litemem.store.archive.schema import EMBEDDER, EVENT_DETAILS, check_of

OPTION_NAMES = frozenset(field.name for field in fields(AddOptions))
EMBEDDER_NAMES = ("embedder", "next_embedder")
DROP = object()  # as a replacement: delete the row

_text, _name, _id, _time = checks.text, checks.name, checks.scope_id, checks.time
_names, _source_list = checks.list_of(checks.text), checks.list_of(checks.key)
_set_aside = check_of("message", "set_aside")

Replace = Callable[[Any], Any]  # returns what is nearest to a wrong value, or `DROP`


class RowDamageError(ValueError):
    """A row has values that litemem never writes: damage, or a change by another tool."""


class IndexDamageError(RowDamageError):
    """An index leads to other rows than those that were asked for."""


@dataclass(frozen=True, slots=True)
class Column:
    """The check of a column's values, and what `verify --fix` writes instead of a wrong one.

    NULL is right if the column is `optional`. `strict` is what `verify` checks, if that is more.
    `sure` is SQL about the column `{}`: it is true only for values that are surely right, apart
    from the encoding of a text, so that most rows of a large file need not be checked one by one.
    """

    check: Check
    replace: Replace
    optional: bool = False
    strict: Check | None = None
    sure: str = "FALSE"


def check_values(table: str, key: object, **values: Any) -> None:
    """Check values of one row, by the names of their columns.

    Raises:
        RowDamageError: a value is wrong.
    """
    for column, value in values.items():
        read_value(table, key, column, value)


def read_value(table: str, key: object, column: str, value: Any) -> Any:
    """Return a value as Python uses it: JSON is parsed, everything else is as it is stored.

    Setting values have their name as the key.

    Raises:
        RowDamageError: the value is wrong.
    """
    rule = SETTINGS[str(key)] if table == "setting" else COLUMNS[table][column]
    if value is None and rule.optional:
        return None
    try:
        return rule.check(value)
    except (ValueError, RecursionError) as error:
        raise damage(table, key, column, error) from error


def damage(table: str, key: object, column: str, reason: object) -> RowDamageError:
    """Return the error for a wrong value, with its place."""
    text = "is nested too deeply" if isinstance(reason, RecursionError) else reason
    return RowDamageError(f"{table} {quoted(key)}, {column}: {text}")


def _whole(least: int, most: int) -> Check:
    return integer(least, most, f"a whole number from {least} to {most}")


def _blob(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise InvalidValueError(f"must be bytes, got {quoted(value)}")
    return value


def _json(check: Check) -> Check:
    return lambda value: check(parse(_text(value), finite=True))


def _object(value: Any) -> dict[str, Any]:
    """Parse the text of a JSON object; to check the depth of every one would take 2 µs."""
    found = parse(_text(value), finite=True)
    if not isinstance(found, dict):
        raise InvalidValueError(f"must be a JSON object, got {quoted(found)}")
    if value.count("{") + value.count("[") > MAX_NESTING:
        checks.json_value(found)
    return found


def _readable_options(value: Any) -> dict[str, Any]:
    """Check the options that this version knows; it uses no others."""
    found = _object(value)
    known = {name: option for name, option in found.items() if name in OPTION_NAMES}
    check_of("turn", "options")({"categories": [], **known})
    return found


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(_names(parse(_text(value), finite=True)))


def _digits(value: Any) -> int:
    if not _text(value).isascii() or not value.isdigit() or len(value) > len(str(MAX_NUMBER)):
        raise InvalidValueError(f"must be a whole number, got {quoted(value)}")
    return int(value)


def _always(replacement: Any) -> Replace:
    return lambda _: replacement


def _as_text(value: Any) -> str:
    """Return the text that is nearest to a value; what is not UTF-8 becomes U+FFFD."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return "" if value is None else str(value)


def renamed(value: Any) -> str:
    """Return an id for a wrong one: the same for the same value, and nobody else's."""
    digest = hashlib.sha256(repr(value).encode(errors="surrogatepass")).hexdigest()
    return f"unreadable-{digest[:16]}"


def _entries(check: Check) -> Replace:
    """Return a replacement that keeps the entries of a list that pass its check."""

    def kept(value: Any) -> str:
        found = _parsed(value)
        listed = found if isinstance(found, list) else []
        return json.dumps([each for each in listed if _passes(check, [each])], ensure_ascii=False)

    return kept


def _options(value: Any) -> str:
    """Return the options of a turn that are right."""
    kept: dict[str, Any] = {"categories": []}
    for name, option in _members(value):
        candidate = {**kept, name: option}
        if _passes(check_of("turn", "options"), candidate):
            kept = candidate
    return json.dumps(kept, ensure_ascii=False)


def _project(value: Any) -> Any:
    """Return the settings that are right."""
    kept = {n: v for n, v in _members(value) if _passes(check_of("project", "settings"), {n: v})}
    return json.dumps(kept, ensure_ascii=False)


def _members(value: Any) -> list[tuple[str, Any]]:
    found = _parsed(value)
    return list(found.items()) if isinstance(found, dict) else []


def _parsed(value: Any) -> Any:
    """Return the JSON of a value, or None."""
    try:
        return parse(_text(value), finite=True)
    except (ValueError, RecursionError):
        return None


def _passes(check: Check, value: Any) -> bool:
    try:
        check(value)
    except (ValueError, RecursionError):
        return False
    return True


# values that are surely right: `Column.sure`
_IS_TEXT = "typeof({}) = 'text'"
_IS_NAME = (  # printable ASCII without spaces: the ids that litemem makes, and most of others
    "typeof({}) = 'text' AND length({}) BETWEEN 2 AND 256 AND {} NOT GLOB '*[^!-~]*'"
    " AND instr({}, char(0)) = 0"
)
_IS_BLOB = "typeof({}) = 'blob'"
_IS_FLAG = "typeof({}) = 'integer' AND {} IN (0, 1)"
_IS_SOURCES = (  # one source, or none
    "{} = '[]' OR typeof({}) = 'text' AND length({}) < 16 AND substr({}, 1, 2) GLOB '[[][1-9]'"
    " AND substr({}, 3) GLOB '*]' AND trim(substr({}, 3), '0123456789') = ']'"
)


def _is_between(least: int, most: int) -> str:
    return f"typeof({{}}) = 'integer' AND {{}} BETWEEN {least} AND {most}"


_IS_TIME = _is_between(EARLIEST, LATEST)
_COUNT = Column(_whole(0, MAX_NUMBER), _always(0), sure=_is_between(0, MAX_NUMBER))
_KEY = Column(_whole(1, 2**63 - 1), _always(DROP), sure=_is_between(1, 2**63 - 1))
_SOURCES = Column(_json(_source_list), _entries(_source_list), sure=_IS_SOURCES)
_REQUIRED_TIME = Column(_time, _always(0), sure=_IS_TIME)
_OPTIONAL_TIME = Column(_time, _always(None), optional=True, sure=_IS_TIME)
_REQUIRED_TEXT = Column(_text, _as_text, sure=_IS_TEXT)
_OPTIONAL_TEXT = Column(_text, _as_text, optional=True, sure=_IS_TEXT)
_OBJECT = Column(_object, _always("{}"), sure="{} = '{{}}'")
_CATEGORIES = Column(_strings, _entries(_names), sure="{} = '[]'")
_OPTIONAL_NAME = Column(_name, _always(None), optional=True, sure=_IS_NAME)
_SCOPE = dict.fromkeys(ID_KEYS, Column(_id, renamed, optional=True, sure=_IS_NAME))
# of a claim, which its program makes again
_PASSAGES = Column(_whole(0, 2**31), _always(None), optional=True, sure=_is_between(0, 2**31))
_DERIVED = Column(_whole(-(2**63), 2**63 - 1), _always(DROP))

# By table; keys of rows, and columns that `integrity.invariants` compares, are left out.
COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "session": _SCOPE,
    "memory": {
        "id": Column(_name, lambda _: clock.new_id(), sure=_IS_NAME),
        "content": _REQUIRED_TEXT,
        "hash": Column(_blob, _always(b""), sure=_IS_BLOB),
        **_SCOPE,
        **dict.fromkeys(("actor_id", "role", "attributed_to", "memory_type"), _OPTIONAL_TEXT),
        "metadata": _OBJECT,
        "categories": _CATEGORIES,
        **dict.fromkeys(("created_at", "updated_at"), _REQUIRED_TIME),
        **dict.fromkeys(("valid_from", "valid_to", "expires_at"), _OPTIONAL_TIME),
        "superseded_by": _OPTIONAL_NAME,
        "sources": _SOURCES,
        "immutable": Column(_whole(0, 1), _always(1), sure=_IS_FLAG),
        "repeats": _COUNT,
        "passages": _PASSAGES,
    },
    "embedding": {"vector": Column(_blob, _always(DROP))},
    "embedding_next": {"vector": Column(_blob, _always(DROP))},
    "turn": {
        "session_pk": _KEY,
        "options": Column(_readable_options, _options, strict=_json(check_of("turn", "options"))),
        "error": _OPTIONAL_TEXT,
        "created_at": _REQUIRED_TIME,
        "event_id": Column(_name, _always(None), optional=True),
        "tries": _COUNT,
        "killed": _COUNT,
        "tried_at": _OPTIONAL_TIME,
    },
    "message": {
        "session_pk": _KEY,
        "role": _REQUIRED_TEXT,
        "content": _REQUIRED_TEXT,
        "name": _OPTIONAL_TEXT,
        "created_at": _REQUIRED_TIME,
        "id": Column(_name, lambda _: clock.new_id(), optional=True, sure=_IS_NAME),
        "passages": replace(_PASSAGES, replace=_always(0)),  # it may have been hidden
        "yielded": Column(_whole(0, 1), _always(1), sure=_IS_FLAG),
        "metadata": _OBJECT,
        "categories": _CATEGORIES,
        "expires_at": _OPTIONAL_TIME,
        "turn_pk": replace(_KEY, replace=_always(None), optional=True),
        "set_aside": Column(_json(_set_aside), _entries(_set_aside), sure="{} = '[]'"),
    },
    "passage": {
        "owner": Column(_whole(-(2**63), 2**63 - 1), _always(DROP)),
        **dict.fromkeys(("start", "stop"), Column(_whole(0, 2**31), _always(DROP))),
        "words": Column(_text, _always(DROP)),
        "asks": Column(_whole(0, 1), _always(0)),
        "vector": Column(_blob, _always(None), optional=True),
    },
    "origin": dict.fromkeys(("message_pk", "memory_pk"), _KEY),
    "mention": {
        "owner": Column(_whole(-(2**63), 2**63 - 1), _always(DROP)),
        **dict.fromkeys(("start", "stop"), Column(_time, _always(DROP))),
    },
    "conflict": {
        "id": Column(_name, lambda _: clock.new_id()),
        **dict.fromkeys(("first_pk", "second_pk"), _KEY),
        "created_at": _REQUIRED_TIME,
        "settled_at": _OPTIONAL_TIME,
    },
    "event": {
        "memory_id": Column(_name, renamed, sure=_IS_NAME),
        "event": Column(
            one_of("ADD", "UPDATE", "DELETE"),
            _always("UPDATE"),
            sure="{} IN ('ADD', 'UPDATE', 'DELETE')",
        ),
        **dict.fromkeys(("old_memory", "new_memory", "actor_id", "role"), _OPTIONAL_TEXT),
        "created_at": _REQUIRED_TIME,
        "updated_at": _OPTIONAL_TIME,
        "superseded_by": _OPTIONAL_NAME,
        **_SCOPE,
        "sources": replace(_SOURCES, optional=True),
        "details": Column(_json(EVENT_DETAILS), _always(None), optional=True),
    },
    "feedback": {
        "feedback": Column(one_of(*FEEDBACK), _always(DROP)),
        "reason": _OPTIONAL_TEXT,
        "created_at": _REQUIRED_TIME,
    },
    "export": {
        "id": Column(_text, _always(DROP)),
        "request": Column(_object, _always(DROP)),
        "created_at": _REQUIRED_TIME,
    },
    "claim": {
        **dict.fromkeys(("token", "boot", "space"), Column(_text, _always(DROP))),
        "pid": Column(_whole(0, 2**31 - 1), _always(DROP)),
        **dict.fromkeys(("started", "uptime", "at"), _DERIVED),
    },
    "finished_turn": {
        "event_id": Column(_name, _always(DROP)),
        "results": Column(
            _json(check_of("finished_turn", "results")),
            _entries(check_of("finished_turn", "results")),
        ),
        "created_at": _REQUIRED_TIME,
        "completed_at": _REQUIRED_TIME,
    },
    "entity": {
        "name": _REQUIRED_TEXT,
        "form": _REQUIRED_TEXT,
        **_SCOPE,
        "same_as": replace(_KEY, replace=_always(None), optional=True),
        "vector": Column(_blob, _always(None), optional=True),
    },
    "relation": {"source_pk": _KEY, "relationship": _REQUIRED_TEXT, "destination_pk": _KEY},
    "support": {"relation_pk": _KEY, "memory_pk": _KEY},
    "shown": {
        "memory_id": Column(_name, renamed),
        **_SCOPE,
        "event": Column(_name, renamed),
        "shown_at": _REQUIRED_TIME,
    },
}
_IDENTITY = Column(_json(EMBEDDER), _always(DROP))
SETTINGS: Mapping[str, Column] = {
    **dict.fromkeys(EMBEDDER_NAMES, _IDENTITY),
    "project": Column(_json(check_of("project", "settings")), _project),
    "file_id": Column(_name, lambda _: clock.new_id()),
    "erasing": _REQUIRED_TEXT,  # any mark does; it is kept, as the erasure is not done
    "indexed_to": Column(_digits, _always(DROP)),
}
