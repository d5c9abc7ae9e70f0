"""Fuse the signals of each candidate into one score. Pure.

Each part of a score is from 0 to 1, and moves the score by its weight towards 1:
`1 - (1 - part) * (1 - part) * …`. Questions, and what an assistant
said, answer less: their scores are multiplied by less than 1. For all others a score is never
below the cosine. A greater part never lowers a score, which does not depend on the other results.

The weights are round numbers from the middle of a plateau, measured in
`docs/engineering/retrieval.md`.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from litemem.core.clock import LAST_MICROSECOND
from litemem.core.text.answer_kinds import AnswerKind
from litemem.core.text.periods import Period, every
from litemem.core.types import ScoreParts
from litemem.store.protocol import NO_NEIGHBOUR, Pool

WORDS = 0.6  # weight of the query's words, all of them in the memory
FLOOR = 0.2  # a memory's own score below this is chance, and adds nothing to its neighbours
NEXT_TO = 0.25  # weight of the memory before or after in the same run
ANSWER = 0.7  # the same, if the one before asks something
CARRIED = 0.4  # what a word of a question counts in the memory behind it
ASKED = 0.25  # taken from the score of a text that is nothing but questions
SAME = 0.99  # a cosine from which a text is taken for the query itself
ECHOED = 0.25  # taken from the score of what an assistant said
ONE_BETWEEN = 0.1  # weight of the memories two away
RUN = 0.3  # weight of the query's words, all of them in the run
NAMED = 0.15  # weight of the speaker being named in the query
DATED = 0.5  # weight of a date in the query, of a memory that was said on it
DATED_LESS = 0.25  # the same if nothing but a day is asked for, and not what happened on it
OUTSIDE = 0.6  # part of it for another day, if the query asks for the messages of one
DATED_NOW = 0.1  # the same of a day or year that is not over, if not asked for what happened
SPOKEN_OF = 0.6  # the same of a memory that speaks of the date
SPOKEN_OF_LESS = 0.2  # the same if the query asks for the messages of that day
DAY = 86_400 * 1_000_000  # microseconds
HALF_LIFE = 7 * DAY  # distance of the day on which something was said that halves it
NEAR = DAY  # distance of a day that a text speaks of that halves it
FAR = 20 * HALF_LIFE  # further away, the weight is less than a millionth
VAGUE = (
    0.3  # exponent of the share of the days that a text speaks of: "in 2026" says little of a day
)
HOLDS = 0.25  # weight of a day or a length of time in a memory, if the query asks for one
HOLDS_NAME = 0.15  # the same of a name, which more memories have that answer nothing
ANSWERS = 0.4  # score without these from which on a date or a kind of answer counts in full

OVERFETCH = 4  # candidates of each kind per result in a large scope
MIN_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class DateQuestion:
    """What a query asks of the dates in it, as seen from the time `today`.

    `is_all`: it asks for nothing else, as in "what do I have tomorrow?". `of_saying`: it asks for
    the messages of a day, not for its events. `tense` is -1 for the past, 1 for the present or
    the future, or 0.
    """

    today: int = LAST_MICROSECOND
    is_all: bool = True
    of_saying: bool = False
    tense: int = -1


NOTHING_ELSE = DateQuestion()


def candidates(top_k: int) -> int:
    """Return how many candidates of each kind a large scope needs for `top_k` results."""
    return max(OVERFETCH * top_k, MIN_CANDIDATES)


def rank(
    pool: Pool,
    *,
    named: frozenset[str],
    periods: Sequence[Period],
    top_k: int,
    threshold: float,
    asked: DateQuestion = NOTHING_ELSE,
    of_assistant: bool = False,
    trust: float = 1.0,
    kind: AnswerKind | None = None,
) -> list[tuple[int, ScoreParts]]:
    """Return (primary key, parts) of the best `top_k` that score at least `threshold`, best first.

    A memory that shares nothing but the date of a query is not lifted over the threshold by it. Nor
    is its score, unless the query asks for what happened: there evidence often shares only the day.

    What an assistant said repeats the words of the user, so it counts less. If the query is
    `of_assistant`, it asks for that, and the assistant counts as named.

    If the query asks for a `kind` of answer ("when", "how long", "who"), a memory that holds one
    counts more, as far as it answers the rest.

    Equal scores are sorted by time, newest first, then by primary key, greatest first. Cosines are
    multiplied by `trust` where none of the query's words are, for an embedder that does not know
    the language of the query well.
    """
    echoes = [] if of_assistant else pool.assistants
    answers = _answers(pool, echoes)
    words = _words(pool, answers)
    meaning = _meanings(pool, words, trust)
    own = _own(meaning, words)
    neighbours = _neighbours(pool, own, answers)
    runs = _of_runs(pool)
    dated = _dated(pool, periods, asked) if periods else None
    answering = _answering(own, neighbours) if dated or pool.holds_answer else []
    bounded = dated and [d * g for d, g in zip(dated, answering, strict=True)]
    if asked.is_all:
        bounded = dated
    elif asked.tense >= 0:
        dated = bounded
    boosts = (
        neighbours,
        runs and [RUN * share for share in runs],
        _of_speakers(pool, named, of_assistant=of_assistant),
        _holding(pool, answering, kind),
        dated,
    )
    stating = _stating(pool.asks, echoes, meaning)
    final = _fused(own, boosts, stating)
    answered = final if bounded is dated else _fused(own, (*boosts[:-1], bounded), stating)

    def parts(i: int) -> ScoreParts:
        around, run, speaker, answer, day = (0.0 if boost is None else boost[i] for boost in boosts)
        factors = {"stating": stating[i], "answer": answer}
        return ScoreParts(
            meaning[i], words[i], own[i], around, run, speaker, day, final[i], **factors
        )

    kept = [i for i, score in enumerate(answered) if score >= threshold]
    return [(pool.pks[i], parts(i)) for i in _best(pool, final, kept, top_k)]


def _fused(
    own: Sequence[float], boosts: Iterable[Sequence[float] | None], stating: Sequence[float]
) -> list[float]:
    missing = [1 - o for o in own]
    for boost in boosts:
        if boost is not None:
            missing = [m * (1 - b) for m, b in zip(missing, boost, strict=True)]
    return [(1 - m) * s for m, s in zip(missing, stating, strict=True)]


def _stating(
    asks: Sequence[float], echoes: Sequence[bool], meaning: Sequence[float]
) -> list[float]:
    """Return the factor of each memory by whether it states something: 1, less if it asks.

    The text of the query itself is what was looked for, whoever said it.
    """
    stating = [1.0 if m > SAME else 1 - ASKED * a for a, m in zip(asks, meaning, strict=True)]
    if echoes:
        rows = zip(stating, echoes, meaning, strict=True)
        return [s * (1 - ECHOED) if echo and m <= SAME else s for s, echo, m in rows]
    return stating


def _of_speakers(pool: Pool, named: frozenset[str], *, of_assistant: bool) -> list[float] | None:
    """Return how much the query's naming of speakers adds to the score of each memory."""
    if of_assistant and pool.assistants:
        pairs = zip(pool.speakers, pool.assistants, strict=True)
        return [NAMED if said or speaker in named else 0.0 for speaker, said in pairs]
    return [NAMED if speaker in named else 0.0 for speaker in pool.speakers] if named else None


