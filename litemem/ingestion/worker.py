"""The background thread that extracts the turns of `add(…, async_mode=True)`."""

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from litemem.core.protocols import LLM, Prompt
from litemem.core.types import Turn
from litemem.errors import FlushTimeoutError, LitememError, LLMError, StoreError
from litemem.ingestion.claims import Claims
from litemem.ingestion.pipeline import Pipeline
from litemem.models.sharing import SharedModel
from litemem.store.protocol import MAX_KILLS, MAX_TRIES, NO_LIMIT, Store, TurnFilter

POLL_SECONDS = 0.2  # between looks at what other processes have done; a read of microseconds
RETRY_SECONDS = 1.0  # before a failed turn is tried again, if no other turn is pending
EXIT_SECONDS = 5.0  # that the end of the program waits for the model
IDLE_POLL_SECONDS = 1.0  # between looks while this process keeps the model for all
KEPT_SECONDS = 600.0  # without a turn, after which the model is left to others
WANTED_SECONDS = 1.0  # that a process waits without a turn of this file, until it gets the model
TURN_SECONDS = 60.0  # of work, after which a process that waits for the model gets it

_OPEN = TurnFilter(tries_below=MAX_TRIES, kills_below=MAX_KILLS)
_UNTRIED = replace(_OPEN, tries_below=1)
_FAILED = replace(_OPEN, min_tries=1)


