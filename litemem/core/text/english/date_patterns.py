"""English patterns of dates that need no other day: "3 May", "early March", "every Friday".

Each pattern comes with what a text needs to have it at all, and with how a match is read. What
is relative to another day ("next Friday") is in `relative_dates`.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from litemem.core.text.english.day_names import counts_things
from litemem.core.text.english.tense import EVENT
from litemem.core.text.holidays import HOLIDAYS, days_of_holiday
from litemem.core.text.lexicon import ENGLISH, section
from litemem.core.text.periods import CYCLES, MONTHS, SEASONS, WEEKDAYS, Cycle, Mention
from litemem.core.text.relative_dates import (
    Days,
    RelativeDate,
    month,
    months_on,
    quarter,
    season,
    week,
    year,
)

JUST_PAST = 30  # days for which a holiday of "this" year is the last one

Reading = tuple[str, re.Pattern[str], Callable[[re.Match[str], date], Mention | None]]


def _iso(match: re.Match[str], _: date) -> Mention:
    on = date(int(match["year"]), int(match["number"]), int(match["day"] or 1))
    return _of(match, month(on)) if match["day"] is None else Mention(*match.span(), on, on)


def _numeric(match: re.Match[str], reference: date) -> Mention:
    """Read 16.4.2026, 16/04 and 04/16; what can be both, such as 05/04/2026, is both."""
    one, two, given = int(match["one"]), int(match["two"]), match.groupdict().get("year")
    year = reference.year if not given else int(given) + (2000 if len(given) == 2 else 0)
    cycle: Cycle | None = None if given else "year"
    if "." in match.group() or one > 12:
        on, other = date(year, two, one), None
    elif two > 12:
        on, other = date(year, one, two), None
    else:
        on, other = date(year, two, one), date(year, one, two)
    return Mention(*match.span(), on, on, cycle, other=None if on == other else other)


def _calendar(match: re.Match[str], reference: date) -> Mention | None:
    """Read a month, with or without its day or days and its year."""
    parts = match.groupdict()
    given = parts.get("year")
    day_of = parts.get("day")
    is_verb = match["month"] in ("may", "march", "mar")  # "option 3 may work"
    if is_verb and day_of and not given and not _IS_DAY.search(match.group()):
        return None
    if not given and counts_things(match.string, *match.span()):
        return None
    number = _month_number(match["month"])
    year = int(given) if given else reference.year
    cycle: Cycle | None = None if given else "year"
    if not day_of:
        return _begun(match, replace(_of(match, month(date(year, number, 1))), cycle=cycle))
    is_leap_day = given is None and (number, int(day_of)) == (2, 29)
    last = date(year - year % 4 if is_leap_day else year, number, int(day_of))
    first = last.replace(day=int(parts.get("from_day") or last.day))
    is_span = parts.get("joint") != "and" or (parts["opening"] or "").lower() == "between"
    return Mention(*match.span(), first, last, cycle) if first <= last and is_span else None


def _month_number(name: str) -> int:
    return [m[:3] for m in MONTHS].index(name[:3].capitalize()) + 1


def _season(match: re.Match[str], _: date) -> Mention:
    return _of(match, season(match["season"].lower(), int(match["year"])))


def _weekday(match: re.Match[str], reference: date) -> Mention:
    """Read "on Friday", and "every Friday" or "on Fridays"."""
    parts = match.groupdict()
    names = [name[:3] for name in WEEKDAYS]
    ahead = names.index(match["weekday"][:3].lower()) - reference.weekday()
    on = reference + timedelta(days=ahead)
    again = bool(parts.get("each") or parts.get("plural"))
    return _begun(match, Mention(*match.span(), on, on, "week", again, may_be_title=True))


def _at_end(match: re.Match[str], reference: date) -> Mention | None:
    """Read "call mum monday", but not "taco tuesday" and "I love friday"."""
    if match["before"].lower() in _NO_EVENT:
        return None
    return replace(_weekday(match, reference), start=match.start("weekday"))


def _behind_event(match: re.Match[str], reference: date) -> Mention:
    """Read "dentist thursday"."""
    return replace(_weekday(match, reference), start=match.start("weekday"))


def _day_of_month(match: re.Match[str], reference: date) -> Mention:
    """Read "on the 5th" and "the 5th of next month"."""
    which = match.groupdict().get("which", "").lower()
    of = months_on(reference, {"next": 1, "last": -1}.get(which, 0))
    number = int(match["day"])
    again = which in ("every", "each")
    if again:
        of = CYCLES["month"][0]
    on = of.replace(day=number)
    is_one = which in ("this", "next", "last")
    return _begun(match, Mention(*match.span(), on, on, None if is_one else "month", again))


def _whole_year(match: re.Match[str], _: date) -> Mention:
    """Read "in 2025", and "early 2025" as a third of it."""
    number = int(match["year"])
    part = _PARTS.get((match.groupdict().get("part") or "").lower())
    if part is None:
        return _of(match, year(number))
    first, last = date(number, 4 * part + 1, 1), date(number, 4 * part + 4, 1)
    return Mention(*match.span(), first, month(last).last)


def _part_of_month(match: re.Match[str], reference: date) -> Mention:
    """Read "early March", "mid-January 2026" and "the end of May": about ten days of each."""
    given = match["year"]
    whole = month(date(int(given) if given else reference.year, _month_number(match["month"]), 1))
    part = _PARTS[match["part"].lower()]
    first = whole.first.replace(day=10 * part + 1)
    last = whole.last if part == 2 else whole.first.replace(day=10 * part + 10)
    return Mention(*match.span(), first, last, None if given else "year")


def _part_of_period(match: re.Match[str], reference: date) -> Mention:
    """Read "the end of the month", "early next year" and "by the end of next week"."""
    by, part = _SIDES.get((match["side"] or "").lower(), 0), _PARTS[match["part"].lower()]
    period = match["period"].lower()
    if period == "week":
        monday = week(reference + timedelta(days=7 * by)).first
        first, last = (monday + timedelta(days=of) for of in _DAYS_OF_WEEK[part])
        return Mention(*match.span(), first, last)
    if period == "month":
        whole = month(months_on(reference, by))
        last = whole.last if part == 2 else whole.first.replace(day=10 * part + 10)
        return Mention(*match.span(), whole.first.replace(day=10 * part + 1), last)
    is_year = period == "year"
    of = months_on(reference, by * (12 if is_year else 3))
    begin = date(of.year, 1 if is_year else of.month - (of.month - 1) % 3, 1)
    third = 4 if is_year else 1  # in months
    first, last = months_on(begin, third * part), months_on(begin, third * (part + 1))
    return Mention(*match.span(), first, last - timedelta(days=1))


def _begun(match: re.Match[str], mention: Mention) -> Mention:
    opening = match[0].split(" ", 1)[0].lower()
    return replace(mention, began=opening == "since", due=opening in ("by", "until", "till"))


def part_of_period(text: str, start: int, end: int, reference: date) -> RelativeDate | None:
    """Return what a date is a part of, if that has no date itself: "the end of next month"."""
    found = _IN_PART.search(text, start, end)
    if found is None:
        return None
    by, period = _SIDES.get((found["side"] or "").lower(), 0), found["period"].lower()
    if period == "week":
        days = week(reference + timedelta(days=7 * by))
    elif period == "year":
        days = year(reference.year + by)
    else:
        of = months_on(reference, by * (1 if period == "month" else 3))
        days = month(of) if period == "month" else quarter(of.year, (of.month + 2) // 3)
    return RelativeDate(*found.span("whole"), days)


def _quarter(match: re.Match[str], reference: date) -> Mention:
    """Read "in Q3" and "the third quarter of 2025"."""
    parts = match.groupdict()
    given, name = parts.get("year"), (parts.get("number") or parts["ordinal"]).lower()
    number = int(name) if name.isdigit() else _ORDINALS[name]
    days = quarter(int(given) if given else reference.year, number)
    return Mention(*match.span(), days.first, days.last, None if given else "year")


def _holiday(match: re.Match[str], reference: date) -> Mention | None:
    """Read "at Christmas", "next Easter", "every Halloween" and "Easter 2025"."""
    given, side = match["year"], (match["side"] or "").lower()
    name = (
        match["holiday"].lower().replace("’", "'").replace("saint ", "st ").replace("st. ", "st ")
    )
    name = _OTHER_NAMES.get(name, name)
    if given:
        return _holiday_of(match, name, int(given))
    if not side and not match["on"]:
        return None
    if side in ("", "every", "each"):
        days = days_of_holiday(name, reference.year)
        of = Mention(*match.span(), *days, "year", side != "", holiday=name)
        return _begun(match, of)
    near = [days_of_holiday(name, reference.year + by) for by in (-1, 0, 1, 2)]
    last = [each for each in near if each[1] < reference][-1]
    if side in ("last", "past", "this past"):
        days = last
    elif side == "this":  # in January that of December
        ahead = next(each for each in near if each[1] >= reference)
        days = last if (reference - last[1]).days <= JUST_PAST else ahead
    else:
        days = next(each for each in near if each[0] > reference)
    return Mention(*match.span(), *days)


def _holiday_of(match: re.Match[str], name: str, number: int) -> Mention:
    """Return a holiday in a year; all of the year if its day is not known there."""
    try:
        return Mention(*match.span(), *days_of_holiday(name, number))
    except ValueError:
        return _of(match, year(number))


def _length(match: re.Match[str], reference: date) -> Mention:
    """Read "in the next four weeks", "within 10 days" and "the past two months"."""
    by = -1 if match["past"] else 1
    written = match["count"].lower()
    count = by * (
        int(written) if written.isdigit() else section(ENGLISH, "relative")["counts"][written]
    )
    unit = match["unit"].lower()
    if unit in ("day", "week"):
        other = reference + timedelta(days=count * (7 if unit == "week" else 1))
    else:
        of = months_on(reference, count * (12 if unit == "year" else 1))
        other = of.replace(day=min(reference.day, month(of).last.day))
    first, last = min(reference, other), max(reference, other)
    return Mention(*match.span(), first, last, is_relative=True)


def _rest(match: re.Match[str], reference: date) -> Mention:
    """Read "the rest of the week", "later this month" and "earlier this year"."""
    period = match["period"].lower()
    days = year(reference.year) if period == "year" else _WHOLE[period](reference)
    is_over = match["before"] is not None
    first, last = (days.first, reference) if is_over else (reference, days.last)
    return Mention(*match.span(), first, last, is_relative=True)


def _weekend(match: re.Match[str], reference: date) -> Mention:
    """Read "at the weekend", and "every weekend" or "at weekends"."""
    saturday = reference + timedelta(days=5 - reference.weekday())
    again = match["the"] is None
    return Mention(*match.span(), saturday, saturday + timedelta(days=1), "week", again)


def _years(match: re.Match[str], _: date) -> Mention | None:
    first, last = year(int(match["from_year"])).first, year(int(match["year"])).last
    is_span = first < last and (match["opening"] or match["joint"] in ("-", "–"))
    return Mention(*match.span(), first, last) if is_span else None


def _of(match: re.Match[str], days: Days) -> Mention:
    return Mention(*match.span(), days.first, days.last)


def _pattern(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern}(?!\w)", flags)


def _number_pattern(pattern: str) -> re.Pattern[str]:
    """Return a pattern for digits that are not a part of a path, an address or a version."""
    return _pattern(rf"(?<![/.\-]){pattern}(?![/\-]|\.\d)")


_NAMES = "|".join(MONTHS)
_MONTH = rf"(?P<month>{_NAMES}|(?:{'|'.join(m[:3] for m in MONTHS)}|Sept)\.?)"
_ORDINAL = r"(?:st|nd|rd|th)"
_DAY = rf"(?P<day>\d{{1,2}}){_ORDINAL}?"
_OPENING = r"(?:(?P<opening>from|between) )?"  # of a span, with `_JOINT` before its end
_JOINT = r"(?P<joint>-|–|to|until|till|through|and) ?"
_FROM_DAY = rf"(?P<from_day>\d{{1,2}}){_ORDINAL}?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_OF_YEAR = rf"(?:,? {_YEAR})?"
_BEFORE = "in|of|since|during|by|until|till|from|before|after|between|early|mid|late|around"
_WEEKDAY_NAMES = "|".join(WEEKDAYS)
_ON = rf"(?:on )?(?:(?:{_WEEKDAY_NAMES}),? )?(?:the )?"
_IS_DAY = re.compile(rf"\bon |\d{_ORDINAL}", re.IGNORECASE)
_SEASON = rf"(?P<season>{'|'.join(SEASONS)})"
_AT_TIME = (
    r"(?:morning|afternoon|evening|night|noon|at (?:\d|noon)|\d{1,2}(?::\d\d)? ?[ap]m|"
    r"\d{1,2}[:.]\d\d)"
)
_NO_EVENT = frozenset(
    "a an and called each every hate hates is like likes love loves my named or taco the".split()
)
# What may follow a number that is a day or a year: the end of a clause, or a word but no noun
_GOES_ON = (
    r"$|[.,;:!?)\]–]|- |(?:at|and|or|i|we|he|she|they|you|it|the|my|our|his|her|their|"
    r"with|in|for|to|on|as|is|was|were|will|has|had|until|till|through|because|but|if|when|while|where|"
    r"so|that|around|from|after|before|by|during|since|user|due|did)\b"
)
_FOLLOWS = rf"(?=\s*(?:{_GOES_ON}|(?-i:[A-Z])))"
# not "Christmas Island" and "Easter Bunny", but "at Christmas Ana sings"
_ENDS = (
    rf"(?=\s*(?:{_GOES_ON}|(?! ?(?:Island|Bunny|Market|Tree|Carol|Party|Parade|Dinner|Special|Song|"
    r"Sale|Card|Egg|Fair|Ball|Concert|Show|Day|Eve|Story|Cactus|Lily|Rising))(?-i:[A-Z])))"
)

_PARTS = {
    **dict.fromkeys(("early", "beginning of", "start of"), 0),
    **dict.fromkeys(("mid", "middle of"), 1),
    **dict.fromkeys(("late", "end of"), 2),
}
_SIDES = {"last": -1, "next": 1, "coming": 1, "following": 1}  # of the reference date
_DAYS_OF_WEEK = ((0, 1), (2, 3), (4, 6))  # of each part, from Monday
_IN_PART = re.compile(
    r"[ -](?P<whole>(?:the )?(?:(?P<side>this|next|last|current|coming|following) )?"
    r"(?P<period>week|month|quarter|year))\Z",
    re.IGNORECASE,
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4} | {
    written: int(written[0]) for written in ("1st", "2nd", "3rd", "4th")
}
_WHOLE = {"week": week, "month": month}
_WORK_BEHIND = (
    r"(?= (?:goals?|targets?|results?|revenues?|earnings|budgets?|reports?|reviews?|plans?|numbers|"
    r"planning|OKRs?|roadmap|sales|forecasts?|launch|kick-?off|figures)\b)"
)
_OTHER_NAMES = {
    "xmas": "christmas",
    "xmas eve": "christmas eve",
    "xmas day": "christmas day",
    "new years": "new year's",
    "new years eve": "new year's eve",
    "new year eve": "new year's eve",
    "new years day": "new year's day",
    "valentines day": "valentine's day",
    "valentine's": "valentine's day",
    "st patricks day": "st patrick's day",
    "4th of july": "fourth of july",
    "all saints day": "all saints' day",
    "ascension": "ascension day",
    "whitsun": "pentecost",
    "holy thursday": "maundy thursday",
    "lunar new year": "chinese new year",
    "eid ul-fitr": "eid al-fitr",
    "eid al fitr": "eid al-fitr",
    "eid ul-adha": "eid al-adha",
    "eid al adha": "eid al-adha",
    "chanukah": "hanukkah",
    "hanukah": "hanukkah",
    "deepavali": "diwali",
}
_HOLIDAY_NAMES = "|".join(
    re.escape(name).replace("'", "['’]").replace("st\\ ", r"(?:st\.?|saint)\ ")
    for name in sorted((*HOLIDAYS, *_OTHER_NAMES), key=len, reverse=True)
)

# The first pattern that matches a place reads it. "May" and "March" are also words: alone they
# are months behind a preposition, or with a capital in the middle of a sentence.
_SHORT = "|".join((*(m[:3] for m in MONTHS if m[:3] not in ("May", "Mar")), "Sept"))
_SURE = "|".join(m for m in MONTHS if m not in ("May", "March"))
PATTERNS: tuple[Reading, ...] = (
    (
        "number",
        _number_pattern(
            r"(?P<year>[12]\d{3})[-/](?P<number>\d\d)(?:[-/](?P<day>\d\d)(?:T[\d:.]{4,15}Z?)?)?"
        ),
        _iso,
    ),
    (
        "number",
        _number_pattern(r"(?P<one>\d{1,2})(?P<mark>[./\-])(?P<two>\d{1,2})(?P=mark)" + _YEAR),
        _numeric,
    ),
    (
        "number",
        _number_pattern(
            r"(?:on|by|until|till|since|before|after|from|due) (?P<one>\d{1,2})/(?P<two>\d{1,2})"
            r"(?:/(?P<year>\d\d))?" + _FOLLOWS
        ),
        _numeric,
    ),
    (
        "number",
        _number_pattern(r"(?P<one>[12]\d|3[01]|0[1-9])/(?P<two>0[1-9])" + _FOLLOWS),
        _numeric,
    ),
    ("number", _number_pattern(r"(?P<one>0[1-9])/(?P<two>[12]\d|3[01])" + _FOLLOWS), _numeric),
    (
        "month",
        _pattern(
            rf"{_OPENING}(?:on )?(?:the )?{_FROM_DAY} ?"
            rf"{_JOINT}(?:the )?{_DAY}(?: of)? {_MONTH}{_OF_YEAR}"
        ),
        _calendar,
    ),
    (
        "month",
        _pattern(
            rf"{_OPENING}(?:on )?{_MONTH} {_FROM_DAY} ?"
            rf"{_JOINT}(?:the )?{_DAY}{_OF_YEAR}{_FOLLOWS}"
        ),
        _calendar,
    ),
    ("month", _pattern(rf"(?:am|vom|den|der|zum|bis) {_DAY}\. {_MONTH}{_OF_YEAR}"), _calendar),
    ("month", _pattern(rf"{_DAY}\. {_MONTH} {_YEAR}"), _calendar),
    ("month", _pattern(rf"{_ON}{_DAY}(?: of)? {_MONTH}{_OF_YEAR}"), _calendar),
    ("month", _pattern(rf"{_ON}{_MONTH} (?:the )?{_DAY}{_OF_YEAR}"), _calendar),
    (
        "month",
        _pattern(
            rf"(?:(?:in|by|until|till|since|from|before|after|around|at) )?(?:the )?"
            r"(?P<part>early|mid|late|(?:beginning|start|middle|end) of)[ -]"
            rf"(?P<month>{_NAMES}|(?:{_SHORT})\.?){_OF_YEAR}"
        ),
        _part_of_month,
    ),
    (
        "part",
        _pattern(
            r"(?:(?:in|at|by|until|till|since|from|before|after|around|towards?) )?(?:the )?"
            r"(?P<part>early|mid|late|(?:beginning|start|middle|end) of)[ -]"
            r"(?:the |(?<=by end of )|(?:the )?"
            r"(?P<side>this|next|last|current|coming|following) )"
            r"(?P<period>week|month|quarter|year)"
            r"(?!['’]s|-| (?:(?:19|20)\d\d|of|in which|when|that|ago|after|before)\b)"
        ),
        _part_of_period,
    ),
    ("month", _pattern(rf"(?:in )?{_MONTH}(?:,| of)? {_YEAR}"), _calendar),
    (
        "holiday",
        _pattern(
            r"(?<!happy )(?<!merry )(?:(?P<on>at|over|on|for|by|until|till|since|before|after|"
            r"around|during|from|to|between|and) )?(?:the )?"
            r"(?:(?P<side>last|this past|past|this coming|coming|this|next|every|each) )?"
            rf"(?P<holiday>{_HOLIDAY_NAMES})(?:(?: time| break| holidays?| vacation)?{_ENDS}"
            rf"|(?:,| of| in)? {_YEAR})"
        ),
        _holiday,
    ),
    (
        "number",
        _pattern(
            rf"(?:(?:in|by|during|until|till|since) )?Q(?P<number>[1-4])(?:,| of)?[ /]{_YEAR}"
        ),
        _quarter,
    ),
    ("number", _pattern(rf"(?:(?:in|by|until|since) )?{_YEAR}[ /-]?Q(?P<number>[1-4])"), _quarter),
    (
        "number",
        _pattern(
            r"(?:(?:in|by|during|for|until|till|since|before|after|early|mid|late|of|from|around|"
            r"through|im|bis|ab|seit|au|en|nel|no|i|w|в|за)[ -]|(?<=Q[1-4] and )|(?<=Q[1-4] or )|"
            rf"(?<=Q[1-4] to )|(?<=Q[1-4], )|(?<=Q[1-4][-–]))Q(?P<number>[1-4]){_FOLLOWS}"
        ),
        _quarter,
    ),
    (
        "number",
        _pattern(
            rf"Q(?P<number>[1-4])(?:{_WORK_BEHIND}|(?=(?: and | or |, |[-–]| to )Q[1-4]))",
            re.NOFLAG,
        ),
        _quarter,
    ),
    (
        "quarter",
        _pattern(
            r"(?:(?:in|by|during|for|until|since) )?(?:the )?"
            r"(?P<ordinal>first|second|third|fourth|last|1st|2nd|3rd|4th) quarter of "
            rf"(?:the year{_FOLLOWS}|this year|{_YEAR})"
        ),
        _quarter,
    ),
    ("season", _pattern(rf"(?:in |during )?(?:the )?{_SEASON}(?: of| in)?,? {_YEAR}"), _season),
    (
        "month",
        _pattern(rf"(?:in|since|during|until|till|before|after) (?P<month>{_NAMES})"),
        _calendar,
    ),
    (
        "number",
        _pattern(
            rf"(?:on |by |until |till |since |from |before |after |around )?the "
            rf"(?P<day>\d{{1,2}}){_ORDINAL} of (?P<which>this|next|last|every|each) month"
        ),
        _day_of_month,
    ),
    (
        "number",
        _pattern(
            r"(?:on|by|until|till|since|from|before|after|around) the "
            rf"(?P<day>\d{{1,2}}){_ORDINAL}{_FOLLOWS}"
        ),
        _day_of_month,
    ),
    (
        "number",
        _pattern(
            rf"{_OPENING}(?P<from_year>(?:19|20)\d\d) ?"
            rf"{_JOINT}{_YEAR}"
        ),
        _years,
    ),
    (
        "number",
        _pattern(
            r"(?:in|since|until|till|during|by|before|after|around|(?P<part>early|mid|late|"
            r"(?:beginning|start|middle|end) of)|(?:rest|half|most) of)(?: the year)?[ -]"
            rf"{_YEAR}{_FOLLOWS}"
        ),
        _whole_year,
    ),
)
# Weekdays, where no relative date is: "a week ago on Friday"
WEEKDAY_PATTERNS: tuple[Reading, ...] = (
    (
        "weekend",
        _pattern(
            rf"(?:(?:at|over|on|for|during) (?P<the>the )weekend{_FOLLOWS}|(?:every|each) weekend"
            r"|(?:at|on|over) (?:the )?weekends)"
        ),
        _weekend,
    ),
    ("weekday", _pattern(rf"(?P<each>every|each) (?P<weekday>{_WEEKDAY_NAMES})"), _weekday),
    ("weekday", _pattern(rf"(?:on )?(?P<weekday>{_WEEKDAY_NAMES})(?P<plural>s)"), _weekday),
    (
        "weekday",
        _pattern(
            r"(?:on|by|until|till|before|after|since|from|"
            r"(?:as of|starting|beginning)(?: on| from)?) "
            rf"(?P<weekday>{_WEEKDAY_NAMES})"
            r"(?: (?:morning|afternoon|evening|night))?"
        ),
        _weekday,
    ),
    ("weekday", _pattern(rf"(?P<weekday>{_WEEKDAY_NAMES})(?=,? {_AT_TIME})"), _weekday),
    ("weekday", _pattern(rf"{EVENT}(?:,|:| is)? (?P<weekday>{_WEEKDAY_NAMES})"), _behind_event),
    (
        "weekday",
        _pattern(r"on (?P<weekday>(?-i:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun))\.?"),
        _weekday,
    ),
    (
        "weekday",
        _pattern(
            r"(?P<weekday>mon|tues?|wed|thu(?:rs?)?|fri|(?-i:Sat|Sun))\.?"
            r"(?=,? \d{1,2}(?:[:.]\d\d| ?[ap]m))"
        ),
        _weekday,
    ),
    (
        "weekday",
        _pattern(
            rf"(?P<before>\w{{1,30}}) (?P<weekday>(?-i:{_WEEKDAY_NAMES}))(?=\s?(?:$|[.!?;\n]))"
        ),
        _at_end,
    ),
)
# Lengths of time in a query, from its day on or up to it; in a text they say no day
ASKED_SPANS: tuple[Reading, ...] = (
    (
        "length",
        _pattern(
            r"(?:(?:in|within|over|during|for) )?(?:the )?"
            r"(?:(?P<past>last|past|previous)|next|coming|following|(?<=within )) ?"
            r"(?P<count>\d{1,3}|a couple of|one|two|three|four|five|six|seven|eight|nine|ten|"
            r"eleven|twelve) "
            r"(?P<unit>day|week|month|year)s?"
        ),
        _length,
    ),
    (
        "length",
        _pattern(
            r"(?:(?P<before>earlier|so far) this|later this|"
            r"(?:for |over |in |during )?(?:the )?(?:rest|remainder) of (?:the|this)) "
            r"(?P<period>week|month|year)"
        ),
        _rest,
    ),
)
# What is a date in a query only: a text that says "April" alone may speak of a person
ASKED: tuple[Reading, ...] = (
    ("month", _pattern(rf"(?:{_BEFORE}) (?P<month>{_NAMES})"), _calendar),
    ("month", _pattern(rf"(?P<month>{_SURE})"), _calendar),
    ("month", _pattern(r"(?<=[\w,] )(?P<month>May|March)", re.NOFLAG), _calendar),
    ("weekday", _pattern(rf"(?P<weekday>{_WEEKDAY_NAMES})(?=\W*\Z)"), _weekday),
    ("number", _pattern(rf"of {_YEAR}{_FOLLOWS}"), _whole_year),
)
NEEDS = {
    "number": re.compile(r"\d"),
    "month": _pattern(_MONTH),
    "weekday": _pattern(rf"(?:{_WEEKDAY_NAMES}|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun))s?"),
    "part": re.compile(
        r"(?:early|mid|late|of)[ -](?:(?:the|this|next|last|current|coming|following) ){0,2}"
        r"(?:week|month|quarter|year)",
        re.IGNORECASE,
    ),
    "season": _pattern(_SEASON),
    "length": _pattern(
        "(?:next|coming|following|last|past|previous|within|rest|remainder|later|earlier|so far)"
    ),
    "holiday": _pattern(rf"(?:{_HOLIDAY_NAMES})"),
    "quarter": _pattern("quarter"),
    "weekend": _pattern("weekends?"),
}
