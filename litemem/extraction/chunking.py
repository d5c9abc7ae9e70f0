"""Cut messages into parts that fit a model's context window.

Facts are extracted from `Line`s: one message each, or a piece of a long one. An agent's run is
summarised from `Segment`s: a question, the agent's answer and the output of its tools.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from litemem.core.text.english import reports_failure
from litemem.core.text.words import sentence_borders
from litemem.core.types import Message
from litemem.extraction.sanitize import sanitize

TOOL_CHARACTERS = 1_200  # of one tool's output that the model reads
SEGMENT_TOKENS = 700  # small models lose the thread of longer segments
MIN_CHARACTERS = 80  # a piece this short is not cut again: its length is not why a model failed
CUT_REACH = 2_000  # characters from the middle in which a long text is cut; keeps cutting linear
TALK = ("user", "assistant")  # the roles that are not tools

_GAP = "  …"
_LINE_END = re.compile("\n")
_WORD_END = re.compile(" ")


@dataclass(frozen=True)
class Line:
    """A message as the model reads it, or a piece of a long one.

    `message` is the position of the message; `speaker` is never empty.
    """

    speaker: str
    content: str
    message: int

    @cached_property
    def text(self) -> str:
        """The line as a prompt shows it; further lines of the content are indented.

        Double quotes become single ones, because a small model that writes JSON takes a double
        quote for the end of its own string.
        """
        return f"{self.speaker}: " + self.content.replace("\n", "\n  ").replace('"', "'")


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of an agent's run, or a piece of a long one."""

    role: str
    text: str

    @property
    def shown(self) -> str:
        """The entry as the model reads it: no line of the text can pass for another message."""
        return f"{self.role}: " + self.abridged.strip().replace("\n", "\n  ")

    @property
    def abridged(self) -> str:
        """The text; a tool's long output is abridged."""
        return abridge(self.text) if self.role == "tool" else self.text


@dataclass(frozen=True, slots=True)
class Segment:
    """A question, the agent's answer, and the output of the tools it then used."""

    entries: tuple[Entry, ...]

    @property
    def text(self) -> str:
        """The entries as the model reads them."""
        return "\n".join(entry.shown for entry in self.entries)

    @property
    def acts(self) -> bool:
        """True if the agent or a tool takes part."""
        return any(entry.role != "user" for entry in self.entries)

    @property
    def is_talk(self) -> bool:
        """True if no tool takes part."""
        return all(entry.role in TALK for entry in self.entries)

    def by(self, *roles: str) -> list[str]:
        """Return the texts of these roles, in order."""
        return [entry.text for entry in self.entries if entry.role in roles]


def lines(messages: Sequence[Message]) -> list[Line]:
    """Return messages as lines, without system messages and those that sanitising empties."""
    found = (
        Line(_speaker(message), sanitize(message.content), i)
        for i, message in enumerate(messages)
        if message.role != "system"
    )
    return [line for line in found if line.content]


