#!/usr/bin/env python3
"""Measure `litemem mcp`: the handshake, the memory of an idle server, and calls a second.

    scripts/benchmarks/bench_mcp.py [--embedder hash]

Handshake is the processor time from the start of the process to its answer to `initialize`. Memory
is the resident set: after the handshake without a warm-up, and after the embedder was loaded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
ROUNDS = 5
CALLS = 200


class Server:
    """A server process on a file of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "litemem", "mcp", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"LITEMEM_DB": str(folder / "memory.db")},
        )
        self._last_id = 0

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._last_id += 1
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["result"]

    def call(self, tool: str, **arguments: Any) -> Any:
        """Call a tool and return its result."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result["isError"], result
        return result

    def cpu(self) -> float:
        """Return the seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def megabytes(self) -> float:
        """Return the resident memory."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    def end(self) -> None:
        """Close the input and wait."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def started(*options: str) -> tuple[float, float]:
    """Return the processor time of a handshake, and the memory after it."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), "--no-warm", *options)
        server.ask("initialize", protocolVersion="2025-11-25", capabilities={})
        server.ask("tools/list")
        seconds, size = server.cpu(), server.megabytes()
        server.end()
        return seconds, size


def per_second(server: Server, tool: str, arguments: dict[str, Any]) -> float:
    """Return how many calls of a tool were answered in a second, one after the other."""
    began = time.perf_counter()
    for i in range(CALLS):
        server.call(tool, **{key: value(i) for key, value in arguments.items()})
    return CALLS / (time.perf_counter() - began)


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--embedder", help="as for `litemem mcp`")
    given = parser.parse_args().embedder
    embedder = ["--embedder", given] if given else []
    for tools in ("all", "graph"):
        rounds = [started("--tools", tools) for _ in range(ROUNDS)]
        seconds, sizes = zip(*rounds, strict=True)
        print(
            f"{tools}: handshake and list of tools {min(seconds):.2f} s of processor time "
            f"(the least of {ROUNDS}; {max(seconds):.2f} s the most), {max(sizes):.0f} MB idle"
        )
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), "--no-warm", *embedder)
        text = {"text": lambda i: f"Fact {i} is about tea.", "infer": lambda _: False}
        added = per_second(server, "add_memory", text)
        found = per_second(server, "search_memories", {"query": lambda i: f"fact {i}"})
        print(f"add_memory (infer false): {added:.0f}/s; search_memories: {found:.0f}/s")
        print(f"after {2 * CALLS} calls: {server.megabytes():.0f} MB")
        server.end()


if __name__ == "__main__":
    main()
