"""Conversations as ChatGPT, Claude, JSON Lines and Markdown have them."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, TextIO

from litemem.core import clock
from litemem.core.arguments import check_messages
from litemem.core.scope import WILDCARD
from litemem.core.types import canonical_role, is_known_role
from litemem.errors import ValidationError
from litemem.transfer.json_stream import BrokenJSONError

MILLISECONDS = 100_000_000_000  # seconds from here on are milliseconds: the year 5138
PART_MESSAGES = 1_000  # of one conversation of single lines that are in memory at once
MAX_ID = 200  # characters of an id that is taken over
MAX_LINE = 64_000_000  # characters of one line
TIMES = ("timestamp", "created_at", "create_time", "time", "date")
CONVERSATIONS = ("conversation_id", "run_id", "session_id", "thread_id")
HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*)$")
TURN = re.compile(
    r"^(?:#{1,6}[ \t]+|\*\*|__)?([A-Za-z]{2,9})[ \t]*(?::\*\*|:__|\*\*:|__:|:|$)(.*)$"
)
FRONT_DATE = re.compile(r"^(?:date|created|created_at|timestamp):[ \t]*(\S.*)$", re.IGNORECASE)
SPEAKERS = {"you": "user", "me": "user", "chatgpt": "assistant", "claude": "assistant"}


@dataclass(frozen=True, slots=True)
class Said:
    """A message as an export has it; `time` and `id` may be None."""

    role: str
    content: str
    time: datetime | None = None
    id: str | None = None
    name: str | None = None


@dataclass(slots=True)
class Conversation:
    """A conversation, or the next part of a long one.

    Without an `id`, title and time identify it.
    """

    title: str
    time: datetime | None
    id: str | None = None
    messages: list[Said] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)  # what came in an earlier part of it

    @property
    def run_id(self) -> str:
        """The id, or a hash of title and time."""
        if self.id is not None:
            return self.id
        time = self.time or next((m.time for m in self.messages if m.time), None)
        return hashlib.sha256(f"{self.title}\n{time or ''}".encode()).hexdigest()[:32]


class Notes(Counter[str]):
    """How often something was left out, by the reason."""

    def sentences(self) -> list[str]:
        """Return one sentence for each reason."""
        return [f"{number:,} {reason}" for reason, number in sorted(self.items())]


def read_time(value: object, now: int, notes: Notes) -> datetime | None:
    """Return a time with its offset, or None if no time can be true."""
    if value is None or value == "":
        return None
    try:
        found = _moment(value)
        at = clock.parse_time(found)
    except (ValueError, OverflowError):  # ValidationError is a ValueError
        found, at = clock.EPOCH, -1
    if not 0 <= at <= now + 86_400 * clock.MICROSECONDS:
        notes["times are wrong or in the future: the time before was taken"] += 1
        return None
    return found


def _moment(value: object) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        while MILLISECONDS <= value < 10**20:
            value /= 1_000
        return clock.EPOCH + timedelta(seconds=value)
    found = datetime.fromisoformat(value.strip() if isinstance(value, str) else "")
    return found if found.utcoffset() is not None else found.replace(tzinfo=UTC)


# -- ChatGPT


def is_chatgpt(value: object) -> bool:
    """Return True for a conversation of ChatGPT."""
    return isinstance(value, Mapping) and isinstance(value.get("mapping"), Mapping)


def from_chatgpt(value: Mapping[str, Any], now: int, notes: Notes) -> Conversation:
    """Return the messages on the current branch of a conversation."""
    found = Conversation(
        _text(value.get("title")),
        read_time(value.get("create_time"), now, notes),
        _id(value.get("conversation_id")) or _id(value.get("id")),
    )
    for node in _branch(value["mapping"], value.get("current_node")):
        message = node.get("message")
        if isinstance(message, Mapping):
            said = _chatgpt_message(message, now, notes)
            found.messages += [said] if said else []
    return found


def _branch(mapping: Mapping[str, Any], last: object) -> list[Mapping[str, Any]]:
    """Return the nodes up to the current one, the first one first; a cycle ends it."""
    if not isinstance(last, str) or last not in mapping:
        parents = {n.get("parent") for n in mapping.values() if isinstance(n, Mapping)}
        last = next((name for name in reversed(list(mapping)) if name not in parents), None)
    nodes, seen = [], set()
    while isinstance(last, str) and last not in seen:
        seen.add(last)
        node = mapping.get(last)
        if not isinstance(node, Mapping):
            break
        nodes.append(node)
        last = node.get("parent")
    return nodes[::-1]


def _chatgpt_message(message: Mapping[str, Any], now: int, notes: Notes) -> Said | None:
    author, content = _mapping(message.get("author")), _mapping(message.get("content"))
    role = author.get("role")
    hidden = _mapping(message.get("metadata")).get("is_visually_hidden_from_conversation")
    is_text = content.get("content_type", "text") in ("text", "multimodal_text")
    if role not in ("user", "assistant") or hidden or not is_text:
        notes["hidden messages, instructions and steps of tools were left out"] += 1
        return None
    if message.get("recipient") not in (None, "all"):
        notes["hidden messages, instructions and steps of tools were left out"] += 1
        return None
    text = _joined(content.get("parts"))
    time = read_time(message.get("create_time"), now, notes)
    return Said(role, text, time, _id(message.get("id")))


# -- Claude


def is_claude(value: object) -> bool:
    """Return True for a conversation of Claude."""
    return isinstance(value, Mapping) and isinstance(value.get("chat_messages"), list)


def from_claude(value: Mapping[str, Any], now: int, notes: Notes) -> Conversation:
    """Return a conversation; the texts of attachments become messages of a tool."""
    found = Conversation(
        _text(value.get("name")),
        read_time(value.get("created_at"), now, notes),
        _id(value.get("uuid")),
    )
    for message in value["chat_messages"]:
        sender = message.get("sender") if isinstance(message, Mapping) else None
        if sender not in ("human", "assistant"):
            notes["messages of an unknown sender were left out"] += 1
            continue
        time, uuid = read_time(message.get("created_at"), now, notes), _id(message.get("uuid"))
        text = _joined(message.get("content")) or _text(message.get("text"))
        found.messages.append(Said(canonical_role(sender), text, time, uuid))
        for i, attached in enumerate(_list(message.get("attachments"))):
            text = _text(_mapping(attached).get("extracted_content"))
            name = _text(_mapping(attached).get("file_name")) or None
            found.messages.append(Said("tool", text, time, uuid and f"{uuid}/{i}", name))
    return found


# -- JSON Lines


def from_jsonl(
    file: TextIO, title: str, user_id: str, now: int, notes: Notes
) -> Iterator[Conversation]:
    """Yield a conversation for each line with messages, and one for lines of one conversation.

    Raises:
        BrokenJSONError: a line is not JSON; the ones before it were read.
    """
    rows = _rows(file, user_id, notes)
    for key, group in groupby(rows, key=lambda row: _conversation_key(*row)):
        if key is None:
            for number, row in group:
                found = _conversation(row, f"{title} {number}", now, notes)
                found.messages = list(_jsonl_messages(row["messages"], now, notes))
                yield found
            continue
        yield from _single_lines(Conversation(title, None, key or None), group, now, notes)


def _single_lines(
    found: Conversation,
    rows: Iterable[tuple[int, Mapping[str, Any]]],
    now: int,
    notes: Notes,
) -> Iterator[Conversation]:
    """Yield the conversation of lines with a message each, in parts."""
    try:
        for _, row in rows:
            said = list(_jsonl_messages([row], now, notes))
            if len(found.messages) >= PART_MESSAGES and said and said[0].role == "user":
                yield found
                found.id, found.time = found.run_id, found.messages[-1].time or found.time
                found.messages = []
            found.messages += said
    except BrokenJSONError:  # what came before is kept
        if found.messages:
            yield found
        raise
    yield found


def _conversation(row: Mapping[str, Any], title: str, now: int, notes: Notes) -> Conversation:
    time = next((read_time(row[n], now, notes) for n in TIMES if row.get(n)), None)
    known = next((c for n in (*CONVERSATIONS, "id") if (c := _id(row.get(n)))), None)
    if known is None:  # the same line at another place is the same conversation
        text = json.dumps(row["messages"][:1], sort_keys=True)
        title = _text(row.get("title")) or hashlib.sha256(text.encode()).hexdigest()
    return Conversation(title, time, known)


def _conversation_key(_: int, row: Mapping[str, Any]) -> str | None:
    """Return the id that a line's conversation has, "" for none, None for a line of its own."""
    if isinstance(row.get("messages"), list):
        return None
    return next((c for n in CONVERSATIONS if (c := _id(row.get(n)))), "")


