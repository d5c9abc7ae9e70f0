"""Words of a text, the FTS5 query made of them, and the texts that hold them stemmed."""

import re
from collections.abc import Iterator

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.query_words import query_words
from litemem.core.text.words import (
    MAX_WORDS,
    MISSPELT,
    STOP_WORDS,
    any_of,
    fts_fold,
    holding,
    stems_of,
    words,
)
from litemem.store.sqlite.candidates import stemmer


def fts_query(text: str) -> str | None:
    return any_of(query_words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cam avoids SHELLFISH!", ["cam", "avoids", "shellfish"]),
        ("it's", ["it", "s"]),
        ("Hauptstraße 12", ["hauptstrasse", "12"]),
        ("日本語 テスト", ["日本語", "テスト"]),
        ("snake_case", ["snake_case"]),
        ("?! … 😀", []),
        ("", []),
    ],
)
def test_a_text_is_split_into_folded_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Which hotel in Rome?", '"hotel" OR "rome"'),
        ("hotel hotel", '"hotel"'),
        ("who are you", '"who" OR "are" OR "you"'),
        ('tea" OR "rum', '"tea" OR "rum"'),
        ("?!", None),
    ],
)
def test_a_query_asks_for_any_telling_word_quoted(text: str, query: str | None) -> None:
    assert fts_query(text) == query


def test_a_query_as_long_as_a_book_is_cut() -> None:
    query = fts_query(" ".join(f"word{i}" for i in range(10_000)))
    assert query is not None
    assert query.count('"') == 2 * MAX_WORDS


def test_stop_words_are_as_words_are_split() -> None:
    assert all(words(word) == [word] for word in STOP_WORDS)


@pytest.fixture(scope="module")
def index() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5"
        " (content, tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    yield connection
    connection.close()


@given(text=st.text())
def test_no_text_makes_a_query_that_fts5_refuses(index: apsw.Connection, text: str) -> None:
    query = fts_query(text)
    if query is not None:
        index.execute("SELECT * FROM t WHERE t MATCH ?", (query,)).fetchall()


@given(text=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_a_word_finds_itself(index: apsw.Connection, text: str) -> None:
    index.execute("DELETE FROM t")
    index.execute("INSERT INTO t VALUES (?)", (text,))
    query = fts_query(text)
    assert index.execute("SELECT count(*) FROM t WHERE t MATCH ?", (query,)).get == 1


# -- stems: the same words that FTS5 finds

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


def test_a_word_with_a_letter_wrong_is_found_where_no_text_has_the_word() -> None:
    texts = ["The restaurant was full", "a horse", "restaurants and houses"]
    (held,) = holding(texts, stems_of(["resturant"], STEM), STEM)
    assert held == {0: MISSPELT}
    (held,) = holding(texts, stems_of(["house"], STEM), STEM)
    assert held == {2: 1.0}  # no horse


def test_a_code_is_found_to_the_letter_only() -> None:
    assert found("lh13744", "LH13745", "LH13744x") == [[]]


def test_each_text_is_listed_once_and_in_order() -> None:
    assert found("tea", "tea, more tea", "", "rum", "teas") == [[0, 3]]


def test_words_with_one_stem_are_one_word() -> None:
    assert list(stems_of(["dance", "dancing", "snake_case", "?"], STEM)) == [
        "danc",
        "snake",
        "case",
    ]


def test_another_case_of_a_name_is_found_next_to_the_name() -> None:
    texts = ["сестра Анна", "говорил с Анной", "живёт в Москве"]
    (held,) = holding(texts, stems_of(["анна"], STEM), STEM)
    assert held == {0: 1.0, 1: 0.5}


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
