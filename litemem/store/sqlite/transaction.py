"""Writing: everything that changes in one transaction, and only there."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import apsw

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.types import AddResult, MemoryRecord, Message, Relation, Turn
from litemem.errors import ImmutableError, MemoryNotFoundError
from litemem.store.filters import Condition
from litemem.store.sqlite import cleanup as sweeping
from litemem.store.sqlite import erasure as erasing
from litemem.store.sqlite import graph, queries, redating, settings, turns
from litemem.store.sqlite import reindex as reindexing
from litemem.store.sqlite.archive.reader import ArchiveReader, Batch
from litemem.store.sqlite.cleanup import CleanupPlan
from litemem.store.sqlite.erasure import Erasure
from litemem.store.sqlite.integrity import repair as mending
from litemem.store.sqlite.liveness import Claimant
from litemem.store.sqlite.queries import session_pk
from litemem.store.sqlite.rereading import by_id
from litemem.store.sqlite.rows import MEMORY_COLUMNS, memory_values, to_json
from litemem.store.sqlite.supersession import WRITE_OUT_ADD, Known
from litemem.store.sqlite.turns import Choice
from litemem.store.sqlite.vector_index import VectorIndex

_INSERT_MEMORY = f"INSERT INTO memory ({MEMORY_COLUMNS}, sources) VALUES (?{', ?' * 21})"
_UPDATE_MEMORY = f"UPDATE memory SET ({MEMORY_COLUMNS}) = (?{', ?' * 20}) WHERE pk = ?"
_WRITE_UPDATE = """
INSERT INTO event
  (memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role)
