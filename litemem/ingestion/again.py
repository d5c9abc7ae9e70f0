"""Again: a turn that a program sends twice, as after a failure, is stored once."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from litemem.core import clock
from litemem.core.arguments import AddOptions
from litemem.core.scope import Scope
from litemem.core.types import AddResult, Message, Turn
from litemem.ingestion.claims import Claims
from litemem.store.sqlite import Choice, SqliteStore

LATER = 600 * clock.MICROSECONDS  # the same words later than that may mean another day
KEPT = 1_000  # scopes of which it is known what was extracted last


class Again:
    """Knows the turns that were sent a moment ago, of one open `Memory`."""

    def __init__(self, store: SqliteStore, claims: Claims, now: Callable[[], int]) -> None:
        self._store = store
        self._claims = claims
        self._now = now
        # of a scope, the last message that was extracted without wishes of an application
        self._plainly_read: dict[Scope, int] = {}

    def note(self, turn: Turn) -> None:
        """Take note of a turn that was extracted."""
        self._plainly_read.pop(turn.scope, None)
        if _is_plain(options_of(turn)):
            self._plainly_read[turn.scope] = turn.message_pks[-1]
            if len(self._plainly_read) > KEPT:
                self._plainly_read.pop(next(iter(self._plainly_read)), None)

    def count(
        self, scope: Scope, messages: Sequence[Message], options: AddOptions
    ) -> list[AddResult]:
        """Count the memories of a turn that is done and was the last of its scope; or nothing."""
        last = self._plainly_read.get(scope)
        if last is None or not _is_plain(options):
            return []
        at = options.at(self._now())
        with self._store.known() as seen:
            if not seen.said_before(scope, messages, last, at - LATER, at):
                return []
        with self._store.transaction() as tx:
            known = tx.known.said_before(scope, messages, last, at - LATER, at)
            if any(r.superseded_by or r.metadata != options.metadata for r in known):
                return []
            for record in known:
                tx.known.repeat(record.id, record)
            return [AddResult(tx.get(record.id), "NONE") for record in known]

    def claim(self, scope: Scope, messages: Sequence[Message], options: AddOptions) -> Turn | None:
        """Claim a turn that was sent with the same wishes, and waits; or None."""
        at = options.at(self._now())

        def is_like(turn: Turn) -> bool:
            then = options_of(turn)
            wishes = replace(options, created_at=then.created_at, said_on=then.said_on)
            is_near = then.created_at is not None and at - LATER <= then.created_at <= at
            return is_near and then == wishes and turn.messages == tuple(messages)

        if not self._store.waiting_turns(Choice()):
            return None
        with self._store.transaction() as tx:
            turn = tx.claim_like(self._claims.claimant, scope, is_like)
            return turn and self._claims.hold(turn)


def options_of(turn: Turn) -> AddOptions:
    """Return what a call of `add` said of its turn."""
    return AddOptions(**{**turn.options, "categories": tuple(turn.options["categories"])})


def _is_plain(options: AddOptions) -> bool:
    """Tell whether an extraction has no wishes but those that every one has."""
    return replace(options, created_at=None, said_on=None, metadata={}) == AddOptions()
