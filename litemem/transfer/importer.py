"""Import an archive, or another program's store, into a file."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, get_args

from litemem.core.checks import InvalidValueError, Item
from litemem.core.config import user_path
from litemem.core.protocols import Embedder, EmbedderIdentity
from litemem.core.scope import ID_KEYS
from litemem.core.types import MemoryRecord
from litemem.errors import EmbedderError, LitememError, StoreError, ValidationError, quoted
from litemem.maintenance.reindex import embed_names
from litemem.models.embedding import embed
from litemem.models.indexing import index_waiting
from litemem.store.archive.lines import open_archive
from litemem.store.archive.references import ReferenceCheck
from litemem.store.archive.schema import LINE_TYPES
from litemem.store.protocol import ArchiveBatch, ArchiveImport, Conflict, ExportReader, Store
from litemem.store.sqlite.open_files import open_bytes

BATCH = 2_000  # lines that are checked at once
INDEXED = 64  # texts that are indexed in one transaction
WRITTEN = 500  # lines in one transaction: 0.1 to 0.3 s
EMBEDDED = 256  # the same if they are embedded: about a second of a real embedder's work
BATCH_CHARACTERS = 8_000_000  # of texts in one transaction, roughly
SHOWN = 3  # ids in an error
NAMED = 100  # rows that an export left out

_ADVICE = '; nothing was imported. Give on_conflict (--on-conflict) "skip", "overwrite" or "merge"'

# options of a pending turn that go into the prompts of its extraction
_NO_INSTRUCTIONS: Mapping[str, Any] = {
    "instructions": None,
    "includes": None,
    "excludes": None,
    "custom_categories": {},
}
_HOW = "give project_settings=True (--project-settings) to adopt them"

Progress = Callable[[int, int], None]  # lines imported so far, lines in all


class Source(Protocol):
    """Something to import: the lines of an archive, readable several times."""

    embedder: EmbedderIdentity | None
    total: int

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield each line, validated on its own, with the number that errors name.

        Raises:
            ValidationError: a line is invalid.
        """


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import, or the expected result with `dry_run`.

    The first four fields count memories, the next five new rows of other kinds (in a dry run, all
    lines), `embedded` the embedded texts. `project_settings` has the settings in the archive by
    name: `{"value", "outcome"}`, with the outcome "adopted", "left", or "same" if the file has that
    value. `instructed_turns` are the pending turns in the archive with instructions of their own.
    `left_out` has one sentence for each kind of omission, `edits` one for each kind of change after
    the export that was accepted.
    """

    added: int = 0
    skipped: int = 0
    overwritten: int = 0
    merged: int = 0
    messages: int = 0
    turns: int = 0
    deleted: int = 0
    entities: int = 0
    relations: int = 0
    embedded: int = 0
    project_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    instructed_turns: int = 0
    left_out: Sequence[str] = ()
    edits: Sequence[str] = ()


def import_file(
    store: Store,
    embedder: Embedder,
    source: str | Path | BinaryIO,
    *,
    on_conflict: Conflict = "error",
    dry_run: bool = False,
    project_settings: bool = False,
    accept_edited: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Import an archive that `litemem export` wrote.

    A first pass checks every line before anything is written. A second pass writes one transaction
    per batch. After an error or a kill the committed batches stay, and the same import with "skip"
    continues. Texts are embedded again unless the archive has vectors of this embedder. A stream
    that is not seekable is copied to a temporary file first.

    Args:
        on_conflict: what to do if the id of a memory exists. "error": import nothing. "skip": keep
            the existing memory. "overwrite": replace it. "merge": keep the newer by `updated_at`,
            with metadata, categories and history of both.
        dry_run: only check, and return the expected result.
        project_settings: adopt what steers later extractions: the project's settings, and the
            instructions of pending turns. By default both are left out.
        accept_edited: import an archive that was changed after the export. Every line is checked;
            the SHA-256 and the counts are not. Changed lines are embedded again.
        progress: called with the lines imported so far and in all.

    Raises:
        ValidationError: the archive is invalid, or there is a conflict; nothing was changed. The
            message names the line.
        StoreError: the archive cannot be read, or the file cannot be written.
    """
    _check_conflict(on_conflict)
    with opened(source) as file, open_archive(file, accept_edited=accept_edited) as archive:
        return import_source(
            store,
            embedder,
            archive,
            on_conflict=on_conflict,
            dry_run=dry_run,
            project_settings=project_settings,
            progress=progress,
        )


