"""Ranking: one score from two, and an order without surprises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.models import Found, MemoryRecord
from litemem.ranking import MIN_CANDIDATES, candidates, parts, rank
from litemem.scope import Scope


def found(memory_id: str, semantic: float, keyword: float = 0.0, created_at: int = 0) -> Found:
    record = MemoryRecord(
        id=memory_id,
        content="likes tea",
        hash=b"",
        scope=Scope(user_id="u"),
        created_at=created_at,
        updated_at=created_at,
    )
    return Found(record, semantic, keyword)


def order(ranked: list[Found]) -> list[str]:
    return [each.record.id for each in ranked]


cosines = st.floats(-1, 1)
weights = st.floats(0, 1e6)
many = st.lists(st.tuples(cosines, weights, st.integers(0, 3)), max_size=20).map(
    lambda rows: [found(f"m{i:02}", *row) for i, row in enumerate(rows)]
)


@given(many)
def test_a_score_lies_between_zero_and_one(rows: list[Found]) -> None:
    assert all(0 <= each.score <= 1 for each in rank(rows, top_k=100, threshold=0))


@given(many, st.integers(0, 30), st.floats(0, 1))
def test_the_best_come_first_and_none_is_below_the_threshold(
    rows: list[Found], top_k: int, threshold: float
) -> None:
    scores = [each.score for each in rank(rows, top_k=top_k, threshold=threshold)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= top_k
    assert all(score >= threshold for score in scores)


@given(many, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(rows: list[Found], chance: object) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(shuffled, top_k=100, threshold=0) == rank(rows, top_k=100, threshold=0)


@given(many, st.integers(0, 20))
def test_fewer_results_are_the_first_of_more(rows: list[Found], top_k: int) -> None:
    assert rank(rows, top_k=top_k, threshold=0) == rank(rows, top_k=1_000, threshold=0)[:top_k]


@given(many.filter(bool), st.floats(0, 0.2))
def test_a_nearer_memory_never_ranks_lower(rows: list[Found], nearer: float) -> None:
    target = rows[0]
    moved = found("m00", min(1, target.semantic + nearer), target.keyword, target.record.created_at)
    before = order(rank(rows, top_k=100, threshold=0)).index("m00")
    assert order(rank([moved, *rows[1:]], top_k=100, threshold=0)).index("m00") <= before


def test_without_shared_words_the_score_is_the_cosine() -> None:
    (row,) = rank([found("a", 0.4)], top_k=1, threshold=0)
    assert row.score == 0.4


def test_the_best_match_by_words_goes_half_of_the_way_to_one() -> None:
    (row,) = rank([found("a", 0.4, keyword=7.0)], top_k=1, threshold=0)
    assert row.score == pytest.approx(0.7)


def test_shared_words_decide_between_two_that_are_as_near() -> None:
    rows = [found("plain", 0.4), found("worded", 0.4, keyword=1.0)]
    assert order(rank(rows, top_k=2, threshold=0)) == ["worded", "plain"]


def test_of_equal_scores_the_newest_comes_first_and_then_the_greater_id() -> None:
    rows = [found("a", 0.5, 0, 1), found("c", 0.5, 0, 1), found("b", 0.5, 0, 2)]
    assert order(rank(rows, top_k=3, threshold=0)) == ["b", "c", "a"]


def test_an_opposite_meaning_counts_as_none() -> None:
    (row,) = rank([found("a", -0.9)], top_k=1, threshold=0)
    assert row.score == 0


def test_what_meets_the_threshold_exactly_is_kept() -> None:
    assert order(rank([found("a", 0.5)], top_k=1, threshold=0.5)) == ["a"]


def test_nothing_ranks_as_nothing() -> None:
    assert rank([], top_k=5, threshold=0) == []


@given(cosines, weights, weights)
def test_both_parts_of_a_score_lie_between_zero_and_one(
    cosine: float, weight: float, best: float
) -> None:
    assert all(0 <= part <= 1 for part in parts(found("a", cosine, weight), best))


@pytest.mark.parametrize(("top_k", "wanted"), [(1, MIN_CANDIDATES), (100, 400)])
def test_more_candidates_are_fetched_than_are_wanted(top_k: int, wanted: int) -> None:
    assert candidates(top_k) == wanted
