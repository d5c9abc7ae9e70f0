"""Kinship: nobody is given a gender, and a wife is enough to be married."""

import pytest

from litemem.extraction import english
from litemem.extraction.grounding import Grounding


def objection(fact: str, said: str) -> str | None:
    return Grounding([said], [f"user: {said}"]).rejection_reason(fact)


@pytest.mark.parametrize(
    ("said", "found", "kept"),
    [
        ("I have two kids, Leo and Ana.", "Leo is User's son", "Leo is User's child"),
        ("Our children are Jun and Mei.", "User's daughters are Jun", "User's children are Jun"),
        ("I'm married to Jo.", "Jo is User's wife", "Jo is User's spouse"),
        ("My parents live in Kiel.", "User's mother lives in Kiel", "User's parent lives in Kiel"),
        ("My partner Sam cycles.", "User's girlfriend Sam cycles", "User's partner Sam cycles"),
        ("My siblings ski.", "User's brothers ski", "User's siblings ski"),
    ],
)
def test_a_gender_that_nobody_gave_is_taken_out(said: str, found: str, kept: str) -> None:
    assert english.without_guessed_relatives(found, [said]) == kept
    assert Grounding([said], [said]).without_gender(found) == kept


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("My sons are Luca and Nico, the kids of my life.", "Luca is User's son"),
        ("My little boy Leo and two other kids.", "Leo is User's son"),
        ("My mum and my other parent.", "User's mother is here"),
        ("Leo is here.", "Leo is User's son"),  # nothing more general was said: for the guard
        ("Le chien aime son maître et les enfants.", "Le chien aime son maître"),
    ],
)
def test_what_was_said_stays(said: str, fact: str) -> None:
    assert english.without_guessed_relatives(fact, [said]) == fact


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("My wife is Clara.", "User is married to Clara"),
        ("I have kids, Leo and Ana.", "Leo is User's child"),
        ("My mum Ruth lives alone.", "Ruth is User's mother"),
        ("I lost my dad in 2019.", "User lost their father in 2019"),
        ("My boyfriend is Emil.", "User's partner is Emil"),
    ],
)
def test_a_relative_is_told_by_any_word_that_says_as_much(said: str, fact: str) -> None:
    assert objection(fact, said) is None


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("My partner is Sam.", "User is married to Sam"),
        ("My sister is Lea.", "User's brother is Lea"),
        ("My cousin is Aldo.", "Aldo is User's child"),
    ],
)
def test_another_relative_is_not_told(said: str, fact: str) -> None:
    assert objection(fact, said) == "too little of it was said just now"
