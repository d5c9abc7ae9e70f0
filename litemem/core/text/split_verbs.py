"""Verbs with a particle that stands apart: German "ruft … an" for "anrufen", Dutch "belt … op".

`split_verbs.toml` has the particles, the endings, and the stems of verbs that change inside.
A particle stands apart at the end of a clause only.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import chain
from typing import Any, NamedTuple

from litemem.core.text import scripts

DATA = resources.files("litemem.core.text") / "split_verbs.toml"
CODES = ("de", "nl")
BETWEEN = 100  # characters between a verb and its particle, at most
MIN_STEM = 3  # letters; two would be endings

_WORD = re.compile(r"[^\W\d_]+")
_DOUBLED = re.compile(r"([bdfgklmnprst])\1\Z")
_LONG = re.compile(r"(aa|ee|oo|uu)([bdfgklmnprstvz])\Z")
_SHORT = re.compile(r"(?<![aeiou])([aeou])([bdfgklmnprstvz])\Z")
_EXCHANGED = {"v": "f", "f": "v", "z": "s", "s": "z"}  # Dutch "schrijven, schrijf"
_CLAUSE_END = r"(?=\s{0,9}(?:[.,!?;:)\n]|\Z|(?:und|oder|weil|wenn|dass|en|of|want|als|dat)\b))"


def whole_verb(query: str, counted: Sequence[str]) -> list[str]:
    """Return the words of a query with the whole verb for one with its particle at the end.

    "Wann ruft Anna an?" has "anrufen" for "ruft". Dutch stems stay as they are written:
    "ophaalen" is not how "ophalen" is written, but `split_verb` knows both.
    """
    for code in CODES:
        particle = _at_end(code).search(query)
        if particle is None:
            continue
        before = [match[0] for match in _WORD.finditer(query, 0, particle.start())]
        for i, word in enumerate(before):
            is_asked = i > 0 and before[i - 1].lower() in ("wie", "hoe")  # "wie lange"
            if word in counted and not is_asked and (stem := _stem_of_finite(code, word)):
                verb = f"{scripts.fold(particle[0])}{stem}en"
                rest = [each for each in counted if each != particle[0].lower()]
                return [verb if each == word else each for each in rest]
    return list(counted)


class SplitVerb(NamedTuple):
    """A verb with a particle: a pattern of all its forms, and its stems. Each form has one.

    Both are for texts that `scripts.fold` has folded. In them "abholen" is "hole … ab", too: one of
    the `finite` forms with one of the `particles`, folded as well.
    """

    stems: Sequence[str]
    pattern: re.Pattern[str]
    finite: Sequence[str]
    particles: Sequence[str]


@cache
def split_verb(word: str) -> SplitVerb | None:
    """Return the verb of a folded word, or None if it is not a verb with a particle."""
    found = {code: parts for code in CODES if (parts := _verb(code).fullmatch(word))}
    if not found:
        return None
    stems = {code: _variants(code, parts["stem"]) for code, parts in found.items()}
    forms = (_forms(code, parts["particle"], stems[code]) for code, parts in found.items())
    pattern = re.compile("|".join(chain.from_iterable(forms)))
    finite = [
        stem + ending
        for code, each in stems.items()
        for stem in each
        for ending in ("", *_table(code)["finite"].split("|"))
    ]
    particles = list(dict.fromkeys(parts["particle"] for parts in found.values()))
    every = list(dict.fromkeys(chain.from_iterable(stems.values())))
    return SplitVerb(every, pattern, list(dict.fromkeys(finite)), particles)


def _forms(code: str, particle: str, stems: Sequence[str]) -> Iterator[str]:
    verb = rf"(?:{'|'.join(stems)})(?:{_table(code)['endings']})?\b"
    yield rf"\b{verb}[^.!?;:\n]{{0,{BETWEEN}}}?\b{particle}\b{_CLAUSE_END}"
    yield rf"\b{particle}(?:ge|zu|te)?{verb}"


def _variants(code: str, stem: str) -> list[str]:
    """Return the stems of a verb: those of its vowels, and in Dutch those of its spelling."""
    found = dict.fromkeys([stem, *_groups(code).get(stem, ())])
    if code == "nl":
        for each in list(found):
            for other in _spelt(each):
                found.update(dict.fromkeys([other, *_groups(code).get(other, ())]))
    return list(found)


def _spelt(stem: str) -> Iterator[str]:
    """Yield how Dutch writes a stem before another ending: "bell" as "bel", "hal" as "haal"."""
    for one in (stem, f"{stem[:-1]}{_EXCHANGED.get(stem[-1], stem[-1])}"):
        yield one
        yield _DOUBLED.sub(r"\1", one)
        yield _LONG.sub(lambda found: found[1][0] + found[2], one)
        yield _SHORT.sub(r"\1\1\2", one)
        yield _SHORT.sub(r"\1\2\2", one)


def _stem_of_finite(code: str, word: str) -> str:
    """Return the stem of a word that may be a verb in a clause, or nothing: verbs are not names."""
    folded = scripts.fold(word)
    if not word.islower():
        return ""
    if folded in _groups(code):
        return _groups(code)[folded][0]
    match = _finite(code).fullmatch(folded)
    stem = match[1] if match else ""
    if len(stem) < MIN_STEM:
        return ""
    return _groups(code).get(stem, [stem])[0]


@cache
def _groups(code: str) -> dict[str, list[str]]:
    """Return the stems of verbs that change inside, each with all of its verb."""
    lines = [line.split() for line in _table(code)["stems"]]
    return {stem: line for line in lines for stem in line}


@cache
def _particles(code: str) -> str:
    return "|".join(sorted(_table(code)["particles"].split(), key=len, reverse=True))


@cache
def _at_end(code: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_particles(code)})\b(?=\W*\Z|\s?[,;.!?])", re.IGNORECASE)


@cache
def _finite(code: str) -> re.Pattern[str]:
    return re.compile(rf"(\w{{2,20}}?)(?:{_table(code)['finite']})")


@cache
def _verb(code: str) -> re.Pattern[str]:
    ending = _table(code)["endings"]
    particles = scripts.fold(_particles(code))
    return re.compile(rf"(?P<particle>{particles})(?:ge|zu)?(?P<stem>\w{{3,20}}?)(?:{ending})")


@cache
def _table(code: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))[code]
    return table
