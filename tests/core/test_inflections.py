"""Short words are compared without their endings, outside of English."""

import pytest

from litemem.core.text.inflections import is_form, may_be_inflected, other_forms


@pytest.mark.parametrize(
    ("word", "other"),
    [
        pair.split("=")
        for pair in """
    hund=hunden bil=bilen pass=passet kind=kinder buch=bucher brief=brieven boek=boeken
    libro=libri amico=amici papel=papeis pez=peces cane=cani
    kot=kota bank=banku kawa=kawe praha=praze banka=bance brno=brna
    auto=autoni kissa=kissani koulu=koulua pankki=pankissa helsinki=helsingissa tampere=tampereella
    kissa=kissoja kirja=kirjojen pahkina=pahkinoille kenka=kengat
    araba=arabam kitap=kitabi kopek=kopegimin sut=sutu kave=kavet budapest=budapesten
    кот=кота банк=банке
    """.split()
    ],
)
def test_two_forms_of_one_word(word: str, other: str) -> None:
    assert is_form(word, other)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        pair.split("=")
        for pair in """
    car=cardboard car=carrots rad=rat hund=hunger kind=kindly lima=limerick rome=romance
    кот=которая sun=sunday hand=handball kino=kind
    """.split()
    ],
)
def test_words_that_only_begin_alike(word: str, other: str) -> None:
    assert not is_form(word, other)


def test_english_texts_have_no_such_forms() -> None:
    assert may_be_inflected("katten ater fisk")
    assert not may_be_inflected("user takes the bus")


@pytest.mark.parametrize(
    ("word", "other"),
    [
        pair.split("=")
        for pair in """
    mouse=mice mice=mouse child=children geese=goose haus=hauser haus=haeuser hauser=haus
    maus=mause oeil=yeux yeux=oeil cheval=chevaux huizen=huis uovo=uova pies=psa люди=человек
    """.split()
    ],
)
def test_a_noun_that_changes_inside_has_the_forms_that_are_listed(word: str, other: str) -> None:
    assert other in other_forms(word)
    assert word in other_forms(other)


@pytest.mark.parametrize("word", ["plane", "born", "lives", "rate", "die", "dei", "wegen"])
def test_a_word_that_is_common_in_another_language_is_no_form_of_a_noun(word: str) -> None:
    assert not other_forms(word)
