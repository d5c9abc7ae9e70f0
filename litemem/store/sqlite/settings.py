"""What the file says of itself: which embedder its vectors are of, and how far its index goes."""

import json
from dataclasses import asdict

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.errors import EmbedderMismatchError

EMBEDDER = "embedder"  # whose vectors `embedding` holds
NEXT_EMBEDDER = "next_embedder"  # whose `embedding_next` holds
PROJECT = "project"  # what MemoryClient.project was told, as a JSON object
FILE_ID = "file_id"  # given when the file is made; one of an older litemem has none
INDEXED_TO = "indexed_to"  # the vector index holds every embedding with a pk up to this


def get(connection: apsw.Connection, name: str) -> str | None:
    """Return a setting, or None."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put(connection: apsw.Connection, name: str, value: str | None) -> None:
    """Write a setting; None removes it."""
    if value is None:
        connection.execute("DELETE FROM setting WHERE name = ?", (name,))
    else:
        connection.execute("REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))


def embedder(connection: apsw.Connection, which: str = EMBEDDER) -> EmbedderIdentity | None:
    """Return whose vectors these are; None before the first."""
    value = get(connection, which)
    return None if value is None else EmbedderIdentity(**json.loads(value))


def put_embedder(
    connection: apsw.Connection, identity: EmbedderIdentity | None, which: str = EMBEDDER
) -> None:
    """Write whose vectors these are."""
    put(connection, which, None if identity is None else json.dumps(asdict(identity)))


def check_embedder(
    connection: apsw.Connection, identity: EmbedderIdentity
) -> EmbedderIdentity | None:
    """Refuse an embedder whose vectors cannot be compared with the file's; return the file's.

    Raises:
        EmbedderMismatchError: dimensions or fingerprint differ.
    """
    bound = embedder(connection)
    if bound is None or bound == identity:
        return bound
    if (bound.dimensions, bound.fingerprint) != (identity.dimensions, identity.fingerprint):
        raise EmbedderMismatchError(
            f"the file's vectors were made by {_show(bound)}, not by {_show(identity)}: "
            "open it with that embedder, or make its vectors again with `litemem reindex`"
        )
    return bound


def bind_embedder(connection: apsw.Connection, identity: EmbedderIdentity) -> None:
    """Make these vectors the file's, if it has none yet.

    Raises:
        EmbedderMismatchError: as `check_embedder`.
    """
    if check_embedder(connection, identity) is None:
        put_embedder(connection, identity)


def _show(identity: EmbedderIdentity) -> str:
    return f"{identity.name} ({identity.dimensions}-d, {identity.fingerprint[:12]})"
