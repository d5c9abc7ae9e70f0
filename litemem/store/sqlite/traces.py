"""Look for erased texts: in the bytes of the file and its log, and in the rows.

After a vacuum each byte belongs to a row. A text that is still there is in a row of the same scope,
which is reported, or in one of another scope, which holds it for its own reasons. Bytes that no row
explains are reported too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import apsw

from litemem.core.scope import ID_KEYS
from litemem.store.protocol import ErasedText, Traces
from litemem.store.sqlite import schema
from litemem.store.sqlite.connection import MEMORY

SHORTEST = 8  # bytes; a shorter text is a part of many others
WINDOW = 200  # bytes; SQLite splits a long text over pages, so several parts of it are looked for
PARTS = 5  # of a text that is longer
BLOCK = 1 << 22  # bytes that are read at once
BUDGET = 4 << 30  # bytes that are compared, in 2 s: in a large file not every text is looked for
FEWEST, MOST = 8, 500  # texts that are looked for

# with the four ids as parameters 2 to 5; no id: it is not known which the row had
_ALIKE = " AND ".join(f"m.{key} IS ?{i}" for i, key in enumerate(ID_KEYS, 2))
_SAME_IDS = f"(coalesce(?2, ?3, ?4, ?5) IS NULL OR {_ALIKE})"
# what holds the text ?1
_HOLDERS: Mapping[str, str] = {
    "memories": f"SELECT m.id FROM memory AS m NOT INDEXED WHERE m.content = ?1 AND {_SAME_IDS}",
    "histories": f"""
SELECT DISTINCT e.memory_id
FROM event AS e NOT INDEXED
JOIN (
  SELECT id, {", ".join(ID_KEYS)} FROM memory
  UNION SELECT memory_id, {", ".join(ID_KEYS)} FROM event WHERE event = 'DELETE'
) AS m ON m.id = e.memory_id
WHERE ?1 IN (e.old_memory, e.new_memory) AND {_SAME_IDS}
""",
    "messages": f"""
SELECT message.pk
FROM message NOT INDEXED
JOIN session AS m ON m.pk = message.session_pk
WHERE instr(message.content, ?1) AND {_SAME_IDS}
""",
    "turns": f"""
SELECT turn.pk
FROM turn NOT INDEXED
JOIN session AS m ON m.pk = turn.session_pk
WHERE (instr(turn.options, ?1) OR instr(turn.error, ?1)) AND {_SAME_IDS}
""",
}


def find_traces(connection: apsw.Connection, path: str, erased: Sequence[ErasedText]) -> Traces:
    """Return what still holds one of the texts."""
    long = [each for each in erased if len(each.text.encode()) >= SHORTEST]
    held: dict[str, dict[str, None]] = {kind: {} for kind in _HOLDERS}
    is_loose = False
    for each in _still_there(connection, path, long):
        values = (each.text, *each.scope.key())
        is_held = False
        for kind, sql in _HOLDERS.items():
            rows = [str(row[0]) for row in connection.execute(sql, values)]
            held[kind] |= dict.fromkeys(rows)
            is_held = is_held or bool(rows)
        is_loose = is_loose or not (is_held or path == MEMORY or _is_in_a_row(connection, each))
    return Traces(
        memories=tuple(held["memories"]),
        histories=tuple(each for each in held["histories"] if each not in held["memories"]),
        messages=len(held["messages"]),
        turns=len(held["turns"]),
        is_loose=is_loose,
    )


def _still_there(
    connection: apsw.Connection, path: str, erased: Sequence[ErasedText]
) -> list[ErasedText]:
    """Return the texts that the bytes of the file or its log contain; as many as time allows."""
    if path == MEMORY:
        return _spread(erased, MOST)
    files = [(which, Path(f"{path}{side}")) for which, side in ((0, ""), (1, "-wal"))]
    sizes = {which: file.stat().st_size for which, file in files if file.exists()}
    number = max(FEWEST, min(MOST, BUDGET // (sum(sizes.values()) or 1)))
    waiting = {each: _parts(each.text.encode()) for each in _spread(erased, number)}
    for which, size in sizes.items():
        for block in _blocks(connection, which, size):
            for each in [each for each, parts in waiting.items() if any(p in block for p in parts)]:
                del waiting[each]
    return [each for each in _spread(erased, number) if each not in waiting]


def _blocks(connection: apsw.Connection, which: int, size: int) -> Iterator[bytes]:
    """Yield the bytes of the file (0) or its log (1), each block with the end of the last one.

    SQLite reads them: a file of ours that is open must not be opened again (`open_files`).
    """
    end = b""
    for start in range(0, size, BLOCK):
        _, read = connection.read("main", which, start, min(BLOCK, size - start))
        yield end + read
        end = read[-WINDOW:]


def _parts(text: bytes) -> list[bytes]:
    """Return a text, or parts of a long one: not all of them lie across the border of two pages."""
    if len(text) <= WINDOW:
        return [text]
    step = (len(text) - WINDOW) / (PARTS - 1)
    starts = (round(i * step) for i in range(PARTS))
    return [text[start : start + WINDOW] for start in starts]


def _spread(erased: Sequence[ErasedText], number: int) -> list[ErasedText]:
    """Return at most `number` of the texts, evenly spread."""
    step = max(1.0, len(erased) / number)
    return [erased[int(i * step)] for i in range(min(number, len(erased)))]


def _is_in_a_row(connection: apsw.Connection, each: ErasedText) -> bool:
    """Return True if any row contains a part of a text: another scope's, or a longer text."""
    parts = [part.decode(errors="ignore") for part in _parts(each.text.encode())]
    return any(
        connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {contains})", values).get
        for table, contains, values in _searches(parts)
    )


def _searches(parts: Sequence[str]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    for table, columns in schema.expected_tables(schema.latest_version()).items():
        texts = [column.name for column in columns if column.kind == "TEXT"]
        for part in parts if texts else ():
            yield table, " OR ".join(f"instr({name}, ?1)" for name in texts), (part,)
