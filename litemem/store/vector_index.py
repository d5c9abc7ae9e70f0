"""The vec0 index: derived from `embedding`, grown in batches, dropped and rebuilt at will.

It holds every embedding with a primary key up to a mark. What is newer is scanned, so a single
add pays nothing for it (1.7 times faster so), and a small file has no index at all.
"""

import apsw

from litemem.filters import Condition
from litemem.store import settings

BATCH = 4_096  # vectors; a scan of as many takes 2 ms
LARGE = 20_000  # memories; fewer are scanned as fast as the index finds them
CHUNK = 128  # vectors; deleting 1,000 takes 46 ms, with the default of 1,024 it takes 154
MAX_K = 4_096  # sqlite-vec answers no more neighbours at once


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
        if last - mark < BATCH:
            return
        self._create()
        self._connection.execute(
            "INSERT INTO memory_vec (rowid, vector)"
            " SELECT pk, vector FROM embedding WHERE pk > ? ORDER BY pk",
            (mark,),
        )
        self._set_mark(last)

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
        rows = [(pk,) for pk in pks if pk <= mark]
        if rows:
            self._connection.executemany("DELETE FROM memory_vec WHERE rowid = ?", rows)
            self._set_mark(min(mark, self._last()))

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

        The index is asked where many memories match; otherwise their vectors are scanned.
        """
        mark = self.mark
        if k > MAX_K or not self._is_large(mark, condition):
            return self._scan(vector, k, condition, 0)
        rows = self._connection.execute(
            "SELECT rowid, coalesce(1 - distance, 0) FROM memory_vec WHERE vector MATCH ? AND k = ?"
            f" AND rowid IN (SELECT m.pk FROM memory AS m WHERE {condition.sql})",
            (vector, k, *condition.parameters),
        )
        newer = self._scan(vector, k, condition, mark)
        return sorted([*rows, *newer], key=_cosine, reverse=True)[:k]

    def _is_large(self, mark: int, condition: Condition) -> bool:
        """Tell whether so many memories match that a scan of them would cost more."""
        if mark < LARGE:
            return False
        counted = self._connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM memory AS m WHERE {condition.sql} LIMIT {LARGE})",
            condition.parameters,
        )
        return bool(counted.get >= LARGE)

    def _scan(
        self, vector: bytes, k: int, condition: Condition, after: int
    ) -> list[tuple[int, float]]:
        rows = self._connection.execute(
            "SELECT m.pk, coalesce(1 - vec_distance_cosine(e.vector, ?), 0) AS cosine"
            " FROM memory AS m JOIN embedding AS e ON e.pk = m.pk"
            f" WHERE {condition.sql} AND e.pk > ? ORDER BY cosine DESC LIMIT ?",
            (vector, *condition.parameters, after, k),
        )
        return [(pk, cosine) for pk, cosine in rows]

    def _last(self) -> int:
        row = self._connection.execute("SELECT max(pk) FROM embedding").fetchone()
        return int(row[0] or 0) if row else 0

    def _set_mark(self, pk: int) -> None:
        settings.put(self._connection, settings.INDEXED_TO, str(pk))

    def _create(self) -> None:
        identity = settings.embedder(self._connection)
        assert identity is not None, "vectors are written after their embedder is"
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS memory_vec USING vec0"
            f"(vector float[{identity.dimensions}] distance_metric=cosine, chunk_size={CHUNK})"
        )


def _cosine(row: tuple[int, float]) -> float:
    return row[1]
