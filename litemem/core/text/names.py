"""The normal form of an entity's name, and when two names may mean one entity.

In doubt two names stay two: one node for two people states falsehoods about both, while two nodes
for one thing only hide a path.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from litemem.core.text import vocabulary
from litemem.core.text.scripts import fold
from litemem.core.text.words import MAX_WORDS

LONGEST = 4  # words of a name that is searched in a query
SPELT = 100  # characters of a name that are compared: `difflib` may take the cube of a longer one
SPELT_ALIKE = 0.5  # of two names' letters, by difflib; "Sara" and "Sarah" have 0.89

_ARTICLES = vocabulary.words_of_all("search", "articles")
# A word keeps its inner marks ("ci.yml", "10:30") and those that C++ and C# end on. Files store
# these forms, so the pattern is not that of `words.tokens`, and may not change.
_WORD = re.compile(r"\w+(?:[.,:/@&'’\-]\w+)*[+#]*")
_POSSESSIVE = re.compile(r"['’]s?$")
_ENDINGS = ("'s", "’s", "s'", "s", "n")  # that a name takes in a sentence


def form(name: str) -> str:
    """Return a name without case, accents, article and possessive.

    A name without a letter or a digit is returned unchanged.
    """
    words = _words(name)
    return " ".join(words) or " ".join(name.split())


def forms_in(text: str) -> list[str]:
    """Return the forms of all names that may be in `text`: each run of up to `LONGEST` words."""
    words = _words(text, keep_article=True)[:MAX_WORDS]
    return list(dict.fromkeys(_runs(words)))


def may_be_one(one: str, other: str) -> bool:
    """Return True if two names with near vectors may mean one thing.

    They may if they are not proper names and differ by a plural, or share no word and are not
    spelt alike: "NYC" and "New York City". They may not if one only adds to the other ("York",
    "New York"), one word replaces another ("left knee", "right knee"), a number differs, or both
    are proper names that differ by a few letters.
    """
    first, second = form(one).split(), form(other).split()
    if _differ_by_plural(first, second):
        return not (_is_proper(one) or _is_proper(other))  # William and Williams are two
    if set(first) & set(second) or _numbers(first) != _numbers(second):
        return False
    return not (_is_proper(one) and _is_proper(other) and _are_spelt_alike(one, other))


def without_ending(name: str) -> str:
    """Return a folded word without the ending that a name takes in a sentence: "cam's"."""
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 3:
            return name[: -len(ending)]
    return name


def _words(text: str, *, keep_article: bool = False) -> list[str]:
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(fold(text))]
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
    letters = SequenceMatcher(None, form(one)[:SPELT], form(other)[:SPELT])
    return letters.ratio() >= SPELT_ALIKE