def import_source(
    store: Store,
    embedder: Embedder,
    source: Source,
    *,
    on_conflict: Conflict = "error",
    dry_run: bool = False,
    project_settings: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Import the lines of a source, as `import_file`."""
    _check_conflict(on_conflict)
    with store.read() as r:
        r.settings.check_embedder(embedder.identity)
    work = _Import(
        store,
        embedder,
        source,
        on_conflict,
        adopts=project_settings,
        progress=progress or (lambda *_: None),
    )
    preview = work.check()
    return preview if dry_run else work.run()


@contextmanager
def opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """Open an archive as a file that can be read twice.

    Raises:
        ValidationError: the source is neither a path nor a binary file.
        StoreError: the file cannot be read, or is a database that this program has open.
    """
    if not isinstance(source, str | Path):
        with _seekable(source) as file:
            yield file
        return
    try:
        with open_bytes(user_path(source)) as stream, _seekable(stream) as file:
            yield file
    except OSError as error:
        raise StoreError(f"{source} cannot be read: {error.strerror or error}") from error


@contextmanager
def _seekable(source: BinaryIO) -> Iterator[BinaryIO]:
    """Lend a seekable stream; copy one that is not to a temporary file."""
    if not hasattr(source, "seekable"):
        raise ValidationError(f"an archive is a path or a binary file, not {quoted(source)}")
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        copy.seek(0)
        yield copy


class _Import:
    """One import: a pass that checks, a pass that writes, and a pass that links successors."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        source: Source,
        on_conflict: Conflict,
        *,
        adopts: bool,
        progress: Progress,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._source = source
        self._on_conflict = on_conflict
        self._adopts = adopts  # settings, and the instructions of pending turns
        self._progress = progress
        self._has_vectors = source.embedder == embedder.identity
        self._settings: dict[str, Mapping[str, Any]] = {}
        self._instructed_turns = 0
        self._damaged: list[str] = []  # what the export left out, the first rows
        self._kept: list[str] = []  # ids of memories that are damaged in the file
        self._superseded = False  # a line names a successor
        self._embedded = 0
        self._done = 0  # committed lines

    def check(self) -> Imported:
        """Read every line, write nothing; return the expected result."""
        references = ReferenceCheck()
        counts = dict.fromkeys(LINE_TYPES, 0)
        conflicts: list[str] = []
        results: dict[str, Any] = dict.fromkeys(
            ("added", "skipped", "overwritten", "merged", "embedded"), 0
        )
        for items in _batches(self._checked(references), BATCH):
            for item in items:
                counts[item["kind"]] += 1
                self._instructed_turns += _has_instructions(item)
                if item["kind"] == "project":
                    self._check_project(item["settings"])
                if item["kind"] == "damaged" and len(self._damaged) <= NAMED:
                    self._damaged.append(item["id"])
            known = self._known(items)
            memories = [item for item in items if item["kind"] == "memory"]
            with self._store.read() as r:
                self._check_scopes(memories, known, r.archive)
                for item in memories:
                    results[self._expected(item, known, r.archive)] += 1
            there = [item["id"] for item in memories if item["id"] in known]
            conflicts += there[: SHOWN - len(conflicts)]
            results["embedded"] += len(self._lacking(items, known))
        if duplicates := references.duplicates():
            self._refuse_duplicates(duplicates)
        if conflicts and self._on_conflict == "error":
            raise ValidationError(
                f"the file already has memories of these ids: {', '.join(conflicts)}…{_ADVICE}"
            )
        return Imported(
            **results,
            messages=counts["message"],
            turns=counts["turn"],
            deleted=counts["deleted"],
            entities=counts["entity"],
            relations=counts["relation"],
            **self._remarks(),
        )

    def run(self) -> Imported:
        """Read every line again and write it; return the result."""
        work = self._store.new_import(self._on_conflict)
        try:
            self._write_all(work)
        except LitememError as error:
            if self._done:
                error.add_note(
                    f"{self._done:,} of {self._source.total:,} lines were imported before; the same"
                    ' import with on_conflict (--on-conflict) "skip" continues'
                )
            raise
        return Imported(**dict[str, Any](work.counts), embedded=self._embedded, **self._remarks())

    def _write_all(self, work: ArchiveImport) -> None:
        work.take_in(ArchiveBatch("begin"))
        try:
            size = WRITTEN if self._has_vectors else EMBEDDED
            for items in _batches((item for _, item in self._source.items()), size):
                work.take_in(self._batch([self._adopted(i) for i in items if self._is_wanted(i)]))
                self._done += len(items)
                self._progress(self._done, self._source.total)
            if self._superseded:
                superseded = (item for _, item in self._source.items() if _is_superseded(item))
                for items in _batches(superseded, WRITTEN):
                    work.take_in(ArchiveBatch("link", items))
        finally:
            work.take_in(ArchiveBatch("end"))
        if not self._has_vectors:
            embed_names(self._store, self._embedder)
        with suppress(EmbedderError):  # they wait for the next write, or for a reindex
            while index_waiting(self._store, self._embedder, INDEXED):
                pass

    def _checked(self, references: ReferenceCheck) -> Iterator[Item]:
        for number, item in self._source.items():
            try:
                references.check(item)
            except InvalidValueError as error:
                raise ValidationError(f"line {number}: {error}") from error
            self._superseded = self._superseded or _is_superseded(item)
            yield item

    def _batch(self, items: Sequence[Item]) -> ArchiveBatch:
        """Return the batch of one transaction; its texts are embedded before it opens."""
        vectors = {i: item["vector"] for i, item in enumerate(items) if self._has_vector(item)}
        lacking = self._lacking(items, self._known(items))
        made = embed(self._embedder, [items[i]["content"] for i in lacking])
        identity = self._embedder.identity
        vectors |= dict(zip(lacking, made, strict=True))
        self._embedded += len(lacking)
        return ArchiveBatch(items=items, vectors=vectors, identity=identity if vectors else None)

    def _lacking(
        self, items: Sequence[Item], known: Mapping[str, MemoryRecord | None]
    ) -> list[int]:
        """Return the positions of the memories that have to be embedded."""
        changes = self._on_conflict in ("overwrite", "merge")
        lacking = []
        for i, item in enumerate(items):
            if item["kind"] != "memory" or self._has_vector(item):
                continue
            old = known.get(item["id"])
            if old is None:
                is_lacking = item["id"] not in known
            else:
                is_lacking = changes and not old.immutable and old.content != item["content"]
            if is_lacking:
                lacking.append(i)
        return lacking

    def _has_vector(self, item: Item) -> bool:
        return self._has_vectors and "vector" in item

    def _known(self, items: Iterable[Item]) -> dict[str, MemoryRecord | None]:
        """Return the memories of the file, by id, that have the ids of these lines.

        One that is damaged is None: it stays as it is.
        """
        ids = [item["id"] for item in items if item["kind"] == "memory"]
        with self._store.read() as r:
            found = r.memories.get_many(ids)
        return {record.id: record for record in found} | dict.fromkeys(found.damaged)

    def _expected(
        self, item: Item, known: Mapping[str, MemoryRecord | None], stored: ExportReader
    ) -> str:
        if item["id"] not in known:
            return "added"
        old = known[item["id"]]
        if old is None:
            self._kept.append(item["id"])
            return "skipped"
        if old.immutable or self._on_conflict in ("skip", "error"):
            return "skipped"
        if self._on_conflict == "overwrite":
            return "overwritten"
        return "merged" if stored.would_change(item) else "skipped"

    def _check_project(self, given: Mapping[str, Any]) -> None:
        """Note the settings of the archive, and refuse a conflict with those of the file."""
        with self._store.read() as r:
            known = r.settings.project()
        if self._adopts and self._on_conflict == "error" and known not in ({}, given):
            raise ValidationError(f"the file has other project settings{_ADVICE}")
        replaces = self._adopts and not (self._on_conflict == "skip" and known)
        for name, value in given.items():
            if name in known and known[name] == value:
                outcome = "same"
            elif replaces and not (self._on_conflict == "merge" and name in known):
                outcome = "adopted"
            else:
                outcome = "left"
            self._settings[name] = {"value": value, "outcome": outcome}

    def _is_wanted(self, item: Item) -> bool:
        return item["kind"] != "damaged" and (self._adopts or item["kind"] != "project")

    def _adopted(self, item: Item) -> Item:
        """Return a line as it is stored: unless asked for, a turn without its instructions."""
        if self._adopts or not _has_instructions(item):
            return item
        return {**item, "options": {**item["options"], **_NO_INSTRUCTIONS}}

    def _check_scopes(
        self, items: Sequence[Item], known: Mapping[str, MemoryRecord | None], stored: ExportReader
    ) -> None:
        """Refuse an import that would change the scope of a memory."""
        by_id = {item["id"]: item for item in items}
        scopes = stored.owners_of_deleted([each for each in by_id if each not in known])
        if self._on_conflict in ("overwrite", "merge"):
            scopes |= {memory_id: old.scope for memory_id, old in known.items() if old is not None}
        for memory_id, scope in scopes.items():
            if scope.ids() != _ids(by_id[memory_id]):
                raise ValidationError(
                    f"the memory {memory_id!r} has other ids in the file than in the archive, and"
                    " an import does not change them: skip it, or erase it from the file first"
                )

    def _remarks(self) -> dict[str, Any]:
        """Return the fields of a result that are about the archive as a whole."""
        left_out = list(getattr(self._source, "left_out", ()))
        left = [n for n, setting in self._settings.items() if setting["outcome"] == "left"]
        if left and not self._adopts:
            left_out.append(f"left out, project settings: {', '.join(left)}; {_HOW}")
        elif left:
            left_out.append(f"left out, project settings: {', '.join(left)}; the file has others")
        if self._instructed_turns and not self._adopts:
            plural = "" if self._instructed_turns == 1 else "s"
            turns = f"{self._instructed_turns:,} pending turn{plural}"
            left_out.append(f"left out, the instructions of {turns}; {_HOW}")
        if self._damaged:
            left_out.append(
                f"left out by the export, as they were damaged: {_named(self._damaged)}"
            )
        if self._kept:
            left_out.append(f"left as they are, damaged in the file: {_named(self._kept)}")
        return {
            "project_settings": self._settings,
            "instructed_turns": self._instructed_turns,
            "left_out": tuple(left_out),
            "edits": tuple(getattr(self._source, "edits", ())),
        }

    def _refuse_duplicates(self, hashes: set[int]) -> None:
        """Raise an error if an id is duplicate; equal hashes alone may be different ids."""
        seen: set[str] = set()
        for number, item in self._source.items():
            memory_id = item["id"] if item["kind"] in ("memory", "deleted") else None
            if memory_id in seen:
                raise ValidationError(f"line {number}: the id {memory_id!r} is a duplicate")
            if memory_id is not None and hash(memory_id) in hashes:
                seen.add(memory_id)


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + ("…" if len(ids) > NAMED else "")


def _check_conflict(on_conflict: str) -> None:
    if on_conflict not in get_args(Conflict):
        raise ValidationError(
            f"on_conflict must be one of {', '.join(get_args(Conflict))}, got {quoted(on_conflict)}"
        )


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the lines in batches; the messages of one turn stay together."""
    batch: list[Item] = []
    characters = 0
    turn: Any = None
    for item in items:
        full = len(batch) >= size or characters >= BATCH_CHARACTERS
        if full and (turn is None or item.get("turn") != turn):
            yield batch
            batch, characters = [], 0
        batch.append(item)
        characters += len(item.get("content", "")) + sum(
            len(event.get("new_memory", "")) for event in item.get("history", ())
        )
        turn = item.get("turn")
    if batch:
        yield batch


def _has_instructions(item: Item) -> bool:
    return item["kind"] == "turn" and any(item["options"].get(name) for name in _NO_INSTRUCTIONS)


def _is_superseded(item: Item) -> bool:
    return "superseded_by" in item or any("superseded_by" in e for e in item.get("history", ()))


def _ids(item: Item) -> dict[str, str]:
    return {key: item[key] for key in ID_KEYS if key in item}
