"""Judge a fact as a paraphrase of a clause: what makes it say something else, or more.

A paraphrase may use other words. It may not exchange who does what, turn an order or a side round,
give a thing the number of another, state what was supposed, past or excepted, or make somebody
else's life the user's. The words for all this are data, in the table `phrases` of each language.
"""

import re

from litemem.core.text.quantities import changes_half_of_day, counts_another, counts_together
from litemem.extraction.paraphrase import (
    additions,
    agents,
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

OF_ANOTHER = "it is about somebody else"
OF_OTHER_THING = "it is said of something else"
DENIED = "it denies the statement, or affirms what was denied"
SUPPOSED = "it states what was only supposed"
OPPOSITE = "it says the opposite"
REVERSED = "its order is reversed"
OTHER_NUMBER = "it has another number"

_VOWEL_SIGNS = re.compile(r"[\u064b-\u0652\u0640]")  # of Arabic, which few write


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
    whole = Comparison(fact, said, code, then, sentence=sentence)
    near = Comparison(fact, part, code, whole=said)
    for reason, pair, is_so in (
        (OF_ANOTHER, whole, subject.is_of_somebody_else),
        (OF_ANOTHER, whole, subject.is_of_other_part),
        (OF_ANOTHER, near, subject.is_of_somebody_else),
        (OF_ANOTHER, whole, subject.is_of_new_relative),
        (OF_ANOTHER, whole, kin.is_of_other_kin),
        (OF_ANOTHER, whole, subject.is_of_other_origin),
        (OF_ANOTHER, whole, agents.is_of_other_agent),
        (OF_ANOTHER, whole, participants.is_of_participant),
        (SUPPOSED, whole, reality.is_supposed),
        ("it leaves out the condition", whole, reality.loses_condition),
        ("it leaves out the condition", whole, conditions.is_unconditional),
        (SUPPOSED, whole, plans.is_wish),
        (SUPPOSED, whole, reality.is_urged),
        (SUPPOSED, whole, reality.is_refuted),
        (SUPPOSED, whole, reality.is_conditional),
        ("it states a plan as done", whole, reality.is_still_ahead),
        ("it states a plan as done", whole, plans.is_duty),
        ("it states what failed", whole, reality.has_failed),
        ("it states what is over", whole, reality.is_over),
        ("it states what is over", whole, plans.is_no_more),
        ("it states what was excepted", whole, polarity.is_excepted),
        (OPPOSITE, whole, polarity.is_opposite),
        (OPPOSITE, near, polarity.likes_what_is_bad),
        (OPPOSITE, whole, polarity.is_tolerated),
        ("it says more than was said", whole, polarity.is_without_exception),
        (DENIED, near, polarity.is_denied),
        (DENIED, whole, polarity.is_contrasted),
        (REVERSED, whole, transfers.is_other_direction),
        (REVERSED, whole, bounds.is_bounded_otherwise),
        (REVERSED, whole, parties.is_exchanged),
        (REVERSED, whole, parties.is_given_back),
        (REVERSED, whole, preference.prefers_what_was_denied),
        (REVERSED, whole, parties.is_turned_round),
        (REVERSED, whole, preference.is_preferred_less),
        (REVERSED, whole, preference.is_compared),
        (REVERSED, whole, preference.is_measured_round),
        (REVERSED, whole, preference.puts_other_behind),
        ("it leaves out when it is so", whole, additions.drops_limit),
        ("it makes a habit of what was done once", whole, additions.makes_habit_of_once),
        (REVERSED, whole, additions.is_crossed_out),
        (OF_ANOTHER, whole, additions.has_what_is_anothers),
        (OTHER_NUMBER, whole, additions.states_change_as_sum),
        (OTHER_NUMBER, whole, _counts_another),
        (OTHER_NUMBER, whole, _changes_half_of_day),
        (OF_OTHER_THING, whole, subject.is_of_next),
        (OF_OTHER_THING, whole, subject.is_beside),
        (OF_OTHER_THING, whole, preference.is_of_other_thing),
        ("it says nothing", whole, subject.says_nothing),
        (OF_OTHER_THING, whole, subject.is_in_other_role),
        (OF_OTHER_THING, whole, parts.is_crossed),
        (OF_OTHER_THING, whole, parts.is_of_reason),
    ):
        if is_so(pair):
            return reason
    return None


def _counts_another(pair: Comparison) -> bool:
    if counts_together(pair.fact, pair.said, pair.code):
        return False
    return counts_another(pair.told, pair.heard, pair.code)


def _changes_half_of_day(pair: Comparison) -> bool:
    return changes_half_of_day(pair.fact, pair.said)
