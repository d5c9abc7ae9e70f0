"""Fair waiting between threads, fair waiting between processes, and forks.

SQLite's own busy handler favours the process that asks most often: of 32 processes that add all
the time, some wait for longer than any timeout. Here every process that waits asks again after a
random time, also the one that has just committed while others waited, so that each is equally
likely to be the next.

SQLite keeps the POSIX locks of a process in memory, by inode. A forked child inherits that memory
without the locks, and then trusts locks that it does not hold
(https://sqlite.org/howtocorrupt.html, 2.6). So every connection is closed before a fork, when no
thread is inside SQLite; the parent opens its own again when it next needs them.

Ctrl-C raises KeyboardInterrupt in the main thread when a Python function begins or a function of C
returns, so also before the first instruction of an `__exit__`. `surely` calls again what it hits,
and a `with` of a lock that is written in C cannot be hit.
"""

import os
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar
from weakref import WeakSet

import apsw

from litemem.core import clock
from litemem.errors import StoreError
from litemem.store.sqlite.open_files import any_open, keep_inherited

FORK_SECONDS = 2.0  # how long a fork waits for threads that are inside SQLite
_SHORTEST = 0.001  # seconds; about the time of a commit without a sync
_LONGEST = 0.04  # seconds; a free file is noticed within this time
_LONG = 0.05  # seconds; who worked in a transaction for longer lets others go first
_REST = 4  # its pause is this part of its work, in which a process that waits asks twice
_MEMORY = 1.0  # seconds for which another writer is remembered
_SHARE = 8  # a wait is this part of the last whole wait: longer the more processes wait


_FORKED_INSIDE = (
    "this process was forked while a thread of its parent was in the middle of a transaction, a "
    "backup or an export: SQLite cannot be used in it; start it with the start method 'spawn' or "
    "'forkserver', or fork at another time"
)
_FORKED_UNSEEN = (
    "this process was forked by a program that does not let Python close files first, while a file "
    "was open: SQLite cannot be used in it; open the first Memory after the fork (with uWSGI: "
    "lazy-apps = true)"
)

T = TypeVar("T")


@contextmanager
def surely(undo: Callable[[], None]) -> Iterator[None]:
    """Call `undo` when the block ends, and once more after an exception: Ctrl-C may hit the first.

    What `undo` has done, it must not do again.
    """
    try:
        try:
            yield
        finally:
            undo()
    except BaseException:
        undo()
        raise


