"""What callers may pass: messages, metadata, categories and numbers, checked and made uniform."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import PROCEDURAL, Message
from litemem.errors import FilterError, ValidationError, quoted

MOST_RESULTS = 1_000_000_000  # as good as all; four times as many still fit SQLite's integers
LONGEST = 1_000_000_000  # seconds to wait; 31 years

Messages = str | Mapping[str, Any] | Sequence[Mapping[str, Any]]

Category = str | Mapping[str, str]  # a name, or {name: description}

MOST_NESTED = 100  # levels of JSON; SQLite reads 1,000

# Names that a memory has of its own; as metadata they would say something else than they seem to.
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
    """Return what was said: a text is the user's one message, a dict one message.

    Of content in parts, as OpenAI's interface has it, the text is kept.

    Raises:
        ValidationError: there is none, the text is blank, or one is not a message.
    """
    if isinstance(messages, str):
        messages = [{"role": "user", "content": check_text(messages, "messages")}]
    elif isinstance(messages, Mapping):
        messages = [messages]
    elif not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise ValidationError(
            "messages takes text, a dict with role and content, or a list of such dicts, "
            f"not {type(messages).__name__}"
        )
    found = [_message(message, f"messages[{i}]") for i, message in enumerate(messages)]
    if not found:
        raise ValidationError("messages is empty: there is nothing to remember")
    return found


def check_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the metadata as a JSON object of its own; dates and times become ISO text.

    Raises:
        ValidationError: it is none, or has a name that memories use themselves.
    """
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise ValidationError(f"metadata takes a dict, not {type(metadata).__name__}")
    found = check_json(metadata, "metadata")
    for key in found:
        if key in RESERVED_METADATA:
            raise ValidationError(
                f"metadata[{key!r}]: every memory has a {key} of its own; pass it as the argument "
                "of that name, or call the metadata something else"
            )
    return found


