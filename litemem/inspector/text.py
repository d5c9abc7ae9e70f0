"""Texts of strangers as a page shows them: long ones cut, the words of another one marked."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from litemem.core.text.words import STOP_WORDS, stem, tokens

MAX_MARKED = 20_000  # characters of a message in which words are marked


class Piece(NamedTuple):
    """A part of a text, marked or not."""

    text: str
    is_marked: bool


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
