"""The vec0 index: derived from `embedding`, grown in batches, dropped and rebuilt at will.

It holds every embedding with a primary key up to a mark. What is newer is scanned, so a single
add pays nothing for it (1.7 times faster so), and a small file has no index at all. Nor has one
whose vectors are longer than vec0 takes: they are scanned, which is as exact.
"""

import json
import math

import apsw

from litemem.store.filters import Condition
from litemem.store.sqlite import settings

BATCH = 4_096  # vectors; a scan of as many takes 2 ms
LARGE = 20_000  # memories; fewer are scanned as fast as the index finds them
MOST = 0.75  # of the memories; if fewer match, a scan is faster (engineering/speed.md)
SAMPLE = 500  # memories, by which it is judged how many match; they take 1 ms
SCATTER = 2_654_435_761  # a prime near 2 ** 32 / golden ratio: its multiples keep apart
SPARE = 1.2  # times as many are asked of the index as should be needed
CHUNK = 128  # vectors; deleting 1,000 takes 46 ms, with the default of 1,024 it takes 154
MOST_DIMENSIONS = 8_192  # of a vec0 column
MAX_K = 4_096  # sqlite-vec answers no more neighbours at once

_COSINES = "SELECT m.pk, coalesce(1 - vec_distance_cosine(e.vector, ?), 0) AS cosine"


