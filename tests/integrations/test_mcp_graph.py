"""`litemem mcp --tools graph`: the reference memory server's tools, without its lost writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.mcp_server import Server, Start
from litemem import Memory
from litemem.testing import HashEmbedder

ANNA = {"name": "Anna", "entityType": "person", "observations": ["likes tea"]}
OSLO = {"name": "Oslo", "entityType": "city", "observations": []}
LIVES = {"from": "Anna", "to": "Oslo", "relationType": "lives_in"}


@pytest.fixture
def server(start: Start) -> Server:
    return start("--tools", "graph")


def create(server: Server, *entities: dict[str, Any]) -> Any:
    return server.call("create_entities", entities=list(entities))["entities"]


def entity(name: str) -> dict[str, Any]:
    return {"name": name, "entityType": "test", "observations": [f"seen by {name}"]}


def test_nine_tools_are_described(server: Server) -> None:
    tools = {tool["name"]: tool for tool in server.ask("tools/list")["tools"]}
    assert list(tools) == [
        *("create_entities", "create_relations", "add_observations"),
        *("delete_entities", "delete_observations", "delete_relations"),
        *("read_graph", "search_nodes", "open_nodes"),
    ]
    hints = {name: tool["annotations"] for name, tool in tools.items()}
    assert all(hints[n]["readOnlyHint"] for n in ("read_graph", "search_nodes", "open_nodes"))
    assert all(hints[n]["destructiveHint"] for n in hints if n.startswith("delete_"))
    assert not any(hints[n]["destructiveHint"] for n in hints if n.startswith(("create", "add")))
    read = [[tool["name"], tool["description"], tool["inputSchema"]] for tool in tools.values()]
    assert len(json.dumps(read, separators=(",", ":"))) < 2_900


def test_results_have_the_shapes_of_the_reference(server: Server) -> None:
    assert create(server, ANNA, OSLO) == [ANNA, OSLO]
    assert create(server, ANNA | {"observations": ["x"]}) == []  # it exists, and stays as it is
    assert server.call("create_relations", relations=[LIVES, LIVES])["relations"] == [LIVES]
    observed = [{"entityName": "Anna", "contents": ["likes tea", "plays chess"]}]
    assert server.call("add_observations", observations=observed)["results"] == [
        {"entityName": "Anna", "addedObservations": ["plays chess"]}
    ]
    anna = ANNA | {"observations": ["likes tea", "plays chess"]}
    assert server.call("read_graph") == {"entities": [anna, OSLO], "relations": [LIVES]}
    assert server.call("search_nodes", query="CHESS") == {"entities": [anna], "relations": [LIVES]}
    assert server.call("open_nodes", names=["Oslo"]) == {"entities": [OSLO], "relations": [LIVES]}
    deletions = [{"entityName": "Anna", "observations": ["plays chess"]}]
    assert server.call("delete_observations", deletions=deletions) == {
        "success": True,
        "message": "Observations deleted successfully",
    }
    server.call("delete_relations", relations=[LIVES])
    assert server.call("read_graph") == {"entities": [ANNA, OSLO], "relations": []}
    server.call("delete_entities", entityNames=["Anna", "nobody"])
    assert server.call("read_graph") == {"entities": [OSLO], "relations": []}


def test_the_text_of_a_result_is_that_of_the_reference(server: Server) -> None:
    def text_of(tool: str, **arguments: Any) -> str:
        result = server.ask("tools/call", name=tool, arguments=arguments)
        text: str = result["content"][0]["text"]
        return text

    assert json.loads(text_of("create_entities", entities=[OSLO])) == [OSLO]
    assert json.loads(text_of("read_graph")) == {"entities": [OSLO], "relations": []}
    assert text_of("delete_entities", entityNames=[]) == "Entities deleted successfully"


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("create_entities", {}, "create_entities needs entities"),
        ("create_entities", {"entities": {}}, "entities must be a list"),
        ("create_entities", {"entities": [{"name": "A"}]}, "must have name, entityType"),
        ("create_entities", {"entities": [OSLO | {"entityType": 7}]}, "entityType must be text"),
        ("create_entities", {"entities": [OSLO | {"observations": "x"}]}, "a list of texts"),
        ("create_entities", {"entities": [OSLO | {"observations": [None]}]}, "must be text"),
        ("create_entities", {"entities": [OSLO | {"name": ""}]}, "must not be blank"),
        ("create_entities", {"entities": [OSLO | {"extra": 1}]}, "no field 'extra'"),
        ("create_relations", {"relations": [LIVES | {"to": None}]}, "to must be text"),
        (
            "add_observations",
            {"observations": [{"entityName": "Ben", "contents": ["x"]}]},
            "Entity with name Ben not found",
        ),
        ("delete_entities", {"entityNames": "Anna"}, "must be a list"),
        ("open_nodes", {"names": [1]}, "must be text"),
        ("search_nodes", {"query": ["x"]}, "must be text"),
        ("read_graph", {"user_id": "ana"}, "has no argument 'user_id'"),
    ],
)
def test_wrong_arguments_are_errors_that_say_what_to_give(
    server: Server, tool: str, arguments: dict[str, Any], message: str
) -> None:
    assert message in server.fault(tool, **arguments)
    assert server.call("read_graph") == {"entities": [], "relations": []}


def test_tools_of_another_profile_are_refused(server: Server) -> None:
    error = server.refused("tools/call", name="add_memory", arguments={"text": "x"})
    assert "not offered by this server" in error["message"]


def test_a_read_only_server_has_three_tools(server: Server, start: Start) -> None:
    create(server, OSLO)
    reader = start("--tools", "graph", "--read-only")
    names = [tool["name"] for tool in reader.ask("tools/list")["tools"]]
    assert names == ["read_graph", "search_nodes", "open_nodes"]
    assert reader.call("read_graph")["entities"] == [OSLO]


def test_the_graph_is_of_the_default_user(start: Start, db: Path) -> None:
    create(start("--tools", "graph", "--user-id", "ana"), OSLO)
    assert start("--tools", "graph").call("read_graph")["entities"] == []
    with Memory(db, embedder=HashEmbedder()) as memory:
        assert memory.graph(user_id="ana")["entities"][0]["name"] == "Oslo"


def test_the_graph_is_a_resource(server: Server) -> None:
    create(server, OSLO)
    first = server.ask("resources/list")["resources"][0]
    assert first["uri"] == "memory://knowledge-graph"
    (contents,) = server.ask("resources/read", uri=first["uri"])["contents"]
    assert json.loads(contents["text"]) == {"entities": [OSLO], "relations": []}


def test_fifty_creates_at_once_are_fifty(server: Server) -> None:
    names = [f"e{i}" for i in range(50)]
    for name in names:
        server.send("tools/call", name="create_entities", arguments={"entities": [entity(name)]})
    for _ in names:
        assert not server.read()["result"]["isError"]
    assert {each["name"] for each in server.call("read_graph")["entities"]} == {*names}


def test_four_servers_lose_nothing(start: Start) -> None:
    servers = [start("--tools", "graph", "--no-warm") for _ in range(4)]
    for number, server in enumerate(servers):
        for i in range(50):
            arguments = {"entities": [entity(f"s{number} e{i}"), entity("shared")]}
            server.send("tools/call", name="create_entities", arguments=arguments)
    for server in servers:
        assert not any(server.read()["result"]["isError"] for _ in range(50))
    found = servers[0].call("read_graph")["entities"]
    assert len(found) == len({each["name"] for each in found}) == 201
    assert all(each == entity(each["name"]) for each in found)
