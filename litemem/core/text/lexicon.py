"""The words and patterns by which rules read statements, one file a language.

A rule names what it looks for; `languages/*.toml` say how each language writes it. A language
without an entry has none of it, and a rule that finds none says nothing.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from litemem.core.text.language import language

ENGLISH = "en"
CODES = {
    "Arabic": "ar",
    "Chinese": "zh",
    "Dutch": "nl",
    "English": "en",
    "French": "fr",
    "German": "de",
    "Hindi": "hi",
    "Italian": "it",
    "Japanese": "ja",
    "Korean": "ko",
    "Persian": "fa",
    "Polish": "pl",
    "Portuguese": "pt",
    "Russian": "ru",
    "Spanish": "es",
    "Swedish": "sv",
    "Turkish": "tr",
}
# languages with dates that are read
DATED = {
    **CODES,
    "Czech": "cs",
    "Danish": "da",
    "Finnish": "fi",
    "Greek": "el",
    "Hebrew": "he",
    "Indonesian": "id",
    "Norwegian": "nb",
    "Romanian": "ro",
    "Thai": "th",
    "Ukrainian": "uk",
    "Vietnamese": "vi",
}


def code_of(text: str) -> str:
    """Return the code of a text's language: "de". English, if it is uncertain or has no file."""
    return CODES.get(language(text) or "", ENGLISH)


def code_of_dates(text: str) -> str:
    """Return the same for dates, which more languages have."""
    return DATED.get(language(text) or "", ENGLISH)


@cache
def section(code: str, name: str) -> Mapping[str, Any]:
    """Return one table of a language's file, empty if it has none; each room has its own."""
    table: Mapping[str, Any] = _read(code).get(name, {})
    return table


@cache
def words_in(code: str, name: str, key: str) -> frozenset[str]:
    """Return the words that a table lists under a key, separated by spaces; none without it."""
    return frozenset(str(section(code, name).get(key, "")).split())


@cache
def pattern_in(code: str, name: str, key: str) -> re.Pattern[str]:
    """Return the pattern that a table has under a key; without it, one that matches nothing."""
    return re.compile(str(section(code, name).get(key, r"(?!)")))


@cache
def exclusive_in(code: str, name: str, key: str) -> dict[str, tuple[int, int]]:
    """Return words with their group and kind; of a group, one kind holds at a time.

    A table lists groups; "|" stands between the kinds of a group, and spaces between the words of
    a kind.
    """
    return {
        word: (i, j)
        for i, group in enumerate(section(code, name).get(key, ()))
        for j, kind in enumerate(group.split("|"))
        for word in kind.split()
    }


@cache
def _read(code: str) -> Mapping[str, Any]:
    file = resources.files("litemem.core.text") / "languages" / f"{code}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
