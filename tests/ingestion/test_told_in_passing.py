"""What people tell in passing, in everyday words, ends what it replaces and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem.ingestion.compare import compare_facts
from litemem.ingestion.consolidate import said_clauses

NEAR = 0.6  # of the vectors of two facts about one thing
FOLDER = Path(__file__).with_name("told_in_passing")
TOLD = [
    json.loads(line)
    for file in sorted(FOLDER.glob("*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("told", TOLD, ids=lambda told: f"{told['known']} / {told['message']}")
def test_a_remark_ends_what_it_replaces_and_nothing_else(told: dict[str, Any]) -> None:
    known, message = told["known"], told["message"]
    new = f"User: “{message}”"
    said = said_clauses(new, [message])
    verdict = compare_facts(known, new, NEAR, before=message, said=said)
    assert (verdict == "contradicts") == told["ends"]
    assert verdict not in ("same", "richer")
