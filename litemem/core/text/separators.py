"""Patterns of words that a text parts: "LH 441" for "lh441", "+49 170 …" for "0170…", "wi-fi"."""

import re

LONGEST = 40  # letters of a word
NUMBER = 7  # digits of a number that is written in groups of any length, at least
PHONE = 9  # digits of a number that may have a prefix or its country's code, at least
SUBSCRIBER = 8  # last digits of it, which every way of writing it has

_BEFORE_DIGITS = re.compile(r"\A[^\W\d_]{4,40}(?=\d)")
_SIGN = re.compile(r"(?<=\w)[^\w\s](?=\w)")


def parted(number: str) -> re.Pattern[str] | None:
    """Return a pattern of a folded word with digits as folded texts part it, or None.

    Parts have spaces between them there: "lh 441", "1 250". A long number may have other digits
    before its last ones: "+49 170 …" and "0170 …".
    """
    if not number.isdigit():
        return spaced(number) if len(number) > 2 else None
    if len(number) >= PHONE:
        return spaced(number[-SUBSCRIBER:], begin="")
    if len(number) >= NUMBER:
        return spaced(number)
    return re.compile(f" {number[:-3]} {number[-3:]} ") if len(number) > 3 else None


def may_be_parted(word: str, text: str) -> bool:
    """Return False if a folded text surely does not part a word with digits.

    A word before digits is not parted: "room" of "room12". To look for it takes a hundredth of the
    time of the pattern.
    """
    match = _BEFORE_DIGITS.match(word)
    return match is None or f" {match[0]} " in text


def spaced(word: str, *, begin: str = " ") -> re.Pattern[str]:
    """Return a pattern of a word with spaces between any of its letters."""
    return re.compile(f"{begin}{' {0,2}'.join(map(re.escape, word[:LONGEST]))} ")


def without_signs(text: str) -> str:
    """Return a text without signs between letters: "obrien" for "o'brien"."""
    return _SIGN.sub("", text)
