"""Cutting a text into passages: every character in one of them, and bounded work."""

from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.passages import MAX_PASSAGES, TOKENS, passages


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


@given(st.lists(st.sampled_from(["Tea. ", "We went home! ", "word " * 300, "\n", "x" * 900])))
def test_passages_hold_every_word_in_order(parts: list[str]) -> None:
    text = "".join(parts)
    found = passages(text, lambda part: -(-len(part) // 4))
    assert [start for start, _ in found] == sorted(start for start, _ in found)
    held = {place for start, stop in found for place in range(start, stop)}
    assert all(place in held for place, letter in enumerate(text) if letter.strip())
