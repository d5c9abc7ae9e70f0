"""The table of intended differences: it parses, and each row covers only its own."""

import importlib.util
import sys
from collections import Counter
from types import ModuleType

import pytest

from helpers import ROOT, TESTS


def load(name: str) -> ModuleType:
    """Return a module of tests/compat, which is no package."""
    spec = importlib.util.spec_from_file_location(name, TESTS / "compat" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


table = load("table")
TABLE = """
| id | call | mem0 | litemem | why |
|---|---|---|---|---|
| `2.2.1/*/search/limit` | `limit=1` | ignores it: `3` | `1` | another name \\| of top_k |
"""


def test_every_row_has_ids_a_call_two_sides_and_a_reason() -> None:
    rows = table.read_rows((ROOT / "docs" / "engineering" / "compatibility.md").read_text("utf-8"))
    assert rows
    assert all(row.call and row.mem0 and row.litemem and row.why for row in rows)


def test_no_id_occurs_twice() -> None:
    rows = table.read_rows((ROOT / "docs" / "engineering" / "compatibility.md").read_text("utf-8"))
    counts = Counter(pattern for row in rows for pattern in row.patterns)
    assert [pattern for pattern, count in counts.items() if count > 1] == []


def test_ids_begin_with_a_version_or_with_any() -> None:
    rows = table.read_rows((ROOT / "docs" / "engineering" / "compatibility.md").read_text("utf-8"))
    starts = ("2.2.1/", "1.0.11/", "*")
    assert [p for row in rows for p in row.patterns if not p.startswith(starts)] == []


def test_a_row_covers_what_matches_its_id_and_its_code() -> None:
    (row,) = table.read_rows(TABLE)
    assert row.why == "another name | of top_k"
    assert row.pattern_for("2.2.1/Memory/search/limit", "3", "1") == "2.2.1/*/search/limit"


@pytest.mark.parametrize(
    ("name", "mem0", "litemem"),
    [
        ("1.0.11/Memory/search/limit", "3", "1"),  # another version
        ("2.2.1/Memory/search/limit:results", "3", "1"),  # another part of the result
        ("2.2.1/Memory/search/limit", "2", "1"),  # Mem0 has changed
        ("2.2.1/Memory/search/limit", "3", "TypeError"),  # litemem has
    ],
)
def test_a_row_does_not_cover_another_difference(name: str, mem0: str, litemem: str) -> None:
    (row,) = table.read_rows(TABLE)
    assert row.pattern_for(name, mem0, litemem) is None


def test_brackets_in_ids_mean_themselves() -> None:
    assert table.matches("*:results[].score", "2.2.1/Memory/search/plain:results[].score")
    assert not table.matches("*:results[].score", "2.2.1/Memory/search/plain:results.score")


@pytest.mark.parametrize(
    "text",
    ["no table", TABLE.replace("| another name \\| of top_k |", "| |"), TABLE + "| `x` | y |"],
)
def test_a_table_that_is_not_complete_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"table|cells"):
        table.read_rows(text)


def test_a_difference_without_a_row_and_a_row_without_a_difference_fail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    differences, compare = load("differences"), load("compare")
    found = [differences.Difference("2.2.1/Memory/get/known:score", "result", "null", "absent")]
    assert compare.report(found, table.read_rows(TABLE)) == 2
    shown = capsys.readouterr().out
    assert "UNKNOWN 2.2.1/Memory/get/known:score" in shown
    assert "GONE    2.2.1/*/search/limit" in shown
