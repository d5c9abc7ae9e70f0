"""Export: a lossless archive of one moment, safe targets, readable Markdown and HTML."""

import base64
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
from array import array
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helpers import LIBRARY, START, Clock, OpenMemory
from litemem import Memory
from litemem.cli import main
from litemem.core.arguments import AddOptions
from litemem.core.clock import new_id
from litemem.core.scope import Scope
from litemem.core.types import Message, Relation
from litemem.errors import ScopeError, StoreError, ValidationError
from litemem.store.filters import MAX_PARAMETERS, compile_filter
from litemem.store.sqlite.store import SqliteStore
from litemem.transfer.export import escape_markdown, export_file, heading, write

CAM = {"user_id": "cam"}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def of_kind(path: Path, kind: str) -> list[dict[str, Any]]:
    return [line for line in lines(path) if line["kind"] == kind]


def relate(memory: Memory, memory_id: str, *relations: tuple[str, str, str]) -> None:
    vector = bytes(4 * memory.embedder.identity.dimensions)
    named = {name: vector for source, _, target in relations for name in (source, target)}
    with memory.store.write() as tx:
        tx.graph.relate(
            tx.memories.require(memory_id), [Relation(*relation) for relation in relations], named
        )


def wait(memory: Memory, *texts: str) -> None:
    """Have messages wait for extraction, without a thread that would be at them."""
    said = [Message("user", text) for text in texts]
    with memory.store.write() as tx:
        tx.turns.open(Scope(user_id="cam"), said, asdict(AddOptions()), START, event_id=new_id())


@pytest.fixture
def full(memory: Memory) -> Memory:
    """A memory with something of everything."""
    memory.add(
        [
            {"role": "user", "content": "Café ☕ at Bob's", "name": "Cam"},
            {"role": "assistant", "content": "Noted"},
        ],
        **CAM,
        run_id="r",
        infer=False,
        metadata={"deep": [1, {"x": None}]},
        categories=["food"],
        expires_at="2031-01-02",
    )
    first, second = (row["id"] for row in memory.get_all(**CAM)["results"])
    memory.update(first, "Noted twice")
    relate(memory, second, ("Cam", "likes", "Café"), ("cam", "meets", "Bob"))
    memory.add("another's secret", user_id="jo", infer=False)
    gone = memory.add("soon gone", user_id="jo", infer=False)["results"][0]["id"]
    memory.delete(gone)
    wait(memory, "what waits")
    return memory


def test_the_first_line_holds_counts_and_a_checksum_of_the_others(
    full: Memory, tmp_path: Path
) -> None:
    counts = full.export_file(tmp_path / "all.jsonl")
    header, _, body = (tmp_path / "all.jsonl").read_bytes().partition(b"\n")
    told = json.loads(header)
    assert (told["kind"], told["format"]) == ("litemem-export", 1)
    assert told["sha256"] == hashlib.sha256(body).hexdigest()
    assert told["counts"] == counts
    assert sum(counts.values()) == body.count(b"\n")
    assert counts["memory"] == 3
    assert counts["deleted"] == 1


def test_a_line_holds_all_that_a_memory_has(full: Memory, tmp_path: Path) -> None:
    full.export_file(tmp_path / "all.jsonl")
    first, second, _ = of_kind(tmp_path / "all.jsonl", "memory")
    assert first["content"] == "Café ☕ at Bob's"
    assert first["metadata"] == {"deep": [1, {"x": None}]}
    assert first["categories"] == ["food"]
    assert (first["user_id"], first["run_id"], first["actor_id"]) == ("cam", "r", "Cam")
    assert "expires_at" in first
    messages = of_kind(tmp_path / "all.jsonl", "message")
    (said,) = [m for m in messages if m["number"] in first["sources"]]
    assert (said["content"], said["name"], said["run_id"]) == ("Café ☕ at Bob's", "Cam", "r")
    assert [event["event"] for event in second["history"]] == ["ADD", "UPDATE"]


def test_vectors_are_base64_of_little_endian_floats_of_the_embedder_in_the_header(
    full: Memory, tmp_path: Path
) -> None:
    full.export_file(tmp_path / "all.jsonl", vectors=True)
    assert lines(tmp_path / "all.jsonl")[0]["embedder"]["dimensions"] == 64
    (line, *_) = of_kind(tmp_path / "all.jsonl", "memory")
    expected = full.embedder.embed_documents([line["content"]])[0]
    assert array("f", base64.b64decode(line["vector"])) == expected


def test_a_filtered_export_holds_nothing_of_others(full: Memory, tmp_path: Path) -> None:
    (bob,) = full.add("Jo knows Bob", user_id="jo", infer=False)["results"]
    relate(full, bob["id"], ("Jo", "knows", "Bob"))
    counts = full.export_file(tmp_path / "cam.jsonl", **CAM)
    text = (tmp_path / "cam.jsonl").read_text("utf-8")
    assert counts == {"message": 3, "memory": 2, "entity": 4, "relation": 2}
    for word in ("secret", "jo", "Jo", "waits", "gone"):
        assert f'"{word}' not in text


