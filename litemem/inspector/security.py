"""Who may use pages that one process on this machine serves: an ASGI middleware.

A page on this machine is within reach of every other page in the same browser, and of other users
of the machine. So a request needs a secret, and comes from a page of this server:

- The first address has the token. It is exchanged for a cookie that scripts cannot read and that
  other sites do not send, and leaves the address.
- `Host` is a name of this machine, so a foreign name that leads here (DNS rebinding) is refused.
- A change is a POST from a page of the same origin, with the form's own token.
- What is answered may load scripts, styles and data from here alone, and no frame may show it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_BODY = 8_000_000  # bytes; a text of a megabyte takes three in a form
SAFE = ("GET", "HEAD")
CSRF = "csrf"  # the field of a form
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),  # with "no-referrer" a form has the origin "null"
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_NO_STORE = (b"cache-control", b"no-store")
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>litemem</title>
<meta name="viewport" content="width=device-width">
<h1>{}</h1>
<p>{}</p>
"""


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """The request is answered with this status."""

    def __init__(self, status: int, title: str, advice: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.advice = advice


class BrowserGuard:
    """Admits requests that have the token, or the cookie that it was exchanged for.

    Args:
        app: the application that gets the admitted requests. Its scope has the form's token as
            `litemem.csrf`, and a form that was read as `litemem.form`, a list of pairs.
        token: the secret of the first address; the cookie and the form's token depend on it, so a
            server that keeps its token keeps its sessions.
        hosts: names of this machine that `Host` may have, without a port.
        advice: what a browser without the cookie shows.
        max_body: bytes of a form.
    """

    def __init__(
        self,
        app: App,
        *,
        token: str,
        hosts: Collection[str] = LOOPBACK,
        advice: str = "Open the address that the command printed: it has the token.",
        max_body: int = MAX_BODY,
    ) -> None:
        self._app = app
        self._token = token
        self._hosts = frozenset(host.lower() for host in hosts)
        self._advice = advice
        self._max_body = max_body
        self._session = _derived(token, "session")
        self.csrf = _derived(token, "csrf")
        # a cookie is sent to every port of a host: each server has its own
        self._cookie = f"litemem_{_derived(token, 'name')[:8]}"
        self._once: str | None = None

    def token_for_once(self) -> str:
        """Return a token for one exchange; a new one replaces it.

        For the command line of a browser, which other users of the machine can read.
        """
        self._once = new_token()
        return self._once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return None
        guarded = _with_headers(send)
        try:
            headers = _read_headers(scope)
            self._check_host(scope, headers)
            if self._is_first(scope):
                return await self._exchange(scope, guarded)
            self._check_cookie(headers)
            scope["litemem.csrf"] = self.csrf
            if scope["method"] not in SAFE:
                _check_origin(headers)
                receive = await self._read_form(scope, receive, headers)
        except Refused as refused:
            return await _answer(guarded, refused)
        return await self._app(scope, receive, guarded)

    def _check_host(self, scope: Scope, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if name not in self._hosts or _count(scope, b"host") != 1:
            raise Refused(421, "Wrong host", "This server answers to names of this machine only.")

    def _is_first(self, scope: Scope) -> bool:
        """Return True for an address with the token.

        Raises:
            Refused: the address has another token.
        """
        given = [value for key, value in _query(scope) if key == "token"]
        if not given or scope["method"] not in SAFE:
            return False
        if self._once is not None and _same(given[0], self._once):
            self._once = None
        elif not _same(given[0], self._token):
            raise Refused(403, "Wrong token", self._advice)
        return True

    async def _exchange(self, scope: Scope, send: Send) -> None:
        rest = urlencode([(key, value) for key, value in _query(scope) if key != "token"])
        path = "/" + scope["path"].lstrip("/\\")  # "//host" would lead to another one
        target = _quoted(path) + (f"?{rest}" if rest else "")
        cookie = f"{self._cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", target.encode()), (b"set-cookie", cookie.encode()), _NO_STORE]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _check_cookie(self, headers: dict[str, str]) -> None:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            found = None
        if found is None or not _same(found.value, self._session):
            raise Refused(403, "Not signed in", self._advice)

    async def _read_form(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Receive:
        """Read a form, check its token, and return what gives its bytes again."""
        if headers.get("content-type", "").split(";")[0].strip().lower() != (
            "application/x-www-form-urlencoded"
        ):
            raise Refused(415, "Not a form", "A change is sent as a form of this page.")
        body = await self._read_body(receive, headers)
        try:
            form = parse_qsl(
                body.decode(), keep_blank_values=True, max_num_fields=5_000, errors="strict"
            )
        except ValueError as error:
            raise Refused(400, "Unreadable form", "It is not UTF-8, or has too many fields.") from (
                error
            )
        if not _same(dict(form).get(CSRF, ""), self.csrf):
            raise Refused(403, "Wrong form", "Load the page again, and repeat the change.")
        scope["litemem.form"] = [(key, value) for key, value in form if key != CSRF]
        sent = False

        async def again() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        return again

    async def _read_body(self, receive: Receive, headers: dict[str, str]) -> bytes:
        too_large = Refused(413, "Too large", f"At most {self._max_body:,} bytes are read.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length[:20]) > self._max_body:
            raise too_large
        parts = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "Unfinished", "The connection was closed.")
            parts += message.get("body", b"")
            if len(parts) > self._max_body:
                raise too_large
            if not message.get("more_body"):
                return bytes(parts)


def new_token() -> str:
    """Return a secret for one run of a server."""
    return secrets.token_urlsafe(24)


def _check_origin(headers: dict[str, str]) -> None:
    """Refuse a change that a page of another origin sends.

    Every browser names the origin of a POST; what is not a browser has the cookie from elsewhere.
    """
    origin = headers.get("origin")
    try:
        is_same = origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # such as "http://["
        is_same = False
    if not is_same or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refused(403, "Wrong origin", "A change is accepted from this server's pages only.")


def _with_headers(send: Send) -> Send:
    """Return a `send` that adds the headers of every answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            added = (*_HEADERS, _NO_STORE)
            message = dict(message)
            message["headers"] = given + [each for each in added if each[0] not in names]
        await send(message)

    return sending


async def _answer(send: Send, refused: Refused) -> None:
    body = _PAGE.format(refused.title, refused.advice).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # the rest of a body is not read
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _read_headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in _raw(scope)}


def _raw(scope: Scope) -> Iterator[tuple[bytes, bytes]]:
    yield from scope["headers"]


def _count(scope: Scope, name: bytes) -> int:
    return sum(1 for key, _ in _raw(scope) if key.lower() == name)


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


def _quoted(path: str) -> str:
    return quote(path, safe="/:@!$&'()*+,;=~-._")


def _derived(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
