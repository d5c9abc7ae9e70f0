"""What people tell in passing ends a known fact, in seven languages of Asia, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem.ingestion.compare import compare_facts
from litemem.ingestion.consolidate import said_clauses
from litemem.ingestion.outcomes import is_outcome

NEAR = 0.6  # of the vectors of two facts about one thing

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("outcomes.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['said']}")
def test_what_is_told_in_passing_ends_a_fact_and_no_other(pair: dict[str, Any]) -> None:
    new, said = f"User: “{pair['said']}”", pair["said"]
    parts = said_clauses(new, [said])
    verdict = compare_facts(pair["known"], new, NEAR, before=said, said=parts)
    assert (verdict == "contradicts") == pair["ends"]
    assert verdict not in ("same", "richer")


def test_a_long_text_is_no_outcome() -> None:
    assert not is_outcome("User有一台钢琴", "User: “" + "钢琴卖了，" * 100 + "”", "zh")


def test_the_subject_of_the_clause_before_is_who_it_is_of() -> None:
    assert is_outcome("User有一台钢琴", "User: “房子太小，钢琴卖了”", "zh")
    assert not is_outcome("User有一台钢琴", "User: “我哥缺钱，钢琴卖了”", "zh")


def test_a_clause_names_the_thing_of_the_clause_before() -> None:
    assert is_outcome("Userはトヨタのプリウスに乗っている", "User: “プリウス、売りました”", "ja")
    assert not is_outcome("Userはトヨタのプリウスに乗っている", "User: “ピアノ、売りました”", "ja")


def test_an_amount_is_of_the_same_thing_if_it_is_near() -> None:
    assert is_outcome("User体重78公斤", "User: “现在72公斤了”", "zh")
    assert not is_outcome("User体重78公斤", "User: “现在3公斤了”", "zh")
