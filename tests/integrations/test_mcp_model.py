"""Servers of one machine share the language model: one process at a time has it in memory."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.mcp_server import SECONDS, Server, Start

# A server whose model notes when it is loaded, used and freed: SCRIPT log path.
SCRIPT = """
import os, sys
from litemem import MemoryClient
from litemem.ingestion import worker
from litemem.integrations.mcp.server import MemoryServer
from litemem.integrations.mcp.stdio import StdioServer, guarded_streams
from litemem.testing import HashEmbedder, ScriptedLLM
class NotedLLM(ScriptedLLM):
    is_loaded = False
    def note(self, event):
        with open(sys.argv[1], "a") as log:
            log.write(f"{os.getpid()} {event}\\n")
    def generate(self, *given, **options):
        if not self.is_loaded:
            self.is_loaded = True
            self.note("loads")
        answer = super().generate(*given, **options)
        self.note("answers")
        return answer
    def close(self):
        if self.is_loaded:
            self.is_loaded = False
            self.note("frees")
worker.TURN_SECONDS = 600.0  # a process that has nothing to do does not keep the model as long
def open_client():
    llm = NotedLLM([["User plays the cello"]] * 9, delay=0.3)
    return MemoryClient(path=sys.argv[2], embedder=HashEmbedder(), llm=llm, share_llm=True)
with guarded_streams() as (reading, writing):
    StdioServer(MemoryServer(open_client), writing, warm=False).run(reading)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def serve(start: Start, log: Path, db: Path) -> Callable[..., Server]:
    return lambda path=db: start(program=SCRIPT, script=(str(log), str(path)))


def events(log: Path) -> list[tuple[int, str]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [(int(pid), event) for pid, event in map(str.split, lines)]


def add(server: Server, text: str) -> str:
    event_id: str = server.call("add_memory", text=text)["event_id"]
    return event_id


def until_extracted(server: Server, event_id: str) -> None:
    end = time.monotonic() + SECONDS
    while server.call("get_event_status", event_id=event_id)["status"] != "SUCCEEDED":
        assert time.monotonic() < end
        time.sleep(0.1)


def assert_one_at_a_time(log: Path) -> None:
    holder = None
    for pid, event in events(log):
        if event == "loads":
            assert holder is None, events(log)
            holder = pid
        elif event == "frees":
            assert holder == pid
            holder = None


def test_the_holder_extracts_the_turns_of_the_others(
    serve: Callable[..., Server], log: Path
) -> None:
    first, second, third = serve(), serve(), serve()
    until_extracted(first, add(first, "I play the cello."))
    for server in (second, third):
        until_extracted(server, add(server, f"I play the viola, said {server.process.pid}."))
    assert {pid for pid, _ in events(log)} == {first.process.pid}


def test_another_takes_over_when_the_holder_is_killed(
    serve: Callable[..., Server], log: Path
) -> None:
    first, second = serve(), serve()
    until_extracted(first, add(first, "I play the cello."))
    event_id = add(second, "I play the viola.")
    first.process.kill()
    until_extracted(second, event_id)
    until_extracted(second, add(second, "I play the flute."))
    assert second.process.pid in {pid for pid, _ in events(log)}


def test_a_server_of_another_file_gets_the_model_when_it_is_idle(
    serve: Callable[..., Server], log: Path, tmp_path: Path
) -> None:
    first, other = serve(), serve(tmp_path / "other.db")
    until_extracted(first, add(first, "I play the cello."))
    until_extracted(other, add(other, "I play the viola."))
    until_extracted(first, add(first, "I play the flute."))
    assert_one_at_a_time(log)
    assert [event for _, event in events(log)].count("loads") == 3
    assert first.end() == other.end() == 0


@pytest.mark.posix
def test_locks_that_cannot_be_written_stop_nobody(
    environment: dict[str, str], log: Path, db: Path
) -> None:
    environment["LITEMEM_MODELS"] = "/dev/null/models"
    server = Server([sys.executable, "-c", SCRIPT, str(log), str(db)], environment)
    try:
        until_extracted(server, add(server, "I play the cello."))
    finally:
        server.end()
        server.stop()


def test_the_command_takes_a_server_as_its_model(environment: dict[str, str], start: Start) -> None:
    environment["LITEMEM_LLM"] = "http://127.0.0.1:9/v1#none"  # the discard port: nobody answers
    server = start("--no-warm")
    assert server.call("add_memory", text="I play the cello.")["status"] == "PENDING"
