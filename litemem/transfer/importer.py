"""Import: an archive, or what another program left, becomes memories of a file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, get_args

from litemem.core.protocols import Embedder, EmbedderIdentity
from litemem.core.scope import ID_KEYS
from litemem.core.types import MemoryRecord
from litemem.errors import LitememError, ValidationError, quoted
from litemem.maintenance.reindex import embed_names
from litemem.models.embedding import embed
from litemem.store.filters import Condition
from litemem.store.sqlite import ArchiveReader, Batch, Conflict, Known, SqliteStore
from litemem.store.sqlite.archive.lines import ArchiveFile
from litemem.store.sqlite.archive.references import ReferenceCheck
from litemem.store.sqlite.archive.schema import LINE_TYPES, Item, LineError
from litemem.transfer.rewinding import opened

BATCH = 2_000  # lines a transaction
EMBEDDED = (
    256  # lines a transaction when they are embedded: about a second of a real embedder's work
)
BATCH_BYTES = 8_000_000  # of texts a transaction, roughly
SHOWN = 3  # ids in an error

_SAY = '; nothing was imported. Say on_conflict (--on-conflict) "skip", "overwrite" or "merge"'

Progress = Callable[[int, int], None]  # lines taken in so far, lines in all


class Source(Protocol):
    """What can be imported: lines of an archive, as often as they are asked for."""

    embedder: EmbedderIdentity | None
    total: int

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield the lines, each checked by itself, with the number that errors name.

        Raises:
            ValidationError: one is wrong.
        """
        ...


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or with `dry_run` would do.

    Memories by what became of them; how many of the other kinds are new (in a dry run, how many
    there are); how many texts had to be embedded. `left_out` are sentences on what was not taken.
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
    left_out: Sequence[str] = field(default=())


