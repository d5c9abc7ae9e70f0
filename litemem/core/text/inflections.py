"""Forms of a word: "mouse" and "mice", "keep" and "kept", "hund" and "hunden".

Of nouns and verbs that change inside, the forms are listed (`irregular_forms.txt`), and one is the
other.

Of others only endings are known, no words, in languages of Latin and Cyrillic script, and the first
letters of Arabic verbs. So such forms are looked for where no text has a word with the stem of the
query's, and not in English texts: the Porter stemmer knows the forms of English.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import zip_longest
from typing import NamedTuple

from litemem.core.text import scripts, vocabulary

LISTED = resources.files("litemem.core.text") / "irregular_forms.txt"

SHARED = 3  # letters, at least, with which both forms begin
LONGEST = 6  # letters of an ending
_OWN = 2  # letters of the query's form that the other one does not have, at most
# Letters that change before an ending: "kitap, kitabı", "banka, bance", "pez, peces"
_EXCHANGED = frozenset(
    pair for pairs in "bp gk ck dt hz cz fv sz гж кч хш цч".split() for pair in (pairs, pairs[::-1])
)
_VOWELS = "aeiouy"
_ENDING = re.compile(
    rf"[{_VOWELS}]?(?:"
    "[aeiouylmnrst]|e[mnrst]|en[est]|er[ns]|a[nr]|or|n[aei]|[aeo]?rna"  # Germanic
    "|ao|[ao]es|is"  # Romance
    "|i[aeiou]|o[muvw]|[aiu]m|[aei]ch|[aei]?mi|ov[ei]|owi|ego|emu|ej"  # Slavic
    "|ssa|sta|lla|lta|lle|ksi|tt?a|in|si|mme|nne"  # Finnish
    "|o(?:ja|jen|i(?:ta|den|lla|lle|lta|ssa|sta|hin|na))"
    "|ba|be|ban|ben|on|nak|nek|val|vel)?"  # Hungarian
    "|y[aiu]|[dt][ae]n?|n[iu]n|su"  # Turkish
    "|(?:l[ae]r|[iu]m|in|un|m)(?:[aeiu]|[iu][mn]|[dt][ae]n?)?"
    "|[аеиоуыюяьій]|[оеі]й|[оеая]м|[ая]ми|[ая]х|[оеі]в|ью|о[гм][оу]|ов[иі]"  # Cyrillic script
)
# the first letter of an Arabic verb tells its person: "أعمل", "يعمل"
_ARABIC_PERSON = re.compile("[ايتن](?=[ء-ي]{3})")
_ENGLISH = vocabulary.words_of_all("search", "uninflected")


def is_form(word: str, other: str) -> bool:
    """Return True if two folded words may be forms of one, the first that of a query."""
    if abs(len(word) - len(other)) > LONGEST:
        return False
    shared = 0
    for one, two in zip(word, other, strict=False):
        if one != two:
            break
        shared += 1
    mine, its = word[shared:], other[shared:]
    if mine and its[1:] and mine[0] + its[0] in _EXCHANGED:
        shared, mine, its = shared + 1, mine[1:], its[1:]
    elif shared and mine[:1] == word[shared - 1] and its[:1] != mine[:1]:  # "pankki, pankissa"
        mine = mine[1:]
    return (
        shared >= SHARED
        and len(mine) <= _OWN
        and _ENDING.fullmatch(mine) is not None
        and _ENDING.fullmatch(its) is not None
    )


def may_be_inflected(text: str) -> bool:
    """Return True for a folded text that is not surely English."""
    return _ENGLISH.isdisjoint(text.split())


def other_persons(word: str) -> list[str]:
    """Return an Arabic verb in normal form as others do it: "يعمل" for "اعمل"; mostly none."""
    match = _ARABIC_PERSON.match(word)
    return [person + word[1:] for person in "ايتن" if person != match[0]] if match else []


def other_forms(word: str) -> Sequence[str]:
    """Return the other forms of a noun that changes inside: "mice" for "mouse"; mostly none.

    All are in normal form, that of an umlaut with two letters too: "hauser" and "haeuser".
    """
    return _listed().nouns.get(word, ())


def other_verb_forms(word: str) -> Sequence[str]:
    """Return the other forms of a verb that changes inside: "kept" for "keep"; mostly none.

    They are in normal form, too. A form of two verbs has the forms of both.
    """
    return _listed().verbs.get(word, ())


class _Listed(NamedTuple):
    nouns: Mapping[str, Sequence[str]]
    verbs: Mapping[str, Sequence[str]]


@cache
def _listed() -> _Listed:
    written = LISTED.read_text(encoding="utf-8").lower().strip()
    normal = scripts.normal_forms(written, variants=True).split("\n")
    lines: dict[str, dict[str, list[list[str]]]] = {"nouns": {}, "verbs": {}}
    kind = "nouns"
    for line, forms in zip(written.split("\n"), map(str.split, normal), strict=True):
        if line.startswith("#"):
            kind = forms[-1]
            continue
        for form in forms:
            lines[kind].setdefault(form, []).append(forms)
    nouns, verbs = (
        {form: _others(form, held) for form, held in found.items()} for found in lines.values()
    )
    return _Listed(nouns, verbs)


def _others(form: str, lines: Sequence[Sequence[str]]) -> list[str]:
    """Return the forms of the lines that hold one: the first of each line, the second, and so on.

    Lines that hold one of those, but not the form itself, are of other words.
    """
    every = dict.fromkeys(each for column in zip_longest(*lines) for each in column if each)
    return [each for each in every if each != form]
