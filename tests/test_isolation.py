"""No call reaches beyond its scope: the whole library against an oracle of plain Python.

Files of memories with random ids, and random filters of every form: `get_all`, `search`,
`delete_all` and export give exactly the rows that the oracle says; a machine mixes writes between.
"""

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import filter_oracle as oracle
import pytest
import strategies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from litemem import Memory
from litemem.errors import ScopeError
from litemem.export import export
from litemem.filters import compile_filter
from litemem.intake import content_hash
from litemem.models import MemoryRecord
from litemem.scope import ID_KEYS, Scope
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.vectors import to_blob

NIGHTLY = os.environ.get("LITEMEM_TEST_PROFILE") == "nightly"
EXAMPLES = 2_000 if NIGHTLY else 90
SMALL, LARGE = 12, 6  # filters in an example, against one file; the large ones in two scopes
APP = {"app_id": "app"}  # which most memories have
EVERYTHING = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATIENT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

Row = dict[str, Any]


class Tally:
    """How many filters went through each call."""

    filters = rows = refused = deleted = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    count = Tally()
    yield count
    plugins = request.config.pluginmanager
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        plugins.get_plugin("terminalreporter").write_line(
            f"\nisolation: {count.filters:,} filters through get_all, search and export "
            f"({count.rows:,} rows found, {count.refused:,} filters refused), "
            f"{count.deleted:,} through delete_all"
        )


@pytest.fixture(scope="module")
def shared() -> Iterator[Memory]:
    with Memory(":memory:", embedder=HashEmbedder(8), llm=ScriptedLLM([])) as memory:
        yield memory


@given(
    rows=st.lists(strategies.memories, min_size=4, max_size=8),
    small=st.lists(strategies.entries, min_size=SMALL, max_size=SMALL),
    large=st.lists(strategies.filters(), min_size=LARGE, max_size=LARGE),
    deleted=strategies.filters(),
    scope=strategies.scopes,
)
@PATIENT
def test_every_call_reaches_what_the_oracle_says_and_nothing_else(
    shared: Memory,
    tally: Tally,
    rows: list[Row],
    small: list[tuple[str, Any]],
    large: list[Row],
    deleted: Row,
    scope: dict[str, str],
) -> None:
    shared.reset()
    named = [{**row, "id": f"m{i}"} for i, row in enumerate(rows)]
    insert(shared, named)
    for key, value in small:
        compare(shared, named, {key: value}, APP, tally)
    for filters in large:
        compare(shared, named, filters, scope, tally)
        compare(shared, named, filters, APP, tally)
    expected = reached(named, deleted, scope or APP)
    if isinstance(expected, str):
        with pytest.raises(ScopeError):
            shared.delete_all(filters=deleted, **(scope or APP))
        expected = []
    else:
        shared.delete_all(filters=deleted, **(scope or APP))
    tally.deleted += 1
    assert stored(shared) == {row["id"] for row in named} - set(expected)


def compare(memory: Memory, rows: list[Row], filters: Row, ids: dict[str, str], tally: Any) -> None:
    """Ask the same of `get_all`, `search`, export and the oracle."""
    expected = reached(rows, filters, ids)
    shown = {"show_expired": True, "show_superseded": True, "top_k": EVERYTHING}
    tally.filters += 1
    if isinstance(expected, str):
        tally.refused += 1
        with pytest.raises(ScopeError):
            memory.get_all(filters=filters, **ids, **shown)
        with pytest.raises(ScopeError):
            memory.search("tea", filters=filters, **ids, **shown)
        return
    tally.rows += len(expected)
    found = [row["id"] for row in memory.get_all(filters=filters, **ids, **shown)["results"]]
    assert sorted(found) == sorted(expected)
    searched = memory.search("tea k", filters=filters, **ids, **shown, threshold=0)["results"]
    assert sorted(row["id"] for row in searched) == sorted(expected)
    condition = compile_filter(filters, Scope(**ids))
    exported = [row["id"] for row in export(memory.store, condition)]
    assert sorted(exported) == sorted(expected)


def reached(rows: list[Row], filters: Row, ids: dict[str, str]) -> list[str] | str:
    if ids and oracle.contradicts(filters, ids):
        return "contradicts"
    if not ids and oracle.has_open_branch(filters):
        return "unbounded"
    return [row["id"] for row in rows if oracle.holds({"AND": [ids, filters]}, row)]


def insert(memory: Memory, rows: list[Row]) -> None:
    records = [record(row) for row in rows]
    vectors = memory.embedder.embed_documents([r.content for r in records])
    blobs = [to_blob(vector, memory.embedder.identity.dimensions) for vector in vectors]
    with memory.store.transaction() as tx:
        tx.bind_embedder(memory.embedder.identity)
        tx.insert(records, blobs, [[] for _ in records])


