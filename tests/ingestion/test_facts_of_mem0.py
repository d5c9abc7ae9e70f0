"""Facts without a subject, as Mem0 writes them, are about the user like those of litemem."""

import pytest

from helpers import OpenMemory
from litemem.core.text.english import with_subject
from litemem.ingestion.compare import compare_facts


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("Loves pizza", "User loves pizza"),
        ("Isn't a smoker", "User isn't a smoker"),
        ("Name is Ana", "User's name is Ana"),
        ("Favorite color is blue", "User's favorite color is blue"),
        ("Allergic to nuts", "User is allergic to nuts"),
        ("James loves pizza", "James loves pizza"),
        ("Dog food is in the shed", "User's dog food is in the shed"),
        ("Staging deploys on merge", "Staging deploys on merge"),
        ("User loves pizza", "User loves pizza"),
        ("Reads", "Reads"),
    ],
)
def test_a_fact_without_a_subject_is_about_the_user(fact: str, told: str) -> None:
    assert with_subject(fact) == told


@pytest.mark.parametrize(
    ("known", "new", "verdict"),
    [
        ("Loves pizza", "User loves pizza", "same"),
        ("Loves pizza", "User doesn't love pizza anymore", "contradicts"),
        ("Is 39 years old", "User is 40 years old", "contradicts"),
        ("Allergic to nuts", "User is allergic to wasps", "different"),
        ("James lives in Rome", "User lives in Oslo", "different"),
    ],
)
def test_it_is_compared_with_what_is_told_now(known: str, new: str, verdict: str) -> None:
    assert compare_facts(known, new, 0.5) == verdict


@pytest.mark.parametrize(
    ("fact", "request_", "goes"),
    [
        ("Avoids nuts", "Forget that I avoid nuts", True),
        ("Name is Olga", "Forget my name", True),
        ("Lives in Rome", "Please forget where I live", True),
        ("Is allergic to wasps", "Forget my wasp allergy", True),
        ("Ana avoids nuts", "Forget that I avoid nuts", False),
    ],
)
def test_it_is_forgotten_like_others(
    open_memory: OpenMemory, fact: str, request_: str, goes: bool
) -> None:
    memory = open_memory([], [])
    memory.add(fact, user_id="u", infer=False)
    memory.add(request_, user_id="u")
    left = [each["memory"] for each in memory.get_all(user_id="u")["results"]]
    assert (fact not in left) is goes
