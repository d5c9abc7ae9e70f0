"""The words of a query that count, in its own language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.text.query_words import query_words


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        ("Do I have a job in IT?", ["job", "IT"]),
        ("When did I move to the US?", ["move", "US"]),
        ("Is it raining?", ["raining"]),
        ("DO I HAVE IT?", ["do", "i", "have", "it"]),
        ("tea OR rum, NOT beer", ["tea", "rum", "not", "beer"]),
        ("What did Will say?", ["will", "say"]),
        ("Will it rain?", ["rain"]),
        ("Will's birthday", ["will", "birthday"]),
        ("Did someone die in Rom?", ["someone", "die", "rom"]),
        ("Wo ist die Katze in der Wohnung?", ["katze", "wohnung"]),
        ("Arbeitet er in der IT?", ["arbeitet", "it"]),
        ("Où est l'avion d'Anne ?", ["avion", "anne"]),
        ("¿Dónde está el café?", ["café"]),
        ("Qual è il nome dell'amico?", ["nome", "amico"]),
        ("Onde está o meu carro?", ["carro"]),
        ("Waar is de fiets van mijn broer?", ["fiets", "broer"]),
        ("Var är min cykel?", ["cykel"]),
        ("Gdzie jest mój rower?", ["rower"]),
        ("Benim arabam nerede?", ["arabam"]),
        ("Где моя кошка?", ["кошка"]),
        ("Πού είναι το σπίτι μου;", ["σπίτι"]),
        ("أين القهوة؟", ["القهوة"]),
        ("איפה החתול שלי?", ["החתול"]),
        ("मेरी बिल्ली कहाँ है?", ["बिल्ली"]),
        ("咖啡", ["咖啡"]),
        ("我住在哪里？", ["住"]),
        ("猫叫什么名字", ["猫叫", "名字"]),
        ("我的iPhone在哪里", ["iphone"]),
        ("私はりんごが好きですか？", ["りんご", "好き"]),
        ("ねこはどこですか", ["ねこ"]),
        ("はなが好き", ["はな", "好き"]),
        ("猫の名前は何ですか", ["猫", "名前"]),
        ("どこに住んでいますか", ["住ん"]),
        ("ｺｰﾋｰ", ["コーヒー"]),
        ("고양이가 몇 마리예요?", ["고양이", "마리"]),
        ("어디에서 일하나요?", ["일"]),
        ("커피를", ["커피"]),
        ("แมวของฉันอยู่ที่ไหน", ["แมว"]),
        ("ＬＨ１３７４", ["lh1374"]),
        ("的", ["的"]),
        ("who are you", ["who", "are", "you"]),
        ("?!", []),
    ],
)
def test_the_stop_words_of_the_own_language_do_not_count(query: str, counted: list[str]) -> None:
    assert query_words(query) == counted


@given(st.text())
def test_a_query_with_a_word_has_words(query: str) -> None:
    counted = query_words(query)
    assert len(counted) == len(set(counted))
    assert counted or not any(letter.isalnum() for letter in query)
