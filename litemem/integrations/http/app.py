"""The application: the hosted API, MCP, the hooks, the inspector and a check of health."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from litemem import __version__
from litemem.aio import AsyncMemoryClient
from litemem.errors import LitememError, ValidationError, quoted
from litemem.integrations import hook_events, hooks
from litemem.integrations.http import hosted
from litemem.integrations.http.discovery import MAX_NONCE, proof
from litemem.integrations.http.guard import (
    CALLS,
    OPEN_PATHS,
    App,
    Receive,
    RequestGuard,
    Scope,
    Send,
)
from litemem.integrations.http.hosted import SharedClient, json_response
from litemem.integrations.http.mcp import McpEndpoint
from litemem.models.indexing import index_waiting

_INSPECTOR = "litemem.inspector.app"
_NO_PAGE = "litemem serve: this installation has no inspector. docs/serve.md names the addresses.\n"


class Server:
    """The application over one file, and its end.

    Args:
        client: what all calls share.
        database: the path of the file.
        token: the secret of calls.
        port: returns the port on which the server is reached.
        read_only: if true, no tool and no page that writes is offered.
    """

    def __init__(
        self,
        client: SharedClient,
        *,
        database: Path,
        token: str,
        port: Callable[[], int],
        read_only: bool = False,
    ) -> None:
        self._client = client
        self._database = database
        self._token = token
        self._port = port
        self._read_only = read_only
        self._mcp = McpEndpoint(client, read_only=read_only)
        self._page: App | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ending = False
        self._calls = Starlette(
            routes=[
                Route("/healthz", self._health),
                Route("/mcp", self._mcp.handle, methods=["POST", "GET", "DELETE"]),
                Route("/litemem/hook/{event}", self._hook, methods=["POST"]),
                *hosted.routes(client),
            ],
            exception_handlers={
                LitememError: _failed,
                HTTPException: _missing,
                Exception: _crashed,
            },
        )
        self.app = RequestGuard(self._serve, token=token, port=port)

    def stop(self) -> None:
        """Let the calls that wait for the model answer: their turns are in the file.

        The streams of open pages end.
        """
        self._is_ending = True
        self._mcp.stop()

    def close(self) -> None:
        """Close the file."""
        self._client.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the calls, or to the pages."""
        path = scope.get("path", "")
        is_call = path in OPEN_PATHS or path.startswith(CALLS)
        await (self._calls if is_call else self._pages)(scope, receive, send)

    async def _health(self, request: Request) -> Response:
        """Say whether the file can be used, and prove to a program that this is its server."""
        nonce = request.query_params.get("nonce", "")
        shown: dict[str, Any] = {"status": "ok", "version": __version__}
        if nonce:
            shown["proof"] = proof(
                self._token, nonce[:MAX_NONCE], str(self._database), self._port()
            )
        try:
            await self._client.get()
        except LitememError:  # its text names files, and this address needs no token
            shown["status"] = "the file cannot be opened; any call says why"
        return json_response(shown, 200 if shown["status"] == "ok" else 503)

    async def _hook(self, request: Request) -> Response:
        """Answer a hook of a coding agent as `litemem hook` does, with the embedder in memory."""
        event = request.path_params["event"]
        if event not in hook_events.EVENTS:
            raise ValidationError(
                f"a hook is one of {', '.join(hook_events.EVENTS)}, got {quoted(event)}"
            )
        given = hosted.read_object(await request.body())
        user, budget = given.get("user"), given.get("budget", hook_events.BUDGET)
        if not isinstance(user, str) or not isinstance(budget, int):
            raise ValidationError("a hook needs user, budget and input")
        read = hook_events.input_of(given.get("input"), {})
        client = await self._client.get()
        memory = client.sync.memory
        if event in ("stop", "pre-compact"):
            memory.store.check_writable()
            try:
                number = await asyncio.to_thread(hooks.remember, self._database, user, read)
            except OSError as error:
                raise ValidationError(f"the transcript cannot be read: {error}") from error
            if number:
                task = asyncio.create_task(_learn(client))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            return json_response({"stored": number})
        choose = hooks.session_context if event == "session-start" else hooks.prompt_context
        found = await asyncio.to_thread(
            choose, self._database, user, read, budget=budget, memory=memory
        )
        if found.text and not self._read_only:
            note = (self._database, user, read, event, found.ids)
            await asyncio.to_thread(hooks.note_shown, *note)
        return json_response({"output": hook_events.answer(event, found.text)})

    async def _pages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page of the inspector, if it is installed."""
        answer: App = PlainTextResponse(_NO_PAGE, 404)
        with suppress(ModuleNotFoundError):
            made = import_module(_INSPECTOR).app
            try:
                memory = (await self._client.get()).sync.memory
                if self._page is None:
                    self._page = made(
                        memory,
                        token=self._token,
                        read_only=self._read_only,
                        is_ending=lambda: self._is_ending,
                    )
                answer = self._page
            except LitememError as error:
                answer = PlainTextResponse(f"{error}\n", 503)
        await answer(scope, receive, send)


async def _learn(client: AsyncMemoryClient) -> None:
    """Index what a hook has stored, then let the worker extract its facts.

    What fails or is cut short is done by the next one, or by `litemem pending`.
    """
    memory = client.sync.memory
    with suppress(LitememError):
        while await asyncio.to_thread(index_waiting, memory.store, memory.embedder, hooks.INDEXED):
            pass
        await client.flush(0)  # wakes the worker; raises since it does not wait


async def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, LitememError)
    return json_response({"detail": str(error)}, hosted.status_of(error))


async def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}: {error.detail}"
    response = json_response({"detail": detail}, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _crashed(_: Request, __: Exception) -> Response:
    """Answer after an error that nothing foresaw; the server writes it to standard error."""
    return json_response({"detail": "litemem failed; standard error has the reason"}, 500)
