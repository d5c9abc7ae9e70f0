"""Ranking: bounded scores, independent of the other results, in a stable order."""

import random
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.answer_kinds import AnswerKind
from litemem.core.text.periods import Period
from litemem.core.text.words import question_share
from litemem.core.types import ScoreParts
from litemem.retrieval.ranking import (
    ANSWER,
    ASKED,
    CARRIED,
    DATED,
    ECHOED,
    FLOOR,
    HALF_LIFE,
    HOLDS,
    HOLDS_NAME,
    MIN_CANDIDATES,
    NAMED,
    NEXT_TO,
    RUN,
    WORDS,
    DateQuestion,
    agreement,
    candidates,
    closeness,
    own_scores,
    rank,
    term_weight,
)
from litemem.store.protocol import NO_NEIGHBOUR, Pool

NOW = 1_700_000_000_000_000
DAY = 86_400_000_000


def pool(*cosines: float, **columns: Any) -> Pool:
    """Return memories without runs, words or speakers, but for the columns that are given."""
    count = len(cosines)
    made = Pool(
        pks=range(1, count + 1),
        cosines=cosines,
        times=[NOW] * count,
        speakers=[None] * count,
        runs=[None] * count,
        asks=[0.0] * count,
        before=[NO_NEIGHBOUR] * count,
        term_matches=(),
        document_frequency=(),
        sample_size=count,
    )
    return replace(made, **columns)


def ranked(
    of: Pool, named: tuple[str, ...] = (), periods: tuple[Period, ...] = (), **given_: Any
) -> list[tuple[int, ScoreParts]]:
    asked = {"top_k": 1_000, "threshold": 0.0, **given_}
    return rank(of, named=frozenset(named), periods=periods, **asked)


def scores(of: Pool, **given_: Any) -> dict[int, float]:
    return {pk: parts.final for pk, parts in ranked(of, **given_)}


def order(of: Pool, **given_: Any) -> list[int]:
    return [pk for pk, _ in ranked(of, **given_)]


