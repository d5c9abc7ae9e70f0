"""Passages: an agent's run in pieces that a small model can read, cut where turns end."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from litemem.core.types import Message

TOOL_CHARACTERS = 1_200  # of one tool's output, shown to the model; the rest is a log's middle
PASSAGE_TOKENS = 700  # a small model loses the thread of more
LEAST_CHARACTERS = 80  # of a piece; what the model cannot read when it is so short, it never can

FAILURE = re.compile(
    r"\berrors?\b|\berr!|\bfail(s|ed|ure)?\b|(^|\s)[\w.]+(Error|Exception)(:|\s|$)|\bdenied\b|\brefused\b"
    r"|\bforbidden\b|\bnot found\b|\bcannot\b|\btime[ds]? ?out\b|\bfatal\b|\bpanic|\brejected\b"
    r"|(->|HTTP/?[\d.]*|status:?) [45]\d\d\b|\bexit(ed)?( with)? (code|status) [1-9]",
    re.IGNORECASE,
)
NO_FAILURE = re.compile(
    r"\b(0|no|without) (errors?|failed|failures?|rejected)\b|\berrors?[ :=]+(0|none)\b"
    r"|\bfail(ed|ures)?[ :=]+0\b",
    re.IGNORECASE,
)
SUCCESS = re.compile(
    r"\bok\b|\bpass(ed|es)?\b|\bsucce(ss|eded)|\bdone\b|(->|HTTP/?[\d.]*|status:?) 2\d\d\b"
    r"|\b(0|no) (errors?|failed|failures?)\b|\berrors?[ :=]+0\b",
    re.IGNORECASE,
)
TALK = ("user", "assistant")  # the roles that are no tools
_BORDERS = ("\n", ". ", " ", "")
_MARK = "  …"


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a run, or a piece of a long one."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What was asked, the agent's answer, and what its tools then gave: messages in a row."""

    said: tuple[Said, ...]

    @property
    def text(self) -> str:
        """The messages as the model reads them; a tool's long output without its middle."""
        return "\n".join(shown(said) for said in self.said)

    @property
    def acts(self) -> bool:
        """Whether the agent or a tool has part in it."""
        return any(said.role != "user" for said in self.said)

    @property
    def is_talk(self) -> bool:
        """Whether no tool has part in it."""
        return all(said.role in TALK for said in self.said)

    def by(self, *roles: str) -> list[str]:
        """Return the texts of some roles, in order."""
        return [said.text for said in self.said if said.role in roles]


def passages(
    messages: Sequence[Message], count_tokens: Callable[[str], int], room: int
) -> list[Passage]:
    """Part a run where turns end; a message of more than `room` tokens is cut, too.

    System messages and empty ones are left out.
    """
    found: list[list[Said]] = []
    used = 0
    for said in _pieces(messages, count_tokens, room):
        tokens = count_tokens(shown(said)) + 1
        if not found or _begins(found[-1][-1].role, said.role) or used + tokens > room:
            found.append([])
            used = 0
        found[-1].append(said)
        used += tokens
    return [Passage(tuple(piece)) for piece in found]


def halves(passage: Passage) -> list[Passage]:
    """Return a passage in two; none when it is too short for that."""
    said = passage.said
    if len(said) > 1:
        middle = len(said) // 2
        return [Passage(said[:middle]), Passage(said[middle:])]
    if len(passage.text) < 2 * LEAST_CHARACTERS:
        return []
    text = shortened(said[0].text) if said[0].role == "tool" else said[0].text
    return [Passage((Said(said[0].role, piece),)) for piece in _cut(text)]


def shown(said: Said) -> str:
    """Return a message as the model reads it: no line of its content can pass for another's."""
    text = shortened(said.text) if said.role == "tool" else said.text
    return f"{said.role}: " + text.strip().replace("\n", "\n  ")


def shortened(text: str, most: int = TOOL_CHARACTERS) -> str:
    """Return the first lines, the last, and between them those that tell of failures."""
    if len(text) <= most:
        return text
    lines = [line[: most // 6] for line in text.splitlines() if line.strip()]
    first = _fitting(lines, most // 3)
    last = _fitting(lines[len(first) :][::-1], most // 3)[::-1]
    middle = lines[len(first) : len(lines) - len(last)]
    wrong = _fitting([line for line in middle if fails(line)], most // 3)
    return "\n".join([*first, _MARK, *wrong, _MARK, *last] if wrong else [*first, _MARK, *last])


def fails(line: str) -> bool:
    """Tell whether a line says that something went wrong."""
    return bool(FAILURE.search(line)) and not NO_FAILURE.search(line)


def _begins(before: str, role: str) -> bool:
    """Tell whether a message begins a passage: the agent's answer stays with its question."""
    return role != "tool" and before != "user"


def _pieces(
    messages: Sequence[Message], count_tokens: Callable[[str], int], room: int
) -> Iterator[Said]:
    for message in messages:
        if message.role != "system" and message.content.strip():
            yield from _small(Said(message.role, message.content.strip()), count_tokens, room)


def _small(said: Said, count_tokens: Callable[[str], int], room: int) -> Iterator[Said]:
    if len(said.text) < 2 * LEAST_CHARACTERS or count_tokens(shown(said)) <= room:
        yield said
        return
    text = shortened(said.text) if said.role == "tool" else said.text
    for piece in _cut(text):
        yield from _small(Said(said.role, piece), count_tokens, room)


def _cut(text: str) -> list[str]:
    """Cut a text in two near its middle: where a line, a sentence or a word ends."""
    middle = len(text) // 2
    at = middle
    for border in _BORDERS:
        at = text.rfind(border, 1, middle) + len(border)
        if at > middle // 2:
            break
    return [piece for piece in (text[:at].strip(), text[at:].strip()) if piece]


def _fitting(lines: Sequence[str], characters: int) -> list[str]:
    """Return as many of the first lines as fit; at least one."""
    used = 0
    for i, line in enumerate(lines):
        used += len(line) + 1
        if used > characters and i:
            return list(lines[:i])
    return list(lines)
