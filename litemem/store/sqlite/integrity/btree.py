"""Read the pages of a file and its log without SQLite, which gives up at the first damaged one.

See https://sqlite.org/fileformat2.html. Nothing is written, and each page is read on its own.

SQLite ends a log at the first frame with a wrong checksum, as the last transaction before a power
cut may have (https://sqlite.org/walformat.html). But a valid frame that continues from the end of a
later transaction proves that more was committed; SQLite loses these pages.
"""

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from litemem.store.sqlite.connection import PAGE_BYTES
from litemem.store.sqlite.open_files import open_bytes

TABLE_INTERIOR, TABLE_LEAF = 0x05, 0x0D
INDEX_INTERIOR, INDEX_LEAF = 0x02, 0x0A
LEAVES = (TABLE_LEAF, INDEX_LEAF)
LINE_TYPES = (TABLE_INTERIOR, INDEX_INTERIOR, *LEAVES)
MAGIC = b"SQLite format 3\0"
HEADER = 100  # bytes at the beginning of page 1
SHARED = 8  # records, on average, that an overflow page is read for; a sound file has 1
_SAMPLE = 1_000  # pages examined to find the page size
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)  # by serial type
_LOG_MAGIC = (0x377F0682, 0x377F0683)  # checksums over little- and big-endian words
SIZES = frozenset(1 << power for power in range(9, 17))  # of a page, in bytes
_LOG_HEADER = 32  # bytes of the header of the log
_FRAME = 24  # bytes of the header before each page

Record = tuple[Any, ...]
Sums = tuple[int, int]


class DamageError(Exception):
    """A page or a cell is damaged; the error never leaves the store."""


