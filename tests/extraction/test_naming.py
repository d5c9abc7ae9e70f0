"""Naming: the user is called what they say they are called, and not what others are."""

import pytest

from litemem.extraction.english import is_own_name, misnames_user, with_plain_name


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


def test_the_speakers_name_is_told_in_one_way() -> None:
    assert with_plain_name("Maria is the speaker") == "User is called Maria"
    assert with_plain_name("Maria is the user.") == "User is called Maria"
    assert (
        with_plain_name("Maria is the speaker of the house") == "Maria is the speaker of the house"
    )


def test_a_name_is_only_ones_own_where_it_is_given() -> None:
    assert is_own_name("Jo", "user: Call me Jo. I live in Leeds with my partner Sam.")
    assert not is_own_name("Sam", "user: Call me Jo. I live in Leeds with my partner Sam.")
