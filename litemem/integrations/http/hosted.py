"""The HTTP API of Mem0's hosted service: each route is a call of `MemoryClient`."""

import ast
import asyncio
import inspect
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from litemem.aio import AsyncMemoryClient
from litemem.client import MemoryClient, Project
from litemem.client.arguments import PAGE_SIZE, page_links
from litemem.core.arguments import check_positive
from litemem.core.scope import ID_KEYS
from litemem.errors import (
    HostedOnlyError,
    LitememError,
    MemoryNotFoundError,
    ModelFileError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    ValidationError,
    quoted,
)

# The status of an error; the first class that fits decides.
STATUSES: tuple[tuple[type[LitememError], int], ...] = (
    (MemoryNotFoundError, 404),
    (ValidationError, 400),
    (HostedOnlyError, 501),
    (StoreBusyError, 503),
    (StoreFullError, 507),
    (StoreReadOnlyError, 403),
    (StoreError, 500),
    (ModelFileError, 503),
)
LOCAL = "local"  # the organization and the project; there is one of each
MAX_LITERAL = 10_000  # characters of a filter in an address

_PROJECTS = "/api/v1/orgs/organizations/{org}/projects/"
_PROJECT = f"{_PROJECTS}{{project}}/"
_SENT_ALONG = frozenset({"org_id", "project_id", "source"})  # account, and program that calls
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was read: the parts of its address, and its body."""

    client: AsyncMemoryClient
    path: Mapping[str, str]
    query: QueryParams
    body: dict[str, Any]


Handler = Callable[[Call], Awaitable[Any]]


class SharedClient:
    """The client of all requests, opened when the first of them needs it, or again if that failed.

    Args:
        open_client: opens the file.
    """

    def __init__(self, open_client: Callable[[], AsyncMemoryClient]) -> None:
        self._open = open_client
        self._lock = threading.Lock()
        self._client: AsyncMemoryClient | None = None

    def opened(self) -> AsyncMemoryClient:
        """Return the client; opening the file blocks the thread.

        Raises:
            LitememError: the file cannot be opened.
        """
        with self._lock:
            if self._client is None:
                self._client = self._open()
            return self._client

    async def get(self) -> AsyncMemoryClient:
        """Return the client without blocking the other requests."""
        client = self._client
        return await asyncio.to_thread(self.opened) if client is None else client

    def warm_up(self) -> None:
        """Load the embedder in a thread, so that the first call need not wait.

        If that fails, the first call reports why.
        """

        def load() -> None:
            with suppress(LitememError):
                self.opened().sync.memory.embedder.embed_query("warm")

        threading.Thread(target=load, name="litemem-warm-up", daemon=True).start()

    def close(self) -> None:
        """Close the file; unfinished turns stay pending in it."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None


def routes(client: SharedClient) -> Iterator[Route]:
    """Yield the routes."""
    for method, path, handler in _TABLE:
        yield Route(path, _endpoint(handler, client), methods=[method])


