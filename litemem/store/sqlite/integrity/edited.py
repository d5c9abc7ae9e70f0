"""Texts of memories that another tool changed: found, accepted, or on their way out.

A text that does not match its hash was changed, or its hash was. It is the memory's own text if the
history says so, or the message that it repeats word for word; or else if the hash is not one that
litemem writes. Any other text is edited, and stays unreadable until somebody accepts it.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import apsw

from litemem.core.text.words import was_said
from litemem.core.types import TextIndex, content_hash
from litemem.store.protocol import EditedText
from litemem.store.sqlite.passages import replace_memory
from litemem.store.sqlite.repeats import hide_replaced
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, MEMORY_COLUMNS, Row, memory_record, read_json
from litemem.store.sqlite.values import RowDamageError
from litemem.store.sqlite.vector_index import VectorIndex

_HASH_BYTES = hashlib.md5(usedforsecurity=False).digest_size
_MISMATCHED = """
SELECT pk, CAST(id AS BLOB), CAST(content AS BLOB), hash, role IS NOT NULL
FROM memory
WHERE typeof(content) = 'text' AND hash IS NOT litemem_hash(CAST(content AS BLOB))
  AND litemem_hash(CAST(content AS BLOB)) IS NOT NULL
"""
# a superseded memory's last event has its successor's text
_LAST_TEXT = """
SELECT CAST(new_memory AS BLOB) FROM event
WHERE memory_id = (SELECT id FROM memory WHERE pk = ?)
  AND superseded_by IS NULL AND typeof(new_memory) = 'text'
ORDER BY pk DESC
LIMIT 1
"""
_SOURCE_TEXTS = f"""
SELECT CAST(message.content AS BLOB)
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.pk = ? AND typeof(message.content) = 'text' AND {IN_SCOPE_OF_M}
ORDER BY message.pk
"""
_WRITE_ADD = """
INSERT INTO event (memory_id, event, new_memory, created_at, actor_id, role)
SELECT id, 'ADD', ?2, created_at, actor_id, role
FROM memory
WHERE pk = ?1 AND NOT EXISTS (SELECT 1 FROM event WHERE memory_id = memory.id)
"""
_WRITE_UPDATE = """
INSERT INTO event
  (memory_id, event, old_memory, new_memory, created_at, updated_at, actor_id, role)
SELECT id, 'UPDATE', ?2, content, created_at, ?3, actor_id, role FROM memory WHERE pk = ?1
"""
_ACCEPT = "UPDATE memory SET hash = ?2, updated_at = max(updated_at, ?3) WHERE pk = ?1"
_MATCHING = """
SELECT content FROM memory WHERE pk = ? AND hash = litemem_hash(CAST(content AS BLOB))
"""
_READABLE = f"SELECT {MEMORY_COLUMNS} FROM memory WHERE pk = ?"


def edited_texts(connection: apsw.Connection) -> list[EditedText]:
    """Return the texts that another tool changed, in the order of their memories' keys."""
    return [edited for _, edited in _find(connection) if edited is not None]


def accept(
    connection: apsw.Connection, edited: EditedText, vector: bytes, index: TextIndex, now: int
) -> bool:
    """Make a changed text the memory's own, with an UPDATE in its history.

    Messages that say what the old text said, and the new one does not, are hidden as by an update.
    Return False if it is not the present text, or something else of the memory cannot be read.
    """
    pk = connection.execute(
        "SELECT pk FROM memory WHERE id = ? AND content = ?", (edited.memory_id, edited.new)
    ).get
    if pk is None or not _is_readable(connection, pk, edited.new):
        return False
    connection.execute(_WRITE_ADD, (pk, edited.old))
    connection.execute(_WRITE_UPDATE, (pk, edited.old, now))
    connection.execute(_ACCEPT, (pk, content_hash(edited.new), now))
    connection.execute("REPLACE INTO embedding (pk, vector) VALUES (?, ?)", (pk, vector))
    connection.execute("DELETE FROM embedding_next WHERE pk = ?", (pk,))
    VectorIndex(connection).replace(pk, vector)
    replace_memory(connection, pk, edited.new, index)
    if edited.old is None or was_said(edited.old, edited.new, edited.messages):
        hide_replaced(connection, pk)
    return True


