"""Change a file's embedder: stage new vectors next to those in use, then switch.

Other programs use the old embedder until the switch. Staged vectors stay when the work is
interrupted, and the next reindex to the same embedder continues with them.
"""

from collections.abc import Sequence

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.store.sqlite import settings
from litemem.store.sqlite.vector_index import VectorIndex

_UNSTAGED = "m.pk NOT IN (SELECT pk FROM embedding_next)"


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
        return [(pk, content) for pk, content in rows]

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
        VectorIndex(connection).rebuild()
        return True


def _replace_embedding(connection: apsw.Connection) -> None:
    """Swap the tables by name, which takes the same time for a file of any size."""
    (schema,) = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'embedding_next'"
    ).fetchall()
    connection.execute("DROP TABLE embedding")
    connection.execute("ALTER TABLE embedding_next RENAME TO embedding")
    connection.execute(str(schema[0]))
