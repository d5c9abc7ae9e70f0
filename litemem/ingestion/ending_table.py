"""The table of a language that lists which events end which states.

It is section "endings" of `core/text/languages`. A row has a name for what both facts have to
share, the phrases of the state, and those of the event; "…" in a phrase stands for up to four
words, "#" for a number, "/" between words for either, and "<sold>" for the phrases that `phrases`
lists as "sold". The state "*" is any that a thing has part in, but for those that `kept` lists: who
liked a car that was sold may like it still. The state "+" is anything that somebody does.

Words are compared in one form a language: English stems, else normal forms without the endings
that the table lists.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from litemem.core.text import english, lexicon, scripts
from litemem.core.text.phrases import Words, names_user
from litemem.core.text.words import stem as english_stem

LEAST = 3  # letters of a word without its ending, or without its beginning
_NAMED = re.compile(r"<(\w+)>")  # phrases that several rows have
_AND_IN_ENGLISH = ("and",)  # also a known fact in English is ended by an event in another language
AND = "&"  # in place of a word for "and" that without its case or accent is another: "e", "è"
UNSPACED = re.compile(rf"[{scripts.HAN}{scripts.KANA}]")
_RUN = re.compile(rf"[{scripts.HAN}{scripts.KANA}]+|(?:[^\W_](?<![{scripts.HAN}{scripts.KANA}]))+")
_HANGUL = re.compile(rf"[{scripts.HANGUL}]")
_PLACE_FIRST = ("zh", "ja", "ko", "tr", "hi", "hu")
_VERB_LAST = ("tr", "fa")
ANY = (("*",),)  # of the states of a row
ACTS = (("+",),)
MARKS = frozenset("…#!^$*+")
Phrases = Mapping[str, Sequence[tuple[int, int, tuple[str, ...]]]]  # by their first words


@dataclass(frozen=True)
class Row:
    """Phrases of states, and of the events that end them if both facts share what `shares` says."""

    shares: str  # thing, goods, tool, named, person, plan, holder, change, other, habit, age, …
    states: tuple[tuple[str, ...], ...]
    events: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """The rows of a language, and its lists of words."""

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
    two_verbs: re.Pattern[str]  # a clause with two verbs, and a subject before the first
    temporary: re.Pattern[str]  # what says that something ends for a time
    numbered: frozenset[str]  # words before a number that counts nothing: "type 2"
    persons: frozenset[str]  # pronouns of persons
    others: frozenset[str]  # words for somebody other than the user: "she"
    copulas: frozenset[str]
    spots: frozenset[str]  # places where a thing is taken: "on the tube"
    robs: frozenset[str]  # words for theft
    groups: frozenset[str]  # words for several people who do something together: "club"
    several: frozenset[str]  # words for the user and others: "we"
    addictions: frozenset[str]  # what somebody quits that is no job
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
    head: str  # which word of an object names its kind: the first or the last, or only all
    rows: tuple[Row, ...]
    states: Phrases  # row, rank and words; the lower rank is found first
    events: Phrases  # a rank below zero is of a phrase with which the row has no event


@cache
def table_of(code: str) -> Table:
    """Return the table of a language, by its code; without rows if it lists none."""
    table = lexicon.section(code, "endings")
    endings = scripts.normal_forms(str(table.get("endings", ""))).split()
    is_bare = bool(table.get("bare"))
    ordered = tuple(sorted(endings, key=len, reverse=True))
    beginnings = tuple(sorted(str(table.get("beginnings", "")).split(), key=len, reverse=True))

    def forms(written: str) -> list[str]:
        if code == lexicon.ENGLISH:
            return [one_form_of(scripts.fold(word)) for word in written.split()]
        plain = forms_in(written)
        return [without_endings(word, ordered) for word in plain] if is_bare else plain

    rows = tuple(_rows(table.get("rows", ()), table.get("phrases", {}), forms))
    accented = frozenset(str(table.get("accented", "")).split())
    lists = _lists(table, accented, forms)
    named = str(table.get("agents", "")).split()
    agents = forms(" ".join(word for word in named if "*" not in word))
    ends_of_agents = [word for word in named if "*" in word]  # of doctors: "*logo"
    times = f"{lexicon.section(code, 'slots').get('habit', '')} {table.get('times', '')}"
    parts = {part for row in rows for phrase in row.states + row.events for part in phrase}
    return Table(
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
        two_verbs=re.compile(str(table.get("two_verbs", "(?!)")), re.IGNORECASE),
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


def _lists(
    table: Mapping[str, Any], accented: frozenset[str], forms: Callable[[str], list[str]]
) -> dict[str, frozenset[str]]:
    """Return the lists of words of a table, by the names of their fields."""
    keys = (
        "light blocks adjuncts kin children partners alias joint counts before_maker makers mine "
        "fillers trips kept holds objects causes because leaves clitics called "
        "indefinite pronouns articles predicates settings acts once reasons adverbs others "
        "copulas passives generic spots robs groups several addictions "
        "numbered persons sorts whole definite vague places weekdays".split()
    )
    lists = {key: frozenset(forms(str(table.get(key, "")))) for key in keys}
    lists["joint"] |= {AND, *_AND_IN_ENGLISH}
    lists["light"] |= {AND}
    lists["adjuncts"] |= accented
    for key in ("kept", "causes", "acts", "once"):  # they have pairs of words too
        listed = str(table.get(key, "")).split()
        lists[key] = frozenset(forms(" ".join(word for word in listed if "_" not in word)))
        lists[key] |= {word for word in listed if "_" in word}
    lists["light"] |= lists.pop("adverbs")
    lists["unnamed"] = lists["light"] | lists["adjuncts"] | lists["alias"] | lists["called"]
    if lists["articles"]:
        lists["unnamed"] |= lists["counts"]
    return lists


def _rows(
    written: Sequence[str], named: Mapping[str, str], forms: Callable[[str], list[str]]
) -> Iterator[Row]:
    for row in written:
        while _NAMED.search(row):
            row = _NAMED.sub(lambda found: named[found[1]], row)
        shares, states, events = (part.strip() for part in row.split(":"))
        yield Row(shares, _phrases(states, forms), _phrases(events, forms))


def _by_first(rows: Iterable[Sequence[tuple[str, ...]]]) -> Phrases:
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


def forms_in(text: str) -> list[str]:
    """Return the normal forms of words; signs of Chinese and Japanese stay as they are."""
    if UNSPACED.search(text):
        return _RUN.findall(scripts.composed(text).casefold())
    return scripts.normal_forms(text).split()


def stem_of(word: str, code: str) -> str:
    """Return the English stem of a word, also for code ""; else the word as it is."""
    return english_stem(word) if code in (lexicon.ENGLISH, "") else word


def without_endings(word: str, endings: Sequence[str]) -> str:
    """Return a word without its endings; it may have several."""
    least = 1 if _HANGUL.match(word) else LEAST
    while ending := next(
        (one for one in endings if word.endswith(one) and len(word) - len(one) >= least), ""
    ):
        word = word[: -len(ending)]
    return word


def one_form_of(word: str) -> str:
    """Return one of several English forms or words: "went" for "gone", "mother" for "mum"."""
    return _one_forms().get(word, word)


@cache
def _one_forms() -> dict[str, str]:
    table = lexicon.section(lexicon.ENGLISH, "endings")
    listed = f"{table.get('participles', '')} {table.get('alike', '')}".split()
    return {form: one for form, _, one in (each.partition("=") for each in listed)}
