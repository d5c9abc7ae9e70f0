"""Every language has its file, and every file is of a language that is recognised."""

from importlib import resources

import pytest

from litemem.core.text import lexicon, vocabulary


def test_each_file_belongs_to_a_language() -> None:
    files = resources.files("litemem.core.text") / "languages"
    codes = {*lexicon.LISTED.values(), lexicon.UNKNOWN}
    assert {file.name for file in files.iterdir()} == {f"{code}.toml" for code in codes}


@pytest.mark.parametrize("name", lexicon.LISTED)
def test_a_file_names_its_language(name: str) -> None:
    assert lexicon._read(lexicon.LISTED[name])["name"] == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ich wohne in Wien und bin Koch", "de"),
        ("我住在成都", "zh"),
        ("I live in Leeds", "en"),
        ("?", "en"),
    ],
)
def test_the_code_of_a_text(text: str, code: str) -> None:
    assert lexicon.code_of(text) == code


def test_a_pattern_goes_on_in_indented_lines() -> None:
    assert lexicon._joined({"of": ["one\n  |two", 1], "words": "one\ntwo"}) == {
        "of": ["one|two", 1],
        "words": "one\ntwo",
    }


def test_the_words_of_searches_are_those_of_the_languages() -> None:
    for code in (*lexicon.LISTED.values(), lexicon.UNKNOWN):
        stop_words = str(lexicon.section(code, "search").get("stop_words", "")).split()
        assert vocabulary.words_in(code, "search", "stop_words") == stop_words


def test_a_pattern_in_the_vocabulary_is_written_in_full() -> None:
    asked = vocabulary.texts("search", "asked")["ja"]
    assert asked in vocabulary.texts("search", "ending")["ja"]


def test_english_is_the_first_language_of_the_vocabulary() -> None:
    codes = list(vocabulary.texts("search", "stop_words"))
    assert codes == ["en", *sorted(set(codes) - {"en"})]


def test_a_pattern_that_no_language_lists_matches_nothing() -> None:
    assert vocabulary.pattern_in("en", "search", "unlisted").search("unlisted") is None
    assert vocabulary.either_of_all("search", "unlisted") == "(?!)"
