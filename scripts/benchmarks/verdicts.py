"""Read sets of cases, and print how many of each group came out right: for `bench_…` programs."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SETS = Path(__file__).parent / "facts"


class Verdicts:
    """Which of the good and which of the other cases came out right, by group.

    Args:
        columns: the names of both shares.
    """

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self._groups: dict[str, list[tuple[bool, bool]]] = {}

    def add(self, case: dict[str, Any], is_right: bool, *groups: str) -> None:
        """Count a case in its groups, and in all."""
        for name in (*groups, "all"):
            self._groups.setdefault(name, []).append((case["good"], is_right))

    def print(self, title: str) -> None:
        """Print a table with a line a group."""
        print(f"\n{title}\ngroup | {' | '.join(self._columns)}\n---|---|---")
        for name in sorted(self._groups, key=lambda name: (name == "all", name)):
            good, others = (
                [is_right for is_good, is_right in self._groups[name] if is_good is wanted]
                for wanted in (True, False)
            )
            print(f"{name} | {_share(good)} | {_share(others)}")


def sets(
    description: str | None, example: str, groups: Sequence[str]
) -> Iterator[tuple[str, list[Any]]]:
    """Yield the name of each set that the command line names, and its cases of the groups asked."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("sets", type=_set, nargs="+", metavar="SET", help=f"a file, or {example}")
    parser.add_argument("--only", action="append", help=f"a {' or a '.join(groups)}")
    options = parser.parse_args()
    for path in options.sets:
        cases = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        wanted = options.only
        yield (
            path.stem,
            [c for c in cases if not wanted or not {c[g] for g in groups}.isdisjoint(wanted)],
        )


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.3f} ({sum(values)}/{len(values)})" if values else "–"


def _set(name: str) -> Path:
    path = Path(name)
    return path if path.exists() else SETS / f"{name}.jsonl"
