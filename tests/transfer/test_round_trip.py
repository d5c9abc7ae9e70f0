"""Export, import, export: the second archive is the first to the byte."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from helpers import START, OpenMemory, strategies
from helpers.archives import (
    CAM,
    ENTITY,
    MESSAGE,
    RELATION,
    TURN,
    build,
    exported,
    memory_line,
    memory_values,
    open_store,
    sealed,
    taken_in,
)
from helpers.stores import reading
from litemem.core.arguments import AddOptions
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import ValidationError
from litemem.testing import HashEmbedder

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
        st.tuples(st.just("show"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("set aside"), strategies.texts, strategies.texts),
    ),
    max_size=12,
)


@given(_steps, st.booleans())
def test_export_import_export_is_the_same_to_the_byte(steps: Any, vectors: bool) -> None:
    with open_store() as one, open_store() as other:
        build(one, steps)
        first = exported(one, vectors=vectors)
        taken_in(other, first, project_settings=True)
        assert exported(other, vectors=vectors) == first
        assert not [finding for finding in other.check(full=True) if finding.problems]
        again = taken_in(other, first, on_conflict="skip", project_settings=True)
        assert set(again) <= {"skipped", "project_settings"}
        assert exported(other, vectors=vectors) == first


@given(_steps, _steps, st.sampled_from(["skip", "overwrite", "merge"]))
def test_an_import_into_a_file_with_others_leaves_it_sound(
    ours: Any, theirs: Any, on_conflict: str
) -> None:
    with open_store() as one, open_store() as other:
        build(one, ours)
        build(other, theirs)
        before = reading(other).overview().memories
        data = exported(one)
        with suppress(ValidationError):  # of one id and two scopes, which do not merge
            taken_in(other, data, on_conflict=on_conflict, project_settings=True)
        assert not [finding for finding in other.check(full=True) if finding.problems]
        assert reading(other).overview().memories >= before


def test_what_was_imported_is_found_and_its_turns_are_extracted(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    one = open_memory()
    one.add("Cam avoids shellfish", **CAM, infer=False)
    with one.store.write() as tx:
        said = [Message("user", "I live in Oslo")]
        tx.turns.open(Scope(user_id="cam"), said, asdict(AddOptions()), START)
    one.export_file(tmp_path / "all.jsonl")
    other = open_memory(["User lives in Oslo"], path=tmp_path / "other.db")
    other.import_file(tmp_path / "all.jsonl")
    assert other.search("shellfish", **CAM)["results"][0]["memory"] == "Cam avoids shellfish"
    (done,) = other.process_pending()["results"]
    assert done["memory"] == "User lives in Oslo"


def test_vectors_are_made_again_only_for_another_embedder(
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
    said = {**MESSAGE, "number": n, "turn": n}
    other = {**ENTITY, "number": n - 1, "name": "Bob"}
    ends = {**RELATION, "number": n, "source": n - 1, "destination": n, "memories": [n]}
    lines = [{**TURN, "number": n}, said, memory_line(n), other, {**ENTITY, "number": n}, ends]
    with open_store() as one, open_store() as two:
        taken_in(one, sealed(lines))
        build(
            one, [("add", memory_values("more"), [("Anna", "likes", "Oslo")]), ("wait", "more", 2)]
        )
        taken_in(two, exported(one))
        assert exported(two) == exported(one)
