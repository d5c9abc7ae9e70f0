"""What a search chooses from in a large scope: the memories that are promising, and those around.

How rare a word is, is then judged by a sample of the scope.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import apsw

from litemem.core.ranking import NOBODY, Pool, own_scores, rarity
from litemem.core.text.dates import Period
from litemem.core.text.stemming import holding
from litemem.core.text.words import any_of
from litemem.store.filters import Condition
from litemem.store.sqlite.candidates import Query, held_by, only, pool_of, read_rows
from litemem.store.sqlite.rows import Row
from litemem.store.sqlite.vector_index import VectorIndex

SAMPLE = 1_000  # memories, by which it is judged how rare a word is
TELLING = 0.05  # of them; a word that more hold leads to no memory by itself, if there are others
REACH = 2  # memories on each side of a promising one
BEST = 40  # promising memories whose neighbours are looked at
MANY = 20_000  # memories of the file; of a word that more hold, the newest so many are looked at
CHUNK = 500  # memories whose scope is checked at once

_SAME_RUN = (
    "m.run_id = ? AND m.user_id IS ? AND m.agent_id IS ? AND m.app_id IS ? AND (m.created_at, m.id)"
)


def promising(
    connection: apsw.Connection,
    condition: Condition,
    query: Query,
    *,
    periods: Sequence[Period],
    limit: int,
) -> Pool:
    """Return the memories under a condition that may score high; `limit` or more, if there are.

    They are the nearest, those with the rarest words of the query, the newest of its periods, and
    the neighbours in their runs of those that are the best by themselves.
    """
    spread, sampled = _spread(connection, condition, query)
    pks = [pk for pk, _ in VectorIndex(connection).nearest(query.vector, limit, condition)]
    pks += _with_words(connection, condition, _telling(query, spread, sampled), limit)
    pks += _within(connection, condition, periods, limit)
    core = read_rows(connection, only(pks), query)
    alone = pool_of(core, held_by(core, query), [NOBODY] * len(core), spread, sampled)
    scored = sorted(zip(own_scores(alone), alone.pks, strict=True), reverse=True)
    chains = [_chain(connection, condition, pk) for _, pk in scored[:BEST]]
    rows = read_rows(connection, only({*pks, *(pk for chain in chains for pk in chain)}), query)
    places = {row[0]: i for i, row in enumerate(rows)}
    before = [NOBODY] * len(rows)
    for chain in chains:
        for one, other in pairwise(chain):
            before[places[other]] = places[one]
    return pool_of(rows, held_by(rows, query), before, spread, sampled)


def _spread(
    connection: apsw.Connection, condition: Condition, query: Query
) -> tuple[list[int], int]:
    """Return how many memories of a sample hold each word, and how large it is."""
    rows: list[Row] = connection.execute(
        f"SELECT m.content FROM memory AS m WHERE {condition.sql} LIMIT {SAMPLE}",
        condition.parameters,
    ).fetchall()
    texts = [text for (text,) in rows]
    return [len(places) for places in holding(texts, query.stems, query.stem)], len(texts)


def _telling(query: Query, spread: Sequence[int], sampled: int) -> dict[str, float]:
    """Return the words that lead to memories, with how much each weighs."""
    weighed = [
        (word, rarity(number, sampled), number <= TELLING * sampled)
        for word, number in zip(query.stems.values(), spread, strict=True)
    ]
    telling = {word: weight for word, weight, is_rare in weighed if is_rare}
    return telling or {word: weight for word, weight, _ in weighed}


def _with_words(
    connection: apsw.Connection, condition: Condition, telling: Mapping[str, float], limit: int
) -> list[int]:
    """Return memories with the words that weigh most together.

    The full text is asked for each word in the whole file, which costs 0.1 µs a memory, and only
    the best are checked against the condition, as this costs 2 µs.
    """
    weighed: dict[int, float] = {}
    for word, weight in telling.items():
        rows: list[Row] = connection.execute(
            "SELECT rowid FROM memory_fts WHERE memory_fts MATCH ? ORDER BY rowid DESC LIMIT ?",
            (any_of([word]), MANY),
        ).fetchall()
        for (pk,) in rows:
            weighed[pk] = weighed.get(pk, 0.0) + weight
    best = sorted(weighed, key=lambda pk: (weighed[pk], pk), reverse=True)
    found: list[int] = []
    for start in range(0, len(best), CHUNK):
        found += _matching(connection, condition, best[start : start + CHUNK])
        if len(found) >= limit:
            break
    return found[:limit]


def _matching(connection: apsw.Connection, condition: Condition, pks: list[int]) -> list[int]:
    """Return those of some memories that the condition lets in, in the same order."""
    among = only(pks)
    rows = connection.execute(
        f"SELECT m.pk FROM memory AS m WHERE {among.sql} AND ({condition.sql})",
        (*among.parameters, *condition.parameters),
    )
    found = {pk for (pk,) in rows}
    return [pk for pk in pks if pk in found]


def _within(
    connection: apsw.Connection, condition: Condition, periods: Sequence[Period], limit: int
) -> list[int]:
    """Return the newest memories of the periods, as many of each."""
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
    """Return a memory with its neighbours in its run, in order; nothing when it has no run."""
    row = connection.execute(
        "SELECT run_id, user_id, agent_id, app_id, created_at, id FROM memory WHERE pk = ?", (pk,)
    ).fetchone()
    if row is None or row[0] is None:
        return []
    sides = []
    for than, order in (("<", "DESC"), (">", "ASC")):
        sides.append(
            connection.execute(
                # another index would have to read all of the run's neighbours in time
                "SELECT m.pk FROM memory AS m INDEXED BY memory_run"
                f" WHERE {_SAME_RUN} {than} (?, ?)"
                f" AND ({condition.sql}) ORDER BY m.created_at {order}, m.id {order} LIMIT {REACH}",
                (*row, *condition.parameters),
            ).fetchall()
        )
    before, after = ([pk for (pk,) in side] for side in sides)
    return [*reversed(before), pk, *after]
