"""Every pattern of the package is linear in its text, so that no text holds up a program.

Python keeps its lock while a pattern is matched: what takes the square of its text takes minutes
for a long one, and every other thread waits.

Most patterns are proven to be linear from their parse tree (`helpers/linear.py`), without a
clock. Each of the others is given every text of `growth.texts`, with 2,000 characters, and those
that took longest with 100,000. The nightly run gives every pattern, also a proven one, 100,000
characters of every text.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import litemem
from helpers import NIGHTLY, ROOT, linear
from helpers.growth import texts, too_slow
from litemem.core.text import clause_borders, clauses, lexicon, questions, quotations
from litemem.extraction import (
    binding,
    completion,
    contradiction,
    facts,
    grounding,
    requests,
    sanitize,
)

PACKAGE = ROOT / "litemem"
SLOWEST = None if NIGHTLY else 10  # texts that are tried with 100,000 characters

# Tables of English with patterns; those that others name are tried as parts of these
TABLES = (
    "binding",
    "compare",
    "grounding",
    "questions",
    "relations",
    "relative",
    "sanitize",
    "statements",
)
PART = re.compile(r"(?<!P)<(\w+)(?:#\d+)?>")

# Functions that make a pattern, which is then a constant, or has a name in it. The latter are
# called with long texts in `test_linear_loops.py`; the name of a backup is the name of a file.
MAKERS = {
    ("core/text/english/date_patterns.py", "_pattern"),
    ("core/text/foreign_dates.py", "_pattern"),
    ("core/text/lexicon.py", "pattern_in"),
    ("core/text/vocabulary.py", "pattern_in"),
    ("core/text/open_spans.py", "_patterns"),  # matched in 24 characters
    ("core/text/scripts.py", "_special"),
    ("core/text/separators.py", "parted"),  # of a word of 40 letters
    ("core/text/separators.py", "spaced"),
    ("core/text/split_verbs.py", "_at_end"),  # of listed words, with bounds
    ("core/text/split_verbs.py", "_finite"),
    ("core/text/split_verbs.py", "_verb"),
    ("core/text/split_verbs.py", "split_verb"),
    ("core/text/clause_borders.py", "_bound"),
    ("core/text/clause_borders.py", "clause_pattern"),
    ("core/text/clause_borders.py", "_preamble"),
    ("core/text/reactions.py", "_reactions"),
    ("core/text/clauses.py", "_asking"),
    ("core/text/clause_borders.py", "_border"),
    ("core/text/clauses.py", "_interrogative"),
    ("core/text/clause_borders.py", "_kin_unspaced"),  # words of a table
    ("core/text/clauses.py", "_joints_of"),
    ("core/text/clause_borders.py", "_leading"),
    ("core/text/clauses.py", "_signs"),
    ("core/text/clauses.py", "_hedge_at_start"),
    ("core/text/clauses.py", "_hedges"),
    ("core/text/clauses.py", "_supposed"),
    ("core/text/clauses.py", "_tag"),
    ("core/text/clause_borders.py", "_turning_to_kin"),
    ("core/text/clause_borders.py", "kin_of_speaker"),
    ("core/text/english/facts.py", "is_own_name"),
    ("core/text/english/statements.py", "_general"),
    ("core/text/questions.py", "_clause_pattern"),
    ("core/text/quotations.py", "_signs"),
    ("core/text/phrases.py", "_patterns"),
    ("core/text/phrases.py", "_token"),
    ("core/text/phrases.py", "_any_of"),  # patterns of a table, which is tried
    ("core/text/phrases.py", "_defined"),
    ("core/text/phrases.py", "_plain"),
    ("extraction/binding.py", "_first_persons"),
    ("extraction/binding.py", "_first_person_verb"),
    ("extraction/completion.py", "_places"),
    ("extraction/contradiction.py", "_joints"),
    ("extraction/contradiction.py", "_users_last"),
    ("extraction/facts.py", "_says_no"),
    ("extraction/grounding.py", "_lists_of_names"),
    ("extraction/requests.py", "_borders"),
    ("extraction/requests.py", "_polite"),
    ("extraction/requests.py", "_soft_border"),
    ("extraction/requests.py", "_compiled"),
    ("extraction/requests.py", "_every"),
    ("extraction/sanitize.py", "_forged_line"),
    ("ingestion/stated_values.py", "_signs"),  # matched in 400 characters
    ("ingestion/stated_values.py", "_weekdays"),
    ("ingestion/absent.py", "_jest"),  # matched in 1,000 characters
    ("ingestion/absent.py", "_jest_signs"),
    ("ingestion/absent.py", "_pattern"),
    ("ingestion/absent.py", "_scraps"),
    ("ingestion/topics.py", "_and"),
    ("ingestion/topics.py", "_asked"),
    ("ingestion/topics.py", "_is_kin"),
    ("ingestion/topics.py", "_is_named"),
    ("ingestion/topics.py", "_is_of_another"),
    ("ingestion/topics.py", "_is_of_user"),
    ("ingestion/outcomes.py", "_numerals"),  # listed words
    ("ingestion/topics.py", "_names_of"),
    ("ingestion/topics.py", "_own_thing"),
    ("ingestion/topics.py", "_particles"),
    ("ingestion/topics.py", "_thing"),
    ("ingestion/topics.py", "topic_of"),
    ("ingestion/contrast.py", "_pairs"),  # matched in 400 characters
    ("ingestion/lasting.py", "_units"),  # matched in 400 characters
    ("ingestion/naming.py", "_parting"),  # the words of a table
    ("ingestion/naming.py", "pattern_of"),  # matched in 500 characters
    ("ingestion/updates.py", "_times_and_rates"),  # matched in 400 characters
    ("ingestion/updates.py", "_clause_ends"),  # matched in 400 characters
    ("ingestion/updates.py", "_marks"),  # matched in 400 characters
    ("maintenance/backup.py", "_is_replaced"),
    ("maintenance/backup.py", "_parse_name"),
    ("ingestion/handover.py", "_patterns_of_roles"),
    ("ingestion/measures.py", "_of"),
    ("ingestion/measures.py", "_pattern"),
    ("ingestion/duties.py", "_parting"),  # matched in 400 characters
    ("ingestion/ending_table.py", "table_of"),  # matched in 400 characters
    ("ingestion/endings.py", "_retellings"),
    ("ingestion/ages.py", "_compiled"),  # matched in 400 characters
    ("ingestion/conclusions.py", "_pattern"),  # matched in 400 characters
    ("ingestion/conclusions.py", "_patterns"),
    ("ingestion/persons.py", "_pattern"),  # matched in 400 characters
    ("ingestion/contrast.py", "_place_of"),  # literal words
    ("ingestion/outcomes.py", "_of"),  # matched in 400 characters
    ("ingestion/outcomes.py", "pattern"),
    ("ingestion/outcomes.py", "_tools"),
    ("ingestion/renamed.py", "_light_signs"),  # matched in 400 characters
    ("ingestion/renamed.py", "_patterns"),
    ("ingestion/renamed.py", "_words"),
    ("ingestion/outcomes.py", "_patterns"),
    ("ingestion/partings.py", "_pattern"),  # matched in 400 characters
    ("ingestion/persons.py", "_relation_before"),
    ("ingestion/persons.py", "_relations"),
    ("ingestion/replaced.py", "_pattern"),
    ("ingestion/rescheduled.py", "_patterns"),
    ("ingestion/roles.py", "_before_role"),  # matched in 400 characters
}


def modules() -> Iterator[Any]:
    """Import every module of the package."""
    for found in pkgutil.walk_packages(litemem.__path__, "litemem."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Return the patterns of the package by the place where they were found."""
    found: dict[re.Pattern[str], str] = {}
    for module in modules():
        for name, value in list(vars(module).items()):
            if not name.startswith("__"):
                _collect(f"{module.__name__}.{name}", value, found)
    for name in TABLES:
        table = lexicon.section(lexicon.ENGLISH, name)
        parts = {part for value in table.values() for part in PART.findall(str(value))}
        for key, value in table.items():  # those without signs are lists of words
            if isinstance(value, str) and set(value).intersection("\\[(") and key not in parts:
                pattern = lexicon.pattern_in(lexicon.ENGLISH, name, key)
                found.setdefault(pattern, f"{name}.{key}")
    _collect_languages(found)
    for i, pattern in enumerate(
        (
            *requests._borders(),
            requests._polite(),
            requests._soft_border(),
            *grounding._lists_of_names(),
        )
    ):
        found.setdefault(pattern, f"lists.{i}")
    found.setdefault(clauses._tag(), "tag")
    found.setdefault(sanitize._forged_line(), "forged_line")
    for key in ("commands", "orders_plainly", "asks_for_work", "asks_unmarked"):
        found.setdefault(clause_borders.clause_pattern(lexicon.ENGLISH, key), key)
    return {place: pattern for pattern, place in found.items()}


