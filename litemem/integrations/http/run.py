"""Listen on a port of this machine, until a signal ends the server."""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from litemem.errors import StoreError
from litemem.integrations.http.app import Server
from litemem.integrations.http.discovery import HOST, Announcement, announce, withdraw
from litemem.integrations.http.guard import ADMITTED

HEADER_SECONDS = 10.0  # for the headers of a request, which a program sends at once
STOP_SECONDS = 30  # that running calls have to end
MAX_CONNECTIONS = 256  # at once; of more, the oldest that sent no token ends


def listen(port: int) -> socket.socket:
    """Return a socket that is bound to a port of the loopback interface; 0 stands for any.

    Raises:
        StoreError: another program has the port, or it may not be used.
    """
    # asyncio sends small packets at once only if the protocol is named: else an answer takes 40 ms
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere two programs could then have the port
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(128)
    except OSError as error:
        made.close()
        why = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            why = "another program uses it, perhaps another `litemem serve`"
        raise StoreError(f"the port {port} cannot be used: {why}; give another --port") from error
    made.setblocking(False)
    return made


def serve(
    server: Server,
    listening: socket.socket,
    *,
    database: Path,
    announcement: Announcement | None,
    started: Callable[[], None],
) -> None:
    """Answer requests until SIGINT or SIGTERM, then end the running calls and close the file.

    Args:
        announcement: what other programs find, or None to be found by none.
        started: called when requests are answered.
    """
    config = uvicorn.Config(
        server.app,
        http=_PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=2 * MAX_CONNECTIONS,  # those that are being ended count for a moment
    )
    web = _WebServer(config, server, started)
    try:
        if announcement is not None:
            announce(database, announcement)
        web.run(sockets=[listening])
    finally:
        if announcement is not None:
            withdraw(database, announcement)
        server.close()


class _WebServer(uvicorn.Server):
    """uvicorn's server; a signal ends it without ending the process."""

    def __init__(self, config: uvicorn.Config, server: Server, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._server = server
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._server.stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals; uvicorn would raise them again before the file is closed."""
        names = ("SIGINT", "SIGTERM", "SIGBREAK" if sys.platform == "win32" else "SIGTERM")
        numbers = {getattr(signal, name) for name in names}
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _PatientProtocol(H11Protocol):
    """A connection that ends if the headers of a request do not come.

    Other users of this machine can open connections, but have no token. So they cannot take all
    of them: a new connection ends the oldest one without the token in its last request.
    """

    _limit: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._since = self.loop.time()
        self._start_limit()
        if len(self.connections) >= MAX_CONNECTIONS:
            self._end_oldest()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering():
            self._stop_limit()
        elif self._limit is None and not self.transport.is_closing():
            self._start_limit()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_limit()
        super().connection_lost(exc)

    def _end_oldest(self) -> None:
        """End the oldest of the other connections that sent no token, if there is one."""
        others = [
            each
            for each in self.connections
            if isinstance(each, _PatientProtocol) and each is not self and not each._is_admitted()
        ]
        if others:
            min(others, key=lambda each: each._since).transport.abort()

    def _is_admitted(self) -> bool:
        return self.transport.is_closing() or bool(self.scope and self.scope.get(ADMITTED))

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_limit(self) -> None:
        self._limit = self.loop.call_later(HEADER_SECONDS, self._end)

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _end(self) -> None:
        self._limit = None
        if not self._is_answering():
            self.transport.close()