periods = st.lists(
    st.tuples(st.integers(NOW, NOW + 30 * DAY), st.integers(1, 3 * DAY)).map(
        lambda at: Period(at[0], sum(at))
    ),
    max_size=3,
).map(tuple)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Memories of two runs and of none, in turns, with what a query may find in them."""
    count = draw(st.integers(1, 12))
    each = {"min_size": count, "max_size": count}
    runs = draw(st.lists(st.sampled_from([None, "one", "other"]), **each))
    last: dict[str | None, int] = {}
    before = []
    for i, run in enumerate(runs):
        before.append(last.get(run, NO_NEIGHBOUR) if run else NO_NEIGHBOUR)
        last[run] = i
    held = st.dictionaries(st.integers(0, count - 1), st.floats(0, 1))
    holding = draw(st.lists(held, max_size=4))
    return Pool(
        pks=range(1, count + 1),
        cosines=draw(st.lists(st.floats(-1, 1), **each)),
        times=draw(st.lists(st.integers(NOW, NOW + 30 * DAY), **each)),
        speakers=draw(st.lists(st.sampled_from([None, "Ana", "Bo"]), **each)),
        runs=runs,
        asks=draw(st.lists(st.floats(0, 1), **each)),
        assistants=draw(st.lists(st.booleans(), **each)),
        before=before,
        term_matches=holding,
        document_frequency=[sum(held.values()) for held in holding],
        sample_size=count,
        mentions=draw(st.lists(periods, **each)),
        holds_answer=draw(st.lists(st.booleans(), **each)),
    )


names = st.sampled_from([(), ("Ana",), ("Ana", "Bo")])


@given(pools(), names, periods)
def test_every_part_of_a_score_lies_between_zero_and_one(
    of: Pool, named: tuple[str, ...], when: tuple[Period, ...]
) -> None:
    for _, parts in ranked(of, named, when, kind=AnswerKind("day")):
        shares = [getattr(parts, name) for name in ScoreParts.__slots__]
        assert all(0 <= share <= 1 for share in shares)
        assert parts.final >= max(parts.meaning, parts.own) * parts.stating - 1e-12


@given(pools(), names, periods, st.integers(0, 15), st.floats(0, 1))
def test_the_best_come_first_and_as_many_as_there_are(
    of: Pool, named: tuple[str, ...], when: tuple[Period, ...], top_k: int, threshold: float
) -> None:
    every = [parts.final for _, parts in ranked(of, named, when)]
    found = ranked(of, named, when, top_k=top_k, threshold=threshold)
    assert every == sorted(every, reverse=True)
    assert [parts.final for _, parts in found] == [s for s in every if s >= threshold][:top_k]


@given(pools(), names, periods, st.integers(0, 15))
def test_fewer_results_are_the_first_of_more(
    of: Pool, named: tuple[str, ...], when: tuple[Period, ...], top_k: int
) -> None:
    assert ranked(of, named, when, top_k=top_k) == ranked(of, named, when)[:top_k]


@given(pools(), names, periods)
def test_the_same_pool_ranks_the_same(
    of: Pool, named: tuple[str, ...], when: tuple[Period, ...]
) -> None:
    assert ranked(of, named, when) == ranked(of, named, when)


def permuted(of: Pool, places: list[int]) -> Pool:
    """Return the same memories in another order."""
    to = {place: i for i, place in enumerate(places)} | {NO_NEIGHBOUR: NO_NEIGHBOUR}
    columns = ("pks", "cosines", "times", "speakers", "runs", "asks", "mentions", "assistants")
    return replace(
        of,
        **{name: [getattr(of, name)[place] for place in places] for name in columns},
        before=[to[of.before[place]] for place in places],
        term_matches=[
            {to[place]: share for place, share in held.items()} for held in of.term_matches
        ],
    )


@given(pools(), names, periods, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(
    of: Pool, named: tuple[str, ...], when: tuple[Period, ...], chance: random.Random
) -> None:
    places = list(range(len(of.pks)))
    chance.shuffle(places)
    shuffled = ranked(permuted(of, places), named, when)
    assert [pk for pk, _ in shuffled] == order(of, named=named, periods=when)


@given(pools(), names, periods, st.data(), st.floats(0, 0.5))
def test_a_nearer_memory_lowers_no_score(
    of: Pool, named: tuple[str, ...], when: tuple[Period, ...], data: st.DataObject, more: float
) -> None:
    place = data.draw(st.integers(0, len(of.pks) - 1))
    cosines = list(of.cosines)
    cosines[place] = min(cosines[place] + more, 1)
    asked = {"named": named, "periods": when}
    before, after = scores(of, **asked), scores(replace(of, cosines=cosines), **asked)
    assert all(after[pk] >= before[pk] - 1e-12 for pk in before)


@given(pools(), periods)
def test_being_named_and_being_of_the_day_lower_no_score(
    of: Pool, when: tuple[Period, ...]
) -> None:
    plain, told = scores(of), scores(of, named=("Ana",), periods=when)
    assert all(told[pk] >= plain[pk] - 1e-12 for pk in plain)


@given(pools().filter(lambda of: of.runs[0] is None), st.floats(-1, 1))
def test_a_score_does_not_depend_on_how_near_others_are_outside_of_its_run(
    of: Pool, cosine: float
) -> None:
    changed = replace(of, cosines=[cosine, *of.cosines[1:]])
    before, after = scores(of), scores(changed)
    assert {pk: s for pk, s in after.items() if pk != 1} == {
        pk: s for pk, s in before.items() if pk != 1
    }


def test_a_query_without_any_word_scores_by_meaning_alone() -> None:
    assert scores(pool(0.4, -0.9)) == {1: pytest.approx(0.4), 2: 0.0}


def test_all_words_of_a_query_take_their_weight_of_the_way_to_one() -> None:
    of = pool(0.4, 0.4, term_matches=[{0: 1.0}, {0: 1.0}], document_frequency=[1, 1])
    assert scores(of) == {1: pytest.approx(1 - 0.6 * (1 - WORDS)), 2: pytest.approx(0.4)}


def test_a_word_that_nobody_used_counts_as_asked_for() -> None:
    half = pool(0.0, 0.0, term_matches=[{0: 1.0}, {}], document_frequency=[1, 0])
    assert 0 < scores(half)[1] < WORDS / 2


def test_a_rare_word_counts_for_more_than_a_frequent_one() -> None:
    of = pool(0, 0, 0, term_matches=[{0: 1.0, 1: 1.0}, {2: 1.0}], document_frequency=[2, 1])
    assert order(of)[0] == 3
    assert term_weight(1, 100) > term_weight(50, 100) > term_weight(100, 100) > 0


def test_a_neighbour_in_the_run_lends_what_it_has_above_chance() -> None:
    of = pool(0.9, 0.0, 0.0, runs=["r"] * 3, before=[NO_NEIGHBOUR, 0, 1])
    lent = (0.9 - FLOOR) / (1 - FLOOR)
    assert scores(of)[2] == pytest.approx(NEXT_TO * lent)
    assert 0 < scores(of)[3] < scores(of)[2]


def test_a_question_lends_its_answer_more() -> None:
    asked = pool(0.0, 0.9, 0.0, asks=[0, 0.1, 0], before=[NO_NEIGHBOUR, 0, 1])
    assert scores(asked)[3] == pytest.approx(scores(asked)[1] * ANSWER / NEXT_TO)


def test_a_question_lends_its_words_to_its_answer() -> None:
    words = {"term_matches": [{0: 1.0}], "document_frequency": [1]}
    behind = pool(0.0, 0.0, 0.0, asks=[0.5, 0, 0], before=[NO_NEIGHBOUR, 0, 1], **words)
    found = {pk: parts.words for pk, parts in ranked(behind)}
    assert found == {1: 1, 2: pytest.approx(CARRIED), 3: 0}
    assert {pk: parts.words for pk, parts in ranked(replace(behind, asks=[0, 0, 0]))}[2] == 0


def test_a_question_holds_the_words_of_a_query_and_does_not_answer_it() -> None:
    assert order(pool(0.5, 0.5, asks=[0, 1])) == [1, 2]
    assert scores(pool(0.5, asks=[0.4]))[1] == pytest.approx(0.5 * (1 - 0.4 * ASKED))
    assert order(pool(0.3, 0.5, asks=[0, 1])) == [2, 1]


def test_an_assistant_comes_behind_what_it_repeats_unless_it_is_asked_for() -> None:
    of = pool(0.5, 0.5, assistants=[False, True])
    assert scores(of) == {1: 0.5, 2: pytest.approx(0.5 * (1 - ECHOED))}
    assert scores(of, of_assistant=True) == {1: 0.5, 2: pytest.approx(1 - 0.5 * (1 - NAMED))}


def test_the_answer_of_an_assistant_is_lent_no_more_than_others() -> None:
    of = pool(0.9, 0.0, asks=[1, 0], before=[NO_NEIGHBOUR, 0], assistants=[False, True])
    lent = {asked: ranked(of, of_assistant=asked)[1][1].neighbours for asked in (False, True)}
    assert lent[False] / lent[True] == pytest.approx(NEXT_TO / ANSWER)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("I like tea.", 0),
        ("What do you like?", 1),
        ("I am on my way. What's it?", 11 / 26),
        ("你住在哪里？", 1),
        ("¿Dónde vives?", 1),
        ("ما اسمك؟", 1),
        ("?", 1),
        ("", 0),
        ("word " * 200_000 + "é", 0),
        ("? " + "word " * 200_000, 0),
    ],
)
def test_the_share_of_questions(text: str, share: float) -> None:
    assert question_share(text) == pytest.approx(share, abs=0.03)


def test_what_is_near_by_chance_lends_nothing() -> None:
    assert scores(pool(FLOOR, 0.0, before=[NO_NEIGHBOUR, 0]))[2] == 0


def test_a_run_that_holds_the_words_lends_to_all_of_its_memories() -> None:
    runs = ["told", "told", "other", None]
    found = scores(pool(0, 0, 0, 0, runs=runs, term_matches=[{0: 1.0}], document_frequency=[1]))
    assert found[2] == pytest.approx(RUN)
    assert found[3] == found[4] == 0


def test_the_speaker_who_is_named_comes_first_and_nobody_is_left_out() -> None:
    of = pool(0.5, 0.5, speakers=["Ana", "Bo"])
    assert order(of, named=("Bo",)) == [2, 1]
    assert scores(of, named=("Bo",))[2] == pytest.approx(1 - 0.5 * (1 - NAMED))


def test_what_is_of_the_day_comes_first_and_nothing_is_left_out() -> None:
    of = pool(0, 0, 0, times=[NOW - HALF_LIFE, NOW, NOW - 50 * HALF_LIFE])
    found = scores(of, periods=(Period(NOW, NOW + DAY),))
    assert found == {2: DATED, 1: pytest.approx(DATED / 2), 3: pytest.approx(0)}


def test_a_date_carries_what_answers_nothing_else_over_no_threshold() -> None:
    of = pool(0.05, 0.1, 0.2, 0.6)
    for tense in (-1, 0, 1):
        asked = DateQuestion(is_all=False, tense=tense)
        found = ranked(of, periods=(Period(NOW, NOW + DAY),), asked=asked, threshold=0.35)
        assert [pk for pk, _ in found] == [4]
    unsure = DateQuestion(is_all=False, tense=0)
    assert all(
        s < 0.35
        for s in list(scores(of, periods=(Period(NOW, NOW + DAY),), asked=unsure).values())[1:]
    )


@pytest.mark.parametrize(
    ("kind", "weight"), [("day", HOLDS), ("length", HOLDS), ("name", HOLDS_NAME)]
)
def test_a_memory_that_holds_the_kind_of_answer_asked_for_comes_first(
    kind: Literal["day", "length", "name"], weight: float
) -> None:
    of = pool(0.5, 0.5, holds_answer=[True, False])
    assert order(of) == [2, 1]
    assert order(of, kind=AnswerKind(kind)) == [1, 2]
    assert scores(of, kind=AnswerKind(kind)) == {1: pytest.approx(1 - 0.5 * (1 - weight)), 2: 0.5}


def test_the_kind_of_answer_carries_what_answers_nothing_else_over_no_threshold() -> None:
    of = pool(0.1, 0.05, 0.0, holds_answer=[True, True, True])
    assert all(score < 0.12 for score in scores(of, kind=AnswerKind("day")).values())


def test_what_happened_on_a_day_is_found_by_the_day() -> None:
    of = pool(0.1, 0.3, times=[NOW, NOW - 60 * DAY])
    asked = DateQuestion(is_all=False, tense=-1)
    assert order(of, periods=(Period(NOW, NOW + DAY),), asked=asked) == [1, 2]


def test_nothing_was_said_on_a_day_to_come() -> None:
    asked = DateQuestion(today=NOW, tense=1)
    assert scores(pool(0), periods=(Period(NOW + DAY, NOW + 2 * DAY),), asked=asked) == {1: 0}


def test_what_speaks_of_the_day_comes_before_what_was_said_on_it() -> None:
    later = (Period(NOW + DAY, NOW + 2 * DAY),)
    of = pool(0, 0, times=[NOW, NOW - 9 * DAY], mentions=[later, (Period(NOW, NOW + DAY),)])
    day = (Period(NOW, NOW + DAY),)
    assert order(of, periods=day) == [2, 1]
    assert order(of, periods=day, asked=DateQuestion(of_saying=True)) == [1, 2]


def test_a_span_agrees_less_than_a_day_and_a_day_near_less_again() -> None:
    day = Period(NOW, NOW + DAY)
    assert agreement(day, day) == agreement(day, Period(NOW - DAY, NOW + DAY)) == 1
    week, month = (agreement(Period(NOW, NOW + n * DAY), day) for n in (7, 30))
    assert 1 > week > month > agreement(Period(NOW - 9 * DAY, NOW - 8 * DAY), day) > 0
    near, far = (agreement(Period(NOW + n * DAY, NOW + (n + 1) * DAY), day) for n in (1, 2))
    assert 1 > near > far > 0


@given(st.integers(0, 10 * DAY), st.integers(1, DAY))
def test_within_a_period_is_closest(start: int, length: int) -> None:
    period = Period(start, start + length)
    assert closeness(start, [period]) == closeness(start + length - 1, [period]) == 1
    assert closeness(start + length, [period]) < 1
    assert closeness(start, []) == 0


def test_of_equal_scores_the_newest_comes_first_and_then_the_later_made() -> None:
    assert order(pool(0.5, 0.5, 0.5, times=[1, 2, 1])) == [2, 3, 1]


def test_what_meets_the_threshold_exactly_is_kept() -> None:
    assert order(pool(0.5), threshold=0.5) == [1]


def test_nothing_ranks_as_nothing() -> None:
    assert ranked(pool()) == []
    assert ranked(pool(), periods=(Period(0, 1),)) == []
    assert ranked(pool(0.5), top_k=0) == []


@pytest.mark.parametrize(("top_k", "wanted"), [(1, MIN_CANDIDATES), (100, 400)])
def test_more_candidates_are_looked_for_than_are_wanted(top_k: int, wanted: int) -> None:
    assert candidates(top_k) == wanted


def test_meaning_counts_by_the_trust_in_the_embedder() -> None:
    of = pool(0.8, 0.1, term_matches=[{1: 1.0}], document_frequency=[1])
    assert order(of) == [1, 2]
    assert order(of, trust=0.25) == [2, 1]
    assert own_scores(of, 0) == pytest.approx([0, 1 - 0.9 * 0.4])
