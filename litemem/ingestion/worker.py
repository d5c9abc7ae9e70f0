"""In the background: a thread that extracts what `add(…, async_mode=True)` only wrote down."""

import atexit
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from litemem.core.protocols import LLM, Prompt
from litemem.core.types import Turn
from litemem.errors import FlushTimeoutError, LitememError, StoreError
from litemem.ingestion.claims import Claims
from litemem.ingestion.pipeline import Intake
from litemem.store.sqlite import KILLS, TRIES, Choice, SqliteStore

POLL_SECONDS = 0.2  # how often to look what other programs have done; a read of microseconds
RETRY_SECONDS = 1.0  # before what failed is tried again, if nothing else waits
EXIT_SECONDS = 5.0  # that a program's end waits for the model

_OPEN = Choice(most=TRIES, kills=KILLS)
_FRESH = replace(_OPEN, most=1)
_FAILED = replace(_OPEN, least=1)


class Background:
    """One worker thread, which is there only while turns wait.

    Turns of one scope are extracted in the order in which they were said, whoever does it. One
    whose extraction fails is tried three times, the last ones after all others.
    """

    def __init__(self, store: SqliteStore, intake: Intake, claims: Claims, llm: LLM) -> None:
        self._store = store
        self._claims = claims
        self._stopping = threading.Event()
        self._intake = intake.with_llm(_Stoppable(llm, self._stopping))
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_wanted = False
        self._failed_at = -RETRY_SECONDS  # seconds of the monotonic clock

    def wake(self) -> None:
        """See to it that the worker looks for turns."""
        with self._lock:
            self._is_wanted = True
            if self._thread is not None or self._stopping.is_set():
                return
            self._thread = threading.Thread(target=self._run, name="litemem-worker", daemon=True)
            atexit.register(self._leave)
            self._thread.start()

    def resume(self) -> None:
        """Wake the worker if turns wait from an earlier run."""
        if self._store.waiting_turns(_OPEN):
            self.wake()

    def flush(self, timeout: float | None) -> int:
        """Wait until every turn that is in the file is done; return how many were given up.

        Raises:
            FlushTimeoutError: it took longer than `timeout` seconds.
        """
        last = self._store.last_turn()
        end = None if timeout is None else time.monotonic() + timeout
        while waiting := self._store.waiting_turns(replace(_OPEN, last=last)):
            self.wake()
            if end is not None and time.monotonic() >= end:
                raise FlushTimeoutError(
                    f"{waiting} turns are not done after {timeout:g} seconds; they are worked on: "
                    "call flush() again, or ask event() for each"
                )
            self._claims.wait(POLL_SECONDS if end is None else _until(end))
        return self._store.waiting_turns(Choice(last=last))

    def close(self) -> None:
        """Stop after what the model is asked at this moment; what is not done stays pending."""
        self._stopping.set()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        atexit.unregister(self._leave)

    def _run(self) -> None:
        is_done = False
        try:
            while self._has_work():
                if not self._work():
                    self._claims.wait(POLL_SECONDS)
            is_done = True
        finally:
            if not is_done and not self._stopping.is_set():
                # ended by what no model should raise: it is kept with its turn, the others go on
                self._stopping.wait(RETRY_SECONDS)
                with self._lock:
                    self._forget_thread()
                self.wake()

    def _has_work(self) -> bool:
        """Tell whether to go on; the end is under the lock, so that no `wake` is missed."""
        with self._lock:
            if self._stopping.is_set():
                return False
            if self._is_wanted:
                self._is_wanted = False
                return True
            try:
                waiting = self._store.waiting_turns(_OPEN)
            except StoreError:  # whoever calls next is told
                waiting = 0
            if not waiting:
                self._forget_thread()
            return bool(waiting)

    def _forget_thread(self) -> None:
        self._thread = None
        atexit.unregister(self._leave)

    def _work(self) -> bool:
        """Extract one turn; False when none is free."""
        turn = self._take()
        if turn is None:
            return False
        try:
            self._intake.process(turn)
        except LitememError:  # kept with the turn, where event() finds it
            self._failed_at = time.monotonic()
        except _Stopped:
            pass
        return True

    def _take(self) -> Turn | None:
        with suppress(StoreError):  # busy, or the disk is full: the next look may do better
            turn = self._claims.take(_FRESH)
            if turn is not None or time.monotonic() < self._failed_at + RETRY_SECONDS:
                return turn
            return self._claims.take(_FAILED)
        return None

    def _leave(self) -> None:
        """Stop at the program's end; a thread inside llama.cpp had better not outlive it."""
        if self._store.is_forked:
            return  # thread and lock are the parent's
        self._stopping.set()
        self._claims.leave()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(EXIT_SECONDS)


class _Stopped(BaseException):
    """The worker is to stop. No Exception: it counts as no failure of the turn."""


class _Stoppable:
    """The language model, until the worker is to stop: then it answers no more."""

    def __init__(self, llm: LLM, stopping: threading.Event) -> None:
        self._llm = llm
        self._stopping = stopping

    @property
    def name(self) -> str:
        return self._llm.name

    @property
    def context_tokens(self) -> int:
        return self._llm.context_tokens

    def count_tokens(self, text: str) -> int:
        self._check()
        return self._llm.count_tokens(text)

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        self._check()
        return self._llm.generate(prompt, text, schema=schema, max_tokens=max_tokens)

    def close(self) -> None:
        """The model is closed by whoever opened it."""

    def _check(self) -> None:
        if self._stopping.is_set():
            raise _Stopped


def _until(end: float) -> float:
    return max(0.0, min(POLL_SECONDS, end - time.monotonic()))
