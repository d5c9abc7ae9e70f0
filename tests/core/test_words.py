"""Words of a text, and the FTS5 query made of them."""

from collections.abc import Iterator

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.query_words import query_words
from litemem.core.text.words import MAX_WORDS, STOP_WORDS, any_of, words


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
