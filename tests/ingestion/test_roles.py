"""Who gives up a role has it no longer; other roles, persons and groups stay."""

import pytest

from litemem import Memory
from litemem.ingestion.compare import compare_facts
from litemem.testing import HashEmbedder, ScriptedLLM

GIVEN_UP = [
    ("User is captain of the Tuesday bowls team", "User handed the bowls captaincy over"),
    (
        "User is captain of the Tuesday bowls team",
        "User: “I've handed the bowls captaincy over, Maureen is captain of the Tuesday team now.”",
    ),
    ("User is captain of the Tuesday bowls team", "Maureen is captain of the Tuesday team now"),
    ("User is treasurer of the allotment society", "User gave up the treasurership"),
    (
        "User is treasurer of the allotment society",
        "User: “Stepped down as treasurer on 29 November 2026.”",
    ),
    ("User is chair of the PTA", "User passed the chair on to Lin"),
    ("User edits the village newsletter", "User has passed on the editorship of the newsletter"),
    ("User is the leader of the scout group", "User gave up the leadership of the scout group"),
    ("User is president of the chess club", "User stepped down from the presidency"),
    ("User manages the café", "User handed over the management of the café to Ben"),
    ("User owns a bakery", "User transferred ownership of the bakery"),
    ("User is Timo's guardian", "User gave up guardianship of Timo"),
    ("Maureen is treasurer of the choir", "Maureen stepped down as treasurer"),
    ("User ist Kapitän der Kegelmannschaft", "User hat das Kapitänsamt abgegeben"),
    ("Nutzer ist Kassenwart im Verein", "Nutzer ist als Kassenwart zurückgetreten"),
    ("User es capitana del equipo de bolos", "User ha dejado la capitanía"),
    ("User est trésorière de l'association", "User a laissé la trésorerie à Lin"),
    ("User è presidente del circolo", "User ha lasciato la presidenza del circolo"),
    ("User é tesoureiro do clube", "User deixou a tesouraria"),
    ("User is voorzitter van de tennisclub", "User heeft het voorzitterschap overgedragen"),
]
KEPT = [
    ("User is treasurer of the allotment society", "User stepped down as treasurer of the choir"),
    ("User is treasurer of the allotment society", "Maureen stepped down as treasurer"),
    ("User is treasurer of the allotment society", "User's wife stepped down as treasurer"),
    ("User is treasurer of the allotment society", "User might give up the treasurership"),
    (
        "User is treasurer of the allotment society",
        "User gave up chairmanship of the allotment society",
    ),
    (
        "User is treasurer of the allotment society",
        "User handed the accounts over to the treasurer",
    ),
    ("User owns a bakery", "User gave up ownership of the boat"),
    ("User owns a bakery", "User gave up ownership"),
    (
        "User is captain of the Tuesday bowls team",
        "Maureen is captain of the Monday darts squad now",
    ),
    ("User has a chair by the window", "User passed the chair on to Lin"),
    ("User is captain of the bowls team", "Maureen is captain of the bowls team too"),
    ("User's sister is chair of the PTA", "User gave up the chair"),
    ("User is captain of the team", "User never gave up the captaincy"),
]


@pytest.mark.parametrize(("known", "new"), GIVEN_UP)
def test_a_role_that_is_given_up_ends(known: str, new: str) -> None:
    assert compare_facts(known, new, 0.6) == "contradicts"


@pytest.mark.parametrize(("known", "new"), KEPT)
def test_no_other_role_ends(known: str, new: str) -> None:
    assert compare_facts(known, new, 0.6) != "contradicts"


def test_a_role_of_two_groups_stays_if_neither_is_named() -> None:
    choir, club = "User is treasurer of the choir", "User is treasurer of the chess club"
    given = "User gave up the treasurership"
    llm = ScriptedLLM([[choir], [club], [given]])
    with Memory(":memory:", embedder=HashEmbedder(64), llm=llm) as memory:
        for fact in (choir, club, given):
            memory.add(fact, user_id="u")
        known = {each["memory"] for each in memory.get_all(user_id="u")["results"]}
        assert known == {choir, club, given}
        assert len(memory.conflicts(user_id="u")["results"]) == 2
