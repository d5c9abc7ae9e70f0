"""Consolidate new facts with the known ones of their scope: add, merge, repeat or supersede.

If it is unclear whether a fact contradicts a known one, both stay, and the pair is noted.

`Consolidation.judge` asks the model, without a lock. `Consolidation.apply` looks again inside the
transaction: if another process has changed a neighbour that was not judged, nothing is written and
`judge` has to run again.

A small model calls too much a contradiction: an event, another thing that one likes, the life of
another person. So rules decide first (`compare`), the model is asked once per fact and only about
pairs that the rules leave open, and its answer counts only where the words do not contradict it.
"""

import logging
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter, mul

from litemem.core import clock
from litemem.core.protocols import LLM
from litemem.core.text.clauses import own_words, stated_parts
from litemem.core.text.statements import code_of_pair, unquoted
from litemem.core.types import AddResult, Match, MemoryRecord, TextIndex, canonical_role
from litemem.errors import ExtractionError, LLMError
from litemem.extraction.ask import ask, load_prompt
from litemem.ingestion.claims import ChangedMeanwhileError
from litemem.ingestion.compare import (
    as_user,
    compare_facts,
    is_one_sentence,
    is_other_now,
    may_mean_another,
    user_names,
)
from litemem.ingestion.compare_english import confirm_verdict
from litemem.ingestion.contrast import opener_of
from litemem.ingestion.moments import year_told
from litemem.ingestion.naming import has_one, named_in
from litemem.ingestion.slots import Verdict
from litemem.store.protocol import KnownReader, Reading, Revision, Store, Transaction

NEIGHBOURS = 16  # nearest memories that a fact is compared with
MIN_COSINE = 0.1  # low: a name instead of "User", or one more date, costs much of it
MAX_ROUNDS = 3  # of judging; then later changes are judged by their words alone
BEFORE = 2  # messages before that of a fact, in which a thing may be named: "it"
FEW = 4  # parts of a message that are all of what its facts tell
MARKED = 8  # messages of a turn in which a fact may be marked as a correction
ASKED = 3  # known facts in one question; the nearest
PROMPT = "still_true"
_ANSWERS: dict[str, Verdict] = {"true": "different", "outdated": "contradicts", "same": "same"}
_TOKENS = 16  # an answer takes about 6 a fact

logger = logging.getLogger("litemem")


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact ready to be stored: its record, its vector, and its messages' primary keys."""

    record: MemoryRecord
    vector: bytes
    sources: Sequence[int]
    index: TextIndex | None = None


