"""Import: what was exported comes back to the byte; what is broken or hostile changes nothing."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tracemalloc
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import LIBRARY, START, Clock, OpenMemory, dump, strategies
from litemem import Memory
from litemem.cli import main
from litemem.core.arguments import AddOptions
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord, Message, Relation
from litemem.errors import EmbedderError, LitememError, StoreError, StoreFullError, ValidationError
from litemem.store.sqlite import SqliteStore
from litemem.store.sqlite.archive import lines as archive
from litemem.store.sqlite.archive.merge import merge_versions
from litemem.store.sqlite.archive.references import IntMap, ReferenceCheck
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.export import write
from litemem.transfer.importer import import_file

CAM = {"user_id": "cam"}
EMBEDDER = HashEmbedder(8)


def exported(store: SqliteStore, *, vectors: bool = False) -> bytes:
    out = io.BytesIO()
    write(store, out, vectors=vectors)
    return out.getvalue()


def taken_in(store: SqliteStore, data: bytes, **options: Any) -> dict[str, int]:
    found = asdict(import_file(store, EMBEDDER, io.BytesIO(data), **options))
    return {name: number for name, number in found.items() if number}


def sealed(lines: Sequence[dict[str, Any] | bytes]) -> bytes:
    """Return an archive of these lines, with the header that fits them."""
    raw = [
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n"
        for line in lines
    ]
    counts: dict[str, int] = {}
    for line in lines:
        if isinstance(line, dict):
            counts[line["kind"]] = counts.get(line["kind"], 0) + 1
    body = b"".join(raw)
    return archive.Header(counts, hashlib.sha256(body).hexdigest()).line() + body


def memory_line(number: int = 1, **changes: Any) -> dict[str, Any]:
    line = {
        "kind": "memory",
        "number": number,
        "id": f"m{number}",
        "content": f"text {number}",
        "user_id": "cam",
        "created_at": START,
        "updated_at": START,
        **changes,
    }
    return {name: value for name, value in line.items() if value is not ...}


def open_store(path: Path | str = ":memory:") -> Any:
    return closing(SqliteStore(path))


# -- there and back


_names = st.sampled_from(["Anna", "anna", "Ánna", "Oslo", "the Tea", "İst", "日本", "x y"])
_relations = st.lists(st.tuples(_names, st.sampled_from(["likes", "ist_in"]), _names), max_size=3)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), strategies.memories, _relations),
        st.tuples(st.just("update"), st.integers(0, 9), strategies.texts),
        st.tuples(st.just("supersede"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("delete"), st.integers(0, 9), st.none()),
        st.tuples(st.just("wait"), strategies.texts, st.integers(1, 3)),
        st.tuples(st.just("feedback"), st.integers(0, 9), strategies.texts),
        st.tuples(st.just("forget message"), st.integers(1, 4), st.none()),
        st.tuples(st.just("project"), strategies.texts, st.none()),
    ),
    max_size=12,
)


def _micro(moment: Any) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1e6)


def build(store: SqliteStore, steps: Sequence[tuple[Any, ...]]) -> None:
    """Do what the steps say, each in a transaction; one that finds nothing does nothing."""
    ids: list[str] = []
    for number, (step, one, other) in enumerate(steps):
        at = START + number
        with store.transaction() as tx:
            tx.bind_embedder(EMBEDDER.identity)
            there = ids[one % len(ids)] if ids and isinstance(one, int) else None
            if step == "add":
                ids.append(f"id{number}")
                _add(tx, ids[-1], one, other)
            elif step == "wait":
                said = [Message("user", one)] * other
                tx.open_turn(
                    Scope(user_id="alice"), said, asdict(AddOptions()), at, event_id=f"e{at}"
                )
            elif step == "project":
                tx.update_project({"instructions": one})
            elif step == "forget message":
                tx._connection.execute(
                    "DELETE FROM message WHERE pk = ? AND turn_pk IS NULL"
                    " AND pk < (SELECT max(pk) FROM message)",  # whose pk is not given again
                    (one,),
                )
            elif there is not None and step == "delete":
                tx.delete(there, at)
                ids.remove(there)
            elif there is not None and step == "feedback":
                tx.put_feedback(there, "NEGATIVE", other, at)
            elif there is not None and step == "supersede":
                tx.known.supersede(tx.get(there), ids[other % len(ids)], at)
            elif there is not None:
                _update(tx, there, other, at)


def _add(tx: Any, memory_id: str, drawn: dict[str, Any], relations: Sequence[Any]) -> None:
    ids = ("user_id", "agent_id", "app_id", "run_id")
    record = MemoryRecord(
        id=memory_id,
        content=drawn["memory"],
        hash=hashlib.md5(drawn["memory"].encode()).digest(),
        scope=Scope(**{key: drawn[key] for key in ids}),
        metadata=drawn["metadata"],
        categories=tuple(drawn["categories"]),
        immutable=len(drawn["categories"]) == 3,
        repeats=len(drawn["categories"]),
        **{n: drawn[n] for n in ("actor_id", "role", "attributed_to", "memory_type")},
        **{n: _micro(drawn[n]) for n in ("created_at", "updated_at", "valid_from", "expires_at")},
    )
    pks = tx.log_messages(record.scope, [Message("user", record.content, drawn["actor_id"])], START)
    blob = EMBEDDER.embed_query(record.content).tobytes()
    tx.insert([record], [blob], [pks])
    named = {name: bytes(32) for s, _, d in relations for name in (s, d)}
    tx.relate(record, [Relation(*relation) for relation in relations], named)


def _update(tx: Any, memory_id: str, text: str, at: int) -> None:
    record = tx.get(memory_id)
    if not record.immutable:
        digest = hashlib.md5(text.encode()).digest()
        changed = {**{n: getattr(record, n) for n in record.__slots__}}
        changed |= {"content": text, "hash": digest, "updated_at": at}
        tx.update(MemoryRecord(**changed), EMBEDDER.embed_query(text).tobytes())


@given(_steps, st.booleans())
def test_export_import_export_is_the_same_to_the_byte(steps: Any, vectors: bool) -> None:
    with open_store() as one, open_store() as other:
        build(one, steps)
        first = exported(one, vectors=vectors)
        taken_in(other, first)
        assert exported(other, vectors=vectors) == first
        assert not [finding for finding in other.check(full=True) if finding.problems]
        again = taken_in(other, first, on_conflict="skip")
        assert set(again) <= {"skipped"}
        assert exported(other, vectors=vectors) == first


@given(_steps, _steps, st.sampled_from(["skip", "overwrite", "merge"]))
def test_an_import_into_a_file_with_others_leaves_it_sound(
    ours: Any, theirs: Any, on_conflict: str
) -> None:
    with open_store() as one, open_store() as other:
        build(one, ours)
        build(other, theirs)
        before = other.overview().memories
        data = exported(one)
        with suppress(ValidationError):  # of one id and two scopes, which do not merge
            taken_in(other, data, on_conflict=on_conflict)
        assert not [finding for finding in other.check(full=True) if finding.problems]
        assert other.overview().memories >= before


def test_what_was_imported_is_found_and_its_turns_are_extracted(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    one = open_memory()
    one.add("Cam avoids shellfish", **CAM, infer=False)
    with one.store.transaction() as tx:
        said = [Message("user", "I live in Oslo")]
        tx.open_turn(Scope(user_id="cam"), said, asdict(AddOptions()), START)
    one.export_file(tmp_path / "all.jsonl")
    other = open_memory(["User lives in Oslo"], path=tmp_path / "other.db")
    other.import_file(tmp_path / "all.jsonl")
    assert other.search("shellfish", **CAM)["results"][0]["memory"] == "Cam avoids shellfish"
    (done,) = other.process_pending()["results"]
    assert done["memory"] == "User lives in Oslo"


def test_vectors_are_made_anew_for_another_embedder_and_only_then(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    class Counting(HashEmbedder):
        embedded = 0

        def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
            self.embedded += len(texts)
            return super().embed_documents(texts)

    one = open_memory()
    one.add("a text", **CAM, infer=False)
    one.export_file(tmp_path / "with.jsonl", vectors=True)
    same, another = Counting(64), Counting(32)
    for embedder in (same, another):
        path = tmp_path / f"{embedder.identity.dimensions}.db"
        memory = open_memory(path=path, embedder=embedder)
        memory.import_file(tmp_path / "with.jsonl")
        assert memory.search("a text", **CAM)["results"][0]["score"] > 0.99
    assert (same.embedded, another.embedded) == (0, 1)


def test_after_the_greatest_numbers_of_an_archive_a_file_goes_on() -> None:
    """Previously the export of such a file could not be imported after the next `add`."""
    n = 2**53
    said = {**_MESSAGE, "number": n, "turn": n}
    other = {**_ENTITY, "number": n - 1, "name": "Bob"}
    ends = {**_RELATION, "number": n, "source": n - 1, "destination": n, "memories": [n]}
    lines = [{**_TURN, "number": n}, said, memory_line(n), other, {**_ENTITY, "number": n}, ends]
    with open_store() as one, open_store() as two:
        taken_in(one, sealed(lines))
        build(one, [("add", _drawn("more"), [("Anna", "likes", "Oslo")]), ("wait", "more", 2)])
        taken_in(two, exported(one))
        assert exported(two) == exported(one)


# -- conflicts


def two_versions(tmp_path: Path, open_memory: OpenMemory, now: Clock) -> tuple[Memory, bytes]:
    """Return a memory with one text, and an archive in which it has a newer one."""
    one = open_memory()
    one.add("old", **CAM, infer=False, metadata={"a": 1, "b": 1}, categories=["x"])
    (known,) = one.get_all(**CAM)["results"]
    other = open_memory(path=tmp_path / "other.db")
    other.import_file(io.BytesIO(exported(one.store)))
    now.advance(days=1)
    other.update(known["id"], "new", metadata={"b": 2, "c": 2}, categories=["y"])
    return one, exported(other.store)


@pytest.mark.parametrize(
    ("mode", "text", "metadata", "categories"),
    [
        ("skip", "old", {"a": 1, "b": 1}, ["x"]),
        ("overwrite", "new", {"a": 1, "b": 2, "c": 2}, ["y"]),
        ("merge", "new", {"a": 1, "b": 2, "c": 2}, ["y", "x"]),
    ],
)
def test_a_memory_that_is_there_becomes_what_was_wanted(
    tmp_path: Path, open_memory: OpenMemory, now: Clock, mode: Any, text: str, metadata: Any,
    categories: Any,
) -> None:  # fmt: skip
    memory, data = two_versions(tmp_path, open_memory, now)
    memory.import_file(io.BytesIO(data), on_conflict=mode)
    (found,) = memory.get_all(**CAM)["results"]
    assert (found["memory"], found["metadata"], found["categories"]) == (text, metadata, categories)
    assert memory.search(text, **CAM)["results"][0]["score"] > 0.99
    events = [entry["event"] for entry in memory.history(found["id"])]
    assert events == (["ADD"] if mode == "skip" else ["ADD", "UPDATE"])
    assert memory.verify(full=True)["ok"]


def test_by_default_a_conflict_changes_nothing(
    tmp_path: Path, open_memory: OpenMemory, now: Clock
) -> None:
    memory, data = two_versions(tmp_path, open_memory, now)
    before = dump(memory.store.path)
    with pytest.raises(ValidationError, match=r"ids already.*--on-conflict"):
        memory.import_file(io.BytesIO(data))
    assert dump(memory.store.path) == before


def test_an_older_version_that_is_merged_changes_only_what_was_lacking(
    tmp_path: Path, open_memory: OpenMemory, now: Clock
) -> None:
    memory, data = two_versions(tmp_path, open_memory, now)
    older = exported(memory.store)
    memory.import_file(io.BytesIO(data), on_conflict="overwrite")
    assert memory.import_file(io.BytesIO(older), on_conflict="merge")["merged"] == 1
    (found,) = memory.get_all(**CAM)["results"]
    assert (found["memory"], found["categories"]) == ("new", ["y", "x"])
    assert memory.import_file(io.BytesIO(older), on_conflict="merge")["skipped"] == 1


def test_an_immutable_memory_stays_as_it_is() -> None:
    with open_store() as store:
        taken_in(store, sealed([memory_line(immutable=True)]))
        changed = sealed([memory_line(content="changed", updated_at=START + 1)])
        for mode in ("overwrite", "merge"):
            assert taken_in(store, changed, on_conflict=mode) == {"skipped": 1}
        assert store.get("m1").content == "text 1"


@pytest.mark.parametrize("mode", ["overwrite", "merge"])
def test_a_memory_does_not_become_another_s_with_what_is_known_from_it(
    tmp_path: Path, open_memory: OpenMemory, mode: Any
) -> None:
    """Previously an overwritten one took the relations of the first user along."""
    said = [["Anna lives in Oslo"], {"relations": [[1, "Anna", "lives_in", "Oslo"]]}]
    memory = open_memory(*said)
    (added,) = memory.add("Anna lives in Oslo", enable_graph=True, **CAM)["results"]
    before = dump(memory.store.path)
    same = memory_line(id=added["id"], content=added["memory"], user_id="jo", updated_at=2 * START)
    data = sealed([same, memory_line(2, user_id="jo")])
    with pytest.raises(ValidationError, match=r"other ids.*erase it"):
        memory.import_file(io.BytesIO(data), on_conflict=mode)
    assert dump(memory.store.path) == before
    assert memory.import_file(io.BytesIO(data), on_conflict="skip")["skipped"] == 1
    assert memory.get_all(user_id="jo", enable_graph=True)["relations"] == []
    assert len(memory.get_all(enable_graph=True, **CAM)["relations"]) == 1
    assert memory.verify(full=True)["ok"]


def test_a_memory_that_is_skipped_is_not_superseded_by_another_s() -> None:
    with open_store() as store:
        taken_in(store, sealed([memory_line(valid_to=START)]))
        lines = [memory_line(n, user_id="jo", valid_to=START) for n in (1, 2)]
        data = sealed([{**lines[0], "superseded_by": "m2"}, lines[1]])
        assert taken_in(store, data, on_conflict="skip")["skipped"] == 1
        assert store.get("m1").superseded_by is None


@pytest.mark.parametrize("mode", ["error", "skip", "overwrite", "merge"])
def test_what_one_user_deleted_does_not_come_back_as_another_s(
    tmp_path: Path, open_memory: OpenMemory, mode: Any
) -> None:
    """Previously the other's history told what the first had said, and `erase` took both."""
    memory = open_memory()
    (added,) = memory.add("a secret", infer=False, **CAM)["results"]
    memory.delete(added["id"])
    before = dump(memory.store.path)
    data = sealed([memory_line(id=added["id"], user_id="jo")])
    with pytest.raises(ValidationError, match=r"other ids.*erase it"):
        memory.import_file(io.BytesIO(data), on_conflict=mode)
    assert dump(memory.store.path) == before
    memory.erase(added["id"])
    assert memory.import_file(io.BytesIO(data), on_conflict=mode)["added"] == 1
    assert [entry["event"] for entry in memory.history(added["id"])] == ["ADD"]


