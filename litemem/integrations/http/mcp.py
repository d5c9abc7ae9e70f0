"""MCP over streamable HTTP, at `/mcp`: one message a request, no sessions.

A request that asks for progress is answered with a stream of events, any other with JSON. The
defaults of a client are in the address: `/mcp?user_id=ana&app_id=shop&tools=core&read_only=1`.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from litemem.core.config import default_user
from litemem.errors import quoted
from litemem.integrations.http.hosted import SharedClient, json_response
from litemem.integrations.mcp.protocol import (
    HANDSHAKE_VERSIONS,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MODERN_VERSIONS,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    Message,
    Request,
    RpcError,
    answer,
    decode,
    encode,
    failure_of,
    refusal_of,
    request_of,
)
from litemem.integrations.mcp.server import CHOICES, MemoryServer, choose_tools
from litemem.integrations.mcp.tools import Defaults

_STATUSES = {
    **dict.fromkeys((PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS), 400),
    **dict.fromkeys((HEADER_MISMATCH, UNSUPPORTED_VERSION), 400),
    METHOD_NOT_FOUND: 404,
}
_NAMES = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_ENCODED = ("=?base64?", "?=")  # around a header that is not plain ASCII


class McpEndpoint:
    """Answers requests to `/mcp`.

    Args:
        client: what all calls share.
        read_only: if true, no tool that writes is offered, even if the address asks for it.
    """

    def __init__(self, client: SharedClient, *, read_only: bool = False) -> None:
        self._client = client
        self._read_only = read_only
        self._running: set[Request] = set()

    def stop(self) -> None:
        """Let calls that wait for the model return the state of their turn."""
        for request in self._running:
            request.stop.set()

    async def handle(self, http: HttpRequest) -> Response:
        """Answer a message; a notification is only accepted."""
        if http.method != "POST":
            return Response(status_code=405, headers={"allow": "POST"})
        message: Message = {}
        sent: asyncio.Queue[Message] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def notify(message: Message) -> None:
            loop.call_soon_threadsafe(sent.put_nowait, message)

        try:
            message = decode(await http.body())
            request = request_of(message, notify)
            if request is None:
                return Response(status_code=202)
            _check_headers(request, http.headers)
            server = self._server(http.query_params)
        except RpcError as error:
            return json_response(refusal_of(message, error), _STATUSES[error.code])
        if "progressToken" in request.meta and "text/event-stream" in http.headers.get(
            "accept", ""
        ):
            events = self._events(server, request, http, sent)
            return StreamingResponse(events, media_type="text/event-stream")
        async with self._followed(request, http):
            answered = await _in_thread(server, request)
        code = answered.get("error", {}).get("code")
        return json_response(answered, _STATUSES.get(code, 200) if request.is_modern else 200)

    def _server(self, query: Mapping[str, str]) -> MemoryServer:
        """Return the features for the defaults in an address.

        Raises:
            RpcError: one of them is wrong.
        """
        tools = query.get("tools", "all")
        if tools not in CHOICES:
            problem = f"tools must be {' or '.join(CHOICES)}, got {quoted(tools)}"
            raise RpcError(INVALID_PARAMS, problem)
        read_only = self._read_only or query.get("read_only", "0") not in ("0", "false")
        return MemoryServer(
            lambda: self._client.opened().sync,
            tools=choose_tools(tools, read_only=read_only),
            defaults=Defaults(
                user_id=query.get("user_id", default_user()), app_id=query.get("app_id")
            ),
        )

    async def _events(
        self,
        server: MemoryServer,
        request: Request,
        http: HttpRequest,
        sent: asyncio.Queue[Message],
    ) -> AsyncIterator[bytes]:
        """Yield the notifications of a call, and its answer."""
        async with self._followed(request, http):
            answering = asyncio.create_task(_in_thread(server, request))
            answering.add_done_callback(lambda done: sent.put_nowait(_result(done, request)))
            while True:
                message = await sent.get()
                yield b"event: message\ndata: " + encode(message) + b"\n"
                if "method" not in message:
                    return

    @asynccontextmanager
    async def _followed(self, request: Request, http: HttpRequest) -> AsyncIterator[None]:
        """Stop a call when its client goes away, or when the server stops."""
        self._running.add(request)
        watch = asyncio.create_task(_until_gone(request, http))
        try:
            yield
        finally:
            self._running.discard(request)
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch


async def _in_thread(server: MemoryServer, request: Request) -> Message:
    if request.is_quick:
        return answer(server, request)
    return await asyncio.to_thread(answer, server, request)


def _result(done: "asyncio.Task[Message]", request: Request) -> Message:
    """Return the answer, or an error for an exception that nothing foresaw."""
    if done.cancelled() or done.exception() is not None:
        return failure_of(request)
    return done.result()


async def _until_gone(request: Request, http: HttpRequest) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass
    request.stop.set()


def _check_headers(request: Request, headers: Mapping[str, str]) -> None:
    """Check that the headers say what the message says.

    Raises:
        RpcError: they differ, or name a version that is not supported.
    """
    version = headers.get("mcp-protocol-version")
    if not request.is_modern:
        if version in MODERN_VERSIONS:
            raise RpcError(INVALID_PARAMS, f"the version {version} needs its fields in _meta")
        if version is not None and version not in HANDSHAKE_VERSIONS:
            data = {"supported": [*HANDSHAKE_VERSIONS, *MODERN_VERSIONS], "requested": version}
            problem = f"the version {quoted(version)} is not supported"
            raise RpcError(UNSUPPORTED_VERSION, problem, data)
        return
    said = {"MCP-Protocol-Version": request.version, "Mcp-Method": request.method}
    key = _NAMES.get(request.method)
    if key is not None and request.params.get(key) is not None:
        said["Mcp-Name"] = request.params[key]
    for name, expected in said.items():
        given = _decoded(headers.get(name.lower()))
        if given != expected:
            problem = f"the header {name} must be {quoted(expected)}, got {quoted(given)}"
            raise RpcError(HEADER_MISMATCH, problem)


def _decoded(header: str | None) -> str | None:
    """Return a header, which may have its text in base64."""
    start, end = _ENCODED
    if header is None or not (header.startswith(start) and header.endswith(end)):
        return header
    try:
        return base64.b64decode(header[len(start) : -len(end)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return header
