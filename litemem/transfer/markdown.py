"""Markdown: memories for people to read, under a heading for each combination of ids."""

import re
from collections.abc import Iterable, Iterator

from litemem.core import clock
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord

NOBODY_READS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # control characters
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&#])")
_STARTS = re.compile(r"^(\d*)([-+=.)])")  # what makes a line a list, or the one above it a heading


def lines(records: Iterable[MemoryRecord]) -> Iterator[str]:
    """Yield the lines for memories that come scope by scope."""
    yield "# Memories"
    before = None
    for record in records:
        if record.scope != before:
            yield f"\n## {heading(record.scope)}\n"
            before = record.scope
        yield entry(record)


def heading(scope: Scope) -> str:
    """Return whose memories follow: "user cam, run tokyo"."""
    return ", ".join(f"{key[:-3]} {_one_line(value)}" for key, value in scope.ids().items())


def entry(record: MemoryRecord) -> str:
    """Return a memory as one item of a list, and in italics what else is to be said of it."""
    first, *others = plain(record.content).split("\n")
    text = "\n".join([f"- {first}", *(f"  {line}" for line in others)])
    return f"{text} *({'; '.join(_remarks(record))})*"


def plain(text: str) -> str:
    """Return text whose characters mean only themselves in Markdown.

    The spaces that a line begins with are left out: they are not shown, or make it code.
    """
    shown = NOBODY_READS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    escaped = _MARKUP.sub(r"\\\1", shown)
    return "\n".join(_STARTS.sub(r"\1\\\2", line.lstrip(" \t")) for line in escaped.split("\n"))


def _one_line(text: str) -> str:
    return plain(text).replace("\n", " ")


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