def status_of(error: LitememError) -> int:
    """Return the status of the answer to a call that raised an error."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def json_response(value: object, status: int = 200) -> Response:
    """Return a response in ASCII, so that half a surrogate pair cannot break it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type="application/json")


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object.

    Raises:
        ValidationError: it is another text.
    """
    if not body.strip():
        return {}
    try:
        found = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"the body must be a JSON object: {error}") from error
    if not isinstance(found, dict):
        raise ValidationError(f"the body must be a JSON object, got {quoted(found)}")
    return found


def _endpoint(handler: Handler, client: SharedClient) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = read_object(await request.body())
        call = Call(await client.get(), request.path_params, request.query_params, body)
        return json_response(await handler(call))

    return endpoint


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


async def _ping(_: Call) -> Any:
    return {"status": "ok", "org_id": LOCAL, "project_id": LOCAL, "user_email": None}


async def _add(call: Call) -> Any:
    return await call.client.add(**_arguments("add", call.body))


async def _search(call: Call) -> Any:
    return await call.client.search(**_arguments("search", call.body))


async def _get_all(call: Call) -> Any:
    pages = {key: _number(call.query, key) for key in ("page", "page_size") if key in call.query}
    return await call.client.get_all(**_arguments("get_all", call.body | pages))


async def _get(call: Call) -> Any:
    found = await call.client.get(call.path["memory_id"])
    if found is None:
        raise MemoryNotFoundError(f"no memory has the id {quoted(call.path['memory_id'])}")
    return found


async def _update(call: Call) -> Any:
    # a null is meant: it removes the date of expiry
    given = _arguments("update", call.body | dict(call.path), nulls={"expiration_date"})
    return await call.client.update(**given)


async def _delete(call: Call) -> Any:
    linked = _flag(call.query, "delete_linked")
    return await call.client.delete(call.path["memory_id"], delete_linked=linked)


async def _history(call: Call) -> Any:
    return await call.client.history(call.path["memory_id"])


async def _delete_all(call: Call) -> Any:
    for key in call.query:
        if len(call.query.getlist(key)) > 1:  # one of the values would decide what is deleted
            raise ValidationError(f"{quoted(key)} is given more than once")
    given: dict[str, Any] = dict(call.query) | call.body
    if isinstance(filters := given.get("filters"), str):
        given["filters"] = _literal(filters)
    return await call.client.delete_all(**_arguments("delete_all", given))


async def _users(call: Call) -> Any:
    found = await call.client.users()
    if "page" not in call.query and "page_size" not in call.query:
        return found
    page = check_positive(_number(call.query, "page", 1), "page")
    size = check_positive(_number(call.query, "page_size", PAGE_SIZE), "page_size")
    shown = found["results"][(page - 1) * size : page * size]
    return found | {"results": shown, **page_links(page, size, found["count"])}


async def _delete_entity(call: Call) -> Any:
    kind = f"{call.path['kind']}_id"
    if kind not in ID_KEYS:
        raise ValidationError(
            f"the type of an entity must be user, agent, app or run, got {quoted(kind[:-3])}"
        )
    return await call.client.delete_users(**{kind: call.path["name"]})


async def _batch_update(call: Call) -> Any:
    return await call.client.batch_update(**_arguments("batch_update", call.body))


async def _batch_delete(call: Call) -> Any:
    return await call.client.batch_delete(**_arguments("batch_delete", call.body))


async def _create_export(call: Call) -> Any:
    given = _arguments("create_memory_export", call.body)
    return await call.client.create_memory_export(**given)


async def _get_export(call: Call) -> Any:
    return await call.client.get_memory_export(**_arguments("get_memory_export", call.body))


async def _summary(call: Call) -> Any:
    return await call.client.get_summary(**_arguments("get_summary", call.body))


async def _feedback(call: Call) -> Any:
    return await call.client.feedback(**_arguments("feedback", call.body))


async def _event(call: Call) -> Any:
    found = await call.client.event(call.path["event_id"])
    if found is None:
        raise MemoryNotFoundError(f"no add has the event_id {quoted(call.path['event_id'])}")
    return found


async def _get_project(call: Call) -> Any:
    return await call.client.project.get(call.query.getlist("fields") or None)


async def _update_project(call: Call) -> Any:
    return await call.client.project.update(**_arguments("update", call.body, of=Project))


async def _hosted_only(_: Call) -> NoReturn:
    raise HostedOnlyError("this exists in Mem0's hosted service only")


# Ids in an address may have a slash, as the folder of a project does.
_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v1/ping/", _ping),
    ("POST", "/v3/memories/add/", _add),
    ("POST", "/v3/memories/search/", _search),
    ("POST", "/v3/memories/", _get_all),
    ("POST", "/v1/memories/", _add),  # this and the two below: mem0ai 1
    ("POST", "/v2/memories/search/", _search),
    ("POST", "/v2/memories/", _get_all),
    ("GET", "/v1/memories/{memory_id:path}/history/", _history),
    ("GET", "/v1/memories/{memory_id:path}/", _get),
    ("PUT", "/v1/memories/{memory_id:path}/", _update),
    ("DELETE", "/v1/memories/", _delete_all),
    ("DELETE", "/v1/memories/{memory_id:path}/", _delete),
    ("GET", "/v1/entities/", _users),
    ("DELETE", "/v1/entities/{kind}/{name:path}/", _delete_entity),
    ("DELETE", "/v2/entities/{kind}/{name:path}/", _delete_entity),
    ("PUT", "/v1/batch/", _batch_update),
    ("DELETE", "/v1/batch/", _batch_delete),
    ("POST", "/v1/exports/", _create_export),
    ("POST", "/v1/exports/get/", _get_export),
    ("POST", "/v1/summary/", _summary),
    ("POST", "/v1/feedback/", _feedback),
    ("GET", "/v1/event/{event_id}/", _event),
    ("GET", _PROJECT, _get_project),
    ("PATCH", _PROJECT, _update_project),
    ("POST", _PROJECTS, _hosted_only),
    ("DELETE", _PROJECT, _hosted_only),
    *((method, f"{_PROJECT}members/", _hosted_only) for method in ("GET", "POST", "PUT", "DELETE")),
    *((method, "/api/v1/webhooks/{rest:path}", _hosted_only) for method in ("GET", "POST", "PUT")),
    ("DELETE", "/api/v1/webhooks/{rest:path}", _hosted_only),
    ("GET", "/v2/entities/user/{name:path}/profile/", _hosted_only),
    *((method, "/v2/profiles/{rest:path}", _hosted_only) for method in ("GET", "POST")),
)


def _arguments(
    name: str,
    given: Mapping[str, Any],
    *,
    of: type = MemoryClient,
    nulls: frozenset[str] | set[str] = frozenset(),
) -> dict[str, Any]:
    """Return the arguments of a method, without nulls, which clients send for what is not given.

    Raises:
        ValidationError: the method has no argument of this name, or one is missing.
    """
    known, required = _parameters(of, name)
    for key in given:
        if key not in known and key not in _SENT_ALONG:
            raise ValidationError(f"{name} has no argument {quoted(key)}: give {', '.join(known)}")
    found = {
        key: value
        for key, value in given.items()
        if key in known and (value is not None or key in nulls)
    }
    for key in required:
        if key not in found:
            raise ValidationError(f"{name} needs {key}: give {', '.join(known)}")
    return found


@cache
def _parameters(of: type, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a method's arguments, and those without a default."""
    found = [
        each
        for each in inspect.signature(getattr(of, name)).parameters.values()
        if each.name not in {"self", *_SENT_ALONG}
    ]
    required = tuple(each.name for each in found if each.default is inspect.Parameter.empty)
    return tuple(each.name for each in found), required


def _number(query: QueryParams, key: str, default: int = 0) -> int:
    text = query.get(key, str(default))
    try:
        return int(text)
    except ValueError as error:
        raise ValidationError(f"{key} must be a number, got {quoted(text)}") from error


def _flag(query: QueryParams, key: str) -> bool:
    text = query.get(key, "false")
    if text.lower() not in _FLAGS:
        raise ValidationError(f"{key} must be true or false, got {quoted(text)}")
    return _FLAGS[text.lower()]


def _literal(text: str) -> Any:
    """Return a filter in an address, as JSON or as the Python client writes it.

    Raises:
        ValidationError: it is neither; it must not count as no filter, which deletes more.
    """
    wrong = ValidationError(f"filters must be a JSON object, got {quoted(text)}")
    if len(text) > MAX_LITERAL:
        raise wrong
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        if isinstance(found, dict):
            return found
    raise wrong
