"""Read dates: "25 May 2023" and "in May" as periods, "yesterday" as a date.

A day is a UTC day. What may not be a date ("31 April", "may I?", "the other day", "recently") is
left unchanged. The rules are for English; `foreign_dates` writes other dates in English. Days that
come again ("every Friday", a birthday) are periods of years in which nothing else lies: see
`periods.every`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from litemem.core.text import lexicon
from litemem.core.text.day_names import counts_things, is_name, is_title, quoted_titles
from litemem.core.text.foreign_dates import english_dates, may_have_dates, tense_in
from litemem.core.text.periods import CYCLES, MONTHS, WEEKDAYS, Cycle, Period, period_of
from litemem.core.text.relative_dates import (
    SEASONS,
    Days,
    RelativeDate,
    day,
    may_be_relative,
    month,
    months_on,
    relative_dates,
    season,
    year,
)
from litemem.core.text.tense import EVENT, happens_once, tense_of

YEARS = 30  # before the reference date in which a month or day without a year may lie
MAX_MENTIONS = 16  # of a text, the first ones
MAX_DATES = 8 * MAX_MENTIONS  # of a text that are looked at, as many of them may be the same
CLAUSE = 60  # characters around a date that can say that it comes again
JUST_PAST = 30  # days for which a date without a year is the last one, if nothing says which


@dataclass(frozen=True, slots=True)
class Dates:
    """The `periods` that a text names, and the `text` without the words that name them.

    `spoken` are the words of relative dates ("tomorrow"): a text with the same words was said on
    another day and means another one. `written` are the words of the others. The `tense` is -1 for
    the past, 1 for the present or future, 0 if the text does not say.
    """

    periods: tuple[Period, ...]
    text: str
    spoken: str = ""
    written: str = ""
    tense: int = 0


def read_dates(
    text: str, reference: date, *, latest: bool = False, names: Collection[str] = ()
) -> Dates:
    """Return the periods that a text names, as it is meant on the day `reference`.

    A month or a day without a year means that of each of the last 30 years and the next; with
    `latest` it means the last that had begun by then, the next one, or both, by the tense of the
    text. "Between" two dates, "from" one "to" another is one period. A month or weekday alone that
    is one of `names`, case folded, is not a date.
    """
    dates = [
        each
        for each in _dates(text, reference, asked=True)
        if not is_name(text, each.start, each.end, names)
    ]
    found = _joined(text, _same_year(dates))
    if not found:
        return Dates((), text)
    codes = [each.code for each in found if each.code]
    tense = _tense(codes[0] if codes else lexicon.code_of_dates(text), text)
    named = {(each.first, each.last, each.cycle): each for each in found}
    periods = (
        period_of(meant.first, meant.last)
        for each in named.values()
        for meant in _meant_by_query(each, reference, tense, latest=latest)
    )
    starts = [0, *(each.end for each in found)]
    ends = [*(each.start for each in found), len(text)]
    rest = " ".join(text[start:end] for start, end in zip(starts, ends, strict=True))
    spoken, written = (
        " ".join(text[each.start : each.end] for each in found if each.is_relative is is_relative)
        for is_relative in (True, False)
    )
    return Dates(tuple(dict.fromkeys(periods)), " ".join(rest.split()), spoken, written, tense)


def mentions(text: str, said_on: date) -> list[Period]:
    """Return the days and spans that a text speaks of, as it was said on a day, in order.

    A day without a year is the last or the next one, by the tense of its sentence, and a day that
    comes again is one of `CYCLES`. There are at most 16, which do not overlap but for one inside
    another.
    """
    found = _joined(text, _same_year(_dates(text, said_on)))[:MAX_DATES]
    periods: dict[Period, None] = {}
    code = lexicon.code_of_dates(text) if found else lexicon.ENGLISH
    for each, before, after in _with_clauses(text, found):
        if len(periods) == MAX_MENTIONS:
            break
        for meant in _meant_by_text(each, said_on, before, after, code):
            periods.setdefault(period_of(meant.first, meant.last))
    return _merged(sorted(periods, key=lambda period: (period.start, -period.end)))[:MAX_MENTIONS]


def may_name_day(text: str) -> bool:
    """Return False for a text that surely speaks of no day."""
    return (
        any(hint.search(text) for hint in _NEEDS.values())
        or may_be_relative(text)
        or may_have_dates(text)
    )


def resolve(text: str, today: date) -> str:
    """Return the text with its relative dates as dates: "yesterday" as "on 7 May 2023"."""
    parts: list[str] = []
    end = 0
    is_between = False
    found = _resolvable(text, today)
    borders = [*(each.start for each in found), len(text)][1:]
    for each, border in zip(found, borders, strict=True):
        before = text[end : each.start]
        end = each.end
        owned = _OWNED.match(text, end, border)
        if owned:  # "yesterday's meeting"
            parts.append(before)
            before = f"{owned[1]} "
            end = owned.end()
        governed = _GOVERNING.search(before) is not None or (is_between and before == " and ")
        is_between = before.endswith("between ")
        written = each.days.written if governed else f"{each.days.preposition} {each.days.written}"
        parts += before, written
    return "".join([*parts, text[end:]])


def _resolvable(text: str, today: date) -> list[RelativeDate]:
    """Return the relative dates and the weekdays of a text that a date may replace.

    A weekday does for what happened or happens once: "the exam is on Friday".
    """
    mentioned = [m for m in _dates(text, today) if m.is_relative or m.cycle == "week"]
    if not mentioned:
        return []
    chosen = {each.start for each in mentioned}
    found = [each for each in relative_dates(text, today) if each.start in chosen]
    for each, before, after in _with_clauses(text, mentioned):
        weekday = _LAST_WEEKDAY.search(text, each.start, each.end)
        if each.is_relative or each.again or weekday is None:
            continue
        if not happens_once(f"{before} {after}"):
            continue
        for meant in _meant_by_text(each, today, before, after, lexicon.ENGLISH):
            days = day(meant.first)
            named = replace(days, written=f"{weekday[0].capitalize()} {days.written}")
            found.append(RelativeDate(*weekday.span(), named))
    return sorted(found, key=lambda each: each.start)


# -- absolute dates


@dataclass(frozen=True, slots=True)
class _Mention:
    """A date in a text, from `start` to before `end`; its first and its last day.

    With a `cycle` it is a date of every year ("3 June"), month ("the 5th") or week ("Friday"), of
    which the text means one, or all if it is `again`. A date that can be read in two ways is also
    the day `other`. Words may be a title: "Yesterday", "Friday Night". The code is that of another
    language than English.
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


