"""Read English dates: "25 May 2023" and "in May" as periods, "yesterday" as a date.

A day is a UTC day. What may not be a date ("31 April", "may I?", "the other day", "recently") is
left unchanged.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from litemem.core.clock import EPOCH
from litemem.core.text.words import NUMBER_WORDS, digits

MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MICROSECOND = timedelta(microseconds=1)
YEARS = 30  # before the reference date in which a month or day without a year may lie


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; microseconds since 1970-01-01 UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dates:
    """The `periods` that a text names, and the `text` without the words that name them."""

    periods: tuple[Period, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Days:
    """The days that an expression means, both included, and how to write it as a date."""

    first: date
    last: date
    preposition: str
    written: str


@dataclass(frozen=True, slots=True)
class RelativeDate:
    """An expression in a text, from `start` to before `end`, and the days it means."""

    start: int
    end: int
    days: Days


def read_dates(text: str, reference: date, *, latest: bool = False) -> Dates:
    """Return the periods that a text names, as it is meant on the day `reference`.

    A month or a day without a year means that of each of the last 30 years; with `latest` it means
    the last that had begun by then. "Between" two dates, "from" one "to" another is one period.
    """
    found = _joined(text, _same_year(_mentions(text, reference)))
    if not found:
        return Dates((), text)
    named = {(each.first, each.last, each.yearly): each for each in found}
    periods = (period for each in named.values() for period in _periods(each, reference, latest))
    starts = [0, *(each.end for each in found)]
    ends = [*(each.start for each in found), len(text)]
    rest = " ".join(text[start:end] for start, end in zip(starts, ends, strict=True))
    return Dates(tuple(dict.fromkeys(periods)), " ".join(rest.split()))


def relative_dates(text: str, today: date) -> list[RelativeDate]:
    """Return the relative dates of a text, in order."""
    found = []
    for match in _RELATIVE.finditer(text):
        days = _meaning(match, today)
        if days is not None:
            found.append(RelativeDate(match.start(), match.end(), days))
    return found


def resolve(text: str, today: date) -> str:
    """Return the text with its relative dates as dates: "yesterday" as "on 7 May 2023"."""
    parts: list[str] = []
    end = 0
    found = relative_dates(text, today)
    borders = [*(each.start for each in found), len(text)][1:]
    for each, border in zip(found, borders, strict=True):
        before = text[end : each.start]
        end = each.end
        owned = _OWNED.match(text, end, border)
        if owned:  # "yesterday's meeting"
            parts.append(before)
            before = f"{owned[1]} "
            end = owned.end()
        governed = _GOVERNING.search(before) is not None
        written = each.days.written if governed else f"{each.days.preposition} {each.days.written}"
        parts += before, written
    return "".join([*parts, text[end:]])


# -- absolute dates


@dataclass(frozen=True, slots=True)
class _Mention:
    """A date in a text, from `start` to before `end`; its first and its last day.

    A `yearly` date has no year, and is a date of every year.
    """

    start: int
    end: int
    first: date
    last: date
    yearly: bool = False


def _mentions(text: str, reference: date) -> list[_Mention]:
    """Return the dates of a text in order; where two patterns match, the first one's."""
    found: list[_Mention] = []
    for pattern, read in _PATTERNS:
        mentions = (_read(read, match, reference) for match in pattern.finditer(text))
        found = _with_free(found, filter(None, mentions))
    relative = relative_dates(text, reference)
    return _with_free(
        found, (_Mention(r.start, r.end, r.days.first, r.days.last) for r in relative)
    )


def _with_free(found: list[_Mention], others: Iterable[_Mention]) -> list[_Mention]:
    """Return mentions, and those of others that overlap none of them; all in order."""
    both: list[_Mention] = []
    i = 0
    for other in others:
        while i < len(found) and found[i].end <= other.start:
            both.append(found[i])
            i += 1
        if i == len(found) or other.end <= found[i].start:
            both.append(other)
    return both + found[i:]


