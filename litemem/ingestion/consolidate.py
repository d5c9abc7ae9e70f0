"""Settling: a new fact meets what is known in its scope, and is added, merged, counted or replaces.

The models are asked first, without a lock (`ponder`). The transaction then looks again (`write`):
what another program has changed meanwhile was not judged, and is judged anew before anything is
written.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, mul

from litemem.core.protocols import LLM
from litemem.core.types import AddResult, Match, MemoryRecord
from litemem.errors import LLMError
from litemem.ingestion.compare import Verdict, as_user, is_one_sentence, users_names
from litemem.ingestion.reconcile import judge, judge_by_words
from litemem.store.sqlite import Moment, SqliteStore
from litemem.store.sqlite.transaction import Transaction

NEIGHBOURS = 16  # memories that a fact meets; the nearest
LEAST = 0.1  # cosine; a name in place of "User", or a date more, takes much of it
PONDERINGS = 3  # then what came meanwhile is judged by its words alone


class UnforeseenError(Exception):
    """A memory came or changed after the model was asked; nothing was written."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A fact that is ready to be stored: its record, its vector, and its messages' primary keys."""

    record: MemoryRecord
    vector: bytes
    sources: Sequence[int]


class Settling:
    """The facts of one turn on their way into the store, each once; later ones meet earlier ones.

    Args:
        llm: is asked where the words of two facts do not tell, once a fact at most.
        found: the facts in the order in which they were said.
        now: what has expired by then is not met; in microseconds.
    """

    def __init__(self, llm: LLM, found: Sequence[Fresh], now: int) -> None:
        by_hash: dict[bytes, Fresh] = {}
        for fresh in found:
            by_hash.setdefault(fresh.record.hash, fresh)
        self.facts = list(by_hash.values())
        self._llm = llm
        self._now = now
        self._verdicts: dict[tuple[str, str], Verdict] = {}  # by the new and the known text
        self._names: frozenset[str] = frozenset()  # of the user, who may be spoken of by name
        self._ponderings = 0
        self._pondered: Moment | None = None
        self._near: dict[str, set[str]] = {}  # by a new id, the ids of its neighbours

    def ponder(self, store: SqliteStore) -> None:
        """Judge how each fact stands to its neighbours; those that were judged are not again.

        Raises:
            LLMError: the model failed. A second time that is no matter: see `write`.
        """
        self._ponderings += 1
        self._names = self._users_names(store)
        with store.known() as known:
            self._pondered = known.moment()
        try:
            for i, fresh in enumerate(self.facts):
                record = fresh.record
                with store.known() as known:
                    near = known.neighbours(record.scope, fresh.vector, NEIGHBOURS, self._now)
                self._near[record.id] = {found.record.id for found in near}
                near += [_neighbour(other, fresh) for other in self.facts[:i]]
                self._judge(record, _met(record, near))
        except LLMError:
            if self._ponderings == 1:
                raise
            self._ponderings = PONDERINGS

    def write(self, tx: Transaction) -> list[AddResult]:
        """Store what is new, and say what became of each fact.

        Raises:
            UnforeseenError: `ponder` again, in another transaction. Not after `PONDERINGS`: then
                what only a model could judge is taken to be different, so that nothing is lost.
        """
        return [self._settle(tx, fresh) for fresh in self.facts]

    def _users_names(self, store: SqliteStore) -> frozenset[str]:
        if not self.facts:
            return frozenset()
        with store.known() as known:
            naming = known.naming(self.facts[0].record.scope)
        return users_names([*naming, *(fresh.record.content for fresh in self.facts)])

    def _judge(self, record: MemoryRecord, near: Sequence[Match]) -> None:
        new = record.content
        asked = [f for f in near if (new, f.record.content) not in self._verdicts]
        known = [(as_user(f.record.content, self._names), f.semantic) for f in asked]
        verdicts = judge(self._llm, as_user(new, self._names), known)
        for found, verdict in zip(asked, verdicts, strict=True):
            self._verdicts[new, found.record.content] = verdict

    def _settle(self, tx: Transaction, fresh: Fresh) -> AddResult:
        new = fresh.record
        near = tx.known.neighbours(
            new.scope, fresh.vector, NEIGHBOURS, self._now, self._candidates(tx, new)
        )
        told: dict[Verdict, list[MemoryRecord]] = {"same": [], "richer": [], "contradicts": []}
        for found in _met(new, near):
            told.setdefault(_allowed(self._verdict(new, found), found.record, new), []).append(
                found.record
            )
        outdated = [old for old in told["contradicts"] if old.since <= new.created_at]
        if told["same"]:
            outcome = _repeat(tx, told["same"][0], new)
        elif told["richer"]:
            outcome = _enrich(tx, told["richer"][0], fresh)
        else:
            newer = [old for old in told["contradicts"] if old.since > new.created_at]
            outcome = _add(tx, fresh, outdated, newer)
        for old in outdated:
            tx.known.supersede(old, outcome.record.id, new.created_at)
        return replace(outcome, supersedes=tuple(old.id for old in outdated))

    def _candidates(self, tx: Transaction, new: MemoryRecord) -> set[str] | None:
        """Return what may be a fact's neighbour: what was, and what has come or changed since.

        So nobody waits while a large scope is searched. None: anything may be, as when one that
        was has changed, and may have made room for another.
        """
        near = self._near.get(new.id)
        if self._pondered is None or near is None:
            return None
        changed = tx.known.changed_since(self._pondered, new.scope)
        return None if changed is None or near & changed else near | changed

    def _verdict(self, new: MemoryRecord, found: Match) -> Verdict:
        known = found.record.content
        verdict = self._verdicts.get((new.content, known)) or judge_by_words(
            as_user(new.content, self._names), as_user(known, self._names), found.semantic
        )
        if verdict is None and self._ponderings < PONDERINGS:
            raise UnforeseenError
        return verdict or "different"


