"""The examples of the three texts that litemem was started from, with only their imports changed.

Each text is one flow on the default models; what the model words is asserted by its meaning.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem import Memory, MemoryClient
from litemem.errors import ScopeError
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM

pytestmark = pytest.mark.model


@pytest.fixture
def mem(tmp_path: Path, default_llm: LlamaCppLLM, default_embedder: FastEmbedEmbedder) -> Memory:
    return Memory(tmp_path / "mem.db", llm=default_llm, embedder=default_embedder)


@pytest.fixture
def client(
    tmp_path: Path, default_llm: LlamaCppLLM, default_embedder: FastEmbedEmbedder
) -> MemoryClient:
    path = tmp_path / "client.db"
    return MemoryClient(api_key="m0-...", path=path, llm=default_llm, embedder=default_embedder)


def texts(results: dict[str, Any]) -> str:
    return "\n".join(row["memory"] for row in results["results"]).casefold()


def test_memory_architecture(mem: Memory) -> None:
    """The first text: multi-level memory, with user, session and agent state."""
    result = mem.add(
        messages="I love hiking in the mountains.",
        user_id="user-42",
        metadata={"source": "chat"},
    )
    print(result)  # → {"results": [{"id": "...", "memory": "...", "event": "ADD"}]}
    (added,) = result["results"]
    assert {"id", "memory", "event"} <= added.keys()
    assert added["event"] == "ADD"
    assert "hiking" in added["memory"]
    assert mem.get(added["id"])["metadata"] == {"source": "chat"}

    mem.add(
        messages=[
            {"role": "assistant", "content": "Sure, here's the plan..."},
            {"role": "assistant", "content": "Step 2: ..."},
        ],
        agent_id="weather-bot",
        run_id="run-2024-03-07-001",
        memory_type="procedural_memory",
    )
    (procedural,) = mem.search("the plan", agent_id="weather-bot")["results"]
    assert procedural["memory_type"] == "procedural_memory"
    assert procedural["run_id"] == "run-2024-03-07-001"

    # Find memories belonging to a specific user AND run
    results = mem.search(
        query="hiking",
        user_id="user-42",
        run_id="run-2024-03-07-001",
        limit=5,
    )
    assert results["results"] == []  # the user's memory is of no run, the run's of no user
    mem.add("I went hiking today.", user_id="user-42", run_id="run-2024-03-07-001", infer=False)
    results = mem.search(query="hiking", user_id="user-42", run_id="run-2024-03-07-001", limit=5)
    assert [row["memory"] for row in results["results"]] == ["I went hiking today."]

    # without the run: the user's memories across every run, and nobody else's
    mem.add("I love hiking, too.", user_id="alice", infer=False)
    everywhere = mem.search(query="hiking", user_id="user-42")["results"]
    assert {row["user_id"] for row in everywhere} == {"user-42"}
    assert {row.get("run_id") for row in everywhere} == {None, "run-2024-03-07-001"}
    with pytest.raises(ScopeError):
        mem.add("I love hiking.")
    with pytest.raises(ScopeError):
        mem.search("hiking")


def test_travel_service(client: MemoryClient) -> None:
    """The second text: Nora's travel service, its leak and its fix."""
    cam_messages = [
        {
            "role": "user",
            "content": "I'm Cam. Keep in mind I avoid shellfish and prefer boutique hotels.",
        },
        {
            "role": "assistant",
            "content": "Noted! I'll use those preferences in future itineraries.",
        },
    ]

    result = client.add(
        cam_messages,
        user_id="traveler_cam",
        agent_id="travel_planner",
        run_id="tokyo-2025-weekend",
        app_id="concierge_app",
        version="v2",
    )
    assert "shellfish" in texts(result)

    user_scope = {
        "AND": [
            {"user_id": "traveler_cam"},
            {"app_id": "concierge_app"},
            {"run_id": "tokyo-2025-weekend"},
        ]
    }
    user_memories = client.search("Any dietary restrictions?", filters=user_scope)
    print(user_memories)

    agent_scope = {"AND": [{"agent_id": "travel_planner"}, {"app_id": "concierge_app"}]}
    agent_memories = client.search("Any dietary restrictions?", filters=agent_scope)
    print(agent_memories)
    assert "avoids shellfish" in texts(user_memories)
    assert "avoids shellfish" in texts(agent_memories)

    # When memories leak
    chef_memory = [
        {"role": "user", "content": "I'd like to try some authentic Kyoto cuisine."},
        {
            "role": "assistant",
            "content": "I'll remember that you prefer Kyoto kaiseki dining experiences.",
        },
    ]

    client.add(
        chef_memory,
        user_id="traveler_cam",
        agent_id="chef_recommender",
        run_id="menu-planning-2025-04",
        app_id="concierge_app",
        version="v2",
    )
    chef_filters = {"AND": [{"user_id": "traveler_cam"}]}

    collision = client.search("What should I cook?", filters=chef_filters)
    print(collision)
    everything = client.get_all(filters=chef_filters)
    assert "boutique hotels" in texts(everything)
    assert "kyoto" in texts(everything)
    assert "shellfish" in texts(collision)

    # Fix the leak with proper filters
    safe_filters = {
        "AND": [
            {"agent_id": "chef_recommender"},
            {"app_id": "concierge_app"},
            {"run_id": "menu-planning-2025-04"},
        ]
    }

    chef_memories = client.search("Any food alerts?", filters=safe_filters)
    print(chef_memories)
    assert "kyoto" in texts(chef_memories)
    assert "shellfish" not in texts(chef_memories)
    assert "hotel" not in texts(client.get_all(filters=safe_filters))

    # Separate apps with app_id
    for athlete in ("team_admin", "coach_mike", "athlete_jane"):
        client.add(
            f"{athlete} trains at noon.",
            user_id=athlete,
            agent_id="portal_agent",
            app_id="sports_brand_portal",
            infer=False,
        )
    enterprise_filters = {
        "AND": [{"app_id": "sports_brand_portal"}, {"user_id": "*"}, {"agent_id": "*"}]
    }

    page = client.get_all(filters=enterprise_filters, page=1, page_size=10)
    print([row["user_id"] for row in page["results"]])
    assert [row["user_id"] for row in page["results"]] == [
        "athlete_jane",
        "coach_mike",
        "team_admin",
    ]

    # Production patterns
    def audit_app(app_id: str) -> dict[str, Any]:
        filters = {"AND": [{"app_id": app_id}, {"user_id": "*"}, {"agent_id": "*"}]}
        return client.get_all(filters=filters, page=1, page_size=50)

    def close_ticket(ticket_id: str, user_id: str) -> None:
        client.delete_all(user_id=user_id, run_id=ticket_id)

    export = client.get_memory_export(filters={"AND": [{"app_id": "sports_brand_portal"}]})
    assert audit_app("sports_brand_portal")["count"] == 3
    assert len(export["memories"]) == 3

    client.add("The ticket is urgent.", user_id="jo", run_id="ticket_1", infer=False)
    client.add("Jo likes tea.", user_id="jo", infer=False)
    close_ticket("ticket_1", "jo")
    assert texts(client.get_all(filters={"user_id": "jo"})) == "jo likes tea."

    assert client.delete_all(app_id="sports_brand_portal") == {
        "message": "Memories deleted successfully!"
    }
    assert audit_app("sports_brand_portal")["results"] == []
    assert "boutique hotels" in texts(client.get_all(filters=chef_filters))  # the other app's


