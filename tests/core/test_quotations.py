"""The words of others are theirs to the end of the quotation, and none of the speaker's."""

import pytest

from litemem.core.text.clauses import own_words

QUOTED = [
    "My boss wrote: 'I will be on leave until the 9th and my phone is off.'",
    "My sister texted 'I've quit my job and I'm at my parents' house. I hope you're well.'",
    '"I\'m leaving on Friday and my deputy takes over," my manager wrote.',
    "The mail says: I am raising your rent and my plumber comes Monday. I don't reply to calls.",
    "Here's what she sent:\nI can't come on Sunday.\nMy train was cancelled.",
    "> I'm selling my flat in May\n> and I moved to Bath",
    "On Mon, 3 May 2026 at 10:00, Bob <b@x.org> wrote:\n> I moved to Bath\n",
    "Mein Chef schrieb: „Ich bin bis zum 9. im Urlaub und mein Handy ist aus. Bis dann.“",
    "Meine Schwester meinte: 'Ich hab' keinen Bock und ich zieh' aus.'",
    "Ma cheffe a écrit : « Je suis en congé et mon portable est éteint. »",
    "El correo dice: Estoy enfermo y no voy a la reunión.",
    "Il mio capo ha scritto: «Sono in ferie e ho il telefono spento.»",
    "A minha chefe disse: “Estou de férias e tenho o telemóvel desligado.”",
    "Mijn baas schreef: 'Ik ben met verlof en mijn telefoon staat uit.'",
    "Mój szef napisał: „Jestem na urlopie i mam wyłączony telefon.”",
    "Начальник написал: «Я в отпуске, и мой телефон выключен.»",
    "Patronum yazdı: 'Ayın 9'una kadar izinliyim ve telefonum kapalı.'",
    'Min chef skrev: "Jag har semester och min telefon är av."',
    "上司からのメール：「私は9日まで休暇で、電話は切っています。」",
    "她发来的消息：我怀孕了，我要搬去上海。",
    "동생이 보낸 문자: 나는 부산으로 이사 가고 내 차를 팔았어.",
    "كتب مديري: «أنا في إجازة حتى التاسع وهاتفي مغلق»",
    'मेरे बॉस ने लिखा: "मैं छुट्टी पर हूँ और मेरा फ़ोन बंद है।"',
    "Bos saya menulis: 'Saya cuti sampai tanggal 9 dan ponsel saya mati.'",
]
OWN = [
    "I told her: 'I'm vegan and I don't drink.'",
    "Ich habe ihr geschrieben: Ich komme im Mai.",
    "J'ai écrit à ma sœur : je viens en mai.",
    "I live in 'the burbs' and my car's a '98 Golf.",
    "One thing to know about me: I'm deaf in one ear.",
    "My doctor told me: 'You have gout.'",
    "My doctor says: no alcohol.",
]


@pytest.mark.parametrize("text", QUOTED)
def test_a_quotation_is_left_out_to_its_end(text: str) -> None:
    assert own_words(text) == ""


@pytest.mark.parametrize("text", OWN)
def test_what_speakers_say_of_themselves_stays(text: str) -> None:
    assert own_words(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "My boss wrote: 'My phone is off.'\nI work at Lidl.",
        "My boss wrote: I'm ill and my phone is off.\n\nI work at Lidl.",
        "Bob wrote:\n> I moved to Bath\nI work at Lidl.",
        "I work at Lidl. My boss wrote: 'I'm ill and my phone is off.'",
    ],
)
def test_what_is_said_beside_a_quotation_stays(text: str) -> None:
    assert own_words(text) == "I work at Lidl."
