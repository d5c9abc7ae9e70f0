"""Read the quantities of a clause and a fact: numbers in words, times, what is counted, units."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from litemem.core.text import vocabulary
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.phrases import Words, phrases, tokens_of
from litemem.core.text.scripts import fold as fold_text
from litemem.core.text.words import NUMBERS_IN_WORDS, STOP_WORDS, digits, is_number

MAX_DIGITS = 20  # of a number that is compared by its value
MAX_COUNTED = 12  # numbers of a sentence that are compared
COUNTED = 3  # words behind a number that may name what is counted

_COMPOUND = re.compile(r"(?P<unit>\w{3,6})(?:und|en|ën)(?P<ten>\w{3,5}(?:zig|ßig|ssig|tig))")
_AMOUNT = re.compile(r"(?P<number>\d{1,15}(?:[.,:]\d{1,9}){0,4})(?P<unit>[^\W\d_]{1,20})")
_NUMBER = re.compile(r"(?<![\d.,])\d{1,12}(?![\d.,])")
CJK_CODES = frozenset("zh ja ko".split())
_JOINTS = vocabulary.words_of_all("numbers", "joints")
_ONES = vocabulary.words_of_all("numbers", "ones")
_CLOCK = re.compile(
    r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?(?![\d:])"
    r" ?(?:(?P<half>[apAP])\.?[mM]\b)?"
)
_TENS = frozenset(range(20, 100, 10))
MIN_FUSED, MAX_FUSED = 6, 20  # letters of a ten and a unit in one word
MAX_SCALED = 9  # digits of a number before "thousand"
MAX_HYPHENS = 4  # in a number
_YEARS = range(1900, 2100)  # which count nothing
_UNCOUNTED = STOP_WORDS | FUNCTION_WORDS


def spoken_numbers(text: str, code: str) -> Iterator[tuple[str, int]]:
    """Yield the numbers that a text spells out in several words, or as "twins", with their words.

    "treinta y tres" is 33, "vierundzwanzig" 24, "сорок два" 42.
    """
    known = phrases(code).numbers
    said = [part for word in tokens_of(text) for part in _parts(word, known)]
    yield from _scaled(said, known, code)
    if code in CJK_CODES:
        yield from ((number, int(number)) for number in _NUMBER.findall(in_digits(text, code)))
    behind = ""  # the unit of the ten before
    for i, word in enumerate(said):
        goes_on = _goes_on(said, i, known)
        if word in known:
            if not goes_on and word != behind:
                yield word, known[word]
            behind = goes_on or ("" if word == behind else behind)
        elif compound := _COMPOUND.fullmatch(word):
            ten, unit = known.get(compound["ten"]), _unit(compound["unit"], known)
            if ten and unit:
                yield word, ten + unit
        elif value := _fused(word, code):
            yield word, value
    for i, word in enumerate(said):
        if then := _goes_on(said, i, known):
            yield word, known[word] + _unit(then, known)
            yield then, known[word] + _unit(then, known)


@lru_cache(maxsize=65_536)
def _fused(word: str, code: str) -> int:
    """Return the number that a ten and a unit in one word are: "ventisei"; else 0."""
    if not word.isalpha() or not MIN_FUSED <= len(word) <= MAX_FUSED:
        return 0
    plain, known = fold_text(word), phrases(code).numbers
    for start, value in _tens(code):
        if plain.startswith(start):
            for rest in (plain[len(start) + 1 :], plain[len(start) :]):
                if unit := _unit(rest, known):
                    return value + unit
    return 0


@cache
def _tens(code: str) -> list[tuple[str, int]]:
    """Return the tens of a language without their last letters, which may change: "vent"."""
    tens = phrases(code).numbers.items()
    return [(fold_text(word)[:-1], value) for word, value in tens if value in _TENS]


def _goes_on(said: Sequence[str], i: int, known: Mapping[str, int]) -> str:
    """Return the unit behind a ten, as in "treinta y un", or an empty text."""
    ten = known.get(said[i], 0)
    then = said[i + 1 : i + 3]
    then = then[1:] if then and then[0] in _JOINTS else then[:1]
    return then[0] if then and ten >= 20 and ten % 10 == 0 and _unit(then[0], known) else ""


def _parts(word: str, known: Mapping[str, int]) -> Sequence[str]:
    """Return the numbers that a hyphen joins: "quarante-deux"."""
    if word in known:  # "quatre-vingts"
        return [word]
    parts = word.split("-", MAX_HYPHENS)
    return parts if len(parts) > 1 and parts[0] in known else [word]


def _scaled(said: Sequence[str], known: Mapping[str, int], code: str) -> Iterator[tuple[str, int]]:
    """Yield the numbers before "thousand" and the like: "two thousand", "45k"."""
    scales = phrases(code).scales
    for one, other in pairwise(said):
        if other in scales:
            value = known.get(one) or int(NUMBERS_IN_WORDS.get(one, 0))
            value = value or (int(one) if one.isdecimal() and len(one) < MAX_SCALED else 0)
            yield from [(one, value * scales[other])] if value else []
    for word in said:
        amount = _AMOUNT.fullmatch(word)
        if amount and amount["unit"] in scales and amount["number"].isdecimal():
            yield word, int(amount["number"][:MAX_SCALED]) * scales[amount["unit"]]


def changes_half_of_day(fact: str, said: str) -> bool:
    """Return True if a fact has "10:00" or "10 am" where "10 pm" was said."""
    heard: dict[tuple[int, str], set[str]] = {}
    for match in _CLOCK.finditer(said):
        if match["half"]:
            time = (int(match["hour"]) % 12, match["minute"] or "00")
            heard.setdefault(time, set()).add(match["half"].casefold())
    for match in _CLOCK.finditer(fact):
        hour = int(match["hour"])
        half = (match["half"] or ("p" if hour > 12 else "")).casefold()
        halves = heard.get((hour % 12, match["minute"] or "00"))
        if halves and (half or match["minute"]) and (half or "a") not in halves:
            return True
    return False


def spoken_times(text: str, code: str) -> set[str]:
    """Return the times of day that a text names by halves: "halb acht" as "7:30" and "19:30"."""
    table = phrases(code)
    found = set()
    for match in table.half.finditer(text):
        for value in values_of(match["n"], code):
            hour = (value - table.is_half_before) % 24
            found |= {f"{hour}:30", f"{(hour + 12) % 24}:30"}
    return found


def _unit(word: str, known: Mapping[str, int]) -> int:
    value = known.get(word) or int(NUMBERS_IN_WORDS.get(word, 0)) or (word in _ONES)
    return value if value < 10 else 0


def values_of(text: str, code: str) -> set[int]:
    """Return the numbers of a text, in digits or in words."""
    found = {value for _, value in spoken_numbers(text, code)}
    plain = (digits(word) for word in tokens_of(text) if is_number(word))
    return found | {
        int(number) for number in plain if number.isdecimal() and len(number) < MAX_DIGITS
    }


def counts_together(fact: str, said: str, code: str) -> bool:
    """Return True if a fact adds what a clause counts apart: "three children"."""
    told = tokens_of(fact)
    sums = [number for number, words in sums_of(said, code) if words.count(told)]
    return not values_of(fact, code).isdisjoint(sums)


def sums_of(text: str, code: str) -> Iterator[tuple[int, Words]]:
    """Yield the sums of what a text counts apart, with the words for both: 3 for "2 sons, 1 girl".

    A thing without a number counts once.
    """
    for apart, together in phrases(code).sums:
        things = _named(apart, text, code)
        counted = [_number_of(text, thing, things, code) for thing in things]
        if len(counted) > 1 and any(counted):
            yield sum(number or 1 for number in counted), together


def _named(listed: Words, text: str, code: str) -> list[str]:
    """Return the listed words of a text, in their order."""
    if code in CJK_CODES:
        return [word for word in sorted(listed.whole) if word in text]
    return [word for word in tokens_of(text) if listed.has(word)]


def _number_of(text: str, thing: str, things: Collection[str], code: str) -> int:
    """Return the number of a thing, or 0: before it, in its ending, or in Japanese behind it."""
    before, _, behind = text.casefold().partition(thing)
    near = tokens_of(before)[-COUNTED:][::-1]
    near = tokens_of(behind)[:COUNTED] if code == "ja" else [thing, *near]
    for word in near:
        if word in _JOINTS or (word in things and word != thing):
            break
        if value := max(values_of(word, code), default=0):
            return value
    return 0


def counts_another(told: Sequence[str], heard: Sequence[str], code: str) -> bool:
    """Return True if a fact gives a thing the number of another, or another number or unit.

    "two dogs and a cat" is not "a dog and two cats", and 5 mg are not 5 g.
    """
    said, clause = _counted(told, code), _counted(heard, code)
    if not said or not clause:
        return False
    numbers = {n: {w for m, things in clause if m == n for w in things} for n, _ in said}
    of_things: dict[str, set[int]] = {}
    for number, things in clause:
        for thing in things:
            of_things.setdefault(_start(thing), set()).add(number)
    counted = {_start(w): n for n, things in said for w in things}
    named = {_start(word) for word in told}
    bare = {value for value in values_of(" ".join(heard), code) if value not in _numbers_of(clause)}
    for number, things in said:
        if number in bare:  # "12 euros, 4 more than …"
            continue
        if any(number not in of_things.get(_start(w), {number}) for w in things):
            return True
        others = numbers[number]
        if not others or any(_start(w) in set(map(_start, others)) for w in things):
            continue
        if any(_start(w) in named and counted.get(_start(w)) != number for w in others):
            return True
    return _changes_unit(said, clause, code)


def _numbers_of(counted: Sequence[tuple[int, list[str]]]) -> set[int]:
    """Return the numbers that count something."""
    return {number for number, _ in counted}


def _changes_unit(
    said: Sequence[tuple[int, list[str]]], clause: Sequence[tuple[int, list[str]]], code: str
) -> bool:
    """Return True if a number has a unit that another number of the clause, or none, has."""
    units = phrases(code).units
    for number, things in said:
        kinds = {i for i, unit in enumerate(units) if any(map(unit.has, things[:1]))}
        heard = [w for n, listed in clause if n == number for w in listed[:1]]
        known = {i for i, unit in enumerate(units) if any(map(unit.has, heard))}
        if kinds and known and kinds.isdisjoint(known):
            return True
    return False


def _counted(words: Sequence[str], code: str) -> list[tuple[int, list[str]]]:
    """Return the numbers of a sentence, each with the words behind it up to the next number."""
    parts = [part for word in words for part in _amount(word, code)]
    values = [min(values_of(part, code), default=None) for part in parts]
    found: list[tuple[int, list[str]]] = []
    scales = phrases(code).scales
    i = 0
    while i < len(parts) and len(found) < MAX_COUNTED:
        value, end = _whole(values, parts, i)
        if value is not None and end < len(parts) and parts[end] in scales:
            value, end = value * scales[parts[end]], end + 1
        i, start = end, end
        things: list[str] = []
        while value is not None and end < min(start + COUNTED, len(parts)):
            if values[end] is not None or parts[end] in _JOINTS:
                break
            things += [] if parts[end] in _UNCOUNTED else [parts[end]]
            end += 1
        if value is not None and things and value not in _YEARS:
            found.append((value, things))
    return found


def _whole(values: Sequence[int | None], parts: Sequence[str], i: int) -> tuple[int | None, int]:
    """Return the number at a place and where it ends: "treinta y tres" is one."""
    value = values[i]
    j = i + 2 if parts[i + 1 : i + 2] and parts[i + 1] in _JOINTS else i + 1
    unit = values[j] if j < len(values) else None
    if value is None or unit is None or value < 20 or value % 10 or not 0 < unit < 10:
        return value, i + 1
    return value + unit, j + 1


def _amount(word: str, code: str) -> tuple[str, ...]:
    """Return a number and its unit, or what it counts: "5mg", "two-bedroom"."""
    amount = _AMOUNT.fullmatch(word)
    if amount:
        return (amount["number"], amount["unit"])
    number, hyphen, rest = word.partition("-")
    is_number = hyphen and rest.isalpha() and bool(values_of(number, code))
    return (number, rest) if is_number else (word,)


def _start(word: str) -> str:
    """Return the letters that forms of a word share: "chien", "chiens"."""
    return word[:3]
