"""Dates in a query: which days "25 May 2023", "in May", "last month" and the like mean. Pure.

English. A day is a UTC day. What may be no date ("31 April", "may I?", "the other day") is left
alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from litemem.core.clock import EPOCH
from litemem.core.text.relative_dates import MONTHS, WEEKDAYS, mentions, month

MICROSECOND = timedelta(microseconds=1)
YEARS = 30  # before the reference date in which a month or day without a year may lie

_NAMES = "|".join(MONTHS)
_MONTH = rf"(?P<month>{_NAMES}|(?:{'|'.join(m[:3] for m in MONTHS)}|Sept)\.?)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_BEFORE = "in|of|since|during|by|until|till|from|before|after|between|early|mid|late|around"
_OPENS_A_SPAN = re.compile(r"\b(?:between|from)\s*(?:the\s*)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; microseconds since 1970-01-01 UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dates:
    """What a text says of time: the `periods`, and the `text` without the words that say it."""

    periods: tuple[Period, ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Mention:
    """A date in the text, from `start` to before `end`; its first and its last day.

    Without a year it is a date of every year.
    """

    start: int
    end: int
    first: date
    last: date
    yearly: bool = False


def read_dates(text: str, reference: date, *, latest: bool = False) -> Dates:
    """Return the periods that a text speaks of, as somebody means them on the day `reference`.

    A month or a day without a year is that of each of the last 30 years; with `latest` it is the
    last that had begun by then. "Between" two dates, "from" one "to" another is one period.
    """
    found = _joined(text, _same_year(_mentioned(text, reference)))
    periods = [period for each in found for period in _periods(each, reference, latest)]
    for each in reversed(found):
        text = f"{text[: each.start]} {text[each.end :]}"
    return Dates(tuple(dict.fromkeys(periods)), " ".join(text.split()) if found else text)


def _mentioned(text: str, reference: date) -> list[_Mention]:
    """Return the dates of a text in order; where two could be read, the first pattern's."""
    found: list[_Mention] = []
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text):
            if not any(m.start < match.end() and match.start() < m.end for m in found):
                found += _read(read, match, reference)
    for mention in mentions(text, reference):
        if not any(m.start < mention.end and mention.start < m.end for m in found):
            meant = mention.period
            found.append(_Mention(mention.start, mention.end, meant.first, meant.last))
    return sorted(found, key=lambda m: m.start)


def _read(
    read: Callable[[re.Match[str], date], _Mention], match: re.Match[str], reference: date
) -> list[_Mention]:
    try:
        return [read(match, reference)]
    except (ValueError, OverflowError):  # 31 April
        return []


def _iso(match: re.Match[str], _: date) -> _Mention:
    on = date(int(match["year"]), int(match["number"]), int(match["day"] or 1))
    return _month(match, on) if match["day"] is None else _Mention(*match.span(), on, on)


def _calendar(match: re.Match[str], reference: date) -> _Mention:
    """Read a month, with or without its day and its year."""
    parts = match.groupdict()
    number = [m[:3] for m in MONTHS].index(match["month"][:3].capitalize()) + 1
    given = parts.get("year")
    year = int(given) if given else reference.year
    if not parts.get("day"):
        return replace(_month(match, date(year, number, 1)), yearly=given is None)
    is_leap_day = given is None and (number, int(match["day"])) == (2, 29)
    on = date(2024 if is_leap_day else year, number, int(match["day"]))
    return _Mention(*match.span(), on, on, yearly=given is None)


def _relative_month(match: re.Match[str], reference: date) -> _Mention:
    """Read last, this year's or next May: last has ended, next has not begun."""
    number = MONTHS.index(match["month"].capitalize()) + 1
    which = match["which"].lower()
    year = reference.year
    if which in ("last", "past", "previous"):
        year -= number >= reference.month
    elif which == "next":
        year += number <= reference.month
    return _month(match, date(year, number, 1))


def _weekday(match: re.Match[str], reference: date) -> _Mention:
    """Read "on Friday": the last one, which may be today."""
    back = (reference.weekday() - WEEKDAYS.index(match["weekday"].lower())) % 7
    on = reference - timedelta(days=back)
    return _Mention(*match.span(), on, on)


