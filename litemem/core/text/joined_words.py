"""Words of a query that others write as one: "LH 441", "wi-fi", "1,250", phone numbers."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from litemem.core.text import scripts
from litemem.core.text.query_words import stop_words

MAX_JOINED = 16  # of a query
LONGEST = 40  # letters of a joined word
UNIT = 3  # letters next to a number, at most; 4 in capitals

_Joins = Callable[[re.Match[str], str, re.Match[str], Collection[str]], bool]

_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_BETWEEN_GROUPS = re.compile(r"[ ./()\-\u2013]{1,3}")
_BETWEEN_PARTS = re.compile(r"[ \-\u2010\u2011]")
_INSIDE = re.compile(r"[\-'’.&\u2010\u2011\u200c]")
_THOUSANDS = re.compile(r"[.,'’ ]")


def joined_words(query: str) -> list[str]:
    """Return the words of a query that may be one, in lower case with spaces between them.

    Stop words of its language are no part of them.
    """
    written = query if query.isascii() else scripts.composed(query)
    found, stop = list(_WORD.finditer(written)), stop_words(written)
    joined: dict[str, None] = {}
    for run in _runs(found, stop):
        letters = sum(len(match[0]) for match in run)
        if len(run) > 1 and letters <= LONGEST and len(joined) < MAX_JOINED:
            joined[" ".join(match[0].casefold() for match in run)] = None
    return list(joined)


def _runs(
    found: Sequence[re.Match[str]], stop: Collection[str]
) -> Iterator[Sequence[re.Match[str]]]:
    """Yield what may be one word: a code, a number in groups, a word with signs inside."""
    begun: dict[_Joins, int] = {_is_number_in_groups: 0, _is_code: 0, _is_inside: 0}
    for i, (one, other) in enumerate(pairwise(found), start=1):
        gap = one.string[one.end() : other.start()]
        for joins in begun:
            if not joins(one, gap, other, stop):
                yield from _whole(found[begun[joins] : i], joins)
                begun[joins] = i
        if _is_code(one, gap, other, stop) and one[0].isdigit() is not other[0].isdigit():
            yield (one, other)
    for joins, start in begun.items():
        yield from _whole(found[start:], joins)


def _whole(run: Sequence[re.Match[str]], joins: _Joins) -> Iterator[Sequence[re.Match[str]]]:
    """Yield a run if it may be one word: a code has digits."""
    if joins is not _is_code or any(_DIGIT.search(match[0]) for match in run):
        yield run


def _is_number_in_groups(
    one: re.Match[str], gap: str, other: re.Match[str], _: Collection[str]
) -> bool:
    if not (one[0].isdigit() and other[0].isdigit()):
        return False
    is_thousand = len(other[0]) == 3 and _THOUSANDS.fullmatch(gap) is not None
    return is_thousand or _BETWEEN_GROUPS.fullmatch(gap) is not None


def _is_code(one: re.Match[str], gap: str, other: re.Match[str], stop: Collection[str]) -> bool:
    parts = (one[0], other[0])
    return _BETWEEN_PARTS.fullmatch(gap) is not None and all(_is_part(p, stop) for p in parts)


def _is_part(word: str, stop: Collection[str]) -> bool:
    if _DIGIT.search(word):
        return True
    return word.casefold() not in stop and len(word) <= UNIT + word.isupper()


def _is_inside(one: re.Match[str], gap: str, other: re.Match[str], stop: Collection[str]) -> bool:
    if _INSIDE.fullmatch(gap) is None:
        return False
    parts = (one[0], other[0])
    return all(_LETTERS.fullmatch(p) and (p.casefold() not in stop or gap == ".") for p in parts)
