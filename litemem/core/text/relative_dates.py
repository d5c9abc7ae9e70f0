"""Relative dates: "yesterday" and "last month", seen from a day, as dates that keep their meaning.

English. What is vague ("recently", "the other day") stays as it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), start=1
    )
} | {"a": 1, "an": 1, "a couple of": 2}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_DAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"

# Behind these words a date needs no preposition of its own: "since 2022"
_GOVERNING = re.compile(
    r"\b(?:since|until|till|by|from|before|after|for|of|than|as|during|in|on|at)\s+$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that an expression means, both included, and how it is written as a date."""

    first: date
    last: date
    preposition: str
    written: str


@dataclass(frozen=True, slots=True)
class Mention:
    """An expression in a text, from `start` to before `end`, and what it means."""

    start: int
    end: int
    period: Days


def mentions(text: str, today: date) -> list[Mention]:
    """Return the relative dates of a text, in order."""
    found = []
    for match in _EXPRESSION.finditer(text):
        period = _meaning(match, today)
        if period is not None:
            found.append(Mention(match.start(), match.end(), period))
    return found


def resolve(text: str, today: date) -> str:
    """Return the text with its relative dates as dates: "yesterday" as "on 7 May 2023"."""
    for mention in reversed(mentions(text, today)):
        before, behind = text[: mention.start], text[mention.end :]
        owned = re.match(r"['’]s\s+([\w\-]+)", behind)
        if owned:  # "yesterday's meeting"
            before += f"{owned[1]} "
            behind = behind[owned.end() :]
        period = mention.period
        governed = _GOVERNING.search(before) is not None
        text = before + (period.written if governed else f"{period.preposition} {period.written}")
        text += behind
    return text


def day(of: date) -> Days:
    """Return one day as a period."""
    return Days(of, of, "on", f"{of.day} {MONTHS[of.month - 1]} {of.year}")


def month(of: date) -> Days:
    """Return the month that holds a day."""
    first = of.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Days(first, last, "in", f"{MONTHS[of.month - 1]} {of.year}")


def year(number: int) -> Days:
    """Return a whole year."""
    return Days(date(number, 1, 1), date(number, 12, 31), "in", str(number))


def week(of: date) -> Days:
    """Return the week, from Monday, that holds a day."""
    monday = of - timedelta(days=of.weekday())
    written = f"the week of {day(monday).written}"
    return Days(monday, monday + timedelta(days=6), "in", written)


def weekend(of: date) -> Days:
    """Return the Saturday and Sunday of the week that holds a day."""
    saturday = of + timedelta(days=5 - of.weekday())
    written = f"the weekend of {day(saturday).written}"
    return Days(saturday, saturday + timedelta(days=1), "on", written)


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
_EXPRESSION = re.compile(
    rf"\b(?:on )?(?P<named>{'|'.join(sorted(_NAMED_DAYS, key=len, reverse=True))}){_PARTS}\b"
    rf"|\b(?:on )?(?P<side>last|this past|past|this coming|this|next) {_DAY}{_PARTS}\b"
    r"|\b(?:on )?(?:the )?(?P<period_side>last|this past|past|this coming|this|next|previous|"
    r"coming) (?P<period>week|weekend|month|year)\b(?! (?:or|and|of|in) )"
    rf"|\b(?<!last )(?:about |around )?{_COUNT} (?P<unit>day|week|month|year)s?"
    r" (?P<ago>ago|from now)\b"
    rf"|\bin {_COUNT.replace('count', 'count2')} (?P<unit2>day|week|month|year)s?(?: time)?\b"
    r"(?! of\b)",
    re.IGNORECASE,
)


def _meaning(match: re.Match[str], today: date) -> Days | None:
    found = {name: text.casefold() for name, text in match.groupdict().items() if text}
    try:
        if "named" in found:
            return day(today + timedelta(days=_NAMED_DAYS[found["named"]]))
        if "weekday" in found:
            return _weekday(found["side"], WEEKDAYS.index(found["weekday"]), today)
        if "period" in found:
            return _shifted(found["period"], _direction(found["period_side"]), today)
        if "unit" in found:
            sign = -1 if found["ago"] == "ago" else 1
            return _distant(found["unit"], sign * _number(found["count"]), today)
        return _distant(found["unit2"], _number(found["count2"]), today)
    except (OverflowError, ValueError):  # before the year 1, or after 9999
        return None


def _weekday(side: str, weekday: int, today: date) -> Days:
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
    return _NUMBERS[text] if text in _NUMBERS else int(text)
