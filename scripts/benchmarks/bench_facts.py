"""Print how many facts of the sets in facts/ are kept, and how many memories are wrong.

    bench_facts.py SET… [--limit N] [--only KIND|LANGUAGE]… [--model NAME] [--dry-run] [--show]

Each case goes through `Memory.add` of a new memory. A row is printed for each language, or for each
kind in a set of kinds:

- kept: facts told that a live memory holds.
- wrong: cases in which a memory says what none may, or an outdated one is live, or one is gone that
  should have stayed; and all of these together.
- before: facts of earlier turns that were not live when the judged turn was added.
- s a turn: the median of the judged turns.

Each failure is printed with all live memories. `--dry-run` stores the messages unchanged, without
a model, to check the sets: a fact told is then missed only if it needs an inference.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "facts"))

from cases import Case, Entry, found, read

from litemem import Memory
from litemem.core.protocols import LLM, Embedder
from litemem.errors import LitememError
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.testing import HashEmbedder

COLUMNS = "group | cases | kept | wrong cases | wrong | lost before | s a turn"
SETS = Path(__file__).parent / "facts"
USER = "user"


@dataclass
class Outcome:
    """What became of a case: entries that were missed or violated, and the live memories."""

    case: Case
    memories: list[str] = field(default_factory=list)
    missed: list[Entry] = field(default_factory=list)
    wrong: list[tuple[str, Entry]] = field(default_factory=list)
    lost_before: list[Entry] = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""

    @property
    def is_failure(self) -> bool:
        return bool(self.missed or self.wrong or self.lost_before or self.error)

    def __str__(self) -> str:
        said = [f"  {m.get('role', '?')}: {text_of(m)}" for m in self.case.messages]
        earlier = [f"  before: {text_of(m)}" for turn in self.case.before for m in turn]
        lines = [f"\n{self.case.id} ({self.case.group})", *earlier, *said]
        lines += [f"  + {memory}" for memory in self.memories] or ["  + (nothing)"]
        lines += [f"  MISSED {entry}" for entry in self.missed]
        lines += [f"  WRONG {name} {entry}" for name, entry in self.wrong]
        lines += [f"  NOT THERE BEFORE {entry}" for entry in self.lost_before]
        return "\n".join([*lines, *([f"  ERROR {self.error}"] if self.error else [])])


def run(case: Case, embedder: Embedder, llm: LLM | None) -> Outcome:
    """Add the turns of a case to a new memory, and judge it; without a model, store them as is."""
    outcome = Outcome(case)
    with Memory(":memory:", embedder=embedder, llm=llm) as memory:
        try:
            for turn in case.before:
                memory.add(turn, user_id=USER, infer=llm is not None)
            earlier = live(memory)
            start = time.perf_counter()
            memory.add(case.messages, user_id=USER, timestamp=case.timestamp, infer=llm is not None)
            outcome.seconds = time.perf_counter() - start
        except LitememError as error:
            outcome.error = f"{type(error).__name__}: {error}"
            earlier = []
        outcome.memories = live(memory)
    judge(outcome, earlier)
    return outcome


def judge(outcome: Outcome, earlier: Sequence[str]) -> None:
    """Compare the live memories with what the case asks for."""
    case, memories = outcome.case, outcome.memories
    outcome.missed = [entry for entry in case.keep if not found(entry, memories)]
    outcome.wrong = [("never", entry) for entry in case.never if found(entry, memories)]
    outcome.wrong += [("gone", entry) for entry in case.gone if found(entry, memories)]
    for entry in case.stays:
        if not found(entry, earlier):
            outcome.lost_before.append(entry)
        elif not found(entry, memories):
            outcome.wrong.append(("stays", entry))


def live(memory: Memory) -> list[str]:
    rows = memory.get_all(user_id=USER, top_k=1_000)["results"]
    return [row["memory"] for row in reversed(rows)]


def text_of(message: dict[str, object]) -> str:
    content = message.get("content", message.get("parts", ""))
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    told = sum(len(o.case.keep) for o in outcomes)
    kept = told - sum(len(o.missed) for o in outcomes)
    share = f"{kept / told:.3f} ({kept}/{told})" if told else "–"
    cells = (
        name,
        len(outcomes),
        share,
        sum(1 for o in outcomes if o.wrong),
        sum(len(o.wrong) for o in outcomes),
        sum(len(o.lost_before) for o in outcomes),
        f"{statistics.median(o.seconds for o in outcomes):.2f}",
    )
    return " | ".join(map(str, cells))


def chosen(options: argparse.Namespace, path: Path) -> list[Case]:
    """Return the cases of a set: of those asked for, the first of each group."""
    picked: list[Case] = []
    counts: dict[str, int] = {}
    for case in read(path):
        names = {case.language, str(case.kind)}
        counts[case.group] = counts.get(case.group, 0) + 1
        is_asked = not options.only or not names.isdisjoint(options.only)
        if is_asked and (options.limit is None or counts[case.group] <= options.limit):
            picked.append(case)
    return picked


def main() -> None:
    options = _options()
    embedder = HashEmbedder() if options.dry_run else FastEmbedEmbedder()
    llm = None if options.dry_run else LlamaCppLLM(options.model)
    for model in (embedder, llm):
        if model is not None:
            model.close = lambda: None  # a memory that closes would free what the next one needs
    for path in options.sets:
        groups: dict[str, list[Outcome]] = {}
        for case in chosen(options, path):
            outcome = run(case, embedder, llm)
            groups.setdefault(case.group, []).append(outcome)
            if options.show or (outcome.is_failure and not options.quiet):
                print(outcome, flush=True)
        print(f"\n{path.stem}\n{COLUMNS}", "|".join(["---"] * len(COLUMNS.split("|"))), sep="\n")
        for name, outcomes in groups.items():
            print(row(name, outcomes))
        if len(groups) > 1:
            print(row("all", [outcome for group in groups.values() for outcome in group]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", type=_set, nargs="+", metavar="SET", help="a file, or plain_dev")
    parser.add_argument("--limit", type=int, help="cases of each language or kind")
    parser.add_argument("--only", action="append", help="a kind or a language")
    parser.add_argument("--model", help="of the registry, or a GGUF's path")
    parser.add_argument("--dry-run", action="store_true", help="store the messages unchanged")
    parser.add_argument("--show", action="store_true", help="every case, not the failures alone")
    parser.add_argument("--quiet", action="store_true", help="the table alone")
    return parser.parse_args()


def _set(name: str) -> Path:
    path = Path(name)
    return path if path.exists() else SETS / f"{name}.jsonl"


if __name__ == "__main__":
    main()
