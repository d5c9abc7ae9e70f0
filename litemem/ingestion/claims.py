"""Claims: which turns one open `Memory` is at, so that nobody else extracts them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from litemem.core import clock
from litemem.core.types import Turn
from litemem.errors import StoreError
from litemem.store.sqlite import Choice, SqliteStore
from litemem.store.sqlite.liveness import BEAT_SECONDS, Claimant, this_process

KEPT_NOTE = "the messages are kept: process_pending() (`litemem pending`) tries again"


class Claims:
    """Claims turns in the file, and says there that it still holds them while a model works.

    `changed` is notified whenever this `Memory` has done a turn, or has given one back.
    """

    def __init__(self, store: SqliteStore, now: Callable[[], int]) -> None:
        self.claimant = Claimant(clock.new_id(), this_process())
        self.changed = threading.Condition()
        self._store = store
        self._now = now
        self._held: set[int] = set()  # changed inside transactions, which threads open one by one
        self._owes = False  # a turn could not be given back in the file
        self._closed = False
        self._ending = False  # the program is, and models may fail because of it
        self._beating = False

    def hold(self, turn: Turn) -> Turn:
        """Take note of a turn that was claimed; call it inside the transaction that did."""
        with self.changed:
            self._held.add(turn.pk)
            if not self._beating:
                self._beating = True
                threading.Thread(target=self._beat, name="litemem-claims", daemon=True).start()
        return turn

    def take(self, choice: Choice) -> Turn | None:
        """Claim the oldest turn that is free, also one whose program has ended; or None."""
        with self._store.transaction() as tx:
            tx.keep_claims(self.claimant, self._held)
            turn = tx.claim_next(self.claimant, choice)
            self._owes = False
            return turn and self.hold(turn)

    @contextmanager
    def work(self, turn: Turn) -> Iterator[None]:
        """Hold a claimed turn while it is extracted; what is raised inside is kept with it."""
        try:
            yield
        except BaseException as error:
            self._give_back(turn, error)
            raise
        finally:
            with self.changed:
                self._held.discard(turn.pk)
                self.changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until something has changed here, or for so long: others do not tell."""
        with self.changed:
            self.changed.wait(seconds)

    def leave(self) -> None:
        """Take what fails from now on for a sign of the program's end."""
        self._ending = True

    def close(self) -> None:
        """Give everything back."""
        with self.changed:
            if self._closed:
                return
            self._closed = True
            self.changed.notify_all()
        if self._held or self._owes:
            with self._store.transaction() as tx:
                tx.keep_claims(self.claimant, ())

    def _give_back(self, turn: Turn, error: BaseException) -> None:
        """Let the turn wait; a failure counts, unless the program's end has made it."""
        if self._closed:
            return
        fault = isinstance(error, Exception) and not self._ending
        self._held.discard(turn.pk)
        self._owes = True
        with self._store.transaction() as tx:
            tx.keep_claims(self.claimant, self._held)
            if fault:
                tx.fail_turn(turn, str(error) or type(error).__name__, self._now())
        self._owes = False
        if fault:
            error.add_note(KEPT_NOTE)

    def _beat(self) -> None:
        """Say that we are still there, as long as something is held; missing a beat is no harm."""
        while self._is_due():
            with suppress(StoreError), self._store.transaction() as tx:
                tx.keep_claims(self.claimant, self._held)

    def _is_due(self) -> bool:
        with self.changed:
            self.changed.wait_for(lambda: self._closed, BEAT_SECONDS)
            self._beating = bool(self._held) and not self._closed
            return self._beating
