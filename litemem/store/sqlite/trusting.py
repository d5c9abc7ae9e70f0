"""Trusting: a file from elsewhere runs no code of its own; its schema is ours, or it is refused.

Triggers, views and virtual tables are programs that a file carries. What has the name of one of our
parts has to be that part, and there may be no others. A part that is missing is for `verify` to
tell. Tables and indexes of others may be there when they neither run nor forbid anything: SQLite
evaluates the expressions of an index at each write of its table, those of a table when it checks
the file, and lets no row go that another refers to.
"""

import re
from collections.abc import Collection, Iterable
from hashlib import sha256

import apsw

from litemem.errors import SchemaError
from litemem.store.sqlite import blueprint

_INDEX = re.compile(
    r"CREATE VIRTUAL TABLE memory_vec USING vec0\s*\(\s*"
    r"vector float\[\d{1,5}\] distance_metric=cosine, chunk_size=\d{1,5}\s*\)"
)
_SHADOW = re.compile(r"memory_vec_(info|chunks|rowids|vector_chunks\d\d)")
_TABLE = re.compile(r"CREATE TABLE\b", re.IGNORECASE)
_NAME = r"""(?:\w+|"[^"]*"|`[^`]*`|\[[^\]]*\])"""
_COLUMN = rf"{_NAME}(?:\s+COLLATE\s+(?:BINARY|NOCASE|RTRIM))?(?:\s+(?:ASC|DESC))?"
_PLAIN_INDEX = re.compile(  # of columns alone, and of every row
    rf"CREATE\s+(UNIQUE\s+)?INDEX\s+{_NAME}\s+ON\s+({_NAME})"
    rf"\s*\(\s*{_COLUMN}\s*(?:,\s*{_COLUMN}\s*)*\)\s*",
    re.IGNORECASE,
)
_CHECK = re.compile(r"\bCHECK\b", re.IGNORECASE)
_REFERS = 'SELECT DISTINCT lower("table") FROM pragma_foreign_key_list(?)'
_GENERATED = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden IN (2, 3)"
_MOST_NAMED = 3
# of each version's parts: to make a blueprint takes 20 ms, which every start would pay
DIGESTS = {
    1: "92381a82ddd03ba5e50c1ea54c57f253",
    2: "62b568921e93edfca7f367d180ebf6b0",
    3: "bb14acbd9d389b32cdfc05898f2cf3e8",
    4: "d7c854d03b7583f0004850fc25a5e8de",
    5: "1c7034c51be17137764d5b669039ef21",
}


def check_schema(
    connection: apsw.Connection, path: str, version: int, *, mendable: bool = False
) -> None:
    """Refuse a file whose schema holds what is not ours.

    With `mendable`, our own views, triggers and indexes may differ: they are there to be made anew.

    Raises:
        SchemaError: it names what is not ours.
    """
    found = blueprint.read_parts(connection)
    indexing = [part for part in found if part.name.startswith("memory_vec")]
    others = [part for part in found if part not in indexing]
    strange = [part for part in indexing if not _is_index(part)]
    if digest(others) != DIGESTS.get(version):
        wanted = {part.name: part for part in blueprint.parts(version)}
        strange += [
            part
            for part in others
            if not _is_ours(part, wanted.get(part.name), mendable)
            and not _is_harmless(connection, part, wanted)
        ]
    if strange:
        named = [f"{part.kind} {part.name}" for part in strange[:_MOST_NAMED]]
        more = ["…"] if len(strange) > _MOST_NAMED else []
        raise SchemaError(
            f"{path} holds what litemem did not make ({', '.join(named + more)}), "
            "and is not used: drop that with another tool if it is yours, mend what is litemem's "
            "with `litemem verify --fix`, or save the memories with `litemem salvage`"
        )


def digest(parts: Iterable[blueprint.Part]) -> str:
    """Return what is the same for the same parts, in whatever order they were made."""
    told = sorted(f"{part.kind} {part.name} {part.plain}" for part in parts)
    return sha256("\n".join(told).encode()).hexdigest()[:32]


def _is_ours(part: blueprint.Part, wanted: blueprint.Part | None, mendable: bool) -> bool:
    if wanted is None:
        return False
    may_differ = mendable and part.kind == wanted.kind != "table"
    return may_differ or (part.kind, part.plain) == (wanted.kind, wanted.plain)


def _is_harmless(connection: apsw.Connection, part: blueprint.Part, ours: Collection[str]) -> bool:
    """Tell whether another's part runs nothing, and keeps no row of ours from coming or going."""
    if part.name in ours:
        return False
    if part.kind == "index":
        found = _PLAIN_INDEX.fullmatch(part.sql)
        return found is not None and not (found[1] and _is_name_of(found[2].strip('"`[]'), ours))
    if part.kind != "table" or not _TABLE.match(part.sql) or _CHECK.search(part.sql):
        return False
    if connection.execute(_GENERATED, (part.name,)).get:
        return False
    refers = connection.execute(_REFERS, (part.name,)).fetchall()
    return not any(_is_name_of(str(table), ours) for (table,) in refers)


def _is_name_of(table: str, ours: Collection[str]) -> bool:
    return table.lower() in ours or table.lower().startswith("memory_vec")


def _is_index(part: blueprint.Part) -> bool:
    """Tell whether it is the vector index, or one of the tables in which sqlite-vec keeps it."""
    if part.name == "memory_vec":
        return _INDEX.fullmatch(part.sql) is not None
    is_table = part.kind == "table" and _TABLE.match(part.sql) is not None
    return is_table and _SHADOW.fullmatch(part.name) is not None
