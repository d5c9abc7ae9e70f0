"""The words of a fact, and which phrases of the table of endings stand in them.

Scripts without spaces are parted by the words that the table has, the longest first; what is
between them is one word. Words that are written as the beginning of the next one, as prepositions
of Hebrew, are parted from it. Who is given a thing, or what it is replaced by, is left out where no
preposition shows it (`aside`). Vowels that come and go do not count (`fleeting`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from litemem.core.text import lexicon, scripts
from litemem.core.text.statements import unquoted
from litemem.ingestion.ending_table import (
    ACTS,
    AND,
    ANY,
    LEAST,
    MARKS,
    UNSPACED,
    Phrases,
    Table,
    forms_in,
    one_form_of,
    stem_of,
    table_of,
    without_endings,
)

GAP = 4  # words that "…" stands for
MIN_STATE = 2  # words of a fact that tells more than a name
LEAST_ROOT = 2  # letters of a word of Hebrew without its beginning
MOST_BEGINNINGS = 2  # of a word: "and the"
LONGEST = 12  # signs of a word of a script without spaces, at most
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_AGE = re.compile(r"[1-9]\d{0,2}(?:st|nd|rd|th|\.)?")
_CYRILLIC = re.compile("[а-яіїєґ]")
_HEBREW = re.compile("[א-ת]")
_OPENING = "“„«\"'("  # before a word
_POSSESSIVE = re.compile(r"['’](?:s|re|ve|m|d|ll)?(?!\w)")


@dataclass(frozen=True)
class Fact:
    """The words of a fact as it is written, without case, and as stems."""

    written: tuple[str, ...]
    words: tuple[str, ...]
    stems: tuple[str, ...]


@lru_cache(maxsize=4_096)
def fact_of(text: str, code: str) -> Fact:
    """Return the words of a text in the forms that the table of a language compares."""
    plain = unquoted(text)
    if code == lexicon.ENGLISH:
        plain = table_of(code).aside.sub(" ", plain)
        plain = lexicon.pattern_in(code, "endings", "negated").sub(r"\1 not", plain)
        plain = lexicon.pattern_in(code, "endings", "is_short").sub(" is ", plain)
        written = tuple(_WORD.findall(_POSSESSIVE.sub(" ", plain)))
        words = tuple(one_form_of(scripts.fold(word)) for word in written)
        return Fact(written, words, tuple(stem_of(word, code) for word in words))
    listed = table_of(code)
    plain = listed.aside.sub(_kept_groups, plain)
    found = [
        (part[:1], piece)
        for part in (each.lstrip(_OPENING) for each in plain.split())
        for form in _forms_of(part, listed)
        for word in _parted(form, listed.known)
        for piece in _begun(word, listed)
    ]
    words = tuple(word for _, word in found)
    whole = tuple("".join(forms_in(without_endings(word, listed.endings))) for word in words)
    stems = tuple(listed.fleeting.sub("", _root(word, listed)) for word in whole)
    return Fact(tuple(first for first, _ in found), whole if listed.is_bare else words, stems)


def _kept_groups(found: re.Match[str]) -> str:
    return " ".join(filter(None, found.groups()))


def _begun(word: str, listed: Table) -> list[str]:
    """Return a word without the short words that are written with it, behind these.

    A listed word is not parted.
    """
    found: list[str] = []
    while len(found) < MOST_BEGINNINGS and word not in listed.known:
        first = next((b for b in listed.beginnings if _begins(word, b)), "")
        if not first:
            break
        found.append(first)
        word = word.removeprefix(first)
    return [*found, word]


def _root(word: str, listed: Table) -> str:
    """Return a word without all that may be a beginning of it."""
    while first := next((b for b in listed.beginnings if _begins(word, b)), ""):
        word = word.removeprefix(first)
    return word


def _begins(word: str, beginning: str) -> bool:
    least = LEAST_ROOT if _HEBREW.match(word) else LEAST
    return word.startswith(beginning) and len(word) - len(beginning) >= least


def _forms_of(part: str, listed: Table) -> list[str]:
    """Return the normal forms of a part of a text; those that lose their meaning there stay."""
    if part in listed.ands:
        return [AND]
    return [part.casefold()] if part.casefold() in listed.accented else forms_in(part)


def _parted(word: str, known: frozenset[str]) -> Iterator[str]:
    """Give the parts of a run of Chinese or Japanese signs: known words, and what is between."""
    if not UNSPACED.match(word):
        yield word
        return
    at = start = 0
    while at < len(word):
        ends_at = range(min(at + LONGEST, len(word)), at, -1)
        stop = next((end for end in ends_at if word[at:end] in known), None)
        if stop is None:
            at += 1
            continue
        if start < at:
            yield word[start:at]
        yield word[at:stop]
        at = start = stop
    if start < len(word):
        yield word[start:]


def in_words_of(k: Fact, n: Fact, listed: Table) -> Fact:
    """Return a fact with the whole name of a known one for a part, where names are not parted.

    And with who does something for what is done: "left teaching", of a teacher. Also for the same
    name in Cyrillic letters: "Октавию" of a Skoda Octavia.
    """
    names = [one for one, first in zip(k.stems, k.written, strict=True) if "A" <= first <= "Z"]

    def known(stem: str) -> str:
        doers = {stem + ending for ending in listed.doers if len(stem) > LEAST}
        is_same = (one for one in k.stems if _is_part(stem, one) or one in doers)
        spelt = (one for one in names if _is_spelt(stem, one))
        return stem if stem in k.stems else next(is_same, "") or next(spelt, stem)

    return replace(n, stems=tuple(map(known, n.stems)))


def _is_spelt(stem: str, name: str) -> bool:
    """Return True if a stem in Cyrillic letters has the sounds of a Latin name."""
    spelt = scripts.sounds(stem) if _CYRILLIC.match(stem) else ""
    return len(spelt) >= LEAST and spelt == scripts.sounds(name)


def _is_part(stem: str, whole: str) -> bool:
    is_long = len(stem) > 1 and UNSPACED.match(stem) is not None
    return is_long and (whole.startswith(stem) or whole.endswith(stem))


@lru_cache(maxsize=4_096)
def places_of(text: str, code: str) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Return the places of the states, and of the events, that a fact has, by row."""
    fact, listed = fact_of(text, code), table_of(code)
    words = fact.words
    is_subject = _begins_with_subject(unquoted(text), fact, listed)
    states = _find(listed.states, words, listed)
    for marks, kept in ((ANY, listed.kept), (ACTS, listed.kept - listed.acts)):
        found = _any_state(fact, listed, kept, is_subject)
        states |= {i: found for i, row in enumerate(listed.rows) if found and row.states == marks}
    return states, _find(listed.events, words, listed)