def _holding(pool: Pool, answering: Sequence[float], kind: AnswerKind | None) -> list[float] | None:
    """Return how much it adds to each score that a memory holds the kind of answer asked for."""
    if kind is None or not pool.holds_answer:
        return None
    weight = HOLDS_NAME if kind.name == "name" else HOLDS
    rows = zip(pool.holds_answer, answering, strict=True)
    return [weight * share if holds else 0.0 for holds, share in rows]


def _answers(pool: Pool, echoes: Sequence[bool]) -> dict[int, int]:
    """Return for each memory that asks something the one behind it, unless that is an echo."""
    return {
        before: i
        for i, before in enumerate(pool.before)
        if before != NO_NEIGHBOUR and pool.asks[before] and not (echoes and echoes[i])
    }


@dataclass(frozen=True, slots=True)
class QueryRanker:
    """Ranks the candidates of one query; see `Ranker`. The fields are those of `rank`."""

    named: frozenset[str]
    periods: Sequence[Period]
    asked: DateQuestion
    of_assistant: bool
    top_k: int
    threshold: float
    trust: float
    kind: AnswerKind | None = None

    def rank(self, pool: Pool) -> list[tuple[int, ScoreParts]]:
        """Return (primary key, parts) of the best, best first."""
        return rank(
            pool,
            named=self.named,
            periods=self.periods,
            asked=self.asked,
            of_assistant=self.of_assistant,
            top_k=self.top_k,
            threshold=self.threshold,
            trust=self.trust,
            kind=self.kind,
        )

    def own_scores(self, pool: Pool) -> list[float]:
        """Return the score of each memory by its own meaning and words."""
        return own_scores(pool, self.trust)

    def term_weight(self, document_frequency: float, sample_size: int) -> float:
        """Return the weight of a word by its rarity."""
        return term_weight(document_frequency, sample_size)


def own_scores(pool: Pool, trust: float = 1.0) -> list[float]:
    """Return the score of each memory by its own meaning and words."""
    words = _words(pool, {})
    return _own(_meanings(pool, words, trust), words)


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


def _best(pool: Pool, scores: Sequence[float], kept: Sequence[int], top_k: int) -> list[int]:
    """Return the best of the places that are kept."""
    if len(kept) > top_k > 0:
        least = heapq.nlargest(top_k, [scores[i] for i in kept])[-1]
        kept = [i for i in kept if scores[i] >= least]
    best = sorted(kept, key=lambda i: (scores[i], pool.times[i], pool.pks[i]), reverse=True)
    return best[:top_k]


def _meanings(pool: Pool, words: Sequence[float], trust: float) -> list[float]:
    """Return the cosines, as far as the embedder is trusted or the query's words are there."""
    cosines = [(1.0 if c > 1 else c) if c > 0 else 0.0 for c in pool.cosines]
    if trust == 1:
        return cosines
    return [c * (trust + (1 - trust) * w) for c, w in zip(cosines, words, strict=True)]


