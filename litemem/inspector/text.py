"""Texts of strangers as a page shows them: every character visible, long ones cut, words marked."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from litemem.core.text.words import STOP_WORDS, stem, tokens

MAX_MARKED = 20_000  # characters of a message in which words are marked

# Controls but line feeds and tabs, separators of lines, and marks of the writing direction. Shown
# as pictures or codes, they cannot reorder what stands next to them, or end a page for a parser.
_UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


class Piece(NamedTuple):
    """A part of a text, marked or not."""

    text: str
    is_marked: bool


def visible(text: object) -> str:
    """Return a text with pictures or codes for what would be invisible or reorder it."""
    return _UNSEEN.sub(_picture, str(text).replace("\r\n", "\n"))


def cut(text: str, characters: int) -> str:
    """Return a text, or its beginning with "…"."""
    return text if len(text) <= characters else text[:characters].rstrip() + " …"


def marked(text: str, like: str) -> Sequence[Piece]:
    """Return a text in pieces, those marked that hold a word of another text."""
    wanted = set(_stems(like[:MAX_MARKED]))
    return [
        Piece("".join(part for part, _ in parts), is_marked)
        for is_marked, parts in groupby(_parts(text[:MAX_MARKED], wanted), key=lambda p: p[1])
    ] + [Piece(rest, False) for rest in (text[MAX_MARKED:],) if rest]


def _parts(text: str, wanted: set[str]) -> Iterator[tuple[str, bool]]:
    end = 0
    for token in tokens(text, smallest=True):
        if token.start > end:
            yield text[end : token.start], False
        yield token.text, _stem(token.text) in wanted
        end = token.end
    yield text[end:], False


def _stems(text: str) -> Iterable[str]:
    folded = (token.text.casefold() for token in tokens(text, smallest=True))
    return (stem(word) for word in folded if word not in STOP_WORDS)


def _stem(word: str) -> str:
    return stem(word.casefold())


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # U+2400 to U+241F are pictures of U+0000 to U+001F
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"
