"""The archive: JSON Lines that hold a file, or some of its memories, without loss.

The first line tells the format, how many lines of each kind follow, and the SHA-256 of their bytes.
`docs/export.md` describes the lines; this module reads and checks each by itself.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS
from litemem.errors import StoreError, ValidationError
from litemem.store.sqlite.archive.schema import (
    HEADER,
    LINE_TYPES,
    NO_IDS,
    Item,
    LineError,
    validate,
)

FORMAT = 1
MARK = "litemem-export"
# bytes; a memory with its history and vector has a few thousand, but a run's summary of 20 kB that
# was extended 850 times has 36 million. An import takes three times as much memory as a line has.
MAX_LINE = 256 * 1024 * 1024
MAX_HEADER = 65_536  # bytes
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    counts: Mapping[str, int]
    sha256: str
    embedder: EmbedderIdentity | None = None

    @property
    def lines(self) -> int:
        """How many lines follow."""
        return sum(self.counts.values())

    def line(self) -> bytes:
        """Return the line with its end; it is as long whatever the SHA-256."""
        shown: dict[str, Any] = {
            "kind": MARK,
            "format": FORMAT,
            "counts": dict(self.counts),
            "sha256": self.sha256,
        }
        if self.embedder is not None:
            shown["embedder"] = asdict(self.embedder)
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class ArchiveFile:
    """A file that `litemem export` wrote.

    Raises:
        ValidationError: its first line is none of an export's.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._header = read_header(file)
        self._body = file.tell()
        self.embedder = self._header.embedder
        self.total = self._header.lines

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield the lines; at the end, refuse what is not all that was written, or more."""
        self._file.seek(self._body)
        digest = hashlib.sha256()
        counts = dict.fromkeys(self._header.counts, 0)
        for number, line, item in read_items(self._file, self._header):
            digest.update(line)
            counts[item["kind"]] = counts.get(item["kind"], 0) + 1
            yield number, item
        if counts != self._header.counts:
            told = ", ".join(f"{n} {kind}" for kind, n in self._header.counts.items())
            raise ValidationError(f"line 1 tells of {told} lines, and there are others: it is cut")
        if digest.hexdigest() != self._header.sha256:
            raise ValidationError("the lines are not those that were exported: the SHA-256 differs")


def within_limit(line: str, most: int = MAX_LINE) -> str:
    """Return a line without its end, as it is written.

    Raises:
        StoreError: an import would refuse it, as it has more than `most` bytes.
    """
    if 4 * len(line) >= most and (size := len(line.encode()) + 1) > most:
        raise StoreError(
            f"{line[:100]}… has {size:,} bytes with its history, and an import takes {most:,}:"
            " remove old history (`litemem cleanup --history-older-than`), or take a backup"
        )
    return line


def read_header(file: BinaryIO) -> Header:
    """Read the first line.

    Raises:
        ValidationError: it is none, or of a newer format.
    """
    line = file.readline(MAX_HEADER + 1)
    try:
        return _header(_parsed(line))
    except (ValueError, RecursionError) as error:
        raise ValidationError(
            f"line 1: {error}; give a file that `litemem export` wrote, or say --from what it is"
        ) from error


def read_items(file: BinaryIO, header: Header) -> Iterator[tuple[int, bytes, Item]]:
    """Yield the other lines: their number, their bytes, and what they say, each checked by itself.

    Raises:
        ValidationError: a line is wrong; the message tells which, and why.
    """
    width = None if header.embedder is None else 4 * header.embedder.dimensions
    number = 1
    while line := file.readline(MAX_LINE + 1):
        number += 1
        try:
            yield number, line, validate_line(_parsed(line), width)
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"line {number}: {error}") from error


def validate_line(found: Any, width: int | None) -> Item:
    """Return a line's object when it is what its kind takes; `width` is its vector's, in bytes.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(found, dict):
        raise LineError("it is no JSON object")
    kind = found.get("kind")
    if not isinstance(kind, str) or kind not in LINE_TYPES:
        raise LineError(f"kind={kind!r:.80}: it is one of {', '.join(LINE_TYPES)}")
    item = validate(found, LINE_TYPES[kind])
    if kind not in NO_IDS and not any(item.get(key) for key in ID_KEYS):
        raise LineError(f"it has none of {', '.join(ID_KEYS)}: it would be nobody's")
    vector = item.get("vector")
    if vector is not None and len(vector) != width:
        raise LineError("its vector has not the dimensions that the header tells")
    return item


def _parsed(line: bytes) -> Any:
    if len(line) > MAX_LINE:
        raise LineError(f"it is longer than {MAX_LINE:,} bytes")
    if not line.endswith(b"\n"):
        raise LineError("it is cut off" if line else "there is none")
    return parse(line.decode())  # a UnicodeDecodeError is a ValueError, too


def parse(text: str) -> Any:
    """Return what a line says, not yet checked.

    Raises:
        ValueError, RecursionError: it is no JSON, or more than what others read as such.
    """
    found = _DECODER.decode(text)
    if "\\u" in text:  # half a surrogate pair can only stand in an escape
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _no_constant(name: str) -> None:
    raise LineError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)  # to make one a line takes a third longer


def _header(found: Any) -> Header:
    if not isinstance(found, dict) or found.get("kind") != MARK:
        raise LineError("this is not how an export begins")
    if found.get("format") != FORMAT:
        raise LineError(
            f"it has the format {found.get('format')!r:.80}, this litemem reads {FORMAT}"
        )
    header = validate(found, HEADER)
    if not _SHA256.fullmatch(header["sha256"]):
        raise LineError("sha256 takes 64 hexadecimal digits")
    embedder = header.get("embedder")
    identity = None if embedder is None else EmbedderIdentity(**embedder)
    return Header(header["counts"], header["sha256"], identity)
