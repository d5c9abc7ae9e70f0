"""Short answers that say nothing are no statements: "Kein Problem", "Ni idea", "没关系"."""

import pytest

from litemem.core.text.clauses import clauses_of
from litemem.core.text.reactions import only_reacts, only_takes_leave

SHRUGS = """
Kein Problem
Keine Ahnung
Keine Sorge
Kein Thema
Macht nichts
Ist egal
Ach so
Alles klar
Schon gut
Pas de souci
Pas de problème
Aucune idée
Tant pis
T'inquiète
C'est pas grave
Peu importe
Sin problema
Ni idea
No pasa nada
Da igual
No te preocupes
Niente paura
Nessun problema
Non importa
Non c'è problema
Figurati
Boh
Sem problemas
Não faz mal
Sei lá
Tanto faz
Geen probleem
Geen idee
Maakt niet uit
Geeft niet
Nie ma problemu
Nie wiem
Nie szkodzi
Wszystko jedno
Без проблем
Не знаю
Неважно
Ничего страшного
Да ладно
Без проблем дякую
Не знаю, чесно
Inga problem
Ingen aning
Spelar ingen roll
大丈夫です
わからない
なるほど
没问题
没关系
不知道
随便
괜찮아요
모르겠어요
상관없어요
그렇구나
Sorun değil
Bilmiyorum
Fark etmez
Önemli değil
لا مشكلة
لا أعرف
لا بأس
कोई बात नहीं
पता नहीं
कोई दिक्कत नहीं
ठीक है चलो
"""
TOLD = """
Keine Ahnung von Autos
Ich habe kein Problem mit Hunden
Ich habe Angst vor Spinnen
Das ist mir egal, aber meine Frau hasst Koriander
Je n'ai pas d'enfants
Je n'ai aucun souci de santé
No tengo problemas de espalda
No importa, soy vegetariana
Non ho problemi di cuore
Geen idee, ik ben allergisch voor noten
Без проблем говорю по-немецки
Не знаю английского
Я не знаю немецкий
猫が苦手でもう飼っていないです
英語はわからないです
我不知道怎么做饭
我没问题，但是我老婆对花生过敏
영어를 몰라요
저는 괜찮아요, 근데 아내는 땅콩 알레르기가 있어요
Kedim yok
Sütle sorunum yok
لا أعرف السباحة
मुझे तैरना नहीं आता
Ich weiß nicht, ob ich schwanger bin
Jag vet inte hur man simmar
"""


@pytest.mark.parametrize("said", SHRUGS.strip().split("\n"))
def test_a_shrug_says_nothing(said: str) -> None:
    assert only_takes_leave(said) or all(map(only_reacts, clauses_of(said)))


@pytest.mark.parametrize("said", TOLD.strip().split("\n"))
def test_what_is_told_beside_a_shrug_is_a_statement(said: str) -> None:
    assert not only_takes_leave(said)
    assert not all(map(only_reacts, clauses_of(said)))
