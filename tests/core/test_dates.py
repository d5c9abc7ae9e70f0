"""Dates in a query: the periods they mean, and the text without them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.clock import MICROSECONDS
from litemem.core.text.dates import YEARS, Dates, Period, mentions, read_dates
from litemem.core.text.english.day_names import is_used_as_name, possible_names

TODAY = date(2023, 6, 14)  # a Wednesday


def period(first: str, behind: str) -> Period:
    """Return the period from the first day to the day behind the last."""
    starts = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, behind))
    return Period(*(round(start.timestamp()) * MICROSECONDS for start in starts))


def read(text: str, *, latest: bool = False) -> Dates:
    return read_dates(text, TODAY, latest=latest)


@pytest.mark.parametrize(
    ("text", "first", "behind"),
    [
        ("16 November, 2023", "2023-11-16", "2023-11-17"),
        ("on the 3rd of July 2021", "2021-07-03", "2021-07-04"),
        ("Jan. 1st, 2024", "2024-01-01", "2024-01-02"),
        ("2023-05-25", "2023-05-25", "2023-05-26"),
        ("2023/05", "2023-05-01", "2023-06-01"),
        ("in April 2022", "2022-04-01", "2022-05-01"),
        ("december 2022", "2022-12-01", "2023-01-01"),
        ("in 2022", "2022-01-01", "2023-01-01"),
        ("between August 11 and August 15 2023", "2023-08-11", "2023-08-16"),
        ("from 3 May 2022 to 2 June 2023", "2022-05-03", "2023-06-03"),
        ("today", "2023-06-14", "2023-06-15"),
        ("yesterday", "2023-06-13", "2023-06-14"),
        ("the day before yesterday", "2023-06-12", "2023-06-13"),
        ("last week", "2023-06-05", "2023-06-12"),
        ("this week", "2023-06-12", "2023-06-19"),
        ("last weekend", "2023-06-10", "2023-06-12"),
        ("last month", "2023-05-01", "2023-06-01"),
        ("next month", "2023-07-01", "2023-08-01"),
        ("last year", "2022-01-01", "2023-01-01"),
        ("three days ago", "2023-06-11", "2023-06-12"),
        ("a couple of months ago", "2023-04-01", "2023-05-01"),
        ("last Friday", "2023-06-09", "2023-06-10"),
        ("on Wednesday", "2023-06-14", "2023-06-15"),
        ("on thursday", "2023-06-08", "2023-06-09"),
        ("last May", "2023-05-01", "2023-06-01"),
        ("last July", "2022-07-01", "2022-08-01"),
        ("next May", "2024-05-01", "2024-06-01"),
        ("this May", "2023-05-01", "2023-06-01"),
    ],
)
def test_a_date_is_read(text: str, first: str, behind: str) -> None:
    assert read(f"What did we do {text}?").periods == (period(first, behind),)


@pytest.mark.parametrize(
    ("text", "first", "behind"),
    [
        ("what did we do in May", "2023-05-01", "2023-06-01"),
        ("what happened in July", "2022-07-01", "2022-08-01"),
        ("what was on 20 June", "2022-06-20", "2022-06-21"),
        ("what was said between May and June", "2023-05-01", "2023-07-01"),
        ("what is on 20 June", "2023-06-20", "2023-06-21"),
        ("what do I have in May", "2024-05-01", "2024-06-01"),
        ("where am I going on Friday", "2023-06-16", "2023-06-17"),
        ("what is due on the 5th", "2023-07-05", "2023-07-06"),
    ],
)
def test_with_a_reference_a_date_without_a_year_is_that_of_the_tense(
    text: str, first: str, behind: str
) -> None:
    assert read(text, latest=True).periods == (period(first, behind),)


def test_without_a_tense_it_is_the_last_one_and_the_next() -> None:
    assert read("16 April", latest=True).periods == (
        period("2023-04-16", "2023-04-17"),
        period("2024-04-16", "2024-04-17"),
    )


def test_without_one_it_is_that_of_any_year() -> None:
    periods = read("in May").periods
    assert len(periods) == YEARS + 1
    assert {period("2023-05-01", "2023-06-01"), period("2003-05-01", "2003-06-01")} < set(periods)


@pytest.mark.parametrize(
    "text",
    [
        "from 30 December to 2 January",
        "30 Dec - 2 Jan",
        "between 30 December and 2 January",
        "vom 30. Dezember bis zum 2. Januar",
        "du 30 décembre au 2 janvier",
        "del 30 de diciembre al 2 de enero",
        "dal 30 dicembre al 2 gennaio",
        "de 30 de dezembro a 2 de janeiro",
        "van 30 december tot 2 januari",
        "od 30 grudnia do 2 stycznia",
        "с 30 декабря по 2 января",
        "12月30日から1月2日まで",
        "12月30日到1月2日",
        "12월 30일부터 1월 2일까지",
    ],
)
def test_two_joined_days_are_a_span_also_over_new_year(text: str) -> None:
    found = read_dates(text, date(2023, 6, 15), latest=True).periods
    assert period("2022-12-30", "2023-01-03") in found
    assert len(found) == 2
    (spoken_of,) = mentions(f"Holidays {text}", date(2023, 12, 1))
    assert spoken_of == period("2023-12-30", "2024-01-03")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am ill since Monday", "2023-06-12"),
        ("I work here since March", "2023-03-01"),
        ("Ich bin seit Montag krank", "2023-06-12"),
        ("Je suis malade depuis lundi", "2023-06-12"),
        ("Ik ben sinds maandag ziek", "2023-06-12"),
        ("A partir del lunes trabajo en casa", "2023-06-19"),
        ("A partir de segunda trabalho em casa", "2023-06-19"),
    ],
)
def test_what_began_on_a_day_began_on_the_last_one(text: str, day: str) -> None:
    (found,) = mentions(text, TODAY)
    assert found.start == period(day, day).start


@pytest.mark.parametrize("begin", ["What's on", "What's", "Who's there", "Where's Ana"])
def test_a_short_is_owns_no_week(begin: str) -> None:
    found = read_dates(f"{begin} next week?", date(2023, 6, 15), latest=True).periods
    assert found == (period("2023-06-19", "2023-06-26"),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("april", "User's sister April likes tea"),
        ("april", "April is Cam's sister"),
        ("may", "May lives in Oslo"),
        ("june", "User met June Miller in May"),
        ("august", "User shares a flat with August"),
        ("sunday", "My dog Sunday sleeps a lot"),
    ],
)
def test_a_month_or_weekday_may_be_a_name_in_a_text(name: str, text: str) -> None:
    assert is_used_as_name(name, text)


@pytest.mark.parametrize(
    "text",
    [
        "We met in April",
        "April was cold and May is warm",
        "Rent is due on Sunday",
        "last August Ana moved",
        "On Sunday Ana came",
        "5 May Ana left",
        "They meet every Sunday",
        "may I march on?",
    ],
)
def test_a_month_or_weekday_is_no_name_in_a_date(text: str) -> None:
    assert not any(is_used_as_name(name, text) for name in possible_names(text))


def test_two_dates_are_two_periods() -> None:
    assert read("in May 2021 or June 2022").periods == (
        period("2021-05-01", "2021-06-01"),
        period("2022-06-01", "2022-07-01"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "May I march on?",
        "31 apples",
        "the other day",
        "model 2023x",
        "9999 years ago",
        "0000-01-01",
        "20230525",
        "what did I say?",
        "who wrote 1984?",
        "の五番",
        "",
    ],
)
def test_a_text_that_is_not_a_date_is_left_alone(text: str) -> None:
    assert read(text) == Dates((), text)


def test_the_text_is_left_without_its_dates() -> None:
    assert read("What did Tim say on 16 November, 2023 of tea?").text == "What did Tim say of tea?"


@given(st.text(), st.dates(), st.booleans())
def test_any_text_is_read_on_any_day(text: str, day: date, latest: bool) -> None:
    for asked in (text, f"in May {text} 29 Feb, next month, 3 weeks ago, December"):
        assert all(p.start < p.end for p in read_dates(asked, day, latest=latest).periods)
