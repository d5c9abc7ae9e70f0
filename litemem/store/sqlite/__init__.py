"""The store: the only place that knows SQLite."""

from litemem.store.sqlite.archive.reader import ArchiveReader, Batch, Conflict
from litemem.store.sqlite.archive.writer import ArchiveWriter
from litemem.store.sqlite.cleanup import CleanupPlan, Retention
from litemem.store.sqlite.connection import EMPTY, MEMORY, located, missing_folder
from litemem.store.sqlite.copy import (
    atomic_write,
    check_file,
    check_unopened,
    checkpoint_and_lock,
    copy_file,
    file_id,
    has_side_files,
    replace_file,
)
from litemem.store.sqlite.erasure import Erasure, Vacuumed
from litemem.store.sqlite.finding import Sought
from litemem.store.sqlite.foreign import foreign_rows
from litemem.store.sqlite.graph import Question
from litemem.store.sqlite.integrity.checks import CheckResult
from litemem.store.sqlite.open_files import is_held, is_same, open_bytes
from litemem.store.sqlite.queries import visible
from litemem.store.sqlite.rehearsing import rehearse
from litemem.store.sqlite.stats import FileStats, file_stats, owners, source_messages
from litemem.store.sqlite.store import Durability, SqliteStore
from litemem.store.sqlite.supersession import Known, Moment
from litemem.store.sqlite.transaction import Transaction
from litemem.store.sqlite.turns import KILLS, TRIES, Choice

__all__ = [
    "EMPTY",
    "KILLS",
    "MEMORY",
    "TRIES",
    "ArchiveReader",
    "ArchiveWriter",
    "Batch",
    "CheckResult",
    "Choice",
    "CleanupPlan",
    "Conflict",
    "Durability",
    "Erasure",
    "FileStats",
    "Known",
    "Moment",
    "Question",
    "Retention",
    "Sought",
    "SqliteStore",
    "Transaction",
    "Vacuumed",
    "atomic_write",
    "check_file",
    "check_unopened",
    "checkpoint_and_lock",
    "copy_file",
    "file_id",
    "file_stats",
    "foreign_rows",
    "has_side_files",
    "is_held",
    "is_same",
    "located",
    "missing_folder",
    "open_bytes",
    "owners",
    "rehearse",
    "replace_file",
    "source_messages",
    "visible",
]
