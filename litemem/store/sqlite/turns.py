"""The queue: turns that wait for extraction, their claims and results."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import apsw

from litemem.core import clock
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import (
    AddResult,
    MemoryRecord,
    Message,
    TextIndex,
    Turn,
    TurnEvent,
    content_hash,
)
from litemem.store.filters import Condition
from litemem.store.liveness import (
    Beat,
    Claimant,
    Process,
    beat,
    is_alive,
    this_process,
)
from litemem.store.protocol import MAX_KILLS, MAX_TRIES, SET_ASIDE, TurnFilter
from litemem.store.sqlite.messages import OPEN_TURN, insert_messages, read_one
from litemem.store.sqlite.rows import (
    LISTED,
    Row,
    check_rows,
    ensure_session,
    id_list,
    matching_records,
    read_json,
    read_scope,
    session_pk,
    to_json,
)
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.supersession import SUPERSEDED
from litemem.store.sqlite.values import (
    IndexDamageError,
    RowDamageError,
    check_values,
    damage,
    read_value,
)

LATEST = 8  # turns of a scope among which a repeated one is looked for
KEPT = 10_000  # finished turns that `event` knows
_ASIDE = "set aside until `litemem verify --fix` repairs it ({})"
_TURN_COLUMNS = (
    "session_pk", "options", "event_id", "created_at", "tries", "killed", "tried_at", "error",
)  # fmt: skip
_TURN = """
SELECT
  session_pk, options, event_id, created_at, tries, killed, tried_at, error,
  user_id, agent_id, app_id, run_id
FROM turn
JOIN session ON session.pk = turn.session_pk
WHERE turn.pk = ?
"""
# A turn is free if neither it nor an earlier turn of its scope is claimed.
# One of an imported conversation comes after all others.
_IMPORTED = f"coalesce(json_extract({read_json('turn.options')}, '$.imported'), 0)"
_NEXT = f"""
SELECT pk FROM turn
WHERE tries >= :min_tries AND tries < min(:tries_below, {SET_ASIDE})
  AND killed < :kills_below AND pk <= :last
  AND (:scope_of IS NULL OR session_pk = (SELECT session_pk FROM turn WHERE pk = :scope_of))
  AND pk NOT IN (SELECT value FROM json_each(:exclude))
  AND pk NOT IN (SELECT turn_pk FROM claim)
  AND (NOT :live_only OR NOT {_IMPORTED})
  AND NOT EXISTS (
    SELECT 1 FROM claim JOIN turn AS earlier ON earlier.pk = claim.turn_pk
    WHERE earlier.session_pk = turn.session_pk AND earlier.pk < turn.pk
  )
ORDER BY {_IMPORTED}, pk
LIMIT 1
"""
_DELETED = """
SELECT message.pk
FROM message
JOIN event ON event.memory_id = message.id AND event.event = 'DELETE'
WHERE message.turn_pk = ? AND message.passages = 0
"""
_FREE_IN_SESSION = f"""
SELECT pk FROM turn
WHERE session_pk = ? AND tries < {SET_ASIDE}
  AND NOT EXISTS (
    SELECT 1 FROM claim JOIN turn AS earlier ON earlier.pk = claim.turn_pk
    WHERE earlier.session_pk = turn.session_pk AND earlier.pk <= turn.pk
  )
ORDER BY pk DESC
LIMIT ?
"""
_CLAIMED_OR_SELECTED = f"""
SELECT count(*) FROM turn
WHERE pk <= :last
  AND (:scope_of IS NULL OR session_pk = (SELECT session_pk FROM turn WHERE pk = :scope_of))
  AND pk NOT IN (SELECT value FROM json_each(:exclude))
  AND (NOT :live_only OR NOT {_IMPORTED})
  AND (
    tries >= :min_tries AND tries < :tries_below AND killed < :kills_below
    OR pk IN (SELECT turn_pk FROM claim)
  )
