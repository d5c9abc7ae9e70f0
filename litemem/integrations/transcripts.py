"""Read the messages of a session of Claude Code or Codex from its transcript, in JSON Lines."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litemem.core import clock
from litemem.core.config import check_regular
from litemem.core.types import Message
from litemem.errors import ValidationError

TAIL = 4_000_000  # bytes at the end of a transcript; a day of work, with the output of tools
CONTEXT_TAG = "litemem-context"  # around what a hook gave, which nobody said
# What a client or a hook puts into a message, and what the user marks as private
_LEFT_OUT = (
    *(CONTEXT_TAG, "private", "system-reminder"),
    *("command-name", "command-message", "command-args"),
    *("local-command-caveat", "local-command-stdout", "local-command-stderr"),
    *("bash-input", "bash-stdout", "bash-stderr", "user-prompt-submit-hook", "task-notification"),
    *("ide_opened_file", "ide_selection", "ide_diagnostics", "environment_context"),
)
_INTERRUPTED = ("[Request interrupted by user]", "[Request interrupted by user for tool use]")
_ASIDE = ("isMeta", "isSidechain", "isCompactSummary", "isApiErrorMessage")  # flags of Claude Code
_LATEST = clock.parse_time("9999-01-01T00:00:00Z")
_CODEX = {"user_message": "user", "agent_message": "assistant"}


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a transcript, and its time in microseconds, if it has one."""

    message: Message
    at: int | None = None


def read_transcript(path: Path) -> list[Said]:
    """Return the texts of the user and the assistant in the last `TAIL` bytes, oldest first.

    Calls of tools, their output, and what the client added are left out; so is a line that is not
    JSON, such as one that is being written.

    Raises:
        OSError: the file cannot be read, or is a folder, a pipe or a device.
    """
    check_regular(path)
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        lines = file.read(TAIL).split(b"\n")
    return list(_messages(lines[1:] if size > TAIL else lines))


def unstored(said: Sequence[Said], known: Sequence[Message]) -> list[Said]:
    """Return the messages of a transcript behind the last one of `known`, the stored ones.

    Of repeated messages, the place is taken that agrees with most of the stored ones before it. If
    the transcript has none of them, only the last turn is new.
    """
    if not known:
        return list(said)
    texts = [(each.message.role, each.message.content) for each in said]
    stored = [(message.role, message.content) for message in known]
    best, end = 0, None
    for i in range(len(texts)):
        length = 0
        while length < min(len(stored), i + 1) and texts[i - length] == stored[-1 - length]:
            length += 1
        if length and length >= best:
            best, end = length, i
    if end is not None:
        return list(said[end + 1 :])
    starts = [i for i, each in enumerate(said) if each.message.role == "user"]
    return list(said[starts[-1] :]) if starts else []


def turns(said: Iterable[Said]) -> list[list[Said]]:
    """Return the messages in turns: each begins with a message of the user."""
    found: list[list[Said]] = []
    for each in said:
        if each.message.role == "user" or not found:
            found.append([])
        found[-1].append(each)
    return found


def spoken(text: str) -> str:
    """Return a text without the parts that a client or a hook added, or that are private.

    Half a surrogate pair, as a client leaves it that cuts a text, becomes a question mark.
    """
    for tag in _LEFT_OUT:
        text = _without(text, f"<{tag}>", f"</{tag}>")
    return text.strip().encode(errors="replace").decode()


def _without(text: str, start: str, stop: str) -> str:
    """Return a text without the parts between two marks; an open part ends with the text."""
    kept, at = [], 0
    while (begin := text.find(start, at)) >= 0:
        kept.append(text[at:begin])
        end = text.find(stop, begin)
        at = len(text) if end < 0 else end + len(stop)
    return "".join([*kept, text[at:]])


def _messages(lines: Iterable[bytes]) -> Iterator[Said]:
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(entry, dict) or any(entry.get(flag) for flag in _ASIDE):
            continue
        role, text = _speech(entry)
        content = spoken(text)
        if role is not None and content and content not in _INTERRUPTED:
            yield Said(Message(role, content), _time(entry.get("timestamp")))


def _speech(entry: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the role and the text of a line of Claude Code or Codex; None if nobody speaks."""
    kind, message, payload = entry.get("type"), entry.get("message"), entry.get("payload")
    if kind in ("user", "assistant") and isinstance(message, dict):
        return str(kind), _text(message.get("content"))
    if kind == "event_msg" and isinstance(payload, dict):
        text = payload.get("message")
        return _CODEX.get(str(payload.get("type"))), text if isinstance(text, str) else ""
    return None, ""


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part for part in content if isinstance(part, dict) and part.get("type") == "text")
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def _time(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        at = clock.parse_time(value)
    except ValidationError:
        return None
    return at if 0 <= at < _LATEST else None  # no day of another time zone is out of range
