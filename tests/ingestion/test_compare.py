"""Comparison of two facts, by their words and by the real model."""

import json
from collections import Counter
from operator import mul
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import FILES
from litemem.errors import ExtractionError, LLMError
from litemem.ingestion.compare import compare_facts, may_mean_another
from litemem.ingestion.compare_english import confirm_verdict
from litemem.ingestion.consolidate import find_verdicts
from litemem.ingestion.slots import Verdict
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.testing import ScriptedLLM

PAIRS: dict[str, list[dict[str, str]]] = json.loads(
    (FILES / "contradictions.json").read_text("utf-8")
)
VERDICTS = {"same", "richer", "contradicts", "different", "unclear"}
HOME = ("User lives in Oslo", 0.85)  # beside "User lives in Bergen" only a model can tell
FACT = "User lives in Bergen"


class Answering(ScriptedLLM):
    """Answers every question with the same text."""

    def __init__(self, answer: str | Exception) -> None:
        super().__init__([])
        self.answer = answer

    def generate(self, *arguments: Any, **options: Any) -> str:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_the_file_of_pairs_has_all_kinds_and_verdicts() -> None:
    assert len(PAIRS["development"]) >= 40
    assert len(PAIRS["held_out"]) >= 20
    for pairs in PAIRS.values():
        assert {pair["verdict"] for pair in pairs} == VERDICTS - {"unclear"}
        assert len({(pair["known"], pair["new"]) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("known", "new", "verdict"),
    [
        ("User lives in Paris", "user lives in Paris.", "same"),
        ("User has two children", "User has 2 kids", "same"),
        ("User has a dog named Rex", "User has a dog", "same"),
        ("User has a dog", "User has a dog named Rex", "richer"),
        ("User avoids shellfish", "User now loves shellfish", "contradicts"),
        ("User likes tea", "User likes coffee", "different"),
        ("User likes tea", "Tom dislikes tea", "different"),
        ("User's sister lives in Rome", "User moved to Milan", "different"),
        ("User visited Rome in May", "User visited Rome in July", "different"),
        ("User is 34 years old", "User is 35 years old", "contradicts"),
        ("User lives in Rome", "User wants to move to Milan", "different"),
        ("User has 2 cats", "User has 3 cats", "contradicts"),
        ("User takes 20mg of iron", "User takes 40mg of iron", "contradicts"),
        ("User uses Python 3.12", "User uses Python 3.13", "contradicts"),
        ("User's flight is LH123", "User's flight is LH124", "contradicts"),
        ("User is allergic to E120", "User is allergic to E951", "different"),
        ("User likes A4 paper", "User likes A5 paper", "different"),
        ("User works on ticket ABC-101", "User works on ticket ABC-102", "different"),
        ("User owns a Peugeot 205", "User owns a Peugeot 504", "different"),
        ("User's visa was not approved", "User's loan was not approved", "different"),
        ("User's car does not start", "User's laptop does not start", "different"),
        ("User does not smoke", "User does not smoke and does not eat meat", "richer"),
    ],
)
def test_a_verdict_from_the_words_needs_no_model(known: str, new: str, verdict: Verdict) -> None:
    assert find_verdicts(ScriptedLLM([]), new, [(known, 0.75)]) == [verdict]


def test_facts_that_are_far_from_each_other_need_no_model() -> None:
    assert compare_facts("User lives in Oslo", "User no longer plays chess", 0.2) == "different"


@given(st.text(max_size=60), st.text(max_size=60), st.floats(-1, 1))
def test_any_two_texts_can_be_compared(known: str, new: str, cosine: float) -> None:
    assert compare_facts(known, new, cosine) in VERDICTS | {None}


@given(st.text(min_size=1, max_size=60))
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert compare_facts(text, text, 1.0) == "same"


@pytest.mark.parametrize(
    ("answer", "verdict"), [("outdated", "contradicts"), ("true", "different")]
)
def test_the_model_decides_where_words_are_not_enough(answer: str, verdict: Verdict) -> None:
    llm = ScriptedLLM([{"1": answer}])
    assert find_verdicts(llm, FACT, [HOME]) == [verdict]
    assert [(call.prompt, call.text) for call in llm.calls] == [
        ("still_true", f"1. {HOME[0]}\nNew: {FACT}")
    ]


def test_the_model_is_asked_once_about_all_doubtful_neighbours() -> None:
    llm = ScriptedLLM([{"1": "outdated", "2": "true"}])
    known = [("User likes tea", 0.7), HOME, ("User lives in a flat in Trondheim", 0.8)]
    assert find_verdicts(llm, FACT, known) == ["different", "contradicts", "different"]
    assert len(llm.calls) == 1


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"1": "maybe"}', "{}", "null", '{"1": 1}'])
def test_an_answer_that_cannot_be_read_leaves_both_facts(text: str) -> None:
    assert find_verdicts(Answering(text), FACT, [HOME]) == ["different"]
    assert find_verdicts(Answering(ExtractionError("cut off")), FACT, [HOME]) == ["different"]


