"""Scenarios of `add`, `update`, `delete`, `delete_all` and `history`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from steps import (
    ALICE,
    EVERYTHING,
    FUTURE,
    PAST,
    TURN,
    UNKNOWN,
    Scenario,
    add_bare,
    all_of,
    kept,
    one,
    texts,
    then,
)

ADD: dict[str, Scenario] = {
    "text": lambda m: add_bare(m, "I like tea"),
    "dict": lambda m: add_bare(m, {"role": "user", "content": "I like tea"}),
    "list": lambda m: add_bare(m, TURN),
    "only-system": lambda m: add_bare(m, TURN[:1]),
    "tool-role": lambda m: add_bare(m, [{"role": "tool", "content": "42"}]),
    "parts": lambda m: add_bare(
        m, [{"role": "user", "content": [{"type": "text", "text": "I like tea"}]}]
    ),
    "role-human": lambda m: add_bare(m, [{"role": "human", "content": "I like tea"}]),
    "role-capital": lambda m: add_bare(m, [{"role": "User", "content": "I like tea"}]),
    "role-developer": lambda m: add_bare(m, [{"role": "developer", "content": "Be kind"}]),
    "role-unknown": lambda m: add_bare(m, [{"role": "customer", "content": "I like tea"}]),
    "type-human": lambda m: add_bare(m, [{"type": "human", "content": "I like tea"}]),
    "gemini-parts": lambda m: add_bare(m, [{"role": "user", "parts": [{"text": "I like tea"}]}]),
    "image": lambda m: add_bare(
        m, [{"role": "user", "content": {"type": "image_url", "image_url": {"url": "u"}}}]
    ),
    "part": lambda m: add_bare(
        m, [{"role": "user", "content": {"type": "text", "text": "I like tea"}}]
    ),
    "three-times": lambda m: [add_bare(m, "I like tea") for _ in range(3)],
    "padded-text": lambda m: add_bare(m, "  I like tea \n"),
    "kept/plain": kept,
    "kept/metadata": lambda m: kept(m, metadata={"mood": "calm", "n": 1, "deep": {"a": [1, None]}}),
    "kept/empty-metadata": lambda m: kept(m, metadata={}),
    "kept/every-id": lambda m: kept(m, **EVERYTHING),
    "kept/agent-only": lambda m: kept(m, user_id=None, agent_id="chef"),
    "kept/name": lambda m: kept(m, TURN[1:2]),
    "kept/padded-id": lambda m: kept(m, user_id=" alice "),
    "kept/id-with-space": lambda m: kept(m, user_id="alice smith"),
    "kept/number-as-id": lambda m: kept(m, user_id=7),
    "kept/identity-in-metadata": lambda m: kept(m, metadata={"user_id": "eve", "mood": "calm"}),
    "kept/agent-in-metadata": lambda m: kept(m, metadata={"agent_id": "chef"}),
    "kept/created-at-in-metadata": lambda m: kept(
        m, metadata={"created_at": "2020-05-05T00:00:00+00:00"}
    )["created_at"][:4],
    "kept/role-in-metadata": lambda m: kept(m, metadata={"role": "boss"}),
    "kept/app-id-in-metadata": lambda m: kept(m, metadata={"app_id": "portal"}),
    "no-ids": lambda m: m.add("I like tea", infer=False),
    "none-as-id": lambda m: add_bare(m, "I like tea", user_id=None),
    "empty-id": lambda m: add_bare(m, "I like tea", user_id=""),
    "blank-id": lambda m: add_bare(m, "I like tea", user_id="  "),
    "positional-id": lambda m: m.add("I like tea", "alice", infer=False),
    "no-messages": lambda m: add_bare(m, None),
    "number-as-messages": lambda m: add_bare(m, 7),
    "empty-text": lambda m: add_bare(m, ""),
    "blank-text": lambda m: add_bare(m, "   "),
    "empty-list": lambda m: add_bare(m, []),
    "list-of-texts": lambda m: add_bare(m, ["I like tea"]),
    "no-role": lambda m: add_bare(m, [{"content": "I like tea"}]),
    "no-content": lambda m: add_bare(m, [{"role": "user"}]),
    "content-none": lambda m: add_bare(m, [{"role": "assistant", "content": None}]),
    "content-number": lambda m: add_bare(m, [{"role": "user", "content": 7}]),
    "wrong-memory-type": lambda m: add_bare(m, "I like tea", memory_type="semantic"),
    "unknown-keyword": lambda m: add_bare(m, "I like tea", colour="red"),
    "metadata-list": lambda m: add_bare(m, "I like tea", metadata=["calm"]),
    "metadata-not-json": lambda m: add_bare(m, "I like tea", metadata={"when": object()}),
    "metadata-datetime": lambda m: kept(m, metadata={"when": datetime(2020, 1, 1)}),
    "error-attributes": lambda m: _attributes(lambda: m.add("I like tea", infer=False)),
}

UPDATE: dict[str, Scenario] = {
    "text": lambda m: m.update(one(m), "I like cake"),
    "data": lambda m: m.update(one(m), data="I like cake"),
    "text-and-metadata": lambda m: m.update(one(m), "I like cake", {"mood": "calm"}),
    "kept/text": lambda m: _updated(m, {}, "I like cake"),
    "kept/text-keeps-metadata": lambda m: _updated(m, {"metadata": {"a": 1}}, "I like cake"),
    "kept/merges-metadata": lambda m: _updated(
        m, {"metadata": {"a": 1, "b": 1}}, "I like cake", {"b": 2, "c": 3}
    ),
    "kept/identity-in-metadata": lambda m: _updated(
        m, {}, "I like cake", {"user_id": "eve", "mood": "calm"}
    ),
    "kept/same-identity-in-metadata": lambda m: _updated(
        m, {}, "I like cake", {"user_id": "alice", "mood": "calm"}
    ),
    "kept/times": lambda m: _update_times(m),
    "same-text": lambda m: m.update(one(m), "I like tea"),
    "unknown": lambda m: m.update(UNKNOWN, "I like cake"),
    "not-a-uuid": lambda m: m.update("nonsense", "I like cake"),
    "nothing": lambda m: m.update(one(m)),
    "blank": lambda m: m.update(one(m), " "),
    "number": lambda m: m.update(one(m), 7),
    "unknown-keyword": lambda m: m.update(one(m), "I like cake", colour="red"),
}

DELETE: dict[str, Scenario] = {
    "known": lambda m: m.delete(one(m)),
    "unknown": lambda m: m.delete(UNKNOWN),
    "twice": lambda m: _twice(m.delete, one(m)),
    "then-get": lambda m: then(one(m), m.delete, m.get),
}

HISTORY: dict[str, Scenario] = {
    "unknown": lambda m: m.history(UNKNOWN),
    "none": lambda m: m.history(None),
    "added": lambda m: m.history(one(m)),
    "named": lambda m: m.history(add_bare(m, TURN)["results"][0]["id"]),
    "updated": lambda m: then(one(m), lambda i: m.update(i, "I like cake"), m.history),
    "deleted": lambda m: then(one(m), m.delete, m.history),
    "after-delete-all": lambda m: then(one(m), lambda _: m.delete_all(**ALICE), m.history),
    "after-reset": lambda m: then(one(m), lambda _: m.reset(), m.history),
}


def delete_all(dialect: str) -> dict[str, Scenario]:
    """Return the scenarios of `delete_all`, which read what is left."""

    def left(m: Any, **ids: Any) -> Any:
        one(m, "tea")
        one(m, "soup", agent_id="chef")
        return m.delete_all(**ids), texts(all_of(m, dialect))

    return {
        "user": lambda m: left(m, **ALICE),
        "two-ids-and": lambda m: left(m, **ALICE, agent_id="chef"),
        "agent": lambda m: left(m, agent_id="chef"),
        "nobody": lambda m: left(m, user_id="nobody"),
        "positional": lambda m: m.delete_all("alice"),
        "no-ids": lambda m: m.delete_all(),
        "blank-id": lambda m: m.delete_all(user_id=" "),
        "padded-id": lambda m: left(m, user_id=" alice "),
        "unknown-keyword": lambda m: m.delete_all(**ALICE, colour="red"),
    }


NEWER_WRITES: dict[str, Scenario] = {
    "add/timestamp": lambda m: add_bare(m, "I like tea", timestamp=1_600_000_000),
    "add/expiration-date": lambda m: kept(m, expiration_date=FUTURE),
    "add/expiration-as-date": lambda m: kept(m, expiration_date=date.fromisoformat(FUTURE)),
    "add/expiration-as-datetime": lambda m: kept(
        m, expiration_date=datetime.fromisoformat(FUTURE + "T10:00:00+00:00")
    )["expiration_date"],
    "add/expiration-with-time": lambda m: kept(m, expiration_date=FUTURE + "T10:00:00"),
    "add/expiration-nonsense": lambda m: add_bare(m, "I like tea", expiration_date="soon"),
    "add/expiration-number": lambda m: kept(m, expiration_date=1_600_000_000),
    "add/expiration-past": lambda m: kept(m, expiration_date=PAST),
    "add/expiration-blank": lambda m: add_bare(m, "I like tea", expiration_date=""),
    "update/metadata": lambda m: m.update(one(m), metadata={"mood": "calm"}),
    "update/kept/metadata": lambda m: _updated(m, {}, metadata={"mood": "calm"}),
    "update/empty-metadata": lambda m: m.update(one(m), metadata={}),
    "update/kept/expiration": lambda m: _updated(m, {}, expiration_date=FUTURE),
    "update/kept/expiration-none": lambda m: _updated(
        m, {"expiration_date": FUTURE}, expiration_date=None
    ),
    "update/positional-expiration": lambda m: _updated(m, {}, "I like cake", None, FUTURE),
    "update/expiration-nonsense": lambda m: m.update(one(m), expiration_date="soon"),
    "update/text-and-data": lambda m: _updated(m, {}, "I like cake", data="I like pie"),
    "delete_all/filters": lambda m: m.delete_all(filters=ALICE),
    "delete_all/app-id": lambda m: m.delete_all(app_id="portal"),
    "add/app-id": lambda m: add_bare(m, "I like tea", app_id="portal"),
}

OLDER_WRITES: dict[str, Scenario] = {
    "update/metadata-alone": lambda m: m.update(one(m), metadata={"mood": "calm"}),
}


def _attributes(call: Callable[[], Any]) -> dict[str, bool]:
    names = ("message", "error_code", "details", "suggestion", "debug_info")
    try:
        call()
    except Exception as error:  # noqa: BLE001 - any error's attributes are the outcome
        return {name: hasattr(error, name) for name in names}
    return {}


def _updated(m: Any, first: dict[str, Any], *changes: Any, **more: Any) -> Any:
    memory_id = one(m, **first)
    m.update(memory_id, *changes, **more)
    return m.get(memory_id)


def _update_times(m: Any) -> dict[str, bool]:
    memory_id = one(m)
    before = m.get(memory_id)
    m.update(memory_id, "I like cake")
    now = m.get(memory_id)
    return {name: before[name] == now[name] for name in ("created_at", "updated_at", "hash")}


def _twice(call: Callable[[str], Any], memory_id: str) -> Any:
    call(memory_id)
    return call(memory_id)
