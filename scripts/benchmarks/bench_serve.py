"""What `litemem serve` adds to a call: `PYTHONPATH=.:tests … bench_serve.py [--embedder NAME]`.

In one run, over one file: a search by the library's call, the same through the server, one after
the other and by 8 clients, searches by MCP, and 8 clients that add 100 memories each.
"""

import argparse
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from helpers.served import Served
from litemem import Memory
from litemem.models.files import models_folder
from litemem.testing import ScriptedLLM

SEARCHES = 200
CLIENTS = 8
ADDS = 100
TOPICS = ("tea", "hotels", "the cello", "Lisbon", "allergies", "bicycles", "chess", "rust")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=10_000)
    parser.add_argument("--embedder", default="hash")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.memories, given.embedder)


def measure(folder: Path, memories: int, embedder: str) -> None:
    llm = ScriptedLLM([])
    with Memory(folder / "memory.db", embedder=embedder, llm=llm) as memory:
        fill(memory, memories)
        memory.search("Which hotels?", user_id="u0")

        def by_library(i: int) -> None:
            memory.search(query(i), filters={"user_id": f"u{i % 10}"}, top_k=10)

        direct, used = timed(by_library, psutil.Process())
    models = str(models_folder())
    server = Served(folder, "--port", "0", "--embedder", embedder, LITEMEM_MODELS=models)
    process = psutil.Process(server.process.pid)
    try:
        print(f"{memories:,} memories, {embedder}; {SEARCHES} searches, one after the other")
        print(f"  library     median {direct:6.1f} ms, processor {used:5.1f} ms")
        for name, body, path in (
            ("serve", search_body, "/v3/memories/search/"),
            ("serve, MCP", tool_body, "/mcp"),
        ):
            took, cost = timed(Caller(server, body, path), process)
            print(
                f"  {name:10}  median {took:6.1f} ms, processor {cost:5.1f} ms: "
                f"{took - direct:.1f} and {cost - used:.1f} ms beyond the library"
            )
        rate = parallel(lambda: Caller(server, search_body, "/v3/memories/search/"))
        print(f"  {CLIENTS} clients: {rate:.0f} searches/s")
        kept = parallel_adds(server)
        print(f"{CLIENTS} clients x {ADDS} adds: {kept} of {CLIENTS * ADDS} in the file")
    finally:
        server.stop()


def fill(memory: Memory, number: int) -> None:
    for start in range(0, number, 100):
        texts = [
            f"I wrote note {i} about {TOPICS[i % 8]} and {TOPICS[i // 8 % 8]}."
            for i in range(start, min(start + 100, number))
        ]
        said = [{"role": "user", "content": text} for text in texts]
        memory.add(said, user_id=f"u{start // 100 % 10}", infer=False)


def query(i: int) -> str:
    return f"What did I write about {TOPICS[i % 8]} in note {i}?"


def search_body(i: int) -> dict[str, Any]:
    return {"query": query(i), "filters": {"user_id": f"u{i % 10}"}, "top_k": 10}


def tool_body(i: int) -> dict[str, Any]:
    arguments = {"query": query(i), "filters": {"user_id": f"u{i % 10}"}, "limit": 10}
    params = {"name": "search_memories", "arguments": arguments}
    return {"jsonrpc": "2.0", "id": i, "method": "tools/call", "params": params}


class Caller:
    """A client that keeps its connection."""

    def __init__(self, server: Served, body: Callable[[int], dict[str, Any]], path: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._headers = {"Authorization": f"Token {server.token}"}
        self._body = body
        self._path = path
        self(0)

    def __call__(self, i: int) -> None:
        body = json.dumps(self._body(i)).encode()
        self._connection.request("POST", self._path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text


def timed(call: Callable[[int], None], process: psutil.Process) -> tuple[float, float]:
    """Return the median time of a call, and the mean processor time of a process, in ms.

    The second does not depend on what else the machine does.
    """
    taken = []
    before = sum(process.cpu_times()[:2])
    for i in range(SEARCHES):
        start = time.perf_counter()
        call(i)
        taken.append((time.perf_counter() - start) * 1_000)
    used = sum(process.cpu_times()[:2]) - before
    return statistics.median(taken), used * 1_000 / SEARCHES


def parallel(make: Callable[[], Caller], number: int = SEARCHES) -> float:
    """Return the calls per second of all clients together."""
    callers = [make() for _ in range(CLIENTS)]
    each = number // CLIENTS

    def work(n: int) -> None:
        for i in range(each):
            callers[n](n * each + i)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * each / (time.perf_counter() - start)


def parallel_adds(server: Served) -> int:
    """Return how many of the memories that 8 clients add are there afterwards."""

    def body(i: int) -> dict[str, Any]:
        said = [{"role": "user", "content": f"I counted {i}."}]
        return {"messages": said, "user_id": "counter", "infer": False}

    rate = parallel(lambda: Caller(server, body, "/v3/memories/add/"), CLIENTS * ADDS)
    print(f"  {CLIENTS} clients: {rate:.0f} adds/s")
    return len(set(server.memories("counter")))


if __name__ == "__main__":
    main()
