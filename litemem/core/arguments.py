"""Check and normalise the arguments of public calls; `AddOptions`.

Each check returns the argument in its normal form. If the argument is wrong, it raises a
ValidationError that names it; `check_only_ids` raises a FilterError.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Self

from litemem.core import clock
from litemem.core.documents import document, is_document
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import PROCEDURAL, ROLE_NAMES, Message, canonical_role, is_known_role
from litemem.errors import FilterError, ValidationError, quoted

MOST_RESULTS = 1_000_000_000  # more than a file has; the fourfold still fits SQLite's integers
MAX_SECONDS = 1_000_000_000  # of a timeout; 31 years

Messages = str | Mapping[str, Any] | Sequence[Mapping[str, Any]]

Category = str | Mapping[str, str]  # a name, or {name: meaning}

MAX_NESTING = 100  # levels of JSON; SQLite reads 1,000

# Names of a memory's own fields: as metadata they would be confused with those.
RESERVED_METADATA = frozenset(
    "user_id agent_id app_id run_id actor_id role memory_type attributed_to categories "
    "data hash created_at updated_at expires_at expiration_date".split()
)


class Unset:
    """Stands for an argument that was not given, where None has a meaning."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


def check_messages(messages: object) -> list[Message]:
    """Return the messages; a text is one message of the user, and a dict is one message.

    The dicts may be those of OpenAI, Anthropic, LangChain or Gemini: roles become canonical, and of
    content in parts the text is kept. Results of tools inside a message are messages of the tool
    before it. Objects with `content` and `role` or `type`, such as LangChain's, are read, too.
    """
    if isinstance(messages, str):
        messages = [{"role": "user", "content": check_text(messages, "messages")}]
    elif isinstance(messages, Mapping) or _is_message(messages):
        messages = [messages]
    elif not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise ValidationError(
            "messages must be text, a dict with role and content, or a list of such dicts, "
            f"got {type(messages).__name__}"
        )
    found: list[Message] = []
    for i, message in enumerate(map(_fields, messages)):
        found += _tool_results(message, f"messages[{i}]")
        found.append(_message(message, f"messages[{i}]"))
    if not found:
        raise ValidationError("messages must have at least one message, got none")
    return found


def check_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of the metadata as a JSON object; dates and times become ISO text."""
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise ValidationError(f"metadata must be a dict, got {type(metadata).__name__}")
    found = check_json(metadata, "metadata")
    for key in found:
        if key in RESERVED_METADATA:
            raise ValidationError(
                f"metadata[{key!r}] is the name of a field of memories: use the argument of that "
                "name, or another name"
            )
    return found


def check_json(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a copy as a JSON object; dates and times become ISO text."""
    if not value:
        return {}
    _check_nesting(value, name, name)
    try:
        text = json.dumps(dict(value), allow_nan=False, ensure_ascii=False, default=_iso)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(f"{name} is not JSON: {error}") from error
    content: dict[str, Any] = json.loads(text)
    return content


def check_categories(categories: Iterable[str] | None) -> tuple[str, ...]:
    """Return the categories without duplicates."""
    if categories is None:
        return ()
    if isinstance(categories, str | bytes | Mapping) or not isinstance(categories, Iterable):
        raise ValidationError(f"categories must be a list of texts, got {quoted(categories)}")
    found = [check_text(category, f"categories[{i}]") for i, category in enumerate(categories)]
    return tuple(dict.fromkeys(found))


def check_custom_categories(
    categories: Sequence[Category] | None,
) -> list[str | dict[str, str]] | None:
    """Return the categories that a model may choose from: names, or dicts `{name: meaning}`."""
    if categories is None:
        return None
    if isinstance(categories, str | bytes | Mapping) or not isinstance(categories, Sequence):
        raise ValidationError(
            "custom_categories must be a list of names, or of dicts {name: description}, "
            f"got {quoted(categories)}"
        )
    return [_category(category, f"custom_categories[{i}]") for i, category in enumerate(categories)]


def check_meanings(categories: Sequence[Category] | None) -> dict[str, str]:
    """Return the meaning of each custom category by name; an empty text if it has none."""
    found: dict[str, str] = {}
    for category in check_custom_categories(categories) or ():
        found |= {category: ""} if isinstance(category, str) else category
    return found


