"""Print how often the turns that answer LoCoMo's questions lie within a context of some tokens.

    bench_context.py locomo10.json [--errors errors.json] [--captions] [--budget 1000]

Turns are stored as by `bench_locomo.py`, and the same questions asked of `Memory.context`. A turn
is in the context if its whole text is; `any` is the share of questions with one such turn of the
evidence, `share` that of the evidence.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_locomo import (
    CATEGORIES,
    Question,
    Remembering,
    mean,
    questions,
    remember,
    sessions,
    wrong_citations,
)
from litemem import Memory

BUDGETS = (250, 500, 1_000, 2_000)


@dataclass(frozen=True, slots=True)
class Given:
    """The context of a question: the share of the evidence in it, its lines, tokens and time."""

    question: Question
    share: float
    lines: int
    tokens: int
    milliseconds: float


def give(memory: Memory, user: str, question: Question, said: dict[str, str], budget: int) -> Given:
    start = time.perf_counter()
    context = memory.context(question.text, user_id=user, budget=budget, why=True)
    took = (time.perf_counter() - start) * 1_000
    found = [" ".join(said[turn].split()) in context["text"] for turn in question.evidence]
    return Given(question, mean(found), len(context["results"]), context["tokens"], took)


def row(name: str, given: Sequence[Given]) -> str:
    cells = [
        f"{mean(each.share > 0 for each in given):.3f}",
        f"{mean(each.share for each in given):.3f}",
        f"{mean(each.lines for each in given):.1f}",
        f"{mean(each.tokens for each in given):.0f}",
        f"{statistics.median(each.milliseconds for each in given):.1f}",
    ]
    return f"| {name} | {len(given)} | {' | '.join(cells)} |"


def table(given: Sequence[Given]) -> None:
    print(
        "| questions | n | any | share | lines | tokens | ms p50 |\n|---|---|---|---|---|---|---|"
    )
    print(row("all", given))
    for category, name in CATEGORIES.items():
        print(row(f"{category} {name}", [g for g in given if g.question.category == category]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path, help="LoCoMo's conversations, as published")
    parser.add_argument("--errors", type=Path, help="an audit of the citations")
    parser.add_argument("--captions", action="store_true", help="turns hold pictures' captions")
    parser.add_argument("--cache", type=Path, help="a file that keeps the vectors")
    parser.add_argument("--budget", type=int, nargs="+", default=BUDGETS, help="tokens")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    samples = json.loads(options.data.read_text(encoding="utf-8"))
    wrong = wrong_citations(options.errors)
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "locomo.db", durability="normal")
        if options.cache:
            memory.close()
            embedder = Remembering(memory.embedder, options.cache)
            memory = Memory(memory.store.path, embedder=embedder, durability="normal")
        given: dict[int, list[Given]] = {budget: [] for budget in options.budget}
        with memory:
            for number, sample in enumerate(samples):
                user, talk = sample["sample_id"], sample["conversation"]
                remember(memory, user, talk, captions=options.captions)
                said = {
                    turn["dia_id"]: turn["text"] for _, _, turns in sessions(talk) for turn in turns
                }
                asked = [q for q in questions(number, sample, wrong) if not q.is_wrong]
                for budget, all_given in given.items():
                    all_given += [give(memory, user, q, said, budget) for q in asked]
    for budget, all_given in given.items():
        print(f"\nbudget={budget}\n")
        table(all_given)


if __name__ == "__main__":
    main()
