"""The days of holidays, against dates that calendars have printed."""

from datetime import date

import pytest

from litemem.core.text.holidays import HOLIDAYS, days_of_holiday, easter, orthodox_easter


@pytest.mark.parametrize(
    ("year", "western", "eastern"),
    [
        (1943, (4, 25), (4, 25)),
        (2000, (4, 23), (4, 30)),
        (2008, (3, 23), (4, 27)),
        (2019, (4, 21), (4, 28)),
        (2024, (3, 31), (5, 5)),
        (2025, (4, 20), (4, 20)),
        (2026, (4, 5), (4, 12)),
        (2038, (4, 25), (4, 25)),
    ],
)
def test_easter_is_on_its_sunday(
    year: int, western: tuple[int, int], eastern: tuple[int, int]
) -> None:
    assert easter(year) == date(year, *western)
    assert orthodox_easter(year) == date(year, *eastern)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("thanksgiving", date(2023, 11, 23)),
        ("chinese new year", date(2025, 1, 29)),
        ("ramadan", date(2024, 3, 11)),
        ("eid al-fitr", date(2024, 4, 10)),
        ("eid al-adha", date(2023, 6, 28)),
        ("hanukkah", date(2023, 12, 7)),
        ("diwali", date(2023, 11, 12)),
        ("memorial day", date(2021, 5, 31)),
        ("labor day", date(2025, 9, 1)),
        ("ash wednesday", date(2025, 3, 5)),
        ("ascension day", date(2024, 5, 9)),
        ("corpus christi", date(2024, 5, 30)),
        ("midsummer", date(2024, 6, 21)),
    ],
)
def test_a_holiday_that_moves_is_on_its_day(name: str, day: date) -> None:
    assert days_of_holiday(name, day.year)[0] == day


LISTED = ("chinese new year", "ramadan", "eid al-fitr", "eid al-adha", "hanukkah", "diwali")


@pytest.mark.parametrize("name", LISTED)
def test_a_holiday_by_the_moon_is_listed_for_some_years(name: str) -> None:
    for year in range(2015, 2041):
        first, last = days_of_holiday(name, year)
        assert first.year == year
        assert 0 <= (last - first).days < 30
    for year in (2014, 2041):
        with pytest.raises(ValueError, match="no day"):
            days_of_holiday(name, year)


@pytest.mark.parametrize("name", sorted(HOLIDAYS.keys() - set(LISTED)))
def test_every_holiday_is_once_in_each_year(name: str) -> None:
    for year in range(1900, 2101):
        first, last = days_of_holiday(name, year)
        assert first <= last <= date(year, 12, 31)
        assert (last - first).days <= 7
