"""The relations that new facts state, with a vector for each name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from litemem.core.protocols import LLM, Embedder
from litemem.core.types import AddResult, MemoryRecord, Relation
from litemem.models.embedding import embed
from litemem.store.protocol import Transaction


@dataclass(frozen=True, slots=True)
class FactRelations:
    """Relations by the text of the fact, and the vectors of the names in them, by name."""

    by_fact: Mapping[str, Sequence[Relation]] = field(default_factory=dict)
    vectors: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, tx: Transaction, outcomes: Iterable[AddResult]) -> None:
        """Store the relations of each fact with the memory that has its text, new or known."""
        for outcome in outcomes:
            relations = self.by_fact.get(outcome.record.content)
            if relations:
                tx.graph.relate(outcome.record, relations, self.vectors)


def extract_relations(
    llm: LLM, embedder: Embedder, records: Sequence[MemoryRecord]
) -> FactRelations:
    """Extract the relations that these facts of one scope state; nothing is written.

    Raises:
        LLMError, EmbedderError: a model failed.
    """
    if not records:
        return FactRelations()
    from litemem.extraction import relations  # only a program that keeps a graph needs it

    facts = [record.content for record in records]
    found = relations.find(llm, facts, records[0].scope)
    ends = [end for each in found for r in each for end in (r.source, r.destination)]
    names = list(dict.fromkeys(ends))
    vectors = dict(zip(names, embed(embedder, names), strict=True))
    return FactRelations(dict(zip(facts, found, strict=True)), vectors)
