"""Import into a file that has some of the memories already."""

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import START, Clock, OpenMemory, dump
from helpers.archives import CAM, exported, memory_line, open_store, sealed, taken_in, two_versions
from helpers.stores import reading
from litemem.errors import ValidationError
from litemem.store.archive.merge import merge_versions


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
    with pytest.raises(ValidationError, match=r"already has .*--on-conflict"):
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
        assert reading(store).memories.get("m1").content == "text 1"


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
        assert reading(store).memories.get("m1").superseded_by is None


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


def test_a_merge_repairs_a_history_that_ends_with_a_delete() -> None:
    gone = {"event": "DELETE", "old_memory": "text 1", "created_at": START, "updated_at": START + 1}
    added = {"event": "ADD", "new_memory": "text 1", "created_at": START}
    with open_store() as store:
        taken_in(store, sealed([memory_line(history=[added, gone])]))
        assert taken_in(store, sealed([memory_line()]), on_conflict="merge")["merged"] == 1
        assert [entry.event for entry in reading(store).memories.history("m1")] == [
            "ADD",
            "DELETE",
            "ADD",
        ]
        assert taken_in(store, sealed([memory_line()]), on_conflict="merge") == {"skipped": 1}
