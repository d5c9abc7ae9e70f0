"""A statement of a new value ends the known one, and no value of another thing."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem.ingestion.compare import compare_facts

NEAR = 0.65  # of the vectors of two facts about one thing

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("updates_of_facts.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['new']}")
def test_a_new_value_ends_the_known_one_and_none_of_another_thing(pair: dict[str, Any]) -> None:
    verdict = compare_facts(pair["known"], pair["new"], NEAR, before="")
    assert (verdict == "contradicts") == pair["ends"]
    assert verdict not in ("same", "richer")
