"""Find dates in other languages than English, and write them as English ones: "morgen", "明天".

The table `dates` of a language's file (`languages/*.toml`) has its words and the patterns of its
dates. Words that are a date in one language and something else in another, such as French "hier",
are `own`: they count in a text of that language only.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from litemem.core.text import lexicon
from litemem.core.text.english.day_names import counts_things
from litemem.core.text.english.tense import tense_of
from litemem.core.text.language import COMMON_WORDS, FUNCTION_WORDS, languages_of
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.words import STOP_WORDS, words

HINTS = resources.files("litemem.core.text") / "date_hints.json"  # made by this module as a program
UNITS = ("day", "week", "weekend", "month", "year")
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_SMALL = FUNCTION_WORDS | STOP_WORDS
UNDECIDED = 200  # words of a text that no verb decides, after which no more are read
CLAUSE = 120  # characters around a date that can say if it is past
_SENTENCE_END = re.compile(r"[।.!?\n]")
_CLAUSE_END = re.compile(r"[।.!?\n,;:،、，。]")
_AHEAD = "in {count}"  # how "in drei Wochen" is written in English
_HINT_BOUNDS = {"left": r"(?<![^\W\d])"}
_NEXT_WORD = re.compile(r" ([^\W\d_]+)")
_TOKEN = re.compile(r"[^\W\d_]+")
_PLACEHOLDER = re.compile(r"<(of_year|[a-z]+)(_2)?>")
_NUMBERS = {
    "count": r"\d{1,3}",
    "day": r"\d{1,2}",
    "year": r"(?:19|20)\d\d",
    "era": r"[2๒][45๔๕]\d\d",  # years of the Buddhist era
}
_ERA = 543  # years that it began earlier
_OF_YEAR = r"(?:,? (?:de |del )?(?P<year>(?:19|20)\d\d))?"
# Where a date begins and ends: some languages join words or add endings
_BOUNDS = {
    "both": (r"(?<![\w.])", r"(?!\w)"),
    "left": (r"(?<!\w)", ""),
    "none": ("", ""),
    "devanagari": (r"(?<![ऀ-ॣ०-ॿ])", r"(?![ऀ-ॣ०-ॿ])"),
}


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language writes dates: its patterns, and its words in English."""

    code: str
    english: Mapping[str, Mapping[str, str]]  # by placeholder
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    own: tuple[tuple[re.Pattern[str], str], ...]


def english_dates(text: str) -> Iterator[tuple[str, Iterator[tuple[int, int, str]]]]:
    """Yield for each pattern the language, and (start, end, English) of the dates in a text.

    Where two patterns match, the first one's is right.
    """
    codes = _codes(text)
    if not codes:
        return
    spoken = lexicon.code_of_dates(text)
    for code in sorted(
        codes, key=lambda code: (code != spoken, code)
    ):  # the text's own language first
        language = _language(code)
        for patterns in (language.patterns, language.own if code == spoken else ()):
            english, other = _common_words(text, code)
            may_be_english = spoken != code and english >= other
            is_other = may_be_english and english > 0
            for pattern, template in patterns:
                found = _found(
                    text,
                    pattern,
                    template,
                    language.english,
                    code=code,
                    is_other=is_other,
                    may_be_english=may_be_english,
                )
                yield code, found


def tense_in(code: str, text: str) -> int:
    """Return -1 if a sentence is about the past, 1 if about the future, 0 if it does not say.

    The code is that of another language; at least its date is in it.
    """
    if _past(code).search(text):
        return -1
    name = _name_of(code)
    found = [word for word in words(text) if word in COMMON_WORDS["English"]]
    english = sum(name not in languages_of(word) for word in found)  # "was" is German, too
    _, other = _common_words(text, code)
    return tense_of(text) if english > other else 0


def may_have_dates(text: str) -> bool:
    """Return False for a text that surely has no date in another language."""
    return bool(_codes(text))


