"""Paraphrases: which facts a clause supports in other words, and which say something else."""

import pytest

from litemem.extraction.binding import Binding
from litemem.extraction.grounding import Grounding


def objection(said: str, fact: str, *, is_strict: bool = True) -> str | None:
    grounding = Grounding([said], [said], is_strict=is_strict)
    return Binding([(said, 0)], grounding).hold(fact)


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("I don't eat meat.", "User is vegetarian"),
        ("I take thirty-five units of insulin.", "User takes 35 units of insulin"),
        ("I can't stand early meetings.", "User dislikes early meetings"),
        ("My dad has gout.", "User's father has gout"),
        ("I quit smoking in June.", "User no longer smokes since June"),
        ("Ich esse kein Fleisch.", "Nutzer ist Vegetarier"),
        ("Ich habe vierundzwanzig Hühner.", "Nutzer hat 24 Hühner"),
        ("Um halb neun fängt mein Kurs an.", "Der Kurs des Nutzers beginnt um 8:30"),
        ("Dejé de fumar en mayo.", "El usuario ya no fuma desde mayo"),
        ("Tengo cuarenta y dos años.", "La usuaria tiene 42 años"),
        ("Ma femme est avocate.", "L'épouse de l'utilisateur est avocate"),
        ("J'ai arrêté le piano.", "L'utilisateur ne joue plus du piano"),
        ("Мне тридцать пять лет.", "Пользователю 35 лет"),
        ("Моя сестра живёт в Омске.", "Сестра пользователя живёт в Омске"),
        ("Летал в Грузию.", "Пользователь летал в Грузии"),
        ("Ivo sold me his van.", "User bought a van from Ivo"),
        ("Je ne mange que du riz.", "L'utilisateur mange uniquement du riz"),
        ("Non mangio carne.", "L'utente è vegetariano"),
        ("Ik eet geen vlees.", "Gebruiker is vegetariër"),
        ("我不吃肉。", "用户是素食者"),
        ("肉は食べません。", "ユーザーは菜食主義者です"),
    ],
)
def test_a_faithful_paraphrase_passes(said: str, fact: str) -> None:
    assert objection(said, fact) is None


@pytest.mark.parametrize(
    ("said", "fact", "reason"),
    [
        ("Tom sold me his bike.", "User sold Tom his bike", "order"),
        ("I have a dog and two cats.", "User has two dogs and a cat", "number"),
        ("J'ai deux oies et un âne.", "L'utilisateur a deux ânes et une oie", "number"),
        ("I take 5 mg of iron.", "User takes 5 g of iron", "number"),
        ("Wir haben drei Gänse.", "Nutzer hat dreißig Gänse", "nobody said"),
        ("Je cours le lundi.", "L'utilisateur court le samedi", "opposite"),
        ("I told him I was rich, but I wasn't.", "User is rich", "over"),
        ("J'ai failli perdre le chat.", "L'utilisateur a perdu le chat", "supposed"),
        ("Vera is a cook and Otto is a tailor.", "Otto is a cook", "somebody else"),
        ("Fui cartero.", "El usuario es cartero", "over"),
        ("Mi piace tutto tranne i fichi.", "All'utente piacciono i fichi", "excepted"),
        ("Pływam we wtorki.", "Użytkownik pływa w piątki", "opposite"),
        ("Sol kolum ağrıyor.", "Kullanıcının sağ kolu ağrıyor", "opposite"),
        ("我左膝疼。", "用户右膝疼", "opposite"),
        ("昔は銀行で働いていました。", "ユーザーは銀行で働いている", "over"),
        ("Eva hat mir Geld geliehen.", "Nutzer hat Eva Geld geliehen", "order"),
        ("Ana le presta libros a Luis.", "Luis le presta libros a Ana", "order"),
        ("Je préfère le thé au café.", "L'utilisateur préfère le café au thé", "order"),
        ("Предпочитаю поезд, а не самолёт.", "Пользователь предпочитает самолёт", "excepted"),
        ("My uncle was a sailor.", "User was a sailor", "somebody else"),
        ("Mein Nachbar ist Arzt.", "Nutzer ist Arzt", "somebody else"),
        ("Mi jefe vive en León.", "El usuario vive en León", "somebody else"),
        ("Mon voisin est sourd.", "L'utilisateur est sourd", "somebody else"),
        ("I might adopt a cat.", "User adopted a cat", "supposed"),
        ("Vielleicht ziehe ich nach Bonn.", "Nutzer zieht nach Bonn", "supposed"),
        ("Quizá venda la moto.", "El usuario vende la moto", "supposed"),
        ("I used to play chess.", "User plays chess", "over"),
        ("Früher wohnte ich in Kiel.", "Nutzer wohnt in Kiel", "over"),
        ("I like all fruit except kiwis.", "User likes kiwis", "excepted"),
        ("Ich mag jedes Gemüse außer Kohl.", "Nutzer mag Kohl", "excepted"),
        ("J'aime tout sauf les huîtres.", "L'utilisateur aime les huîtres", "excepted"),
        ("Mein linker Arm tut weh.", "Der rechte Arm des Nutzers tut weh", "opposite"),
        ("La tienda abre a las nueve.", "La tienda cierra a las nueve", "opposite"),
        ("Nunca bebo café.", "El usuario bebe café", "denie"),
        ("Je ne mange pas de porc.", "L'utilisateur mange du porc", "denie"),
        ("Я не пью молоко.", "Пользователь пьёт молоко", "denie"),
        ("I work with lawyers.", "User is a lawyer", "something else"),
        ("Tengo dos hijas.", "El usuario tiene tres hijas", "nobody said"),
        ("Ich habe einen Hund.", "Nutzer hat einen Hund namens Bello", "nobody said"),
    ],
)
@pytest.mark.parametrize("is_strict", [True, False])
def test_a_fact_that_says_something_else_is_caught(
    said: str, fact: str, reason: str, is_strict: bool
) -> None:
    assert reason in (objection(said, fact, is_strict=is_strict) or "it passes")


def test_only_a_large_model_may_use_all_other_words() -> None:
    said, fact = "Mornings are when I think best.", "User works well at dawn"
    assert objection(said, fact, is_strict=False) is None
    assert objection(said, fact) is not None


def test_a_large_model_does_not_repeat_the_context() -> None:
    said, earlier = "Nice weather today.", "user: I collect old stamps."
    grounding = Grounding([said], [earlier, said], is_strict=False)
    assert grounding.rejection_reason("User collects old stamps") is not None
