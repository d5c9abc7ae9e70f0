"""Trusting: a file from elsewhere runs no code of its own; its schema is ours, or it is refused.

Triggers, views and virtual tables are programs that a file carries. What has the name of one of our
parts has to be that part, and there may be no others. A part that is missing is for `verify` to
tell. Ordinary tables and indexes of others run nothing, and may be there.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

import apsw

from litemem.errors import SchemaError
from litemem.store import blueprint

_INDEX = re.compile(
    r"CREATE VIRTUAL TABLE memory_vec USING vec0\s*\(\s*"
    r"vector float\[\d{1,5}\] distance_metric=cosine, chunk_size=\d{1,5}\s*\)"
)
_SHADOW = re.compile(r"memory_vec_(info|chunks|rowids|vector_chunks\d\d)")
_ORDINARY = re.compile(r"CREATE (TABLE|(UNIQUE )?INDEX)\b", re.IGNORECASE)
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
        strange += [part for part in others if not _is_ours(part, wanted.get(part.name), mendable)]
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
    if wanted is not None:
        may_differ = mendable and part.kind == wanted.kind != "table"
        return may_differ or (part.kind, part.plain) == (wanted.kind, wanted.plain)
    return part.kind in ("table", "index") and _ORDINARY.match(part.sql) is not None


def _is_index(part: blueprint.Part) -> bool:
    """Tell whether it is the vector index, or one of the tables in which sqlite-vec keeps it."""
    if part.name == "memory_vec":
        return _INDEX.fullmatch(part.sql) is not None
    is_table = part.kind == "table" and _ORDINARY.match(part.sql) is not None
    return is_table and _SHADOW.fullmatch(part.name) is not None
