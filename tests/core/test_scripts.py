"""A word is found in every script, in whichever normal form it is written."""

import unicodedata
from collections.abc import Iterator

import apsw
import pytest

from litemem.core.text.query_words import query_words
from litemem.core.text.words import any_of, index_words, needs_index_words

SAME = [
    ("用户每天早上喝咖啡", "咖啡"),
    ("用户养了一只猫", "猫"),
    ("コーヒーを飲みます", "コーヒー"),
    ("ｶﾌｪで働く", "カフェ"),
    ("ねこが好き", "ネコ"),
    ("커피를 마신다", "커피"),
    ("ฉันชอบดื่มกาแฟตอนเช้า", "กาแฟ"),
    ("ฉันชอบดื่มชา", "ชา"),
    ("ຂ້ອຍມັກກາເຟ", "ກາເຟ"),
    ("ខ្ញុំចូលចិត្តកាហ្វេ", "កាហ្វេ"),
    ("ကျွန်တော်ကော်ဖီကြိုက်တယ်", "ကော်ဖီ"),
    ("Köln", "Koeln"),
    ("Köln", "koln"),
    ("Koeln", "Köln"),
    ("Straße", "strasse"),
    ("Strasse", "Straße"),
    ("GROẞE", "große"),
    ("Øresund", "oresund"),
    ("Øresund", "oeresund"),
    ("Århus", "Aarhus"),
    ("Aarhus", "Århus"),
    ("Ærø", "Aeroe"),
    ("Łódź", "lodz"),
    ("Lodz", "Łódź"),
    ("đường", "duong"),
    ("œuvre", "oeuvre"),
    ("ışık", "Işık"),
    ("IŞIK", "ışık"),
    ("isik", "ışık"),
    ("İstanbul", "istanbul"),
    ("ＬＨ１３７４", "lh1374"),
    ("ﬁsh", "fish"),
    ("Donau\u00addampfer", "Donaudampfer"),
    ("l'avion", "avion"),
    ("d’eau", "eau"),
    ("أحب القهوة", "قهوة"),
    ("شربت بقهوة", "قهوه"),
    ("والقهوة", "قهوة"),
    ("للقهوة", "قهوة"),
    ("قهوتي", "قهوة"),
    ("قَهْوَة", "قهوة"),
    ("قـهوة", "قهوة"),
    ("إسلام", "اسلام"),
    ("مستشفى", "مستشفي"),
    ("٣ قطط", "3"),
    ("ﻗﻬﻮﺓ", "قهوة"),
    ("کتاب‌ها", "كتاب"),
    ("گھر", "گهر"),
    ("שָׁלוֹם", "שלום"),
    ("אני אוהב את הקפה", "קפה"),
    ("חתולים", "חתול"),
    ("हिन्दी", "हिंदी"),
    ("क़लम", "कलम"),
    ("चाँद", "चांद"),
    ("किताबें", "किताब"),
    ("ещё", "еще"),
    ("еще", "ещё"),
    ("Чай", "чай"),
    ("ψωμί", "ΨΩΜΙ"),
    ("ὁδός", "ΟΔΟΣ"),
]


@pytest.fixture(scope="module")
def index() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5"
        " (words, tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    yield connection
    connection.close()


@pytest.mark.parametrize(("text", "word"), SAME)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_index_finds_a_word_in_another_form(
    index: apsw.Connection, text: str, word: str, form: str
) -> None:
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    stored = index_words(text) if needs_index_words(text) else text
    for written in {unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)}:
        assert held(index, stored, written)


@pytest.mark.parametrize(
    ("text", "word"),
    [("用户喜欢爬山", "咖啡"), ("ฉันชอบดื่มน้ำ", "กาแฟ"), ("أحب الشاي", "قهوة")],
)
def test_the_index_does_not_find_another_word(index: apsw.Connection, text: str, word: str) -> None:
    assert not held(index, index_words(text), word)


@pytest.mark.parametrize(
    "text",
    ["", "User likes tea.", "naïve café “Überraschung” – 5 €", "Привет, мой друг!", "καλημερα 😀"],
)
def test_plain_text_needs_no_words_of_its_own(text: str) -> None:
    assert not needs_index_words(text)


def held(index: apsw.Connection, words: str, query: str) -> bool:
    index.execute("DELETE FROM t")
    index.execute("INSERT INTO t VALUES (?)", (words,))
    found = any_of(query_words(query))
    return bool(index.execute("SELECT count(*) FROM t WHERE t MATCH ?", (found,)).get)