def test_travel_service_complete_example(client: MemoryClient) -> None:
    """The second text's complete example, and its troubleshooting."""
    client.add(
        [{"role": "user", "content": "I need a hotel near the conference center."}],
        user_id="exec_123",
        agent_id="booking_assistant",
        app_id="enterprise_portal",
        run_id="trip-2025-03",
        version="v2",
    )

    filters = {
        "AND": [
            {"user_id": "exec_123"},
            {"app_id": "enterprise_portal"},
            {"run_id": "trip-2025-03"},
        ]
    }

    results = client.search("Hotels near conference", filters=filters)

    print(f"Searching with filters: {filters}")

    if not results["results"]:
        print("No results found! Trying broader search...")
        broader = client.get_all(filters={"user_id": "exec_123"})
        print(broader)

    print(results["results"][0]["memory"])
    assert "hotel near the conference center" in results["results"][0]["memory"]

    filters = {
        "AND": [
            {"user_id": "exec_123"},
            {"agent_id": "*"},
            {"app_id": "enterprise_portal"},
            {"run_id": "*"},
        ]
    }
    assert client.search("Hotels near conference", filters=filters)["results"]

    # My search returns empty results!
    client.add("u1 likes tea.", user_id="u1", agent_id="a2", infer=False)
    filters = {"AND": [{"user_id": "u1"}, {"agent_id": "a1"}]}
    assert client.get_all(filters=filters)["results"] == []
    filters = {"AND": [{"user_id": "u1"}, {"agent_id": "*"}]}
    assert texts(client.get_all(filters=filters)) == "u1 likes tea."
    filters = {"AND": [{"user_id": "u1"}]}
    assert texts(client.get_all(filters=filters)) == "u1 likes tea."

    all_mems = client.get_all(filters={"user_id": "your_user_id"})
    print(json.dumps(all_mems, indent=2))
    assert all_mems["results"] == []

    filters = {"AND": [{"user_id": "cam", "agent_id": "chef"}]}
    print(f"Searching with filters: {filters}")
    assert client.get_all(filters=filters)["results"] == []

    client.delete_all(user_id="customer_123", run_id="ticket_456")


