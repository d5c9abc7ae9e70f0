"""The days of holidays: fixed ones, those that move with Easter or the moon, weekdays of a month.

Only holidays with one date in the culture of the language that names them.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

Span = tuple[date, date]  # the first and the last day
# The year of the first day of a list; the lists end with 2040. Of two in a year it has the first.
# The days of Islam are those of the Umm al-Qura calendar; elsewhere they may be a day off.
LISTED_FROM = 2015


def days_of_holiday(name: str, year: int) -> Span:
    """Return the first and the last day of a holiday of `HOLIDAYS` in a year.

    Raises:
        ValueError, OverflowError: the calendar has no such year.
    """
    return HOLIDAYS[name](year)


def moves(name: str) -> bool:
    """Return True if a holiday is on another day of the year each year."""
    return name in HOLIDAYS and name not in _FIXED


def easter(year: int) -> date:
    """Return Easter Sunday of the western churches.

    The formula is the anonymous Gregorian one of 1876 (J. Meeus, Astronomical Algorithms, chapter
    8).
    """
    century, of_century = divmod(year, 100)
    leap, rest = divmod(century, 4)
    golden = year % 19
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - moon + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def orthodox_easter(year: int) -> date:
    """Return Easter Sunday of the eastern churches, in the Gregorian calendar.

    The formula for the Julian calendar is that of J. Meeus, Astronomical Algorithms, chapter 8.
    """
    moon = (19 * (year % 19) + 15) % 30
    weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + weekday + 114, 31)
    behind = year // 100 - year // 400 - 2  # days of the Julian calendar
    return date(year, month, day + 1) + timedelta(days=behind)


def _on(month: int, day: int, last_day: int | None = None) -> Callable[[int], Span]:
    return lambda year: (date(year, month, day), date(year, month, last_day or day))


def _from_easter(
    first: int, last: int | None = None, sunday: Callable[[int], date] = easter
) -> Callable[[int], Span]:
    """Return a holiday that is some days after Easter Sunday, or before."""

    def days(year: int) -> Span:
        begin = sunday(year)
        end = first if last is None else last
        return begin + timedelta(days=first), begin + timedelta(days=end)

    return days


def _weekday(number: int, weekday: int, month: int) -> Callable[[int], Span]:
    """Return a holiday on a weekday of a month, the last one for -1."""

    def days(year: int) -> Span:
        first = date(year, month, 1)
        on = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
        if number < 0:
            next_month = date(year + month // 12, month % 12 + 1, 1)
            on = next_month - timedelta(days=(next_month.weekday() - weekday - 1) % 7 + 1)
        return on, on

    return days


def _new_year(year: int) -> Span:
    return date(year - 1, 12, 31), date(year, 1, 1)


def _midsummer(year: int) -> Span:
    """Return the Friday between 19 and 25 June, and the day behind it."""
    first = date(year, 6, 19)
    eve = first + timedelta(days=(4 - first.weekday()) % 7)
    return eve, eve + timedelta(days=1)


def _listed(days: str, *, eve: int = 0, length: int = 1) -> Callable[[int], Span]:
    """Return a holiday of another calendar by its days, MM-DD, from `LISTED_FROM` on.

    It begins `eve` days before, and takes `length` days from there.
    """
    listed = days.split()

    def span(year: int) -> Span:
        if not 0 <= year - LISTED_FROM < len(listed):
            raise ValueError(f"no day of this holiday is listed for {year}")
        first = date.fromisoformat(f"{year}-{listed[year - LISTED_FROM]}") - timedelta(days=eve)
        return first, first + timedelta(days=length - 1)

    return span


_FIXED: Mapping[str, Callable[[int], Span]] = {
    "christmas": _on(12, 24, 26),
    "christmas eve": _on(12, 24),
    "christmas day": _on(12, 25),
    "boxing day": _on(12, 26),
    "new year": _new_year,
    "new year's": _new_year,
    "new year's eve": _on(12, 31),
    "new year's day": _on(1, 1),
    "epiphany": _on(1, 6),
    "valentine's day": _on(2, 14),
    "st patrick's day": _on(3, 17),
    "fourth of july": _on(7, 4),
    "halloween": _on(10, 31),
    "all saints' day": _on(11, 1),
    "orthodox christmas": _on(1, 7),
}
HOLIDAYS: Mapping[str, Callable[[int], Span]] = {
    **_FIXED,
    "ash wednesday": _from_easter(-46),
    "palm sunday": _from_easter(-7),
    "holy week": _from_easter(-7, 0),
    "maundy thursday": _from_easter(-3),
    "good friday": _from_easter(-2),
    "easter": _from_easter(-2, 1),
    "easter sunday": _from_easter(0),
    "easter monday": _from_easter(1),
    "ascension day": _from_easter(39),
    "pentecost": _from_easter(49, 50),
    "whit monday": _from_easter(50),
    "corpus christi": _from_easter(60),
    "orthodox easter": _from_easter(-2, 1, orthodox_easter),
    "midsummer": _midsummer,  # of Sweden
    "chinese new year": _listed(
        "02-19 02-08 01-28 02-16 02-05 01-25 02-12 02-01 01-22 02-10 01-29 02-17 02-06 01-26 02-13"
        " 02-03 01-23 02-11 01-31 02-19 02-08 01-28 02-15 02-04 01-24 02-12"
    ),
    "ramadan": _listed(
        "06-18 06-06 05-27 05-16 05-06 04-24 04-13 04-02 03-23 03-11 03-01 02-18 02-08 01-28 01-16"
        " 01-05 12-15 12-04 11-23 11-12 11-01 10-20 10-10 09-30 09-19 09-07",
        length=30,
    ),
    "eid al-fitr": _listed(
        "07-17 07-06 06-25 06-15 06-04 05-24 05-13 05-02 04-21 04-10 03-30 03-20 03-09 02-26 02-14"
        " 02-04 01-24 01-14 01-02 12-12 12-01 11-19 11-08 10-29 10-19 10-07",
        length=3,
    ),
    "eid al-adha": _listed(
        "09-23 09-11 09-01 08-21 08-11 07-31 07-20 07-09 06-28 06-16 06-06 05-27 05-16 05-05 04-24"
        " 04-13 04-02 03-22 03-11 03-01 02-18 02-07 01-26 01-16 01-05 12-14",
        length=4,
    ),
    "hanukkah": _listed(
        "12-07 12-25 12-13 12-03 12-23 12-11 11-29 12-19 12-08 12-26 12-15 12-05 12-25 12-13 12-02"
        " 12-21 12-10 11-28 12-17 12-07 12-26 12-14 12-03 12-22 12-12 11-30",
        eve=1,
        length=9,
    ),
    "diwali": _listed(
        "11-11 10-30 10-19 11-07 10-27 11-14 11-04 10-24 11-12 11-01 10-20 11-08 10-29 10-17 11-05"
        " 10-26 11-14 11-02 10-22 11-10 10-30 10-19 11-07 10-27 11-15 11-04"
    ),
    # of the United States, as they are spelt there
    "thanksgiving": _weekday(4, 3, 11),
    "memorial day": _weekday(-1, 0, 5),
    "labor day": _weekday(1, 0, 9),
}
