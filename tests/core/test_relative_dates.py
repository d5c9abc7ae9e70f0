"""Relative dates: "yesterday" becomes a date, and other text stays unchanged."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.dates import relative_dates, resolve
from litemem.core.text.periods import WEEKDAYS

MONDAY = date(2023, 5, 8)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Ana ran a race yesterday", "Ana ran a race on 7 May 2023"),
        ("Ana ran the day before yesterday", "Ana ran on 6 May 2023"),
        ("Ana ran last night", "Ana ran on 7 May 2023"),
        ("Ana leaves tomorrow morning", "Ana leaves on 9 May 2023"),
        ("Ana ran this morning", "Ana ran on 8 May 2023"),
        ("Ana ran last Saturday", "Ana ran on 6 May 2023"),
        ("Ana ran last Monday", "Ana ran on 1 May 2023"),
        ("Ana runs this Friday", "Ana runs on 12 May 2023"),
        ("Ana runs next Friday", "Ana runs on 19 May 2023"),
        ("Ana painted last week", "Ana painted in the week of 1 May 2023"),
        ("Ana camps this weekend", "Ana camps on the weekend of 13 May 2023"),
        ("Ana moves next month", "Ana moves in June 2023"),
        ("Ana moved last year", "Ana moved in 2022"),
        ("Ana has lived there since last year", "Ana has lived there since 2022"),
        ("Ana met Tom two years ago", "Ana met Tom in 2021"),
        ("Ana met Tom 3 weeks ago", "Ana met Tom around 17 April 2023"),
        ("Ana met Tom a couple of days ago", "Ana met Tom on 6 May 2023"),
        ("Ana comes in two months", "Ana comes in July 2023"),
        ("yesterday's meeting was long", "meeting on 7 May 2023 was long"),
        ("Ana went YESTERDAY and last month", "Ana went on 7 May 2023 and in April 2023"),
    ],
)
def test_a_relative_date_becomes_a_date(said: str, meant: str) -> None:
    assert resolve(said, MONDAY) == meant


@pytest.mark.parametrize(
    "said",
    [
        "Ana runs every week",
        "Ana met Tom recently",
        "Ana met Tom the other day",
        "Ana met Tom a few weeks ago",
        "Ana liked the last year of school",
        "Ana works this week or next",
        "Ana left for 3 days",
        "Ana arrives on 12 March",
        "the nextmonth file",
        "500 years ago, and 9999 years ago",
    ],
)
def test_what_is_vague_or_no_relative_date_stays(said: str) -> None:
    assert resolve(said, date(300, 1, 1)) == said


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from(WEEKDAYS))
def test_last_weekday_is_the_latest_before_today(today: date, weekday: str) -> None:
    (mention,) = relative_dates(f"last {weekday}", today)
    assert today - timedelta(days=7) <= mention.days.first < today
    assert WEEKDAYS[mention.days.first.weekday()] == weekday


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_a_number_of_days_ago_is_counted(today: date, days: int) -> None:
    (mention,) = relative_dates(f"{days} days ago", today)
    assert mention.days.first == mention.days.last == today - timedelta(days=days)


@given(st.text(), st.dates())
def test_any_text_on_any_day_can_be_read(text: str, today: date) -> None:
    resolve(text, today)
    for mention in relative_dates(text, today):
        assert mention.days.first <= mention.days.last
