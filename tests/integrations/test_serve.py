"""`litemem serve` as a process: who is let in, what is refused, and what is kept."""

import contextlib
import http.client
import json
import os
import plistlib
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from helpers import LIBRARY
from helpers.served import SECONDS, Served
from litemem import Memory
from litemem.cli import main
from litemem.errors import StoreError
from litemem.integrations.hook_events import EVENTS
from litemem.integrations.http import discovery, service
from litemem.testing import HashEmbedder, ScriptedLLM

pytest.importorskip("uvicorn", reason="needs the extra serve")

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
SEARCH = "/v3/memories/search/"
# limits that a test can wait for
IMPATIENT = """
from litemem.integrations.http import guard, run
guard.BODY_SECONDS = run.HEADER_SECONDS = 0.3
guard.MAX_BODY = 100_000
"""
SMALL_DISK = """
import apsw
apsw.connection_hooks.append(lambda db: db.execute("PRAGMA max_page_count = 150").fetchall())
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for tests that leave it as it is."""
    server = Served(tmp_path_factory.mktemp("serve"), "--port", "0")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with small limits."""
    folder = tmp_path_factory.mktemp("impatient")
    server = Served(folder, "--port", "0", prelude=IMPATIENT)
    yield server
    assert server.stop() == 0


def stored(db: Path) -> list[str]:
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        found = memory.get_all(filters={"user_id": "cam"}, top_k=10_000)["results"]
        assert memory.verify()["ok"]
    return [each["memory"] for each in found]


def raw(server: Served, data: bytes, *, wait: float = 0) -> bytes:
    """Send bytes; return what the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(data)
        time.sleep(wait)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received


# -- who is let in


def test_health_needs_no_token(served: Served) -> None:
    status, found, _ = served.send("GET", "/healthz", Authorization=None)
    assert (status, found["status"]) == (200, "ok")


@pytest.mark.posix
def test_only_the_user_may_read_the_token(served: Served) -> None:
    for file in [served.token_file, *served.token_file.parent.iterdir()]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(served.token_file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, "missing"),
        ("", "missing"),
        ("Token", "missing"),
        ("Token yesterday", "is wrong"),
        ("Token ÿ", "is wrong"),
        ("Basic Y2FtOnRva2Vu", "is wrong"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/ping/", "/mcp", "/litemem/hook/stop", "/api/v1/x"])
def test_a_call_without_the_token_is_refused(
    served: Served, path: str, header: str | None, words: str
) -> None:
    status, found, _ = served.send("POST", path, {}, Authorization=header)
    assert status == 401
    assert words in found["detail"]


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "bearer"])
def test_a_call_with_the_token_is_answered(served: Served, scheme: str) -> None:
    header = f"{scheme} {served.token}"
    assert served.send("GET", "/v1/ping/", Authorization=header)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{}", "x@127.0.0.1:{}", ""],
)
@pytest.mark.parametrize("path", ["/v1/ping/", "/healthz", "/", "/memories"])
def test_another_host_is_refused(served: Served, path: str, host: str) -> None:
    status, found, _ = served.send("GET", path, Host=host.format(served.port))
    assert status == 421
    assert str(served.port) in found["detail"]


def test_the_names_of_this_machine_are_hosts(served: Served) -> None:
    for host in ("localhost", "LOCALHOST", "[::1]"):
        assert served.send("GET", "/v1/ping/", Host=f"{host}:{served.port}")[0] == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{}", "file://", "["],
)
def test_a_page_of_another_origin_is_refused(served: Served, origin: str) -> None:
    status, found, _ = served.send("GET", "/v1/ping/", Origin=origin.format(served.port))
    assert status == 403
    assert "origin" in found["detail"]


def test_no_answer_allows_other_origins(served: Served) -> None:
    own = f"http://127.0.0.1:{served.port}"
    for method, origin, status in (("GET", own, 200), ("OPTIONS", own, 405), ("GET", "x", 403)):
        found, _, headers = served.send(method, "/v1/ping/", Origin=origin)
        assert found == status
        assert not [name for name in headers if name.startswith("access-control")]


