"""Print which facts of a model a memory keeps, by kind: true ones, and ones that nobody said.

    bench_told.py SET… [--only KIND|LANGUAGE]…

A line of a set has what was `said` (a text, or messages), the `facts` that a model writes of it,
and whether they are `good`. A `ScriptedLLM` gives these facts, so the rules alone decide. Good
facts have to be live as they are, or with the text that `holds` names and without what it `lacks`.
No live memory may have the words of others, or what a case that is not good `lacks`. What the model
passes over is read by rules if it is `small`. Each case that goes wrong is printed with the live
memories.
"""

import re
from typing import Any

from litemem import Memory
from litemem.models.embedders import FastEmbedEmbedder
from litemem.testing import ScriptedLLM
from verdicts import Verdicts, sets

DATE = re.compile(r" \(~?\d{4}[\d –-]*\)")
ANSWERS = 6  # of the model for a turn, at most


class SmallLLM(ScriptedLLM):
    """A model whose silence means nothing."""

    parameters = 1_500_000_000


def live_after(case: dict[str, Any], embedder: FastEmbedEmbedder) -> list[str]:
    """Add what was said to a new memory, and return its live memories."""
    said, facts = case["said"], case["facts"]
    messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
    first, last = messages[:-1], messages[-1:]
    # an answer stands in the turn of its question, and people speak with each other in one
    is_whole = bool(first) and (first[-1]["role"] == "assistant" or "name" in first[-1])
    model = SmallLLM if case.get("small") else ScriptedLLM
    llm = model(([[]] if first and not is_whole else []) + [facts] * ANSWERS)
    with Memory(":memory:", embedder=embedder, llm=llm) as memory:
        if first and not is_whole:
            memory.add(first, user_id="u", timestamp=case.get("timestamp"))
        turn = messages if is_whole else last
        memory.add(turn, user_id="u", timestamp=case.get("timestamp"))
        return [each["memory"] for each in memory.get_all(user_id="u", top_k=100)["results"]]


def is_right(case: dict[str, Any], live: list[str]) -> bool:
    """Return True if the live memories are those that a case asks for."""
    folded = [_folded(each) for each in live]
    lacks = case.get("lacks")
    if not case["good"]:
        is_told = any(_folded(fact) in folded for fact in case["facts"])
        return not is_told and not any(lacks and lacks in each for each in live)
    if "holds" in case:
        return any(case["holds"] in each for each in live) and not any(
            lacks and lacks in each for each in live
        )
    return all(_folded(fact) in folded for fact in case["facts"])


def _folded(text: str) -> str:
    undated = DATE.sub("", text)  # "gestern (2026-11-29)"
    return " ".join(undated.casefold().replace("’", "'").rstrip(".。").split())


def main() -> None:
    embedder = FastEmbedEmbedder()
    embedder.close = lambda: None  # type: ignore[method-assign]
    for title, cases in sets(__doc__, "told_held", ["kind", "language"]):
        verdicts = Verdicts("true facts kept", "wrong facts left out")
        for case in cases:
            live = live_after(case, embedder)
            verdicts.add(case, is_right(case, live), case["kind"])
            if not is_right(case, live):
                print(
                    f"{case['id']} {case['kind']} {'GOOD' if case['good'] else 'BAD'}: "
                    f"{case['said']!r} → {case['facts']}\n    {live}",
                    flush=True,
                )
        verdicts.print(title)


if __name__ == "__main__":
    main()
