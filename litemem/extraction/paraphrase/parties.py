"""Find a fact that exchanges the one who does something with the one who receives it."""

from collections.abc import Sequence
from itertools import pairwise

from litemem.core.text.lexicon import words_in, words_of_all
from litemem.core.text.phrases import Words, names_user
from litemem.core.text.words import is_number
from litemem.extraction.paraphrase.comparison import (
    Comparison,
    are_alike,
    is_party,
    parties_of,
)
from litemem.extraction.paraphrase.support import MAX_CONTENT, is_form, unmeant
from litemem.extraction.paraphrase.transfers import is_same_direction

VERB_BETWEEN = frozenset("en es fr it pt".split())  # languages in which the object is behind it


def is_exchanged(pair: Comparison) -> bool:
    """Return True if the fact has two parties in the other order, with the same words."""
    return _has_other_order(pair) and not is_same_direction(pair)


def _has_other_order(pair: Comparison) -> bool:
    code, table = pair.code, pair.table
    names = (parties_of(pair.said) | parties_of(pair.fact)) - pair.uncapitalised()
    told = [(i, w) for i, w in enumerate(pair.told) if is_party(w, names, code, table)]
    if told and names_user(told[0][1], code) and pair.told[told[0][0] + 1 :][:1] == ["s"]:
        told = told[1:]  # "User's brother"
    heard = [(i, w) for i, w in enumerate(pair.heard) if is_party(w, names, code, table)]
    theirs = words_in(code, "clauses", "theirs")
    others = [w for w in pair.content if not is_party(w, names, code, table) and w not in theirs]
    if len(told) < 2 or not all(map(pair.by.supports, others)) or pair.names_converse():
        return False
    (first, one), (second, other) = told[0], told[1]
    between = set(pair.told[first + 1 : second])
    is_of_both = not between.isdisjoint(words_in(code, "phrases", "copulas"))  # "is close to"
    goals = frozenset[str]() if is_of_both else words_in(code, "phrases", "goals")
    if second - first < 2 or table.agents & between - goals:
        return False
    if names_user(one, code):  # "User sold his car to Tom" has two more parties
        places = [next((i for i, w in heard if are_alike(w, each)), None) for _, each in told[1:]]
        return any(at is not None and _is_object_of(pair, at) for at in places)
    if names_user(other, code):
        return _is_done_to(pair, one, pair.told[first + 1 : second], pair.told[second + 1 :])
    order = [next((i for i, w in heard if are_alike(w, each)), None) for each in (one, other)]
    return None not in order and order[0] > order[1]  # type: ignore[operator]


def _is_object_of(pair: Comparison, at: int) -> bool:
    """Return True if the party at a place of the clause acts on the speaker: "Anna lent me"."""
    speaker = words_in(pair.code, "clauses", "speaker") - pair.table.objects
    if not speaker.isdisjoint(pair.heard) or _is_liked(pair):
        return False
    return at < 2 and not pair.table.objects.isdisjoint(pair.heard[at + 1 :])


def _is_liked(pair: Comparison) -> bool:
    """Return True if the clause has a preference: "Tee ist mir lieber"."""
    objects, prefers = pair.table.objects, pair.table.prefers
    return any(one in objects and prefers.fullmatch(w) for one, w in pairwise(pair.heard))


def _is_done_to(pair: Comparison, party: str, verbs: Sequence[str], behind: Sequence[str]) -> bool:
    """Return True if the speaker does to a party what the fact makes the party do.

    `verbs` are the words between the two of the fact, `behind` those where a participle may be.
    """
    heard, objects = pair.heard, pair.table.objects
    speaker = words_in(pair.code, "clauses", "speaker") - objects
    at = next((i for i, w in enumerate(heard) if are_alike(w, party)), -1)
    begins = next((i for i, w in enumerate(heard) if w in speaker), at)
    acts = [w for w in verbs if w in pair.content] or [w for w in behind if w in pair.content]
    is_goal = not words_in(pair.code, "phrases", "goals").isdisjoint(heard[max(at - 2, 1) : at])
    if not acts or not objects.isdisjoint(heard) or not (begins < at or is_goal):
        return False
    near = (heard[begins + 1 :] if begins < at else heard[:at])[:MAX_CONTENT]
    return all(any(is_form(act, w) for w in near) for act in acts)


def is_turned_round(pair: Comparison) -> bool:
    """Return True if subject and object change places: "my dog bit him", "he bit the dog"."""
    return _changes_places(pair) and not is_same_direction(pair)


def _changes_places(pair: Comparison) -> bool:
    heard = [w for w in pair.heard if w not in unmeant()][:MAX_CONTENT]
    told = pair.content
    by = words_of_all("phrases", "by")
    is_passive = [not by.isdisjoint(words) for words in (pair.told, pair.heard)]
    is_contrast = pair.table.contrast.search(pair.fact) is not None
    if (
        pair.code not in VERB_BETWEEN
        or is_contrast
        or len(told) < 3
        or is_passive[0] != is_passive[1]
    ):
        return False
    for i in range(1, len(told) - 1):
        at = next((j for j, w in enumerate(heard) if is_form(told[i], w)), None)
        if at is None or is_number(told[i]) or _is_owned(pair, heard[at]):
            continue
        before, behind = heard[:at], heard[at + 1 :]
        if any(is_form(w, o) for w in told[:i] for o in before):
            continue
        is_turned = all(any(is_form(w, o) for o in behind) for w in told[:i])
        if is_turned and any(is_form(w, o) for w in told[i + 1 :] for o in before):
            return True
    return False


def _is_owned(pair: Comparison, word: str) -> bool:
    """Return True if a word stands behind its owner: "my brother's wedding"."""
    at = pair.heard.index(word)
    return at > 1 and pair.heard[at - 1] == "s"


def is_given_back(pair: Comparison) -> bool:
    """Return True if the user gives somebody what these gave them: "小李借给我五百块"."""
    table = pair.table
    received, given = table.receives.search(pair.said), table.gives.search(pair.fact_in_language)
    if received is None or given is None:
        return False
    giver, taker = (next(filter(None, each.groups()), "") for each in (received, given))
    giver, taker = giver.casefold(), taker.casefold()
    return giver.startswith(taker) or taker.startswith(giver)


def is_converse(pair: Comparison, kinds: tuple[Words, ...]) -> bool:
    """Return True if the first party of the fact stands behind the verb of the clause.

    "Anna lent me 50 euros" is "User borrowed 50 euros from Anna".
    """
    told = [at for kind in kinds for at in kind.places(pair.told)]
    heard = [at for kind in kinds for at in kind.places(pair.heard)]
    before, behind = pair.heard[: heard[0]], pair.heard[heard[0] + 1 :]
    for word in pair.told[: told[0]]:
        if names_user(word, pair.code):
            return not pair.table.objects.isdisjoint(behind)
        if word not in unmeant() and any(are_alike(word, other) for other in behind):
            return not any(are_alike(word, other) for other in before)
    return False
