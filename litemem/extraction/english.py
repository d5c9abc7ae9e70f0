"""Ages: how old somebody is, which people tell in fewer words than a fact does. English."""

import re
from collections.abc import Iterable

from litemem.core.text.numerals import NUMBER_WORDS, digits
from litemem.core.text.words import words

_IN_FACT = re.compile(r"\byears? old\b|\baged (?=\d)", re.IGNORECASE)
_NUMBER = rf"\b(?:\d{{1,3}}|{'|'.join(NUMBER_WORDS)})\b"
_NUMBERS = re.compile(_NUMBER, re.IGNORECASE)
_OF_AGE = frozenset("old age aged birthday born turning turned turns".split())
# "I'm 34 and", "who is 91,", "they are 4 and 7."; not "it's 5", "I'm 5 minutes late", "is 3:42"
_TOLD = re.compile(
    r"(?<!\bit)(?<!\bthat)(?<!\bthere)(?<!\btime)"
    r"(?:\s(?:am|is|are|was|were)|['’](?:m|s|re))\s(?:(?:only|just|now|already|almost)\s)?"
    rf"(?P<ages>{_NUMBER}(?:(?:, | and |, and ){_NUMBER})*)"
    r"(?=\s*(?:$|[.,;!?)](?!\d)|(?:and|but|so|now|already|who)\b))",
    re.IGNORECASE | re.MULTILINE,
)


def is_guessed(fact: str, said: Iterable[str]) -> bool:
    """Tell whether a fact gives an age where nobody spoke of one.

    That a number was said at all is for others to look at; "a nurse for ten years" is no age.
    """
    if _IN_FACT.search(fact) is None:
        return False
    text = "\n".join(said)
    if not _OF_AGE.isdisjoint(words(text)):
        return False
    told = {digits(age.casefold()) for ages in _TOLD.finditer(text) for age in _ages(ages)}
    return told.isdisjoint(digits(match.casefold()) for match in _NUMBERS.findall(fact))


def _ages(told: re.Match[str]) -> list[str]:
    return _NUMBERS.findall(told["ages"])