Reading = tuple[str, re.Pattern[str], Callable[[re.Match[str], date], _Mention | None]]


def _dates(text: str, reference: date, *, asked: bool = False) -> list[_Mention]:
    """Return the dates of a text in order; where two patterns match, the first one's.

    With `asked`, words that are dates in questions only count, too: `_ASKED`.
    """
    found = _english(text, reference)
    if asked and not _ASKS_ABROAD.match(text):
        found = _with_read(found, text, reference, _ASKED)
    for others in _foreign(text, reference):
        found = _with_free(found, others)
    return _without_titles(text, found) if found else found


def _without_titles(text: str, found: list[_Mention]) -> list[_Mention]:
    titles = iter(quoted_titles(text))
    title = next(titles, None)
    kept: list[_Mention] = []
    for each in found:
        while title and title[1] <= each.start:
            title = next(titles, None)
        is_quoted = title is not None and title[0] <= each.start and each.end <= title[1]
        if not is_quoted and not (each.may_be_title and is_title(text, each.start, each.end)):
            kept.append(each)
    return kept


def _english(text: str, reference: date) -> list[_Mention]:
    """Return the English dates of a text in order."""
    found = _with_read([], text, reference, _PATTERNS)
    found = _with_free(found, _relative(text, reference))
    return _with_read(found, text, reference, _WEEKDAYS)


