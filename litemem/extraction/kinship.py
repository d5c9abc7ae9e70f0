"""Kinship: words that tell of the same relative, and those that give nobody a gender. English.

A small model tells "my kids Leo and Ana" as a son and a daughter, "my wife" as being married.
"""

import re
from collections.abc import Iterable

from litemem.core.text.words import words

_SAID_BY = {  # a word: others that say as much
    "married": "wife husband spouse",
    "spouse": "wife husband married",
    "child": "children kid kids son sons daughter daughters boy boys girl girls",
    "son": "sons boy boys",
    "daughter": "daughters girl girls",
    "mother": "mom mum mam mama mommy mummy",
    "father": "dad papa daddy",
    "parent": "parents mother father mom mum mam mama mommy mummy dad papa daddy",
    "brother": "brothers",
    "sister": "sisters",
    "sibling": "siblings brother brothers sister sisters",
    "grandmother": "grandma gran granny nana",
    "grandfather": "grandpa grandad granddad",
    "grandchild": "grandchildren grandkid grandkids grandson granddaughter",
    "partner": "boyfriend girlfriend fiance fiancee fiancé fiancée",
}
_GENERAL = {  # a word that tells a gender: the one that tells none
    "son": "child",
    "daughter": "child",
    "wife": "spouse",
    "husband": "spouse",
    "mother": "parent",
    "father": "parent",
    "brother": "sibling",
    "sister": "sibling",
    "grandson": "grandchild",
    "granddaughter": "grandchild",
    "boyfriend": "partner",
    "girlfriend": "partner",
}
_PLURALS = {"child": "children", "grandchild": "grandchildren"}
_GENDERED = re.compile(rf"\b(?P<word>{'|'.join(_GENERAL)})(?P<s>s?)\b")


def alike(word: str) -> list[str]:
    """Return the words that say as much as a word for a relative: "wife" for "married"."""
    singular = word.removesuffix("s")
    return [singular, *_SAID_BY.get(singular, "").split()] if singular in _SAID_BY else []


def without_guesses(fact: str, said: Iterable[str]) -> str:
    """Return a fact without genders of relatives that nobody gave: "child" where kids were said.

    Where no more general word was said either, the fact stays as it is.
    """
    told = {word for text in said for word in words(text)}

    def general(match: re.Match[str]) -> str:
        word, neutral = match["word"], _GENERAL[match["word"]]
        is_guess = told.isdisjoint((word, *alike(word)))
        if not (is_guess and told.intersection((neutral, *alike(neutral)))):
            return match.group()
        return _PLURALS.get(neutral, f"{neutral}s") if match["s"] else neutral

    return _GENDERED.sub(general, fact)