def _read(
    read: Callable[[re.Match[str], date], _Mention], match: re.Match[str], reference: date
) -> _Mention | None:
    try:
        return read(match, reference)
    except (ValueError, OverflowError):  # 31 April
        return None


def _iso(match: re.Match[str], _: date) -> _Mention:
    on = date(int(match["year"]), int(match["number"]), int(match["day"] or 1))
    return _of(match, month(on)) if match["day"] is None else _Mention(*match.span(), on, on)


def _calendar(match: re.Match[str], reference: date) -> _Mention:
    """Read a month, with or without its day and its year."""
    parts = match.groupdict()
    number = [m[:3] for m in MONTHS].index(match["month"][:3].capitalize()) + 1
    given = parts.get("year")
    year = int(given) if given else reference.year
    if not parts.get("day"):
        return replace(_of(match, month(date(year, number, 1))), yearly=given is None)
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
    return _of(match, month(date(year, number, 1)))


def _last_weekday(match: re.Match[str], reference: date) -> _Mention:
    """Read "on Friday": the last one, which may be today."""
    back = (reference.weekday() - WEEKDAYS.index(match["weekday"].lower())) % 7
    on = reference - timedelta(days=back)
    return _Mention(*match.span(), on, on)


def _whole_year(match: re.Match[str], _: date) -> _Mention:
    return _of(match, year(int(match["year"])))


def _of(match: re.Match[str], days: Days) -> _Mention:
    return _Mention(*match.span(), days.first, days.last)


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
        if before and _is_span(text, joined[-2].end if len(joined) > 1 else 0, before, each):
            yearly = before.yearly and each.yearly
            joined[-1] = _Mention(before.start, each.end, before.first, each.last, yearly)
        else:
            joined.append(each)
    return joined


def _is_span(text: str, begin: int, one: _Mention, other: _Mention) -> bool:
    """Return True if two dates are one period; the mention before them ends at `begin`."""
    if one.yearly != other.yearly or one.first > other.last:
        return False
    between = text[one.end : other.start].strip().lower()
    opening = _OPENING.match(text, one.start)
    is_opened = opening or _OPENS_A_SPAN.search(text[begin : one.start])
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
    """Return a date of every year as that of one year, or None for 29 February in most years."""
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


_NAMES = "|".join(MONTHS)
_MONTH = rf"(?P<month>{_NAMES}|(?:{'|'.join(m[:3] for m in MONTHS)}|Sept)\.?)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_BEFORE = "in|of|since|during|by|until|till|from|before|after|between|early|mid|late|around"
_OPENING = re.compile(r"(?:between|from) ", re.IGNORECASE)
_OPENS_A_SPAN = re.compile(r"\b(?:between|from)\s*(?:the\s*)?$", re.IGNORECASE)

# The first pattern that matches a place reads it. "May" and "March" are also words: alone they
# are months behind a preposition, or with a capital in the middle of a sentence.
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
    (_pattern(rf"on (?P<weekday>{'|'.join(WEEKDAYS)})"), _last_weekday),
    (_pattern(rf"(?:in )?{_YEAR}"), _whole_year),
)


# -- relative dates

_COUNTS = {word: int(digits(word)) for word in NUMBER_WORDS} | {
    "one": 1,
    "a": 1,
    "an": 1,
    "a couple of": 2,
}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_NAMED_DAYS = {
    "the day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
}
_PARTS = r"(?: (?:morning|afternoon|evening|night))?"
_RELATIVE = re.compile(
    rf"\b(?:on )?(?P<named>{'|'.join(sorted(_NAMED_DAYS, key=len, reverse=True))}){_PARTS}\b"
    rf"|\b(?:on )?(?P<side>last|this past|past|this coming|this|next) {_WEEKDAY}{_PARTS}\b"
    r"|\b(?:on )?(?:the )?(?P<period_side>last|this past|past|this coming|this|next|previous|"
    r"coming) (?P<period>week|weekend|month|year)\b(?! (?:or|and|of|in) )"
    rf"|\b(?<!last )(?:about |around )?{_COUNT} (?P<unit>day|week|month|year)s?"
    r" (?P<ago>ago|from now)\b"
    rf"|\bin {_COUNT.replace('count', 'count2')} (?P<unit2>day|week|month|year)s?(?: time)?\b"
    r"(?! of\b)",
    re.IGNORECASE,
)
_OWNED = re.compile(r"['’]s\s+([\w\-]+)")
# Behind these words a date needs no preposition of its own: "since 2022"
_GOVERNING = re.compile(
    r"\b(?:since|until|till|by|from|before|after|for|of|than|as|during|in|on|at)\s+$", re.IGNORECASE
)


