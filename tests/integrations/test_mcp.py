"""`litemem mcp` as a process: JSON lines in, JSON lines out."""

import json
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers.mcp_server import SECONDS, Server, Start
from litemem import Memory
from litemem.integrations.mcp.protocol import HANDSHAKE_VERSIONS
from litemem.testing import HashEmbedder, ScriptedLLM

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


@pytest.fixture
def server(start: Start) -> Server:
    return start("--no-warm")


# -- the handshake


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
def test_the_handshake_answers_with_the_version_of_the_client(server: Server, version: str) -> None:
    result = server.ask("initialize", protocolVersion=version, capabilities={})
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "litemem"


def test_an_unknown_version_gets_the_newest_one_of_the_handshake(server: Server) -> None:
    assert server.ask("initialize", protocolVersion="1999-01-01")["protocolVersion"] == "2025-11-25"


def test_the_stateless_era_needs_no_handshake(server: Server) -> None:
    found = server.ask("server/discover", _meta=META)
    assert "2026-07-28" in found["supportedVersions"]
    assert (found["resultType"], found["cacheScope"]) == ("complete", "private")
    tools = server.ask("tools/list", _meta=META)
    assert tools["ttlMs"] > 0
    called = server.ask("tools/call", _meta=META, name="list_entities", arguments={})
    assert called["resultType"] == "complete"


@pytest.mark.parametrize(
    ("meta", "code"),
    [
        ({"io.modelcontextprotocol/protocolVersion": "2026-07-28"}, -32602),
        (META | {"io.modelcontextprotocol/protocolVersion": 7}, -32602),
        (META | {"io.modelcontextprotocol/protocolVersion": "2031-01-01"}, -32022),
    ],
)
def test_a_wrong_envelope_is_refused(server: Server, meta: dict[str, Any], code: int) -> None:
    assert server.refused("tools/list", _meta=meta)["code"] == code


def test_the_stateless_era_has_no_handshake(server: Server) -> None:
    assert server.refused("ping", _meta=META)["code"] == -32601


@pytest.mark.posix
def test_the_handshake_imports_no_memory_and_touches_no_file(
    environment: dict[str, str], tmp_path: Path, db: Path
) -> None:
    code = (
        "import sys, resource; from litemem.cli import main\n"
        "try: main(['mcp', '--no-warm'])\n"
        "finally:\n"
        "    used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(used.ru_utime + used.ru_stime, *sys.modules, file=sys.stderr)"
    )
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}})
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=line + "\n",
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=SECONDS,
    )
    assert "protocolVersion" in json.loads(done.stdout)["result"]
    seconds, *modules = done.stderr.split()
    late = {"litemem.memory", "apsw", "numpy", "asyncio", "pydantic", "mcp"}
    assert late.isdisjoint(modules)
    assert not db.exists()
    assert float(seconds) < 0.5


# -- the tools


def test_every_tool_has_schemas_and_annotations(server: Server) -> None:
    tools = {tool["name"]: tool for tool in server.ask("tools/list")["tools"]}
    assert list(tools) == [
        *("add_memory", "search_memories", "get_context", "get_memories", "get_memory"),
        *("update_memory", "delete_memory", "delete_all_memories"),
        *("list_entities", "delete_entities", "get_event_status"),
    ]
    for tool in tools.values():
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["type"] == "object"
        assert tool["annotations"]["openWorldHint"] is False
    destroying = {n for n, tool in tools.items() if tool["annotations"].get("destructiveHint")}
    assert destroying == {"delete_memory", "delete_all_memories", "delete_entities"}
    assert tools["update_memory"]["annotations"]["readOnlyHint"] is False


@pytest.mark.parametrize(("choice", "characters"), [("all", 3_300), ("core", 1_900)])
def test_what_a_model_reads_of_the_tools_is_short(
    start: Start, choice: str, characters: int
) -> None:
    tools = start("--no-warm", "--tools", choice).ask("tools/list")["tools"]
    read = [[tool["name"], tool["description"], tool["inputSchema"]] for tool in tools]
    assert len(json.dumps(read, separators=(",", ":"))) < characters


