"""MCP as JSON-RPC messages: what a server answers, over any transport.

Every request is answered without a memory of earlier ones. A request with the version 2026-07-28 in
its `_meta` gets that era's fields; any other belongs to an era with the `initialize` handshake.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeGuard

from litemem import __version__
from litemem.errors import quoted

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSIONS = ("2026-07-28",)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002  # of the handshake eras
HEADER_MISMATCH = -32020  # over HTTP: a header says something else than the message
UNSUPPORTED_VERSION = -32022

_PREFIX = "io.modelcontextprotocol/"
_SERVER = {"name": "litemem", "title": "litemem", "version": __version__}
_CAPABILITIES: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}}
_FOREVER_MS = 3_600_000  # lists of tools and prompts are fixed while a server runs
_LIFETIMES = {  # milliseconds that a client may keep an answer, where the era has it
    "server/discover": _FOREVER_MS,
    "tools/list": _FOREVER_MS,
    "prompts/list": _FOREVER_MS,
    "resources/templates/list": _FOREVER_MS,
    "resources/list": 0,
    "resources/read": 0,
}
_HANDSHAKE_ONLY = frozenset({"initialize", "ping"})

Message = dict[str, Any]


class RpcError(Exception):
    """A request that is answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """A request that was checked: its method, parameters, and ways to follow and to stop it."""

    id: str | int
    method: str
    params: Mapping[str, Any]
    notify: Callable[[Message], None]
    stop: threading.Event = field(default_factory=threading.Event)  # ends a wait for the model

    @property
    def is_modern(self) -> bool:
        """True if the request has the version of a stateless era."""
        return f"{_PREFIX}protocolVersion" in self.meta

    @property
    def version(self) -> object:
        """The version in `_meta`, or None."""
        return self.meta.get(f"{_PREFIX}protocolVersion")

    @property
    def meta(self) -> Mapping[str, Any]:
        """The `_meta` of the parameters; empty if there is no object."""
        found = self.params.get("_meta")
        return found if isinstance(found, Mapping) else {}

    @property
    def is_quick(self) -> bool:
        """True if the answer needs neither the file nor a model."""
        return self.method not in ("tools/call", "resources/list", "resources/read", "prompts/get")

    def progress(self, done: float, message: str) -> None:
        """Report progress, if the client asked for it."""
        token = self.meta.get("progressToken")
        if isinstance(token, str | int) and not isinstance(token, bool):
            params = {"progressToken": token, "progress": done, "message": message}
            method = "notifications/progress"
            self.notify({"jsonrpc": "2.0", "method": method, "params": params})


class Features(Protocol):
    """What a server offers; each method returns the fields of a result."""

    instructions: str

    def list_tools(self) -> list[Message]:
        """Return the descriptions of the tools."""

    def call_tool(self, name: str, arguments: Mapping[str, Any], request: Request) -> Message:
        """Return the result of a tool; raises RpcError if there is no such tool."""

    def list_resources(self) -> list[Message]:
        """Return the resources that are known."""

    def list_templates(self) -> list[Message]:
        """Return the templates of addresses of resources."""

    def read_resource(self, uri: str) -> list[Message] | None:
        """Return the contents of a resource, or None if there is no such resource."""

    def list_prompts(self) -> list[Message]:
        """Return the descriptions of the prompts."""

    def get_prompt(self, name: str, arguments: Mapping[str, Any]) -> Message:
        """Return a prompt; raises RpcError if there is no such prompt."""


def decode(text: bytes) -> Message:
    """Return the message in a line.

    Raises:
        RpcError: it is not one JSON object.
    """
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RpcError(PARSE_ERROR, f"the message is not JSON: {reason}") from error
    if isinstance(found, list):
        raise RpcError(INVALID_REQUEST, "batches are not supported: send one message at a time")
    if not isinstance(found, dict):
        raise RpcError(INVALID_REQUEST, f"a message must be a JSON object, got {quoted(found)}")
    return found


