"""Extract relations from facts with a language model; ungrounded relations are dropped.

A relation is kept if its fact names both ends and says no less. A small model copies well and
judges badly: it leaves out a "not", takes the owner for the thing owned ("User's mother was born in
Lisbon"), and numbers facts wrongly. What a rule can correct is corrected, the rest is dropped.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from litemem.core.protocols import LLM
from litemem.core.scope import Scope
from litemem.core.text import names
from litemem.core.text.lexicon import ENGLISH, pattern_in, section, words_of_all
from litemem.core.text.words import STOP_WORDS, stem, word_spans, words
from litemem.core.types import Relation
from litemem.errors import ExtractionError
from litemem.extraction.ask import ask, load_prompt

FACTS_A_CALL = 5  # a small model numbers more of them wrongly, and repeats itself
RELATIONS_A_FACT = 4
TOKENS_A_FACT = 128  # of the answer: four relations of 25 tokens, and their brackets
MAX_WORDS = 6  # of an end or of a relationship; a longer one is a clause
MAX_CHARACTERS = 100
MAX_SAID = 64  # words of what a model gives for one of them; more are never a name

USER, ASSISTANT = "user", "assistant"  # their names in the graph if they have no id

_END = {"type": "string", "minLength": 1, "maxLength": 60}
_RELATION = {
    "type": "array",
    "prefixItems": [{"type": "integer"}, _END, _END, _END],
    "minItems": 4,
    "maxItems": 4,
}

logger = logging.getLogger("litemem")


def find(llm: LLM, facts: Sequence[str], scope: Scope) -> list[list[Relation]]:
    """Return the relations that each fact states, in the order of the facts.

    The fact names both ends; the user and the agent are named by their ids in `scope`, or as "user"
    and "assistant". A fact that the model cannot read has no relations.

    Raises:
        LLMError: the model failed.
    """
    found: list[list[Relation]] = []
    for i in range(0, len(facts), FACTS_A_CALL):
        found += _of(llm, facts[i : i + FACTS_A_CALL], scope)
    return found


def _of(llm: LLM, facts: Sequence[str], scope: Scope) -> list[list[Relation]]:
    """Ask about a few facts; about half as many if the model's answer cannot be read."""
    try:
        rows = _rows(llm, facts)
    except ExtractionError as error:
        if len(facts) == 1:
            logger.debug("no relations of %r: %s", facts[0], error)
            return [[]]
        middle = len(facts) // 2
        return _of(llm, facts[:middle], scope) + _of(llm, facts[middle:], scope)
    groundings = [RelationGrounding(fact, scope) for fact in facts]
    found: list[dict[Relation, None]] = [{} for _ in facts]
    for number, *triple in rows:
        for i in _nearest(number - 1, len(facts)):
            relation = groundings[i].correct(*triple)
            if relation is not None:
                found[i][relation] = None
                break
        else:
            logger.debug("dropped %r: no fact states it", triple)
    return [list(relations)[:RELATIONS_A_FACT] for relations in found]


def _nearest(index: int, count: int) -> list[int]:
    """Return all indexes, the given one first: the model's numbers go wrong by one or two."""
    return sorted(range(count), key=lambda i: abs(i - index))


