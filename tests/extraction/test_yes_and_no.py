"""Answers to a question: what a yes or a no affirms, and what stands behind it."""

import pytest

from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM


def live_after(question: str, answer: str, *facts: str) -> list[str]:
    llm = ScriptedLLM([list(facts)] * 4)
    with Memory(":memory:", embedder=HashEmbedder(16), llm=llm) as memory:
        turn = [
            {"role": "assistant", "content": question},
            {"role": "user", "content": answer},
        ]
        memory.add(turn, user_id="u")
        return [found["memory"] for found in memory.get_all(user_id="u")["results"]]


@pytest.mark.parametrize(
    ("question", "answer", "denied"),
    [
        ("Are you vegan?", "No, vegetarian", "User is vegan"),
        ("Do you smoke?", "No, I vape", "User smokes"),
        ("Do you live in Leeds?", "No, in York", "User lives in Leeds"),
        ("Sind Sie Veganer?", "Nein, Vegetarier", "User ist Veganer"),
        ("¿Vives en Lugo?", "No, en Vigo", "User vive en Lugo"),
    ],
)
def test_what_was_just_denied_is_no_memory(question: str, answer: str, denied: str) -> None:
    live = live_after(question, answer, denied)
    assert live
    assert denied not in live


def test_what_stands_behind_a_no_is_kept() -> None:
    assert "User is vegetarian" in live_after(
        "Are you vegan?", "No, vegetarian", "User is vegetarian"
    )


def test_what_stands_behind_a_yes_is_kept_if_the_model_writes_nothing_of_it() -> None:
    live = live_after("Do you follow a special diet?", "Yes, low FODMAP")
    assert any("low FODMAP" in memory for memory in live)


def test_what_stands_behind_a_yes_is_kept_once() -> None:
    fact = "User follows a low FODMAP diet"
    live = live_after("Do you follow a special diet?", "Yes, low FODMAP", fact)
    assert fact in live
    assert not any("answered" in memory for memory in live)


@pytest.mark.parametrize(
    ("question", "answer", "told", "fact"),
    [
        (
            "You mentioned iron tablets. Are you still taking them?",
            *("yep", "User is still taking them", "User is still taking iron tablets"),
        ),
        (
            "You take iron tablets and vitamin D, right? Still taking them?",
            *("yes, still", "User takes them", "User is still taking iron tablets and vitamin D"),
        ),
        (
            "You bought a rowing machine last year. Do you use it?",
            *("yeah", "User uses it", "User uses a rowing machine"),
        ),
        ("Do you still have the Golf?", "yes", "User still has it", "User still has the Golf"),
    ],
)
def test_a_yes_is_kept_with_the_thing_and_not_with_a_pronoun(
    question: str, answer: str, told: str, fact: str
) -> None:
    assert live_after(question, answer, told) == [fact]


def test_a_yes_to_a_thing_that_nobody_named_is_no_memory() -> None:
    assert live_after("Are you still taking them?", "yes", "User is still taking them") == []
