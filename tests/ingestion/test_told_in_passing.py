"""What people tell in passing ends what it replaces, and nothing else: Romance languages, Greek."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem.ingestion.compare import compare_facts
from litemem.ingestion.consolidate import said_clauses

NEAR = 0.6  # of the vectors of two facts about one thing

PAIRS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("told_in_romance_and_greek.jsonl")
    .read_text("utf-8")
    .splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['message']}")
def test_a_remark_ends_what_it_replaces_and_nothing_else(pair: dict[str, Any]) -> None:
    message = pair["message"]
    new = f"User: “{message}”"
    verdict = compare_facts(
        pair["known"], new, NEAR, before=message, said=said_clauses(new, [message])
    )
    assert (verdict == "contradicts") == pair["ends"]
