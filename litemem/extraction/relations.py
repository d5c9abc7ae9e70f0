"""Relations: who or what each fact joins, found by the language model and guarded."""

import logging
from collections.abc import Sequence
from typing import Any

from litemem.core.protocols import LLM
from litemem.core.scope import Scope
from litemem.core.types import Relation
from litemem.errors import ExtractionError
from litemem.extraction import answers, prompts
from litemem.extraction.relation_guard import FactGuard

FACTS_A_CALL = 5  # a small model numbers more of them wrongly, and repeats itself
RELATIONS_A_FACT = 4
TOKENS_A_FACT = 128  # of the answer: four relations of 25 tokens, and their brackets

_END = {"type": "string", "minLength": 1, "maxLength": 60}
_RELATION = {
    "type": "array",
    "prefixItems": [{"type": "integer"}, _END, _END, _END],
    "minItems": 4,
    "maxItems": 4,
}

logger = logging.getLogger("litemem")


def find(llm: LLM, facts: Sequence[str], scope: Scope) -> list[list[Relation]]:
    """Return the relations that each fact states, in the order of the facts.

    Both ends are named in the fact; the user and the agent by their ids in `scope`, or as "user"
    and "assistant". A fact that the model cannot read has none.

    Raises:
        LLMError: the model failed.
    """
    found: list[list[Relation]] = []
    for i in range(0, len(facts), FACTS_A_CALL):
        found += _of(llm, facts[i : i + FACTS_A_CALL], scope)
    return found


def _of(llm: LLM, facts: Sequence[str], scope: Scope) -> list[list[Relation]]:
    """Ask about a few facts; about fewer at once when the model does not come to an end."""
    try:
        answer = _ask(llm, facts)
    except ExtractionError as error:
        if len(facts) == 1:
            logger.debug("no relations of %r: %s", facts[0], error)
            return [[]]
        middle = len(facts) // 2
        return _of(llm, facts[:middle], scope) + _of(llm, facts[middle:], scope)
    guards = [FactGuard(fact, scope) for fact in facts]
    found: list[dict[Relation, None]] = [{} for _ in facts]
    for number, *triple in answer:
        for i in _nearest(number - 1, len(facts)):
            relation = guards[i].checked(*triple)
            if relation is not None:
                found[i][relation] = None
                break
        else:
            logger.debug("dropped %r: no fact says it", triple)
    return [list(relations)[:RELATIONS_A_FACT] for relations in found]


def _nearest(index: int, count: int) -> list[int]:
    """Return all indexes, the given one first: the model's numbers go wrong by one or two."""
    return sorted(range(count), key=lambda i: abs(i - index))


def _ask(llm: LLM, facts: Sequence[str]) -> list[tuple[int, str, str, str]]:
    text = "\n".join(f"{i}. {fact}" for i, fact in enumerate(facts, start=1))
    most = len(facts) * TOKENS_A_FACT
    answer = llm.generate(
        prompts.load("relations"), text, schema=_schema(len(facts)), max_tokens=most
    )
    try:
        rows = answers.parsed(answer)["relations"]
        return [_row(row) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise ExtractionError(f"{llm.name} wrote no relations: {answer!r:.200}") from error


def _schema(facts: int) -> dict[str, Any]:
    most = facts * RELATIONS_A_FACT
    return {
        "type": "object",
        "properties": {"relations": {"type": "array", "items": _RELATION, "maxItems": most}},
        "required": ["relations"],
        "additionalProperties": False,
    }


def _row(row: Any) -> tuple[int, str, str, str]:
    number, source, relationship, destination = row
    texts = (source, relationship, destination)
    if not isinstance(number, int) or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{row!r:.80} is no relation")
    return number, source, relationship, destination