class Consolidation:
    """The facts of one turn on their way into the store; duplicates are dropped.

    A fact is also compared with the earlier facts of its turn.

    Args:
        llm: asked at most once per fact, where the rules leave a verdict open.
        facts: in the order in which they were said.
        now: memories that have expired by then are ignored; in microseconds.
    """

    def __init__(self, llm: LLM, facts: Sequence[NewFact], now: int) -> None:
        by_hash: dict[bytes, NewFact] = {}
        for fact in facts:
            by_hash.setdefault(fact.record.hash, fact)
        self.facts = list(by_hash.values())
        self._llm = llm
        self._now = now
        self._verdicts: dict[tuple[str, str], Verdict] = {}  # by the new and the known text
        self._names: frozenset[str] = frozenset()  # of the user; a fact may use one
        self._rounds = 0
        self._judged_at: Revision | None = None
        self._near: dict[str, set[str]] = {}  # by a new id, the ids of its neighbours
        self._before: dict[str, str] = {}  # by a new text, the messages before it
        self._openers: dict[str, str] = {}  # by a new text, what marks it as a correction
        self._said: dict[str, list[str]] = {}  # by a new text, parts of its messages

    def judge(self, store: Store) -> None:
        """Compare each fact with its neighbours; pairs that have a verdict are not judged again.

        Raises:
            LLMError: the model failed in the first round. A later failure ends the judging.
        """
        self._rounds += 1
        with store.read() as r:
            self._names = self._user_names(r.known)
            self._judged_at = r.known.revision()
            near = [self._neighbours(r.known, fact) for fact in self.facts]
            self._before = {fact.record.content: _said_before(r, fact) for fact in self.facts}
            self._openers = {fact.record.content: _opener(r, fact) for fact in self.facts}
            self._said = {fact.record.content: _said_with(r, fact) for fact in self.facts}
        try:
            for i, (fact, stored) in enumerate(zip(self.facts, near, strict=True)):
                self._near[fact.record.id] = {match.record.id for match in stored}
                earlier = [_as_match(other, fact) for other in self.facts[:i]]
                for near_facts, one_turn in ((stored, False), (earlier, True)):
                    chosen = self._comparable(fact.record, near_facts)
                    self._judge(fact.record, chosen, one_turn=one_turn)
        except LLMError:
            if self._rounds == 1:
                raise
            self._rounds = MAX_ROUNDS

    def apply(self, tx: Transaction) -> list[AddResult]:
        """Store what is new and return the outcome of each fact.

        Raises:
            ChangedMeanwhileError: call `judge` again, then `apply` in another transaction. Not
                after `MAX_ROUNDS`: then a pair that only a model could judge is taken to be
                different, so that nothing is lost.
        """
        return [self._apply(tx, fact) for fact in self.facts]

    def _user_names(self, known: KnownReader) -> frozenset[str]:
        if not self.facts:
            return frozenset()
        stored = known.naming(self.facts[0].record.scope)
        return user_names([*stored, *(fact.record.content for fact in self.facts)])

    def _neighbours(
        self, known: KnownReader, fact: NewFact, among: set[str] | None = None
    ) -> list[Match]:
        return known.neighbours(fact.record.scope, fact.vector, NEIGHBOURS, self._now, among)

    def _judge(self, record: MemoryRecord, near: Sequence[Match], *, one_turn: bool) -> None:
        new = record.content
        asked = [match for match in near if (new, match.record.content) not in self._verdicts]
        if not asked:
            return
        known = [(as_user(match.record.content, self._names), match.semantic) for match in asked]
        verdicts = find_verdicts(
            self._llm,
            as_user(new, self._names),
            known,
            one_turn=one_turn,
            before=None if one_turn and self._openers.get(new) else self._before.get(new),
            opener=self._openers.get(new, ""),
            said=() if one_turn else self._said.get(new, ()),
        )
        for match, verdict in zip(asked, verdicts, strict=True):
            self._verdicts[new, match.record.content] = verdict

    def _apply(self, tx: Transaction, fact: NewFact) -> AddResult:
        new = fact.record
        near = self._neighbours(tx.known, fact, self._candidates(tx, new))
        by_verdict: dict[Verdict, list[MemoryRecord]] = {}
        for match in self._comparable(new, near):
            verdict = _permitted(self._verdict(new, match), match.record, new)
            by_verdict.setdefault(verdict, []).append(match.record)
        said = self._said.get(new.content, ())
        contradicted, open_ones = _parted(by_verdict.get("contradicts", []), new, said)
        outdated = [old for old in contradicted if old.since <= new.created_at]
        if same := by_verdict.get("same"):
            outcome = _repeat(tx, same[0], fact)
        elif poorer := by_verdict.get("richer"):
            outcome = _enrich(tx, poorer[0], fact)
        else:
            newer = [old for old in contradicted if old.since > new.created_at]
            outcome = _add(tx, fact, outdated, newer)
        for old in outdated:
            tx.known.supersede(old, outcome.record.id, new.created_at)
        for old in (*by_verdict.get("unclear", ()), *open_ones):
            tx.conflicts.open(old.id, outcome.record.id, self._now)
        return replace(outcome, supersedes=tuple(old.id for old in outdated))

    def _comparable(self, new: MemoryRecord, near: Sequence[Match]) -> list[Match]:
        """Return the neighbours that are near enough and about the same party, nearest first.

        The vectors of "it's a girl, 3.4 kg" and of a pregnancy may have nothing in common.
        """
        party, before = _party(new), self._before.get(new.content)
        chosen = [
            match
            for match in near
            if _party(match.record) in (party, None)
            and (
                match.semantic >= MIN_COSINE
                or is_other_now(match.record.content, new.content, before)
            )
        ]
        return sorted(chosen, key=lambda f: (-f.semantic, f.record.created_at, f.record.id))

    def _candidates(self, tx: Transaction, new: MemoryRecord) -> set[str] | None:
        """Return the ids of a fact's possible neighbours: the judged ones, and changed ones.

        This keeps the transaction short: a large scope is not searched again. None means the
        whole scope, as when a neighbour has changed and may have made room for another.
        """
        near = self._near.get(new.id)
        if self._judged_at is None or near is None:
            return None
        changed = tx.known.changed_since(self._judged_at, new.scope)
        return None if changed is None or near & changed else near | changed

    def _verdict(self, new: MemoryRecord, match: Match) -> Verdict:
        known = match.record.content
        verdict = self._verdicts.get((new.content, known)) or compare_facts(
            as_user(known, self._names),
            as_user(new.content, self._names),
            match.semantic,
            before=self._before.get(new.content),
            opener=self._openers.get(new.content, ""),
            said=self._said.get(new.content, ()),
        )
        if verdict is None and self._rounds < MAX_ROUNDS:
            raise ChangedMeanwhileError
        return verdict or "different"


