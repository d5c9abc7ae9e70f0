"""The queue: turns that wait for extraction, who is at which, and what became of them."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import apsw

from litemem.core.scope import Scope
from litemem.core.types import AddResult, Turn, TurnEvent
from litemem.store.filters import Condition
from litemem.store.sqlite import queries
from litemem.store.sqlite.liveness import Beat, Claimant, Process, beat, is_alive
from litemem.store.sqlite.rereading import by_id
from litemem.store.sqlite.rows import Row, read_time

TRIES = 3  # after so many failures, only `process_pending` tries again
KILLS = 5  # as many as a model that takes its program down with it may have
LATEST = 8  # turns of a scope among which one that is sent again is looked for
KEPT = 10_000  # finished turns that `event` knows

# A turn is free when nobody is at it, nor at one that was said before it in the same scope.
_NEXT = """
SELECT pk FROM turn
WHERE tries >= :least AND tries < :most AND killed < :kills AND pk <= :last
  AND (:scope_of IS NULL OR session_pk = (SELECT session_pk FROM turn WHERE pk = :scope_of))
  AND pk NOT IN (SELECT value FROM json_each(:but))
  AND pk NOT IN (SELECT turn_pk FROM claim)
  AND NOT EXISTS (
    SELECT 1 FROM claim JOIN turn AS earlier ON earlier.pk = claim.turn_pk
    WHERE earlier.session_pk = turn.session_pk AND earlier.pk < turn.pk
  )
ORDER BY pk
LIMIT 1
"""
_FREE_OF_SESSION = """
SELECT pk FROM turn
WHERE session_pk = ?
  AND NOT EXISTS (
    SELECT 1 FROM claim JOIN turn AS earlier ON earlier.pk = claim.turn_pk
    WHERE earlier.session_pk = turn.session_pk AND earlier.pk <= turn.pk
  )
ORDER BY pk DESC
LIMIT ?
"""
_AT_HAND_OR_NEXT = """
SELECT count(*) FROM turn
WHERE pk <= :last
  AND (:scope_of IS NULL OR session_pk = (SELECT session_pk FROM turn WHERE pk = :scope_of))
  AND pk NOT IN (SELECT value FROM json_each(:but))
  AND (
    tries >= :least AND tries < :most AND killed < :kills
    OR pk IN (SELECT turn_pk FROM claim)
  )
