"""A word is found in every script, in whichever normal form it is written."""

import unicodedata
from collections.abc import Iterator

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.query_words import query_words
from litemem.core.text.scripts import english_share, normal_forms
from litemem.core.text.words import (
    PART,
    SIMILAR,
    SINGLE,
    any_of,
    holding,
    index_words,
    needs_index_words,
    stems_of,
)
from litemem.store.sqlite.candidates import stemmer

SAME = [
    ("用户每天早上喝咖啡", "咖啡"),
    ("用户养了一只猫", "猫"),
    ("用户正在学习日语", "學習"),
    ("使用者正在學習日語", "学习"),
    ("她剪了頭髮", "头发"),
    ("明天發薪水", "发薪"),
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


STEM = stemmer(apsw.Connection(":memory:"))
FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])


def shares(text: str, query: str) -> list[float]:
    """Return how far a text holds each stem of a query."""
    stems = stems_of(query_words(query), STEM)
    return [held.get(1, 0.0) for held in holding(["plain", text, "1"], stems, STEM)]


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


@pytest.mark.parametrize(("text", "word"), SAME)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_text_holds_a_word_in_another_form(text: str, word: str, form: str) -> None:
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    for written in {unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)}:
        assert set(shares(text, written)) == {1.0}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Ich backe Apfelkuchen", "Kuchen"),
        ("zwei Apfelkuchens", "Kuchen"),
        ("eine Kuchenform", "Kuchen"),
        ("im Krankenhaus", "Haus"),
        ("die Straßenbahnhaltestelle", "Bahn"),
        ("die Straßenbahn", "strasse"),
        ("de fietssleutel", "sleutel"),
        ("en cykelverkstad", "cykel"),
        ("kerrostalo", "talo"),
        ("a snowboard", "snow"),
        ("мотоцикл", "цикл"),
    ],
)
def test_a_part_of_a_compound_counts_less_than_the_word(text: str, word: str) -> None:
    assert shares(text, word) == [PART]
    assert shares(word, word) == [1.0]


@pytest.mark.parametrize(
    ("text", "word"), [("a party", "art"), ("a boat", "oat"), ("tests", "test"), ("brain", "rain")]
)
def test_letters_inside_a_word_are_not_a_part(text: str, word: str) -> None:
    assert shares(text, word) in ([0.0], [1.0])


@pytest.mark.parametrize(
    ("text", "word"), [("soy alérgico", "alérgica"), ("две кошки", "кошек"), ("в Москве", "Москва")]
)
def test_a_word_with_another_ending_counts_if_no_text_has_it(text: str, word: str) -> None:
    assert shares(text, word) == [SIMILAR]


def test_one_of_two_characters_counts_if_no_text_has_both() -> None:
    assert shares("养了一只猫", "猫叫") == [SINGLE]


@pytest.mark.parametrize(
    ("text", "expected"), [("works in IT", [1.0]), ("likes it", [0.0]), ("ITEM", [0.0])]
)
def test_a_word_in_capitals_is_found_as_it_is_written(text: str, expected: list[float]) -> None:
    assert shares(text, "a job in IT")[1:] == expected


@given(st.lists(st.text()), st.text(), FORMS, FORMS)
def test_every_word_of_a_text_is_found_in_every_normal_form(
    texts: list[str], text: str, written: str, asked: str
) -> None:
    stored = unicodedata.normalize(written, text)  # type: ignore[arg-type]
    for word in normal_forms(unicodedata.normalize(asked, text)).split():  # type: ignore[arg-type]
        stems = stems_of([word], STEM)
        for held in holding([*texts, stored], stems, STEM):
            assert held[len(texts)] == 1


@given(st.text())
def test_normal_forms_keep_the_lines_of_a_text(text: str) -> None:
    for variants in (True, False):
        assert normal_forms(text, variants=variants).count("\n") == text.count("\n")


@given(st.text())
def test_the_share_that_a_model_for_english_reads_is_a_share(text: str) -> None:
    assert 0 <= english_share(text) <= 1


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("Où est le café ?", 1),
        ("กาแฟ", 0),
        ("кофе", 0.5),
        ("咖啡", 0.25),
        ("7", 1),
        ("ＬＨ１３７４", 0),
        ("ｺｰﾋｰ", 0),
        ("ab кк", 0.75),
    ],
)
def test_a_model_for_english_reads_latin_letters(text: str, share: float) -> None:
    assert english_share(text) == share


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
