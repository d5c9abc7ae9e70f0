"""What a state and an event are of: things, who has them, their names and numbers.

Words are named by their places in a fact, counted from zero, or by their stems. A phrase is the
set of the places where the words of a state or of an event stand.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from litemem.core.text.periods import MONTHS
from litemem.ingestion.ending_phrases import Fact
from litemem.ingestion.ending_table import Table

_YEAR = re.compile(r"(?:19|20)\d\d")  # of a car
_MONTHS = frozenset(map(str.casefold, MONTHS))


def things_in(fact: Fact, phrase: set[int], listed: Table) -> tuple[list[int], set[str]]:
    """Return where a fact names things, and the stems of what stands behind an adjunct."""
    things: list[int] = []
    rest: set[str] = set()
    is_behind = False
    silent = listed.unnamed | listed.called
    for i, word in enumerate(fact.words):
        if i in phrase:
            is_behind = False
        elif word in listed.adjuncts and things:
            is_behind = True
        elif word in silent or word.isdigit():
            continue
        elif is_behind:
            rest.add(fact.stems[i])
        else:
            things.append(i)
    return things, rest


def things_of_known(k: Fact, state: set[int], listed: Table) -> tuple[list[int], set[str]]:
    """Return the things of a known fact, without its project, and what goes with them.

    Nor what is the same by another word: "the phone", of "the phone is a Pixel".
    """
    things, rest = things_in(k, state, listed)
    behind = [i for i in things if i > min(state)]
    if behind and _is_equated(k, things, state, listed):
        return behind, rest
    return [
        i for i in things if not (behind and i < min(state) and k.words[i] in listed.settings)
    ], rest


def things_of_event(n: Fact, event: set[int], k: Fact, listed: Table) -> tuple[list[int], set[str]]:
    """Return the things that an event is of, and what goes with them."""
    things, rest = things_in(n, event, listed)
    first, last = min(event), max(event)
    before = [i for i in things if i < first]
    is_where = n.words[first] in listed.passives and n.words[last] in listed.adjuncts
    if before and is_where and listed.kin.isdisjoint(n.words[i] for i in before):
        return before, rest | {n.stems[i] for i in things if i > first}  # "is at the bottom of"
    within = [i for i in things if first < i < last]
    if within and n.words[last] in listed.adjuncts:  # "swapped the pills for drops"
        rest = rest | {n.stems[i] for i in things if i > last}
        things = [i for i in things if i < last]
    behind = [i for i in things if i > first]
    settings = {i for i in before if n.words[i] in listed.settings and n.words[i] in k.words}
    return ([i for i in things if i not in settings] if behind else things), rest


def names_of(k: Fact, state: set[int], listed: Table) -> set[str]:
    """Return the stems of other names for the thing of a fact: "the phone" that is a Pixel."""
    things = things_in(k, state, listed)[0]
    is_same = _is_equated(k, things, state, listed)
    return aliases_of(k, listed) | {k.stems[i] for i in things if is_same and i < min(state)}


def _is_equated(k: Fact, things: Sequence[int], state: set[int], listed: Table) -> bool:
    """Return True if a fact names the kind of a thing: "the phone is a Pixel"."""
    follows = k.words[max(state) + 1] if max(state) + 1 < len(k.words) else ""
    before = {k.words[i] for i in things if i < min(state)}
    is_said = k.words[min(state)] in listed.copulas and follows not in listed.adjuncts
    return bool(before) and is_said and before.isdisjoint(listed.kin)


def aliases_of(fact: Fact, listed: Table) -> set[str]:
    """Return the stems of the names that a fact gives to a thing: "a cat called Misse"."""
    called = {fact.stems[i - 1] for i, word in enumerate(fact.words) if i and word in listed.called}
    return called | {fact.stems[i] for i in places_of_aliases(fact, listed)}


def places_of_aliases(fact: Fact, listed: Table) -> range:
    """Return the places behind the first word that stands before a name: "called"."""
    at = next((i for i, word in enumerate(fact.words) if word in listed.alias), len(fact.words))
    return range(at + 1, len(fact.words))


def without_cause(n: Fact, event: set[int], listed: Table) -> Fact:
    """Return a fact without what it names behind an event as its cause."""
    behind = range(max(event) + 1, len(n.words))
    end = next(
        (
            i
            for i in behind
            if not listed.causes.isdisjoint(("_".join(n.words[i : i + 2]), n.words[i]))
        ),
        len(n.words),
    )
    return Fact(n.written[:end], n.words[:end], n.stems[:end])


def antecedent_of(n: Fact, event: set[int], names: set[str], listed: Table) -> list[int]:
    """Return where the known thing stands that a pronoun names, if no other is named before it."""
    if not _is_of_pronoun(n, event, listed):
        return []
    starts = [i + 1 for i in range(min(event)) if n.words[i] in listed.articles]
    if n.stems and n.stems[0] in names:
        starts.insert(0, 0)
    if len(starts) != 1:
        return []
    stop = starts[0]
    while stop < min(event) and n.stems[stop] in names:
        stop += 1
    is_subject = n.words[stop] in listed.predicates or n.written[stop].endswith("ed")
    others = [i for i in range(stop, min(event)) if n.words[i] in listed.kin | listed.indefinite]
    return list(range(starts[0], stop)) if is_subject and not others else []


def _is_of_pronoun(n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if an event is of what a pronoun names: "sold it", "had her put down"."""
    first, last = min(event), max(event)
    places = [first - 1, last + 1, *(i for i in range(first, last) if i not in event)]
    return any(0 < i < len(n.words) and n.words[i] in listed.pronouns for i in places)


