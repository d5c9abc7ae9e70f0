"""Reading a query: what it means, its telling words, whom it names and which days. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from litemem.core.text.dates import Period, read_dates
from litemem.core.text.words import STOP_WORDS, telling_words, words


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query asks for.

    `meaning` is the text to embed: without the names of speakers and without dates, which say who
    and when, and draw the vector away from what (`docs/engineering/retrieval.md`). `words` are
    those that say something, `named` the speakers it names, `periods` the days it speaks of.
    """

    meaning: str
    words: tuple[str, ...]
    named: frozenset[str]
    periods: tuple[Period, ...]


def read_query(
    query: str, speakers: Iterable[str], reference: date, *, latest: bool = False
) -> Reading:
    """Read a query among memories of these speakers, as it is meant on the day `reference`.

    A speaker is named by any word of the name: "Sam" names "Sam Hill". `latest`: a month or day
    without a year is the last one before the reference, not that of any year.
    """
    asked = set(words(query)) - STOP_WORDS
    named = {name: own for name in speakers if (own := asked.intersection(words(name)))}
    names: set[str] = set().union(*named.values())
    dates = read_dates(query, reference, latest=latest)
    meaning = _without_names(dates.text, names)
    telling = telling_words(query)
    said = [word for word in telling if word not in names] or telling
    return Reading(
        meaning if words(meaning) else query, tuple(said), frozenset(named), dates.periods
    )


def _without_names(text: str, names: set[str]) -> str:
    if not names:
        return text
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return " ".join(re.sub(rf"(?i)\b(?:{either})\b(?:['’]s?\b)?", " ", text).split())
