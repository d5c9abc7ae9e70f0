"""Numerals: numbers in one form, whether they were said in digits or as a word."""

import re

NUMBER_WORDS = (  # "one" is left out: it is a pronoun more often than a number
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()

_NUMBER_OF = {word: str(i) for i, word in enumerate(NUMBER_WORDS, start=2)}
_THOUSANDS = re.compile(r"[,.](?=\d{3}\b)")


def is_number(word: str) -> bool:
    """Tell whether a word, without capital letters, stands for a number."""
    return word[:1].isdigit() or word in _NUMBER_OF


def digits(number: str) -> str:
    """Return a number in one form: "1,000" as "1000", "07" as "7", "five" as "5"."""
    plain = _THOUSANDS.sub("", _NUMBER_OF.get(number, number))
    return plain.lstrip("0") or "0"
