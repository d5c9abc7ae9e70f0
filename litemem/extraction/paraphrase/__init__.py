"""Judge a fact as a paraphrase of a clause: what makes it say something else, or more.

A paraphrase may use other words. It may not exchange who does what, turn an order or a side round,
give a thing the number of another, state what was supposed, past or excepted, or make somebody
else's life the user's. The words for all this are data, in the table `phrases` of each language.
"""

import re
from collections.abc import Callable, Sequence

from litemem.core.text.quantities import changes_half_of_day, counts_another, counts_together
from litemem.extraction.paraphrase import (
    additions,
    agents,
    alternatives,
    bounds,
    conditions,
    kin,
    participants,
    parties,
    parts,
    plans,
    polarity,
    preference,
    reality,
    subject,
    transfers,
)
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.support import in_plain_words, in_said_words

OF_ANOTHER = "it is about somebody else"
OF_OTHER_THING = "it is said of something else"
DENIED = "it denies the statement, or affirms what was denied"
SUPPOSED = "it states what was only supposed"
OPPOSITE = "it says the opposite"
REVERSED = "its order is reversed"
OTHER_NUMBER = "it has another number"

_VOWEL_SIGNS = re.compile(r"[\u064b-\u0652\u0640]")  # of Arabic, which few write

CLAUSE, PREDICATE = "clause", "predicate"


def departure(
    fact: str, said: str, code: str, part: str, then: str = "", sentence: str = ""
) -> str | None:
    """Return how a fact says something else than a clause, or None if it may paraphrase it.

    `part` is the part of the clause that has its predicate, `then` the clause behind it, and
    `sentence` has the clause and its neighbours.
    """
    if code == "ar":
        fact, said, part, then, sentence = (
            _VOWEL_SIGNS.sub("", text) for text in (fact, said, part, then, sentence)
        )
    fact, said, part, then, sentence = (
        in_plain_words(text, code) for text in (fact, said, part, then, sentence)
    )
    fact = in_said_words(fact, sentence or said, code)
    whole = Comparison(fact, said, code, then, sentence=sentence)
    near = Comparison(fact, part, code, whole=said)
    pairs = {CLAUSE: whole, PREDICATE: near}
    for reason, of, is_so in _DEPARTURES:
        if is_so(pairs[of]):
            return reason
    return None


def _counts_another(pair: Comparison) -> bool:
    if counts_together(pair.fact, pair.said, pair.code):
        return False
    return counts_another(pair.told, pair.heard, pair.code)


def _changes_half_of_day(pair: Comparison) -> bool:
    return changes_half_of_day(pair.fact, pair.said)


# a fact is compared with its whole clause, or with the part that has the predicate
_DEPARTURES: Sequence[tuple[str, str, Callable[[Comparison], bool]]] = (
    (OF_ANOTHER, CLAUSE, subject.is_of_somebody_else),
    (OF_ANOTHER, CLAUSE, subject.is_of_other_part),
    (OF_ANOTHER, PREDICATE, subject.is_of_somebody_else),
    (OF_ANOTHER, CLAUSE, subject.is_of_their_part),
    (OF_ANOTHER, CLAUSE, subject.is_of_new_relative),
    (OF_ANOTHER, CLAUSE, kin.is_of_other_kin),
    (OF_ANOTHER, CLAUSE, subject.is_of_other_origin),
    (OF_ANOTHER, CLAUSE, agents.is_of_other_agent),
    (OF_ANOTHER, CLAUSE, participants.is_of_participant),
    (SUPPOSED, CLAUSE, reality.is_supposed),
    ("it leaves out the condition", CLAUSE, reality.loses_condition),
    (SUPPOSED, CLAUSE, plans.is_wish),
    (SUPPOSED, CLAUSE, alternatives.is_chosen),
    (SUPPOSED, CLAUSE, reality.is_urged),
    (SUPPOSED, CLAUSE, reality.is_refuted),
    (SUPPOSED, CLAUSE, reality.is_conditional),
    ("it leaves out the condition", CLAUSE, conditions.is_unconditional),
    ("it states a plan as done", CLAUSE, reality.is_still_ahead),
    ("it states a plan as done", CLAUSE, plans.is_duty),
    ("it states what failed", CLAUSE, reality.has_failed),
    ("it states what is over", CLAUSE, reality.is_over),
    ("it states what is over", CLAUSE, plans.is_no_more),
    ("it states what was excepted", CLAUSE, polarity.is_excepted),
    (OPPOSITE, CLAUSE, polarity.is_opposite),
    (OPPOSITE, PREDICATE, polarity.likes_what_is_bad),
    (OPPOSITE, CLAUSE, polarity.is_tolerated),
    ("it says more than was said", CLAUSE, polarity.is_without_exception),
    (DENIED, PREDICATE, polarity.is_denied),
    (DENIED, CLAUSE, polarity.is_contrasted),
    (DENIED, CLAUSE, polarity.is_crossed),
    (REVERSED, CLAUSE, transfers.is_other_direction),
    (REVERSED, CLAUSE, parties.is_exchanged),
    (REVERSED, CLAUSE, parties.is_given_back),
    (REVERSED, CLAUSE, preference.prefers_what_was_denied),
    (REVERSED, CLAUSE, parties.is_turned_round),
    (REVERSED, CLAUSE, preference.is_preferred_less),
    (REVERSED, CLAUSE, preference.is_compared),
    (REVERSED, CLAUSE, preference.is_measured_round),
    (REVERSED, CLAUSE, preference.puts_other_behind),
    ("it leaves out when it is so", CLAUSE, additions.drops_limit),
    ("it says more than was said", CLAUSE, additions.adds_company),
    ("it makes a habit of what was done once", CLAUSE, additions.makes_habit_of_once),
    (REVERSED, CLAUSE, additions.is_crossed_out),
    (OF_ANOTHER, CLAUSE, additions.has_what_is_anothers),
    (OTHER_NUMBER, CLAUSE, additions.states_change_as_sum),
    (OTHER_NUMBER, CLAUSE, additions.states_sum_as_change),
    (OTHER_NUMBER, CLAUSE, _counts_another),
    (OTHER_NUMBER, CLAUSE, _changes_half_of_day),
    (OF_OTHER_THING, CLAUSE, subject.is_of_next),
    (OF_OTHER_THING, CLAUSE, subject.is_beside),
    (OF_OTHER_THING, CLAUSE, preference.is_of_other_thing),
    ("it says nothing", CLAUSE, subject.says_nothing),
    (OF_OTHER_THING, CLAUSE, subject.is_in_other_role),
    (REVERSED, CLAUSE, bounds.is_bounded_otherwise),
    (OF_OTHER_THING, CLAUSE, parts.is_crossed),
    (OF_OTHER_THING, CLAUSE, parts.is_of_reason),
)