class PageReader:
    """The pages of a file, from 1; a page in the write-ahead log replaces that in the file."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = open_bytes(path)
        header = self._file.read(HEADER)
        size = int.from_bytes(header[16:18], "big")
        size = 65_536 if size == 1 else size
        self.sound_header = header.startswith(MAGIC) and len(header) == HEADER and size in SIZES
        log = read_log(Path(f"{path}-wal"))
        self._logged, self.lost_frames = log.pages, log.unreadable
        likely = size if self.sound_header else PAGE_BYTES
        self.size = log.size if log.pages else _page_size(self._file, likely)
        self.has_header_size = not self.sound_header or self.size == size
        self.usable = self.size - (header[20] if self.sound_header else 0)
        self.count = max(-(-path.stat().st_size // self.size), *self._logged, 0)
        self._log = open_bytes(Path(f"{path}-wal")) if self._logged else None
        self._overflows = 0
        self._header = self.read(1)[:HEADER] if 1 in self._logged else header

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        if self._log is not None:
            self._log.close()

    def read(self, number: int) -> bytes:
        """Return a page.

        Raises:
            DamageError: the page does not exist or cannot be read.
        """
        if not 1 <= number <= self.count:
            raise DamageError(f"page {number} does not exist")
        file, at = self._file, (number - 1) * self.size
        if self._log is not None and number in self._logged:
            file, at = self._log, self._logged[number]
        try:
            file.seek(at)
            page = file.read(self.size)
        except OSError as error:
            raise DamageError(f"page {number}: {error}") from error
        if len(page) < self.size:
            raise DamageError(f"page {number} is cut off")
        return page

    def read_overflow(self, number: int) -> bytes:
        """Return a page with the rest of a long record.

        Raises:
            DamageError: as `read`; or more of them were read than the file can have: a hostile
                file lets every record end in the same pages.
        """
        self._overflows += 1
        if self._overflows > SHARED * self.count:
            raise DamageError("too many records share their overflow pages")
        return self.read(number)

    def header(self, at: int) -> int:
        """Return a 32-bit integer of the file header."""
        return int.from_bytes(self._header[at : at + 4], "big")

    def tree(self, number: int) -> "BTreePage":
        """Return a page of a table or an index.

        Raises:
            DamageError: the page is of another kind, or damaged.
        """
        return BTreePage(self, number)

    def free(self) -> tuple[set[int], bool]:
        """Return the free pages, and True if the list of free pages is complete."""
        found: set[int] = set()
        if not self.sound_header:
            return found, False
        try:
            trunk = self.header(32)
            while trunk and trunk not in found:
                page = self.read(trunk)
                following, number = struct.unpack(">II", page[:8])
                if number > self.usable // 4 - 2:
                    return found, False
                found.add(trunk)
                found.update(struct.unpack(f">{number}I", page[8 : 8 + 4 * number]))
                trunk = following
        except DamageError:
            return found, False
        return found, True


class BTreePage:
    """A page of a b-tree: the children of an interior page, or records."""

    def __init__(self, pages: PageReader, number: int) -> None:
        self._pages = pages
        self._page = page = pages.read(number)
        start = HEADER if number == 1 else 0
        self.kind = page[start]
        if self.kind not in LINE_TYPES:
            raise DamageError(f"page {number} is not a b-tree page")
        self.is_leaf = self.kind in LEAVES
        cells = int.from_bytes(page[start + 3 : start + 5], "big")
        after = start + (8 if self.is_leaf else 12)
        if after + 2 * cells > pages.usable:
            raise DamageError(f"page {number} counts more cells than it has room for")
        self._right = int.from_bytes(page[start + 8 : start + 12], "big")
        self._cells = struct.unpack(f">{cells}H", page[after : after + 2 * cells])

    def children(self) -> list[int]:
        """Return the child pages of an interior page, in order."""
        page = self._page
        left = [int.from_bytes(page[at : at + 4], "big") for at in self._cells]
        return [*left, self._right]

    def records(self) -> Iterator[tuple[int, Record] | DamageError]:
        """Yield the rowid (0 in an index) and the values of each record, or its damage.

        Invalid UTF-8 is decoded with replacement characters.
        """
        if self.kind == TABLE_INTERIOR:
            return
        for at in self._cells:
            try:
                yield self._record(at)
            except (DamageError, IndexError, struct.error) as error:
                yield DamageError(str(error))

    def _record(self, at: int) -> tuple[int, Record]:
        at += 4 if self.kind == INDEX_INTERIOR else 0
        size, at = _varint(self._page, at)
        rowid = 0
        if self.kind == TABLE_LEAF:
            rowid, at = _varint(self._page, at)
        return rowid - (1 << 64) * (rowid >> 63), _values(self._payload(size, at))

    def _payload(self, size: int, at: int) -> bytes:
        usable = self._pages.usable
        most = usable - 35 if self.kind == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if size <= most:
            payload = self._page[at : at + size]
        else:
            least = (usable - 12) * 32 // 255 - 23
            local = least + (size - least) % (usable - 4)
            local = local if local <= most else least
            payload = self._page[at : at + local]
            below = int.from_bytes(self._page[at + local : at + local + 4], "big")
            payload += self._overflow(below, size - local)
        if len(payload) != size:
            raise DamageError("a record is cut off")
        return payload

    def _overflow(self, number: int, size: int) -> bytes:
        if size > self._pages.count * self._pages.usable:
            raise DamageError("a record is larger than the file")
        found = bytearray()
        while len(found) < size:
            page = self._pages.read_overflow(number)
            number = int.from_bytes(page[:4], "big")
            found += page[4 : self._pages.usable]
        return bytes(found[:size])


def _page_size(file: BinaryIO, likely: int) -> int:
    """Return the page size under which most pages look valid; `likely` wins a tie."""
    votes = {size: (_count_valid(file, size), size == likely) for size in SIZES}
    return max(SIZES, key=votes.__getitem__)


def _count_valid(file: BinaryIO, size: int) -> int:
    """Count the b-tree pages filled from their end, in a sample of pages of this size."""
    count = file.seek(0, os.SEEK_END) // size
    numbers = range(0, count, -(-count // _SAMPLE) or 1)
    return sum(_is_filled(file, number * size, size) for number in numbers)


def _is_filled(file: BinaryIO, at: int, size: int) -> bool:
    """Return True if a b-tree page starts here with a cell near its end."""
    start = 0 if at else HEADER
    try:
        file.seek(at)
        page = file.read(size)
    except OSError:
        return False
    if len(page) < size or page[start] not in LINE_TYPES:
        return False
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    after = start + (8 if page[start] in LEAVES else 12)
    if not cells or after + 2 * cells > size:
        return False
    places: tuple[int, ...] = struct.unpack(f">{cells}H", page[after : after + 2 * cells])
    return after + 2 * cells <= min(places) and size // 2 < max(places) < size


def _values(payload: bytes) -> Record:
    length, at = _varint(payload, 0)
    if length > len(payload):
        raise DamageError("a record's header is longer than the record")
    values, place = [], length
    while at < length:
        kind, at = _varint(payload, at)
        value, place = _value(payload, kind, place)
        values.append(value)
    if place != len(payload):
        raise DamageError("a record's values do not fill it")
    return tuple(values)


def _value(payload: bytes, kind: int, at: int) -> tuple[Any, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind in (10, 11):
        raise DamageError("a record has a value of an unknown type")
    size = (kind - 12) // 2 if kind >= 12 else 8 if kind == 7 else _INTEGER_BYTES[kind]
    value = payload[at : at + size]
    if len(value) < size:
        raise DamageError("a value is cut off")
    if kind == 7:
        return struct.unpack(">d", value)[0], at + size
    if kind < 7:
        return int.from_bytes(value, "big", signed=True), at + size
    return (value.decode("utf-8", "replace") if kind % 2 else value), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer of 1 to 9 bytes, and the offset behind it."""
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9