def test_a_filtered_export_does_not_name_a_successor_outside(
    memory: Memory, tmp_path: Path, now: Clock
) -> None:
    old, new = (
        memory.add(text, **CAM, infer=False, metadata={"n": n})["results"][0]["id"]
        for n, text in enumerate(("lives in Oslo", "lives in Rome"))
    )
    with memory.store.write() as tx:
        tx.known.supersede(tx.memories.require(old), new, now())
    memory.export_file(tmp_path / "one.jsonl", **CAM, filters={"n": 0})
    assert new not in (tmp_path / "one.jsonl").read_text("utf-8")
    memory.export_file(tmp_path / "both.jsonl", **CAM)
    assert of_kind(tmp_path / "both.jsonl", "memory")[0]["superseded_by"] == new


def test_a_stream_that_cannot_be_rewound_gets_the_same(full: Memory, tmp_path: Path) -> None:
    full.export_file(tmp_path / "all.jsonl", vectors=True)
    out = io.BytesIO()
    write(full.store, out, vectors=True)
    assert out.getvalue() == (tmp_path / "all.jsonl").read_bytes()


def test_an_export_is_one_moment_while_others_write(full: Memory) -> None:
    with full.store.read() as r:
        moment = r.archive.snapshot(None, vectors=False)
        before = list(moment.lines())
        full.add("meanwhile", **CAM, infer=False)
        assert list(moment.lines()) == before


def test_what_other_tools_wrote_is_exported_as_litemem_writes_it(
    memory: Memory, tmp_path: Path
) -> None:
    memory.add("odd", **CAM, infer=False)
    with SqliteStore(memory.store.path).write() as tx:
        tx.connection.execute(  # as `UPDATE memory …` in the sqlite3 shell
            """UPDATE memory SET metadata = '{ "a" :1e2,\n "b":"\\u00e9" }'"""
        )
    memory.export_file(tmp_path / "all.jsonl")
    assert '"metadata":{"a":100.0,"b":"é"}' in (tmp_path / "all.jsonl").read_text("utf-8")


@pytest.mark.posix
def test_the_file_is_private_and_not_replaced_unless_forced(full: Memory, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    full.export_file(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(StoreError, match="force"):
        full.export_file(target)
    target.write_text("mine")
    full.export_file(target, force=True)
    assert target.read_bytes().startswith(b'{"kind":"litemem-export"')
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_database_is_never_replaced(full: Memory, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the file itself"):
        full.export_file(full.store.path, force=True)
    full.backup(tmp_path / "copy.db")
    with pytest.raises(StoreError, match="database"):
        full.export_file(tmp_path / "copy.db", force=True)
    with pytest.raises(StoreError, match="folder"):
        full.export_file(tmp_path)
    with pytest.raises(StoreError, match="cannot be written"):
        full.export_file(tmp_path / "nowhere" / "all.jsonl")


def test_arguments_are_checked_before_anything_is_made(full: Memory, tmp_path: Path) -> None:
    target = tmp_path / "x"
    with pytest.raises(ValidationError, match="jsonl, markdown, html"):
        full.export_file(target, format="xml")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="vectors"):
        full.export_file(target, format="markdown", vectors=True)
    with pytest.raises(ScopeError):
        full.export_file(target, user_id=" ")
    with pytest.raises(ScopeError):
        full.export_file(target, filters={"category": "food"})
    assert not target.exists()


def test_an_interrupted_export_leaves_nothing(full: Memory, tmp_path: Path) -> None:
    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_file(full.store, tmp_path / "all.jsonl", progress=stop)
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith("memory.db")] == []


def test_markdown_has_a_heading_for_each_scope_and_means_what_it_says(
    open_memory: OpenMemory, tmp_path: Path, now: Clock
) -> None:
    memory = open_memory()
    memory.add("# 1. *not* [a link](x)\nsecond line", **CAM, infer=False, categories=["a_b"])
    memory.add("Jo's", user_id="jo", run_id="r", infer=False)
    memory.export_file(tmp_path / "all.md", format="markdown")
    assert (tmp_path / "all.md").read_text("utf-8") == (
        "# Memories\n"
        "\n## user cam\n\n"
        "- \\# 1. \\*not\\* \\[a link\\](x)\n  second line *(2025-06-15; a\\_b)*\n"
        "\n## user jo, run r\n\n"
        "- Jo's *(2025-06-15)*\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a &lt;b&gt; &copy;", r"a \&lt;b\&gt; \&copy;"),
        ("~~gone~~", r"\~\~gone\~\~"),
        ("~~~\ncode", "\\~\\~\\~\ncode"),
        ("Title\n===", "Title\n\\==="),
        ("Title\n---", "Title\n\\---"),
        ("1. one\n2) two", "1\\. one\n2\\) two"),
        ("    four\n\n\tcode", "four\n\ncode"),
        ("3.5 apples, 10-20 = few", "3\\.5 apples, 10-20 = few"),
    ],
)
def test_characters_mean_only_themselves_in_markdown(text: str, shown: str) -> None:
    assert escape_markdown(text) == shown


