"""Which events end what somebody does, plans, expects or is: habits, trips, births, ages.

Each rule gets a known fact with the places of its state, and a new fact with those of its event.
"""

from itertools import pairwise

from litemem.ingestion.ending_phrases import Fact
from litemem.ingestion.ending_table import LEAST, Table, stem_of
from litemem.ingestion.ending_things import (
    are_numbered_apart,
    holder_of,
    is_done_by_agent,
    subject_of,
    things_in,
)

SAME = 0.6  # of the longer of two forms of a verb, that they share


def is_once(n: Fact, listed: Table) -> bool:
    """Return True if an event is of a single time: "cancelled this morning"."""
    return any("_".join(pair) in listed.once for pair in pairwise(n.words))


def is_given_up(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if somebody gave up what a known fact says that they do: "stopped running"."""
    if is_once(n, listed) or not listed.once.isdisjoint(n.words):
        return False
    subjects = [holder_of(one, found, listed) for one, found in ((k, state), (n, event))]
    light = {i for i, word in enumerate(n.words) if word in listed.light}
    first = next(
        (i for i in range(min(event), len(n.words)) if i not in event | light),
        len(n.words),
    )
    days = [
        {one.stems[i] for i, w in enumerate(one.words) if w in listed.weekdays} for one in (k, n)
    ]
    if days[1] and not days[1] <= days[0]:  # no longer on Fridays
        return False
    if subjects[0] != subjects[1] or first == len(n.words) or n.words[first] in listed.adjuncts:
        return False
    reason = next((i for i, word in enumerate(n.words) if word in listed.reasons), len(n.words))
    things_k, rest_k = things_in(k, state, listed)
    acts = {k.stems[i] for i in state}
    objects = [k.stems[i] for i in things_k if k.stems[i] not in subjects[0]]
    told = {
        n.stems[i]
        for i in range(first, reason)
        if i not in event and n.words[i] not in listed.unnamed and not n.words[i].isdigit()
    }
    if not told or not told <= acts | rest_k | set(objects):
        return False
    is_plain = not objects or k.words[max(state) + 1] in listed.adjuncts
    is_all = told <= acts and (is_plain or k.words[min(state)] not in listed.vague)
    return is_all or (bool(objects) and objects[-1] in told)


def is_birth(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if the child is born that the user or a partner expects."""
    expecting = subject_of(k, min(state), listed)
    is_own = not expecting or expecting <= {stem_of(one, "") for one in listed.partners}
    rest = n.words[: min(event)]
    if (
        expecting and not is_own and expecting <= set(n.stems[: min(event)])
    ):  # "Freya's boy is here"
        rest = tuple(
            w for i, w in enumerate(n.words) if i < min(event) and n.stems[i] not in expecting
        )
        is_own = True
    elif listed.mine:
        rest = tuple(word for i, word in enumerate(n.words) if i not in event)
        is_named = rest[:1] != () and rest[0] in listed.children  # "baby Juno is here"
        is_own = is_own and (is_named or not listed.mine.isdisjoint(rest))
    born = [word for word in rest if word not in listed.light]
    others = [w for w in born if w in listed.kin and w not in listed.children | listed.partners]
    is_child = any(word in listed.children for word in born) and not others
    behind = n.words[max(event) + 1 :][:2]
    is_year = any(word.isdigit() and len(word) == 4 for word in behind)  # "born in 1990"
    return is_own and is_child and not is_year


def is_plan(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if an event is of where a plan goes, and of nothing else: "the move to Oslo"."""
    things_k, rest_k = things_in(k, state, listed)
    things_n, rest_n = things_in(n, event, listed)
    subjects = [subject_of(one, min(found), listed) for one, found in ((k, state), (n, event))]
    if listed.articles and is_done_by_agent(n, event, things_n, listed):
        things_n = [i for i in things_n if i > min(event)]
    goal = {k.stems[i] for i in things_k if i > min(state) and k.words[i] not in listed.trips}
    if listed.is_place_first and not goal:
        goal = {k.stems[i] for i in things_k}
    told = {n.stems[i] for i in things_n if n.words[i] not in listed.trips} | rest_n
    told -= {stem_of(trip, "") for trip in listed.trips}
    is_named_behind = listed.articles and all(k.written[i].islower() for i in things_k)
    if not goal or (is_named_behind and goal.isdisjoint(told)):
        goal = told & rest_k  # of a trip to Rome
    done = {k.stems[i] for i in things_k[:-1] if listed.articles and k.written[i].islower()}
    is_named = bool(goal) and goal - done <= told and bool(goal & told) and told <= goal | rest_k
    return is_named and subjects[0] - goal <= told and not are_numbered_apart(k, n)


def is_older(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if somebody is older than a known fact says."""
    subjects = [holder_of(one, found, listed) for one, found in ((k, state), (n, event))]
    ages = [
        int("".join(filter(str.isdigit, one.words[i])))
        for one, found in ((k, state), (n, event))
        for i in sorted(found)
        if one.words[i][0].isdigit()
    ]
    return subjects[0] == subjects[1] and len(ages) == len(subjects) and ages[0] < ages[1]


def is_source(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if the event names what it leaves: "switched from Vim to Emacs"."""
    things, _ = things_in(k, state, listed)
    left: list[str] = []
    for i in range(max(event) + 1, len(n.words)):
        if n.words[i] in listed.adjuncts:
            break
        left += [n.stems[i]] if n.words[i] not in listed.light else []
    subjects = [holder_of(one, found, listed) for one, found in ((k, state), (n, event))]
    told = {k.stems[i] for i in things} - subjects[0]
    return bool(left) and set(left) <= told and subjects[0] == subjects[1] and told <= set(left)


def is_habit(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if somebody stopped what a known fact tells: "stopped running", "quit tennis".

    The words behind the event, up to an adjunct, are in the known fact, also as another form of its
    verb, and name all that the verb there has for an object.
    """
    subjects = [holder_of(one, found, listed) for one, found in ((k, state), (n, event))]
    if subjects[0] != subjects[1] or not listed.joint.isdisjoint(k.words):
        return False
    told = _told_behind(n, event, listed)
    places = [_place_of(k, n.stems[i], state) for i in told]
    if not places or None in places:
        return False
    start = min(at for at in places if at is not None)
    first = [i for i in things_in(k, set(range(min(state) + 1)), listed)[0] if i > min(state)]
    if start not in (min(state), *first[:1]):
        return False
    objects, _ = things_in(k, set(range(start)), listed)
    return {i for i in objects if i > start and k.words[i] not in listed.times} <= set(places)


def _told_behind(n: Fact, event: set[int], listed: Table) -> list[int]:
    """Return where words stand behind an event; none if an adjunct but a cause names more."""
    told: list[int] = []
    is_cause = is_aside = False
    for i in range(max(event) + 1, len(n.words)):
        word = n.words[i]
        if word in listed.causes | listed.because:
            is_cause = True
        elif word in listed.adjuncts:
            is_aside = bool(told)
        elif word not in listed.light:
            if is_aside or (is_cause and n.written[i][:1].isupper()):
                return []
            told += [] if is_cause else [i]
    return told


def _place_of(k: Fact, stem: str, state: set[int]) -> int | None:
    """Return where a fact has a word; its verb may have another form: "runs" for "running"."""
    verb = min(state)
    if _is_form(k.stems[verb], stem):
        return verb
    return next((i for i in range(verb, len(k.stems)) if k.stems[i] == stem), None)


def _is_form(one: str, other: str) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    return one == other or (shared >= LEAST and shared >= SAME * longer)


def is_other_value(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if an event gives a state another value: "works as a cook now"."""
    subjects = [holder_of(one, found, listed) for one, found in ((k, state), (n, event))]
    values = [
        {
            one.stems[i]
            for i in range(max(found) + 1, len(one.words))
            if one.words[i] not in listed.light | listed.adjuncts
        }
        for one, found in ((k, state), (n, event))
    ]
    is_other = all(values) and values[0].isdisjoint(values[1])
    return is_other and subjects[0] == subjects[1] and listed.joint.isdisjoint(k.words)
