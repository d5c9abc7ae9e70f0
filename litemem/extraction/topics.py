"""Topics: which facts an application wants, and under which of its categories they go.

A small model that is told what to leave out while it extracts does not; asked about one fact at a
time, it answers well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from litemem.core.protocols import LLM
from litemem.errors import ExtractionError
from litemem.extraction import answers, prompts
from litemem.extraction.facts import Fact

NONE = "none"  # what fits no category; asked for a list, the model fills it up
VERDICT_TOKENS = 16
CATEGORY_TOKENS = 64

_VERDICT = {
    "type": "object",
    "properties": {"about": {"enum": ["yes", "no"]}},
    "required": ["about"],
    "additionalProperties": False,
}


def select(
    llm: LLM, facts: Sequence[Fact], *, includes: str | None, excludes: str | None
) -> list[Fact]:
    """Return the facts that are about `includes` and not about `excludes`; None says nothing.

    Raises:
        LLMError, ExtractionError: as the model.
    """
    return [
        fact
        for fact in facts
        if (includes is None or _is_about(llm, includes, fact))
        and (excludes is None or not _is_about(llm, excludes, fact))
    ]


def categorised(llm: LLM, facts: Sequence[Fact], categories: Mapping[str, str]) -> list[Fact]:
    """Return the facts with the one of `categories` (name: what it means, or nothing) that fits.

    Raises:
        LLMError, ExtractionError: as the model.
    """
    if not categories:
        return list(facts)
    listed = "\n".join(
        f"- {name}: {meaning}" if meaning else f"- {name}" for name, meaning in categories.items()
    )
    return [
        replace(fact, categories=_chosen(llm, listed, list(categories), fact)) for fact in facts
    ]


def _is_about(llm: LLM, topic: str, fact: Fact) -> bool:
    text = f"{fact.text.rstrip('.')}. Is this about {topic.strip()}?"
    answer = llm.generate(prompts.load("topic"), text, schema=_VERDICT, max_tokens=VERDICT_TOKENS)
    return bool(_read(llm, answer, "about") == "yes")


def _chosen(llm: LLM, listed: str, names: list[str], fact: Fact) -> tuple[str, ...]:
    schema = {
        "type": "object",
        "properties": {"category": {"enum": [*names, NONE]}},
        "required": ["category"],
        "additionalProperties": False,
    }
    text = f"Categories:\n{listed}\nFact: {fact.text}"
    prompt = prompts.load("categories")
    answer = llm.generate(prompt, text, schema=schema, max_tokens=CATEGORY_TOKENS)
    chosen = _read(llm, answer, "category")
    return (chosen,) if chosen in names else ()


def _read(llm: LLM, answer: str, key: str) -> Any:
    try:
        return answers.parsed(answer)[key]
    except (ValueError, TypeError, KeyError) as error:
        raise ExtractionError(f"{llm.name} gave no verdict: {answer!r:.200}") from error