# -- bad input


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "JSON"),
        (b"[]", "JSON object"),
        (b'"x"', "JSON object"),
        (b"\xff\xfe", "JSON"),
        (b'{"query": NaN}', "NaN"),
        (b"[" * 100_000, "JSON"),
        (b'{"limit": ' + b"1" * 5_000 + b"}", "JSON"),
        (b"{}", "search needs query"),
        (b'{"query": "x", "colour": 1}', "no argument 'colour'"),
        (b'{"query": 5, "filters": {"user_id": "cam"}}', "query must be text"),
        (b'{"query": "x"}', "needs a scope"),
        (b'{"query": "x", "filters": "user_id=cam"}', "filters"),
        (b'{"query": "x", "filters": {"user_id": "cam"}, "top_k": -1}', "-1"),
    ],
    ids=lambda value: value[:30].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_wrong_input_is_refused_and_the_server_goes_on(
    served: Served, body: bytes, words: str
) -> None:
    status, found, _ = served.send("POST", SEARCH, body)
    assert status == 400
    assert words in found["detail"]
    assert served.send("GET", "/v1/ping/")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nowhere/", 404),
        ("PUT", "/v3/memories/add/", 405),
        ("GET", "/v1/memories/nope/", 404),
        ("GET", "/v1/memories/../../etc/passwd/", 404),
        ("GET", "/v1/event/nope/", 404),
        ("DELETE", "/v2/entities/planet/mars/", 400),
        ("DELETE", "/v1/memories/", 400),
        ("DELETE", "/v1/memories/?user_id=", 400),
        ("DELETE", "/v1/memories/?user_id=cam&user_id=ana", 400),
        ("DELETE", "/v1/memories/?user_id=cam&filters=[object%20Object]", 400),
        ("DELETE", "/v1/memories/?user_id=cam&filters=null", 400),
        ("DELETE", "/v1/memories/?user_id=cam&filters=" + "(" * 9_000, 400),
        ("POST", "/v3/memories/?page=two", 400),
        ("GET", "/v1/entities/?page=0", 400),
        ("GET", "/v1/entities/?page_size=all", 400),
        ("DELETE", "/v1/memories/nope/?delete_linked=maybe", 400),
        ("GET", "/v2/entities/user/cam/profile/", 501),
        ("POST", "/litemem/hook/party", 400),
        ("GET", "/mcp", 405),
    ],
)
def test_a_wrong_address_has_an_answer(served: Served, method: str, path: str, status: int) -> None:
    assert served.send(method, path)[0] == status


def test_the_addresses_of_older_clients_answer(served: Served) -> None:
    said = {"messages": [{"role": "user", "content": "I row"}], "user_id": "old", "infer": False}
    status, found, _ = served.send("POST", "/v1/memories/", said)
    assert (status, found["results"][0]["memory"]) == (200, "I row")
    asked = {"filters": {"user_id": "old"}}
    for path, more in (("/v2/memories/search/", {"query": "row"}), ("/v2/memories/?page=1", {})):
        status, found, _ = served.send("POST", path, asked | more)
        assert (status, [each["memory"] for each in found["results"]]) == (200, ["I row"])


