"""Find that an event ends a state: "gave the piano away" ends "has a piano".

Which events end which states is data (`ending_table`). Their phrases are found in both facts
(`ending_phrases`), and both have to be of the same thing or person (`ending_things`). Without a
row, or with a doubt about the person or the thing, nothing ends.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise

from litemem.core.text import lexicon, scripts
from litemem.core.text.statements import code_of_pair, unquoted
from litemem.ingestion.ending_acts import (
    is_birth,
    is_given_up,
    is_habit,
    is_older,
    is_once,
    is_other_value,
    is_plan,
    is_source,
)
from litemem.ingestion.ending_phrases import Fact, fact_of, in_words_of, places_of
from litemem.ingestion.ending_table import (
    ANY,
    LEAST,
    Row,
    Table,
    one_form_of,
    stem_of,
    table_of,
    without_endings,
)
from litemem.ingestion.ending_things import (
    aliases_of,
    antecedent_of,
    are_numbered_apart,
    has_head,
    has_number,
    holder_of,
    is_done_by_agent,
    is_proper_name,
    named_before,
    names_of,
    owner_of,
    places_of_aliases,
    subject_of,
    things_in,
    things_of_event,
    things_of_known,
    without_cause,
)
from litemem.ingestion.outcomes import is_outcome

LONG = 400  # characters of two texts that are no facts
TOPIC = 3  # words before a comma that may be the object of the clause behind it
_CLAUSE = re.compile(r"(?:(?<!\d)\.|[;!。！；؛।])+|,\s|，|،")  # not in "3. Mai"


def ends(known: str, new: str, code: str) -> bool:
    """Return True if a new fact tells an event that ends the state which a known one tells."""
    if is_outcome(known, new, code):
        return True
    return any(_is_over(each, new, code) for each in (known, *_retold(known, code)))


def is_of_other_habit(known: str, new: str) -> bool:
    """Return True if who "quit" gave up a habit, and a known fact is of another thing."""
    code = code_of_pair(known, new)
    habits, told = table_of(code).addictions, fact_of(new, code).words
    is_quit = not habits.isdisjoint(told) and "quit" in told
    return is_quit and habits.isdisjoint(fact_of(known, code).words)


@lru_cache(maxsize=4_096)
def _retold(known: str, code: str) -> tuple[str, ...]:
    """Return a fact in other words for a state: "User banks with Lloyds", "the bank is Lloyds"."""
    said = unquoted(known).rstrip(".! ")
    found = ((pattern.fullmatch(said), words) for pattern, words in _retellings(code))
    return tuple(match.expand(words) for match, words in found if match is not None)


@cache
def _retellings(code: str) -> Sequence[tuple[re.Pattern[str], str]]:
    """Return patterns of facts, each with words of the same meaning, from a table."""
    written = lexicon.section(code, "endings").get("retold", ())
    parts = (str(each).partition(" => ") for each in written)
    return [(re.compile(pattern, re.IGNORECASE), words) for pattern, _, words in parts]


def _is_over(known: str, new: str, code: str) -> bool:
    listed = table_of(code)
    if not listed.rows or len(known) + len(new) > LONG:
        return False
    if _names_weekday(known, code) and _is_of_today(new, code):  # one lesson of a course
        return False
    return any(_is_ended(known, clause, code, listed) for clause in _clauses(new, code))


@lru_cache(maxsize=4_096)
def _names_weekday(text: str, code: str) -> bool:
    """Return True if a text names a weekday, like a weekly lesson, in a language with its days."""
    names = scripts.normal_forms(_day_names(code)).split()
    days = tuple(name for name in names if len(name) > LEAST)  # not parts of names: "п'ятниця"
    return bool(days) and any(word.startswith(days) for word in fact_of(text, code).words)


def _day_names(code: str) -> str:
    return " ".join(map(str, lexicon.section(code, "dates").get("weekdays", ())))


@lru_cache(maxsize=4_096)
def _is_of_today(text: str, code: str) -> bool:
    named = lexicon.section(code, "dates").get("named", {}).get("today", ())
    plain = f" {scripts.normal_forms(unquoted(text))} "
    return any(f" {scripts.normal_forms(str(day))} " in plain for day in named)


def _clauses(text: str, code: str) -> list[str]:
    """Return a fact, and the clauses of a quotation: "sold the Seat, now I ride a Vespa".

    A topic before a comma counts with its clause: "Le Petrof, je l'ai vendu".
    """
    said = unquoted(text)
    parts = [part for part in _CLAUSE.split(said) if part.strip()]
    is_plain = said == text or said.rstrip().endswith(("?", "？", "؟")) or len(parts) == 1
    joined = [
        f"{topic} {clause}" for topic, clause in pairwise(parts) if len(topic.split()) <= TOPIC
    ]
    carried = [one for part in parts for one in _with_subject(part, code)]
    return [text, *carried] if is_plain else [text, *parts, *joined, *carried]


def _with_subject(clause: str, code: str) -> list[str]:
    """Return the second verb of a clause, behind "and", with the subject of the first.

    "The Mini failed its test and went for scrap" says that the Mini went for scrap.
    """
    found = table_of(code).two_verbs.fullmatch(clause.strip(" .!”"))
    if found is None or one_form_of(scripts.fold(found["verb"])) not in _first_words(code):
        return []
    subjects = (found["subject"], f"{found['subject']} {found['next']}")
    return [f"{subject} {found['verb']} {found['rest']}" for subject in subjects]


@cache
def _first_words(code: str) -> frozenset[str]:
    """Return the words that events begin with."""
    return frozenset(event[0] for row in table_of(code).rows for event in row.events if event)


def _is_ended(known: str, new: str, code: str, listed: Table) -> bool:
    if listed.temporary.search(new):
        return False
    k, n = fact_of(known, code), fact_of(new, code)
    states, events = places_of(known, code)[0], places_of(new, code)[1]
    n = in_words_of(k, n, listed)
    return any(
        _ends(listed.rows[i], k, states[i], n, events[i], listed)
        for i in states.keys() & events.keys()
    )


def _ends(row: Row, k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    if _is_open(k, state, listed) or _is_open(n, event, listed):
        return False
    if _is_at_other_time(row, k, n, event, listed):
        return False
    if _is_of_group(k, min(state), n, listed):
        return False
    if row.states == ANY and _is_name_of_relative(k, subject_of(k, min(state), listed), listed):
        return False
    is_of_other = any(n.words[i] in listed.others for i in range(min(event)))  # "she finished"
    if is_of_other and row.states != ANY and not _is_of_person(k, state, listed):
        return False
    rules = {
        "age": is_older,
        "source": is_source,
        "act": is_given_up,
        "plan": is_plan,
        "birth": is_birth,
        "habit": is_habit,
        "other": is_other_value,
    }
    if rule := rules.get(row.shares):
        return rule(k, state, n, event, listed)
    if row.shares in ("holder", "change", "bearer", "subject"):
        return _is_of_holder(row, k, state, n, event, listed)
    return _is_shared(row, k, state, n, event, listed)


def _is_of_group(k: Fact, state: int, n: Fact, listed: Table) -> bool:
    """Return True if a group does what a known fact tells, and a new fact is not of a group.

    Who "finished Middlemarch" may be ahead of the book club.
    """
    is_group = not listed.groups.isdisjoint(k.words[:state])
    return is_group and (listed.groups | listed.several).isdisjoint(n.words)


def _is_at_other_time(row: Row, k: Fact, n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if a denial is of other times than a known fact: "no longer on Fridays".

    A plan for Sunday is not the one for Saturday that is off.
    """
    if row.shares == "plan":
        days = [listed.weekdays.intersection(one.words) for one in (k, n)]
        return all(days) and days[0].isdisjoint(days[1])
    is_denied = row.shares == "habit" or any(n.words[i] in listed.blocks for i in event)
    said = without_cause(n, event, listed)
    return is_denied and bool(_times_in(said, listed) - set(k.words))