def _year(match: re.Match[str], _: date) -> _Mention:
    year = int(match["year"])
    return _Mention(*match.span(), date(year, 1, 1), date(year, 12, 31))


def _month(match: re.Match[str], of: date) -> _Mention:
    period = month(of)
    return _Mention(*match.span(), period.first, period.last)


def _same_year(found: list[_Mention]) -> list[_Mention]:
    """Give a date without a year that of the next one that has it: 11 May to 15 August 2023."""
    done: list[_Mention] = []
    year: int | None = None
    for each in reversed(found):
        if not each.yearly:
            year = each.first.year
        done.append(each if year is None else _in_year(each, year) or each)
    return done[::-1]


def _joined(text: str, found: list[_Mention]) -> list[_Mention]:
    """Make one period of two dates that "between … and" or "from … to" joins."""
    joined: list[_Mention] = []
    for each in found:
        before = joined[-1] if joined else None
        if before and _is_span(text, before, each):
            yearly = before.yearly and each.yearly
            joined[-1] = _Mention(before.start, each.end, before.first, each.last, yearly)
        else:
            joined.append(each)
    return joined


def _is_span(text: str, one: _Mention, other: _Mention) -> bool:
    if one.yearly != other.yearly or one.first > other.last:
        return False
    between = text[one.end : other.start].strip().lower()
    opening = re.match(r"(?:between|from) ", text[one.start :], re.IGNORECASE)
    is_opened = opening or _OPENS_A_SPAN.search(text[: one.start])
    return between in ("-", "–", "until", "through") or bool(
        is_opened and between in ("and", "to", "till")
    )


def _periods(mention: _Mention, reference: date, latest: bool) -> Iterator[Period]:
    if not mention.yearly:
        yield _period(mention)
        return
    for year in range(reference.year, max(reference.year - YEARS, 1), -1):
        dated = _in_year(mention, year)
        if dated and (dated.first <= reference or not latest):
            yield _period(dated)
            if latest:
                return


def _in_year(mention: _Mention, year: int) -> _Mention | None:
    """Return a date of every year as that of one year; None when that has no 29 February."""
    if not mention.yearly:
        return mention
    try:
        ends_with_its_month = month(mention.last).last == mention.last
        first = mention.first.replace(year=year)
        last = mention.last.replace(year=year, day=min(mention.last.day, 28))
        last = month(last).last if ends_with_its_month else mention.last.replace(year=year)
    except (ValueError, OverflowError):
        return None
    return replace(mention, first=first, last=last, yearly=False)


def _period(mention: _Mention) -> Period:
    start = datetime.combine(mention.first, time(), UTC) - EPOCH
    days = mention.last - mention.first + timedelta(days=1)
    return Period(start // MICROSECOND, (start + days) // MICROSECOND)


def _pattern(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern}(?!\w)", flags)


# The first that matches a place reads it. "May" and "March" are words as well: alone they are
# months behind a preposition, or with a capital in the midst of a sentence.
_SURE = "|".join(m for m in MONTHS if m not in ("May", "March"))
_PATTERNS = (
    (_pattern(r"(?P<year>\d{4})[-/](?P<number>\d\d)(?:[-/](?P<day>\d\d))?"), _iso),
    (_pattern(rf"(?:on )?(?:the )?{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?"), _calendar),
    (_pattern(rf"(?:on )?{_MONTH} {_DAY}(?:,? {_YEAR})?"), _calendar),
    (_pattern(rf"(?:in )?{_MONTH}(?:,| of)? {_YEAR}"), _calendar),
    (_pattern(rf"(?P<which>last|past|previous|this|next) (?P<month>{_NAMES})"), _relative_month),
    (_pattern(rf"(?:{_BEFORE}) (?P<month>{_NAMES})"), _calendar),
    (_pattern(rf"(?P<month>{_SURE})"), _calendar),
    (_pattern(r"(?<=[\w,] )(?P<month>May|March)", re.NOFLAG), _calendar),
    (_pattern(rf"on (?P<weekday>{'|'.join(WEEKDAYS)})"), _weekday),
    (_pattern(rf"(?:in )?{_YEAR}"), _year),
)
