"""`MemoryClient`: the hosted service's calls on one file."""

import base64
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers import ROOT, Clock, dump
from litemem import MemoryClient
from litemem.client import Project
from litemem.errors import (
    FilterError,
    HostedOnlyError,
    ImmutableError,
    LitememError,
    MemoryNotFoundError,
    ScopeError,
    ValidationError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
SCHEMA = '{"type": "object"}'

OpenClient = Callable[..., MemoryClient]


@pytest.fixture
def open_client(tmp_path: Path, now: Clock) -> Iterator[OpenClient]:
    opened: list[MemoryClient] = []

    def open_one(*answers: object, **settings: Any) -> MemoryClient:
        client = MemoryClient(
            "m0-key",
            path=tmp_path / "memory.db",
            embedder=HashEmbedder(64),
            llm=ScriptedLLM(answers),
            now=now,
            **settings,
        )
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: OpenClient) -> MemoryClient:
    return open_client()


def store(client: MemoryClient, text: str, **arguments: Any) -> str:
    """Store a text as it stands; return its id."""
    ids = {} if {"user_id", "agent_id", "app_id", "run_id"} & arguments.keys() else CAM
    (row,) = client.add(text, infer=False, **ids, **arguments)["results"]
    return row["id"]


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def questions(client: MemoryClient) -> list[str]:
    """Return what the language model was asked."""
    return [call.text for call in client.memory.llm.calls]


# -- add


def test_add_returns_results_when_the_memories_are_stored(open_client: OpenClient) -> None:
    client = open_client(["Avoids shellfish"])
    said = [{"role": "user", "content": "I avoid shellfish"}]
    (row,) = client.add(said, user_id="cam", app_id="concierge", version="v2")["results"]
    assert row == {"id": row["id"], "memory": "Avoids shellfish", "event": "ADD"}
    assert client.get(row["id"])["app_id"] == "concierge"


def test_add_reports_the_outcome_of_each_fact(open_client: OpenClient) -> None:
    moved = ["User moved to Berlin"]
    client = open_client(["User lives in Paris"], moved, moved)
    (old,) = client.add("User lives in Paris", **CAM)["results"]
    (new,) = client.add("User moved to Berlin", **CAM)["results"]
    (known,) = client.add("By now, User moved to Berlin", **CAM)["results"]
    assert (new["event"], new["previous_memory"]) == ("UPDATE", "User lives in Paris")
    assert new["supersedes"] == [old["id"]]
    assert known == {"id": new["id"], "memory": "User moved to Berlin", "event": "NONE"}
    assert [m["id"] for m in client.get_all(**CAM)["results"]] == [new["id"]]
    kept = [*client.get_all(**CAM)["results"], *client.get_memory_export(**CAM)["memories"][:1]]
    assert [m["supersedes"] for m in kept] == [[old["id"]]] * 2
    assert client.update(new["id"], metadata={"a": 1})["supersedes"] == [old["id"]]
    both = client.get_all(latest_only=False, **CAM)["results"]
    assert {m["id"] for m in both} == {old["id"], new["id"]}


def test_add_takes_what_a_file_has_no_use_for(client: MemoryClient) -> None:
    added = client.add(
        "Likes tea",
        infer=False,
        version="v2",
        api_version="v3",
        output_format="v1.0",
        async_mode=True,
        enable_graph=True,
        force_add_only=True,
        org_id="org",
        project_id="project",
        **CAM,
    )
    assert texts(added) == ["Likes tea"]


def test_add_refuses_an_unknown_keyword(client: MemoryClient) -> None:
    with pytest.raises(TypeError, match="user"):
        client.add("Likes tea", user="cam")  # type: ignore[call-arg]


def test_add_takes_ids_in_filters(client: MemoryClient) -> None:
    client.add("Likes tea", infer=False, filters=CAM)
    assert texts(client.get_all(**CAM)) == ["Likes tea"]


def test_add_dates_and_expires_memories(client: MemoryClient) -> None:
    memory_id = store(client, "Is in Kyoto", timestamp=1_740_000_000, expiration_date="2025-06-20")
    row = client.get(memory_id)
    assert row["created_at"] == "2025-02-19T21:20:00+00:00"
    assert row["expiration_date"] == "2025-06-20"


