"""What every part of the contract starts from: an empty store, and one with four memories."""

from dataclasses import replace

import pytest

from helpers import START
from helpers.records import EIGHT, blob, record
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.types import Message, Passage, Relation, ScoreParts, TextIndex
from litemem.store import Condition, Store, compile_filter
from litemem.store.liveness import Claimant, this_process
from litemem.store.protocol import Pool

BOB = Scope(user_id="bob")
RUN = Scope(user_id="alice", run_id="r")
DAY = 86_400_000_000  # microseconds
OTHER = EmbedderIdentity("other", 8, "another fingerprint")
HELLO = (Message("user", "hello"), Message("assistant", "hi", "bot"))
FOUND = TextIndex((Passage(0, 2, "hi", asks=False),))
KNOWS = Relation("Anna", "knows", "Ben")
VECTORS = {"Anna": blob(1), "Ben": blob(0, 1)}


def of(scope: Scope) -> Condition:
    return compile_filter(None, scope)


def newest(pool: Pool) -> list[tuple[int, ScoreParts]]:
    """Rank candidates by their keys."""
    return [(pk, ScoreParts(*[0.0] * 8)) for pk in sorted(pool.pks, reverse=True)]


def claimant(token: str = "mine") -> Claimant:
    return Claimant(token, this_process())


class Lent:
    """Every test gets an empty `store`."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("a backend's test class lends an empty store")

    @pytest.fixture
    def filled(self, store: Store) -> Store:
        """Two memories of alice, one of her run and one of bob's."""
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            tx.memories.insert(
                [
                    record("m1"),
                    replace(record("m2", "avoids nuts"), created_at=START + 1),
                    record("m3", "runs daily", RUN),
                    record("m4", scope=BOB),
                ],
                [blob(1), blob(0, 1), blob(1), blob(1)],
                [[]] * 4,
            )
        return store
