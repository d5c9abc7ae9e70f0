"""Print what each rule of extraction and comparison is worth: the cases that change without it.

    bench_ablation.py [--only RULE]… [--every N] [--shows]

A rule is a function that is replaced by one that says nothing, and then put back. It is tried on
the sets that it can change: pairs of facts, paraphrases, facts told, or requests to forget. Of each
rule the cases are counted that go wrong without it, and those that then go right. `--shows` prints
them. `--every 1` takes all facts told and requests, and needs a quarter of an hour. No language
model and no embedder is asked: each pair has the cosine of facts that are far, and near.
"""

import argparse
import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench_forget import gone
from bench_phrases import rejection_reason
from bench_told import is_right, live_after
from litemem.ingestion import compare, slots
from litemem.testing import HashEmbedder

SETS = Path(__file__).parent / "facts"
PAIRS = Path(__file__).parents[2] / "tests" / "ingestion" / "pairs_of_facts.jsonl"
COSINES = (0.6, 0.95)  # of every pair: far and near
DIMENSIONS = 16
EVERY = 4  # which keeps it under five minutes
COLUMNS = "rule | sets | cases | wrong without it | right without it"

Verdicts = dict[str, bool]  # by case, if it is right


class Rule(NamedTuple):
    """A function of a module, or of a class of it, and what stands for it when it is off."""

    name: str  # "module:function" or "module:Class.method", below litemem
    sets: str
    off: Callable[..., Any]


def nothing(*_: object, **__: object) -> None:
    return None


def no(*_: object, **__: object) -> bool:
    return False


def unchanged(text: str, *_: object, **__: object) -> str:
    return text


OFF: tuple[tuple[str, str, Callable[..., Any], str], ...] = (  # where, sets, instead, names
    (
        "ingestion.compare_english:",
        "pairs",
        nothing,
        """_by_correction _by_update _by_opposites _by_coverage _by_event _by_attribute
        _by_possessive _by_polarity _by_plurality""",
    ),
    (
        "ingestion.compare:",
        "pairs",
        no,
        "_name_opposites _are_exchanged ends",
    ),
    (
        "ingestion.compare_english:",
        "pairs",
        no,
        "_are_on_other_days _is_of_kind _is_of_other _is_partial are_apart",
    ),
    ("ingestion.slots:", "pairs", nothing, "_by_role"),
    ("ingestion.slots:", "pairs", nothing, " ".join(rule.__name__ for rule in slots._RULES)),
    (
        "extraction.paraphrase:",
        "phrases told",
        no,
        "_counts_another _changes_half_of_day",
    ),
    (
        "extraction.paraphrase.subject:",
        "phrases told",
        no,
        """is_of_somebody_else is_of_other_part is_of_next is_beside says_nothing
        is_in_other_role""",
    ),
    (
        "extraction.paraphrase.reality:",
        "phrases told",
        no,
        "is_supposed is_urged is_refuted is_still_ahead is_over",
    ),
    (
        "extraction.paraphrase.polarity:",
        "phrases told",
        no,
        "is_excepted is_opposite is_denied is_contrasted likes_what_is_bad",
    ),
    (
        "extraction.paraphrase.parties:",
        "phrases told",
        no,
        "is_exchanged is_turned_round is_given_back",
    ),
    (
        "extraction.paraphrase.preference:",
        "phrases told",
        no,
        "prefers_what_was_denied is_preferred_less is_compared puts_other_behind",
    ),
    ("extraction.paraphrase.substitution:", "phrases told", no, "_is_substituted"),
    (
        "extraction.binding:",
        "phrases told",
        no,
        "asks_for_manner",
    ),
    (
        "extraction.contradiction:",
        "phrases told",
        no,
        """_takes_for_speaker _is_of_theirs _is_of_the_others _makes_order_a_deed _denies_unread
        _is_reordered _names_emoji _is_opposite""",
    ),
    ("core.text.clauses:", "told", unchanged, "_without_quoted _without_conversation _until"),
    (
        "core.text.english:",
        "told",
        no,
        """guesses_age misnames_user is_written_in guesses_place is_shared is_of_thing
        is_of_activity is_yours is_nameless says_nothing is_truism is_shared_by_all
        is_elliptical""",
    ),
    ("core.text.english:", "told", nothing, "flaw answered quoted_answer wish"),
    ("extraction.grounding:Grounding.", "told", no, "has_borrowed_name"),
    ("extraction.facts:_Answer.", "told", no, "denies adds_to"),
    ("ingestion.topics:", "forget", lambda *_, **__: [], "_joined"),
    ("ingestion.forget:", "forget", lambda *_, **__: [], "_echoes"),
    ("ingestion.topics:", "forget", lambda *_, **__: set(), "_names_of"),
)


