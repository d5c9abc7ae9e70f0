"""Relative dates: the days that "yesterday", "next Friday" and "in two weeks" mean.

The words are in the table `relative` of `languages/en.toml`: expressions in other languages are
read in their English form (`foreign_dates`).

What is vague ("recently"), a length of time ("in the last year") or only a part of an expression
("over a year ago") is not read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from litemem.core.text.english.tense import lasted
from litemem.core.text.lexicon import ENGLISH, pattern_in, section
from litemem.core.text.periods import MONTHS, SEASONS, WEEKDAYS

AROUND = 80  # characters around an expression in which its verb stands
BEFORE = 24  # characters before an expression that can say that it is a part of another


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


def relative_dates(text: str, today: date) -> list[RelativeDate]:
    """Return the relative dates of a text, in order.

    A weekday behind one, as in "from tomorrow until Friday", is the next one from there.
    """
    found: list[RelativeDate] = []
    for match in _pattern("expression").finditer(text):
        days = _meaning(match, today)
        if days is None:
            continue
        found.append(RelativeDate(match.start(), match.end(), days))
        is_between = _pattern("between").search(text, max(0, match.start() - BEFORE), match.start())
        ending = _pattern("and" if is_between else "until").match(text, match.end())
        if ending:
            found += _until(ending, days.last)
    return found


def may_be_relative(text: str) -> bool:
    """Return False for a text that surely has no relative date."""
    return _pattern("expression").search(text) is not None


def _until(match: re.Match[str], begin: date) -> list[RelativeDate]:
    ahead = (WEEKDAYS.index(match["weekday"].lower()) - begin.weekday()) % 7
    if date.max - begin < timedelta(days=ahead):
        return []
    return [RelativeDate(*match.span("until"), day(begin + timedelta(days=ahead)))]


# -- expressions


def _meaning(match: re.Match[str], today: date) -> Days | None:
    """Return the days of an expression, or None if what stands around it makes it another one."""
    found = {
        name.rstrip("0123456789"): part.casefold()
        for name, part in match.groupdict().items()
        if part
    }
    before = match.string[max(0, match.start() - BEFORE) : match.start()]
    if _is_part(match[0], found, before) or ("unit" in found and _lasted(match)):
        return None
    try:
        return _days(found, today)
    except (OverflowError, ValueError):  # before the year 1, or after 9999
        return None


def _lasted(match: re.Match[str]) -> bool:
    """Return True for how long something took: "we built it in two weeks"."""
    if not match[0].casefold().startswith(section(ENGLISH, "relative")["lasting"]):
        return False
    text, (start, end) = match.string, match.span()
    before = _SENTENCE_END.split(text[max(0, start - AROUND) : start])[-1]
    return lasted(before, _SENTENCE_END.split(text[end : end + AROUND])[0])


def _is_part(expression: str, found: dict[str, str], before: str) -> bool:
    if "count" in found or "half" in found:
        return "from" not in found and _pattern("counted_part").search(before) is not None
    if "named" in found and _values("days")[found["named"]] < 0:
        return _pattern("likened").search(before) is not None
    if "side" not in found:
        return False
    if "weekday" not in found and _pattern("owner").search(before):  # "my next year"
        return True
    table = section(ENGLISH, "relative")
    is_span = found["side"] in table["spans"] and "period" in found
    begins = expression.casefold().startswith(table["begins"])
    if is_span and (begins or found["side"] in table["long_spans"]):  # "in the last year"
        return _pattern("lasts").search(before) is not None
    return _pattern("each").search(before) is not None


def _days(found: dict[str, str], today: date) -> Days:
    if "from" in found or ("weekday" in found and len(found) == 1) or set(found) == {"anchor"}:
        return _from_anchor(found, today)
    if "ago" in found:
        return _ago(found, today)
    if "half" in found:
        return month(months_on(today, 6))
    if "unit" in found:
        unit, count = found["unit"], _number(found["count"])
        is_named = "weekday" in found  # "in a fortnight, on Tuesday"
        return (
            _in_week(found, _on(today, unit, count)) if is_named else _distant(unit, count, today)
        )
    if "double" in found:
        return _double(found, today)
    if "named" in found:
        return day(today + timedelta(days=_values("days")[found["named"]]))
    if "weekday" in found:
        return _near_weekday(found, today)
    if "season" in found:
        return _near_season(_side_of(found), found["season"], today)
    if "month" in found:
        return _near_month(_side_of(found), MONTHS.index(found["month"].capitalize()) + 1, today)
    return _shifted(found["period"], _side_of(found), today)


def _from_anchor(found: dict[str, str], today: date) -> Days:
    """Return the day of "a week from tomorrow", "two days before Friday" and "Monday week"."""
    if "weekday" in found:
        anchor = _near_weekday(found, today).first
    else:
        anchor = today + timedelta(days=_values("days")[found["anchor"]])
    if "from" not in found:
        return day(anchor + timedelta(days=7))
    sign = -1 if found["from"] in section(ENGLISH, "relative")["back"] else 1
    return day(_on(anchor, found["unit"], sign * _number(found["count"])))


def _ago(found: dict[str, str], today: date) -> Days:
    table, days = section(ENGLISH, "relative"), _values("days")
    sign = -1 if found["ago"] in table["back"] else 1
    if "half" in found or "and_half" in found:
        unit = found["unit"]
        whole = 1 if found.get("half", "").startswith(table["one_and_half"]) else 0
        whole = _number(found["count"]) if "count" in found else whole
        if unit == "year":
            return replace(month(months_on(today, sign * (12 * whole + 6))), preposition="around")
        return _about(today + timedelta(days=sign * round(30.4 * whole + 15)))
    unit, count = found["unit"], sign * _number(found["count"])
    if "weekday" in found:
        return _in_week(found, _on(today, unit, count))
    anchor = found.get("anchor", "")
    if anchor in days:
        return day(_on(today + timedelta(days=days[anchor]), unit, count))
    if anchor == table["this_week"]:
        return week(_on(today, unit, count))
    if anchor == table["this_month"]:
        return month(_on(today, unit, count))
    return _distant(unit, count, today)


def _in_week(found: dict[str, str], near: date) -> Days:
    """Return a weekday of the week of a day."""
    return day(near + timedelta(days=WEEKDAYS.index(found["weekday"]) - near.weekday()))


def _double(found: dict[str, str], today: date) -> Days:
    by = 2 if found["double"] == section(ENGLISH, "relative")["twice_on"] else -2
    if "period" in found:
        return _shifted(found["period"], by, today)
    monday = today - timedelta(days=today.weekday())
    return day(monday + timedelta(days=7 * by + WEEKDAYS.index(found["weekday"])))


def _near_weekday(found: dict[str, str], today: date) -> Days:
    is_first = found.get("side") in section(ENGLISH, "relative")["first"]
    side, weekday = 0 if is_first else _side_of(found), WEEKDAYS.index(found["weekday"])
    monday = today - timedelta(days=today.weekday())
    if side > 0:
        return day(monday + timedelta(days=7 + weekday))
    ahead = (weekday - today.weekday()) % 7
    if side == 0:
        return day(today + timedelta(days=ahead))
    return day(today - timedelta(days=(7 - ahead) % 7 or 7))


def _near_month(side: int, number: int, today: date) -> Days:
    """Return last, this year's or next May: last has ended, next has not begun."""
    of = today.year
    if side < 0:
        of -= number >= today.month
    elif side > 0:
        of += number <= today.month
    return month(date(of, number, 1))