def encode(message: Message) -> bytes:
    """Return a message as one line of ASCII, so that half a surrogate pair cannot break it."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def error_of(request_id: str | int | None, error: RpcError) -> Message:
    """Return the message that answers a request with an error."""
    shown: Message = {"code": error.code, "message": str(error)}
    if error.data is not None:
        shown["data"] = error.data
    return {"jsonrpc": "2.0", "id": request_id, "error": shown}


def refusal_of(message: Message, error: RpcError) -> Message:
    """Return the error that answers a message, which need not be a request."""
    request_id = message.get("id")
    return error_of(request_id if is_id(request_id) else None, error)


def failure_of(request: Request) -> Message:
    """Return the answer to a request that an exception ended which nothing foresaw."""
    failed = RpcError(INTERNAL_ERROR, "litemem failed; standard error has the reason")
    return error_of(request.id, failed)


def request_of(message: Message, notify: Callable[[Message], None]) -> Request | None:
    """Return the request in a message; None for a notification, or the answer to a request.

    Raises:
        RpcError: the message is not JSON-RPC 2.0.
    """
    method = message.get("method")
    if method is None and ("result" in message or "error" in message):
        return None
    if message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'a message must have "jsonrpc": "2.0"')
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, f"method must be text, got {quoted(method)}")
    if "id" not in message:
        return None
    request_id, params = message["id"], message.get("params")
    if not is_id(request_id):
        raise RpcError(INVALID_REQUEST, f"id must be text or an integer, got {quoted(request_id)}")
    if not isinstance(params, Mapping | None):
        raise RpcError(INVALID_REQUEST, f"params must be an object, got {quoted(params)}")
    return Request(id=request_id, method=method, params=params or {}, notify=notify)


def is_id(value: object) -> TypeGuard[str | int]:
    """Return True if a value can be the id of a request."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def answer(features: Features, request: Request) -> Message:
    """Return the message that answers a request: a result, or an error."""
    try:
        if request.is_modern:
            _check_envelope(request)
        result = _result(features, request)
    except RpcError as error:
        return error_of(request.id, error)
    if request.is_modern:
        result |= {"resultType": "complete", "_meta": {f"{_PREFIX}serverInfo": _SERVER}}
        if request.method in _LIFETIMES:
            result |= {"ttlMs": _LIFETIMES[request.method], "cacheScope": "private"}
    return {"jsonrpc": "2.0", "id": request.id, "result": result}


def _check_envelope(request: Request) -> None:
    """Check what the stateless era requires of each request."""
    version = request.meta[f"{_PREFIX}protocolVersion"]
    if f"{_PREFIX}clientCapabilities" not in request.meta:
        raise RpcError(INVALID_PARAMS, f"_meta must have {_PREFIX}clientCapabilities")
    if not isinstance(version, str):
        raise RpcError(
            INVALID_PARAMS, f"{_PREFIX}protocolVersion must be text, got {quoted(version)}"
        )
    if version not in MODERN_VERSIONS:
        data = {"supported": [*HANDSHAKE_VERSIONS, *MODERN_VERSIONS], "requested": version}
        raise RpcError(UNSUPPORTED_VERSION, f"the version {quoted(version)} is not supported", data)
    if request.method in _HANDSHAKE_ONLY:
        _refuse_method(request.method)


def _result(features: Features, request: Request) -> Message:
    params = request.params
    match request.method:
        case "initialize":
            return _initialized(features, params)
        case "server/discover":
            return _discovered(features)
        case "ping":
            return {}
        case "tools/call":
            name = _text(params, "name")
            return features.call_tool(name, _object(params, "arguments"), request)
        case "resources/read":
            return _contents(features, request)
        case "prompts/get":
            return features.get_prompt(_text(params, "name"), _object(params, "arguments"))
        case method:
            return _list(features, method)


def _list(features: Features, method: str) -> Message:
    match method:
        case "tools/list":
            return {"tools": features.list_tools()}
        case "resources/list":
            return {"resources": features.list_resources()}
        case "resources/templates/list":
            return {"resourceTemplates": features.list_templates()}
        case "prompts/list":
            return {"prompts": features.list_prompts()}
        case _:
            return _refuse_method(method)


def _refuse_method(method: str) -> NoReturn:
    raise RpcError(METHOD_NOT_FOUND, f"the method {quoted(method)} does not exist")


def _initialized(features: Features, params: Mapping[str, Any]) -> Message:
    """Return the answer to the handshake: the client's version, or the newest that has one."""
    wanted = params.get("protocolVersion")
    known = isinstance(wanted, str) and wanted in HANDSHAKE_VERSIONS
    return {
        "protocolVersion": wanted if known else HANDSHAKE_VERSIONS[-1],
        "capabilities": _CAPABILITIES,
        "serverInfo": _SERVER,
        "instructions": features.instructions,
    }


def _discovered(features: Features) -> Message:
    return {
        "supportedVersions": [*HANDSHAKE_VERSIONS, *MODERN_VERSIONS],
        "capabilities": _CAPABILITIES,
        "instructions": features.instructions,
    }


def _contents(features: Features, request: Request) -> Message:
    uri = _text(request.params, "uri")
    contents = features.read_resource(uri)
    if contents is None:
        code = INVALID_PARAMS if request.is_modern else RESOURCE_NOT_FOUND
        raise RpcError(code, f"the resource {quoted(uri)} does not exist", {"uri": uri})
    return {"contents": contents}


def _text(params: Mapping[str, Any], key: str) -> str:
    value = params.get(key)
    if not isinstance(value, str):
        raise RpcError(INVALID_PARAMS, f"{key} must be text, got {quoted(value)}")
    return value


def _object(params: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = params.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RpcError(INVALID_PARAMS, f"{key} must be an object, got {quoted(value)}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")
