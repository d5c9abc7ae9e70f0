"""Claims of one open `Memory` on pending turns, so that no other process extracts them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

from litemem.core import clock
from litemem.core.types import Turn
from litemem.errors import StoreError
from litemem.store.liveness import BEAT_SECONDS, Claimant, this_process
from litemem.store.protocol import Store, TurnFilter

KEPT_NOTE = "the messages are kept: process_pending() (`litemem pending`) tries again"


class ChangedMeanwhileError(Exception):
    """The scope of a turn has changed since it was read; nothing was written."""


class Claims:
    """Claims turns in the file, and renews the claims while a model works.

    `changed` is notified whenever this `Memory` has finished or released a turn.
    """

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self.changed = threading.Condition()
        self._store = store
        self._now = now
        self._held: set[int] = set()  # changed in transactions only, one thread at a time
        self._owes_release = False  # the release of a turn could not be written
        self._closed = False
        self._exiting = False  # the program is, and models may fail because of it
        self._renewing = False

    @cached_property
    def claimant(self) -> Claimant:
        """The holder of the claims; found out at the first claim, which is slow."""
        return Claimant(clock.new_id(), this_process())

    def hold(self, turn: Turn) -> Turn:
        """Register a claimed turn; call it inside the transaction that claimed the turn."""
        with self.changed:
            self._held.add(turn.pk)
            if not self._renewing:
                self._renewing = True
                threading.Thread(target=self._renew, name="litemem-claims", daemon=True).start()
        return turn

    def take(self, turns: TurnFilter) -> Turn | None:
        """Claim the oldest free turn, or return None; claims of dead processes are free."""
        with self._store.write() as tx:
            tx.turns.renew_claims(self.claimant, self._held)
            turn = tx.turns.claim_next(self.claimant, turns)
            self._owes_release = False
            return turn and self.hold(turn)

    @contextmanager
    def work(self, turn: Turn) -> Iterator[None]:
        """Hold a claimed turn while it is extracted; an error inside is kept with the turn."""
        try:
            yield
        except BaseException as error:
            self._release(turn, error)
            raise
        finally:
            with self.changed:
                self._held.discard(turn.pk)
                self.changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait for a change in this `Memory`, at most `seconds`: other processes notify nobody."""
        with self.changed:
            self.changed.wait(seconds)

    def expect_exit(self) -> None:
        """Blame failures from now on on the end of the program, not on the turn."""
        self._exiting = True

    def close(self) -> None:
        """Release all claims.

        Those that cannot be released, as of a file that was moved, are free when the process ends.
        """
        with self.changed:
            if self._closed:
                return
            self._closed = True
            self.changed.notify_all()
        if self._held or self._owes_release:
            with suppress(StoreError), self._store.write() as tx:
                tx.turns.renew_claims(self.claimant, ())

    def _release(self, turn: Turn, error: BaseException) -> None:
        """Make the turn pending again; count the failure unless the program is ending."""
        if self._closed:
            return
        is_failure = isinstance(error, Exception) and not self._exiting
        self._held.discard(turn.pk)
        self._owes_release = True
        with self._store.write() as tx:
            tx.turns.renew_claims(self.claimant, self._held)
            if is_failure:
                tx.turns.fail(turn, str(error) or type(error).__name__, self._now())
        self._owes_release = False
        if is_failure:
            error.add_note(KEPT_NOTE)

    def _renew(self) -> None:
        """Renew the claims while any is held; one missed renewal does no harm."""
        while self._is_renewal_due():
            with suppress(StoreError), self._store.write() as tx:
                tx.turns.renew_claims(self.claimant, self._held)

    def _is_renewal_due(self) -> bool:
        with self.changed:
            self.changed.wait_for(lambda: self._closed, BEAT_SECONDS)
            self._renewing = bool(self._held) and not self._closed
            return self._renewing
