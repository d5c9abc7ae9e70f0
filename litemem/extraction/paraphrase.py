"""Judge a fact as a paraphrase of a clause: what supports its words, and what makes it say more.

A paraphrase may use other words. It may not exchange who does what, turn an order or a side round,
state what was supposed, past or excepted, or make somebody else's life the user's. The words for
all this are data, in the table `phrases` of each language.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import CODES, ENGLISH, code_of, section, words_in
from litemem.core.text.words import NUMBERS_IN_WORDS, STOP_WORDS, digits, is_number
from litemem.extraction import english

MIN_PREFIX = 3  # letters that forms of a word share
PREFIX_SHARE = 0.6  # of the shorter word
MAX_CHARACTERS = 2_000  # of a clause or a fact that is compared
MAX_CONTENT = 64  # words of a fact that are looked for; a sentence has fewer
MAX_TOKENS = 400  # words with the same first letters that are compared with one
SUBJECT = 5  # words at the beginning of a fact that name its subject

NEVER = re.compile(r"(?!)")

_TOKEN = re.compile(r"\w+(?:[-.:]\w+)*")
_ELIDED = re.compile(r"\b(?:[ldjnsmtc]|qu)['’](?=\w)", re.IGNORECASE)
_COMPOUND = re.compile(r"(?P<unit>\w{3,6})und(?P<ten>\w{3,5}(?:zig|ßig|ssig))")
_JOINTS = frozenset("y und and et e и".split())
_UNMEANT = (STOP_WORDS | FUNCTION_WORDS | english.FACT_WORDS | english.CONTRACTIONS) - frozenset(
    "up down off left right open close first last".split()
)


@dataclass(frozen=True, slots=True)
class Phrases:
    """How a language says what a paraphrase has to keep; see `languages/en.toml`."""

    users: tuple[str, ...]
    objects: frozenset[str]
    persons: "Words"
    negative: "Words"
    harms: "Words"  # of the negative ones, those that no denial has to stand behind
    half: re.Pattern[str]
    is_half_before: bool
    agents: frozenset[str]
    names: frozenset[str]
    opposites: tuple[tuple["Words", ...], ...]
    last: tuple[tuple["Words", ...], ...]  # opposites that end a sentence
    same: tuple["Words", ...]
    numbers: dict[str, int]
    unreal: re.Pattern[str]
    marked: re.Pattern[str]
    past: re.Pattern[str]
    passed: re.Pattern[str]
    exception: re.Pattern[str]
    prefers: re.Pattern[str]
    order: re.Pattern[str]
    beside: re.Pattern[str]
    copula: re.Pattern[str]


class Words:
    """Words, and beginnings of words, which are listed with "*"; "_" stands for a space."""

    def __init__(self, listed: str) -> None:
        parts = listed.replace("_", " ").split(" ") if "_" not in listed else listed.split()
        self._whole = frozenset(p for p in parts if not p.endswith("*") and "_" not in p)
        self._begun = tuple(p[:-1] for p in parts if p.endswith("*"))
        self._phrases = tuple(p.replace("_", " ") for p in parts if "_" in p)

    def has(self, word: str) -> bool:
        """Return True if a word is listed, or begins as a listed one."""
        return word in self._whole or word.startswith(self._begun)

    def count(self, tokens: Sequence[str]) -> int:
        """Return how many of the words are listed, and of each two in a row."""
        pairs = (
            sum(f"{a} {b}" in self._phrases for a, b in pairwise(tokens)) if self._phrases else 0
        )
        return sum(map(self.has, tokens)) + pairs


@cache
def phrases(code: str) -> Phrases:
    """Return the phrases of a language; what it does not list matches nothing."""
    table = section(code, "phrases")

    def pattern(key: str) -> re.Pattern[str]:
        return re.compile(table[key], re.IGNORECASE) if key in table else NEVER

    groups = [tuple(map(str.strip, each.split("|"))) for each in table.get("opposites", ())]
    people = str(section(code, "profile").get("people", "")).split()
    listed = " ".join(word for word in people if "_" not in word)
    pairs = (each.split("=") for each in str(table.get("numbers", "")).split())
    return Phrases(
        users=tuple(str(table.get("users", "user")).split()),
        objects=words_in(code, "phrases", "objects"),
        persons=Words(f"{listed} {table.get('persons', '')}"),
        negative=Words(str(table.get("negative", ""))),
        harms=Words(str(table.get("harms", ""))),
        half=pattern("half"),
        is_half_before=table.get("half_is") == "before",
        agents=words_in(code, "phrases", "agents"),
        names=words_in(code, "phrases", "names"),
        opposites=tuple(tuple(map(Words, g)) for g in groups if not g[0].startswith("$")),
        last=tuple(
            tuple(Words(kind.lstrip("$")) for kind in g) for g in groups if g[0].startswith("$")
        ),
        same=tuple(map(Words, table.get("same", ()))),
        numbers={word: int(value) for word, value in pairs},
        unreal=pattern("unreal"),
        marked=pattern("marked"),
        past=pattern("past"),
        passed=pattern("passed"),
        exception=pattern("except"),
        prefers=pattern("prefers"),
        order=pattern("order"),
        beside=pattern("beside"),
        copula=pattern("copula"),
    )


def tokens_of(text: str) -> list[str]:
    """Return the folded words of a text, without elided articles: "utilisateur", not "l'"."""
    return _TOKEN.findall(_ELIDED.sub("", text).casefold())


def names_user(word: str, code: str) -> bool:
    """Return True if a word of a fact means the user: "User's", "L'utilisatrice", "Nutzers"."""
    folded = _ELIDED.sub("", word).casefold()
    listed = (*phrases(code).users, "user")
    return folded.startswith(listed) or folded in english.USERS


def code_for(fact: str, said: str) -> str:
    """Return the language of a fact and its source: by the word for the user, if it has one.

    Short sentences are hard to guess.
    """
    words = [_ELIDED.sub("", word).casefold() for word in fact.split()[: SUBJECT + 1]]
    for code, users in _users():
        if any(word.startswith(users) for word in words):
            return code
    code = code_of(said)
    return code if code != ENGLISH else code_of(f"{said} {fact}")


def knows_denials(code: str) -> bool:
    """Return True if a language lists words, such as "avoids", that deny without "not"."""
    return "negative" in section(code, "phrases")


@cache
def _users() -> list[tuple[str, tuple[str, ...]]]:
    """Return how facts of each language call the user, except for English."""
    return [(c, phrases(c).users) for c in CODES.values() if phrases(c).users != ("user",)]


def spoken_numbers(text: str, code: str) -> Iterator[tuple[str, int]]:
    """Yield the numbers that a text spells out in several words, or as "twins", with their words.

    "treinta y tres" is 33, "vierundzwanzig" 24, "сорок два" 42.
    """
    known = phrases(code).numbers
    said = tokens_of(text)
    for word in said:
        if word in known:
            yield word, known[word]
        elif compound := _COMPOUND.fullmatch(word):
            ten, unit = known.get(compound["ten"]), _unit(compound["unit"], known)
            if ten and unit:
                yield word, ten + unit
    for i, word in enumerate(said):
        ten = known.get(word, 0)
        then = said[i + 1 : i + 3]
        then = then[1:] if then and then[0] in _JOINTS else then[:1]
        unit = _unit(then[0], known) if then and ten >= 20 and ten % 10 == 0 else 0
        if unit:
            yield word, ten + unit
            yield then[0], ten + unit


def spoken_times(text: str, code: str) -> set[str]:
    """Return the times of day that a text names by halves: "halb acht" as "7:30" and "19:30"."""
    table = phrases(code)
    found = set()
    for match in table.half.finditer(text):
        for value in _values(match["n"], code):
            hour = (value - table.is_half_before) % 24
            found |= {f"{hour}:30", f"{(hour + 12) % 24}:30"}
    return found


def _unit(word: str, known: Mapping[str, int]) -> int:
    value = known.get(word) or int(NUMBERS_IN_WORDS.get(word, 0))
    return value if value < 10 else 0


def support(
    fact: str, said: Sequence[str], code: str, names: Collection[str] = ()
) -> tuple[int, int]:
    """Return how many content words of a fact a text supports, and how many there are.

    `names` do not count.

    A word is supported by another form of it, by one that means nearly the same, or by its number.
    """
    heard = _Heard(said, code)
    content = [word for word in _content(fact, code) if word not in names]
    return sum(map(heard.supports, content)), len(content)


class _Heard:
    """The words of a text, to look up whether they support others."""

    def __init__(self, said: Sequence[str], code: str) -> None:
        self._words = list(dict.fromkeys(w for text in said for w in tokens_of(text)))
        self._by_prefix: dict[str, list[str]] = {}
        for word in self._words:
            self._by_prefix.setdefault(word[:MIN_PREFIX], []).append(word)
        self._values = {n for text in said for n in _values(text, code)}
        self._code = code
        self._same = [group for group in phrases(code).same if any(map(group.has, self._words))]

    def supports(self, word: str) -> bool:
        near = self._by_prefix.get(word[:MIN_PREFIX], ())
        if any(_is_form(word, other) for other in near[:MAX_TOKENS]):
            return True
        if any(group.has(word) for group in self._same):
            return True
        if not self._values.isdisjoint(_values(word, self._code)):
            return True
        return len(word) > 5 and any(len(o) > 2 and word.endswith(o) for o in self._words)


def _values(text: str, code: str) -> set[int]:
    """Return the numbers of a text, in digits or in words."""
    found = {value for _, value in spoken_numbers(text, code)}
    plain = (digits(word) for word in tokens_of(text) if is_number(word))
    return found | {int(number) for number in plain if number.isdecimal() and len(number) < 20}


def _is_form(word: str, other: str) -> bool:
    """Return True if two words share enough letters to be probably forms of one."""
    if word == other:
        return True
    shorter = min(len(word), len(other))
    least = max(MIN_PREFIX, -(-int(shorter * PREFIX_SHARE * 10) // 10))
    return shorter >= MIN_PREFIX and word[:least] == other[:least]


def content_prefixes(text: str, code: str) -> frozenset[str]:
    """Return the first letters of the content words of a text, which most forms of them share."""
    return frozenset(word[:MIN_PREFIX] for word in _content(text, code))


def _content(text: str, code: str) -> list[str]:
    """Return the words of a text that mean something, without those for the user."""
    told = tokens_of(text[:MAX_CHARACTERS])
    found = dict.fromkeys(w for w in told if w not in _UNMEANT and not names_user(w, code))
    return [w for w in found if len(w) > 2 or not w.isascii() or w.isdigit()][:MAX_CONTENT]


def departure(fact: str, said: str, code: str, part: str) -> str | None:
    """Return how a fact says something else than a clause, or None if it may paraphrase it.

    `part` is the part of the clause that has its predicate.
    """
    compared = _Compared(fact, said, code)
    if compared.is_of_somebody_else():
        return "it is about somebody else"
    if compared.is_supposed():
        return "it states what was only supposed"
    if compared.is_over():
        return "it states what is over"
    if compared.is_excepted():
        return "it states what was excepted"
    if compared.is_opposite():
        return "it says the opposite"
    if _Compared(fact, part, code).is_denied():
        return "it denies the statement, or affirms what was denied"
    if compared.is_exchanged() or compared.is_preferred_less():
        return "its order is reversed"
    if compared.is_beside():
        return "it is said of something else"
    return None


class _Compared:
    """A fact and its clause, with their words."""

    def __init__(self, fact: str, said: str, code: str) -> None:
        fact, said = fact[:MAX_CHARACTERS], said[:MAX_CHARACTERS]
        self._fact, self._said, self._code, self._table = fact, said, code, phrases(code)
        self._told, self._heard = tokens_of(fact), tokens_of(said)
        self._content = _content(fact, code)
        self._by = _Heard([said], code)
        exact = set(self._heard)
        self._held = [w for w in self._content if any(_is_form(w, other) for other in exact)]
        self._is_of_user = any(names_user(word, code) for word in self._told[:2])

    @property
    def _is_all_held(self) -> bool:
        plain = [word for word in self._content if not self._table.negative.has(word)]
        return bool(plain) and set(plain) <= set(self._held)

    def _objects(self) -> list[str]:
        """Return the words of the fact that the clause has, without numbers."""
        return [word for word in self._held if not is_number(word)]

    def is_of_somebody_else(self) -> bool:
        """Return True if the fact says of the user what the clause says of a person of theirs."""
        persons = self._table.persons
        begins = self._heard[:3]
        speaker = words_in(self._code, "clauses", "speaker")
        if not self._is_of_user or not any(map(persons.has, begins)):
            return self._exchanges_person()
        if not speaker.isdisjoint(self._heard):
            return False
        if any(map(persons.has, self._told)):
            return self._exchanges_person()
        return bool(self._held)

    def _exchanges_person(self) -> bool:
        """Return True if the fact begins with another person than the clause: a sister, a dad."""
        persons = self._table.persons
        told = [word for word in self._told[:SUBJECT] if persons.has(word)]
        if not told or not any(map(persons.has, self._heard[:SUBJECT])):
            return False
        return not any(map(self._by.supports, told))

    def is_supposed(self) -> bool:
        table = self._table
        return bool(table.unreal.search(self._said)) and not (
            table.marked.search(self._fact) or self._table.unreal.search(self._fact)
        )

    def is_over(self) -> bool:
        table = self._table
        return bool(table.past.search(self._said) and self._held) and not (
            table.passed.search(self._fact) or self._denials(self._told, self._fact)
        )

    def is_excepted(self) -> bool:
        sign = self._table.exception.search(self._said)
        if sign is None or self._table.exception.search(self._fact):
            return False
        before = set(_content(self._said[: sign.start()], self._code))
        behind = set(_content(self._said[sign.end() :], self._code)) - before
        named = {w for w in self._content if any(_is_form(w, o) for o in behind)}
        if not named:
            return False
        is_denied = self._denials(tokens_of(self._said[: sign.start()]), "") % 2
        return self._denials(self._told, self._fact) % 2 == is_denied

    def is_opposite(self) -> bool:
        for kinds in self._table.opposites:
            told = {i for i, kind in enumerate(kinds) if any(map(kind.has, self._told))}
            heard = {i for i, kind in enumerate(kinds) if any(map(kind.has, self._heard))}
            is_turned = bool(told and heard) and told.isdisjoint(heard)
            if is_turned and self._denials(self._told, "") == self._denials(self._heard, ""):
                return True
        ends = (self._told[-1:], self._heard[-1:])
        for kinds in self._table.last:
            told, heard = ({i for i, k in enumerate(kinds) if any(map(k.has, e))} for e in ends)
            if told and heard and told.isdisjoint(heard):
                return True
        return False

    def is_denied(self) -> bool:
        """Return True if only one of both says no, of the same thing."""
        sign = self._table.exception.search(self._said)
        heard = tokens_of(self._said[: sign.start()]) if sign else self._heard
        said, told = self._denials(heard, self._said) % 2, self._denials(self._told, self._fact) % 2
        if said == told or not self._objects():
            return False
        if said:  # what was denied is affirmed
            return len(self._objects()) * 2 >= len([w for w in self._content if not is_number(w)])
        is_harm = self._table.harms.count(self._told) > 0
        return self._is_all_held and not is_harm

    def _denials(self, words: Sequence[str], text: str) -> int:
        """Return 1 for a denial, and 1 for a word such as "avoids"."""
        listed = words_in(self._code, "clauses", "negations")
        negative = self._table.negative
        plain = text.casefold().replace("’", "'")
        whole = [part.strip(".,;:!?") for part in plain.split()]
        is_denied = any(w in listed and not negative.has(w) for w in (*words, *whole))
        return is_denied + (negative.count(words) > 0)

    def is_exchanged(self) -> bool:
        """Return True if the fact has two parties in the other order, with the same words."""
        code, table = self._code, self._table
        names = _parties(self._said) | _parties(self._fact)
        told = [(i, w) for i, w in enumerate(self._told) if _is_party(w, names, code, table)]
        heard = [(i, w) for i, w in enumerate(self._heard) if _is_party(w, names, code, table)]
        others = [w for w in self._content if not _is_party(w, names, code, table)]
        if len(told) < 2 or not all(map(self._by.supports, others)):
            return False
        (first, one), (second, other) = told[0], told[1]
        if second - first < 2 or table.agents & set(self._told[first + 1 : second]) - {"a", "à"}:
            return False
        if names_user(one, code):
            at = next((i for i, w in heard if _alike(w, other)), None)
            return at is not None and self._is_object_of(at)
        if names_user(other, code):
            return False
        order = [next((i for i, w in heard if _alike(w, each)), None) for each in (one, other)]
        return None not in order and order[0] > order[1]  # type: ignore[operator]

    def _is_object_of(self, at: int) -> bool:
        """Return True if the party at a place of the clause acts on the speaker: "Anna lent me"."""
        speaker = words_in(self._code, "clauses", "speaker") - self._table.objects
        if not speaker.isdisjoint(self._heard):
            return False
        return at < 2 and not self._table.objects.isdisjoint(self._heard[at + 1 :])

    def is_preferred_less(self) -> bool:
        """Return True if the fact prefers what the clause puts behind: "B over A" of "A over B"."""
        table = self._table
        prefers = table.prefers.search(self._said)
        told = table.prefers.search(self._fact)
        border = table.order.search(self._said, prefers.end()) if prefers else None
        if prefers is None or border is None or told is None:
            return False
        before = set(_content(self._said[: border.start()], self._code))
        if not set(_content(self._said[prefers.end() : border.start()], self._code)):
            return False
        behind = set(_content(self._said[border.end() :], self._code)) - before
        said = _content(self._fact[told.end() :], self._code) or self._content
        for word in said:
            if any(_is_form(word, o) for o in before):
                return False
            if any(_is_form(word, o) for o in behind):
                return True
        return False

    def is_beside(self) -> bool:
        """Return True if the user is said to be what they work with, or for."""
        table = self._table
        beside, copula = table.beside.search(self._said), table.copula.search(self._fact)
        if beside is None or copula is None or table.copula.search(self._said):
            return False
        said = _content(self._fact[copula.end() :], self._code)[:1]
        behind = _content(self._said[beside.end() :], self._code)[:1]
        return bool(said and behind and _is_form(said[0], behind[0]))


def _parties(text: str) -> set[str]:
    """Return the folded words of a text that have a capital, also the first."""
    found = _TOKEN.findall(_ELIDED.sub("", text))
    return {w.casefold() for w in found if w[0].isupper() and w.casefold() not in _UNMEANT}


def _is_party(word: str, names: set[str], code: str, table: Phrases) -> bool:
    return names_user(word, code) or table.persons.has(word) or word in names


def _alike(word: str, other: str) -> bool:
    return word == other or (word[:2] == other[:2] and abs(len(word) - len(other)) < 3)
