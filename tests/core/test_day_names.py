"""Words for days in titles and names: they name no day, and are not rewritten."""

from datetime import date

import pytest

from litemem.core.text.dates import mentions, read_dates, resolve
from litemem.core.text.periods import written

WEDNESDAY = date(2026, 4, 15)


@pytest.mark.parametrize(
    "text",
    [
        "User's favourite song is Yesterday by the Beatles",
        "my favourite song is yesterday by the beatles",
        "User's band is called Next Friday",
        "my dog is called friday",
        "User writes for USA Today",
        "User reads Psychology Today every day",
        'User named their boat "Yesterday"',
        "User named the boat 'yesterday'",
        "User's boat, Yesterday, is blue",
        "User works at Tomorrow Labs and for Monday.com",
        "Friday Night Lights is User's favourite show",
        "Saturday Night Fever is User's favourite film",
        "User loves Monday Night Football",
        "User watched The Day After Tomorrow",
        "Tomorrow Never Dies is User's favourite film",
        "User read the novel Tomorrow, and Tomorrow, and Tomorrow",
        "Last Year at Marienbad",
        "User's podcast is This Week in Tech",
        "The novel 'Next Year in Jerusalem' made User cry",
        'User listens to "Last Friday Night (T.G.I.F.)"',
        "User likes the album «Heute» and „Morgen“",
        "User wrote a poem entitled today",
        "User shops on Black Friday",
        "User sings Ruby Tuesday, Blue Monday and Sunday Bloody Sunday",
        "User watches The Tonight Show",
    ],
)
def test_a_title_stays_and_names_no_day(text: str) -> None:
    assert resolve(text, WEDNESDAY) == text
    assert mentions(text, WEDNESDAY) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("we watched Yesterday last night", "we watched Yesterday on 14 April 2026"),
        ('User saw "Last Week Tonight" today', 'User saw "Last Week Tonight" on 15 April 2026'),
        ("Yesterday User went to Rome", "on 14 April 2026 User went to Rome"),
        ("Tomorrow is User's exam", "on 16 April 2026 is User's exam"),
        ("Ana called yesterday", "Ana called on 14 April 2026"),
        ("the show is tomorrow", "the show is on 16 April 2026"),
        ("Ana went YESTERDAY", "Ana went on 14 April 2026"),
        ("User said 'I will be back tomorrow'", "User said 'I will be back on 16 April 2026'"),
    ],
)
def test_a_day_beside_a_title_is_a_day(text: str, meant: str) -> None:
    assert resolve(text, WEDNESDAY) == meant


def test_a_title_stays_in_a_query() -> None:
    assert read_dates("who wrote the song Yesterday?", WEDNESDAY).periods == ()


def test_days_of_a_long_text_with_titles_are_read() -> None:
    text = 'I saw "Yesterday" on Monday. ' * 100 + "The exam is tomorrow."
    assert "2026-04-16" in [written(period) for period in mentions(text, WEDNESDAY)]
