"""Procedural memory: what an agent did in a run, summarised by the language model."""

import json
from collections.abc import Sequence

from litemem import prompts
from litemem.errors import ExtractionError
from litemem.models import Message
from litemem.protocols import LLM

ANSWER_TOKENS = 1_024
_SECTIONS = ("goal", "steps", "results", "open")
_TEXTS = {"type": "array", "items": {"type": "string", "maxLength": 400}, "maxItems": 24}
_SCHEMA = {
    "type": "object",
    "properties": {
        "goal": {"type": "string", "maxLength": 400},
        "steps": _TEXTS,
        "results": _TEXTS,
        "open": _TEXTS,
    },
    "required": list(_SECTIONS),
    "additionalProperties": False,
}


def summarise(llm: LLM, messages: Sequence[Message], instructions: str | None = None) -> str:
    """Return the summary of a run as Markdown: goal, steps, results, open ends.

    Raises:
        LLMError: the model failed, or the run is longer than its context.
        ExtractionError: it wrote what cannot be read.
    """
    run = "\n".join(f"{m.role}: {m.content.strip()}" for m in messages if m.content.strip())
    text = f"Instructions: {instructions.strip()}\n{run}" if instructions else run
    prompt = prompts.load("procedure")
    answer = llm.generate(prompt, text, schema=_SCHEMA, max_tokens=ANSWER_TOKENS)
    try:
        found = json.loads(answer)
        parts = {name: found[name] for name in _SECTIONS}
    except (ValueError, TypeError, KeyError) as error:
        raise ExtractionError(f"{llm.name} wrote no summary: {answer!r:.200}") from error
    return _markdown(parts)


def _markdown(parts: dict[str, str | list[str]]) -> str:
    lines = [f"Goal: {parts['goal']}"]
    for i, step in enumerate(parts["steps"], start=1):
        lines.append(f"{i}. {step}")
    for title, name in (("Results", "results"), ("Open", "open")):
        if parts[name]:
            lines.append(f"{title}: " + "; ".join(parts[name]))
    return "\n".join(lines)
