"""Find the dates in a text: absolute ones, relative ones, and those of other languages.

What may not be a date ("31 April", "may I?", "the other day", "recently") is left out. The patterns
are for English; `foreign_dates` writes other dates in English.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import islice

from litemem.core.text.english.date_patterns import (
    ASKED,
    ASKED_SPANS,
    NEEDS,
    PATTERNS,
    WEEKDAY_PATTERNS,
    Reading,
)
from litemem.core.text.english.day_names import is_title, quoted_titles
from litemem.core.text.foreign_dates import english_dates, may_have_dates
from litemem.core.text.periods import Mention
from litemem.core.text.relative_dates import may_be_relative, relative_dates

MAX_MENTIONS = 16  # of a text, the first ones
MAX_DATES = 8 * MAX_MENTIONS  # of a text that are looked at, as many of them may be the same


def may_name_day(text: str) -> bool:
    """Return False for a text that surely speaks of no day."""
    return (
        any(hint.search(text) for hint in NEEDS.values())
        or may_be_relative(text)
        or may_have_dates(text)
    )


def dates_in(text: str, reference: date, *, asked: bool = False) -> list[Mention]:
    """Return the dates of a text in order; where two patterns match, the first one's.

    With `asked`, words that are dates in questions only count, too: `ASKED`.
    """
    found = _english(text, reference)
    asks_in_english = asked and not ASKS_ABROAD.match(text)
    if asks_in_english:
        found = _with_free(_with_read([], text, reference, ASKED_SPANS), found)
    for others in _foreign(text, reference, asked=asked):
        found = _with_free(found, others)
    if asks_in_english:
        found = _with_read(found, text, reference, ASKED)
    return _without_titles(text, found) if found else found


def _without_titles(text: str, found: list[Mention]) -> list[Mention]:
    titles = iter(quoted_titles(text))
    title = next(titles, None)
    kept: list[Mention] = []
    for each in found:
        while title and title[1] <= each.start:
            title = next(titles, None)
        is_quoted = title is not None and title[0] <= each.start and each.end <= title[1]
        if not is_quoted and not (each.may_be_title and is_title(text, each.start, each.end)):
            kept.append(each)
    return kept


def _english(text: str, reference: date) -> list[Mention]:
    """Return the English dates of a text in order."""
    found = _with_read([], text, reference, PATTERNS)
    found = _with_free(found, _relative(text, reference))
    return _with_read(found, text, reference, WEEKDAY_PATTERNS)


def _with_read(
    found: list[Mention], text: str, reference: date, readings: Iterable[Reading]
) -> list[Mention]:
    """Return mentions, and those that patterns find at other places.

    A pattern is tried only in a text with what it needs, as most texts have no date.
    """
    has = {need: hint.search(text) is not None for need, hint in NEEDS.items()}
    for need, pattern, read in readings:
        if has[need]:
            mentions = (_read(read, match, reference) for match in pattern.finditer(text))
            found = _with_free(found, filter(None, mentions))
    return found


def _relative(text: str, reference: date) -> Iterator[Mention]:
    for each in relative_dates(text, reference):
        days = each.days.first, each.days.last
        yield Mention(each.start, each.end, *days, is_relative=True, may_be_title=True)


def _foreign(text: str, reference: date, *, asked: bool) -> Iterator[list[Mention]]:
    """Yield the dates of a text in other languages, by the pattern that finds them."""
    spans = ASKED_SPANS if asked else ()
    for code, places in english_dates(text):
        dates = [
            (start, end, _with_read(_english(english, reference), english, reference, spans))
            for start, end, english in islice(places, MAX_DATES)
        ]
        yield [
            replace(
                found[0],
                start=start,
                end=end,
                may_be_title=_is_word(text[start:end], found[0]),
                code=code,
            )
            for start, end, found in dates
            if found
        ]


def _is_word(text: str, mention: Mention) -> bool:
    """Return True for a relative date of one word: German nouns have capitals in longer ones."""
    return mention.is_relative and " " not in text


def _with_free(found: list[Mention], others: Iterable[Mention]) -> list[Mention]:
    """Return mentions, and those of others that overlap none of them; all in order."""
    both: list[Mention] = []
    i = 0
    for other in others:
        while i < len(found) and found[i].end <= other.start:
            both.append(found[i])
            i += 1
        if i == len(found) or other.end <= found[i].start:
            both.append(other)
    return both + found[i:]


def _read(
    read: Callable[[re.Match[str], date], Mention | None], match: re.Match[str], reference: date
) -> Mention | None:
    try:
        return read(match, reference)
    except (ValueError, OverflowError):  # 31 April
        return None


# how questions of other languages begin, in which an English month alone is a name
ASKS_ABROAD = re.compile(
    r"\W{0,3}(?:wo|wer|wen|wem|wann|wie|warum|welche[rsnm]?|o[uù]|quand|qui|que|quelle?s?|pourquoi|"
    r"qui[eé]n|d[oó]nde|qu[eé]|cu[aá]ndo|c[oó]mo|chi|dove|cosa|perch[eé]|quando|quem|onde|waar|"
    r"wanneer|wie|wat|hoe|waarom|hvor|hvem|hvad|vem|vad|n[aä]r|gdzie|kto|co|kiedy|dlaczego)\b",
    re.IGNORECASE,
)
