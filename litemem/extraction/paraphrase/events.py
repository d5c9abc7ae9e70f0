"""Recognise a fact that keeps the event by which a clause tells when: "when our son was born"."""

from litemem.core.text.lexicon import words_in
from litemem.extraction.paraphrase.comparison import Comparison


def is_told_by_event(pair: Comparison) -> bool:
    """Return True if the only person of a clause is in its event, and the fact has that event too.

    "I gave up smoking when my son was born" is about the speaker. With a second person, or a
    pronoun for the first, somebody else may be who does it.
    """
    table = pair.table
    if table.timing.search(pair.said) is None or table.timing.search(pair.fact) is None:
        return False
    if pair.spaces:
        people = {w for w in pair.heard if table.persons.has(w)}
        told = [w for w in pair.told if table.persons.has(w)]
        is_one = len(people) == 1 and all(map(pair.by.supports, told))
    else:
        named = [w for w in table.persons.whole if len(w) > 0 and w in pair.said]
        people = {w for w in named if not any(w != o and w in o for o in named)}
        is_one = len(people) == 1 and next(iter(people)) in pair.fact
        told = list(people)
    others = words_in(pair.code, "clauses", "others")
    return is_one and bool(told) and others.isdisjoint(pair.heard)