def is_done_by_agent(n: Fact, event: set[int], things: Sequence[int], listed: Table) -> bool:
    """Return True if all that is named before an event is who may do it to the user's things."""
    before = [i for i in things if i < min(event)]
    is_from_user = any(n.words[i] in listed.objects for i in event)  # "bought it off us"
    is_agent = is_from_user or all(listed.agents.has(n.words[i]) for i in before)
    has_object = any(i > min(event) for i in things)
    return bool(before) and has_object and is_agent


def subject_of(fact: Fact, stop: int, listed: Table) -> frozenset[str]:
    """Return the stems of the subject of a fact; none for the user."""
    return frozenset(fact.stems[i] for i in named_before(fact, stop, listed))


def holder_of(
    fact: Fact, phrase: set[int], listed: Table, born: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return the stems of the subject, also behind the verb: "murió mi abuelo"."""
    found = set(subject_of(fact, min(phrase), listed))
    for i in range(min(phrase) + 1, len(fact.words) if listed.mine else 0):
        if fact.words[i] in listed.adjuncts:
            break
        is_kin = i not in phrase and fact.words[i] in listed.kin - born
        if is_kin and not _has_thing_behind(fact, i, listed):
            found.add(fact.stems[i])
    return frozenset(found)


def _has_thing_behind(fact: Fact, at: int, listed: Table) -> bool:
    """Return True if a thing stands right behind a relative: "wears her grandfather's watch"."""
    behind = fact.words[at + 1 : at + 2]
    return bool(listed.articles) and bool(behind) and behind[0] not in listed.unnamed


def named_before(fact: Fact, stop: int, listed: Table) -> list[int]:
    """Return where a fact names something before a phrase."""
    ignored = listed.unnamed - listed.alias
    return [i for i in range(stop) if not (fact.words[i] in ignored or fact.words[i].isdigit())]


def owner_of(k: Fact, things: Sequence[int], state: set[int]) -> set[str]:
    """Return the stems of who has a thing: what stands before a verb with an object."""
    has_object = any(i > min(state) for i in things)
    return {k.stems[i] for i in things if i < min(state)} if has_object else set()


def has_head(
    k: Fact, state: set[int], told: set[str], listed: Table, shares: str, is_all: bool
) -> bool:
    """Return True if words name the object of a state, and all persons in it.

    If true, `is_all` says that an event is of all of several.
    """
    things, _ = things_of_known(k, state, listed)
    if shares == "tool":  # whoever used it: the project, we
        things = [i for i in things if i > max(state) or _is_person(k, i, listed)]
    names = aliases_of(k, listed)
    behind = -1 if listed.is_place_first else max(state)
    maker = _maker(k, told, behind) if shares == "goods" else frozenset[int]()
    persons = _persons_in(k, things, maker, listed)
    is_apposed = shares == "goods" and listed.head != "last"
    apposed = _apposed(k, things, listed) if is_apposed else set[str]()
    if shares == "goods":
        persons -= _brand(k, things, listed) | apposed
    owner = owner_of(k, things, state) if shares != "tool" else set[str]()
    if listed.articles:  # "the puncture", of "the bike has a puncture"
        owner &= {
            k.stems[i] for i in things if k.words[i] in listed.kin or is_proper_name(k.written[i])
        }
    if not persons | owner <= told | names | (
        _next_to_names(k, told, listed) if listed.articles else set()
    ):
        return False
    if shares == "person":
        cased = {k.stems[i] for i in things if not k.written[i][:1].islower()}  # or without case
        return bool((persons | cased) & told)
    objects = [i for i in things if k.stems[i] not in names]
    if not objects:
        return False
    if shares == "goods" and any(k.words[i] in listed.makers for i in objects):
        apposed |= {k.stems[i] for i in objects} - told  # a brand or its model
    plain = [i for i in objects if k.stems[i] not in apposed] or objects
    heads = {"first": plain[:1], "last": objects[-1:]}.get(listed.head, plain)
    if maker and not all(k.stems[i] in told for i in heads):  # "the Seat" for a Seat Ibiza
        heads = [next(i for i in sorted(maker) if k.stems[i] in told)]
    if listed.head == "last" and k.words[heads[0]] in listed.generic:  # "keto", of a keto diet
        named = [i for i in objects if k.words[i] not in listed.generic][-1:]
        is_sort = k.words[heads[0]] in listed.sorts or any(
            k.written[i][:1].isupper() for i in named
        )
        heads = (named or heads) if is_sort else heads
    is_one = all(k.stems[i] in told and (is_all or not _are_many(k, i, listed)) for i in heads)
    return is_one and not listed.joint.intersection(k.words)


def _next_to_names(k: Fact, told: set[str], listed: Table) -> set[str]:
    """Return the relations of those who have a name in an event: "partner", of "partner Jools"."""
    return {
        k.stems[i - 1]
        for i in range(1, len(k.words))
        if k.stems[i] in told and k.written[i][:1].isupper() and k.words[i - 1] in listed.kin
    }


def _persons_in(k: Fact, things: Sequence[int], maker: frozenset[int], listed: Table) -> set[str]:
    """Return the stems of the persons among things, without who made one."""
    before_maker = {
        i for i in things if maker and k.words[i - 1] in listed.before_maker and i > max(maker)
    }
    return {
        k.stems[i]
        for i in things
        if k.words[i] in listed.kin or (i not in maker | before_maker and _is_person(k, i, listed))
    }


def _brand(k: Fact, things: Sequence[int], listed: Table) -> set[str]:
    """Return the stems of the names right before the last thing: "a red Trek mountain bike".

    Where the noun stands first, those right behind it: "un vélo Peugeot".
    """
    found: set[str] = set()
    if listed.head == "first":
        for i, before in zip(things[1:], things, strict=False):
            if i != before + 1 or k.words[i] in listed.kin or not k.written[i][:1].isupper():
                break
            found.add(k.stems[i])
        return found
    for i in reversed(things[:-1]):
        if i + 1 not in things or k.words[i] in listed.kin:
            break
        found |= {k.stems[i]} if k.written[i][:1].isupper() else set()
    return found


def _apposed(k: Fact, things: Sequence[int], listed: Table) -> set[str]:
    """Return the stems of the names right behind the word for a thing: "гитара Yamaha"."""
    found: set[str] = set()
    is_behind = False
    for i in things:
        is_name = k.written[i][:1].isupper()
        is_behind = is_name and i - 1 in things and (is_behind or _is_noun(k, i - 1, listed))
        found |= {k.stems[i]} if is_behind else set()
    return found


def _is_noun(k: Fact, at: int, listed: Table) -> bool:
    return not k.written[at][:1].isupper() and k.words[at] not in listed.kin


def _maker(k: Fact, told: set[str], after: int) -> frozenset[int]:
    """Return where the whole name of a thing stands: "Seat Ibiza" for "Seat"."""
    for i in range(after + 1, len(k.words)):
        is_first = i == 0 and not (k.written[1:2] and k.written[1][:1].isupper())
        if k.stems[i] in told and k.written[i][:1].isupper() and not is_first:
            start = end = i
            while start - 1 > after and k.written[start - 1][:1].isupper():
                start -= 1
            while end + 1 < len(k.words) and k.written[end + 1][:1].isupper():
                end += 1
            return frozenset(range(start, end + 1))
    return frozenset()


def _is_person(fact: Fact, at: int, listed: Table) -> bool:
    is_name = fact.written[at][:1].isupper() and at > 0
    return fact.words[at] in listed.kin or is_name


def is_proper_name(written: str) -> bool:
    """Return True if a word as it is written begins with a capital or a digit."""
    return written[:1].isupper() or written[:1].isdigit()


def _are_many(fact: Fact, at: int, listed: Table) -> bool:
    """Return True if a number stands before a thing: two cats."""
    return any(
        (word.isdigit() and not _YEAR.fullmatch(word)) or word in listed.counts
        for i, word in enumerate(fact.words[:at])
        if i >= at - 2 and not (i and fact.words[i - 1] in listed.numbered)  # "type 2 diabetes"
    )


def are_numbered_apart(k: Fact, n: Fact) -> bool:
    """Return True if two facts are about things with other numbers: invoice 12, invoice 13."""
    one, other = (_ids(fact) for fact in (k, n))
    return bool(one and other) and one.isdisjoint(other)


def _ids(fact: Fact) -> set[str]:
    """Return the numbers of a fact that are neither years nor days of a month."""
    return {
        word
        for i, word in enumerate(fact.words)
        if word.isdigit()
        and not _YEAR.fullmatch(word)
        and _MONTHS.isdisjoint(fact.words[max(i - 1, 0) : i + 2])
    }


def has_number(k: Fact, n: Fact, things: Sequence[int], listed: Table) -> bool:
    """Return True if an event is of one version, or one of several things, with a number."""
    ids = {b for a, b in pairwise(k.words) if a in listed.places and b.isdigit()}
    return not ids <= set(n.words) or any(
        n.words[i + 1].isdigit() and n.words[i + 1] not in k.words
        for i in things
        if i + 1 < len(n.words)
        and (n.written[i][:1].isupper() or n.words[i] in listed.places)
        and listed.articles
        and _MONTHS.isdisjoint(n.words[i + 2 : i + 3])
    )