def _said_before(r: Reading, fact: NewFact) -> str:
    """Return the message before the first one of a fact; an answer, with what it answers."""
    if not fact.sources:
        return ""
    recent = r.messages.latest(fact.record.scope, limit=BEFORE, before=min(fact.sources))
    said = [message for _, message in recent]
    if said and said[-1].role == "user":
        said = said[-1:]
    return "\n".join(message.content for message in said)


def _said_with(r: Reading, fact: NewFact) -> list[str]:
    """Return parts of the user's messages that a fact was made of."""
    if not fact.sources:
        return []
    last, limit = max(fact.sources), min(len(fact.sources), MARKED)
    recent = r.messages.latest(fact.record.scope, limit=limit, before=last + 1)
    said = [m.content for key, m in recent if key in fact.sources and m.role == "user"]
    return said_clauses(fact.record.content, said)


def said_clauses(fact: str, messages: Iterable[str]) -> list[str]:
    """Return the parts of messages that name something of a fact, at most `MARKED` of them.

    A small model thins what it retells: "the Pixel went on eBay" may be in no fact.
    """
    code = code_of_pair(fact, fact)
    told = named_in(unquoted(fact), code)
    parts = [part for text in messages for part in _parts_of(text)]
    if len(parts) <= FEW:
        return parts
    return [p for p in parts if any(has_one(told, word, code) for word in named_in(p, code))][
        :MARKED
    ]


@lru_cache(maxsize=MARKED)
def _parts_of(message: str) -> Sequence[str]:
    """Return what a message states, in parts; a turn asks for each of its facts."""
    return tuple(stated_parts(own_words(message)))


def _opener(r: Reading, fact: NewFact) -> str:
    """Return what marks a fact as a correction in its message; "" if the message is an answer."""
    if not fact.sources:
        return ""
    last = max(fact.sources)
    limit = min(len(fact.sources) + BEFORE, MARKED)
    recent = r.messages.latest(fact.record.scope, limit=limit, before=last + 1)
    for i in range(len(recent) - 1, -1, -1):
        key, message = recent[i]
        asked = i > 0 and recent[i - 1][1].content.rstrip().endswith("?")
        is_said = key in fact.sources and message.role == "user" and not asked
        if is_said and (opener := opener_of(message.content, fact.record.content)):
            return opener
    return ""


def find_verdicts(
    llm: LLM,
    fact: str,
    known: Sequence[tuple[str, float]],
    *,
    one_turn: bool = False,
    before: str | None = None,
    opener: str = "",
    said: Sequence[str] = (),
) -> list[Verdict]:
    """Return the verdict on `fact` and each known one, given as its text and the vectors' cosine.

    `before` is the text before the message of the fact, or None if unknown; `opener` is what marks
    the fact as a correction there, and `said` are parts of that message.

    The model is asked at most once, about the nearest of those that the rules leave open. The
    rest are different, and so are all if the answer cannot be parsed.

    Raises:
        LLMError: the model failed.
    """
    verdicts = [
        compare_facts(
            text, fact, cosine, one_turn=one_turn, before=before, opener=opener, said=said
        )
        for text, cosine in known
    ]
    undecided = sorted(
        (i for i, verdict in enumerate(verdicts) if verdict is None), key=lambda i: -known[i][1]
    )[:ASKED]
    if undecided:
        judged = _ask(llm, fact, [known[i][0] for i in undecided])
        for i, answer in zip(undecided, judged, strict=True):
            verdicts[i] = confirm_verdict(answer, known[i][0], fact, known[i][1])
    return [verdict or "different" for verdict in verdicts]


def _ask(llm: LLM, fact: str, known: Sequence[str]) -> list[Verdict]:
    lines = "\n".join(f"{i}. {text}" for i, text in enumerate(known, start=1))
    choices = {str(i): {"enum": list(_ANSWERS)} for i in range(1, len(known) + 1)}
    text = f"{lines}\nNew: {fact}"
    tokens = _TOKENS * len(known)
    try:
        found = ask(llm, load_prompt(PROMPT), text, choices, max_tokens=tokens)
        return [_ANSWERS[found[number]] for number in choices]
    except (ExtractionError, TypeError, KeyError) as error:
        logger.debug("no verdict on %r: %s", fact, error)
        return ["different"] * len(known)


