"""Cutting a text into passages: every character in one of them, and bounded work."""

from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.passages import MAX_PASSAGES, TOKENS, is_one_passage, passages


def test_tokens_behind_the_last_passage_are_not_counted() -> None:
    counted = 0

    def count(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return -(-len(text) // 4)

    text = "The station is far from here and it rains today. " * 60_000
    found = passages(text, count)
    assert len(found) == MAX_PASSAGES + 1
    assert found[-1][1] == len(text)
    assert counted < 5 * TOKENS * MAX_PASSAGES


PARTS = ["Tea. ", "We went home! ", "word " * 300, "\n", "\f", "x" * 900]


@given(st.lists(st.sampled_from(PARTS)))
def test_passages_hold_every_word_in_order(parts: list[str]) -> None:
    text = "".join(parts)
    found = passages(text, lambda part: -(-len(part) // 4))
    assert [start for start, _ in found] == sorted(start for start, _ in found)
    held = {place for start, stop in found for place in range(start, stop)}
    assert all(place in held for place, letter in enumerate(text) if letter.strip())
    assert all("\f" not in text[start:stop] for start, stop in found) or not text.strip()
    assert len(found) == 1 or not is_one_passage(text)


def test_a_page_is_a_passage_without_the_space_around_it() -> None:
    text = " \f\n Anna\n\f\f Ben likes tea. \f"
    assert [text[start:stop] for start, stop in passages(text, len)] == ["Anna", "Ben likes tea."]


def test_the_last_passage_has_all_pages_behind_the_last_vector() -> None:
    text = "\f".join(f"page {i}" for i in range(MAX_PASSAGES + 5))
    found = passages(text, len)
    assert len(found) == MAX_PASSAGES + 1
    assert text[slice(*found[-1])].split("\f") == [f"page {MAX_PASSAGES + i}" for i in range(5)]
