"""Look up the phrases that a paraphrase has to keep: the table `phrases` of each language."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Any

from litemem.core.text import english
from litemem.core.text.lexicon import CODES, ENGLISH, code_of, section, words_in

MAX_NAMED = 300  # characters of a fact that may name the user
SUBJECT = 5  # words at the beginning of a fact that name its subject
NEVER = re.compile(r"(?!)")
_NAMED = re.compile(r"\(\?P<\w+>")

_JOINED = "\u3040-\u30ff\u3400-\u9fff"  # scripts without spaces
_MARKS = "\u0900-\u0963\u064b-\u065f\u200c"  # vowel signs, and what joins parts of a word
_ELIDED = re.compile(r"\b(?:[ldjnsmtc]|qu|[adns]\w?ll)['’](?=\w)", re.IGNORECASE)


_PRONOUNS = {"j": "je ", "m": "me "}


class Words:
    """Words, beginnings and ends of words, which are listed with "*"; "_" stands for a space."""

    def __init__(self, listed: str, *, is_joined: bool = False) -> None:
        parts = listed.casefold().split()
        self.whole = frozenset(p for p in parts if "*" not in p and "_" not in p)
        self.ended = tuple(p[1:] for p in parts if p.startswith("*"))
        self.begun = tuple(p[:-1] for p in parts if p.endswith("*"))
        self.pairs = frozenset(p.replace("_", " ") for p in parts if "_" in p)
        self.inside = tuple(p for p in parts if len(p) > 1) if is_joined else ()

    def has(self, word: str) -> bool:
        """Return True if a word is listed, or begins or ends as a listed one."""
        return word in self.whole or word.startswith(self.begun) or word.endswith(self.ended)

    def are_alike(self, word: str, other: str) -> bool:
        """Return True if two words begin with the same listed one: "남편과", "남편이랑"."""
        return any(word.startswith(start) and other.startswith(start) for start in self.begun)

    def count(self, tokens: Sequence[str]) -> int:
        """Return how many of the words are listed, and of each two in a row."""
        return len(self.places(tokens))

    def places(self, tokens: Sequence[str]) -> list[int]:
        """Return the positions of the words that are listed."""
        found = [i for i, word in enumerate(tokens) if self.has(word)]
        if self.pairs:
            found += [i for i, pair in enumerate(_pairs(tokens)) if pair in self.pairs]
        if self.inside:
            text = "".join(tokens)
            found += [0 for listed in self.inside if listed in text]
        return sorted(found)


class Groups:
    """Groups of words, each of one or more kinds: "early | late". Looked up by a word."""

    def __init__(self, groups: Iterable[tuple[Words, ...]] = ()) -> None:
        self._groups = list(groups)
        self._whole: dict[str, set[tuple[int, int]]] = {}
        self._begun: dict[str, set[tuple[int, int]]] = {}
        self._ended: dict[str, set[tuple[int, int]]] = {}
        self._pairs: dict[str, set[tuple[int, int]]] = {}
        self._inside: list[tuple[str, tuple[int, int]]] = []
        for i, group in enumerate(self._groups):
            for j, kind in enumerate(group):
                for index, listed in (
                    (self._whole, kind.whole),
                    (self._begun, kind.begun),
                    (self._ended, kind.ended),
                    (self._pairs, kind.pairs),
                ):
                    for each in listed:
                        index.setdefault(each, set()).add((i, j))
                self._inside += [(each, (i, j)) for each in kind.inside]
        self._lengths = [sorted({len(w) for w in index}) for index in (self._begun, self._ended)]

    def __getitem__(self, group: int) -> tuple[Words, ...]:
        return self._groups[group]

    def having(self, word: str) -> set[tuple[int, int]]:
        """Return the groups that list a word, each with the kind."""
        found = set(self._whole.get(word, ()))
        begun, ended = self._lengths
        for n in begun:
            if places := self._begun.get(word[:n]):
                found |= places
        for n in ended:
            if places := self._ended.get(word[-n:]):
                found |= places
        return found

    def of_words(self, words: Iterable[str]) -> set[tuple[int, int]]:
        """Return the groups that list some of the words, each with the kind."""
        return {place for word in words for place in self.having(word)}

    def count(self, tokens: Sequence[str]) -> int:
        """Return how many words of a text are listed."""
        return len(list(self.named(tokens)))

    def named(self, tokens: Sequence[str]) -> Iterator[tuple[str, int, int]]:
        """Yield each listed word of a text, with its group and kind."""
        for word in tokens:
            yield from ((word, group, kind) for group, kind in self.having(word))
        text = "".join(tokens) if self._inside else ""
        yield from ((listed, *place) for listed, place in self._inside if listed in text)

    def found(self, tokens: Sequence[str]) -> dict[int, set[int]]:
        """Return the groups that list some of the words, or of each two in a row, and the kinds."""
        places = self.of_words(set(tokens))
        if self._pairs:
            places.update(*(self._pairs.get(pair, ()) for pair in _pairs(tokens)))
        if self._inside:
            text = "".join(tokens)
            places.update(place for listed, place in self._inside if listed in text)
        return _by_group(places)

    def opposed(self, one: Sequence[str], other: Sequence[str]) -> list[int]:
        """Return the groups with words in both texts, but with no kind in both."""
        found, others = self.found(one), self.found(other)
        return [i for i in found if i in others and found[i].isdisjoint(others[i])]


def _pairs(tokens: Sequence[str]) -> Iterator[str]:
    """Yield each two words in a row."""
    return (f"{one} {other}" for one, other in pairwise(tokens))


def _by_group(places: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Return the kinds of each group."""
    found: dict[int, set[int]] = {}
    for group, kind in sorted(places):
        found.setdefault(group, set()).add(kind)
    return found


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of a language that a paraphrase has to keep; see `languages/en.toml`."""

    users: tuple[str, ...]
    fillers: frozenset[str]
    selves: frozenset[str]
    objects: frozenset[str]
    persons: Words
    pets: Words
    likes: Words
    negative: Words
    annoys: Words  # of a fact, what says no as "can't stand" does
    harms: Words  # of the negative ones, those that no denial has to stand behind
    half: re.Pattern[str]
    is_half_before: bool
    agents: frozenset[str]
    names: frozenset[str]
    endings: tuple[str, ...]  # that a name takes in a sentence, longest first
    opposites: Groups
    converse: Groups  # opposites that hold with both parties exchanged
    last: Groups  # opposites that end a sentence
    exclusive: Groups  # a fact has only those of them that were said
    kinds: Groups  # things of a kind: "son | daughter"
    units: tuple[Words, ...]
    over: tuple[tuple[Words, Words], ...]  # a verb in the past and in the present
    ended: re.Pattern[str]
    same: Groups
    same_words: tuple[tuple[str, ...], ...]  # the same words, longest first
    numbers: dict[str, int]
    scales: dict[str, int]  # "thousand"
    affirms: re.Pattern[str]
    denied: re.Pattern[str]
    refuted: re.Pattern[str]
    unreal: re.Pattern[str]
    marked: re.Pattern[str]
    past: re.Pattern[str]
    passed: re.Pattern[str]
    exception: re.Pattern[str]
    prefers: re.Pattern[str]
    order: re.Pattern[str]
    compares: re.Pattern[str]
    beside: re.Pattern[str]
    copula: re.Pattern[str]
    was: re.Pattern[str]
    third: re.Pattern[str]
    joint: re.Pattern[str]
    exact: re.Pattern[str]  # the places and the like that a fact may not exchange
    lesser: re.Pattern[str]  # a `thing` that another is preferred to: "커피보다"
    contrast: re.Pattern[str]  # "but", between two parts of a sentence
    urged: re.Pattern[str]  # what somebody else wants of the speaker
    urges: re.Pattern[str]  # of a fact, that it says so
    ahead: re.Pattern[str]  # plans: "next month"
    done: re.Pattern[str]  # of a fact, that it is over
    cannot: re.Pattern[str]  # what an allergy means: "can't eat"
    bad: re.Pattern[str]  # what the speaker suffers from: "upsets my stomach"
    enthuses: re.Pattern[str]  # a denial that praises: "can't get enough of"
    needed: re.Pattern[str]  # "without a `thing` I can't"
    needs: re.Pattern[str]  # of a fact, that it says so
    receives: re.Pattern[str]  # a `giver` gives the speaker something
    gives: re.Pattern[str]  # of a fact, that the user gives a `taker` something
    parts: re.Pattern[str]  # between the parts of a clause, each with a predicate
    reasons: re.Pattern[str]  # "because", between a deed and its reason
    located: re.Pattern[str]  # a place or a day, in one of several groups
    advice: re.Pattern[str]  # of a question, what asks for advice: "should I"
    given: re.Pattern[str]  # behind it, what begins a part that is not asked: "because"
    inquires: re.Pattern[str]  # of a fact, that the user asks or seeks something
    supposing: re.Pattern[str]  # "if"
    happened: re.Pattern[str]  # of a fact, that something was done or is owned
    failed: re.Pattern[str]  # "fell through"
    followed: re.Pattern[str]  # that the user did what was urged: "so I have"
    tolerates: re.Pattern[str]  # a `thing` that does no harm: "fine with nuts"
    restricts: re.Pattern[str]  # "only", "now and then"
    absolute: re.Pattern[str]  # of a fact, a word without exceptions: "vegan", "never"
    hour: re.Pattern[str]  # of a clock of 24
    has: re.Pattern[str]  # that the speaker has somebody or something
    impersonal: re.Pattern[str]  # a pronoun that is nobody: "il y a"
    terse: re.Pattern[str]  # a clause without "I": "got a dog"
    incoming: re.Pattern[str]  # that the speaker is given, lent or taught something
    outgoing: re.Pattern[str]  # that the speaker gives, lends or teaches something
    got: re.Pattern[str]  # of a fact, that the user is given something
    gave: re.Pattern[str]  # of a fact, that the user gives something
    imperfect: re.Pattern[str]  # a verb in the past, with its `stem`
    present: re.Pattern[str]  # of a fact, a verb that is not, with its `stem`
    infix: re.Pattern[str]  # a verb with "zu" inside, with its `head` and `verb`
    hails: re.Pattern[str]  # of a fact, that somebody comes from a country
    own_is: re.Pattern[str]  # "I am", before what the speaker is
    deeds: re.Pattern[str]  # what somebody hates or likes: "hate it when"
    tongue: re.Pattern[str]  # that a country's word names its language: "speak"
    measured: re.Pattern[str]  # a comparison, with its `degree`, and the `thing` it is with
    limited: re.Pattern[str]  # "only when", with a `condition` or an `exception`
    oblique: re.Pattern[str]  # that a person is no subject: its ending, or the word behind
    hardly: re.Pattern[str]  # what is not quite "none"
    softens: re.Pattern[str]  # of a fact, that it says so: "little", "rarely"
    closed: re.Pattern[str]  # that something came to its end: "for a year before I"
    lasting: re.Pattern[str]  # of a fact, that it goes on
    owns: re.Pattern[str]  # of a fact, behind the user: "has a"
    acts: re.Pattern[str]  # without spaces, behind the person who acts: "は"
    turns: re.Pattern[str]  # of a fact without spaces: "by", "from"
    feels: Words  # verbs of liking and disliking, each with a thing
    asides: frozenset[str]  # words that stand instead of no other: "now"
    reverses: frozenset[str]  # beginnings that turn a word round: "un"
    openings: frozenset[str]  # words that begin a fact with a capital: "según"
    origins: Groups  # a country, with the words for its people
    definitions: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]  # two that mean the same
    defining: re.Pattern[str]  # any of them
    claims: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]  # of a fact, and what supports it
    because: re.Pattern[str]  # of a fact, before a cause
    raised: re.Pattern[str]  # that something rose or fell
    raised_to: re.Pattern[str]  # the same, with the new number
    unreturned: re.Pattern[str]  # that a thing was not given back: "never paid me back"
    single: re.Pattern[str]  # that something was done once
    habit: re.Pattern[str]  # of a fact, that it is done again and again
    provided: re.Pattern[str]  # a condition, in one of several groups
    depends: re.Pattern[str]  # of a fact, that it has a condition
    certain: re.Pattern[str]  # of a fact, that it has none: "in any case"
    wishes: re.Pattern[str]  # that somebody wants, plans or hopes for something
    duties: re.Pattern[str]  # that something has to be done, or will be
    finished: re.Pattern[str]  # that something was done
    was_so: re.Pattern[str]  # what somebody was, where "was" stands behind it
    is_so: re.Pattern[str]  # of a fact, what somebody is
    kin_kinds: re.Pattern[str]  # a `kin` that is one by marriage or by half: "step-sister"
    until: re.Pattern[str]  # what something lasts to, in one of several groups
    since: re.Pattern[str]  # what something begins at, in one of several groups
    rules_out: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]  # of a clause, and of a fact
    limits: re.Pattern[str]  # to when or where a denial is limited: "before ten"
    undecided: re.Pattern[str]  # that somebody has not chosen yet: "torn between"
    timing: re.Pattern[str]  # that another event gives the time of something: "when", "since"
    company: re.Pattern[str]  # of a fact, `who` somebody does something with: "with a friend"
    together: re.Pattern[str]  # of a clause, that others were there: "we", "together"
    therefore: re.Pattern[str]  # between a reason and what follows: "so"
    raised_by: re.Pattern[str]  # by what something rose or fell
    plainly: tuple[tuple[re.Pattern[str], str], ...]  # what people say, and a plain word for it
    times: Groups  # of the day
    sums: tuple[tuple[Words, Words], ...]  # what is counted together: "son daughter | child"
    dues: tuple[tuple[Words, ...], ...]  # who does what with which things of the user's
    roles: tuple[tuple[tuple[Words, ...], int], ...]  # "from | to", and how many have to differ


@cache
def phrases(code: str) -> Phrases:
    """Return the phrases of a language; what it does not list matches nothing."""
    table = section(code, "phrases")
    is_joined = code in ("ja", "zh")

    def words(listed: str) -> Words:
        return Words(listed, is_joined=is_joined)

    def kinds(group: str) -> tuple[Words, ...]:
        return tuple(words(kind.strip(" $~")) for kind in group.split("|"))

    listed = " ".join(w for w in str(section(code, "profile").get("people", "")).split())
    groups: list[str] = list(table.get("opposites", ()))
    endings = str(table.get("endings", "")).split()
    return Phrases(
        users=tuple(str(table.get("users", "user")).split()),
        selves=words_in(code, "phrases", "selves"),
        fillers=words_in(code, "phrases", "fillers"),
        objects=words_in(code, "phrases", "objects"),
        persons=words(f"{_single(listed)} {table.get('persons', '')}"),
        pets=words(str(table.get("pets", ""))),
        likes=words(str(table.get("likes", ""))),
        negative=words(str(table.get("negative", ""))),
        annoys=words(str(table.get("annoys", ""))),
        harms=words(str(table.get("harms", ""))),
        is_half_before=table.get("half_is") == "before",
        agents=words_in(code, "phrases", "agents"),
        names=words_in(code, "phrases", "names"),
        endings=tuple(sorted(endings, key=len, reverse=True)),
        opposites=Groups(kinds(g) for g in groups if g[0] not in "$~"),
        converse=Groups(kinds(g) for g in groups if g[0] == "~"),
        last=Groups(kinds(g) for g in groups if g[0] == "$"),
        exclusive=Groups([*map(kinds, table.get("exclusive", ())), *_days_and_months(code)]),
        kinds=Groups(map(kinds, table.get("kinds", ()))),
        dues=tuple(map(kinds, table.get("dues", ()))),
        units=kinds(str(table.get("units", ""))),
        times=Groups(map(kinds, section(code, "apart").get("times", ()))),
        sums=tuple(_pair(kinds(each)) for each in table.get("sums", ())),
        over=tuple(_pair(kinds(each)) for each in table.get("over", ())),
        same=Groups((words(each),) for key in ("same", "origins") for each in table.get(key, ())),
        same_words=tuple(
            tuple(sorted((w for w in each.split() if len(w) > 1), key=len, reverse=True))
            for each in table.get("same", ())
        ),
        origins=Groups((words(each),) for each in table.get("origins", ())),
        feels=words(str(table.get("feels", ""))),
        reverses=words_in(code, "phrases", "reverses"),
        asides=words_in(code, "phrases", "asides"),
        openings=words_in(code, "phrases", "openings"),
        definitions=tuple(map(_defined, table.get("means", ()))),
        defining=_any_of(table.get("means", ())),
        rules_out=tuple(map(_defined, table.get("rules_out", ()))),
        plainly=tuple(map(_plain, table.get("plainly", ()))),
        claims=tuple(map(_defined, table.get("claims", ()))),
        roles=tuple((kinds(g), 2 if g[0] == "~" else 1) for g in table.get("roles", ())),
        scales=_values(str(table.get("scales", ""))),
        numbers=_values(str(table.get("numbers", ""))),
        **_patterns(table),
    )


def _patterns(table: Mapping[str, Any]) -> dict[str, re.Pattern[str]]:
    """Return the patterns of a language by the names of their fields."""
    names = """half affirms denied refuted unreal marked past passed prefers order compares beside
    copula was third joint ended contrast exact lesser urged urges ahead done enthuses needed needs
    receives gives bad cannot reasons located advice given inquires happened failed followed
    tolerates restricts absolute terse supposing hour has
    impersonal incoming outgoing got gave imperfect present infix hails own_is tongue
    deeds closed lasting hardly softens oblique limited measured owns acts turns
    because raised raised_to raised_by limits unreturned single habit
    undecided timing company together therefore
    kin_kinds until since wishes duties finished was_so is_so
    provided depends certain""".split()
    keys = {name: name for name in names} | {"exception": "except"}
    keys["parts"] = "parts" if "parts" in table else "joint"
    return {
        name: re.compile(table[key], re.IGNORECASE) if key in table else NEVER
        for name, key in keys.items()
    }


def _defined(listed: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns on both sides of "=>": "no brothers or sisters => only child"."""
    said, told = listed.split(" => ")
    return re.compile(said, re.IGNORECASE), re.compile(told, re.IGNORECASE)


