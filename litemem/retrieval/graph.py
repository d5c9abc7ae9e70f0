"""Search the graph: relations next to a query and to the memories that were found."""

from collections.abc import Iterable

from litemem.core.protocols import Embedder
from litemem.core.text import names
from litemem.core.types import Match, Relation
from litemem.models.embedding import embed_query
from litemem.store.filters import Condition
from litemem.store.protocol import GraphQuery, Store


def search_relations(
    store: Store,
    embedder: Embedder,
    query: str,
    matches: Iterable[Match],
    *,
    condition: Condition,
    bound: Condition,
    limit: int,
) -> list[Relation]:
    """Return the relations one hop from what `query` names or means, the most relevant first.

    Relations of the `matches` are included, by the memories' scores. `bound` is the part of
    `condition` that is about ids alone.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the query could not be embedded.
    """
    if limit == 0:
        return []
    asked = GraphQuery(
        condition=condition,
        bound=bound,
        forms=names.forms_in(query),
        vector=embed_query(embedder, query),
        identity=embedder.identity,
        memories={match.record.id: match.score for match in matches},
        limit=limit,
    )
    with store.read() as r:
        return r.graph.search(asked)
