"""Select the facts of the topics an application wants, and sort them into its categories.

A small model that has to leave topics out while it extracts does not; asked about one fact at a
time, it answers well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from litemem.core.protocols import LLM
from litemem.extraction import prompts
from litemem.extraction.ask import ask
from litemem.extraction.facts import Fact

NONE = "none"  # fits no category; asked for a list, a small model fills it up
VERDICT_TOKENS = 16
CATEGORY_TOKENS = 64


def select(
    llm: LLM, facts: Sequence[Fact], *, includes: str | None, excludes: str | None
) -> list[Fact]:
    """Return the facts that are about `includes` and not about `excludes`; None means no limit.

    Raises:
        LLMError: the model failed.
        ExtractionError: its answer cannot be read.
    """
    return [
        fact
        for fact in facts
        if (includes is None or _is_about(llm, includes, fact))
        and (excludes is None or not _is_about(llm, excludes, fact))
    ]


def categorised(llm: LLM, facts: Sequence[Fact], categories: Mapping[str, str]) -> list[Fact]:
    """Return the facts, each with the one of `categories` that fits, or none.

    `categories` maps names to descriptions, which may be empty.

    Raises:
        LLMError: the model failed.
        ExtractionError: its answer cannot be read.
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
    choice = {"about": {"enum": ["yes", "no"]}}
    answer = ask(llm, prompts.load("topic"), text, choice, max_tokens=VERDICT_TOKENS)
    return bool(answer["about"] == "yes")


def _chosen(llm: LLM, listed: str, names: list[str], fact: Fact) -> tuple[str, ...]:
    text = f"Categories:\n{listed}\nFact: {fact.text}"
    choice = {"category": {"enum": [*names, NONE]}}
    answer = ask(llm, prompts.load("categories"), text, choice, max_tokens=CATEGORY_TOKENS)
    chosen = answer["category"]
    return (chosen,) if chosen in names else ()
