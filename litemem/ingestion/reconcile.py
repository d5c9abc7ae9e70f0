"""Reconcile: how a new fact stands to what is known; the words decide, the model where they cannot.

A small model calls too much a contradiction: what happened, what one likes beside something else,
another person's life. So rules come first, the model is asked once a fact and only about what is
left, and what it says is believed only where the words do not speak against it.
"""

import logging
from collections.abc import Sequence
from typing import Any

from litemem.core.protocols import LLM
from litemem.errors import ExtractionError
from litemem.extraction import answers, prompts
from litemem.ingestion.compare import Verdict, bears_out, compare

ASKED = 3  # known facts in one question; the nearest
PROMPT = "still_true"
_ANSWERS: dict[str, Verdict] = {"true": "different", "outdated": "contradicts", "same": "same"}
_TOKENS = 16  # an answer takes about 6 a fact

logger = logging.getLogger("litemem")


def judge(llm: LLM, fact: str, known: Sequence[tuple[str, float]]) -> list[Verdict]:
    """Return how `fact` stands to each known one, given as its text and the vectors' cosine.

    The model is asked once at most, about the nearest of those that the words leave in doubt; the
    others are taken to be different, and so is all when its answer cannot be read.

    Raises:
        LLMError: the model failed.
    """
    told = [compare(text, fact, cosine) for text, cosine in known]
    doubtful = sorted(
        (i for i, verdict in enumerate(told) if verdict is None), key=lambda i: -known[i][1]
    )[:ASKED]
    if doubtful:
        judged = _ask(llm, fact, [known[i][0] for i in doubtful])
        for i, answer in zip(doubtful, judged, strict=True):
            told[i] = bears_out(answer, known[i][0], fact, known[i][1])
    return [verdict or "different" for verdict in told]


def judge_by_words(fact: str, known: str, cosine: float) -> Verdict | None:
    """Return how `fact` stands to a known one, None when only the model could tell."""
    return compare(known, fact, cosine)


def _ask(llm: LLM, fact: str, known: Sequence[str]) -> list[Verdict]:
    lines = "\n".join(f"{i}. {text}" for i, text in enumerate(known, start=1))
    numbers = [str(i) for i in range(1, len(known) + 1)]
    try:
        answer = llm.generate(
            prompts.load(PROMPT),
            f"{lines}\nNew: {fact}",
            schema=_schema(numbers),
            max_tokens=_TOKENS * len(known),
        )
        found = answers.parsed(answer)
        return [_ANSWERS[found[number]] for number in numbers]
    except (ExtractionError, ValueError, TypeError, KeyError) as error:
        logger.debug("no verdict on %r: %s", fact, error)
        return ["different"] * len(known)


def _schema(numbers: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {number: {"enum": list(_ANSWERS)} for number in numbers},
        "required": list(numbers),
        "additionalProperties": False,
    }
