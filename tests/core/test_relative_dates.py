"""Relative dates: "yesterday" becomes a date, and other text stays unchanged."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.dates import resolve, with_days
from litemem.core.text.periods import WEEKDAYS
from litemem.core.text.relative_dates import relative_dates

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
        ("Ana fell last week and rested", "Ana fell in the week of 1 May 2023 and rested"),
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
        ("See the vet in a fortnight, Tuesday 8:15", "See the vet on 23 May 2023 8:15"),
        ("Ana's exam is in two weeks, on Friday", "Ana's exam is on 26 May 2023"),
        ("Ana leaves a week today", "Ana leaves on 15 May 2023"),
        ("Ana's exam is a week on Friday", "Ana's exam is on 19 May 2023"),
        ("The flat is Ana's as of Friday", "The flat is Ana's as of Friday 12 May 2023"),
        ("From Friday Ana is on nights", "From Friday 12 May 2023 Ana is on nights"),
        ("Ana has been ill since Friday", "Ana has been ill since Friday 5 May 2023"),
        ("Hand it in by the end of next month", "Hand it in by the end of June 2023"),
        ("Rent is due at the end of the month", "Rent is due at the end of May 2023"),
        ("Ana moves early next week", "Ana moves early in the week of 15 May 2023"),
        ("Ana moves at the start of next year", "Ana moves at the start of 2024"),
    ],
)
def test_a_relative_date_becomes_a_date(said: str, meant: str) -> None:
    assert resolve(said, MONDAY) == meant


@pytest.mark.parametrize(
    "said",
    [
        "Ana runs every week",
        "Ana works from Monday to Friday",
        "Ana runs twice a week on Tuesday",
        "Ana gets paid at the end of the month",
        "Ana met Tom recently",
        "Ana met Tom the other day",
        "Ana met Tom a few weeks ago",
        "Ana liked the last year of school",
        "Ana works this week or next",
        "Ana works this week and next",
        "Ana worked last month and the month before",
        "Ana stays for the next year and a half",
        "Ana left for 3 days",
        "Ana arrives on 12 March",
        "the nextmonth file",
        "500 years ago, and 9999 years ago",
        "it feels like just yesterday",
        "I remember it as if it were yesterday",
    ],
)
def test_what_is_vague_or_no_relative_date_stays(said: str) -> None:
    assert resolve(said, date(300, 1, 1)) == said


WEDNESDAY = date(2026, 4, 15)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Ana was born 30 years ago today", "Ana was born on 15 April 1996"),
        ("Ana left a week ago yesterday", "Ana left on 7 April 2026"),
        ("Ana left two weeks ago on Monday", "Ana left on 30 March 2026"),
        ("Ana sold the house half a year ago", "Ana sold the house around October 2025"),
        ("Ana moved a year and a half ago", "Ana moved around October 2024"),
        (
            "Ana is away from tomorrow until Friday",
            "Ana is away from 16 April 2026 until 17 April 2026",
        ),
        ("between today and Sunday", "between 15 April 2026 and 19 April 2026"),
        ("between yesterday and tomorrow", "between 14 April 2026 and 16 April 2026"),
        ("the exam is in a fortnight", "the exam is around 29 April 2026"),
        ("in two weeks' time", "around 29 April 2026"),
        ("a week from tomorrow", "on 23 April 2026"),
        ("Ana comes Monday week", "Ana comes on 27 April 2026"),
        ("the week after next", "in the week of 27 April 2026"),
        ("the year before last", "in 2024"),
        ("the Friday after next", "on 1 May 2026"),
        ("Ana moved last spring", "Ana moved in spring 2025"),
        ("Ana moves next March", "Ana moves in March 2027"),
        ("last winter Ana skied", "in winter 2025–26 Ana skied"),
        ("day after tomorrow", "on 17 April 2026"),
    ],
)
def test_an_expression_is_read_whole(said: str, meant: str) -> None:
    assert resolve(said, WEDNESDAY) == meant


@pytest.mark.parametrize(
    "said",
    [
        "Ana quit over a year ago",
        "more than two years ago",
        "Ana stopped two or three weeks ago",
        "half a week ago",
        "in a day or two",
        "in a year and a half",
        "Ana has grown in the past year",
        "over the next month",
        "every last Friday of the month",
        "my last week at work",
        "Ana's last fall hurt",
        "for the next two weeks",
    ],
)
def test_what_would_be_half_read_stays(said: str) -> None:
    assert resolve(said, WEDNESDAY) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the dentist is on Thursday at 8:15", "the dentist is on Thursday 16 April 2026 at 8:15"),
        ("dentist thursday 8:15", "dentist on Thursday 16 April 2026 8:15"),
        ("Ana saw the dentist on Friday", "Ana saw the dentist on Friday 10 April 2026"),
        ("the party is Saturday", "the party is on Saturday 18 April 2026"),
        ("the report is due by Friday", "the report is due by Friday 17 April 2026"),
        (
            "the dentist moved me to Friday at 4",
            "the dentist moved me to Friday 17 April 2026 at 4",
        ),
        ("We moved to Leeds on Friday", "We moved to Leeds on Friday 10 April 2026"),
    ],
)
def test_the_weekday_of_what_happens_once_gets_its_date(said: str, meant: str) -> None:
    assert resolve(said, WEDNESDAY) == meant


@pytest.mark.parametrize(
    "said",
    [
        "Ana plays tennis on Friday",
        "Ana always flies on Friday",
        "tests on Fridays",
        "taco tuesday",
    ],
)
def test_the_weekday_of_a_habit_stays(said: str) -> None:
    assert resolve(said, WEDNESDAY) == said


@pytest.mark.parametrize(
    "said",
    [
        "we built the wall in 3 weeks",
        "I lost 5 kilos in two months",
        "I've read four books in two weeks",
        "I changed jobs three times in two years",
        "In two weeks I went from 80 to 76 kilos",
        "Wir haben die Mauer in 3 Wochen gebaut",
        "Leí el libro en dos días",
        "Terminei o livro em dois dias",
        "三周后收到了包裹",
        "荷物は3日後に届きました",
        "3주 후에 도착했어요",
        "Через три недели я уволился",
    ],
)
def test_how_long_something_took_is_no_date(said: str) -> None:
    assert resolve(said, WEDNESDAY) == said
    assert with_days(said, WEDNESDAY) == said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("I decided to leave in two weeks", "I decided to leave around 29 April 2026"),
        ("he said he'd be back in two weeks", "he said he'd be back around 29 April 2026"),
        ("She passed and starts in three weeks", "She passed and starts around 6 May 2026"),
        ("I'm getting married in two weeks", "I'm getting married around 29 April 2026"),
        ("It will be delivered in 3 days", "It will be delivered on 18 April 2026"),
        ("I fell, and in 2 days we fly", "I fell, and on 17 April 2026 we fly"),
        (
            "Dinner's at Lena's on Friday, she asked me to come",
            "Dinner's at Lena's on Friday 17 April 2026, she asked me to come",
        ),
        ("Ben was born on Wednesday", "Ben was born on Wednesday 15 April 2026"),
        ("Ben was born on Monday, 3.4 kilos", "Ben was born on Monday 13 April 2026, 3.4 kilos"),
        ("Das Baby kommt in 2 Wochen", "Das Baby kommt in 2 Wochen (~2026-04-29)"),
        ("3日後に出発します", "3日後 (2026-04-18)に出発します"),
    ],
)
def test_the_verb_beside_a_date_decides_if_it_is_to_come(said: str, meant: str) -> None:
    assert with_days(resolve(said, WEDNESDAY), WEDNESDAY) == meant


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
