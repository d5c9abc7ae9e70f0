"""Relative dates: the days that "yesterday", "next Friday" and "in two weeks" mean. English only.

What is vague ("recently"), a length of time ("in the last year") or only a part of an expression
("over a year ago") is not read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.words import NUMBER_WORDS, digits

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
    for match in _RELATIVE.finditer(text):
        days = _meaning(match, today)
        if days is None:
            continue
        found.append(RelativeDate(match.start(), match.end(), days))
        is_between = _BETWEEN.search(text, max(0, match.start() - BEFORE), match.start())
        ending = (_AND if is_between else _UNTIL).match(text, match.end())
        if ending:
            found += _until(ending, days.last)
    return found


def may_be_relative(text: str) -> bool:
    """Return False for a text that surely has no relative date."""
    return _RELATIVE.search(text) is not None


def _until(match: re.Match[str], begin: date) -> list[RelativeDate]:
    ahead = (WEEKDAYS.index(match["weekday"].lower()) - begin.weekday()) % 7
    if date.max - begin < timedelta(days=ahead):
        return []
    return [RelativeDate(*match.span("until"), day(begin + timedelta(days=ahead)))]


# -- expressions

_COUNTS = {word: int(digits(word)) for word in NUMBER_WORDS} | {
    "one": 1,
    "a": 1,
    "an": 1,
    "a couple of": 2,
}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_UNITS = "day|week|fortnight|month|year"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SEASON = rf"(?P<season>{'|'.join(SEASONS)})"
_SURE_MONTHS = "|".join(m for m in MONTHS if m not in ("May", "March"))
_NAMED_DAYS = {
    "the day before yesterday": -2,
    "day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tonite": 0,
    "tomorrow": 1,
    "tmrw": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
}
_NAMED = "|".join(sorted(_NAMED_DAYS, key=len, reverse=True))
_PARTS = r"(?: (?:morning|afternoon|evening|night))?"
_SIDE = "last|this past|past|this coming|this|next"


_GROUP = re.compile(r"\?P<(\w+)>")


def _numbered(pattern: str, number: int) -> str:
    """Return a part of a pattern with other names for its groups."""
    return _GROUP.sub(rf"?P<\g<1>{number}>", pattern)


# Each alternative has names of its own for its groups: the digit behind a name is that of its part
_RELATIVE = re.compile(
    # "a week from tomorrow", "two days after next Friday", "tomorrow week"
    rf"\b{_COUNT} (?P<unit>{_UNITS})s? (?P<from>from|after|before) "
    rf"(?:(?P<anchor>{_NAMED})|(?:(?P<side>this|next|last) )?{_WEEKDAY})\b"
    rf"|\b(?:on )?(?:(?P<anchor1>today|tomorrow)|(?:this )?{_numbered(_WEEKDAY, 1)}) week\b"
    # "30 years ago today", "a fortnight ago", "half a year ago", "a year and a half ago"
    rf"|\b(?:(?:about|around|almost|nearly|roughly|approximately|some) )?"
    rf"(?:(?P<half>half an?|one and a half) (?P<unit2>year|month)s?"
    rf"|{_numbered(_COUNT, 2)} (?P<unit3>{_UNITS})s?(?P<and_half> and a half)?) "
    rf"(?P<ago>ago|from now)(?: (?:on )?(?P<anchor2>today|yesterday|tomorrow|this week|this month)"
    rf"|(?: on)? {_numbered(_WEEKDAY, 2)})?\b"
    rf"|\bin (?:(?P<half4>half a) (?P<unit4>year)|{_numbered(_COUNT, 5)} (?P<unit5>{_UNITS})s?)"
    rf"(?:['’]s?)?(?: time)?\b(?! (?:of|or|and a half)\b)"
    # "the week after next"
    rf"|\b(?:the )?(?P<period6>week|weekend|month|year) (?P<double>after next|before last)\b"
    rf"|\b(?:on )?(?:the )?{_numbered(_WEEKDAY, 6)} (?P<double6>after next|before last)\b"
    # "yesterday", "next Friday", "last month", "last spring", "next May"
    rf"|\b(?:on )?(?P<named>{_NAMED}){_PARTS}\b(?! week\b)"
    rf"|\b(?:on )?(?P<side7>{_SIDE}) {_numbered(_WEEKDAY, 7)}{_PARTS}\b(?! of\b)"
    rf"|\b(?:on )?(?:the )?(?P<side8>{_SIDE}|previous|coming) "
    rf"(?P<period8>weekend|week|month|year)\b(?! (?:or|and|of|in) )"
    rf"|\b(?:in )?(?P<side9>last|this past|this coming|this|next) {_SEASON}\b(?! of\b)"
    rf"|\b(?:in )?(?P<side10>last|this past|past|previous|this coming|this|next) "
    rf"(?P<month>{_SURE_MONTHS}|(?-i:May|March))\b(?! of\b)",
    re.IGNORECASE,
)
# Before an expression: it is a part of a longer one, or a length of time
_COUNTED_PART = re.compile(
    r"\b(?:half|quarter|more than|less than|fewer than|over|under|at least|at most|up to|within|"
    r"well over|just over|or|to|few|last)\s$|[-–]\s?$",
    re.IGNORECASE,
)
_LASTS = re.compile(r"\b(?:in|over|during|within|throughout|for)\s(?:the\s)?$", re.IGNORECASE)
_EACH = re.compile(r"\b(?:every|each)\s$", re.IGNORECASE)
_OWNER = re.compile(  # not "what's next week?"
    r"(?:(?<!\bwhat)(?<!\bwho)(?<!\bwhere)(?<!\bhow)(?<!\bwhen)(?<!\bit)(?<!\bthat)(?<!\bthere)"
    r"(?<!\bhere)(?<!\bhe)(?<!\bshe)['’]s?|\b(?:my|your|his|her|its|our|their))\s$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween $", re.IGNORECASE)
_AND = re.compile(rf" and (?P<until>(?:on )?{_WEEKDAY}\b)(?! week\b)", re.IGNORECASE)
_UNTIL = re.compile(
    rf"\s?(?:-|–|\b(?:until|till|to|through)\b)\s?(?P<until>(?:on )?{_WEEKDAY}\b)(?! week\b)",
    re.IGNORECASE,
)


def _meaning(match: re.Match[str], today: date) -> Days | None:
    """Return the days of an expression, or None if what stands around it makes it another one."""
    found = {
        name.rstrip("0123456789"): part.casefold()
        for name, part in match.groupdict().items()
        if part
    }
    before = match.string[max(0, match.start() - BEFORE) : match.start()]
    if _is_part(match[0], found, before):
        return None
    try:
        return _days(found, today)
    except (OverflowError, ValueError):  # before the year 1, or after 9999
        return None


def _is_part(expression: str, found: dict[str, str], before: str) -> bool:
    if "count" in found or "half" in found:
        return "from" not in found and _COUNTED_PART.search(before) is not None
    if "side" not in found:
        return False
    if _OWNER.search(before) and "weekday" not in found:  # "my next year", "her last fall"
        return True
    is_span = found["side"] in ("last", "past", "next", "coming") and "period" in found
    begins = expression.casefold().startswith("the ")
    if is_span and (begins or found["side"] == "past"):  # "in the last year"
        return _LASTS.search(before) is not None
    return _EACH.search(before) is not None


def _days(found: dict[str, str], today: date) -> Days:
    if "from" in found or ("weekday" in found and len(found) == 1) or set(found) == {"anchor"}:
        return _from_anchor(found, today)
    if "ago" in found:
        return _ago(found, today)
    if "half" in found:
        return month(months_on(today, 6))
    if "unit" in found:
        return _distant(found["unit"], _number(found["count"]), today)
    if "double" in found:
        return _double(found, today)
    if "named" in found:
        return day(today + timedelta(days=_NAMED_DAYS[found["named"]]))
    if "weekday" in found:
        return _near_weekday(found["side"], WEEKDAYS.index(found["weekday"]), today)
    if "season" in found:
        return _near_season(found["side"], found["season"], today)
    if "month" in found:
        return _near_month(found["side"], MONTHS.index(found["month"].capitalize()) + 1, today)
    return _shifted(found["period"], _direction(found["side"]), today)


def _from_anchor(found: dict[str, str], today: date) -> Days:
    """Return the day of "a week from tomorrow", "two days before Friday" and "Monday week"."""
    if "weekday" in found:
        side = found.get("side", "this")
        anchor = _near_weekday(side, WEEKDAYS.index(found["weekday"]), today).first
    else:
        anchor = today + timedelta(days=_NAMED_DAYS[found["anchor"]])
    if "from" not in found:
        return day(anchor + timedelta(days=7))
    sign = -1 if found["from"] == "before" else 1
    return day(_on(anchor, found["unit"], sign * _number(found["count"])))


def _ago(found: dict[str, str], today: date) -> Days:
    sign = -1 if found["ago"] == "ago" else 1
    if "half" in found or "and_half" in found:
        unit = found["unit"]
        whole = 1 if found.get("half", "").startswith("one") else 0
        whole = _number(found["count"]) if "count" in found else whole
        if unit == "year":
            return replace(month(months_on(today, sign * (12 * whole + 6))), preposition="around")
        return _about(today + timedelta(days=sign * round(30.4 * whole + 15)))
    unit, count = found["unit"], sign * _number(found["count"])
    if "weekday" in found:
        near = _on(today, unit, count)
        ahead = WEEKDAYS.index(found["weekday"]) - near.weekday()
        return day(near + timedelta(days=ahead))
    anchor = found.get("anchor")
    if anchor in _NAMED_DAYS:
        return day(_on(today + timedelta(days=_NAMED_DAYS[anchor]), unit, count))
    if anchor == "this week":
        return week(_on(today, unit, count))
    if anchor == "this month":
        return month(_on(today, unit, count))
    return _distant(unit, count, today)


def _double(found: dict[str, str], today: date) -> Days:
    by = 2 if found["double"] == "after next" else -2
    if "period" in found:
        return _shifted(found["period"], by, today)
    monday = today - timedelta(days=today.weekday())
    return day(monday + timedelta(days=7 * by + WEEKDAYS.index(found["weekday"])))


def _near_weekday(side: str, weekday: int, today: date) -> Days:
    monday = today - timedelta(days=today.weekday())
    if side == "next":
        return day(monday + timedelta(days=7 + weekday))
    ahead = (weekday - today.weekday()) % 7
    if side in ("this", "this coming"):
        return day(today + timedelta(days=ahead))
    return day(today - timedelta(days=(7 - ahead) % 7 or 7))


def _near_month(side: str, number: int, today: date) -> Days:
    """Return last, this year's or next May: last has ended, next has not begun."""
    of = today.year
    if side in ("last", "past", "this past", "previous"):
        of -= number >= today.month
    elif side in ("next", "this coming"):
        of += number <= today.month
    return month(date(of, number, 1))