def test_an_immutable_memory_refuses_every_update(client: MemoryClient) -> None:
    memory_id = store(client, "Was born in Porto", immutable=True)
    assert client.get(memory_id)["immutable"] is True
    for change in ({"text": "x"}, {"metadata": {"a": 1}}, {"expiration_date": None}):
        with pytest.raises(ImmutableError, match="delete it and add another"):
            client.update(memory_id, **change)
    assert [entry["event"] for entry in client.history(memory_id)] == ["ADD"]


def test_an_immutable_memory_may_be_deleted(client: MemoryClient) -> None:
    memory_id = store(client, "Was born in Porto", immutable=True)
    client.delete(memory_id)
    assert client.get(memory_id) is None


def test_what_is_extracted_can_be_immutable(open_client: OpenClient) -> None:
    client = open_client(["Likes tea"])
    (row,) = client.add("I like tea", immutable=True, **CAM)["results"]
    assert client.get(row["id"])["immutable"] is True


def test_of_each_fact_the_model_is_asked_whether_it_is_included_and_excluded(
    open_client: OpenClient,
) -> None:
    client = open_client(["User likes tea"], {"about": "yes"}, {"about": "yes"})
    added = client.add("I like tea", includes="food", excludes="drinks", **CAM)
    assert added["results"] == []
    assert questions(client)[1:] == [
        "User likes tea. Is this about food?",
        "User likes tea. Is this about drinks?",
    ]


def test_memories_are_sorted_under_the_calls_categories_or_the_projects(
    open_client: OpenClient,
) -> None:
    client = open_client(
        ["User likes tea"], {"category": "food"}, ["User plays golf"], {"category": "sport"}
    )
    client.project.update(custom_categories=[{"food": "meals and drinks"}])
    client.add("I like tea", **CAM)
    client.add("I play golf", custom_categories=["sport"], **CAM)
    found = {row["memory"]: row["categories"] for row in client.get_all(**CAM)["results"]}
    assert found == {"User likes tea": ["food"], "User plays golf": ["sport"]}


# -- search and get_all


def test_search_finds_ten_at_most_by_default(client: MemoryClient) -> None:
    for i in range(12):
        store(client, f"tea {i}")
    assert len(client.search("tea", **CAM)["results"]) == 10
    assert len(client.search("tea", limit=11, **CAM)["results"]) == 11


def test_search_takes_what_a_file_has_no_use_for(client: MemoryClient) -> None:
    store(client, "Likes tea")
    found = client.search(
        "tea",
        rerank=True,
        keyword_search=True,
        filter_memories=True,
        reference_date="2025-01-01",
        version="v2",
        output_format="v1.1",
        enable_graph=False,
        **CAM,
    )
    assert texts(found) == ["Likes tea"]


def test_search_narrows_by_metadata_and_categories(client: MemoryClient) -> None:
    store(client, "tea at home", metadata={"place": "home"})
    client.memory.add("tea at work", infer=False, categories=["work"], **CAM)
    assert texts(client.search("tea", metadata={"place": "home"}, **CAM)) == ["tea at home"]
    assert texts(client.search("tea", categories=["work"], filters=CAM)) == ["tea at work"]


def test_fields_choose_what_a_row_shows(client: MemoryClient) -> None:
    memory_id = store(client, "Likes tea")
    row = {"id": memory_id, "memory": "Likes tea"}
    assert client.search("tea", fields=["memory"], **CAM) == {"results": [row]}
    assert client.get_all(fields=["memory"], **CAM)["results"] == [row]


def test_get_all_narrows_by_days(client: MemoryClient) -> None:
    for day in ("2025-01-01", "2025-01-02", "2025-01-03"):
        store(client, day, timestamp=f"{day}T12:00:00Z")
    found = client.get_all(start_date="2025-01-02", end_date="2025-01-02", **CAM)
    assert texts(found) == ["2025-01-02"]


def test_an_expired_memory_is_shown_on_request(client: MemoryClient, now: Clock) -> None:
    store(client, "Is in Kyoto", expiration_date="2025-06-20")
    now.advance(days=30)
    assert texts(client.get_all(**CAM)) == []
    assert texts(client.get_all(show_expired=True, **CAM)) == ["Is in Kyoto"]
    assert texts(client.search("Kyoto", show_expired=True, **CAM)) == ["Is in Kyoto"]


@pytest.mark.parametrize("call", ["get_all", "delete_all", "get_summary", "get_memory_export"])
def test_a_call_without_a_scope_is_refused(client: MemoryClient, call: str) -> None:
    store(client, "Likes tea")
    with pytest.raises(ScopeError):
        getattr(client, call)()
    assert client.users()["count"] == 1