def _with_read(
    found: list[_Mention], text: str, reference: date, readings: Iterable[Reading]
) -> list[_Mention]:
    """Return mentions, and those that patterns find at other places.

    A pattern is tried only in a text with what it needs, as most texts have no date.
    """
    has = {need: hint.search(text) is not None for need, hint in _NEEDS.items()}
    for need, pattern, read in readings:
        if has[need]:
            mentions = (_read(read, match, reference) for match in pattern.finditer(text))
            found = _with_free(found, filter(None, mentions))
    return found


def _relative(text: str, reference: date) -> Iterator[_Mention]:
    for each in relative_dates(text, reference):
        days = each.days.first, each.days.last
        yield _Mention(each.start, each.end, *days, is_relative=True, may_be_title=True)


def _foreign(text: str, reference: date) -> Iterator[list[_Mention]]:
    """Yield the dates of a text in other languages, by the pattern that finds them."""
    for code, places in english_dates(text):
        dates = [
            (start, end, _english(english, reference))
            for start, end, english in islice(places, MAX_DATES)
        ]
        yield [
            replace(
                found[0],
                start=start,
                end=end,
                may_be_title=_is_word(text[start:end], found[0]),
                code=code,
            )
            for start, end, found in dates
            if found
        ]


def _is_word(text: str, mention: _Mention) -> bool:
    """Return True for a relative date of one word: German nouns have capitals in longer ones."""
    return mention.is_relative and " " not in text


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
    read: Callable[[re.Match[str], date], _Mention | None], match: re.Match[str], reference: date
) -> _Mention | None:
    try:
        return read(match, reference)
    except (ValueError, OverflowError):  # 31 April
        return None


def _iso(match: re.Match[str], _: date) -> _Mention:
    on = date(int(match["year"]), int(match["number"]), int(match["day"] or 1))
    return _of(match, month(on)) if match["day"] is None else _Mention(*match.span(), on, on)


def _numeric(match: re.Match[str], reference: date) -> _Mention:
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
    return _Mention(*match.span(), on, on, cycle, other=None if on == other else other)


def _calendar(match: re.Match[str], reference: date) -> _Mention | None:
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
        return replace(_of(match, month(date(year, number, 1))), cycle=cycle)
    is_leap_day = given is None and (number, int(day_of)) == (2, 29)
    last = date(2024 if is_leap_day else year, number, int(day_of))
    first = last.replace(day=int(parts.get("from_day") or last.day))
    is_span = parts.get("joint") != "and" or (parts["opening"] or "").lower() == "between"
    return _Mention(*match.span(), first, last, cycle) if first <= last and is_span else None


def _month_number(name: str) -> int:
    return [m[:3] for m in MONTHS].index(name[:3].capitalize()) + 1


def _season(match: re.Match[str], _: date) -> _Mention:
    return _of(match, season(match["season"].lower(), int(match["year"])))


def _weekday(match: re.Match[str], reference: date) -> _Mention:
    """Read "on Friday", and "every Friday" or "on Fridays"."""
    parts = match.groupdict()
    names = [name[:3] for name in WEEKDAYS]
    ahead = names.index(match["weekday"][:3].lower()) - reference.weekday()
    on = reference + timedelta(days=ahead)
    again = bool(parts.get("each") or parts.get("plural"))
    return _Mention(*match.span(), on, on, "week", again, may_be_title=True)


def _at_end(match: re.Match[str], reference: date) -> _Mention | None:
    """Read "call mum monday", but not "taco tuesday" and "I love friday"."""
    if match["before"].lower() in _NO_EVENT:
        return None
    return replace(_weekday(match, reference), start=match.start("weekday"))


