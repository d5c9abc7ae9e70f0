"""Find that an event ends a state: "gave the piano away" ends "has a piano".

Which events end which states is data, one file a language (section "endings" of
`core/text/languages`). A row has a name for what both facts have to share, the phrases of the
state, and those of the event; "…" in a phrase stands for up to four words, "#" for a number, and
"/" between words for either. The state "*" is any that a thing
has part in, but for those that `kept` lists: who liked a car that was sold may like it still.
Without a row, or with a doubt about the person or the thing, nothing ends.

Words are compared in one form a language: English stems, else normal forms without the endings
that the table lists. Scripts without spaces are parted by the words that the table has, the longest
first; what is between them is one word.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product

from litemem.core.text import english, lexicon, scripts
from litemem.core.text.periods import MONTHS
from litemem.core.text.statements import unquoted
from litemem.core.text.words import stem as english_stem
from litemem.ingestion.outcomes import is_outcome

LONG = 400  # characters of two texts that are no facts
GAP = 4  # words that "…" stands for
MIN_STATE = 2  # words of a fact that tells more than a name
LEAST = 3  # letters of a word without its ending
LONGEST = 12  # signs of a word of a script without spaces, at most
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")  # of a car
_MONTHS = frozenset(map(str.casefold, MONTHS))
_AGE = re.compile(r"[1-9]\d{0,2}(?:st|nd|rd|th|\.)?")
_UNSPACED = re.compile(rf"[{scripts.HAN}{scripts.KANA}]")
_RUN = re.compile(rf"[{scripts.HAN}{scripts.KANA}]+|(?:[^\W_](?<![{scripts.HAN}{scripts.KANA}]))+")
_HANGUL = re.compile(rf"[{scripts.HANGUL}]")
_CLAUSE = re.compile(r"(?:(?<!\d)\.|[;!。！；؛।])+|,\s|，|،")  # not in "3. Mai"
_POSSESSIVE = re.compile(r"['’](?:s|re|ve|m|d)?(?!\w)")

_PLACE_FIRST = ("zh", "ja", "ko", "tr", "hi")

ANY = (("*",),)  # of the states of a row

Span = tuple[int, int]  # of words


@dataclass(frozen=True)
class _Row:
    shares: str  # thing, goods, named, person, plan, holder, change, bearer, subject, age, …
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
    joint: frozenset[str]
    counts: frozenset[str]
    before_maker: frozenset[str]  # "ein Rennrad von Canyon"
    speaker: frozenset[str]
    objects: frozenset[str]  # words for the user, if something is done to them
    mine: frozenset[str]  # words for the user, where a birth needs one
    trips: frozenset[str]  # words for what a plan is
    agents: frozenset[str]  # who does something to the things of the user: a thief, a client
    verbs: frozenset[str]  # first words of states
    kept: frozenset[str]  # verbs of what lasts when a thing is gone, some with the word behind
    fillers: frozenset[str]  # words that may stand inside of a phrase: "is still pending"
    known: frozenset[str]  # all words of the table
    endings: tuple[str, ...]  # that words of the language take, the longest first
    is_bare: bool  # whether all words are compared without endings, and not things alone
    is_place_first: bool  # whether a place stands before the verb
    head: str  # which word of an object says what it is: the first or the last, or only all
    rows: tuple[_Row, ...]


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
    return any(_is_ended(known, clause, code, listed) for clause in _clauses(new))


def _clauses(text: str) -> list[str]:
    """Return a fact, and the clauses of a quotation: "sold the Seat, now I ride a Vespa"."""
    said = unquoted(text)
    parts = [part for part in _CLAUSE.split(said) if part.strip()]
    is_plain = said == text or said.rstrip().endswith(("?", "？", "؟")) or len(parts) == 1
    return [text] if is_plain else [text, *parts]


def _is_ended(known: str, new: str, code: str, listed: _Words) -> bool:
    k, n = _fact(known, code), _fact(new, code)
    states, events = _places(known, code)[0], _places(new, code)[1]
    n = _in_words_of(k, n)
    return any(
        _ends(listed.rows[i], k, states[i], n, events[i], listed)
        for i in states.keys() & events.keys()
    )


def _in_words_of(k: _Fact, n: _Fact) -> _Fact:
    """Return a fact with the whole name of a known one for a part, where names are not parted."""
    stems = tuple(
        next((one for one in k.stems if _is_part(stem, one)), stem) if stem not in k.stems else stem
        for stem in n.stems
    )
    return replace(n, stems=stems)


def _is_part(stem: str, whole: str) -> bool:
    is_long = len(stem) > 1 and _UNSPACED.match(stem) is not None
    return is_long and (whole.startswith(stem) or whole.endswith(stem))


def _ends(row: _Row, k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    if _is_open(k, state, listed) or _is_open(n, event, listed):
        return False
    if row.shares == "age":
        return _is_older(k, state, n, event, listed)
    if row.shares == "source":
        return _is_source(k, state, n, event, listed)
    if row.shares == "plan":
        return _is_plan(k, state, n, event, listed)
    if row.shares == "birth":
        return _is_birth(k, state, n, event, listed)
    if row.shares in ("holder", "change", "bearer", "subject"):
        return _is_of_holder(row, k, state, n, event, listed)
    return _is_shared(k, state, n, event, listed, row.shares)


def _is_of_holder(
    row: _Row, k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words
) -> bool:
    """Return True if an event and a state have one holder, and the event names nothing else."""
    born = listed.children if row.shares == "bearer" else frozenset[str]()
    subjects = [_holder(one, found, listed, born) for one, found in ((k, state), (n, event))]
    is_of_user = any(n.words[i] in listed.objects for i in event)  # "the firm laid me off"
    if is_of_user:
        subjects[1] = frozenset()
    if not listed.joint.isdisjoint(n.words[: min(event)]):  # "Gordon and I are divorced"
        subjects[1] -= {k.stems[i] for i in _things(k, state, listed)[0] if i > min(state)}
    is_one = subjects[0] == subjects[1]
    if listed.is_place_first and row.shares in ("holder", "subject"):
        is_one = is_one or _is_before_place(k, state, n, event, listed)
    is_same = is_one and (is_of_user or not _names_others(row, k, n, event, listed))
    return is_same and (row.shares != "subject" or bool(subjects[1]))


def _is_open(fact: _Fact, phrase: set[int], listed: _Words) -> bool:
    """Return True if a fact is a wish or a doubt, or denies what a phrase says."""
    return any(
        word in listed.blocks and not (i and fact.written[i][:1].isupper())  # "May", "Will"
        for i, word in enumerate(fact.words)
        if i not in phrase
    )


def _is_shared(
    k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words, shares: str
) -> bool:
    """Return True if an event is of the thing that a state is of, and of nothing else."""
    things_k, rest_k = _things(k, state, listed)
    things_n, rest_n = _things(n, event, listed)
    names_k, names_n = _aliases(k, listed), {k.stems[i] for i in things_k}
    if _is_done_by_agent(n, event, things_n, listed):  # "somebody took the bike"
        things_n = [i for i in things_n if i > min(event)]
    told = {n.stems[i] for i in things_n}
    if shares == "goods" and any(n.words[i] in listed.kin for i in things_n):  # lost in a park
        return False
    if not told or not things_k or not told <= names_n | names_k | rest_k:
        return False
    if shares == "place" and told <= rest_k:  # law at Durham
        return True
    told -= rest_k - names_n  # "the Etsy parcel", of a parcel from Etsy
    if not told:  # the cat, of a picture of it
        return False
    if rest_k - names_k - told - rest_n and rest_n - names_n - names_k - rest_k:
        return False  # a flight to Rome, and one to Oslo
    if shares == "named":  # "the bike is a Trek", and the bike is gone
        return told == _owner(k, things_k, state) and listed.kin.isdisjoint(rest_n)
    if shares != "person" and told <= names_k and not listed.joint.intersection(k.words):
        return True
    return not _are_numbered_apart(k, n) and _has_head(k, state, told, listed, shares)


def _has_head(k: _Fact, state: set[int], told: set[str], listed: _Words, shares: str) -> bool:
    """Return True if words name the object of a state, and all persons in it."""
    things, _ = _things(k, state, listed)
    names = _aliases(k, listed)
    behind = 0 if listed.is_place_first else max(state)
    maker = _maker(k, told, behind) if shares == "goods" else frozenset[int]()
    persons = _persons_in(k, things, maker, listed)
    if shares == "goods":
        persons -= _brand(k, things, listed)
    if not persons | _owner(k, things, state) <= told | names:
        return False
    if shares == "person":
        cased = {k.stems[i] for i in things if not k.written[i][:1].islower()}  # or without case
        return bool((persons | cased) & told)
    objects = [i for i in things if k.stems[i] not in names]
    if not objects:
        return False
    heads = {"first": objects[:1], "last": objects[-1:]}.get(listed.head, objects)
    if maker and not all(k.stems[i] in told for i in heads):  # "the Seat" for a Seat Ibiza
        heads = [next(i for i in sorted(maker) if k.stems[i] in told)]
    is_one = all(k.stems[i] in told and not _are_many(k, i, listed) for i in heads)
    return is_one and not listed.joint.intersection(k.words)


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
    """Return the stems of the names right before the last thing: "a red Trek mountain bike"."""
    found: set[str] = set()
    for i in reversed(things[:-1]):
        if i + 1 not in things or k.words[i] in listed.kin:
            break
        found |= {k.stems[i]} if k.written[i][:1].isupper() else set()
    return found


def _is_done_by_agent(n: _Fact, event: set[int], things: Sequence[int], listed: _Words) -> bool:
    """Return True if all that is named before an event is who may do it to the user's things."""
    before = [i for i in things if i < min(event)]
    return bool(before) and all(n.words[i] in listed.agents for i in before)