"""
_CLAIM = """
INSERT INTO claim (turn_pk, token, boot, space, pid, started, uptime, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_BURY = """
UPDATE turn
SET killed = killed + 1, tried_at = ?, error = 'the program ended while it was at this turn'
WHERE pk IN (SELECT value FROM json_each(?))
"""
_WAITING = """
SELECT turn.created_at, tried_at, error, tries, killed, boot, space, pid, started, uptime, at
FROM turn
LEFT JOIN claim ON claim.turn_pk = turn.pk
WHERE turn.event_id = ?
"""
# the session by its primary key: no index can lead to another's turn
_OF_SESSIONS = """
SELECT turn.pk, turn.event_id, turn.created_at
FROM turn NOT INDEXED
CROSS JOIN session AS m ON m.pk = turn.session_pk
WHERE {}
ORDER BY turn.pk
"""
_RESULTS = "SELECT value ->> 'id', value ->> 'event' FROM json_each(?) ORDER BY key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which turns: by how often they were tried, up to `last`, not those in `but`.

    `scope_of` is a turn's primary key: only turns of its exact scope.
    """

    least: int = 0
    most: int = queries.LAST
    kills: int = queries.LAST
    last: int = queries.LAST
    scope_of: int | None = None
    but: Collection[int] = ()

    def bindings(self) -> dict[str, Any]:
        """Return the values for the SQL's names."""
        return {
            "least": self.least,
            "most": self.most,
            "kills": self.kills,
            "last": self.last,
            "scope_of": self.scope_of,
            "but": json.dumps(list(self.but)),
        }


def claim(connection: apsw.Connection, turn_pk: int, claimant: Claimant) -> None:
    """Say who is at a turn."""
    process, now = claimant.process, beat()
    who = (process.boot, process.space, process.pid, process.started)
    connection.execute(_CLAIM, (turn_pk, claimant.token, *who, now.uptime, now.at))


def claim_next(connection: apsw.Connection, claimant: Claimant, choice: Choice) -> Turn | None:
    """Claim the oldest turn that is free; None when there is none."""
    row = connection.execute(_NEXT, choice.bindings()).fetchone()
    if row is None:
        return None
    claim(connection, row[0], claimant)
    return queries.turn(connection, row[0])


def claim_like(
    connection: apsw.Connection, claimant: Claimant, scope: Scope, is_like: Callable[[Turn], bool]
) -> Turn | None:
    """Claim the newest turn of exactly this scope that is free and like another; or None."""
    session = queries.session_pk(connection, scope)
    rows: list[Row] = connection.execute(_FREE_OF_SESSION, (session, LATEST)).fetchall()
    found = (queries.turn(connection, pk) for (pk,) in rows)
    turn = next(filter(is_like, found), None)
    if turn is not None:
        claim(connection, turn.pk, claimant)
    return turn


def keep_claims(connection: apsw.Connection, claimant: Claimant, held: Iterable[int]) -> None:
    """Say that the claimant is still there, and give back what it no longer holds."""
    now = beat()
    connection.execute(
        "DELETE FROM claim WHERE token = ? AND turn_pk NOT IN (SELECT value FROM json_each(?))",
        (claimant.token, json.dumps(list(held))),
    )
    connection.execute(
        "UPDATE claim SET uptime = ?, at = ? WHERE token = ?", (now.uptime, now.at, claimant.token)
    )


def bury(connection: apsw.Connection, claimant: Claimant) -> None:
    """Take the claims from processes that are no longer there."""
    rows = connection.execute(
        "SELECT turn_pk, boot, space, pid, started, uptime, at FROM claim WHERE token <> ?",
        (claimant.token,),
    ).fetchall()
    now = beat()
    dead = [row[0] for row in rows if not _is_alive(row[1:], claimant.process, now)]
    if dead:
        chosen = json.dumps(dead)
        connection.execute(_BURY, (now.at, chosen))
        connection.execute(
            "DELETE FROM claim WHERE turn_pk IN (SELECT value FROM json_each(?))", (chosen,)
        )


def fail(connection: apsw.Connection, turn_pk: int, error: str, at: int) -> None:
    """Say why a turn is still pending; nobody is at it any more."""
    connection.execute(
        "UPDATE turn SET error = ?, tries = tries + 1, tried_at = ? WHERE pk = ?",
        (error, at, turn_pk),
    )
    connection.execute("DELETE FROM claim WHERE turn_pk = ?", (turn_pk,))


def finish(connection: apsw.Connection, turn: Turn, at: int) -> bool:
    """Take a turn out of the queue; False when it was not there. An event is kept of it."""
    return _finish(connection, turn.pk, turn.event_id, turn.created_at, at)


def drop(connection: apsw.Connection, ids: Condition, at: int) -> int:
    """Take the turns of some scopes out of the queue; they succeeded with nothing. Return how many.

    Whoever is at one of them finds it gone, and stores nothing.
    """
    rows: list[Row] = connection.execute(_OF_SESSIONS.format(ids.sql), ids.parameters).fetchall()
    for pk, event_id, created_at in rows:
        _finish(connection, pk, event_id, created_at, at)
    return len(rows)


def note_outcomes(connection: apsw.Connection, turn: Turn, outcomes: Iterable[AddResult]) -> None:
    """Keep the ids of a turn's memories, not their texts: what is deleted must not live on here."""
    results = [{"id": outcome.record.id, "event": outcome.event} for outcome in outcomes]
    connection.execute(
        "UPDATE finished_turn SET results = ? WHERE event_id = ?",
        (json.dumps(results), turn.event_id),
    )


def waiting(connection: apsw.Connection, choice: Choice) -> int:
    """Count the turns that are chosen, and those that somebody is at, whatever their tries."""
    return int(connection.execute(_AT_HAND_OR_NEXT, choice.bindings()).get)


def last(connection: apsw.Connection) -> int:
    """Return the primary key of the last turn that waits; 0 when none does."""
    return int(connection.execute("SELECT coalesce(max(pk), 0) FROM turn").get)


def event(connection: apsw.Connection, event_id: str, here: Process) -> TurnEvent | None:
    """Return what became of a turn; None when it is not known, or no longer."""
    row = connection.execute(
        "SELECT results, created_at, completed_at FROM finished_turn WHERE event_id = ?",
        (event_id,),
    ).fetchone()
    if row is not None:
        results, created_at, completed_at = row
        told: list[Row] = connection.execute(_RESULTS, (results,)).fetchall()
        found = [(by_id(connection, memory_id), became) for memory_id, became in told]
        return TurnEvent(
            id=event_id,
            status="SUCCEEDED",
            created_at=read_time(created_at),
            completed_at=read_time(completed_at),
            results=tuple(AddResult(there[1], became) for there, became in found if there),
        )
    row = connection.execute(_WAITING, (event_id,)).fetchone()
    return None if row is None else _waiting_event(event_id, row, here)


def _finish(
    connection: apsw.Connection, pk: int, event_id: str | None, created_at: int, at: int
) -> bool:
    connection.execute("DELETE FROM turn WHERE pk = ?", (pk,))
    if not connection.changes():
        return False
    if event_id is not None:
        connection.execute(
            "INSERT INTO finished_turn (event_id, created_at, completed_at) VALUES (?, ?, ?)",
            (event_id, created_at, at),
        )
        oldest = connection.last_insert_rowid() - KEPT
        connection.execute("DELETE FROM finished_turn WHERE pk <= ?", (oldest,))
    return True


def _waiting_event(event_id: str, row: Row, here: Process) -> TurnEvent:
    created_at, tried_at, error, tries, killed, *claimed = row
    read_time(created_at)
    if claimed[0] is not None and _is_alive(claimed, here, beat()):
        return TurnEvent(id=event_id, status="RUNNING", created_at=created_at, error=error)
    if tries < TRIES and killed < KILLS:
        return TurnEvent(id=event_id, status="PENDING", created_at=created_at, error=error)
    return TurnEvent(
        id=event_id, status="FAILED", created_at=created_at, completed_at=tried_at, error=error
    )


def _is_alive(row: Iterable[Any], here: Process, now: Beat) -> bool:
    boot, space, pid, started, uptime, at = row
    heard = Beat(uptime, at)
    return is_alive(Process(boot, space, pid, started), heard, here=here, now=now)