def _behind_event(match: re.Match[str], reference: date) -> _Mention:
    """Read "dentist thursday"."""
    return replace(_weekday(match, reference), start=match.start("weekday"))


def _day_of_month(match: re.Match[str], reference: date) -> _Mention:
    """Read "on the 5th" and "the 5th of next month"."""
    which = match.groupdict().get("which", "").lower()
    of = months_on(reference, {"next": 1, "last": -1}.get(which, 0))
    number = int(match["day"])
    again = which in ("every", "each")
    if again:
        of = CYCLES["month"][0]
    on = of.replace(day=number)
    is_one = which in ("this", "next", "last")
    return _Mention(*match.span(), on, on, None if is_one else "month", again)


def _whole_year(match: re.Match[str], _: date) -> _Mention:
    return _of(match, year(int(match["year"])))


def _years(match: re.Match[str], _: date) -> _Mention | None:
    first, last = year(int(match["from_year"])).first, year(int(match["year"])).last
    is_span = first < last and (match["opening"] or match["joint"] in ("-", "–"))
    return _Mention(*match.span(), first, last) if is_span else None


def _of(match: re.Match[str], days: Days) -> _Mention:
    return _Mention(*match.span(), days.first, days.last)


def _same_year(found: list[_Mention]) -> list[_Mention]:
    """Give a date without a year that of the next one that has it: 11 May to 15 August 2023."""
    done: list[_Mention] = []
    year: int | None = None
    for each in reversed(found):
        if each.cycle is None:
            year = each.first.year
        is_given = year is not None and each.cycle == "year" and not each.again
        done.append((_in_year(each, year) if is_given and year else None) or each)
    return done[::-1]


def _joined(text: str, found: list[_Mention]) -> list[_Mention]:
    """Make one period of two dates that "between … and" or "from … to" joins."""
    joined: list[_Mention] = []
    for each in found:
        before = joined[-1] if joined else None
        if before and _is_span(text, joined[-2].end if len(joined) > 1 else 0, before, each):
            joined[-1] = _Mention(before.start, each.end, before.first, each.last, before.cycle)
        else:
            joined.append(each)
    return joined


def _is_span(text: str, begin: int, one: _Mention, other: _Mention) -> bool:
    """Return True if two dates are one period; the mention before them ends at `begin`."""
    if one.cycle != other.cycle or one.first > other.last:
        return False
    between = text[one.end : other.start].strip().lower()
    opening = _OPENING.match(text, one.start)
    is_opened = opening or _OPENS_A_SPAN.search(text[begin : one.start])
    return between in ("-", "–", "until", "through") or bool(
        is_opened and between in ("and", "to", "till")
    )


def _in_year(mention: _Mention, year: int) -> _Mention | None:
    """Return a date of every year as that of one year, or None for 29 February in most years."""
    try:
        ends_with_its_month = month(mention.last).last == mention.last
        first = mention.first.replace(year=year)
        last = mention.last.replace(year=year, day=min(mention.last.day, 28))
        last = month(last).last if ends_with_its_month else mention.last.replace(year=year)
        other = mention.other and mention.other.replace(year=year)
    except (ValueError, OverflowError):
        return None
    return replace(mention, first=first, last=last, other=other, cycle=None)


# -- which of the days that come again


def _shifts(mention: _Mention) -> Iterator[_Mention]:
    """Yield the date of a cycle in the one before, in that of the reference, and in the next."""
    for by in (-1, 0, 1):
        try:
            if mention.cycle == "week":
                days = timedelta(days=7 * by)
                first, last = mention.first + days, mention.last + days
                yield replace(mention, first=first, last=last, cycle=None)
            elif mention.cycle == "month":
                first = months_on(mention.first, by).replace(day=mention.first.day)
                yield replace(mention, first=first, last=first, cycle=None)
            elif dated := _in_year(mention, mention.first.year + by):
                yield dated
        except (ValueError, OverflowError):  # the 31st; the year 0
            continue


