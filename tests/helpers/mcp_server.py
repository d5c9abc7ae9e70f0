"""`litemem mcp` as a process: JSON lines in, JSON lines out."""

import json
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

SECONDS = 120
# A server with a scripted model, for what needs one: SCRIPT answers delay path.
SCRIPT = """
import json, sys
from litemem import MemoryClient
from litemem.integrations.mcp.server import MemoryServer
from litemem.integrations.mcp.stdio import StdioServer, guarded_streams
from litemem.testing import HashEmbedder, ScriptedLLM
def open_client():
    print("a library prints", flush=True)
    llm = ScriptedLLM(json.loads(sys.argv[1]), delay=float(sys.argv[2]))
    return MemoryClient(path=sys.argv[3], embedder=HashEmbedder(), llm=llm)
with guarded_streams() as (reading, writing):
    StdioServer(MemoryServer(open_client), writing, warm=False).run(reading)
"""

Start = Callable[..., "Server"]


class Server:
    """A server process, and the messages that it wrote."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.notifications: list[Any] = []
        self._last_id = 0

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def send(self, method: str, **params: Any) -> int:
        self._last_id += 1
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        self.write(json.dumps(message).encode())
        return self._last_id

    def notify(self, method: str, **params: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def answer(self, request_id: int) -> Any:
        """Return the answer to a request; notifications before it are kept."""
        while "id" not in (message := self.read()):
            self.notifications.append(message)
        assert message["id"] == request_id
        return message

    def ask(self, method: str, **params: Any) -> Any:
        return self.answer(self.send(method, **params))["result"]

    def refused(self, method: str, **params: Any) -> Any:
        return self.answer(self.send(method, **params))["error"]

    def call(self, tool: str, **arguments: Any) -> Any:
        """Return the structured result of a tool."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result["isError"], result
        return result["structuredContent"]

    def fault(self, tool: str, **arguments: Any) -> str:
        """Return the text of a tool's error."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert result["isError"]
        text: str = result["content"][0]["text"]
        return text

    def end(self) -> int:
        """Close the input, wait, and return the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(SECONDS)

    def stop(self) -> None:
        """Kill the process, if it still runs, and close its streams."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