def first_part(line: Line, limit: int) -> Line:
    """Return a line of at most `limit` characters, cut at the end of a word."""
    if len(line.content) <= limit:
        return line
    kept = line.content[: line.content.rfind(" ", limit // 2, limit) + 1 or limit].rstrip()
    return Line(line.speaker, f"{kept} …", line.message)


def last_part(line: Line, limit: int) -> Line:
    """Return the last `limit` characters of a line at most, from the beginning of a word."""
    if len(line.content) <= limit:
        return line
    kept = line.content[-limit:]
    return Line(line.speaker, f"… {kept[kept.find(' ') + 1 :]}", line.message)


def split_to_fit(line: Line, fits: Callable[[Line], bool]) -> Iterator[Line]:
    """Cut a line until every piece fits; a piece that cannot be cut further may not fit."""
    parts = [] if fits(line) else _halves_of(line)
    if len(parts) < 2:
        yield line
        return
    for part in parts:
        yield from split_to_fit(part, fits)


def halve_lines(given: Sequence[Line]) -> list[Sequence[Line]]:
    """Return lines in two parts, or an empty list if they are one sentence."""
    if len(given) > 1:
        return [given[: len(given) // 2], given[len(given) // 2 :]]
    (line,) = given
    parts = _cut(line.content, sentence_borders(line.content))
    return [[Line(line.speaker, part, line.message)] for part in parts] if len(parts) > 1 else []


def segments(
    messages: Sequence[Message], count_tokens: Callable[[str], int], room: int
) -> list[Segment]:
    """Part an agent's run where turns end; a message of more than `room` tokens is cut.

    System messages and empty ones are left out.
    """
    found: list[list[Entry]] = []
    used = 0
    for entry in _entries(messages, count_tokens, room):
        tokens = count_tokens(entry.shown) + 1
        if not found or _begins(found[-1][-1].role, entry.role) or used + tokens > room:
            found.append([])
            used = 0
        found[-1].append(entry)
        used += tokens
    return [Segment(tuple(entries)) for entries in found]


def halve_segment(segment: Segment) -> list[Segment]:
    """Return a segment in two parts, or an empty list if it is short or one sentence."""
    entries = segment.entries
    if len(entries) > 1:
        middle = len(entries) // 2
        return [Segment(entries[:middle]), Segment(entries[middle:])]
    if len(segment.text) < 2 * MIN_CHARACTERS:
        return []
    (entry,) = entries
    text = entry.abridged
    parts = _cut(text, _line_ends(text) if entry.role == "tool" else sentence_borders(text))
    return [Segment((Entry(entry.role, part),)) for part in parts] if len(parts) > 1 else []


def abridge(text: str, limit: int = TOOL_CHARACTERS) -> str:
    """Return the first and last lines of a log, and between them those that report failures."""
    if len(text) <= limit:
        return text
    kept = [line[: limit // 6] for line in text.splitlines() if line.strip()]
    first = _fitting(kept, limit // 3)
    last = _fitting(kept[len(first) :][::-1], limit // 3)[::-1]
    middle = kept[len(first) : len(kept) - len(last)]
    failures = _fitting([line for line in middle if reports_failure(line)], limit // 3)
    return "\n".join([*first, _GAP, *failures, _GAP, *last] if failures else [*first, _GAP, *last])


def _speaker(message: Message) -> str:
    """Return the name of a user, if it is known, or the role."""
    if message.name is None:
        return message.role
    return message.name if message.role == "user" else f"{message.role} ({message.name})"


def _halves_of(line: Line) -> list[Line]:
    return [Line(line.speaker, part, line.message) for part in _halves(line.content)]


def _halves(text: str) -> list[str]:
    """Cut a text that is too long in two near its middle: between lines, sentences or words."""
    middle = len(text) // 2
    reach = min(middle // 2, CUT_REACH)
    near = text[middle - reach : middle + reach]
    for borders in (_line_ends, sentence_borders, _word_ends):
        if found := borders(near):
            return _cut(text, [middle - reach + at for at in found])
    return _cut(text, [middle])


def _cut(text: str, borders: Sequence[int]) -> list[str]:
    """Return a text in two parts, cut at the border that is nearest to its middle."""
    at = min(borders, key=lambda border: abs(border - len(text) // 2), default=0)
    return [part for part in (text[:at].strip(), text[at:].strip()) if part]


def _line_ends(text: str) -> list[int]:
    return [match.end() for match in _LINE_END.finditer(text)]


def _word_ends(text: str) -> list[int]:
    return [match.end() for match in _WORD_END.finditer(text)]


def _begins(before: str, role: str) -> bool:
    """Return True if a message begins a segment: the agent's answer stays with its question."""
    return role != "tool" and before != "user"


def _entries(
    messages: Sequence[Message], count_tokens: Callable[[str], int], room: int
) -> Iterator[Entry]:
    for message in messages:
        if message.role != "system" and message.content.strip():
            yield from _small(Entry(message.role, message.content.strip()), count_tokens, room)


def _small(entry: Entry, count_tokens: Callable[[str], int], room: int) -> Iterator[Entry]:
    if len(entry.text) < 2 * MIN_CHARACTERS or count_tokens(entry.shown) <= room:
        yield entry
        return
    for piece in _halves(entry.abridged):
        yield from _small(Entry(entry.role, piece), count_tokens, room)


def _fitting(given: Sequence[str], limit: int) -> list[str]:
    """Return as many of the first lines as have `limit` characters together; at least one."""
    used = 0
    for i, line in enumerate(given):
        used += len(line) + 1
        if used > limit and i:
            return list(given[:i])
    return list(given)