@st.composite
def _versions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a memory that was added as "a", and changed, or deleted and imported, at times."""
    times = sorted(draw(st.sets(st.integers(1, 4), max_size=3)))
    texts = ["a", *(draw(st.sampled_from("bcd")) for _ in times)]
    events: list[dict[str, Any]] = [{"event": "ADD", "new_memory": "a", "created_at": 0}]
    for at, (old, new) in zip(times, pairwise(texts), strict=True):
        if draw(st.booleans()):
            change = {"event": "UPDATE", "old_memory": old, "new_memory": new}
            events.append({**change, "created_at": 0, "updated_at": at})
        else:
            gone = {"event": "DELETE", "old_memory": old, "created_at": 0, "updated_at": at}
            events += [gone, {"event": "ADD", "new_memory": new, "created_at": 0}]
    return {
        "content": texts[-1],
        "created_at": 0,
        "updated_at": times[-1] if times else 0,
        "metadata": draw(st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2))),
        "categories": draw(st.lists(st.sampled_from("xyz"), unique=True)),
        "sources": sorted(draw(st.sets(st.integers(1, 5)))),
        "repeats": draw(st.integers(0, 2)),
        "history": events if times else [],
    }


@given(_versions(), _versions())
def test_merging_loses_nothing_and_is_done_after_one_time(one: Any, other: Any) -> None:
    both = merge_versions(one, other)
    newer = one if one["updated_at"] >= other["updated_at"] else other
    assert both["content"] == newer["content"]
    assert both["metadata"].items() >= newer["metadata"].items()
    for version in (one, other):
        assert both["metadata"].keys() >= version["metadata"].keys()
        assert set(both["categories"]) >= set(version["categories"])
        assert set(both["sources"]) >= set(version["sources"])
        assert both["repeats"] >= version["repeats"]
    for version in (one, other):
        told = [event for event in version["history"] if event["event"] != "ADD"]
        assert all(event in both["history"] for event in told)
        assert not version["history"] or version["history"][0] == both["history"][0]
        pairs = list(pairwise(newer["history"]))
        for gone, added in pairwise(version["history"]):  # of one DELETE the newer's ADD stays
            if added["event"] == "ADD" and (version is newer or gone not in [p[0] for p in pairs]):
                assert (gone, added) in list(pairwise(both["history"]))
    for event, following in pairwise([{"event": "DELETE"}, *both["history"], {"event": "-"}]):
        assert not both["history"] or (event["event"] == "DELETE") == (following["event"] == "ADD")
    assert merge_versions(both, other) == merge_versions(both, both) == both


def test_a_memory_that_an_import_brings_back_lives_on_in_its_history(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    memory = open_memory()
    plain, changed = (
        memory.add(text, **CAM, infer=False)["results"][0]["id"] for text in ("tea", "coffee")
    )
    memory.update(changed, "green tea")
    memory.export_file(tmp_path / "all.jsonl")
    for memory_id in (plain, changed):
        memory.delete(memory_id)
    for mode in ("skip", "skip", "merge"):
        memory.import_file(tmp_path / "all.jsonl", on_conflict=mode)
        events = [entry["event"] for entry in memory.history(plain)]
        assert events == ["ADD", "DELETE", "ADD"]
        assert memory.history(changed)[-1]["new_memory"] == "green tea"
    data = exported(memory.store)
    with open_store() as other:
        taken_in(other, data)
        assert exported(other) == data


def test_a_merge_mends_a_history_that_ends_with_a_delete() -> None:
    gone = {"event": "DELETE", "old_memory": "text 1", "created_at": START, "updated_at": START + 1}
    added = {"event": "ADD", "new_memory": "text 1", "created_at": START}
    with open_store() as store:
        taken_in(store, sealed([memory_line(history=[added, gone])]))
        assert taken_in(store, sealed([memory_line()]), on_conflict="merge")["merged"] == 1
        assert [entry.event for entry in store.history("m1")] == ["ADD", "DELETE", "ADD"]
        assert taken_in(store, sealed([memory_line()]), on_conflict="merge") == {"skipped": 1}


# -- interruptions


class FailingEmbedder(HashEmbedder):
    """Embeds so many texts, then fails."""

    def __init__(self, left: int) -> None:
        super().__init__(8)
        self.left = left

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        self.left -= len(texts)
        if self.left < 0:
            raise EmbedderError("out of memory")
        return super().embed_documents(texts)


def test_an_interrupted_import_goes_on_with_skip_and_ends_complete(tmp_path: Path) -> None:
    with open_store() as one:
        steps: list[Any] = [
            ("add", _drawn(f"text {i}"), [("Anna", "likes", f"x{i % 7}")]) for i in range(700)
        ]
        steps[300:300] = [("supersede", i, i + 200) for i in range(0, 90, 9)]
        build(one, [*steps, ("wait", "what waits", 3), ("delete", 5, None)])
        data = exported(one)
    with open_store(tmp_path / "memory.db") as store:
        with pytest.raises(EmbedderError):
            import_file(store, FailingEmbedder(300), io.BytesIO(data))
        assert 0 < store.overview().memories < 600
        assert not [finding for finding in store.check(full=True) if finding.problems]
        taken_in(store, data, on_conflict="skip")
        assert exported(store) == data


def test_an_import_that_a_full_disk_ends_says_what_stays_and_how_to_go_on(tmp_path: Path) -> None:
    """Previously it said that nothing was changed."""
    data = sealed([memory_line(n, content=f"text {n} " * 100) for n in range(1, 2_001)])
    with open_store(tmp_path / "memory.db") as store:
        pages = store._writer.pragma("page_count")
        store._writer.pragma("max_page_count", pages + 300)
        with pytest.raises(StoreFullError) as told:
            taken_in(store, data)
        (note,) = told.value.__notes__
        assert note.startswith(f"{store.overview().memories:,} of 2,000 lines were taken in before")
        assert '"skip" goes on' in note
        assert "nothing was changed" not in str(told.value)
        store._writer.pragma("max_page_count", 2**31)
        taken_in(store, data, on_conflict="skip")
        assert store.overview().memories == 2_000


def _drawn(text: str) -> dict[str, Any]:
    names = "agent_id app_id run_id actor_id role attributed_to memory_type valid_from expires_at"
    moment = strategies.MOMENTS[0]
    return {
        **dict.fromkeys(names.split()),
        "memory": text, "user_id": "alice", "metadata": {}, "categories": [],
        "created_at": moment, "updated_at": moment,
    }  # fmt: skip


def test_a_dry_run_says_what_would_happen_and_writes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "memory.db") as store:
        taken_in(store, sealed([memory_line(1)]))
        before = dump(tmp_path / "memory.db")
        data = sealed([memory_line(1, content="other"), memory_line(2)])
        foreseen = taken_in(store, data, on_conflict="overwrite", dry_run=True)
        assert foreseen == {"added": 1, "overwritten": 1, "embedded": 2}
        assert dump(tmp_path / "memory.db") == before
        assert taken_in(store, data, on_conflict="overwrite") == foreseen


def test_a_dry_run_of_a_merge_counts_what_would_change(
    tmp_path: Path, open_memory: OpenMemory, now: Clock
) -> None:
    memory, data = two_versions(tmp_path, open_memory, now)
    memory.add("stays as it is", **CAM, infer=False)
    same = exported(memory.store)
    for archive_of, outcome in ((same, {"skipped": 2}), (data, {"merged": 1, "embedded": 1})):
        for dry_run in (True, False):
            options = {"on_conflict": "merge", "dry_run": dry_run}
            done = memory.import_file(io.BytesIO(archive_of), **options)
            assert {n: v for n, v in done.items() if v and n != "messages"} == outcome


def test_other_project_settings_are_told_before_anything_is_imported(tmp_path: Path) -> None:
    """Previously a dry run let them pass."""
    settings = {"kind": "project", "settings": {"instructions": "theirs"}}
    with open_store(tmp_path / "memory.db") as store:
        with store.transaction() as tx:
            tx.update_project({"instructions": "ours"})
        before = dump(tmp_path / "memory.db")
        for dry_run in (True, False):
            with pytest.raises(ValidationError, match=r"other project settings.*--on-conflict"):
                taken_in(store, sealed([settings, memory_line()]), dry_run=dry_run)
        assert dump(tmp_path / "memory.db") == before
        taken_in(store, sealed([settings, memory_line()]), on_conflict="skip")
        assert store.project() == {"instructions": "ours"}


# -- what is broken or hostile

_VECTOR = base64.b64encode(array("f", [float("nan")] * 8)).decode()
_TURN = {
    "kind": "turn", "number": 1, **CAM, "options": asdict(AddOptions()), "created_at": START,
    "tries": 0, "killed": 0,
}  # fmt: skip
_MESSAGE = {
    "kind": "message", "number": 1, **CAM, "role": "user", "content": "x", "created_at": START,
}  # fmt: skip
_ENTITY = {"kind": "entity", "number": 1, "name": "Anna", **CAM}
_RELATION = {
    "kind": "relation", "number": 1, "source": 1, "relationship": "likes", "destination": 1,
    "memories": [1],
}  # fmt: skip

BROKEN: dict[str, tuple[list[Any], str]] = {
    "no ids": ([memory_line(user_id=...)], "line 2: it has none of user_id"),
    "an id of spaces": ([memory_line(user_id=" ")], "line 2: user_id: it is blank"),
    "the id that means any": ([memory_line(user_id="*")], "line 2: user_id"),
    "an id that is no text": ([memory_line(user_id=7)], "line 2: user_id: takes text"),
    "a long id": ([memory_line(id="x" * 1_025)], "line 2: id: takes 1 to 1024"),
    "no content": ([memory_line(content=...)], "line 2: content is missing"),
    "an unknown name": ([memory_line(pk=1)], "line 2: 'pk' is not known"),
    "an unknown kind": ([{**memory_line(), "kind": "trigger"}], "trigger"),
    "a list": ([b"[]\n"], "line 2: it is no JSON object"),
    "no JSON": ([b"{\n"], "line 2: "),
    "no UTF-8": ([b'{"kind":"\xff"}\n'], "line 2: .*utf-8"),
    "no line end": ([json.dumps(memory_line()).encode()], "line 2: it is cut off"),
    "an empty line": ([b"\n"], "line 2: "),
    "half a surrogate pair": ([b'{"kind":"memory","content":"\\ud800"}\n'], "line 2: .*surrogate"),
    "deep nesting": ([b"[" * 100_000 + b"\n"], "line 2: "),
    "deep metadata": (
        [memory_line(metadata={"a": json.loads("[" * 200 + "]" * 200)})],
        "metadata: may be nested",
    ),
    "not a number": ([b'{"kind":"memory","number":NaN}\n'], "line 2: NaN"),
    "infinity": ([json.dumps(memory_line(metadata={"a": 0})).replace(": 0}", ": 1e999}").encode()
                  + b"\n"], "line 2: metadata"),
    "a time beyond": ([memory_line(created_at=10**18)], "line 2: created_at: takes microseconds"),
    "a time as text": ([memory_line(created_at="2025-01-01")], "line 2: created_at"),
    "true as number": ([memory_line(repeats=True)], "line 2: repeats"),
    "a huge number": ([memory_line(2**63)], "line 2: number"),
    "numbers that fall": ([memory_line(2), memory_line(1)], "line 3: number 1 stands behind 2"),
    "turns that fall": ([{**_TURN, "number": 2}, _TURN], "line 3: number 1 stands behind 2"),
    "an id twice": ([memory_line(1), memory_line(2, id="m1")], "line 3: the id 'm1' stands twice"),
    "a source that is none": ([memory_line(sources=[7])], "line 2: message 7"),
    "another's source": ([_MESSAGE, memory_line(user_id="jo", sources=[1])], "line 3: message 1"),
    "a turn that is none": ([{**_MESSAGE, "turn": 1}], "line 2: turn 1"),
    "another's turn": ([_TURN, {**_MESSAGE, "turn": 1, "user_id": "jo"}], "line 3: turn 1"),
    "an option that is none": ([{**_TURN, "options": {"x": 1}}], "line 2: options: 'x'"),
    "an option that is wrong": (
        [{**_TURN, "options": {**asdict(AddOptions()), "said_on": "soon"}}], "line 2: options",
    ),
    "kinds out of order": ([memory_line(), _MESSAGE], "line 3: a message stands behind"),
    "another's relation": ([memory_line(user_id="jo"), _ENTITY, _RELATION], "line 4: memory 1"),
    "a relation of none": ([memory_line(), _RELATION], "line 3: entity 1"),
    "a circle of names": (
        [memory_line(), {**_ENTITY, "same_as": 2}, {**_ENTITY, "number": 2, "same_as": 1},
         _RELATION], "line 5: entity 1 is the same as 2",
    ),
    "a vector without embedder": ([memory_line(vector="AAAA")], "line 2: vector"),
    "a vector of no numbers": ([memory_line(vector=_VECTOR)], "line 2: vector: holds"),
    "a vector of no base64": ([memory_line(vector="?")], "line 2: vector: is not base64"),
    "an event that is none": (
        [memory_line(history=[{"event": "DROP", "created_at": 1}])], "line 2: history: event",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_line_that_cannot_be_is_named_and_changes_nothing(what: str, tmp_path: Path) -> None:
    lines, message = BROKEN[what]
    with open_store(tmp_path / "memory.db") as store:
        taken_in(store, sealed([memory_line(9, id="before")]))
        before = dump(tmp_path / "memory.db")
        with pytest.raises(ValidationError, match=message):
            taken_in(store, sealed(lines), on_conflict="overwrite")
        assert dump(tmp_path / "memory.db") == before


HEADERS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda data: b"", "line 1: there is none"),
    "no header": (lambda data: data.partition(b"\n")[2], "line 1: this is not how"),
    "a database": (lambda data: b"SQLite format 3\0" + bytes(100_000), "line 1"),
    "a newer format": (lambda data: data.replace(b'"format":1', b'"format":2'), "the format 2"),
    "a line changed": (lambda data: data.replace(b"text 1", b"text 2"), "SHA-256 differs"),
    "a line less": (lambda data: b"".join(data.splitlines(True)[:-1]), "it is cut"),
    "a line more": (lambda data: data + data.splitlines(True)[-1], "line 4: number 2"),
    "cut in a line": (lambda data: data[:-5], "line 3: it is cut off"),
    "a huge count": (lambda data: data.replace(b'"memory":2', b'"memory":9' + b"9" * 30), "counts"),
    "no SHA-256": (lambda data: data.replace(b'"sha256":"', b'"sha256":"!'), "64 hexadecimal"),
}


@pytest.mark.parametrize("what", HEADERS)
def test_an_archive_that_is_not_whole_changes_nothing(what: str, tmp_path: Path) -> None:
    break_it, message = HEADERS[what]
    data = break_it(sealed([memory_line(1), memory_line(2)]))
    with open_store(tmp_path / "memory.db") as store:
        before = dump(tmp_path / "memory.db")
        with pytest.raises(ValidationError, match=message):
            taken_in(store, data)
        assert dump(tmp_path / "memory.db") == before


@given(st.data())
def test_flipped_bytes_are_noticed(data: st.DataObject) -> None:
    good = sealed([_MESSAGE, memory_line(1, sources=[1], metadata={"a": [1, "é"]}), memory_line(2)])
    place = data.draw(st.integers(0, len(good) - 1))
    bad = good[:place] + data.draw(st.binary(min_size=1, max_size=3)) + good[place + 1 :]
    with open_store() as store:
        try:
            taken_in(store, bad)
        except LitememError:
            assert store.overview().memories == 0
        else:
            assert exported(store).partition(b"\n")[2].count(b"\n") == 3


def test_a_line_that_has_no_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_LINE", 1_000)
    with open_store() as store, pytest.raises(ValidationError, match="line 2: it is longer"):
        taken_in(store, sealed([memory_line(content="x" * 2_000)]))


def test_names_and_turns_of_any_number_take_little_memory() -> None:
    """Previously each was kept as it stood until the end: 20 MB for these."""
    turns = [{**_TURN, "number": n} for n in range(1, 8_001)]
    names = [{**_ENTITY, "number": n, "name": f"name {n}"} for n in range(1, 8_001)]
    data = sealed([*turns, *names])
    with open_store() as store:
        tracemalloc.start()
        taken_in(store, data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000


def test_waiting_turns_are_checked_in_time_that_grows_with_their_number() -> None:
    references = ReferenceCheck()
    begun = process_time()
    for number in range(1, 40_001):
        references.check({**_TURN, "number": number})
    assert process_time() - begun < 3  # 0.06 s; previously the square of their number: 10 s


def test_a_memory_that_changed_very_often_comes_back(tmp_path: Path) -> None:
    """Previously a line of more than 32 MB was written, and refused."""
    event = {"event": "UPDATE", "old_memory": "x" * 500_000, "created_at": START}
    told = [{"event": "ADD", "new_memory": "x", "created_at": START}, *[event] * 80]
    with open_store(tmp_path / "one.db") as one, open_store(tmp_path / "other.db") as other:
        taken_in(one, sealed([memory_line(history=told)]))
        first = exported(one)
        taken_in(other, first)
        assert exported(other) == first


def test_a_line_that_no_import_would_take_is_not_written() -> None:
    assert archive.within_limit("é" * 10, 21) == "é" * 10
    with pytest.raises(StoreError, match=r"21 bytes.*an import takes 20.*--history-older-than"):
        archive.within_limit("é" * 10, 20)


def test_a_source_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with open_store() as store:
        with pytest.raises(StoreError, match="cannot be read"):
            import_file(store, EMBEDDER, tmp_path / "none.jsonl")
        with pytest.raises(ValidationError, match="skip, overwrite"):
            import_file(store, EMBEDDER, io.BytesIO(), on_conflict="maybe")  # type: ignore[arg-type]


def test_numbers_are_found_again() -> None:
    numbering = IntMap()
    for number in (1, 5, 2**53):
        numbering.add(number, -number)
    assert [numbering.get(n) for n in (1, 2, 5, 2**53, 2**60)] == [-1, None, -5, -(2**53), None]
    with pytest.raises(ValueError, match="rise"):
        numbering.add(5, 1)


# -- several at once


class Stopping(HashEmbedder):
    """Lets something else happen while the texts of an import are embedded, once."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(8)
        self._waiting = [meanwhile]

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        if self._waiting:
            self._waiting.pop()()
        return super().embed_documents(texts)


