"""Questions tell facts of who asks, and other questions none."""

import pytest

from litemem.core.text.english import third_person
from litemem.core.text.lexicon import code_of
from litemem.core.text.questions import gives_reason, presupposed
from litemem.extraction.sanitize import is_small_talk

TELLING = {
    "As a left-footed striker, which boots suit me?": "User is a left-footed striker",
    "As someone who's deaf in one ear, which headphones suit me?": (
        "User is someone who's deaf in one ear"
    ),
    "Can I donate blood with hepatitis C?": "User has hepatitis C",
    "Can I swim with braces?": "User has braces",
    "Which bike lock do you recommend for my Brompton?": "User has a Brompton",
    "What's a good charger for my Pixel 7a?": "User has a Pixel 7a",
    "How long can my tortoise Shelly go without food?": "User's tortoise is called Shelly",
    "What should I feed my hamster?": "User has a hamster",
    "Does my landlord Mr Fox have to fix the boiler?": "User's landlord is called Mr Fox",
    "How do I tell my boss Ulla about it?": "User's boss is called Ulla",
    "Which pillow suits a side sleeper like me?": "User is a side sleeper",
    "Any tips for introverts like me?": "User is an introvert",
    "What can I cook for my coeliac husband?": "User's husband is coeliac",
    "How can I help my dyslexic twins read?": "User's twins are dyslexic",
    "Which phone suits my 80-year-old mother?": "User has an 80-year-old mother",
}
SILENT = [
    "Is it safe to fly with a pacemaker?",
    "Can I pay with PayPal?",
    "How do I say hello in my English class?",
    "How do I reset my password?",
    "Any tips for our trip to Oslo in May?",
    "What do I do with my old phone?",
    "How do I close my Netflix account?",
    "What can a guy like me do?",
    "What's a good name for a dog like mine?",
    "What should I cook for my beautiful wife?",
]


@pytest.mark.parametrize(("question", "fact"), TELLING.items())
def test_a_question_tells_a_fact_of_who_asks(question: str, fact: str) -> None:
    assert presupposed(question) == [fact]


@pytest.mark.parametrize("question", SILENT)
def test_a_question_about_something_else_tells_none(question: str) -> None:
    assert presupposed(question) == []


@pytest.mark.parametrize(
    ("clause", "fact"),
    [
        ("In September we fly to Antalya.", "User flies to Antalya in September"),
        ("On Thursdays I sing", "User sings on Thursdays"),
        (
            "Every other Friday my son stays with us",
            "User's son stays with User every other Friday",
        ),
        ("Since 2019 I work at Lidl", "User works at Lidl since 2019"),
        ("At 7 am I run", "User runs at 7 am"),
        ("Since my wife left I cook", None),
        ("In the film she says she can't swim", None),
    ],
)
def test_when_something_is_may_stand_first(clause: str, fact: str | None) -> None:
    assert third_person(clause) == fact


@pytest.mark.parametrize("text", ["Hello there! Hope you're well.", "Nice to meet you!"])
def test_greetings_are_small_talk(text: str) -> None:
    assert is_small_talk(text)


STATED = {
    "Is it ok to run six weeks after my appendix came out?": "User's appendix came out",
    "What should I cook, given that my flatmate can't eat nuts?": "User's flatmate can't eat nuts",
    "Can I get a mortgage even though I went bankrupt in 2019?": "User went bankrupt in 2019",
    "I'm allergic to nuts, can I eat this cake?": "User is allergic to nuts",
    "Is it normal that my ears ring after I quit drinking?": "User quit drinking",
}
REASONS = [
    "Est-ce que je peux boire du café, vu que j'allaite ?",
    "Welche Schuhe soll ich kaufen, da ich Plattfüße habe?",
    "¿Puedo conducir, ya que me operaron de cataratas ayer?",
    "Siccome sono mancino, quale chitarra compro?",
    "Posso correr, já que operei o joelho?",
    "Welke wijn past erbij, aangezien ik geen rood verdraag?",
    "Czy mogę jeść sushi, skoro karmię piersią?",
    "Какую гитару купить, раз я левша?",
    "Solak olduğum için hangi gitarı almalıyım?",
    "Kan jag springa eftersom jag just opererat knät?",
    "授乳中なので、コーヒーを飲んでもいいですか？",
    "既然我是左撇子，该买哪把吉他？",
    "수유 중인데 커피를 마셔도 되나요?",
    "هل يمكنني شرب القهوة لأنني أرضع طفلي؟",
    "क्या मैं कॉफ़ी पी सकती हूँ क्योंकि मैं स्तनपान करा रही हूँ?",
    "آیا می‌توانم قهوه بخورم چون شیر می‌دهم؟",
    "Apakah saya boleh minum kopi karena saya sedang menyusui?",
    "Tôi nên mua đàn nào vì tôi thuận tay trái?",
    "Which yoga poses are safe with my slipped disc?",
]
SUPPOSED = [
    "Can I drive if I lose my glasses?",
    "Was passiert, wenn ich kündige, weil ich umziehe?",
    "Que faire si je perds mon passeport ?",
    "¿Qué pasa si pierdo mi pasaporte?",
    "Что будет, если я потеряю паспорт?",
    "如果我丢了护照怎么办？",
    "고양이는 야행성인데 왜 낮에 자나요?",
    "Warum ist der Himmel blau?",
]


@pytest.mark.parametrize(("question", "fact"), STATED.items())
def test_a_subordinate_clause_states_a_fact(question: str, fact: str) -> None:
    assert presupposed(question) == [fact]


@pytest.mark.parametrize("question", REASONS)
def test_a_question_with_a_reason_is_not_small_talk(question: str) -> None:
    assert gives_reason(question, code_of(question))
    assert not is_small_talk(question)


@pytest.mark.parametrize("question", SUPPOSED)
def test_what_is_only_supposed_is_no_reason(question: str) -> None:
    assert not gives_reason(question, code_of(question))
    assert presupposed(question) == []
