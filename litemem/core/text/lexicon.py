"""The words and patterns by which rules read statements, one file a language.

A rule names what it looks for; `languages/*.toml` say how each language writes it. A language
without an entry has none of it, and a rule that finds none says nothing. A pattern may be written
over several lines: an indented line goes on with the one before.

What every search needs is also in one file, which this module makes: see `vocabulary`.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from litemem.core.text import vocabulary
from litemem.core.text.language import is_foreign, language

ENGLISH = vocabulary.ENGLISH
CODES = {
    "Arabic": "ar",
    "Chinese": "zh",
    "Dutch": "nl",
    "English": "en",
    "French": "fr",
    "German": "de",
    "Hindi": "hi",
    "Indonesian": "id",
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
    "Vietnamese": "vi",
}
NOT_SPACED_CODES = frozenset(["ja", "zh", "ko"])  # of languages that join words
NOUNS_IN_CAPITALS = frozenset(["de"])  # there a capital letter does not make a name
# languages with dates that are read
DATED = {
    **CODES,
    "Czech": "cs",
    "Danish": "da",
    "Finnish": "fi",
    "Greek": "el",
    "Hebrew": "he",
    "Norwegian": "nb",
    "Romanian": "ro",
    "Thai": "th",
    "Ukrainian": "uk",
}
# languages with a file
LISTED = {**DATED, "Hungarian": "hu"}
UNKNOWN = "und"  # a language without a file, as ISO 639 writes it; one file is for all of them
# languages without rules for facts, and the one with the rules that fit most of them
_NEAREST = {"Danish": "sv", "Norwegian": "sv", "Ukrainian": "ru"}
WITHOUT_RULES = frozenset(
    code for name, code in LISTED.items() if name not in CODES and name not in _NEAREST
)

_BY_CODE = [ENGLISH, *sorted(set(LISTED.values()) - {ENGLISH})]
_GOES_ON = re.compile(r"\n[ \t]+")  # a line break within a pattern
_ENTRY = re.compile(r"(?<!P)<(\w+)(?:#(\d+))?>")  # of the same table, in a pattern
_NO_WORDS = re.compile(r"[\\()\[\]|?*+{}<>^$]")  # in a pattern
_PLAIN_WORD = re.compile(r"[^\W\d_]{2,}")
_GROUP = re.compile(r"\?P<(\w+)>")


def code_of(text: str) -> str:
    """Return the code of a text's language: "de". English, if it is uncertain or has no file."""
    name = language(text) or ""
    return CODES.get(name) or _NEAREST.get(name, ENGLISH)


def code_of_dates(text: str) -> str:
    """Return the same for dates, which more languages have."""
    return DATED.get(language(text) or "", ENGLISH)


def code_of_speech(text: str) -> str:
    """Return the same for what people say, which every language with a file has.

    `UNKNOWN`, if the text has no word of English either.
    """
    name = language(text)
    if name is None and is_foreign(text):
        return UNKNOWN
    return LISTED.get(name or "", ENGLISH)


@cache
def section(code: str, name: str) -> Mapping[str, Any]:
    """Return one table of a language's file, empty if it has none; each room has its own."""
    table: Mapping[str, Any] = _joined(_read(code).get(name, {}))
    return table


def _joined(value: Any) -> Any:
    """Return a value of a table with each of its texts in one line."""
    if isinstance(value, str):
        return _GOES_ON.sub("", value) if "\n" in value else value
    if isinstance(value, list):
        return [_joined(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _joined(each) for key, each in value.items()}
    return value


@cache
def words_in(code: str, name: str, key: str) -> frozenset[str]:
    """Return the words that a table lists under a key, separated by spaces; none without it."""
    return frozenset(str(section(code, name).get(key, "")).split())


@cache
def words_of_all(name: str, key: str) -> frozenset[str]:
    """Return the words that a table lists under a key, in any language."""
    return frozenset[str]().union(*(words_in(code, name, key) for code in DATED.values()))


@cache
def either_of_all(name: str, key: str) -> str:
    """Return a pattern of what a table has under a key, in any language; "(?!)" if none has it."""
    written = dict.fromkeys(str(section(c, name)[key]) for c in _BY_CODE if key in section(c, name))
    return "|".join(written) or r"(?!)"


@cache
def pattern_in(code: str, name: str, key: str) -> re.Pattern[str]:
    """Return the pattern that a table has under a key; without it, one that matches nothing.

    It may name other entries of its table: "<relatives>"; "<weekday#7>" is one with a 7 behind the
    names of its groups.
    """
    table = section(code, name)
    return re.compile(_written(str(table.get(key, r"(?!)")), table))


def _written(pattern: str, table: Mapping[str, Any]) -> str:
    def entry(part: re.Match[str]) -> str:
        name, number = part.groups()
        if name not in table:
            return part[0]
        return _GROUP.sub(rf"?P<\g<1>{number or ''}>", _written(str(table[name]), table))

    return _ENTRY.sub(entry, pattern)


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


def made_vocabulary() -> str:
    """Return what the file of `vocabulary` must hold."""
    found: dict[str, dict[str, Any]] = {}
    for code in (*_BY_CODE, UNKNOWN):
        found[code] = {"name": str(_read(code)["name"])}
        if code in CODES.values() and "telltale" in section(code, "language"):
            found[code]["plain"] = " ".join(sorted(_plain_words(code)))
        for name in vocabulary.TABLES:
            if table := section(code, name):
                found[code][name] = {key: _in_full(str(text), table) for key, text in table.items()}
    return json.dumps(found, ensure_ascii=False, indent=0) + "\n"


def _in_full(text: str, table: Mapping[str, Any]) -> str:
    """Return a list of words, or a pattern with the entries that it names, in one line."""
    return _written(text.replace("\n", " "), table)


def _plain_words(code: str) -> set[str]:
    """Return the plain words of what rules read; those of `vocabulary.TABLES` are not counted."""
    tables = {key: table for key, table in _read(code).items() if key not in vocabulary.TABLES}
    found = [text for text in _texts(tables) if not _NO_WORDS.search(text)]
    return {word for text in found for word in _PLAIN_WORD.findall(text.casefold())}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | Mapping):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


if __name__ == "__main__":  # after a change of a language's words
    Path(str(vocabulary.FILE)).write_text(made_vocabulary(), encoding="utf-8")
