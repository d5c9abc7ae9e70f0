"""Find a fact that has another thing than the clause: coffee for tea, a son for a daughter."""

from collections.abc import Callable

from litemem.core.text.phrases import phrases, tokens_of
from litemem.core.text.scripts import fold
from litemem.core.text.words import is_number
from litemem.extraction.paraphrase.comparison import VERB_LAST, Comparison
from litemem.extraction.paraphrase.support import (
    MAX_CHARACTERS,
    MIN_PREFIX,
    content_words,
    is_form,
    without_copula,
)

MIN_SHARED = 5  # letters anywhere in a word that make it akin to another


def exchanges_kind(fact: str, said: str, code: str, is_known: Callable[[str], bool]) -> bool:
    """Return True if a fact has a thing of the same kind as one of the clause, which nobody named.

    "I teach chemistry" is not "teaches physics". A word that `is_known` was said elsewhere.
    """
    groups = phrases(code).kinds
    heard = tokens_of(said[:MAX_CHARACTERS])
    kinds: dict[int, set[int]] = {}
    said_so = set()
    for word, group, kind in groups.named(heard):
        kinds.setdefault(group, set()).add(kind)
        said_so.add(fold(word))  # "avó" is known for "avô"
    return any(
        group in kinds
        and kind not in kinds[group]
        and (fold(word) in said_so or not is_known(word))
        for word, group, kind in groups.named(tokens_of(fact[:MAX_CHARACTERS]))
    )


def substitutes(pair: Comparison, is_known: Callable[[str], bool]) -> bool:
    """Return True if the fact has another word instead of one of the clause.

    "User drinks coffee every morning" of "I drink tea every morning": what stands around it is
    the same.
    """
    if pair.code in ("ja", "zh"):
        return False
    heard, told = (
        content_words(without_copula(text, pair.code), pair.code) for text in (pair.said, pair.fact)
    )
    is_verb_last = pair.code in VERB_LAST
    told = told[::-1] if is_verb_last else told
    heard = heard[::-1] if is_verb_last else heard
    at: int | None = None
    is_owner, likes = False, pair.table.likes
    is_liked = likes.count(pair.heard) > 0
    is_softened = pair.table.hardly.search(pair.said) is not None
    is_subject = True  # a verb follows it, which often has another word
    for i, word in enumerate(told):
        is_short = len(word) < MIN_PREFIX and pair.is_spelt
        if is_number(word) or is_short or pair.table.negative.has(word):
            continue
        if word in pair.table.asides and not pair.by.supports(word):
            continue
        if is_softened and pair.table.softens.search(word):
            continue  # "little" of "hardly any"
        if is_liked and likes.has(word):
            continue
        if not pair.by.supports(word):
            may_be_verb = is_subject and i + 1 < len(told) and not _is_state(pair, word)
            following = heard[at + 1 : at + 2] if at is not None and not may_be_verb else []
            if any(_is_replaced(pair, w, word, is_known) for w in following):
                return True
            is_subject = False
        else:
            is_person = at is None and pair.table.persons.has(word)
            is_subject, is_owner = is_person or is_owner, is_person  # "eldest", behind "son"
            places = [j for j, w in enumerate(heard) if _is_alike(pair, word, w)]
            at = next((j for j in places if heard[j] == word), places[0] if places else at)
    return False


def _is_state(pair: Comparison, word: str) -> bool:
    """Return True if the fact says that somebody is that: "is a doctor"."""
    found = pair.table.copula.finditer(pair.fact)
    return any(word in tokens_of(pair.fact[copula.end() :])[:1] for copula in found)


def _is_replaced(pair: Comparison, word: str, other: str, is_known: Callable[[str], bool]) -> bool:
    """Return True if a word of the clause gave way to another that nobody said."""
    if is_number(word) or (len(word) < MIN_PREFIX and pair.is_spelt) or is_known(other):
        return False
    start, begun = word[:MIN_SHARED], other[:MIN_SHARED]
    is_akin = start in other or begun in word  # "eingeschult", "Schule"
    return not is_akin and not pair.by_fact.supports(word)


def _is_alike(pair: Comparison, word: str, other: str) -> bool:
    """Return True if two words are forms of one, or are listed as nearly the same."""
    if is_form(word, other):
        return True
    same = pair.table.same
    return not same.having(word).isdisjoint(same.having(other))
