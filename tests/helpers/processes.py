"""Scripts in new processes that start at the same moment."""

import contextlib
import os
import signal
import subprocess
import sys

from helpers import LIBRARY

PRELUDE = """
import sys
from litemem import Memory
from litemem.core.types import Message
from litemem.core.scope import Scope
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

def open_memory(path):
    return Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([]))

path, *arguments = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
"""


class Process:
    """A script that waits, so that several can begin at one moment; always reaped."""

    def __init__(self, script: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-c", PRELUDE + script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        )
        self.read_line("ready")

    def read_line(self, expected: str) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line == expected, line + self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.wait(timeout=60)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def finish(self) -> str:
        """Wait for the end; return what was printed."""
        printed, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return printed

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=60)
