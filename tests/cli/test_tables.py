"""Tables fit the terminal with any content."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from litemem.cli.output import card, columns, table, visible

WIDTHS = st.integers(min_value=12, max_value=120)
TEXTS = st.text(max_size=200)


@given(TEXTS, TEXTS, WIDTHS)
def test_no_line_is_wider_than_the_terminal(cell: str, text: str, width: int) -> None:
    lines = table(("ID", "TEXT"), [(cell[:8], text), ("2", "b")], width)
    lines += card([("memory", text), ("id", cell)], width)
    assert all(columns(line) <= width for line in lines)


@given(TEXTS)
def test_what_is_visible_holds_no_control_character(text: str) -> None:
    assert not {unicodedata.category(character) for character in visible(text)} & {
        "Cc",
        "Zl",
        "Zp",
    }


@given(st.text(alphabet="ab 語\u0301", max_size=200), WIDTHS)
def test_a_card_shows_every_character(text: str, width: int) -> None:
    shown = "".join(line[4:] for line in card([("id", text)], width))
    assert shown.replace(" ", "") == text.replace(" ", "")


def test_a_wide_character_takes_two_columns() -> None:
    assert columns("日本") == 4
    assert columns("e\u0301") == 1


def test_a_long_text_ends_in_an_ellipsis_after_three_lines() -> None:
    heading, *lines = table(("N", "TEXT"), [("1", "word " * 100)], 40)
    assert heading == "N  TEXT"
    assert len(lines) == 3
    assert lines[0].startswith("1  word")
    assert lines[1].startswith("   word")
    assert lines[2].endswith("…")


def test_a_text_too_wide_for_its_column_is_on_the_next_line() -> None:
    row = ("0.73", "01a1fc2a-352d-7f5a-b5c3-cb049441029f", "Cam avoids shellfish")
    assert table(("SCORE", "ID", "MEMORY"), [row], 50) == [
        "0.73 01a1fc2a-352d-7f5a-b5c3-cb049441029f",
        "  Cam avoids shellfish",
    ]


def test_an_explained_score_is_readable_in_80_columns() -> None:
    why = "meaning 0.52, words 0.40, neighbours 0.20, run 0.11, speaker 0.15, date 0.50"
    row = ("0.73", "01a1fc2a-352d-7f5a-b5c3-cb049441029f", why, "Cam avoids shellfish")
    assert table(("SCORE", "ID", "WHY", "MEMORY"), [row], 80) == [
        "0.73 01a1fc2a-352d-7f5a-b5c3-cb049441029f meaning 0.52, words 0.40, neighbours",
        "0.20, run 0.11, speaker 0.15, date 0.50",
        "  Cam avoids shellfish",
    ]


def test_without_a_terminal_a_row_is_one_line_of_cells() -> None:
    assert table(("A", "B"), [("1", "x" * 500 + "\ty\n")], None) == [f"1\t{'x' * 500}␉y␊"]
