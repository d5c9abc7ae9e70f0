"""Find and read the conversations in a file, a ZIP, a folder or a stream."""

import io
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

from litemem.core.config import user_path
from litemem.core.types import ChatFormat
from litemem.errors import StoreError, ValidationError, quoted
from litemem.store.sqlite.open_files import open_bytes
from litemem.transfer.chat_formats import (
    Conversation,
    Notes,
    from_chatgpt,
    from_claude,
    from_jsonl,
    from_markdown,
    is_chatgpt,
    is_claude,
)
from litemem.transfer.json_stream import BrokenJSONError, list_values

HEAD = 65_536  # bytes of a file by which its format is recognised
MAX_RATIO = 200  # of a ZIP's texts to their compressed size; conversations reach 10
MAX_BYTES = 32_000_000_000  # of the texts in a ZIP
NOTES = (".md", ".markdown", ".txt")
EXPORT = re.compile(r"(?:^|/)conversations(?:[-_]\d{1,9})?\.json$")
ARCHIVE = "this is an export of litemem: use `litemem import` without --from, or import_file()"
UNKNOWN = 'give the format (--from): "chatgpt", "claude", "markdown" or "jsonl"'

Progress = Callable[[int, int], None]  # bytes read so far, bytes in all


@dataclass(frozen=True, slots=True)
class Part:
    """One file with conversations: its name, its size in bytes, and what opens it."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass(slots=True)
class Reading:
    """The conversations of a source, and the problems of reading them."""

    parts: Sequence[Part]
    format: ChatFormat
    user_id: str
    now: int
    notes: Notes
    progress: Progress
    problems: list[str]
    read: int = 0  # conversations

    def conversations(self) -> Iterator[Conversation]:
        """Yield the conversations; a part that breaks off is a problem, and the next one follows.

        Raises:
            ValidationError: nothing could be read, or the format is another one.
        """
        total, before = sum(part.size for part in self.parts), 0
        for part in self.parts:
            try:
                with part.open() as file:
                    for conversation in self._of(part, file):
                        self.read += 1
                        yield conversation
                        self.progress(min(before + file.tell(), total), total)
            except BrokenJSONError as error:
                self._note(f"{part.name}: {error}", error)
            except UnicodeDecodeError as error:
                self._note(f"{part.name}: it is not text in UTF-8", error)
            except (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
                self._note(f"{part.name} cannot be read: {error}", error)
            before += part.size

    def _note(self, sentence: str, error: Exception) -> None:
        if not self.read and len(self.parts) == 1:
            raise ValidationError(f"{sentence}; nothing was imported") from error
        self.problems.append(f"{sentence}; what came before was imported")

    def _of(self, part: Part, file: IO[bytes]) -> Iterator[Conversation]:
        head = file.read(HEAD)
        source = io.BufferedReader(_Joined(head, file))
        kind = _format(self.format, part.name, head)
        text = io.TextIOWrapper(source, encoding=_encoding(head))
        if kind == "markdown":
            yield from_markdown(text, part.name, self.now, self.notes)
        elif kind == "jsonl":
            yield from from_jsonl(text, part.name, self.user_id, self.now, self.notes)
        else:
            yield from self._exported(text, kind)

    def _exported(self, text: io.TextIOWrapper, kind: str) -> Iterator[Conversation]:
        for number, value in enumerate(list_values(text)):
            if kind in ("auto", "chatgpt") and is_chatgpt(value):
                yield from_chatgpt(value, self.now, self.notes)
            elif kind in ("auto", "claude") and is_claude(value):
                yield from_claude(value, self.now, self.notes)
            elif number or self.read:
                self.notes["entries that are not conversations were left out"] += 1
            else:
                raise ValidationError(_refusal(value, kind))


class _Joined(io.RawIOBase):
    """A file again from its start, after its head was read."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head, self._file = memoryview(head), file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            size = min(len(buffer), len(self._head))
            buffer[:size], self._head = self._head[:size], self._head[size:]
            return size
        found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def open_parts(source: str | Path | BinaryIO, kind: ChatFormat) -> Iterator[list[Part]]:
    """Open a path or a binary stream as parts.

    Raises:
        ValidationError: there are no conversations. StoreError: it cannot be read.
    """
    if not isinstance(source, str | Path):
        if not hasattr(source, "read"):
            raise ValidationError(f"source must be a path or a binary file, got {quoted(source)}")
        yield [Part("the stream", 0, lambda: _Unclosed(source))]
        return
    path = user_path(source)
    try:
        if path.is_dir():
            yield _folder(path, kind)
            return
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValidationError(f'{path} is not a file or a folder; give "-" to read a pipe')
        with open_bytes(path) as file:
            if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
                yield [Part(path.name, path.stat().st_size, partial(open_bytes, path))]
                return
            with zipfile.ZipFile(file) as archive:
                yield _members(path, archive, kind)
    except zipfile.BadZipFile as error:
        raise ValidationError(f"{path} is a damaged ZIP: {error}") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error