def test_what_is_no_http_is_refused(served: Served) -> None:
    assert b"400" in raw(served, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")[:20]
    assert served.send("GET", "/v1/ping/")[0] == 200


def test_a_huge_body_is_refused(impatient: Served) -> None:
    huge = {"query": "x" * 5_000_000}
    status, found, _ = impatient.send("POST", SEARCH, huge)
    assert (status, found["detail"]) == (413, "a request must have at most 100,000 bytes")
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: localhost:{impatient.port}\r\n".encode()
    head += f"Authorization: Token {impatient.token}\r\n".encode()
    chunks = (b"186a0\r\n" + b" " * 100_000 + b"\r\n") * 3 + b"0\r\n\r\n"
    assert b" 413 " in raw(impatient, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    asks = head + b"Content-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n"
    assert b" 413 " in raw(impatient, asks)
    assert impatient.send("GET", "/v1/ping/")[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"GET /v1/pi", b""),
        (
            b"POST /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 9\r\n\r\n{",
            b" 408 ",
        ),
    ],
)
def test_a_slow_sender_is_cut_off(impatient: Served, sent: bytes, status: bytes) -> None:
    data = sent.replace(b"{port}", str(impatient.port).encode())
    assert status in raw(impatient, data)  # ends, though nothing more is sent
    assert impatient.send("GET", "/v1/ping/")[0] == 200


def test_a_slow_second_request_is_cut_off(impatient: Served) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=SECONDS) as connection:
        host = f"Host: localhost:{impatient.port}"
        connection.sendall(f"GET /healthz HTTP/1.1\r\n{host}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"}"):  # the body may come after the head
            answer += connection.recv(65_536)
        assert b" 200 " in answer
        connection.sendall(b"GET /heal")
        assert connection.recv(65_536) == b""


@pytest.mark.parametrize("sent", [b"", b"GET /he", b"POST /healthz HTTP/1.1\r\nHost: localhost:"])
def test_connections_without_the_token_do_not_take_the_place_of_others(
    sent: bytes, served: Served
) -> None:
    if sent.endswith(b":"):  # a body that does not come
        sent += f"{served.port}\r\nContent-Length: 9\r\n\r\n".encode()
    with contextlib.ExitStack() as opened:
        for _ in range(300):  # more than the server answers at once
            connection = socket.create_connection(("127.0.0.1", served.port), timeout=SECONDS)
            opened.enter_context(connection).sendall(sent)
        assert served.send("GET", "/v1/ping/")[0] == 200


def test_a_client_that_goes_away_ends_only_its_own_call(served: Served) -> None:
    body = json.dumps(
        {"messages": [{"role": "user", "content": "I left."}], "user_id": "gone", "infer": False}
    ).encode()
    head = f"POST /v3/memories/add/ HTTP/1.1\r\nHost: localhost:{served.port}\r\n"
    head += f"Authorization: Token {served.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    for part in (body, body[:20]):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(head.encode() + part)
    assert served.add("I stayed.")[0] == 200
    assert set(served.memories("gone")) <= {"I left."}


# -- the file