def _near_season(side: int, name: str, today: date) -> Days:
    begins = SEASONS[name]
    first = date(today.year, begins, 1)
    if begins == 12 and today.month < 3:
        first = date(today.year - 1, begins, 1)
    if side < 0 and season(name, first.year).last >= today:
        first = date(first.year - 1, begins, 1)
    elif side > 0 and first <= today:
        first = date(first.year + 1, begins, 1)
    return season(name, first.year)


def _side_of(found: dict[str, str]) -> int:
    """Return -1 for the one before, 0 for this one, 1 for the next."""
    return _values("sides")[found["side"]] if "side" in found else 0


def _shifted(unit: str, by: int, today: date) -> Days:
    shift: dict[str, Callable[[], Days]] = {
        "week": lambda: week(today + timedelta(days=7 * by)),
        "weekend": lambda: weekend(today + timedelta(days=7 * by)),
        "month": lambda: month(months_on(today, by)),
        "quarter": lambda: _quarters_on(today, by),
        "year": lambda: year(today.year + by),
    }
    return shift[unit]()


def _quarters_on(today: date, by: int) -> Days:
    of = months_on(today, 3 * by)
    return quarter(of.year, (of.month + 2) // 3)


def _distant(unit: str, by: int, today: date) -> Days:
    if unit == "day":
        return day(today + timedelta(days=by))
    if unit in ("week", "fortnight"):
        return _about(today + timedelta(days=(7 if unit == "week" else 14) * by))
    return _shifted(unit, by, today)


def _about(near: date) -> Days:
    about = timedelta(days=3)
    return Days(near - about, near + about, "around", day(near).written)


def _on(from_day: date, unit: str, by: int) -> date:
    """Return the same day some units later; the 29th of a short month is its last day."""
    if unit in ("day", "week", "fortnight"):
        return from_day + timedelta(days={"day": 1, "week": 7, "fortnight": 14}[unit] * by)
    first = months_on(from_day, by * (12 if unit == "year" else 1))
    return min(first + timedelta(days=from_day.day - 1), month(first).last)


def _number(text: str) -> int:
    counts = _values("counts")
    return counts[text] if text in counts else int(text)


def _values(key: str) -> Mapping[str, int]:
    values: Mapping[str, int] = section(ENGLISH, "relative")[key]
    return values


def _pattern(key: str) -> re.Pattern[str]:
    return pattern_in(ENGLISH, "relative", key)


_SENTENCE_END = re.compile(r"(?<=\w\w\w)[.!?]\s|[\n;]")

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


def season(name: str, begins_in: int) -> Days:
    """Return a season of the northern half of the world; a winter is of the year it begins in."""
    first = date(begins_in, SEASONS[name], 1)
    written = f"{name} {begins_in}" + (f"–{(begins_in + 1) % 100:02}" if name == "winter" else "")
    return Days(first, month(months_on(first, 2)).last, "in", written)


def quarter(of_year: int, number: int) -> Days:
    """Return a quarter of a year; the first one is 1."""
    first = date(of_year, 3 * number - 2, 1)
    return Days(first, month(months_on(first, 2)).last, "in", f"Q{number} {of_year}")


def year(number: int) -> Days:
    """Return a whole year."""
    return Days(date(number, 1, 1), date(number, 12, 31), "in", str(number))


def months_on(of: date, by: int) -> date:
    """Return the first day of the month that is `by` months later."""
    months = of.year * 12 + of.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)
