"""Print which facts of a model a memory keeps, by kind: true ones, and ones that nobody said.

    bench_told.py SET… [--only KIND|LANGUAGE]…

A line of a set has what was `said` (a text, or messages), the `facts` that a model writes of it,
and whether they are `good`. A `ScriptedLLM` gives these facts, so the rules alone decide. Good
facts have to be live as they are, or with the text that `holds` names and without what it `lacks`.
No live memory may have the words of others. Each case that goes wrong is printed with the live
memories.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.models.embedders import FastEmbedEmbedder
from litemem.testing import ScriptedLLM

SETS = Path(__file__).parent / "facts"
ANSWERS = 6  # of the model for a turn, at most
COLUMNS = "kind | true facts kept | wrong facts left out"


def live_after(case: dict[str, Any], embedder: FastEmbedEmbedder) -> list[str]:
    """Add what was said to a new memory, and return its live memories."""
    said, facts = case["said"], case["facts"]
    messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
    first, last = messages[:-1], messages[-1:]
    is_answer = bool(first) and first[-1]["role"] == "assistant"
    llm = ScriptedLLM(([[]] if first and not is_answer else []) + [facts] * ANSWERS)
    with Memory(":memory:", embedder=embedder, llm=llm) as memory:
        if first and not is_answer:
            memory.add(first, user_id="u", timestamp=case.get("timestamp"))
        turn = messages if is_answer else last
        memory.add(turn, user_id="u", timestamp=case.get("timestamp"))
        return [each["memory"] for each in memory.get_all(user_id="u", top_k=100)["results"]]


def is_right(case: dict[str, Any], live: list[str]) -> bool:
    """Return True if the live memories are those that a case asks for."""
    folded = [_folded(each) for each in live]
    if not case["good"]:
        return not any(_folded(fact) in folded for fact in case["facts"])
    if "holds" in case:
        lacks = case.get("lacks")
        return any(case["holds"] in each for each in live) and not any(
            lacks and lacks in each for each in live
        )
    return all(_folded(fact) in folded for fact in case["facts"])


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").rstrip(".。").split())


def cases(path: Path, only: list[str] | None) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not only or {case["kind"], case["language"]} & set(only):
            yield case


def main() -> None:
    options = _options()
    embedder = FastEmbedEmbedder()
    embedder.close = lambda: None  # type: ignore[method-assign]
    for path in options.sets:
        groups: dict[str, list[tuple[bool, bool]]] = {}
        for case in cases(path, options.only):
            live = live_after(case, embedder)
            verdict = (case["good"], is_right(case, live))
            for name in (case["kind"], "all"):
                groups.setdefault(name, []).append(verdict)
            if not verdict[1]:
                print(
                    f"{case['id']} {case['kind']} {'GOOD' if case['good'] else 'BAD'}: "
                    f"{case['said']!r} → {case['facts']}\n    {live}",
                    flush=True,
                )
        print(f"\n{path.stem}\n{COLUMNS}", "---|---|---", sep="\n")
        for name, verdicts in sorted(
            groups.items(), key=lambda group: (group[0] == "all", group[0])
        ):
            kept = [ok for is_good, ok in verdicts if is_good]
            left = [ok for is_good, ok in verdicts if not is_good]
            print(f"{name} | {_share(kept)} | {_share(left)}")


def _share(values: list[bool]) -> str:
    return f"{sum(values)}/{len(values)}" if values else "–"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", type=_set, nargs="+", metavar="SET", help="a file, or told_held")
    parser.add_argument("--only", action="append", help="a kind or a language")
    return parser.parse_args()


def _set(name: str) -> Path:
    path = Path(name)
    return path if path.exists() else SETS / f"{name}.jsonl"


if __name__ == "__main__":
    main()