VALUES (?, 'UPDATE', ?, ?, ?, ?, ?, ?)
"""


class Transaction:
    """The writes of one `BEGIN IMMEDIATE … COMMIT`: all of them happen, or none does."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def bind_embedder(self, identity: EmbedderIdentity) -> None:
        """Make these vectors the file's, if it has none yet.

        Raises:
            EmbedderMismatchError: the file's vectors are another embedder's.
        """
        settings.bind_embedder(self._connection, identity)

    def check_embedder(self, identity: EmbedderIdentity) -> None:
        """Refuse an embedder whose vectors cannot be compared with the file's.

        Raises:
            EmbedderMismatchError: dimensions or fingerprint differ.
        """
        settings.check_embedder(self._connection, identity)

    def insert(
        self,
        records: Sequence[MemoryRecord],
        vectors: Sequence[bytes],
        sources: Sequence[Sequence[int]],
    ) -> None:
        """Add memories, each with all that belongs to it.

        `vectors` are float32 blobs; `sources` the primary keys of the messages it came from.
        """
        connection = self._connection
        pk = 0
        for record, vector, message_pks in zip(records, vectors, sources, strict=True):
            values = (*memory_values(record), json.dumps(message_pks))
            connection.execute(_INSERT_MEMORY, values)
            pk = connection.last_insert_rowid()
            connection.execute("INSERT INTO embedding (pk, vector) VALUES (?, ?)", (pk, vector))
        VectorIndex(connection).grow(pk)

    def relate(
        self, record: MemoryRecord, relations: Sequence[Relation], vectors: Mapping[str, bytes]
    ) -> None:
        """Note what a memory says; `vectors` are its names', by name.

        Nothing when the memory has another text by now. It is forgotten with the memory, and when
        the memory's text changes.
        """
        graph.relate(self._connection, record, relations, vectors)

    def embed_names(self, rows: Iterable[tuple[int, str, bytes]]) -> None:
        """Give names of the graph, by primary key and name, their vectors."""
        graph.embed(self._connection, rows)

    def get(self, memory_id: str) -> MemoryRecord:
        """Return a memory as this transaction sees it.

        Raises:
            MemoryNotFoundError: there is none.
        """
        return self._find(memory_id)[1]

    def update(self, record: MemoryRecord, vector: bytes | None) -> None:
        """Replace the memory that has this record's id; with another content, also its vector.

        With another `created_at`, what its time begins or ends moves along.

        Raises:
            MemoryNotFoundError: there is none.
            ImmutableError: it was stored to stay as it is.
        """
        connection = self._connection
        pk, old = self._find(record.id)
        if old.immutable:
            raise ImmutableError(
                f"the memory {record.id!r} is immutable: delete it and add another in its place"
            )
        if record.created_at != old.created_at:
            record = redating.redate(connection, old, record)
        connection.execute(WRITE_OUT_ADD, (json.dumps([pk]),))
        connection.execute(_UPDATE_MEMORY, (*memory_values(record), pk))
        if vector is not None:
            connection.execute("UPDATE embedding SET vector = ? WHERE pk = ?", (vector, pk))
            connection.execute("DELETE FROM embedding_next WHERE pk = ?", (pk,))
            VectorIndex(connection).replace(pk, vector)
        texts = (old.content, record.content)
        times = (record.created_at, record.updated_at)
        values = (record.id, *texts, *times, record.actor_id, record.role)
        connection.execute(_WRITE_UPDATE, values)

    def run_memory(self, scope: Scope, at: int) -> MemoryRecord | None:
        """Return the memory of exactly this run that can be extended at `at`, or None."""
        return queries.run_memory(self._connection, scope, at)

    def add_sources(self, memory_id: str, message_pks: Sequence[int]) -> None:
        """Note further messages that a memory came from."""
        found = by_id(self._connection, memory_id)
        if found is not None:
            self._connection.execute(
                "UPDATE memory SET sources = (SELECT json_group_array(value) FROM"
                " (SELECT value FROM json_each(memory.sources)"
                " UNION SELECT value FROM json_each(?) ORDER BY value)) WHERE pk = ?",
                (json.dumps(message_pks), found[0]),
            )

    @property
    def known(self) -> Known:
        """What a new fact meets in its scope, and what becomes of that."""
        return Known(self._connection)

    def delete(self, memory_id: str, at: int) -> None:
        """Remove one memory; its history stays and says so.

        Raises:
            MemoryNotFoundError: there is none.
        """
        pk, _ = self._find(memory_id)
        sweeping.delete(self._connection, [pk], at)

    def delete_where(self, condition: Condition, at: int) -> int:
        """Remove the memories that match; return how many."""
        return sweeping.delete_where(self._connection, condition, at)

    def drop_turns(self, ids: Condition, at: int) -> int:
        """Let the turns of some scopes wait no longer, nothing comes of them; return how many.

        Their messages stay in the log; `event` says that they succeeded, without results.
        """
        return turns.drop(self._connection, ids, at)

    def sweep(self, what: CleanupPlan) -> dict[str, int]:
        """Remove what has had its time; return how many of each kind that was asked for."""
        return sweeping.cleanup(self._connection, what)

    def erase(self, what: Erasure) -> dict[str, int]:
        """Remove memories and everything that tells of them; return how many rows of each kind.

        Their bytes go as well in a `transaction(traceless=True)` that also mends "full text" and
        "vector index", once the store's `vacuum` is done.

        Raises:
            MemoryNotFoundError: neither a memory nor a history has one of the ids.
        """
        return erasing.erase(self._connection, what)

    def clear(self) -> None:
        """Remove everything, and forget which embedder the vectors were of.

        What the project was told stays, and which file it is.
        """
        VectorIndex(self._connection).drop()
        for table in ("memory", "message", "turn", "session", "event", "export", "finished_turn"):
            self._connection.execute(f"DELETE FROM {table}")
        kept = (settings.PROJECT, settings.FILE_ID)
        self._connection.execute("DELETE FROM setting WHERE name NOT IN (?, ?)", kept)

    def log_messages(
        self, scope: Scope, messages: Iterable[Message], at: int, turn_pk: int | None = None
    ) -> list[int]:
        """Append messages to the log of exactly this scope; return their primary keys."""
        session_pk = self._session(scope)
        pks = []
        for message in messages:
            self._connection.execute(
                "INSERT INTO message (session_pk, role, content, name, created_at, turn_pk)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (session_pk, message.role, message.content, message.name, at, turn_pk),
            )
            pks.append(self._connection.last_insert_rowid())
        return pks

    def open_turn(
        self,
        scope: Scope,
        messages: Sequence[Message],
        options: Mapping[str, Any],
        at: int,
        *,
        event_id: str | None = None,
        claimant: Claimant | None = None,
        queued_at: int | None = None,
    ) -> Turn:
        """Log messages that wait for extraction, with what the extraction has to know.

        `at` is when they were said, `queued_at` when the call was made. With a `claimant` nobody
        else takes the turn; with an `event_id`, `event` tells what becomes of it.
        """
        created_at = at if queued_at is None else queued_at
        self._connection.execute(
            "INSERT INTO turn (session_pk, options, event_id, created_at) VALUES (?, ?, ?, ?)",
            (self._session(scope), to_json(options), event_id, created_at),
        )
        pk = self._connection.last_insert_rowid()
        message_pks = tuple(self.log_messages(scope, messages, at, pk))
        if claimant is not None:
            turns.claim(self._connection, pk, claimant)
        return Turn(pk, scope, tuple(messages), message_pks, options, event_id, created_at)

    def claim_next(self, claimant: Claimant, choice: Choice) -> Turn | None:
        """Claim the oldest turn that is free, also one whose program has ended; or None."""
        turns.bury(self._connection, claimant)
        return turns.claim_next(self._connection, claimant, choice)

    def claim_like(
        self, claimant: Claimant, scope: Scope, is_like: Callable[[Turn], bool]
    ) -> Turn | None:
        """Claim the newest turn of exactly this scope that is free and like another; or None."""
        turns.bury(self._connection, claimant)
        return turns.claim_like(self._connection, claimant, scope, is_like)

    def keep_claims(self, claimant: Claimant, held: Iterable[int]) -> None:
        """Say that the claimant is still at the turns in `held`, and at no others."""
        turns.keep_claims(self._connection, claimant, held)

    def fail_turn(self, turn: Turn, error: str, at: int) -> None:
        """Say why a turn is still pending; nobody is at it any more."""
        turns.fail(self._connection, turn.pk, error, at)

    def close_turn(self, turn: Turn, at: int) -> bool:
        """Mark a turn as done; False when another process was faster."""
        return turns.finish(self._connection, turn, at)

    def note_outcomes(self, turn: Turn, outcomes: Iterable[AddResult]) -> None:
        """Say what became of the memories of a turn that is done; `event` tells it."""
        turns.note_outcomes(self._connection, turn, outcomes)

    def has_hash(self, scope: Scope, value: bytes, at: int) -> bool:
        """Tell whether a memory of exactly this scope has this hash, and holds at `at`."""
        return queries.has_hash(self._connection, scope, value, at)

    def put_feedback(
        self, memory_id: str, feedback: str | None, reason: str | None, at: int
    ) -> None:
        """Note what was said of a memory, in place of what was said before; None takes it back.

        Raises:
            MemoryNotFoundError: there is none.
        """
        pk, _ = self._find(memory_id)
        self._connection.execute("DELETE FROM feedback WHERE memory_pk = ?", (pk,))
        if feedback is not None:
            self._connection.execute(
                "INSERT INTO feedback (memory_pk, feedback, reason, created_at)"
                " VALUES (?, ?, ?, ?)",
                (pk, feedback, reason, at),
            )

    def update_project(self, changes: Mapping[str, Any]) -> None:
        """Tell the project something; what is not named stays."""
        known = json.loads(settings.get(self._connection, settings.PROJECT) or "{}")
        settings.put(self._connection, settings.PROJECT, to_json({**known, **changes}))

    def mend(self, what: Iterable[str]) -> None:
        """Make anew what is derived; each is a `mend` of a finding of the store's `check`."""
        mending.repair(self._connection, what)

    def restore(self, restoration: ArchiveReader, batch: Batch) -> None:
        """Take in lines of an archive, or do what comes before and behind them."""
        restoration.apply(self._connection, batch)

    def stage_vectors(
        self, identity: EmbedderIdentity, rows: Sequence[tuple[int, str, bytes]]
    ) -> None:
        """Keep vectors of another embedder beside those in use; a reindex gathers them here.

        A row is a memory's primary key, the content that was embedded, and the vector; one whose
        memory is gone or says something else by now is passed over.
        """
        reindexing.stage(self._connection, identity, rows)

    def switch_embedder(self, identity: EmbedderIdentity) -> bool:
        """Put the gathered vectors in use, if every memory has one; tell whether they are."""
        return reindexing.switch(self._connection, identity)

    def _find(self, memory_id: str) -> tuple[int, MemoryRecord]:
        found = by_id(self._connection, memory_id)
        if found is None:
            raise MemoryNotFoundError(f"no memory has the id {memory_id!r}")
        return found

    def _session(self, scope: Scope) -> int:
        pk = session_pk(self._connection, scope)
        if pk is not None:
            return pk
        self._connection.execute(
            "INSERT INTO session (user_id, agent_id, app_id, run_id) VALUES (?, ?, ?, ?)",
            scope.key(),
        )
        return self._connection.last_insert_rowid()
