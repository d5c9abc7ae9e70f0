"""Find a fact that turns a bound round: "from March" of "until March", "to Monday" of "from"."""

import re

from litemem.core.text.quantities import values_of
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.support import content_words, is_form

MIN_KEPT = 0.5  # at least this share of the other words of a fact was said


def is_bounded_otherwise(pair: Comparison) -> bool:
    """Return True if something ends in the fact where it begins in the clause, or reversed.

    "Retired since May" is no such fact of "worked until May": it says something else of the time
    behind.
    """
    if pair.says_no(pair.told, pair.fact) != pair.says_no(pair.heard, pair.said):
        return False
    if pair.table.was.search(pair.said):
        return False
    ends, begins = (
        (_things(pattern, pair.fact), _things(pattern, pair.said))
        for pattern in (pair.table.until, pair.table.since)
    )
    return any(
        _has(thing, others, pair) and not _has(thing, same, pair) and _is_of_same(pair)
        for (told, same), (_, others) in ((ends, begins), (begins, ends))
        for thing in told
    )


def _things(bound: re.Pattern[str], text: str) -> list[str]:
    """Return what a text has at a kind of bound: "March" of "until the end of March"."""
    return [next(filter(None, match.groups()), "").casefold() for match in bound.finditer(text)]


def _has(thing: str, others: list[str], pair: Comparison) -> bool:
    if not pair.spaces:
        return any(thing.endswith(other) or other.endswith(thing) for other in others if other)
    values = values_of(thing, pair.code)
    return any(
        not values.isdisjoint(values_of(other, pair.code)) if values else is_form(thing, other)
        for other in others
    )


def _is_of_same(pair: Comparison) -> bool:
    """Return True if half of a fact, without its bounds, are words of the clause."""
    text = pair.table.since.sub(" ", pair.table.until.sub(" ", pair.fact))
    rest = content_words(text, pair.code)
    return not rest or sum(map(pair.by.supports, rest)) >= len(rest) * MIN_KEPT
