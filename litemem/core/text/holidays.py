"""The days of holidays: fixed ones, and those that move with Easter or are a weekday of a month.

Only holidays with one date in the culture of the language that names them.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

Span = tuple[date, date]  # the first and the last day


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
    # of the United States, as they are spelt there
    "thanksgiving": _weekday(4, 3, 11),
    "memorial day": _weekday(-1, 0, 5),
    "labor day": _weekday(1, 0, 9),
}
