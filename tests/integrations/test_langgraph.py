"""`LitememStore` next to LangGraph's own store in memory, and in a compiled graph."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("langgraph", reason="needs the extra langgraph")

from langgraph.graph import END, START, StateGraph
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from helpers import LIBRARY, Clock, OpenMemory
from litemem import Memory
from litemem.core.protocols import EmbedderIdentity
from litemem.errors import FilterError, ValidationError
from litemem.integrations.langgraph import LitememStore
from litemem.retrieval import ranking
from litemem.store.sqlite import candidates
from litemem.testing import HashEmbedder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

labels = st.sampled_from(["a", "b", "A"])
namespaces = st.lists(labels, min_size=1, max_size=3).map(tuple)
prefixes = st.lists(labels, max_size=2).map(tuple)
keys = st.sampled_from(["k", "l", "k.l"])
values = st.dictionaries(st.sampled_from(["n", "m"]), st.integers(0, 3), max_size=2)
conditions = st.builds(
    MatchCondition,
    st.sampled_from(["prefix", "suffix"]),
    st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=2).map(tuple),
)
items = st.one_of(
    st.builds(PutOp, namespaces, keys, st.none() | values, st.none(), st.none()),
    st.builds(PutOp, namespaces, keys, values, st.none() | st.just(False), st.just(60.0)),
    st.builds(GetOp, namespaces, keys, st.booleans()),
    st.builds(
        SearchOp,
        prefixes,
        st.none() | st.dictionaries(st.just("n"), st.integers(0, 3) | st.just({"$ne": 1})),
        limit=st.just(100),
        offset=st.just(0),
        query=st.none(),
        refresh_ttl=st.booleans(),
    ),
)
listings = st.builds(
    ListNamespacesOp,
    st.none() | st.lists(conditions, max_size=2).map(tuple),
    st.none() | st.integers(1, 3),
    st.just(100),
    st.just(0),
)
batches = st.lists(st.lists(items, max_size=4) | st.lists(listings, min_size=1, max_size=2))


def plain(result: Any) -> Any:
    """Return what two stores agree on: the times differ, and so does the order of a search."""
    if isinstance(result, list):
        return sorted(map(plain, result))
    if hasattr(result, "key"):
        return (result.namespace, result.key, sorted(result.value.items()))
    return result


@settings(max_examples=20)
@given(batches)
def test_random_batches_give_what_the_store_in_memory_gives(drawn: list[list[Any]]) -> None:
    oracle = InMemoryStore()
    with Memory(":memory:", embedder=HashEmbedder(8)) as memory:
        store = LitememStore(memory)
        for batch in drawn:
            for namespace in [name for name, kept in oracle._data.items() if not kept]:
                del oracle._data[namespace]  # it would list namespaces without an item
            wanted, found = oracle.batch(batch), store.batch(batch)
            assert list(map(plain, found)) == list(map(plain, wanted)), batch


@pytest.mark.parametrize("ttl", [float("nan"), "5"])
def test_a_wrong_ttl_writes_nothing(memory: Memory, ttl: Any) -> None:
    store = LitememStore(memory)
    with pytest.raises(ValidationError, match="ttl"):
        store.batch([PutOp(("n",), "a", {}), PutOp(("n",), "b", {}, None, ttl)])
    assert store.search(("n",)) == []


def test_a_value_that_is_no_json_writes_nothing(memory: Memory) -> None:
    store = LitememStore(memory)
    with pytest.raises(ValidationError, match="'b' must be JSON"):
        store.batch([PutOp(("n",), "a", {}), PutOp(("n",), "b", {"x": b"bytes"})])
    assert store.search(("n",)) == []


@pytest.mark.parametrize("ttl", [float("inf"), 1e300, 2e11])
def test_a_ttl_beyond_the_calendar_never_ends(memory: Memory, now: Clock, ttl: float) -> None:
    store = LitememStore(memory)
    store.put(("n",), "k", {}, ttl=ttl)
    now.advance(days=100_000)
    assert store.get(("n",), "k") is not None
    assert store.sweep_ttl() == 0
    assert memory.verify(full=True)["ok"]


def test_an_item_that_another_tool_changed_is_left_out(memory: Memory) -> None:
    store = LitememStore(memory)
    store.put(("n",), "a", {"x": 1})
    (found,) = memory.get_all(app_id="langgraph")["results"]
    memory.update(found["id"], metadata={"item": "no JSON", "within": ["n"]})
    store.put(("n",), "b", {"x": 2})
    assert [item.key for item in store.search(("n",))] == ["b"]
    assert store.get(("n",), "a") is None
    store.put(("n",), "a", {"x": 3})
    assert store.get(("n",), "a").value == {"x": 3}


def test_facts_never_change_an_item(open_memory: OpenMemory) -> None:
    memory = open_memory(["User lives in Oslo"])
    store = LitememStore(memory, fields=["text"])
    store.put(("n",), "k", {"text": "User lives in Oslo"})
    before = store.get(("n",), "k")
    (result,) = memory.add("I live in Oslo.", app_id="langgraph")["results"]
    assert result["event"] == "ADD"
    assert store.get(("n",), "k") == before


def test_a_cleanup_keeps_items_with_equal_texts(memory: Memory) -> None:
    store = LitememStore(memory, fields=["text"])
    store.put(("n",), "a", {"text": "same", "n": 1})
    store.put(("n",), "b", {"text": "same", "n": 2})
    assert memory.cleanup(app_id="langgraph", duplicates=True)["removed"] == {"duplicates": 0}
    assert len(store.search(("n",))) == 2


def test_a_query_finds_by_the_indexed_fields(memory: Memory) -> None:
    store = LitememStore(memory, fields=["text"])
    store.put(("docs", "a"), "1", {"text": "Cam avoids shellfish", "n": 1})
    store.put(("docs", "b"), "2", {"text": "Cam prefers boutique hotels", "n": 2})
    store.put(("docs", "b"), "3", {"text": "hidden shellfish"}, index=False)
    store.put(("docs", "b"), "4", {"title": "shellfish soup"}, index=["title"])
    found = store.search(("docs",), query="shellfish")
    assert {item.key for item in found[:2]} == {"1", "4"}
    assert "3" not in {item.key for item in found}
    assert found[0].score >= found[1].score > 0
    assert [item.key for item in store.search(("docs", "b"), query="shellfish", limit=1)] == ["4"]
    (hotel,) = store.search(("docs",), query="shellfish", filter={"n": {"$gt": 1}})
    assert hotel.key == "2"
    assert memory.verify(full=True)["ok"]


class Compass:
    """An embedder of points of the compass: a text is the direction of its first letter."""

    identity = EmbedderIdentity("compass", 2, "1")

    def embed_documents(self, texts: list[str]) -> list[tuple[float, float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> tuple[float, float]:
        return {"n": (0.0, 1.0), "e": (1.0, 0.0), "s": (0.0, -1.0), "w": (-1.0, 0.0)}.get(
            text[0], (0.6, -0.8)
        )

    def close(self) -> None:
        pass


def scores(store: LitememStore, query: str, **options: Any) -> dict[str, float]:
    found = store.search(("n",), query=query, **options)
    return {item.key: pytest.approx(item.score, abs=0.01) for item in found}


def test_the_score_is_the_cosine_of_the_nearest_field(tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.db", embedder=Compass()) as memory:
        store = LitememStore(memory, fields=["a", "b[*]"])
        store.put(("n",), "both", {"a": "north", "b": ["east", "west"]})
        store.put(("n",), "one", {"a": "south"})
        expected = [{"both": 1.0, "one": -1.0}, {"both": 1.0, "one": 0.0}, {"one": 1.0, "both": 0}]
        assert [scores(store, query) for query in ("n?", "w?", "s?")] == expected
        memory.export_file(tmp_path / "all.jsonl", app_id="langgraph")
        assert memory.reindex() == {"embedded": 2}
        assert [scores(store, query) for query in ("n?", "w?", "s?")] == expected
        assert memory.verify(full=True)["ok"]
    with Memory(tmp_path / "copy.db", embedder=Compass()) as copy:
        copy.import_file(tmp_path / "all.jsonl")
        copy.reindex()
        assert [scores(LitememStore(copy), query) for query in ("n?", "w?", "s?")] == expected


def test_of_items_that_are_far_away_the_nearest_come_first() -> None:
    with Memory(":memory:", embedder=Compass()) as memory:
        store = LitememStore(memory, fields=["a"])
        for key in ("x", "south"):
            store.put(("n",), key, {"a": key})
        assert scores(store, "n?", limit=1) == {"x": -0.8}
        assert scores(store, "n?", limit=1, offset=1) == {"south": -1.0}


def test_any_field_is_found_in_a_large_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SMALL", 10)
    with Memory(":memory:", embedder=Compass()) as memory:
        store = LitememStore(memory, fields=["a", "b"])
        ops = [PutOp(("n",), str(i), {"a": "north"}) for i in range(2 * ranking.MIN_CANDIDATES)]
        store.batch([PutOp(("n",), "far", {"a": "west", "b": "east"}), *ops])
        assert scores(store, "e?", limit=1) == {"far": 1.0}


def test_a_call_that_would_block_an_event_loop_can_be_refused(memory: Memory) -> None:
    store = LitememStore(memory, blocking=False)

    async def use() -> None:
        await store.aput(("n",), "k", {"x": 1})
        with pytest.raises(asyncio.InvalidStateError, match="await"):
            store.get(("n",), "k")
        assert (await asyncio.to_thread(store.get, ("n",), "k")).value == {"x": 1}

    asyncio.run(use())
    assert store.get(("n",), "k").value == {"x": 1}


def test_the_latest_change_comes_first(memory: Memory, now: Clock) -> None:
    store = LitememStore(memory)
    for key in "abc":
        store.put(("n",), key, {})
        now.advance(seconds=1)
    store.put(("n",), "a", {"again": True})
    assert [item.key for item in store.search(("n",))] == ["a", "c", "b"]
    assert [item.key for item in store.search(("n",), limit=1, offset=1)] == ["c"]
    item = store.get(("n",), "a")
    assert item.updated_at > item.created_at


def test_an_item_expires_after_its_time(memory: Memory, now: Clock) -> None:
    store = LitememStore(memory, ttl={"default_ttl": 10, "omit_expired": True})
    store.put(("n",), "default", {})
    store.put(("n",), "long", {}, ttl=20)
    store.put(("n",), "for ever", {}, ttl=None)
    now.advance(seconds=11 * 60)
    assert {item.key for item in store.search(("n",), refresh_ttl=False)} == {"long", "for ever"}
    assert store.get(("n",), "default") is None
    assert store.sweep_ttl() == 1
    assert store.sweep_ttl() == 0


def test_a_read_moves_the_expiry_without_history(memory: Memory, now: Clock) -> None:
    store = LitememStore(memory, ttl={"omit_expired": True, "refresh_on_read": True})
    store.put(("n",), "k", {}, ttl=10)
    for _ in range(3):
        now.advance(seconds=8 * 60)
        assert store.get(("n",), "k") is not None
    (found,) = memory.get_all(app_id="langgraph")["results"]
    assert len(memory.history(found["id"])) == 1
    now.advance(seconds=8 * 60)
    assert store.get(("n",), "k", refresh_ttl=False) is not None
    now.advance(seconds=3 * 60)
    assert store.get(("n",), "k") is None


def test_expired_items_stay_until_a_sweep_by_default(memory: Memory, now: Clock) -> None:
    store = LitememStore(memory)
    store.put(("n",), "k", {"text": "shellfish"}, ttl=1)
    now.advance(seconds=100)
    assert store.get(("n",), "k", refresh_ttl=False) is not None
    assert len(store.search(("n",), query="shellfish", refresh_ttl=False)) == 1
    assert store.sweep_ttl() == 1


def test_a_sweeper_runs_until_it_is_stopped(memory: Memory, now: Clock) -> None:
    store = LitememStore(memory)
    store.put(("n",), "k", {}, ttl=1)
    now.advance(seconds=100)
    store.start_ttl_sweeper(0.0001)
    for _ in range(1000):
        if store.get(("n",), "k", refresh_ttl=False) is None:
            break
    assert store.stop_ttl_sweeper(10)
    assert store.stop_ttl_sweeper()


@pytest.mark.parametrize("label", ["a.b", "", "a\0"])
def test_a_wrong_namespace_writes_nothing(memory: Memory, label: str) -> None:
    store = LitememStore(memory)
    with pytest.raises(InvalidNamespaceError):
        store.batch([PutOp(("n",), "k", {}), GetOp((label,), "k")])
    assert store.get(("n",), "k") is None


def test_an_unknown_operator_writes_nothing(memory: Memory) -> None:
    store = LitememStore(memory)
    store.put(("n",), "k", {"a": 1})
    with pytest.raises(FilterError, match=r"\$in"):
        store.batch([PutOp(("n",), "l", {}), SearchOp(("n",), {"a": {"$in": [1]}})])
    assert store.get(("n",), "l") is None


def test_a_filter_names_nested_fields(memory: Memory) -> None:
    store = LitememStore(memory)
    store.put(("n",), "nested", {"user": {"access-level": 2}})
    store.put(("n",), "flat", {"user.access-level": 3})
    for wanted, key in ((2, "nested"), (3, "flat"), ({"$gt": 2}, "flat")):
        (found,) = store.search(("n",), filter={"user.access-level": wanted})
        assert found.key == key
    with pytest.raises(FilterError, match="Invalid filter key"):
        store.search(("n",), filter={"a') OR ('1": 1})


def test_export_and_erase_include_the_items_of_a_user(
    memory: Memory, open_memory: OpenMemory
) -> None:
    store = LitememStore(memory, user_label=1)
    store.put(("memories", "cam"), "k", {"text": "one"})
    store.put(("memories", "kim"), "k", {"text": "two"})
    target = Path(memory.store.path).with_suffix(".jsonl")
    memory.export_file(target, user_id="cam")
    copy = open_memory(path=":memory:")
    copy.import_file(target)
    copied = LitememStore(copy, user_label=1)
    assert copied.list_namespaces() == [("memories", "cam")]
    assert copied.get(("memories", "cam"), "k").value == {"text": "one"}
    assert memory.erase(user_id="cam")["gone"]
    assert store.list_namespaces() == [("memories", "kim")]


class State(TypedDict):
    text: str


def test_a_compiled_graph_reads_and_writes_it(memory: Memory) -> None:
    def remember(state: State, *, store: BaseStore) -> State:
        store.put(("facts",), "1", {"text": state["text"]})
        return state

    async def recall(state: State, *, store: BaseStore) -> State:
        (found,) = await store.asearch(("facts",), query="shellfish")
        return {"text": found.value["text"].upper()}

    builder = StateGraph(State)
    builder.add_node("remember", remember)
    builder.add_node("recall", recall)
    builder.add_edge(START, "remember")
    builder.add_edge("remember", "recall")
    builder.add_edge("recall", END)
    graph = builder.compile(store=LitememStore(memory))
    result = asyncio.run(graph.ainvoke({"text": "Cam avoids shellfish"}))
    assert result == {"text": "CAM AVOIDS SHELLFISH"}


WRITER = """
import sys
from litemem import Memory
from litemem.integrations.langgraph import LitememStore
with Memory(sys.argv[1], embedder="hash") as memory:
    store = LitememStore(memory)
    for i in range(10):
        store.put(("n",), f"{sys.argv[2]} {i}", {"i": i})
        store.put(("n",), "shared", {"i": i})
"""


def test_programs_share_a_store_without_a_lost_write(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(i)], env={"PYTHONPATH": str(LIBRARY)}
        )
        for i in range(2)
    ]
    assert [program.wait() for program in programs] == [0, 0]
    with Memory(path, embedder="hash") as memory:
        found = LitememStore(memory).search(("n",), limit=100)
    assert sorted(item.key for item in found) == sorted(
        ["shared", *(f"{i} {j}" for i in range(2) for j in range(10))]
    )


def test_without_langgraph_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['langgraph'] = None\n"
        "try: import litemem.integrations.langgraph\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=LIBRARY, check=True
    )
    assert "pip install 'litemem[langgraph]'" in done.stdout
