"""Read the rows of a damaged file page by page, and report what is unreadable."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from litemem.store.sqlite import schema, settings
from litemem.store.sqlite.integrity.btree import (
    LEAVES,
    TABLE_LEAF,
    BTreePage,
    DamageError,
    PageReader,
    Record,
)
from litemem.store.sqlite.schema import APPLICATION_ID, Column, latest_version
from litemem.store.sqlite.values import RowDamageError, read_value

DERIVED = frozenset({"embedding_next", "claim"})  # of an unfinished reindex or an ended program
SCHEMA = "the schema"
_TYPES = {"TEXT": str, "INTEGER": int, "BLOB": bytes, "REAL": float}
_PAGES_SHOWN = 5  # page numbers in a sentence

Row = tuple[str, int, Record]  # table, rowid, values


class DamagedFile:
    """The readable rows of a file; each page is read on its own, and nothing is written.

    Raises:
        StoreError: this process has the file open with SQLite. OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._pages = PageReader(path)
        version = self._version()
        self.tables = {
            name: columns
            for name, columns in schema.expected_tables(version).items()
            if name not in DERIVED
        }
        self._least = schema.least_columns(version)
        self._damaged: dict[str, list[int]] = defaultdict(list)  # unreadable pages by table
        self._broken: Counter[str] = Counter()  # unreadable records by table
        self._free_known = True
        self._seen: set[int] = set()
        self._settings: dict[str, str] = {}
        self._names: set[str] = set()  # of the tables and indexes in the schema
        self._holds_rows = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pages.__exit__()

    def rows(self) -> Iterator[tuple[Row, bool]]:
        """Yield each row, and True for a stray: a row on a page that no table leads to."""
        for name, root in list(self._roots()):
            for row in self._with_settings(self._walk(name, root)):
                yield row, False
        if self._is_damaged():
            for row in self._with_settings(self._stray_rows()):
                yield row, True

    def is_foreign(self) -> bool:
        """Return True, after the rows were read, if this is not a litemem file or nothing is left.

        The mark in the header may be damaged; then a readable schema decides, otherwise the rows.
        """
        if self._is_marked():
            return False
        others = bool(self._names) and not {"memory", "event"} <= self._names
        return others or not self._holds_rows

    def damage(self) -> list[str]:
        """Return one sentence for each loss."""
        lost = []
        for name, numbers in self._damaged.items():
            if name in self.tables or name == SCHEMA:
                shown = ", ".join(map(str, numbers[:_PAGES_SHOWN]))
                more = ", …" if len(numbers) > _PAGES_SHOWN else ""
                lost.append(f"{_counted(len(numbers), 'page')} of {name} unreadable: {shown}{more}")
        for name, number in self._broken.items():
            lost.append(f"{_counted(number, 'row')} of {name} unreadable")
        if not self._pages.has_header_size:
            lost.append(f"the page size unreadable: {self._pages.size:,} bytes were assumed")
        if SCHEMA not in self._damaged and "memory" not in self._names:
            lost.append("the schema unreadable: it names no table of memories")
        if number := self._pages.lost_frames:
            frames = _counted(number, "page")
            lost.append(f"{frames} of the write-ahead log unreadable: older versions were saved")
        if not self._free_known:
            lost.append("the list of free pages unreadable: deleted rows may be among the saved")
        return lost

    def _version(self) -> int:
        """Return the schema version, or the latest if the header is damaged."""
        if not self._is_marked():
            return latest_version()
        version = self._pages.header(60)
        return version if 1 <= version <= latest_version() else latest_version()

    def _is_marked(self) -> bool:
        return self._pages.sound_header and self._pages.header(68) == APPLICATION_ID

    def _is_damaged(self) -> bool:
        lost = any(name in self._damaged for name in (*self.tables, SCHEMA))
        return lost or bool(self._pages.lost_frames)

    def _with_settings(self, rows: Iterator[Row]) -> Iterator[Row]:
        for name, rowid, values in rows:
            self._holds_rows = True
            if name == "setting":
                self._settings[values[0]] = values[1]
            yield name, rowid, values

    def _roots(self) -> Iterator[tuple[str, int]]:
        """Yield the name and the root page of each table and index in the schema."""
        for _, _, values in self._walk(SCHEMA, 1):
            if len(values) == 5 and isinstance(values[3], int) and values[3]:
                self._names.add(str(values[1]))
                yield str(values[1]), values[3]

    def _walk(self, name: str, root: int) -> Iterator[Row]:
        """Yield the readable rows of a tree."""
        waiting = [root]
        while waiting:
            number = waiting.pop()
            if number in self._seen:
                continue
            try:
                page = self._pages.tree(number)
            except DamageError:
                self._damaged[name].append(number)
                continue
            self._seen.add(number)
            if not page.is_leaf:
                waiting += reversed(page.children())
            if name in self.tables or name == SCHEMA:
                yield from self._records(name, page)

    def _records(self, name: str, page: BTreePage) -> Iterator[Row]:
        for record in page.records():
            if isinstance(record, DamageError) or not self._fits(name, record[1]):
                self._broken[name] += 1
            else:
                yield name, *record

    def _stray_rows(self) -> Iterator[Row]:
        """Yield rows on leaves that no tree leads to; the types of values identify the table."""
        free, self._free_known = self._pages.free()
        for number in range(2, self._pages.count + 1):
            if number in self._seen or number in free:
                continue
            try:
                page = self._pages.tree(number)
            except DamageError:
                continue
            if page.kind in LEAVES:
                yield from self._rows_of_leaf(page)

    def _rows_of_leaf(self, page: BTreePage) -> Iterator[Row]:
        found = [record for record in page.records() if not isinstance(record, DamageError)]
        fitting = [
            name
            for name, columns in self.tables.items()
            if found
            and columns[0].key == (page.kind == TABLE_LEAF)
            and all(self._fits(name, values) for _, values in found)
            and (name != "embedding" or self._are_vectors(found))
        ]
        if len(fitting) == 1:
            for rowid, values in found:
                yield fitting[0], rowid, values

    def _fits(self, name: str, values: Record) -> bool:
        """Return True if a record may be one of a table, or of the schema."""
        columns = self.tables.get(name, ())
        if columns and not self._least[name] <= len(values) <= len(columns):
            return False
        return all(map(_may_be, values, columns))

    def _are_vectors(self, found: list[tuple[int, Record]]) -> bool:
        """Return True if the blobs have the size of the embedder's vectors, not of a reindex's."""
        is_staged = settings.NEXT_EMBEDDER in self._settings
        if is_staged and (SCHEMA in self._damaged or "embedding_next" in self._damaged):
            return False
        width = 4 * dimensions(self._settings.get(settings.EMBEDDER))
        return all(len(values[1]) == width for _, values in found)


def dimensions(embedder: str | None) -> int:
    """Return the dimensions in the setting of the embedder, or 0 if it is lost or damaged."""
    try:
        return int(read_value("setting", settings.EMBEDDER, "value", embedder)["dimensions"])
    except RowDamageError:
        return 0


def _may_be(value: Any, column: Column) -> bool:
    if column.key:
        return value is None
    return not column.required if value is None else isinstance(value, _TYPES[column.kind])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
