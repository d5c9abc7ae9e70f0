"""Ranking: from how near a memory is and which words it shares to one score. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from litemem.models import Found

OVERFETCH = 4  # candidates fetched a result, from each of the two sides
MIN_CANDIDATES = 60
KEYWORD_SHARE = 0.5  # of the way from the cosine to 1 that the best match by words goes


def candidates(top_k: int) -> int:
    """Return how many candidates of each kind to fetch for `top_k` results."""
    return max(OVERFETCH * top_k, MIN_CANDIDATES)


def rank(found: Iterable[Found], *, top_k: int, threshold: float) -> list[Found]:
    """Return the best `top_k` with their scores, best first; ties: newest first, then by id.

    The score begins at the cosine; shared words take it up to half of the way to 1, by their BM25
    weight as a share of the best candidate's. What scores less than `threshold` is left out.
    """
    found = list(found)
    best = max((f.keyword for f in found), default=0.0)
    scored = [replace(f, score=_score(f, best)) for f in found]
    scored = [f for f in scored if f.score >= threshold]
    scored.sort(key=lambda f: (f.score, f.record.created_at, f.record.id), reverse=True)
    return scored[:top_k]


def parts(found: Found, best_keyword: float) -> tuple[float, float]:
    """Return the two parts of a score: by meaning and by words, each from 0 to 1."""
    semantic = min(max(found.semantic, 0.0), 1.0)
    keyword = found.keyword / best_keyword if best_keyword > 0 else 0.0
    return semantic, min(max(keyword, 0.0), 1.0)


def _score(found: Found, best_keyword: float) -> float:
    semantic, keyword = parts(found, best_keyword)
    return semantic + KEYWORD_SHARE * keyword * (1 - semantic)