def _meaning(match: re.Match[str], today: date) -> Days | None:
    found = {name: text.casefold() for name, text in match.groupdict().items() if text}
    try:
        if "named" in found:
            return day(today + timedelta(days=_NAMED_DAYS[found["named"]]))
        if "weekday" in found:
            return _near_weekday(found["side"], WEEKDAYS.index(found["weekday"]), today)
        if "period" in found:
            return _shifted(found["period"], _direction(found["period_side"]), today)
        if "unit" in found:
            sign = -1 if found["ago"] == "ago" else 1
            return _distant(found["unit"], sign * _number(found["count"]), today)
        return _distant(found["unit2"], _number(found["count2"]), today)
    except (OverflowError, ValueError):  # before the year 1, or after 9999
        return None


def _near_weekday(side: str, weekday: int, today: date) -> Days:
    monday = today - timedelta(days=today.weekday())
    if side == "next":
        return day(monday + timedelta(days=7 + weekday))
    ahead = (weekday - today.weekday()) % 7
    if side in ("this", "this coming"):
        return day(today + timedelta(days=ahead))
    return day(today - timedelta(days=(7 - ahead) % 7 or 7))


def _direction(side: str) -> int:
    return {"next": 1, "coming": 1, "this coming": 1, "this": 0}.get(side, -1)


def _shifted(unit: str, by: int, today: date) -> Days:
    shift: dict[str, Callable[[], Days]] = {
        "week": lambda: week(today + timedelta(days=7 * by)),
        "weekend": lambda: weekend(today + timedelta(days=7 * by)),
        "month": lambda: month(_months_on(today, by)),
        "year": lambda: year(today.year + by),
    }
    return shift[unit]()


def _distant(unit: str, by: int, today: date) -> Days:
    if unit == "day":
        return day(today + timedelta(days=by))
    if unit == "week":
        near = today + timedelta(days=7 * by)
        about = timedelta(days=3)
        return Days(near - about, near + about, "around", day(near).written)
    return _shifted(unit, by, today)


def _months_on(today: date, by: int) -> date:
    months = today.year * 12 + today.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def _number(text: str) -> int:
    return _COUNTS[text] if text in _COUNTS else int(text)


# -- days


def day(of: date) -> Days:
    """Return one day."""
    return Days(of, of, "on", f"{of.day} {MONTHS[of.month - 1]} {of.year}")


def week(of: date) -> Days:
    """Return the week, from Monday, that contains a day."""
    monday = of - timedelta(days=of.weekday())
    return Days(monday, monday + timedelta(days=6), "in", f"the week of {day(monday).written}")


def weekend(of: date) -> Days:
    """Return the Saturday and Sunday of the week that contains a day."""
    saturday = of + timedelta(days=5 - of.weekday())
    written = f"the weekend of {day(saturday).written}"
    return Days(saturday, saturday + timedelta(days=1), "on", written)


def month(of: date) -> Days:
    """Return the month that contains a day."""
    first = of.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Days(first, last, "in", f"{MONTHS[of.month - 1]} {of.year}")


def year(number: int) -> Days:
    """Return a whole year."""
    return Days(date(number, 1, 1), date(number, 12, 31), "in", str(number))
