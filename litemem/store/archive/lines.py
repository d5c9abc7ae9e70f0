"""Read the lines of an archive: JSON Lines that hold a file, or some of its memories, without loss.

The first line is the header: the format, the number of lines by kind, and the SHA-256 of the bytes
of all other lines. `docs/export.md` describes the format. Each line is validated on its own;
`references` checks the lines against each other.

Editors, shells and git change an archive after the export. Each kind of change has a name here,
and an import refuses it or accepts it.
"""

import codecs
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from litemem.core.checks import InvalidValueError, Item, parse
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS
from litemem.errors import StoreError, ValidationError
from litemem.store.archive.schema import (
    HEADER,
    LINE_TYPES,
    SEAL,
    SKIPPED,
    WITHOUT_IDS,
)

FORMAT = 1
MARK = "litemem-export"
# bytes; a memory with its history and vector has a few thousand, but a run summary of 20 kB that
# was extended 850 times has 36 million. An import needs three times the memory of its longest line.
MAX_LINE = 256 * 1024 * 1024
MAX_HEADER = 65_536  # bytes
_ADVICE = (
    "; export it again, or give accept_edited=True (--accept-edited), which checks each line but "
    "neither the SHA-256 nor the counts"
)
# The marks of encodings at the start of a file, the longer first: that of UTF-32 starts as UTF-16.
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_BLOCK = 1_000_000  # bytes decoded at once
# How files start that are given by mistake, and what to do.
_OTHER_FILES = (
    (b"SQLite format 3\0", "the file is a database: `litemem restore` reads a backup"),
    (b"version https://git-lfs", "the file is a pointer of Git LFS: run `git lfs pull`"),
    (b"\x1f\x8b", "the file is compressed: unpack it with gzip"),
    (b"PK\x03\x04", "the file is compressed: unpack it with unzip"),
    (b"BZh", "the file is compressed: unpack it with bunzip2"),
    (b"\xfd7zXZ", "the file is compressed: unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "the file is compressed: unpack it with unzstd"),
    (b"7z\xbc\xaf", "the file is compressed: unpack it with 7z"),
    (b"{\0", "the file is UTF-16 without a byte order mark: save it as UTF-8"),
    (b"\0{", "the file is UTF-16 without a byte order mark: save it as UTF-8"),
)
_CONFLICTS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of an archive."""

    counts: Mapping[str, int]
    sha256: str
    embedder: EmbedderIdentity | None = None

    @property
    def lines(self) -> int:
        """The number of lines to import."""
        return sum(number for kind, number in self.counts.items() if kind not in SKIPPED)

    def line(self) -> bytes:
        """Return the line with its end; its length does not depend on the SHA-256."""
        fields: dict[str, Any] = {
            "kind": MARK,
            "format": FORMAT,
            "counts": dict(self.counts),
            "sha256": self.sha256,
        }
        if self.embedder is not None:
            fields["embedder"] = asdict(self.embedder)
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class ArchiveFile:
    """A file that `litemem export` wrote; `open_archive` opens one.

    Args:
        encoding: what the file was decoded from, if not from UTF-8.
        accept_edited: accept what was changed after the export. Every line is checked all the same.
            If the lines were changed, vectors and days are ignored, because a text may have been.

    Raises:
        ValidationError: the first line is not the header of an export.
    """

    def __init__(
        self, file: BinaryIO, *, encoding: str | None = None, accept_edited: bool = False
    ) -> None:
        self._file = file
        self._accepts = accept_edited
        self._edits: dict[str, str] = {}  # a sentence for each kind of change
        if encoding is not None:
            self._edits["encoding"] = f"it is {encoding} in place of UTF-8"
        self._skip_mark()
        self._header = self._read_header()
        self._of_header = dict(self._edits)
        self._body = file.tell()
        self.embedder = self._header.embedder
        self.total = self._header.lines
        self._has_changed_lines = False
        if accept_edited:
            self.total = sum(1 for _ in self._lines())
            self._has_changed_lines = bool(self._edits.keys() & {"sha256", "seal"})
        if self._has_changed_lines:
            self.embedder = None

    @property
    def edits(self) -> list[str]:
        """One sentence for each kind of change since the export; complete after `items`."""
        return list(self._edits.values())

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield each validated line with its number.

        Raises:
            ValidationError: a line is invalid, or at the end: the file was changed after the export
                and changes are not accepted.
        """
        embedder = self._header.embedder
        width = None if embedder is None else 4 * embedder.dimensions
        counts = dict.fromkeys(self._header.counts, 0)
        for number, line in self._lines():
            try:
                item = validate_line(parse(line.decode()), width)
            except (ValueError, RecursionError) as error:
                raise ValidationError(self._invalid(number, line, error)) from error
            counts[item["kind"]] = counts.get(item["kind"], 0) + 1
            if self._has_changed_lines:
                item.pop("days", None)
            if item["kind"] not in SKIPPED:
                yield number, item
        if counts != self._header.counts and "seal" not in self._edits:
            expected = ", ".join(f"{n} {kind}" for kind, n in self._header.counts.items())
            self._edits["counts"] = (
                f"the archive is incomplete: line 1 announces these lines: {expected}"
            )
        if self._edits and not self._accepts:
            raise ValidationError(
                f"the archive was changed after the export: {'; '.join(self.edits)}{_ADVICE}"
            )

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the bytes of each line behind the header, with its exported end."""
        self._file.seek(self._body)
        self._edits = dict(self._of_header)
        digest = hashlib.sha256()
        number = 1
        while line := self._file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise ValidationError(f"line {number}: the line is longer than {MAX_LINE:,} bytes")
            if plain := self._plain(number, line):
                digest.update(plain)
                yield number, plain
        if "seal" not in self._edits and digest.hexdigest() != self._header.sha256:
            self._edits["sha256"] = "the SHA-256 differs: lines were changed"

    def _plain(self, number: int, line: bytes) -> bytes:
        """Return a line with the end that the export wrote, or nothing if it is blank."""
        if line.endswith(b"\r\n"):
            self._edits.setdefault("ends", "the line ends are CRLF in place of LF")
            line = line[:-2] + b"\n"
        elif not line.endswith(b"\n"):
            self._edits.setdefault("cut", f"line {number}: the line is cut off, or lacks its end")
            line += b"\n"
        if line.isspace():
            self._edits.setdefault("blank", f"line {number}: the line is empty")
            return b""
        return line

    def _invalid(self, number: int, line: bytes, error: Exception) -> str:
        place = f"line {number}: "
        if self._edits.get("cut", "").startswith(place):
            return self._edits["cut"]
        if line.startswith(_CONFLICTS):
            return f"{place}git left a conflict here: resolve it, or export again"
        return f"{place}{error}"

    def _skip_mark(self) -> None:
        start = self._file.tell()
        if self._file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            self._edits["mark"] = "it starts with a byte order mark (BOM)"
        else:
            self._file.seek(start)

    def _first_line(self) -> bytes:
        """Return the first line that is not blank."""
        line = self._file.readline(MAX_HEADER + 1)
        while line.isspace() and line.endswith(b"\n"):
            self._edits.setdefault("blank", "line 1: the line is empty")
            line = self._file.readline(MAX_HEADER + 1)
        return line

    def _read_header(self) -> Header:
        line = self._first_line()
        if reason := _other_file(line):
            raise ValidationError(f"line 1: {reason}")
        try:
            if not line:
                raise InvalidValueError("the file is empty")
            if b"\r" in line.rstrip(b"\r\n"):
                raise InvalidValueError("the line ends are CR alone: convert them to LF")
            if len(line) > MAX_HEADER or not line.lstrip().startswith(b"{"):
                raise InvalidValueError("the line is not the header of an export")
            text = self._plain(1, line).decode()
            header, problem = _header(parse(text))
            if _names_twice(text):
                header, problem = Header({}, "", header.embedder), "a name is there twice"
        except (ValueError, RecursionError) as error:
            raise ValidationError(
                f"line 1: {error}; give a file that `litemem export` wrote, or "
                "name the other format with --from"
            ) from error
        if problem is not None:
            self._edits["seal"] = f"line 1: {problem}"
        return header


@contextmanager
def open_archive(file: BinaryIO, *, accept_edited: bool = False) -> Iterator[ArchiveFile]:
    """Read an archive from a seekable file, also one in UTF-16 or UTF-32.

    Raises:
        ValidationError: the first line is not the header of an export, or the encoding is broken.
    """
    start = file.tell()
    first = file.read(4)
    file.seek(start)
    encoding = next((name for mark, name in _ENCODINGS if first.startswith(mark)), None)
    if encoding is None:
        yield ArchiveFile(file, accept_edited=accept_edited)
        return
    with tempfile.TemporaryFile() as copy:
        blocks = iter(lambda: file.read(_BLOCK), b"")
        try:
            for text in codecs.iterdecode(blocks, encoding):
                copy.write(text.encode())
        except UnicodeError as error:
            raise ValidationError(f"the file starts as {encoding}, and is not: {error}") from error
        copy.seek(0)
        yield ArchiveFile(copy, encoding=encoding, accept_edited=accept_edited)


def within_limit(line: str, most: int = MAX_LINE) -> str:
    """Return the line.

    Raises:
        StoreError: the line has more than `most` bytes, which an import would refuse.
    """
    if 4 * len(line) >= most and (size := len(line.encode()) + 1) > most:
        raise StoreError(
            f"{line[:100]}… has {size:,} bytes with its history, and an import takes {most:,}:"
            " delete old history (`litemem cleanup --history-older-than`), or make a backup"
        )
    return line


def validate_line(found: Any, width: int | None) -> Item:
    """Return the validated item of a line; `width` is the size of its vector in bytes.

    Raises:
        ValueError: the line is invalid.
    """
    if not isinstance(found, dict):
        raise InvalidValueError("the line must be a JSON object")
    kind = found.get("kind")
    if kind in SKIPPED:
        return found
    if not isinstance(kind, str) or kind not in LINE_TYPES:
        raise InvalidValueError(f"kind must be one of {', '.join(LINE_TYPES)}, got {kind!r:.80}")
    fields = {name: value for name, value in found.items() if name != "kind"}
    item = {"kind": kind, **LINE_TYPES[kind].validate(fields)}
    if kind not in WITHOUT_IDS and not any(item.get(key) for key in ID_KEYS):
        raise InvalidValueError(f"the line needs one of {', '.join(ID_KEYS)}")
    vector = item.get("vector")
    if vector is not None and len(vector) != width:
        raise InvalidValueError("the vector must have the dimensions that the header names")
    return item


def _other_file(line: bytes) -> str | None:
    """Return what a file is, by its first bytes, if it is known and not an archive."""
    return next((reason for start, reason in _OTHER_FILES if line.startswith(start)), None)


def _names_twice(text: str) -> bool:
    """Return True if a JSON object has two values of one name: Python reads the last."""
    names = json.loads(text, object_pairs_hook=lambda pairs: [name for name, _ in pairs])
    return len(set(names)) < len(names)


def _header(found: Any) -> tuple[Header, InvalidValueError | str | None]:
    """Return the header, and what is wrong with its counts and SHA-256."""
    if not isinstance(found, dict) or found.get("kind") != MARK:
        raise InvalidValueError("the line is not the header of an export")
    if found.get("format") != FORMAT:
        raise InvalidValueError(
            f"format must be {FORMAT}, got {found.get('format')!r:.80}: a newer litemem may read it"
        )
    seal = {name: value for name, value in found.items() if name in SEAL.required}
    header = HEADER.validate({n: v for n, v in found.items() if n != "kind" and n not in seal})
    embedder = EmbedderIdentity(**header["embedder"]) if "embedder" in header else None
    try:
        seal = SEAL.validate(seal)
    except InvalidValueError as error:
        return Header({}, "", embedder), error
    return Header(seal["counts"], seal["sha256"], embedder), None
