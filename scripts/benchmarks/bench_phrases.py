"""Print how many good paraphrases pass the check of facts, and how many bad ones it rejects.

    bench_phrases.py SET… [--only LANGUAGE]…

A set has a pair a line: what was `said`, a `fact`, and whether it is `good`. `strength` is that of
a model that writes such facts: "small" stays near the words, "large" paraphrases freely. Each pair
on the wrong side is printed with the reason.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from litemem.core.text.clauses import own_words
from litemem.extraction.binding import Binding
from litemem.extraction.facts import NOT_OWN
from litemem.extraction.grounding import Grounding

SETS = Path(__file__).parent / "facts"
COLUMNS = "group | good pass | bad are rejected"


def rejection_reason(pair: dict[str, object]) -> str | None:
    """Return why the fact of a pair is rejected, or None: the one call that is measured."""
    said = own_words(str(pair["said"]))
    if not said:
        return NOT_OWN
    grounding = Grounding([said], [said], is_strict=pair["strength"] == "small")
    return Binding([(said, 0)], grounding).hold(str(pair["fact"]))


def main() -> None:
    options = _options()
    for path in options.sets:
        groups: dict[str, list[tuple[bool, bool]]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            if options.only and pair["language"] not in options.only:
                continue
            reason = rejection_reason(pair)
            verdict = (pair["good"], reason is None)
            for name in (pair["language"], pair["strength"], "all"):
                groups.setdefault(name, []).append(verdict)
            if pair["good"] != (reason is None):
                print(f"{'GOOD' if pair['good'] else 'BAD'}: {pair['said']!r} → {pair['fact']!r}")
                print(f"    {reason or 'it passes'}")
        print(f"\n{path.stem}\n{COLUMNS}", "---|---|---", sep="\n")
        for name, verdicts in sorted(groups.items(), key=lambda group: group[0] == "all"):
            print(row(name, verdicts))


def row(name: str, verdicts: Sequence[tuple[bool, bool]]) -> str:
    passed = [passes for is_good, passes in verdicts if is_good]
    caught = [not passes for is_good, passes in verdicts if not is_good]
    return f"{name} | {share(passed)} | {share(caught)}"


def share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.3f} ({sum(values)}/{len(values)})" if values else "–"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", type=_set, nargs="+", metavar="SET", help="a file, or phrases_dev")
    parser.add_argument("--only", action="append", help="a language")
    return parser.parse_args()


def _set(name: str) -> Path:
    path = Path(name)
    return path if path.exists() else SETS / f"{name}.jsonl"


if __name__ == "__main__":
    main()
