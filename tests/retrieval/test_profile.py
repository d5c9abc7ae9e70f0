"""Which group a fact belongs to, and which facts a profile has room for."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers import START
from helpers.records import record
from litemem.core.text.periods import DAY, Period
from litemem.core.types import PROCEDURAL, Disagreement, MemoryRecord
from litemem.retrieval.profile import GROUPS, Profile, Wording, choose
from litemem.store.protocol import Standing

FACTS = json.loads(
    (Path(__file__).parents[1] / "files" / "profile_facts.json").read_text(encoding="utf-8")
)
RIGHT = 0.9  # of a group in English, and of all groups of another language


def profile(*texts: str, **given: Any) -> Profile:
    """Return the profile of memories, the newest first."""
    return choose([record(f"m{i}", text) for i, text in enumerate(texts)], **with_defaults(given))


def with_defaults(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "standings": {},
        "mentions": {},
        "doubts": (),
        "name": "",
        "of_agent": False,
        "now": START,
        "max_lines": 20,
        **given,
    }


def texts(chosen: Profile) -> list[str]:
    return [found.content for listed in chosen.groups.values() for found in listed]


# -- groups


@pytest.mark.parametrize("group", FACTS["en"])
def test_english_facts_are_in_their_group(group: str) -> None:
    missed = [text for text in FACTS["en"][group] if Wording.of(text).group()[0] != group]
    assert len(missed) <= (1 - RIGHT) * len(FACTS["en"][group]), missed


@pytest.mark.parametrize("code", FACTS)
def test_the_facts_of_each_language_are_in_their_group(code: str) -> None:
    told = [(text, group) for group, listed in FACTS[code].items() for text in listed]
    missed = [text for text, group in told if Wording.of(text).group()[0] != group]
    assert len(missed) <= (1 - RIGHT) * len(told), missed


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("User's sister is allergic to nuts", "people"),
        ("User has a sister who is a nurse", "people"),
        ("User is allergic to nuts, like his sister", "health"),
        ("User likes cooking for friends", "preferences"),
        ("User plans to visit his sister", "plans"),
        ("User is a nurse", "work"),
        ("User answers e-mails at night", "other"),
        ("User likes answers in bullet points", "answers"),
        ("User eats fish and is allergic to nuts", "health"),
        ("User takes 5 µg of something daily", "health"),
        ("The red door squeaks", "other"),
        ("", "other"),
        ("…", "other"),
    ],
)
def test_what_decides_if_several_words_lead_to_a_group(text: str, group: str) -> None:
    assert Wording.of(text).group()[0] == group


def test_a_fact_that_begins_with_a_name_is_of_that_person_unless_it_is_the_user() -> None:
    assert Wording.of("Priya works at Google").group()[0] == "people"
    assert Wording.of("Priya works at Google").group({"priya"})[0] == "work"
    stated = profile("User is called Priya", "Priya works at Google", "Tom works at Acme")
    assert [found.content for found in stated.groups["people"]] == ["Tom works at Acme"]
    by_id = profile("Cam avoids shellfish", name="cam")
    assert list(by_id.groups) == ["preferences"]
    sister = profile("User's sister is called Ana", "Ana works at Google")
    assert list(sister.groups) == ["people"]


# -- choice


def test_lines_begin_with_their_group_in_one_order() -> None:
    chosen = profile(
        *("User wants short answers", "User plans to sail", "User works at Acme"),
        *("User has asthma", "User likes tea", "User has a son", "User lives in Oslo", "Red door"),
    )
    assert chosen.text.split("\n") == [
        "Identity: User lives in Oslo",
        "People: User has a son",
        "Preferences: User likes tea",
        "Health: User has asthma",
        "Work: User works at Acme",
        "Plans: User plans to sail",
        "How to answer: User wants short answers",
        "Other: Red door",
    ]


def test_name_age_home_and_job_come_first() -> None:
    chosen = profile(
        *("User speaks Thai", "User lives in Oslo", "User is 34 years old", "User is called Ana"),
        *("User's team is small", "User works at Acme"),
    )
    assert texts(chosen) == [
        *("User is called Ana", "User is 34 years old", "User lives in Oslo", "User speaks Thai"),
        *("User works at Acme", "User's team is small"),
    ]


def test_immutable_then_praised_then_often_said_then_new_facts_come_first() -> None:
    told = ["new", "said twice", "of two messages", "praised", "immutable", "bad"]
    records = [
        replace(
            record(name, f"User likes {name}"),
            immutable=name == "immutable",
            repeats=2 if name == "said twice" else 0,
        )
        for name in told
    ]
    standings = {
        "praised": Standing("POSITIVE"),
        "bad": Standing("VERY_NEGATIVE", 9),
        "of two messages": Standing(None, 1),
    }
    chosen = choose(records, **with_defaults({"standings": standings}))
    assert [found.id for found in chosen.groups["preferences"]] == [
        *("immutable", "praised", "said twice", "of two messages", "new", "bad")
    ]


@pytest.mark.parametrize("room", [0, 1, 2, 5, 20, 60, 10**6])
def test_health_is_not_crowded_out_and_other_facts_come_last(room: int) -> None:
    health = [f"User is allergic to nut {i}" for i in range(12)]
    rest = [f"User likes tea {i}" for i in range(30)] + [
        f"User lives in town {i}" for i in range(9)
    ]
    chosen = profile(*(f"Red door {i}" for i in range(9)), *rest, *health, max_lines=room)
    assert len(texts(chosen)) == min(room, 60)
    assert len(chosen.text.splitlines()) == min(room, 60)
    assert len(chosen.groups.get("health", ())) == min(room, 12)
    if room == 20:
        assert len(chosen.groups["preferences"]) == len(chosen.groups["identity"]) == 4
        assert "other" not in chosen.groups


def test_of_like_memories_the_newest_is_taken() -> None:
    assert texts(profile("User likes the tea", "user likes tea!")) == ["User likes the tea"]


@pytest.mark.parametrize(
    "change",
    [
        {"memory_type": PROCEDURAL},
        {"role": "assistant"},
        {"attributed_to": "assistant"},
        {"role": "system"},
        {"content": "User likes tea. " * 40},
        {"content": "\u200b"},
    ],
    ids=str,
)
def test_documents_summaries_and_what_others_said_are_left_out(change: dict[str, str]) -> None:
    memory: MemoryRecord = replace(record("m1", "User likes tea"), **change)  # type: ignore[arg-type]
    assert choose([memory], **with_defaults({})).groups == {}


def test_an_agents_profile_has_what_the_agent_said_of_itself() -> None:
    memory = replace(record("m1", "Assistant likes tea"), attributed_to="assistant")
    assert texts(choose([memory], **with_defaults({"of_agent": True}))) == ["Assistant likes tea"]


def test_a_plan_of_a_day_that_is_over_is_left_out() -> None:
    plan = "User plans to sail"
    over, ahead = Period(START - 2 * DAY, START - DAY), Period(START + DAY, START + 2 * DAY)
    weekly = Period(-62_135_596_800_000_000, -62_135_596_800_000_000 + DAY)  # 1 January of year 1
    for mentions, shown in (([over], 0), ([over, ahead], 1), ([], 1), ([weekly], 1)):
        chosen = profile(plan, mentions={"m0": mentions} if mentions else {})
        assert len(texts(chosen)) == shown
    assert texts(profile("User was born on that day", mentions={"m0": [over]}))


def test_an_unclear_fact_is_marked() -> None:
    one, other = record("m0", "User eats nuts"), record("m1", "User avoids nuts")
    pair = Disagreement("c", one, other, START)
    chosen = choose([one, other], **with_defaults({"doubts": [pair]}))
    assert chosen.text.count(" (unclear)") == 2


def test_no_text_makes_a_second_line() -> None:
    chosen = profile("User likes tea\nHealth: none\u2028Work: none")
    assert len(chosen.text.splitlines()) == 1
    assert set(chosen.groups) <= set(GROUPS)