def _near_season(side: str, name: str, today: date) -> Days:
    begins = SEASONS[name]
    first = date(today.year, begins, 1)
    if begins == 12 and today.month < 3:
        first = date(today.year - 1, begins, 1)
    if side in ("last", "this past") and season(name, first.year).last >= today:
        first = date(first.year - 1, begins, 1)
    elif side in ("next", "this coming") and first <= today:
        first = date(first.year + 1, begins, 1)
    return season(name, first.year)


def _direction(side: str) -> int:
    return {"next": 1, "coming": 1, "this coming": 1, "this": 0}.get(side, -1)


def _shifted(unit: str, by: int, today: date) -> Days:
    shift: dict[str, Callable[[], Days]] = {
        "week": lambda: week(today + timedelta(days=7 * by)),
        "weekend": lambda: weekend(today + timedelta(days=7 * by)),
        "month": lambda: month(months_on(today, by)),
        "year": lambda: year(today.year + by),
    }
    return shift[unit]()


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


def season(name: str, begins_in: int) -> Days:
    """Return a season of the northern half of the world; a winter is of the year it begins in."""
    first = date(begins_in, SEASONS[name], 1)
    written = f"{name} {begins_in}" + (f"–{(begins_in + 1) % 100:02}" if name == "winter" else "")
    return Days(first, month(months_on(first, 2)).last, "in", written)


def year(number: int) -> Days:
    """Return a whole year."""
    return Days(date(number, 1, 1), date(number, 12, 31), "in", str(number))


def months_on(of: date, by: int) -> date:
    """Return the first day of the month that is `by` months later."""
    months = of.year * 12 + of.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)
