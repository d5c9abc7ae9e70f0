"""Export memories as an archive, as Markdown, or as a page of HTML."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, get_args

from litemem.core import clock
from litemem.core.config import real_path
from litemem.core.scope import Scope
from litemem.core.types import ExportFormat, MemoryRecord
from litemem.errors import ScopeError, StoreError, ValidationError, quoted
from litemem.store.archive.lines import Header, within_limit
from litemem.store.filters import Condition, valid_now
from litemem.store.protocol import FileStore, Reading, Snapshot
from litemem.store.sqlite.connection import MEMORY
from litemem.store.sqlite.copy import atomic_write, replace_file
from litemem.store.sqlite.open_files import is_open, is_same, open_bytes
from litemem.transfer.html import html_lines
from litemem.transfer.server_memory import write_graph

Progress = Callable[[int, int], None]  # lines written so far, lines in all

BATCH = 500  # memories or lines in memory at once, for a file of any size
BATCH_CHARACTERS = 1_000_000  # of lines in memory at once; a single line may have more

_UNKNOWN = "0" * 64  # placeholder of the SHA-256 in the header
_SQLITE = b"SQLite format 3\0"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&#])")
_STARTS = re.compile(r"^(\d*)([-+=.)])")  # a list item, or an underline that makes a heading


def lines(
    store: FileStore, condition: Condition | None = None, *, vectors: bool = False
) -> Iterator[str]:
    """Return the lines of an archive, the header first, each with its newline.

    They show one moment of the file. A memory without a file is read at once, because nobody else
    can use it while it is read.

    Raises:
        StoreError: the file cannot be read.
    """
    found = _lines(store, condition, vectors)
    return iter(list(found)) if store.path == MEMORY else found


def _lines(store: FileStore, condition: Condition | None, vectors: bool) -> Iterator[str]:
    with store.read() as r:
        writer = r.archive.snapshot(condition, vectors=vectors)
        yield _header(writer, _checksum(writer)).decode()
        for line in writer.lines():
            yield f"{line}\n"


def write(
    store: FileStore,
    out: BinaryIO,
    condition: Condition | None = None,
    *,
    format: ExportFormat = "jsonl",  # noqa: A002 - the common name
    vectors: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write an export as of one moment into a stream; return the number of lines by kind.

    Rows that cannot be read are left out; then the result names them, as `damaged`.

    The lines of an archive are generated twice, first for the checksum in the header: nothing is
    kept in memory, and the stream need not be seekable.

    Raises:
        StoreError: the file cannot be read. OSError: the stream cannot be written.
        ValidationError: the format is unknown, or has no vectors.
    """
    _check(format, vectors, condition)
    with store.read() as r:
        if format == "server-memory":
            return _write_graph(r, condition, out)
        writer = r.archive.snapshot(condition, vectors=vectors)
        report = _reporter(writer, progress)
        if format != "jsonl":
            return _write_for_people(writer, out, report, format)
        out.write(_header(writer, _checksum(writer)))
        _write_lines(writer, out, report)
    return _result(_counts(writer), writer.damaged)


