"""The short repr in error messages works for any value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.errors import LONGEST_QUOTE, quoted

HUGE = 10**5_000  # Python writes no integer of more than 4,300 digits


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@given(st.one_of(st.text(), st.integers(), st.binary(), st.floats(), st.lists(st.text())))
def test_a_short_value_is_quoted_as_python_writes_it(value: Any) -> None:
    assert quoted(value).startswith(repr(value)[:LONGEST_QUOTE])
    assert len(quoted(value)) <= LONGEST_QUOTE + 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HUGE, "<int>"),
        (-HUGE, "<int>"),
        ([HUGE], "<list>"),
        ({"a": HUGE}, "<dict>"),
        (nested(100_000), "<list>"),
        ("x" * 1_000_000, "'" + "x" * (LONGEST_QUOTE - 1) + "…"),
        ("\ud800", r"'\ud800'"),
    ],
    ids=["huge", "minus", "in a list", "in a dict", "deep", "long", "half a pair"],
)
def test_what_python_cannot_write_is_named_by_its_type_and_what_is_long_is_cut(
    value: Any, expected: str
) -> None:
    assert quoted(value) == expected
