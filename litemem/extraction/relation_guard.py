"""The guard of the graph: a relation stands when its fact names both ends and says no less. Pure.

A small model copies well and judges badly: it leaves out a "not", takes the owner for the owned
("User's mother was born in Lisbon"), numbers facts wrongly. What one rule can mend is mended, the
rest is dropped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from litemem.core.scope import Scope
from litemem.core.text import names
from litemem.core.text.words import STOP_WORDS
from litemem.core.types import Relation

MOST_WORDS = 6  # of an end or of a relationship; more is a clause
MOST_CHARACTERS = 100

USER, ASSISTANT = "user", "assistant"  # the names of those who have no id

_WORD = re.compile(r"[^\W_]+")
_SPEAKERS = {
    **dict.fromkeys([USER, "i", "me", "nutzer", "benutzer", "usuario", "utilisateur"], USER),
    **dict.fromkeys([ASSISTANT, "agent"], ASSISTANT),
}
_ARTICLES = frozenset("the a an my his her their our der die das el la le l il".split())

# What a relationship may say that its fact says in other words, or by its order alone
_LIGHT = STOP_WORDS | frozenset(
    """called named name lives works owns uses knows likes wants member part friend located
    towards with without near from over under before after since until during against among
    between""".split()
) - frozenset(["likes"])
# Where an end stops and another begins; "of" is within one: "city of Bern"
_PREPOSITIONS = frozenset(
    """in at on to from for with by about as into onto over under near before after since until
    during against toward towards between among than like
    bei mit von zu nach aus für en con de para como por chez dans avec pour à da di per com
    em""".split()
)
_JOINING = frozenset("because and or but that if und oder y et ou".split())
_OPEN = _PREPOSITIONS | {"of"}  # what goes on behind it is within the same end
_NO_VERBS = _PREPOSITIONS | _JOINING | {"of", "s", "the", "a", "an"}

# What turns a fact round; a relationship that leaves it out says the opposite
_TURNS = frozenset(
    """not never no without neither nor cannot nicht kein keine keinen nie nunca ne pas jamais non
    mai não nem ei не
    quit stopped stop cancelled canceled avoids avoid avoided hates hate dislikes dislike refuses
    refused former formerly ex lost left sold used than instead""".split()
)
_FRESH = frozenset(["but", "however", "aber", "pero", "mais"])  # what was turned ends here
_CLAUSE = frozenset(["that", "because", "if", "dass", "weil", "que", "porque"])


@dataclass(frozen=True, slots=True)
class _Word:
    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a relation: its name, and which words of the fact it is (`first` to `last`)."""

    name: str
    first: int
    last: int


