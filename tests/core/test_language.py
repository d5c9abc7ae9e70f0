"""The language of a text: named to the model, or left open when it is not clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text import vocabulary
from litemem.core.text.language import TELLTALE, language
from litemem.core.text.lexicon import code_of, made_vocabulary

NAMED = {
    "Ich heiße Jonas und wohne seit 2019 in Köln.": "German",
    "Danke schön": "German",
    "Je suis végétarien et ma fille Zoé joue du violon.": "French",
    "Me llamo Luis y trabajo en un hospital de Sevilla.": "Spanish",
    "Ho perso il lavoro a Milano. Mia moglie Sara è incinta.": "Italian",
    "Moro em Lisboa e não como carne.": "Portuguese",
    "Ik woon in Utrecht en heb een kat.": "Dutch",
    "Jag bor i Lund och har två katter.": "Swedish",
    "Mieszkam w Krakowie i nie jem mięsa.": "Polish",
    "Ben İzmir'de oturuyorum ve bir kedim var.": "Turkish",
    "私は東京に住んでいて、猫を二匹飼っています。": "Japanese",
    "我住在北京，我对花生过敏。": "Chinese",
    "저는 서울에 살아요.": "Korean",
    "Я живу в Москве.": "Russian",
    "Sono allergico alle noci.": "Italian",
    "Ho due figlie.": "Italian",
    "Sigara içmiyorum.": "Turkish",
    "Min syster är läkare": "Swedish",
    "Nie jem mięsa.": "Polish",
    "Mijn broer is bakker": "Dutch",
    "We zijn verhuisd, we wonen nu in de Kerkstraat 8, nog steeds in Zwolle.": "Dutch",
    "Was vorige week in Gent, we waren in een museum, was in mei al dicht.": "Dutch",
    "Não fumo.": "Portuguese",
    "Je ne fume pas.": "French",
    "Trabajo en un banco.": "Spanish",
    "من در شیراز زندگی می‌کنم": "Persian",
    "أعيش في عمان": "Arabic",
}


@pytest.mark.parametrize(("text", "named"), NAMED.items())
def test_a_plain_language_is_named(text: str, named: str) -> None:
    assert language(text) == named


ENGLISH = [
    "I love hiking",
    "I live in La Paz and love El Rey",
    "ok",
    "",
    "12 + 30",
    "Locker 8 is empty.",
    "My grandad had gout.",
    "Flight 302 is cancelled.",
    "I can't swim.",
    "東京 is great for food",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_and_what_is_not_plain_have_no_name(text: str) -> None:
    assert language(text) is None


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert language(text) is None or language(text).istitle()


SHORT = {
    "de": "Der Müll wird dienstags geholt.|Nutzer wohnt in Wien|Mir ist oft schwindlig.",
    "fr": "Ma voisine garde mes clés.|L'utilisateur fume|Je cours le dimanche."
    "|Le gluten me rend malade.",
    "es": "Mi vecina guarda las llaves.|User vive en Lugo|Tomo 10 mg de ramipril."
    "|Estoy pensando en dejar la academia de inglés.|El marisco me sienta fatal.",
    "it": "Lavora di notte.|User lavora a Torino|Abbiamo quattro galline."
    "|Giulia mi ha insegnato a cucire.",
    "pt": "A vizinha guarda as chaves.|Temos duas cabras.|Quebrei o braço esquerdo."
    "|Detesto acordar cedo.",
    "nl": "De buurvrouw heeft de sleutels.|User woont in Breda|We hebben twee zonen.",
    "sv": "Grannen har nycklarna.|Svara kort.|Jag gillar havet mer än fjällen.",
    "pl": "Sąsiadka ma klucze.|Przedszkole kosztuje 700 zł.|Odpowiadaj krótko.",
    "tr": "Geceleri çalışıyor.|Kiram 15.000 lira.|Adım Can, İzmir'de yaşıyorum.",
    "en": "Dentist Tuesday.|La Paz trip cancelled.|Ben owes me 20 euros.|Met Jan, Piet en route.",
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in SHORT.items() for text in texts.split("|")]
)
def test_the_language_of_a_few_words_is_known(code: str, text: str) -> None:
    assert code_of(text) == code


def test_the_listed_words_are_those_of_the_languages() -> None:
    listed = vocabulary.FILE.read_text(encoding="utf-8")
    assert listed == made_vocabulary(), "run python -m litemem.core.text.lexicon"


@pytest.mark.parametrize("key", ["common", "counted", "telltale", "letters"])
def test_each_language_with_words_of_its_own_has_a_rank(key: str) -> None:
    assert set(vocabulary.texts_by_name("language", key)) <= set(TELLTALE)
