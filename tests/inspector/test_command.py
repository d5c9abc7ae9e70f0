"""`litemem inspect` as a process: its address, its errors, its end, and its stream of changes."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner

from helpers import LIBRARY, run_python
from helpers.browser import served
from litemem import Memory
from litemem.cli import main
from litemem.testing import HashEmbedder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder()) as memory:
        memory.add("User likes tea", infer=False, user_id="cam")
    return path


class Client:
    """A client of a running server, signed in; used in a `with` block."""

    def __init__(self, address: str) -> None:
        self.port = int(re.findall(r":(\d+)/", address)[0])
        self._opened: list[http.client.HTTPConnection] = []
        answer = self.ask(address.partition(str(self.port))[2], {})
        self.cookie = answer.headers["set-cookie"].split(";")[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for connection in self._opened:
            connection.close()

    def ask(self, target: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        """Return the answer to a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._opened.append(connection)
        given = {"cookie": self.cookie} if headers is None else headers
        connection.request("GET", target, headers=given)
        return connection.getresponse()


def test_the_address_opens_the_page(path: Path) -> None:
    with served(path) as address, Client(address) as client:
        page = client.ask("/memories").read().decode()
    assert "User likes tea" in page


def test_the_page_is_of_this_machine_only(path: Path) -> None:
    with served(path) as address, Client(address) as client, socket.socket() as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", client.port)) != 0


def test_a_page_hears_of_what_another_program_adds(path: Path) -> None:
    with served(path) as address, Client(address) as client:
        stream = client.ask("/events")
        assert stream.readline().startswith(b"retry")
        time.sleep(1)  # the first look at the file
        with Memory(path, embedder=HashEmbedder()) as memory:
            memory.add("User likes coffee", infer=False, user_id="cam")
        assert b"event: change\n" in [stream.readline() for _ in range(4)]


@pytest.mark.posix
def test_ctrl_c_ends_it_although_a_page_listens(path: Path) -> None:
    command = [sys.executable, "-m", "litemem", "inspect", "--db", str(path), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--embedder", "hash"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(LIBRARY)},
    )
    assert process.stdout is not None
    with Client(process.stdout.readline().strip()) as client:
        assert client.ask("/events").readline().startswith(b"retry")
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in messages


@pytest.mark.posix
def test_the_command_line_of_the_browser_has_not_the_token(path: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/given\n')
    browser.chmod(0o700)
    process = subprocess.Popen(
        [sys.executable, "-m", "litemem", "inspect", "--db", str(path), "--embedder", "hash"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(LIBRARY), "BROWSER": f"{browser} %s"},
    )
    assert process.stdout is not None
    printed = process.stdout.readline().strip()
    with Client(printed):  # it answers, so the browser was called
        given = (tmp_path / "given").read_text().strip()
        assert given != printed
        with Client(given) as client:
            assert client.ask("/memories").status == 200
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_a_port_in_use_is_named(path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(
            main, ["inspect", "--db", str(path), "--embedder", "hash", "--port", port]
        )
    assert result.exit_code == 1
    assert f"port {port} cannot be used" in result.output


def test_a_file_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "nothing.db"
    result = CliRunner().invoke(main, ["inspect", "--db", str(path)])
    assert result.exit_code == 1
    assert "does not exist" in result.output
    assert not path.exists()


def test_without_the_extra_the_command_names_it(path: Path) -> None:
    script = """
import sys
sys.modules["uvicorn"] = None
from litemem.cli import main
main(["inspect", "--db", sys.argv[1]], standalone_mode=True)
"""
    with pytest.raises(AssertionError, match=r"pip install 'litemem\[serve\]'"):
        run_python(script, path)


def test_the_command_loads_no_server_before_it_is_used() -> None:
    loaded = run_python("import sys; from litemem.cli import main; print(sorted(sys.modules))")
    assert "starlette" not in loaded
    assert "uvicorn" not in loaded
