"""The schema's versions: numbered SQL files, found in a wheel and in a bare checkout alike."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from litemem.errors import SchemaError

APPLICATION_ID = 0x6C6D656D  # "lmem": `PRAGMA application_id` marks the file as ours


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return (version, SQL) for each migration, in order.

    Raises:
        SchemaError: the files are missing or not numbered 1, 2, 3…
    """
    files = sorted(f for f in _folder().iterdir() if f.name.endswith(".sql"))  # type: ignore[type-var]
    found = tuple((int(f.name[:4]), f.read_text(encoding="utf-8")) for f in files)
    if not found or [version for version, _ in found] != list(range(1, len(found) + 1)):
        raise SchemaError("the SQL files of litemem's schema are missing: install it again")
    return found


def latest_version() -> int:
    """Return the schema version that this litemem writes."""
    return migrations()[-1][0]


def _folder() -> Traversable:
    packaged = resources.files("litemem") / "schema"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "schema"
