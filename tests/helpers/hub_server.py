"""A local imitation of the model hub that can break off, ignore ranges, redirect and stall."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class HubServer:
    """Serves `files`, from URL path to bytes, on 127.0.0.1 while its `with` block lasts.

    `requests` holds the path and the Range header of each request for a file, in order. How it
    misbehaves is set by its other attributes, at any time.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.requests: list[tuple[str, str | None]] = []
        self.break_after: list[int] = []  # for each coming answer, bytes until the line is cut
        self.ignore_range = False  # answer 200 with the whole file, as a plain server does
        self.redirect = False  # answer first with a redirect, as the hub does for large files
        self.hide_length = False  # give no Content-Length
        self.status: int | None = None  # answer every request with this error
        self.status_after_break: int | None = None  # what `status` becomes when a line is cut
        self.heads = 0  # requests for metadata alone
        self.stall_after: int | None = None  # bytes after which an answer waits for the closing
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self})
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Return what HF_ENDPOINT is to be."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def ranges(self) -> list[str | None]:
        """Return the Range header of each request."""
        return [asked for _, asked in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer  # each server has a subclass of its own, as http.server makes the instances

    def do_GET(self) -> None:
        if self.hub.redirect and not self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"/moved{self.path}")
            self.end_headers()
            return
        self.hub.requests.append((self.path, self.headers["Range"]))
        content = self.hub.files.get(self.path.removeprefix("/moved"))
        if self.hub.status or content is None:
            self.send_error(self.hub.status or 404)
            return
        self._answer(content)

    def do_HEAD(self) -> None:
        self.hub.heads += 1
        content = self.hub.files.get(self.path.removeprefix("/moved"))
        if self.hub.redirect and not self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"/moved{self.path}")
        elif self.hub.status or content is None:
            self.send_response(self.hub.status or 404)
        else:
            self.send_response(200)
            if not self.hub.hide_length:
                self.send_header("Content-Length", str(len(content)))
        self.end_headers()

    def _answer(self, content: bytes) -> None:
        asked = None if self.hub.ignore_range else self.headers["Range"]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if not self.hub.hide_length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._send(content[start:])

    def _send(self, body: bytes) -> None:
        end = len(body)
        if self.hub.break_after:
            end = self.hub.break_after.pop(0)
            self.hub.status = self.hub.status_after_break
        if self.hub.stall_after is None:
            self.wfile.write(body[:end])
            return
        self.wfile.write(body[: self.hub.stall_after])
        self.hub.closing.wait(timeout=20)

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""