def _party(record: MemoryRecord) -> str | None:
    """Return "user" or "assistant", whichever a memory is about, or None if unknown."""
    role = record.role and canonical_role(record.role)  # an older version stored it as given
    return record.attributed_to or (role if role in ("user", "assistant") else None)


def _permitted(verdict: Verdict, old: MemoryRecord, new: MemoryRecord) -> Verdict:
    """Return the verdict, or "different" where the known memory may not be changed that way.

    A message that was stored verbatim is never rewritten, and is superseded only if it is one
    sentence: the rest of a long message may still be true. A memory is superseded only by one that
    outlasts it.
    """
    is_verbatim = old.role is not None
    match verdict:
        case "same":
            fits = _outlasts(old, new) or not old.immutable
        case "richer":
            fits = not (old.immutable or is_verbatim)
        case "contradicts" if old.since > new.created_at:
            fits = _outlasts(old, new) and not new.immutable
        case "contradicts" if _is_of_earlier_year(new, old):
            return "unclear"  # "quit in 2009": perhaps another job than the one of today
        case "contradicts":
            is_long = is_verbatim and not is_one_sentence(old.content)
            fits = _outlasts(new, old) and not (old.immutable or is_long)
        case "unclear":
            fits = True
        case _:
            fits = False
    return verdict if fits else "different"


def _is_of_earlier_year(new: MemoryRecord, old: MemoryRecord) -> bool:
    """Return True if a memory tells what happened years before another was said."""
    year = year_told(new.content)
    return year is not None and year < int(clock.day(old.since)[:4]) - 1


def _parted(
    contradicted: Sequence[MemoryRecord], new: MemoryRecord, said: Sequence[str]
) -> tuple[list[MemoryRecord], list[MemoryRecord]]:
    """Return the memories that a new one ends, and those that it ends only perhaps."""
    texts = [old.content for old in contradicted]
    parts: tuple[list[MemoryRecord], list[MemoryRecord]] = ([], [])
    for old in contradicted:
        parts[may_mean_another(old.content, texts, new.content, said)].append(old)
    return parts


def _outlasts(one: MemoryRecord, other: MemoryRecord) -> bool:
    if one.expires_at is None:
        return True
    return other.expires_at is not None and one.expires_at >= other.expires_at


def _repeat(tx: Transaction, known: MemoryRecord, fact: NewFact) -> AddResult:
    tx.known.repeat(known.id, fact.record)
    tx.memories.add_sources(known.id, list(fact.sources))
    return AddResult(tx.memories.require(known.id), "NONE")


def _enrich(tx: Transaction, known: MemoryRecord, fact: NewFact) -> AddResult:
    """Give a known memory the new text; metadata and categories are merged, new values first."""
    new = fact.record
    merged = replace(
        known,
        content=new.content,
        hash=new.hash,
        attributed_to=known.attributed_to or new.attributed_to,
        metadata={**known.metadata, **new.metadata},
        categories=tuple(dict.fromkeys(known.categories + new.categories)),
        updated_at=max(new.created_at, known.updated_at),
        expires_at=known.expires_at if _outlasts(known, new) else new.expires_at,
        immutable=new.immutable,
    )
    tx.memories.update(merged, fact.vector, fact.index)
    tx.memories.add_sources(merged.id, list(fact.sources))
    return AddResult(merged, "UPDATE", known.content)


def _add(
    tx: Transaction, fact: NewFact, outdated: Sequence[MemoryRecord], newer: Sequence[MemoryRecord]
) -> AddResult:
    """Store a fact; one that a newer memory contradicts is stored as superseded by it."""
    new = replace(fact.record, valid_from=fact.record.created_at if outdated else None)
    tx.memories.insert([new], [fact.vector], [list(fact.sources)], [fact.index])
    if newer:
        following = min(newer, key=attrgetter("since"))
        tx.known.supersede(new, following.id, following.since)
        new = tx.memories.require(new.id)
    if outdated:
        return AddResult(new, "UPDATE", outdated[0].content)
    return AddResult(new)


def _as_match(other: NewFact, fact: NewFact) -> Match:
    """Return another fact of the same turn as if it were a stored neighbour."""
    one, two = (array("f", vector) for vector in (other.vector, fact.vector))
    lengths = (sum(map(mul, one, one)) * sum(map(mul, two, two))) ** 0.5
    return Match(other.record, sum(map(mul, one, two)) / lengths if lengths else 0.0, 0.0)