def test_contextual_memory(client: MemoryClient) -> None:
    """The third text: contextual memory creation."""
    messages = [
        {"role": "user", "content": "I love Italian food, especially pasta"},
        {
            "role": "assistant",
            "content": "Great! I'll remember your preference for Italian cuisine.",
        },
    ]

    client.add(messages, user_id="user123", version="v2")
    assert "italian food" in texts(client.get_all(filters={"user_id": "user123"}))

    # First interaction
    messages1 = [
        {"role": "user", "content": "Hi, I'm Sarah from New York"},
        {"role": "assistant", "content": "Hello Sarah! Nice to meet you."},
    ]
    client.add(messages1, user_id="sarah", version="v2")

    # Later interaction - just send new messages
    messages2 = [
        {"role": "user", "content": "I'm planning a trip to Italy next month"},
        {
            "role": "assistant",
            "content": "How exciting! Italy is beautiful this time of year.",
        },
    ]
    client.add(messages2, user_id="sarah", version="v2")
    sarah = texts(client.get_all(filters={"user_id": "sarah"}))
    assert "new york" in sarah
    assert "italy" in sarah
    assert sarah.count("new york") == 1  # context explains, and is not extracted again

    messages = [
        {"role": "user", "content": "I'm allergic to nuts and dairy"},
        {"role": "assistant", "content": "I've noted your allergies for future reference."},
    ]

    client.add(messages, user_id="user123", version="v2")
    assert "nuts and dairy" in texts(client.search("allergies", filters={"user_id": "user123"}))

    # Trip planning session
    messages1 = [
        {"role": "user", "content": "I want to plan a 5-day trip to Tokyo"},
        {"role": "assistant", "content": "Perfect! Let's plan your Tokyo adventure."},
    ]
    client.add(messages1, user_id="user123", run_id="tokyo-trip-2024", version="v2")

    # Later in the same trip planning session
    messages2 = [
        {"role": "user", "content": "I prefer staying near Shibuya"},
        {"role": "assistant", "content": "Great choice! Shibuya is very convenient."},
    ]
    client.add(messages2, user_id="user123", run_id="tokyo-trip-2024", version="v2")

    # Different session for work project (separate context)
    work_messages = [
        {"role": "user", "content": "Let's discuss the Q4 marketing strategy"},
        {"role": "assistant", "content": "Sure! What are your main goals for Q4?"},
    ]
    client.add(work_messages, user_id="user123", run_id="q4-marketing", version="v2")
    trip = texts(
        client.get_all(filters={"AND": [{"user_id": "user123"}, {"run_id": "tokyo-trip-2024"}]})
    )
    assert "tokyo" in trip
    assert "shibuya" in trip
    work = {"AND": [{"user_id": "user123"}, {"run_id": "q4-marketing"}]}
    assert "tokyo" not in texts(client.get_all(filters=work))
    # the user's own memories are there in all future interactions
    assert "nuts" in texts(client.get_all(filters={"user_id": "user123"}))

    # Support ticket context - keeps interaction focused
    messages = [
        {"role": "user", "content": "My subscription isn't working"},
        {
            "role": "assistant",
            "content": "I can help with that. What specific issue are you experiencing?",
        },
        {"role": "user", "content": "I can't access premium features even though I paid"},
    ]

    # Each support ticket gets its own run_id
    client.add(messages, user_id="customer123", run_id="ticket-2024-001", version="v2")
    ticket = texts(client.get_all(filters={"run_id": "ticket-2024-001"}))
    assert "premium features" in ticket
