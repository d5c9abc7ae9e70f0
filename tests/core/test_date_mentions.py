"""The days that a text speaks of, as it was said on a day."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.clock import MICROSECONDS
from litemem.core.text.date_mentions import MAX_MENTIONS
from litemem.core.text.dates import mentions
from litemem.core.text.periods import ANY_LENGTH, CYCLES, Period, every, written

MONDAY = date(2026, 4, 13)


def spoken_of(text: str, said_on: date = MONDAY) -> list[str]:
    return [written(period) for period in mentions(text, said_on)]


def period(first: str, last: str) -> Period:
    """Return the period from the first day to the last, both included."""
    start, end = (
        round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * MICROSECONDS
        for day in (first, last)
    )
    return Period(start, end + 86_400 * MICROSECONDS)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("User's interview at Lumen is on 16 April 2026", "2026-04-16"),
        ("the exam is on April 16th, 2026", "2026-04-16"),
        ("the exam is on Thursday, 16 April 2026 at 3 pm", "2026-04-16"),
        ("Exam: 16.4.2026, 9:00", "2026-04-16"),
        ("Exam 16/04/2026", "2026-04-16"),
        ("Exam 04/16/2026", "2026-04-16"),
        ("Exam 16/04", "2026-04-16"),
        ("Exam on 4/16", "2026-04-16"),
        ("Exam at 2026-04-16T09:00:00Z", "2026-04-16"),
        ("Rome in May 2026", "2026-05"),
        ("Rome in summer 2025", "2025-06-01/2025-08-31"),
        ("Rome in the winter of 2025", "2025-12-01/2026-02-28"),
        ("Rome from 3 to 7 May", "2026-05-03/2026-05-07"),
        ("Rome, 3-7 May 2026", "2026-05-03/2026-05-07"),
        ("Rome between the 3rd and the 7th of May", "2026-05-03/2026-05-07"),
        ("Rome May 3–7", "2026-05-03/2026-05-07"),
        ("Rome from 28 April to 3 May", "2026-04-28/2026-05-03"),
        ("has lived there since 2019 with Ana", "2019"),
        ("lived there from 2015 to 2018", "2015-01-01/2018-12-31"),
    ],
)
def test_a_date_is_read_as_people_write_it(text: str, days: str) -> None:
    assert spoken_of(text) == [days]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("dentist next Tuesday", "2026-04-21"),
        ("dentist tomorrow at noon", "2026-04-14"),
        ("dentist this Friday", "2026-04-17"),
        ("dentist on Friday", "2026-04-17"),
        ("dentist at 3 pm on Friday", "2026-04-17"),
        ("dentist Friday at 3 pm", "2026-04-17"),
        ("dentist on Fri.", "2026-04-17"),
        ("dentist thursday 8:15", "2026-04-16"),
        ("interview wed 10:30", "2026-04-15"),
        ("call mum tuesday", "2026-04-14"),
        ("I saw the dentist on Friday", "2026-04-10"),
        ("the dentist was moved to Friday morning", "2026-04-17"),
        ("the show is in two weeks", "2026-04-24/2026-04-30"),
        ("we camped last weekend", "2026-04-11/2026-04-12"),
        ("rent is due on the 5th", "2026-05-05"),
        ("I paid the rent on the 5th", "2026-04-05"),
        ("rent is due on the 5th of next month", "2026-05-05"),
        ("the exam is on 20 June", "2026-06-20"),
        ("the exam was on 20 June", "2025-06-20"),
        ("Exam on 10 April", "2026-04-10"),
        ("we sail in May", "2026-05"),
        ("we sailed last summer", "2025-06-01/2025-08-31"),
        ("we sail next summer", "2026-06-01/2026-08-31"),
    ],
)
def test_a_relative_date_is_seen_from_the_day_on_which_it_was_said(text: str, days: str) -> None:
    assert spoken_of(text) == [days]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("User's birthday is on 3 June", ["every 3 June"]),
        ("Ana's birthday is June 3rd and the exam is on 5 June", ["every 3 June", "2026-06-05"]),
        ("3 June is our wedding anniversary", ["every 3 June"]),
        ("Ana was born on 3 June 1990", ["every 3 June", "1990-06-03"]),
        ("born on 29 February", ["every 29 February"]),
        ("they meet every 24 December", ["every 24 December"]),
        ("yoga every Friday", ["every Friday"]),
        ("yoga on Mondays and Fridays", ["every Monday", "every Friday"]),
        ("rent is due on the 5th of every month", ["every 5th"]),
    ],
)
def test_a_day_that_comes_again_is_a_day_of_each_year_month_or_week(
    text: str, days: list[str]
) -> None:
    assert spoken_of(text) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Zahnarzt am 16. April 2026", "2026-04-16"),
        ("Zahnarzt am 16. Mai", "2026-05-16"),
        ("Zahnarzt morgen um neun", "2026-04-14"),
        ("nächsten Dienstag Zahnarzt", "2026-04-21"),
        ("Zahnarzt am Freitag", "2026-04-17"),
        ("Urlaub im August", "2026-08"),
        ("vor zwei Wochen umgezogen", "2026-03-27/2026-04-02"),
        ("Yoga jeden Freitag", "every Friday"),
        ("rendez-vous le 16 avril 2026", "2026-04-16"),
        ("rendez-vous demain matin", "2026-04-14"),
        ("je pars la semaine prochaine", "2026-04-20/2026-04-26"),
        ("vacances en août", "2026-08"),
        ("dentista el 16 de abril de 2026", "2026-04-16"),
        ("cita mañana por la mañana", "2026-04-14"),
        ("el lunes que viene", "2026-04-20"),
        ("la semana pasada llovió", "2026-04-06/2026-04-12"),
    ],
)
def test_german_french_and_spanish_dates_are_read(text: str, days: str) -> None:
    assert spoken_of(text) == [days]


@pytest.mark.parametrize(
    "text", ["Ich bin hier", "guten Morgen", "por la mañana", "two mars bars with mayo", "le mardi"]
)
def test_words_of_other_languages_are_not_taken_for_dates(text: str) -> None:
    assert spoken_of(text) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("we stay with my parents at Christmas", "2026-12-24/2026-12-26"),
        ("we stayed with my parents at Christmas", "2025-12-24/2025-12-26"),
        ("we fly to Rome over the Christmas holidays", "2026-12-24/2026-12-26"),
        ("at Christmas Ana sings", "2026-12-24/2026-12-26"),
        ("wants a bike for xmas.", "2026-12-24/2026-12-26"),
        ("the shop was closed on Christmas Day", "2025-12-25"),
        ("we met on New Year’s Eve", "2025-12-31"),
        ("they marry on Valentine's Day", "2027-02-14"),
        ("Easter 2025 was in Crete", "2025-04-18/2025-04-21"),
        ("Crete, Easter 2024", "2024-03-29/2024-04-01"),
        ("Crete at Easter", "2026-04-03/2026-04-06"),
        ("we were in Crete at Easter", "2026-04-03/2026-04-06"),
        ("Crete next Easter", "2027-03-26/2027-03-29"),
        ("Crete last Christmas", "2025-12-24/2025-12-26"),
        ("Crete this Christmas", "2026-12-24/2026-12-26"),
        ("flew home on Good Friday", "2026-04-03"),
        ("flew home on Easter Monday", "2026-04-06"),
        ("flies home by Thanksgiving", "2026-11-26"),
        ("a party every Halloween", "every 31 October"),
        ("the wedding anniversary is on Christmas Eve", "every 24 December"),
    ],
)
def test_a_holiday_is_on_its_days_of_the_year(text: str, days: str) -> None:
    assert spoken_of(text) == [days]


@pytest.mark.parametrize(
    "text",
    [
        "Merry Christmas!",
        "User loves Christmas",
        "bought a Christmas tree",
        "at Christmas dinner he sang",
        "an Easter egg hunt",
        "met the Easter Bunny",
        "lives on Christmas Island",
        "Happy Easter",
        "had an epiphany",
        "drives an Audi Q3",
        "the answer to Q3 is B",
        "a quarter of the cake",
        "scored in the third quarter of the game",
    ],
)
def test_what_only_has_the_name_of_a_holiday_or_quarter_is_no_day(text: str) -> None:
    assert spoken_of(text) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("launch in Q3", "2026-07-01/2026-09-30"),
        ("we launched in Q4", "2025-10-01/2025-12-31"),
        ("launch in Q1 2027", "2027-01-01/2027-03-31"),
        ("launch in Q3 and Q4", "2026-07-01/2026-09-30 2026-10-01/2026-12-31"),
        ("launch in Q1-Q2 2027", "2027-01-01/2027-06-30"),
        ("launch: 2026-Q3", "2026-07-01/2026-09-30"),
        ("launch by Q3/2026", "2026-07-01/2026-09-30"),
        ("My Q3 goals are two launches", "2026-07-01/2026-09-30"),
        ("launched in the second quarter of 2025", "2025-04-01/2025-06-30"),
        ("launch in the last quarter of the year", "2026-10-01/2026-12-31"),
        ("launch next quarter", "2026-07-01/2026-09-30"),
        ("revenue fell last quarter", "2026-01-01/2026-03-31"),
        ("moves in mid-January", "2027-01-11/2027-01-20"),
        ("moves in early March 2027", "2027-03-01/2027-03-10"),
        ("moves at the end of May", "2026-05-21/2026-05-31"),
        ("moved late Feb.", "2026-02-21/2026-02-28"),
        ("away from mid-May to early June", "2026-05-11/2026-06-10"),
        ("moved in early 2025", "2025-01-01/2025-04-30"),
        ("moves at the end of 2026", "2026-09-01/2026-12-31"),
        ("moved in mid-2025", "2025-05-01/2025-08-31"),
        ("free this weekend", "2026-04-18/2026-04-19"),
        ("sails at the weekend", "2026-04-18/2026-04-19"),
        ("we sailed over the weekend", "2026-04-11/2026-04-12"),
        ("sails every weekend", "every Saturday to Sunday"),
    ],
)
def test_a_part_of_a_month_year_or_week_is_a_span(text: str, days: str) -> None:
    assert spoken_of(text) == ([days] if days.startswith("every") else days.split())


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("the rent is due at the end of the month", "2026-04-21/2026-04-30"),
        ("she will be back by the end of next week", "2026-04-24/2026-04-26"),
        ("we move at the beginning of next month", "2026-05-01/2026-05-10"),
        ("we met early this year", "2026-01-01/2026-04-30"),
        ("I want to run a marathon by the end of the year", "2026-09-01/2026-12-31"),
        ("he started in the middle of last month", "2026-03-11/2026-03-20"),
        ("the audit begins at the start of next quarter", "2026-07"),
        ("I left my job late last year", "2025-09-01/2025-12-31"),
        ("send it by end of week", "2026-04-17/2026-04-19"),
        ("the end of the year 2025 was hard", "2025-09-01/2025-12-31"),
        ("Die Miete ist am Ende des Monats fällig", "2026-04-21/2026-04-30"),
        ("Ich ziehe Anfang nächsten Monats um", "2026-05-01/2026-05-10"),
        ("Wir sind bis Ende nächster Woche weg", "2026-04-24/2026-04-26"),
        ("Zum Jahresende kündige ich", "2026-09-01/2026-12-31"),
        ("Je déménage à la fin du mois", "2026-04-21/2026-04-30"),
        ("Je pars au début de l'année prochaine", "2027-01-01/2027-04-30"),
        ("Me mudo a finales de mes", "2026-04-21/2026-04-30"),
        ("Vuelvo a principios del próximo año", "2027-01-01/2027-04-30"),
        ("Mi trasferisco alla fine del mese", "2026-04-21/2026-04-30"),
        ("Parto all'inizio dell'anno prossimo", "2027-01-01/2027-04-30"),
        ("Mudo-me no fim do mês", "2026-04-21/2026-04-30"),
        ("Volto no início do próximo ano", "2027-01-01/2027-04-30"),
        ("Ik verhuis aan het eind van de maand", "2026-04-21/2026-04-30"),
        ("Ik stop begin volgend jaar", "2027-01-01/2027-04-30"),
        ("Przeprowadzam się pod koniec miesiąca", "2026-04-21/2026-04-30"),
        ("Wracam na początku przyszłego roku", "2027-01-01/2027-04-30"),
        ("Я переезжаю в конце месяца", "2026-04-21/2026-04-30"),
        ("Я вернусь в начале следующего года", "2027-01-01/2027-04-30"),
    ],
)
def test_a_part_of_this_or_another_week_month_or_year_is_a_span(text: str, days: str) -> None:
    assert spoken_of(text) == [days]


@pytest.mark.parametrize(
    "text",
    [
        "I get paid at the end of each month",
        "at the end of the day it was fine",
        "the end of the road",
        "write the end-of-month report",
        "an early week of pregnancy",
        "the middle of a week is dull",
        "am Ende des Tages war es gut",
        "los fines de semana descanso",
        "a fim de viajar",
        "la fine del film",
        "het begin van de film",
    ],
)
def test_what_is_no_part_of_a_certain_period_is_not_one(text: str) -> None:
    assert spoken_of(text) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("An Weihnachten sind wir in Bremen", "2026-12-24/2026-12-26"),
        ("we fly to Taipei for Chinese New Year 2027", "2027-02-06"),
        ("she visits us during Ramadan 2028", "2028-01-28/2028-02-26"),
        ("we sailed at Diwali 2025", "2025-10-20"),
        ("Hanukkah 2026 is at my aunt's", "2026-12-04/2026-12-12"),
        ("im Ramadan 2027 bin ich in Fès", "2027-02-08/2027-03-09"),
        ("on part pour le nouvel an chinois 2027", "2027-02-06"),
        ("Where do we go next Diwali?", "2026-11-08"),
        ("Ostern sind wir in Bremen", "2026-04-03/2026-04-06"),
        ("Ostern 2025 waren wir in Bremen", "2025-04-18/2025-04-21"),
        ("letzte Ostern waren wir in Bremen", "2026-04-03/2026-04-06"),
        ("der Umzug ist Ende Mai", "2026-05-21/2026-05-31"),
        ("der Start ist im dritten Quartal 2026", "2026-07-01/2026-09-30"),
        ("Umzug Anfang 2027", "2027-01-01/2027-04-30"),
        ("der Start ist im Q3", "2026-07-01/2026-09-30"),
        ("je déménage fin 2026", "2026-09-01/2026-12-31"),
        ("el día de Navidad comemos en casa", "2026-12-25"),
        ("je pars à Noël", "2026-12-24/2026-12-26"),
        ("le déménagement est fin mai", "2026-05-21/2026-05-31"),
        ("nous étions à Rome à Pâques", "2026-04-03/2026-04-06"),
        ("viajamos en Semana Santa", "2026-03-29/2026-04-05"),
        ("me mudo a finales de mayo de 2026", "2026-05-21/2026-05-31"),
        ("a Ferragosto siamo al mare", "2026-08-15"),
        ("vamos ao Porto no Natal", "2026-12-24/2026-12-26"),
        ("met Kerst zijn we in Gent", "2026-12-24/2026-12-26"),
        ("på julafton är vi i Lund", "2026-12-24"),
        ("на Пасху едем к бабушке", "2026-04-10/2026-04-13"),
        ("圣诞节去北京", "2026-12-25"),
        ("五月底搬家", "2026-05-21/2026-05-31"),
        ("クリスマスに京都へ行く", "2026-12-24/2026-12-26"),
        ("크리스마스에 부산에 간다", "2026-12-25"),
    ],
)
def test_holidays_and_parts_are_read_in_other_languages(text: str, days: str) -> None:
    assert spoken_of(text) == [days]


@pytest.mark.parametrize(
    "text",
    [
        "Frohe Ostern",
        "unser Weihnachtsbaum",
        "Moro em Natal",
        "圣诞快乐",
        "Nikolaus ist mein Bruder",
        "ich mag Weihnachten",
    ],
)
def test_names_and_greetings_of_other_languages_are_no_days(text: str) -> None:
    assert spoken_of(text) == []


@pytest.mark.parametrize("text", ["at Diwali 2050", "Ramadan 2050", "Chinese New Year 2041"])
def test_a_holiday_whose_day_is_not_known_is_sometime_in_its_year(text: str) -> None:
    assert spoken_of(f"User travels to Pune {text}") == [text[-4:]]


@pytest.mark.parametrize(
    ("said_on", "text", "day"),
    [
        (date(2026, 4, 1), "The flight is on 29 February", "2028-02-29"),
        (date(2028, 2, 20), "The flight is on 29 February", "2028-02-29"),
        (date(2028, 3, 10), "The flight was on 29 February", "2028-02-29"),
        (date(2027, 12, 1), "We flew on 29 February", "2024-02-29"),
    ],
)
def test_a_leap_day_is_that_of_a_leap_year(said_on: date, text: str, day: str) -> None:
    assert [written(period) for period in mentions(text, said_on)] == [day]


def test_what_can_be_read_in_two_ways_is_both() -> None:
    assert spoken_of("on 05/04/2026") == ["2026-04-05", "2026-05-04"]


@pytest.mark.parametrize(
    "text",
    [
        "User loves 1984 and Blade Runner 2049",
        "in 5/4 time",
        "add 1/2 cup, rated 10/10, open 24/7",
        "walked on in 2000 steps",
        "room 2024 costs 2020 euros",
        "the shop is on the 5th floor",
        "April likes tea, and so do May, June and August",
        "my dog Sunday met Friday",
        "option 3 may work, and you may 5 times march 3 miles",
        "31 April and 30.2.2026",
        "see logs/2026-04-16/a.log and 10.1.20.3 and v1.2.2020-rc",
        "call 555-2026-04",
        "the other day, recently, sometimes",
        "の五番",
        "",
    ],
)
def test_what_is_not_surely_a_day_is_none(text: str) -> None:
    assert spoken_of(text) == []


def test_days_are_in_order_and_each_once() -> None:
    said = "On 5 May and on 3 May, then on 5 May 2026 again, in May"
    assert spoken_of(said) == ["2026-05", "2026-05-03", "2026-05-05"]


def test_a_long_text_speaks_of_few_days() -> None:
    assert (
        len(
            mentions(
                " ".join(f"{n} May {year}." for year in (2025, 2026) for n in range(1, 30)), MONDAY
            )
        )
        <= MAX_MENTIONS
    )
    assert spoken_of("tomorrow " * 10_000) == ["2026-04-14"]


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-06-03", "2026-06-03", "User's birthday is on 3 June"),
        ("2026-06-01", "2026-06-30", "User's birthday is on 3 June"),
        ("2025-12-30", "2026-01-02", "User's birthday is on 1 January"),
        ("2024-02-29", "2024-02-29", "User's birthday is on 29 February"),
        ("2026-04-17", "2026-04-17", "yoga every Friday"),
        ("2026-04-16", "2026-04-18", "yoga every Friday"),
        ("2026-04-19", "2026-04-21", "yoga every Tuesday"),
        ("2026-04-05", "2026-04-05", "rent on the 5th of every month"),
        ("2026-04-28", "2026-05-06", "rent on the 5th of every month"),
    ],
)
def test_a_day_that_comes_again_lies_in_a_period(first: str, last: str, text: str) -> None:
    (day,) = mentions(text, MONDAY)
    assert any(p.start <= day.start and day.end <= p.end for p in every(period(first, last)))


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-06-04", "2026-08-31", "User's birthday is on 3 June"),
        ("2026-01-01", "2026-12-31", "User's birthday is on 3 June"),
        ("2026-04-18", "2026-04-23", "yoga every Friday"),
        ("2026-04-01", "2026-04-30", "yoga every Friday"),
        ("2026-04-06", "2026-05-04", "rent on the 5th of every month"),
    ],
)
def test_a_day_that_comes_again_does_not_lie_in_a_period(first: str, last: str, text: str) -> None:
    (day,) = mentions(text, MONDAY)
    assert not any(p.start < day.end and day.start < p.end for p in every(period(first, last)))


def test_a_long_period_has_every_day_that_comes_again() -> None:
    long = every(period("2025-01-01", "2026-12-31"), ANY_LENGTH)
    assert [written(each) for each in long] == [
        "every Monday to Sunday",
        "every 1st to 31st",
        "every 1 January to 31 December",
    ]


def test_a_cycle_has_no_place_in_a_cycle() -> None:
    (day,) = mentions("User's birthday is on 3 June", MONDAY)
    assert every(day) == []


@given(st.text(), st.dates())
def test_any_text_on_any_day_speaks_of_periods(text: str, said_on: date) -> None:
    for said in (text, f"in May {text} 29 Feb, on the 31st, next month, every Friday, 3/4/2025"):
        found = mentions(said, said_on)
        assert len(found) <= MAX_MENTIONS
        assert found == sorted(found, key=lambda p: (p.start, -p.end))
        assert all(p.start < p.end and written(p) for p in found)


@given(st.dates(min_value=date(5, 1, 1)), st.integers(0, 400))
def test_every_period_has_its_places_within_the_cycles(first: date, length: int) -> None:
    behind = first.toordinal() + length
    last = date.fromordinal(min(behind, date.max.toordinal()))
    bounds = [period(begin.isoformat(), end.isoformat()) for begin, end in CYCLES.values()]
    for found in every(period(first.isoformat(), last.isoformat()), ANY_LENGTH):
        assert any(b.start <= found.start < found.end <= b.end for b in bounds)
