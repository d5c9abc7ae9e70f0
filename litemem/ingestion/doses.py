"""Find that somebody changes a dose or a pay: "the doctor put my levothyroxine up to 75".

So does another number of times a day or a week for the same thing: "only once a day now".

The statement names the substance, or only the dose, and the new value. Words for a change, for who
makes it and for a dose are data (sections "measures" and "doses" of `core/text/languages`). A
difference is no value: "up by 25". In doubt, as about the dose of another person, nothing ends.
"""

import re
from collections.abc import Sequence

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import words_in
from litemem.core.text.phrases import Words
from litemem.core.text.scripts import HAN, KANA
from litemem.core.text.statements import unquoted
from litemem.ingestion.measures import are_in_one_unit
from litemem.ingestion.naming import (
    UNSPACED,
    codes_of,
    has_one,
    is_open,
    matches,
    named_in,
    pattern_of,
)

LONG = 400  # characters of two texts that are no facts
_TABLE = "doses"
_AMOUNT = re.compile(
    rf"[$€£¥₹]?(\d+(?:[.,]\d+)*) ?(k\b|(?:[^\W\d_](?<![{HAN}{KANA}])){{0,20}}|[$€£¥₹%])",
    re.IGNORECASE,
)
_REMOVED = ("changes", "takes", "dose", "pay", "me")  # words that name nothing
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")
_THOUSAND = 1_000


def is_dosed(known: str, new: str) -> bool:
    """Return True if a new fact gives another dose or pay in place of that of a known one."""
    if len(known) + len(new) > LONG:
        return False
    said = unquoted(known), unquoted(new)
    return any(
        _is_dosed(*said, each) or _is_taken_anew(*said, each) for each in codes_of(known, new)
    )


def _is_taken_anew(known: str, new: str, code: str) -> bool:
    """Return True if a thing is taken or done another number of times a day or a week now."""
    one = _often(known, code)
    other = one and _often(new, code)
    if not one or not other or one[0] != other[0] or one[1] == other[1]:
        return False
    if is_open(new, code) or is_open(known, code) or not matches(new, code, _TABLE, "lately"):
        return False
    kin = pattern_of(code, "requests", "kin")
    if set(kin.findall(known.casefold())) != _relatives(new, code):
        return False
    often = pattern_of(code, _TABLE, "often")
    rest, things = (_rest(often.sub(" ", text), code) for text in (known, new))
    return bool(rest) and _hold(things, rest, code)


def _often(text: str, code: str) -> tuple[str, int] | None:
    """Return "day" or "week" and how many times, or None."""
    match = pattern_of(code, _TABLE, "often").search(text)
    if match is None:
        return None
    values = dict(each.split("=") for each in words_in(code, _TABLE, "times"))
    number = match["n"].casefold()
    digits = "".join(sign for sign in number if sign.isdigit())
    times = digits or next((v for word, v in values.items() if number.startswith(word)), "0")
    return ("day" if match["day"] else "week"), int(times)


def _is_dosed(known: str, new: str, code: str) -> bool:
    if not (_has_digit(known) and _has_digit(new)) or not _changes(new, code):
        return False
    if is_open(new, code) or is_open(known, code) or not are_in_one_unit(known, new, code):
        return False
    one, other = _amounts(known, code), _amounts(new, code)
    if len(one) != 1 or not 0 < len(other) <= 2 or pattern_of(code, "measures", "by").search(new):
        return False
    if one[0][0] == other[-1][0] or (len(other) > 1 and other[0][0] != one[0][0]):
        return False
    kin = pattern_of(code, "requests", "kin")
    if set(kin.findall(known.casefold())) != _relatives(new, code):
        return False
    rest, things = _rest(new, code), _rest(known, code)
    if pattern_of(code, _TABLE, "pay").search(known):
        is_pay = pattern_of(code, _TABLE, "pay").search(new) or pattern_of(
            code, _TABLE, "me"
        ).search(new)
        return bool(is_pay) and all(has_one(things, word, code) for word in rest)
    if pattern_of(code, _TABLE, "takes").search(known) is None:
        return False
    is_named = bool(rest) and _hold(things, rest, code)
    is_dose = pattern_of(code, _TABLE, "dose").search(new) is not None
    return is_named or (not rest and is_dose)


def _changes(text: str, code: str) -> bool:
    return matches(text, code, "measures", "rises") or matches(text, code, _TABLE, "changes")


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _relatives(text: str, code: str) -> set[str]:
    """Return the relatives that a text names; without those who change a dose."""
    kin = pattern_of(code, "requests", "kin").findall(text.casefold())
    changers = _changers(code)
    return {word for word in kin if not changers.has(word)}


def _amounts(text: str, code: str) -> list[tuple[float, str]]:
    """Return the numbers of a text with their units; thousands are written out."""
    plain = pattern_of(code, _TABLE, "dates").sub(" ", in_digits(text, code))
    found = []
    for match in _AMOUNT.finditer(plain):
        digits = _THOUSANDS.sub("", match[1]).replace(",", ".")
        value = float(digits) if digits.count(".") < 2 else 0.0
        found.append((value * (_THOUSAND if match[2].casefold() == "k" else 1), match[2]))
    return found


def _rest(text: str, code: str) -> list[str]:
    """Return the words of a text but those of its value, its change and who makes it."""
    plain = pattern_of(code, _TABLE, "dates").sub(" ", in_digits(text, code))
    keys = (*((_TABLE, key) for key in _REMOVED), ("measures", "rises"))
    for table, key in keys:
        pattern = pattern_of(code, table, key)  # "put my dose up" has what it changes inside
        plain = pattern.sub(lambda found: found[0] if found[0].count(" ") > 1 else " ", plain)
    plain = _AMOUNT.sub(" ", plain)
    light = words_in(code, _TABLE, "light") | words_in(code, "measures", "light")
    listed, units = frozenset(map(scripts.fold, light)), words_in(code, "slots", "unit")
    changers = _changers(code)
    if code in UNSPACED:
        for word in sorted((*changers.whole, *light, *units), key=len, reverse=True):
            plain = plain.replace(word, " ")
        return named_in(plain, code)
    words = named_in(plain, code)
    return [
        word
        for word in words
        if scripts.fold(word) not in listed | units and not changers.has(word.casefold())
    ]


def _changers(code: str) -> Words:
    keys = (
        ("measures", "changers"),
        ("slots", "doctor"),
        ("slots", "changer"),
        (_TABLE, "changers"),
    )
    listed = frozenset[str]().union(*(words_in(code, table, key) for table, key in keys))
    return Words(" ".join(sorted(listed)), is_joined=code in UNSPACED)


def _hold(things: Sequence[str], rest: Sequence[str], code: str) -> bool:
    if code in UNSPACED:
        return all(any(word in thing or thing in word for thing in things) for word in rest)
    return all(has_one(things, word, code) for word in rest)