def test_filters_that_are_not_a_dict_are_refused(client: MemoryClient) -> None:
    with pytest.raises(FilterError):
        client.get_all(filters=["cam"], categories=["food"], **CAM)  # type: ignore[arg-type]


# -- update, delete


def test_update_returns_the_memory_as_it_is_then(client: MemoryClient) -> None:
    memory_id = store(client, "Likes tea", metadata={"a": 1})
    row = client.update(memory_id, text="Likes coffee", metadata={"b": 2}, timestamp="2025-01-01")
    assert row["message"] == "Memory updated successfully!"
    assert (row["id"], row["memory"]) == (memory_id, "Likes coffee")
    assert row["metadata"] == {"a": 1, "b": 2}
    assert row["created_at"] == "2025-01-01T00:00:00+00:00"
    assert texts(client.search("coffee", **CAM)) == ["Likes coffee"]


def test_update_without_a_change_is_refused(client: MemoryClient) -> None:
    memory_id = store(client, "Likes tea")
    with pytest.raises(ValidationError, match="nothing to change"):
        client.update(memory_id)


def test_an_expiration_date_of_none_lets_a_memory_last(client: MemoryClient) -> None:
    memory_id = store(client, "Likes tea", expiration_date="2025-06-20")
    assert "expiration_date" not in client.update(memory_id, expiration_date=None)


def test_delete_all_removes_what_carries_every_id(client: MemoryClient) -> None:
    store(client, "of the ticket", user_id="cam", run_id="ticket")
    store(client, "of the user", user_id="cam")
    store(client, "of another's ticket", user_id="jo", run_id="ticket")
    done = client.delete_all(user_id="cam", run_id="ticket")
    assert done == {"message": "Memories deleted successfully!"}
    left = client.get_all(filters={"user_id": "*"})
    assert sorted(texts(left)) == ["of another's ticket", "of the user"]


def test_delete_all_takes_an_app_and_filters(client: MemoryClient) -> None:
    store(client, "of a portal", app_id="portal", metadata={"old": True})
    store(client, "of the same portal", app_id="portal")
    client.delete_all(filters={"app_id": "portal", "old": True})
    assert texts(client.get_all(app_id="portal")) == ["of the same portal"]
    client.delete_all(app_id="portal")
    assert client.users()["count"] == 0


# -- users


def test_users_counts_everyone_that_memories_belong_to(client: MemoryClient) -> None:
    store(client, "one", user_id="cam", agent_id="chef")
    store(client, "two", user_id="cam", app_id="portal")
    store(client, "three", user_id="jo", run_id="r1")
    found = client.users()
    assert [(r["type"], r["name"], r["total_memories"]) for r in found["results"]] == [
        ("user", "cam", 2),
        ("user", "jo", 1),
        ("agent", "chef", 1),
        ("app", "portal", 1),
        ("run", "r1", 1),
    ]
    totals = {name: found[f"total_{name}"] for name in ("users", "agents", "apps", "runs")}
    assert totals == {"users": 2, "agents": 1, "apps": 1, "runs": 1}
    assert (found["count"], found["next"], found["previous"]) == (5, None, None)


def test_delete_users_removes_each_one_that_is_named(client: MemoryClient) -> None:
    store(client, "of the user", user_id="cam")
    store(client, "of the agent", agent_id="chef")
    store(client, "of both", user_id="cam", agent_id="chef")
    store(client, "of another", user_id="jo", agent_id="waiter")
    assert client.delete_users(user_id="cam", agent_id="chef") == {
        "message": "Entity deleted successfully."
    }
    assert [row["name"] for row in client.users()["results"]] == ["jo", "waiter"]


def test_delete_users_without_a_name_removes_nothing_and_says_so(client: MemoryClient) -> None:
    store(client, "Likes tea")
    with pytest.raises(ScopeError, match=r"reset\(\)"):
        client.delete_users()
    assert client.users()["count"] == 1


def test_reset_removes_everything_but_the_project(client: MemoryClient, tmp_path: Path) -> None:
    memory_id = store(client, "Likes tea")
    client.feedback(memory_id, "POSITIVE")
    client.create_memory_export(SCHEMA, **CAM)
    client.project.update(custom_instructions="Only food.")
    client.reset()
    full = {name for name, rows in dump(tmp_path / "memory.db").items() if rows}
    assert {
        name for name in full if not name.startswith(("sqlite_", "memory_fts", "passage_fts"))
    } == {"setting"}
    assert client.project.get()["custom_instructions"] == "Only food."


