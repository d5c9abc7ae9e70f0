"""Candidates of a search: every memory of a small scope, a choice of those of a large one.

Everything is read under the search's condition. So what a memory's neighbours and run add to its
score, and how rare a word is, depends on no other memory.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import pairwise
from typing import Any

import apsw

from litemem.core.text.answer_kinds import AnswerKind, holding_answers
from litemem.core.text.periods import Period
from litemem.core.text.words import Stem, any_of, holding, question_share, stems_of
from litemem.core.types import Found, Match, MessageMatch, ScoreParts
from litemem.store.filters import Condition
from litemem.store.protocol import (
    NO_NEIGHBOUR,
    CandidateQuery,
    MessageQuery,
    Pool,
    Ranker,
    ScopeStats,
)
from litemem.store.sqlite.passages import (
    Passages,
    mentions_of,
    mentions_of_passages,
    speaking_of,
)
from litemem.store.sqlite.rows import DAMAGE, Row, cosine_of, matching, readable
from litemem.store.sqlite.settings import check_embedder
from litemem.store.sqlite.values import IndexDamageError, RowDamageError
from litemem.store.sqlite.vector_index import VectorIndex

SMALL = 4_096  # memories; all of them are read in 12 ms
SAMPLE = 1_000  # memories, from which the frequency of a word is estimated
FREQUENT = 0.05  # of them; a word that more contain selects no candidates, unless all are frequent
REACH = 2  # neighbours of a candidate on each side
BEST = 40  # candidates that bring their neighbours
MAX_MATCHES = 20_000  # memories of the file for each word: the newest
ROUNDS = 3  # searches that leave out more damaged memories; then the whole scope is checked
MAX_PASSAGES = 2_000  # of the file for each word: the newest; each is read from its table
CHUNK = 500  # memories that are checked against the condition at once

_RUN = (
    "CASE WHEN m.run_id IS NOT NULL THEN coalesce(m.user_id, '') || char(31)"
    " || coalesce(m.agent_id, '') || char(31) || coalesce(m.app_id, '') || char(31) || m.run_id END"
)
_ROWS = (
    f"SELECT m.pk, {cosine_of('e.vector')},"
    f" coalesce(m.valid_from, m.created_at), m.actor_id, {_RUN}, m.content,"
    " m.role IS 'assistant'"
    " FROM memory AS m LEFT JOIN embedding AS e ON e.pk = m.pk WHERE"
)
_SAME_RUN = (
    "m.run_id = ? AND m.user_id IS ? AND m.agent_id IS ? AND m.app_id IS ? AND (m.created_at, m.id)"
)
_SPEAKERS = f"""
SELECT CAST(json_group_array(DISTINCT actor_id) FILTER (WHERE typeof(actor_id) = 'text') AS BLOB)
FROM (SELECT m.actor_id FROM found_message AS m WHERE {{}} LIMIT {SMALL})
"""
_WITH_WORD = """
SELECT pk
FROM (SELECT rowid AS pk FROM memory_fts WHERE memory_fts MATCH ? ORDER BY rowid DESC LIMIT ?)
UNION
SELECT p.owner
FROM (
  SELECT rowid AS pk FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rowid DESC LIMIT ?
) AS f
CROSS JOIN passage AS p ON p.pk = f.pk
WHERE p.owner > 0
"""
_AS_QUERY = apsw.FTS5_TOKENIZE_QUERY
_BARE = {"include_offsets": False, "include_colocated": False}
_RUN_COLUMN, _CONTENT_COLUMN, _COLUMNS = 4, 5, 7
_MESSAGE_COLUMN, _TEXT_COLUMN = 7, 9  # of passages of messages, which have more columns


@dataclass(frozen=True, slots=True)
class _Query:
    """A query as memories are compared with it.

    It has a vector, stems with a word of each, and the kind of answer that is asked for.
    """

    vector: bytes
    stems: Mapping[str, str]
    stem: Stem
    kind: AnswerKind | None

    @property
    def asks_for_day(self) -> bool:
        return self.kind is not None and self.kind.name == "day"

    @property
    def asks_of_texts(self) -> bool:
        """Return True if texts are read for the kind of answer."""
        return self.kind is not None and not self.asks_for_day


class Candidates:
    """The candidates of one connection; see `CandidateReader`."""

    __slots__ = ("_connection", "_passages")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._passages = Passages(connection)

    def scope_stats(self, condition: Condition) -> ScopeStats:
        rows = self._connection.execute(
            "SELECT count(*), CAST(json_group_array(DISTINCT actor_id)"
            " FILTER (WHERE typeof(actor_id) = 'text') AS BLOB) FROM"
            f" (SELECT m.actor_id FROM memory AS m WHERE {condition.sql} LIMIT {SMALL + 1})",
            condition.parameters,
        )
        ((count, names),) = rows
        said = self._connection.execute(_SPEAKERS.format(condition.sql), condition.parameters).get
        speakers = json.loads(names.decode(errors="replace"))
        speakers += json.loads(said.decode(errors="replace"))
        return ScopeStats(count <= SMALL, frozenset(filter(None, speakers)))

    def texts_with(self, condition: Condition, words: Sequence[str], limit: int) -> list[str]:
        among = _chosen(_with_words(self._connection, condition, dict.fromkeys(words, 1.0), limit))
        rows = self._connection.execute(
            "SELECT CAST(m.content AS BLOB) FROM memory AS m"
            f" WHERE {among.sql} AND typeof(m.content) = 'text'",
            among.parameters,
        )
        return [text.decode(errors="replace") for (text,) in rows]

    def search(self, condition: Condition, query: CandidateQuery, ranker: Ranker) -> Found[Match]:
        check_embedder(self._connection, query.identity)
        stem = stemmer(self._connection)
        stemmed = _Query(query.vector, stems_of(query.words, stem), stem, query.kind)
        damaged: dict[int, str] = {}
        for _ in range(ROUNDS):
            kept = _without(condition, damaged)
            found, more = self._ranked(kept, stemmed, query, ranker)
            if not more:
                return Found(found, damaged.values())
            damaged |= more
        damaged = self._damaged(condition)
        found, _ = self._ranked(_without(condition, damaged), stemmed, query, ranker)
        return Found(found, damaged.values())

    def _ranked(
        self, condition: Condition, stemmed: _Query, query: CandidateQuery, ranker: Ranker
    ) -> tuple[list[Match], dict[int, str]]:
        """Return what the ranker chooses, or the damaged memories that keep it from choosing."""
        connection = self._connection
        try:
            best = self._passages.of_memories(condition, query.quantized)
            if query.limit is None:
                pool = scan_scope(connection, condition, stemmed)
            else:
                pool = sample_large_scope(
                    connection,
                    condition,
                    stemmed,
                    query.periods,
                    query.limit,
                    ranker,
                    nlargest(query.limit, best, key=best.__getitem__),
                )
            pool = _with_passages(pool, best)
            if query.periods or stemmed.asks_for_day:
                pool = _with_mentions(pool, mentions_of(connection, pool.pks), stemmed)
            ranked = ranker.rank(pool)
        except IndexDamageError:
            raise
        except (TypeError, *DAMAGE) as error:  # null, or text in place of a number
            if damaged := self._damaged(condition):
                return [], damaged
            raise RowDamageError("a memory has a value of a wrong type") from error
        found, damaged = readable(connection, [pk for pk, _ in ranked], condition)
        if damaged:
            return [], damaged
        cosines = dict(zip(pool.pks, pool.cosines, strict=True))
        return [
            Match(found[pk], cosines[pk], parts.words, parts.final, parts) for pk, parts in ranked
        ], {}

    def _damaged(self, condition: Condition) -> dict[int, str]:
        """Return the ids of every damaged memory under the condition, by primary key."""
        return readable(self._connection, matching(self._connection, condition), condition)[1]

    def _with_days(self, pool: Pool, periods: Sequence[Period], query: _Query) -> Pool:
        """Return a pool of passages with the days that their texts speak of, if they matter."""
        if not (periods or query.asks_for_day):
            return pool
        return _with_mentions(pool, mentions_of_passages(self._connection, pool.pks), query)

    def search_messages(
        self, condition: Condition, query: MessageQuery, ranker: Ranker
    ) -> Found[MessageMatch]:
        passages = self._passages
        check_embedder(self._connection, query.identity)
        number = passages.count(condition, SMALL + 1)
        if number == 0:  # as where programs keep memories only: 0.4 ms of 5 are saved
            return Found([], ())
        stem = stemmer(self._connection)
        stemmed = _Query(query.bytes, stems_of(query.words, stem), stem, query.kind)
        among = None
        if number > SMALL:
            among = [
                *passages.nearest(condition, query.bytes, query.limit),
                *passages.with_words(condition, list(stemmed.stems.values()), query.limit),
                *passages.speaking_of(condition, query.periods, query.limit),
            ]
        damaged: list[int] = []
        try:
            rows = passages.of_messages(
                condition, query.bytes, among, with_texts=stemmed.asks_of_texts
            )
            pool = _pool_of_messages(rows, stemmed, are_all=among is None)
            ranked = ranker.rank(self._with_days(pool, query.periods, stemmed))
        except (TypeError, UnicodeDecodeError):  # a damaged message or passage
            rows, damaged = passages.readable(
                condition, query.bytes, among, with_texts=stemmed.asks_of_texts
            )
            pool = _pool_of_messages(rows, stemmed, are_all=among is None)
            ranked = ranker.rank(self._with_days(pool, query.periods, stemmed))
        message_of = {row[0]: row[_MESSAGE_COLUMN] for row in rows}
        best: dict[int, tuple[int, ScoreParts]] = {}
        for pk, parts in ranked:
            best.setdefault(message_of[pk], (pk, parts))
        chosen = list(best.values())[: query.wanted]
        return passages.matches(condition, chosen, query.vector, damaged)


def _with_mentions(pool: Pool, mentions: Sequence[Sequence[Period]], query: _Query) -> Pool:
    """Return a pool with the days that its texts speak of; if one is asked for, these answer."""
    holds = [bool(days) for days in mentions] if query.asks_for_day else pool.holds_answer
    return replace(pool, mentions=mentions, holds_answer=holds)


def _with_passages(pool: Pool, best: Mapping[int, float]) -> Pool:
    """Return a pool in which a long memory is as near as its nearest passage."""
    if not best:
        return pool
    pairs = zip(pool.pks, pool.cosines, strict=True)
    return replace(pool, cosines=[max(cosine, best.get(pk, cosine)) for pk, cosine in pairs])


def _pool_of_messages(rows: Sequence[Row], query: _Query, *, are_all: bool) -> Pool:
    """Return passages as columns; neighbours are known if they are `all` of a scope."""
    matches = _term_matches(rows, query)
    before = _before(rows) if are_all else [NO_NEIGHBOUR] * len(rows)
    frequency = [sum(held.values()) for held in matches]
    texts = [row[_TEXT_COLUMN] for row in rows]
    asks = [0.0 if text == "" else question_share(text) for text in texts]
    pool = _pool(rows, matches, before, frequency, len(rows), asks)
    return _with_answers(pool, texts, query)


def _with_answers(pool: Pool, texts: Sequence[str], query: _Query) -> Pool:
    """Return a pool that tells which texts hold the kind of answer asked for, if not a day."""
    if query.kind is None or query.asks_for_day:
        return pool
    speakers = {speaker for speaker in pool.speakers if isinstance(speaker, str)}
    return replace(pool, holds_answer=holding_answers(texts, query.kind, speakers))


def _without(condition: Condition, damaged: Iterable[int]) -> Condition:
    pks = list(damaged)
    if not pks:
        return condition
    sql = f"({condition.sql}) AND m.pk NOT IN (SELECT value FROM json_each(?))"
    return Condition(sql, (*condition.parameters, json.dumps(pks)))


def stemmer(connection: apsw.Connection) -> Stem:
    """Return the tokenizer of `memory_fts` as a function from a word to its stem."""
    tokenizer = connection.fts5_tokenizer("porter", ["unicode61", "remove_diacritics", "2"])

    def stem(word: str) -> str:
        return str(next(iter(tokenizer(word.encode(), _AS_QUERY, None, **_BARE)), ""))

    return stem


def scan_scope(connection: apsw.Connection, condition: Condition, query: _Query) -> Pool:
    """Return all memories under the condition."""
    rows = _read(connection, condition, query)
    matches = _term_matches(rows, query)
    frequency = [sum(held.values()) for held in matches]
    pool = _pool(rows, matches, _before(rows), frequency, len(rows))
    return _with_answers(pool, [row[_CONTENT_COLUMN] for row in rows], query)


def _before(rows: Sequence[Row]) -> list[int]:
    """Return for each row the index of the one before it in its run, or `NO_NEIGHBOUR`."""
    runs = [row[_RUN_COLUMN] for row in rows]
    if not any(runs):
        return [NO_NEIGHBOUR] * len(rows)
    last: dict[str | None, int] = {}
    before = []
    for i, run in enumerate(runs):
        before.append(NO_NEIGHBOUR if run is None or run not in last else last[run])
        last[run] = i
    return before


def sample_large_scope(
    connection: apsw.Connection,
    condition: Condition,
    query: _Query,
    periods: Sequence[Period],
    limit: int,
    ranker: Ranker,
    nearest: Iterable[int] = (),
) -> Pool:
    """Return at least `limit` memories under the condition that may score high.

    These are the nearest, those that are `nearest` by a further passage, those with the rarest
    words of the query, the newest of its periods, those that speak of these, and the neighbours in
    their runs of the best of all.
    """
    frequency, size = _document_frequency(connection, condition, query)
    weights = _term_weights(query, frequency, size, ranker)
    pks = [pk for pk, _ in VectorIndex(connection).nearest(query.vector, limit, condition)]
    pks += nearest
    pks += _with_words(connection, condition, weights, limit)
    pks += _in_periods(connection, condition, periods, limit)
    pks += speaking_of(connection, condition, periods, limit)
    core = _read(connection, _chosen(pks), query)
    alone = _pool(core, _term_matches(core, query), [NO_NEIGHBOUR] * len(core), frequency, size)
    scored = sorted(zip(ranker.own_scores(alone), alone.pks, strict=True), reverse=True)
    chains = [_chain(connection, condition, pk) for _, pk in scored[:BEST]]
    rows = _read(connection, _chosen({*pks, *(pk for chain in chains for pk in chain)}), query)
    places = {row[0]: i for i, row in enumerate(rows)}
    before = [NO_NEIGHBOUR] * len(rows)
    for chain in chains:
        for one, other in pairwise(chain):
            before[places[other]] = places[one]
    pool = _pool(rows, _term_matches(rows, query), before, frequency, size)
    return _with_answers(pool, [row[_CONTENT_COLUMN] for row in rows], query)


def _read(connection: apsw.Connection, condition: Condition, query: _Query) -> list[Row]:
    """Return the rows that a pool is made of, oldest first, ties by id."""
    return connection.execute(
        f"{_ROWS} {condition.sql} ORDER BY m.created_at, m.id",
        (query.vector, *condition.parameters),
    ).fetchall()


def _term_matches(rows: Sequence[Row], query: _Query) -> list[dict[int, float]]:
    """Return for each stem of the query how far rows contain it, by their index."""
    return holding([row[_CONTENT_COLUMN] for row in rows], query.stems, query.stem)


def _chosen(pks: Iterable[int]) -> Condition:
    return Condition("m.pk IN (SELECT value FROM json_each(?))", (json.dumps(list(pks)),))


def _pool(
    rows: Sequence[Row],
    matches: Sequence[Mapping[int, float]],
    before: Sequence[int],
    document_frequency: Sequence[float],
    sample_size: int,
    asks: Sequence[float] | None = None,
) -> Pool:
    """Return rows as columns; how far each asks is read from its text, unless it is given."""
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * _COLUMNS
    pks, cosines, times, speakers, runs, contents, assistants = columns[:_COLUMNS]
    if asks is None:
        asks = [question_share(content) for content in contents]
    return Pool(
        pks,
        cosines,
        times,
        speakers,
        runs,
        asks,
        before,
        matches,
        document_frequency,
        sample_size,
        assistants=assistants if any(assistants) else (),
    )


def _document_frequency(
    connection: apsw.Connection, condition: Condition, query: _Query
) -> tuple[list[float], int]:
    """Return how many memories of a sample contain each word, and the sample's size."""
    rows: list[Row] = connection.execute(
        f"SELECT m.content FROM memory AS m WHERE {condition.sql} LIMIT {SAMPLE}",
        condition.parameters,
    ).fetchall()
    texts = [text for (text,) in rows]
    return [sum(held.values()) for held in holding(texts, query.stems, query.stem)], len(texts)


