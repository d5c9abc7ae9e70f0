"""Ages: years are somebody's age only where an age was told."""

import pytest

from litemem.extraction import english


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I'm 34 and I've been a nurse for ten years.", "User is 34 years old"),
        ("I have two kids, Leo and Ana, they are 4 and 7.", "Leo is 4 years old"),
        ("I have two kids, Leo and Ana, they are 4 and 7.", "Ana is 7 years old"),
        ("The three are two, five, and nine.", "Bo is nine years old"),
        ("My grandmother Olga, who is 91, still swims.", "Olga is 91 years old"),
        ("Our cat Minka is only 15", "Minka is aged 15"),
        ("My daughter turned 5 in May.", "User's daughter is 5 years old"),
        ("She is four now.", "Mia is 4 years old"),
        ("No years in it.", "User lives in Kiel"),
    ],
)
def test_an_age_is_told_with_or_without_its_years(said: str, fact: str) -> None:
    assert not english.guesses_age(fact, [said])


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("We have been married for 5 years already!", "Melanie is 5 years old"),
        ("I've been a nurse for ten years.", "User is ten years old"),
        ("It's 5 and I have to leave.", "User is 5 years old"),
        ("I'm 5 minutes late, sorry.", "User is 5 years old"),
        ("My best time is 3:42.", "User is 3 years old"),
        ("He is 6 foot tall.", "He is 6 years old"),
        ("I'm 34 and he has 7 cats.", "Ana is 7 years old"),
    ],
)
def test_another_number_is_no_age(said: str, fact: str) -> None:
    assert english.guesses_age(fact, [said])


@pytest.mark.parametrize(
    "said", [" " * 200_000, " is" * 70_000, " is 4," * 40_000, "4 and " * 40_000, "and4" * 50_000]
)
def test_a_text_as_long_as_a_book_is_looked_through_once(said: str) -> None:
    assert english.guesses_age("Ana is 7 years old", [f"{said}x"])
