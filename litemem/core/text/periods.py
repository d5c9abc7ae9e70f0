"""Periods of days, dates in a text, and how days that come again are stored: "every Friday"."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from litemem.core.clock import EPOCH

MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # their first months
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1) // MICROSECOND
Cycle = Literal["week", "month", "year"]
# Where a day that comes again is kept: the year 1 began on a Monday, January has 31 days, and the
# year 4 has 29 February.
CYCLES: dict[Cycle, tuple[date, date]] = {
    "week": (date(1, 1, 1), date(1, 1, 7)),
    "month": (date(2, 1, 1), date(2, 1, 31)),
    "year": (date(4, 1, 1), date(4, 12, 31)),
}
FIRST_DAY = (date(5, 1, 1) - EPOCH.date()) // MICROSECOND  # days before it come again
LONGEST: dict[Cycle, int] = {"week": 7, "month": 31, "year": 92}  # days
ANY_LENGTH: dict[Cycle, int] = dict.fromkeys(CYCLES, date.max.toordinal())


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; microseconds since 1970-01-01 UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A date in a text, from `start` to before `end`; its first and its last day.

    With a `cycle` it is a date of every year ("3 June"), month ("the 5th") or week ("Friday"), of
    which the text means one, or all if it is `again`. A date that can be read in two ways is also
    the day `other`. Words may be a title: "Yesterday", "Friday Night". The code is that of another
    language than English. A `holiday` without a year is on days of its own in each. What `began`
    on a date began on the last one: "since Friday"; what is `due` is so on the next one, unless its
    sentence is plainly of the past: "by Friday".
    """

    start: int
    end: int
    first: date
    last: date
    cycle: Cycle | None = None
    again: bool = False
    other: date | None = None
    is_relative: bool = False
    may_be_title: bool = False
    code: str = ""
    holiday: str = ""
    began: bool = False
    due: bool = False


def every(period: Period, longest: Mapping[Cycle, int] = LONGEST) -> list[Period]:
    """Return where the days of a period lie in `CYCLES`, if they are at most `longest` for each.

    In a longer one, a day that comes again is nothing special. A period of days that come again
    has no places.
    """
    first, last = days_of(period)
    length = (last - first).days + 1
    if first.year <= CYCLES["year"][0].year:
        return []
    found: list[Period] = []
    for cycle in CYCLES:
        if length <= longest[cycle]:
            found += _projected(cycle, first, last)
    return found


def written(period: Period) -> str:
    """Return a period as text: "2023-05-25", "2023-05", "2023", "2023-05-03/2023-05-07".

    Days that come again are "every Friday", "every 5th" and "every 3 June".
    """
    first, last = days_of(period)
    cycle = next((name for name, (begin, end) in CYCLES.items() if begin <= first <= end), None)
    if cycle:
        ends = [_written_again(cycle, day) for day in (first, last)]
        return f"every {' to '.join(dict.fromkeys(ends))}"
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return f"{first.year:04}"
    if (
        first.day == 1
        and (last + timedelta(days=1)).day == 1
        and ((first.year, first.month) == (last.year, last.month))
    ):
        return first.isoformat()[:7]
    return "/".join(dict.fromkeys((first.isoformat(), last.isoformat())))


def _projected(cycle: Cycle, first: date, last: date) -> list[Period]:
    """Return the days of a span in a cycle: two periods if it goes over the end of one."""
    begin, end = CYCLES[cycle]
    if last - first >= end - begin:
        return [period_of(begin, end)]
    if cycle == "year":
        one, other = (date(begin.year, on.month, on.day) for on in (first, last))
        is_one = first.year == last.year
    elif cycle == "month":
        one, other = (begin.replace(day=on.day) for on in (first, last))
        is_one = first.month == last.month
    else:
        one, other = (begin + timedelta(days=on.weekday()) for on in (first, last))
        is_one = one <= other
    spans = [(one, other)] if is_one else [(begin, other), (one, end)]
    return [period_of(*span) for span in spans]


def period_of(first: date, last: date) -> Period:
    """Return the period from one day to another, with both."""
    start, end = (
        (datetime.combine(day, time(), UTC) - EPOCH) // MICROSECOND for day in (first, last)
    )
    return Period(start, end + DAY)


def days_of(period: Period) -> tuple[date, date]:
    """Return the first and the last day of a period."""
    return (
        (EPOCH + timedelta(microseconds=period.start)).date(),
        (EPOCH + timedelta(microseconds=period.end - 1)).date(),
    )


def _written_again(cycle: Cycle, on: date) -> str:
    if cycle == "week":
        return WEEKDAYS[on.weekday()].capitalize()
    if cycle == "month":
        ending = "th" if 10 < on.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(on.day % 10, "th")
        return f"{on.day}{ending}"
    return f"{on.day} {MONTHS[on.month - 1]}"