def _term_weights(
    query: _Query, frequency: Sequence[float], size: int, ranker: Ranker
) -> dict[str, float]:
    """Return the words that select candidates, with their weights."""
    weighted = [
        (word, ranker.term_weight(number, size), number <= FREQUENT * size)
        for word, number in zip(query.stems.values(), frequency, strict=True)
    ]
    rare = {word: weight for word, weight, is_rare in weighted if is_rare}
    return rare or {word: weight for word, weight, _ in weighted}


def _with_words(
    connection: apsw.Connection, condition: Condition, weights: Mapping[str, float], limit: int
) -> list[int]:
    """Return the memories with the greatest total weight of words.

    Each word is looked up in the whole file, at 0.1 µs a memory, and only the best memories are
    checked against the condition, at 2 µs a memory.
    """
    totals: dict[int, float] = {}
    for word, weight in weights.items():
        sought = any_of([word])
        rows = connection.execute(_WITH_WORD, (sought, MAX_MATCHES, sought, MAX_PASSAGES))
        for (pk,) in rows:
            totals[pk] = totals.get(pk, 0.0) + weight
    best = sorted(totals, key=lambda pk: (totals[pk], pk), reverse=True)
    found: list[int] = []
    for start in range(0, len(best), CHUNK):
        found += _matching(connection, condition, best[start : start + CHUNK])
        if len(found) >= limit:
            break
    return found[:limit]


