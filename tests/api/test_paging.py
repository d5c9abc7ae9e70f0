"""Pages: a stable order, and walks that neither skip nor repeat whatever others do meanwhile."""

import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import START
from litemem import MemoryClient
from litemem.client import paging
from litemem.client.paging import Pager, Start
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


def walk(
    client: MemoryClient, page_size: int, between: Callable[[], None] = lambda: None
) -> list[str]:
    """Return the ids on all pages; something may happen between each two."""
    found: list[str] = []
    for number in range(1, 500):
        page = client.get_all(page=number, page_size=page_size, **CAM)
        found += ids(page)
        if page["next"] is None:
            return found
        between()
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


def test_what_is_added_before_a_walk_does_not_move_its_pages(client: MemoryClient) -> None:
    stored = [store(client, at) for at in range(6)][::-1]
    assert walk(client, 2, lambda: [store(client, 10) for _ in range(3)] and None) == stored


def test_what_is_deleted_behind_a_walk_does_not_hide_what_is_before_it(
    client: MemoryClient,
) -> None:
    stored = [store(client, at) for at in range(6)][::-1]
    gone = iter(stored)
    assert walk(client, 2, lambda: client.delete(next(gone)) and None) == stored


def test_the_memory_that_a_page_ended_with_may_be_deleted(client: MemoryClient) -> None:
    stored = [store(client, at) for at in range(4)][::-1]
    client.get_all(page=1, page_size=2, **CAM)
    client.delete(stored[1])
    assert ids(client.get_all(page=2, page_size=2, **CAM)) == stored[2:]


def test_a_page_out_of_turn_is_found_by_counting(client: MemoryClient) -> None:
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


def test_walks_of_different_filters_do_not_disturb_each_other(client: MemoryClient) -> None:
    stored = [store(client, at, "tea" if at % 2 else "milk") for at in range(8)][::-1]
    tea: list[str] = []
    milk: list[str] = []
    for page in (1, 2):
        for found, word in ((tea, "tea"), (milk, "milk")):
            filters = {"user_id": "cam", "text": word}
            found += ids(client.get_all(filters=filters, page=page, page_size=2))
        store(client, 20, "tea")
    assert (tea, milk) == (stored[::2], stored[1::2])


@given(st.data())
def test_a_walk_sees_once_whatever_is_there_all_the_time(data: st.DataObject) -> None:
    moments = st.integers(0, 5)  # few of them, so that there are many ties
    with open_client() as client:
        kept = {store(client, at) for at in data.draw(st.lists(moments, min_size=1, max_size=25))}
        added: set[str] = set()

        def change() -> None:
            new = data.draw(st.lists(moments, max_size=4))
            added.update(store(client, at) for at in new)
            present = sorted(kept | added)
            for memory_id in data.draw(st.sets(st.sampled_from(present), max_size=4)):
                if len(kept) + len(added) > 1:
                    client.delete(memory_id)
                    kept.discard(memory_id)
                    added.discard(memory_id)

        found = walk(client, data.draw(st.integers(1, 7)), change)
        assert len(found) == len(set(found)), "a memory was repeated"
        assert kept <= set(found), "a memory was skipped"


def test_a_walk_holds_while_other_threads_write() -> None:
    with tempfile.TemporaryDirectory() as folder, open_client(Path(folder) / "a.db") as client:
        kept = {store(client, at) for at in range(200)}
        done = threading.Event()

        def disturb(seed: int) -> None:
            chance = random.Random(seed)
            while not done.is_set():
                memory_id = store(client, chance.randrange(-50, 250))
                if chance.random() < 0.7:
                    client.delete(memory_id)

        threads = [threading.Thread(target=disturb, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        try:
            found = walk(client, 7)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert len(found) == len(set(found))
        assert kept <= set(found)


# -- the pager itself


def test_the_first_page_starts_at_the_newest() -> None:
    assert Pager().start("walk", 1, 10) == Start(None, 0)


def test_the_next_page_starts_where_the_last_one_ended() -> None:
    pager = Pager()
    pager.ended("walk", 1, (5, "e"))
    assert pager.start("walk", 2, 10) == Start((5, "e"), 0)


def test_a_page_that_is_not_the_next_is_counted_from_the_nearest_known() -> None:
    pager = Pager()
    assert pager.start("walk", 7, 10) == Start(None, 60)
    pager.ended("walk", 1, (5, "e"))
    pager.ended("walk", 2, (3, "c"))
    assert pager.start("walk", 7, 10) == Start((3, "c"), 40)


def test_a_page_read_again_forgets_those_behind_it() -> None:
    pager = Pager()
    for page in (1, 2, 3):
        pager.ended("walk", page, (10 - page, "x"))
    pager.ended("walk", 2, (8, "y"))
    assert pager.start("walk", 4, 10) == Start((8, "y"), 10)


def test_an_empty_page_has_no_end() -> None:
    pager = Pager()
    pager.ended("walk", 1, None)
    assert pager.start("walk", 2, 10) == Start(None, 10)


def test_the_walk_used_least_lately_is_forgotten() -> None:
    pager = Pager()
    for walk_id in range(paging.MOST_WALKS):
        pager.ended(walk_id, 1, (5, "e"))
    pager.ended(0, 2, (4, "d"))
    pager.ended("one more", 1, (5, "e"))
    assert pager.start(1, 2, 10) == Start(None, 10)
    assert pager.start(0, 3, 10) == Start((4, "d"), 0)


def test_a_long_walk_keeps_its_last_ends() -> None:
    pager = Pager()
    for page in range(1, paging.MOST_ENDS + 2):
        pager.ended("walk", page, (-page, "x"))
    assert pager.start("walk", paging.MOST_ENDS + 2, 10).offset == 0
    assert pager.start("walk", 2, 10) == Start(None, 10)
