"""Find that a statement marks a new value of what a known fact tells: "the host is db2 now".

A mark says that something changed: "now", "down to", "upgraded to". How a language says so is data
(section "updates" of `core/text/languages`); the words for "now" of its slots are marks too. Beside
the mark, both have to name the same thing, and give it other values of one kind: a day, a time, a
number of a unit, how often, a version, a code, a place, a name. In doubt nothing ends: where the
new statement names something more, or the known one much more.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import ENGLISH, exclusive_in, pattern_in, section, words_in
from litemem.core.text.phrases import names_user, phrases, words_with_case
from litemem.core.text.statements import VERB_LAST, unquoted
from litemem.core.text.words import NUMBER_WORDS
from litemem.ingestion.naming import (
    UNSPACED,
    asks,
    codes_of,
    is_light,
    is_one,
    is_open,
    matches,
    named_in,
    pattern_of,
)
from litemem.ingestion.rescheduled import day_of, days_of, values_in

LONG = 400  # characters of two texts that are no facts
EXTRA = 2  # words of a known fact that neither name the thing nor its value
HOLDER = 3  # words in which a person is named: "User's daughter Jo"
SUBJECT = 2  # words that may name what a statement is about
OF = "number of "  # a word, behind which it stands
BARE = "number "  # a kind of value: a number without a unit
UNIT = "unit "
OFTEN = "often"
PLACE = "place"  # a kind of value, which may also tell the thing: "in the team"
STEM = 3  # letters that the forms of a word for what is counted share
NAMES = 3  # words of a name or a place that is a value
_TABLE = "updates"
JOINED = (*UNSPACED, "ko")  # in which a number is written together with what it counts
_TIMES = frozenset(["day", "clock"])
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
class _Statement:
    """The words of a statement that name something, and its values by their kind."""

    words: Sequence[str]
    values: Mapping[str, frozenset[str]]
    of_values: frozenset[str]  # the folded words of the values
    subject: Sequence[str]  # first words that name what it is about, if not about the user
    code: str


def is_updated(known: str, new: str, before: str | None = None) -> bool:
    """Return True if a new fact marks another value of the thing that a known one tells.

    `before` is the text before the new fact, which names the thing if the fact does not: "Two
    people left, so we're 12 now".
    """
    if len(known) + len(new) > LONG or asks(new):
        return False
    return any(
        _is_updated(known, new, before or "", code)
        for code in codes_of(known, new)
        if matches(unquoted(new), code, _TABLE, "renewed", "changed", "gets", "holds")
        or _marks(code).search(new) is not None
        or matches(new, code, _TABLE, "one")
    )


def _is_updated(known: str, new: str, before: str, code: str) -> bool:
    said = unquoted(known).rstrip(".! ")
    one = pattern_of(code, _TABLE, "is").match(said)  # "plan" may be a thing
    if _is_unsure(one["value"] if one else said, code) or _are_of_others(said, unquoted(new), code):
        return False
    if pattern_in(code, "rescheduled", "past").search(said):
        return False
    k = _read(said, code)
    whole = f"{before} {unquoted(new)}"
    if any(_has_other_value(k, clause, whole, code) for clause in _marked(unquoted(new), code)):
        return True
    return _is_renewed(said, unquoted(new).rstrip(".! "), code)


def _marked(text: str, code: str) -> Iterator[str]:
    """Yield the clauses of a text that have a mark, without it."""
    text = pattern_in(code, "endings", "is_short").sub(" is ", text)
    text = pattern_of(code, _TABLE, "one").sub(lambda one: f" | {one['verb'] or ''}1", text)
    text = pattern_of(code, _TABLE, "joint").sub(". ", text)
    for clause in _clause_ends(code).split(text):
        if clause and (" | " in clause or _marks(code).search(clause)):
            plain = pattern_of(code, _TABLE, "leading").sub("", clause)
            rest = _marks(code).sub(" | ", plain)
            if not _is_unsure(rest, code):  # a mark may deny: "ne … plus que"
                yield rest


def _is_unsure(text: str, code: str) -> bool:
    """Return True if a text is open, apart from its times and rates: "om 10", "om dagen"."""
    return is_open(_times_and_rates(code).sub(" ", text), code)


def _has_other_value(k: _Statement, clause: str, whole: str, code: str) -> bool:
    n = _read(clause, code)
    changed = [kind for kind in n.values if _is_other(kind, k, n)]
    is_of_other = any(kind.startswith("opposite") for kind in n.values.keys() - k.values.keys())
    if not changed or is_of_other:  # "the second team"
        return False
    if len(changed) > 1 and not _TIMES.issuperset(changed):  # another meeting, with somebody else
        return False
    aside = words_in(code, _TABLE, "agents") | words_in(code, _TABLE, "generic")
    places = [place for place in n.values.get(PLACE, ()) if place in k.values.get(PLACE, ())]
    of_values = n.of_values.difference(*map(str.split, places))
    own = [word for word in n.words if scripts.fold(word) not in of_values | aside]
    shared = [word for word in own if _has_one(k.words, word, code)]
    if not own:  # "a fox took two hens, so I have four now"
        shared = [word for word in _named(whole, code) if _has_one(k.words, word, code)]
    is_named = any(word[:1].isupper() for word in shared)
    if k.subject and not (is_named or any(_has_one(shared, word, code) for word in k.subject)):
        return False
    gained = [word for word in own if word not in shared]
    lost = [
        word
        for word in k.words
        if not _has_one(n.words, word, code) and scripts.fold(word) not in k.of_values
    ]
    is_measured = all(kind == OFTEN or kind.startswith(BARE + UNIT) for kind in changed)
    is_bare = not own and len(lost) <= 1 and is_measured  # "I'm at 88 kilos"
    return (bool(shared) or is_bare) and not gained and len(lost) <= EXTRA


def _is_other(kind: str, k: _Statement, n: _Statement) -> bool:
    """Return True if two statements have other values of a kind; a bare number has any unit."""
    if kind == BARE:
        numbers = [kind for kind in k.values if kind.startswith(BARE)]
        return len(numbers) == 1 and k.values[numbers[0]].isdisjoint(n.values[kind])
    words = (scripts.fold(word)[:STEM] for word in k.words)
    if kind.startswith(OF) and kind not in k.values and kind[len(OF) :] in words:
        kind_k = BARE  # "locker number is 45", "locker 62"
    else:
        kind_k = kind
    values = k.values.get(kind_k, frozenset())
    is_one = bool(values) and (kind in _TIMES or len(values) == 1)  # not "at Nike and at Puma"
    return is_one and values.isdisjoint(n.values[kind])


def _is_renewed(known: str, new: str, code: str) -> bool:
    """Return True if a thing that is one of its kind is another: "the new boss is Amit".

    Also if a verb of change gives it another value: "changed the topic to wasps".
    """
    new = pattern_in(code, "endings", "is_short").sub(" is ", new)
    held, holds = (pattern_of(code, _TABLE, "holds").match(text) for text in (known, new))
    one = pattern_of(code, _TABLE, "is").match(known)
    if one and holds and _ends_with(one["thing"], holds["role"]) and holds["mark"]:
        is_single = holds["role"].casefold() in words_in(code, _TABLE, "singles")
        return is_single and holds["holder"] not in one["value"]
    if held and holds and held["role"] == holds["role"]:
        is_single = held["role"].casefold() in words_in(code, _TABLE, "singles")
        return is_single and held["holder"] != holds["holder"] and bool(holds["mark"])
    if one is None:
        return False
    kinds = _singles(code)
    things = _things(one["thing"], code)
    is_single = bool(things) and scripts.fold(things[_head(code)]) in kinds
    renewed = pattern_of(code, _TABLE, "renewed").match(new)
    if renewed is None and _marks(code).search(new):
        renewed = pattern_of(code, _TABLE, "is").match(" ".join(_marks(code).sub("", new).split()))
    if renewed is not None:
        others = _things(renewed["thing"], code)
        is_same = len(things) == len(others) and all(
            _is_one(*pair, code) for pair in zip(things, others, strict=True)
        )
        is_other = scripts.fold(one["value"]) != scripts.fold(renewed["value"])
        return is_single and is_same and is_other
    if is_single and (got := pattern_of(code, _TABLE, "gets").search(new)):
        return _is_newer(one["value"], got["value"])
    changed = pattern_of(code, _TABLE, "changed").search(new)
    if changed is None or is_open(new, code):
        return False
    thing = [w for w in things if scripts.fold(w) not in kinds]
    told = [w for w in _named(changed["thing"], code) if scripts.fold(w) not in kinds]
    value = named_in(changed["value"], code, with_days=True)
    is_of_thing = bool(told or thing) and all(_has_one(thing, word, code) for word in told)
    is_other = bool(value) and not all(
        _has_one(named_in(one["value"], code, with_days=True), w, code) for w in value
    )
    return is_of_thing and bool(told) and is_other and len(value) <= NAMES


def _things(text: str, code: str) -> Sequence[str]:
    """Return the words that name a thing of which there is one; elsewhere a doctor names none."""
    if code in UNSPACED:
        return _named(text, code)
    words = words_with_case(text)
    return [w for w in words if scripts.fold(w) in _singles(code) or not _is_light(w, code)]


def _ends_with(thing: str, role: str) -> bool:
    return thing.split()[-1].casefold() == role.casefold()


def _is_newer(known: str, new: str) -> bool:
    """Return True if two names differ by a number: "Pixel 6", "Pixel 9"."""
    one, other = known.split(), new.split()
    names = [[word.casefold() for word in each if not word.isdigit()] for each in (one, other)]
    return names[0] == names[1] and one != other and any(map(str.isdigit, new))


def _are_of_others(known: str, new: str, code: str) -> bool:
    """Return True if two texts are about other relatives, and no name is in both."""
    if _persons(known, code) == _persons(new, code):
        return False
    if _persons(new, code) - _persons(known, code):
        return True
    holder = named_in(" ".join(known.split()[:HOLDER]), code)
    names = [
        word for word in holder if word[:1].isupper() and _has_one(named_in(new, code), word, code)
    ]
    return not names


def _persons(text: str, code: str) -> frozenset[str]:
    """Return the relatives of a text; not the boss: there is one."""
    found = (match[0] for match in pattern_of(code, "requests", "kin").finditer(text.casefold()))
    return frozenset(word for word in found if word not in words_in(code, _TABLE, "singles"))


@lru_cache(maxsize=8_192)
def _read(text: str, code: str) -> _Statement:
    text = _spaced(text, code)
    values = {kind: frozenset(found) for kind, found in values_in(text, code).items()}
    if code in JOINED and (days := {day for word, day in days_of(code).items() if word in text}):
        values["day"] = frozenset(day for day in days if day.startswith("weekday"))
    plain = text
    often = {_often(match, code) for match in pattern_of(code, _TABLE, "often").finditer(text)}
    if often:
        values[OFTEN] = frozenset(often)
        plain = pattern_of(code, _TABLE, "often").sub(" ", text)
    words = _named(plain, code)
    of_values: set[str] = set()
    for kind, found in _typed(plain, code):
        values[kind] = values.get(kind, frozenset()) | {found}
        of_values.update(scripts.fold(part) for part in found.split())
    of_values.update(scripts.fold(word) for word in words if _is_value(word, code))
    return _Statement(words, values, frozenset(of_values), _subject(text, words, code), code)


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
    is_number = word[:1].isdigit() or bool(_digits(word, code))
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
    return _digits(number, code) or scripts.fold(number)


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
        number = _digits(word, code)
        before = tokens[i - 1].strip(".'’") if i else ""
        behind = tokens[i + 1].strip(".'’") if i + 1 < len(tokens) else ""
        is_clock = f"{number}:00" in clocks
        is_date = is_clock or any(near.casefold() in days_of(code) for near in (before, behind))
        if code in UNSPACED and number:
            is_named = before.isascii() and before.isalpha()
            unit = behind[:1] if behind.isalpha() and not _is_light(behind[:1], code) else ""
            yield f"{BARE}{f'of {scripts.fold(before)}' if is_named else unit}", number
        elif number and not (_YEAR.fullmatch(number) or is_date):
            is_counting = _is_counted(behind, code)
            owner = _APOSTROPHE.split(before)[0] if token[0].isdigit() else ""
            if is_counting or not owner or code in VERB_LAST or _is_light(owner, code):
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


def _digits(word: str, code: str) -> str:
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
    """Return True if a word behind a number may say what it counts: a unit, or what is named."""
    folded = scripts.fold(word)
    is_unit = any(each.has(folded) for each in phrases(code).units)
    return is_unit or (bool(folded) and not _is_light(word, code))


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
        if _is_light(word, code) and not found:
            continue
        if _digits(word, code) or day_of(word.casefold(), code):  # "on port 8080"
            return ""
        if _is_light(word, code):
            break
        found.append(word)
        if token.endswith((".", ",")):
            break
    return scripts.fold(" ".join(found[:NAMES]))


def _named(text: str, code: str) -> list[str]:
    """Return the words that name something, without the verbs of any value: "costs"."""
    if code in UNSPACED:
        parts = _signs(code).sub(lambda found: f" {found['one'] or ''} ", _spaced(text, code))
        return _NAMED.findall(parts)
    return [word for word in named_in(text, code) if not _is_light(word, code)]


@cache
def _signs(code: str) -> re.Pattern[str]:
    """Return what parts the names of a script without spaces; `one` is a name as a whole."""
    tables = (_TABLE, "light"), ("endings", "light"), ("slots", "user"), ("slots", "now")
    light = frozenset[str]().union(*(words_in(code, *each) for each in tables))
    either = [
        "|".join(sorted(map(re.escape, each), key=len, reverse=True))
        for each in (words_in(code, _TABLE, "singles"), {*light, *days_of(code)})
    ]
    return re.compile(rf"(?P<one>{either[0] or '(?!)'})|(?:{either[1] or '(?!)'})", re.IGNORECASE)


def _is_light(word: str, code: str) -> bool:
    return is_light(word, code) or scripts.fold(word) in _light(code)


def _has_one(words: Sequence[str], word: str, code: str) -> bool:
    return any(_is_one(word, other, code) for other in words)


def _is_one(word: str, other: str, code: str) -> bool:
    """Return True if two words may be forms of one, or are one without their endings."""
    if code in UNSPACED:
        return word == other or (len(word) > 1 and word in other)
    return is_one(word, other, code) or _bare(word, code) == _bare(other, code)


def _bare(word: str, code: str) -> str:
    """Return a folded word without the longest beginning and ending that its language lists."""
    folded = scripts.fold(word)
    beginnings = sorted(words_in(code, _TABLE, "beginnings"), key=len, reverse=True)
    first = next((one for one in beginnings if folded.startswith(one)), "")
    folded = folded[len(first) :] if len(folded) - len(first) >= STEM else folded
    least = 1 if "가" <= folded[:1] <= "힣" else STEM
    endings = (one for one in _endings(code) if folded.endswith(one))
    return next((folded.removesuffix(e) for e in endings if len(folded) - len(e) >= least), folded)


@cache
def _endings(code: str) -> Sequence[str]:
    listed = words_in(code, _TABLE, "endings") | words_in(code, "endings", "endings")
    return sorted(map(scripts.fold, listed), key=lambda ending: (-len(ending), ending))


@cache
def _singles(code: str) -> frozenset[str]:
    listed = words_in(code, "slots", "attributes") | words_in(code, _TABLE, "singles")
    return frozenset(map(scripts.fold, listed))


@cache
def _light(code: str) -> frozenset[str]:
    """Return the verbs of any value, and those that say only that somebody has something."""
    listed = words_in(code, _TABLE, "light") | words_in(code, "slots", "have")
    return frozenset(map(scripts.fold, listed))


@cache
def _head(code: str) -> int:
    """Return which word of a thing says what it is: the first one, or the last."""
    return 0 if section(code, _TABLE).get("head") == "first" else -1


@cache
def _times_and_rates(code: str) -> re.Pattern[str]:
    places = "|".join(map(re.escape, sorted(words_in(code, "slots", "place"))))
    rates = section(code, "measures").get("periods", ())
    return re.compile(
        "|".join([rf"\b(?:{places or '(?!)'}) (?=\d)", *map("(?:{})".format, rates)]), re.IGNORECASE
    )


@cache
def _clause_ends(code: str) -> re.Pattern[str]:
    """Return the pattern of what ends a clause: a sign, or a conjunction of the language."""
    joints = str(section(code, _TABLE).get("joints", "(?!)"))
    return re.compile(rf"[。！；，、،؛।]|(?<!\d)[.;!]\s|,\s|\s(?:{joints})\s", re.IGNORECASE)


@cache
def _opposites(code: str) -> Mapping[str, tuple[int, int]]:
    return {
        scripts.fold(word): found
        for word, found in exclusive_in(code, "slots", "opposites").items()
    }


@cache
def _places(code: str) -> frozenset[str]:
    listed = words_in(code, "slots", "place") | words_in(code, _TABLE, "places")
    return frozenset(map(scripts.fold, listed - words_in(code, _TABLE, "links")))


@cache
def _marks(code: str) -> re.Pattern[str]:
    """Return the pattern of what marks a change; "now" is a word of the slots."""
    listed = sorted(words_in(code, "slots", "now"), key=len, reverse=True)
    now = "|".join(re.escape(word.replace("_", " ")) for word in listed) or "(?!)"
    border = ("", "") if code in UNSPACED else (r"(?<!\w)", r"(?!\w)")
    own = str(section(code, _TABLE).get("marks", "(?!)"))
    return re.compile(rf"{border[0]}(?:{own}|{now}){border[1]}", re.IGNORECASE)