def _words(pool: Pool, answers: Mapping[int, int]) -> list[float]:
    """Return the share of the query's words in each memory, and in the question that it answers."""
    weights = [term_weight(number, pool.sample_size) for number in pool.document_frequency]
    matches = [_carried(places, answers) for places in pool.term_matches]
    return shares(matches, weights, len(pool.pks))


def _carried(places: Mapping[int, float], answers: Mapping[int, int]) -> Mapping[int, float]:
    """Return where a word is, with the answers of the questions that hold it."""
    carried = {
        answers[i]: CARRIED * share
        for i, share in places.items()
        if i in answers and CARRIED * share > places.get(answers[i], 0.0)
    }
    return {**places, **carried} if carried else places


def _own(meaning: Sequence[float], words: Sequence[float]) -> list[float]:
    return [1 - (1 - m) * (1 - WORDS * w) for m, w in zip(meaning, words, strict=True)]


def _neighbours(pool: Pool, own: Sequence[float], answers: Mapping[int, int]) -> list[float] | None:
    """Return how much the neighbours of each memory in its run add to its score, if any has one."""
    if max(pool.before, default=NO_NEIGHBOUR) == NO_NEIGHBOUR:
        return None
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
            missing[behind] *= 1 - (ANSWER if i in answers else NEXT_TO) * lent
            if before != NO_NEIGHBOUR:
                missing[pool.before[before]] *= 1 - ONE_BETWEEN * lent
            if behind != NO_NEIGHBOUR:
                missing[after[behind]] *= 1 - ONE_BETWEEN * lent
    return [1 - part for part in missing[:-1]]


def _of_runs(pool: Pool) -> list[float] | None:
    """Return for each memory the weighted share of the query's words in its run, if any has one."""
    known = dict.fromkeys(run for run in pool.runs if run is not None)
    numbers = {run: i for i, run in enumerate(known)}
    if not numbers:
        return None
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


def _dated(pool: Pool, periods: Sequence[Period], asked: DateQuestion) -> list[float]:
    """Return how much the dates in the query add to the score of each memory."""
    said = _said(pool.times, periods, asked)
    if not pool.mentions:
        return said
    spoken = _spoken_of(pool.mentions, periods, asked)
    return [max(pair) for pair in zip(said, spoken, strict=True)]


def _answering(own: Sequence[float], neighbours: Sequence[float] | None) -> list[float]:
    """Return the part of a date or kind of answer that counts: near 0 if nothing else answers."""
    if neighbours is not None:
        own = [1 - (1 - o) * (1 - n) for o, n in zip(own, neighbours, strict=True)]
    return [min(1.0, score / ANSWERS) ** 2 for score in own]


def _said(times: Sequence[int], periods: Sequence[Period], asked: DateQuestion) -> list[float]:
    """Return how near each memory was said to the days, by the weight of each day."""
    first, last = min(times, default=0) - FAR, max(times, default=0) + FAR
    weights: dict[float, list[Period]] = {}
    for period in periods:
        if period.end >= first and period.start <= last:
            weights.setdefault(_weight_of_saying(period, asked), []).append(period)
    known = {
        time: max((weight * closeness(time, of) for weight, of in weights.items()), default=0.0)
        for time in set(times)
    }
    if asked.of_saying:
        known = {t: part if part == DATED else OUTSIDE * part for t, part in known.items()}
    return [known[time] for time in times]


def _weight_of_saying(period: Period, asked: DateQuestion) -> float:
    """Return what it counts that something was said on a day.

    It counts in full for the past, less for a day that is not over, on which few of its plans are
    made, and not at all for days to come.
    """
    if period.start > asked.today:
        return 0.0
    if asked.tense < 0 or asked.of_saying:
        return DATED
    if period.end > asked.today:
        return DATED_NOW
    return DATED_LESS if asked.is_all else DATED


def _spoken_of(
    mentions: Sequence[Sequence[Period]], periods: Sequence[Period], asked: DateQuestion
) -> list[float]:
    """Return how well the days that each memory speaks of are those that are asked for."""
    weight = SPOKEN_OF_LESS if asked.of_saying else SPOKEN_OF
    places = [*periods, *(place for period in periods for place in every(period))]
    known = {
        spoken: weight * max(agreement(spoken, place) for place in places)
        for spoken in {each for listed in mentions for each in listed}
    }
    return [max((known[each] for each in listed), default=0.0) for listed in mentions]


def agreement(spoken: Period, asked: Period) -> float:
    """Return 1 for a day that lies in what is asked for, less for long spans and days near it."""
    gap = max(spoken.start - asked.end, asked.start - spoken.end)
    if gap >= 0:
        return 0.5 ** ((gap + DAY) / NEAR) if gap < FAR else 0.0
    shared = min(spoken.end, asked.end) - max(spoken.start, asked.start)
    return float((shared / (spoken.end - spoken.start)) ** VAGUE)
