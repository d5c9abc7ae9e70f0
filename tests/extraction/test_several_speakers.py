"""A conversation of two people: facts of each, and nothing of cheers, thanks and other things."""

import pytest

from litemem.core.types import Message
from litemem.extraction.facts import extract
from litemem.testing import ScriptedLLM

SMALL = 1_500_000_000  # parameters
ANA_AND_BEN = [
    Message("user", "Hi Ben, how is the bakery?", "Ana"),
    Message("user", "Busy! And your choir?", "Ben"),
]


def facts(
    *messages: Message, of_model: tuple[list[str], ...], context: list[Message] = ANA_AND_BEN
) -> list[str]:
    """Return what is kept of messages, for each speaker of which the model writes a list."""
    llm = ScriptedLLM([*of_model, *[[]] * len(messages)])
    llm.parameters = SMALL
    return [fact.text for fact in extract(llm, messages, subject="user", context=context)]


def ana(text: str) -> Message:
    return Message("user", text, "Ana")


def ben(text: str) -> Message:
    return Message("user", text, "Ben")


@pytest.mark.parametrize(
    "talk",
    [
        "Thanks for the advice, Ben!",
        "Yeah, Ben, thanks for having my back.",
        "Chase those dreams, buddy!",
        "Don't give up, mate, it will be worth it!",
        "Oof, sorry to hear that.",
        "Wow, it looks great!",
        "Yeah, it's been a rollercoaster.",
        "Here's to new heights, and all the trials that come with it!",
        "Stay motivated and keep going!",
        "Way to go, the hard work pays off!",
        "We all need a push sometimes, right?",
        "Yup, we rock as a team! So glad we're on the same page.",
        "Yep, kindness is key and a little help can make a difference.",
        "It's important to support each other, and it's great to hear you.",
        "Hey Ben, been a few days since we last chatted!",
        "Hey Ben, it's been a minute!",
        "Wow, Ben, that takes guts!",
        "Definitely a must-see!",
        "Pets definitely bring tons of joy.",
    ],
)
@pytest.mark.parametrize("is_repeated", [False, True], ids=["passed over", "written as a fact"])
def test_cheers_and_thanks_are_no_memories(talk: str, is_repeated: bool) -> None:
    assert facts(ana(talk), of_model=([talk] if is_repeated else [],)) == []


def test_advice_that_somebody_gives_is_no_memory_of_them() -> None:
    said = "You have the skills. Don't give up!"
    assert facts(ana(said), of_model=(["Ana says don't give up"],)) == []


@pytest.mark.parametrize(
    "said",
    [
        "Got the tattoo a few years ago.",
        "Gotta check the size and the floor of the hall on Monday.",
        "Started at the gym in May, three times a week.",
    ],
)
def test_a_sentence_without_its_i_is_kept_with_the_name_of_who_says_it(said: str) -> None:
    assert facts(ana(said), of_model=([],)) == [f"Ana: “{said}”"]


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I got a tattoo, it stands for freedom.", "Ana stands for freedom"),
        ("I saw the hall and it needs a new roof.", "Ana needs a new roof"),
        ("We have a neighbour, he snores.", "Ana snores"),
        ("The place that I found is nice, it's downtown.", "Ana is downtown"),
        ("I believe in your power to do it.", "Ana believes in her power to do it"),
        ("Yeah, it's tough, I know.", "Ana feels tough"),
        ("Good idea, Ben! I might try.", "Ana has a good idea"),
        ("Our kids are our future.", "Ana's kids are Ana's future"),
        ("How have you been since we last chatted?", "User lasts chatted"),
    ],
)
def test_what_it_or_he_does_is_not_done_by_the_speaker(said: str, fact: str) -> None:
    assert fact not in facts(ana(said), of_model=([fact],))


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I need a new roof, it leaks.", "Ana needs a new roof"),
        (
            "My bird, it sings in the morning, and I sing in the evening.",
            "Ana sings in the evening",
        ),
        ("This is Ana, I am the new cook.", "Ana is the new cook"),
    ],
)
def test_what_the_speaker_does_is_kept_beside_it(said: str, fact: str) -> None:
    assert fact in facts(ana(said), of_model=([fact],))


def test_a_general_remark_is_no_deed_of_the_speaker() -> None:
    said = "Searching for the perfect studio's a tough job, Ben."
    assert facts(ana(said), of_model=(["Ana is searching for a studio"],)) == []


def test_a_place_that_only_the_other_named_is_not_added_to_a_fact() -> None:
    said = ben("I have been to Rome once."), ana("We need a good floor in the new hall.")
    kept = facts(*said, of_model=([], ["Ana needs a good floor in Rome"]))
    assert not any("Rome" in fact and "Ana" in fact for fact in kept)


@pytest.mark.parametrize("answer", ["I'd love to move there!", "I would love to move."])
def test_a_place_is_added_where_the_speaker_means_it(answer: str) -> None:
    said = ben("Would you move to Rome?"), ana(answer)
    assert "Ana would love to move to Rome" in facts(
        *said, of_model=(["Ana would love to move to Rome"],)
    )


def test_one_who_speaks_alone_is_called_by_name_after_others_spoke() -> None:
    said = ana("I'm a nurse in Leeds.")
    assert facts(said, of_model=(["Ana is a nurse in Leeds"],)) == ["Ana is a nurse in Leeds"]


def test_nobody_is_called_user_where_people_have_names() -> None:
    said = ana("I'm always here to support you.")
    fact = "Ana is always here to support User"
    assert not any("User" in kept for kept in facts(said, of_model=([fact],)))


def test_what_is_true_of_both_is_not_made_of_one() -> None:
    said = ana("We're both on different paths, and it is nice to have someone.")
    assert not any("is both" in fact for fact in facts(said, of_model=([],)))


@pytest.mark.parametrize(
    ("said", "of_model", "kept"),
    [
        ("Hey Ben! I sold my car.", "Ben sold his car", "Ana sold their car"),
        ("Count on me, Ben! I collect old maps.", "Ben collects old maps", "Ana collects old maps"),
    ],
)
def test_what_the_speaker_says_of_themself_is_not_the_others(
    said: str, of_model: str, kept: str
) -> None:
    assert facts(ana(said), of_model=([of_model],)) == [kept]


@pytest.mark.parametrize(
    ("said", "of_model"),
    [
        ("I love your soup, Ben.", "Ben loves soup"),
        ("I don't eat your bread, Ben.", "Ben doesn't eat bread"),
        ("Nice boat, Ben! I bet it is fast.", "Ben has a nice boat"),
    ],
)
def test_what_is_said_to_the_other_is_not_the_speakers(said: str, of_model: str) -> None:
    assert not any(
        "Ana" in fact and "“" not in fact for fact in facts(ana(said), of_model=([of_model],))
    )
