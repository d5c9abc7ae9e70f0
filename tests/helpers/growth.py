"""How the time of a call grows with its text, and texts on which a pattern may take long."""

import gc
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle, islice, product
from re import _constants as op
from re import _parser as parser
from typing import Any

from helpers import NIGHTLY

MAX_RATIO = 2.5  # of the time for 2n to that for n: 2 is linear, 4 is the square
FLOOR = 0.1  # seconds for 100,000 characters; what takes their square takes 1 to 10
AMPLE = float("inf") if NIGHTLY else 2.5 * FLOOR  # what is linear at this time is not tried longer
LEAST = 500  # characters or items, from which sizes double
ROUNDS = 30  # measurements of a suspicious ratio; the best of each size counts

Call = Callable[[Any], object]
Build = Callable[[int], Any]


def seconds(call: Call, text: Any) -> float:
    """Return the processor time of a call; other programs do not count."""
    gc.disable()  # it looks through all objects now and then
    try:
        begin = time.process_time()
        call(text)
        return time.process_time() - begin
    finally:
        gc.enable()


def excess(call: Call, build: Build, most: int, *, floor: float = FLOOR) -> str | None:
    """Return how the time grows faster than the text, or None if it does not.

    Sizes double up to `most`, so that what takes the square of its text is found while that is
    short.
    """
    sizes = [most]
    while sizes[0] > LEAST:
        sizes.insert(0, sizes[0] // 2)
    before = float("inf")
    for n in sizes:
        now = seconds(call, build(n))
        if now > floor and now > MAX_RATIO * before:
            found = _measured_again(call, build, n, floor)
            if found is not None:
                return found
        if now > AMPLE and before < now:
            return None
        before = now
    return None


def _measured_again(call: Call, build: Build, n: int, floor: float) -> str | None:
    one, two = build(n // 2), build(n)
    first = second = float("inf")
    for _ in range(ROUNDS):
        first = min(first, seconds(call, one))
        second = min(second, seconds(call, two))
        if second <= max(floor, MAX_RATIO * first):
            return None
    return f"{second:.3f} s for {n:,}, {second / first:.1f} times that for {n // 2:,}"


LONG = 100_000  # characters
EARLY = 2_000  # characters with which each text is tried first
TINY = 24  # characters, for which only what doubles with each character takes long
TINY_SECONDS = 0.02
SUSPICIOUS = 2e-3  # seconds for EARLY characters, from which more are given step by step


def too_slow(
    call: Call,
    builds: Sequence[Build],
    slowest: int | None,
    *,
    most: int = LONG,
    floor: float = FLOOR,
) -> str | None:
    """Return how the time grows faster than one of the texts, or None if it grows with none.

    The slowest texts are tried with `most` characters, or all if `slowest` is None. Less than
    `floor` seconds are never too long.
    """
    early: list[tuple[float, int]] = []
    for place, build in enumerate(builds):
        if all(seconds(call, build(TINY)) > TINY_SECONDS for _ in range(2)):
            return f"{build.__doc__} takes long for {TINY} characters"
        early.append((seconds(call, build(EARLY)), place))
        if early[-1][0] > SUSPICIOUS and (found := excess(call, build, most, floor=floor)):
            return f"{build.__doc__} takes {found}"
    for _, place in sorted(early, reverse=True)[:slowest]:
        build = builds[place]
        if seconds(call, build(most)) > floor and (found := excess(call, build, most, floor=floor)):
            return f"{build.__doc__} takes {found}"
    return None


# -- texts for a pattern

CHARACTERS = "ax1_ .,:;!?-+/\\'\"’@#$%&*=<>|~`()[]{}\n\té日\u0301\0"
FAILING = (" y", "\0")  # ends on which few patterns match
REPEATED = (" ", "a", "A", "1", "-", ".", "\n")  # behind a beginning
MAX_SAMPLES = 6  # strings of one part of a pattern
MAX_BEGINNINGS = 150  # of one pattern
MAX_UNIT = 16  # characters


def texts(pattern: re.Pattern[str]) -> Iterator[Build]:
    """Yield functions from a size to a text: a unit that is repeated, with a beginning and an end.

    Units are single characters, the strings with which a match may begin, and pairs of the
    characters that the pattern names.
    """
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    begun = list(dict.fromkeys(islice(_beginnings(tree), 10 * MAX_BEGINNINGS)))
    begun = _spread(begun, MAX_BEGINNINGS)
    named = list(dict.fromkeys(character for text in begun for character in text))
    pairs = [one + other for one in named[:8] for other in named[:8] if one != other]
    for unit, start, end in product(CHARACTERS, ("", "x "), FAILING):
        yield _build(start, unit, end)
    ends = cycle(FAILING)
    for unit in (*begun, *(f"{text} " for text in begun), *pairs):
        yield _build("", unit, next(ends))
    for start, unit in product(_spread(begun, 20), dict.fromkeys((*named[:6], *REPEATED))):
        yield _build(start, unit, next(ends))


def _spread(found: list[str], most: int) -> list[str]:
    """Return at most so many of the texts, from all parts of the list."""
    return found[:: -(-len(found) // most)] if found else []


def _build(beginning: str, unit: str, end: str) -> Build:
    def build(size: int) -> str:
        return beginning + unit * (size // len(unit)) + end

    build.__doc__ = f"{beginning!r} + {unit!r} * n + {end!r}"
    return build


def _beginnings(tree: Iterable[Any]) -> Iterator[str]:
    """Yield strings with which a match of a parsed pattern may begin, and whole ones."""
    before = [""]
    for node in tree:
        for inner in _inner(node):
            for text in _beginnings(inner):
                yield from ((start + text)[:MAX_UNIT] for start in before[:2] if start + text)
        before = [a + b for b in _samples(node) for a in before[:2]][:MAX_SAMPLES] or before
        yield from (text[:MAX_UNIT] for text in before if text)


def _inner(node: Any) -> Iterable[Any]:
    """Return the parsed patterns inside a node."""
    kind, value = node
    if kind is op.BRANCH:
        return list(value[1])
    if kind is op.SUBPATTERN:
        return [value[-1]]
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [value[2]]
    if kind is op.ATOMIC_GROUP:
        return [value]
    if kind is op.ASSERT and value[0] > 0:
        return [value[1]]
    return []


def _samples(node: Any) -> list[str]:
    """Return strings that a node may match."""
    kind, value = node
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.ANY:
        return ["a"]
    if kind in (op.IN, op.NOT_LITERAL):
        return _members(node)
    if kind is op.BRANCH:
        return [text for branch in value[1] for text in _joined(branch)[:1]][:MAX_SAMPLES]
    if kind is op.SUBPATTERN:
        return _joined(value[-1])
    if kind is op.ATOMIC_GROUP:
        return _joined(value)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        once = [text * max(value[0], 1) for text in _joined(value[2])]
        return [*once[:3], ""] if value[0] == 0 else once
    return [""]


def _joined(tree: Iterable[Any]) -> list[str]:
    found = [""]
    for node in tree:
        found = [a + b for b in _samples(node) for a in found[:2]][:MAX_SAMPLES] or found
    return found


def _members(node: Any) -> list[str]:
    """Return a few characters that a set of a pattern contains."""
    kind, value = node
    items: Sequence[Any] = value if kind is op.IN else [(op.NEGATE, None), (op.LITERAL, value)]
    negated = items[0][0] is op.NEGATE
    found = [c for c in CHARACTERS + "AI" if _has(items[negated:], c) != negated]
    return found[:3] if negated else found[:3] or [_first(items[0])]


def _first(item: Any) -> str:
    kind, value = item
    return chr(value if kind is op.LITERAL else value[0]) if kind is not op.CATEGORY else ""


def _has(items: Iterable[Any], character: str) -> bool:
    for kind, value in items:
        if kind is op.LITERAL and ord(character) == value:
            return True
        if kind is op.RANGE and value[0] <= ord(character) <= value[1]:
            return True
        if kind is op.CATEGORY and re.match(_CATEGORIES[value], character):
            return True
    return False


_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