class FairLock:
    """A reentrant lock that threads get in the order in which they asked for it."""

    __slots__ = ("_depth", "_mutex", "_owner", "_waiting")

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[tuple[int, threading.Lock]] = deque()
        self._owner: int | None = None
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside the block, and not longer, whenever Ctrl-C comes."""
        before = self._depth if self._owner == threading.get_ident() else 0
        with surely(partial(self._back_to, before)):
            self.acquire()
            yield

    def acquire(self) -> None:
        """Wait for the lock; use `held`, which releases it."""
        me, turn = threading.get_ident(), None
        if self._owner == me:
            self._depth += 1
            return
        try:
            with self._mutex:
                if self._owner is None:
                    self._owner, self._depth = me, 1
                    return
                turn = threading.Lock()
                turn.acquire()
                self._waiting.append((me, turn))
            turn.acquire()  # released by the thread that hands the lock over
        except BaseException:  # Ctrl-C; if the lock was handed over at this moment, `held` has it
            with self._mutex:
                if turn and (me, turn) in self._waiting:
                    self._waiting.remove((me, turn))
            raise

    def _back_to(self, depth: int) -> None:
        """Let this thread hold the lock as often as before; hand it over if that is never."""
        with self._mutex:
            if self._owner != threading.get_ident() or self._depth <= depth:
                return
            if depth:
                self._depth = depth
            else:
                self._hand_over()

    def _hand_over(self) -> None:
        if not self._waiting:
            self._owner = None
            return
        # no `popleft`: after a call, Ctrl-C can come, and nobody would have the lock
        (self._owner, turn), self._depth = self._waiting[0], 1
        del self._waiting[0]
        turn.release()


class WriteQueue:
    """Begins write transactions of one file, waiting its turn among all processes.

    Args:
        timeout: seconds to wait for other processes.
    """

    __slots__ = ("_began_at", "_busy_at", "_last_wait", "_pause", "_resumes_at", "_timeout")

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._last_wait = 0.0
        self._began_at = self._resumes_at = self._pause = 0.0
        self._busy_at = -_MEMORY  # when another process last held the file, on the monotonic clock

    def begin(self, attempt: Callable[[], T]) -> T:
        """Call `attempt` until it does not raise `apsw.BusyError`, and return what it returns.

        While others write, it waits before the first attempt, too: who has just committed would
        otherwise be the next as often as it asks. After a long transaction it always waits: a work
        of many transactions lets others write in between.

        Raises:
            apsw.BusyError: another process held the file for all that time.
        """
        started = time.monotonic()
        if started < self._resumes_at:
            time.sleep(self._resumes_at - started)
            started = time.monotonic()
        if started - self._busy_at < _MEMORY:
            self._sleep(self._last_wait)
            started = time.monotonic()
        while True:
            try:
                result = attempt()
            except apsw.BusyError:
                self._busy_at = time.monotonic()
                waited = self._busy_at - started
                if waited >= self._timeout:
                    raise
                self._sleep(max(waited, self._last_wait))
            else:
                break
        self._began_at = time.monotonic()
        if self._busy_at >= started:
            self._last_wait = self._began_at - started
        return result

    def worked(self) -> None:
        """Note that the work of the transaction is done, and only its commit left.

        The commit does not count: on a slow disk that of a single memory takes as long.
        """
        seconds = time.monotonic() - self._began_at
        self._pause = min(_LONGEST, seconds / _REST) if seconds > _LONG else 0.0

    def end(self) -> None:
        """Note that the transaction has ended that `begin` began."""
        self._resumes_at = time.monotonic() + self._pause
        self._pause = 0.0

    def _sleep(self, waited: float) -> None:
        longest = min(_LONGEST, max(_SHORTEST, waited / _SHARE))
        time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret hangs on it


class Suspendable(Protocol):
    """A store that can leave SQLite for a fork."""

    def suspend(self) -> bool:
        """Leave SQLite; return False if a thread is still inside. No thread is in the gate."""

    def resume(self) -> None:
        """Go on after a `suspend` that returned True, in the parent."""


class ForkGate:
    """Lets threads into SQLite, and none during a fork."""

    def __init__(self) -> None:
        self._stores: WeakSet[Suspendable] = WeakSet()
        self._suspended: list[Suspendable] = []
        self._reset()

    def _reset(self, reason: str | None = None) -> None:
        self._mutex = threading.RLock()  # a signal handler may fork
        self._condition = threading.Condition(self._mutex)
        self._inside: Counter[int] = Counter()  # by thread: how often it has entered
        self._broken = reason
        self._forker: int | None = None  # the thread that forks
        # why the child of a fork is of no use; None when every connection was closed before
        self._reason: str | None = _FORKED_INSIDE
        self._process = os.getpid()  # last: what Ctrl-C has ended is done again

    def add(self, store: Suspendable) -> None:
        """Close this store's connections before each fork from now on."""
        _register()
        with self._mutex:
            self._stores.add(store)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Use SQLite; a fork waits until the block ends, up to `FORK_SECONDS`.

        Raises:
            StoreError: this process was forked while its parent was inside SQLite.
        """
        # a block of a generator may end in another thread than it began
        with surely(partial(self.back_to, self.depth(), threading.get_ident())):
            self.enter()
            yield

    def depth(self) -> int:
        """Return how often this thread has entered."""
        return self._inside.get(threading.get_ident(), 0)

    def enter(self) -> None:
        """Begin to use SQLite; see `inside`."""
        _register()
        self.after_in_child()  # if it was forked by C code, which calls no hook
        me = threading.get_ident()
        with self._mutex:
            while self._forker not in (None, me) and me not in self._inside:
                self._condition.wait()
            if self._broken:
                raise StoreError(self._broken)
            self._inside[me] += 1

    def back_to(self, depth: int, thread: int | None = None) -> None:
        """End what `enter` began, so that `depth` is as before; repeated calls do nothing.

        `thread` is the one that entered, by default this one.
        """
        me = threading.get_ident() if thread is None else thread
        with self._mutex:
            if self._inside.get(me, 0) <= depth:  # also if it entered in the parent, before a fork
                return
            self._inside[me] = depth
            if not depth:
                del self._inside[me]
                if self._forker is not None:
                    self._condition.notify_all()

    def before_fork(self) -> None:
        """Keep other threads out, wait until all have left, and close every connection."""
        me = threading.get_ident()
        with self._mutex:
            self._condition.wait_for(lambda: self._forker in (None, me))
            seconds = 0 if me in self._inside else FORK_SECONDS
            if self._condition.wait_for(partial(self._begin_fork, me), timeout=seconds):
                waiting = [each for each in list(self._stores) if each not in self._suspended]
                self._suspended += [store for store in waiting if store.suspend()]
                if len(self._suspended) == len(self._stores) and not any_open():
                    self._reason = None

    def _begin_fork(self, me: int) -> bool:
        """Keep other threads out from now on; return True if none is inside."""
        if self._forker is None:  # also again, after a fork in a signal handler of this thread
            self._forker = me
        return self._forker == me and not self._inside

    def after_in_parent(self) -> None:
        """Let threads in again; a second call does nothing."""
        with self._mutex:
            if self._forker != threading.get_ident():
                return
            while self._suspended:
                self._suspended[-1].resume()
                self._suspended.pop()
            self._forker, self._reason = None, _FORKED_INSIDE
            self._condition.notify_all()

    def after_in_child(self) -> None:
        """Start with new locks: the threads that hold the old ones do not exist in the child.

        A second call does nothing.
        """
        if os.getpid() == self._process:
            return
        keep_inherited()
        clock.renew_lock()
        reason = self._reason
        if self._forker is None or reason is None:  # `before_fork` was not called, or has done all
            reason = _FORKED_UNSEEN if self._inside or any_open() else None
        self._stores = WeakSet()  # the parent's
        self._suspended = []
        self._reset(self._broken or reason)  # a child of a broken process is no better


GATE = ForkGate()
_registered = False


def _register() -> None:
    """Hook into `os.fork`, once a process; importing litemem alone does not.

    Python drops an exception of a hook, so Ctrl-C may end one: each is there twice.
    """
    global _registered
    if not _registered and hasattr(os, "register_at_fork"):
        _registered = True
        for _ in range(2):
            os.register_at_fork(
                before=GATE.before_fork,
                after_in_parent=GATE.after_in_parent,
                after_in_child=GATE.after_in_child,
            )
