"""Who may send requests, and how much: an ASGI middleware around every route.

A page in any browser tab can send requests to this machine, and so can other users of it. So `Host`
and `Origin` must be names of this server, calls need its token, and no answer has a CORS header.
A body is bounded in bytes and in seconds, and is read before the call starts.
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_BODY = 8_000_000  # bytes; a batch of the longest turns that a model can read
BODY_SECONDS = 30.0  # for a whole body, which never leaves the machine
DRAIN_SECONDS = 10.0  # that a refused client may go on sending before it reads the answer
ADMITTED = "litemem.admitted"  # key of the scope of a request with the token
OPEN_PATHS = frozenset({"/healthz"})
CALLS = ("/v1/", "/v2/", "/v3/", "/api/", "/mcp", "/litemem/")  # need the token in a header


class _RefusedError(Exception):
    """The request is answered with this status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class RequestGuard:
    """Refuse requests that are not from this machine's own programs, and those that are too large.

    Args:
        app: gets the admitted requests. Pages, which are no calls, check the browser themselves.
        token: the secret of the header `Authorization: Token …` or `Bearer …`.
        port: returns the port that `Host` and `Origin` must name.
    """

    def __init__(self, app: App, *, token: str, port: Callable[[], int]) -> None:
        self._app = app
        self._token = token.encode()
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return None
        try:
            self._check(scope)
            body = await self._read(scope, receive)
        except _RefusedError as refused:
            if refused.status != 408 and _header(scope, b"expect") is None:
                await _drain(receive)
            return await _answer(send, refused)
        if body is None:  # the client has gone
            return None
        return await self._app(scope, _again(body, receive), send)

    def _check(self, scope: Scope) -> None:
        """Check the headers.

        Raises:
            _RefusedError: one of them is wrong or missing.
        """
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not self._is_ours(f"//{hosts[0].decode('latin-1')}"):
            raise _RefusedError(
                421, f"the header Host must be 127.0.0.1:{self._port()} or localhost:{self._port()}"
            )
        if scope["path"] in OPEN_PATHS or not scope["path"].startswith(CALLS):
            return
        origin = _header(scope, b"origin")
        if origin is not None and not self._is_ours(origin):
            raise _RefusedError(403, "calls from a page of another origin are refused")
        kind, _, given = (_header(scope, b"authorization") or "").partition(" ")
        is_known = hmac.compare_digest(given.strip().encode(), self._token)
        if kind.lower() not in ("token", "bearer") or not is_known:
            problem = "is wrong" if given else "is missing"
            raise _RefusedError(
                401,
                f"the token {problem}: send `Authorization: Token …`, or `api_key=`, with the text "
                "of the file that `litemem serve` names",
            )
        scope[ADMITTED] = True

    def _is_ours(self, address: str) -> bool:
        """Return True if an address has a name of this machine and the port of this server."""
        try:
            parts = urlsplit(address)
            name, port = parts.hostname, parts.port
        except ValueError:
            return False
        is_web = parts.scheme in ("", "http") and not (parts.path or parts.query or parts.username)
        return is_web and name in LOOPBACK and (port or 80) == self._port()

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the body, or None if the client has gone.

        Raises:
            _RefusedError: it is too long, or comes too slowly.
        """
        too_large = _RefusedError(413, f"a request must have at most {MAX_BODY:,} bytes")
        length = _header(scope, b"content-length") or "0"
        if int(length) > MAX_BODY:  # the server has checked that it is a number
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    body += message.get("body", b"")
                    if len(body) > MAX_BODY:
                        raise too_large
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError as error:
            problem = f"the request must arrive within {BODY_SECONDS:g} seconds"
            raise _RefusedError(408, problem) from error


def _header(scope: Scope, name: bytes) -> str | None:
    found = [value for key, value in scope["headers"] if key == name]
    return found[-1].decode("latin-1") if found else None


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read, then what follows it."""
    parts = [body]

    async def replay() -> Message:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        return await receive()

    return replay


async def _drain(receive: Receive) -> None:
    """Read and drop a body, so that its sender reads the answer instead of a reset."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
    except TimeoutError:
        return


async def _answer(send: Send, refused: _RefusedError) -> None:
    body = json.dumps({"detail": str(refused)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if refused.status == 401:
        headers.append((b"www-authenticate", b"Token"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