def test_a_model_that_fails_is_an_error() -> None:
    with pytest.raises(LLMError):
        find_verdicts(Answering(LLMError("no memory")), FACT, [HOME])


@pytest.mark.parametrize(
    ("verdict", "known", "new"),
    [
        ("contradicts", "User visited Rome", "User visited Lisbon"),
        ("contradicts", "User lives in Rome", "User wants to move to Milan"),
        ("contradicts", "Ana likes tango", "Ana used to compete in tango shows"),
        ("same", "User has a dog named Rex", "User has a cat named Tilly"),
        ("same", "User ran 5 km", "User ran 10 km"),
        ("same", "User likes tea", "User does not like tea"),
    ],
)
def test_a_models_verdict_is_not_believed_against_the_words(
    verdict: Verdict, known: str, new: str
) -> None:
    assert confirm_verdict(verdict, known, new, 0.95) == "different"


@pytest.mark.model
@pytest.mark.parametrize("part", ["development", "held_out"])
def test_nine_of_ten_pairs_are_judged_right(
    part: str, default_llm: LlamaCppLLM, default_embedder: FastEmbedEmbedder
) -> None:
    wrong: list[str] = []
    confused: Counter[tuple[str, str]] = Counter()
    for pair in PAIRS[part]:
        known, new = default_embedder.embed_documents([pair["known"], pair["new"]])
        [verdict] = find_verdicts(
            default_llm, pair["new"], [(pair["known"], sum(map(mul, known, new)))]
        )
        if verdict != pair["verdict"]:
            confused[pair["verdict"], verdict] += 1
            wrong.append(f"{pair['known']} / {pair['new']}: {verdict}, not {pair['verdict']}")
    assert len(wrong) <= len(PAIRS[part]) / 10, "\n".join([*wrong, str(dict(confused))])


# different facts that share words


@pytest.mark.parametrize("cosine", [0.6, 0.85, 0.97])
@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("User is allergic to penicillin", "User is not allergic to cats"),
        ("User is responsible for billing", "User is not responsible for shipping"),
        ("User is fluent in Polish", "User is not fluent in German"),
        ("Ana is invited to the wedding", "Ana is not invited to the barbecue"),
        ("User is allergic to penicillin", "User is not allergic to anything else"),
        ("User is allergic to nuts", "User is not allergic to shellfish"),
        ("Order 1187 arrived", "Order 1188 did not arrive"),
        ("User is insured with Allianz", "User is no longer insured with Axa"),
        ("User is afraid of heights", "User is not afraid of dogs"),
        ("User takes ramipril", "User is not taking aspirin"),
        ("Room 12 has 4 beds", "Room 14 has 2 beds"),
        ("Gate 4 closes at 9:00", "Gate 7 closes at 9:30"),
        ("Invoice 101 is paid", "Invoice 102 is not paid"),
        ("저는 새우 알레르기가 있어요", "저는 계란 알레르기가 있어요"),
        ("मुझे चाय पसंद है", "मुझे कॉफ़ी पसंद है"),
        ("저는 개가 있어요", "저는 고양이가 있어요"),
        ("User's car is a red Mazda", "User's car is in the garage until Tuesday"),
        ("User is allergic to dairy", "User no longer eats dairy"),
        ("User was born in Oslo", "User no longer lives in Oslo"),
        ("User has diabetes", "User stopped taking diabetes medication"),
        ("User has asthma", "User no longer takes asthma medication"),
        ("User has a brother in Oslo", "User no longer lives in Oslo"),
        ("User is afraid of dogs", "User no longer has dogs"),
        ("User works at Google", "User no longer works at Google on Fridays"),
        ("User eats everything but fish", "User eats fish"),
        ("User's shift starts at 9", "User's shift ends at 9"),
        ("User might be allergic to nuts", "User is allergic to nuts"),
        ("User voted for the motion", "User voted against the motion"),
        ("User lives with Anna", "User lives near Anna"),
    ],
)
def test_facts_that_share_words_stay_both(known: str, new: str, cosine: float) -> None:
    assert compare_facts(known, new, cosine) in (None, "different", "unclear")


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("User takes ramipril", "User is not taking aspirin"),
        ("User's car is a red Mazda", "User's car is in the garage until Tuesday"),
        ("User is insured with Allianz", "User is no longer insured with Axa"),
    ],
)
def test_a_models_verdict_ends_no_other_fact(known: str, new: str) -> None:
    assert confirm_verdict("contradicts", known, new, 0.97) == "different"


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("User prefers dark mode", "User prefers light mode"),
        ("User is left-handed", "User is right-handed"),
        ("User might be allergic to nuts", "User is allergic to nuts"),
        ("저는 새우 알레르기가 있어요", "저는 계란 알레르기가 있어요"),
    ],
)
def test_a_models_same_does_not_drop_the_opposite(known: str, new: str) -> None:
    assert confirm_verdict("same", known, new, 0.99) == "different"


