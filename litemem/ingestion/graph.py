"""The graph: what facts relate, drawn as they are remembered, and asked beside the memories."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from litemem.core.protocols import LLM, Embedder, EmbedderIdentity, Vector
from litemem.core.scope import Scope
from litemem.core.text import names
from litemem.core.types import AddResult, Match, Relation
from litemem.models.embedding import embed_query
from litemem.store.filters import Condition
from litemem.store.sqlite import Question, SqliteStore, Transaction


@dataclass(frozen=True, slots=True)
class Drawing:
    """The relations of some facts, by fact, and the vectors of all names in them, by name."""

    by_fact: Mapping[str, Sequence[Relation]] = field(default_factory=dict)
    vectors: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, tx: Transaction, outcomes: Iterable[AddResult]) -> None:
        """Write down what the memories say whose text is one of the facts, new or known."""
        for outcome in outcomes:
            found = self.by_fact.get(outcome.record.content)
            if found:
                tx.relate(outcome.record, found, self.vectors)


def draw(
    llm: LLM, embed: Callable[[list[str]], list[bytes]], facts: Sequence[str], scope: Scope
) -> Drawing:
    """Find the relations that facts state; nothing is written yet.

    Raises:
        LLMError, EmbedderError: a model failed.
    """
    from litemem.extraction import relations  # with a guard of its own; a search does without

    if not facts:
        return Drawing()
    found = relations.find(llm, facts, scope)
    named = [end for each in found for r in each for end in (r.source, r.destination)]
    chosen = list(dict.fromkeys(named))
    vectors = dict(zip(chosen, embed(chosen), strict=True))
    return Drawing(dict(zip(facts, found, strict=True)), vectors)


def search(
    store: SqliteStore,
    embedder: Embedder,
    query: str,
    found: Iterable[Match],
    condition: Condition,
    bound: Condition,
    *,
    limit: int,
) -> list[Relation]:
    """Return the relations one hop from what `query` names or means, the most relevant first.

    Those of the memories that were `found` are among them, by the memories' scores. `bound` is
    what `condition` says of ids alone.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the query could not be embedded.
    """
    if limit == 0:
        return []
    return store.relations(
        Question(
            condition=condition,
            bound=bound,
            forms=names.forms_in(query),
            vector=embed_query(embedder, query),
            identity=embedder.identity,
            memories={f.record.id: f.score for f in found},
            limit=limit,
        )
    )


class QueryOnce:
    """An embedder that embeds a query once, although memories and graph both ask for it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vector] = {}

    @property
    def identity(self) -> EmbedderIdentity:
        """Say which vectors these are: those of the embedder that was given."""
        return self._embedder.identity

    def embed_documents(self, texts: list[str]) -> Collection[Vector]:
        """Return a vector for each text."""
        return self._embedder.embed_documents(texts)

    def embed_query(self, text: str) -> Vector:
        """Return the query's vector, from the second time on without the model."""
        if text not in self._known:
            self._known[text] = self._embedder.embed_query(text)
        return self._known[text]

    def close(self) -> None:
        """Leave the embedder to whom it belongs."""
