"""Huge numbers, times at the edge of the calendar, and what only the client takes."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers.refusals import HALF_A_PAIR, Call, add, refuse, update
from litemem import Memory, MemoryClient
from litemem.core import clock
from litemem.errors import (
    FilterError,
    LitememError,
    ScopeError,
    ValidationError,
)
from litemem.testing import ScriptedLLM

# -- numbers that Python does not write, and times that cannot be shown

HUGE = 10**5_000  # more than 4,300 digits
HUGE_CALLS: dict[str, tuple[type[LitememError], Call]] = {
    "timestamp": (ValidationError, add(timestamp=HUGE)),
    "expires_at": (ValidationError, add(expires_at=-HUGE)),
    "update": (ValidationError, update(timestamp=HUGE)),
    "metadata": (ValidationError, add(metadata={"n": HUGE})),
    "metadata's key": (ValidationError, add(metadata={HUGE: 1})),
    "categories": (ValidationError, add(categories=HUGE)),
    "custom_categories": (ValidationError, add(custom_categories=[{"a": HUGE}])),
    "memory_type": (ValidationError, add(memory_type=HUGE)),
    "immutable": (ValidationError, add(immutable=HUGE)),
    "messages": (ValidationError, add([HUGE])),
    "role": (ValidationError, add({"role": HUGE, "content": "likes milk"})),
    "user_id": (ScopeError, lambda m: m.search("tea", user_id=HUGE)),
    "two ids": (ScopeError, add(filters={"user_id": HUGE})),
    "top_k": (ValidationError, lambda m: m.search("tea", user_id="cam", top_k=-HUGE)),
    "limit": (ValidationError, lambda m: m.get_all(user_id="cam", top_k=HUGE, limit=-HUGE)),
    "threshold": (ValidationError, lambda m: m.search("tea", user_id="cam", threshold=HUGE)),
    "reference_date": (
        ValidationError,
        lambda m: m.search("tea", user_id="cam", reference_date=HUGE),
    ),
    "as_of": (ValidationError, lambda m: m.get_all(user_id="cam", as_of=HUGE)),
    "flush": (ValidationError, lambda m: m.flush(HUGE)),
    "memory_id": (ValidationError, lambda m: m.get(HUGE)),
    "erase": (ValidationError, lambda m: m.erase(HUGE)),
    "older_than": (
        ValidationError,
        lambda m: m.cleanup(user_id="cam", matching=True, older_than=HUGE),
    ),
    "keep_last": (ValidationError, lambda m: m.cleanup(user_id="cam", keep_last=-HUGE)),
    "keep": (ValidationError, lambda m: m.backup(m.store.path, keep=-HUGE)),
    "format": (ValidationError, lambda m: m.export_file("x", user_id="cam", format=HUGE)),
    "on_conflict": (ValidationError, lambda m: m.import_file("x", on_conflict=HUGE)),
    "durability": (ValidationError, lambda m: Memory(m.store.path, durability=HUGE)),
    "config": (ValidationError, lambda _: Memory.from_config({"llm": HUGE})),
    "config's key": (ValidationError, lambda _: Memory.from_config({HUGE: 1})),
    **{
        f"filter {name}": (error, lambda m, f=filters: m.get_all(user_id="cam", filters=f))
        for name, error, filters in (
            ("value", FilterError, {"n": HUGE}),
            ("list", FilterError, {"n": {"in": [1, HUGE]}}),
            ("list of lists", FilterError, {"n": [[HUGE]]}),
            ("key", FilterError, {HUGE: 1}),
            ("metadata key", FilterError, {"metadata": {HUGE: 1}}),
            ("operator", FilterError, {"n": {HUGE: 1}}),
            ("operator of metadata", FilterError, {"metadata": {"n": {"gt": 1, HUGE: 1}}}),
            ("time", FilterError, {"created_at": {"gt": HUGE}}),
            ("text", FilterError, {"text": HUGE}),
            ("logic", FilterError, {"AND": HUGE}),
            ("branch", FilterError, {"OR": [HUGE]}),
            ("id", ScopeError, {"run_id": HUGE}),
        )
    },
}


@pytest.mark.parametrize(("error", "call"), HUGE_CALLS.values(), ids=HUGE_CALLS.keys())
def test_a_number_of_thousands_of_digits_is_refused_with_our_error(
    filled: Memory, path: Path, error: type[LitememError], call: Call
) -> None:
    refuse(filled, path, error, call)


class Zone(tzinfo):
    """A time zone that tells no offset, or fails to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def utcoffset(self, _: datetime | None) -> None:
        if self.error is not None:
            raise self.error

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> str:
        return "nowhere"