def conversation(path: Path, user: str, number: int) -> Path:
    """Write an archive of what a user said."""
    with Memory(":memory:", embedder=EMBEDDER, llm=ScriptedLLM([])) as memory:
        said = [{"role": "user", "content": f"{user} says {i}"} for i in range(number)]
        memory.add(said, user_id=user, infer=False)
        memory.export_file(path)
    return path


def counted(memory: Memory, user: str) -> tuple[int, int]:
    """Return how many memories and messages a user has."""
    said = memory.store.messages(Scope(user_id=user), limit=10_000)
    return len(memory.get_all(user_id=user, limit=10_000)["results"]), len(said)


def two_archives(folder: Path, open_memory: OpenMemory) -> tuple[Path, Path, Memory]:
    """Return a long and a short archive, and a memory that holds something else."""
    long = conversation(folder / "long.jsonl", "ann", 600)
    short = conversation(folder / "short.jsonl", "bob", 10)
    memory = open_memory(embedder=HashEmbedder(8))
    memory.add("there already", user_id="eve", infer=False)
    return long, short, memory


def test_an_import_may_begin_and_end_while_another_is_on_its_way(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    """Each has notes of its own on what the file had."""
    long, short, memory = two_archives(tmp_path, open_memory)
    embedder = Stopping(lambda: memory.import_file(short))
    assert import_file(memory.store, embedder, long).added == 600
    assert (counted(memory, "ann"), counted(memory, "bob")) == ((600, 600), (10, 10))
    assert memory.import_file(long, on_conflict="skip")["messages"] == 0
    assert memory.verify(full=True)["ok"]


def test_imports_of_many_threads_take_in_all(tmp_path: Path, open_memory: OpenMemory) -> None:
    archives = {
        user: conversation(tmp_path / f"{user}.jsonl", user, 300) for user in ("ann", "bob", "eve")
    }
    memory = open_memory(embedder=HashEmbedder(8))
    memory.add("there already", user_id="ann", infer=False)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(memory.import_file, archives.values()))
    assert [each["added"] for each in done] == [300] * 3
    assert [counted(memory, user) for user in archives] == [(301, 301), (300, 300), (300, 300)]
    assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize("what", ["erase", "vacuum"])