def test_an_id_stays_in_its_heading() -> None:
    assert heading(Scope(user_id="a\nb # c #")) == r"user a b \# c \#"


# -- the command


@pytest.fixture
def db(full: Memory, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LITEMEM_DB", full.store.path)
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:64")
    return full.store.path


@pytest.mark.usefixtures("db")
def test_the_command_writes_to_standard_output_or_into_a_file(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["export"])
    assert shown.exit_code == 0
    done = CliRunner().invoke(main, ["export", str(tmp_path / "all.jsonl")])
    assert (done.stdout, done.exit_code) == ("", 0)
    assert done.stderr.endswith("all.jsonl: 3 memories\n")
    assert shown.stdout_bytes == (tmp_path / "all.jsonl").read_bytes()


@pytest.mark.usefixtures("db")
def test_the_command_takes_ids_and_a_filter(tmp_path: Path) -> None:
    target = str(tmp_path / "x.jsonl")
    arguments = [
        "export",
        target,
        "--user-id",
        "cam",
        "--filter",
        '{"categories": {"in": ["food"]}}',
    ]
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert json.loads(done.stdout)["counts"]["memory"] == 2


def test_the_command_needs_a_file_that_is_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["export", "--db", str(tmp_path / "none.db")])
    assert done.exit_code == 1
    assert "does not exist" in done.stderr


def test_a_reader_that_leaves_early_ends_the_command_quietly(db: str) -> None:
    command = f"{sys.executable} -B -m litemem export --db {db} | head -c 5"
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(LIBRARY), "PATH": "/usr/bin:/bin"},
    )
    assert (done.stdout, done.stderr) == (b'{"kin', b"")


@pytest.mark.slow
def test_as_many_ids_as_a_filter_takes_can_be_exported(memory: Memory, tmp_path: Path) -> None:
    """Previously half as many: "too many SQL variables"."""
    memory.add("likes tea", infer=False, **CAM)
    (known,) = memory.get_all(**CAM)["results"]
    ids = [known["id"], *(f"id{i}" for i in range(MAX_PARAMETERS - 2))]
    filters = {"memory_ids": {"in": ids}}
    assert memory.export_file(tmp_path / "all.jsonl", **CAM, filters=filters)["memory"] == 1
    assert len(memory.get_all(**CAM, filters=filters)["results"]) == 1
    assert len(memory.search("tea", **CAM, filters=filters)["results"]) == 1


# -- what is no file


@pytest.mark.posix  # this system has no pipes with a name
@pytest.mark.parametrize("force", [False, True])
def test_a_pipe_or_a_device_is_no_target_and_stays(
    memory: Memory, tmp_path: Path, force: bool
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StoreError, match="a device or a pipe"):
        export_file(memory.store, pipe, force=force)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_page_of_html_has_all_that_belongs_to_the_memories(open_memory: OpenMemory) -> None:
    memory = open_memory(["Ida lives in Oslo"], {"relations": [[1, "Ida", "lives_in", "Oslo"]]})
    memory_id = memory.add("My sister Ida lives in Oslo", user_id="cam", enable_graph=True)[
        "results"
    ][0]["id"]
    memory.update(memory_id, categories=["family"])
    memory.feedback(memory_id, "POSITIVE")
    memory.add("Nobody asked", user_id="jane", infer=False)
    out = io.BytesIO()
    write(memory.store, out, compile_filter(None, Scope(user_id="cam")), format="html")
    page = out.getvalue().decode()
    for expected in (
        *("My sister Ida lives in Oslo", "family", "rated positive", "user cam"),
        *("add 2025-06-15 15:06", "update 2025", "from message", "Ida lives in Oslo</li>"),
    ):
        assert expected in re.sub("<time[^>]*>|</time>", "", page)
    assert "Nobody asked" not in page


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</style><img src=x>", "\u202eevil", "a\0b", "&lt;b&gt;"]
)
def test_a_page_of_html_shows_hostile_text_as_text(memory: Memory, text: str) -> None:
    name = text.replace("\0", "")
    memory.add(
        [{"role": "user", "name": name, "content": text}],
        infer=False,
        user_id=name,
        metadata={name: text},
        categories=[name],
    )
    out = io.BytesIO()
    write(memory.store, out, format="html")
    page = out.getvalue().decode()
    assert page.count("<script") == page.count("<img") == page.count("\u202e") == 0
    assert "\0" not in page
    assert page.count("</style>") == 1
    assert "default-src 'none'" in page
