"""A model server on loopback that speaks OpenAI's interface, for peers that know no llama.cpp.

Chat completions come from a GGUF file, embeddings from litemem's default embedder: a peer gets the
same weights that litemem runs. `usage` counts as prompt tokens those that were evaluated, not those
that llama.cpp still had from the call before.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from litemem.models.embedders import FastEmbedEmbedder

CONTEXT_TOKENS = 16_384  # Mem0's prompt alone takes 8,100


@contextmanager
def serving(gguf: Path) -> Iterator[tuple[str, list[dict[str, int]]]]:
    """Serve a model while the block runs; gives the address, and the usage of each answer."""
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    models = _Models(gguf)
    server.models = models  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", models.usage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def counted(usage: list[dict[str, int]]) -> tuple[int, int]:
    """Return the tokens that were evaluated and written."""
    return sum(u["prompt_tokens"] for u in usage), sum(u["completion_tokens"] for u in usage)


class _Models:
    def __init__(self, gguf: Path) -> None:
        from llama_cpp import Llama

        self._llama = Llama(str(gguf), n_ctx=CONTEXT_TOKENS, seed=7, verbose=False)
        self._embedder = FastEmbedEmbedder()
        self.usage: list[dict[str, int]] = []

    def chat(self, asked: dict[str, Any]) -> dict[str, Any]:
        before = self._llama.input_ids[: self._llama.n_tokens].tolist()
        answer = self._llama.create_chat_completion(
            messages=asked["messages"],
            response_format=asked.get("response_format"),
            max_tokens=asked.get("max_tokens") or 2_000,
            temperature=0.0,
        )
        now = self._llama.input_ids[: self._llama.n_tokens].tolist()
        same = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
        kept = min(len(before), len(now)) if same is None else same
        usage = answer["usage"]
        usage["prompt_tokens"] = max(usage["prompt_tokens"] - kept, 1)
        self.usage.append(usage)
        return dict(answer)

    def embed(self, asked: dict[str, Any]) -> dict[str, Any]:
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        vectors = self._embedder.embed_documents(texts)
        rows = [
            {"object": "embedding", "index": i, "embedding": [float(x) for x in vector]}
            for i, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return {"object": "list", "data": rows, "model": "local", "usage": usage}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        models: _Models = self.server.models  # type: ignore[attr-defined]
        is_chat = self.path.endswith("/chat/completions")
        body = json.dumps(models.chat(asked) if is_chat else models.embed(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
