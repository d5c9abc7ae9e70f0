"""Records and vectors for the tests of the store."""

from array import array
from collections.abc import Sequence

from hypothesis import strategies as st

from helpers import START
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord, content_hash
from litemem.store.filters import Condition
from litemem.store.sqlite.store import SqliteStore

ALICE = Scope(user_id="alice")
EIGHT = EmbedderIdentity("eight", 8, "fingerprint")
EVERYTHING = Condition("1", ())


def record(memory_id: str, content: str = "likes tea", scope: Scope = ALICE) -> MemoryRecord:
    return MemoryRecord(
        id=memory_id,
        content=content,
        hash=content_hash(content),
        scope=scope,
        created_at=START,
        updated_at=START,
    )


def blob(*numbers: float) -> bytes:
    return array("f", (*numbers, *[0.0] * (8 - len(numbers)))).tobytes()


def fill(store: SqliteStore, records: Sequence[MemoryRecord], vectors: Sequence[bytes]) -> None:
    with store.write() as tx:
        tx.settings.bind_embedder(EIGHT)
        tx.memories.insert(records, vectors, [[]] * len(records))


numbers = st.floats(-1, 1, width=16)