def _collect_languages(found: dict[re.Pattern[str], str]) -> None:
    """Add the patterns that functions make of the words of each language."""
    for code in lexicon.CODES.values():
        found.setdefault(contradiction._joints(code), f"joints.{code}")
        found.setdefault(facts._says_no(code), f"no.{code}")
        found.setdefault(contradiction._users_last(code), f"users_last.{code}")
        found.setdefault(binding._first_persons(code), f"first_persons.{code}")
        found.setdefault(binding._first_person_verb(code), f"first_person_verbs.{code}")
        found.setdefault(completion._places(code), f"places.{code}")
    for code in lexicon.LISTED.values():
        makers = (
            clause_borders._border,
            clause_borders._leading,
            clause_borders._bound,
            clause_borders._preamble,
        )
        makers += (clauses._supposed, clauses._joints_of, clauses._asking)
        makers += (clauses._hedges, clauses._hedge_at_start)
        makers += (clauses._interrogative,)
        for make in (*makers, clause_borders._turning_to_kin, clause_borders.kin_of_speaker):
            found.setdefault(make(code), f"{make.__name__}.{code}")
        keys = ("general", "turns", "records", "once", "asks_now", "announces", "interrogatives")
        for key in (*keys, "states", "wonders", "orders_for_me"):
            found.setdefault(clause_borders.clause_pattern(code, key), f"{key}.{code}")
        for key in ("reasons", "conditions"):
            found.setdefault(questions._clause_pattern(code, key), f"{key}.{code}")
        for key in ("introduces", "own_report", "addressed"):
            found.setdefault(getattr(quotations._signs(code), key), f"{key}.{code}")


