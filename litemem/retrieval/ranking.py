"""Fuse the signals of each candidate into one score. Pure.

Each part of a score is from 0 to 1, and moves the score by its weight towards 1:
`1 - (1 - part) * (1 - part) * …`. So a score is never below the cosine, a greater part never lowers
it, and it does not depend on the other results.

The weights are round numbers from the middle of a plateau, measured in
`docs/engineering/retrieval.md`.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence

from litemem.core.text.dates import Period
from litemem.core.types import ScoreParts
from litemem.store.protocol import NO_NEIGHBOUR, Pool

WORDS = 0.6  # weight of the query's words, all of them in the memory
FLOOR = 0.2  # a memory's own score below this is chance, and adds nothing to its neighbours
NEXT_TO = 0.25  # weight of the memory before or after in the same run
ANSWER = 0.5  # the same, if the one before is a question
ONE_BETWEEN = 0.1  # weight of the memories two away
RUN = 0.3  # weight of the query's words, all of them in the run
NAMED = 0.15  # weight of the speaker being named in the query
DATED = 0.5  # weight of a date in the query
HALF_LIFE = 7 * 86_400 * 1_000_000  # microseconds from that date that halve it
FAR = 20 * HALF_LIFE  # further away, the weight is less than a millionth

OVERFETCH = 4  # candidates of each kind per result in a large scope
MIN_CANDIDATES = 100


def candidates(top_k: int) -> int:
    """Return how many candidates of each kind a large scope needs for `top_k` results."""
    return max(OVERFETCH * top_k, MIN_CANDIDATES)


def rank(
    pool: Pool, *, named: frozenset[str], periods: Sequence[Period], top_k: int, threshold: float
) -> list[tuple[int, ScoreParts]]:
    """Return (primary key, parts) of the best `top_k` that score at least `threshold`, best first.

    Equal scores are sorted by time, newest first, then by primary key, greatest first.
    """
    meaning, words = _meanings(pool), _words(pool)
    own = _own(meaning, words)
    boosts = (
        _neighbours(pool, own),
        [RUN * share for share in _of_runs(pool)],
        [NAMED if speaker in named else 0.0 for speaker in pool.speakers] if named else None,
        _dated(pool.times, periods) if periods else None,
    )
    missing = [1 - o for o in own]
    for boost in boosts:
        if boost is not None:
            missing = [m * (1 - b) for m, b in zip(missing, boost, strict=True)]
    final = [1 - m for m in missing]

    def parts(i: int) -> ScoreParts:
        around, run, speaker, day = (0.0 if boost is None else boost[i] for boost in boosts)
        return ScoreParts(meaning[i], words[i], own[i], around, run, speaker, day, final[i])

    return [(pool.pks[i], parts(i)) for i in _best(pool, final, top_k, threshold)]


def own_scores(pool: Pool) -> list[float]:
    """Return the score of each memory by its own meaning and words."""
    return _own(_meanings(pool), _words(pool))


def term_weight(document_frequency: float, sample_size: int) -> float:
    """Return the weight of a word by its rarity: BM25's IDF."""
    return math.log(1 + (sample_size - document_frequency + 0.5) / (document_frequency + 0.5))


def shares(
    term_matches: Sequence[Mapping[int, float]], weights: Sequence[float], count: int
) -> list[float]:
    """Return for each of `count` memories the share of the words' total weight that it contains.

    With `term_weight` this is BM25 without repetition and length (k1 = 0), divided by its maximum.
    Memories are short: counting repetition and length does not improve the order.
    """
    whole = sum(weights) or 1.0
    held = [0.0] * count
    for places, weight in zip(term_matches, weights, strict=True):
        for place, share in places.items():
            held[place] += share * weight / whole
    return [1.0 if share > 1 else share for share in held]


def closeness(time: int, periods: Iterable[Period]) -> float:
    """Return 1 inside a period, halved for each week of distance to the nearest one."""
    gap = min((max(p.start - time, time - p.end + 1, 0) for p in periods), default=None)
    return 0.0 if gap is None else 0.5 ** (gap / HALF_LIFE)


def _best(pool: Pool, scores: Sequence[float], top_k: int, threshold: float) -> list[int]:
    least = max(threshold, *heapq.nlargest(top_k, scores)[-1:]) if scores and top_k else math.inf
    kept = [i for i, score in enumerate(scores) if score >= least]
    kept.sort(key=lambda i: (scores[i], pool.times[i], pool.pks[i]), reverse=True)
    return kept[:top_k]


def _meanings(pool: Pool) -> list[float]:
    return [(1.0 if c > 1 else c) if c > 0 else 0.0 for c in pool.cosines]


def _words(pool: Pool) -> list[float]:
    weights = [term_weight(number, pool.sample_size) for number in pool.document_frequency]
    return shares(pool.term_matches, weights, len(pool.pks))


def _own(meaning: Sequence[float], words: Sequence[float]) -> list[float]:
    return [1 - (1 - m) * (1 - WORDS * w) for m, w in zip(meaning, words, strict=True)]


def _neighbours(pool: Pool, own: Sequence[float]) -> list[float]:
    """Return how much the neighbours of each memory in its run add to its score."""
    after = [NO_NEIGHBOUR] * len(own)
    for i, b in enumerate(pool.before):
        if b != NO_NEIGHBOUR:
            after[b] = i
    missing = [1.0] * (len(own) + 1)  # the last is NO_NEIGHBOUR's
    for i, score in enumerate(own):
        if score > FLOOR:
            lent = (score - FLOOR) / (1 - FLOOR)
            before, behind = pool.before[i], after[i]
            missing[before] *= 1 - NEXT_TO * lent
            missing[behind] *= 1 - (ANSWER if pool.asks[i] else NEXT_TO) * lent
            if before != NO_NEIGHBOUR:
                missing[pool.before[before]] *= 1 - ONE_BETWEEN * lent
            if behind != NO_NEIGHBOUR:
                missing[after[behind]] *= 1 - ONE_BETWEEN * lent
    return [1 - part for part in missing[:-1]]


def _of_runs(pool: Pool) -> list[float]:
    """Return for each memory the weighted share of the query's words in its whole run."""
    known = dict.fromkeys(run for run in pool.runs if run is not None)
    numbers = {run: i for i, run in enumerate(known)}
    if not numbers:
        return [0.0] * len(pool.runs)
    matches: list[dict[int, float]] = []
    for places in pool.term_matches:
        best: dict[int, float] = {}
        for i, share in places.items():
            if (run := pool.runs[i]) is not None:
                best[numbers[run]] = max(share, best.get(numbers[run], 0.0))
        matches.append(best)
    weights = [term_weight(sum(places.values()), len(numbers)) for places in matches]
    held = shares(matches, weights, len(numbers))
    return [0.0 if run is None else held[numbers[run]] for run in pool.runs]


def _dated(times: Sequence[int], periods: Sequence[Period]) -> list[float]:
    """Return how much the dates in the query add to the score of each memory."""
    first, last = min(times, default=0) - FAR, max(times, default=0) + FAR
    reached = [p for p in periods if p.end >= first and p.start <= last]
    known = {time: DATED * closeness(time, reached) for time in set(times)}
    return [known[time] for time in times]
