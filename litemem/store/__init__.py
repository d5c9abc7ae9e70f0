"""The store: the only place that knows SQLite."""

from litemem.store.checks import Finding
from litemem.store.copying import check_file, copy_file, has_side_files, place, release
from litemem.store.erasing import Erasure, Vacuumed
from litemem.store.finding import Sought
from litemem.store.foreign import foreign_rows
from litemem.store.graph import Question
from litemem.store.inspecting import Portrait, owners, portrait, said
from litemem.store.opening import MEMORY
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
    "KILLS",
    "MEMORY",
    "TRIES",
    "Batch",
    "Choice",
    "Conflict",
    "Durability",
    "Erasure",
    "Finding",
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
    "copy_file",
    "foreign_rows",
    "has_side_files",
    "owners",
    "place",
    "portrait",
    "rehearse",
    "release",
    "said",
    "visible",
]
