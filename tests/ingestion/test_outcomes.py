"""Outcomes in everyday words: of which person and thing, and of what amount."""

import pytest

from litemem.core.text.lexicon import CODES, section
from litemem.ingestion.outcomes import is_outcome


@pytest.mark.parametrize("code", sorted(set(CODES.values())))
def test_no_row_names_a_part_of_an_event_that_is_not_compared(code: str) -> None:
    table = section(code, "outcomes")
    rows = [*table.get("rows", ()), *table.get("joint_rows", ())]
    events = [str(row).partition("=>")[2] for row in rows]
    assert not [event for event in events if "{name}" in event or "(?P<name>" in event]


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
