"""The kind of answer that a question asks for, and the texts that hold one."""

import pytest

from litemem.core.text.answer_kinds import AnswerKind, asked_kind, holding_answers

NAME = AnswerKind("name")


def length_of(question: str) -> AnswerKind:
    kind = asked_kind(question)
    assert kind is not None
    assert kind.name == "length"
    return kind


@pytest.mark.parametrize(
    ("kind", "questions"),
    [
        (
            "day",
            [
                "When did Cam move to Porto?",
                "when's my flight",
                "Do you know when I have my next exam?",
                "Which year did I graduate?",
                "How long ago did I change my job?",
                "Wann habe ich Urlaub?",
                "Quand Marie a-t-elle déménagé ?",
                "Desde quando moro aqui?",
                "¿Cuándo es mi cita?",
                "Kiedy mam urlop?",
                "Когда у меня отпуск?",
                "我什么时候去北京？",
                "いつ京都に行きましたか？",
                "언제 이사했어요?",
                "Hvornår har jeg ferie?",
                "Når har jeg ferie?",
                "När har jag semester?",
                "Milloin minulla on loma?",
                "Wanneer ga ik op vakantie?",
                "Πότε έχω άδεια;",
                "Mikor megyek nyaralni?",
                "Kapan saya cuti?",
                "Kdy mám dovolenou?",
                "Când am concediu?",
                "Коли в мене відпустка?",
                "Quando è nata Ana?",
                "Ne zaman izne çıkıyorum?",
                "Khi nào tôi đi nghỉ?",
                "ฉันจะไปเที่ยวเมื่อไหร่",
                "متى إجازتي؟",
                "מתי החופשה שלי?",
                "मेरी छुट्टी कब है?",
            ],
        ),
        (
            "length",
            [
                "How long have I lived here?",
                "How often does Cam run?",
                "how old is my sister",
                "Wie lange arbeite ich schon dort?",
                "Depuis combien de temps est-ce que j'habite ici ?",
                "¿Con qué frecuencia corro?",
                "Как долго я здесь живу?",
                "你多久去一次健身房？",
            ],
        ),
        (
            "name",
            [
                "Who is my doctor?",
                "With whom did I go to Rome?",
                "Where do I live?",
                "Which book did I like?",
                "What Italian restaurant did Cam recommend?",
                "What are the names of my cats?",
                "¿Dónde vivo?",
                "Кто мой врач?",
            ],
        ),
        (
            None,
            [
                "What did Cam say?",
                "When I was in Rome, what did I eat?",
                "What should I do when it rains?",
                "Quand j'étais à Rome, qu'est-ce que j'ai mangé ?",
                "How should I format dates?",
                "How many sisters do I have?",
                "Wo ist der Schlüssel?",
                "彼はいつも何を飲みますか",
                "hotels",
                "",
            ],
        ),
    ],
)
def test_the_kind_of_answer_that_a_question_asks_for(kind: str, questions: list[str]) -> None:
    for question in questions:
        found = asked_kind(question)
        assert (found and found.name) == kind, question


def test_the_end_of_a_very_long_question_is_not_read() -> None:
    assert asked_kind("x " * 500_000 + "when did I move?") is None


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("How long have I had it?", ["For two years now", "Since 2019", "Three WEEKS."]),
        ("How old is she?", ["She is 42"]),
        ("Wie oft laufe ich?", ["Jede Woche", "3 Mal"]),
        ("你多久去一次？", ["每周两次"]),
    ],
)
def test_a_length_of_time_is_a_unit_of_the_question_s_language_or_a_number(
    question: str, texts: list[str]
) -> None:
    kind = length_of(question)
    assert all(holding_answers(texts, kind))
    assert not any(holding_answers(["I like it a lot", "Ich mag es", "我喜欢"], kind))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("User lives in Berlin", True),
        ("my doctor is called Özil", True),
        ("I moved from Köln, Bonn", True),
        ("Я живу в Москве", True),
        ("Hey Jon, I went to Rome", True),
        ("User likes tea", False),
        ("We saw the sea. It was great", False),
        ("Thanks, Ana!", False),
        ("well done Jon Smith!", False),
        ("so I did, I said", False),
        ("", False),
    ],
)
def test_a_name_has_a_capital_inside_a_sentence_and_is_no_speaker_s(text: str, holds: bool) -> None:
    assert holding_answers([text], NAME, {"Ana", "Jon Smith"}) == [holds]


def test_the_names_of_a_question_do_not_answer_it() -> None:
    kind = asked_kind("Who did Cam meet in Rome?")
    assert kind is not None
    texts = ["Yesterday in Rome, Cam met a friend", "In Rome, Cam met Ivo"]
    assert holding_answers(texts, kind) == [False, True]


def test_signs_in_the_name_of_a_speaker_are_no_pattern() -> None:
    assert holding_answers(["I live in Rome"], NAME, {"(", "a|b", "*", ""}) == [True]