def test_an_import_goes_on_while_the_file_is_written_anew(
    tmp_path: Path, open_memory: OpenMemory, what: str
) -> None:
    """Previously both dropped the import's notes, for they change where SQLite keeps such."""
    archive_file = conversation(tmp_path / "all.jsonl", "ann", 20)
    calls = {
        "erase": lambda: memory.erase(user_id="eve"),
        "vacuum": lambda: memory.cleanup(vacuum=True),
    }
    memory = open_memory(embedder=HashEmbedder(8))
    memory.add("there already", user_id="eve", infer=False)
    memory.import_file(archive_file)
    for row in memory.get_all(user_id="ann", limit=100)["results"][:10]:
        memory.delete(row["id"])
    embedder = Stopping(calls[what])
    done = import_file(memory.store, embedder, archive_file, on_conflict="skip")
    assert (done.added, done.messages) == (10, 0)
    assert memory.verify(full=True)["ok"]


IMPORTING = """
import sys
from litemem import Memory
from litemem.testing import HashEmbedder
class Telling(HashEmbedder):
    def embed_documents(self, texts):
        print("embedding", flush=True)
        sys.stdin.readline()
        return super().embed_documents(texts)
with Memory(sys.argv[1], embedder=Telling(8)) as memory:
    print(memory.import_file(sys.argv[2])["added"], flush=True)
"""


