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