# -- batches


def test_batch_update_changes_all(client: MemoryClient) -> None:
    ids = [store(client, text) for text in ("tea", "milk", "wine")]
    done = client.batch_update(
        [
            {"memory_id": ids[0], "text": "coffee"},
            {"memory_id": ids[1], "metadata": {"cold": True}},
            {"memory_id": ids[2], "text": "beer", "expiration_date": "2025-07-01"},
        ]
    )
    assert done == {"message": "Successfully updated 3 memories"}
    assert [client.get(i)["memory"] for i in ids] == ["coffee", "milk", "beer"]
    assert client.get(ids[1])["metadata"] == {"cold": True}
    assert texts(client.search("beer", limit=1, **CAM)) == ["beer"]


def test_batch_update_changes_nothing_when_one_is_unknown(client: MemoryClient) -> None:
    memory_id = store(client, "tea")
    with pytest.raises(MemoryNotFoundError):
        client.batch_update(
            [{"memory_id": memory_id, "text": "x"}, {"memory_id": "?", "text": "y"}]
        )
    assert client.get(memory_id)["memory"] == "tea"


def test_batch_update_changes_nothing_when_one_is_immutable(client: MemoryClient) -> None:
    ids = [store(client, "tea"), store(client, "milk", immutable=True)]
    with pytest.raises(ImmutableError):
        client.batch_update([{"memory_id": i, "text": "x"} for i in ids])
    assert client.get(ids[0])["memory"] == "tea"


def test_batch_delete_removes_all_or_none(client: MemoryClient) -> None:
    ids = [store(client, text) for text in ("tea", "milk", "wine")]
    with pytest.raises(MemoryNotFoundError):
        client.batch_delete([{"memory_id": ids[0]}, {"memory_id": "?"}])
    assert client.get(ids[0]) is not None
    done = client.batch_delete([{"memory_id": ids[0]}, {"memory_id": ids[1]}])
    assert done == {"message": "Successfully deleted 2 memories"}
    assert texts(client.get_all(**CAM)) == ["wine"]


def test_delete_linked_removes_what_a_memory_superseded_in_turn(client: MemoryClient) -> None:
    first, second, third, other = (store(client, text) for text in ("a", "b", "c", "d"))
    client.memory.supersede(first, by=second)
    client.memory.supersede(second, by=third)
    client.delete(third, delete_linked=True)
    assert texts(client.get_all(**CAM, latest_only=False)) == ["d"]
    with pytest.raises(MemoryNotFoundError):
        client.delete(first, delete_linked=True)
    with pytest.raises(ValidationError, match="delete_linked"):
        client.delete(other, delete_linked="yes")  # type: ignore[arg-type]
    assert client.get(other) is not None