def test_a_memory_is_added_found_changed_and_deleted(server: Server) -> None:
    added = server.call("add_memory", text="Cam plays the cello.", infer=False)
    (memory_id,) = [each["id"] for each in added["results"]]
    found = server.call("search_memories", query="cello")
    assert [each["memory"] for each in found["results"]] == ["Cam plays the cello."]
    assert server.call("get_memory", memory_id=memory_id)["user_id"] == "default"
    server.call("update_memory", memory_id=memory_id, text="Cam plays the viola.")
    assert "viola" in server.call("get_context", query="What does Cam play?")["text"]
    assert server.call("get_memories")["count"] == 1
    assert server.call("list_entities")["results"][0]["id"] == "default"
    server.call("delete_memory", memory_id=memory_id)
    assert server.call("search_memories", query="cello")["results"] == []


def test_the_text_of_a_result_is_its_structure(server: Server) -> None:
    server.call("add_memory", text="I live in Zürich.", infer=False)
    result = server.ask("tools/call", name="search_memories", arguments={"query": "Zürich"})
    text = result["content"][0]["text"]
    assert json.loads(text) == result["structuredContent"]
    assert "Zürich" in text


def test_what_was_said_is_found_before_its_facts_are_extracted(server: Server) -> None:
    added = server.call("add_memory", text="I am allergic to penicillin.")
    assert added["status"] == "PENDING"
    found = server.call("search_memories", query="penicillin")["results"]
    assert [each["memory"] for each in found] == ["I am allergic to penicillin."]
    status = server.call("get_event_status", event_id=added["event_id"])["status"]
    assert status in ("PENDING", "RUNNING", "FAILED")


def test_a_conversation_can_be_added(server: Server) -> None:
    said = [{"role": "user", "content": "Tea?"}, {"role": "assistant", "content": "Green tea."}]
    added = server.call("add_memory", messages=said, infer=False, run_id="r1")
    assert len(added["results"]) == 2
    found = server.call("get_memories", filters={"run_id": "r1"}, page_size=1)
    assert (found["count"], len(found["results"])) == (2, 1)


def test_without_a_user_the_server_finds_what_the_hooks_stored(
    start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    for name in ("LITEMEM_USER_ID", "MEM0_DEFAULT_USER_ID"):
        environment.pop(name, None)
    environment["LOGNAME"] = "cam"
    said = {"type": "user", "message": {"role": "user", "content": "I am allergic to penicillin."}}
    transcript = tmp_path / "session.jsonl"
    transcript.write_text(json.dumps(said) + "\n")
    event = {"session_id": "s1", "transcript_path": str(transcript), "cwd": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-m", "litemem", "hook", "stop"],
        input=json.dumps(event).encode(),
        env=environment,
        check=True,
        timeout=SECONDS,
    )
    (found,) = start("--no-warm").call("search_memories", query="penicillin")["results"]
    assert (found["memory"], found["user_id"]) == ("I am allergic to penicillin.", "cam")


def test_an_agents_memory_gets_no_default_user(server: Server) -> None:
    server.call("add_memory", text="The build needs make.", infer=False, agent_id="coder")
    (found,) = server.call("get_memories", filters={"agent_id": "coder"})["results"]
    assert found["agent_id"] == "coder"
    assert "user_id" not in found
    assert server.call("get_memories")["results"] == []


def test_the_default_ids_bound_calls_that_name_none(start: Start) -> None:
    server = start("--no-warm", "--user-id", "ana", "--app-id", "shop")
    server.call("add_memory", text="I sell tea.", infer=False)
    server.call("add_memory", text="I sell coffee.", infer=False, user_id="ben", app_id="bar")
    (found,) = server.call("search_memories", query="sell")["results"]
    assert (found["user_id"], found["app_id"]) == ("ana", "shop")
    filters = {"AND": [{"user_id": "ben"}, {"app_id": "bar"}]}
    (found,) = server.call("search_memories", query="sell", filters=filters)["results"]
    assert found["user_id"] == "ben"


def test_the_core_has_fewer_tools(start: Start) -> None:
    server = start("--no-warm", "--tools", "core")
    names = [tool["name"] for tool in server.ask("tools/list")["tools"]]
    assert len(names) == 5
    error = server.refused("tools/call", name="delete_all_memories", arguments={})
    assert error["code"] == -32602
    assert "--tools" in error["message"]


def test_a_read_only_server_offers_and_does_nothing_that_writes(start: Start, db: Path) -> None:
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add("I drink tea.", user_id="default", infer=False)
    server = start("--no-warm", "--read-only")
    tools = server.ask("tools/list")["tools"]
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools)
    assert server.call("search_memories", query="tea")["results"]
    assert server.refused("tools/call", name="add_memory", arguments={"text": "x"})