def _found(
    text: str,
    pattern: re.Pattern[str],
    template: str,
    english: Mapping[str, Mapping[str, str]],
    *,
    code: str,
    is_other: bool,
    may_be_english: bool,
) -> Iterator[tuple[int, int, str]]:
    undecided = 0
    for match in pattern.finditer(text):
        if is_other and _is_counted(match):
            continue
        if may_be_english and counts_things(text, *match.span()):
            continue
        if template.startswith(_AHEAD) and _is_over(match, code):
            undecided += 1
            if undecided > UNDECIDED:
                return
            continue
        if "|" in template:
            template_of = _by_tense(match, template, code)
            if not template_of:
                undecided += 1
                if undecided > UNDECIDED:
                    return
                continue
        else:
            template_of = template
        parts = {
            name: english.get(name.removesuffix("_2"), {}).get(part.casefold(), part)
            for name, part in match.groupdict(default="").items()
        }
        if parts.get("era"):
            parts["era"] = str(int(parts["era"]) - _ERA)
        yield *match.span(), template_of.format(**parts).strip()


def _is_over(match: re.Match[str], code: str) -> bool:
    """Return True if what took or came after so long is over: "in drei Wochen gebaut"."""
    clause = " ".join(_around(match, _CLAUSE_END))
    return _ahead(code).search(clause) is None and _past(code).search(clause) is not None


def _around(match: re.Match[str], border: re.Pattern[str]) -> tuple[str, str]:
    """Return what stands before and behind an expression, up to a border."""
    text = match.string
    before = border.split(text[max(0, match.start() - CLAUSE) : match.start()])[-1]
    return before, border.split(text[match.end() : match.end() + CLAUSE])[0]


def _by_tense(match: re.Match[str], template: str, code: str) -> str:
    """Return what a word means in its sentence: Hindi "कल" is yesterday or tomorrow by the verb.

    The template has both, the past first. Nothing is returned if no verb decides.
    """
    past, ahead = template.split("|")
    sentence = " ".join(_around(match, _SENTENCE_END))
    if _ahead(code).search(sentence):
        return ahead
    if _past(code).search(sentence):
        return past
    return ahead if _present(code).search(sentence) else ""


def _common_words(text: str, code: str) -> tuple[int, int]:
    """Return how many common words of English and of another language a text has."""
    found = words(text)
    common = COMMON_WORDS.get(_name_of(code), frozenset())
    return (
        sum(word in COMMON_WORDS["English"] for word in found),
        sum(word in common for word in found),
    )


def _is_counted(match: re.Match[str]) -> bool:
    """Return True for "3 mars" in "3 mars bars": a number and a month alone, before a noun."""
    parts = match.groupdict()
    if not (parts.get("day") and parts.get("month")) or parts.get("year"):
        return False
    following = _NEXT_WORD.match(match.string, match.end())
    is_bare = match.start() == match.start("day")
    return is_bare and following is not None and following[1].casefold() not in _SMALL


def _name_of(code: str) -> str:
    return next(name for name, each in lexicon.DATED.items() if each == code)


def _codes(text: str) -> set[str]:
    """Return the languages that may have a date in a text, by its words."""
    by_word, marks = _hints()
    found = {
        code for token in set(_TOKEN.findall(text.casefold())) for code in by_word.get(token, ())
    }
    if not text.isascii():
        found |= {code for code, pattern in marks.items() if pattern.search(text)}
    elif marks["tr"].search(text):
        found.add("tr")
    return found


@cache
def _hints() -> tuple[Mapping[str, Sequence[str]], Mapping[str, re.Pattern[str]]]:
    """Return the languages of each word, and a pattern for each that joins its words."""
    listed = json.loads(HINTS.read_text(encoding="utf-8"))
    return listed["words"], {code: _pattern(mark) for code, mark in listed["marks"].items()}


