"""Find that a thing lasts longer or shorter now: "three-week sprints" for "two weeks long".

A length may be an adjective. The numbers, units and verbs are data (section "lasting" of
`core/text/languages`): `units` are patterns, one a unit of time, and the last one is storeys;
`adjectives` are the same as parts of a word. Both facts have to name the same thing, and nothing
else. The age of a person is no length.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import section, words_in
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import UNSPACED, codes_of, has_one, is_open, named_in, pattern_of

LONG = 400  # characters of two texts that are no facts
_TABLE = "lasting"


class _Length(NamedTuple):
    """A number of a unit, and the words for the thing of that length."""

    value: tuple[str, int]
    thing: Sequence[str]


def lasts_otherwise(known: str, new: str) -> bool:
    """Return True if a new fact gives another length of a thing of a known one."""
    if len(known) + len(new) > LONG:
        return False
    return any(_lasts_otherwise(known, new, code) for code in codes_of(known, new))


def _lasts_otherwise(known: str, new: str, code: str) -> bool:
    other = _length(unquoted(new), code)
    one = _length(unquoted(known), code) if other is not None else None
    if one is None or other is None or one.value == other.value:
        return False
    if is_open(unquoted(new), code) or is_open(unquoted(known), code):
        return False
    if code in UNSPACED:
        return "".join(one.thing) == "".join(other.thing) != ""
    covers = all(has_one(one.thing, word, code) for word in other.thing)
    return bool(other.thing) and covers and all(has_one(other.thing, w, code) for w in one.thing)


@lru_cache(maxsize=8_192)
def _length(text: str, code: str) -> _Length | None:
    """Return the only length that a text gives, or None."""
    if not any(map(str.isdigit, text)) and not _names_number(text, code):
        return None
    plain = in_digits(text, code)
    plain = pattern_of(code, _TABLE, "onward").sub(" ", plain)
    found = [
        (match, i, is_adjective)
        for is_adjective, patterns in (
            (True, _units(code, "adjectives")),
            (False, _units(code, "units")),
        )
        for i, pattern in enumerate(patterns)
        for match in pattern.finditer(plain)
    ]
    if not found or len({(match["n"].casefold(), i) for match, i, _ in found}) > 1:
        return None
    match, unit, is_adjective = found[0]
    lasts = pattern_of(code, _TABLE, "lasts")
    rest = plain[: match.start()] + " " + plain[match.end() :]
    if not is_adjective and lasts.search(rest) is None:
        return None
    rest = lasts.sub(" ", rest)
    if pattern_of(code, "requests", "kin").search(rest.casefold()):
        return None
    light = words_in(code, _TABLE, "light")
    thing = [word for word in named_in(rest, code) if scripts.fold(word) not in light]
    return _Length((_numbers(code).get(match["n"].casefold(), match["n"]), unit), thing)


def _names_number(text: str, code: str) -> bool:
    """Return True if a text has a word for a number, also as a part: "dreiwöchig"."""
    folded = text.casefold()
    return any(word in folded for word in _numbers(code))


@cache
def _units(code: str, key: str) -> Sequence[re.Pattern[str]]:
    numbers = sorted(_numbers(code), key=lambda word: (-len(word), word))
    number = "|".join(map(re.escape, numbers)) or "(?!)"
    border = "" if code in UNSPACED else r"(?<!\w)"
    joint = r"[\s-]?(?:of )?" if key == "units" else r"[\s-]?"
    return [
        re.compile(rf"{border}(?P<n>\d{{1,3}}|{number}){joint}(?:{unit})", re.IGNORECASE)
        for unit in section(code, _TABLE).get(key, ())
    ]


@cache
def _numbers(code: str) -> dict[str, str]:
    """Return the words for numbers, each with its digits."""
    listed = words_in(code, "slots", "numbers") | words_in(code, _TABLE, "numbers")
    return {word.casefold(): digits for word, _, digits in (one.partition("=") for one in listed)}
