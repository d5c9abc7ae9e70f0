"""Aside: lines of an archive that later ones refer to, kept until then outside of memory.

They stand in a database of one import alone, as those do that `recognising` notes.
"""

import json
from typing import Any

import apsw


class Aside:
    """Names and turns by their numbers; a million of them take as much memory as ten."""

    def __init__(self) -> None:
        self._notes = apsw.Connection("")
        self._notes.pragma("journal_mode", "off")
        self._notes.execute(
            "CREATE TABLE line (kind TEXT, number INTEGER, said TEXT, vector BLOB,"
            " PRIMARY KEY (kind, number)) WITHOUT ROWID"
        )

    def put(self, kind: str, number: int, said: Any, vector: bytes | None = None) -> None:
        """Keep what JSON can hold, in place of what was kept under this kind and number."""
        row = (kind, number, json.dumps(said), vector)
        self._notes.execute("REPLACE INTO line VALUES (?, ?, ?, ?)", row)

    def get(self, kind: str, number: int) -> tuple[Any, bytes | None]:
        """Return what was kept, and its vector."""
        ((said, vector),) = self._notes.execute(
            "SELECT said, vector FROM line WHERE kind = ? AND number = ?", (kind, number)
        )
        return json.loads(said), vector

    def close(self) -> None:
        """Forget them."""
        self._notes.close()
