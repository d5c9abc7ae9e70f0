"""Threads: calls that may take long, each in a thread that no program's end waits for."""

import atexit
import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

MOST = 64  # threads at once; they wait for one model, and many more would take memory for nothing

_R = TypeVar("_R")


class Threads:
    """Runs calls beside the program, at most `MOST` at once; further ones wait in order.

    Unlike those of `concurrent.futures`, whose threads a program's end waits for however long they
    take, and for all calls that wait behind them.

    Args:
        exit_seconds: how long the program's end waits for the calls that are under way.
    """

    def __init__(self, exit_seconds: float = 0) -> None:
        self._exit_seconds = exit_seconds
        self._lock = threading.Lock()
        self._waiting: deque[_Work] = deque()
        self._running: set[threading.Thread] = set()

    def submit(self, call: Callable[[], _R]) -> "Future[_R]":
        """Run a call; the future tells what it returned or raised."""
        future: Future[_R] = Future()
        with self._lock:
            self._waiting.append(_Work(future, contextvars.copy_context(), call))
            if len(self._running) < MOST:
                self._start()
        return future

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="litemem-call", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # there are too many; one that is there takes the call
            if self._running:
                return
            self._waiting.clear()
            raise
        if not self._running:
            atexit.register(self._leave)
        self._running.add(thread)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            work.run()
            del work  # what it holds is not to outlast it while the next one is waited for

    def _next(self) -> "_Work | None":
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running.discard(threading.current_thread())
            if not self._running:
                atexit.unregister(self._leave)
            return None

    def _leave(self) -> None:
        """Begin nothing more at the program's end; no thread had better outlive it in a model."""
        with self._lock:
            self._waiting.clear()
            running = list(self._running)
        end = time.monotonic() + self._exit_seconds
        for thread in running:
            thread.join(max(0.0, end - time.monotonic()))


@dataclass(frozen=True, slots=True)
class _Work:
    """A call, what it sees of its caller's context, and who waits for it."""

    future: "Future[Any]"
    context: contextvars.Context
    call: Callable[[], Any]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        with _TellingFailure(self.future):
            self.future.set_result(self.context.run(self.call))


class _TellingFailure:
    """Hands what is raised inside to a future, which raises it where it is waited for."""

    def __init__(self, future: "Future[Any]") -> None:
        self._future = future

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return error is not None
