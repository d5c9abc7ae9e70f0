"""Read the pages of a write-ahead log without SQLite, also behind a damaged frame.

SQLite ends a log at the first frame with a wrong checksum, as the last transaction before a power
cut may have (https://sqlite.org/walformat.html). But a valid frame that continues from the end of a
later transaction proves that more was committed; SQLite loses these pages.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from litemem.store.sqlite.open_files import open_bytes

_MAGIC = (0x377F0682, 0x377F0683)  # checksums over little- and big-endian words
SIZES = frozenset(1 << power for power in range(9, 17))  # of a page, in bytes
_HEADER = 32  # bytes of the header of the log
_FRAME = 24  # bytes of the header before each page

Sums = tuple[int, int]


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
        while header != (header := _header(file)):  # a program may have restarted the log
            log = _read(file, header)
    return log


def _header(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_HEADER)


def _read(file: BinaryIO, header: bytes) -> Log:
    size = int.from_bytes(header[8:12], "big")
    if int.from_bytes(header[:4], "big") not in _MAGIC or size not in SIZES:
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
    order = "<" if int.from_bytes(header[:4], "big") == _MAGIC[0] else ">"
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
