"""Care: whether the file is sound, a copy of it, and memories that move to another file."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from litemem.core.arguments import check_flag
from litemem.maintenance import integrity as verifying
from litemem.maintenance.backup import backup as back_up
from litemem.memory.face import Face, Result, scope_of
from litemem.store.filters import compile_filter
from litemem.store.sqlite import Conflict
from litemem.transfer import export as exporting
from litemem.transfer import importer as importing


def verify(self: Face, *, full: bool = False) -> Result:
    """Look whether the file is sound: `{"ok", "checks": [{"check", "problems", …}, …]}`.

    The quick check reads every page and counts what belongs together; with `full` every index
    is compared with what it is of, and writers wait meanwhile. Nothing is changed.

    Raises:
        StoreError: the file cannot be read; CorruptError, StoreBusyError say more.
    """
    return verifying.report(verifying.verify(self.store, full=check_flag(full, "full")))


def backup(self: Face, target: str | Path, *, keep: int | None = None) -> Path:
    """Copy the file as it is at this moment, while others use it; return the copy's path.

    Args:
        target: a file, an older backup perhaps; or a folder, which gets one named after now.
        keep: with a folder, which is made if it is not there, how many backups of this file stay
            there; older ones are removed.

    Raises:
        ValidationError: `keep` is wrong. StoreError: the target cannot be written.
    """
    return back_up(self.store, target, keep=keep)


def export_file(
    self: Face,
    target: str | Path,
    *,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    format: exporting.Format = "jsonl",  # noqa: A002 - what everybody calls it
    vectors: bool = False,
    force: bool = False,
) -> dict[str, int]:
    """Write memories into a new file, while others go on; return how many lines of each kind.

    Without ids and filters the whole file: memories with their history, the messages, what still
    waits, the graph. With them the memories that match, also expired and superseded ones, and what
    belongs to them. `docs/export.md` describes the lines.

    Args:
        format: "jsonl" is lossless, and what `import_file` reads; "markdown" is for people.
        vectors: with the vectors, so that an import with the same embedder makes none.
        force: replace a file that is there.

    Raises:
        StoreError: the target exists or cannot be written.
        ScopeError, FilterError, ValidationError: an argument is wrong.
    """
    scope = scope_of(user_id, agent_id, app_id, run_id)
    whole = not scope and filters is None
    condition = None if whole else compile_filter(filters, scope)
    return exporting.export_file(
        self.store,
        target,
        condition,
        format=format,
        vectors=check_flag(vectors, "vectors"),
        force=check_flag(force, "force"),
    )


def import_file(
    self: Face,
    source: str | Path | BinaryIO,
    *,
    on_conflict: Conflict = "error",
    dry_run: bool = False,
) -> Result:
    """Take in what `export_file` wrote: `{"added", "skipped", "overwritten", "merged", …}`.

    Everything is checked before anything is written. Vectors are made anew unless the export has
    those of this embedder. When it is interrupted, the same call with "skip" goes on.

    Args:
        on_conflict: what becomes of a memory whose id is there. "error": nothing is imported;
            "skip": it stays; "overwrite": it becomes the export's; "merge": the newer one wins,
            with metadata, categories and history of both.
        dry_run: only check, and say what would happen.

    Raises:
        ValidationError: the file is no export, or damaged, and nothing was changed; or there is a
            conflict. StoreError: it cannot be read. EmbedderError: a text could not be embedded.
    """
    done = importing.import_file(
        self.store,
        self.embedder,
        source,
        on_conflict=on_conflict,
        dry_run=check_flag(dry_run, "dry_run"),
    )
    return asdict(done)
