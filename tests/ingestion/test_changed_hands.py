"""A duty, a role or a name that changes in passing ends the known one, and nobody else's does."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem.ingestion.compare import compare_facts
from litemem.ingestion.consolidate import said_clauses

NEAR = 0.65  # of the vectors of two facts about one thing

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("changed_hands.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['said']}")
def test_what_changed_hands_ends_and_what_others_do_does_not(pair: dict[str, Any]) -> None:
    new = f"User: “{pair['said']}”"
    said = said_clauses(new, [pair["said"]])
    verdict = compare_facts(pair["known"], new, NEAR, before="", said=said)
    assert (verdict == "contradicts") == pair["ends"]