@dataclass(frozen=True, slots=True)
class Log:
    """The offsets of the committed pages in a log, and the size of a page.

    `unreadable` counts damaged frames before a later commit. Damaged frames at the end of a log are
    an unfinished transaction and are not counted.
    """

    size: int
    pages: Mapping[int, int]
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    page: int
    at: int
    commits: bool
    is_sound: bool
    continues: bool  # it is sound and follows the end of another transaction


def read_log(path: Path) -> Log:
    """Read a log; a missing one is empty.

    Raises:
        StoreError: this process has the log open with SQLite. OSError: it cannot be read.
    """
    if not path.is_file():
        return Log(0, {})
    with open_bytes(path) as file:
        header, log = b"", Log(0, {})
        while header != (header := _log_header(file)):  # a program may have restarted the log
            log = _read_frames(file, header)
    return log


def _log_header(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_LOG_HEADER)


def _read_frames(file: BinaryIO, header: bytes) -> Log:
    size = int.from_bytes(header[8:12], "big")
    if int.from_bytes(header[:4], "big") not in _LOG_MAGIC or size not in SIZES:
        return Log(0, {})
    ended: dict[int, int] | None = None  # as SQLite reads it: up to the first damaged frame
    committed: dict[int, int] = {}
    pending: dict[int, int] = {}
    bad = unreadable = 0
    for frame in _frames(file, header, size):
        if not frame.is_sound:
            ended = dict(committed) if ended is None else ended
            bad += 1
            continue
        if frame.continues and bad:
            unreadable = bad
        pending[frame.page] = frame.at
        if frame.commits:
            committed.update(pending)
            pending.clear()
    return Log(size, committed if ended is None or unreadable else ended, unreadable)


def _frames(file: BinaryIO, header: bytes, size: int) -> Iterator[_Frame]:
    order = "<" if int.from_bytes(header[:4], "big") == _LOG_MAGIC[0] else ">"
    salt, before, ended = header[16:24], _add((0, 0), header[:24], order), False
    while len(frame := file.read(_FRAME + size)) == _FRAME + size:
        page, commits = struct.unpack(">II", frame[:8])
        stored: Sums = struct.unpack(">II", frame[16:24])
        is_ours = frame[8:16] == salt  # otherwise the frame is left from an earlier log
        is_sound = is_ours and stored == _add(_add(before, frame[:8], order), frame[_FRAME:], order)
        yield _Frame(page, file.tell() - size, bool(commits), is_sound, is_sound and ended)
        before, ended = stored, is_ours and bool(commits)


def _add(sums: Sums, data: bytes, order: str) -> Sums:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