"""
_SET_ASIDE = f"UPDATE turn SET tries = {SET_ASIDE}, tried_at = ?, error = ? WHERE pk = ?"
_CLAIM = """
INSERT INTO claim (turn_pk, token, boot, space, pid, started, uptime, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_COUNT_KILL = """
UPDATE turn
SET killed = killed + 1, tried_at = ?, error = 'the program ended during this turn'
WHERE pk IN (SELECT value FROM json_each(?))
"""
_PENDING = """
SELECT pk, iif(typeof(created_at) = 'integer', created_at, 0) FROM turn WHERE event_id = ?
"""
_STATE = "SELECT created_at, tried_at, error, tries, killed FROM turn WHERE pk = ?"
_HOLDER_COLUMNS = ("boot", "space", "pid", "started", "uptime", "at")
_HOLDER = f"SELECT {', '.join(_HOLDER_COLUMNS)} FROM claim WHERE turn_pk = ?"
# joined by the session's primary key: a corrupt index cannot lead to another scope's turn
_OF_SESSIONS = """
SELECT turn.pk, turn.event_id, turn.created_at
FROM turn NOT INDEXED
CROSS JOIN session AS m ON m.pk = turn.session_pk
WHERE {}
ORDER BY turn.pk
"""
_FORGOTTEN = f"""
SELECT e.memory_id, coalesce(e.old_memory, message.content), e.created_at, e.updated_at,
  {", ".join(f"e.{key}" for key in ID_KEYS)}
FROM event AS e
LEFT JOIN message ON message.id = e.memory_id
WHERE e.memory_id IN {LISTED} AND e.event = 'DELETE'
ORDER BY e.pk
"""


class Turns:
    """The queue of one connection; see `TurnReader` and `TurnWriter`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def pending(self, limit: int | None = None) -> list[Turn]:
        rows: list[Row] = self._connection.execute(
            "SELECT pk FROM turn ORDER BY pk LIMIT ?", (-1 if limit is None else limit,)
        ).fetchall()
        found = (self._readable(pk) for (pk,) in rows)
        return [each for each in found if isinstance(each, Turn)]

    def set_aside(self) -> dict[int, str]:
        rows: list[Row] = self._connection.execute(
            "SELECT pk, tries IS ? FROM turn ORDER BY pk", (SET_ASIDE,)
        ).fetchall()
        found = {pk: (self._readable(pk), is_aside) for pk, is_aside in rows}
        return {
            pk: turn if isinstance(turn, str) else f"turn {pk} is readable again"
            for pk, (turn, is_aside) in found.items()
            if is_aside or isinstance(turn, str)
        }

    def waiting(self, turns: TurnFilter) -> int:
        return int(self._connection.execute(_CLAIMED_OR_SELECTED, _bindings(turns)).get)

    def last(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(pk), 0) FROM turn").get)

    def event(self, event_id: str) -> TurnEvent | None:
        row = self._connection.execute(
            "SELECT results, created_at, completed_at FROM finished_turn WHERE event_id = ?",
            (event_id,),
        ).fetchone()
        if row is not None:
            return self._finished_event(event_id, row)
        row = self._connection.execute(_PENDING, (event_id,)).fetchone()
        if row is None:
            return None
        pk, at = row
        turn = self._readable(pk)
        if isinstance(turn, str):
            at = at if clock.is_time(at) else 0
            return TurnEvent(id=event_id, status="FAILED", created_at=at, error=_ASIDE.format(turn))
        state: Row = self._connection.execute(_STATE, (pk,)).fetchall()[0]
        created_at, tried_at, error, tries, killed = state
        if self._is_held(pk, this_process(), beat()):
            return TurnEvent(id=event_id, status="RUNNING", created_at=created_at, error=error)
        if tries < MAX_TRIES and killed < MAX_KILLS:
            return TurnEvent(id=event_id, status="PENDING", created_at=created_at, error=error)
        return TurnEvent(
            id=event_id, status="FAILED", created_at=created_at, completed_at=tried_at, error=error
        )

    def open(
        self,
        scope: Scope,
        messages: Sequence[Message],
        options: Mapping[str, Any],
        at: int,
        *,
        event_id: str | None = None,
        claimant: Claimant | None = None,
        queued_at: int | None = None,
        indexes: Sequence[TextIndex | None] | None = None,
    ) -> Turn:
        connection = self._connection
        created_at = at if queued_at is None else queued_at
        session = ensure_session(connection, scope)
        connection.execute(OPEN_TURN, (session, to_json(options), event_id, created_at))
        pk = connection.last_insert_rowid()
        message_pks = tuple(
            insert_messages(
                connection, session, messages, at, turn_pk=pk, options=options, indexes=indexes
            )
        )
        if claimant is not None:
            self._claim(pk, claimant)
        return Turn(pk, scope, tuple(messages), message_pks, options, event_id, created_at)

    def claim_next(self, claimant: Claimant, turns: TurnFilter) -> Turn | None:
        self._release_dead_claims(claimant)
        while (row := self._connection.execute(_NEXT, _bindings(turns)).fetchone()) is not None:
            turn = self._readable(row[0])
            if isinstance(turn, Turn):
                self._claim(turn.pk, claimant)
                return turn
            self._put_aside(row[0], turn)
        return None

    def claim_like(
        self, claimant: Claimant, scope: Scope, is_like: Callable[[Turn], bool]
    ) -> Turn | None:
        self._release_dead_claims(claimant)
        session = session_pk(self._connection, scope)
        rows: list[Row] = self._connection.execute(_FREE_IN_SESSION, (session, LATEST)).fetchall()
        for (pk,) in rows:
            turn = self._readable(pk)
            if isinstance(turn, str):
                self._put_aside(pk, turn)
            elif is_like(turn):
                self._claim(turn.pk, claimant)
                return turn
        return None

    def renew_claims(self, claimant: Claimant, held: Iterable[int]) -> None:
        now = beat()
        self._connection.execute(
            "DELETE FROM claim WHERE token = ? AND turn_pk NOT IN (SELECT value FROM json_each(?))",
            (claimant.token, json.dumps(list(held))),
        )
        self._connection.execute(
            "UPDATE claim SET uptime = ?, at = ? WHERE token = ?",
            (now.uptime, now.at, claimant.token),
        )

    def fail(self, turn: Turn, error: str, now: int) -> None:
        self._connection.execute(
            "UPDATE turn SET error = ?, tries = tries + 1, tried_at = ? WHERE pk = ?",
            (error, now, turn.pk),
        )
        self._connection.execute("DELETE FROM claim WHERE turn_pk = ?", (turn.pk,))

    def finish(self, turn: Turn, now: int) -> bool:
        return self._finish(turn.pk, turn.event_id, turn.created_at, now)

    def note_results(self, turn: Turn, results: Iterable[AddResult]) -> None:
        # ids without texts: a deleted memory must not survive here
        listed = [{"id": result.record.id, "event": result.event} for result in results]
        self._connection.execute(
            "UPDATE finished_turn SET results = ? WHERE event_id = ?",
            (json.dumps(listed), turn.event_id),
        )

    def drop(self, ids: Condition, now: int) -> int:
        rows: list[Row] = self._connection.execute(
            _OF_SESSIONS.format(ids.sql), ids.parameters
        ).fetchall()
        for pk, event_id, created_at in rows:
            self._finish(pk, event_id, created_at, now)
        return len(rows)

    def _readable(self, turn_pk: int) -> Turn | str:
        """Return a turn, or why it cannot be read."""
        try:
            return self._turn(turn_pk)
        except IndexDamageError:
            raise
        except (RowDamageError, UnicodeDecodeError) as error:
            return str(error)

    def _turn(self, turn_pk: int) -> Turn:
        row = self._connection.execute(_TURN, (turn_pk,)).fetchone()
        if row is None:
            raise damage("turn", turn_pk, "session_pk", "leads to no session")
        values = dict(zip(_TURN_COLUMNS, row, strict=False))
        check_values("turn", turn_pk, **{n: v for n, v in values.items() if n != "options"})
        messages = self._messages(turn_pk, values["session_pk"])
        return Turn(
            turn_pk,
            read_scope("session", values["session_pk"], row[-4:]),
            tuple(messages.values()),
            tuple(messages),
            read_value("turn", turn_pk, "options", values["options"]),
            values["event_id"],
            values["created_at"],
        )

    def _messages(self, turn_pk: int, session: int) -> dict[int, Message]:
        """Return the messages of a turn by primary key; deleted ones are empty."""
        rows: list[Row] = self._connection.execute(
            "SELECT pk FROM message WHERE turn_pk = ? ORDER BY pk", (turn_pk,)
        ).fetchall()
        pks = [pk for (pk,) in rows]
        check_rows(self._connection, "message", pks, Condition("m.turn_pk = ?", (turn_pk,)))
        strangers = "SELECT count(*) FROM message WHERE turn_pk = ? AND session_pk <> ?"
        if not pks or self._connection.execute(strangers, (turn_pk, session)).get:
            reason = "has messages of another scope" if pks else "has no messages"
            raise damage("turn", turn_pk, "session_pk", reason)
        deleted = {pk for (pk,) in self._connection.execute(_DELETED, (turn_pk,))}
        found = {pk: read_one(self._connection, pk) for pk in pks}
        return {pk: replace(m, content="") if pk in deleted else m for pk, m in found.items()}

    def _put_aside(self, turn_pk: int, reason: str) -> None:
        """Leave a turn out of the queue until `verify --fix`."""
        values = (beat().at, _ASIDE.format(reason), turn_pk)
        self._connection.execute(_SET_ASIDE, values)
        self._connection.execute("DELETE FROM claim WHERE turn_pk = ?", (turn_pk,))

    def _claim(self, turn_pk: int, claimant: Claimant) -> None:
        process, now = claimant.process, beat()
        holder = (process.boot, process.space, process.pid, process.started)
        self._connection.execute(_CLAIM, (turn_pk, claimant.token, *holder, now.uptime, now.at))

    def _release_dead_claims(self, claimant: Claimant) -> None:
        rows: list[Row] = self._connection.execute(
            "SELECT turn_pk FROM claim WHERE token IS NOT ?", (claimant.token,)
        ).fetchall()
        now = beat()
        dead = [pk for (pk,) in rows if not self._is_held(pk, claimant.process, now)]
        if dead:
            chosen = json.dumps(dead)
            self._connection.execute(_COUNT_KILL, (now.at, chosen))
            self._connection.execute(
                "DELETE FROM claim WHERE turn_pk IN (SELECT value FROM json_each(?))", (chosen,)
            )

    def _is_held(self, turn_pk: int, here: Process, now: Beat) -> bool:
        """Return True if a living program claims a turn; no program wrote an unreadable claim."""
        try:
            row = self._connection.execute(_HOLDER, (turn_pk,)).fetchone()
            if row is None:
                return False
            check_values("claim", turn_pk, **dict(zip(_HOLDER_COLUMNS, row, strict=True)))
        except (RowDamageError, UnicodeDecodeError):
            return False
        boot, space, pid, started, uptime, at = row
        return is_alive(Process(boot, space, pid, started), Beat(uptime, at), here=here, now=now)

    def _finish(self, pk: int, event_id: str | None, created_at: int, now: int) -> bool:
        connection = self._connection
        connection.execute("DELETE FROM turn WHERE pk = ?", (pk,))
        if not connection.changes():
            return False
        if isinstance(event_id, str):
            connection.execute(
                "REPLACE INTO finished_turn (event_id, created_at, completed_at) VALUES (?, ?, ?)",
                (event_id, created_at if clock.is_time(created_at) else now, now),
            )
            oldest = connection.last_insert_rowid() - KEPT
            connection.execute("DELETE FROM finished_turn WHERE pk <= ?", (oldest,))
        return True

    def _finished_event(self, event_id: str, row: Row) -> TurnEvent:
        results, created_at, completed_at = row
        times = {"created_at": created_at, "completed_at": completed_at}
        check_values("finished_turn", event_id, **times)
        listed = read_value("finished_turn", event_id, "results", results)
        chosen = id_list(each["id"] for each in listed)
        condition = Condition("m.id IN (SELECT value FROM json_each(?))", (chosen,))
        found = {m.id: m for m in matching_records(self._connection, condition).values()}
        old: dict[str, list[str]] = {}
        for successor, each in self._connection.execute(SUPERSEDED, (id_list(found),)):
            old.setdefault(successor, []).append(each)
        gone = self._forgotten(each["id"] for each in listed if each["event"] == "DELETE")
        found |= gone
        return TurnEvent(
            id=event_id,
            status="SUCCEEDED",
            **times,
            results=tuple(
                AddResult(found[m], each["event"], supersedes=tuple(old.get(m, ())))
                for each in listed
                if (m := each["id"]) in found and (each["event"] == "DELETE") == (m in gone)
            ),
        )

    def _forgotten(self, memory_ids: Iterable[str]) -> dict[str, MemoryRecord]:
        """Return what a turn deleted, as far as the history has not been erased."""
        found = {}
        for row in self._connection.execute(_FORGOTTEN, (id_list(memory_ids),)):
            memory_id, text, created_at, updated_at, *ids = row
            if isinstance(text, str):
                found[memory_id] = MemoryRecord(
                    id=memory_id,
                    content=text,
                    hash=content_hash(text),
                    scope=read_scope("event", memory_id, ids),
                    created_at=created_at,
                    updated_at=updated_at,
                )
        return found


def unreadable_turns(connection: apsw.Connection) -> dict[int, str]:
    """Return why turns cannot be read, by primary key; nothing for a file of an older version."""
    if connection.pragma("user_version") < latest_version():
        return {}
    return Turns(connection).set_aside()


def _bindings(turns: TurnFilter) -> dict[str, Any]:
    return {
        "min_tries": turns.min_tries,
        "tries_below": turns.tries_below,
        "kills_below": turns.kills_below,
        "last": turns.last,
        "scope_of": turns.scope_of,
        "live_only": turns.live_only,
        "exclude": json.dumps(list(turns.exclude)),
    }