def _is_of_person(k: Fact, state: set[int], listed: Table) -> bool:
    """Return True if a known fact is of somebody other than the user, or names somebody."""
    named = [*named_before(k, min(state), listed), *places_of_aliases(k, listed)]
    return bool(named) or not listed.kin.isdisjoint(k.words)


def _times_in(fact: Fact, listed: Table) -> set[str]:
    """Return the words for times; behind a number a day may be a month, as in Romanian."""
    return {
        word
        for i, word in enumerate(fact.words)
        if word in listed.times and not _is_counted(fact, i, listed)
    }


def _is_counted(fact: Fact, at: int, listed: Table) -> bool:
    before = fact.words[at - 1] if at else ""
    return before.isdigit() or before in listed.counts


def _is_of_holder(
    row: Row, k: Fact, state: set[int], n: Fact, event: set[int], listed: Table
) -> bool:
    """Return True if an event and a state have one holder, and the event names nothing else."""
    born = listed.children if row.shares == "bearer" else frozenset[str]()
    subjects = [holder_of(one, found, listed, born) for one, found in ((k, state), (n, event))]
    is_of_user = row.shares != "subject" and any(
        n.words[i] in listed.objects for i in event
    )  # "the firm laid me off"
    if is_of_user or _is_done_to_user(k, subjects[1], n, event, listed):
        subjects[1] = frozenset()
    if not listed.joint.isdisjoint(n.words[: min(event)]):  # "Gordon and I are divorced"
        subjects[1] -= {k.stems[i] for i in things_in(k, state, listed)[0] if i > min(state)}
    is_one = subjects[0] == subjects[1]
    if row.shares == "subject" and listed.articles and not subjects[1]:
        subjects[1] = _named_object(k, subjects[0], n, event, listed)  # "buried Milo"
        is_one = bool(subjects[1])
    if listed.is_place_first and row.shares in ("holder", "subject"):
        is_one = is_one or _is_before_place(k, state, n, event, listed)
    partners = {stem_of(one, "") for one in listed.partners}
    if row.shares == "bearer" and subjects[0] <= partners and n.words[0] in listed.mine:
        is_one = is_one or not subjects[1]  # "we've got a son"
    is_by_other = bool(listed.articles) and not _is_by_known(k, n, event, listed)
    is_other = is_of_user and is_by_other
    is_same = (
        is_one and not is_other and (is_of_user or not _names_others(row, k, n, event, listed))
    )
    return is_same and (row.shares != "subject" or bool(subjects[1]))


