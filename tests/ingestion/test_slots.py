"""Comparison of two facts by their slots, in many languages."""

import json
from itertools import permutations
from pathlib import Path

import pytest

from helpers import OpenMemory
from helpers.memories import CAM
from litemem.core.text.statements import code_of_pair
from litemem.ingestion.compare import compare_facts
from litemem.testing import ScriptedLLM

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("pairs_of_facts.jsonl").read_text("utf-8").splitlines()
]
APART = (None, "different", "unclear")  # both facts stay

# An affirmation and a denial in each language, and objects of which each is its own.
DENIALS = {
    "de": ("Ich bin gegen {} allergisch", "Ich bin nicht gegen {} allergisch"),
    "es": ("El usuario come {}", "El usuario ya no come {}"),
    "fr": ("Je mange du {}", "Je ne mange plus de {}"),
    "it": ("Mangio {}", "Non mangio più {}"),
    "pt": ("Sou alérgico a {}", "Não sou alérgico a {}"),
    "nl": ("Ik eet {}", "Ik eet geen {} meer"),
    "sv": ("Jag är allergisk mot {}", "Jag är inte allergisk mot {}"),
    "pl": ("Lubię {}", "Nie lubię {}"),
    "tr": ("Benim {} alerjim var", "Benim {} alerjim yok"),
    "ru": ("У меня аллергия на {}", "У меня нет аллергии на {}"),
    "zh": ("我对{}过敏", "我对{}不过敏"),
    "ja": ("{}を食べます", "もう{}を食べません"),
    "ko": ("저는 {} 알레르기가 있어요", "저는 {} 알레르기가 없어요"),
    "ar": ("لدي حساسية من {}", "ليس لدي حساسية من {}"),
    "hi": ("मुझे {} से एलर्जी है", "मुझे {} से एलर्जी नहीं है"),
    "cs": ("Uživatel pěstuje {}", "Uživatel nepěstuje {}"),
    "ro": ("Utilizatorul mănâncă {}", "Utilizatorul nu mănâncă {}"),
    "uk": ("Я їм {}", "Я не їм {}"),
}
OBJECTS = {
    "de": "Nüsse Kuhmilch Milch Latex",
    "es": "nueces marisco leche polvo",
    "fr": "lait poisson pain riz",
    "it": "noci latte pesce riso",
    "pt": "nozes leite pólen camarão",
    "nl": "noten melk vis rijst",
    "sv": "nötter mjölk pollen damm",
    "pl": "orzechy mleko ryby miód",
    "tr": "fıstık süt polen balık",
    "ru": "орехи молоко пыльцу мёд",
    "zh": "花粉 海鲜 虾 开心果 和牛",
    "ja": "えび かに はちみつ もち",
    "ko": "새우 우유 땅콩 개 배",
    "ar": "المكسرات الحليب الغبار السمك",
    "hi": "मूंगफली दूध धूल मछली",
    "cs": "růže rajčata okurky dýně",
    "ro": "carne pește ouă brânză",
    "uk": "рибу м'ясо сир гриби",
}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['new']}")
def test_a_pair_of_facts_has_its_verdict(pair: dict[str, str]) -> None:
    for cosine in (0.5, 0.95):
        verdict = compare_facts(pair["known"], pair["new"], cosine)
        assert ("apart" if verdict in APART else verdict) == pair["verdict"]


@pytest.mark.parametrize("code", DENIALS)
def test_a_denial_ends_what_it_names_and_nothing_else(code: str) -> None:
    affirmed, denied = DENIALS[code]
    objects = OBJECTS[code].split()
    for one in objects:
        assert code_of_pair(affirmed.format(one), denied.format(one)) == code
        assert compare_facts(affirmed.format(one), denied.format(one), 0.5) == "contradicts"
    for one, other in permutations(objects, 2):
        for known in (affirmed, denied):
            for new in (affirmed, denied):
                verdict = compare_facts(known.format(one), new.format(other), 0.99)
                assert verdict in APART, (known.format(one), new.format(other))


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("我对花粉过敏", "我对海鲜过敏"),
        ("Я люблю чай", "Я люблю какао"),
        ("저는 차를 좋아해요", "저는 물을 좋아해요"),
        ("أحب الشاي", "أحب الحليب"),
        ("मुझे चाय पसंद है", "मुझे दूध पसंद है"),
    ],
)
def test_a_cosine_alone_decides_nothing(known: str, new: str) -> None:
    assert compare_facts(known, new, 1.0) == "different"


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("Nutzer wurde in Kiel geboren", "Nutzer wurde nicht in Kiel geboren"),
        ("Nutzer isst Fisch und Fleisch", "Nutzer isst keinen Fisch"),
        ("Nutzer wohnt in Kiel", "Nutzer wohnt in der Holtenauer Straße 9"),
        ("El usuario trabaja en Lima", "El usuario ya no trabaja en Lima los viernes"),
        ("Я ем рыбу", "Я больше не ем рыбу зимой"),
    ],
)
def test_in_doubt_a_verdict_is_unclear(known: str, new: str) -> None:
    assert compare_facts(known, new, 0.9) == "unclear"


def test_a_correction_within_one_turn_is_read_in_its_language() -> None:
    known, new = "Mi color favorito es el verde", "Perdón, mi color favorito es el azul"
    assert compare_facts(known, "Mi color favorito es el azul", 0.9, one_turn=True) == "different"
    assert compare_facts(known, new, 0.9, one_turn=True) == "contradicts"


def test_an_unclear_pair_stays_and_is_listed_until_it_is_settled(open_memory: OpenMemory) -> None:
    known, new = "Nutzer isst Fisch und Fleisch", "Nutzer isst keinen Fisch"
    memory = open_memory(llm=ScriptedLLM([[known], [new]]))
    for text in (known, new):
        memory.add(text, **CAM)

    assert {m["memory"] for m in memory.get_all(**CAM)["results"]} == {known, new}
    (conflict,) = memory.conflicts(**CAM)["results"]
    assert [m["memory"] for m in conflict["memories"]] == [known, new]

    memory.settle(conflict["id"], keep="newer")
    assert [m["memory"] for m in memory.get_all(**CAM)["results"]] == [new]
    assert memory.conflicts(**CAM)["results"] == []