def _matching(connection: apsw.Connection, condition: Condition, pks: list[int]) -> list[int]:
    """Return those of the memories that match, in the same order."""
    among = _chosen(pks)
    rows = connection.execute(
        f"SELECT m.pk FROM memory AS m WHERE {among.sql} AND ({condition.sql})",
        (*among.parameters, *condition.parameters),
    )
    found = {pk for (pk,) in rows}
    return [pk for pk in pks if pk in found]


def _in_periods(
    connection: apsw.Connection, condition: Condition, periods: Sequence[Period], limit: int
) -> list[int]:
    """Return the newest memories of each period, the same number of each."""
    found: list[int] = []
    for period in periods:
        found += (
            pk
            for (pk,) in connection.execute(
                f"SELECT m.pk FROM memory AS m WHERE ({condition.sql})"
                " AND m.created_at >= ? AND m.created_at < ? ORDER BY m.created_at DESC LIMIT ?",
                (*condition.parameters, period.start, period.end, -(-limit // len(periods))),
            )
        )
    return found


def _chain(connection: apsw.Connection, condition: Condition, pk: int) -> list[int]:
    """Return a memory with its neighbours in its run, in order; empty if it has no run."""
    row = connection.execute(
        "SELECT run_id, user_id, agent_id, app_id, created_at, id FROM memory WHERE pk = ?", (pk,)
    ).fetchone()
    if row is None or row[0] is None:
        return []
    sides = []
    for than, order in (("<", "DESC"), (">", "ASC")):
        sides.append(
            connection.execute(
                # with another index, all neighbours in time would be read
                "SELECT m.pk FROM memory AS m INDEXED BY memory_run"
                f" WHERE {_SAME_RUN} {than} (?, ?)"
                f" AND ({condition.sql}) ORDER BY m.created_at {order}, m.id {order} LIMIT {REACH}",
                (*row, *condition.parameters),
            ).fetchall()
        )
    before, after = ([pk for (pk,) in side] for side in sides)
    return [*reversed(before), pk, *after]
