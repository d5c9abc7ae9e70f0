"""The store: the only place that knows SQLite."""

from litemem.store.sqlite.archive.reader import Batch, Conflict, Restoration
from litemem.store.sqlite.archive.writer import Snapshot
from litemem.store.sqlite.cleanup import Sweep, Wanted
from litemem.store.sqlite.connection import EMPTY, MEMORY, located, missing_folder
from litemem.store.sqlite.copy import (
    check_file,
    check_unopened,
    copy_file,
    file_id,
    has_side_files,
    place,
    release,
)
from litemem.store.sqlite.erasure import Erasure, Vacuumed
from litemem.store.sqlite.finding import Sought
from litemem.store.sqlite.foreign import foreign_rows
from litemem.store.sqlite.graph import Question
from litemem.store.sqlite.integrity.checks import Finding
from litemem.store.sqlite.integrity.damaged_file import Wreck
from litemem.store.sqlite.open_files import is_held, is_same, open_bytes
from litemem.store.sqlite.queries import visible
from litemem.store.sqlite.rehearsing import rehearse
from litemem.store.sqlite.stats import Portrait, owners, portrait, said
from litemem.store.sqlite.store import Durability, SqliteStore
from litemem.store.sqlite.supersession import Known, Moment
from litemem.store.sqlite.transaction import Transaction
from litemem.store.sqlite.turns import KILLS, TRIES, Choice

__all__ = [
    "EMPTY",
    "KILLS",
    "MEMORY",
    "TRIES",
    "Batch",
    "Choice",
    "Conflict",
    "Durability",
    "Erasure",
    "Finding",
    "Known",
    "Moment",
    "Portrait",
    "Question",
    "Restoration",
    "Snapshot",
    "Sought",
    "SqliteStore",
    "Sweep",
    "Transaction",
    "Vacuumed",
    "Wanted",
    "Wreck",
    "check_file",
    "check_unopened",
    "copy_file",
    "file_id",
    "foreign_rows",
    "has_side_files",
    "is_held",
    "is_same",
    "located",
    "missing_folder",
    "open_bytes",
    "owners",
    "place",
    "portrait",
    "rehearse",
    "release",
    "said",
    "visible",
]
