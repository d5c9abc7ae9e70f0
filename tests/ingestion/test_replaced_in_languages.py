"""What was replaced ends in ten more languages, and what another person or thing did does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem.ingestion.compare import compare_facts

NEAR = 0.6  # of the vectors of two facts about one thing

PAIRS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("replaced_in_languages.jsonl")
    .read_text("utf-8")
    .splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['new']}")
def test_a_new_state_ends_the_old_one_and_nothing_else(pair: dict[str, Any]) -> None:
    verdict = compare_facts(pair["known"], pair["new"], NEAR)
    assert (verdict == "contradicts") == pair["ends"]
    assert verdict not in ("same", "richer")
