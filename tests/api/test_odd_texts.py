"""Odd texts and queries are stored and found as they were given."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.refusals import HALF_A_PAIR, NOT_TEXT, refuse
from litemem import Memory
from litemem.errors import (
    ValidationError,
)

# -- texts that are odd, and taken as they are

ODD_TEXTS = {
    "a NUL": "likes\0tea",
    "only a NUL": "\0",
    "a long text": "word " * 50_000,
    "one long word": "a" * 1_000_000,
    "only emoji": "😀🎉👩‍👩‍👧",
    "right to left": "הוא אוהב תה",
    "mixed directions": "\u202eeat sekil\u202c",
    "combining marks": "e\u0301" * 20,
    "SQL": "'; DROP TABLE memory; --",
    "FTS5 syntax": 'NEAR("a" b) OR * ^ {col} : -x',
    "line breaks": "a\r\nb\u2028c",
    "only punctuation": "?!… — «»",
    "a private use character": "\ue000",
    "a noncharacter": "\uffff",
}
each_odd_text = pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name, marks=[pytest.mark.slow] if len(text) > 100_000 else [])
        for name, text in ODD_TEXTS.items()
    ],
)


@each_odd_text
def test_an_odd_text_comes_back_as_it_was_given(filled: Memory, text: str) -> None:
    (row,) = filled.add(text, run_id="odd", infer=False)["results"]
    shown = filled.get(row["id"])
    assert shown is not None
    assert shown["memory"] == text
    assert [r["memory"] for r in filled.get_all(run_id="odd")["results"]] == [text]


@each_odd_text
def test_an_odd_text_is_found_by_itself(filled: Memory, text: str) -> None:
    filled.add(text, run_id="odd", infer=False)
    found = filled.search(text, run_id="odd")["results"]
    assert [row["memory"] for row in found] == [text]
    assert found[0]["score"] == pytest.approx(1, abs=1e-3)


@each_odd_text
def test_the_file_is_sound_after_an_odd_text_was_changed_and_deleted(
    filled: Memory, path: Path, text: str
) -> None:
    (row,) = filled.add(text, run_id="odd", infer=False, metadata={"text": text})["results"]
    filled.update(row["id"], f"{text} and more")
    filled.update(row["id"], text)
    filled.delete(row["id"])
    filled.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO memory_fts (memory_fts, rank) VALUES ('integrity-check', 1)"
        )
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@given(text=st.text(min_size=1, max_size=60).filter(str.strip))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_stored_and_found(filled: Memory, text: str) -> None:
    (row,) = filled.add(text, run_id="any", infer=False)["results"]
    assert filled.search(text, run_id="any", top_k=1_000, threshold=0.9)["results"]
    filled.delete(row["id"])


# -- queries


@pytest.mark.parametrize("query", ["", " \n", "\u2003", *NOT_TEXT, None, HALF_A_PAIR], ids=repr)
def test_a_query_that_says_nothing_is_refused(filled: Memory, path: Path, query: Any) -> None:
    refuse(filled, path, ValidationError, lambda m: m.search(query, user_id="cam"))


QUERIES = [
    "?!",
    "...",
    "😀",
    "_",
    "nul\0",
    '"',
    "'",
    "it's tea",
    '"tea',
    "tea*",
    "^tea",
    "tea AND",
    "OR",
    "NOT tea",
    "NEAR(tea green, 2)",
    "content : tea",
    "{content} : tea",
    "-tea",
    "tea + green",
    "(tea",
    "the of and",
    "tea " * 10_000,
    "x" * 1_000_000,
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: repr(query[:20]))
def test_a_query_of_syntax_is_only_words(filled: Memory, query: str) -> None:
    found = filled.search(query, user_id="cam", threshold=0)["results"]
    assert [row["memory"] for row in found] == ["likes green tea"]


@given(query=st.text(min_size=1).filter(str.strip))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_searched(filled: Memory, query: str) -> None:
    assert len(filled.search(query, user_id="cam", threshold=0)["results"]) == 1
