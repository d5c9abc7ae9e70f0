"""Verify a file, repair what is derived, and salvage what a damaged file still holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from litemem.core.config import sqlite_path
from litemem.core.protocols import Embedder
from litemem.errors import SchemaError, StoreError
from litemem.models.indexing import index_memories
from litemem.store.protocol import CheckResult, EditedText, FileStore, Store
from litemem.store.sqlite.connection import EMPTY
from litemem.store.sqlite.copy import atomic_write, check_file, replace_file
from litemem.store.sqlite.integrity.checks import VALUES

_ROUNDS = 3  # a repair may show what the damage has hidden

__all__ = [
    "CheckResult",
    "EditedText",
    "Salvaged",
    "accept_edited",
    "fix",
    "is_sound",
    "report",
    "salvage",
    "verify",
]


def verify(file: FileStore | str | Path, *, full: bool = False) -> list[CheckResult]:
    """Check a file without changing it; return the result of each check.

    The quick check reads every page and counts rows that belong together. The full check also
    compares every index with its table and validates the contents; it blocks writers while it
    compares the full-text index (1 s for 100,000 memories). A file of an older schema is checked
    as it is, not upgraded.

    SQLite drops transactions behind a damaged page of the write-ahead log when it opens a file.
    Such a file is not opened, and the damage is the only result.

    Raises:
        SchemaError: the file is not a litemem file, or was written by a newer litemem.
        StoreBusyError: another program wrote for longer than the full check waits.
        CorruptError, StoreError: the file is too damaged to be opened, or does not exist.
    """
    if hasattr(file, "check"):  # a store
        return file.check(full=full)
    return check_file(sqlite_path(file), full=full)


def fix(store: FileStore) -> tuple[list[CheckResult], list[CheckResult]]:
    """Repair what can be rebuilt; return the results of a full check before and after.

    In one transaction the full text, the vector index, SQL indexes, views, triggers and hashes are
    rebuilt from the memories, rows without a parent are deleted, and values that no litemem writes
    are replaced with the least loss; `replaced` of a result after has each with its old value. A
    lost memory, vector or history cannot be rebuilt: its result keeps the advice. So does a text
    that another tool changed: only `accept_edited` makes it the memory's own.

    Raises:
        StoreError: as `verify`; nothing was changed.
    """
    before = verify(store, full=True)
    after, replaced = before, []
    for _ in range(_ROUNDS):
        repairs = [result.repair for result in after if result.repair]
        if not repairs:
            break
        replaced += store.repair(repairs)
        last, after = after, verify(store, full=True)
        if after == last:
            break
    noted = [
        replace(result, replaced=tuple(replaced)) if result.check == VALUES else result
        for result in after
    ]
    return before, noted if replaced else after


def accept_edited(store: Store, embedder: Embedder, now: int) -> list[EditedText]:
    """Make texts that another tool changed the memories' own; return them.

    Each is embedded again, and gets an UPDATE in the history, in one transaction for all. A memory
    with other damage stays as it is: `fix` comes first.

    Raises:
        EmbedderError: a text could not be embedded. StoreError: the file cannot be written.
    """
    with store.read() as r:
        found = r.edited_texts()
    if not found:
        return []
    indexed = zip(*index_memories(embedder, [edited.new for edited in found]), strict=True)
    with store.write() as tx:
        tx.settings.bind_embedder(embedder.identity)
        return [
            edited
            for edited, (vector, index) in zip(found, indexed, strict=True)
            if tx.accept_edited(edited, vector, index, now)
        ]


def is_sound(results: Sequence[CheckResult]) -> bool:
    """Return True if no check found a problem."""
    return not any(result.problems for result in results)


def report(results: Sequence[CheckResult], accepted: Sequence[EditedText] = ()) -> dict[str, Any]:
    """Return the results as a plain dict: `{"ok", "checks": [{"check", "examined", …}, …]}`.

    After a repair that replaced values, "replaced" has a sentence for each, with the old value.
    "edited" has the texts that another tool changed, and "accepted" those that are the memories'
    own now: `{"id", "old_memory", "new_memory", "messages"}`.
    """
    shown = ("check", "examined", "problems", "examples", "advice")
    checks = [{name: getattr(result, name) for name in shown} for result in results]
    replaced = [sentence for result in results for sentence in result.replaced]
    found = {"ok": is_sound(results), "checks": checks}
    edited = [text for result in results for text in result.edited]
    more = {
        "replaced": replaced,
        "edited": [_edited_dict(text) for text in edited],
        "accepted": [_edited_dict(text) for text in accepted],
    }
    return found | {name: each for name, each in more.items() if each}


def _edited_dict(text: EditedText) -> dict[str, Any]:
    return {
        "id": text.memory_id,
        "old_memory": text.old,
        "new_memory": text.new,
        "messages": list(text.messages),
    }


@dataclass(frozen=True, slots=True)
class Salvaged:
    """The result of a salvage: rows saved by table, and one sentence for each loss."""

    saved: Mapping[str, int]
    lost: Sequence[str]


def salvage(damaged: str | Path, target: str | Path) -> Salvaged:
    """Write every readable row of a damaged file into a new file; return what was saved and lost.

    Each page is read alone, also pages without a parent, so a damaged page costs only its own rows.
    Committed pages of the write-ahead log count, even behind a damaged one. The damaged file is not
    written; no other program should write it during the salvage. The new file holds only
    consistent rows: `verify` finds it sound, except for memories without their vector and texts
    that do not match their hash, which wait for `accept_edited`.

    Raises:
        ValidationError: an argument is not a path.
        StoreError: the damaged file cannot be opened or is open in this program, or the target
            exists or cannot be written.
        SchemaError: the readable part shows that the file belongs to another program.
    """
    from litemem.store.sqlite.integrity.salvage import salvage_file  # nothing else needs it

    source, target = sqlite_path(damaged), sqlite_path(target)
    if not source.is_file():
        raise StoreError(f"{source} is not a file: give the path of one that exists")
    if not source.stat().st_size:
        raise SchemaError(EMPTY.format(source))
    if target.exists():
        raise StoreError(f"{target} exists: give the path of a new file")
    with atomic_write(target) as part:
        saved, lost = salvage_file(source, part)
        replace_file(part, target, None)
    return Salvaged(saved, lost)