def test_a_file_of_another_kind_is_named_until_it_is_repaired(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    db.write_text("not a database, but a text that is long enough to be read as one")
    server = Served(tmp_path, "--port", "0")
    assert "not an SQLite database" in server.warnings[0]
    assert server.send("GET", "/healthz")[0] == 503
    status, found = server.add("x")
    assert status == 500
    assert str(db) in found["detail"]
    db.unlink()
    assert server.add("x")[0] == 200
    assert server.stop() == 0


def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add("I drink tea.", user_id="cam", infer=False)
    with sqlite3.connect(db) as connection:
        connection.execute("PRAGMA user_version = 9999")
    before = db.read_bytes()
    server = Served(tmp_path, "--port", "0")
    status, found = server.add("x")
    assert status == 500
    assert "newer" in found["detail"]
    assert server.stop() == 0
    assert db.read_bytes() == before


def test_a_full_disk_is_reported_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    server = Served(tmp_path, "--port", "0", prelude=SMALL_DISK)
    kept = []
    while True:
        text = f"{len(kept)} {'tea' * 3_000}"
        status, found = server.add(text)
        if status != 200:
            break
        kept.append(text)
    assert status == 507
    assert "the disk is full" in found["detail"]
    assert sorted(server.memories()) == sorted(kept)
    assert server.send("GET", "/healthz")[0] == 200
    assert server.stop() == 0
    assert sorted(stored(tmp_path / "memory.db")) == sorted(kept)


def test_a_read_only_server_changes_nothing(tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add("I drink tea.", user_id="cam", infer=False)
    server = Served(tmp_path, "--port", "0", "--read-only")
    assert server.memories() == ["I drink tea."]
    assert server.add("x")[0] == 403
    assert not list(server.token_file.parent.glob("*.json"))  # agents that write work alone
    said = {"session_id": "s", "last_assistant_message": "x"}
    status, found, _ = server.send("POST", "/litemem/hook/stop", {"user": "cam", "input": said})
    assert (status, "read" in found["detail"]) == (403, True)
    _, found = server.call("tools/list", path="/mcp?read_only=0")
    assert all(each["annotations"]["readOnlyHint"] for each in found["result"]["tools"])
    assert server.stop() == 0


# -- the process


def test_a_second_server_on_a_port_says_so(served: Served, tmp_path: Path) -> None:
    other = Served(tmp_path, "--port", str(served.port))
    assert other.end() == 1
    assert f"port {served.port} cannot be used: another program uses it" in other.warnings[0]
    assert served.send("GET", "/v1/ping/")[0] == 200


@pytest.mark.posix
def test_an_open_page_does_not_hold_up_the_end(tmp_path: Path) -> None:
    server = Served(tmp_path, "--port", "0")
    _, _, headers = server.send("GET", f"/?token={server.token}", Authorization=None)
    page = http.client.HTTPConnection("127.0.0.1", server.port)
    page.request("GET", "/events", headers={"Cookie": headers["set-cookie"].split(";")[0]})
    stream = page.getresponse()
    assert stream.fp.readline()  # as a part of the body: the stream has begun
    assert server.stop() == 0
    assert b"0\r\n" in stream.fp.read()  # it was ended, and not cut off
    page.close()


def add_until_the_end(server: Served, name: str, acknowledged: list[str]) -> None:
    for i in range(1_000):
        try:
            status, _ = server.add(f"{name}-{i}")
        except (OSError, http.client.HTTPException):
            return
        if status == 200:
            acknowledged.append(f"{name}-{i}")


@pytest.mark.posix
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path, end: str) -> None:
    server = Served(tmp_path, "--port", "0")
    acknowledged: list[str] = []
    clients = [
        threading.Thread(target=add_until_the_end, args=(server, f"c{n}", acknowledged))
        for n in range(8)
    ]
    for client in clients:
        client.start()
    while len(acknowledged) < 40:
        time.sleep(0.01)
    code = getattr(server, end)()
    for client in clients:
        client.join()
    assert code in (None, 0)
    left = sorted(file.suffix for file in server.token_file.parent.iterdir())
    assert left == ([""] if end == "stop" else ["", ".json"])
    assert set(acknowledged) <= set(stored(tmp_path / "memory.db"))


def test_the_token_stays_until_it_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "serve" / "token"
    token = discovery.make_token(file)
    assert discovery.make_token(file) == token
    assert discovery.make_token(file, replace=True) != token


@pytest.mark.posix
@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("x" * 40, 0o644, "others may read"),
        ("", 0o600, "no token"),
        ("a b" * 20, 0o600, "no token"),
    ],
)
def test_a_wrong_file_of_the_token_is_not_used(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(StoreError, match=words):
        discovery.make_token(file)


@pytest.mark.parametrize("options", [(), ("--print-service", "systemd")])
def test_without_the_extra_the_command_names_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    script = "import sys; sys.modules['uvicorn'] = None; from litemem.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "serve", "--db", str(tmp_path / "memory.db"), *options],
        env=os.environ | {"PYTHONPATH": str(LIBRARY)},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("run `pip install 'litemem[serve]'`\n")


@pytest.mark.parametrize("manager", ["systemd", "launchd", "windows"])
def test_the_file_of_a_service_runs_the_same_server(tmp_path: Path, manager: str) -> None:
    db = tmp_path / "a & 100% file.db"
    options = ["--db", str(db), "--port", "7000", "--print-service", manager]
    done = CliRunner().invoke(main, ["serve", *options])
    assert done.exit_code == 0, done.output
    if manager == "launchd":
        words = plistlib.loads(done.stdout.encode())["ProgramArguments"]
        assert words[1:6] == ["-m", "litemem", "serve", "--db", str(db)]
    elif manager == "windows":
        root = ElementTree.fromstring(done.stdout)
        (arguments,) = [each.text for each in root.iter() if each.tag.endswith("Arguments")]
        assert arguments is not None
        assert f'-m litemem serve --db "{db}"' in arguments
    else:
        assert f"'{str(db).replace('%', '%%')}'" in done.stdout
        assert "WantedBy=default.target" in done.stdout
    assert not db.exists()


# -- MCP over HTTP


def test_a_path_adds_no_line_to_a_unit() -> None:
    made = service.unit("systemd", ["/x", "--db", "/a\\b\n[Service]\nUser=root"])
    (line,) = [line for line in made.splitlines() if "--db" in line]
    assert line == r"ExecStart=/x --db '/a\\b\n[Service]\nUser=root'"


def test_a_tool_is_called_in_both_eras(served: Served) -> None:
    text = {"name": "add_memory", "arguments": {"text": "I play the cello.", "infer": False}}
    status, found = served.call("tools/call", text, path="/mcp?user_id=leo&app_id=shop")
    assert (status, found["result"]["isError"]) == (200, False)
    call = {"name": "search_memories", "arguments": {"query": "cello"}, "_meta": MODERN}
    headers = {
        "MCP_Protocol_Version": "2026-07-28",
        "Mcp_Method": "tools/call",
        "Mcp_Name": "search_memories",
    }
    status, found = served.call("tools/call", call, path="/mcp?user_id=leo", **headers)
    assert status == 200
    (memory,) = found["result"]["structuredContent"]["results"]
    assert (memory["user_id"], memory["app_id"]) == ("leo", "shop")
    status, found = served.call("tools/call", call, Mcp_Method="tools/list")
    assert (status, found["error"]["code"]) == (400, -32020)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"[]", 400, -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"nope"}', 200, -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}}', 200, -32602),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', 202, None),
    ],
)
def test_a_wrong_message_of_mcp_has_an_answer(
    served: Served, body: bytes, status: int, code: int | None
) -> None:
    got, found, _ = served.send("POST", "/mcp", body)
    assert got == status
    assert code is None or found["error"]["code"] == code