def test_an_import_goes_on_while_another_program_imports(
    tmp_path: Path, open_memory: OpenMemory
) -> None:
    long, short, memory = two_archives(tmp_path, open_memory)
    command = [sys.executable, "-B", "-c", IMPORTING, str(tmp_path / "memory.db"), str(long)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    with subprocess.Popen(command, env=env, **pipes) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "embedding\n"
        assert memory.import_file(short)["added"] == 10
        rest, _ = other.communicate("\n" * 10)
    assert rest.splitlines()[-1] == "600"
    assert (counted(memory, "ann"), counted(memory, "bob")) == ((600, 600), (10, 10))
    assert memory.verify(full=True)["ok"]


# -- the command


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:8")
    (tmp_path / "all.jsonl").write_bytes(sealed([memory_line(1), memory_line(2)]))
    return tmp_path / "all.jsonl"


def test_the_command_imports_a_file_or_standard_input(source: Path) -> None:
    done = CliRunner().invoke(main, ["import", str(source)])
    assert (done.stdout, done.stderr) == ("", "memories: 2 added; embedded: 2\n")
    again = CliRunner().invoke(
        main, ["import", "-", "--on-conflict", "skip", "--json"], input=source.read_bytes()
    )
    assert json.loads(again.stdout)["skipped"] == 2
    refused = CliRunner().invoke(main, ["import", str(source)])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("litemem: the file has memories of these ids already: m1, m2")


def test_a_dry_run_of_the_command_says_what_would_be(source: Path) -> None:
    done = CliRunner().invoke(main, ["import", str(source), "--dry-run"])
    assert done.stderr == "memories: would be 2 added; embedded: 2\n"


def test_a_pipe_that_cannot_be_rewound_is_read(source: Path) -> None:
    read, write_to = os.pipe()
    with os.fdopen(write_to, "wb") as pipe:
        pipe.write(source.read_bytes())
    with os.fdopen(read, "rb") as stream, open_store() as store:
        assert import_file(store, EMBEDDER, stream).added == 2


@pytest.mark.usefixtures("source")
def test_ids_are_for_stores_that_have_none() -> None:
    done = CliRunner().invoke(main, ["import", "x", "--user-id", "cam"])
    assert done.exit_code == 2
    assert "--from mem0" in done.stderr


def test_a_file_of_another_embedder_is_told_before_anything_is_read(source: Path) -> None:
    with Memory(source.parent / "memory.db", embedder=HashEmbedder(16), llm=ScriptedLLM([])) as m:
        m.add("x", **CAM, infer=False)
    done = CliRunner().invoke(main, ["import", str(source)])
    assert done.exit_code == 1
    assert "litemem reindex" in done.stderr


@pytest.mark.parametrize("source", [5, None, ["archive.jsonl"]])
def test_what_is_no_archive_is_refused(open_memory: OpenMemory, source: Any) -> None:
    memory = open_memory()
    with pytest.raises(ValidationError, match="a path or a binary file"):
        import_file(memory.store, memory.embedder, source)
