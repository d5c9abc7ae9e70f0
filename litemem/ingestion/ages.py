"""Find that somebody is older than a known fact says: "Ella's seven already", "the big three-oh".

How a language tells an age is data (section "ages" of `core/text/languages`): `known` is a fact
with an age or a decade, `says` has the ways to say a new one; `who` is the person, or nobody for
the user. An age that is less, or much more, ends nothing.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from litemem.core.text.lexicon import section, words_in
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import asks, codes_of, has_one, is_open, named_in, pattern_of
from litemem.ingestion.stated_values import digits_of

LONG = 400  # characters of two texts that are no facts
MOST = 12  # years that somebody is older than a known fact says, at most
DECADE = 9  # years from the first to the last age of "in their thirties"
_TABLE = "ages"
_DIGITS = re.compile(r"\d{1,3}")


def has_aged(known: str, new: str) -> bool:
    """Return True if a new fact tells a higher age of the person of a known fact."""
    if len(known) + len(new) > LONG or asks(new):
        return False
    return any(_has_aged(unquoted(known), unquoted(new), code) for code in codes_of(known, new))


def _has_aged(known: str, new: str, code: str) -> bool:
    state = pattern_of(code, _TABLE, "known").match(known.strip(" .!"))
    if state is None:
        return False
    age, last = _age_in(state, code)
    return age > 0 and any(
        last < told <= last + MOST and _is_of(state["who"], who, code)
        for who, told in _told(new, code)
    )


def _age_in(state: re.Match[str], code: str) -> tuple[int, int]:
    """Return the first and the last age that a known fact may mean."""
    age = number_of(state["age"] or "", code)
    first = number_of(state["decade"] or "", code)
    return (first, first + DECADE) if first else (age, age)


@lru_cache(maxsize=4_096)
def _told(new: str, code: str) -> tuple[tuple[str, int], ...]:
    return tuple(_find(new, code))


def _find(new: str, code: str) -> Iterator[tuple[str, int]]:
    """Yield the ages that a text tells, each with the words for the person."""
    if is_open(new, code):
        return
    for written in section(code, _TABLE).get("says", ()):
        for match in _compiled(str(written)).finditer(new):
            if age := number_of(match["age"], code):
                yield (match["who"] or "").strip(), age


@cache
def _compiled(written: str) -> re.Pattern[str]:
    return re.compile(written, re.IGNORECASE)


def number_of(text: str, code: str) -> int:
    """Return a number in digits or words, or 0."""
    plain = text.casefold().strip()
    if found := _DIGITS.match(plain):
        return int(found[0])
    named = _named_ages(code).get(plain) or digits_of(plain, code)
    if named:
        return int(named)
    tens, _, ones = plain.replace("-", " ").partition(" ")
    parts = [_named_ages(code).get(part) or digits_of(part, code) for part in (tens, ones)]
    return sum(map(int, parts)) if all(parts) else 0


@cache
def _named_ages(code: str) -> Mapping[str, str]:
    """Return words for ages with their digits: "teenager", "three-oh", "thirties", "90th"."""
    pairs = (each.partition("=") for each in words_in(code, _TABLE, "numbers"))
    return {word.replace("_", " "): digits for word, _, digits in pairs}


def _is_of(known: str, told: str, code: str) -> bool:
    """Return True if two texts name one person or animal, or both the user."""
    own = pattern_of(code, _TABLE, "self")
    is_user = [own.fullmatch(text.strip()) is not None for text in (known, told)]
    if any(is_user):
        return all(is_user)
    one, other = (_alike(text, code) for text in (known, told))
    return bool(other) and all(has_one(one, word, code) for word in other)


def _alike(text: str, code: str) -> list[str]:
    """Return the words that name somebody, one for each relation: "gran" is "grandmother"."""
    words = [word.casefold() for word in named_in(text, code)]
    pairs = (each.partition("=") for each in words_in(code, _TABLE, "alike"))
    listed = {word: one for word, _, one in pairs}
    return [listed.get(word, word) for word in words]
