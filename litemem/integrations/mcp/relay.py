"""A server over standard input and output that goes through `litemem serve` while one runs.

So the embedder and the language model are in memory once, however many agents there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from litemem.integrations.mcp.protocol import (
    INTERNAL_ERROR,
    RESOURCE_NOT_FOUND,
    Request,
    RpcError,
    encode,
)
from litemem.integrations.mcp.tools import POLL_SECONDS, slim

if TYPE_CHECKING:
    from litemem.integrations.http.discovery import Running
    from litemem.integrations.mcp.server import MemoryServer

Result = dict[str, Any]

_ENDED = "litemem serve ended during this call, which may have taken effect: look before you repeat"
_OPEN = ("PENDING", "RUNNING")


class RelayServer:
    """The features of a `MemoryServer`, answered by a running server, or without one by `local`.

    Args:
        local: opens the file only if no server runs.
        find: returns the server that is announced for the file, or None.
        address: the path of its MCP endpoint, with the defaults of this client.
    """

    def __init__(
        self, local: MemoryServer, *, find: Callable[[], Running | None], address: str
    ) -> None:
        self._local = local
        self._find = find
        self._address = address
        self.instructions = local.instructions
        self.list_tools = local.list_tools
        self.list_templates = local.list_templates
        self.list_prompts = local.list_prompts
        self.close = local.close

    def warm_up(self) -> None:
        """Load the embedder, unless a server has it."""
        running = self._find()
        if running is None or not running.is_there():
            self._local.warm_up()

    def call_tool(self, name: str, arguments: Mapping[str, Any], request: Request) -> Result:
        """Return the result of a tool.

        Raises:
            RpcError: there is no such tool.
        """
        running = self._find()
        if running is None:
            return self._local.call_tool(name, arguments, request)
        if name == "add_memory" and arguments.get("wait") is True:
            return self._added(arguments, request)
        reads = {each["name"]: each["annotations"]["readOnlyHint"] for each in self.list_tools()}
        return self._ask(
            "tools/call",
            {"name": name, "arguments": arguments},
            lambda: self._local.call_tool(name, arguments, request),
            lost=None if reads.get(name, True) else _refused(_ENDED),
        )

    def list_resources(self) -> list[Result]:
        """Return the resources."""
        alone = self._local.list_resources
        found: list[Result] = self._ask("resources/list", {}, lambda: {"resources": alone()})[
            "resources"
        ]
        return found

    def read_resource(self, uri: str) -> list[Result] | None:
        """Return the contents of a resource, or None."""

        def alone() -> Result:
            return {"contents": self._local.read_resource(uri)}

        try:
            found: list[Result] | None = self._ask("resources/read", {"uri": uri}, alone)[
                "contents"
            ]
        except RpcError as error:
            if error.code == RESOURCE_NOT_FOUND:
                return None
            raise
        return found

    def get_prompt(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """Return a prompt."""
        params = {"name": name, "arguments": arguments}
        return self._ask("prompts/get", params, lambda: self._local.get_prompt(name, arguments))

    def _added(self, arguments: Mapping[str, Any], request: Request) -> Result:
        """Add, and wait here for the facts: so a client that goes away ends the wait."""
        result = self.call_tool("add_memory", {**arguments, "wait": False}, request)
        state: Result = result.get("structuredContent", {})
        event_id = state.get("event_id")
        looks = 0
        while state.get("status") in _OPEN and not request.stop.wait(POLL_SECONDS):
            looks += 1
            request.progress(looks, f"extracting facts ({state['status'].lower()})")
            params = {"name": "get_event_status", "arguments": {"event_id": event_id}}
            look = self._ask("tools/call", params, lambda: result, all_tools=True)
            if look is result:  # no server answers any more; the turn is in the file
                return result
            state = look.get("structuredContent", {})
        if "id" in state:
            state = {**state, "event_id": state["id"]}
            del state["id"]
        text = json.dumps(slim(state), ensure_ascii=False, separators=(",", ":"))
        return {**result, "structuredContent": state, "content": [{"type": "text", "text": text}]}

    def _ask(
        self,
        method: str,
        params: Mapping[str, Any],
        alone: Callable[[], Result],
        *,
        lost: Result | None = None,
        all_tools: bool = False,
    ) -> Result:
        """Return the result of a request to the server, or of `alone` if none answers.

        Args:
            lost: the result if the server ends during the call; by default that of `alone`.

        Raises:
            RpcError: the server refuses the request.
        """
        from litemem.integrations.http.discovery import NoServerError

        running = self._find()
        if running is None:
            return alone()
        address = self._address.replace("tools=core", "tools=all") if all_tools else self._address
        body = encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)})
        try:
            status, data = running.post(address, body)
            message = json.loads(data)
        except NoServerError:
            return alone()
        except (OSError, ValueError):
            return alone() if lost is None else lost
        if "result" in message:
            found: Result = message["result"]
            return found
        if "error" in message:
            error = message["error"]
            raise RpcError(error["code"], error["message"], error.get("data"))
        refusal = f"litemem serve answered {status}: {message.get('detail', data[:200])}"
        if method == "tools/call":
            return _refused(refusal)
        raise RpcError(INTERNAL_ERROR, refusal)


def _refused(text: str) -> Result:
    return {"content": [{"type": "text", "text": text}], "isError": True}