def _last_and_next(mention: _Mention, reference: date) -> tuple[list[_Mention], list[_Mention]]:
    """Return the last that had begun, and the next that has not ended; none or one of each."""
    shifted = list(_shifts(mention))
    begun = [each for each in shifted if each.first <= reference]
    ahead = [each for each in shifted if each.last >= reference]
    return begun[-1:], ahead[:1]


def _meant_by_query(
    mention: _Mention, reference: date, tense: int, *, latest: bool
) -> Iterable[_Mention]:
    if mention.cycle is None:
        return [mention]
    if mention.cycle == "year" and not latest:
        years = range(min(reference.year + 1, 9999), max(reference.year - YEARS, 1), -1)
        return [dated for number in years if (dated := _in_year(mention, number))]
    before, ahead = _last_and_next(mention, reference)
    if tense:
        return before if tense < 0 else ahead
    return {(each.first, each.last): each for each in (*before, *ahead)}.values()


def _tense(code: str, sentence: str) -> int:
    return tense_of(sentence) if code == lexicon.ENGLISH else tense_in(code, sentence)


def _meant_by_text(
    mention: _Mention, said_on: date, before: str, after: str, code: str
) -> Iterable[_Mention]:
    """Return the days that a date means between these parts of its sentence, in a language."""
    comes_again = bool(_AGAIN_BEFORE.search(before) or _AGAIN_AFTER.match(after))
    if mention.other:
        both = (mention.first, mention.other)
        readings = [replace(mention, first=on, last=on, other=None) for on in both]
        return [m for each in readings for m in _meant_by_text(each, said_on, before, after, code)]
    if mention.again:
        return [_in_cycle(mention, mention.cycle or "week")]
    is_short = mention.last - mention.first < timedelta(days=92)
    if comes_again and is_short and mention.cycle == "year":
        return [_in_cycle(mention, mention.cycle)]
    if comes_again and mention.first == mention.last and mention.first <= said_on:
        return [mention, _in_cycle(mention, "year")]  # born on 3 June 1990
    if mention.cycle is None:
        return [mention]
    last, following = _last_and_next(mention, said_on)
    tense = _tense(mention.code or code, f"{before} {after}")
    is_past = tense < 0 or (
        last and following and (following[0].first - said_on).days > 365 - JUST_PAST
    )
    return (last or following) if is_past else (following or last)


def _in_cycle(mention: _Mention, cycle: Cycle) -> _Mention:
    begin, _ = CYCLES[cycle]
    if cycle == "year":
        return _in_year(replace(mention, other=None), begin.year) or mention
    if cycle == "month":
        on = begin.replace(day=mention.first.day)
    else:
        on = begin + timedelta(days=mention.first.weekday())
    return replace(mention, first=on, last=on, cycle=None)


def _with_clauses(text: str, found: list[_Mention]) -> Iterator[tuple[_Mention, str, str]]:
    """Yield each mention with its sentence before it and after it, up to the next mentions."""
    for i, each in enumerate(found):
        start = max(found[i - 1].end if i else 0, each.start - 2 * CLAUSE)
        end = min(found[i + 1].start if i + 1 < len(found) else len(text), each.end + 2 * CLAUSE)
        before = _SENTENCE_END.split(text[start : each.start])[-1]
        after = _SENTENCE_END.split(text[each.end : end])[0]
        yield each, before, after


def _merged(periods: Iterable[Period]) -> list[Period]:
    """Join periods that overlap, but for one inside another; they are in order of their starts."""
    merged: list[Period] = []
    for each in periods:
        if merged and each.start < merged[-1].end < each.end:
            merged[-1] = Period(merged[-1].start, each.end)
        else:
            merged.append(each)
    return merged


def _pattern(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern}(?!\w)", flags)


def _number_pattern(pattern: str) -> re.Pattern[str]:
    """Return a pattern for digits that are not a part of a path, an address or a version."""
    return _pattern(rf"(?<![/.\-]){pattern}(?![/\-]|\.\d)")


