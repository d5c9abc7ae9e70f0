"""Grounding: facts absent from the source are dropped, paraphrases are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.extraction.grounding import Grounding

SAID = [
    "user: I'm Cam. My sister Ana Lucía lives in New York and has three cats.",
    "user: We fly to Tokyo on 12 March 2025 at 9:30, it costs 1,500 euros. I avoid shellfish.",
    "user: I love Italian food, O'Brien's pub and the book “War and Peace”.",
]


def unsupported(fact: str) -> list[str]:
    return Grounding(SAID, SAID).ungrounded_terms(fact)


@pytest.mark.parametrize(
    ("fact", "invented"),
    [
        ("User's sister is called Maria", ["Maria"]),
        ("Maria lives in New York", ["Maria"]),
        ("Cam lives in New Jersey", ["Jersey"]),
        ("Cam flies to Kyoto on 12 March", ["Kyoto"]),
        ("Cam flies to Tokyo on 13 March", ["13"]),
        ("Cam flies to Tokyo on 12 April", ["April"]),
        ("Cam flies to Tokyo in March 2026", ["2026"]),
        ("Cam flies at 9:45", ["9:45"]),
        ("The flight costs 1,600 euros", ["1,600"]),
        ("The flight costs 150 euros", ["150"]),
        ("Ana has four cats", ["four"]),
        ("Ana has 4 cats", ["4"]),
        ("Ana has cats. Bob feeds them", ["Bob"]),
        ("Cam works at Google", ["Google"]),
        ("Cam speaks Spanish", ["Spanish"]),
        ("Ana-Sofia has cats", ["Ana-Sofia"]),
    ],
)
def test_an_ungrounded_name_number_or_date_is_named(fact: str, invented: list[str]) -> None:
    assert unsupported(fact) == invented


@pytest.mark.parametrize(
    "fact",
    [
        "User's name is Cam",
        "Cam's sister is Ana Lucía",
        "The sister of Cam is Ana",
        "Ana has 3 cats",
        "Ana has three cats",
        "Likes Italian food",
        "Loves Italians",
        "Avoids shellfish",
        "User travels to Tokyo on March 12, 2025",
        "The trip costs 1500 euros",
        "The trip costs 1.500 euros",
        "User flies at 9:30",
        "User flies at 09:30",
        "User likes the pub O'Brien's",
        "User likes O’Brien’s pub",
        "CAM AVOIDS SHELLFISH",
        "User reads War and Peace",
        "I live in New York",
        "User is in New York. User has a sister",
        "cam avoids shellfish",
        "",
    ],
)
def test_what_was_said_in_other_words_is_kept(fact: str) -> None:
    assert unsupported(fact) == []


def test_a_name_from_the_context_may_be_used() -> None:
    grounding = Grounding(
        ["user: She likes tea"], ["user: My sister is Ana", "user: She likes tea"]
    )
    assert grounding.rejection_reason("Ana likes tea") is None


def test_a_fact_of_the_context_alone_is_not_reported_again() -> None:
    grounding = Grounding(
        ["user: She likes tea"], ["user: My sister is Ana", "user: She likes tea"]
    )
    assert (
        grounding.rejection_reason("User's sister is Ana") == "too little of it was said just now"
    )


TOO_LITTLE = ["User has a bad knee", "User works as a nurse in New York", "Cam collects stamps"]


@pytest.mark.parametrize("fact", TOO_LITTLE)
def test_a_fact_that_is_mostly_the_models_own_is_dropped(fact: str) -> None:
    assert "too little" in (Grounding(SAID, SAID).rejection_reason(fact) or "")


OTHER_FORMS = [
    "User loves Italian cooking and food",
    "Cam is flying to Tokyo",
    "Ana owns three cats",
]


@pytest.mark.parametrize("fact", OTHER_FORMS)
def test_a_fact_in_other_forms_of_the_words_is_kept(fact: str) -> None:
    assert Grounding(SAID, SAID).rejection_reason(fact) is None


def test_scripts_without_spaces_are_compared_letter_by_letter() -> None:
    grounding = Grounding(["user: 私は東京に住んでいます"], ["user: 私は東京に住んでいます"])
    assert grounding.rejection_reason("東京に住んでいる") is None
    assert grounding.rejection_reason("大阪で働く") is not None


def test_years_are_an_age_only_where_somebody_spoke_of_age() -> None:
    said = ["How long have you been married?", "5 years already!"]
    assert Grounding(said, said).rejection_reason("Melanie is 5 years old") == "nobody said how old"
    said = ["My daughter turned 5 in May"]
    assert Grounding(said, said).rejection_reason("User's daughter is 5 years old") is None


@pytest.mark.parametrize(
    ("fact", "invented"),
    [
        ("User has two dogs called Pip and Rex", []),
        ("User has 3 dogs: Pip, Rex, and Bo Diddley", []),
        ("User has three dogs called Pip and Rex", ["three"]),
        ("User has two dogs called Pip", ["two"]),
        ("Pip and Rex are two years old", ["two"]),
        ("User has two dogs called Pip and Tex", ["Tex"]),
    ],
)
def test_a_number_may_count_the_names_behind_it(fact: str, invented: list[str]) -> None:
    said = ["My dogs are called Pip, Rex and Bo Diddley"]
    assert Grounding(said, said).ungrounded_terms(fact) == invented


def test_a_fact_that_breaks_off_is_dropped() -> None:
    assert Grounding(SAID, SAID).rejection_reason("Cam flies to Tokyo with") == "it breaks off"


@pytest.mark.parametrize("fact", ["Cam flies to Tokyo with you", "I avoid shellfish"])
def test_a_fact_is_in_the_third_person(fact: str) -> None:
    assert Grounding(SAID, SAID).rejection_reason(fact) == "it speaks of me or to you"


def test_the_rejection_reason_names_the_ungrounded_term() -> None:
    assert Grounding(SAID, SAID).rejection_reason("Bob has 9 dogs") == "nobody said Bob, 9"


POLITE = [
    "User thanks the assistant",
    "Melanie asked Caroline about the painting",
    "Melanie is curious about the group",
    "Assistant noted the preference",
]


@pytest.mark.parametrize("fact", POLITE)
def test_politeness_is_no_fact(fact: str) -> None:
    assert "politeness" in (Grounding(SAID, SAID).rejection_reason(fact) or "")


sentences = st.lists(
    st.text(st.characters(exclude_characters=".!?\n\r", exclude_categories=["Cs", "Cc"]))
    .map(str.strip)
    .filter(bool)
    .map("{}.".format),
    min_size=1,
    max_size=6,
)


@given(sentences, st.data())
def test_a_sentence_of_what_was_said_is_always_supported(
    said: list[str], data: st.DataObject
) -> None:
    message = "user: " + " ".join(said)
    fact = data.draw(st.sampled_from(said))
    assert Grounding([message], [message]).ungrounded_terms(fact) == []


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_fact_about_any_messages_gets_a_verdict(fact: str, said: list[str]) -> None:
    verdict = Grounding(said, said).rejection_reason(fact)
    assert verdict is None or verdict


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_number_is_supported_exactly_when_it_was_said(said: int, told: int) -> None:
    grounding = Grounding([f"user: I have {said} books"], [f"user: I have {said} books"])
    assert (grounding.ungrounded_terms(f"User has {told} books") == []) == (said == told)


SPOKEN = ["I'll keep you updated on the brands.", "Mel and I went there, and it was powerful."]


@pytest.mark.parametrize(
    "fact",
    [
        "Caroline went there with Melanie",  # she tells that herself
        "Mel went there",
        "John will keep John updated on the brands",
        "Ana is here for Ana",
    ],
)
def test_nothing_is_added_about_a_person_who_speaks_for_themselves(fact: str) -> None:
    grounding = Grounding(
        [*SPOKEN, "Ana is here"], [*SPOKEN, "Ana is here", "Caroline, John"], ["Melanie"]
    )
    assert grounding.rejection_reason(fact) == "it is about another speaker"


def test_a_statement_about_oneself_is_about_nobody_else() -> None:
    said = ["I paint lakes and mountains."]
    assert (
        Grounding(said, [*said, "Caroline:"], ["Tim"]).rejection_reason("Caroline paints lakes")
        is None
    )
