"""Export: what a file holds, as plain dicts, as an archive, or as Markdown for people to read."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

from litemem.core.config import real_path
from litemem.core.results import memory_dict
from litemem.errors import StoreError, ValidationError, quoted
from litemem.maintenance.backup import atomic_write
from litemem.store.filters import Condition
from litemem.store.sqlite import (
    MEMORY,
    ArchiveWriter,
    SqliteStore,
    is_held,
    is_same,
    open_bytes,
    replace_file,
)
from litemem.store.sqlite.archive.lines import Header, within_limit
from litemem.transfer import markdown

Format = Literal["jsonl", "markdown"]
Progress = Callable[[int, int], None]  # lines written so far, lines in all

BATCH = 500  # memories or lines at once, so that an export of any size takes little room
BATCH_CHARACTERS = 1_000_000  # of lines at once; one alone may have more

_UNKNOWN = "0" * 64  # stands for the SHA-256 until it is known
_SQLITE = b"SQLite format 3\0"


def export(store: SqliteStore, condition: Condition) -> Iterator[dict[str, Any]]:
    """Yield the memories that match, newest first, also the expired and the superseded.

    Each has the names of `get_all`. Others may write meanwhile:
    what is there all the time is yielded once, and nothing twice.
    """
    after = None
    while records := store.select(condition, limit=BATCH, after=after):
        yield from map(memory_dict, records)
        after = (records[-1].created_at, records[-1].id)


def lines(
    store: SqliteStore, condition: Condition | None = None, *, vectors: bool = False
) -> Iterator[str]:
    """Return the lines of an archive, the header first, each with its newline.

    They show one moment of the file. A memory without a file is read at once, because nobody else
    can use it while it is read.

    Raises:
        StoreError: the file cannot be read.
    """
    found = _lines(store, condition, vectors)
    return iter(list(found)) if store.path == MEMORY else found


def _lines(store: SqliteStore, condition: Condition | None, vectors: bool) -> Iterator[str]:
    with store.snapshot(condition, vectors=vectors) as moment:
        digest = hashlib.sha256()
        for chunk in _chunks(map(within_limit, moment.lines())):
            digest.update(chunk)
        yield _header(moment, digest.hexdigest()).decode()
        for line in moment.lines():
            yield f"{line}\n"


def write(
    store: SqliteStore,
    out: BinaryIO,
    condition: Condition | None = None,
    *,
    format: Format = "jsonl",  # noqa: A002 - what everybody calls it
    vectors: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write an export into a stream; return how many lines of each kind, or memories, it holds.

    It is one moment of the file. Of an archive each line is made twice, first for the checksum
    that the header needs: nothing has to be kept, and the stream need not be rewound.

    Raises:
        StoreError: the file cannot be read. OSError: the stream cannot be written.
        ValidationError: there is no such format, or Markdown was to hold vectors.
    """
    _check(format, vectors)
    with store.snapshot(condition, vectors=vectors) as moment:
        report = _reporter(moment, progress)
        if format == "markdown":
            return _write_markdown(moment, out, report)
        digest = hashlib.sha256()
        for chunk in _chunks(map(within_limit, moment.lines())):
            digest.update(chunk)
        out.write(_header(moment, digest.hexdigest()))
        _write_lines(moment, out, report)
    return _counts(moment)


def export_file(
    store: SqliteStore,
    target: str | Path,
    condition: Condition | None = None,
    *,
    format: Format = "jsonl",  # noqa: A002 - what everybody calls it
    vectors: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write an export into a new file of mode 0600; return what it holds, as `write`.

    It is written under another name in the same folder, synced, and renamed: the target is whole
    or as it was.

    Args:
        condition: which memories; with them go their history, the messages that they came from
            and what of the graph they say. None: the whole file, also its waiting turns.
        format: "jsonl" is the archive that `import_file` reads, "markdown" is for people.
        vectors: with the vectors, so that an import with the same embedder has none to make.
        force: replace a file that is there.
        progress: called with the lines written so far and in all.

    Raises:
        StoreError: the target exists, is a database, or cannot be written.
        ValidationError: there is no such format, or Markdown was to hold vectors; or the target
            is no path.
    """
    _check(format, vectors)
    path = real_path(target)
    _check_target(store, path, force)
    with atomic_write(path) as part:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(descriptor, "wb") as out:
            with store.snapshot(condition, vectors=vectors) as moment:
                report = _reporter(moment, progress)
                if format == "markdown":
                    counts = _write_markdown(moment, out, report)
                else:
                    counts = _write_archive(moment, out, report)
            out.flush()
            os.fsync(out.fileno())
        _check_target(store, path, force)
        replace_file(part, path, None)
    return counts


def _check(format: str, vectors: bool) -> None:  # noqa: A002 - as above
    if format not in get_args(Format):
        raise ValidationError(
            f"format={quoted(format)}: it is one of {', '.join(get_args(Format))}"
        )
    if vectors and format == "markdown":
        raise ValidationError("Markdown holds no vectors: leave them out, or take jsonl")


def _check_target(store: SqliteStore, path: Path, force: bool) -> None:
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
    if is_held(path) or _is_database(path):
        raise StoreError(f"{path} is a database, which an export does not replace")


def _is_database(path: Path) -> bool:
    with open_bytes(path) as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _write_archive(
    moment: ArchiveWriter, out: BinaryIO, report: Callable[[int], None]
) -> dict[str, int]:
    """Write the archive in one go; the header, whose length is known, is mended at the end."""
    out.write(_header(moment, _UNKNOWN))
    digest = _write_lines(moment, out, report)
    out.seek(0)
    out.write(_header(moment, digest))
    return _counts(moment)


def _write_lines(moment: ArchiveWriter, out: BinaryIO, report: Callable[[int], None]) -> str:
    """Write all lines behind the header; return the SHA-256 of their bytes."""
    digest = hashlib.sha256()
    for chunk in _chunks(map(within_limit, moment.lines())):
        digest.update(chunk)
        out.write(chunk)
        report(chunk.count(b"\n"))
    return digest.hexdigest()


def _write_markdown(
    moment: ArchiveWriter, out: BinaryIO, report: Callable[[int], None]
) -> dict[str, int]:
    for chunk in _chunks(markdown.lines(moment.rows())):
        out.write(chunk)
        report(chunk.count(b"\n- "))
    return {"memory": moment.counts["memory"]}


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield the bytes of many lines at once, each with its end."""
    some: list[str] = []
    weight = 0
    for line in lines:
        some.append(line)
        weight += len(line)
        if len(some) >= BATCH or weight >= BATCH_CHARACTERS:
            yield "\n".join([*some, ""]).encode()
            some, weight = [], 0
    if some:
        yield "\n".join([*some, ""]).encode()


def _header(moment: ArchiveWriter, sha256: str) -> bytes:
    return Header(_counts(moment), sha256, moment.embedder).line()


def _counts(moment: ArchiveWriter) -> dict[str, int]:
    return {kind: number for kind, number in moment.counts.items() if number}


def _reporter(moment: ArchiveWriter, progress: Progress | None) -> Callable[[int], None]:
    """Return what counts lines and tells of it."""
    total, done = sum(moment.counts.values()), 0

    def report(lines: int) -> None:
        nonlocal done
        done += lines
        if progress is not None:
            progress(done, total)

    return report