def test_several_calls_run_at_once_and_none_is_lost(server: Server) -> None:
    calls = {
        server.send("tools/call", name="add_memory", arguments={"text": f"n{i}", "infer": False})
        for i in range(40)
    }
    answers = [server.read() for _ in calls]
    assert {message["id"] for message in answers} == calls
    assert not any(message["result"]["isError"] for message in answers)
    assert server.call("get_memories")["count"] == 40


# -- refusals


@pytest.mark.parametrize("tool", ["delete_all_memories", "delete_entities"])
def test_nothing_is_deleted_without_an_id(server: Server, tool: str) -> None:
    server.call("add_memory", text="I drink tea.", infer=False)
    assert "needs a scope" in server.fault(tool)
    assert "needs a scope" in server.fault(tool, user_id=None)
    assert server.call("get_memories")["count"] == 1
    server.call(tool, user_id="default")
    assert server.call("get_memories")["count"] == 0


def test_a_whole_number_may_be_written_as_a_float(server: Server) -> None:
    for text in ("I like tea.", "I like milk."):
        server.call("add_memory", text=text, infer=False)
    assert len(server.call("search_memories", query="like", limit=1.0)["results"]) == 1
    assert len(server.call("get_memories", page=2.0, page_size=1.0)["results"]) == 1
    refused = server.ask(
        "tools/call", name="search_memories", arguments={"query": "like", "limit": 1.5}
    )
    assert "whole number" in refused["content"][0]["text"]


def test_a_null_is_an_absent_argument(server: Server) -> None:
    absent = dict.fromkeys(("user_id", "agent_id", "app_id", "run_id", "enable_graph"))
    more = dict.fromkeys(("messages", "metadata", "wait"))
    added = server.call("add_memory", text="I drink tea.", infer=False, **absent, **more)
    assert added["status"] == "SUCCEEDED"
    found = server.call("search_memories", query="tea", filters=None, limit=None, enable_graph=None)
    assert len(found["results"]) == 1
    assert server.call("get_context", query="tea", filters=None, budget=None)
    assert server.call("get_memories", filters=None, page=None, page_size=None)["count"] == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("search_memories", {"query": "x", "topk": 3}, "no argument 'topk': give query, filters"),
        ("search_memories", {}, "search_memories needs query"),
        ("search_memories", {"query": 5}, "query must be text"),
        ("search_memories", {"query": "x", "limit": -1}, "-1"),
        ("search_memories", {"query": "x", "filters": {"AND": [{"m": {"foo": 1}}]}}, "foo"),
        ("search_memories", {"query": "x", "filters": "user_id=cam"}, "filters"),
        ("add_memory", {}, "needs text"),
        ("add_memory", {"text": "x", "wait": "yes"}, "wait must be True or False"),
        ("add_memory", {"text": "x", "user_id": "*"}, "user_id"),
        ("get_memory", {"memory_id": "nope"}, "no memory has the id 'nope'"),
        ("update_memory", {"memory_id": "nope", "text": "x"}, "nope"),
        ("get_event_status", {"event_id": "nope"}, "nope"),
    ],
)
def test_a_wrong_argument_is_an_error_of_the_tool(
    server: Server, tool: str, arguments: dict[str, Any], words: str
) -> None:
    assert words in server.fault(tool, **arguments)