def _plain(listed: str) -> tuple[re.Pattern[str], str]:
    """Return the pattern before "=>", and the plain words behind it: "packed in => stopped"."""
    said, plain = listed.split(" => ")
    return re.compile(said, re.IGNORECASE), plain


def _any_of(means: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern of each side of each definition."""
    sides = dict.fromkeys(f"(?:{side})" for each in means for side in each.split(" => "))
    return re.compile(_NAMED.sub("(?:", "|".join(sides)), re.IGNORECASE) if sides else NEVER


def _values(listed: str) -> dict[str, int]:
    pairs = (each.split("=") for each in listed.split())
    return {word.casefold(): int(value) for word, value in pairs}


def _single(people: str) -> str:
    return " ".join(word for word in people.split() if "_" not in word)


def _pair(kinds: Sequence[Words]) -> tuple[Words, Words]:
    return kinds[0], kinds[1]


def _days_and_months(code: str) -> list[tuple[Words, ...]]:
    """Return the days of the week and the months; long ones may take an ending."""
    if code == ENGLISH:
        return []  # they have capital letters there
    dates = section(code, "dates")
    found = []
    for key in ("weekdays", "months"):
        kinds = (str(kind).split() for kind in dates.get(key, ()))
        found.append(tuple(Words(" ".join(w + "*" * (len(w) > 4) for w in k)) for k in kinds))
    return found


@cache
def _token() -> re.Pattern[str]:
    """Return the pattern of a word: one sign of a script without spaces, katakana as a whole."""
    users = chain.from_iterable(phrases(code).users for code in ("ja", "zh"))
    names = "|".join(users)
    sign = rf"(?:[^\W{_JOINED}]|[{_MARKS}])"
    return re.compile(rf"{names}|[\u30a0-\u30ff]+|[{_JOINED}]|{sign}+(?:[-.:]{sign}+)*")


def tokens_of(text: str) -> list[str]:
    """Return the folded words of a text, without elided articles: "utilisateur", not "l'"."""
    return list(_tokens_of(text))


@lru_cache(maxsize=64)  # one fact is compared with one clause by many rules
def _tokens_of(text: str) -> tuple[str, ...]:
    return tuple(_token().findall(without_elision(text).casefold()))


def words_with_case(text: str) -> list[str]:
    """Return the words of a text as they are written, without elided articles."""
    return _token().findall(without_elision(text))


def without_elision(text: str) -> str:
    """Return a text without "l'", "d'" and the like, and with "je" and "me" for "j'" and "m'"."""
    return _ELIDED.sub(lambda match: _PRONOUNS.get(match[0][0].casefold(), ""), text)


def names_user(word: str, code: str) -> bool:
    """Return True if a word of a fact means the user: "User's", "L'utilisatrice", "Nutzers"."""
    folded = without_elision(word).casefold()
    listed = (*phrases(code).users, "user")
    return folded.startswith(listed) or folded in english.users()


@lru_cache(maxsize=64)  # one fact is compared with one clause by many rules
def code_for(fact: str, said: str) -> str:
    """Return the language of a fact and its source: by the word for the user, if it has one.

    Short sentences are hard to guess.
    """
    words = tokens_of(fact[:MAX_NAMED])
    listed = _users() if words and not words[0].startswith("user") else []
    for code, users in listed:
        if any(word.startswith(users) for word in words):
            return code
    code = code_of(said)
    return code if code != ENGLISH else code_of(f"{said} {fact}")


def knows_denials(code: str) -> bool:
    """Return True if a language lists words, such as "avoids", that deny without "not"."""
    return "negative" in section(code, "phrases")


@cache
def _users() -> list[tuple[str, tuple[str, ...]]]:
    """Return how facts of each language call the user, other than "User", which all of them do."""
    rows = [(code, tuple(phrases(code).users)) for code in CODES.values()]
    own = [(code, tuple(word for word in users if word != "user")) for code, users in rows]
    return [(code, users) for code, users in own if users]
