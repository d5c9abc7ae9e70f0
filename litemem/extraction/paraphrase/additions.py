"""Find a fact that adds what nobody said: a cause, a habit, a degree, a feeling, an owner.

A large model writes other words than its clause, and sometimes more: "works nights" becomes "hates
working nights", "a beer now and then" a "drinking habit". A language lists such words as `claims`,
each with the words of a clause that support it.
"""

import re
from collections.abc import Sequence

from litemem.core.text.lexicon import words_in
from litemem.core.text.phrases import Phrases, names_user, phrases, tokens_of
from litemem.core.text.quantities import values_of
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.support import MAX_CHARACTERS, Heard, content_words, is_form

NEAR_CHANGE = 40  # characters around "went up" that have by how much
OWNED_NEAR = 3  # words between a thing and the person who has it

_NUMBER_END = re.compile(r"[\d.,]*")


def claims_more(fact: str, heard: str, code: str) -> bool:
    """Return True if a fact claims what nothing in a turn supports.

    `heard` is the turn, and what it answers.
    """
    fact = fact[:MAX_CHARACTERS]
    return any(
        told.search(fact) and not told.search(heard) and not said.search(heard)
        for told, said in phrases(code).claims
    )


def adds_cause(fact: str, heard: str, code: str) -> bool:
    """Return True if a fact gives a reason, and none of its words was said."""
    table = phrases(code)
    sign = table.because.search(fact[:MAX_CHARACTERS])
    if sign is None:
        return False
    reason = fact[sign.end() :]
    words = content_words(table.joint.split(reason)[0], code)
    return bool(words) and not any(map(Heard([heard], code).supports, words))


def states_change_as_sum(pair: Comparison) -> bool:
    """Return True if a fact makes the whole of what something rose or fell by: "up by 300"."""
    table, code = pair.table, pair.code
    raised = table.raised.search(pair.said)
    if raised is None or table.raised_to.search(pair.said):
        return False
    if table.raised.search(pair.fact) and not table.raised_to.search(pair.fact):
        return False
    near = pair.said[max(raised.start() - NEAR_CHANGE, 0) : raised.end() + NEAR_CHANGE]
    changed, told = values_of(near, code), values_of(pair.fact, code)
    return bool(changed & told) and values_of(pair.said, code) <= changed


def states_sum_as_change(pair: Comparison) -> bool:
    """Return True if something rises by what it rises to in the clause, or to what it rises by."""
    table, code = pair.table, pair.code
    said, told = (_changed(table, text, code) for text in (pair.said, pair.fact_in_language))
    (said_by, said_to), (told_by, told_to) = said, told
    return bool(told_by & (said_to - said_by)) or bool(told_to & (said_by - said_to))


def _changed(table: Phrases, text: str, code: str) -> tuple[set[int], set[int]]:
    """Return the numbers by which something changes, and those to which it does."""
    by, to = (
        {value for match in sign.finditer(text) for value in values_of(_near(match, text), code)}
        for sign in (table.raised_by, table.raised_to)
    )
    return by, to


def _near(match: re.Match[str], text: str) -> str:
    """Return a match to the end of the number that it ends before."""
    end = _NUMBER_END.match(text, match.end())
    return text[match.start() : end.end() if end else match.end()]


def adds_company(pair: Comparison) -> bool:
    """Return True if a fact has somebody who does it with the user, and nobody said so."""
    found = pair.table.company.search(pair.fact)
    if found is None or pair.table.together.search(pair.spoken):
        return False
    who = tokens_of(next(filter(None, found.groups()), ""))
    persons = pair.table.persons
    if not pair.spaces:
        return bool(who) and "".join(who) not in pair.spoken and persons.count(pair.heard) == 0
    near = Heard([pair.sentence or pair.spoken], pair.code)
    return bool(who) and not any(map(near.supports, who)) and persons.count(pair.heard) == 0


def has_what_is_anothers(pair: Comparison) -> bool:
    """Return True if a fact gives the user a thing that the clause has only as somebody else's.

    "I feed my neighbour's cat" makes no owner of the user.
    """
    owning = words_in(pair.code, "phrases", "owning")
    at = next((i for i, word in enumerate(pair.told[:3]) if names_user(word, pair.code)), None)
    if at is None or pair.told[at + 1 : at + 2] == [] or pair.told[at + 1] not in owning:
        return False
    things = content_words(" ".join(pair.told[at + 2 :]), pair.code)[:1]
    others = [w for w in pair.content if w not in things and pair.table.persons.has(w)]
    if any(map(pair.by.supports, others)):  # "has a neighbour with a cat"
        return False
    places = [i for i, word in enumerate(pair.heard) for thing in things if is_form(thing, word)]
    return bool(places) and all(_is_anothers(pair, i) for i in places)


def _is_anothers(pair: Comparison, at: int) -> bool:
    """Return True if a person owns the thing at a place: "my aunt's cat", "le chat de ma tante"."""
    heard, of = pair.heard, words_in(pair.code, "phrases", "belongs")
    before, behind = heard[max(at - OWNED_NEAR, 0) : at], heard[at + 1 : at + 1 + OWNED_NEAR]
    owned_before = [i for i, word in enumerate(before) if word in _owners(pair.code)]
    if owned_before and owned_before[0] and _is_owner(pair, before[owned_before[0] - 1 :]):
        return True
    return bool(behind) and behind[0] in of and any(_is_owner(pair, [w]) for w in behind[1:])


def _is_owner(pair: Comparison, words: Sequence[str]) -> bool:
    return pair.table.persons.has(words[0]) and not pair.table.pets.has(words[0])


def _owners(code: str) -> frozenset[str]:
    return words_in(code, "phrases", "owners")


def makes_habit_of_once(pair: Comparison) -> bool:
    """Return True if a fact makes a habit of what was done once."""
    table = pair.table
    if table.single.search(pair.said) is None or table.single.search(pair.fact):
        return False
    return table.habit.search(pair.fact) is not None


def is_crossed_out(pair: Comparison) -> bool:
    """Return True if a fact has what a clause rules out: "lets the flat", "rents a flat from"."""
    facts = (pair.fact, pair.fact_in_language)  # "User" and the word of the language
    return any(
        said.search(pair.said) and any(told.search(fact) for fact in facts)
        for said, told in pair.table.rules_out
    )


def drops_limit(pair: Comparison) -> bool:
    """Return True if a fact denies altogether what is denied for a time: "never before ten"."""
    table = pair.table
    if not (pair.says_no(pair.told, pair.fact) and pair.says_no(pair.heard, pair.said)):
        return False
    if table.limits.search(pair.said) is None or table.limits.search(pair.fact):
        return False
    denials = words_in(pair.code, "phrases", "before_verb")
    stated = [w for w in pair.content if not (table.negative.has(w) or w in denials)]
    return bool(stated) and all(map(pair.by.supports, stated))
