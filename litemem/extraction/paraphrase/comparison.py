"""A fact and the clause that it is held against, with their words, people and denials."""

import re
from collections.abc import Sequence

from litemem.core.text.lexicon import ENGLISH, words_in
from litemem.core.text.phrases import Phrases, names_user, phrases, tokens_of, words_with_case
from litemem.core.text.quantities import values_of
from litemem.extraction.paraphrase.support import (
    MAX_CHARACTERS,
    Heard,
    affirmed,
    content_words,
    is_form,
    unmeant,
)

SHORT_SCRIPTS = frozenset("ko hi ar fa".split())
NAMED_USERS = frozenset("ja zh ko hi tr".split())  # languages with patterns that name the user
VERB_LAST = frozenset("ja ko tr hi fa".split())  # languages in which the verb is last
MAX_PARTS = 12  # of a clause, each with a person of its own


class Comparison:
    """A fact and its clause, with their words.

    Args:
        fact: what the model wrote.
        said: the clause.
        code: the language of both.
        then: the clause behind it, if there is one.
        sentence: the clause with its neighbours in the same sentence, if there are some.
        whole: the clause, if `said` is a part of it.
    """

    def __init__(
        self, fact: str, said: str, code: str, then: str = "", whole: str = "", sentence: str = ""
    ) -> None:
        fact, said = fact[:MAX_CHARACTERS], said[:MAX_CHARACTERS]
        self.then = then[:MAX_CHARACTERS]
        self.sentence = affirmed(sentence[:MAX_CHARACTERS], code)
        self.whole = whole[:MAX_CHARACTERS] or said
        self.code, self.table = code, phrases(code)
        infix, self.spoken, self.written = self.table.infix, said, fact
        said, fact = (infix.sub(_without_zu, affirmed(text, code)) for text in (said, fact))
        self.fact, self.said = fact, said
        self.told, self.heard = tokens_of(fact), tokens_of(said)
        self.content = content_words(fact, code)
        self.by = Heard([said], code)
        exact = set(self.heard)
        self.by_fact = Heard([fact], code)
        self.spaces = " " in said
        self.is_spelt = code not in SHORT_SCRIPTS  # a word has more than two letters
        self.held = [w for w in self.content if any(is_form(w, other) for other in exact)]
        self.is_of_user = any(names_user(word, code) for word in self.told[:2])

    @property
    def fact_in_language(self) -> str:
        """The fact with the word of its language for the user, by which patterns find them."""
        named = self.table.users[0]
        return self.fact if self.code not in NAMED_USERS else self.fact.replace("User", named)

    @property
    def is_all_held(self) -> bool:
        """If the clause has all that the fact says, denials aside."""
        denials = words_in(self.code, "clauses", "negations")
        negative = self.table.negative
        plain = [w for w in self.content if not (negative.has(w) or w in denials)]
        return bool(plain) and set(plain) <= set(self.held)

    def denials(self, words: Sequence[str], text: str) -> int:
        """Return 1 for a denial, and 1 for a word such as "avoids".

        An allergy and "can't eat" say the same once.
        """
        if self.table.harms.count(words):
            text = self.table.cannot.sub(" ", text)
            words = tokens_of(text) or words
        return self.says_no(words, text) + (self.table.negative.count(words) > 0)

    def says_no(self, words: Sequence[str], text: str) -> bool:
        """Return True if a text denies something, other than by a word such as "avoids"."""
        listed = words_in(self.code, "clauses", "negations")
        negative = self.table.negative
        plain = text.casefold().replace("’", "'")
        whole = [part.strip(".,;:!?") for part in plain.split()]
        is_denied = any(w in listed and not negative.has(w) for w in (*words, *whole))
        return is_denied or self.table.denied.search(text) is not None

    def names_converse(self) -> bool:
        """Return True if the fact has "shorter" where the clause has "taller"."""
        return bool(self.table.converse.opposed(self.told, self.heard))

    def uncapitalised(self) -> set[str]:
        """Return the words that both have once without a capital: "desde" is not a name."""
        spelt = (*words_with_case(self.said), *words_with_case(self.fact))
        return {word for word in spelt if word[0].islower()}


def _without_zu(match: re.Match[str]) -> str:
    return match["head"] + match["verb"]  # "anzunehmen" is a form of "annehmen"


def owners_in(code: str) -> frozenset[str]:
    """Return the words that stand behind somebody and before what is theirs, also of English."""
    return words_in(code, "phrases", "owners") | words_in(ENGLISH, "phrases", "owners")


def parties_of(text: str) -> set[str]:
    """Return the folded words of a text that have a capital, also the first."""
    found = [(i, w.casefold()) for i, w in enumerate(words_with_case(text)) if w[0].isupper()]
    return {w for i, w in found if w not in unmeant() or (i > 0 and len(w) > 2)}  # "owes Ben"


def is_party(word: str, names: set[str], code: str, table: Phrases) -> bool:
    """Return True if a word names the user, a person, or one of some names."""
    return names_user(word, code) or table.persons.has(word) or word in names


def holds(part: Sequence[str], word: str, code: str) -> bool:
    """Return True if words have a form of a word, or the same number."""
    values = values_of(word, code)
    if values:
        return any(not values.isdisjoint(values_of(other, code)) for other in part)
    return any(is_form(word, other) for other in part)


def are_alike(word: str, other: str) -> bool:
    """Return True if two words may be forms of one name."""
    return word == other or (word[:2] == other[:2] and abs(len(word) - len(other)) < 3)