def made_hints() -> str:
    """Return what the file `HINTS` must hold; to read every language takes 60 ms."""
    by_word: dict[str, set[str]] = {}
    marks: dict[str, str] = {}
    for code in lexicon.DATED.values():
        if code == lexicon.ENGLISH:
            continue
        table = lexicon.section(code, "dates")
        names = [name for line in (*table["months"], *table["weekdays"]) for name in line.split()]
        named = [
            word
            for group in ("named", "own", "holidays")
            for w in table.get(group, {}).values()
            for word in w
        ]
        named += table.get("hints", "").split()
        units = [word for line in table["units"].values() for word in line.split()]
        if table.get("bounds", "both") == "both":
            for word in (*names, *named, *units):
                for token in _TOKEN.findall(word.casefold())[-1:]:
                    if len(token) > 2:
                        by_word.setdefault(token, set()).add(code)
        else:
            left = _HINT_BOUNDS.get(table["bounds"], "")
            marks[code] = f"{left}(?:{_any_of([*names, *named, *units])})"
    words_of = {word: sorted(codes) for word, codes in sorted(by_word.items())}
    found = {"marks": dict(sorted(marks.items())), "words": words_of}
    return json.dumps(found, ensure_ascii=False, indent=0) + "\n"


@cache
def _language(code: str) -> _Language:
    table = lexicon.section(code, "dates")
    unit = _english_of([table["units"].get(name, "") for name in UNITS], UNITS)
    weekday = _english_of(table["weekdays"], WEEKDAYS)
    english = {
        "month": _english_of(table["months"], MONTHS),
        "weekday": weekday,
        "units": unit,
        "next": {**unit, **weekday},
        "count": _english_of(table["counts"], COUNTS),
        "day": {word: str(i) for i, word in enumerate(table.get("days", ()), 1)},
        "holiday": _named(table.get("holidays", {})),
        "named": _named(table.get("named", {})),
        "part": _named(table.get("parts", {})),
        "own": _named(table.get("own", {})),
    }
    left, right = _BOUNDS[table.get("bounds", "both")]
    patterns = [
        (_pattern(f"{left}(?:{_filled(pattern, english)}){right}"), template)
        for pattern, template in table["phrases"]
    ]
    own = [each for each in patterns if each[1] == "{own}"]
    return _Language(code, english, tuple(each for each in patterns if each not in own), tuple(own))


@cache
def _ahead(code: str) -> re.Pattern[str]:
    return _pattern(lexicon.section(code, "dates").get("ahead", "(?!)"))


@cache
def _present(code: str) -> re.Pattern[str]:
    return _pattern(lexicon.section(code, "dates")["present"])


@cache
def _past(code: str) -> re.Pattern[str]:
    return _pattern(lexicon.section(code, "dates")["past"])


def _named(listed: Mapping[str, Any]) -> dict[str, str]:
    return {word.casefold(): english for english, words in listed.items() for word in words}


def _english_of(lines: list[str], english: tuple[str, ...] | list[str]) -> dict[str, str]:
    return {
        word.casefold(): name
        for line, name in zip(lines, english, strict=True)
        for word in line.split()
    }


def _filled(pattern: str, english: Mapping[str, Mapping[str, str]]) -> str:
    """Return a pattern with groups in place of <month>, <count> and the like."""

    def group(found: re.Match[str]) -> str:
        name = found[1]
        if name == "of_year":
            return _OF_YEAR
        numbers = _NUMBERS.get(name, "")
        words = _any_of(english.get(name, {}))
        return f"(?P<{name}{found[2] or ''}>{'|'.join(filter(None, (numbers, words)))})"

    return _PLACEHOLDER.sub(group, pattern)


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _any_of(words: Mapping[str, str] | list[str]) -> str:
    return "|".join(map(re.escape, sorted(dict.fromkeys(words), key=len, reverse=True)))


if __name__ == "__main__":  # after a change of a language's table `dates`
    Path(__file__).with_name("date_hints.json").write_text(made_hints(), encoding="utf-8")