def export_file(
    store: FileStore,
    target: str | Path,
    condition: Condition | None = None,
    *,
    format: ExportFormat = "jsonl",  # noqa: A002 - the common name
    vectors: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write an export into a new file of mode 0600; return the number of lines by kind.

    Rows that cannot be read are left out; then the result names them, as `damaged`.

    The export is written under another name in the same folder, synced, and renamed: the target is
    complete or unchanged.

    Args:
        condition: which memories, with their history, source messages and relations. None exports
            the whole file, also pending turns.
        format: "jsonl" is the archive that `import_file` reads, "markdown" and "html" are for
            people, "server-memory" has the graph only.
        vectors: include the vectors, so that an import with the same embedder embeds nothing.
        force: replace an existing file.
        progress: called with the lines written so far and in all.

    Raises:
        StoreError: the target exists, is a database, or cannot be written.
        ValidationError: the format is unknown or has no vectors, or the target is not a path.
    """
    _check(format, vectors, condition)
    path = real_path(target)
    _check_target(store, path, force)
    with atomic_write(path) as part:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(descriptor, "wb") as out:
            with store.read() as r:
                if format == "server-memory":
                    counts = _write_graph(r, condition, out)
                else:
                    writer = r.archive.snapshot(condition, vectors=vectors)
                    report = _reporter(writer, progress)
                    if format != "jsonl":
                        counts = _write_for_people(writer, out, report, format)
                    else:
                        counts = _write_archive(writer, out, report)
            out.flush()
            os.fsync(out.fileno())
        _check_target(store, path, force)
        replace_file(part, path, None)
    return counts


def _check(format: str, vectors: bool, condition: Condition | None) -> None:  # noqa: A002 - as above
    if format not in get_args(ExportFormat):
        raise ValidationError(
            f"format must be one of {', '.join(get_args(ExportFormat))}, got {quoted(format)}"
        )
    if vectors and format != "jsonl":
        raise ValidationError(f"{format} holds no vectors: leave out vectors, or export jsonl")
    if format == "server-memory" and condition is None:
        raise ScopeError("server-memory is the graph of one scope: give user_id (--user-id)")


def _check_target(store: FileStore, path: Path, force: bool) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder: give the path of a file")
    if not path.exists():
        return
    if not path.is_file():
        raise StoreError(f"{path} is a device or a pipe: give the path of a file")
    if is_same(path, store.path):
        raise StoreError(f"{path} is the file itself: give another target")
    if not force:
        raise StoreError(f"{path} exists: give another name, or --force (force=True) to replace it")
    if is_open(path) or _is_database(path):
        raise StoreError(f"{path} is a database, which an export does not replace")


def _is_database(path: Path) -> bool:
    with open_bytes(path) as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _write_archive(
    writer: Snapshot, out: BinaryIO, report: Callable[[int], None]
) -> dict[str, Any]:
    """Write the archive in one pass; fill in the checksum of the header at the end."""
    out.write(_header(writer, _UNKNOWN))
    digest = _write_lines(writer, out, report)
    out.seek(0)
    out.write(_header(writer, digest))
    return _result(_counts(writer), writer.damaged)


def _write_lines(writer: Snapshot, out: BinaryIO, report: Callable[[int], None]) -> str:
    """Write the lines behind the header; return the SHA-256 of their bytes."""
    digest = hashlib.sha256()
    for chunk in _chunks(map(within_limit, writer.lines())):
        digest.update(chunk)
        out.write(chunk)
        report(chunk.count(b"\n"))
    return digest.hexdigest()


def _checksum(writer: Snapshot) -> str:
    """Return the SHA-256 of the lines, without writing them."""
    digest = hashlib.sha256()
    for chunk in _chunks(map(within_limit, writer.lines())):
        digest.update(chunk)
    return digest.hexdigest()


def _write_for_people(
    writer: Snapshot,
    out: BinaryIO,
    report: Callable[[int], None],
    format: ExportFormat,  # noqa: A002 - as above
) -> dict[str, Any]:
    if format == "markdown":
        return _write_markdown(writer, out, report)
    for chunk in _chunks(html_lines(writer.lines())):
        out.write(chunk)
        report(chunk.count(b"<li"))
    return _result(_counts(writer), writer.damaged)


def _write_markdown(
    writer: Snapshot, out: BinaryIO, report: Callable[[int], None]
) -> dict[str, Any]:
    for chunk in _chunks(markdown_lines(writer.rows())):
        out.write(chunk)
        report(chunk.count(b"\n- "))
    damaged = writer.damaged_memories
    if damaged:
        named = ", ".join(map(_one_line, damaged))
        out.write(f"\n## Damaged\n\nLeft out, as they cannot be read: {named}\n".encode())
    return _result({"memory": writer.counts["memory"]}, damaged)


def _write_graph(reading: Reading, condition: Condition | None, out: BinaryIO) -> dict[str, Any]:
    """Write the graph of what is valid now."""
    assert condition is not None
    entities, relations, *_ = numbers = write_graph(reading, valid_now(condition, clock.now()), out)
    counts: dict[str, Any] = {"entity": entities, "relation": relations}
    return counts | ({"damaged": list(numbers.damaged)} if numbers.damaged else {})


def _result(counts: dict[str, int], damaged: Sequence[str]) -> dict[str, Any]:
    """Return the number of lines, with the names of the rows that were left out."""
    return counts | {"damaged": list(damaged)} if damaged else counts


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines into chunks of bytes, each line with its end."""
    chunk: list[str] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line)
        if len(chunk) >= BATCH or size >= BATCH_CHARACTERS:
            yield "\n".join([*chunk, ""]).encode()
            chunk, size = [], 0
    if chunk:
        yield "\n".join([*chunk, ""]).encode()


def _header(writer: Snapshot, sha256: str) -> bytes:
    return Header(_counts(writer), sha256, writer.embedder).line()


def _counts(writer: Snapshot) -> dict[str, int]:
    return {kind: number for kind, number in writer.counts.items() if number}


def _reporter(writer: Snapshot, progress: Progress | None) -> Callable[[int], None]:
    """Return a function that adds up written lines and reports the progress."""
    total, done = sum(writer.counts.values()), 0

    def report(lines: int) -> None:
        nonlocal done
        done += lines
        if progress is not None:
            progress(done, total)

    return report


def markdown_lines(records: Iterable[MemoryRecord]) -> Iterator[str]:
    """Yield Markdown for memories ordered by scope: a heading for each scope, a list item each."""
    yield "# Memories"
    scope = None
    for record in records:
        if record.scope != scope:
            yield f"\n## {heading(record.scope)}\n"
            scope = record.scope
        yield _list_item(record)


def heading(scope: Scope) -> str:
    """Return the heading of a scope: "user cam, run tokyo"."""
    return ", ".join(f"{key[:-3]} {_one_line(value)}" for key, value in scope.ids().items())


def _list_item(record: MemoryRecord) -> str:
    """Return a memory as a list item, with its dates and categories in italics."""
    first, *others = escape_markdown(record.content).split("\n")
    text = "\n".join([f"- {first}", *(f"  {line}" for line in others)])
    return f"{text} *({'; '.join(_remarks(record))})*"


def escape_markdown(text: str) -> str:
    """Escape text so that Markdown shows it literally.

    Leading spaces of a line are dropped: Markdown hides them, or takes the line for code.
    """
    shown = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    escaped = _MARKUP.sub(r"\\\1", shown)
    return "\n".join(_STARTS.sub(r"\1\\\2", line.lstrip(" \t")) for line in escaped.split("\n"))


def _one_line(text: str) -> str:
    return escape_markdown(text).replace("\n", " ")


def _remarks(record: MemoryRecord) -> Iterator[str]:
    yield clock.to_iso(record.created_at)[:10]
    if record.updated_at != record.created_at:
        yield f"changed {clock.to_iso(record.updated_at)[:10]}"
    if record.categories:
        yield _one_line(", ".join(record.categories))
    if record.valid_to is not None:
        yield f"until {clock.to_iso(record.valid_to)[:10]}"
    if record.superseded_by is not None:
        yield "superseded"
    if record.expires_at is not None:
        yield f"found until {clock.last_day(record.expires_at)}"
