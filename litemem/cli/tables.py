"""Tables for people: they fit the terminal, and nothing that was stored can steer it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

GAP = "  "
MIN_TEXT = 24  # columns; a text that gets fewer beside the other cells is put beneath them
MAX_LINES = 3  # of one text in a table; `get` shows all of it

_CONTROL_PICTURES = 0x2400  # U+2400 to U+241F stand for U+0000 to U+001F
_STEERING = re.compile(  # C0, C1, line separators, and what turns the direction of writing round
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def visible(text: str) -> str:
    """Return the text on one line, with pictures or codes for what a terminal would obey."""
    return _STEERING.sub(_picture, text)


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], width: int | None) -> list[str]:
    """Return the lines of a table that is at most `width` columns wide.

    The last column is the text, which is wrapped, and cut after some lines; where it has no room,
    it stands beneath the row's other cells. Without a width, a row is one line: the cells with
    tabs between, whole, without headings.
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    if width is None:
        return ["\t".join(row) for row in shown]
    sizes = [max(map(columns, column)) for column in zip(headings, *shown, strict=True)]
    room = width - sum(sizes[:-1]) - len(GAP) * (len(sizes) - 1)
    if room < min(MIN_TEXT, sizes[-1]):
        return [line for row in shown for line in _stacked(row, width)]
    return [line for row in (headings, *shown) for line in _beside(row, sizes[:-1], room)]


def card(pairs: Iterable[tuple[str, str]], width: int | None) -> list[str]:
    """Return the lines of a list of names and values; a value is shown whole.

    Without a width, a pair is one line, with a tab between.
    """
    pairs = list(pairs)
    if width is None:
        return [f"{name}\t{visible(value)}" for name, value in pairs]
    indent = max(columns(name) for name, _ in pairs) + len(GAP)
    lines = []
    for name, value in pairs:
        paragraphs = [visible(line) for line in value.split("\n")]
        room = max(width - indent, 1)
        wrapped = [line for paragraph in paragraphs for line in _wrap(paragraph, room)]
        heads = [_padded(name, indent)] + [" " * indent] * (len(wrapped) - 1)
        lines += [(head + line).rstrip() for head, line in zip(heads, wrapped, strict=True)]
    return lines


def _beside(row: Sequence[str], sizes: Sequence[int], room: int) -> Iterator[str]:
    """Yield a row's lines: the text goes on under its own beginning."""
    *cells, text = row
    head = "".join(_padded(cell, size) + GAP for cell, size in zip(cells, sizes, strict=True))
    first, *others = _limited(text, room)
    yield (head + first).rstrip()
    yield from ((" " * columns(head) + line).rstrip() for line in others)


def _stacked(row: Sequence[str], width: int) -> Iterator[str]:
    """Yield a row's lines: its cells, then the text with an indent."""
    *cells, text = row
    yield from _wrap(" ".join(cell for cell in cells if cell), width)
    yield from ((GAP + line).rstrip() for line in _limited(text, max(width - len(GAP), 2)))


def _limited(text: str, width: int) -> list[str]:
    lines = list(islice(_wrap(text, width), MAX_LINES + 1))
    if len(lines) <= MAX_LINES:
        return lines
    last = next(_pieces(lines[MAX_LINES - 1], width - 1)).rstrip()
    return [*lines[: MAX_LINES - 1], last + "…"]


def _wrap(text: str, width: int) -> Iterator[str]:
    """Yield lines of whole words; a word that is longer than a line is broken."""
    line = ""
    for word in text.split(" "):
        for piece in _pieces(word, width):
            joined = f"{line} {piece}" if line else piece
            if columns(joined) <= width:
                line = joined
                continue
            yield line
            line = piece
    yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    """Yield the word in pieces of at most `width` columns, or of one character."""
    start = used = 0
    for i, character in enumerate(word):
        size = _columns(character)
        if used + size > width and i > start:
            yield word[start:i]
            start, used = i, 0
        used += size
    yield word[start:]


def _padded(text: str, size: int) -> str:
    return text + " " * (size - columns(text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