def test_a_time_with_a_zone_without_offset_is_utc(filled: Memory) -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=Zone())
    (row,) = filled.add("likes milk", user_id="zoe", infer=False, timestamp=moment)["results"]
    found = filled.get(row["id"])
    assert found is not None
    assert found["created_at"] == "2024-05-01T12:00:00+00:00"


@pytest.mark.parametrize("zone", [tzinfo(), Zone(ValueError("lost")), Zone(OverflowError("far"))])
def test_a_time_with_a_failing_zone_is_refused(filled: Memory, path: Path, zone: tzinfo) -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=zone)
    refuse(filled, path, ValidationError, add(timestamp=moment))


FIRST_MOMENT = "0001-01-01T00:00:00"


@pytest.mark.parametrize("name", ["expires_at", "expiration_date"])
@pytest.mark.parametrize("call", [add, update], ids=["add", "update"])
def test_an_expiry_that_no_day_is_before_is_refused(
    filled: Memory, path: Path, call: Callable[..., Call], name: str
) -> None:
    refuse(filled, path, ValidationError, call(**{name: FIRST_MOMENT}))


EDGES = [
    "0001-01-01",
    "0001-01-01T00:00:00.000001",
    "0001-01-02",
    "9999-12-30",
    "9999-12-31",
    "9999-12-31T23:59:59.999999",
]


@pytest.mark.parametrize("name", ["expires_at", "timestamp"])
@pytest.mark.parametrize("time", EDGES)
def test_an_accepted_edge_value_can_be_shown_found_exported_and_cleaned_up(
    filled: Memory, tmp_path: Path, name: str, time: str
) -> None:
    arguments: dict[str, Any] = {name: time}
    (row,) = filled.add("likes milk", user_id="zoe", infer=False, **arguments)["results"]
    assert shown_everywhere(filled, row["id"], tmp_path)
    filled.cleanup(user_id="zoe", expired=True, older_than="1y", keep_last=1)


def shown_everywhere(memory: Memory, memory_id: str, folder: Path) -> bool:
    """Show a memory of zoe's in every way that there is."""
    found = memory.get(memory_id)
    everything: dict[str, Any] = {"user_id": "zoe", "show_expired": True}
    assert found is not None
    assert memory.get_all(**everything)["results"][0]["id"] == memory_id
    assert memory.search("milk", threshold=0, **everything)["results"][0]["id"] == memory_id
    assert memory.history(memory_id)
    for kind in ("jsonl", "markdown"):
        assert memory.export_file(folder / f"zoe.{kind}", user_id="zoe", format=kind, force=True)
    with MemoryClient(
        path=memory.store.path, embedder=memory.embedder, llm=ScriptedLLM([])
    ) as client:
        assert client.get_all(**everything)["count"] == 1
        assert client.get_memory_export(user_id="zoe")["memories"][0]["id"] == memory_id
    return True


def test_an_expiry_of_an_older_file_that_no_day_is_before_is_shown(
    filled: Memory, path: Path, tmp_path: Path
) -> None:
    (row,) = filled.add("likes milk", user_id="zoe", infer=False)["results"]
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(
            "UPDATE memory SET expires_at = ? WHERE id = ?", (clock.FIRST_MICROSECOND, row["id"])
        )
    assert shown_everywhere(filled, row["id"], tmp_path)
    found = filled.get(row["id"])
    assert found is not None
    assert found["expiration_date"] == "0001-01-01"
    assert filled.verify(full=True)["ok"]


# -- what only the client takes


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


