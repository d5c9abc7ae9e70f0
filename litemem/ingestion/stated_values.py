"""Read what a statement names, and its values by kind: a day, a number of a unit, a code, a place.

Two words are compared without the endings and beginnings that their language lists. Scripts
without spaces are parted at digits, days and listed words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import ENGLISH, exclusive_in, words_in
from litemem.core.text.phrases import names_user, phrases
from litemem.core.text.statements import VERB_LAST
from litemem.core.text.words import NUMBER_WORDS
from litemem.ingestion.naming import UNSPACED, is_light, is_one, named_in, pattern_of
from litemem.ingestion.rescheduled import day_of, days_of, values_in

SUBJECT = 2  # words that may name what a statement is about
OF = "number of "  # a word, behind which it stands
BARE = "number "  # a kind of value: a number without a unit
UNIT = "unit "
OFTEN = "often"
PLACE = "place"  # a kind of value, which may also tell the thing: "in the team"
STEM = 3  # letters that the forms of a word for what is counted share
NAMES = 3  # words of a name or a place that is a value
JOINED = (*UNSPACED, "ko")  # in which a number is written together with what it counts
TABLE = "updates"
_NUMBER = re.compile(r"(?<![\w.,:])[$€£]?(\d+(?:[.,]\d+)*)(?![\w:]|[.,]\d)")
_CODE = re.compile(r"(?=[\w.-]{0,39}[A-Za-z])(?=[\w.-]{0,39}\d)[\w.-]{0,39}\w")
_TOKEN = re.compile(r"[^\s,;:!?()“”\"]+")
_APOSTROPHE = re.compile("['’]")
_ENGLISH_NUMBERS = {"one": "1"} | {word: str(i) for i, word in enumerate(NUMBER_WORDS, start=2)}
_ASCII_RUN = re.compile(r"[A-Za-z0-9]+(?:[.:-][A-Za-z0-9]+)*")
_DATE = re.compile(r"(\d{1,2})[月월] ?(\d{1,2})[日号일]")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}:\d\d(?!\d)")
_COUNTED = re.compile(r"(?<![\w.:,-])\d+(?:[.,:]\d+)*(?=[^\W\d_a-zA-Z])")  # "14명"
_NAMED = re.compile(r"[\w.:-]+")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class StatedValues:
    """The words of a statement that name something, and its values by their kind."""

    words: Sequence[str]
    values: Mapping[str, frozenset[str]]
    of_values: frozenset[str]  # the folded words of the values
    subject: Sequence[str]  # first words that name what it is about, if not about the user
    code: str


@lru_cache(maxsize=8_192)
def read_values(text: str, code: str) -> StatedValues:
    """Return what a statement names, and its values."""
    text = pattern_of(code, TABLE, "infinitive").sub(" ", _spaced(text, code))
    values = {kind: frozenset(found) for kind, found in values_in(text, code).items()}
    if code in JOINED and (days := {day for word, day in days_of(code).items() if word in text}):
        values["day"] = frozenset(day for day in days if day.startswith("weekday"))
    plain = text
    often = {_often(match, code) for match in pattern_of(code, TABLE, "often").finditer(text)}
    if often:
        values[OFTEN] = frozenset(often)
        plain = pattern_of(code, TABLE, "often").sub(" ", text)
    words = named_things(plain, code)
    of_values: set[str] = set()
    for kind, found in _typed(plain, code):
        values[kind] = values.get(kind, frozenset()) | {found}
        of_values.update(scripts.fold(part) for part in found.split())
    if values.get("code") == values.get(PLACE):  # "in 4b"
        values.pop("code", None)
    of_values.update(scripts.fold(word) for word in words if _is_value(word, code))
    return StatedValues(words, values, frozenset(of_values), _subject(text, words, code), code)


def _spaced(text: str, code: str) -> str:
    """Return a text of a script without spaces with some around numbers and Latin words.

    Its numerals are digits, and its days "d6-4" and words apart.
    """
    if code not in JOINED:
        return text
    plain = _DATE.sub(r" d\1-\2 ", in_digits(text, code))
    if code not in UNSPACED:
        return _COUNTED.sub(r"\g<0> ", plain)
    return _ASCII_RUN.sub(r" \g<0> ", _weekdays(code).sub(r" \g<0> ", plain))


@cache
def _weekdays(code: str) -> re.Pattern[str]:
    """Return the pattern of the names of days and months."""
    return re.compile("|".join(map(re.escape, sorted(days_of(code), key=len, reverse=True))))


def _is_value(word: str, code: str) -> bool:
    is_number = word[:1].isdigit() or bool(digits_of(word, code))
    return is_number or bool(day_of(word.casefold(), code) or day_of(_bare(word, code), code))


def _subject(text: str, words: Sequence[str], code: str) -> Sequence[str]:
    """Return the first words that name something, unless the user does something."""
    first, second = [*text.split()[:2], "", ""][:2]
    is_owner = first.endswith(("'s", "’s"))
    is_user = not is_owner and is_light(first, code) and is_light(second, code)
    is_user = is_user or (not is_owner and names_user(first, code))
    return () if is_user else words[:SUBJECT]


def _often(match: re.Match[str], code: str) -> str:
    number = match.groupdict().get("n") or match[0]
    return digits_of(number, code) or scripts.fold(number)


def _typed(text: str, code: str) -> Iterator[tuple[str, str]]:
    """Yield the numbers, codes and places of a text, each with its kind."""
    clocks = values_in(text, code).get("clock", frozenset())
    plays = frozenset(map(scripts.fold, words_in(code, "slots", "play")))
    rooms = words_in(code, "rescheduled", "rooms")
    tokens = _TOKEN.findall(_CLOCK.sub(" ", text))
    is_aside = code in VERB_LAST  # where a place stands before the word for it
    is_played = any(scripts.fold(token) in plays for token in tokens)  # one plays many instruments
    for i, token in enumerate(tokens):
        word = token.strip(".'’")
        number = digits_of(word, code)
        before = tokens[i - 1].strip(".'’") if i else ""
        behind = tokens[i + 1].strip(".'’") if i + 1 < len(tokens) else ""
        is_clock = f"{number}:00" in clocks
        is_date = is_clock or any(near.casefold() in days_of(code) for near in (before, behind))
        if code in UNSPACED and number:
            is_named = before.isascii() and before.isalpha()
            unit = behind[:1] if behind.isalpha() and not is_plain(behind[:1], code) else ""
            yield f"{BARE}{f'of {scripts.fold(before)}' if is_named else unit}", number
        elif number and not (_YEAR.fullmatch(number) or is_date):
            is_counting = _is_counted(behind, code)
            owner = _APOSTROPHE.split(before)[0] if token[0].isdigit() else ""
            is_verb = scripts.fold(owner) in words_in(code, TABLE, "verbs")
            if is_counting or not owner or code in VERB_LAST or is_verb or is_plain(owner, code):
                unit = _unit(behind, code) if is_counting else ""
            else:
                unit = f"of {scripts.fold(owner)[:STEM]}"
            if before.casefold() not in rooms:  # "room 4" is a value of its own
                yield f"{BARE}{unit}", number  # "PostgreSQL 16"; "12 people"
        elif _CODE.fullmatch(word) and "clock" not in values_in(word, code):
            yield "code", word
        elif scripts.fold(word) in _opposites(code):
            group, kind = _opposites(code)[scripts.fold(word)]
            yield f"opposite {group}", f"{word} {kind}"
        elif scripts.fold(word) in _places(code) and not (is_played or is_aside):
            place = _named_behind(tokens[i + 1 :], code)
            yield from [(PLACE, place)] if place and place not in rooms else ()


def digits_of(word: str, code: str) -> str:
    """Return a number, which may be a word of its language, in digits; else an empty text."""
    match = _NUMBER.fullmatch(word)
    return match[1] if match else _numbers(code).get(scripts.fold(word), "")


@cache
def _numbers(code: str) -> Mapping[str, str]:
    """Return the words for numbers, with their digits."""
    listed = (one.partition("=") for one in words_in(code, "slots", "numbers"))
    found = {word: str(number) for word, number in phrases(code).numbers.items()}
    found |= {scripts.fold(word): value for word, _, value in listed if value.isdigit()}
    return found | (_ENGLISH_NUMBERS if code == ENGLISH else {})


def _is_counted(word: str, code: str) -> bool:
    """Return True if a word behind a number may be counted: a unit, or a named thing."""
    folded = scripts.fold(word)
    is_unit = any(each.has(folded) for each in phrases(code).units)
    return is_unit or (bool(folded) and not is_plain(word, code))


def _unit(word: str, code: str) -> str:
    """Return what a number counts: a unit of a group, or the stem of a word."""
    folded = scripts.fold(word)
    group = next((i for i, each in enumerate(phrases(code).units) if each.has(folded)), None)
    return f"{UNIT}{group}" if group is not None else _bare(word, code)[:STEM]


def _named_behind(tokens: Sequence[str], code: str) -> str:
    """Return the name of a place: words behind a preposition and an article."""
    found: list[str] = []
    for token in tokens[: NAMES + 1]:
        word = token.strip(".'’")
        if is_plain(word, code) and not found:
            continue
        if digits_of(word, code) or day_of(word.casefold(), code):  # "on port 8080"
            return ""
        if is_plain(word, code):
            break
        found.append(word)
        if token.endswith((".", ",")):
            break
    return scripts.fold(" ".join(found[:NAMES]))


def named_things(text: str, code: str) -> list[str]:
    """Return the words that name something, without the verbs of any value: "costs"."""
    if code in UNSPACED:
        parts = _signs(code).sub(lambda found: f" {found['one'] or ''} ", _spaced(text, code))
        return _NAMED.findall(parts)
    return [word for word in named_in(text, code) if not is_plain(word, code)]


@cache
def _signs(code: str) -> re.Pattern[str]:
    """Return what parts the names of a script without spaces; `one` is a name as a whole."""
    tables = (TABLE, "light"), ("endings", "light"), ("slots", "user"), ("slots", "now")
    light = frozenset[str]().union(*(words_in(code, *each) for each in tables))
    either = [
        "|".join(sorted(map(re.escape, each), key=len, reverse=True))
        for each in (words_in(code, TABLE, "singles"), {*light, *days_of(code)})
    ]
    return re.compile(rf"(?P<one>{either[0] or '(?!)'})|(?:{either[1] or '(?!)'})", re.IGNORECASE)


def is_plain(word: str, code: str) -> bool:
    """Return True if a word names nothing, or is the verb of any value."""
    return is_light(word, code) or scripts.fold(word) in _light(code)


def has_form(words: Sequence[str], word: str, code: str) -> bool:
    """Return True if a form of a word is among others."""
    return any(are_forms(word, other, code) for other in words)


def are_forms(word: str, other: str, code: str) -> bool:
    """Return True if two words may be forms of one, or are one without their endings."""
    if code in UNSPACED:
        return word == other or (len(word) > 1 and word in other)
    is_long = code != ENGLISH or min(len(word), len(other)) > STEM  # "tea" is no form of "team"
    return (is_long and is_one(word, other, code)) or _bare(word, code) == _bare(other, code)


def _bare(word: str, code: str) -> str:
    """Return a folded word without the longest beginning and ending that its language lists."""
    folded = scripts.fold(word)
    beginnings = sorted(words_in(code, TABLE, "beginnings"), key=len, reverse=True)
    first = next((one for one in beginnings if folded.startswith(one)), "")
    folded = folded[len(first) :] if len(folded) - len(first) >= STEM else folded
    least = 1 if "가" <= folded[:1] <= "힣" else STEM
    endings = (one for one in _endings(code) if folded.endswith(one))
    return next((folded.removesuffix(e) for e in endings if len(folded) - len(e) >= least), folded)


@cache
def _endings(code: str) -> Sequence[str]:
    listed = words_in(code, TABLE, "endings") | words_in(code, "endings", "endings")
    return sorted(map(scripts.fold, listed), key=lambda ending: (-len(ending), ending))


@cache
def _light(code: str) -> frozenset[str]:
    """Return the verbs of any value, and those that say only that somebody has something."""
    listed = words_in(code, TABLE, "light") | words_in(code, "slots", "have")
    return frozenset(map(scripts.fold, listed))


@cache
def _opposites(code: str) -> Mapping[str, tuple[int, int]]:
    return {
        scripts.fold(word): found
        for word, found in exclusive_in(code, "slots", "opposites").items()
    }


@cache
def _places(code: str) -> frozenset[str]:
    listed = words_in(code, "slots", "place") | words_in(code, TABLE, "places")
    return frozenset(map(scripts.fold, listed - words_in(code, TABLE, "links")))
