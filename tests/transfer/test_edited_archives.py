"""Import: an archive that a person, an editor or git changed after the export."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helpers import OpenMemory
from helpers.archives import EMBEDDER, exported, memory_line, open_store, sealed
from helpers.stores import reading
from litemem.cli import main
from litemem.errors import ValidationError
from litemem.transfer.importer import Imported, import_file

GOOD = sealed([memory_line(1, content="Cam likes tea – ☕"), memory_line(2)])


def without(name: str) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        header, _, body = data.partition(b"\n")
        fields = {key: value for key, value in json.loads(header).items() if key != name}
        return json.dumps(fields).encode() + b"\n" + body

    return edit


def reordered(data: bytes) -> bytes:
    lines = [json.loads(line) for line in data.splitlines()]
    return "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines).encode()


# what was done to an archive: how, and what the refusal says
EDITS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "CRLF": (lambda data: data.replace(b"\n", b"\r\n"), "the line ends are CRLF"),
    "CRLF in some lines": (lambda data: data[:-1] + b"\r\n", "the line ends are CRLF"),
    "a byte order mark": (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "it is UTF-16"),
    "UTF-16, the other end first": (
        lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
        "it is UTF-16",
    ),
    "UTF-32": (lambda data: data.decode().encode("utf-32"), "it is UTF-32"),
    "UTF-16 and CRLF, as PowerShell writes": (
        lambda data: data.decode().replace("\n", "\r\n").encode("utf-16"),
        "it is UTF-16 .*; the line ends are CRLF",
    ),
    "a word": (lambda data: data.replace(b"text 2", b"text 3"), "the SHA-256 differs"),
    "no final line end": (lambda data: data[:-1], "line 3: the line is cut off, or lacks its end"),
    "blank lines at the end": (lambda data: data + b"\n\n", "line 4: the line is empty"),
    "a blank line in between": (
        lambda data: data.replace(b"\n", b"\n \n", 1),
        "the line is empty",
    ),
    "blank lines at the start": (lambda data: b"\r\n \n" + data, "line 1: the line is empty"),
    "two SHA-256": (
        lambda data: data.replace(b'"sha256":', b'"sha256":"00","sha256":'),
        "line 1: a name is there twice",
    ),
    "no SHA-256": (without("sha256"), "line 1: sha256 is missing"),
    "no counts": (without("counts"), "line 1: counts is missing"),
    "a broken SHA-256": (
        lambda data: data.replace(b'"sha256":"', b'"sha256":"!'),
        "line 1: sha256: must have 64 hexadecimal digits",
    ),
    "keys in another order": (reordered, "the SHA-256 differs"),
    "spaces at the line ends": (lambda data: data.replace(b"}\n", b"} \n"), "the SHA-256 differs"),
    "a line less": (lambda data: b"".join(data.splitlines(True)[:-1]), "announces these lines"),
    "a line more": (
        lambda data: data + json.dumps(memory_line(3)).encode() + b"\n",
        "announces these lines",
    ),
}  # fmt: skip


def imported(store: Any, data: bytes, **options: Any) -> Imported:
    return import_file(store, EMBEDDER, io.BytesIO(data), **options)


@pytest.mark.parametrize("what", EDITS)
def test_each_kind_of_edit_is_named_with_the_way_to_accept_it(what: str) -> None:
    edit, message = EDITS[what]
    with open_store() as store:
        with pytest.raises(ValidationError, match=message) as caught:
            imported(store, edit(GOOD))
        assert "accept_edited=True (--accept-edited)" in str(caught.value)
        assert reading(store).overview().memories == 0


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("dry_run", [True, False])
def test_each_kind_of_edit_can_be_accepted_and_is_reported(what: str, dry_run: bool) -> None:
    edit, message = EDITS[what]
    data = edit(GOOD)
    with open_store() as store:
        done = imported(store, data, accept_edited=True, dry_run=dry_run)
        found = exported(store)
    assert done.added == {"a line less": 1, "a line more": 3}.get(what, 2)
    assert any(message.split(" .*")[0] in edit for edit in done.edits)
    if not dry_run:
        assert "Cam likes tea – ☕".encode() in found
        assert (b"text 3" in found) == (what in ("a word", "a line more"))


def test_an_archive_that_was_not_edited_is_imported_as_ever() -> None:
    with open_store() as store:
        assert imported(store, GOOD, accept_edited=True).edits == ()


BROKEN: dict[str, tuple[bytes, str]] = {
    "a line that is no JSON": (b"{\n", "line 3: "),
    "a line of a wrong type": (
        json.dumps(memory_line(2, content=5)).encode() + b"\n",
        "line 3: content: must be text",
    ),
    "an unknown field": (json.dumps(memory_line(2, pk=1)).encode() + b"\n", "'pk' is unknown"),
    "an id twice": (json.dumps(memory_line(2, id="m1")).encode() + b"\n", "is a duplicate"),
    "a source that is missing": (
        json.dumps(memory_line(2, sources=[7])).encode() + b"\n",
        "line 3: sources .* got 7",
    ),
    "a conflict of git": (b"<<<<<<< HEAD\n", "line 3: git left a conflict here"),
    "a line that is cut off": (b'{"kind":"mem', "line 3: the line is cut off"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_accepted_archive_is_checked_line_by_line(what: str) -> None:
    line, message = BROKEN[what]
    data = b"\xef\xbb\xbf" + sealed([memory_line(1)]) + line
    with open_store() as store:
        with pytest.raises(ValidationError, match=message):
            imported(store, data, accept_edited=True)
        assert reading(store).overview().memories == 0


OTHERS: dict[str, tuple[bytes, str]] = {
    "UTF-16 without a mark": (GOOD.decode().encode("utf-16-le"), "UTF-16 without a byte order"),
    "UTF-16 without a mark, big end first": (GOOD.decode().encode("utf-16-be"), "UTF-16 without"),
    "half a UTF-16 character": (GOOD.decode().encode("utf-16")[:-1], "starts as UTF-16, and is"),
    "line ends of CR alone": (GOOD.replace(b"\n", b"\r"), "the line ends are CR alone"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "a compressed file": (b"\x1f\x8b\x08\0", "unpack it"),
    "a file of xz": (b"\xfd7zXZ\0\0\r0", "unpack it with unxz"),
    "a file of bzip2": (b"BZh91AY", "unpack it with bunzip2"),
    "a list of lines": (b"[" + GOOD.replace(b"\n", b",")[:-1] + b"]", "is not the header"),
    "a page": (b"<!DOCTYPE html>", "the line is not the header of an export"),
    "a database": (b"SQLite format 3\0" + bytes(100), "litemem restore"),
}


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("accept_edited", [True, False])
def test_a_file_of_another_kind_is_named(what: str, accept_edited: bool) -> None:
    data, message = OTHERS[what]
    with open_store() as store, pytest.raises(ValidationError, match=message):
        imported(store, data, accept_edited=accept_edited)


def test_the_vectors_of_changed_texts_are_made_again(open_memory: OpenMemory) -> None:
    one = open_memory()
    one.add("Cam likes tea", user_id="cam", infer=False)
    data = exported(one.store, vectors=True)
    for number, (edit, embedded) in enumerate(
        [(data.replace(b"likes tea", b"hates tea"), 1), (data.replace(b"\n", b"\r\n"), 0)]
    ):
        other = open_memory(path=f"{one.store.path}.{number}")
        done = other.import_file(io.BytesIO(edit), accept_edited=True)
        assert done["embedded"] == embedded
    assert other.search("likes tea", user_id="cam")["results"][0]["memory"] == "Cam likes tea"


def test_the_command_accepts_an_edited_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:8")
    (tmp_path / "e.jsonl").write_bytes(GOOD.decode().replace("\n", "\r\n").encode("utf-16"))
    refused = CliRunner().invoke(main, ["import", str(tmp_path / "e.jsonl")])
    assert refused.exit_code == 1
    assert "CRLF" in refused.stderr
    assert "--accept-edited" in refused.stderr
    done = CliRunner().invoke(main, ["import", "-", "--accept-edited"],
                              input=(tmp_path / "e.jsonl").read_bytes())  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert done.stderr.endswith("memories: 2 added; embedded: 2\n")
    assert "accepted: it is UTF-16" in done.stderr
    assert asdict(Imported())["edits"] == ()
