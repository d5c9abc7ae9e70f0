"""Run Mem0's own Python client against a server, call by call: `hosted.py HOST TOKEN`.

It runs in an environment of mem0ai, without litemem. It ends with 0 if every public method of both
clients was called, and answered as the hosted service does or said that only that one has it. The
users "linked sync" and "linked async" have two memories, of which one superseded the other.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable
from typing import Any

from mem0 import AsyncMemoryClient, MemoryClient
from mem0.client.types import AddMemoryOptions, DeleteAllMemoryOptions, SearchMemoryOptions
from mem0.exceptions import MemoryError as Mem0Error
from mem0.exceptions import MemoryNotFoundError, ValidationError

PROJECT = "/home/cam/a project/ü?#%2F"  # an app is the folder of a project: its id has slashes


def public(kind: type) -> set[str]:
    """Return the public methods of a class."""
    names = (name for name in dir(kind) if not name.startswith("_"))
    return {f"{kind.__name__}.{name}" for name in names if callable(getattr(kind, name))}


async def use(client: Any, linked: str) -> None:
    """Call each method; a synchronous client returns its results at once."""
    called = set()

    async def call(method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        called.add(f"{type(method.__self__).__name__}.{method.__name__}")
        result = method(*arguments, **named)
        return await result if inspect.isawaitable(result) else result

    async def refused(kind: type[Exception], *call_of: Any, **named: Any) -> str:
        try:
            await call(*call_of, **named)
        except kind as error:
            return str(error)
        raise AssertionError(f"{call_of[0].__name__} raised no {kind.__name__}")

    async def is_hosted_only(*call_of: Any, **named: Any) -> None:
        said = await refused(Mem0Error, *call_of, **named)
        assert "hosted service only" in said, (call_of, said)

    added = await call(client.add, "I like green tea.", user_id="cam", infer=False)
    memory_id = added["results"][0]["id"]
    said = [
        {"role": "user", "content": "Which hotel?"},
        {"role": "assistant", "content": "The Alfama, in Lisbon."},
    ]
    options = AddMemoryOptions(filters={"user_id": "cam", "run_id": "r1"}, infer=False)
    assert len((await call(client.add, said, options))["results"]) == 2
    queued = await call(client.add, "I moved to Oslo.", user_id="ana")
    assert queued["status"] == "PENDING", queued
    assert queued["event_id"]

    found = await call(client.search, "tea", filters={"user_id": "cam"}, top_k=1)
    assert [each["memory"] for each in found["results"]] == ["I like green tea."]
    options = SearchMemoryOptions(filters={"user_id": "ana"}, fields=["memory"])
    found = await call(client.search, "Oslo", options)
    assert set(found["results"][0]) == {"id", "memory"}, "findable before its facts are extracted"

    page = await call(client.get_all, filters={"user_id": "cam"}, page=1, page_size=2)
    assert (page["count"], len(page["results"])) == (3, 2), page
    assert page["next"]
    assert (await call(client.get, memory_id))["user_id"] == "cam"
    await call(client.update, memory_id, text="I like black tea.", metadata={"kind": "drink"})
    await call(client.update, memory_id, expiration_date="2099-01-01")
    assert (await call(client.get, memory_id))["expiration_date"] == "2099-01-01"
    await call(client.update, memory_id, expiration_date=None)
    changed = await call(client.get, memory_id)
    assert (changed["memory"], changed["metadata"]) == ("I like black tea.", {"kind": "drink"})
    assert "expiration_date" not in changed
    events = [each["event"] for each in await call(client.history, memory_id)]
    assert events[0] == "ADD"
    assert "UPDATE" in events
    await call(client.feedback, memory_id, feedback="POSITIVE")

    users = await call(client.users)
    assert {("user", "cam"), ("run", "r1")} <= {(e["type"], e["name"]) for e in users["results"]}
    assert (await call(client.get_summary, filters={"user_id": "cam"}))[0]["summary"]
    export = await call(client.create_memory_export, "{}", filters={"user_id": "cam"})
    fetched = await call(client.get_memory_export, memory_export_id=export["id"])
    assert len(fetched["memories"]) == 3

    await call(client.batch_update, [{"memory_id": memory_id, "text": "I like white tea."}])
    assert (await call(client.get, memory_id))["memory"] == "I like white tea."
    await call(client.project.update, custom_instructions="Keep names.")
    assert (await call(client.project.get, ["custom_instructions"])) == {
        "custom_instructions": "Keep names."
    }

    old = await call(client.get_project, fields=["custom_categories", "custom_instructions"])
    assert old == {"custom_categories": None, "custom_instructions": "Keep names."}
    await call(client.update_project, custom_categories=[{"food": "what they eat"}])
    assert (await call(client.project.get))["custom_categories"] == [{"food": "what they eat"}]
    await call(client.update_project, custom_categories=[])
    await refused(ValidationError, client.update_project, memory_depth="deep")

    both = await call(client.get_all, filters={"user_id": linked}, latest_only=False)
    assert both["count"] == 2, both
    (newer,) = (await call(client.get_all, filters={"user_id": linked}))["results"]
    await call(client.delete, newer["id"], delete_linked=True)
    both = await call(client.get_all, filters={"user_id": linked}, latest_only=False)
    assert both["count"] == 0, both

    await is_hosted_only(client.get_profile, "cam")
    await is_hosted_only(client.generate_profile, "cam", idempotency_key="k")
    await is_hosted_only(client.get_profile_settings)
    await is_hosted_only(client.update_profile_settings, enabled=True, schema={})
    await is_hosted_only(client.sample_profiles, limit=2)
    await is_hosted_only(client.get_profile_job, "job 1")
    await is_hosted_only(client.get_webhooks, "local")
    hook = {"url": "http://127.0.0.1/", "name": "h", "event_types": ["memory_add"]}
    await is_hosted_only(client.create_webhook, project_id="local", **hook)
    await is_hosted_only(client.update_webhook, webhook_id=1, **hook)
    await is_hosted_only(client.delete_webhook, 1)
    await is_hosted_only(client.project.create, "another", "of two")
    await is_hosted_only(client.project.delete)
    await is_hosted_only(client.project.get_members)
    await is_hosted_only(client.project.add_member, "ana@example.com")
    await is_hosted_only(client.project.update_member, "ana@example.com", "OWNER")
    await is_hosted_only(client.project.remove_member, "ana@example.com")
    await refused(NotImplementedError, client.chat)  # the client itself has none

    await refused(MemoryNotFoundError, client.get, "nope")
    await refused(MemoryNotFoundError, client.delete, "a/b?c")
    await refused(ValidationError, client.search, "x", filters={"AND": [{"m": {"foo": 1}}]})
    await refused(ValidationError, client.add, "x", user_id="cam", colour="red")
    await refused(ValidationError, client.delete_all)
    await refused(ValidationError, client.delete_all, filters=[])
    assert (await call(client.get_all, filters={"user_id": "cam"}))["count"] == 3

    await call(client.batch_delete, [{"memory_id": memory_id}])
    await call(client.delete_all, DeleteAllMemoryOptions(filters={"run_id": "r1"}))
    assert (await call(client.get_all, filters={"user_id": "cam"}))["count"] == 0
    kept = (await call(client.add, "x", user_id="cam", app_id=PROJECT, infer=False))["results"]
    await call(client.delete, kept[0]["id"])
    await call(client.add, "The build needs make.", app_id=PROJECT, user_id="cam", infer=False)
    await call(client.delete_users, app_id=PROJECT)
    assert (await call(client.get_all, filters={"app_id": PROJECT}))["count"] == 0
    await call(client.add, "I drive a van.", user_id="bob", infer=False)
    await call(client.delete_all, user_id="bob")
    assert (await call(client.get_all, filters={"user_id": "bob"}))["count"] == 0
    kind = type(client)
    assert (public(kind) | public(type(client.project))) - called == {f"{kind.__name__}.reset"}


async def use_async(host: str, token: str) -> None:
    async with AsyncMemoryClient(api_key=token, host=host) as client:
        await use(client, "linked async")
        await client.reset()
        assert (await client.users())["results"] == []


def main(host: str, token: str) -> None:
    refusal = ""
    try:
        MemoryClient(api_key="a token of yesterday", host=host)
    except ValueError as error:
        refusal = str(error)
    assert "token is wrong" in refusal, refusal
    client = MemoryClient(api_key=token, host=host)
    asyncio.run(use(client, "linked sync"))
    asyncio.run(use_async(host, token))
    client.add("I ride a bike.", user_id="bob", infer=False)
    client.reset()
    assert client.users()["results"] == []
    print("every call of both clients answered as expected")


main(*sys.argv[1:])
