"""Change a file's embedder: stage new vectors, then switch to them.

Other programs use the old embedder until the switch. Staged vectors survive an interruption, and
the next reindex to the same embedder continues from them.
"""

from collections.abc import Sequence

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.store.filters import Condition
from litemem.store.sqlite import settings
from litemem.store.sqlite.vector_index import VectorIndex

UNSTAGED = Condition("m.pk NOT IN (SELECT pk FROM embedding_next)")


def unembedded(
    connection: apsw.Connection, identity: EmbedderIdentity, limit: int, after: int = 0
) -> list[tuple[int, str]]:
    """Return (pk, content) of memories without a staged vector, by primary key, behind `after`."""
    is_staged = settings.embedder(connection, settings.NEXT_EMBEDDER) == identity
    lacking = UNSTAGED.sql if is_staged else "TRUE"
    rows = connection.execute(
        "SELECT m.pk, m.content FROM memory AS m"
        f" WHERE m.pk > ? AND {lacking} ORDER BY m.pk LIMIT ?",
        (after, limit),
    )
    return [(pk, content) for pk, content in rows]


def stage(
    connection: apsw.Connection,
    identity: EmbedderIdentity,
    rows: Sequence[tuple[int, str, bytes]],
) -> None:
    """Stage vectors; vectors staged for another embedder are deleted first."""
    if settings.embedder(connection, settings.NEXT_EMBEDDER) != identity:
        connection.execute("DELETE FROM embedding_next")
        settings.put_embedder(connection, identity, settings.NEXT_EMBEDDER)
    connection.executemany(
        "INSERT OR REPLACE INTO embedding_next (pk, vector)"
        " SELECT pk, ?3 FROM memory WHERE pk = ?1 AND content = ?2",
        rows,
    )


def switch(connection: apsw.Connection, identity: EmbedderIdentity) -> bool:
    """Switch to the staged vectors and return True; return False if a memory lacks one."""
    if unembedded(connection, identity, 1):
        return False
    _swap_tables(connection)
    connection.execute("UPDATE entity SET vector = NULL")  # few; embedded again afterwards
    settings.put_embedder(connection, None, settings.NEXT_EMBEDDER)
    settings.put_embedder(connection, identity)
    VectorIndex(connection).rebuild()
    return True


def _swap_tables(connection: apsw.Connection) -> None:
    """Swap the tables by name, which takes as long for a large file as for a small one."""
    (schema,) = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'embedding_next'"
    ).fetchall()
    connection.execute("DROP TABLE embedding")
    connection.execute("ALTER TABLE embedding_next RENAME TO embedding")
    connection.execute(str(schema[0]))
