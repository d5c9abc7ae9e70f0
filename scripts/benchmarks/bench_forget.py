"""Print how many requests to forget are applied, and whether anything else is touched.

    bench_forget.py SET… [--only LANGUAGE]… [--as facts|messages]

A line of a set has the texts that are `known`, a user's `message`, and which of them it asks to
forget: `goes`, numbers from 0, none if the message is no such request. The known texts are stored
as facts, or as messages in which no fact was found. A request is applied if exactly those texts go.
Each case that goes wrong is printed. No language model and no embedder is asked.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

SETS = Path(__file__).parent / "facts"
ANSWERS = 4  # of the model for a message, at most
COLUMNS = "group | applied | touched something else"


def gone(case: dict[str, Any], form: str) -> tuple[set[int], list[str]]:
    """Return which known texts a message deletes, and the candidates that it names."""
    known: list[str] = case["known"]
    nothing = ScriptedLLM([[]] * ANSWERS * (len(known) + 1))
    with Memory(":memory:", embedder=HashEmbedder(64), llm=nothing) as memory:
        for text in known:
            memory.add(text, user_id="u", infer=form == "messages")
        before = live(memory)
        result = memory.add(case["message"], user_id="u")
        after = live(memory)
        missing = {i for i, text in enumerate(known) if text in before and text not in after}
        return missing, [each["memory"] for each in result.get("candidates", ())]


def live(memory: Memory) -> set[str]:
    found = memory.get_all(user_id="u", include_messages=True, top_k=100)
    return {each["memory"] for each in found["results"]}


def cases(path: Path, only: list[str] | None) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not only or case["language"] in only:
            yield case


def main() -> None:
    options = _options()
    for path in options.sets:
        groups: dict[str, list[tuple[bool, bool, bool]]] = {}
        for case in cases(path, options.only):
            found, candidates = gone(case, options.form)
            wanted = set(case["goes"])
            verdict = (bool(wanted), found == wanted, bool(found - wanted))
            for name in (case["language"], "all"):
                groups.setdefault(name, []).append(verdict)
            if found != wanted:
                print(f"{case['id']}: {case['message']!r} {case['known']}")
                print(f"    wanted {sorted(wanted)}, gone {sorted(found)}, doubt {candidates}")
        print(f"\n{path.stem}, known as {options.form}\n{COLUMNS}", "---|---|---", sep="\n")
        for name, verdicts in sorted(groups.items(), key=lambda group: group[0] == "all"):
            print(row(name, verdicts))


def row(name: str, verdicts: list[tuple[bool, bool, bool]]) -> str:
    """Return the line of a group."""
    asked = [is_right for is_asked, is_right, _ in verdicts if is_asked]
    touched = sum(touches for *_, touches in verdicts)
    return f"{name} | {sum(asked)}/{len(asked)} | {touched}/{len(verdicts)}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", type=_set, nargs="+", metavar="SET", help="a file, or forget_held")
    parser.add_argument("--only", action="append", help="a language")
    parser.add_argument("--as", dest="form", choices=("facts", "messages"), default="facts")
    return parser.parse_args()


def _set(name: str) -> Path:
    path = Path(name)
    return path if path.exists() else SETS / f"{name}.jsonl"


if __name__ == "__main__":
    main()
