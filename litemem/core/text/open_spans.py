"""Spans that a question leaves open at one side: "before Friday", "since the 12th", "bis Mai".

The words are in the table `open` of each language. Only questions have such spans: what a text says
of a day, such as "the report is due by Friday", is looked for on that day.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from litemem.core.text import vocabulary
from litemem.core.text.lexicon import ENGLISH, section

Side = Literal["before", "until", "after", "since"]
SIDES: tuple[Side, ...] = ("before", "until", "after", "since")
AROUND = 24  # characters before a day, and behind it, in which the words stand
YEARS = 10  # length of what is open
MONTH = 31  # days
NEAR = 92  # days before or after a day in the past
_JOINED = frozenset(("zh", "ja", "ko", "th"))  # languages without a space there
_NEAR_IT = re.compile(  # "the day before", "shortly after"
    rf"(?<!\w)(?:{vocabulary.either_of_all('spans', 'near')})\s*\Z", re.IGNORECASE
)
_FROM = vocabulary.pattern_in(ENGLISH, "spans", "from")
_OWN_FROM = vocabulary.pattern_in(ENGLISH, "spans", "own_from")
_ONWARDS = vocabulary.pattern_in(ENGLISH, "spans", "onwards")


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """The side of a day to which a span goes; with its words it is from `start` to before `end`."""

    side: Side
    start: int
    end: int


def open_span(text: str, start: int, end: int, code: str, *, own: bool = True) -> OpenSpan | None:
    """Return the span that the day at a place of a text opens in a language, or None.

    The words stand before the day or behind it, or begin its expression ("by Friday"), unless these
    are not its `own`: German "vor zwei Wochen" is two weeks ago. "The day before Christmas" is not
    open.
    """
    lead, behind = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    if code == ENGLISH and (onwards := _ONWARDS.match(behind)):
        opened = _FROM.search(lead)
        if opened or _OWN_FROM.match(text, start, end):
            begin = start - len(lead) + opened.start() if opened else start
            return OpenSpan("since", begin, end + onwards.end())
    for side in SIDES:
        before_day, of_day, behind_day = _patterns(code, side)
        found = before_day.search(lead)
        if found or (own and of_day.match(text, start, end)):
            before = lead[: found.start()] if found else lead
            is_near = side in ("before", "after") and _NEAR_IT.search(before) is not None
            return None if is_near else OpenSpan(side, start - len(lead) + len(before), end)
        if found := behind_day.match(behind):
            return OpenSpan(side, start, end + found.end())
    return None


def days_of_side(side: Side, first: date, last: date, day: date, tense: int) -> tuple[date, date]:
    """Return the first and the last day of what is asked for on one side of some days.

    Asked on a `day`, "before Friday" begins on that day, and "since Monday" ends on it, unless the
    `tense` or the days are those of another time. What was before or after a few days that are over
    was near them.
    """
    is_short = (last - first).days < MONTH
    if side in ("before", "until"):
        end = last if side == "until" else _moved(first, days=-1)
        if tense >= 0 and end >= day:
            return day, end
        is_near = is_short and side == "before"
        return (_moved(end, days=-NEAR) if is_near else _moved(end, years=-YEARS)), end
    begin = first if side == "since" else _moved(last, days=1)
    if begin > day or (tense > 0 and (side == "after" or begin == day)):
        return begin, _moved(begin, years=YEARS)
    return begin, min(day, _moved(begin, days=NEAR)) if is_short and side == "after" else day


def _moved(day: date, *, years: int = 0, days: int = 0) -> date:
    """Return a day some time away, or the first or last one of the calendar."""
    try:
        return day + timedelta(days=days + 365 * years)
    except OverflowError:
        return date.min if years < 0 or days < 0 else date.max


@cache
def _patterns(code: str, side: Side) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return patterns of what stands before a day, begins its expression, and stands behind it."""
    table = section(code, "open")
    before, behind = table.get(side, "(?!)"), table.get(f"{side}_behind", "(?!)")
    begin, space, end = ("", r"\s*", "") if code in _JOINED else (r"(?<!\w)", r"\s+", r"(?!\w)")
    article = table.get("article", "(?!)")
    patterns = (
        rf"{begin}(?:{before}){space}(?:{article})?\Z",
        rf"(?:{before}){space}",
        rf"\s?(?:{behind}){end}",
    )
    one, other, last = (re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    return one, other, last