class FactGuard:
    """Holds a fact and whose it is, and says what of a relation the fact bears out."""

    def __init__(self, fact: str, scope: Scope) -> None:
        self._text = _spelt_out(fact)
        self._words = [
            _Word(m.group().casefold(), m.start(), m.end()) for m in _WORD.finditer(self._text)
        ]
        self._ids = {USER: scope.user_id or USER, ASSISTANT: scope.agent_id or ASSISTANT}

    def checked(self, source: str, relationship: str, destination: str) -> Relation | None:
        """Return the relation, mended where it can be; None when the fact does not say it."""
        verb, target = _folded(relationship), _folded(destination)
        if len(verb) > 1 and self._place(_without_article(target)) is None:
            verb, target = verb[:-1], verb[-1:]  # "is_vegetarian", and nothing that it is
        verb, target = self._divided(verb, target)
        left, right = self._end(_folded(source)), self._end(target)
        if left is None or right is None:
            return None
        verb = self._leading_to(right, verb)
        if not self._bears_out(verb, left, right):
            return None
        left = self._owned(left, verb, right)
        if left is None:
            return None
        if names.form(left.name) == names.form(right.name):
            return None
        return Relation(left.name, "_".join(verb), right.name)

    def _divided(self, verb: list[str], target: list[str]) -> tuple[list[str], list[str]]:
        """Move what is no name from the destination into the relationship.

        "plans", "trip to Tokyo" is "plans_trip_to", "Tokyo"; behind a name the rest is dropped.
        """
        while len(target) > 1 and target[0] in _PREPOSITIONS:
            verb, target = [*verb, target[0]], target[1:]
        target = _up_to(target, _JOINING)
        cut = next((i for i, word in enumerate(target) if word in _PREPOSITIONS and i), None)
        if cut is None:
            return verb, target
        head, tail = target[:cut], target[cut:]
        if len(tail) < 2 or self._has_name(head) or len(verb) + cut + 1 > MOST_WORDS:
            return verb, head
        return self._divided([*verb, *_without_article(head), tail[0]], tail[1:])

    def _leading_to(self, right: _End, verb: list[str]) -> list[str]:
        """Let a relationship end on the preposition that the fact has before the destination.

        With what stands between: "prefers", "coffee" is "prefers_tea_over", "coffee".
        """
        said = [word.folded for word in self._words[right.first : right.last + 1]]
        if len(verb) > len(said) and verb[-len(said) :] == said:
            verb = verb[: -len(said)]
        before = [w.folded for w in self._words[: right.first] if w.folded not in _ARTICLES]
        if not before or before[-1] not in _PREPOSITIONS:
            return verb
        if len(verb) > 1 and verb[-1] in _PREPOSITIONS:
            verb = verb[:-1]
        stems = {_stem(word) for word in verb}
        behind = max((i for i, word in enumerate(before) if _stem(word) in stems), default=-2) + 1
        between = before[behind:-1] if behind > 0 else []
        is_short = len(verb) + len(between) < MOST_WORDS and not self._has_name(between)
        return [*verb, *(between if is_short else []), before[-1]]

    def _has_name(self, words: Sequence[str]) -> bool:
        """Tell whether the fact writes one of these words with a capital, or it is a number."""
        return any(
            word.folded in words and (self._fact_has_capital(i) or word.folded.isdigit())
            for i, word in enumerate(self._words)
        )

    def _fact_has_capital(self, i: int) -> bool:
        return i > 0 and self._text[self._words[i].start].isupper()

    def _end(self, words: list[str]) -> _End | None:
        """Find an end in the fact; its name is as the fact spells it, the user's and agent's id."""
        words = _without_article(words)
        if not 0 < len(words) <= MOST_WORDS:
            return None
        place = self._place(words)
        if place is None:
            return None
        first, last = place, place + len(words) - 1
        speaker = _SPEAKERS.get(words[0])
        if speaker and len(words) == 1:
            return _End(self._ids[speaker], first, last)
        if all(word in STOP_WORDS for word in words) or words[0] in _CLAUSE:
            return None
        if any(w in ("a", "an", "the") and words[i] not in _OPEN for i, w in enumerate(words[1:])):
            return None  # two things: "gave Nadia an old compass"
        if any(w in _SPEAKERS for w in words[1:]) or (speaker and words[1] != "s"):
            return None
        name = self._between(first, last)
        for known in self._ids.values():
            if names.form(name) == names.form(known):
                return _End(known, first, last)
        return _End(name, first, last) if len(name) <= MOST_CHARACTERS else None

    def _between(self, first: int, last: int) -> str:
        """Return these words as the fact writes them, with the quote that one ends on."""
        start, end = self._words[first].start, self._words[last].end
        is_open = self._text.count('"', start, end) % 2 and self._text[end : end + 1] == '"'
        return self._text[start : end + 1 if is_open else end]

    def _place(self, words: Sequence[str]) -> int | None:
        """Return where these words stand in the fact, one behind the other."""
        wanted = list(words)
        folded = [word.folded for word in self._words]
        for i in range(len(folded) - len(wanted) + 1):
            if folded[i : i + len(wanted)] == wanted:
                return i
        return None

    def _bears_out(self, verb: Sequence[str], left: _End, right: _End) -> bool:
        """Tell whether the fact has the words of a relationship, and not its opposite."""
        if not 0 < len(verb) <= MOST_WORDS or all(word in _NO_VERBS for word in verb):
            return False
        if verb[-1] in _JOINING or any(word in _SPEAKERS for word in verb):
            return False
        if any(self._fact_has_capital(i) for i, w in enumerate(self._words) if w.folded in verb):
            return False
        stems = {_stem(word.folded) for word in self._words}
        if any(_stem(word) not in stems and word not in _LIGHT for word in verb):
            return False
        said = {_stem(word) for word in verb}
        if any(_stem(turn) not in said for turn in self._turns_before(right)):
            return False
        return not self._crosses_clause(verb, left)

    def _turns_before(self, right: _End) -> Iterator[str]:
        """Yield the words before the destination that turn what is said of it."""
        for word in reversed(self._words[: right.first]):
            if word.folded in _FRESH:
                return
            if word.folded in _TURNS:
                yield word.folded

    def _crosses_clause(self, verb: Sequence[str], left: _End) -> bool:
        """Tell whether the source is outside of the clause that the relationship is in."""
        stems = {_stem(word) for word in verb if word not in STOP_WORDS}
        for word in self._words[left.last + 1 :]:
            if _stem(word.folded) in stems:
                return False
            if word.folded in _CLAUSE:
                return True
        return False

    def _owned(self, left: _End, verb: Sequence[str], right: _End) -> _End | None:
        """Return who the fact is about: of "User's mother was born in", the mother.

        The owner is, when the relationship or the destination names what is owned, and nothing
        that it does: "Omar", "daughter_studies", "law" is nobody's.
        """
        behind = left.last + 1
        if not self._is_possessive(left) or behind + 1 >= len(self._words):
            return left
        thing = _stem(self._words[behind + 1].folded)
        if behind + 1 == right.first:
            return left
        if thing in {_stem(word) for word in verb}:
            is_done = any(_stem(word) != thing and word not in _LIGHT for word in verb)
            return None if is_done else left
        return _End(self._between(left.first, behind + 1), left.first, behind + 1)

    def _is_possessive(self, end: _End) -> bool:
        behind = self._words[end.last + 1 : end.last + 2]
        if not behind or behind[0].folded != "s":
            return False
        return self._text[self._words[end.last].end : behind[0].start] in ("'", "’")


def _spelt_out(text: str) -> str:
    """Return text whose "can't" is "can not", so that a negation is a word."""
    return re.sub(
        r"(?i)(\w)n['’]t\b", r"\1 not", re.sub(r"(?i)\bcan(?:['’]t|not)\b", "can not", text)
    )


def _folded(text: str) -> list[str]:
    plain = _spelt_out(text.replace("_", " "))
    return [match.group().casefold() for match in _WORD.finditer(plain)]


def _up_to(words: list[str], borders: frozenset[str]) -> list[str]:
    """Return the words before the first of `borders`; all when there is none, or it is first."""
    return words[: next((i for i, word in enumerate(words) if word in borders and i), len(words))]


def _without_article(words: list[str]) -> list[str]:
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return words


def _stem(word: str) -> str:
    """Return what forms of one word share, roughly: "plans" and "planned" are "plan"."""
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            return word[:-1] if word[-1] == word[-2] and ending in ("ing", "ed") else word
    return word