def _rules() -> Iterator[Rule]:
    for where, tried, instead, names in OFF:
        for name in names.split():
            yield Rule(f"{where}{name}", tried, instead)


@contextmanager
def off(rule: Rule) -> Iterator[None]:
    """Turn a rule off for a while."""
    path, _, name = rule.name.partition(":")
    module = importlib.import_module(f"litemem.{path}")
    if path == "ingestion.slots":
        rules, on = slots._RULES, getattr(slots, name)
        slots._RULES = tuple(rule for rule in rules if rule.__name__ != name)
        setattr(slots, name, rule.off)
        yield
        slots._RULES = rules
        setattr(slots, name, on)
        return
    *owners, name = name.split(".")
    owner = getattr(module, owners[0]) if owners else module
    on = getattr(owner, name)
    setattr(owner, name, rule.off)
    yield
    setattr(owner, name, on)


def pairs(cases: list[dict[str, Any]]) -> Verdicts:
    """Return which pairs have their verdict, at each cosine."""
    found = {}
    for case in cases:
        for cosine in COSINES:
            verdict = compare.compare_facts(case["known"], case["new"], cosine)
            is_told = verdict in ("same", "richer", "contradicts")
            judged = verdict if is_told else "apart"
            found[f"{case['known']} | {case['new']} ({cosine})"] = judged in case["verdict"].split(
                ","
            )
    return found


def phrases(cases: list[dict[str, Any]]) -> Verdicts:
    """Return which paraphrases pass, and which others are rejected."""
    return {
        f"{case['said']} → {case['fact']}": case["good"] == (rejection_reason(case) is None)
        for case in cases
    }


def told(cases: list[dict[str, Any]]) -> Verdicts:
    """Return of which cases the right memories are live."""
    embedder = HashEmbedder(DIMENSIONS)
    return {case["id"]: is_right(case, live_after(case, embedder)) for case in cases}


def forget(cases: list[dict[str, Any]]) -> Verdicts:
    """Return of which requests exactly what is meant goes."""
    return {case["id"]: gone(case, "facts")[0] == set(case["goes"]) for case in cases}


MEASURES: Mapping[str, Callable[[list[dict[str, Any]]], Verdicts]] = {
    "pairs": pairs,
    "phrases": phrases,
    "told": told,
    "forget": forget,
}


def main() -> None:
    options = _options()
    cases = {name: list(_cases(name)) for name in MEASURES}
    for name in ("told", "forget"):
        cases[name] = cases[name][:: options.every]
    print(COLUMNS, "---|---|---|---|---", sep="\n")
    on: dict[str, Verdicts] = {}
    for rule in _rules():
        if options.only and not any(part in rule.name for part in options.only):
            continue
        lost, won, number = [], [], 0
        for name in rule.sets.split():
            if name not in on:
                on[name] = MEASURES[name](cases[name])
            with off(rule):
                without = MEASURES[name](cases[name])
            number += len(without)
            lost += [case for case, right in on[name].items() if right and not without[case]]
            won += [case for case, right in on[name].items() if not right and without[case]]
        print(f"{rule.name} | {rule.sets} | {number} | {len(lost)} | {len(won)}", flush=True)
        for case in (*lost, *won) if options.shows else ():
            print(f"    {case}")
    for name, verdicts in on.items():
        print(f"{name} with all rules: {sum(verdicts.values())} of {len(verdicts)} right")


def _cases(name: str) -> Iterator[dict[str, Any]]:
    also = [PAIRS] if name == "pairs" else []
    for path in (*sorted(SETS.glob(f"{name}_*.jsonl")), *also):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", help="a part of the names of rules")
    parser.add_argument("--every", type=int, default=EVERY, help="a case of so many is tried")
    parser.add_argument("--shows", action="store_true", help="print the cases that change")
    return parser.parse_args()


if __name__ == "__main__":
    main()
