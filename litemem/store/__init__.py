"""The store: the only place that knows SQLite."""

from litemem.store.checks import Finding
from litemem.store.copying import (
    check_file,
    check_unopened,
    copy_file,
    file_id,
    has_side_files,
    place,
    release,
)
from litemem.store.erasing import Erasure, Vacuumed
from litemem.store.finding import Sought
from litemem.store.foreign import foreign_rows
from litemem.store.graph import Question
from litemem.store.holding import is_held, is_same, open_bytes
from litemem.store.inspecting import Portrait, owners, portrait, said
from litemem.store.known import Known, Moment
from litemem.store.opening import EMPTY, MEMORY, located, missing_folder
from litemem.store.queries import visible
from litemem.store.rehearsing import rehearse
from litemem.store.restoring import Batch, Conflict, Restoration
from litemem.store.sqlite import Durability, SqliteStore
from litemem.store.streaming import Snapshot
from litemem.store.sweeping import Sweep, Wanted
from litemem.store.transaction import Transaction
from litemem.store.turns import KILLS, TRIES, Choice
from litemem.store.wreck import Wreck

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
