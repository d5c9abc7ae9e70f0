"""A word with one letter wrong, and another word."""

import pytest

from litemem.core.text.misspellings import is_misspelt, is_spelt


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("reykjavk", "reykjavik"),
        ("reykjaviik", "reykjavik"),
        ("appelkuchen", "apfelkuchen"),
        ("resturant", "restaurant"),
        ("pyhton", "python"),
        ("color", "colour"),
        ("свитре", "свитере"),
    ],
)
def test_one_letter_is_wrong(word: str, other: str) -> None:
    assert is_misspelt(word, other)
    assert is_misspelt(other, word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("alejandra", "alejandro"),
        ("julia", "julian"),
        ("elena", "helena"),
        ("python", "python"),
        ("lisbon", "london"),
        ("restrant", "restaurant"),
        ("tomorow", "tomorrows"),
    ],
)
def test_other_words_are_not_misspelt(word: str, other: str) -> None:
    assert not is_misspelt(word, other)


@pytest.mark.parametrize("word", ["lh1374", "v2", "قهوة", "咖啡咖啡咖", "ab-cd"])
def test_codes_and_other_scripts_are_compared_to_the_letter(word: str) -> None:
    assert not is_spelt(word)
