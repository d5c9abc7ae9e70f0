"""A correction that quotes what it takes back leaves the known fact with the new value."""

import pytest

from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM


def live_after(known: list[str], message: str, *facts: str) -> set[str]:
    llm = ScriptedLLM([list(facts)] * 4)
    with Memory(":memory:", embedder=HashEmbedder(16), llm=llm) as memory:
        for fact in known:
            memory.add(fact, user_id="u", infer=False)
        memory.add(message, user_id="u")
        return {found["memory"] for found in memory.get_all(user_id="u")["results"]}


@pytest.mark.parametrize(
    ("known", "message", "left"),
    [
        (
            *("User works at Deloitte", "scratch what I said about Deloitte, it's KPMG"),
            "User works at KPMG",
        ),
        (
            *("User works at Deloitte", "forget what I said about Deloitte - it's KPMG I work at"),
            "User works at KPMG",
        ),
        (
            *("User's flight is on Tuesday", "ignore what I said about Tuesday, it's Thursday"),
            "User's flight is on Thursday",
        ),
        (
            *("User's dentist is Dr Cole", "I said Dr Cole, I meant Dr Kohl"),
            "User's dentist is Dr Kohl",
        ),
        (
            *("User pays £40 a month for the gym", "I said £40, I meant £45"),
            "User pays £45 a month for the gym",
        ),
    ],
)
def test_a_correction_without_a_relation_is_one_of_the_known_fact(
    known: str, message: str, left: str
) -> None:
    assert live_after([known, "User's sister works at EY"], message) == {
        left,
        "User's sister works at EY",
    }


def test_a_correction_that_the_model_stated_is_kept_once() -> None:
    message, fact = "scratch what I said about Deloitte, it's KPMG", "User works at KPMG"
    assert live_after(["User works at Deloitte"], message, fact) == {fact}


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (["User works at Deloitte"], "forget what I said about Deloitte, it's raining"),
        (["User works at Deloitte"], "forget what I said about Deloitte"),
    ],
)
def test_a_request_to_forget_without_a_value_leaves_nothing(known: list[str], message: str) -> None:
    assert live_after(known, message) == set()