def _is_name_of_relative(k: Fact, subject: frozenset[str], listed: Table) -> bool:
    """Return True if a fact tells the name of a relative, which lasts: "my dad is called Frank"."""
    relatives = {stem_of(one, "") for one in listed.kin - listed.partners}
    is_named = not listed.alias.isdisjoint(k.words)
    return bool(listed.articles) and is_named and not subject.isdisjoint(relatives)


def _named_object(
    k: Fact, subject: frozenset[str], n: Fact, event: set[int], listed: Table
) -> frozenset[str]:
    """Return the stems of the object of an event, if it is the name or subject of a known fact."""
    objects = {n.stems[i] for i in things_in(n, event, listed)[0] if i > min(event)}
    names = {k.stems[i] for i in range(1, len(k.words)) if k.written[i][:1].isupper()}
    is_named = bool(objects) and objects <= subject & names
    return frozenset(objects) if is_named or objects == subject else frozenset()


def _is_by_known(k: Fact, n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if no other is named who did something to the user: "Nokia let me go"."""
    done_by = [i for i in named_before(n, min(event), listed) if not listed.agents.has(n.words[i])]
    names = [i for i in done_by if n.written[i][:1].isupper() and n.words[i] not in listed.kin]
    return all(n.stems[i] in k.stems for i in names)


def _is_done_to_user(
    k: Fact, subject: frozenset[str], n: Fact, event: set[int], listed: Table
) -> bool:
    """Return True if who is named in a known fact does something to the user: "Fiat mi ha …"."""
    before = n.words[max(0, min(event) - 1)]
    is_to_user = not listed.clitics.isdisjoint((before, *(n.words[i] for i in event)))
    return is_to_user and subject <= set(k.stems) and listed.kin.isdisjoint(subject)


def _is_open(fact: Fact, phrase: set[int], listed: Table) -> bool:
    """Return True if a fact is a wish or a doubt, or denies what a phrase says."""
    return any(
        word in listed.blocks and not (i and fact.written[i][:1].isupper())  # "May", "Will"
        for i, word in enumerate(fact.words)
        if i not in phrase
    )


def _is_shared(row: Row, k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if an event is of the thing that a state is of, and of nothing else."""
    things_k, rest_k = things_of_known(k, state, listed)
    things_n, rest_n = _told(row, k, state, n, event, listed)
    is_owned = bool(rest_n & _owners_in(n, event, listed) - set(k.stems))
    if is_owned or _is_of_another(row, k, state, n, event, things_n, listed):
        return False
    names_k, names_n = names_of(k, state, listed), {k.stems[i] for i in things_k}
    told = {n.stems[i] for i in things_n}
    does = {k.stems[i] for i in state}
    if told and told <= does and rest_n <= names_n:  # "moved the insurance from Aviva"
        told |= rest_n
    if told and not listed.persons.isdisjoint(n.words):  # "pulled him out of Beech Primary"
        told |= {k.stems[i] for i in things_k if i < min(state) and k.words[i] in listed.kin}
    does = does if told & (names_n | names_k) else set()  # "Uber driving"
    if not told or not things_k or not told <= names_n | names_k | rest_k | does:
        return False
    if row.shares == "part" and told <= rest_k:  # a request for a visa
        return True
    if row.shares == "place" and told <= rest_k:  # law at Durham, but not of somebody else
        return all(i > min(state) or k.stems[i] in told for i in things_k)
    said = told | rest_n
    spots = {stem_of(spot, "") for spot in listed.spots if spot in n.words}
    told -= (rest_k | does) - names_n - names_k  # "the Etsy parcel", of a parcel from Etsy
    is_elsewhere = rest_k - names_k - said and rest_n - names_n - names_k - rest_k - spots
    if not told or is_elsewhere:  # the cat, of a picture of it; a flight to Oslo
        return False
    if row.shares == "named":  # "the bike is a Trek", and the bike is gone
        return told == owner_of(k, things_k, state) and listed.kin.isdisjoint(rest_n)
    if row.shares != "person" and told <= names_k and not listed.joint.intersection(k.words):
        return True
    is_all = not listed.whole.isdisjoint(n.words)
    return has_head(k, state, told, listed, row.shares, is_all)


def _owners_in(n: Fact, event: set[int], listed: Table) -> set[str]:
    """Return the stems of relatives who may have the thing of an event: "visumet til broren".

    Behind an event, of who is robbed: "roubaram o carro ao vizinho".
    """
    is_robbed = any(n.words[i] in listed.robs for i in event)
    places = range(0 if listed.articles else len(n.words) if is_robbed else min(event))
    return {n.stems[i] for i in places if n.words[i] in listed.kin - listed.holds}


def _told(
    row: Row, k: Fact, state: set[int], n: Fact, event: set[int], listed: Table
) -> tuple[list[int], set[str]]:
    """Return where an event names things of the user, and the stems of what goes with them."""
    things, rest = things_of_event(n, event, k, listed)
    is_done = is_done_by_agent(n, event, things, listed)  # "somebody took the bike"
    if is_done:
        things = [i for i in things if i > min(event)]
    if row.shares == "taken" and not is_done:
        return [], rest
    if _is_of_goods(row):  # "the bike cost too much, so I sold it"
        names = {k.stems[i] for i in things_of_known(k, state, listed)[0]} | names_of(
            k, state, listed
        )
        if meant := antecedent_of(n, event, names, listed):
            return meant, set()
    return things, rest


def _is_of_goods(row: Row) -> bool:
    """Return True if events of a row are of what somebody has or uses."""
    return row.states == ANY or row.shares in ("goods", "pet", "use")


def _is_of_another(
    row: Row,
    k: Fact,
    state: set[int],
    n: Fact,
    event: set[int],
    things: Sequence[int],
    listed: Table,
) -> bool:
    """Return True if an event is of another thing of a kind, of a part, or of a single time."""
    is_of_user = row.states == ANY and k.words[min(state)] in listed.copulas and min(state) == 1
    is_trade = row.shares == "trade" or is_of_user  # "the captain died", of a captain
    is_lost = row.shares == "goods" and any(
        n.words[i] in listed.kin and i + 1 not in things for i in things
    )  # in a park
    return (
        is_lost
        or are_numbered_apart(k, n)  # invoice 12, invoice 13
        or _was_put(k, n, event, listed)
        or _is_done_by_companion(k, state, n, event, things, listed)
        or (row.states == ANY and is_once(n, listed))  # a class that is off tonight
        or _is_common(n, event, things, None if is_trade else aliases_of(k, listed), listed)
        or has_number(k, n, things, listed)  # "dropped Black 22"
        or _is_plural_of_name(k, n, things, listed)
        or (_is_of_goods(row) and any(_is_any(k, n, i, things, listed) for i in things))
        or _is_of_person_alone(k, state, n, event, things, listed)
    )


def _is_done_by_companion(
    k: Fact, state: set[int], n: Fact, event: set[int], things: Sequence[int], listed: Table
) -> bool:
    """Return True if an event is of who is only with the user: "Ann no longer lives in Leeds"."""
    rest = things_in(k, state, listed)[1]
    before = {n.stems[i] for i in things if i < min(event)}
    return bool(before) and before <= rest and any(i > max(event) for i in things)


def _was_put(k: Fact, n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if a verb tells where a thing is: "left the pills on the table"."""
    if not any(n.words[i] in listed.leaves for i in event):
        return False
    return bool(things_in(without_cause(n, event, listed), event, listed)[1] - set(k.stems))


def _is_of_person_alone(
    k: Fact, state: set[int], n: Fact, event: set[int], things: Sequence[int], listed: Table
) -> bool:
    """Return True if an event is done to a person, and a fact says more about that person.

    "Dropped my daughter at school" is not of a daughter who learns to drive.
    """
    things_k, rest = things_of_known(k, state, listed)
    before = {k.stems[i] for i in things_k if i < min(state) and k.words[i] in listed.kin}
    has_more = bool(rest) or any(i > max(state) for i in things_k)
    told = {n.stems[i] for i in things}
    is_object = all(i > min(event) for i in things)
    return bool(listed.articles and told) and told <= before and has_more and is_object


def _is_any(k: Fact, n: Fact, at: int, things: Sequence[int], listed: Table) -> bool:
    """Return True if a thing is any one of its kind, or some: "a bee died", "sold two coins"."""
    while at - 1 in things:
        at -= 1
    before = n.words[at - 1] if at > 0 else ""
    is_counted = before in listed.counts and before not in k.words
    is_some = is_counted and listed.whole.isdisjoint(n.words)
    return before in listed.indefinite or (bool(listed.indefinite) and is_some)


def _is_common(
    n: Fact, event: set[int], things: Sequence[int], names: set[str] | None, listed: Table
) -> bool:
    """Return True if a word is not a name: "the captain", of a dog called Captain.

    With `names` of None it may not be for somebody who does something: "the nurse left".
    """
    for i in things:
        is_after = i > 0 and n.words[i - 1] in listed.definite
        if is_after and (i < min(event) if names is None else n.stems[i] in names):
            return n.written[i][:1].islower()
    return False


def _is_plural_of_name(k: Fact, n: Fact, things: Sequence[int], listed: Table) -> bool:
    """Return True if a word is of the kind that a name is made of: "biscuits", of a cat Biscuit."""
    names = aliases_of(k, listed)
    return any(
        n.stems[i] in names and n.words[i] not in k.words and n.written[i][:1].islower()
        for i in things
    )


def _is_before_place(k: Fact, state: set[int], n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if a state names a place behind the subject of an event: "花子はトヨタで…"."""
    named, told = (named_before(one, min(found), listed) for one, found in ((k, state), (n, event)))
    behind = named[len(told) :]
    if [k.stems[i] for i in named[: len(told)]] != [n.stems[i] for i in told] or not behind:
        return False
    is_user = k.words[0] in listed.mine and (n.words[0] in listed.mine or not told)
    return (bool(told) or is_user) and not any(k.words[i] in listed.kin for i in behind)


def _names_others(row: Row, k: Fact, n: Fact, event: set[int], listed: Table) -> bool:
    """Return True if an event is of something else: resigned from the choir, not from the job.

    A change names what is new, as the birth of a child does; so does how somebody died.
    """
    if row.shares in ("change", "bearer"):
        return False
    vocabulary = {part for phrase in row.events for part in phrase}
    n = without_cause(n, event, listed)
    things, rest = things_in(n, event, listed)
    named = {n.stems[i] for i in things if n.words[i] not in vocabulary}
    if row.shares == "holder":
        behind = rest - {without_endings(word, listed.endings) for word in vocabulary}
        named |= behind - vocabulary
    return not named <= set(k.stems)


def are_two_of_a_kind(one: str, other: str, new: str, code: str) -> bool:
    """Return True if two known facts name two things by a word that a new fact has alone.

    "Sold the Seat" names neither a Seat Ibiza nor a Seat Leon.
    """
    told = _names_behind(new, code)
    named, others = (_names_behind(fact, code) for fact in (one, other))
    return any(
        not names
        and word in named.keys() & others.keys()
        and named[word] != others[word]
        and (named[word] | others[word]).isdisjoint(fact_of(new, code).words)
        for word, names in told.items()
        if named.get(word) and others.get(word)
    )


def is_of_other_name(known: str, new: str, code: str) -> bool:
    """Return True if a word has other names behind it in two facts: Seat Ibiza, Seat Leon."""
    named, told = (_names_behind(fact, code) for fact in (known, new))
    return any(
        named.get(word) and names and named[word].isdisjoint(names) for word, names in told.items()
    )


@lru_cache(maxsize=4_096)
def _names_behind(text: str, code: str) -> dict[str, frozenset[str]]:
    """Return the words of a fact that name something, each with the name behind it."""
    fact, listed = fact_of(text, code), table_of(code)
    found: dict[str, frozenset[str]] = {}
    for i, word in enumerate(fact.words):
        if word in listed.light | listed.adjuncts | listed.alias or len(word) < LEAST:
            continue
        at = i + 1
        while at < len(fact.words) and fact.words[at] in listed.alias:
            at += 1
        is_name = at < len(fact.words) and is_proper_name(fact.written[at])
        found[word] = frozenset([fact.words[at]]) if is_name else frozenset()
    return found
