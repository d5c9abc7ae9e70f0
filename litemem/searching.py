"""Searching: from a query and a condition to the best memories, in order."""

from litemem import ranking
from litemem.filters import Condition
from litemem.models import Found
from litemem.protocols import Embedder
from litemem.store import SqliteStore
from litemem.vectors import to_blob
from litemem.words import fts_query


def search(
    store: SqliteStore,
    embedder: Embedder,
    query: str,
    condition: Condition,
    *,
    top_k: int,
    threshold: float,
) -> list[Found]:
    """Return the `top_k` memories under `condition` that answer `query` best, best first.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the query could not be embedded.
    """
    if top_k == 0:
        return []
    identity = embedder.identity
    found = store.search(
        condition,
        vector=to_blob(embedder.embed_query(query), identity.dimensions),
        words=fts_query(query),
        identity=identity,
        limit=ranking.candidates(top_k),
    )
    return ranking.rank(found, top_k=top_k, threshold=threshold)