@pytest.mark.parametrize(
    ("memories", "reason"),
    [
        ([], "1 to 1,000"),
        ([{"memory_id": "a", "text": "b"}] * 1_001, "got 1,001"),
        ({"memory_id": "a"}, "list of dicts"),
        (["a"], r"memories\[0\] must be a dict"),
        ([{"memory_id": "a", "text": "b", "data": "c"}], r"memories\[0\]\['data'\] is unknown"),
        (
            [{"memory_id": "a", "text": "b"}, {"memory_id": "a"}],
            r"memories\[1\].*nothing to change",
        ),
        ([{"text": "b"}], r"memories\[0\].*memory_id"),
    ],
)
def test_batch_update_says_what_is_wrong(client: MemoryClient, memories: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        client.batch_update(memories)


# -- exports, summaries, feedback


def test_an_export_needs_no_request(client: MemoryClient, now: Clock) -> None:
    store(client, "of a portal", app_id="portal", expiration_date="2025-06-16", immutable=True)
    store(client, "of another", app_id="shop")
    now.advance(days=30)
    (row,) = client.get_memory_export(filters={"AND": [{"app_id": "portal"}]})["memories"]
    assert (row["memory"], row["app_id"], row["immutable"]) == ("of a portal", "portal", True)


def test_a_requested_export_holds_what_is_there_when_it_is_fetched(client: MemoryClient) -> None:
    memory_id = store(client, "deleted later")
    requested = client.create_memory_export(SCHEMA, filters={"user_id": "cam"})
    store(client, "added later")
    client.delete(memory_id)
    found = client.get_memory_export(memory_export_id=requested["id"])
    assert [row["memory"] for row in found["memories"]] == ["added later"]


def test_an_export_can_be_requested_by_ids_and_a_schema_as_dict(client: MemoryClient) -> None:
    store(client, "Likes tea")
    store(client, "Likes milk", user_id="jo")
    requested = client.create_memory_export({"type": "object"}, user_id="jo")
    found = client.get_memory_export(memory_export_id=requested["id"])
    assert [row["memory"] for row in found["memories"]] == ["Likes milk"]


def test_an_unknown_export_is_refused(client: MemoryClient) -> None:
    with pytest.raises(ValidationError, match="create_memory_export"):
        client.get_memory_export(memory_export_id="?")
    for text in ("{}", "[]", '{"filters": null}', "[" * 100_000, '{"filters": 1, "ids": 2}'):
        encoded = base64.urlsafe_b64encode(text.encode()).decode()
        with pytest.raises(ValidationError, match="create_memory_export"):
            client.get_memory_export(memory_export_id=encoded)
    with pytest.raises(ScopeError):
        client.create_memory_export(SCHEMA)
    with pytest.raises(ValidationError, match="JSON"):
        client.create_memory_export({"type": {1, 2}}, **CAM)


def test_an_export_is_as_long_as_the_scope(client: MemoryClient) -> None:
    said = [{"role": "user", "content": f"tea {i}"} for i in range(1_234)]
    client.add(said, infer=False, **CAM)
    found = [row["memory"] for row in client.get_memory_export(**CAM)["memories"]]
    assert found == [f"tea {i}" for i in reversed(range(1_234))]


def test_a_summary_separates_the_scopes(client: MemoryClient, now: Clock) -> None:
    store(client, "Likes tea")
    store(client, "Reads", user_id="cam", run_id="r1")
    now.advance(seconds=5)
    store(client, "Likes milk")
    store(client, "Likes wine", user_id="jo")
    first, second = client.get_summary(filters=CAM)
    assert (first["user_id"], first["summary"]) == ("cam", "Likes tea\nLikes milk")
    assert (first["total_memories"], first["updated_at"]) == (2, "2025-06-15T15:06:45+00:00")
    assert (second["run_id"], second["summary"]) == ("r1", "Reads")


def test_the_last_feedback_on_a_memory_counts(client: MemoryClient, tmp_path: Path) -> None:
    memory_id = store(client, "Likes tea")
    client.feedback(memory_id, "positive")
    said = client.feedback(memory_id, "VERY_NEGATIVE", feedback_reason="It was coffee")
    assert said == {
        "id": memory_id,
        "feedback": "VERY_NEGATIVE",
        "feedback_reason": "It was coffee",
    }
    ((_, word, reason, _),) = dump(tmp_path / "memory.db")["feedback"]
    assert (word, reason) == ("VERY_NEGATIVE", "It was coffee")


def test_feedback_goes_when_it_is_taken_back_or_its_memory_goes(
    client: MemoryClient, tmp_path: Path
) -> None:
    ids = [store(client, "Likes tea"), store(client, "Likes milk")]
    for memory_id in ids:
        client.feedback(memory_id, "NEGATIVE")
    client.feedback(ids[0])
    client.delete(ids[1])
    assert dump(tmp_path / "memory.db")["feedback"] == []


def test_feedback_is_one_of_three_words_on_a_known_memory(client: MemoryClient) -> None:
    with pytest.raises(ValidationError, match="VERY_NEGATIVE"):
        client.feedback(store(client, "Likes tea"), "good")
    with pytest.raises(MemoryNotFoundError):
        client.feedback("?", "POSITIVE")


# -- the project


def test_the_projects_instructions_reach_the_model_in_every_process(
    open_client: OpenClient,
) -> None:
    open_client().project.update(custom_instructions="Only food.")
    client = open_client([], custom_instructions="Of the constructor.")
    client.add("I like tea", **CAM)
    assert "Only food." in questions(client)[0]


def test_a_calls_instructions_come_before_the_projects(open_client: OpenClient) -> None:
    client = open_client([])
    client.project.update(custom_instructions="Only food.")
    client.add("I like tea", custom_instructions="Only drinks.", **CAM)
    assert "Only drinks." in questions(client)[0]
    assert "Only food." not in questions(client)[0]


def test_an_agent_alone_has_instructions_of_its_own(open_client: OpenClient) -> None:
    client = open_client([], [], [])
    client.project.update(custom_instructions="Food.", agent_custom_instructions="Tools.")
    said = [{"role": "assistant", "content": "I use tea"}, {"role": "user", "content": "I, too"}]
    client.add(said, agent_id="chef")
    assert "Tools." in questions(client)[0]
    client.add(said, agent_id="chef", user_id="cam")
    assert all("Food." in asked for asked in questions(client)[1:])


def test_an_empty_text_takes_instructions_back(open_client: OpenClient) -> None:
    client = open_client([])
    client.project.update(custom_instructions="Only food.")
    client.project.update(custom_instructions="")
    client.add("I like tea", **CAM)
    assert "Instructions" not in questions(client)[0]


def test_a_setting_that_was_removed_is_none(client: MemoryClient) -> None:
    client.project.update(custom_instructions="Only food.", custom_categories=["food"], decay=False)
    client.project.update(custom_instructions="", custom_categories=[])
    settings = client.project.get(["custom_instructions", "custom_categories", "decay"])
    assert settings == {"custom_instructions": None, "custom_categories": None, "decay": False}


def test_a_call_may_leave_out_the_projects_categories(open_client: OpenClient) -> None:
    client = open_client(["User likes tea"])
    client.project.update(custom_categories=["food"])
    client.add("I like tea", custom_categories=[], **CAM)
    assert "categories" not in client.get_all(**CAM)["results"][0]


def test_project_settings_change_one_by_one(client: MemoryClient) -> None:
    client.project.update(custom_categories=["food", {"travel": "Trips"}], multilingual=True)
    client.project.update(custom_instructions="Only food.")
    assert client.project.get() == {
        "custom_instructions": "Only food.",
        "custom_categories": ["food", {"travel": "Trips"}],
        "agent_custom_instructions": None,
        "multilingual": True,
        "decay": None,
    }
    assert client.project.get(["multilingual"]) == {"multilingual": True}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "nothing to change"),
        ({"custom_categories": "food"}, "list"),
        ({"custom_categories": [{}]}, "got an empty dict"),
        ({"custom_categories": [{"food": 1}]}, "must be text"),
        ({"multilingual": "yes"}, "True or False"),
    ],
)
def test_project_update_says_what_is_wrong(
    client: MemoryClient, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        client.project.update(**arguments)


def test_the_deprecated_project_calls_still_work(client: MemoryClient) -> None:
    with pytest.warns(DeprecationWarning, match=r"project\.update"):
        client.update_project(custom_instructions="Only food.")
    with pytest.warns(DeprecationWarning, match=r"project\.get"):
        assert client.get_project(["custom_instructions"]) == {"custom_instructions": "Only food."}


# -- what is the service's alone


@pytest.mark.parametrize("call", ["chat", "get_webhooks", "create_webhook", "get_profile"])
def test_a_hosted_call_says_that_it_is_hosted(client: MemoryClient, call: str) -> None:
    with pytest.raises(HostedOnlyError, match="hosted service") as raised:
        getattr(client, call)("anything", name="else")
    assert isinstance(raised.value, LitememError)
    assert isinstance(raised.value, NotImplementedError)


def test_members_are_the_services(client: MemoryClient) -> None:
    with pytest.raises(HostedOnlyError, match="members"):
        client.project.add_member("a@example.com", role="READER")


# -- documentation


def documented() -> set[tuple[str, str]]:
    """Return (call, argument) for each that docs/reference/client.md explains."""
    page = (ROOT / "docs/reference/client.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return {
        (call, argument)
        for arguments, calls, _ in rows
        for argument in re.findall(r"`(\w+)`", arguments)
        for call in re.findall(r"`([\w.]+)`", calls)
    }


def taken() -> set[tuple[str, str]]:
    """Return (call, argument) for each that there is."""
    calls: dict[str, Callable[..., object]] = {"MemoryClient": MemoryClient}
    calls |= {name: call for name, call in vars(MemoryClient).items() if callable(call)}
    calls |= {f"project.{name}": getattr(Project, name) for name in ("get", "update")}
    return {
        (call, name)
        for call, function in calls.items()
        if not call.startswith("_")
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self"
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


def test_every_argument_is_documented_and_nothing_else() -> None:
    assert documented() == taken()
