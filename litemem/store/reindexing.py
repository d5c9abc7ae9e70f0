"""Changing a file's embedder: new vectors gather beside the old ones, then take their place.

Other programs go on with the old embedder until the switch. What was gathered stays when the
work is interrupted, and the next reindex to the same embedder goes on from there.
"""

from collections.abc import Sequence
from dataclasses import asdict

import apsw

from litemem.filters import Condition
from litemem.protocols import EmbedderIdentity
from litemem.store import settings
from litemem.store.vector_index import VectorIndex


def lacking(identity: EmbedderIdentity) -> Condition:
    """Return the condition that a memory has no gathered vector of this embedder."""
    bound = [(f"{settings.NEXT_EMBEDDER}.{key}", str(v)) for key, v in asdict(identity).items()]
    return Condition(
        "NOT (m.pk IN (SELECT pk FROM embedding_next) AND (SELECT count(*) FROM setting"
        " WHERE (name, value) IN (VALUES (?, ?), (?, ?), (?, ?))) = 3)",
        tuple(value for pair in bound for value in pair),
    )


def unembedded(
    connection: apsw.Connection, identity: EmbedderIdentity, limit: int, after: int = 0
) -> list[tuple[int, str]]:
    """Return (pk, content) of memories that lack a gathered vector, in order, behind `after`."""
    condition = lacking(identity)
    rows = connection.execute(
        "SELECT m.pk, m.content FROM memory AS m"
        f" WHERE m.pk > ? AND {condition.sql} ORDER BY m.pk LIMIT ?",
        (after, *condition.parameters, limit),
    )
    return [(pk, content) for pk, content in rows]


def stage(
    connection: apsw.Connection,
    identity: EmbedderIdentity,
    rows: Sequence[tuple[int, str, bytes]],
) -> None:
    """Gather vectors; those of a third embedder are thrown away first."""
    if settings.embedder(connection, settings.NEXT_EMBEDDER) != identity:
        connection.execute("DELETE FROM embedding_next")
        settings.put_embedder(connection, identity, settings.NEXT_EMBEDDER)
    connection.executemany(
        "INSERT OR REPLACE INTO embedding_next (pk, vector)"
        " SELECT pk, ?3 FROM memory WHERE pk = ?1 AND content = ?2",
        rows,
    )


def switch(connection: apsw.Connection, identity: EmbedderIdentity) -> bool:
    """Put the gathered vectors in use; False while a memory lacks one."""
    if unembedded(connection, identity, 1):
        return False
    connection.execute("DELETE FROM embedding")
    connection.execute("INSERT INTO embedding SELECT pk, vector FROM embedding_next")
    connection.execute("DELETE FROM embedding_next")
    settings.put_embedder(connection, None, settings.NEXT_EMBEDDER)
    settings.put_embedder(connection, identity)
    VectorIndex(connection).rebuild()
    return True