def check_text(text: object, name: str) -> str:
    """Return a text, which must not be blank or have half a surrogate pair."""
    if not isinstance(text, str):
        raise ValidationError(f"{name} must be text, got {type(text).__name__}")
    if not text.strip():
        raise ValidationError(f"{name} must not be blank")
    return _encodable(text, name)


def check_instructions(instructions: str | None, name: str) -> str | None:
    """Return instructions for extraction, or None if they are empty."""
    if instructions is None or instructions == "":
        return None
    return check_text(instructions, name)


def check_top_k(top_k: int | None, limit: int | None, default: int) -> int:
    """Return the number of results; `limit` is another name for `top_k`."""
    if top_k is not None and limit is not None and top_k != limit:
        raise ValidationError(
            f"top_k={quoted(top_k)} and limit={quoted(limit)} differ: give one of them"
        )
    wanted = top_k if top_k is not None else limit
    if wanted is None:
        return default
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise ValidationError(f"top_k must be a whole number, got {quoted(wanted)}")
    if wanted < 0:
        raise ValidationError(f"top_k must not be negative, got {quoted(wanted)}")
    return min(wanted, MOST_RESULTS)


def check_budget(budget: object, name: str = "budget") -> int:
    """Return a number of tokens or lines, at most `MOST_RESULTS`."""
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
        raise ValidationError(f"{name} must be a whole number from 0, got {quoted(budget)}")
    return min(budget, MOST_RESULTS)


def check_choice(value: object, name: str, choices: Sequence[str]) -> None:
    """Check that a text is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValidationError(f"{name} must be one of {', '.join(choices)}, got {quoted(value)}")


def check_query(query: object) -> str:
    """Return a query that may be blank."""
    return check_text(query, "query") if not isinstance(query, str) or query.strip() else ""


def check_threshold(threshold: float | None) -> float:
    """Return the lowest score of a result, from 0 to 1; None means 0."""
    if threshold is None:
        return 0.0
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise ValidationError(f"threshold must be a number from 0 to 1, got {quoted(threshold)}")
    if not 0 <= threshold <= 1:
        raise ValidationError(f"threshold must be from 0 to 1, got {quoted(threshold)}")
    return float(threshold)


def check_only_ids(filters: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the filters of `add`, which may only have ids."""
    if filters is not None and not isinstance(filters, Mapping):
        raise FilterError(f"filters must be a dict, got {type(filters).__name__}")
    for key in filters or {}:
        if key not in ID_KEYS:
            raise FilterError(f"filters.{key}: in add() filters may only have {', '.join(ID_KEYS)}")
    return filters or {}


def check_flag(flag: object, name: str) -> bool:
    """Return `flag`, which must be True or False."""
    if not isinstance(flag, bool):
        raise ValidationError(f"{name} must be True or False, got {quoted(flag)}")
    return flag


def check_seconds(seconds: object, name: str) -> float | None:
    """Return a timeout in seconds, or None."""
    if seconds is None:
        return None
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= MAX_SECONDS:  # type: ignore[operator]
        raise ValidationError(f"{name} must be None or seconds from 0, got {quoted(seconds)}")
    return float(seconds)  # type: ignore[arg-type]


def check_timeout(seconds: object, name: str) -> float:
    """Return a timeout in seconds.

    Raises:
        ValidationError: it is not a number from 0.
    """
    checked = check_seconds(seconds, name)
    if checked is None:
        raise ValidationError(f"{name} must be seconds from 0, got None")
    return checked


