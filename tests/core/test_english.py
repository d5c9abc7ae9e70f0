"""The English rules of grounding: ages, relatives, and the user's own name."""

import pytest

from litemem.core.text import english
from litemem.core.text.english import is_own_name, misnames_user, with_plain_name
from litemem.extraction.grounding import Grounding


def objection(fact: str, said: str) -> str | None:
    return Grounding([said], [f"user: {said}"]).rejection_reason(fact)


# -- ages


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
def test_an_age_is_supported_with_or_without_its_unit(said: str, fact: str) -> None:
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


# -- relatives


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
def test_a_gender_that_is_not_in_the_source_is_removed(said: str, found: str, kept: str) -> None:
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
def test_a_relative_is_supported_by_any_equivalent_word(said: str, fact: str) -> None:
    assert objection(fact, said) is None


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("My partner is Sam.", "User is married to Sam"),
        ("My sister is Lea.", "User's brother is Lea"),
        ("My cousin is Aldo.", "Aldo is User's child"),
    ],
)
def test_another_relative_is_not_supported(said: str, fact: str) -> None:
    assert objection(fact, said) == "too little of it was said just now"


# -- the user's own name


@pytest.mark.parametrize(
    "said",
    [
        "I'm Ana, and I work as a nurse.",
        "hi, i’m ana",
        "My name is Ana.",
        "my first name is actually Ana",
        "Please call me Ana!",
        "This is Dr. Ana Okafor.",
        "I am called Ana",
        "I'm Maria Ana",
        "The user's name is Ana",
        "User is called Ana.",
        "The name's Ana.",
        "Ana here, the build fails again",
        "Send it by Monday.\nBest,\nAna",
        "What is your name?\nuser: It's a long story: Anastasia, Ana for friends",
        "Je m'appelle Ana et je suis la voisine de la boulangerie",
    ],
)
def test_a_name_that_one_gives_as_ones_own_is_ones_own(said: str) -> None:
    assert not misnames_user("User is called Ana", [said])
    assert not misnames_user("User's name is Ana", [said])


@pytest.mark.parametrize(
    "said",
    [
        "My sister is Ana, and my two cats are called Tom and Kit.",
        "My name is John. Ana is my sister.",
        "I'm looking for Ana.",
        "I am with Ana in Rome.",
        "Our cat is named Ana.",
        "Is Ana here?",
        "My son's name is Ana.",
        "My dog name is Ana.",
    ],
)
def test_the_name_of_another_is_not(said: str) -> None:
    assert misnames_user("User is called Ana", [said])


def test_only_facts_of_the_users_name_are_judged() -> None:
    assert not misnames_user("User's sister is called Ana", ["My sister is Ana."])
    assert not misnames_user("User called Ana", ["I called Ana."])


def test_the_speakers_name_is_written_in_one_way() -> None:
    assert with_plain_name("Maria is the speaker") == "User is called Maria"
    assert with_plain_name("Maria is the user.") == "User is called Maria"
    assert (
        with_plain_name("Maria is the speaker of the house") == "Maria is the speaker of the house"
    )


def test_a_name_is_only_ones_own_where_it_is_given() -> None:
    assert is_own_name("Jo", "user: Call me Jo. I live in Leeds with my partner Sam.")
    assert not is_own_name("Sam", "user: Call me Jo. I live in Leeds with my partner Sam.")