def _collect(place: str, value: Any, found: dict[re.Pattern[str], str], depth: int = 0) -> None:
    if isinstance(value, re.Pattern):
        found.setdefault(value, place)
    elif depth == 4:
        return
    elif isinstance(value, list | tuple | set | frozenset):
        for i, inner in enumerate(value):
            _collect(f"{place}[{i}]", inner, found, depth + 1)
    elif isinstance(value, dict):
        for key, inner in list(value.items()):
            _collect(f"{place}[{key!r:.40}]", inner, found, depth + 1)
    elif isinstance(value, type) and value.__module__.startswith("litemem"):
        for name, inner in list(vars(value).items()):
            _collect(f"{place}.{name}", inner, found, depth + 1)


def uses(place: str) -> list[str]:
    """Return the methods of a pattern to try: a search from every place, and what the code calls.

    A search is tried for every pattern, because one that is anchored costs nothing.
    """
    return ["search", *sorted(called().get(place.rpartition(".")[2], ()))]


@cache
def called() -> dict[str, set[str]]:
    """Return which other methods than a search the code calls, by the names of patterns."""
    found: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        for name, method in re.findall(
            r"(\w+(?:\[[^]]*\])?)\.(match|fullmatch)\(", file.read_text("utf-8")
        ):
            found.setdefault(name, set()).add(method)
    return found


def calls(pattern: re.Pattern[str], use: str) -> Callable[[str], object]:
    if use != "search":
        return getattr(pattern, use)  # type: ignore[no-any-return]
    return lambda text: [None for _ in pattern.finditer(text)]


@cache
def is_proven(pattern: re.Pattern[str], use: str) -> bool:
    try:
        linear.prove(pattern, use)
    except linear.UnprovenError:
        return False
    return True


@pytest.mark.parametrize("place", patterns())
def test_a_pattern_takes_twice_the_time_for_twice_the_text(place: str) -> None:
    pattern = patterns()[place]
    for use in uses(place):
        if NIGHTLY or not is_proven(pattern, use):
            found = too_slow(calls(pattern, use), list(texts(pattern)), SLOWEST)
            assert found is None, f"{use} in {found}"


def test_most_patterns_are_proven() -> None:
    every = [(patterns()[place], use) for place in patterns() for use in uses(place)]
    assert sum(is_proven(*each) for each in every) > 0.85 * len(every)


# Each: a linear pattern as one of the package is, and one that takes the square of its text.
MUTATED = {
    "an end that fails behind a run": (r"[.]\W{0,9}here", r"[.]\W*here"),
    "two runs that overlap": (r"^(?>.*?\bnot\b).*\byet\b", r"\bnot\b.*\byet\b"),
    "a search from each word": (r"\b[A-Z]\w*\b", r"[A-Z]\w*(?: [A-Z]\w*)* and"),
    "a run before an ending": (r"\w{1,40}(?:ed|ing)\b", r"\w+(?:ed|ing)$"),
    "spaces on both sides": (r"(?:in|at) ?, ?\d", r"(?:in|at)\s*,?\s*\d"),
    "a bracket that does not close": (r"<[^<>]*>", r"<.*>"),
    "a search that begins with spaces": (r"(?<!\s)\s+$", r"\s+$"),
    "spaces before a word, in each place": (r"(?<!\s)\s*!here", r"\s*!here"),
    "a quotation": (r'"[^"]*"', r'"[^\n]*"!'),
    "numbers with separators": (r"(?<![\d,.])\d+(?:[.,]\d+)*\b", r"\d+(?:[.,]\d+)*\s?€"),
    "nested repeats": (r"(?<!\w)\w+(?:-\w+)*", r"(?:\w+-?)*!"),
    "a lookahead to the end": (r"(?=.{0,80}!)a", r"a(?=.*!)"),
    "a lookbehind that is gone": (r"(?<![.!?])[.!?]+\Z", r"[.!?]+\Z"),
}


@pytest.mark.parametrize(("good", "square"), MUTATED.values(), ids=MUTATED)
def test_a_pattern_that_takes_the_square_is_found(good: str, square: str) -> None:
    assert is_proven(re.compile(good), "search")
    bad = re.compile(square)
    assert not is_proven(bad, "search")
    tried = list(texts(bad))
    sizes = (4_000, 32_000)  # some squares of the first take a fast machine a few milliseconds
    assert any(too_slow(calls(bad, "search"), tried, SLOWEST, most=n, floor=0.005) for n in sizes)


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix()
)
def test_a_pattern_is_a_constant_of_its_module(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    place = file.relative_to(PACKAGE).as_posix()
    made = {
        (place, function.name)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
        if node.func.attr not in ("escape", "purge")  # type: ignore[attr-defined]
    }
    assert made <= MAKERS, "make it a constant, so that this module can try it"