def test_a_file_of_another_kind_is_an_error_of_the_tool(server: Server, db: Path) -> None:
    db.write_text("not a database, but a text that is long enough to be read as one")
    assert str(db) in server.fault("get_memories")
    db.unlink()
    assert server.call("get_memories")["count"] == 0


def test_a_file_of_a_newer_version_is_an_error_of_the_tool(server: Server, db: Path) -> None:
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add("I drink tea.", user_id="default", infer=False)
    with closing(apsw.Connection(str(db))) as connection:
        version = connection.pragma("user_version")
        connection.pragma("user_version", version + 1)
    assert "newer" in server.fault("get_memories")
    assert server.ask("ping") == {}
    with closing(apsw.Connection(str(db))) as connection:
        connection.pragma("user_version", version)
    assert server.call("get_memories")["count"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit of Linux")
def test_a_full_disk_is_an_error_of_the_tool_and_loses_nothing(server: Server, db: Path) -> None:
    import resource  # which Windows has not

    server.call("add_memory", text="number 0", infer=False)
    pid, none = server.process.pid, resource.RLIM_INFINITY
    limit = db.stat().st_size + db.with_name("memory.db-wal").stat().st_size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, none))  # a write beyond it fails
    words = server.fault("add_memory", text="number 1 " * 100_000, infer=False)
    assert "disk" in words
    assert server.call("get_memories")["count"] == 1
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (none, none))
    server.call("add_memory", text="number 2", infer=False)
    assert server.end() == 0
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        found = {row["memory"] for row in memory.get_all(user_id="default")["results"]}
        assert found == {"number 0", "number 2"}
        assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":NaN}}', -32700),
        (b"[" * 100_000, -32700),
        (b'{"jsonrpc":"2.0","id":' + b"1" * 5_000 + b',"method":"ping"}', -32700),
        (b"[]", -32600),
        (b"7", -32600),
        (b"{}", -32600),
        (b'{"id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"nope"}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"nope"}}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"x:"}}', -32002),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else str(value),
)
def test_a_wrong_message_is_refused_and_the_server_goes_on(
    server: Server, line: bytes, code: int
) -> None:
    server.write(line)
    assert server.read()["error"]["code"] == code
    assert server.ask("ping") == {}


