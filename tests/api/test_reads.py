"""`Memory.get`, `get_all` and `search`: shapes, scopes, order, and expiry."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from helpers import Clock
from helpers.memories import CAM, ISO, JANE, store_text, texts
from litemem import Memory
from litemem.errors import (
    ScopeError,
    ValidationError,
)

# -- get, get_all, search


def test_get_shows_a_memory_as_mem0_does(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea")
    assert memory.get(memory_id) == {
        "id": memory_id,
        "memory": "likes tea",
        "hash": hashlib.md5(b"likes tea").hexdigest(),
        "metadata": None,
        "score": None,
        "created_at": ISO,
        "updated_at": ISO,
        "user_id": "cam",
        "role": "user",
    }


def test_a_memorys_hash_is_the_md5_of_its_text(memory: Memory) -> None:
    row = memory.get(store_text(memory, "abc"))
    assert row is not None
    assert row["hash"] == "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321, A.5


def test_get_of_an_unknown_id_is_none(memory: Memory) -> None:
    assert memory.get("unknown") is None


def test_get_all_shows_memories_without_a_score(memory: Memory) -> None:
    store_text(memory, "likes tea")
    (row,) = memory.get_all(**CAM)["results"]
    assert "score" not in row


def test_get_all_lists_the_newest_first(memory: Memory, now: Clock) -> None:
    for text in ("one", "two", "three"):
        store_text(memory, text)
        now.advance(seconds=1)
    assert texts(memory.get_all(**CAM)) == ["three", "two", "one"]


def test_memories_of_one_moment_are_listed_in_reverse_order_of_writing(memory: Memory) -> None:
    for i in range(5):
        store_text(memory, str(i))
    assert texts(memory.get_all(**CAM)) == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("name", ["top_k", "limit"])
@pytest.mark.parametrize(("wanted", "found"), [(0, 0), (1, 1), (3, 3), (10, 5), (2**70, 5)])
def test_both_names_bound_how_many_are_listed(
    memory: Memory, name: str, wanted: int, found: int
) -> None:
    for i in range(5):
        store_text(memory, f"tea {i}")
    assert len(memory.get_all(**CAM, **{name: wanted})["results"]) == found
    assert len(memory.search("tea", **CAM, **{name: wanted})["results"]) == found


def test_twenty_are_listed_by_default(memory: Memory) -> None:
    memory.add([{"role": "user", "content": f"tea {i}"} for i in range(25)], infer=False, **CAM)
    assert len(memory.get_all(**CAM)["results"]) == 20
    assert len(memory.search("tea", threshold=0, **CAM)["results"]) == 20


def test_search_finds_the_nearest_first_with_its_score(memory: Memory) -> None:
    for text in ("avoids shellfish", "plays chess on Sundays", "likes window seats"):
        store_text(memory, text)
    rows = memory.search("which shellfish?", **CAM)["results"]
    assert rows[0]["memory"] == "avoids shellfish"
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert all(0 <= row["score"] <= 1 for row in rows)


def test_a_found_memory_has_all_that_a_listed_one_has(memory: Memory) -> None:
    store_text(memory, "avoids shellfish", metadata={"n": 1})
    (found,) = memory.search("shellfish", **CAM)["results"]
    (listed,) = memory.get_all(**CAM)["results"]
    assert found == listed | {"score": found["score"], "sources": found["sources"]}
    assert [source["snippet"] for source in found["sources"]] == ["avoids shellfish"]


def test_search_leaves_out_what_scores_below_the_threshold(memory: Memory) -> None:
    store_text(memory, "plays chess on Sundays")
    store_text(memory, "avoids shellfish")
    assert texts(memory.search("shellfish", threshold=0.3, **CAM)) == ["avoids shellfish"]


def test_search_never_leaves_its_scope(memory: Memory) -> None:
    store_text(memory, "avoids shellfish")
    store_text(memory, "loves shellfish", **JANE)
    assert texts(memory.search("shellfish", **JANE)) == ["loves shellfish"]


READS: dict[str, Callable[..., dict[str, Any]]] = {
    "get_all": lambda memory, **ids: memory.get_all(**ids),
    "search": lambda memory, **ids: memory.search("tea", **ids),
}
each_read = pytest.mark.parametrize("read", READS.values(), ids=READS.keys())


@each_read
@pytest.mark.parametrize(
    "ids",
    [
        CAM,
        {"filters": CAM},
        {**CAM, "filters": CAM},
        {"filters": {"AND": [CAM]}},
        {"filters": {"user_id": {"in": ["cam", "nobody"]}}},
        {"app_id": "shop", "filters": CAM},
    ],
)
def test_ids_are_taken_as_keywords_and_in_filters(
    memory: Memory, read: Callable[..., dict[str, Any]], ids: dict[str, Any]
) -> None:
    store_text(memory, "cam likes tea", app_id="shop")
    store_text(memory, "jane likes tea", **JANE, app_id="shop")
    assert texts(read(memory, **ids)) == ["cam likes tea"]


@each_read
def test_an_id_given_twice_with_different_values_is_an_error(
    memory: Memory, read: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ScopeError):
        read(memory, **CAM, filters=JANE)


@each_read
def test_a_read_without_a_scope_is_an_error(
    memory: Memory, read: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ScopeError):
        read(memory)


def test_add_takes_ids_in_filters(memory: Memory) -> None:
    memory.add("likes tea", filters=CAM, app_id="shop", infer=False)
    assert texts(memory.get_all(**CAM, app_id="shop")) == ["likes tea"]


def test_add_refuses_an_id_given_twice_with_different_values(memory: Memory) -> None:
    with pytest.raises(ScopeError, match="twice"):
        memory.add("likes tea", **CAM, filters=JANE, infer=False)


# -- expiry


@each_read
@pytest.mark.parametrize("name", ["expires_at", "expiration_date"])
@pytest.mark.parametrize("day", ["2025-06-15", date(2025, 6, 15)])
def test_a_memory_is_found_until_its_last_day_has_ended(
    memory: Memory, now: Clock, read: Callable[..., dict[str, Any]], name: str, day: Any
) -> None:
    store_text(memory, "likes tea", **{name: day})
    now.at = 1_750_031_999_999_999  # the last microsecond of that day
    assert texts(read(memory, **CAM)) == ["likes tea"]
    now.at += 1
    assert texts(read(memory, **CAM)) == []


@each_read
def test_expired_memories_are_shown_on_demand(
    memory: Memory, read: Callable[..., dict[str, Any]]
) -> None:
    store_text(memory, "likes tea", expires_at="2025-01-01")
    assert texts(read(memory, **CAM, show_expired=True)) == ["likes tea"]


def test_get_shows_a_memory_also_when_it_expired(memory: Memory) -> None:
    memory_id = store_text(memory, "likes tea", expires_at="2025-01-01")
    assert memory.get(memory_id) is not None


def test_a_memory_shows_its_last_day_and_its_last_moment(memory: Memory) -> None:
    row = memory.get(store_text(memory, "likes tea", expiration_date="2030-12-31"))
    assert row is not None
    assert row["expiration_date"] == "2030-12-31"
    assert row["expires_at"] == "2031-01-01T00:00:00+00:00"


def test_the_last_day_of_all_can_be_an_expiry(memory: Memory) -> None:
    row = memory.get(store_text(memory, "likes tea", expiration_date="9999-12-31"))
    assert row is not None
    assert row["expiration_date"] == "9999-12-31"


def test_two_different_expiries_are_an_error(memory: Memory) -> None:
    with pytest.raises(ValidationError, match="differ"):
        store_text(memory, "x", expires_at="2030-01-01", expiration_date="2031-01-01")
