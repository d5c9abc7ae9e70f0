"""Verbs with a particle that stands apart, in questions and in texts."""

import pytest

from litemem.core.text import scripts
from litemem.core.text.query_words import query_words
from litemem.core.text.split_verbs import split_verb


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Wann ruft Anna an?", ["anrufen", "anna"]),
        ("Ich hole Tim ab", ["abholen", "tim"]),
        ("Um wie viel Uhr fängt der Film an?", ["viel", "uhr", "anfangen", "film"]),
        ("Wer nimmt am Kurs teil?", ["teilnehmen", "kurs"]),
        ("Wanneer kom je aan?", ["aankomen"]),
        ("Wo ist Anna?", ["anna"]),
        ("What did I put on?", ["put"]),
    ],
)
def test_a_verb_is_asked_for_with_its_particle(query: str, found: list[str]) -> None:
    assert query_words(query) == found


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("anrufen", "Anna ruft am Montag an"),
        ("anrufen", "Ben rief gestern an, und Anna schlief"),
        ("abholen", "Ich hole Tim um acht ab. Dann fahren wir."),
        ("abholen", "Ich habe Tim abgeholt"),
        ("anfangen", "Der Kurs fängt um neun an"),
        ("mitkommen", "Ben kommt zum Konzert mit"),
        ("opbellen", "Jan belt mij morgen op"),
        ("ophalen", "Sanne haalt de kinderen op"),
    ],
)
def test_a_text_has_a_verb_with_its_particle_apart(word: str, text: str) -> None:
    verb = split_verb(word)
    assert verb is not None
    folded = scripts.fold(text)
    assert verb.pattern.search(folded)
    assert any(stem in folded for stem in verb.stems)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("anrufen", "Anna ruft Ben. Er steht an der Tür."),
        ("anrufen", "Anna ruft an der Tür nach Ben"),
        ("abholen", "Ich hole Brot"),
    ],
)
def test_a_preposition_is_no_particle(word: str, text: str) -> None:
    verb = split_verb(word)
    assert verb is not None
    assert not verb.pattern.search(scripts.fold(text))


@pytest.mark.parametrize("word", ["often", "another", "open", "andreas", "india", "update"])
def test_other_words_are_no_such_verbs(word: str) -> None:
    assert split_verb(word) is None