def _maker(k: _Fact, told: set[str], after: int) -> frozenset[int]:
    """Return where the whole name of a thing stands: "Seat Ibiza" for "Seat"."""
    for i in range(after + 1, len(k.words)):
        if k.stems[i] in told and k.written[i][:1].isupper():
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
    for i, word in enumerate(fact.words):
        if i in phrase:
            is_behind = False
        elif word in listed.adjuncts and things:
            is_behind = True
        elif word in listed.light | listed.adjuncts | listed.alias or word.isdigit():
            continue
        elif is_behind:
            rest.add(fact.stems[i])
        else:
            things.append(i)
    return things, rest


def _aliases(fact: _Fact, listed: _Words) -> set[str]:
    """Return the stems of the names that a fact gives to a thing: "a cat called Misse"."""
    at = next((i for i, word in enumerate(fact.words) if word in listed.alias), len(fact.words))
    return set(fact.stems[at + 1 :])


def _is_person(fact: _Fact, at: int, listed: _Words) -> bool:
    is_name = fact.written[at][:1].isupper() and at > 0
    return fact.words[at] in listed.kin or is_name


def _are_many(fact: _Fact, at: int, listed: _Words) -> bool:
    """Return True if a number stands before a thing: two cats."""
    before = fact.words[max(0, at - 2) : at]
    return any(
        (word.isdigit() and not _YEAR.fullmatch(word)) or word in listed.counts for word in before
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
    ignored = listed.light | listed.adjuncts
    return [i for i in range(stop) if not (fact.words[i] in ignored or fact.words[i].isdigit())]


def _names_others(row: _Row, k: _Fact, n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if an event is of something else: resigned from the choir, not from the job.

    A change names what is new, as the birth of a child does; so does how somebody died.
    """
    if row.shares in ("change", "bearer"):
        return False
    vocabulary = {part for phrase in row.events for part in phrase}
    things, rest = _things(n, event, listed)
    named = {n.stems[i] for i in things if n.words[i] not in vocabulary}
    if row.shares == "holder":
        behind = rest - {_unended(word, listed.endings) for word in vocabulary}
        named |= behind - vocabulary
    return not named <= set(k.stems)


def _is_birth(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if the child is born that the user or a partner expects."""
    expecting = _subject(k, min(state), listed)
    is_own = not expecting or expecting <= {_stem(one, "") for one in listed.partners}
    rest = n.words[: min(event)]
    if listed.mine:
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
    goal = {k.stems[i] for i in things_k if i > min(state)}
    if listed.is_place_first and not goal:
        goal = {k.stems[i] for i in things_k}
    told = {n.stems[i] for i in things_n if n.words[i] not in listed.trips} | rest_n
    told -= {_stem(trip, "") for trip in listed.trips}
    is_named = bool(goal) and goal <= told and told <= goal | rest_k
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
    words, rows = _fact(text, code).words, _words_of(code).rows
    listed = _words_of(code)
    states, events = (
        {
            i: found
            for i, each in enumerate(phrases)
            if (
                found := _any_state(words, listed)
                if each == ANY
                else _find(each, words, listed.fillers)
            )
        }
        for phrases in ([row.states for row in rows], [row.events for row in rows])
    )
    return states, events


def _any_state(words: Sequence[str], listed: _Words) -> set[int] | None:
    """Return where the verb of a state stands: behind the user, or the first that is listed."""
    found = [i for i, word in enumerate(words) if i and word in listed.verbs][:1]
    if len(words) > MIN_STATE and words[0] in listed.mine:
        found.append(1 if words[0] in listed.speaker else 2)  # "the cleaner comes"
    at = min(found, default=None)
    if at is None:
        return None
    first = words[: at + 2]
    is_kept = not listed.kept.isdisjoint((*first, "_".join(first[-2:])))  # "plays the piano"
    return None if is_kept else {at}


def _find(
    phrases: Sequence[tuple[str, ...]], words: Sequence[str], fillers: frozenset[str]
) -> set[int] | None:
    """Return where the words of the first phrase stand that is found."""
    is_number = any(map(_AGE.fullmatch, words))
    for phrase in phrases:
        if phrase[0] not in words and not (is_number and phrase[0] == "#"):
            continue
        for start, word in enumerate(words):
            if _is_word(phrase[0], word):
                found = _match(phrase, words, start, fillers)
                if found:
                    return found
    return None


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
    return bool(_AGE.fullmatch(word)) if part == "#" else word == part


@lru_cache(maxsize=4_096)
def _fact(text: str, code: str) -> _Fact:
    plain = unquoted(text)
    if code == lexicon.ENGLISH:
        plain = lexicon.pattern_in(code, "endings", "is_short").sub(" is ", plain)
        written = tuple(_WORD.findall(_POSSESSIVE.sub(" ", plain)))
        words = tuple(_one_form(scripts.fold(word)) for word in written)
        return _Fact(written, words, tuple(_stem(word, code) for word in words))
    listed = _words_of(code)
    found = [
        (part[:1], word)
        for part in plain.split()
        for form in _forms(part.lstrip("“„«\"'("))
        for word in _parted(form, listed.known)
    ]
    words = tuple(word for _, word in found)
    stems = tuple("".join(_forms(_unended(word, listed.endings))) for word in words)
    return _Fact(tuple(first for first, _ in found), stems if listed.is_bare else words, stems)


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
    """Return the past of an English verb for its participle: "went" for "gone"."""
    return _participles().get(word, word)


@cache
def _participles() -> dict[str, str]:
    listed = str(lexicon.section(lexicon.ENGLISH, "endings").get("participles", "")).split()
    return {participle: past for participle, _, past in (one.partition("=") for one in listed)}


@cache
def _words_of(code: str) -> _Words:
    table = lexicon.section(code, "endings")
    endings = scripts.normal_forms(str(table.get("endings", ""))).split()
    is_bare = bool(table.get("bare"))
    ordered = tuple(sorted(endings, key=len, reverse=True))

    def forms(written: str) -> list[str]:
        if code == lexicon.ENGLISH:
            return [_one_form(scripts.fold(word)) for word in written.split()]
        plain = _forms(written)
        return [_unended(word, ordered) for word in plain] if is_bare else plain

    keys = (
        "light blocks adjuncts kin children partners alias joint counts before_maker mine "
        "fillers trips kept agents objects".split()
    )
    rows = tuple(_rows(table.get("rows", ()), forms))
    lists = {key: frozenset(forms(str(table.get(key, "")))) for key in keys}
    lists["kept"] |= {word for word in str(table.get("kept", "")).split() if "_" in word}
    parts = {part for row in rows for phrase in row.states + row.events for part in phrase}
    return _Words(
        **lists,
        speaker=lexicon.words_in(code, "clauses", "speaker") | english.users(),
        verbs=frozenset(phrase[0] for row in rows for phrase in row.states),
        known=frozenset(parts).union(*lists.values()),
        endings=ordered,
        is_bare=is_bare,
        is_place_first=code in _PLACE_FIRST,
        head=str(table.get("head", "last")),
        rows=rows,
    )


def _rows(written: Sequence[str], forms: Callable[[str], list[str]]) -> Iterator[_Row]:
    for row in written:
        shares, states, events = (part.strip() for part in row.split(":"))
        yield _Row(shares, _phrases(states, forms), _phrases(events, forms))


def _phrases(written: str, forms: Callable[[str], list[str]]) -> tuple[tuple[str, ...], ...]:
    """Return phrases as words, the longest first."""
    phrases = [
        tuple(part for word in chosen for part in ([word] if word in "…#" else forms(word)))
        for one in written.split("|")
        for chosen in product(*(word.split("/") for word in one.split()))
    ]
    return tuple(sorted(dict.fromkeys(phrases), key=len, reverse=True))
