"""`litemem mcp` with the official client, in both eras; skipped without the package `mcp`."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import LIBRARY
from helpers.served import Served

mcp = pytest.importorskip("mcp")
if not hasattr(mcp, "Client"):
    pytest.skip("needs mcp 2", allow_module_level=True)

ERAS = {"legacy": "2025-11-25", "auto": "2026-07-28"}
MARKS = [pytest.mark.filterwarnings("ignore"), pytest.mark.parametrize("mode", ERAS)]
pytestmark = MARKS


def with_client(
    tmp_path: Path, mode: str, use: Callable[[Any], Awaitable[None]], *options: str
) -> None:
    environment = os.environ | {
        "LITEMEM_DB": str(tmp_path / "memory.db"),
        "LITEMEM_MODELS": str(tmp_path / "models"),
        "LITEMEM_USER_ID": "default",
        "PYTHONPATH": str(LIBRARY),
    }
    command = mcp.StdioServerParameters(
        command=sys.executable,
        args=["-m", "litemem", "mcp", "--embedder", "hash", *options],
        env=environment,
    )

    async def run() -> None:
        async with mcp.Client(command, mode=mode) as client:
            await use(client)

    asyncio.run(run())


def test_the_era_is_negotiated(tmp_path: Path, mode: str) -> None:
    async def use(client: Any) -> None:
        assert client.protocol_version == ERAS[mode]
        assert client.server_info.name == "litemem"
        assert "get_context" in client.instructions

    with_client(tmp_path, mode, use)


def test_the_tools_answer_within_their_output_schemas(tmp_path: Path, mode: str) -> None:
    async def use(client: Any) -> None:
        tools = (await client.list_tools()).tools
        assert len(tools) == 11
        text = {"text": "Cam plays the cello.", "infer": False}
        added = (await client.call_tool("add_memory", text)).structured_content
        memory_id = added["results"][0]["id"]
        for name, arguments in (
            ("search_memories", {"query": "cello"}),
            ("get_context", {"query": "What does Cam play?"}),
            ("get_memories", {}),
            ("get_memory", {"memory_id": memory_id}),
            ("update_memory", {"memory_id": memory_id, "text": "Cam plays the viola."}),
            ("list_entities", {}),
            ("delete_memory", {"memory_id": memory_id}),
            ("delete_all_memories", {"user_id": "default"}),
            ("delete_entities", {"user_id": "default"}),
        ):
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            assert result.structured_content
        refused = await client.call_tool("delete_all_memories", {})
        assert refused.is_error

    with_client(tmp_path, mode, use)


def test_resources_and_the_prompt_are_read(tmp_path: Path, mode: str) -> None:
    async def use(client: Any) -> None:
        await client.call_tool("add_memory", {"text": "I play the cello.", "infer": False})
        (resource,) = (await client.list_resources()).resources
        (contents,) = (await client.read_resource(str(resource.uri))).contents
        assert "cello" in contents.text
        assert (await client.list_resource_templates()).resource_templates
        assert (await client.list_prompts()).prompts[0].name == "recall"
        prompt = await client.get_prompt("recall", {"topic": "cello"})
        assert "cello" in prompt.messages[0].content.text

    with_client(tmp_path, mode, use)


def test_errors_of_the_protocol_raise(tmp_path: Path, mode: str) -> None:
    async def use(client: Any) -> None:
        with pytest.raises(mcp.MCPError):
            await client.call_tool("no_such_tool", {})
        with pytest.raises(mcp.MCPError):
            await client.read_resource("litemem://nowhere")

    with_client(tmp_path, mode, use)


def test_calls_in_parallel_are_all_kept(tmp_path: Path, mode: str) -> None:
    async def use(client: Any) -> None:
        calls = [
            client.call_tool("add_memory", {"text": f"fact {i}", "infer": False}) for i in range(50)
        ]
        results = await asyncio.gather(*calls)
        assert not any(result.is_error for result in results)
        found = await client.call_tool("get_memories", {})
        assert found.structured_content["count"] == 50

    with_client(tmp_path, mode, use)


def test_the_graph_tools_answer_within_their_output_schemas(tmp_path: Path, mode: str) -> None:
    entity = {"entityType": "test", "observations": ["o"]}
    relation = {"from": "e0", "to": "e1", "relationType": "knows"}

    async def use(client: Any) -> None:
        assert len((await client.list_tools()).tools) == 9
        calls = [
            client.call_tool("create_entities", {"entities": [entity | {"name": f"e{i}"}]})
            for i in range(50)
        ]
        assert not any(result.is_error for result in await asyncio.gather(*calls))
        for name, arguments in (
            ("create_relations", {"relations": [relation]}),
            ("add_observations", {"observations": [{"entityName": "e0", "contents": ["p"]}]}),
            ("search_nodes", {"query": "p"}),
            ("open_nodes", {"names": ["e0"]}),
            ("delete_observations", {"deletions": [{"entityName": "e0", "observations": ["p"]}]}),
            ("delete_relations", {"relations": [relation]}),
            ("delete_entities", {"entityNames": ["e0"]}),
        ):
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            assert result.structured_content
        found = await client.call_tool("read_graph", {})
        assert len(found.structured_content["entities"]) == 49

    with_client(tmp_path, mode, use, "--tools", "graph")


def test_a_server_is_used_over_http(tmp_path: Path, mode: str) -> None:
    pytest.importorskip("uvicorn", reason="needs the extra serve")
    httpx2 = pytest.importorskip("httpx2")
    transport = pytest.importorskip("mcp.client.streamable_http").streamable_http_client
    server = Served(tmp_path, "--port", "0")

    async def run() -> None:
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {server.token}"})
        address = f"http://127.0.0.1:{server.port}/mcp?user_id=ana"
        async with mcp.Client(transport(address, http_client=http), mode=mode) as client:
            assert client.protocol_version == ERAS[mode]
            text = {"text": "I play the cello.", "infer": False}
            assert not (await client.call_tool("add_memory", text)).is_error
            found = await client.call_tool("search_memories", {"query": "cello"})
            assert found.structured_content["results"][0]["user_id"] == "ana"
            (resource,) = (await client.list_resources()).resources
            assert (await client.read_resource(str(resource.uri))).contents
            assert (await client.get_prompt("recall", {"topic": "cello"})).messages
            with pytest.raises(mcp.MCPError):
                await client.call_tool("no_such_tool", {})
            seen: list[str] = []

            async def heard(_: float, __: float | None, message: str | None) -> None:
                seen.append(message or "")

            wait = {"text": "I moved to Oslo.", "wait": True}
            await client.call_tool("add_memory", wait, progress_callback=heard)
            assert "extracting" in seen[0]

    asyncio.run(run())
    assert server.stop() == 0
