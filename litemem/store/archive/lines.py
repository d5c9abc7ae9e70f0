"""Read the lines of an archive: JSON Lines that hold a file, or some of its memories, without loss.

The first line is the header: the format, the number of lines by kind, and the SHA-256 of the bytes
of all other lines. `docs/guides/export.md` describes the format. Each line is validated on its own;
`references` checks the lines against each other.
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
from litemem.store.archive.schema import (
    HEADER,
    LINE_TYPES,
    SKIPPED,
    WITHOUT_IDS,
    Item,
    LineError,
)

FORMAT = 1
MARK = "litemem-export"
# bytes; a memory with its history and vector has a few thousand, but a run summary of 20 kB that
# was extended 850 times has 36 million. An import needs three times the memory of its longest line.
MAX_LINE = 256 * 1024 * 1024
MAX_HEADER = 65_536  # bytes
_SHA256 = re.compile("[0-9a-f]{64}")


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
    """A file that `litemem export` wrote.

    Raises:
        ValidationError: the first line is not the header of an export.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._header = read_header(file)
        self._body = file.tell()
        self.embedder = self._header.embedder
        self.total = self._header.lines

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield each validated line with its number.

        Raises:
            ValidationError: a line is invalid, or at the end: lines are missing or changed.
        """
        self._file.seek(self._body)
        digest = hashlib.sha256()
        counts = dict.fromkeys(self._header.counts, 0)
        for number, line, item in read_items(self._file, self._header):
            digest.update(line)
            counts[item["kind"]] = counts.get(item["kind"], 0) + 1
            if item["kind"] not in SKIPPED:
                yield number, item
        if counts != self._header.counts:
            expected = ", ".join(f"{n} {kind}" for kind, n in self._header.counts.items())
            raise ValidationError(
                f"the archive is incomplete: line 1 announces these lines: {expected}; export again"
            )
        if digest.hexdigest() != self._header.sha256:
            raise ValidationError("the SHA-256 differs: the lines were changed after the export")


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


def read_header(file: BinaryIO) -> Header:
    """Read the first line.

    Raises:
        ValidationError: the line is not a header, or of a newer format.
    """
    line = file.readline(MAX_HEADER + 1)
    try:
        return _header(_parsed(line))
    except (ValueError, RecursionError) as error:
        raise ValidationError(
            f"line 1: {error}; give a file that `litemem export` wrote, or its program with --from"
        ) from error


def read_items(file: BinaryIO, header: Header) -> Iterator[tuple[int, bytes, Item]]:
    """Yield the number, the bytes and the validated item of each line behind the header.

    Raises:
        ValidationError: a line is invalid; the message names the line and the reason.
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
    """Return the validated item of a line; `width` is the size of its vector in bytes.

    Raises:
        ValueError: the line is invalid.
    """
    if not isinstance(found, dict):
        raise LineError("the line must be a JSON object")
    kind = found.get("kind")
    if kind in SKIPPED:
        return found
    if not isinstance(kind, str) or kind not in LINE_TYPES:
        raise LineError(f"kind must be one of {', '.join(LINE_TYPES)}, got {kind!r:.80}")
    fields = {name: value for name, value in found.items() if name != "kind"}
    item = {"kind": kind, **LINE_TYPES[kind].validate(fields)}
    if kind not in WITHOUT_IDS and not any(item.get(key) for key in ID_KEYS):
        raise LineError(f"the line needs one of {', '.join(ID_KEYS)}")
    vector = item.get("vector")
    if vector is not None and len(vector) != width:
        raise LineError("the vector must have the dimensions that the header names")
    return item


def _parsed(line: bytes) -> Any:
    if len(line) > MAX_LINE:
        raise LineError(f"the line is longer than {MAX_LINE:,} bytes")
    if not line.endswith(b"\n"):
        raise LineError("the line is cut off" if line else "the file is empty")
    return parse(line.decode())  # a UnicodeDecodeError is a ValueError, too


def parse(text: str) -> Any:
    """Parse strict JSON.

    Raises:
        ValueError, RecursionError: the text is not JSON, or only Python reads it as JSON.
    """
    found = _DECODER.decode(text)
    if "\\u" in text:  # half a surrogate pair is only possible in an escape
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _no_constant(name: str) -> None:
    raise LineError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)  # a decoder per line takes a third longer


def _header(found: Any) -> Header:
    if not isinstance(found, dict) or found.get("kind") != MARK:
        raise LineError("the line is not the header of an export")
    if found.get("format") != FORMAT:
        raise LineError(
            f"format must be {FORMAT}, got {found.get('format')!r:.80}: a newer litemem may read it"
        )
    header = HEADER.validate({name: value for name, value in found.items() if name != "kind"})
    if not _SHA256.fullmatch(header["sha256"]):
        raise LineError("sha256 must have 64 hexadecimal digits")
    embedder = EmbedderIdentity(**header["embedder"]) if "embedder" in header else None
    return Header(header["counts"], header["sha256"], embedder)
