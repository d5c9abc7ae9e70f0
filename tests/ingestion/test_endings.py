"""Events end the states that they are about, and no others."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from litemem.ingestion.compare import compare_facts

NEAR = 0.6  # of the vectors of two facts about one thing

ENDED = """
User has a pending visa | User's visa came through
User's visa is pending | User's visa was granted
User's wife is expecting twins | User's twins Abe and Gil were born on 28 November 2026
User's wife is pregnant | User's daughter was born yesterday
User is pregnant | User had the baby on Sunday, a girl
User is pregnant | User gave birth to a boy
User has a piano | User gave the piano away
User has a piano | User has given the piano away
User is a vegetarian | User has gone back to eating meat
User smokes | User has given up smoking
User has a piano | We gave the piano away
User owns a caravan | User sold the caravan
User has a red Vespa | User's Vespa was stolen
User's tortoise is 40 | User's tortoise died
User has a cat called Misse | Misse died
User has a cat called Misse | User's cat Misse passed away
User has lost their driving licence | User has got their licence back
User has lost their driving licence | User found their driving licence
User's laptop is broken | User's laptop is fixed
User's laptop is broken | User got the laptop repaired
User has a broken arm | User's arm has healed
User has a cold | User's cold is gone
User has the flu | User is over the flu
User is learning to drive | User passed their driving test
User is looking for a job | User found a job
User is looking for a flat | User found a flat
User is looking for a flat | User has signed the lease of a flat
User is waiting for test results | User's test results came back negative
User is engaged | User got married
User is engaged to Tim | User broke up with Tim
User is dating Tim | User and Tim broke up
User is married | User got divorced
User is married to Tim | User's husband Tim died
User's mother is in hospital | User's mother came home from hospital
User's parcel has not arrived | User's parcel arrived
User's passport has expired | User renewed their passport
User owes Ben 50 euros | User paid Ben back
User's invoice is unpaid | User's invoice was paid
The ticket is open | The ticket is closed
The ticket is open | The ticket was closed yesterday
The build is failing | The build is green again
The build is failing | The build passes now
The server is down | The server is up again
User's meeting is on Tuesday | User's meeting was cancelled
User subscribes to Netflix | User cancelled Netflix
User subscribes to Netflix | User unsubscribed from Netflix
User is a member of the chess club | User left the chess club
User is on a diet | User stopped the diet
User is vegan | User eats meat again
User is a student | User graduated
User studies law | User dropped out of law school
User works in a bakery | User quit the bakery
User's room is booked for 4 nights | User cancelled the room
User has a flight to Rome on 3 May | User's flight to Rome was cancelled
User takes ramipril | User's doctor stopped the ramipril
User takes ramipril | User came off ramipril
User has braces | User's braces came off
User's car is at the garage | User picked up the car from the garage
User's sister lives with User | User's sister moved out
User rents a garage | User gave up the garage
User is on parental leave | User is back at work
User is on holiday | User is back from holiday
User's house is for sale | User's house was sold
Levi is the captain of User's team | Noor is the captain now
User was born in 1987 | User was born in 1978, not 1987
User's phone is a Pixel 6 | User's phone is now a Fairphone
User uses Vim | User switched from Vim to Emacs
User banks with ING | User changed from ING to N26
User's phone number is 0170 444 11 | User's phone number changed to 0171 555 22
User is single | User has a girlfriend now
User lives alone | User moved in with Tim
User lives with Tim | User lives alone now
User is unemployed | User started at Siemens
User is looking for a nanny | User hired a nanny
User is 18 years old | User is turning 19th birthday
User's son is 4 | User's son turned 5
User works at Lidl | User handed in their notice
User: “Rolf is the captain of our team.” | Ines took over as captain
"""

KEPT = """
User is pregnant | Maria's daughter was born
User loves Netflix | User cancelled Netflix
User's favourite colour is red | User sold the red car
User has a piano | User's sister gave her piano away
User has two cats | User's cat Misse died
User's wife is expecting twins | User's sister Ana was born in 1990
User's wife is expecting twins | User's neighbour's baby was born yesterday
User's tortoise is 40 | User's hamster died
User has lost their driving licence | User has got their wallet back
User's laptop is broken | User's phone is fixed
User's visa is pending | User's parcel came through
User is looking for a job | User's brother found a job
User is looking for a flat | User found a cat
User is engaged | User's sister got married
User is married | User's brother got divorced
User's mother is in hospital | User's father came home from hospital
User owes Ben 50 euros | User paid Ana back
The ticket 12 is open | The ticket 13 is closed
The build is failing | The website is green again
User subscribes to Netflix | User cancelled Spotify
User is a member of the chess club | User left the book club
User is vegan | User's husband eats meat again
User studies law | User's friend dropped out of law school
User takes ramipril | User came off sertraline
User uses Vim | User switched from Word to Pages
User takes 50 mg of sertraline | User's sister's dose was raised to 75 mg
User is unemployed | User's wife started at Siemens
User lives with Tim | User's sister lives alone now
User has a cat called Misse | User's grandmother died
User works in a bakery | User's colleague quit the bakery
User likes pianos | User gave the piano away
User is allergic to cats | User's cat died
User plays the piano | User gave the piano away
User likes chess | User left the chess club
User's father was a baker | User's father died
User is on holiday | User's boss is back from holiday
User's phone is a Pixel 6 | User's wife's phone is now a Fairphone
User has a flight to Rome on 3 May | User's flight to Oslo was cancelled
User has lost weight | User found a gym
User is pregnant | User's sister gave birth to a boy
User's braces cost 300 euros | User's braces came off
User's son is 4 | User's daughter turned 5
User is 20 | User turned 18 in 2019
User works as a nurse | User's brother was fired
User has a piano and a cello | User sold the piano
User has a cat allergy | User's cat died
User has a piano | User wants to sell the piano
User has a piano | User did not sell the piano
User has a piano | User might give the piano away
User had a piano | User sold the piano
User has a picture of the cat | User's cat died
Levi has a piano | User sold the piano
Invoice 12 is unpaid | Invoice 13 was paid
User works at Lidl | User resigned from the chess club
User has a daughter | User lost their daughter in the park
"""


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(known, new) for known, new in (line.split(" | ") for line in text.split("\n") if line)]


@pytest.mark.parametrize(("known", "new"), _pairs(ENDED))
def test_an_event_ends_the_state_that_it_is_about(known: str, new: str) -> None:
    assert compare_facts(known, new, NEAR) == "contradicts"


@pytest.mark.parametrize(("known", "new"), _pairs(KEPT))
def test_an_event_about_another_thing_ends_nothing(known: str, new: str) -> None:
    assert compare_facts(known, new, NEAR) in ("different", "unclear", "richer", None)


# -- other languages


MISSED = 2  # of a language's ends, at most

_FILE = Path(__file__).with_name("endings_of_states.jsonl")
_IN_LANGUAGES = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
_LANGUAGES = sorted({pair["language"] for pair in _IN_LANGUAGES})


def _is_ended(pair: dict[str, str]) -> bool:
    return compare_facts(pair["known"], pair["new"], NEAR) == "contradicts"


@pytest.mark.parametrize("language", _LANGUAGES)
def test_no_event_about_another_thing_ends_a_state_in_any_language(language: str) -> None:
    kept = [one for one in _IN_LANGUAGES if one["language"] == language and not one["ends"]]
    assert [(one["known"], one["new"]) for one in kept if _is_ended(one)] == []


def test_events_end_states_in_every_language() -> None:
    missed = defaultdict(list)
    for pair in _IN_LANGUAGES:
        if pair["ends"] and not _is_ended(pair):
            missed[pair["language"]].append((pair["known"], pair["new"]))
    assert {code: pairs for code, pairs in missed.items() if len(pairs) > MISSED} == {}
