"""Find that somebody or something has another name: "we renamed the dog, he's Bruno now".

Both statements name the same person or thing, and the new one says that the name changed, or was
wrong. How a language says so is data (section "renamed" of `core/text/languages`): `named` reads
a thing and its name in a known fact; `changed` is a mark, and `name` finds the new name.
In doubt, as about another person's dog, nothing ends.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import section, words_in
from litemem.core.text.phrases import names_user
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import (
    UNSPACED,
    asks,
    codes_of,
    folded_in,
    is_light,
    matches,
    pattern_of,
    plain_words,
)
from litemem.ingestion.stated_values import has_form
from litemem.ingestion.updates import persons_in, without_marks

LONG = 400  # characters of two texts that are no facts
SPELT = 2  # letters by which a name is spelled, at most
ALIKE = 0.6  # of two names, if one may be the other, misspelled
_TABLE = "renamed"


def is_renamed(known: str, new: str) -> bool:
    """Return True if a new fact gives who or what a known one names another name."""
    if len(known) + len(new) > LONG or asks(new):
        return False
    return any(_is_renamed(unquoted(known), unquoted(new), code) for code in codes_of(known, new))


def _is_renamed(known: str, new: str, code: str) -> bool:
    if not matches(new, code, _TABLE, "changed"):
        return False
    for named in _patterns(code, "named"):
        one = named.match(known.rstrip(".! "))
        if one is None:
            continue
        if persons_in(new, code) - persons_in(known, code):
            return False
        thing, value = _words(one["thing"], code), one["name"]
        return any(_is_of(thing, value, new, name, code) for name in _names(new, code))
    return False


def _is_of(thing: Sequence[str], value: str, new: str, name: str, code: str) -> bool:
    """Return True if a name is another, and the rest of its text names the known thing."""
    if scripts.fold(name) == scripts.fold(value) or scripts.fold(value) in scripts.fold(name):
        return False
    plain = pattern_of(code, "updates", "aside").sub(" ", new)  # "because next door has a Rex"
    rest = _words(without_marks(plain, code).replace(name, " ").replace(value, " "), code)
    others = [word for word in rest if not has_form(thing, word, code)]
    if not any(len(word) > SPELT for word in rest):  # "it's Stephen, with a ph"
        likeness = SequenceMatcher(a=scripts.fold(value), b=scripts.fold(name)).ratio()
        if likeness >= ALIKE:
            return True
    if not thing:  # the user's own name
        return not others and pattern_of(code, _TABLE, "own").search(new) is not None
    is_named = has_form(rest, thing[-1] if _is_last(code) else thing[0], code)
    return is_named and not others


@lru_cache(maxsize=4_096)
def _names(new: str, code: str) -> Sequence[str]:
    return list(_names_in(new, code))


def _names_in(new: str, code: str) -> Iterator[str]:
    for pattern in _patterns(code, "name"):
        for found in pattern.finditer(new):
            yield found["name"].strip(" .")


def _words(text: str, code: str) -> list[str]:
    """Return the words of a text that name something, without those for a name or its change."""
    if code in UNSPACED:
        plain = _light_signs(code).sub(" ", text)
        return [part for part in re.split(r"[\s，。、！,.;:]+", plain) if part]
    words = plain_words(text)
    return [word for word in words if not _names_nothing(word, code)]


@cache
def _light_signs(code: str) -> re.Pattern[str]:
    listed = words_in(code, _TABLE, "light") | words_in(code, "slots", "user")
    either = map(re.escape, sorted(listed, key=lambda word: (-len(word), word)))
    return re.compile("|".join(either) or "(?!)")


@cache
def _is_last(code: str) -> bool:
    return section(code, "updates").get("head") != "first"


@cache
def _patterns(code: str, key: str) -> Sequence[re.Pattern[str]]:
    return [re.compile(each, re.IGNORECASE) for each in section(code, _TABLE).get(key, ())]


@lru_cache(maxsize=16_384)
def _names_nothing(word: str, code: str) -> bool:
    """Return True if a word names nothing; a school or a doctor has a name."""
    folded = scripts.fold(word)
    if folded in folded_in(code, _TABLE, "light"):
        return True
    is_kin = pattern_of(code, "requests", "kin").fullmatch(word.casefold()) is not None
    is_thing = is_kin or folded in folded_in(code, _TABLE, "things")
    return (is_light(word, code) or names_user(word, code)) and not is_thing
