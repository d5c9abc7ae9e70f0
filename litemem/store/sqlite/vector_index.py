"""The vec0 index over the vectors in `embedding`, exact scans of them, and the staged vectors.

The index is derived data. It contains every vector with a primary key up to a mark and grows in
batches; newer vectors are scanned, which makes a single add 1.7 times faster. Files of fewer than
20,000 memories, and files with vectors that are longer than vec0 allows, have no index: scans are
as exact, and any SQLite tool opens the file. One that is there already is kept.

A file's embedder is changed by staging new vectors next to those in use, and then switching. Other
programs use the old embedder until the switch. Staged vectors stay when the work is interrupted,
and the next reindex to the same embedder continues with them.
"""

import json
import math
from collections.abc import Sequence

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.store.filters import Condition
from litemem.store.protocol import NO_LIMIT
from litemem.store.sqlite import settings
from litemem.store.sqlite.passages import drop_vectors
from litemem.store.sqlite.rows import cosine_of
from litemem.store.sqlite.values import RowDamageError, check_values

BATCH = 4_096  # vectors; a scan of as many takes 2 ms
GROWTH = 4  # batches that one transaction adds, so that other writers wait for 0.2 s at most
LARGE = 20_000  # memories; a scan of fewer is as fast as the index
FEWEST = LARGE  # memories for which an index is made
MOST = 0.75  # of the memories; if fewer match, a scan is faster (engineering/speed.md)
SAMPLE = 500  # memories from which that share is estimated, in 1 ms
SCATTER = 2_654_435_761  # a prime near 2 ** 32 / golden ratio: its multiples spread evenly
SPARE = 1.2  # factor by which the index is asked for more vectors than should be needed
CHUNK = 128  # vectors; deleting 1,000 takes 46 ms, with the default of 1,024 it takes 154
MOST_DIMENSIONS = 8_192  # of a vec0 column
MAX_K = 4_096  # the most neighbours that sqlite-vec returns

_UNSTAGED = "m.pk NOT IN (SELECT pk FROM embedding_next)"


_COSINES = f"SELECT m.pk, {cosine_of('e.vector')} AS cosine"


class VectorIndex:
    """The vector index of one connection; the methods that write need a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def mark(self) -> int:
        """The last primary key in the index, or 0 without an index."""
        return int(settings.get(self._connection, settings.INDEXED_TO) or 0)

    def grow(self, last: int, batches: int = GROWTH, *, even_erasing: bool = False) -> bool:
        """Add vectors up to the primary key `last`, if they fill a batch; at most some batches.

        Return True if more are left that fill one. During an erasure nothing is added, because the
        index would keep the vectors that are erased next.
        """
        mark = self.mark
        if last - mark < BATCH or (not mark and last < FEWEST):
            return False
        if self._dimensions() > MOST_DIMENSIONS:
            return False
        if not even_erasing and settings.get(self._connection, settings.ERASING):
            return False
        self._create()
        done, end = mark, self._end_of_batch(mark)
        while end is not None and batches:
            # SQLite keeps the pages that a statement changes in memory until the statement ends:
            # 150 MB for 100,000 vectors at once
            self._connection.execute(
                "INSERT INTO memory_vec (rowid, vector)"
                " SELECT pk, vector FROM embedding WHERE pk > ? AND pk <= ? ORDER BY pk",
                (done, end),
            )
            done, end, batches = end, self._end_of_batch(end), batches - 1
        if end is None:
            done = last
        self._set_mark(done)
        if done.bit_length() > mark.bit_length():  # each time the file has about doubled
            # SQLite then knows which of several ids selects fewer memories: 5 ms instead of 23
            # for a user's 1,000 memories in an app of 50,000
            self._connection.execute("ANALYZE memory")
        return last - done >= BATCH

    def grow_to_the_end(self) -> bool:
        """Add some of the vectors that are not in the index yet, as `grow`."""
        is_bound = settings.embedder(self._connection) is not None
        return is_bound and self.grow(self._last(), even_erasing=True)

    def replace(self, pk: int, vector: bytes) -> None:
        """Replace the vector of a memory."""
        if pk <= self.mark:
            self._connection.execute("DELETE FROM memory_vec WHERE rowid = ?", (pk,))
            self._connection.execute(
                "INSERT INTO memory_vec (rowid, vector) VALUES (?, ?)", (pk, vector)
            )

    def remove(self, pks: list[int]) -> None:
        """Remove deleted memories.

        SQLite reuses the primary key of a deleted last row, so the mark moves back to the last row
        that remains.
        """
        mark = self.mark
        if rows := [(pk,) for pk in pks if pk <= mark]:
            self._connection.executemany("DELETE FROM memory_vec WHERE rowid = ?", rows)
        if mark > (last := self._last()):  # also if only rows behind the mark were deleted
            self._set_mark(last)

    def drop(self) -> None:
        """Drop the index; `grow` creates it again."""
        self._connection.execute("DROP TABLE IF EXISTS memory_vec")
        self._set_mark(0)

    def rebuild(self) -> None:
        """Build the index again from `embedding`."""
        self.drop()
        self.grow(self._last(), NO_LIMIT, even_erasing=True)

    def nearest(self, vector: bytes, k: int, condition: Condition) -> list[tuple[int, float]]:
        """Return (pk, cosine) of the `k` nearest memories that match, nearest first; exact.

        The index is used if most of a large file matches; otherwise the matches are scanned.
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
        """Return the share of the file that matches, estimated from a scattered sample.

        Even steps could coincide with scopes that alternate.
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
        """Return the matches among the nearest `asked` in the index, or None if fewer than `k`.

        Restricting the index itself to the matches takes longer than a scan of them.
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
        matches = {pk for (pk,) in matching}
        found = [row for row in rows if row[0] in matches]
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
        """Scan the vectors that are not in the index yet, in the order of their primary keys."""
        rows = self._connection.execute(
            f"{_COSINES} FROM embedding AS e CROSS JOIN memory AS m ON m.pk = e.pk"
            f" WHERE e.pk > ? AND ({condition.sql}) ORDER BY cosine DESC LIMIT ?",
            (vector, mark, *condition.parameters, k),
        )
        return [(pk, cosine) for pk, cosine in rows]

    def _end_of_batch(self, after: int) -> int | None:
        """Return the last primary key of the next batch of vectors, or None after the last."""
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
        if identity is None:
            raise RowDamageError("the setting 'embedder' is missing, but there are vectors")
        return identity.dimensions

    def _create(self) -> None:
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS memory_vec USING vec0"
            f"(vector float[{self._dimensions()}] distance_metric=cosine, chunk_size={CHUNK})"
        )


