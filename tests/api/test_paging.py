"""Pages: a stable order, without skipped or repeated memories while others write."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import START
from litemem import MemoryClient
from litemem.errors import ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
SECOND = 1_000_000  # microseconds


def open_client(path: Path | str = ":memory:") -> MemoryClient:
    return MemoryClient(path=path, embedder=HashEmbedder(8), llm=ScriptedLLM([]), now=lambda: START)


@pytest.fixture
def client() -> Iterator[MemoryClient]:
    with open_client() as opened:
        yield opened


def store(client: MemoryClient, at: int, text: str = "tea") -> str:
    """Store a memory of the second `at`; return its id."""
    (row,) = client.add(text, infer=False, timestamp=START // SECOND + at, **CAM)["results"]
    return row["id"]


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["results"]]


def walk(client: MemoryClient, page_size: int) -> list[str]:
    """Return the ids on all pages."""
    found: list[str] = []
    for number in range(1, 500):
        page = client.get_all(page=number, page_size=page_size, **CAM)
        found += ids(page)
        if page["next"] is None:
            return found
    raise AssertionError("the walk has no end")


def test_a_page_says_how_many_there_are_and_what_comes_before_and_after(
    client: MemoryClient,
) -> None:
    stored = [store(client, at) for at in range(5)][::-1]
    first = client.get_all(page=1, page_size=2, **CAM)
    assert (first["count"], first["next"], first["previous"]) == (5, "?page=2&page_size=2", None)
    middle = client.get_all(page=2, page_size=2, **CAM)
    assert middle["next"] == "?page=3&page_size=2"
    assert middle["previous"] == "?page=1&page_size=2"
    last = client.get_all(page=3, page_size=2, **CAM)
    assert (ids(last), last["next"]) == (stored[4:], None)


def test_without_a_page_it_is_the_first_of_a_hundred(client: MemoryClient) -> None:
    stored = [store(client, at) for at in range(101)][::-1]
    page = client.get_all(**CAM)
    assert ids(page) == stored[:100]
    assert page["next"] == "?page=2&page_size=100"


def test_beyond_the_last_page_is_an_empty_one(client: MemoryClient) -> None:
    store(client, 0)
    page = client.get_all(page=9, page_size=5, **CAM)
    assert (page["count"], page["results"], page["next"]) == (1, [], None)


def test_ties_are_in_the_order_of_ids(client: MemoryClient) -> None:
    stored = [store(client, 7) for _ in range(9)]
    assert walk(client, 2) == sorted(stored, reverse=True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"page": 0},
        {"page": -1},
        {"page": True},
        {"page": "2"},
        {"page_size": 0},
        {"limit": 0},
        {"page_size": 1.5},
        {"page_size": 2, "limit": 3},
    ],
)
def test_pages_are_counted_from_one(client: MemoryClient, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="page"):
        client.get_all(**arguments, **CAM)


def test_limit_and_top_k_are_other_names_for_the_page_size(client: MemoryClient) -> None:
    for at in range(3):
        store(client, at)
    assert len(client.get_all(limit=2, **CAM)["results"]) == 2
    assert len(client.get_all(top_k=2, page_size=2, **CAM)["results"]) == 2


def test_pages_can_be_read_in_any_order(client: MemoryClient) -> None:
    stored = [store(client, at) for at in range(20)][::-1]
    assert ids(client.get_all(page=7, page_size=3, **CAM)) == stored[18:]
    assert ids(client.get_all(page=3, page_size=3, **CAM)) == stored[6:9]


def test_a_new_walk_does_not_go_on_where_the_last_one_ended(client: MemoryClient) -> None:
    for at in range(4):
        store(client, at)
    walk(client, 2)
    added = [store(client, at) for at in range(10, 14)][::-1]
    client.get_all(page=1, page_size=2, **CAM)
    assert ids(client.get_all(page=2, page_size=2, **CAM)) == added[2:]


@given(st.lists(st.integers(0, 5), max_size=25), st.integers(1, 7))
def test_all_pages_together_are_the_scope(seconds: list[int], page_size: int) -> None:
    with open_client() as client:
        stored = {store(client, at) for at in seconds}
        found = walk(client, page_size)
        assert len(found) == len(set(found))
        assert set(found) == stored


def test_a_page_shows_the_file_as_it_is_when_the_page_is_read(client: MemoryClient) -> None:
    stored = [store(client, at) for at in range(6)][::-1]
    assert ids(client.get_all(page=1, page_size=2, **CAM)) == stored[:2]
    newest = store(client, 10)
    assert ids(client.get_all(page=2, page_size=2, **CAM)) == stored[1:3]
    client.delete(newest)
    assert ids(client.get_all(page=2, page_size=2, **CAM)) == stored[2:4]
