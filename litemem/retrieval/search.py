"""Searching: from a query and a condition to the best memories, in order."""

import math
from dataclasses import dataclass, replace
from datetime import timedelta

from litemem.core import ranking
from litemem.core.clock import EPOCH
from litemem.core.protocols import Embedder, Reranker
from litemem.core.types import Match, ScoreParts
from litemem.errors import RerankerError
from litemem.models.brought import RERANKING
from litemem.models.embedding import embed_query
from litemem.retrieval.query_reading import read_query
from litemem.store.filters import Condition
from litemem.store.sqlite import Sought, SqliteStore

RERANKED = 2  # memories a result that a reranker chooses from


@dataclass(frozen=True, slots=True)
class Wish:
    """What a search is to return: the best `top_k` that score at least `threshold`.

    Dates in the query are read as somebody means them at `reference`, by default `now`, both in
    microseconds since 1970-01-01 UTC. A month or day without a year is the last one before the
    reference; without one, it is that of any year. A `reranker` has the last word on the order.
    """

    top_k: int
    threshold: float
    now: int
    reference: int | None = None
    reranker: Reranker | None = None


def search(
    store: SqliteStore, embedder: Embedder, query: str, condition: Condition, wish: Wish
) -> list[Match]:
    """Return the memories under `condition` that answer `query` best, best first.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the query could not be embedded.
        RerankerError: the reranker failed, or did not score each memory.
    """
    if wish.top_k == 0:
        return []
    wanted = wish.top_k * (RERANKED if wish.reranker else 1)
    scope = store.survey(condition)
    said_at = wish.now if wish.reference is None else wish.reference
    day = (EPOCH + timedelta(microseconds=said_at)).date()
    reading = read_query(query, scope.speakers, day, latest=wish.reference is not None)
    identity = embedder.identity
    sought = Sought(
        embed_query(embedder, reading.meaning),
        reading.words,
        reading.periods,
        None if scope.is_small else ranking.candidates(wanted),
    )

    def choose(pool: ranking.Pool) -> list[tuple[int, ScoreParts]]:
        return ranking.rank(
            pool,
            named=reading.named,
            periods=reading.periods,
            top_k=wanted,
            threshold=wish.threshold,
        )

    found = store.search(condition, sought, identity=identity, choose=choose)
    return _reranked(wish.reranker, query, found)[: wish.top_k] if wish.reranker else found


def _reranked(reranker: Reranker, query: str, found: list[Match]) -> list[Match]:
    """Return the same memories in a reranker's order; equals stay in theirs."""
    if not found:
        return []
    with RERANKING:
        scores = [float(s) for s in reranker.rerank(query, [f.record.content for f in found])]
    if len(scores) != len(found) or not all(math.isfinite(score) for score in scores):
        raise RerankerError(
            f"the reranker gave {scores!r:.80} for {len(found)} memories: it has to give each"
            " a finite number, or leave out rerank=True"
        )
    scored = [replace(f, reranked=s) for f, s in zip(found, scores, strict=True)]
    return sorted(scored, key=_by_reranker, reverse=True)


def _by_reranker(found: Match) -> float:
    return 0.0 if found.reranked is None else found.reranked