def _begins_with_subject(said: str, fact: Fact, listed: Table) -> bool:
    """Return True if the verb is the second word: "User rows", but not "User's boat leaks"."""
    if not fact.words or fact.words[0] in listed.speaker:
        return bool(fact.words)
    is_plain = said[len(fact.written[0]) :][:1] == " "
    return bool(listed.articles) and is_plain and fact.words[0] not in listed.articles


def _any_state(
    fact: Fact, listed: Table, kept: frozenset[str], is_subject: bool
) -> set[int] | None:
    """Return where the verb of a state stands: behind the user, or the first that is listed."""
    words = fact.words
    if listed.holds:
        return _listed_verb(words, listed)
    is_bare = not listed.articles  # a sentence may begin with its verb
    found = [i for i, word in enumerate(words) if (i or is_bare) and word in listed.verbs][:1]
    if len(words) > MIN_STATE and words[0] in listed.mine:
        verb = 1 if is_subject else 2  # "the cleaner comes"
        while listed.articles and verb + 1 < len(words) and fact.written[verb][:1].isupper():
            verb += 1  # "uncle Ken has"
        found.append(verb)
    at = min(found, default=None)
    if at is None:
        return None
    first = words[: at + 2]
    is_kept = not kept.isdisjoint((*first, "_".join(first[-2:])))  # "plays the piano"
    return None if is_kept else {at}


def _listed_verb(words: Sequence[str], listed: Table) -> set[int] | None:
    """Return where the verb of having stands in a language that may leave its subject out."""
    found = [i for i, word in enumerate(words) if word in listed.holds]
    if not found or not listed.kept.isdisjoint(words):
        return None
    return {found[-1] if listed.is_verb_last else found[0]}


def _find(phrases: Phrases, words: Sequence[str], listed: Table) -> dict[int, set[int]]:
    """Return, by row, where the words of its longest phrase stand that is found."""
    best: dict[int, tuple[int, set[int]]] = {}
    excluded: set[int] = set()
    fillers, accented = listed.fillers, listed.accented
    present = {*words, *map(scripts.fold, accented.intersection(words)), *MARKS}
    for start, word in enumerate(words):
        keys = [word, "#"] if _AGE.fullmatch(word) else [word]
        keys += [f"^{word}"] if not start else []
        keys += [scripts.fold(word)] if word in accented else []
        for row, rank, phrase in (one for key in keys for one in phrases.get(key, ())):
            if phrase[-1] not in present or (row in best and best[row][0] <= rank):
                continue
            found = _match(phrase, words, start, fillers)
            if found and rank < 0:
                excluded.add(row)
            elif found:
                best[row] = rank, found
    return {row: found for row, (_, found) in sorted(best.items()) if row not in excluded}


def _match(
    phrase: tuple[str, ...], words: Sequence[str], start: int, fillers: frozenset[str]
) -> set[int] | None:
    """Return where a phrase's words stand from a place on; after "…", the first place counts."""
    found: set[int] = set()
    at, is_open = start, False
    for part in phrase:
        if part == "…":
            is_open = True
            continue
        if part == "$":
            if at < len(words):
                return None
            continue
        while not is_open and at < len(words) and words[at] in fillers and words[at] != part:
            at += 1
        stop = at + GAP + 1 if is_open else at + 1
        place = next(
            (i for i in range(at, min(stop, len(words))) if _is_word(part, words[i])), None
        )
        if place is None:
            return None
        found.add(place)
        at, is_open = place + 1, False
    return found


def _is_word(part: str, word: str) -> bool:
    if part == "#":
        return bool(_AGE.fullmatch(word))
    return word == part or (len(word) == 1 and not word.isascii() and scripts.fold(word) == part)
