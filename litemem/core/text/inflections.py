"""Forms of a word: "mouse" and "mice", "hund" and "hunden".

Of nouns that change inside, the forms are listed (`irregular_nouns.txt`), and one is the other.

Of others only endings are known, no words, in languages of Latin and Cyrillic script, and the first
letters of Arabic verbs. So such forms are looked for where no text has a word with the stem of the
query's, and not in English texts: the Porter stemmer knows the forms of English.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from litemem.core.text import scripts, vocabulary

NOUNS = resources.files("litemem.core.text") / "irregular_nouns.txt"

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
    return _nouns().get(word, ())


@cache
def _nouns() -> Mapping[str, Sequence[str]]:
    found: dict[str, dict[str, None]] = {}
    for line in NOUNS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            written = line.lower()
            forms = dict.fromkeys((scripts.normal_forms(written, variants=True)).split())
            for form in forms:
                found.setdefault(form, {}).update(forms)
    return {form: [each for each in forms if each != form] for form, forms in found.items()}