_NAMES = "|".join(MONTHS)
_MONTH = rf"(?P<month>{_NAMES}|(?:{'|'.join(m[:3] for m in MONTHS)}|Sept)\.?)"
_ORDINAL = r"(?:st|nd|rd|th)"
_DAY = rf"(?P<day>\d{{1,2}}){_ORDINAL}?"
_FROM_DAY = rf"(?P<from_day>\d{{1,2}}){_ORDINAL}?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_OF_YEAR = rf"(?:,? {_YEAR})?"
_BEFORE = "in|of|since|during|by|until|till|from|before|after|between|early|mid|late|around"
_WEEKDAY_NAMES = "|".join(WEEKDAYS)
_ON = rf"(?:on )?(?:(?:{_WEEKDAY_NAMES}),? )?(?:the )?"
_IS_DAY = re.compile(rf"\bon |\d{_ORDINAL}", re.IGNORECASE)
_OPENING = re.compile(r"(?:between|from) ", re.IGNORECASE)
_OPENS_A_SPAN = re.compile(r"\b(?:between|from)\s*(?:the\s*)?$", re.IGNORECASE)
_SEASON = rf"(?P<season>{'|'.join(SEASONS)})"
_AT_TIME = (
    r"(?:morning|afternoon|evening|night|noon|at (?:\d|noon)|\d{1,2}(?::\d\d)? ?[ap]m|"
    r"\d{1,2}[:.]\d\d)"
)
_NO_EVENT = frozenset(
    "a an and called each every hate hates is like likes love loves my named or taco the".split()
)
_LAST_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b", re.IGNORECASE)
# What may follow a number that is a day or a year: the end of a clause, or a word but no noun
_FOLLOWS = (
    r"(?=\s*(?:$|[.,;:!?)\]–]|- |(?:at|and|or|i|we|he|she|they|you|it|the|my|our|his|her|their|"
    r"with|in|for|to|on|as|is|was|were|will|has|had|until|till|through|because|but|if|when|while|where|"
    r"so|that|around|from|after|before|by|during|since|user|due|did)\b|(?-i:[A-Z])))"
)