# updates


@pytest.mark.parametrize("cosine", [0.6, 0.85, 0.97])
@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("User prefers dark mode in their editor", "User prefers light mode in their editor"),
        ("User is left-handed", "User is right-handed"),
        ("User is 39", "User turned 40 today"),
        ("User's exam is on Monday, 5 May", "User's exam was postponed to 19 May"),
        ("User is 39", "User turned 40 on 3 May 2025"),
        ("User is pregnant, due in August", "User's daughter Liv was born on 9 August"),
        ("User's niece is called Beatrix", "User's niece is called Bettina, not Beatrix"),
        ("User works at Nordwind", "User resigned from Nordwind"),
        ("User was promoted to head of accounting at Nordwind", "User resigned from Nordwind"),
        ("User's rent is 900 euros", "User's rent went up to 980 euros"),
        (
            "User takes 10 mg of ramipril a day",
            "User's doctor raised User's ramipril to 20 mg a day",
        ),
        ("User's blood type is A positive", "User's blood type is A negative"),
        ("User prefers tea over coffee", "User prefers coffee over tea"),
        ("User likes cats more than dogs", "User likes dogs more than cats"),
        ("User wakes up at 6 am", "User wakes up at 6 pm"),
        ("The window is open", "The window is closed"),
        ("User lives on the first floor", "User lives on the second floor"),
        ("Ana is the lead", "Sam is now the lead"),
        ("User is allergic to shellfish", "User is not allergic to shellfish after all"),
        ("I live in Leeds", "User moved to York"),
        ("User's order is pending", "User's order is shipped"),
        ("User rarely drinks wine", "User often drinks wine"),
        ("User's salary went up", "User's salary went down"),
        ("User takes the medicine before breakfast", "User takes the medicine after breakfast"),
    ],
)
def test_an_update_supersedes_what_it_updates(known: str, new: str, cosine: float) -> None:
    assert compare_facts(known, new, cosine) == "contradicts"


@pytest.mark.parametrize(
    ("known", "new", "verdict"),
    [
        ("User has 2 cats", "User has 3 cats", "different"),
        ("User's alarm is at 6:30 on weekdays", "User's alarm is at 9:00 at weekends", "different"),
        ("User's name is Jon", "Correction: User's name is John, not Jon", "contradicts"),
    ],
)
def test_facts_of_one_turn_contradict_only_by_a_correction(
    known: str, new: str, verdict: Verdict
) -> None:
    assert compare_facts(known, new, 0.9, one_turn=True) == verdict


def test_a_day_that_is_taken_back_is_open_if_two_facts_have_it() -> None:
    dentist, choir = "User's dentist appointment is on Tuesday", "User's choir meets on Tuesday"
    new = "User: “I said Tuesday, I meant Thursday”"
    assert compare_facts(dentist, new, 0.6) == "contradicts"
    assert may_mean_another(dentist, [choir], new)
    said = ["I said Tuesday", "I meant Thursday"]
    assert may_mean_another(dentist, [choir], "User said Tuesday", said)
    assert not may_mean_another(dentist, ["User's choir meets on Monday"], new)


def test_a_fact_of_the_model_is_of_what_its_message_takes_back() -> None:
    known, new = "User can't eat gluten", "User can't eat lactose"
    said = ["I told you", "I can't eat gluten", "that was wrong", "it's lactose"]
    assert compare_facts(known, new, 0.6, said=said) == "contradicts"
    assert compare_facts(known, new, 0.6, said=["it's lactose"]) != "contradicts"


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ("User rents a flat in Leeds", "I'm in Lisbon now, the Airbnb flat is tiny"),
        ("User needs a car seat", "decided against the car"),
        ("User's tax return is due in May", "I gave birth on Sunday"),
        ("User pays £12 a month for Spotify", "not the 12th as I told you, the 14th"),
    ],
)
def test_what_only_looks_like_a_change_ends_nothing(known: str, message: str) -> None:
    assert compare_facts(known, f"User: “{message}”", 0.6, before=message) != "contradicts"


@pytest.mark.parametrize(
    ("known", "new", "message"),
    [
        ("Releases are cut by Asa", "Releases are cut by Bjorn", "this week that's Bjorn"),
        ("Asa leads the standup", "Bjorn leads the standup", "Bjorn's on it until Asa's back"),
        ("Asa is the scrum master", "Bjorn is the scrum master", "Bjorn's scrum master this week"),
    ],
)
def test_a_stand_in_replaces_nobody(known: str, new: str, message: str) -> None:
    assert compare_facts(known, new, 0.8, before="", said=(message,)) == "different"


def test_a_name_that_is_a_word_of_a_known_fact_is_no_repetition() -> None:
    assert compare_facts("User's team uses Slack", "User's team uses Teams", 0.8) == "different"
