"""Import: broken or hostile archives change nothing; the command."""

import base64
import io
import json
import os
import tracemalloc
from array import array
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import START, OpenMemory, dump
from helpers.archives import (
    CAM,
    EMBEDDER,
    ENTITY,
    MESSAGE,
    RELATION,
    SHOWN,
    TURN,
    exported,
    memory_line,
    open_store,
    sealed,
    taken_in,
)
from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.core.arguments import AddOptions
from litemem.errors import LitememError, StoreError, ValidationError
from litemem.store.archive import lines as archive
from litemem.store.archive.references import IntMap, ReferenceCheck
from litemem.testing import HashEmbedder, ScriptedLLM
from litemem.transfer.importer import import_file

# -- what is broken or hostile

_VECTOR = base64.b64encode(array("f", [float("nan")] * 8)).decode()
BROKEN: dict[str, tuple[list[Any], str]] = {
    "no ids": ([memory_line(user_id=...)], "line 2: the line needs one of user_id"),
    "an id of spaces": ([memory_line(user_id=" ")], "line 2: user_id: it is blank"),
    "the id that means any": ([memory_line(user_id="*")], "line 2: user_id"),
    "an id that is no text": ([memory_line(user_id=7)], "line 2: user_id: must be text"),
    "a long id": ([memory_line(id="x" * 1_025)], "line 2: id: must have 1 to 1024"),
    "no content": ([memory_line(content=...)], "line 2: content is missing"),
    "an unknown name": ([memory_line(pk=1)], "line 2: the field 'pk' is unknown"),
    "an unknown kind": ([{**memory_line(), "kind": "trigger"}], "trigger"),
    "a list": ([b"[]\n"], "line 2: the line must be a JSON object"),
    "no JSON": ([b"{\n"], "line 2: "),
    "no UTF-8": ([b'{"kind":"\xff"}\n'], "line 2: .*utf-8"),
    "no line end": ([json.dumps(memory_line()).encode()], "line 2: the line is cut off"),
    "an empty line": ([b"\n"], "line 2: "),
    "half a surrogate pair": ([b'{"kind":"memory","content":"\\ud800"}\n'], "line 2: .*surrogate"),
    "deep nesting": ([b"[" * 100_000 + b"\n"], "line 2: "),
    "deep metadata": (
        [memory_line(metadata={"a": json.loads("[" * 200 + "]" * 200)})],
        "metadata: must not be nested",
    ),
    "not a number": ([b'{"kind":"memory","number":NaN}\n'], "line 2: NaN"),
    "infinity": ([json.dumps(memory_line(metadata={"a": 0})).replace(": 0}", ": 1e999}").encode()
                  + b"\n"], "line 2: metadata"),
    "a time beyond": ([memory_line(created_at=10**18)], "line 2: created_at: must be microseconds"),
    "a time as text": ([memory_line(created_at="2025-01-01")], "line 2: created_at"),
    "true as number": ([memory_line(repeats=True)], "line 2: repeats"),
    "a huge number": ([memory_line(2**63)], "line 2: number"),
    "numbers that fall": ([memory_line(2), memory_line(1)], "line 3: number 1 follows 2"),
    "turns that fall": ([{**TURN, "number": 2}, TURN], "line 3: number 1 follows 2"),
    "an id twice": ([memory_line(1), memory_line(2, id="m1")], "line 3: the id 'm1' is a dup"),
    "a source that is none": ([memory_line(sources=[7])], "line 2: sources .*, got 7"),
    "another's source": ([MESSAGE, memory_line(user_id="jo", sources=[1])], "line 3: sources .* 1"),
    "a turn that is none": ([{**MESSAGE, "turn": 1}], "line 2: turn must be the number .*, got 1"),
    "another's turn": ([TURN, {**MESSAGE, "turn": 1, "user_id": "jo"}], "line 3: turn .*, got 1"),
    "an option that is none": ([{**TURN, "options": {"x": 1}}], "line 2: options: the field 'x'"),
    "an option that is wrong": (
        [{**TURN, "options": {**asdict(AddOptions()), "said_on": "soon"}}], "line 2: options",
    ),
    "kinds out of order": ([memory_line(), MESSAGE], "line 3: a message is out of order"),
    "another's relation": ([memory_line(user_id="jo"), ENTITY, RELATION], "line 4: memories .* 1"),
    "an entry of the log without ids": ([SHOWN], "line 2: the line needs one of user_id"),
    "an entry of the log without a memory":
        ([{**SHOWN, "run_id": "r", "memory_id": ""}], "line 2: memory_id"),
    "an entry of the log at no time":
        ([{**SHOWN, "run_id": "r", "shown_at": "now"}], "line 2: shown_at"),
    "a relation of none": ([memory_line(), RELATION], "line 3: source .*, got 1"),
    "a circle of names": (
        [memory_line(), {**ENTITY, "same_as": 2}, {**ENTITY, "number": 2, "same_as": 1},
         RELATION], "line 5: same_as of entity 1 must be .*, got 2",
    ),
    "a vector without embedder": ([memory_line(vector="AAAA")], "line 2: vector"),
    "a vector of no numbers": ([memory_line(vector=_VECTOR)], "line 2: vector: must hold"),
    "a vector of no base64": ([memory_line(vector="?")], "line 2: vector: must be base64"),
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
    "nothing": (lambda data: b"", "line 1: the file is empty"),
    "no header": (lambda data: data.partition(b"\n")[2], "line 1: the line is not the header"),
    "a database": (lambda data: b"SQLite format 3\0" + bytes(100_000), "line 1"),
    "a newer format": (
        lambda data: data.replace(b'"format":1', b'"format":2'),
        "format must be 1, got 2",
    ),
    "a line changed": (lambda data: data.replace(b"text 1", b"text 2"), "SHA-256 differs"),
    "a line less": (lambda data: b"".join(data.splitlines(True)[:-1]), "is incomplete"),
    "a line more": (lambda data: data + data.splitlines(True)[-1], "line 4: number 2"),
    "cut in a line": (lambda data: data[:-5], "line 3: the line is cut off"),
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
    good = sealed([MESSAGE, memory_line(1, sources=[1], metadata={"a": [1, "é"]}), memory_line(2)])
    place = data.draw(st.integers(0, len(good) - 1))
    bad = good[:place] + data.draw(st.binary(min_size=1, max_size=3)) + good[place + 1 :]
    with open_store() as store:
        try:
            taken_in(store, bad)
        except LitememError:
            assert reading(store).overview().memories == 0
        else:
            assert exported(store).partition(b"\n")[2].count(b"\n") == 3


def test_a_line_that_has_no_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_LINE", 1_000)
    with open_store() as store, pytest.raises(ValidationError, match="line 2: the line is longer"):
        taken_in(store, sealed([memory_line(content="x" * 2_000)]))


@pytest.mark.slow
def test_names_and_turns_of_any_number_take_little_memory() -> None:
    """Previously each was kept as it stood until the end: 20 MB for these."""
    turns = [{**TURN, "number": n} for n in range(1, 8_001)]
    names = [{**ENTITY, "number": n, "name": f"name {n}"} for n in range(1, 8_001)]
    data = sealed([*turns, *names])
    with open_store() as store:
        tracemalloc.start()
        taken_in(store, data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000


def test_pending_turns_are_checked_in_linear_time() -> None:
    references = ReferenceCheck()
    begun = process_time()
    for number in range(1, 40_001):
        references.check({**TURN, "number": number})
    assert process_time() - begun < 3  # 0.06 s; previously the square of their number: 10 s


@pytest.mark.slow
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


def test_an_unreadable_source_is_reported(tmp_path: Path) -> None:
    with open_store() as store:
        with pytest.raises(StoreError, match="cannot be read"):
            import_file(store, EMBEDDER, tmp_path / "none.jsonl")
        with pytest.raises(ValidationError, match="skip, overwrite"):
            import_file(store, EMBEDDER, io.BytesIO(), on_conflict="maybe")  # type: ignore[arg-type]


def test_export_requests_in_an_older_archive_are_skipped() -> None:
    request = {"kind": "export_request", "id": "e1", "request": {}, "created_at": START}
    with open_store() as store:
        assert taken_in(store, sealed([request, memory_line()])) == {"added": 1, "embedded": 1}
        assert exported(store).count(b"export_request") == 0


def test_numbers_are_found_again() -> None:
    numbering = IntMap()
    for number in (1, 5, 2**53):
        numbering.add(number, -number)
    assert [numbering.get(n) for n in (1, 2, 5, 2**53, 2**60)] == [-1, None, -5, -(2**53), None]
    with pytest.raises(ValueError, match="must increase"):
        numbering.add(5, 1)


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
    assert refused.stderr.startswith("litemem: the file already has memories of these ids: m1, m2")


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


def test_a_file_of_another_embedder_is_reported_before_anything_is_read(source: Path) -> None:
    with Memory(source.parent / "memory.db", embedder=HashEmbedder(16), llm=ScriptedLLM([])) as m:
        m.add("x", **CAM, infer=False)
    done = CliRunner().invoke(main, ["import", str(source)])
    assert done.exit_code == 1
    assert "litemem reindex" in done.stderr


@pytest.mark.parametrize("source", [5, None, ["archive.jsonl"]])
def test_a_file_that_is_not_an_archive_is_refused(open_memory: OpenMemory, source: Any) -> None:
    memory = open_memory()
    with pytest.raises(ValidationError, match="a path or a binary file"):
        import_file(memory.store, memory.embedder, source)
