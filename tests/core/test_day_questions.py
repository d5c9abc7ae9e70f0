"""Questions about a day as a whole, in other languages than English."""

from datetime import date

import pytest

from litemem.retrieval.search import parse_query

WEDNESDAY = date(2026, 4, 15)


@pytest.mark.parametrize(
    "query",
    [
        "Was habe ich gestern gemacht?",
        "Qu'ai-je fait hier ?",
        "Quels sont mes rendez-vous demain ?",
        "¿Qué hice ayer?",
        "Cosa ho fatto ieri?",
        "O que fiz ontem?",
        "Wat heb ik gisteren gedaan?",
        "Vad händer på fredag?",
        "Hvad skal jeg i morgen?",
        "Hva gjør jeg i morgen?",
        "Есть ли у меня встречи завтра?",
        "Що я роблю завтра?",
        "Czy mam coś jutro?",
        "Co dělám zítra?",
        "Ce fac mâine?",
        "Yarın ne yapıyorum?",
        "Mitä tein eilen?",
        "Τι κάνω αύριο;",
        "מה אני עושה מחר?",
        "ماذا سأفعل غدا؟",
        "دیروز چه کار کردم؟",
        "कल मेरा क्या प्लान है?",
        "अगले हफ़्ते क्या है?",
        "Tôi có gì ngày mai?",
        "Apa jadwal saya besok?",
        "เมื่อวานฉันทำอะไร",
        "明天有约吗？",
        "明日は何がありますか？",
        "내일 약속 있어?",
    ],
)
def test_a_question_for_what_is_on_a_day_asks_for_nothing_else(query: str) -> None:
    parsed = parse_query(query, [], WEDNESDAY, latest=True)
    assert parsed.periods
    assert parsed.asked.is_all


@pytest.mark.parametrize(
    "query",
    [
        "Wie wird das Wetter morgen?",
        "Quel temps fait-il demain ?",
        "कल मौसम कैसा है?",
        "Hvad koster billetten i morgen?",
        "Yarın hava nasıl?",
        "明日の天気は？",
    ],
)
def test_a_question_for_something_else_does(query: str) -> None:
    assert not parse_query(query, [], WEDNESDAY, latest=True).asked.is_all


def test_a_weekend_in_turkish_is_not_its_week() -> None:
    (period,) = parse_query("Bu hafta sonu ne var?", [], WEDNESDAY, latest=True).periods
    assert (period.end - period.start) == 2 * 86_400 * 1_000_000
