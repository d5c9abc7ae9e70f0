"""Find that an event ends a state: "gave the piano away" ends "has a piano".

Which events end which states is data, one file a language (section "endings" of
`core/text/languages`). A row has a name for what both facts have to share, the phrases of the
state, and those of the event; "…" in a phrase stands for up to four words, "#" for a number,
"/" between words for either, and "<sold>" for the phrases that `phrases` lists as "sold". The state
"*" is any that a thing has part in, but for those that `kept` lists: who liked a car that was sold
may like it still. The state "+" is anything that somebody does.
Without a row, or with a doubt about the person or the thing, nothing ends.

Words are compared in one form a language: English stems, else normal forms without the endings
that the table lists. Scripts without spaces are parted by the words that the table has, the longest
first; what is between them is one word. Words that are written as the beginning of the next one,
as prepositions of Hebrew, are parted from it. Who is given a thing, or what it is replaced by, is
left out where no preposition shows it (`aside`). Vowels that come and go do not count (`fleeting`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise, product

from litemem.core.text import english, lexicon, scripts
from litemem.core.text.periods import MONTHS
from litemem.core.text.phrases import Words, names_user
from litemem.core.text.statements import unquoted
from litemem.core.text.words import stem as english_stem
from litemem.ingestion.outcomes import is_outcome

LONG = 400  # characters of two texts that are no facts
GAP = 4  # words that "…" stands for
MIN_STATE = 2  # words of a fact that tells more than a name
LEAST = 3  # letters of a word without its ending, or without its beginning
LEAST_ROOT = 2  # letters of a word of Hebrew without its beginning
MOST_BEGINNINGS = 2  # of a word: "and the"
SAME = 0.6  # of the longer of two forms of a verb, that they share
TOPIC = 3  # words before a comma that may be the object of the clause behind it
LONGEST = 12  # signs of a word of a script without spaces, at most
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")  # of a car
_MONTHS = frozenset(map(str.casefold, MONTHS))
_NAMED = re.compile(r"<(\w+)>")  # phrases that several rows have
_AGE = re.compile(r"[1-9]\d{0,2}(?:st|nd|rd|th|\.)?")
_AND = "&"  # in place of a word for "and" that without its case or accent is another: "e", "è"
_UNSPACED = re.compile(rf"[{scripts.HAN}{scripts.KANA}]")
_RUN = re.compile(rf"[{scripts.HAN}{scripts.KANA}]+|(?:[^\W_](?<![{scripts.HAN}{scripts.KANA}]))+")
_CYRILLIC = re.compile("[а-яіїєґ]")
_HEBREW = re.compile("[א-ת]")
_HANGUL = re.compile(rf"[{scripts.HANGUL}]")
_CLAUSE = re.compile(r"(?:(?<!\d)\.|[;!。！；؛।])+|,\s|，|،")  # not in "3. Mai"
_OPENING = "“„«\"'("  # before a word
_POSSESSIVE = re.compile(r"['’](?:s|re|ve|m|d|ll)?(?!\w)")

_PLACE_FIRST = ("zh", "ja", "ko", "tr", "hi", "hu")
_VERB_LAST = ("tr", "fa")

ANY = (("*",),)  # of the states of a row
ACTS = (("+",),)
MARKS = frozenset("…#!^$*+")

Span = tuple[int, int]  # of words
_Phrases = Mapping[str, Sequence[tuple[int, int, tuple[str, ...]]]]  # by their first words


@dataclass(frozen=True)
class _Row:
    shares: str  # thing, goods, tool, named, person, plan, holder, change, other, habit, age, …
    states: tuple[tuple[str, ...], ...]
    events: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Words:
    light: frozenset[str]  # words that name nothing
    blocks: frozenset[str]  # words of a wish, a doubt, a denial or of the past
    adjuncts: frozenset[str]  # words behind which stands a manner, place, time or other person
    kin: frozenset[str]
    children: frozenset[str]
    partners: frozenset[str]
    alias: frozenset[str]  # words before a name
    called: frozenset[str]  # words behind a name
    joint: frozenset[str]
    ands: frozenset[str]  # words for "and", as they are written
    accented: frozenset[str]  # adjuncts that another word differs from by its accent: "à", "a"
    counts: frozenset[str]
    before_maker: frozenset[str]  # "ein Rennrad von Canyon"
    makers: frozenset[str]  # of a script without capitals: the brand of a model
    speaker: frozenset[str]
    objects: frozenset[str]  # words for the user, if something is done to them
    mine: frozenset[str]  # words for the user, where a birth needs one
    trips: frozenset[str]  # words for what a plan is
    agents: Words  # who does something to the things of the user: a thief, a client
    causes: frozenset[str]  # words behind which stands why, or since when
    leaves: frozenset[str]  # verbs of an event that also tell where a thing was put: "left"
    clitics: frozenset[str]  # words for the user before a verb, of what somebody did to the user
    because: frozenset[str]  # the same behind a habit, and elsewhere also who: "por"
    times: frozenset[str]  # days and times: who does not run on Mondays may run on others
    verbs: frozenset[str]  # first words of states
    holds: frozenset[str]  # verbs of having a thing, where a sentence may begin with them
    kept: frozenset[str]  # verbs of what lasts when a thing is gone, some with the word behind
    fillers: frozenset[str]  # words that may stand inside of a phrase: "is still pending"
    indefinite: frozenset[str]  # words before any one of a kind: "a car"
    pronouns: frozenset[str]  # of a thing that was named before: "sold it"
    articles: frozenset[str]  # words before a thing that is known: "the car"
    predicates: frozenset[str]  # words that follow a subject
    settings: frozenset[str]  # what a known fact may be of without saying which: "the project"
    acts: frozenset[str]  # verbs of `kept` for what somebody may give up
    once: frozenset[str]  # words of a single time, some with the word behind: "this_morning"
    reasons: frozenset[str]  # adjuncts of a reason: "because"
    generic: frozenset[str]  # words for kinds that are often left out: "diet"
    sorts: frozenset[str]  # those of them that need no name before them
    whole: frozenset[str]  # words for all of several: "both"
    doers: tuple[str, ...]  # endings of who does something
    places: frozenset[str]  # words before the number of a place: "room 12"
    weekdays: frozenset[str]
    vague: frozenset[str]  # verbs that tell an act with their object alone: "plays"
    definite: frozenset[str]  # articles that no name has
    temporary: re.Pattern[str]  # what says that something ends for a time
    numbered: frozenset[str]  # words before a number that counts nothing: "type 2"
    persons: frozenset[str]  # pronouns of persons
    others: frozenset[str]  # words for somebody other than the user: "she"
    copulas: frozenset[str]
    passives: frozenset[str]  # first words of what became of a thing: "is at the bottom of"
    unnamed: frozenset[str]  # words that are no things
    known: frozenset[str]  # all words of the table
    endings: tuple[str, ...]  # that words of the language take, the longest first
    beginnings: tuple[str, ...]  # words that are written together with the next one
    aside: re.Pattern[str]  # a verb, its groups, with a person or thing that it is not about
    fleeting: re.Pattern[str]  # the last vowel of a stem: "Bartek", "Bartka"
    is_bare: bool  # whether all words are compared without endings, and not things alone
    is_verb_last: bool
    is_place_first: bool  # whether a place stands before the verb
    head: str  # which word of an object says what it is: the first or the last, or only all
    rows: tuple[_Row, ...]
    states: _Phrases  # row, rank and words; the lower rank is found first
    events: _Phrases  # a rank below zero is of a phrase with which the row has no event


@dataclass(frozen=True)
class _Fact:
    """The words of a fact as it is written, without case, and as stems."""

    written: tuple[str, ...]
    words: tuple[str, ...]
    stems: tuple[str, ...]


def ends(known: str, new: str, code: str) -> bool:
    """Return True if a new fact tells an event that ends the state which a known one tells."""
    if is_outcome(known, new, code):
        return True
    listed = _words_of(code)
    if not listed.rows or len(known) + len(new) > LONG:
        return False
    if _names_weekday(known, code) and _is_of_today(new, code):  # one lesson of a course
        return False
    return any(_is_ended(known, clause, code, listed) for clause in _clauses(new))


@lru_cache(maxsize=4_096)
def _names_weekday(text: str, code: str) -> bool:
    """Return True if a text names a weekday, like a weekly lesson, in a language with its days."""
    names = scripts.normal_forms(_day_names(code)).split()
    days = tuple(name for name in names if len(name) > LEAST)  # not parts of names: "п'ятниця"
    return bool(days) and any(word.startswith(days) for word in _fact(text, code).words)


def _day_names(code: str) -> str:
    return " ".join(map(str, lexicon.section(code, "dates").get("weekdays", ())))


@lru_cache(maxsize=4_096)
def _is_of_today(text: str, code: str) -> bool:
    named = lexicon.section(code, "dates").get("named", {}).get("today", ())
    plain = f" {scripts.normal_forms(unquoted(text))} "
    return any(f" {scripts.normal_forms(str(day))} " in plain for day in named)


def _clauses(text: str) -> list[str]:
    """Return a fact, and the clauses of a quotation: "sold the Seat, now I ride a Vespa".

    A topic before a comma counts with its clause: "Le Petrof, je l'ai vendu".
    """
    said = unquoted(text)
    parts = [part for part in _CLAUSE.split(said) if part.strip()]
    is_plain = said == text or said.rstrip().endswith(("?", "？", "؟")) or len(parts) == 1
    joined = [
        f"{topic} {clause}" for topic, clause in pairwise(parts) if len(topic.split()) <= TOPIC
    ]
    return [text] if is_plain else [text, *parts, *joined]


def _is_ended(known: str, new: str, code: str, listed: _Words) -> bool:
    if listed.temporary.search(new):
        return False
    k, n = _fact(known, code), _fact(new, code)
    states, events = _places(known, code)[0], _places(new, code)[1]
    n = _in_words_of(k, n, listed)
    return any(
        _ends(listed.rows[i], k, states[i], n, events[i], listed)
        for i in states.keys() & events.keys()
    )


def _in_words_of(k: _Fact, n: _Fact, listed: _Words) -> _Fact:
    """Return a fact with the whole name of a known one for a part, where names are not parted.

    And with who does something for what is done: "left teaching", of a teacher. Also for the same
    name in Cyrillic letters: "Октавию" of a Skoda Octavia.
    """
    names = [one for one, first in zip(k.stems, k.written, strict=True) if "A" <= first <= "Z"]

    def known(stem: str) -> str:
        doers = {stem + ending for ending in listed.doers if len(stem) > LEAST}
        is_same = (one for one in k.stems if _is_part(stem, one) or one in doers)
        spelt = (one for one in names if _is_spelt(stem, one))
        return stem if stem in k.stems else next(is_same, "") or next(spelt, stem)

    return replace(n, stems=tuple(map(known, n.stems)))


def _is_spelt(stem: str, name: str) -> bool:
    """Return True if a stem in Cyrillic letters has the sounds of a Latin name."""
    spelt = scripts.sounds(stem) if _CYRILLIC.match(stem) else ""
    return len(spelt) >= LEAST and spelt == scripts.sounds(name)


def _is_part(stem: str, whole: str) -> bool:
    is_long = len(stem) > 1 and _UNSPACED.match(stem) is not None
    return is_long and (whole.startswith(stem) or whole.endswith(stem))


def _ends(row: _Row, k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    if _is_open(k, state, listed) or _is_open(n, event, listed):
        return False
    if _is_at_other_time(row, k, n, event, listed):
        return False
    is_of_other = any(n.words[i] in listed.others for i in range(min(event)))  # "she finished"
    if is_of_other and row.states != ANY and not _is_of_person(k, state, listed):
        return False
    rules = {
        "age": _is_older,
        "source": _is_source,
        "act": _is_given_up,
        "plan": _is_plan,
        "birth": _is_birth,
        "habit": _is_habit,
        "other": _is_other,
    }
    if rule := rules.get(row.shares):
        return rule(k, state, n, event, listed)
    if row.shares in ("holder", "change", "bearer", "subject"):
        return _is_of_holder(row, k, state, n, event, listed)
    return _is_shared(row, k, state, n, event, listed)


def _is_at_other_time(row: _Row, k: _Fact, n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if a denial is of other times than a known fact: "no longer on Fridays"."""
    is_denied = row.shares == "habit" or any(n.words[i] in listed.blocks for i in event)
    said = _without_cause(n, event, listed)
    return is_denied and bool(_times_in(said, listed) - set(k.words))


