"""The memories under a condition as a pool for ranking: all of them, and how any are read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from litemem.core.ranking import NOBODY, Pool
from litemem.core.text.stemming import Stem, holding, stems_of
from litemem.store.filters import Condition
from litemem.store.sqlite.rows import Row

_RUN = (
    "CASE WHEN m.run_id IS NOT NULL THEN coalesce(m.user_id, '') || char(31)"
    " || coalesce(m.agent_id, '') || char(31) || coalesce(m.app_id, '') || char(31) || m.run_id END"
)
_ROWS = (
    "SELECT m.pk, coalesce(1 - vec_distance_cosine(e.vector, ?), 0),"
    f" coalesce(m.valid_from, m.created_at), m.actor_id, {_RUN}, m.content"
    " FROM memory AS m JOIN embedding AS e ON e.pk = m.pk WHERE"
)
_AS_QUERY = apsw.FTS5_TOKENIZE_QUERY
_BARE = {"include_offsets": False, "include_colocated": False}
_RUN_COLUMN, _CONTENT_COLUMN, _COLUMNS = 4, 5, 6


@dataclass(frozen=True, slots=True)
class Query:
    """What memories are compared with: a float32 vector, and stems, each with one of its words."""

    vector: bytes
    stems: Mapping[str, str]
    stem: Stem


def stemmed_query(connection: apsw.Connection, vector: bytes, words: Sequence[str]) -> Query:
    """Return a query as `memory_fts` sees its words."""
    stem = stemmer(connection)
    return Query(vector, stems_of(words, stem), stem)


def everything(connection: apsw.Connection, condition: Condition, query: Query) -> Pool:
    """Return all memories under the condition."""
    rows = read_rows(connection, condition, query)
    last: dict[str | None, int] = {}
    before = []
    for i, run in enumerate([row[_RUN_COLUMN] for row in rows]):
        before.append(NOBODY if run is None or run not in last else last[run])
        last[run] = i
    held = held_by(rows, query)
    return pool_of(rows, held, before, [len(places) for places in held], len(rows))


def read_rows(connection: apsw.Connection, condition: Condition, query: Query) -> list[Row]:
    """Return the memories under a condition, as a pool needs them, oldest first, ties by id."""
    return connection.execute(
        f"{_ROWS} {condition.sql} ORDER BY m.created_at, m.id",
        (query.vector, *condition.parameters),
    ).fetchall()


def held_by(rows: Sequence[Row], query: Query) -> list[list[int]]:
    """Return for each stem of the query which of the rows hold it."""
    return holding([row[_CONTENT_COLUMN] for row in rows], query.stems, query.stem)


def only(pks: Iterable[int]) -> Condition:
    """Return the condition that a memory is one of these."""
    return Condition("m.pk IN (SELECT value FROM json_each(?))", (json.dumps(list(pks)),))


def pool_of(
    rows: Sequence[Row],
    held: Sequence[Sequence[int]],
    before: Sequence[int],
    spread: Sequence[int],
    sampled: int,
) -> Pool:
    """Return rows as columns."""
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * _COLUMNS
    pks, cosines, times, speakers, runs, contents = columns
    asks = ["?" in content for content in contents]
    return Pool(pks, cosines, times, speakers, runs, asks, before, held, spread, sampled)


def stemmer(connection: apsw.Connection) -> Stem:
    """Return the tokenizer of `memory_fts` as a function from a word to its stem."""
    tokenizer = connection.fts5_tokenizer("porter", ["unicode61", "remove_diacritics", "2"])

    def stem(word: str) -> str:
        return str(next(iter(tokenizer(word.encode(), _AS_QUERY, None, **_BARE)), ""))

    return stem