def check_positive(number: object, name: str) -> int:
    """Return a whole number from 1, at most `MOST_RESULTS`."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValidationError(f"{name} must be a whole number from 1, got {quoted(number)}")
    return min(number, MOST_RESULTS)


def check_time(time: clock.Time | None, name: str) -> int | None:
    """Return a time in microseconds, or None."""
    return None if time is None else clock.parse_time(time, name)


def check_day(time: clock.Time | None, name: str) -> date | None:
    """Return the day of a time by the offset that it has, or None."""
    return None if time is None else date.fromisoformat(clock.day_of(time, name))


def check_expiry(given: Iterable[clock.Time | None]) -> int | None:
    """Return the expiry in microseconds, or None for no expiry."""
    moments = {None if time is None else clock.parse_expiry(time) for time in given}
    if clock.FIRST_MICROSECOND in moments:
        raise ValidationError("expires_at must be later than 0001-01-01")
    if len(moments) > 1:
        raise ValidationError("expires_at and expiration_date differ: give one of them")
    return moments.pop() if moments else None


def check_memory_type(memory_type: str | None, scope: Scope) -> str | None:
    """Return the memory type; None stands for extracted facts."""
    if memory_type not in (None, PROCEDURAL):
        raise ValidationError(
            f"memory_type must be {PROCEDURAL!r} or omitted, got {quoted(memory_type)}"
        )
    if memory_type == PROCEDURAL and scope.agent_id is None:
        raise ValidationError(f"memory_type={PROCEDURAL!r} needs an agent_id")
    return memory_type


def either(name: str, value: str | None, other_name: str, other: str | None) -> str | None:
    """Return the value of an argument that has two names."""
    if value is not None and other is not None and value != other:
        raise ValidationError(f"{name} and {other_name} differ: give one of them")
    return value if value is not None else other


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """The options of an `add` that apply to all its memories.

    `created_at` and `expires_at` are in microseconds; None means now, and never. `instructions`,
    `includes` and `excludes` are texts for the prompt. `custom_categories` has the meaning of each
    category by name. `said_on` is the day from which "yesterday" is counted.
    `imported` turns, of conversations of another program, are extracted after all others. `forget`
    is what becomes of requests to forget.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    created_at: int | None = None
    expires_at: int | None = None
    memory_type: str | None = None
    instructions: str | None = None
    includes: str | None = None
    excludes: str | None = None
    custom_categories: Mapping[str, str] = field(default_factory=dict)
    said_on: str | None = None
    immutable: bool = False
    enable_graph: bool = False
    imported: bool = False
    forget: str = "apply"

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the options that were stored with a turn; unknown names are ignored."""
        known = {each.name: stored[each.name] for each in fields(cls) if each.name in stored}
        return cls(**{**known, "categories": tuple(known.get("categories", ()))})

    def at(self, now: int) -> int:
        """Return the time of the messages: `now`, unless the call has a timestamp."""
        return now if self.created_at is None else self.created_at

    @property
    def all_instructions(self) -> str | None:
        """The instructions and topics in one text, for a prompt without a place for topics."""
        parts = [self.instructions] if self.instructions else []
        if self.includes:
            parts.append(f"Take only what is about: {self.includes}")
        if self.excludes:
            parts.append(f"Leave out what is about: {self.excludes}")
        return "\n".join(parts) or None


def _category(category: Category, name: str) -> str | dict[str, str]:
    if not isinstance(category, Mapping):
        return check_text(category, name)
    pairs = [
        (check_text(k, name), check_text(v, f"{name}[{quoted(k)}]")) for k, v in category.items()
    ]
    if not pairs:
        raise ValidationError(f"{name} must have a name and its meaning, got an empty dict")
    return dict(pairs)


def _check_nesting(value: object, name: str, path: str, depth: int = 1) -> None:
    """Refuse names that are not text, which JSON would convert, and too deep nesting."""
    if depth > MAX_NESTING:
        raise ValidationError(f"{path[:80]}…: {name} must be nested at most {MAX_NESTING} deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValidationError(f"{path}[{quoted(key)}]: a name must be text")
            _check_nesting(inner, name, f"{path}[{quoted(key)}]", depth + 1)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            _check_nesting(inner, name, f"{path}[{i}]", depth + 1)


def _iso(value: object) -> str:
    """Return a date or time as the ISO text that filters compare with."""
    if isinstance(value, date):  # a datetime is a date, too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not exist in JSON")


# what a message says, in its text or as a call of a tool
_CONTENTS = ("content", "parts", "tool_calls", "function_call")
_TEXT_PARTS = ("text", "input_text", "output_text", "refusal")


def _is_message(value: object) -> bool:
    """Return True for an object that is a message of LangChain or of another library."""
    return hasattr(value, "content") and (hasattr(value, "role") or hasattr(value, "type"))


def _fields(message: object) -> object:
    """Return the fields of an object that is a message; anything else as it is."""
    if isinstance(message, Mapping) or not _is_message(message):
        return message
    given = {name: getattr(message, name, None) for name in ("role", "type", "content", "name")}
    return {name: value for name, value in given.items() if value is not None or name == "content"}


def _tool_results(message: object, name: str) -> list[Message]:
    """Return the results of tools in the parts of a message, as Anthropic and Gemini have them."""
    found: list[Message] = []
    for key in ("content", "parts"):
        parts = message.get(key) if isinstance(message, Mapping) else None
        for i, part in enumerate(parts if isinstance(parts, list | tuple) else ()):
            if isinstance(part, Mapping):
                found.append(Message("tool", _tool_result(part, f"{name}.{key}[{i}]")))
    return [each for each in found if each.content]


def _tool_result(part: Mapping[Any, Any], name: str) -> str:
    if part.get("type") == "tool_result":
        return _content(part.get("content"), f"{name}.content")
    given = part.get("functionResponse", part.get("function_response"))
    if not isinstance(given, Mapping):
        return ""
    return _encodable(json.dumps(given.get("response"), ensure_ascii=False, default=str), name)


def _message(message: object, name: str) -> Message:
    if not isinstance(message, Mapping):
        raise ValidationError(f"{name} must be a dict with role and content, got {quoted(message)}")
    inner = message.get("data")
    if isinstance(inner, Mapping) and "content" not in message:  # LangChain's message_to_dict
        message = {"type": message.get("type"), **inner}
    role = _role(message, f"{name}.role")
    speaker = message.get("name")
    if speaker is not None:
        check_text(speaker, f"{name}.name")
    if message.keys().isdisjoint(_CONTENTS):
        raise ValidationError(f"{name}.content is missing: give the text of the message")
    content = _content(message.get("content"), f"{name}.content")
    return Message(role, content or _parts(message.get("parts"), f"{name}.parts"), speaker)


def _role(message: Mapping[Any, Any], name: str) -> str:
    """Return the canonical role; LangChain has it as the `type` of the message."""
    role, kind = message.get("role"), message.get("type")
    if role is None and isinstance(kind, str) and is_known_role(kind):
        role = kind
    if role is None:
        raise ValidationError(f"{name} is missing: give one of the roles {ROLE_NAMES}")
    return canonical_role(check_text(role, name))


def _content(content: object, name: str) -> str:
    """Return the text of a message; parts that are not text are ignored."""
    if content is None:
        return ""
    if isinstance(content, str):
        return _encodable(content, name)
    if isinstance(content, Mapping) and not content.keys().isdisjoint(("type", "text")):
        content = [content]  # one part, as Mem0 documents it for an image
    if not isinstance(content, Sequence) or isinstance(content, bytes):
        raise ValidationError(
            f"{name} must be text, a part such as {{'type': 'text', 'text': …}} or a list of "
            f"parts, got {type(content).__name__}"
        )
    return "\n".join(_part(part, f"{name}[{i}]") for i, part in enumerate(content)).strip()


def _parts(parts: object, name: str) -> str:
    """Return the text of Gemini's `parts`: a list of texts and dicts, or one of them."""
    if parts is None:
        return ""
    if isinstance(parts, str | Mapping):
        parts = [parts]
    if not isinstance(parts, Sequence) or isinstance(parts, bytes):
        raise ValidationError(f"{name} must be a list of parts, got {type(parts).__name__}")
    return _content([{"text": p} if isinstance(p, str) else p for p in parts], name)


def _part(part: object, name: str) -> str:
    if not isinstance(part, Mapping):
        raise ValidationError(f"{name} must be a dict such as {{'type': 'text', 'text': …}}")
    if is_document(part):
        return _encodable(document(part, name), name)
    text = part.get("refusal" if part.get("type") == "refusal" else "text")
    if text is None and part.get("type") not in _TEXT_PARTS:  # an image, a call of a tool, …
        return ""
    if not isinstance(text, str):
        raise ValidationError(f"{name}.text must be text, got {type(text).__name__}")
    return _encodable(text, f"{name}.text")


def _encodable(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"{name} has half a surrogate pair at {error.start}, which is not text"
        ) from error
    return text
