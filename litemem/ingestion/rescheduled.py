"""Find that a thing has another time, day or room now: "the flight was rebooked to 7:40".

A pattern has a `thing` and its new `value`; they and the words that name nothing are data (section
"rescheduled" of `core/text/languages`). The thing of a known fact has all words of the new one,
and a value of the same kind: a time of day, a day, or a number of a room, gate or platform. In
doubt, as about another person, a plan or one of several things, nothing ends.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import pattern_in, section, words_in
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.phrases import names_user, tokens_of
from litemem.core.text.statements import code_of_pair, unquoted
from litemem.ingestion.naming import is_one

LONG = 400  # characters of two texts that are no facts
LEAST = 3  # letters of a word that names something
OTHERS = 5  # words of a known fact that are neither the thing nor its value, at most
_CLOCK = re.compile(r"\b(\d{1,2})[:.h](\d\d)\b")
_NUMBERED = re.compile(
    r"\b([^\W\d_]{2,20})\.? (?:nr\.? |no\.? |n° ?)?([A-Z]?\d{1,4}[A-Za-z]?)\b(?![:.]\d)"
)


def is_rescheduled(known: str, new: str) -> bool:
    """Return True if a new fact gives another time, day or room of a thing of a known one."""
    code = code_of_pair(known, new)
    found = _moved(known, new, code)
    if found is None or _is_open(found[0], code) or _is_past(known, code):
        return False
    one, other = values_in(unquoted(known), code), values_in(found["value"], code)
    if not any(one[kind].isdisjoint(other[kind]) for kind in one.keys() & other.keys()):
        return False
    named, lost, rest = _compared(known, found["thing"], code)
    if not named or lost - _words(code, "vague") or len(lost) == len(named):
        return False
    is_other = any(word in _words(code, "others") or _is_relation(word, code) for word in rest)
    return not is_other and len(rest) <= OTHERS


def is_of_other_thing(known: str, new: str) -> bool:
    """Return True if a new fact gives the time, day or room of a thing that a known one lacks."""
    code = code_of_pair(known, new)
    found = _moved(known, new, code)
    if found is None or not values_in(found["value"], code):
        return False
    _, lost, rest = _compared(known, found["thing"], code)
    return bool(rest and lost - _words(code, "vague"))


def _moved(known: str, new: str, code: str) -> re.Match[str] | None:
    """Return where a new fact tells a thing and its new value."""
    if len(known) + len(new) > LONG:
        return None
    return next((m for each in _patterns(code) if (m := each.match(unquoted(new)))), None)


def _compared(known: str, thing: str, code: str) -> tuple[set[str], set[str], set[str]]:
    """Return the words of a thing, those of them that a known fact lacks, and its others."""
    words = {word for word in tokens_of(unquoted(known)) if _says(word, code)}
    named = {word for word in tokens_of(thing) if _says(word, code)}
    lost = {word for word in named if not any(_same(word, other, code) for other in words)}
    rest = {word for word in words if not any(_same(word, other, code) for other in named)}
    return named, lost, rest


def _is_past(text: str, code: str) -> bool:
    return pattern_in(code, "rescheduled", "past").search(text) is not None


def _is_relation(word: str, code: str) -> bool:
    return pattern_in(code, "requests", "kin").fullmatch(word) is not None


def _says(word: str, code: str) -> bool:
    is_long = len(word) >= LEAST and not word[0].isdigit()
    return is_long and not (names_user(word, code) or word in _light(code) or word in days_of(code))


def _same(one: str, other: str, code: str) -> bool:
    """Return True if two words are one, or one is a part of the other: "Zahnarzttermin"."""
    one, other = (scripts.fold(word.removesuffix("'s").removesuffix("’s")) for word in (one, other))
    shorter, longer = sorted((one, other), key=len)
    is_part = len(shorter) > LEAST and (longer.startswith(shorter) or longer.endswith(shorter))
    return is_part or is_one(one, other, code)


def _is_open(text: str, code: str) -> bool:
    """Return True if a text denies, asks or only supposes."""
    return any(word in _words(code, "open") for word in tokens_of(text))


def values_in(text: str, code: str) -> Mapping[str, frozenset[str]]:
    """Return the days, times and rooms of a text, by their kind."""
    text = text.rstrip(".! ”")  # "at 10."
    clocks = {f"{int(m[1])}:{m[2]}" for m in _CLOCK.finditer(text)}
    hours = pattern_in(code, "rescheduled", "hours").finditer(text.casefold())
    clocks |= {f"{int(next(filter(None, m.groups())))}:00" for m in hours}
    found = {"day": frozenset(_dates(text, code)), "clock": frozenset(clocks)}
    for match in _NUMBERED.finditer(text):
        word = match[1].casefold()
        if word in _words(code, "rooms"):
            found[word] = frozenset([match[2].casefold()])
    return {kind: value for kind, value in found.items() if value}


def _dates(text: str, code: str) -> Iterator[str]:
    """Yield the weekdays of a text, and its months with the day: "3 June", "June 3"."""
    words = tokens_of(text)
    for i, word in enumerate(words):
        if day := day_of(word, code):
            is_of = i > 1 and scripts.fold(words[i - 1]) in words_in(code, "rescheduled", "of")
            places = (i - 2, i - 1, i + 1) if is_of else (i - 1, i + 1)  # "11 de junio"
            near = (words[j].rstrip(".") for j in places if 0 <= j < len(words))
            number = next((each for each in near if each.isdigit()), "")
            yield f"{number} {day}" if day.startswith("month") else day


def day_of(word: str, code: str) -> str:
    """Return the weekday or month that a word names; weekdays have a plural: "torsdagar"."""
    endings = ("", "s", *words_in(code, "rescheduled", "plurals"))
    return next(filter(None, (days_of(code).get(word.removesuffix(end)) for end in endings)), "")


@cache
def days_of(code: str) -> Mapping[str, str]:
    """Return the names of weekdays and months, each with one name of its group.

    More forms of weekdays than dates have are listed with what is rescheduled.
    """
    dates = section(code, "dates")
    found: dict[str, str] = {}
    for key, english in (("weekdays", WEEKDAYS), ("months", MONTHS)):
        for i, names in enumerate(dates.get(key, english)):
            found |= dict.fromkeys(str(names).casefold().split(), f"{key[:-1]} {i}")
    for i, names in enumerate(section(code, "rescheduled").get("weekdays", ())):
        found |= dict.fromkeys(str(names).casefold().split(), f"weekday {i}")
    return found


@cache
def _patterns(code: str) -> Sequence[re.Pattern[str]]:
    return [
        re.compile(each, re.IGNORECASE) for each in section(code, "rescheduled").get("moved", ())
    ]


@cache
def _words(code: str, key: str) -> frozenset[str]:
    return words_in(code, "rescheduled", key)


@cache
def _light(code: str) -> frozenset[str]:
    keys = ("light", "be", "place", "from", "my", "have")
    slots = frozenset[str]().union(*(words_in(code, "slots", key) for key in keys))
    return slots | _words(code, "light") | _words(code, "rooms")
