"""Parsing of a query: the text to embed, the words, speakers and dates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.words import MAX_WORDS
from litemem.retrieval.search import parse_query

TODAY = date(2023, 6, 14)


def test_names_and_dates_say_who_and_when_and_are_not_embedded() -> None:
    reading = parse_query("What did Ana's team win in May 2023?", ["Ana", "Bo"], TODAY)
    assert reading.meaning == "What did team win ?"
    assert reading.named == {"Ana"}
    assert len(reading.periods) == 1


def test_the_words_are_those_that_say_something_beside_names_and_dates() -> None:
    reading = parse_query("What did Ana win in May 2023?", ["Ana"], TODAY)
    assert reading.words == ("win",)


def test_the_words_of_a_date_count_if_there_are_no_others() -> None:
    assert parse_query("What happened in May 2023?", [], TODAY).words == ("happened", "may", "2023")
    assert parse_query("May 2023", [], TODAY).words == ("may", "2023")


@pytest.mark.parametrize(
    "query",
    [
        *("what do I have tomorrow?", "was mache ich morgen?", "Was habe ich morgen vor?"),
        *("que fais-je demain ?", "¿Qué tengo mañana?", "¿Qué hago mañana?", "cosa faccio domani?"),
        *("o que faço amanhã?", "wat doe ik morgen?", "co robię jutro?", "что я делаю завтра?"),
        *(
            "我明天有什么安排？",
            "明日の予定は？",
            "내일 일정이 뭐야?",
            "พรุ่งนี้มีอะไร",
            "ماذا لدي غدا؟",
        ),
        *("yarın ne var?", "vad gör jag imorgon?", "내일 뭐 있어?", "מה יש לי מחר?"),
        *("فردا چه دارم؟", "Ngày mai có gì?", "co mám zítra?", "Τι έχω αύριο;"),
        *("what must I do tomorrow?", "do I need to be anywhere tomorrow?", "明日何がある？"),
        *("ฉันมีอะไรพรุ่งนี้", "明天我要做什么", "明日は何をしますか", "Was muss ich morgen erledigen?"),
    ],
)
def test_a_question_for_a_day_asks_for_nothing_else(query: str) -> None:
    reading = parse_query(query, [], TODAY, latest=True)
    assert reading.asked.is_all
    assert len(reading.periods) == 1


def test_the_words_of_a_relative_date_are_not_looked_for() -> None:
    assert parse_query("Does Ana swim next week?", ["Ana"], TODAY).words == ("swim",)
    assert parse_query("anything next week?", [], TODAY).words == ("anything",)


@pytest.mark.parametrize(
    ("query", "speakers", "names"),
    [
        ("What does April like?", [], []),
        ("What did May say?", [], []),
        ("Who is August?", [], []),
        ("What is June's job?", [], []),
        ("Where does Sunday sleep?", [], []),
        ("Tell me about April", ["April Miller"], []),
        ("Tell me about April", [], ["april"]),
        ("a present for April", [], ["april"]),
    ],
)
def test_a_name_is_not_a_date(query: str, speakers: list[str], names: list[str]) -> None:
    reading = parse_query(query, speakers, TODAY, names=names)
    assert reading.periods == ()
    assert reading.meaning == query or reading.named


@pytest.mark.parametrize(
    "query", ["What did April do in April?", "was April here in May", "Is April free on Sunday?"]
)
def test_a_date_next_to_a_name_is_one(query: str) -> None:
    assert parse_query(query, [], TODAY, names=["april", "may", "sunday"]).periods


@pytest.mark.parametrize(
    ("query", "is_all", "of_saying"),
    [
        ("What do I have tomorrow?", True, False),
        ("anything next week?", True, False),
        ("What happened on 18 March?", True, False),
        ("where am I going next Friday?", True, False),
        ("April 16th", True, False),
        ("What did I say on 18 March?", True, True),
        ("what did I tell you last week", True, True),
        ("What did I say about the car last week?", False, True),
        ("What did I tell you about 18 March?", True, False),
        ("What's the weather like today?", False, False),
        ("best films of 2026", False, False),
        ("what should I cook tonight?", False, False),
        ("what did we talk about on 18 March?", True, True),
        ("Are we going to talk about tomorrow?", True, False),
        ("Was habe ich am 18. März gesagt?", True, True),
        ("De quoi avons-nous parlé hier ?", True, True),
        ("¿Qué te dije ayer?", True, True),
        ("Что я говорил вчера?", True, True),
        ("昨天我们聊了什么？", True, True),
        ("3月18日に何を言った？", True, True),
        ("어제 무슨 얘기 했지?", True, True),
        ("어제 뭐 했지?", True, False),
        ("昨天发生了什么？", True, False),
        ("今天天气怎么样？", False, False),
        ("明日の天気は？", False, False),
        ("내일 날씨 어때?", False, False),
        ("明天北京有雨吗？", False, False),
    ],
)
def test_what_is_asked_of_a_day_is_read(query: str, is_all: bool, of_saying: bool) -> None:
    asked = parse_query(query, [], TODAY).asked
    assert (asked.is_all, asked.of_saying) == (is_all, of_saying)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("what does sam like", {"Sam Hill"}),
        ("Sam and BO", {"Sam Hill", "Bo"}),
        ("same", set()),
        ("what will it be", set()),
    ],
)
def test_a_speaker_is_named_by_any_telling_word_of_the_name(query: str, named: set[str]) -> None:
    assert parse_query(query, ["Sam Hill", "Bo", "Will"], TODAY).named == named


@pytest.mark.parametrize(
    "query", ["Ana?", "yesterday", "?!", "who are you", "日本語", "x" * 10_000]
)
def test_there_is_always_something_to_embed(query: str) -> None:
    assert parse_query(query, ["Ana"], TODAY).meaning == query


def test_a_query_of_nothing_but_a_name_looks_for_the_name() -> None:
    assert parse_query("Ana?", ["Ana"], TODAY).words == ("ana",)


def test_only_the_first_words_of_a_book_are_looked_for() -> None:
    query = " ".join(f"word{i}" for i in range(2_000))
    assert len(parse_query(query, [], TODAY).words) == MAX_WORDS


@given(st.text(), st.lists(st.text()))
def test_any_query_is_read_among_any_speakers(query: str, speakers: list[str]) -> None:
    reading = parse_query(query, speakers, TODAY)
    assert reading.named <= set(speakers)
    assert reading.meaning or not query
