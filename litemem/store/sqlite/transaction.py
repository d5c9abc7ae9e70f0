"""The objects that a connection lends, for one state of the file or for one transaction."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import apsw

from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import Entity, Overview, TextIndex
from litemem.store.filters import Condition
from litemem.store.protocol import (
    Census,
    CleanupPlan,
    EditedText,
    ErasedText,
    Erasure,
    Item,
    Key,
)
from litemem.store.sqlite import cleanup, erasure, settings, stats
from litemem.store.sqlite.candidates import Candidates
from litemem.store.sqlite.conflicts import Conflicts
from litemem.store.sqlite.graph import Graph
from litemem.store.sqlite.memories import Memories
from litemem.store.sqlite.messages import Messages
from litemem.store.sqlite.rows import id_list
from litemem.store.sqlite.settings import Settings
from litemem.store.sqlite.shown import ShownLog
from litemem.store.sqlite.supersession import Known
from litemem.store.sqlite.turns import Turns
from litemem.store.sqlite.vector_index import Reindex, VectorIndex

if TYPE_CHECKING:
    from litemem.store.sqlite.archive.writer import ArchiveWriter

_TABLES = ("memory", "message", "turn", "session", "event", "export", "finished_turn", "shown")
_OWNERS = """
SELECT memory_id, user_id, agent_id, app_id, run_id
FROM event
WHERE memory_id IN (SELECT value FROM json_each(?)) AND event = 'DELETE'
  AND coalesce(user_id, agent_id, app_id, run_id) IS NOT NULL
ORDER BY pk
"""


class SqliteTransaction:
    """What one connection lends; see `Reading` and `Transaction`. Kept with the connection."""

    __slots__ = (
        "archive",
        "candidates",
        "conflicts",
        "connection",
        "graph",
        "known",
        "memories",
        "messages",
        "reindex",
        "settings",
        "shown",
        "turns",
    )

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection  # for the modules of this package
        self.memories = Memories(connection)
        self.messages = Messages(connection)
        self.turns = Turns(connection)
        self.known = Known(connection)
        self.conflicts = Conflicts(connection)
        self.candidates = Candidates(connection)
        self.graph = Graph(connection)
        self.settings = Settings(connection)
        self.reindex = Reindex(connection)
        self.shown = ShownLog(connection)
        self.archive = Archive(connection)

    def entities(self) -> list[Entity]:
        return stats.entities(self.connection)

    def overview(self) -> Overview:
        return stats.overview(self.connection)

    def census(self, limit: int) -> Census:
        return stats.census(self.connection, limit)

    def edited_texts(self) -> list[EditedText]:
        from litemem.store.sqlite.integrity import edited

        return edited.edited_texts(self.connection)

    def accept_edited(self, text: EditedText, vector: bytes, index: TextIndex, now: int) -> bool:
        from litemem.store.sqlite.integrity import edited

        return edited.accept(self.connection, text, vector, index, now)

    def rows_to_clean_up(self, plan: CleanupPlan, kind: str) -> list[tuple[Key, ...]]:
        return cleanup.select(self.connection, plan, kind)

    def memories_to_erase(self, what: Erasure) -> list[str]:
        return erasure.memory_ids(self.connection, what)

    def cleanup(self, plan: CleanupPlan) -> dict[str, int]:
        return cleanup.cleanup(self.connection, plan)

    def clean_up_rows(self, plan: CleanupPlan, kind: str, keys: Collection[Key]) -> int:
        return cleanup.remove(self.connection, plan, kind, keys)

    def erase(self, what: Erasure, among: Collection[str] | None = None) -> dict[str, int]:
        return erasure.erase(self.connection, what, among)

    def texts_to_erase(
        self, what: Erasure, among: Collection[str] | None = None
    ) -> list[ErasedText]:
        return erasure.texts(self.connection, what, among)

    def clear(self) -> None:
        VectorIndex(self.connection).drop()
        for table in _TABLES:  # passages, mentions and conflicts go with their owners
            self.connection.execute(f"DELETE FROM {table}")
        kept = (settings.PROJECT, settings.FILE_ID, settings.ERASING)
        self.connection.execute("DELETE FROM setting WHERE name NOT IN (?, ?, ?)", kept)


class Archive:
    """Export and checks for an import of one connection; see `ExportReader`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def snapshot(self, condition: Condition | None, *, vectors: bool) -> "ArchiveWriter":
        from litemem.store.sqlite.archive.writer import ArchiveWriter  # imported where it is used

        return ArchiveWriter(self._connection, condition, vectors=vectors)

    def would_change(self, item: Item) -> bool:
        from litemem.store.sqlite.archive.memories import ArchivedMemory

        return ArchivedMemory(self._connection, item, None).would_change()

    def owners_of_deleted(self, memory_ids: Collection[str]) -> dict[str, Scope]:
        rows = self._connection.execute(_OWNERS, (id_list(memory_ids),))
        return {m: Scope(**dict(zip(ID_KEYS, ids, strict=True))) for m, *ids in rows}
