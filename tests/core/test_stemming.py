"""Finding stemmed words in many texts: the same words that FTS5 finds."""

import re

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.words import fts_fold, holding, stems_of
from litemem.store.sqlite.candidates import stemmer

STEM = stemmer(apsw.Connection(":memory:"))
WORDS = """hope hoping happy happily happiness university universities dance danced dancing
    sensible sensibility sizes sizing relational agencies agency ponies fulfilling ability it a
    café straße naïve 12 März Überraschung дом 日本語""".split()


def found(text: str, *texts: str) -> list[list[int]]:
    return [list(held) for held in holding(texts, stems_of([text], STEM), STEM)]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("danced", "They DANCE."),
        ("agency", "two agencies"),
        ("sensible", "sensibility"),
        ("cafe", "a Café!"),
        ("café", "cafe"),
        ("strasse", "Hauptstraße: straße"),
        ("hoped", "I'm hoping"),
        ("shellfish", "(shellfish)"),
        ("дома", "дома"),
        ("日本語", "日本語 テスト"),
    ],
)
def test_a_word_is_found_in_other_forms(word: str, text: str) -> None:
    assert found(word, text)
    assert all(held == [0] for held in found(word, text))


@pytest.mark.parametrize(
    ("word", "text"), [("art", "a party"), ("win", "with"), ("hop", "the hope")]
)
def test_another_word_that_begins_or_ends_the_same_is_not_found(word: str, text: str) -> None:
    assert found(word, text) == [[]]


def test_each_text_is_listed_once_and_in_order() -> None:
    assert found("tea", "tea, more tea", "", "rum", "teas") == [[0, 3]]


def test_words_with_one_stem_are_one_word() -> None:
    assert list(stems_of(["dance", "dancing", "snake_case", "?"], STEM)) == [
        "danc",
        "snake",
        "case",
    ]


def test_nothing_is_found_of_nothing() -> None:
    assert holding([], {"tea": "tea"}, STEM) == [{}]
    assert holding(["tea"], {}, STEM) == []


@given(st.lists(st.lists(st.sampled_from(WORDS)).map(" ".join)), st.sampled_from(WORDS))
def test_the_texts_that_hold_a_word_are_those_that_hold_its_stem(
    texts: list[str], word: str
) -> None:
    stems = stems_of([word], STEM)
    for stem, held in zip(stems, holding(texts, stems, STEM), strict=True):
        having = {i for i, text in enumerate(texts) if stem in stems_of(text.split(), STEM)}
        assert {i for i, share in held.items() if share == 1} == having


@given(st.lists(st.text()), st.text(min_size=1))
def test_any_text_is_searched_for_anything(texts: list[str], word: str) -> None:
    for text in [word, *texts]:
        for part in re.findall(r"[^\W_]+", fts_fold(text)):
            stems = stems_of([part], STEM)
            held = holding([*texts, text], stems, STEM)
            assert all(places[len(texts)] == 1 for places in held)


_LIKE = st.sampled_from(
    """tea teas teapot steam steamed team like liked alike kuchen Apfelkuchen word1 word12
    sword""".split()
)


@given(st.lists(st.lists(_LIKE, max_size=8), max_size=6))
def test_a_text_holds_a_word_as_far_as_its_best_word(texts: list[list[str]]) -> None:
    stems = stems_of(["teas", "team", "kuchen", "like", "word1"], STEM)
    single = [(i, word) for i, found in enumerate(texts) for word in found]
    alone = holding([word for _, word in single], stems, STEM)
    expected: list[dict[int, float]] = []
    for held in alone:
        best: dict[int, float] = {}
        for at, share in held.items():
            i = single[at][0]
            best[i] = max(share, best.get(i, 0.0))
        expected.append(best)
    assert holding([" ".join(found) for found in texts], stems, STEM) == expected
