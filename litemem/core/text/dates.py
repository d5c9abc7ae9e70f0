"""Read dates: "25 May 2023" and "in May" as periods, "yesterday" as a date.

A day is a UTC day. What may not be a date ("31 April", "may I?", "the other day", "recently") is
left unchanged. The rules are for English; `foreign_dates` writes other dates in English. Days that
come again ("every Friday", a birthday) are periods of years in which nothing else lies: see
`periods.every`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from litemem.core.text import lexicon, vocabulary
from litemem.core.text.date_mentions import MAX_DATES, MAX_MENTIONS, dates_in
from litemem.core.text.english.date_patterns import part_of_period
from litemem.core.text.english.day_names import is_name
from litemem.core.text.english.tense import happens_once, tense_of, was_due
from litemem.core.text.foreign_dates import tense_in
from litemem.core.text.holidays import days_of_holiday, moves
from litemem.core.text.open_spans import days_of_side, open_span
from litemem.core.text.periods import CYCLES, WEEKDAYS, Cycle, Mention, Period, period_of
from litemem.core.text.relative_dates import (
    RelativeDate,
    day,
    month,
    months_on,
    relative_dates,
    year,
)

WEEK = 7  # days
YEARS = 30  # before the reference date in which a month or day without a year may lie
CLAUSE = 60  # characters around a date that can say that it comes again
JUST_PAST = (
    30  # days for which a date without a year is the last one, if its sentence does not decide
)


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
        for each in dates_in(text, reference, asked=True)
        if not is_name(text, each.start, each.end, names)
    ]
    single = _same_year(dates)
    alone = set(single)
    found = _joined(text, single)
    if not found:
        return Dates((), text)
    codes = [each.code for each in found if each.code]
    code = codes[0] if codes else lexicon.code_of_dates(text)
    tense = _tense(code, text)
    found = [
        _opened(text, each, code, reference, tense) if each in alone else each for each in found
    ]
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
    found = _joined(text, _same_year(dates_in(text, said_on)))[:MAX_DATES]
    periods: dict[Period, None] = {}
    code = lexicon.code_of_dates(text) if found else lexicon.ENGLISH
    for each, before, after in _with_clauses(text, found):
        if len(periods) == MAX_MENTIONS:
            break
        for meant in _meant_by_text(each, said_on, before, after, code):
            periods.setdefault(period_of(meant.first, meant.last))
    return _merged(sorted(periods, key=lambda period: (period.start, -period.end)))[:MAX_MENTIONS]


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
        is_joint = is_between and _BETWEEN_AND.fullmatch(before)
        governed = bool(is_joint or _GOVERNING.search(before))
        is_between = before.endswith("between ")
        written = each.days.written if governed else f"{each.days.preposition} {each.days.written}"
        parts += before, written
    return "".join([*parts, text[end:]])


def with_days(text: str, said_on: date) -> str:
    """Return a text that is not English with the day behind each relative one: "gestern (…)".

    No rule knows how to write the day instead of the word. A week is written by its first and its
    last day, a month and a year by their numbers. Weekdays stay as they are.
    """
    if lexicon.code_of_dates(text) == lexicon.ENGLISH:
        return text
    parts: list[str] = []
    end = 0
    for each in dates_in(text, said_on)[:MAX_DATES]:
        if each.end > end and (each.is_relative or _is_part_of_one(text, each)):
            parts += text[end : each.end], f" ({_in_numbers(each.first, each.last)})"
            end = each.end
    return "".join([*parts, text[end:]])


def _is_part_of_one(text: str, mention: Mention) -> bool:
    """Return True for a part of a relative span: "fin du mois prochain", not "fin mai"."""
    return mention.cycle is None and _YEAR.search(text, mention.start, mention.end) is None


def _in_numbers(first: date, last: date) -> str:
    """Return days in every language: "2026-12-01", "2026-12", "2026", "~2026-12-16"."""
    if first == last:
        return first.isoformat()
    for form, longer in (("%Y", year(first.year)), ("%Y-%m", month(first))):
        if (longer.first, longer.last) == (first, last):
            return first.strftime(form)
    if (first.day in (11, 21) and last == month(last).last) or (first.day, last.day) == (1, 10):
        return first.strftime("%Y-%m")
    is_about = (last - first).days == WEEK - 1 and first.weekday() != 0
    if is_about:
        return f"~{first + (last - first) / 2}"
    is_of_months = first.day == 1 and (last + timedelta(days=1)).day == 1
    form = "%Y-%m" if is_of_months else "%Y-%m-%d"
    return f"{first.strftime(form)} – {last.strftime(form)}"


def _resolvable(text: str, today: date) -> list[RelativeDate]:
    """Return the relative dates and the weekdays of a text that a date may replace.

    A weekday does for what happened or happens once: "the exam is on Friday".
    """
    mentioned = [m for m in dates_in(text, today) if not m.code and not m.again]
    if not mentioned:
        return []
    chosen = {each.start for each in mentioned if each.is_relative}
    found = [each for each in relative_dates(text, today) if each.start in chosen]
    for each, before, after in _with_clauses(text, mentioned):
        is_once = happens_once(f"{before} {after}")
        if each.cycle is None and not each.is_relative:
            of = part_of_period(text, each.start, each.end, today)
            is_sure = is_once or (of and not _BEFORE_PART.match(text, of.start))
            found += [of] if of and is_sure else []
        elif each.cycle == "week":
            weekday = _LAST_WEEKDAY.search(text, each.start, each.end)
            begins = _begins(text, each)
            if weekday is None or not (is_once or begins) or _DAY_BEHIND.match(text, each.end):
                continue
            all_meant = _meant_by_text(each, today, before, after, lexicon.ENGLISH)
            for meant in islice(all_meant, 1):  # a birth is also a day of every year
                days = day(meant.first)
                named = replace(days, written=f"{weekday[0].capitalize()} {days.written}")
                if is_once or meant.first != today:
                    found.append(RelativeDate(*weekday.span(), named))
    return sorted(found, key=lambda each: each.start)


def _begins(text: str, mention: Mention) -> bool:
    """Return True if something begins on a weekday without an end: "from Monday"."""
    opened = _BEGINS.match(text, mention.start, mention.end)
    return opened is not None and _ENDS.match(text, mention.end) is None


def _same_year(found: list[Mention]) -> list[Mention]:
    """Give a date without a year that of the next one that has it: 11 May to 15 August 2023."""
    done: list[Mention] = []
    year: int | None = None
    for each in reversed(found):
        if each.cycle is None:
            year = each.first.year
        is_given = year is not None and each.cycle == "year" and not each.again
        done.append((_in_year(each, year) if is_given and year else None) or each)
    return done[::-1]


def _joined(text: str, found: list[Mention]) -> list[Mention]:
    """Make one period of two dates that "between … and" or "from … to" joins."""
    joined: list[Mention] = []
    for each in found:
        before = joined[-1] if joined else None
        if before and _is_span(text, joined[-2].end if len(joined) > 1 else 0, before, each):
            following = _behind(each, before.first) if before.cycle == "year" else each.last
            joined[-1] = Mention(before.start, each.end, before.first, following, before.cycle)
        else:
            joined.append(each)
    return joined


def _opened(text: str, mention: Mention, code: str, reference: date, tense: int) -> Mention:
    """Return the span that a day opens at one side in a question, or the day itself."""
    own = not mention.is_relative
    span = open_span(text, mention.start, mention.end, mention.code or code, own=own)
    if span is None:
        return mention
    before, ahead = _last_and_next(mention, reference) if mention.cycle else ([], [])
    (of,) = (before or ahead if tense < 0 else ahead or before) or [mention]
    days = days_of_side(span.side, of.first, of.last, reference, tense)
    return Mention(span.start, span.end, *days, is_relative=mention.is_relative)


def _is_span(text: str, begin: int, one: Mention, other: Mention) -> bool:
    """Return True if two dates are one period; the mention before them ends at `begin`."""
    if one.cycle != other.cycle or (one.first > other.last and one.cycle != "year"):
        return False
    if moves(one.holiday) or moves(other.holiday):
        return False
    if _is_joined(_JOINS, text, one, other):
        return True
    is_opened = _OPENING.match(text, one.start) or _OPENS_A_SPAN.search(text[begin : one.start])
    return is_opened is not None and _is_joined(_JOINS_OPENED, text, one, other)


def _is_joined(joins: re.Pattern[str], text: str, one: Mention, other: Mention) -> bool:
    """Return True if such a word is all between two dates; the second one may begin with it."""
    found = joins.match(text, one.end, other.end)
    return found is not None and found.end() >= other.start


def _behind(mention: Mention, first: date) -> date:
    """Return the last day of a date of every year that is next after a day."""
    for number in (first.year, first.year + 1):
        dated = _in_year(mention, number)
        if dated and dated.last >= first:
            return dated.last
    return first


def _in_year(mention: Mention, year: int) -> Mention | None:
    """Return a date of every year as that of one year, or None for 29 February in most years."""
    try:
        if mention.holiday:
            first, last = days_of_holiday(mention.holiday, year)
            return replace(mention, first=first, last=last, cycle=None)
        ends_with_its_month = month(mention.last).last == mention.last
        first = mention.first.replace(year=year)
        end = year + mention.last.year - mention.first.year  # of a span over New Year
        last = mention.last.replace(year=end, day=min(mention.last.day, 28))
        last = month(last).last if ends_with_its_month else mention.last.replace(year=end)
        other = mention.other and mention.other.replace(year=year)
    except (ValueError, OverflowError):
        return None
    return replace(mention, first=first, last=last, other=other, cycle=None)


# -- which of the days that come again


def _shifts(mention: Mention) -> Iterator[Mention]:
    """Yield the date of a cycle in the one before, in that of the reference, and in the next."""
    is_leap_day = mention.cycle == "year" and (mention.last.month, mention.last.day) == (2, 29)
    for by in (-8, -4, 0, 4, 8) if is_leap_day else (-1, 0, 1):
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


def _last_and_next(mention: Mention, reference: date) -> tuple[list[Mention], list[Mention]]:
    """Return the last that had begun, and the next that has not ended; none or one of each."""
    shifted = list(_shifts(mention))
    begun = [each for each in shifted if each.first <= reference]
    ahead = [each for each in shifted if each.last >= reference]
    return begun[-1:], ahead[:1]


def _meant_by_query(
    mention: Mention, reference: date, tense: int, *, latest: bool
) -> Iterable[Mention]:
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


def _tense_of_clause(code: str, before: str, after: str) -> int:
    """Return the tense of the clause with a date, or of the sentence: parts before and after it."""
    clause = f"{before.rpartition(', ')[2]} {after.partition(', ')[0]}"
    return _tense(code, clause) or _tense(code, f"{before} {after}")


def _meant_by_text(
    mention: Mention, said_on: date, before: str, after: str, code: str
) -> Iterable[Mention]:
    """Return the days that a date means between these parts of its sentence, in a language."""
    comes_again = bool(_AGAIN_BEFORE.search(before) or _AGAIN_AFTER.match(after))
    if mention.other:
        both = (mention.first, mention.other)
        readings = [replace(mention, first=on, last=on, other=None) for on in both]
        return [m for each in readings for m in _meant_by_text(each, said_on, before, after, code)]
    if mention.again and not moves(mention.holiday):
        return [_in_cycle(mention, mention.cycle or "week")]
    is_short = mention.last - mention.first < timedelta(days=92)
    if comes_again and is_short and mention.cycle == "year" and not moves(mention.holiday):
        return [_in_cycle(mention, mention.cycle)]
    if comes_again and mention.first == mention.last and mention.first <= said_on:
        return [mention, _in_cycle(mention, "year")]  # born on 3 June 1990
    if mention.cycle is None:
        return [mention]
    last, following = _last_and_next(mention, said_on)
    if mention.due and not mention.code and not was_due(f"{before} {after}"):
        return following or last
    tense = _tense_of_clause(mention.code or code, before, after)
    is_past = (
        mention.began
        or tense < 0
        or (mention.cycle == "year" and last and (said_on - last[0].first).days < JUST_PAST)
    )
    return (last or following) if is_past else (following or last)


def _in_cycle(mention: Mention, cycle: Cycle) -> Mention:
    begin, _ = CYCLES[cycle]
    if cycle == "year":
        dated = _in_year(replace(mention, other=None), begin.year) or mention
        return replace(dated, first=max(dated.first, begin))  # New Year begins in the old one
    if cycle == "month":
        on = begin.replace(day=mention.first.day)
        return replace(mention, first=on, last=on, cycle=None)
    on = begin + timedelta(days=mention.first.weekday())
    return replace(mention, first=on, last=on + (mention.last - mention.first), cycle=None)


def _with_clauses(text: str, found: list[Mention]) -> Iterator[tuple[Mention, str, str]]:
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


_OPENERS = vocabulary.either_of_all("spans", "opens")
_ARTICLE = vocabulary.either_of([lexicon.ENGLISH], "spans", "article")
_OPENING = re.compile(rf"(?:{_OPENERS}) ", re.IGNORECASE)
_OPENS_A_SPAN = re.compile(rf"\b(?:{_OPENERS})\s*(?:{_ARTICLE}\s*)?$", re.IGNORECASE)
# what joins two dates to a span, and what does so behind a word that opens one
_JOINS = re.compile(
    rf"\s{{0,9}}(?:[-–—~〜～至到]|{vocabulary.either_of_all('spans', 'joins_inside')}"
    rf"|(?:{vocabulary.either_of_all('spans', 'joins')})\b)\s{{0,9}}(?:{_ARTICLE}\b\s{{0,9}})?",
    re.IGNORECASE,
)
_JOINS_OPENED = re.compile(
    rf"\s{{0,9}}(?:{vocabulary.either_of_all('spans', 'joins_opened')})\b\s{{0,9}}"
    rf"(?:(?:{vocabulary.either_of_all('spans', 'article')})\b\s{{0,9}})?",
    re.IGNORECASE,
)
_BEFORE_PART = re.compile(f"{_ARTICLE} ")
_DAY_BEHIND = vocabulary.pattern_in(lexicon.ENGLISH, "spans", "day_behind")  # "Friday the 13th"
_LAST_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b", re.IGNORECASE)
_BEGINS = vocabulary.pattern_in(lexicon.ENGLISH, "spans", "begins")
_ENDS = vocabulary.pattern_in(lexicon.ENGLISH, "spans", "ends")
_YEAR = re.compile(r"\d{4}")
_OWNED = re.compile(r"['’]s\s+([\w\-]+)")
# Behind these words a date needs no preposition of its own: "since 2022"
_GOVERNING = vocabulary.pattern_in(lexicon.ENGLISH, "spans", "governs")
_BETWEEN_AND = vocabulary.pattern_in(lexicon.ENGLISH, "spans", "between_and")
_SENTENCE_END = vocabulary.pattern_in(lexicon.ENGLISH, "spans", "clause_end")
_AGAIN = vocabulary.either_of_all("spans", "again")
_EACH = vocabulary.either_of_all("spans", "each")
_AGAIN_BEFORE = re.compile(rf"\b(?:{_AGAIN})\b|\b(?:{_EACH})\s*$", re.IGNORECASE)
_AGAIN_AFTER = re.compile(rf"[^.!?\n]{{0,{CLAUSE}}}\b(?:{_AGAIN})\b", re.IGNORECASE)
