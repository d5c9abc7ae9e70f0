"""Complete what a model wrote of a turn, by the clauses that it turned round, thinned or left out.

The clause replaces a fact that does not hold: in the third person where a rule knows how, else
quoted. A small model also skips clauses, and writes half of a longer one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from litemem.core.text import english
from litemem.core.text.clauses import Clause
from litemem.core.text.dates import mentions
from litemem.core.text.lexicon import (
    ENGLISH,
    NOT_SPACED_CODES,
    NOUNS_IN_CAPITALS,
    pattern_in,
    section,
    words_in,
)
from litemem.core.text.questions import presupposed
from litemem.core.text.reactions import tells_by_asking
from litemem.core.text.words import words
from litemem.extraction.contradiction import (
    ANY_DAY,
    MAX_QUOTED,
    content_roots,
    is_person,
    people_of,
)
from litemem.extraction.grounding import exact_terms, forms_of
from litemem.extraction.paraphrase.support import content_prefixes
from litemem.extraction.retelling import (
    BEFORE_QUOTE,
    is_stub,
    may_replace,
    needs_heading,
    retold,
    states_something,
)
from litemem.extraction.sanitize import is_small_talk
from litemem.extraction.turn_clauses import TurnClauses

MY_ENDINGS = {"ar": "ي", "fa": "م"}  # of a word: "my"
MIN_PART = 3  # content words of a part of a clause that may not be lost
MIN_ITEM = 2  # the same of what stands between commas
MIN_PAIRS = 2  # pairs of letters of it, where no spaces are
GRANTED = 0.5  # of a wish's content words, in the facts that were kept of it
COVERED = 0.9  # of a clause's content words, the same
MAX_RELATIVE = 6  # characters before the name of a relative, where no spaces are
MAX_NAME = 4  # characters of it
MIN_PLACE = 4  # first letters of the name of a place, which its forms share
MAX_ASIDE = 3  # words behind the last comma that say when or how
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_ENDING = re.compile("[ぁ-ゟ]+")  # of Japanese verbs: "ます"
_BEHIND_COMMA = re.compile(r"[,;，、，،] ?")


class Told:
    """What the kept facts of a turn say: their words, numbers and names."""

    def __init__(self) -> None:
        self._facts: list[str] = []
        self._tokens: set[str] = set()

    def add(self, fact: str) -> None:
        """Add a fact that holds."""
        self._facts.append(fact)
        self._tokens |= forms_of(fact)

    def says(self, fact: str) -> bool:
        """Return True if one fact has the words of another."""
        return any(content_roots(fact) <= content_roots(kept) for kept in self._facts)

    def lacks(self, clause: Clause) -> bool:
        """Return True if no fact has one of the numbers or names of a clause."""
        exact = list(exact_terms(clause.text, names=clause.code not in NOUNS_IN_CAPITALS))
        return any(forms.isdisjoint(self._tokens) for forms in exact)


@dataclass
class Held:
    """What became of the facts of a turn.

    `kept` and `failed` are by the position of their clause; `content` is of all facts that hold.
    """

    kept: dict[int, list[str]] = field(default_factory=dict)
    failed: dict[int, list[str]] = field(default_factory=dict)
    content: Told = field(default_factory=Told)


class Completion:
    """The clauses that are stored as facts.

    Args:
        turn: the clauses of the speaker.
        held: what became of the facts; more may be added until `additions` is called.
        subject: what the facts call the speaker: "User", or a name.
        is_english: if the turn is in English.
        trusts_model: if false, what the model passed over or thinned is kept as said.
    """

    def __init__(
        self,
        turn: TurnClauses,
        held: Held,
        subject: str,
        *,
        is_english: bool,
        trusts_model: bool,
    ) -> None:
        self._turn = turn
        self._held = held
        self._subject = subject
        self._is_english = is_english
        self._trusts_model = trusts_model
        self.retold: dict[int, str] = {}  # by the clause's position, what is stored of it

    def additions(self) -> Iterator[tuple[str, Clause]]:
        """Yield clauses as facts: those of rejected facts, and those that the model passed over.

        Unless the model is trusted, a clause also counts if no fact was made of it, or if it was
        thinned: no fact has a number or a name of it, as "20 mg" of "20 mg of lisinopril".
        """
        yield from self._replacements()
        if not self._trusts_model:
            yield from self._wishes()
            yield from self._unread()

    def _replacements(self) -> Iterator[tuple[str, Clause]]:
        for at in sorted(
            self._held.failed if self._trusts_model else {*self._held.failed, *self._held.kept}
        ):
            clause = self._turn.clauses[at]
            wanted = content_roots(clause.text)
            told = frozenset[str]().union(
                *(content_roots(fact) for fact in self._held.kept.get(at, ()))
            )
            is_told = at not in self._held.failed or len(wanted & told) >= COVERED * len(wanted)
            is_told &= self._trusts_model or not self._is_thinned(at)
            is_short = at in self._held.failed or len(clause.text) <= MAX_QUOTED
            if may_replace(clause) and not is_told and is_short:
                yield self._retell(at, self._as_said(at)), clause

    def _is_thinned(self, at: int) -> bool:
        """Return True if a number or a name of a clause is lost, or all of its days or people."""
        clause = self._turn.clauses[at]
        if self._held.content.lacks(clause):
            return True
        facts = self._held.kept.get(at, ())
        if self._lacks_aside(clause.text, facts):
            return True
        _, *rest = _BEHIND_COMMA.split(clause.text[-MAX_QUOTED:])
        if rest and is_stub(rest[-1], clause.code):  # ", moi pas"
            return True
        if self._names_only(at) or (facts and _lacks_place(clause, facts)):
            return True
        if self._is_english and self._lacks_part(clause.text):
            return True
        if clause.code != ENGLISH and facts and self._lacks_item(clause):
            return True
        if names_relative(clause.text, clause.code) and not any(
            names_relative(fact, clause.code) for fact in facts
        ):
            return True
        has_day = bool(mentions(clause.text[:MAX_QUOTED], ANY_DAY))
        return has_day and not any(mentions(fact, ANY_DAY) for fact in facts)

    def _lacks_aside(self, text: str, facts: Sequence[str]) -> bool:
        """Return True if the end of "I'm a midwife in Galway, nights mostly" is in no fact."""
        asides = words_in(ENGLISH, "binding", "asides")
        last = words(text[:MAX_QUOTED].rpartition(", ")[2]) if ", " in text[:MAX_QUOTED] else []
        named = asides.intersection(last)
        if not self._is_english or not named or len(last) > MAX_ASIDE:
            return False
        return bool(facts) and not named & set(words(" ".join(facts)))

    def _lacks_part(self, text: str) -> bool:
        """Return True if no fact has a word of a longer part with a conjunction: "so I need …"."""
        parts = pattern_in(ENGLISH, "binding", "part_borders").split(text[:MAX_QUOTED])
        if len(parts) < 2:
            return False
        told = frozenset[str]().union(
            *(content_roots(fact) for facts in self._held.kept.values() for fact in facts)
        )
        return any(len(r) >= MIN_PART and r.isdisjoint(told) for r in map(content_roots, parts))

    def _lacks_item(self, clause: Clause) -> bool:
        """Return True if no fact has a word of what stands behind a comma: "，对芒果过敏"."""
        told = [fact for facts in self._held.kept.values() for fact in facts]
        parts = _BEHIND_COMMA.split(clause.text[:MAX_QUOTED])[1:]
        items = [part for part in parts if not is_small_talk(part)]
        if clause.code in NOT_SPACED_CODES and clause.code != "ko":
            signs = "".join(told)
            found = [[p for p in _pairs_of(item) if not _ENDING.fullmatch(p)] for item in items]
            return any(
                len(pairs) >= MIN_PAIRS and not any(pair in signs for pair in pairs)
                for pairs in found
            )
        known = frozenset[str]().union(*(content_prefixes(fact, clause.code) for fact in told))
        said = (content_prefixes(item, clause.code) for item in items)
        return any(len(each) >= MIN_ITEM and each.isdisjoint(known) for each in said)

    def _names_only(self, at: int) -> bool:
        """Return True if of "my husband Karl drives a bus" the facts have the name alone."""
        clause = self._turn.clauses[at]
        found = _WORD.findall(clause.text[:MAX_QUOTED])
        people = [i for i, word in enumerate(found[:3]) if is_relative(word, clause.code)]
        if clause.code in NOT_SPACED_CODES:
            return self._names_only_unspaced(at)
        if not people:
            return False
        behind = found[people[-1] + 1 :]
        if not behind or not (behind[0][0].isupper() or not behind[0][0].islower()):
            return False
        is_cased = behind[0][0].isupper()
        names = [word for word in behind[: 2 if is_cased else 1] if not word[0].islower()]
        said = content_prefixes(" ".join(behind[len(names) :]), clause.code)
        told = frozenset[str]().union(
            *(content_prefixes(fact, clause.code) for fact in self._held.kept.get(at, ()))
        )
        return bool(said) and said.isdisjoint(told)

    def _names_only_unspaced(self, at: int) -> bool:
        clause = self._turn.clauses[at]
        exact, _ = people_of(clause.code)
        ends = [
            clause.text.find(one) + len(one) for one in exact if one in clause.text[:MAX_QUOTED]
        ]
        if not ends or min(ends) > MAX_RELATIVE:
            return False
        said = clause.text[max(end for end in ends if end <= MAX_RELATIVE) :][:MAX_QUOTED]
        told = "".join(self._held.kept.get(at, ()))
        pairs = _pairs_of(said[MAX_NAME:])
        return bool(pairs) and not any(pair in told for pair in pairs)

    def repeated(self, whole: str, clause: Clause) -> list[str]:
        """Return the kept facts of a clause that the `whole` clause, as a fact, repeats."""
        said = content_roots(whole)
        kept = self._held.kept.get(self._turn.clauses.index(clause), ())
        names = pattern_in(ENGLISH, "binding", "names")
        return [fact for fact in kept if not names.search(fact) and content_roots(fact) <= said]

    def _unread(self) -> Iterator[tuple[str, Clause]]:
        for i, clause in enumerate(self._turn.clauses):
            if i in self._held.kept or i in self._held.failed or self._is_answered(i):
                continue
            if clause.code != ENGLISH and clause.is_question and tells_by_asking(clause):
                yield self._retell(i, f"{self._subject} asked: “{clause.text}”"), clause
            if clause.code == ENGLISH and (_asks_or_heads(clause) or not clause.is_own):
                yield from self._presupposed(i)
            if asked := self._asked_before(i):
                yield self._retell(i, f"{self._subject}: “{asked} {clause.text}”"), clause
            elif clause.code == ENGLISH and (wish := english.wish(clause.text)):
                yield self._retell(i, self._named(wish)), clause
            elif needs_heading(clause):
                item = BEFORE_QUOTE.sub("", clause.text).rstrip(" ,;")
                yield self._retell(i, f"{self._subject}: “{clause.heading} {item}”"), clause
            elif states_something(clause) or self._completed(i):
                yield self._retell(i, self._as_said(i)), clause

    def _as_said(self, at: int) -> str:
        """Return a clause as a fact."""
        if whole := self._completed(at):
            return f"{self._subject}: “{whole}”"
        return retold(self._turn.clauses[at], self._subject)

    def _completed(self, at: int) -> str:
        """Return a clause without a verb with the one before it: "…, my wife isn't"; or ""."""
        clause, before = self._turn.clauses[at], self._turn.clauses[at - 1] if at else None
        if before is None or before.message != clause.message:
            return ""
        if not is_stub(clause.text, clause.code):
            return ""
        said = before.text.rstrip(" ,;")
        border = " " if before.is_question or said[-1:] in ".!…。" else ", "
        return f"{said}{border}{clause.text}"

    def _is_answered(self, at: int) -> bool:
        """Return True if the facts have what "my dad does" says behind a question."""
        is_short = at > 0 and is_stub(self._turn.clauses[at].text, self._turn.clauses[at].code)
        if not is_short or not self._turn.clauses[at - 1].is_question:
            return False
        told = (content_roots(fact) for facts in self._held.kept.values() for fact in facts)
        return any(self._turn.content[at] & roots for roots in told)

    def _wishes(self) -> Iterator[tuple[str, Clause]]:
        """Yield wishes, if the facts have less than half of one: "User dislikes coriander"."""
        for at in sorted(self._held.kept.keys() - self._held.failed.keys()):
            clause = self._turn.clauses[at]
            wish = english.wish(clause.text) if clause.code == ENGLISH else None
            wanted = content_roots(clause.text) if wish else frozenset[str]()
            told = frozenset[str]().union(*map(content_roots, self._held.kept[at]))
            if wish and len(wanted & told) < GRANTED * len(wanted):
                yield self._retell(at, self._named(wish)), clause

    def _asked_before(self, at: int) -> str:
        """Return the question with a name that a clause points at: "That's what we drive"."""
        clause, before = self._turn.clauses[at], self._turn.clauses[at - 1] if at else None
        if before is None or not before.is_question or before.message != clause.message:
            return ""
        is_pointing = clause.code == ENGLISH and not clause.is_question
        if not is_pointing or not english.points_back(clause.text) or is_small_talk(clause.text):
            return ""
        is_short = len(before.text) + len(clause.text) <= MAX_QUOTED
        return before.text if is_short and any(exact_terms(before.text, names=True)) else ""

    def _presupposed(self, at: int) -> Iterator[tuple[str, Clause]]:
        """Yield the facts that a question in English states on the way, or else the question."""
        clause = self._turn.clauses[at]
        found = (fact for fact in presupposed(clause.text) if not english.is_praise(fact))
        facts = list(map(self._named, found))
        if not facts and clause.is_question and tells_by_asking(clause):
            facts = [f"{self._subject} asked: “{clause.text}”"]
        for fact in facts:
            if not self._held.content.says(fact):
                yield self._retell(at, fact), clause

    def _named(self, fact: str) -> str:
        """Return a fact about "User" with the name of the speaker."""
        return fact if self._subject == "User" else fact.replace("User", self._subject)

    def _retell(self, at: int, text: str) -> str:
        self.retold[at] = text
        return text


def _lacks_place(clause: Clause, facts: Iterable[str]) -> bool:
    """Return True if a place of a clause is in no fact, in a script without capital letters."""
    told = " ".join(facts)
    found = _places(clause.code).finditer(clause.text[:MAX_QUOTED])
    return any(match["place"][:MIN_PLACE] not in told for match in found)


@cache
def _places(code: str) -> re.Pattern[str]:
    return re.compile(section(code, "clauses").get("place", r"(?!)(?P<place>)"))


def _pairs_of(text: str) -> set[str]:
    """Return the pairs of letters of a text in a script without spaces."""
    return {text[i : i + 2] for i in range(len(text) - 1) if text[i : i + 2].isalpha()}


def _asks_or_heads(clause: Clause) -> bool:
    return clause.is_question or clause.text.rstrip().endswith(":")


def names_relative(text: str, code: str) -> bool:
    """Return True if a text has a word for a relative, a friend or the like."""
    if code in NOT_SPACED_CODES:
        exact, _ = people_of(code)
        return any(word in text for word in exact if len(word) > 1)
    return any(is_person(word, code) for word in words(text))


def is_relative(word: str, code: str) -> bool:
    """Return True for a person also with "my" as an ending."""
    return is_person(word, code) or is_person(word.removesuffix(MY_ENDINGS.get(code, "")), code)
