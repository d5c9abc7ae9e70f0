"""The words and patterns of all languages that every search needs, from one file.

The files of `languages/` take 50 ms to read, `vocabulary.json` less than 1 ms. `lexicon` makes it:
for each language, by its code, it has the tables `TABLES` of the language's file and its English
`name`. For languages without a script of their own, `plain` has the plain words of all other
tables, by which `language` knows them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

FILE = resources.files("litemem.core.text") / "vocabulary.json"
TABLES = ("language", "search", "sentences", "numbers", "spans", "mail")
ENGLISH = "en"


@cache
def texts(table: str, key: str) -> Mapping[str, str]:
    """Return what languages list under a key of a table, by code: English first, then in order."""
    return {
        code: str(listed[table][key])
        for code, listed in _listed().items()
        if key in listed.get(table, {})
    }


def texts_by_name(table: str, key: str) -> dict[str, str]:
    """Return the same by the English names of the languages."""
    return {str(_listed()[code]["name"]): text for code, text in texts(table, key).items()}


def plain_words() -> dict[str, str]:
    """Return the plain words of languages that are known by them, by their English names."""
    found = _listed().values()
    return {str(each["name"]): str(each["plain"]) for each in found if "plain" in each}


def words_in(code: str, table: str, key: str) -> list[str]:
    """Return the words that a language lists under a key, in order; none without it."""
    return texts(table, key).get(code, "").split()


def words_of_all(table: str, key: str) -> frozenset[str]:
    """Return the words that any language lists under a key."""
    return frozenset(word for text in texts(table, key).values() for word in text.split())


def pattern_in(code: str, table: str, key: str) -> re.Pattern[str]:
    """Return the pattern that a language has under a key; without it, one that matches nothing."""
    return re.compile(texts(table, key).get(code, r"(?!)"))


def either_of(codes: Iterable[str], table: str, key: str) -> str:
    """Return a pattern of the patterns that languages have under a key, in order of the codes.

    Where several fit, `re` takes the first. Without any, it is one that matches nothing.
    """
    listed = texts(table, key)
    return "|".join(listed[code] for code in codes if code in listed) or r"(?!)"


def either_of_all(table: str, key: str) -> str:
    """Return the same of all languages, for patterns that do not fit at the same place."""
    return either_of(texts(table, key), table, key)


@cache
def _listed() -> dict[str, dict[str, Any]]:
    listed: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return listed
