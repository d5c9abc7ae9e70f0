"""The setting table: which embedder the file is bound to, its id, and the project's settings."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.errors import EmbedderMismatchError
from litemem.store.sqlite.rows import to_json
from litemem.store.sqlite.values import read_value

EMBEDDER = "embedder"  # of the vectors in `embedding`
NEXT_EMBEDDER = "next_embedder"  # of those in `embedding_next`
PROJECT = "project"  # the settings of MemoryClient.project, a JSON object
FILE_ID = "file_id"  # written when a file is created; an older litemem wrote none
ERASING = "erasing"  # present while full text and free pages may hold erased values
INDEXED_TO = "indexed_to"  # the vector index contains every embedding with a pk up to this


class Settings:
    """The settings of one connection; see `SettingsReader` and `SettingsWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def embedder(self) -> EmbedderIdentity | None:
        return embedder(self._connection)

    def check_embedder(self, identity: EmbedderIdentity) -> EmbedderIdentity | None:
        return check_embedder(self._connection, identity)

    def bind_embedder(self, identity: EmbedderIdentity) -> None:
        bind_embedder(self._connection, identity)

    def project(self) -> dict[str, Any]:
        return get(self._connection, PROJECT) or {}

    def update_project(self, changes: Mapping[str, Any]) -> None:
        put(self._connection, PROJECT, to_json({**self.project(), **changes}))


def get(connection: apsw.Connection, name: str) -> Any:
    """Return a setting, parsed if it is JSON or a number, or None.

    Raises:
        RowDamageError: it has another type or value than litemem writes.
    """
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else read_value("setting", name, "value", row[0])


def text(connection: apsw.Connection, name: str) -> str | None:
    """Return a setting that is a text, or None."""
    found: str | None = get(connection, name)
    return found


def put(connection: apsw.Connection, name: str, value: str | None) -> None:
    """Write a setting; None removes it."""
    if value is None:
        connection.execute("DELETE FROM setting WHERE name = ?", (name,))
    else:
        connection.execute("REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))


def embedder(connection: apsw.Connection, which: str = EMBEDDER) -> EmbedderIdentity | None:
    """Return the embedder of the vectors in use, or of the staged ones; None without vectors."""
    value = get(connection, which)
    return None if value is None else EmbedderIdentity(**value)


def put_embedder(
    connection: apsw.Connection, identity: EmbedderIdentity | None, which: str = EMBEDDER
) -> None:
    """Write the embedder of the vectors in use, or of the staged ones."""
    put(connection, which, None if identity is None else json.dumps(asdict(identity)))


def check_embedder(
    connection: apsw.Connection, identity: EmbedderIdentity
) -> EmbedderIdentity | None:
    """Check that vectors of an embedder can be compared with the file's; return the file's.

    Raises:
        EmbedderMismatchError: dimensions or fingerprint differ.
    """
    bound = embedder(connection)
    if bound is None or bound == identity:
        return bound
    if (bound.dimensions, bound.fingerprint) != (identity.dimensions, identity.fingerprint):
        raise EmbedderMismatchError(
            f"the file's vectors were made by {_show(bound, identity)}, not by "
            f"{_show(identity, bound)}: open it with that embedder (embedder=…, --embedder or "
            "LITEMEM_EMBEDDER), or embed all memories again with `litemem reindex` or "
            "Memory.reindex()"
        )
    return bound


def bind_embedder(connection: apsw.Connection, identity: EmbedderIdentity) -> None:
    """Make this the embedder of the file's vectors, if it has none.

    Raises:
        EmbedderMismatchError: as `check_embedder`.
    """
    if check_embedder(connection, identity) is None:
        put_embedder(connection, identity)


def _show(identity: EmbedderIdentity, other: EmbedderIdentity) -> str:
    """Return the name and the dimensions, with the fingerprint if only that is different."""
    size = f"{identity.dimensions} dimensions"
    is_alike = (identity.name, identity.dimensions) == (other.name, other.dimensions)
    return f"{identity.name} ({size}{f', {identity.fingerprint[:12]}' if is_alike else ''})"
