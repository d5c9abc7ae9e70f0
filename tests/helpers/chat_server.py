"""A small OpenAI-compatible server in its own process; the model's name says how it misbehaves.

Run as a program, it prints its port. `GET /log` returns the requests so far.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.request import ProxyHandler, build_opener

FACT = "Avoids nuts"
SECRET = "sesame"  # the key of the model "locked"


class ChatServer:
    """The process, while its `with` block lasts."""

    def __init__(self, *models: str) -> None:
        self._models = models or ("good:4b",)

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, *self._models], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def log(self) -> list[dict[str, Any]]:
        """Return the method, path, headers and body of each request so far."""
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/log") as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def asked(self) -> list[dict[str, Any]]:
        """Return the bodies of the chats so far."""
        return [entry["body"] for entry in self.log() if entry["path"].endswith("completions")]


class _Handler(BaseHTTPRequestHandler):
    requests: ClassVar[list[dict[str, Any]]] = []
    models: tuple[str, ...] = ()
    lock = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/log":
            self._json(self.requests)
            return
        self._keep(None)
        if self.path == "/v1/models":
            self._json({"object": "list", "data": [_listed(name) for name in self.models]})
        elif self.path == "/props" and "llama" in self.models:
            self._json({"default_generation_settings": {"n_ctx": 2_048}})
        else:
            self._json({"error": {"message": "no such page"}}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._keep(body)
        if self.path == "/api/show" and body["model"] == "ollama":
            self._json({"model_info": {"general.parameter_count": 7_000_000_000}})
        elif self.path == "/v1/chat/completions":
            getattr(self, f"_{body['model'].partition(':')[0].replace('-', '_')}", self._good)(body)
        else:
            self._json({"error": "no such page"}, 404)

    def _good(self, body: dict[str, Any]) -> None:
        self._answer(json.dumps({"facts": [FACT]}))

    def _old(self, body: dict[str, Any]) -> None:
        """Know only JSON objects, as servers did before schemas."""
        known = {"model", "messages", "temperature", "seed", "stream", "max_tokens"}
        if set(body) - known - {"response_format"}:
            self._json({"detail": [{"msg": "extra fields not permitted"}]}, 422)
        elif body["response_format"]["type"] != "json_object":
            self._json({"error": {"message": "response_format must be json_object"}}, 400)
        else:
            self._good(body)

    def _failing(self, body: dict[str, Any]) -> None:
        """Fail on a form of answer that is not known, as llama_cpp.server does."""
        if body["response_format"]["type"] == "json_object":
            self._good(body)
        else:
            said = "1 validation error: {'loc': ('body', 'response_format', 'type')}"
            self._json({"error": {"message": said, "type": "internal_server_error"}}, 500)

    def _older(self, body: dict[str, Any]) -> None:
        if "response_format" in body:
            self._json({"error": {"message": "response_format is unknown"}}, 400)
        else:
            self._good(body)

    def _deaf(self, body: dict[str, Any]) -> None:
        """Ignore a schema unless the text has it."""
        in_words = "JSON of this schema" in body["messages"][0]["content"]
        self._answer(json.dumps({"facts": [FACT]}) if in_words else "Sure! Cam avoids nuts.")

    def _mute(self, body: dict[str, Any]) -> None:
        self._answer("I would rather not.")

    def _null(self, body: dict[str, Any]) -> None:
        self._answer(None)

    def _fenced(self, body: dict[str, Any]) -> None:
        facts = json.dumps({"facts": [FACT]})
        self._answer(f"<think>\nnuts? {{}}\n</think>\n```json\n{facts}\n```")

    def _unfinished(self, body: dict[str, Any]) -> None:
        self._answer('{"facts": ["Avoi', reason="length")

    def _refuses(self, body: dict[str, Any]) -> None:
        self._json({"error": {"message": "temperature is not supported"}}, 400)

    def _too_long(self, body: dict[str, Any]) -> None:
        said = "the request exceeds the available context size (5000 > 4096)"
        self._json({"error": {"message": said}}, 400)

    def _absent(self, body: dict[str, Any]) -> None:
        self._json({"error": {"message": 'model "absent" not found, try pulling it first'}}, 404)

    def _locked(self, body: dict[str, Any]) -> None:
        if self.headers["Authorization"] == f"Bearer {SECRET}":
            self._good(body)
        else:
            self._json({"error": {"message": "invalid key"}}, 401)

    def _moved(self, body: dict[str, Any]) -> None:
        self.send_response(307)
        self.send_header("Location", "http://192.0.2.1/v1/chat/completions")
        self.end_headers()

    def _broken(self, body: dict[str, Any]) -> None:
        self._json({"error": "cannot load the model"}, 500)

    def _shaky(self, body: dict[str, Any]) -> None:
        """Fail every first time."""
        if sum(entry["body"] == body for entry in self.requests) % 2:
            self._raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices"')
        else:
            self._good(body)

    def _malformed(self, body: dict[str, Any]) -> None:
        self._body(b'{"choices": [{"message": ')

    def _page(self, body: dict[str, Any]) -> None:
        self._body(b"<html>It works!</html>")

    def _nested(self, body: dict[str, Any]) -> None:
        self._body(b"[" * 200_000)

    def _strange(self, body: dict[str, Any]) -> None:
        self._body(b'{"choices": {"message": 7}}')

    def _noise(self, body: dict[str, Any]) -> None:
        self._raw(bytes(range(256)) * 20)

    def _dies(self, body: dict[str, Any]) -> None:
        self._raw(b"")

    def _slow(self, body: dict[str, Any]) -> None:
        time.sleep(30)

    def _drips(self, body: dict[str, Any]) -> None:
        self._raw(b"HTTP/1.1 200 OK\r\nX-Drip: ", close=False)
        for _ in range(300):
            self._raw(b"x", close=False)
            time.sleep(0.1)

    def _continues(self, body: dict[str, Any]) -> None:
        for _ in range(300):
            self._raw(b"HTTP/1.1 100 Continue\r\n\r\n", close=False)
            time.sleep(0.1)

    def _huge(self, body: dict[str, Any]) -> None:
        self._raw(b"HTTP/1.1 200 OK\r\n\r\n", close=False)
        for _ in range(1_000):
            self._raw(b" " * 100_000, close=False)

    def _answer(self, content: str | None, *, reason: str = "stop") -> None:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        usage = {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}
        self._json({"object": "chat.completion", "choices": [choice], "usage": usage})

    def _json(self, value: object, status: int = 200) -> None:
        self._body(json.dumps(value).encode(), status)

    def _body(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _raw(self, content: bytes, *, close: bool = True) -> None:
        self.wfile.write(content)
        self.wfile.flush()
        if close:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _keep(self, body: dict[str, Any] | None) -> None:
        entry = {"path": self.path, "headers": dict(self.headers), "body": body}
        with self.lock:
            self.requests.append(entry)

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


def _listed(name: str) -> dict[str, Any]:
    """Return a model as servers list it."""
    told = {
        "llama": {"owned_by": "llamacpp", "meta": {"n_params": 1_500_000_000}},
        "vllm": {"owned_by": "vllm", "max_model_len": 1_024},
    }
    return {"id": name, "object": "model", "owned_by": "library", **told.get(name, {})}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client hangs up."""


if __name__ == "__main__":
    _Handler.models = tuple(sys.argv[1:])
    with _Server(("127.0.0.1", 0), _Handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