class _Unclosed(io.BufferedReader):
    """A stream of the caller, which stays open."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(_Joined(b"", stream))

    def tell(self) -> int:
        return 0


def _folder(path: Path, kind: ChatFormat) -> list[Part]:
    """Return the files of a folder in order of their names; links are not followed."""
    found = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            shown = file.relative_to(path).as_posix()
            status = file.lstat()
            if stat.S_ISREG(status.st_mode) and _is_wanted(shown, kind):
                found.append(Part(shown, status.st_size, partial(open_bytes, file)))
    return _some(found, str(path))


def _members(path: Path, archive: zipfile.ZipFile, kind: ChatFormat) -> list[Part]:
    found = []
    for member in sorted(archive.infolist(), key=lambda each: each.filename):
        if member.is_dir() or not _is_wanted(member.filename, kind):
            continue
        is_bomb = member.file_size > MAX_RATIO * max(member.compress_size, HEAD)
        if is_bomb or member.file_size > MAX_BYTES:
            raise ValidationError(f"{path}: {member.filename} is too large unpacked")
        opens = partial(archive.open, member)
        found.append(Part(Path(member.filename).name, member.file_size, opens))
    return _some(found, str(path))


def _is_wanted(name: str, kind: ChatFormat) -> bool:
    lower = name.lower()
    if lower.startswith("__macosx/") or "/." in f"/{lower}":
        return False
    if kind == "markdown":
        return lower.endswith(NOTES)
    if kind == "jsonl":
        return lower.endswith((".jsonl", ".ndjson"))
    found = EXPORT.search(lower) is not None
    return found or (kind == "auto" and lower.endswith((".jsonl", ".md", ".markdown")))


def _some(parts: list[Part], place: str) -> list[Part]:
    if not parts:
        raise ValidationError(
            f"{place} has no conversations: conversations.json, or with --from markdown or jsonl "
            "files of that kind"
        )
    exports = [part for part in parts if EXPORT.search(part.name.lower())]
    return exports or parts


def _format(kind: ChatFormat, name: str, head: bytes) -> ChatFormat:
    """Return the format of a file; "auto" for a JSON list, where each value is looked at."""
    start = head.decode(_encoding(head), errors="replace").lstrip()
    if start.startswith('{"kind":"litemem-export"'):
        raise ValidationError(ARCHIVE)
    line = start.partition("\n")[0]
    is_lines = line.startswith("{") and _is_message(line)
    if kind in ("chatgpt", "claude") and is_lines:
        raise ValidationError(f"this is not an export of {NAMES[kind]}, but JSON Lines: jsonl")
    if kind == "jsonl" and not start.startswith("{"):
        raise ValidationError("this is not JSON Lines: give another format (--from auto)")
    if kind != "auto":
        return kind
    if start[:1] in ("[", "{"):
        return "jsonl" if is_lines else "auto"
    if name.lower().endswith(NOTES):
        return "markdown"
    raise ValidationError(f"{name} has conversations of no known format; {UNKNOWN}")


NAMES = {"chatgpt": "ChatGPT", "claude": "Claude"}


def _is_message(line: str) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and not value.keys().isdisjoint(("role", "messages"))


def _refusal(value: object, kind: str) -> str:
    """Return why the first value of a list is not a conversation."""
    other = "chatgpt" if is_chatgpt(value) else "claude" if is_claude(value) else None
    if other:
        return f"this is an export of {NAMES[other]}, not of {NAMES[kind]}: give --from {other}"
    names = NAMES.get(kind, "ChatGPT or Claude")
    return f"this is not an export of {names}; {UNKNOWN}"


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig"