def _is_of_person(k: _Fact, state: set[int], listed: _Words) -> bool:
    """Return True if a known fact is of somebody other than the user, or names somebody."""
    named = [*_named_before(k, min(state), listed), *_of_aliases(k, listed)]
    return bool(named) or not listed.kin.isdisjoint(k.words)


def _of_aliases(fact: _Fact, listed: _Words) -> range:
    at = next((i for i, word in enumerate(fact.words) if word in listed.alias), len(fact.words))
    return range(at + 1, len(fact.words))


def _times_in(fact: _Fact, listed: _Words) -> set[str]:
    """Return the words for times; behind a number a day may be a month, as in Romanian."""
    return {
        word
        for i, word in enumerate(fact.words)
        if word in listed.times and not _is_counted(fact, i, listed)
    }


def _is_counted(fact: _Fact, at: int, listed: _Words) -> bool:
    before = fact.words[at - 1] if at else ""
    return before.isdigit() or before in listed.counts


def _is_of_holder(
    row: _Row, k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words
) -> bool:
    """Return True if an event and a state have one holder, and the event names nothing else."""
    born = listed.children if row.shares == "bearer" else frozenset[str]()
    subjects = [_holder(one, found, listed, born) for one, found in ((k, state), (n, event))]
    is_of_user = any(n.words[i] in listed.objects for i in event)  # "the firm laid me off"
    if is_of_user or _is_done_to_user(k, subjects[1], n, event, listed):
        subjects[1] = frozenset()
    if not listed.joint.isdisjoint(n.words[: min(event)]):  # "Gordon and I are divorced"
        subjects[1] -= {k.stems[i] for i in _things(k, state, listed)[0] if i > min(state)}
    is_one = subjects[0] == subjects[1]
    if listed.is_place_first and row.shares in ("holder", "subject"):
        is_one = is_one or _is_before_place(k, state, n, event, listed)
    partners = {_stem(one, "") for one in listed.partners}
    if row.shares == "bearer" and subjects[0] <= partners and n.words[0] in listed.mine:
        is_one = is_one or not subjects[1]  # "we've got a son"
    is_by_other = bool(listed.articles) and not _is_by_known(k, n, event, listed)
    is_other = is_of_user and is_by_other
    is_same = (
        is_one and not is_other and (is_of_user or not _names_others(row, k, n, event, listed))
    )
    return is_same and (row.shares != "subject" or bool(subjects[1]))


