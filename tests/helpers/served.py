"""`litemem serve` as a process, and requests to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers import LIBRARY

SECONDS = 60
MAIN = "from litemem.cli import main; main()"


class Served:
    """A running server; `prelude` is Python that its process runs first."""

    def __init__(self, folder: Path, *options: str, prelude: str = "", **variables: str) -> None:
        self.db = folder / "memory.db"
        self.environment = environment(folder) | variables
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{prelude}\n{MAIN}", "serve", "--db", str(self.db), *options],
            stderr=subprocess.PIPE,
            env=self.environment,
            text=True,
        )
        self.warnings: list[str] = []
        self.port = 0
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("litemem serves "):
                self.port = int(line.rpartition(":")[2])
            elif line.startswith("the token is in "):
                self.token_file = Path(line.removeprefix("the token is in ").strip())
                break
            else:
                self.warnings.append(line)
        self.token = self.token_file.read_text() if self.port else ""

    def send(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> tuple[int, Any, dict[str, str]]:
        """Return the status, the JSON and the headers of an answer."""
        given: dict[str, str | None] = {"Authorization": f"Token {self.token}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            sent = {name: value for name, value in given.items() if value is not None}
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            text = answer.read()
            is_json = "json" in (answer.getheader("content-type") or "")
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, json.loads(text) if is_json else text.decode(), found
        finally:
            connection.close()

    def add(self, text: str, user: str = "cam") -> tuple[int, Any]:
        body = {"messages": [{"role": "user", "content": text}], "user_id": user, "infer": False}
        status, found, _ = self.send("POST", "/v3/memories/add/", body)
        return status, found

    def memories(self, user: str = "cam") -> list[str]:
        body = {"filters": {"user_id": user}, "page_size": 10_000}
        status, found, _ = self.send("POST", "/v3/memories/", body)
        assert status == 200, found
        return [each["memory"] for each in found["results"]]

    def call(self, method: str, params: Any = None, path: str = "/mcp", **headers: str) -> Any:
        """Return the answer to a message of MCP."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        status, found, _ = self.send("POST", path, message, **headers)
        return status, found

    def stop(self) -> int:
        """End the server as a service manager does; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def kill(self) -> None:
        """End the server as a power cut does."""
        self.process.kill()
        self.end()

    def end(self) -> int:
        code = self.process.wait(SECONDS)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


def environment(folder: Path) -> dict[str, str]:
    """Return variables under which everything of litemem is in a folder."""
    ours = {
        "XDG_DATA_HOME": folder / "data",
        "HOME": folder,
        "LITEMEM_DB": folder / "memory.db",
        "LITEMEM_EMBEDDER": "hash",
        "LITEMEM_MODELS": folder / "models",
        "PYTHONPATH": LIBRARY,
    }
    return os.environ | {name: str(value) for name, value in ours.items()}
