"""Spans that a question leaves open at one side."""

from datetime import date

import pytest

from litemem.core.text.dates import mentions, read_dates
from litemem.core.text.periods import days_of

MONDAY = date(2026, 4, 13)


def asked(text: str) -> list[str]:
    periods = read_dates(text, MONDAY, latest=True).periods
    return ["/".join(day.isoformat() for day in days_of(period)) for period in periods]


@pytest.mark.parametrize(
    "text",
    [
        *("what do I have before Friday?", "Was habe ich vor Freitag?", "Co mám před pátkem?"),
        *("Qu'est-ce que j'ai avant vendredi ?", "¿Qué tengo antes del viernes?"),
        *("Cosa ho prima di venerdì?", "O que tenho antes de sexta-feira?", "金曜日の前の予定は？"),
        *("Wat heb ik voor vrijdag?", "Co mam przed piątkiem?", "星期五之前我有什么安排？"),
        *("금요일 전에 뭐가 있어?", "Vad har jag före fredag?", "Hvad har jeg før fredag?"),
        *(
            "ماذا لدي قبل الجمعة؟",
            "शुक्रवार से पहले क्या है?",
            "ก่อนวันศุกร์มีอะไร",
            "מה יש לי לפני יום שישי?",
        ),
    ],
)
def test_before_a_day_is_from_today_to_the_day_before(text: str) -> None:
    assert asked(text) == ["2026-04-13/2026-04-16"]


@pytest.mark.parametrize(
    "text",
    [
        *("what is due by Friday?", "anything until Friday?", "Was habe ich bis Freitag?"),
        *(
            "Qu'ai-je d'ici vendredi ?",
            "¿Qué tengo hasta el viernes?",
            "Cosa devo fare entro venerdì?",
        ),
        *(
            "Wat heb ik tot vrijdag?",
            "Что у меня до пятницы?",
            "金曜日までの予定は？",
            "금요일까지 일정은?",
        ),
    ],
)
def test_until_a_day_is_with_that_day(text: str) -> None:
    assert asked(text) == ["2026-04-13/2026-04-17"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "what do I have after the 20th?",
            "Was habe ich nach dem 20. April?",
            "après le 20 avril",
        ),
        *("¿Qué tengo después del 20 de abril?", "dopo il 20 aprile", "depois de 20 de abril"),
        *("Что у меня после 20 апреля?", "4月20日之后有什么安排？", "20 Nisan'dan sonra ne var?"),
        *("4월 20일 이후 일정은?", "بعد 20 أبريل", "sau ngày 20 tháng 4"),
    ],
)
def test_after_a_day_is_from_the_next_day_on(text: str) -> None:
    (span,) = asked(text)
    assert span.startswith("2026-04-21/2036")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("what happened before 10 April?", "2026-01-07/2026-04-09"),
        ("what happened since 1 April?", "2026-04-01/2026-04-13"),
        ("what did I do after Christmas?", "2025-12-27/2026-03-29"),
        ("what happened after 2020?", "2021-01-01/2026-04-13"),
        ("what did I do after Easter?", "2026-04-07/2026-04-13"),
        ("what is planned from 1 May on?", "2026-05-01/2036-04-28"),
        ("what do I have before May?", "2026-04-13/2026-04-30"),
        ("what do I have in the next four weeks?", "2026-04-13/2026-05-11"),
        ("what is due within 10 days?", "2026-04-13/2026-04-23"),
        ("what did I do in the last two months?", "2026-02-13/2026-04-13"),
        ("what do I have the rest of the week?", "2026-04-13/2026-04-19"),
        ("anything later this month?", "2026-04-13/2026-04-30"),
        ("what did I buy so far this year?", "2026-01-01/2026-04-13"),
        ("what is planned from Friday on?", "2026-04-17/2036-04-14"),
        ("How long has Ana painted since 2016?", "2016-01-01/2026-04-13"),
        # closed, or at a time of its own
        ("what do I do Friday?", "2026-04-17/2026-04-17"),
        ("what did we do the day before 5 April?", "2026-04-05/2026-04-05"),
        ("what did we do shortly after Easter?", "2026-04-03/2026-04-06"),
        ("Was war am Tag vor dem 5. April?", "2026-04-05/2026-04-05"),
        ("what was there from 3 to 5 April?", "2026-04-03/2026-04-05"),
        ("what do I do on Friday?", "2026-04-17/2026-04-17"),
        ("Was war vor zwei Tagen?", "2026-04-11/2026-04-11"),
    ],
)
def test_the_other_side_is_open_or_the_day_of_the_question(text: str, span: str) -> None:
    assert asked(text) == [span]


def test_the_words_around_an_open_span_are_no_words_of_the_question() -> None:
    assert read_dates("Was habe ich vor Freitag?", MONDAY, latest=True).text == "Was habe ich ?"


def test_a_text_speaks_of_the_day_itself() -> None:
    (due,) = mentions("The report is due before Friday", MONDAY)
    assert days_of(due) == (date(2026, 4, 17), date(2026, 4, 17))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_span_ends_with_the_calendar(day: date) -> None:
    for text in ("before 1 January 0001", "after 9999-12-31", "since yesterday", "within 9 years"):
        assert read_dates(text, day, latest=True) is not None