def _is_by_known(k: _Fact, n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if no other is named who did something to the user: "Nokia let me go"."""
    done_by = [i for i in _named_before(n, min(event), listed) if not listed.agents.has(n.words[i])]
    names = [i for i in done_by if n.written[i][:1].isupper() and n.words[i] not in listed.kin]
    return all(n.stems[i] in k.stems for i in names)


def _is_done_to_user(
    k: _Fact, subject: frozenset[str], n: _Fact, event: set[int], listed: _Words
) -> bool:
    """Return True if who is named in a known fact does something to the user: "Fiat mi ha …"."""
    before = n.words[max(0, min(event) - 1)]
    is_to_user = not listed.clitics.isdisjoint((before, *(n.words[i] for i in event)))
    return is_to_user and subject <= set(k.stems) and listed.kin.isdisjoint(subject)


def _is_open(fact: _Fact, phrase: set[int], listed: _Words) -> bool:
    """Return True if a fact is a wish or a doubt, or denies what a phrase says."""
    return any(
        word in listed.blocks and not (i and fact.written[i][:1].isupper())  # "May", "Will"
        for i, word in enumerate(fact.words)
        if i not in phrase
    )


def _is_shared(
    row: _Row, k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words
) -> bool:
    """Return True if an event is of the thing that a state is of, and of nothing else."""
    things_k, rest_k = _of_thing(k, state, listed)
    things_n, rest_n = _told(row, k, state, n, event, listed)
    if _is_of_another(row, k, state, n, event, things_n, listed):
        return False
    names_k, names_n = _names(k, state, listed), {k.stems[i] for i in things_k}
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
    told -= (rest_k | does) - names_n - names_k  # "the Etsy parcel", of a parcel from Etsy
    is_elsewhere = rest_k - names_k - said and rest_n - names_n - names_k - rest_k
    if not told or is_elsewhere:  # the cat, of a picture of it; a flight to Oslo
        return False
    if row.shares == "named":  # "the bike is a Trek", and the bike is gone
        return told == _owner(k, things_k, state) and listed.kin.isdisjoint(rest_n)
    if row.shares != "person" and told <= names_k and not listed.joint.intersection(k.words):
        return True
    is_all = not listed.whole.isdisjoint(n.words)
    return not _are_numbered_apart(k, n) and _has_head(k, state, told, listed, row.shares, is_all)


def _told(
    row: _Row, k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words
) -> tuple[list[int], set[str]]:
    """Return where an event names things of the user, and the stems of what goes with them."""
    things, rest = _of_event(n, event, k, listed)
    is_done = _is_done_by_agent(n, event, things, listed)  # "somebody took the bike"
    if is_done:
        things = [i for i in things if i > min(event)]
    if row.shares == "taken" and not is_done:
        return [], rest
    if _is_of_goods(row):  # "the bike cost too much, so I sold it"
        names = {k.stems[i] for i in _of_thing(k, state, listed)[0]} | _names(k, state, listed)
        if meant := _antecedent(n, event, names, listed):
            return meant, set()
    return things, rest


def _is_of_goods(row: _Row) -> bool:
    """Return True if events of a row are of what somebody has or uses."""
    return row.states == ANY or row.shares in ("goods", "pet", "use")


def _is_of_another(
    row: _Row,
    k: _Fact,
    state: set[int],
    n: _Fact,
    event: set[int],
    things: Sequence[int],
    listed: _Words,
) -> bool:
    """Return True if an event is of another thing of a kind, of a part, or of a single time."""
    is_of_user = row.states == ANY and k.words[min(state)] in listed.copulas and min(state) == 1
    is_trade = row.shares == "trade" or is_of_user  # "the captain died", of a captain
    is_lost = row.shares == "goods" and any(n.words[i] in listed.kin for i in things)  # in a park
    return (
        is_lost
        or _was_put(k, n, event, listed)
        or _is_done_by_companion(k, state, n, event, things, listed)
        or (row.states == ANY and _is_once(n, listed))  # a class that is off tonight
        or _is_common(n, event, things, None if is_trade else _aliases(k, listed), listed)
        or _has_number(k, n, things, listed)  # "dropped Black 22"
        or (_is_of_goods(row) and any(_is_any(k, n, i, things, listed) for i in things))
        or _is_of_person_alone(k, state, n, event, things, listed)
    )


def _is_done_by_companion(
    k: _Fact, state: set[int], n: _Fact, event: set[int], things: Sequence[int], listed: _Words
) -> bool:
    """Return True if an event is of who is only with the user: "Ann no longer lives in Leeds"."""
    rest = _things(k, state, listed)[1]
    before = {n.stems[i] for i in things if i < min(event)}
    return bool(before) and before <= rest and any(i > max(event) for i in things)


def _was_put(k: _Fact, n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if a verb tells where a thing is: "left the pills on the table"."""
    if not any(n.words[i] in listed.leaves for i in event):
        return False
    return bool(_things(_without_cause(n, event, listed), event, listed)[1] - set(k.stems))


def _is_of_person_alone(
    k: _Fact, state: set[int], n: _Fact, event: set[int], things: Sequence[int], listed: _Words
) -> bool:
    """Return True if an event is done to a person, and a fact says more about that person.

    "Dropped my daughter at school" is not of a daughter who learns to drive.
    """
    things_k, rest = _of_thing(k, state, listed)
    before = {k.stems[i] for i in things_k if i < min(state) and k.words[i] in listed.kin}
    has_more = bool(rest) or any(i > max(state) for i in things_k)
    told = {n.stems[i] for i in things}
    is_object = all(i > min(event) for i in things)
    return bool(listed.articles and told) and told <= before and has_more and is_object


def _names(k: _Fact, state: set[int], listed: _Words) -> set[str]:
    """Return the stems of other names for the thing of a fact: "the phone" that is a Pixel."""
    things = _things(k, state, listed)[0]
    is_same = _is_equated(k, things, state, listed)
    return _aliases(k, listed) | {k.stems[i] for i in things if is_same and i < min(state)}


def _of_thing(k: _Fact, state: set[int], listed: _Words) -> tuple[list[int], set[str]]:
    """Return the things of a known fact, without its project, and what goes with them.

    Nor what is the same by another word: "the phone", of "the phone is a Pixel".
    """
    things, rest = _things(k, state, listed)
    behind = [i for i in things if i > min(state)]
    if behind and _is_equated(k, things, state, listed):
        return behind, rest
    return [
        i for i in things if not (behind and i < min(state) and k.words[i] in listed.settings)
    ], rest


def _is_equated(k: _Fact, things: Sequence[int], state: set[int], listed: _Words) -> bool:
    """Return True if a fact says what a thing is: "the phone is a Pixel"."""
    follows = k.words[max(state) + 1] if max(state) + 1 < len(k.words) else ""
    before = {k.words[i] for i in things if i < min(state)}
    is_said = k.words[min(state)] in listed.copulas and follows not in listed.adjuncts
    return bool(before) and is_said and before.isdisjoint(listed.kin)


def _of_event(n: _Fact, event: set[int], k: _Fact, listed: _Words) -> tuple[list[int], set[str]]:
    """Return the things that an event is of, and what goes with them."""
    things, rest = _things(n, event, listed)
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


def _is_any(k: _Fact, n: _Fact, at: int, things: Sequence[int], listed: _Words) -> bool:
    """Return True if a thing is any one of its kind, or some: "a bee died", "sold two coins"."""
    while at - 1 in things:
        at -= 1
    before = n.words[at - 1] if at > 0 else ""
    is_counted = before in listed.counts and before not in k.words
    is_some = is_counted and listed.whole.isdisjoint(n.words)
    return before in listed.indefinite or (bool(listed.indefinite) and is_some)


def _is_of_pronoun(n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if an event is of what a pronoun names: "sold it", "had her put down"."""
    first, last = min(event), max(event)
    places = [first - 1, last + 1, *(i for i in range(first, last) if i not in event)]
    return any(0 < i < len(n.words) and n.words[i] in listed.pronouns for i in places)


def _is_common(
    n: _Fact, event: set[int], things: Sequence[int], names: set[str] | None, listed: _Words
) -> bool:
    """Return True if a word is not a name: "the captain", of a dog called Captain.

    With `names` of None it may not be for somebody who does something: "the nurse left".
    """
    for i in things:
        is_after = i > 0 and n.words[i - 1] in listed.definite
        if is_after and (i < min(event) if names is None else n.stems[i] in names):
            return n.written[i][:1].islower()
    return False


def _has_number(k: _Fact, n: _Fact, things: Sequence[int], listed: _Words) -> bool:
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


def _antecedent(n: _Fact, event: set[int], names: set[str], listed: _Words) -> list[int]:
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


def _is_once(n: _Fact, listed: _Words) -> bool:
    """Return True if an event is of a single time: "cancelled this morning"."""
    return any("_".join(pair) in listed.once for pair in pairwise(n.words))


def _is_given_up(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if somebody gave up what a known fact says that they do: "stopped running"."""
    if _is_once(n, listed) or not listed.once.isdisjoint(n.words):
        return False
    subjects = [_holder(one, found, listed) for one, found in ((k, state), (n, event))]
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
    things_k, rest_k = _things(k, state, listed)
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


def _has_head(
    k: _Fact, state: set[int], told: set[str], listed: _Words, shares: str, is_all: bool
) -> bool:
    """Return True if words name the object of a state, and all persons in it.

    If true, `is_all` says that an event is of all of several.
    """
    things, _ = _of_thing(k, state, listed)
    if shares == "tool":  # whoever used it: the project, we
        things = [i for i in things if i > max(state) or _is_person(k, i, listed)]
    names = _aliases(k, listed)
    behind = -1 if listed.is_place_first else max(state)
    maker = _maker(k, told, behind) if shares == "goods" else frozenset[int]()
    persons = _persons_in(k, things, maker, listed)
    is_apposed = shares == "goods" and listed.head != "last"
    apposed = _apposed(k, things, listed) if is_apposed else set[str]()
    if shares == "goods":
        persons -= _brand(k, things, listed) | apposed
    owner = _owner(k, things, state) if shares != "tool" else set[str]()
    if listed.articles:  # "the puncture", of "the bike has a puncture"
        owner &= {k.stems[i] for i in things if k.words[i] in listed.kin or _is_name(k.written[i])}
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


def _next_to_names(k: _Fact, told: set[str], listed: _Words) -> set[str]:
    """Return the relations of those who have a name in an event: "partner", of "partner Jools"."""
    return {
        k.stems[i - 1]
        for i in range(1, len(k.words))
        if k.stems[i] in told and k.written[i][:1].isupper() and k.words[i - 1] in listed.kin
    }


def _persons_in(k: _Fact, things: Sequence[int], maker: frozenset[int], listed: _Words) -> set[str]:
    """Return the stems of the persons among things, without who made one."""
    before_maker = {
        i for i in things if maker and k.words[i - 1] in listed.before_maker and i > max(maker)
    }
    return {
        k.stems[i]
        for i in things
        if k.words[i] in listed.kin or (i not in maker | before_maker and _is_person(k, i, listed))
    }


def _brand(k: _Fact, things: Sequence[int], listed: _Words) -> set[str]:
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


def _apposed(k: _Fact, things: Sequence[int], listed: _Words) -> set[str]:
    """Return the stems of the names right behind the word for a thing: "гитара Yamaha"."""
    found: set[str] = set()
    is_behind = False
    for i in things:
        is_name = k.written[i][:1].isupper()
        is_behind = is_name and i - 1 in things and (is_behind or _is_noun(k, i - 1, listed))
        found |= {k.stems[i]} if is_behind else set()
    return found


def _is_noun(k: _Fact, at: int, listed: _Words) -> bool:
    return not k.written[at][:1].isupper() and k.words[at] not in listed.kin


def _is_done_by_agent(n: _Fact, event: set[int], things: Sequence[int], listed: _Words) -> bool:
    """Return True if all that is named before an event is who may do it to the user's things."""
    before = [i for i in things if i < min(event)]
    is_from_user = any(n.words[i] in listed.objects for i in event)  # "bought it off us"
    is_agent = is_from_user or all(listed.agents.has(n.words[i]) for i in before)
    has_object = any(i > min(event) for i in things)
    return bool(before) and has_object and is_agent


def _maker(k: _Fact, told: set[str], after: int) -> frozenset[int]:
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


def _owner(k: _Fact, things: Sequence[int], state: set[int]) -> set[str]:
    """Return the stems of who has a thing: what stands before a verb with an object."""
    has_object = any(i > min(state) for i in things)
    return {k.stems[i] for i in things if i < min(state)} if has_object else set()


def _are_numbered_apart(k: _Fact, n: _Fact) -> bool:
    """Return True if two facts are about things with other numbers: invoice 12, invoice 13."""
    one, other = (_ids(fact) for fact in (k, n))
    return bool(one and other) and one.isdisjoint(other)


def _ids(fact: _Fact) -> set[str]:
    """Return the numbers of a fact that are neither years nor days of a month."""
    return {
        word
        for i, word in enumerate(fact.words)
        if word.isdigit()
        and not _YEAR.fullmatch(word)
        and _MONTHS.isdisjoint(fact.words[max(i - 1, 0) : i + 2])
    }


def _things(fact: _Fact, phrase: set[int], listed: _Words) -> tuple[list[int], set[str]]:
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


def _aliases(fact: _Fact, listed: _Words) -> set[str]:
    """Return the stems of the names that a fact gives to a thing: "a cat called Misse"."""
    called = {fact.stems[i - 1] for i, word in enumerate(fact.words) if i and word in listed.called}
    return called | {fact.stems[i] for i in _of_aliases(fact, listed)}


def _is_person(fact: _Fact, at: int, listed: _Words) -> bool:
    is_name = fact.written[at][:1].isupper() and at > 0
    return fact.words[at] in listed.kin or is_name


def _are_many(fact: _Fact, at: int, listed: _Words) -> bool:
    """Return True if a number stands before a thing: two cats."""
    return any(
        (word.isdigit() and not _YEAR.fullmatch(word)) or word in listed.counts
        for i, word in enumerate(fact.words[:at])
        if i >= at - 2 and not (i and fact.words[i - 1] in listed.numbered)  # "type 2 diabetes"
    )


def _subject(fact: _Fact, stop: int, listed: _Words) -> frozenset[str]:
    """Return the stems of the subject of a fact; none for the user."""
    return frozenset(fact.stems[i] for i in _named_before(fact, stop, listed))


def _holder(
    fact: _Fact, phrase: set[int], listed: _Words, born: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return the stems of the subject, also behind the verb: "murió mi abuelo"."""
    found = set(_subject(fact, min(phrase), listed))
    for i in range(min(phrase) + 1, len(fact.words) if listed.mine else 0):
        if fact.words[i] in listed.adjuncts:
            break
        if i not in phrase and fact.words[i] in listed.kin - born:
            found.add(fact.stems[i])
    return frozenset(found)


def _is_before_place(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if a state names a place behind the subject of an event: "花子はトヨタで…"."""
    named, told = (
        _named_before(one, min(found), listed) for one, found in ((k, state), (n, event))
    )
    behind = named[len(told) :]
    if [k.stems[i] for i in named[: len(told)]] != [n.stems[i] for i in told] or not behind:
        return False
    is_user = k.words[0] in listed.mine and (n.words[0] in listed.mine or not told)
    return (bool(told) or is_user) and not any(k.words[i] in listed.kin for i in behind)


def _named_before(fact: _Fact, stop: int, listed: _Words) -> list[int]:
    """Return where a fact names something before a phrase."""
    ignored = listed.unnamed - listed.alias
    return [i for i in range(stop) if not (fact.words[i] in ignored or fact.words[i].isdigit())]


def _names_others(row: _Row, k: _Fact, n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if an event is of something else: resigned from the choir, not from the job.

    A change names what is new, as the birth of a child does; so does how somebody died.
    """
    if row.shares in ("change", "bearer"):
        return False
    vocabulary = {part for phrase in row.events for part in phrase}
    n = _without_cause(n, event, listed)
    things, rest = _things(n, event, listed)
    named = {n.stems[i] for i in things if n.words[i] not in vocabulary}
    if row.shares == "holder":
        behind = rest - {_unended(word, listed.endings) for word in vocabulary}
        named |= behind - vocabulary
    return not named <= set(k.stems)


def _without_cause(n: _Fact, event: set[int], listed: _Words) -> _Fact:
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
    return _Fact(n.written[:end], n.words[:end], n.stems[:end])


def _is_birth(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if the child is born that the user or a partner expects."""
    expecting = _subject(k, min(state), listed)
    is_own = not expecting or expecting <= {_stem(one, "") for one in listed.partners}
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


def _is_plan(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if an event is of where a plan goes, and of nothing else: "the move to Oslo"."""
    things_k, rest_k = _things(k, state, listed)
    things_n, rest_n = _things(n, event, listed)
    subjects = [_subject(one, min(found), listed) for one, found in ((k, state), (n, event))]
    if listed.articles and _is_done_by_agent(n, event, things_n, listed):
        things_n = [i for i in things_n if i > min(event)]
    goal = {k.stems[i] for i in things_k if i > min(state) and k.words[i] not in listed.trips}
    if listed.is_place_first and not goal:
        goal = {k.stems[i] for i in things_k}
    told = {n.stems[i] for i in things_n if n.words[i] not in listed.trips} | rest_n
    told -= {_stem(trip, "") for trip in listed.trips}
    is_named_behind = listed.articles and all(k.written[i].islower() for i in things_k)
    if not goal or (is_named_behind and goal.isdisjoint(told)):
        goal = told & rest_k  # of a trip to Rome
    done = {k.stems[i] for i in things_k[:-1] if listed.articles and k.written[i].islower()}
    is_named = bool(goal) and goal - done <= told and bool(goal & told) and told <= goal | rest_k
    return is_named and subjects[0] - goal <= told and not _are_numbered_apart(k, n)


def _is_older(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if somebody is older than a known fact says."""
    subjects = [_holder(one, found, listed) for one, found in ((k, state), (n, event))]
    ages = [
        int("".join(filter(str.isdigit, one.words[i])))
        for one, found in ((k, state), (n, event))
        for i in sorted(found)
        if one.words[i][0].isdigit()
    ]
    return subjects[0] == subjects[1] and len(ages) == len(subjects) and ages[0] < ages[1]


def _is_source(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if the event names what it leaves: "switched from Vim to Emacs"."""
    things, _ = _things(k, state, listed)
    left: list[str] = []
    for i in range(max(event) + 1, len(n.words)):
        if n.words[i] in listed.adjuncts:
            break
        left += [n.stems[i]] if n.words[i] not in listed.light else []
    subjects = [_holder(one, found, listed) for one, found in ((k, state), (n, event))]
    told = {k.stems[i] for i in things} - subjects[0]
    return bool(left) and set(left) <= told and subjects[0] == subjects[1] and told <= set(left)


def _is_habit(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if somebody stopped what a known fact tells: "stopped running", "quit tennis".

    The words behind the event, up to an adjunct, are in the known fact, also as another form of its
    verb, and name all that the verb there has for an object.
    """
    subjects = [_holder(one, found, listed) for one, found in ((k, state), (n, event))]
    if subjects[0] != subjects[1] or not listed.joint.isdisjoint(k.words):
        return False
    told = _told_behind(n, event, listed)
    places = [_place_of(k, n.stems[i], state) for i in told]
    if not places or None in places:
        return False
    start = min(at for at in places if at is not None)
    first = [i for i in _things(k, set(range(min(state) + 1)), listed)[0] if i > min(state)]
    if start not in (min(state), *first[:1]):
        return False
    objects, _ = _things(k, set(range(start)), listed)
    return {i for i in objects if i > start and k.words[i] not in listed.times} <= set(places)


def _told_behind(n: _Fact, event: set[int], listed: _Words) -> list[int]:
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


def _place_of(k: _Fact, stem: str, state: set[int]) -> int | None:
    """Return where a fact has a word; its verb may have another form: "runs" for "running"."""
    verb = min(state)
    if _is_form(k.stems[verb], stem):
        return verb
    return next((i for i in range(verb, len(k.stems)) if k.stems[i] == stem), None)


def _is_form(one: str, other: str) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    return one == other or (shared >= LEAST and shared >= SAME * longer)


def _is_other(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if an event gives a state another value: "works as a cook now"."""
    subjects = [_holder(one, found, listed) for one, found in ((k, state), (n, event))]
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


# -- which of several things


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
        and (named[word] | others[word]).isdisjoint(_fact(new, code).words)
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
    fact, listed = _fact(text, code), _words_of(code)
    found: dict[str, frozenset[str]] = {}
    for i, word in enumerate(fact.words):
        if word in listed.light | listed.adjuncts | listed.alias or len(word) < LEAST:
            continue
        at = i + 1
        while at < len(fact.words) and fact.words[at] in listed.alias:
            at += 1
        is_name = at < len(fact.words) and _is_name(fact.written[at])
        found[word] = frozenset([fact.words[at]]) if is_name else frozenset()
    return found


def _is_name(written: str) -> bool:
    return written[:1].isupper() or written[:1].isdigit()


# -- phrases


@lru_cache(maxsize=4_096)
def _places(text: str, code: str) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Return the places of the states, and of the events, that a fact has, by row."""
    fact, listed = _fact(text, code), _words_of(code)
    words = fact.words
    is_subject = _begins_with_subject(unquoted(text), fact, listed)
    states = _find(listed.states, words, listed)
    for marks, kept in ((ANY, listed.kept), (ACTS, listed.kept - listed.acts)):
        found = _any_state(fact, listed, kept, is_subject)
        states |= {i: found for i, row in enumerate(listed.rows) if found and row.states == marks}
    return states, _find(listed.events, words, listed)


def _begins_with_subject(said: str, fact: _Fact, listed: _Words) -> bool:
    """Return True if the verb is the second word: "User rows", but not "User's boat leaks"."""
    if not fact.words or fact.words[0] in listed.speaker:
        return bool(fact.words)
    is_plain = said[len(fact.written[0]) :][:1] == " "
    return bool(listed.articles) and is_plain and fact.words[0] not in listed.articles


def _any_state(
    fact: _Fact, listed: _Words, kept: frozenset[str], is_subject: bool
) -> set[int] | None:
    """Return where the verb of a state stands: behind the user, or the first that is listed."""
    words = fact.words
    if listed.holds:
        return _listed_verb(words, listed)
    is_bare = not listed.articles  # a sentence may begin with its verb
    found = [i for i, word in enumerate(words) if (i or is_bare) and word in listed.verbs][:1]
    if len(words) > MIN_STATE and words[0] in listed.mine:
        verb = 1 if is_subject else 2  # "the cleaner comes"
        while listed.articles and verb + 1 < len(words) and fact.written[verb][:1].isupper():
            verb += 1  # "uncle Ken has"
        found.append(verb)
    at = min(found, default=None)
    if at is None:
        return None
    first = words[: at + 2]
    is_kept = not kept.isdisjoint((*first, "_".join(first[-2:])))  # "plays the piano"
    return None if is_kept else {at}


def _listed_verb(words: Sequence[str], listed: _Words) -> set[int] | None:
    """Return where the verb of having stands in a language that may leave its subject out."""
    found = [i for i, word in enumerate(words) if word in listed.holds]
    if not found or not listed.kept.isdisjoint(words):
        return None
    return {found[-1] if listed.is_verb_last else found[0]}


def _find(phrases: _Phrases, words: Sequence[str], listed: _Words) -> dict[int, set[int]]:
    """Return, by row, where the words of its longest phrase stand that is found."""
    best: dict[int, tuple[int, set[int]]] = {}
    excluded: set[int] = set()
    fillers, accented = listed.fillers, listed.accented
    present = {*words, *map(scripts.fold, accented.intersection(words)), *MARKS}
    for start, word in enumerate(words):
        keys = [word, "#"] if _AGE.fullmatch(word) else [word]
        keys += [f"^{word}"] if not start else []
        keys += [scripts.fold(word)] if word in accented else []
        for row, rank, phrase in (one for key in keys for one in phrases.get(key, ())):
            if phrase[-1] not in present or (row in best and best[row][0] <= rank):
                continue
            found = _match(phrase, words, start, fillers)
            if found and rank < 0:
                excluded.add(row)
            elif found:
                best[row] = rank, found
    return {row: found for row, (_, found) in sorted(best.items()) if row not in excluded}


def _match(
    phrase: tuple[str, ...], words: Sequence[str], start: int, fillers: frozenset[str]
) -> set[int] | None:
    """Return where a phrase's words stand from a place on; after "…", the first place counts."""
    found: set[int] = set()
    at, is_open = start, False
    for part in phrase:
        if part == "…":
            is_open = True
            continue
        if part == "$":
            if at < len(words):
                return None
            continue
        while not is_open and at < len(words) and words[at] in fillers and words[at] != part:
            at += 1
        stop = at + GAP + 1 if is_open else at + 1
        place = next(
            (i for i in range(at, min(stop, len(words))) if _is_word(part, words[i])), None
        )
        if place is None:
            return None
        found.add(place)
        at, is_open = place + 1, False
    return found


def _is_word(part: str, word: str) -> bool:
    if part == "#":
        return bool(_AGE.fullmatch(word))
    return word == part or (len(word) == 1 and not word.isascii() and scripts.fold(word) == part)


@lru_cache(maxsize=4_096)
def _fact(text: str, code: str) -> _Fact:
    plain = unquoted(text)
    if code == lexicon.ENGLISH:
        plain = lexicon.pattern_in(code, "endings", "negated").sub(r"\1 not", plain)
        plain = lexicon.pattern_in(code, "endings", "is_short").sub(" is ", plain)
        written = tuple(_WORD.findall(_POSSESSIVE.sub(" ", plain)))
        words = tuple(_one_form(scripts.fold(word)) for word in written)
        return _Fact(written, words, tuple(_stem(word, code) for word in words))
    listed = _words_of(code)
    plain = listed.aside.sub(_kept_groups, plain)
    found = [
        (part[:1], piece)
        for part in (each.lstrip(_OPENING) for each in plain.split())
        for form in _forms_of(part, listed)
        for word in _parted(form, listed.known)
        for piece in _begun(word, listed)
    ]
    words = tuple(word for _, word in found)
    whole = tuple("".join(_forms(_unended(word, listed.endings))) for word in words)
    stems = tuple(listed.fleeting.sub("", _root(word, listed)) for word in whole)
    return _Fact(tuple(first for first, _ in found), whole if listed.is_bare else words, stems)


def _kept_groups(found: re.Match[str]) -> str:
    return " ".join(filter(None, found.groups()))


def _begun(word: str, listed: _Words) -> list[str]:
    """Return a word without the short words that are written with it, behind these.

    A listed word is not parted.
    """
    found: list[str] = []
    while len(found) < MOST_BEGINNINGS and word not in listed.known:
        first = next((b for b in listed.beginnings if _begins(word, b)), "")
        if not first:
            break
        found.append(first)
        word = word.removeprefix(first)
    return [*found, word]


def _root(word: str, listed: _Words) -> str:
    """Return a word without all that may be a beginning of it."""
    while first := next((b for b in listed.beginnings if _begins(word, b)), ""):
        word = word.removeprefix(first)
    return word


def _begins(word: str, beginning: str) -> bool:
    least = LEAST_ROOT if _HEBREW.match(word) else LEAST
    return word.startswith(beginning) and len(word) - len(beginning) >= least


def _forms_of(part: str, listed: _Words) -> list[str]:
    """Return the normal forms of a part of a text; those that lose their meaning there stay."""
    if part in listed.ands:
        return [_AND]
    return [part.casefold()] if part.casefold() in listed.accented else _forms(part)


def _forms(text: str) -> list[str]:
    """Return the normal forms of words; signs of Chinese and Japanese stay as they are."""
    if _UNSPACED.search(text):
        return _RUN.findall(scripts.composed(text).casefold())
    return scripts.normal_forms(text).split()


def _stem(word: str, code: str) -> str:
    return english_stem(word) if code in (lexicon.ENGLISH, "") else word


def _parted(word: str, known: frozenset[str]) -> Iterator[str]:
    """Give the parts of a run of Chinese or Japanese signs: known words, and what is between."""
    if not _UNSPACED.match(word):
        yield word
        return
    at = start = 0
    while at < len(word):
        ends_at = range(min(at + LONGEST, len(word)), at, -1)
        stop = next((end for end in ends_at if word[at:end] in known), None)
        if stop is None:
            at += 1
            continue
        if start < at:
            yield word[start:at]
        yield word[at:stop]
        at = start = stop
    if start < len(word):
        yield word[start:]


def _unended(word: str, endings: Sequence[str]) -> str:
    """Return a word without its endings; it may have several."""
    least = 1 if _HANGUL.match(word) else LEAST
    while ending := next(
        (one for one in endings if word.endswith(one) and len(word) - len(one) >= least), ""
    ):
        word = word[: -len(ending)]
    return word


def _one_form(word: str) -> str:
    """Return one of several English forms or words: "went" for "gone", "mother" for "mum"."""
    return _one_forms().get(word, word)


@cache
def _one_forms() -> dict[str, str]:
    table = lexicon.section(lexicon.ENGLISH, "endings")
    listed = f"{table.get('participles', '')} {table.get('alike', '')}".split()
    return {form: one for form, _, one in (each.partition("=") for each in listed)}


@cache
def _words_of(code: str) -> _Words:
    table = lexicon.section(code, "endings")
    endings = scripts.normal_forms(str(table.get("endings", ""))).split()
    is_bare = bool(table.get("bare"))
    ordered = tuple(sorted(endings, key=len, reverse=True))
    beginnings = tuple(sorted(str(table.get("beginnings", "")).split(), key=len, reverse=True))

    def forms(written: str) -> list[str]:
        if code == lexicon.ENGLISH:
            return [_one_form(scripts.fold(word)) for word in written.split()]
        plain = _forms(written)
        return [_unended(word, ordered) for word in plain] if is_bare else plain

    keys = (
        "light blocks adjuncts kin children partners alias joint counts before_maker makers mine "
        "fillers trips kept holds objects causes because leaves clitics called "
        "indefinite pronouns articles predicates settings acts once reasons adverbs others "
        "copulas passives generic "
        "numbered persons sorts whole definite vague places weekdays".split()
    )
    rows = tuple(_rows(table.get("rows", ()), table.get("phrases", {}), forms))
    lists = {key: frozenset(forms(str(table.get(key, "")))) for key in keys}
    named = str(table.get("agents", "")).split()
    agents = forms(" ".join(word for word in named if "*" not in word))
    ends_of_agents = [word for word in named if "*" in word]  # of doctors: "*logo"
    lists["joint"] |= {_AND}
    lists["light"] |= {_AND}
    accented = frozenset(str(table.get("accented", "")).split())
    lists["adjuncts"] |= accented
    for key in ("kept", "causes", "acts", "once"):  # they have pairs of words too
        listed = str(table.get(key, "")).split()
        lists[key] = frozenset(forms(" ".join(word for word in listed if "_" not in word)))
        lists[key] |= {word for word in listed if "_" in word}
    times = f"{lexicon.section(code, 'slots').get('habit', '')} {table.get('times', '')}"
    lists["light"] |= lists.pop("adverbs")
    lists["unnamed"] = lists["light"] | lists["adjuncts"] | lists["alias"] | lists["called"]
    if lists["articles"]:
        lists["unnamed"] |= lists["counts"]
    parts = {part for row in rows for phrase in row.states + row.events for part in phrase}
    return _Words(
        **lists,
        speaker=lexicon.words_in(code, "clauses", "speaker")
        | english.users()
        | ({"user"} if code != lexicon.ENGLISH else set()),
        times=frozenset(forms(times)),
        agents=Words(" ".join((*agents, *ends_of_agents))),
        ands=frozenset(str(table.get("ands", "")).split()),
        accented=accented,
        verbs=lists["holds"]
        or frozenset(
            phrase[0]
            for row in rows
            for phrase in row.states
            if lists["predicates"].isdisjoint(phrase[1:2])  # but not "leg" of "leg is in a cast"
        )
        - {word for word in parts if code != lexicon.ENGLISH and names_user(word, code)},
        known=frozenset(parts).union(agents, *lists.values()),
        endings=ordered,
        beginnings=beginnings,
        aside=lexicon.pattern_in(code, "endings", "aside"),
        fleeting=lexicon.pattern_in(code, "endings", "fleeting"),
        temporary=re.compile(str(table.get("temporary", "(?!)")), re.IGNORECASE),
        doers=tuple(str(table.get("doers", "")).split()),
        is_bare=is_bare,
        is_verb_last=code in _VERB_LAST,
        is_place_first=code in _PLACE_FIRST,
        head=str(table.get("head", "last")),
        rows=rows,
        states=_by_first(row.states for row in rows),
        events=_by_first(row.events for row in rows),
    )


def _rows(
    written: Sequence[str], named: Mapping[str, str], forms: Callable[[str], list[str]]
) -> Iterator[_Row]:
    for row in written:
        while _NAMED.search(row):
            row = _NAMED.sub(lambda found: named[found[1]], row)
        shares, states, events = (part.strip() for part in row.split(":"))
        yield _Row(shares, _phrases(states, forms), _phrases(events, forms))


def _by_first(rows: Iterable[Sequence[tuple[str, ...]]]) -> _Phrases:
    """Return the phrases of rows by their first words; "^" before one is the first of a text."""
    found: dict[str, list[tuple[int, int, tuple[str, ...]]]] = {}
    for row, phrases in enumerate(rows):
        for rank, phrase in enumerate(phrases):
            place = row, -1 if phrase[0] == "!" else rank, phrase[phrase[0] in "!^" :]
            first = place[2][0]
            found.setdefault(f"^{first}" if phrase[0] == "^" else first, []).append(place)
    return found


def _phrases(written: str, forms: Callable[[str], list[str]]) -> tuple[tuple[str, ...], ...]:
    """Return phrases as words, the longest first."""
    phrases = [
        tuple(part for word in chosen for part in ([word] if word in MARKS else forms(word)))
        for one in written.split("|")
        for chosen in product(*(word.split("/") for word in one.split()))
    ]
    return tuple(sorted(dict.fromkeys(phrases), key=len, reverse=True))