def _met(new: MemoryRecord, near: Sequence[Match]) -> list[Match]:
    """Return the neighbours that are near enough and speak of the same side, nearest first."""
    voice = _voice(new)
    met = [f for f in near if f.semantic >= LEAST and _voice(f.record) in (voice, None)]
    return sorted(met, key=lambda f: (-f.semantic, f.record.created_at, f.record.id))


def _voice(record: MemoryRecord) -> str | None:
    """Return whom a memory is about: user or assistant; None when that is not known."""
    return record.attributed_to or (record.role if record.role in ("user", "assistant") else None)


def _allowed(verdict: Verdict, old: MemoryRecord, new: MemoryRecord) -> Verdict:
    """Return the verdict, or "different" where the known memory may not be treated so.

    What was stored as it stood is never rewritten, and gives way only when it is one sentence: the
    rest of a long message may still be true. A memory gives way only to one that outlasts it.
    """
    is_verbatim = old.role is not None
    match verdict:
        case "same":
            fits = _outlasts(old, new) or not old.immutable
        case "richer":
            fits = not (old.immutable or is_verbatim)
        case "contradicts" if old.since > new.created_at:
            fits = _outlasts(old, new) and not new.immutable
        case "contradicts":
            is_long = is_verbatim and not is_one_sentence(old.content)
            fits = _outlasts(new, old) and not (old.immutable or is_long)
        case _:
            fits = False
    return verdict if fits else "different"


def _outlasts(one: MemoryRecord, other: MemoryRecord) -> bool:
    if one.expires_at is None:
        return True
    return other.expires_at is not None and one.expires_at >= other.expires_at


def _repeat(tx: Transaction, known: MemoryRecord, new: MemoryRecord) -> AddResult:
    tx.known.repeat(known.id, new)
    return AddResult(tx.get(known.id), "NONE")


def _enrich(tx: Transaction, known: MemoryRecord, fresh: Fresh) -> AddResult:
    """Give a known memory the new text; what either carries is kept, the new values first."""
    new = fresh.record
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
    tx.update(merged, fresh.vector)
    tx.add_sources(merged.id, list(fresh.sources))
    return AddResult(merged, "UPDATE", known.content)


def _add(
    tx: Transaction, fresh: Fresh, outdated: Sequence[MemoryRecord], newer: Sequence[MemoryRecord]
) -> AddResult:
    """Store a fact; one that was said before what contradicts it is stored as outdated already."""
    new = replace(fresh.record, valid_from=fresh.record.created_at if outdated else None)
    tx.insert([new], [fresh.vector], [list(fresh.sources)])
    if newer:
        following = min(newer, key=attrgetter("since"))
        tx.known.supersede(new, following.id, following.since)
        new = tx.get(new.id)
    if outdated:
        return AddResult(new, "UPDATE", outdated[0].content)
    return AddResult(new)


def _neighbour(other: Fresh, fresh: Fresh) -> Match:
    """Return a fact of the same turn as if it were stored already."""
    one, two = (array("f", vector) for vector in (other.vector, fresh.vector))
    lengths = (sum(map(mul, one, one)) * sum(map(mul, two, two))) ** 0.5
    return Match(other.record, sum(map(mul, one, two)) / lengths if lengths else 0.0, 0.0)
