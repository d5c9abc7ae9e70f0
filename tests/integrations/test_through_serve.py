"""`litemem mcp` and `litemem hook` go through the `litemem serve` that runs."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from helpers.served import SECONDS, Served, environment
from litemem.integrations.http import discovery

pytest.importorskip("uvicorn", reason="needs the extra serve")


def talk(folder: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call tools of `litemem mcp`, one after the other in a process of its own."""
    command = [sys.executable, "-m", "litemem", "mcp"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(folder),
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    results = []
    for i, (name, arguments) in enumerate(calls):
        params = {"name": name, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": i, "method": "tools/call", "params": params}
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        while "id" not in (found := json.loads(process.stdout.readline())):
            pass
        results.append(found["result"])
    process.stdin.close()
    process.stdout.close()
    assert process.wait(SECONDS) == 0
    return results


# The server counts its calls, so that a test sees what goes through it.
COUNTING = """
from litemem.integrations.mcp.server import MemoryServer
from litemem.integrations import hooks
from pathlib import Path
import os
def counted(kind, name):
    method = getattr(kind, name)
    def call(*arguments, **named):
        with Path(os.environ["LITEMEM_DB"] + ".calls").open("a") as file:
            file.write(name + "\\n")
        return method(*arguments, **named)
    setattr(kind, name, call)
counted(MemoryServer, "call_tool")
counted(hooks, "remember")
counted(hooks, "prompt_context")
"""
TEA = {"text": "I drink tea.", "infer": False}


def calls_of(folder: Path) -> list[str]:
    file = folder / "memory.db.calls"
    return file.read_text().split() if file.exists() else []


@pytest.mark.posix
def test_an_agents_server_goes_through_the_one_that_runs(tmp_path: Path) -> None:
    server = Served(tmp_path, "--port", "0", prelude=COUNTING)
    waiting = {"text": "I moved to Oslo.", "wait": True}
    added, found, queued = talk(
        tmp_path,
        ("add_memory", TEA),
        ("search_memories", {"query": "tea"}),
        ("add_memory", waiting),
    )
    assert not added["isError"]
    assert found["structuredContent"]["results"][0]["memory"] == "I drink tea."
    assert queued["structuredContent"]["status"] == "FAILED"  # there is no model
    assert "event_id" in queued["structuredContent"]
    assert len(calls_of(tmp_path)) > 3
    before = calls_of(tmp_path)
    server.kill()  # its announcement stays
    (alone,) = talk(tmp_path, ("search_memories", {"query": "tea"}))
    assert alone["structuredContent"]["results"][0]["memory"] == "I drink tea."
    assert calls_of(tmp_path) == before


@pytest.mark.posix
def test_the_token_is_not_sent_to_a_program_that_took_the_port(tmp_path: Path) -> None:
    server = Served(tmp_path, "--port", "0")
    server.kill()
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", server.port)) as thief:

        def accept() -> None:
            while True:
                try:
                    connection, _ = thief.accept()
                except OSError:
                    return
                with connection:
                    received.append(connection.recv(65_536))
                    body = b'{"status": "ok", "proof": "' + b"0" * 64 + b'"}'
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    connection.sendall(head + body)

        threading.Thread(target=accept, daemon=True).start()
        (found,) = talk(tmp_path, ("add_memory", TEA))
        thief.shutdown(socket.SHUT_RDWR)
    assert not found["isError"]
    assert received
    assert not [each for each in received if server.token.encode() in each]


@pytest.mark.posix
def test_the_proof_of_another_port_is_not_passed_on(tmp_path: Path) -> None:
    server = Served(tmp_path, "--port", "0")
    (file,) = server.token_file.parent.glob("*.json")
    said = json.loads(file.read_bytes())
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as thief:

        def pass_on() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = thief.accept()
                    with connection:
                        received.append(connection.recv(65_536))
                        _, answer, _ = server.send("GET", received[-1].split()[1].decode())
                        body = json.dumps(answer).encode()
                        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                        connection.sendall(head.encode() + body)
                        received.append(connection.recv(65_536))

        threading.Thread(target=pass_on, daemon=True).start()
        file.write_text(json.dumps(said | {"port": thief.getsockname()[1]}))
        (found,) = talk(tmp_path, ("add_memory", TEA))
        thief.shutdown(socket.SHUT_RDWR)
    assert server.stop() == 0
    assert not found["isError"]
    assert any(b"/healthz" in each for each in received)
    assert not [each for each in received if server.token.encode() in each]


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["pipe", "deep", "device"])
def test_a_wrong_file_about_a_server_is_no_server(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = discovery.token_file().parent
    said = discovery.Announcement(1, str(folder / "token"), None, None, 1)
    discovery.announce(tmp_path / "memory.db", said)
    (file,) = folder.glob("*.json")
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    else:
        file.write_text("[" * 100_000)
    assert discovery.find(tmp_path / "memory.db") is None
    discovery.withdraw(tmp_path / "memory.db", said)
    discovery.announce(tmp_path / "memory.db", said)
    os.mkfifo(folder / "token")
    assert discovery.find(tmp_path / "memory.db") is None


def hook(folder: Path, event: str, **given: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "litemem", "hook", event, "--user-id", "cam"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=environment(folder),
    )
    assert done.stderr == ""
    return json.loads(done.stdout)["hookSpecificOutput"] if done.stdout else None


@pytest.mark.posix
def test_hooks_go_through_the_server_that_runs(tmp_path: Path) -> None:
    server = Served(tmp_path, "--port", "0", prelude=COUNTING)
    server.add("I am allergic to penicillin.")
    shown = hook(tmp_path, "user-prompt", session_id="s1", prompt="Is penicillin fine?")
    assert "allergic to penicillin" in shown["additionalContext"]
    assert "penicillin" in hook(tmp_path, "session-start", session_id="s1")["additionalContext"]
    (tmp_path / "said.jsonl").write_text(
        json.dumps({"type": "user", "message": {"role": "user", "content": "I play the oboe."}})
    )
    for _ in range(2):
        hook(tmp_path, "stop", session_id="s1", transcript_path="said.jsonl")
    assert calls_of(tmp_path) == ["prompt_context", "remember", "remember"]
    assert server.stop() == 0
    after = hook(tmp_path, "user-prompt", session_id="s2", prompt="What about the oboe?")
    assert after["additionalContext"].count("oboe") == 1