# The first pattern that matches a place reads it. "May" and "March" are also words: alone they
# are months behind a preposition, or with a capital in the middle of a sentence.
_SURE = "|".join(m for m in MONTHS if m not in ("May", "March"))
_PATTERNS: tuple[Reading, ...] = (
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
            rf"(?:(?P<opening>from|between) )?(?:on )?(?:the )?{_FROM_DAY} ?"
            rf"(?P<joint>-|–|to|until|till|through|and) ?(?:the )?{_DAY}(?: of)? {_MONTH}{_OF_YEAR}"
        ),
        _calendar,
    ),
    (
        "month",
        _pattern(
            rf"(?:(?P<opening>from|between) )?(?:on )?{_MONTH} {_FROM_DAY} ?"
            rf"(?P<joint>-|–|to|until|till|through|and) ?(?:the )?{_DAY}{_OF_YEAR}{_FOLLOWS}"
        ),
        _calendar,
    ),
    ("month", _pattern(rf"(?:am|vom|den|der|zum|bis) {_DAY}\. {_MONTH}{_OF_YEAR}"), _calendar),
    ("month", _pattern(rf"{_DAY}\. {_MONTH} {_YEAR}"), _calendar),
    ("month", _pattern(rf"{_ON}{_DAY}(?: of)? {_MONTH}{_OF_YEAR}"), _calendar),
    ("month", _pattern(rf"{_ON}{_MONTH} (?:the )?{_DAY}{_OF_YEAR}"), _calendar),
    ("month", _pattern(rf"(?:in )?{_MONTH}(?:,| of)? {_YEAR}"), _calendar),
    ("season", _pattern(rf"(?:in |during )?(?:the )?{_SEASON}(?: of| in)?,? {_YEAR}"), _season),
    (
        "month",
        _pattern(
            r"(?:in|since|during|until|till|before|after|early|mid|late|"
            rf"(?:beginning|start|end) of) (?P<month>{_NAMES})"
        ),
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
            r"(?:(?P<opening>from|between) )?(?P<from_year>(?:19|20)\d\d) ?"
            rf"(?P<joint>-|–|to|until|till|through|and) ?{_YEAR}"
        ),
        _years,
    ),
    (
        "number",
        _pattern(
            r"(?:in|since|until|till|during|by|before|after|around|early|mid|late|"
            rf"(?:end|start|beginning|middle|rest|half|most) of)(?: the year)? {_YEAR}{_FOLLOWS}"
        ),
        _whole_year,
    ),
)
# Weekdays, where no relative date is: "a week ago on Friday"
_WEEKDAYS: tuple[Reading, ...] = (
    ("weekday", _pattern(rf"(?P<each>every|each) (?P<weekday>{_WEEKDAY_NAMES})"), _weekday),
    ("weekday", _pattern(rf"(?:on )?(?P<weekday>{_WEEKDAY_NAMES})(?P<plural>s)"), _weekday),
    (
        "weekday",
        _pattern(
            rf"(?:on|by|until|till|before|after|since) (?P<weekday>{_WEEKDAY_NAMES})"
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
# What is a date in a query only: a text that says "April" alone may speak of a person
_ASKED: tuple[Reading, ...] = (
    ("month", _pattern(rf"(?:{_BEFORE}) (?P<month>{_NAMES})"), _calendar),
    ("month", _pattern(rf"(?P<month>{_SURE})"), _calendar),
    ("month", _pattern(r"(?<=[\w,] )(?P<month>May|March)", re.NOFLAG), _calendar),
    ("weekday", _pattern(rf"(?P<weekday>{_WEEKDAY_NAMES})(?=\W*\Z)"), _weekday),
    ("number", _pattern(rf"of {_YEAR}{_FOLLOWS}"), _whole_year),
)
# how questions of other languages begin, in which an English month alone is a name
_ASKS_ABROAD = re.compile(
    r"\W{0,3}(?:wo|wer|wen|wem|wann|wie|warum|welche[rsnm]?|o[uù]|quand|qui|que|quelle?s?|pourquoi|"
    r"qui[eé]n|d[oó]nde|qu[eé]|cu[aá]ndo|c[oó]mo|chi|dove|cosa|perch[eé]|quando|quem|onde|waar|"
    r"wanneer|wie|wat|hoe|waarom|hvor|hvem|hvad|vem|vad|n[aä]r|gdzie|kto|co|kiedy|dlaczego)\b",
    re.IGNORECASE,
)

_NEEDS = {
    "number": re.compile(r"\d"),
    "month": _pattern(_MONTH),
    "weekday": _pattern(rf"(?:{_WEEKDAY_NAMES}|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun))s?"),
    "season": _pattern(_SEASON),
}
_OWNED = re.compile(r"['’]s\s+([\w\-]+)")
# Behind these words a date needs no preposition of its own: "since 2022"
_GOVERNING = re.compile(
    r"\b(?:since|until|till|by|from|before|after|between|through|to|for|of|than|as|during|in|on|at)\s+$|[-–]\s?$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=\w\w\w)[.!?]+\s|[\n;]|(?<=\w),? and (?=\w)")
_AGAIN = r"birthdays?|birth|born|anniversar(?:y|ies)|every year|each year|yearly|annual(?:ly)?"
_AGAIN_BEFORE = re.compile(rf"\b(?:{_AGAIN})\b|\b(?:every|each)\s*$", re.IGNORECASE)
_AGAIN_AFTER = re.compile(rf"[^.!?\n]{{0,{CLAUSE}}}\b(?:{_AGAIN})\b", re.IGNORECASE)
