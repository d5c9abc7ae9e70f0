"""A statement that marks a change replaces what it gives another value, and nothing else."""

import pytest

from litemem import Memory
from litemem.ingestion.compare import compare_facts
from litemem.testing import HashEmbedder, ScriptedLLM

REPLACED = """
User's team has 14 people | User's team is down to 12 people
User has six hens | A fox took two of the hens, so User has four now
User weighs 92 kg | User is down to 87 kg
User drinks four coffees a day | User is down to one coffee a day
User runs 5 km three times a week | User runs only once a week now
The bins are collected every week | The council only collects the bins every fortnight now
User's yoga class is on Tuesdays at 18:00 | Yoga moved to Thursdays
Choir practice is on Tuesdays | User: “They've moved choir to Thursdays because the hall was taken.”
User has physio on Monday at 4 pm | Physio has shifted the session to Friday at 5
The kitchen budget is 12,000 euros | We agreed to cut the kitchen budget to 10,000 euros
The deadline for the grant is 1 March 2027 | The grant deadline was extended to 15 March 2027
The project uses PostgreSQL 14 | The project was upgraded to PostgreSQL 16
The API listens on port 8080 | User moved the API to port 8443 because of TLS
The default branch is master | The default branch is main now
The database host is db1 | The database host is db2 now
User's editor theme is dark | User switched to a light theme
User's thesis is about bees | User changed the thesis topic to wasps
User's boss is Karen | User's new boss is Amit
User's landlord is Mr. Briggs | User: “Our landlord's a Mrs. Yilmaz these days.”
User: “Dr. Patel is my GP.” | User: “Dr. Patel left, so Dr. Okafor is my GP now.”
User's phone is a Pixel 6 | User got a Pixel 9
User's locker number is 45 | User: “They gave me locker 62, the lock on 45 was jammed.”
User's daughter Jo is in Year 10 | Jo started Year 11 in the week of 30 November 2026
User's mobile contract is with Vodafone | User's mobile is with Giffgaff since Wednesday
User works as a barista at Kaffeine | User is now an apprentice electrician
User works as a barista at Costa | User is a shift manager at Costa now
"""

KEPT = """
User's car is red | User's car is clean now
The host is db1 | The backup host is db2 now
User pays 49 euros for the gym | User pays 30 euros for the pool now
User takes 50 mg of sertraline | User takes 20 mg of ramipril now
The API runs on port 8080 | The admin runs on port 9090 now
User's team has 14 people | The other team is down to 12 people
Room 12 has 4 beds | Room 14 has 2 beds now
User uses Python 3.11 | User uses Node 22 now
User has a meeting with Ana on Monday | User has a meeting with Bo on Tuesday now
User has two kids | User's sister has three kids now
User's phone is a Pixel 6 | User's wife got a Pixel 9
User's friend is Ana | User's new friend is Bo
User's boss is Karen | User's sister's new boss is Amit
User's son works at Google | User: “I work at Apple now, not at Google.”
User works at Nike and at Puma | User: “I work at Adidas now, not at Nike.”
User is on the third floor | User's gym is on the fifth floor now
User goes to bed at 23:00 | User gets up at 6:00 now
The alarm is at 6 on weekdays | The alarm is at 8 on Saturdays
User was in Rome in 2019 | User is in Paris now
User works as a nurse | User is now a father
Lena is the captain of the team | Priya is the treasurer now
"""


def _pairs(written: str) -> list[list[str]]:
    return [line.split(" | ") for line in written.strip().split("\n")]


@pytest.mark.parametrize(("known", "new"), _pairs(REPLACED))
def test_a_marked_value_replaces_the_known_one(known: str, new: str) -> None:
    assert compare_facts(known, new, 0.6) == "contradicts"


@pytest.mark.parametrize(("known", "new"), _pairs(KEPT))
def test_a_value_of_another_thing_replaces_nothing(known: str, new: str) -> None:
    assert compare_facts(known, new, 0.6) != "contradicts"


def test_the_message_names_the_thing_that_the_fact_does_not() -> None:
    known, new = "We are 14 people on the Atlas team", "User: “we're 12 now”"
    before = "Two people left Atlas last month, so we're 12 now."
    assert compare_facts(known, new, 0.6, before=before) == "contradicts"


def test_a_part_of_the_message_says_what_the_fact_lost() -> None:
    known, new = "User has a Dell XPS laptop", "User bought a Framework to replace it"
    assert compare_facts(known, new, 0.6) != "contradicts"
    said = ["the XPS drowned in coffee"]
    assert compare_facts(known, new, 0.6, said=said) == "contradicts"


def test_a_fact_that_lost_what_is_over_still_supersedes() -> None:
    facts = [["User has a Dell XPS laptop"], ["User bought a Framework to replace it"]]
    with Memory(":memory:", llm=ScriptedLLM(facts), embedder=HashEmbedder()) as memory:
        memory.add("My laptop is a Dell XPS.", user_id="u")
        memory.add("the XPS drowned in coffee. bought a Framework to replace it", user_id="u")
        live = [found["memory"] for found in memory.get_all(user_id="u")["results"]]
    assert live == ["User bought a Framework to replace it"]