def check_json(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a JSON object of its own; dates and times become ISO text.

    Raises:
        ValidationError: it holds what JSON does not have, or is nested too deeply.
    """
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
    """Return the categories without repetition.

    Raises:
        ValidationError: they are not a list of texts.
    """
    if categories is None:
        return ()
    if isinstance(categories, str | bytes | Mapping) or not isinstance(categories, Iterable):
        raise ValidationError(f"categories takes a list of texts, not {quoted(categories)}")
    found = [check_text(category, f"categories[{i}]") for i, category in enumerate(categories)]
    return tuple(dict.fromkeys(found))


def check_custom_categories(
    categories: Sequence[Category] | None,
) -> list[str | dict[str, str]] | None:
    """Return categories that a model may choose from: names, or dicts of a name and what it means.

    Raises:
        ValidationError: they are anything else.
    """
    if categories is None:
        return None
    if isinstance(categories, str | bytes | Mapping) or not isinstance(categories, Sequence):
        raise ValidationError(
            "custom_categories takes a list of names, or of dicts {name: description}, "
            f"not {quoted(categories)}"
        )
    return [_category(category, f"custom_categories[{i}]") for i, category in enumerate(categories)]


def check_text(text: object, name: str) -> str:
    """Return `text` when it is text that says something.

    Raises:
        ValidationError: it is not text, is blank, or holds half a surrogate pair.
    """
    if not isinstance(text, str):
        raise ValidationError(f"{name} takes text, not {type(text).__name__}")
    if not text.strip():
        raise ValidationError(f"{name} is blank")
    return _encodable(text, name)


def check_instructions(instructions: str | None, name: str) -> str | None:
    """Return what extraction should heed; None when it says nothing.

    Raises:
        ValidationError: it is not text.
    """
    if instructions is None or instructions == "":
        return None
    return check_text(instructions, name)


def check_top_k(top_k: int | None, limit: int | None, default: int) -> int:
    """Return how many results are wanted; `limit` is another name for `top_k`.

    Raises:
        ValidationError: it is not a whole number, is negative, or both are given and differ.
    """
    if top_k is not None and limit is not None and top_k != limit:
        raise ValidationError(
            f"top_k={quoted(top_k)} and limit={quoted(limit)} say different things: give one"
        )
    wanted = top_k if top_k is not None else limit
    if wanted is None:
        return default
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise ValidationError(f"top_k takes a whole number, not {quoted(wanted)}")
    if wanted < 0:
        raise ValidationError(f"top_k={quoted(wanted)}: it cannot be negative")
    return min(wanted, MOST_RESULTS)


def check_threshold(threshold: float | None) -> float:
    """Return the least score that counts, from 0 to 1; None is 0.

    Raises:
        ValidationError: it is no number, or outside.
    """
    if threshold is None:
        return 0.0
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise ValidationError(f"threshold takes a number from 0 to 1, not {quoted(threshold)}")
    if not 0 <= threshold <= 1:
        raise ValidationError(f"threshold={quoted(threshold)}: scores go from 0 to 1")
    return float(threshold)


def check_only_ids(filters: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the filters of `add`, which can only give ids.

    Raises:
        FilterError: they hold anything else.
    """
    if filters is not None and not isinstance(filters, Mapping):
        raise FilterError(f"filters takes a dict, not {type(filters).__name__}")
    for key in filters or {}:
        if key not in ID_KEYS:
            raise FilterError(f"filters.{key}: add() takes only {', '.join(ID_KEYS)} in filters")
    return filters or {}


def check_flag(flag: object, name: str) -> bool:
    """Return `flag` when it is true or false.

    Raises:
        ValidationError: it is neither.
    """
    if not isinstance(flag, bool):
        raise ValidationError(f"{name} takes True or False, not {quoted(flag)}")
    return flag


def check_seconds(seconds: object, name: str) -> float | None:
    """Return `seconds` when they are None or a number from 0.

    Raises:
        ValidationError: they are neither.
    """
    if seconds is None:
        return None
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= LONGEST:  # type: ignore[operator]
        raise ValidationError(f"{name} takes seconds from 0, or None, not {quoted(seconds)}")
    return float(seconds)  # type: ignore[arg-type]


def check_positive(number: object, name: str) -> int:
    """Return `number` when it is a whole number from 1.

    Raises:
        ValidationError: it is not.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValidationError(f"{name} takes a whole number from 1, not {quoted(number)}")
    return min(number, MOST_RESULTS)


def check_expiry(given: Iterable[clock.Time | None]) -> int | None:
    """Return when a memory expires, in microseconds; None: never. All that are given say the same.

    Raises:
        ValidationError: one is no time, or nothing is before it, or they differ.
    """
    moments = {None if time is None else clock.parse_expiry(time) for time in given}
    if clock.FIRST_MICROSECOND in moments:
        raise ValidationError("expires_at is the first moment of the year 1: no day is before it")
    if len(moments) > 1:
        raise ValidationError("expires_at and expiration_date say different things: give one")
    return moments.pop() if moments else None


def check_memory_type(memory_type: str | None, scope: Scope) -> str | None:
    """Return the kind of memory to write; None is what extraction finds.

    Raises:
        ValidationError: there is no such kind, or it needs an agent and none is given.
    """
    if memory_type not in (None, PROCEDURAL):
        raise ValidationError(
            f"memory_type={quoted(memory_type)}: it is {PROCEDURAL!r} or left out"
        )
    if memory_type == PROCEDURAL and scope.agent_id is None:
        raise ValidationError(f"memory_type={PROCEDURAL!r} needs an agent_id: it is the agent's")
    return memory_type


def either(name: str, value: str | None, other_name: str, other: str | None) -> str | None:
    """Return the one that is given of two arguments that say the same.

    Raises:
        ValidationError: both are given and differ.
    """
    if value is not None and other is not None and value != other:
        raise ValidationError(f"{name} and {other_name} say different things: give one")
    return value if value is not None else other


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """Checked options. Times in microseconds; None: now, or never.

    `instructions`, `includes` and `excludes` are the application's wishes for extraction, in words;
    `custom_categories` names what memories may be sorted under, each with what it means.
    `said_on` is the day that "yesterday" is seen from.
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

    def at(self, now: int) -> int:
        """Return when it was said: `now`, unless the call dates it."""
        return now if self.created_at is None else self.created_at

    @property
    def wishes(self) -> str | None:
        """All wishes in one text, for a task that has no topics of its own."""
        parts = [self.instructions] if self.instructions else []
        if self.includes:
            parts.append(f"Take only what is about: {self.includes}")
        if self.excludes:
            parts.append(f"Leave out what is about: {self.excludes}")
        return "\n".join(parts) or None


def check_options(
    scope: Scope,
    *,
    metadata: Mapping[str, Any] | None,
    categories: Iterable[str] | None,
    timestamp: clock.Time | None,
    expiries: Iterable[clock.Time | None],
    memory_type: str | None,
    instructions: str | None,
    includes: str | None,
    excludes: str | None,
    custom_categories: Sequence[Category] | None,
    immutable: bool,
    enable_graph: bool,
) -> AddOptions:
    """Return the options as callers give them, checked.

    Raises:
        ValidationError: one is wrong.
    """
    created_at = None if timestamp is None else clock.parse_time(timestamp)
    return AddOptions(
        metadata=check_metadata(metadata),
        categories=check_categories(categories),
        created_at=created_at,
        said_on=None if created_at is None else clock.to_iso(created_at)[:10],
        expires_at=check_expiry(time for time in expiries if time is not None),
        memory_type=check_memory_type(memory_type, scope),
        instructions=instructions,
        includes=check_instructions(includes, "includes"),
        excludes=check_instructions(excludes, "excludes"),
        custom_categories=_meanings(check_custom_categories(custom_categories)),
        immutable=check_flag(immutable, "immutable"),
        enable_graph=enable_graph,
    )


def _meanings(categories: Sequence[Category] | None) -> dict[str, str]:
    """Return what each category means, by name; nothing where that was not said."""
    found: dict[str, str] = {}
    for category in categories or ():
        found |= {category: ""} if isinstance(category, str) else category
    return found


def _category(category: Category, name: str) -> str | dict[str, str]:
    if not isinstance(category, Mapping):
        return check_text(category, name)
    pairs = [
        (check_text(k, name), check_text(v, f"{name}[{quoted(k)}]")) for k, v in category.items()
    ]
    if not pairs:
        raise ValidationError(f"{name} is empty: give a name and what it means")
    return dict(pairs)


def _check_nesting(value: object, name: str, path: str, depth: int = 1) -> None:
    """Refuse what JSON would write as something else, and nesting that SQLite cannot read."""
    if depth > MOST_NESTED:
        raise ValidationError(f"{path[:80]}…: {name} may be nested {MOST_NESTED} deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValidationError(f"{path}[{quoted(key)}]: a name has to be text")
            _check_nesting(inner, name, f"{path}[{quoted(key)}]", depth + 1)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            _check_nesting(inner, name, f"{path}[{i}]", depth + 1)


def _iso(value: object) -> str:
    """Return a date or time as the text that filters compare with: JSON has none."""
    if isinstance(value, date):  # every datetime is one
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _message(message: object, name: str) -> Message:
    if not isinstance(message, Mapping):
        raise ValidationError(f"{name} takes a dict with role and content, not {quoted(message)}")
    role = check_text(message.get("role"), f"{name}.role")
    speaker = message.get("name")
    if speaker is not None:
        check_text(speaker, f"{name}.name")
    return Message(role, _content(message.get("content"), f"{name}.content"), speaker)


def _content(content: object, name: str) -> str:
    """Return the text of a message; parts that are not text say nothing."""
    if content is None:
        return ""
    if isinstance(content, str):
        return _encodable(content, name)
    if not isinstance(content, Sequence) or isinstance(content, bytes):
        raise ValidationError(f"{name} takes text or a list of parts, not {type(content).__name__}")
    return "\n".join(_part(part, f"{name}[{i}]") for i, part in enumerate(content)).strip()


def _part(part: object, name: str) -> str:
    if not isinstance(part, Mapping):
        raise ValidationError(f"{name} takes a dict such as {{'type': 'text', 'text': …}}")
    text = part.get("text", "")
    if not isinstance(text, str):
        raise ValidationError(f"{name}.text takes text, not {type(text).__name__}")
    return _encodable(text, f"{name}.text")


def _encodable(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"{name} holds half a surrogate pair at {error.start}, which is not text"
        ) from error
    return text