def record(row: Row) -> MemoryRecord:
    return MemoryRecord(
        id=row["id"],
        content=row["memory"],
        hash=content_hash(row["memory"]),
        scope=Scope(**{key: row[key] for key in ID_KEYS}),
        actor_id=row["actor_id"],
        role=row["role"],
        attributed_to=row["attributed_to"],
        memory_type=row["memory_type"],
        metadata=row["metadata"],
        categories=tuple(row["categories"]),
        created_at=microseconds(row["created_at"]),
        updated_at=microseconds(row["updated_at"]),
        valid_from=row["valid_from"] and microseconds(row["valid_from"]),
        expires_at=row["expires_at"] and microseconds(row["expires_at"]),
    )


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def stored(memory: Memory) -> set[str]:
    """Return all the ids in the file, by whatever scope they have."""
    anything = {"OR": [{key: "*"} for key in ID_KEYS]}
    shown = {"show_expired": True, "show_superseded": True, "top_k": EVERYTHING}
    return {row["id"] for row in memory.get_all(filters=anything, **shown)["results"]}


scopes = st.dictionaries(st.sampled_from(ID_KEYS), strategies.ids, min_size=1, max_size=3)
contents = st.sampled_from(["likes tea", "Likes TEA", "100%", "'; DROP TABLE memory; --", "😀"])


class Interleaved(RuleBasedStateMachine):
    """Adds, updates, deletions and supersessions, with the oracle's rows beside the file's."""

    @initialize()
    def open(self) -> None:
        self.memory = Memory(":memory:", embedder=HashEmbedder(8), llm=ScriptedLLM([]))
        self.rows: dict[str, Row] = {}
        self.clock = itertools.count(1)

    def teardown(self) -> None:
        self.memory.close()

    @rule(content=contents, ids=scopes, k=st.sampled_from([1, "1", True, None]))
    def add(self, content: str, ids: dict[str, str], k: Any) -> None:
        at = EPOCH + timedelta(days=20_000, seconds=next(self.clock))
        (added,) = self.memory.add(content, **ids, metadata={"k": k}, timestamp=at, infer=False)[
            "results"
        ]
        row = self.memory.get(added["id"])
        self.rows[added["id"]] = {
            **dict.fromkeys((*ID_KEYS, "actor_id", "attributed_to", "memory_type", "valid_from")),
            **ids,
            "id": added["id"],
            "memory": content,
            "role": "user",
            "metadata": {"k": k},
            "categories": [],
            "created_at": at,
            "updated_at": datetime.fromisoformat(row["updated_at"]),
            "expires_at": None,
            "superseded": False,
        }

    @rule(data=st.data(), content=contents)
    def update(self, data: st.DataObject, content: str) -> None:
        if self.rows:
            chosen = data.draw(st.sampled_from(sorted(self.rows)))
            self.memory.update(chosen, content, {"changed": True})
            row = self.rows[chosen]
            row |= {"memory": content, "metadata": {**row["metadata"], "changed": True}}
            now = self.memory.get(chosen)["updated_at"]
            row["updated_at"] = datetime.fromisoformat(now)

    @rule(data=st.data())
    def supersede(self, data: st.DataObject) -> None:
        if self.rows:
            chosen = data.draw(st.sampled_from(sorted(self.rows)))
            with self.memory.store.transaction() as tx:
                tx.update(replace(tx.get(chosen), valid_to=1), None)
            self.rows[chosen]["superseded"] = True

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.rows:
            chosen = data.draw(st.sampled_from(sorted(self.rows)))
            self.memory.delete(chosen)
            del self.rows[chosen]

    @rule(ids=st.dictionaries(st.sampled_from(["user_id", "run_id"]), strategies.ids, min_size=1))
    def delete_all(self, ids: dict[str, str]) -> None:
        self.memory.delete_all(**ids)
        self.rows = {key: row for key, row in self.rows.items() if not oracle.holds(ids, row)}

    @rule(filters=strategies.filters(), ids=scopes)
    def ask(self, filters: Row, ids: dict[str, str]) -> None:
        rows = list(self.rows.values())
        compare(self.memory, rows, filters, ids, Tally())
        expected = reached([row for row in rows if not row["superseded"]], filters, ids)
        if isinstance(expected, list):
            found = self.memory.search("tea", filters=filters, **ids, top_k=99, threshold=0)
            assert {row["id"] for row in found["results"]} == set(expected)

    @invariant()
    def nothing_is_lost_and_nothing_appears(self) -> None:
        if hasattr(self, "rows"):
            assert stored(self.memory) == set(self.rows)


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(
    PATIENT, max_examples=EXAMPLES // 3, stateful_step_count=40 if NIGHTLY else 20
)