@pytest.mark.parametrize("query", ["tools=many", "tools="])
def test_a_wrong_default_is_refused(served: Served, query: str) -> None:
    status, found = served.call("tools/list", path=f"/mcp?{query}")
    assert (status, found["error"]["code"]) == (400, -32602)


def test_progress_is_a_stream_of_events(served: Served) -> None:
    arguments = {"text": "I moved to Oslo.", "wait": True}
    params = {"name": "add_memory", "arguments": arguments, "_meta": {"progressToken": "p"}}
    _, text = served.call("tools/call", params, Accept="application/json, text/event-stream")
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert events[0]["method"] == "notifications/progress"
    assert events[-1]["result"]["structuredContent"]["status"] == "FAILED"  # there is no model


def test_the_events_of_the_server_are_those_of_the_command(served: Served) -> None:
    for event in EVENTS:
        status, found, _ = served.send("POST", f"/litemem/hook/{event}", {"user": "cam"})
        assert status == 400
        assert "JSON object" in found["detail"]


def test_without_the_packages_the_extra_is_named(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['uvicorn'] = None"
    server = Served(tmp_path, "--port", "0", prelude=hidden)
    assert server.end() == 1
    assert "pip install 'litemem[serve]'" in server.warnings[0]
    assert os.listdir(tmp_path) == []  # noqa: PTH208
