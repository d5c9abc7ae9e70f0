"""Short ways to ask a store: each call in a read of its own, and a ranker made of one function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from litemem.core.types import ScoreParts
from litemem.retrieval import ranking
from litemem.store.protocol import Pool, Store
from litemem.store.sqlite.transaction import SqliteTransaction


@dataclass(frozen=True)
class RankBy:
    """A ranker whose order is `rank`, with the rules of retrieval for all else."""

    rank: Callable[[Pool], list[tuple[int, ScoreParts]]]

    own_scores = staticmethod(ranking.own_scores)
    term_weight = staticmethod(ranking.term_weight)


def reading(store: Store) -> SqliteTransaction:
    """Return what `store.read()` lends, opened for each single call."""
    return cast(SqliteTransaction, _Now(store, ()))


class _Now:
    def __init__(self, store: Store, names: tuple[str, ...]) -> None:
        self._store = store
        self._names = names

    def __getattr__(self, name: str) -> "_Now":
        return _Now(self._store, (*self._names, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._store.read() as found:
            lent: Any = found
            for name in self._names:
                lent = getattr(lent, name)
            return lent(*args, **kwargs)