ClientCall = Callable[[MemoryClient], object]
CLIENT_CALLS: dict[str, ClientCall] = {
    "a page of no number": lambda c: c.get_all(user_id="cam", page=-HUGE),
    "a page size of no number": lambda c: c.get_all(user_id="cam", page_size=-HUGE),
    "fields that are a number": lambda c: c.get_all(user_id="cam", fields=5),
    "fields that are text": lambda c: c.search("tea", user_id="cam", fields="id"),
    "fields of numbers": lambda c: c.get_all(user_id="cam", fields=[HUGE]),
    "settings that are a number": lambda c: c.project.get(5),
    "settings that are text": lambda c: c.project.get("decay"),
    "a setting that is a number": lambda c: c.project.get([HUGE]),
    "a schema that is a number": lambda c: c.create_memory_export(HUGE, user_id="cam"),
    "a schema of half a pair": lambda c: c.create_memory_export({"a": HALF_A_PAIR}, user_id="cam"),
    "a schema that is half a pair": lambda c: c.create_memory_export(HALF_A_PAIR, user_id="cam"),
    "a schema too deep": lambda c: c.create_memory_export(deep(100_000), user_id="cam"),
    "a schema deeper than SQLite": lambda c: c.create_memory_export(deep(1_100), user_id="cam"),
    "a schema with a number too long": lambda c: c.create_memory_export({"a": HUGE}, user_id="cam"),
    "instructions of half a pair": lambda c: c.create_memory_export(
        "{}", user_id="cam", export_instructions=HALF_A_PAIR
    ),
    "instructions that are a number": lambda c: c.create_memory_export(
        "{}", user_id="cam", export_instructions=5
    ),
    "an export that is a list": lambda c: c.get_memory_export(memory_export_id=[]),
    "an export that is half a pair": lambda c: c.get_memory_export(memory_export_id=HALF_A_PAIR),
    "an export that is a number": lambda c: c.get_memory_export(memory_export_id=HUGE),
    "a row that is a number": lambda c: c.batch_update([HUGE]),
    "a row of an unknown name": lambda c: c.batch_update([{HUGE: 1}]),
    "feedback that is long": lambda c: c.feedback("x", "y" * 10_000),
}


@pytest.mark.parametrize("call", CLIENT_CALLS.values(), ids=CLIENT_CALLS.keys())
def test_the_client_refuses_what_it_cannot_take(
    filled: Memory, path: Path, call: ClientCall
) -> None:
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        refuse(filled, path, ValidationError, lambda _: call(client))


@pytest.mark.parametrize("page", [10**9, 10**18, 10**30, HUGE], ids=["9", "18", "30", "5000"])
def test_a_page_far_behind_the_last_is_empty(filled: Memory, path: Path, page: int) -> None:
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        found = client.get_all(user_id="cam", page=page, page_size=page)
    assert (found["count"], found["results"], found["next"]) == (1, [], None)


def test_an_export_may_be_asked_for_by_a_date_and_is_not_stored(filled: Memory, path: Path) -> None:
    since = {"created_at": {"gte": date(2020, 1, 1)}}
    with MemoryClient(path=path, embedder=filled.embedder, llm=ScriptedLLM([])) as client:
        asked = client.create_memory_export(deep(90), user_id="cam", filters=since)
        found = client.get_memory_export(memory_export_id=asked["id"])["memories"]
        assert [row["memory"] for row in found] == ["likes green tea"]
        assert client.memory.erase(user_id="cam")["erased"]["exports"] == 0


NAMELESS: dict[str, Call] = {
    "search": lambda m: m.search("tea"),
    "get_all": lambda m: m.get_all(filters={}),
    "delete_all": lambda m: m.delete_all(),
    "erase": lambda m: m.erase(),
    "cleanup": lambda m: m.cleanup(expired=True),
    "add": lambda m: m.add("likes milk"),
}


@pytest.mark.parametrize("call", NAMELESS.values(), ids=NAMELESS.keys())
def test_a_call_without_any_id_is_an_error_that_lists_the_ids(
    filled: Memory, path: Path, call: Call
) -> None:
    with pytest.raises(ScopeError, match="needs a scope: give user_id, agent_id, app_id or run_id"):
        call(filled)
    refuse(filled, path, ScopeError, call)