def import_file(
    store: SqliteStore,
    embedder: Embedder,
    source: str | Path | BinaryIO,
    *,
    on_conflict: Conflict = "error",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Take in an archive that `litemem export` wrote.

    Everything is checked before anything is written, in a first reading. Then come transactions of
    many lines; if one fails, or the program is killed, what was committed stays, and the same
    import with "skip" goes on from there. Vectors are made anew unless the archive has those of
    this embedder. A stream that cannot be rewound is kept in a temporary file first.

    Args:
        on_conflict: what becomes of a memory whose id is there already. "error": nothing is
            imported. "skip": it stays as it is. "overwrite": it becomes the archive's. "merge":
            the newer by `updated_at` wins, with metadata, categories and history of both.
        dry_run: only check, and say what would happen.
        progress: called with the lines taken in so far and in all.

    Raises:
        ValidationError: the archive is damaged or holds what cannot be, and nothing was changed;
            the message names the line. Or there is a conflict.
        StoreError: the archive cannot be read, or the file not be written.
    """
    _check_conflict(on_conflict)
    with opened(source) as file:
        return take_in(
            store,
            embedder,
            ArchiveFile(file),
            on_conflict=on_conflict,
            dry_run=dry_run,
            progress=progress,
        )


def take_in(
    store: SqliteStore,
    embedder: Embedder,
    source: Source,
    *,
    on_conflict: Conflict = "error",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Take in what a source has, as `import_file`."""
    _check_conflict(on_conflict)
    store.check_embedder(embedder.identity)
    work = _Work(store, embedder, source, on_conflict, progress or (lambda *_: None))
    preview = work.check()
    return preview if dry_run else work.run()


class _Work:
    """One import: a reading that checks, a reading that writes, and one more for successors."""

    def __init__(
        self,
        store: SqliteStore,
        embedder: Embedder,
        source: Source,
        on_conflict: Conflict,
        progress: Progress,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._source = source
        self._on_conflict = on_conflict
        self._progress = progress
        self._has_vectors = source.embedder == embedder.identity
        self._superseded = False
        self._embedded = 0
        self._done = 0  # lines that were committed

    def check(self) -> Imported:
        """Read everything, write nothing; return what an import would do."""
        references = ReferenceCheck()
        counts = dict.fromkeys(LINE_TYPES, 0)
        met: list[str] = []
        found = dict.fromkeys(("added", "skipped", "overwritten", "merged", "embedded"), 0)
        for items in _batches(self._checked(references), BATCH):
            for item in items:
                counts[item["kind"]] += 1
                self._check_project(item)
            known = self._known(items)
            memories = [item for item in items if item["kind"] == "memory"]
            with self._store.known() as seen:
                self._check_whose(memories, known, seen)
                for item in memories:
                    found[self._foreseen(item, known.get(item["id"]), seen)] += 1
            met += [item["id"] for item in memories if item["id"] in known][: SHOWN - len(met)]
            found["embedded"] += len(self._lacking(items, known))
        if twice := references.twice():
            self._refuse_twice(twice)
        if met and self._on_conflict == "error":
            self._refuse(met)
        return Imported(
            **found,
            messages=counts["message"],
            turns=counts["turn"],
            deleted=counts["deleted"],
            entities=counts["entity"],
            relations=counts["relation"],
            left_out=self._left_out(),
        )

    def run(self) -> Imported:
        """Read again and write; return what was done."""
        restoration = ArchiveReader(self._on_conflict)
        try:
            self._take_in(restoration)
        except LitememError as error:
            if self._done:
                error.add_note(
                    f"{self._done:,} of {self._source.total:,} lines were taken in before; the same"
                    ' import with on_conflict (--on-conflict) "skip" goes on from there'
                )
            raise
        return Imported(**restoration.counts, embedded=self._embedded, left_out=self._left_out())

    def _take_in(self, restoration: ArchiveReader) -> None:
        self._write(restoration, Batch("begin"))
        try:
            size = BATCH if self._has_vectors else EMBEDDED
            for items in _batches((item for _, item in self._source.items()), size):
                self._write(restoration, self._batch(items))
                self._done += len(items)
                self._progress(self._done, self._source.total)
            if self._superseded:
                superseded = (item for _, item in self._source.items() if _is_superseded(item))
                for items in _batches(superseded, BATCH):
                    self._write(restoration, Batch("link", items))
        finally:
            self._write(restoration, Batch("end"))
        if not self._has_vectors:
            embed_names(self._store, self._embedder)

    def _checked(self, references: ReferenceCheck) -> Iterator[Item]:
        for number, item in self._source.items():
            try:
                references.check(item)
            except LineError as error:
                raise ValidationError(f"line {number}: {error}") from error
            self._superseded = self._superseded or _is_superseded(item)
            yield item

    def _batch(self, items: Sequence[Item]) -> Batch:
        """Return what one transaction takes in; texts are embedded before it opens."""
        vectors = {i: item["vector"] for i, item in enumerate(items) if self._vector_of(item)}
        lacking = self._lacking(items, self._known(items))
        made = embed(self._embedder, [items[i]["content"] for i in lacking])
        identity = self._embedder.identity
        vectors |= dict(zip(lacking, made, strict=True))
        self._embedded += len(lacking)
        return Batch(items=items, vectors=vectors, identity=identity if vectors else None)

    def _lacking(self, items: Sequence[Item], known: dict[str, MemoryRecord]) -> list[int]:
        """Return the places of the memories that have to be embedded."""
        lacking = []
        for i, item in enumerate(items):
            if item["kind"] != "memory" or self._vector_of(item):
                continue
            there = known.get(item["id"])
            changes = self._on_conflict in ("overwrite", "merge")
            if there is None or (
                changes and not there.immutable and there.content != item["content"]
            ):
                lacking.append(i)
        return lacking

    def _vector_of(self, item: Item) -> bool:
        return self._has_vectors and "vector" in item

    def _known(self, items: Iterable[Item]) -> dict[str, MemoryRecord]:
        """Return the memories of the file that have ids of these lines."""
        ids = [item["id"] for item in items if item["kind"] == "memory"]
        return {record.id: record for record in self._store.select(_with_ids(ids))} if ids else {}

    def _foreseen(self, item: Item, there: MemoryRecord | None, seen: Known) -> str:
        if there is None:
            return "added"
        if there.immutable or self._on_conflict in ("skip", "error"):
            return "skipped"
        if self._on_conflict == "overwrite":
            return "overwritten"
        return "merged" if seen.lacks(item) else "skipped"

    def _check_project(self, item: Item) -> None:
        if item["kind"] != "project" or self._on_conflict != "error":
            return
        if self._store.project() not in ({}, item["settings"]):
            raise ValidationError(f"the file has other project settings{_SAY}")

    def _check_whose(
        self, items: Sequence[Item], known: dict[str, MemoryRecord], seen: Known
    ) -> None:
        """Refuse what would make a memory another's, with all that belongs to the one it is of."""
        come = {item["id"]: item for item in items}
        whose = seen.owners_of_deleted([each for each in come if each not in known])
        if self._on_conflict in ("overwrite", "merge"):
            whose |= {memory_id: record.scope for memory_id, record in known.items()}
        for memory_id, scope in whose.items():
            if scope.ids() != _ids(come[memory_id]):
                raise ValidationError(
                    f"the memory {memory_id!r} has other ids in the file than in the archive, and"
                    " whose it is does not change: skip it, or erase it from the file first"
                )

    def _left_out(self) -> Sequence[str]:
        return tuple(getattr(self._source, "left_out", ()))

    def _refuse_twice(self, twice: set[int]) -> None:
        seen: set[str] = set()
        for number, item in self._source.items():
            memory_id = item["id"] if item["kind"] in ("memory", "deleted") else None
            if memory_id in seen:
                raise ValidationError(f"line {number}: the id {memory_id!r} stands twice")
            if memory_id is not None and hash(memory_id) in twice:
                seen.add(memory_id)

    def _refuse(self, met: Sequence[str]) -> None:
        raise ValidationError(
            f"the file has memories of these ids already: {', '.join(met)}…{_SAY}"
        )

    def _write(self, restoration: ArchiveReader, batch: Batch) -> None:
        with self._store.transaction() as tx:
            tx.restore(restoration, batch)


def _check_conflict(on_conflict: str) -> None:
    if on_conflict not in get_args(Conflict):
        raise ValidationError(
            f"on_conflict={quoted(on_conflict)}: it is one of {', '.join(get_args(Conflict))}"
        )


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lines together, but never a part of the messages of one turn."""
    batch: list[Item] = []
    weight = 0
    turn: Any = None
    for item in items:
        full = len(batch) >= size or weight >= BATCH_BYTES
        if full and (turn is None or item.get("turn") != turn):
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += len(item.get("content", "")) + sum(
            len(event.get("new_memory", "")) for event in item.get("history", ())
        )
        turn = item.get("turn")
    if batch:
        yield batch


def _with_ids(ids: Sequence[str]) -> Condition:
    marks = ", ".join("?" * len(ids))
    return Condition(f"m.id IN ({marks})", tuple(ids))


def _is_superseded(item: Item) -> bool:
    return "superseded_by" in item or any("superseded_by" in e for e in item.get("history", ()))


def _ids(item: Item) -> dict[str, str]:
    return {key: item[key] for key in ID_KEYS if key in item}