def _cosine(row: tuple[int, float]) -> float:
    return row[1]


class Reindex:
    """The staged vectors of one connection; see `ReindexReader` and `ReindexWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def missing(
        self, identity: EmbedderIdentity, limit: int, *, after: int = 0
    ) -> list[tuple[int, str]]:
        is_staged = settings.embedder(self._connection, settings.NEXT_EMBEDDER) == identity
        rows = self._connection.execute(
            "SELECT m.pk, m.content FROM memory AS m"
            f" WHERE m.pk > ? AND {_UNSTAGED if is_staged else 'TRUE'} ORDER BY m.pk LIMIT ?",
            (after, limit),
        )
        found = []
        for pk, content in rows:
            check_values("memory", pk, content=content)
            found.append((pk, content))
        return found

    def count_missing(self) -> int:
        return int(
            self._connection.execute(f"SELECT count(*) FROM memory AS m WHERE {_UNSTAGED}").get
        )

    def stage(self, identity: EmbedderIdentity, rows: Sequence[tuple[int, str, bytes]]) -> None:
        connection = self._connection
        if settings.embedder(connection, settings.NEXT_EMBEDDER) != identity:
            connection.execute("DELETE FROM embedding_next")
            settings.put_embedder(connection, identity, settings.NEXT_EMBEDDER)
        connection.executemany(
            "INSERT OR REPLACE INTO embedding_next (pk, vector)"
            " SELECT pk, ?3 FROM memory WHERE pk = ?1 AND content = ?2",
            rows,
        )

    def switch(self, identity: EmbedderIdentity) -> bool:
        if self.missing(identity, 1):
            return False
        connection = self._connection
        _replace_embedding(connection)
        connection.execute("UPDATE entity SET vector = NULL")  # few: embedded again afterwards
        settings.put_embedder(connection, None, settings.NEXT_EMBEDDER)
        settings.put_embedder(connection, identity)
        VectorIndex(connection).drop()
        drop_vectors(connection)
        return True

    def grow_index(self) -> bool:
        return VectorIndex(self._connection).grow_to_the_end()


def _replace_embedding(connection: apsw.Connection) -> None:
    """Swap the tables by name, which takes the same time for a file of any size."""
    (schema,) = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'embedding_next'"
    ).fetchall()
    connection.execute("DROP TABLE embedding")
    connection.execute("ALTER TABLE embedding_next RENAME TO embedding")
    connection.execute(str(schema[0]))