class Worker:
    """One thread, which runs only while turns are pending.

    Turns of one scope are extracted in order, across all processes. A turn that fails is tried
    three times, again only after all others.

    With `shared`, one process of the machine at a time has the model: its thread stays for a while
    and extracts the turns of the file's other programs, which wait for it. `free` frees the memory
    of the model.
    """

    def __init__(
        self,
        store: Store,
        pipeline: Pipeline,
        claims: Claims,
        llm: LLM,
        *,
        shared: SharedModel | None = None,
        free: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._shared = shared
        self._free = free
        self._woken = threading.Event()
        self._taken_at = self._worked_at = 0.0  # seconds of the monotonic clock
        self._wanted_at: float | None = None
        self._claims = claims
        self._stopping = threading.Event()
        self._pipeline = pipeline.with_llm(_StoppableLLM(llm, self._stopping))
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_wanted = False
        self._failed_at = -RETRY_SECONDS  # seconds of the monotonic clock

    @property
    def is_running(self) -> bool:
        """Whether the thread is there."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread, or make the running one look for turns again."""
        with self._lock:
            self._is_wanted = True
            self._woken.set()
            if self._thread is not None or self._stopping.is_set():
                return
            self._thread = threading.Thread(target=self._run, name="litemem-worker", daemon=True)
            atexit.register(self.stop_at_exit)
            self._thread.start()

    def resume(self) -> None:
        """Start the thread if turns are pending from an earlier run."""
        if self._waiting(_OPEN):
            self.start()

    def flush(self, timeout: float | None) -> int:
        """Wait until every turn in the file is finished; return how many were given up.

        Raises:
            FlushTimeoutError: it took longer than `timeout` seconds.
        """
        with self._store.read() as r:
            last = r.turns.last()
        end = None if timeout is None else time.monotonic() + timeout
        while pending := self._waiting(replace(_OPEN, last=last)):
            self.start()
            if end is not None and time.monotonic() >= end:
                raise FlushTimeoutError(
                    f"{pending} turns are not finished after {timeout:g} seconds; extraction goes "
                    "on: call flush() again, or ask event() for each"
                )
            self._claims.wait(POLL_SECONDS if end is None else _until(end))
        return self._waiting(TurnFilter(last=last, tries_below=NO_LIMIT))

    def close(self) -> None:
        """Stop after the model's current answer; unfinished turns stay pending."""
        self._stopping.set()
        self._woken.set()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        atexit.unregister(self.stop_at_exit)

    def stop_at_exit(self) -> None:
        """Stop at the end of the program; a thread inside llama.cpp must not outlive it."""
        if self._store.is_forked:
            return  # thread and lock are the parent's
        self._stopping.set()
        self._woken.set()
        self._claims.expect_exit()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(EXIT_SECONDS)

    def _run(self) -> None:
        is_finished = False
        try:
            while self._has_work():
                if not self._work():
                    self._claims.wait(POLL_SECONDS)
            is_finished = True
        finally:
            if not is_finished or self._stopping.is_set():
                self._leave_model()
            if not is_finished and not self._stopping.is_set():
                # an error that no model should raise: the turn keeps it, a new thread goes on
                self._stopping.wait(RETRY_SECONDS)
                with self._lock:
                    self._forget_thread()
                self.start()

    def _has_work(self) -> bool:
        """Return True to go on; the end is decided under the lock, so that no `start` is missed."""
        with self._lock:
            if self._stopping.is_set():
                return False
            if self._is_wanted:
                self._is_wanted = False
                return True
            try:
                pending = self._waiting(_OPEN)
            except StoreError:  # the next caller gets the error
                pending = 0
            if pending:
                return True
            keeps = self._keeps_model()
            if not keeps:
                self._leave_model()  # before a next thread may take it
                self._forget_thread()
        if keeps:
            self._woken.wait(IDLE_POLL_SECONDS if self._wanted_at is None else POLL_SECONDS)
            self._woken.clear()
        return keeps

    def _keeps_model(self) -> bool:
        """Return True to stay for the turns of others, who leave them to the model's holder.

        One that waits although no turn of this file is pending has another file, and gets the
        model; but after the turn of another was extracted, it takes a moment to notice.
        """
        now = time.monotonic()
        if self._shared is None or not self._shared.is_held:
            return False
        if not self._shared.is_wanted():
            self._wanted_at = None
        elif self._wanted_at is None:
            self._wanted_at = now
        elif now > self._wanted_at + WANTED_SECONDS:
            return False
        return now < self._worked_at + KEPT_SECONDS

    def _may_work(self) -> bool:
        """Return True if this process may load the model now."""
        if self._shared is None:
            return True
        had, now = self._shared.is_held, time.monotonic()
        if had and now > self._taken_at + TURN_SECONDS and self._shared.is_wanted():
            self._leave_model()
            self._stopping.wait(IDLE_POLL_SECONDS)  # the other looks more often than that
            return False
        if not self._shared.take():
            return False
        if not had:
            self._taken_at = self._worked_at = now
            self._wanted_at = None
        return True

    def _leave_model(self) -> None:
        if self._shared is not None:
            if self._shared.is_held:
                self._free()
            self._shared.leave()

    def _waiting(self, turns: TurnFilter) -> int:
        with self._store.read() as r:
            return r.turns.waiting(turns)

    def _forget_thread(self) -> None:
        self._thread = None
        atexit.unregister(self.stop_at_exit)

    def _work(self) -> bool:
        """Extract one turn; return False if no turn is free, or another process has the model."""
        if not self._may_work():
            return False
        turn = self._take()
        if turn is None:
            return False
        try:
            self._pipeline.process(turn)
        except LitememError:  # kept with the turn, where event() finds it
            self._failed_at = time.monotonic()
        except _WorkerStopped:
            pass
        self._worked_at, self._wanted_at = time.monotonic(), None
        return True

    def _take(self) -> Turn | None:
        with suppress(StoreError):  # busy, or the disk is full: the next try may succeed
            turn = self._claims.take(_UNTRIED)
            if turn is not None or time.monotonic() < self._failed_at + RETRY_SECONDS:
                return turn
            return self._claims.take(_FAILED)
        return None


class _WorkerStopped(BaseException):
    """The worker is stopping. Not an Exception, so that it is not counted as the turn's failure."""


class _StoppableLLM:
    """A language model that raises `_WorkerStopped` once the worker is to stop."""

    def __init__(self, llm: LLM, stopping: threading.Event) -> None:
        self._llm = llm
        self._stopping = stopping

    @property
    def name(self) -> str:
        return self._llm.name

    @property
    def context_tokens(self) -> int:
        return self._llm.context_tokens

    @property
    def parameters(self) -> int | None:
        with self._until_stopped():
            return getattr(self._llm, "parameters", None)

    def count_tokens(self, text: str) -> int:
        with self._until_stopped():
            return self._llm.count_tokens(text)

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        with self._until_stopped():
            return self._llm.generate(prompt, text, schema=schema, max_tokens=max_tokens)

    def close(self) -> None:
        """Do nothing: the `Memory` closes the model."""

    @contextmanager
    def _until_stopped(self) -> Iterator[None]:
        """Raise `_WorkerStopped` instead of a call, or of the error with which the end stops it."""
        self._check()
        try:
            yield
        except LLMError:
            # the end of the program stops the model, and right after it this worker
            if not threading.main_thread().is_alive():
                self._stopping.wait(EXIT_SECONDS)
            self._check()
            raise

    def _check(self) -> None:
        if self._stopping.is_set():
            raise _WorkerStopped


def _until(end: float) -> float:
    return max(0.0, min(POLL_SECONDS, end - time.monotonic()))
