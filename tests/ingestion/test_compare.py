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
from litemem.ingestion.compare import Verdict, compare_facts, confirm_verdict
from litemem.ingestion.consolidate import find_verdicts
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.testing import ScriptedLLM

PAIRS: dict[str, list[dict[str, str]]] = json.loads(
    (FILES / "contradictions.json").read_text("utf-8")
)
VERDICTS = {"same", "richer", "contradicts", "different"}
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
        assert {pair["verdict"] for pair in pairs} == VERDICTS
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