def write_out_add(connection: apsw.Connection, pk: int, original: str | None) -> None:
    """Write the ADD of a damaged memory that has no history, with its text if it is known."""
    connection.execute(_WRITE_ADD, (pk, original))


def original_text(connection: apsw.Connection, pk: int) -> str | None:
    """Return the text that a memory had before its row was damaged, or None if it is unknown."""
    row = connection.execute("SELECT hash FROM memory WHERE pk = ?", (pk,)).fetchone()
    texts = [*_texts(connection, _LAST_TEXT, pk), *_texts(connection, _SOURCE_TEXTS, pk)]
    return next((text for text in texts if row and content_hash(text) == row[0]), None)


def own_text(connection: apsw.Connection, pk: int) -> str | None:
    """Return the text of a memory: the one before another tool changed it, or None if unknown."""
    add_hash_function(connection)
    row = connection.execute(_MATCHING, (pk,)).fetchone()
    return original_text(connection, pk) if row is None else str(row[0])


def rehash(connection: apsw.Connection) -> None:
    """Write the hash of each text that is the memory's own."""
    for pk, edited in list(_find(connection)):
        if edited is None:
            set_hash(connection, pk)


def set_hash(connection: apsw.Connection, pk: int) -> None:
    """Write the hash of the present text."""
    connection.execute(
        "UPDATE memory SET hash = litemem_hash(CAST(content AS BLOB)) WHERE pk = ?", (pk,)
    )


def wrong_hashes(connection: apsw.Connection) -> Iterator[str]:
    """Yield the ids of memories with a text of their own and a wrong hash."""
    rows: list[Row] = connection.execute(_MISMATCHED).fetchall()
    return (
        memory_id.decode(errors="replace")
        for pk, memory_id, *row in rows
        if _edited(connection, pk, memory_id, *row) is None
    )


def add_hash_function(connection: apsw.Connection) -> None:
    """Register the SQL function `litemem_hash`: the MD5 of a text, or NULL for invalid UTF-8."""
    connection.create_scalar_function("litemem_hash", _hash, 1, deterministic=True)


def _hash(*values: Any) -> bytes | None:
    (content,) = values
    try:
        return content_hash(content.decode())
    except (AttributeError, UnicodeDecodeError):
        return None


def _find(connection: apsw.Connection) -> Iterator[tuple[int, EditedText | None]]:
    """Yield the primary keys of texts that do not match their hash, and those that are edited."""
    add_hash_function(connection)
    rows: list[Row] = connection.execute(_MISMATCHED).fetchall()
    for pk, *row in rows:
        yield pk, _edited(connection, pk, *row)


def _edited(
    connection: apsw.Connection,
    pk: int,
    memory_id: bytes,
    content: bytes,
    stored_hash: object,
    is_verbatim: int,
) -> EditedText | None:
    """Return the old and the new text, or None if only the hash is wrong."""
    text = content.decode()
    last, messages = _texts(connection, _LAST_TEXT, pk), _texts(connection, _SOURCE_TEXTS, pk)
    known = last or (messages if is_verbatim else [])
    is_hash = isinstance(stored_hash, bytes) and len(stored_hash) == _HASH_BYTES
    if text in known or not (known or is_hash):
        return None
    matching = [each for each in (*last, *messages) if content_hash(each) == stored_hash]
    old = next(iter([*matching, *known]), None)
    return EditedText(memory_id.decode(errors="replace"), old, text, tuple(messages))


def _texts(connection: apsw.Connection, sql: str, pk: int) -> list[str]:
    found = []
    rows: list[Row] = connection.execute(sql, (pk,)).fetchall()
    for (stored,) in rows:
        try:
            found.append(stored.decode())
        except UnicodeDecodeError:
            continue
    return found


def _is_readable(connection: apsw.Connection, pk: int, content: str) -> bool:
    try:
        rows: list[Row] = connection.execute(_READABLE, (pk,)).fetchall()
        memory_record((*rows[0][:2], content_hash(content), *rows[0][3:]))
    except (RowDamageError, UnicodeDecodeError):
        return False
    return True