def test_a_line_of_ten_megabytes_is_refused_and_the_server_goes_on(server: Server) -> None:
    server.write(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":"' + b"x" * 10_000_000 + b'"}')
    error = server.read()["error"]
    assert "4,000,000 bytes" in error["message"]
    assert server.ask("ping") == {}


def test_notifications_and_answers_get_no_answer(server: Server) -> None:
    server.notify("notifications/nothing")
    server.notify("notifications/cancelled", requestId=[1])
    server.write(b'{"jsonrpc":"2.0","id":9,"result":{}}')
    server.write(b"")
    assert server.ask("ping") == {}


def test_half_a_surrogate_pair_is_refused_in_words(server: Server) -> None:
    assert "surrogate" in server.fault("add_memory", text="\ud800", infer=False)


# -- resources and the prompt


def test_the_memories_of_a_user_are_a_resource(server: Server) -> None:
    for user_id in ("cam", "a/b c"):
        server.call("add_memory", text=f"{user_id} likes tea.", infer=False, user_id=user_id)
    uris = [each["uri"] for each in server.ask("resources/list")["resources"]]
    assert sorted(uris) == [
        "litemem://users/a%2Fb%20c/memories",
        "litemem://users/cam/memories",
    ]
    (contents,) = server.ask("resources/read", uri=uris[0])["contents"]
    assert contents["text"].endswith("likes tea.\n")
    (template,) = server.ask("resources/templates/list")["resourceTemplates"]
    assert template["uriTemplate"] == "litemem://users/{id}/memories"


def test_the_prompt_recalls_a_topic(server: Server) -> None:
    server.call("add_memory", text="Cam plays the cello.", infer=False)
    (prompt,) = server.ask("prompts/list")["prompts"]
    assert prompt["name"] == "recall"
    (message,) = server.ask("prompts/get", name="recall", arguments={"topic": "cello"})["messages"]
    assert "plays the cello" in message["content"]["text"]
    other = {"topic": "cello", "user_id": "ben"}
    (message,) = server.ask("prompts/get", name="recall", arguments=other)["messages"]
    assert message["content"]["text"] == "Nothing is remembered about cello."
    assert server.refused("prompts/get", name="recall", arguments={})["code"] == -32602


# -- extraction, with a scripted model


def test_a_waiting_add_reports_progress_and_returns_the_facts(start: Start, db: Path) -> None:
    server = start(script=('[["Cam plays the cello"]]', "0.7", str(db)))
    arguments = {"text": "I'm Cam and I play the cello.", "wait": True, "user_id": "cam"}
    result = server.ask(
        "tools/call", name="add_memory", arguments=arguments, _meta={"progressToken": "p"}
    )
    added = result["structuredContent"]
    assert added["status"] == "SUCCEEDED"
    assert [each["memory"] for each in added["results"]] == ["Cam plays the cello"]
    steps = [each["params"] for each in server.notifications]
    assert {each["progressToken"] for each in steps} == {"p"}
    assert [each["progress"] for each in steps] == list(range(1, len(steps) + 1))


def test_a_cancelled_request_is_not_answered_and_its_turn_is_kept(start: Start, db: Path) -> None:
    server = start(script=('[["Cam plays the cello"]]', "1.5", str(db)))
    server.call("get_memories")
    arguments = {"text": "I'm Cam and I play the cello.", "wait": True}
    waiting = server.send("tools/call", name="add_memory", arguments=arguments)
    while not server.call("search_memories", query="cello")["results"]:
        time.sleep(0.05)
    server.notify("notifications/cancelled", requestId=waiting)
    assert server.ask("ping") == {}
    assert server.call("get_memories")["count"] == 0  # not yet extracted
    assert server.end() == 0


def test_the_end_of_the_input_cuts_a_wait_short(start: Start, db: Path) -> None:
    server = start(script=('[["Cam plays the cello"]]', "1", str(db)))
    arguments = {"text": "I'm Cam and I play the cello.", "wait": True}
    waiting = server.send("tools/call", name="add_memory", arguments=arguments)
    assert server.process.stdin is not None
    server.process.stdin.close()
    answer = server.answer(waiting)["result"]["structuredContent"]
    assert answer["status"] in ("PENDING", "RUNNING")
    assert server.process.wait(SECONDS) == 0


def test_what_a_library_prints_does_not_reach_the_client(start: Start, db: Path) -> None:
    server = start(script=("[]", "0", str(db)))
    assert server.call("get_memories")["count"] == 0
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.stderr is not None
    assert b"a library prints" in server.process.stderr.read()


# -- a client that disappears


@pytest.mark.posix
def test_a_client_that_disappears_loses_nothing_that_was_acknowledged(
    start: Start, db: Path
) -> None:
    server = start("--no-warm")
    for i in range(5):
        server.call("add_memory", text=f"number {i}", infer=False)
    server.send("tools/call", name="add_memory", arguments={"text": "number 5", "infer": False})
    assert server.process.stdin is not None
    assert server.process.stdout is not None
    server.process.stdout.close()
    server.process.stdin.close()
    assert server.process.wait(SECONDS) == 0
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        assert len(memory.get_all(user_id="default")["results"]) == 6


@pytest.mark.posix
def test_a_killed_server_loses_nothing_that_was_acknowledged(start: Start, db: Path) -> None:
    server = start("--no-warm")
    server.call("add_memory", text="I am allergic to penicillin.")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(SECONDS)
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        assert memory.search("penicillin", user_id="default")["results"]
        assert memory.verify(full=True)["ok"]


@pytest.mark.slow
def test_several_servers_on_one_file_lose_nothing(start: Start) -> None:
    servers = [start("--no-warm") for _ in range(4)]
    for i in range(25):
        for server in servers:
            arguments = {"text": f"fact {i} of {servers.index(server)}", "infer": False}
            server.send("tools/call", name="add_memory", arguments=arguments)
    for server in servers:
        assert not any(server.read()["result"]["isError"] for _ in range(25))
    assert servers[0].call("get_memories")["count"] == 100
