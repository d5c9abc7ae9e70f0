"""Reading: messages as the lines that a model reads, and how long ones are cut."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from litemem.core.types import Message
from litemem.extraction.sanitize import told


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the model reads it, or a piece of a long one.

    `message` is its message's position; `speaker` says who speaks, and is not empty.
    """

    speaker: str
    content: str
    message: int

    @property
    def text(self) -> str:
        """The line as it is shown; further lines of the content are indented.

        A small model that writes JSON takes a double quote for the end of its own text.
        """
        return f"{self.speaker}: " + self.content.replace("\n", "\n  ").replace('"', "'")


def lines(messages: Sequence[Message]) -> list[Line]:
    """Write messages as lines; system messages, and those that tell nothing, are left out."""
    found = (
        Line(speaker(message), told(message.content), i)
        for i, message in enumerate(messages)
        if message.role != "system"
    )
    return [line for line in found if line.content]


def speaker(message: Message) -> str:
    """Return who speaks: a person by name where it is known, others by role."""
    if message.name is None:
        return message.role
    return message.name if message.role == "user" else f"{message.role} ({message.name})"


def shortened(line: Line, most: int) -> Line:
    """Return a line of at most `most` characters, cut where a word ends."""
    if len(line.content) <= most:
        return line
    kept = line.content[: line.content.rfind(" ", most // 2, most) + 1 or most].rstrip()
    return Line(line.speaker, f"{kept} …", line.message)


def end_of(line: Line, most: int) -> Line:
    """Return the last `most` characters of a line at most, from where a word begins."""
    if len(line.content) <= most:
        return line
    kept = line.content[-most:]
    return Line(line.speaker, f"… {kept[kept.find(' ') + 1 :]}", line.message)


def pieces(line: Line, fits: Callable[[Line], bool]) -> Iterator[Line]:
    """Cut a line until every piece fits; one that cannot be cut any more is given as it is."""
    halves = [] if fits(line) else cut(line)
    if len(halves) < 2:
        yield line
        return
    for half in halves:
        yield from pieces(half, fits)


def cut(line: Line) -> list[Line]:
    """Cut a line in two near its middle: where a paragraph, a sentence or a word ends."""
    content = line.content
    middle = len(content) // 2
    for border in ("\n", ". ", " ", ""):
        at = content.rfind(border, 1, middle) + len(border)
        if at > middle // 2:
            break
    parts = (content[:at].strip(), content[at:].strip())
    return [Line(line.speaker, part, line.message) for part in parts if part]


def halves(given: Sequence[Line]) -> list[Sequence[Line]]:
    """Return lines in two parts; none when there is nothing to part."""
    if len(given) > 1:
        return [given[: len(given) // 2], given[len(given) // 2 :]]
    parts = cut(given[0])
    return [[part] for part in parts] if len(parts) > 1 else []
