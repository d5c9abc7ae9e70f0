"""Names: when two of them are the same, and which ones a text may hold. Pure.

Whatever is in doubt stays two: to take two people for one tells lies about both, while two nodes
for one thing only hide a path.
"""

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher

from litemem.core.text.words import MAX_WORDS

LONGEST = 4  # words of a name that is looked for in a query
SPELT_ALIKE = 0.5  # of two names' letters, by difflib; "Sara" and "Sarah" have 0.89

_ARTICLES = frozenset(["the", "a", "an"])
# a word keeps the marks inside it ("ci.yml", "10:30") and those that C++ and C# end on
_WORD = re.compile(r"\w+(?:[.,:/@&'’\-]\w+)*[+#]*")
_POSSESSIVE = re.compile(r"['’]s?$")
_ACCENTS = re.compile(r"[\u0300-\u036f]")  # not the vowel signs of Indian scripts, nor dakuten


def form(name: str) -> str:
    """Return what two spellings of one name share: no case, accents, article, possessive.

    A name without a letter or a digit is its own form.
    """
    words = _words(name)
    return " ".join(words) or " ".join(name.split())


def forms_in(text: str) -> list[str]:
    """Return the forms of all names that `text` may hold: each run of up to `LONGEST` words."""
    words = _words(text, keep_article=True)[:MAX_WORDS]
    return list(dict.fromkeys(_runs(words)))


def may_be_one(one: str, other: str) -> bool:
    """Tell whether two names, whose vectors are near, may name one thing.

    They may when they are no proper names and differ by a plural, or share no word and are not
    spelt alike: "NYC" and "New York City". They may not when one only adds to the other ("York",
    "New York"), one word stands for another ("left knee", "right knee"), they differ in a number,
    or they are proper names that differ by a few letters.
    """
    first, second = form(one).split(), form(other).split()
    if _differ_by_plural(first, second):
        return not (_is_proper(one) or _is_proper(other))  # William and Williams are two
    if set(first) & set(second) or _numbers(first) != _numbers(second):
        return False
    return not (_is_proper(one) and _is_proper(other) and _are_spelt_alike(one, other))


def _words(text: str, *, keep_article: bool = False) -> list[str]:
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    folded = unicodedata.normalize("NFKC", plain).casefold()
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(folded)]
    if not keep_article and len(words) > 1 and words[0] in _ARTICLES:
        return words[1:]
    return words


def _runs(words: list[str]) -> Iterator[str]:
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            yield " ".join(words[start:end])


def _differ_by_plural(first: list[str], second: list[str]) -> bool:
    if len(first) != len(second):
        return False
    pairs = zip(first, second, strict=True)
    return all(a == b or _is_plural(a, b) or _is_plural(b, a) for a, b in pairs)


def _is_plural(many: str, one: str) -> bool:
    return len(one) >= 3 and many in (one + "s", one + "es")


def _numbers(words: list[str]) -> set[str]:
    return {word for word in words if any(letter.isdigit() for letter in word)}


def _is_proper(name: str) -> bool:
    return any(word[0].isupper() for word in name.split())


def _are_spelt_alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, form(one), form(other)).ratio() >= SPELT_ALIKE
