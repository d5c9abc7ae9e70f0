"""Recognising: which messages of an archive a file has already, each of its own for one of them.

What was there when the import began is noted in a database of this import alone, which SQLite keeps
in memory or in a temporary file. A temporary table of the writer's connection would be shared by
all imports of this process, and a vacuum or an erasure drops it: they change `temp_store`.
"""

from collections.abc import Sequence
from typing import Any

import apsw

from litemem.store.sqlite.connection import one_write

_SAID_BEFORE = """
SELECT message.pk, message.turn_pk
FROM json_each(?)
CROSS JOIN message ON message.pk = value
WHERE session_pk = ? AND created_at = ? AND role = ? AND content = ? AND name IS ?
ORDER BY message.pk
LIMIT 1
"""


class Logged:
    """The messages that a file had when an import began, and that the import has not met yet."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._notes = apsw.Connection("")
        self._notes.pragma("journal_mode", "off")
        self._notes.execute("CREATE TABLE logged (pk INTEGER PRIMARY KEY, session_pk, created_at)")
        with one_write(self._notes):
            self._notes.executemany(
                "INSERT INTO logged VALUES (?, ?, ?)",
                connection.execute("SELECT pk, session_pk, created_at FROM message"),
            )
            self._notes.execute("CREATE INDEX logged_at ON logged (session_pk, created_at)")

    def take(
        self, connection: apsw.Connection, session_pk: int, created_at: int, said: Sequence[Any]
    ) -> tuple[int, int | None] | None:
        """Return the primary keys of a message with this role, content and name, and of its turn.

        It is not found again. None when there is none.
        """
        at = (session_pk, created_at)
        found = self._notes.execute(
            "SELECT json_group_array(pk) FROM logged WHERE session_pk = ? AND created_at = ?", at
        ).get
        row = connection.execute(_SAID_BEFORE, (found, *at, *said)).fetchone()
        if row is None:
            return None
        self._notes.execute("DELETE FROM logged WHERE pk = ?", (row[0],))
        return row[0], row[1]

    def close(self) -> None:
        """Forget them."""
        self._notes.close()