def _rows(file: TextIO, user_id: str, notes: Notes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BrokenJSONError(f"line {number:,} has more than {MAX_LINE:,} characters")
        if not line.strip():
            continue
        try:
            row = json.loads(line, strict=False)
        except RecursionError as error:
            raise BrokenJSONError(f"line {number:,} is nested too deeply") from error
        except ValueError as error:
            raise BrokenJSONError(f"line {number:,} is not JSON: {error}") from error
        if not isinstance(row, Mapping) or row.keys().isdisjoint(("role", "messages", "type")):
            raise BrokenJSONError(f"line {number:,} has neither role and content, nor messages")
        if row.get("user_id") not in (None, user_id):
            notes["lines of another user_id were left out"] += 1
            continue
        yield number, row


def _jsonl_messages(rows: Iterable[object], now: int, notes: Notes) -> Iterator[Said]:
    for row in rows:
        try:
            (message,) = check_messages([_clean(row)])
        except ValidationError:
            notes["messages without role and text were left out"] += 1
            continue
        fields = _mapping(row)
        if message.role == "system" or not is_known_role(message.role):
            notes["hidden messages, instructions and steps of tools were left out"] += 1
            continue
        time = next((read_time(fields[n], now, notes) for n in TIMES if fields.get(n)), None)
        known = _id(fields.get("id")) or _id(fields.get("message_id"))
        yield Said(message.role, message.content, time, known, message.name)


# -- Markdown


def from_markdown(file: TextIO, title: str, now: int, notes: Notes) -> Conversation:
    """Return the turns of a text, or a message of the user for each section of a note."""
    lines: Sequence[str] = file.read(MAX_LINE).splitlines()
    found = Conversation(title, None)
    found.time, lines = _front_matter(lines, now, notes)
    found.id = hashlib.sha256(title.encode(errors="replace")).hexdigest()[:32]
    roles = [_role_of(line) for line in lines]
    has_turns = any(role for role, _ in roles)
    role, text = "user", list[str]()
    for line, (speaker, rest) in zip(lines, roles, strict=True):
        if speaker or (not has_turns and HEADING.match(line)):
            found.messages.append(Said(role, "\n".join(text).strip(), found.time))
            role, text = speaker or "user", [rest if speaker else line]
        else:
            text.append(line)
    found.messages.append(Said(role, "\n".join(text).strip(), found.time))
    return found


def _role_of(line: str) -> tuple[str | None, str]:
    """Return the role that a line names as a speaker, and what it says behind the name."""
    match = TURN.match(line)
    if match is None or (":" not in line and not line.startswith("#")):
        return None, line
    name = match[1].casefold()
    role = SPEAKERS.get(name) or canonical_role(name)
    known = role in ("user", "assistant") and name not in ("model", "bot")
    return (role, match[2].strip()) if known else (None, line)


def _front_matter(
    lines: Sequence[str], now: int, notes: Notes
) -> tuple[datetime | None, Sequence[str]]:
    """Return the date in the front matter, and the lines behind it."""
    if not lines or lines[0].strip() != "---":
        return None, lines
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    dates = [m[1].strip("\"' \t") for line in lines[1:end] if (m := FRONT_DATE.match(line))]
    time = next((read_time(date, now, notes) for date in dates), None)
    return (time, lines[end + 1 :]) if end else (None, lines)


# -- values of any export


def _joined(parts: object) -> str:
    """Return the texts among parts: texts, and dicts with one (a text, a transcription)."""
    texts = (
        _text(part if isinstance(part, str) else _mapping(part).get("text"))
        for part in _list(parts)
        if _mapping(part).get("type") in (None, "text")
    )
    return "\n".join(text for text in texts if text)


def _clean(row: object) -> object:
    """Return a row without half surrogate pairs, which are not text."""
    return json.loads(json.dumps(row, ensure_ascii=False).encode(errors="replace"))


def _id(value: object) -> str | None:
    """Return a text that can be the id of a run, or None."""
    text = _text(value).replace("\0", "").strip()
    return text if text not in ("", WILDCARD) and len(text) <= MAX_ID else None


def _text(value: object) -> str:
    """Return a text without half surrogate pairs."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
