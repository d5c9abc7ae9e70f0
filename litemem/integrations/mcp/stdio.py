"""The transport over standard input and output: one JSON message a line."""

import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, BinaryIO, Protocol

from litemem.integrations.mcp.protocol import (
    INVALID_REQUEST,
    Features,
    Message,
    Request,
    RpcError,
    answer,
    decode,
    encode,
    error_of,
    failure_of,
    is_id,
    refusal_of,
    request_of,
)

MAX_BYTES = 4_000_000  # of a message; a turn of that length would take the model hours
MAX_CALLS = 16  # at once; further requests wait in order
_STARTED = frozenset({"notifications/initialized", "server/discover"})


@contextmanager
def guarded_streams() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Lend the standard streams, and keep what libraries print or read away from them.

    While they are lent, descriptor 1 leads to standard error, and descriptor 0 reads nothing. At
    the end they stay so: a library may still print while the process ends.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    with open(incoming, "rb") as reading, open(outgoing, "wb", buffering=0) as writing:  # noqa: PTH123
        yield reading, writing


class OpenedFeatures(Features, Protocol):
    """Features over a file that is opened later."""

    def warm_up(self) -> None:
        """Open the file and load the embedder."""

    def close(self) -> None:
        """Close the file."""


class StdioServer:
    """Read messages until the client has gone, and answer them, slow ones in threads.

    Args:
        warm: load the embedder after the handshake.
    """

    def __init__(self, server: OpenedFeatures, writing: IO[bytes], *, warm: bool = True) -> None:
        self._server = server
        self._writing = writing
        self._warm = warm
        self._stream = threading.Lock()
        self._lock = threading.Lock()  # of everything below
        self._running: dict[str | int, Request] = {}
        self._cancelled: set[str | int] = set()  # those of the running requests
        self._queue: deque[Request] = deque()
        self._threads: set[threading.Thread] = set()
        self._warming: threading.Thread | None = None

    def run(self, reading: BinaryIO) -> None:
        """Answer every line; at the end of the input finish the running calls."""
        try:
            for line in _lines(reading):
                self._take(line)
        finally:
            self._finish()

    def send(self, message: Message) -> None:
        """Write a message, or nothing if the client has gone."""
        line = encode(message)
        with self._stream, suppress(OSError, ValueError):
            self._writing.write(line)

    def _take(self, line: bytes | None) -> None:
        """Answer one line; None stands for a line that was too long."""
        if line is None:
            error = RpcError(INVALID_REQUEST, f"a message must have at most {MAX_BYTES:,} bytes")
            self.send(error_of(None, error))
            return
        message: Message = {}
        try:
            message = decode(line)
            request = request_of(message, self.send)
        except RpcError as error:
            self.send(refusal_of(message, error))
            return
        if request is None:
            self._notice(message)
        elif request.is_quick:
            self.send(answer(self._server, request))
        else:
            self._start(request)
        if message.get("method") in _STARTED:
            self._warm_up()

    def _notice(self, message: Message) -> None:
        """Follow a notification: a cancelled request is not answered."""
        params = message.get("params")
        if message.get("method") == "notifications/cancelled" and isinstance(params, dict):
            request_id = params.get("requestId")
            with self._lock:
                request = self._running.get(request_id) if is_id(request_id) else None
                if request is not None:
                    self._cancelled.add(request.id)
                    request.stop.set()

    def _start(self, request: Request) -> None:
        """Hand a request to a thread, or refuse it if its id is in use."""
        with self._lock:
            is_known = request.id in self._running
            if not is_known:
                self._running[request.id] = request
                self._queue.append(request)
                if len(self._threads) < MAX_CALLS:
                    self._add_thread()
        if is_known:
            error = RpcError(INVALID_REQUEST, f"a request with the id {request.id!r} is running")
            self.send(error_of(request.id, error))

    def _add_thread(self) -> None:
        """Start a thread; the caller holds the lock."""
        thread = threading.Thread(target=self._work, daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        """Answer requests until none waits. An error that nothing foresaw ends the thread only."""
        try:
            while (request := self._next()) is not None:
                self._answer(request)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
                if self._queue and len(self._threads) < MAX_CALLS:
                    self._add_thread()

    def _next(self) -> Request | None:
        """Return the next request; if there is none, this thread ends, and is not counted."""
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            self._threads.discard(threading.current_thread())
            return None

    def _answer(self, request: Request) -> None:
        message = failure_of(request)
        try:
            if request.id not in self._cancelled:
                message = answer(self._server, request)
        finally:
            with self._lock:
                del self._running[request.id]
                is_cancelled = request.id in self._cancelled
                self._cancelled.discard(request.id)
            if not is_cancelled:
                self.send(message)

    def _warm_up(self) -> None:
        if self._warm and self._warming is None:
            self._warming = threading.Thread(target=self._server.warm_up, daemon=True)
            self._warming.start()

    def _finish(self) -> None:
        """Answer what was asked, then close the file.

        A call that waits for the model is cut short: its turn is in the file.
        """
        while True:
            with self._lock:
                threads = [*self._threads]
                for request in self._running.values():
                    request.stop.set()
            if not threads:
                break
            for thread in threads:
                thread.join()
        if self._warming is not None:
            self._warming.join()
        self._server.close()


def _lines(reading: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines that are not blank; None for one that is too long, which is not kept."""
    while line := reading.readline(MAX_BYTES + 1):
        if len(line) > MAX_BYTES and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = reading.readline(MAX_BYTES)
            yield None
        elif line.strip():
            yield line