def _rows(llm: LLM, facts: Sequence[str]) -> list[tuple[int, str, str, str]]:
    """Return (number of the fact, source, relationship, destination) as the model writes them."""
    text = "\n".join(f"{i}. {fact}" for i, fact in enumerate(facts, start=1))
    most = len(facts) * RELATIONS_A_FACT
    listed: dict[str, Any] = {"type": "array", "items": _RELATION, "maxItems": most}
    answer = ask(
        llm,
        load_prompt("relations"),
        text,
        {"relations": listed},
        max_tokens=len(facts) * TOKENS_A_FACT,
    )
    return [tuple(row) for row in answer["relations"]]


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a relation: its name, and which words of the fact it is (`first` to `last`)."""

    name: str
    first: int
    last: int


class RelationGrounding:
    """A fact and its scope, against which the relations that a model finds in it are checked."""

    def __init__(self, fact: str, scope: Scope) -> None:
        self._text = _spelt_out(fact)
        self._words = [
            word._replace(text=word.text.casefold())
            for word in word_spans(self._text.replace("_", " "))
        ]
        self._ids = {USER: scope.user_id or USER, ASSISTANT: scope.agent_id or ASSISTANT}

    def correct(self, source: str, relationship: str, destination: str) -> Relation | None:
        """Return the relation, corrected if need be, or None if the fact does not state it."""
        verb, target = _folded(relationship)[:MAX_SAID], _folded(destination)[:MAX_SAID]
        if len(verb) > 1 and self._place(_without_article(target)) is None:
            verb, target = verb[:-1], verb[-1:]  # "is_vegetarian" without a destination
        verb, target = self._divided(verb, target)
        left, right = self._end(_folded(source)[:MAX_SAID]), self._end(target)
        if left is None or right is None:
            return None
        verb = self._leading_to(right, verb)
        if not self._supports(verb, left, right):
            return None
        left = self._owned(left, verb, right)
        if left is None:
            return None
        if names.form(left.name) == names.form(right.name):
            return None
        return Relation(left.name, "_".join(verb), right.name)

    def _divided(self, verb: list[str], target: list[str]) -> tuple[list[str], list[str]]:
        """Move words that are not a name from the destination into the relationship.

        "plans", "trip to Tokyo" becomes "plans_trip_to", "Tokyo"; the rest behind a name is
        dropped.
        """
        prepositions = _listed("prepositions")
        while len(target) > 1 and target[0] in prepositions:
            verb, target = [*verb, target[0]], target[1:]
        target = _up_to(target, _listed("joining"))
        cut = next((i for i, word in enumerate(target) if word in prepositions and i), None)
        if cut is None:
            return verb, target
        head, tail = target[:cut], target[cut:]
        if len(tail) < 2 or self._has_name(head) or len(verb) + cut + 1 > MAX_WORDS:
            return verb, head
        return self._divided([*verb, *_without_article(head), tail[0]], tail[1:])

    def _leading_to(self, right: _End, verb: list[str]) -> list[str]:
        """End a relationship with the preposition that the fact has before the destination.

        Words between are kept: "prefers", "coffee" becomes "prefers_tea_over", "coffee".
        """
        said = [word.text for word in self._words[right.first : right.last + 1]]
        if len(verb) > len(said) and verb[-len(said) :] == said:
            verb = verb[: -len(said)]
        articles, prepositions = _listed("articles"), _listed("prepositions")
        before = [w.text for w in self._words[: right.first] if w.text not in articles]
        if not before or before[-1] not in prepositions:
            return verb
        if len(verb) > 1 and verb[-1] in prepositions:
            verb = verb[:-1]
        stems = {stem(word) for word in verb}
        behind = max((i for i, word in enumerate(before) if stem(word) in stems), default=-2) + 1
        between = before[behind:-1] if behind > 0 else []
        is_short = len(verb) + len(between) < MAX_WORDS and not self._has_name(between)
        return [*verb, *(between if is_short else []), before[-1]]

    def _has_name(self, words: Sequence[str]) -> bool:
        """Return True if one of these words is a number, or has a capital in the fact."""
        return any(
            word.text in words and (self._fact_has_capital(i) or word.text.isdigit())
            for i, word in enumerate(self._words)
        )

    def _fact_has_capital(self, i: int) -> bool:
        return i > 0 and self._text[self._words[i].start].isupper()

    def _end(self, words: list[str]) -> _End | None:
        """Find an end in the fact, named as the fact spells it; user and agent by their ids."""
        words = _without_article(words)
        if not 0 < len(words) <= MAX_WORDS:
            return None
        place = self._place(words)
        if place is None:
            return None
        first, last = place, place + len(words) - 1
        speakers = _speakers()
        speaker = speakers.get(words[0])
        if speaker and len(words) == 1:
            return _End(self._ids[speaker], first, last)
        if all(word in STOP_WORDS for word in words) or words[0] in _listed("clause"):
            return None
        articles, is_open = _listed("indefinite"), _listed("prepositions") | _listed("of")
        if any(w in articles and words[i] not in is_open for i, w in enumerate(words[1:])):
            return None  # two things: "gave Nadia an old compass"
        if any(w in speakers for w in words[1:]) or (speaker and words[1] not in _listed("owner")):
            return None
        name = self._between(first, last)
        for known in self._ids.values():
            if names.form(name) == names.form(known):
                return _End(known, first, last)
        return _End(name, first, last) if len(name) <= MAX_CHARACTERS else None

    def _between(self, first: int, last: int) -> str:
        """Return these words as the fact writes them, with the quote that closes them."""
        start, end = self._words[first].start, self._words[last].end
        is_open = self._text.count('"', start, end) % 2 and self._text[end : end + 1] == '"'
        return self._text[start : end + 1 if is_open else end]

    def _place(self, words: Sequence[str]) -> int | None:
        """Return the position in the fact at which these words follow each other."""
        wanted = list(words)
        folded = [word.text for word in self._words]
        for i in range(len(folded) - len(wanted) + 1):
            if folded[i : i + len(wanted)] == wanted:
                return i
        return None

    def _supports(self, verb: Sequence[str], left: _End, right: _End) -> bool:
        """Return True if the fact has the words of a relationship, and not its opposite."""
        if not 0 < len(verb) <= MAX_WORDS or _no_verbs().issuperset(verb):
            return False
        if verb[-1] in _listed("joining") or not _speakers().keys().isdisjoint(verb):
            return False
        if any(self._fact_has_capital(i) for i, w in enumerate(self._words) if w.text in verb):
            return False
        stems, light = {stem(word.text) for word in self._words}, _light()
        if any(stem(word) not in stems and word not in light for word in verb):
            return False
        said = {stem(word) for word in verb}
        if any(stem(word) not in said for word in self._negations_before(right)):
            return False
        return not self._crosses_clause(verb, left)

    def _negations_before(self, right: _End) -> Iterator[str]:
        """Yield the words before the destination that negate or end what the fact states of it."""
        contrasting, negating = _listed("contrasting"), _listed("negating")
        for word in reversed(self._words[: right.first]):
            if word.text in contrasting:
                return
            if word.text in negating:
                yield word.text

    def _crosses_clause(self, verb: Sequence[str], left: _End) -> bool:
        """Return True if the source is outside the clause of the relationship."""
        stems, clause = {stem(word) for word in verb if word not in STOP_WORDS}, _listed("clause")
        for word in self._words[left.last + 1 :]:
            if stem(word.text) in stems:
                return False
            if word.text in clause:
                return True
        return False

    def _owned(self, left: _End, verb: Sequence[str], right: _End) -> _End | None:
        """Return the subject of the fact: the mother in "User's mother was born in".

        The owner, if the relationship or the destination names the thing owned and nothing that it
        does. None for "Omar", "daughter_studies", "law".
        """
        behind = left.last + 1
        if not self._is_possessive(left) or behind + 1 >= len(self._words):
            return left
        thing = stem(self._words[behind + 1].text)
        if behind + 1 == right.first:
            return left
        if thing in {stem(word) for word in verb}:
            light = _light()
            is_done = any(stem(word) != thing and word not in light for word in verb)
            return None if is_done else left
        return _End(self._between(left.first, behind + 1), left.first, behind + 1)

    def _is_possessive(self, end: _End) -> bool:
        behind = self._words[end.last + 1 : end.last + 2]
        if not behind or behind[0].text not in _listed("owner"):
            return False
        return self._text[self._words[end.last].end : behind[0].start] in ("'", "’")


def _spelt_out(text: str) -> str:
    """Return text with "can not" for "can't", so that a negation is a word."""
    table = section(ENGLISH, "relations")
    cannot, contracted = (pattern_in(ENGLISH, "relations", key) for key in ("cannot", "not"))
    spelt = cannot.sub(table["can_not"], text)
    return contracted.sub(lambda match: f"{match[1]} {table['apart']}", spelt)


def _folded(text: str) -> list[str]:
    return words(_spelt_out(text.replace("_", " ")))


def _up_to(words: list[str], borders: frozenset[str]) -> list[str]:
    """Return the words before the first of `borders` that is not the first word."""
    return words[: next((i for i, word in enumerate(words) if word in borders and i), len(words))]


def _without_article(words: list[str]) -> list[str]:
    articles = _listed("articles")
    while len(words) > 1 and words[0] in articles:
        words = words[1:]
    return words


# -- the words of all languages


@cache
def _listed(key: str) -> frozenset[str]:
    """Return the words that the languages list under a key of the table `relations`."""
    return words_of_all("relations", key)


@cache
def _speakers() -> dict[str, str]:
    """Return how facts call the user and the assistant, with their names in the graph."""
    speakers = dict.fromkeys(_listed("speaker") | {USER}, USER)
    return speakers | dict.fromkeys(_listed("assistant") | {ASSISTANT}, ASSISTANT)


@cache
def _light() -> frozenset[str]:
    """Return what a relationship may say although its fact says it in other words, or by order."""
    return (STOP_WORDS | _listed("light")) - _listed("heavy")


@cache
def _no_verbs() -> frozenset[str]:
    keys = ("prepositions", "joining", "of", "owner", "indefinite")
    return frozenset[str]().union(*map(_listed, keys))