class VectorIndex:
    """The index of one connection; the methods that write belong into a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def mark(self) -> int:
        """The last primary key that the index holds; 0 when there is no index."""
        return int(settings.get(self._connection, settings.INDEXED_TO) or 0)

    def grow(self, last: int) -> None:
        """Take in the newest vectors, up to the primary key `last`, when there is a batch."""
        mark = self.mark
        if last - mark < BATCH or self._dimensions() > MOST_DIMENSIONS:
            return
        self._create()
        taken = mark
        while end := self._end_of_batch(taken):
            # SQLite keeps the pages that a statement changes until it ends, while something is
            # erased in memory: for all of 100,000 vectors that is 150 MB
            self._connection.execute(
                "INSERT INTO memory_vec (rowid, vector)"
                " SELECT pk, vector FROM embedding WHERE pk > ? AND pk <= ? ORDER BY pk",
                (taken, end),
            )
            taken = end
        self._set_mark(last)
        if last.bit_length() > mark.bit_length():  # whenever the file has doubled, or so
            # it tells SQLite by which of several ids fewer memories are to be read: of a user's
            # 1,000 memories in an app of 50,000, it is 5 ms against 23
            self._connection.execute("ANALYZE memory")

    def replace(self, pk: int, vector: bytes) -> None:
        """Give a memory another vector."""
        if pk <= self.mark:
            self._connection.execute("DELETE FROM memory_vec WHERE rowid = ?", (pk,))
            self._connection.execute(
                "INSERT INTO memory_vec (rowid, vector) VALUES (?, ?)", (pk, vector)
            )

    def remove(self, pks: list[int]) -> None:
        """Take out memories that were deleted.

        SQLite gives the primary key of a deleted last row to the next one, so the mark goes back
        to the last that is left.
        """
        mark = self.mark
        if rows := [(pk,) for pk in pks if pk <= mark]:
            self._connection.executemany("DELETE FROM memory_vec WHERE rowid = ?", rows)
        if mark > (last := self._last()):  # also when all that went is behind it
            self._set_mark(last)

    def drop(self) -> None:
        """Do without the index until it grows again."""
        self._connection.execute("DROP TABLE IF EXISTS memory_vec")
        self._set_mark(0)

    def rebuild(self) -> None:
        """Make the index from the canonical vectors."""
        self.drop()
        self.grow(self._last())

    def nearest(self, vector: bytes, k: int, condition: Condition) -> list[tuple[int, float]]:
        """Return (pk, cosine) of the `k` nearest that match, nearest first; exact.

        The index is asked where most of a large file matches; otherwise what matches is scanned.
        """
        mark = self.mark
        if mark >= LARGE:
            share = self._share(mark, condition)
            if share >= MOST:
                found = self._indexed(vector, k, condition, math.ceil(SPARE * k / share))
                if found is not None:
                    newer = self._newer(vector, k, condition, mark)
                    return sorted([*found, *newer], key=_cosine, reverse=True)[:k]
        return self._scan(vector, k, condition)

    def _share(self, mark: int, condition: Condition) -> float:
        """Return which share of the file matches, by a sample that is scattered over it.

        In even steps it could keep time with scopes that take turns.
        """
        spread = json.dumps([i * SCATTER % mark + 1 for i in range(SAMPLE)])
        rows = self._connection.execute(
            f"SELECT count(*), count(CASE WHEN {condition.sql} THEN 1 END)"
            " FROM memory AS m WHERE m.pk IN (SELECT value FROM json_each(?))",
            (*condition.parameters, spread),
        )
        ((sampled, matching),) = rows
        return float(matching / sampled) if sampled else 0.0

    def _indexed(
        self, vector: bytes, k: int, condition: Condition, asked: int
    ) -> list[tuple[int, float]] | None:
        """Return those that match of the nearest `asked` in the index; None if less than `k` do.

        To let the index itself look only at what matches takes longer than a scan of it.
        """
        if asked > MAX_K:
            return None
        asking = self._connection.execute(
            "SELECT rowid, coalesce(1 - distance, 0)"
            " FROM memory_vec WHERE vector MATCH ? AND k = ?",
            (vector, asked),
        )
        rows = [(pk, cosine) for pk, cosine in asking]
        matching = self._connection.execute(
            "SELECT m.pk FROM memory AS m"
            f" WHERE m.pk IN (SELECT value FROM json_each(?)) AND ({condition.sql})",
            (json.dumps([pk for pk, _ in rows]), *condition.parameters),
        )
        let_in = {pk for (pk,) in matching}
        found = [row for row in rows if row[0] in let_in]
        return found if len(found) >= k else None

    def _scan(self, vector: bytes, k: int, condition: Condition) -> list[tuple[int, float]]:
        rows = self._connection.execute(
            f"{_COSINES} FROM memory AS m JOIN embedding AS e ON e.pk = m.pk"
            f" WHERE {condition.sql} ORDER BY cosine DESC LIMIT ?",
            (vector, *condition.parameters, k),
        )
        return [(pk, cosine) for pk, cosine in rows]

    def _newer(
        self, vector: bytes, k: int, condition: Condition, mark: int
    ) -> list[tuple[int, float]]:
        """Scan what is not in the index yet, in its own order: a scope's index leads elsewhere."""
        rows = self._connection.execute(
            f"{_COSINES} FROM embedding AS e CROSS JOIN memory AS m ON m.pk = e.pk"
            f" WHERE e.pk > ? AND ({condition.sql}) ORDER BY cosine DESC LIMIT ?",
            (vector, mark, *condition.parameters, k),
        )
        return [(pk, cosine) for pk, cosine in rows]

    def _end_of_batch(self, after: int) -> int | None:
        """Return the last primary key of the next batch of vectors; None when there is none."""
        batch = "SELECT pk FROM embedding WHERE pk > ? ORDER BY pk LIMIT ?"
        end = self._connection.execute(f"SELECT max(pk) FROM ({batch})", (after, BATCH)).get
        return None if end is None else int(end)

    def _last(self) -> int:
        row = self._connection.execute("SELECT max(pk) FROM embedding").fetchone()
        return int(row[0] or 0) if row else 0

    def _set_mark(self, pk: int) -> None:
        settings.put(self._connection, settings.INDEXED_TO, str(pk))

    def _dimensions(self) -> int:
        identity = settings.embedder(self._connection)
        assert identity is not None, "vectors are written after their embedder is"
        return identity.dimensions

    def _create(self) -> None:
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS memory_vec USING vec0"
            f"(vector float[{self._dimensions()}] distance_metric=cosine, chunk_size={CHUNK})"
        )


def _cosine(row: tuple[int, float]) -> float:
    return row[1]
