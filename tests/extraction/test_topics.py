"""Topics: an application gets the facts it asked for, in its own categories."""

import pytest

from litemem import Memory
from litemem.errors import ExtractionError
from litemem.extraction.facts import Fact, categorised, select
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.testing import ScriptedLLM

FACTS = [Fact("User likes tea", "user", (0,)), Fact("User has asthma", "user", (0,))]
YES, NO = {"about": "yes"}, {"about": "no"}


def texts(facts: list[Fact]) -> list[str]:
    return [fact.text for fact in facts]


def test_without_a_wish_the_model_is_not_asked() -> None:
    llm = ScriptedLLM([])
    assert select(llm, FACTS, includes=None, excludes=None) == FACTS
    assert categorised(llm, FACTS, {}) == FACTS


def test_only_what_is_about_the_included_topic_is_kept() -> None:
    llm = ScriptedLLM([YES, NO])
    assert texts(select(llm, FACTS, includes="drinks", excludes=None)) == ["User likes tea"]
    assert llm.calls[0].text == "User likes tea. Is this about drinks?"


def test_what_is_about_the_excluded_topic_is_left_out() -> None:
    llm = ScriptedLLM([NO, YES])
    assert texts(select(llm, FACTS, includes=None, excludes="health")) == ["User likes tea"]


def test_what_is_not_included_is_not_asked_about_again() -> None:
    llm = ScriptedLLM([NO, YES, NO])
    assert texts(select(llm, FACTS, includes="a", excludes="b")) == ["User has asthma"]


def test_categories_are_shown_with_their_meaning_and_a_fact_gets_one_or_none() -> None:
    llm = ScriptedLLM([{"category": "food"}, {"category": "none"}])
    found = categorised(llm, FACTS, {"food": "what people eat", "health": ""})
    assert [fact.categories for fact in found] == [("food",), ()]
    assert llm.calls[0].text == (
        "Categories:\n- food: what people eat\n- health\nFact: User likes tea"
    )


def test_a_category_that_the_model_made_up_is_dropped() -> None:
    llm = ScriptedLLM([{"category": "drinks"}] * 2)
    assert categorised(llm, FACTS, {"food": ""})[0].categories == ()


@pytest.mark.parametrize("answer", ["{", "[]", "{}"])
def test_no_verdict_is_an_error(answer: str) -> None:
    with pytest.raises(ExtractionError):
        select(ScriptedLLM([answer]), FACTS, includes="a", excludes=None)


@pytest.mark.model
def test_wishes_and_categories_are_heeded(
    default_llm: LlamaCppLLM, default_embedder: FastEmbedEmbedder
) -> None:
    said = "I'm vegan, my rent is 900 euros, and I fly to Oslo on 3 May."
    with Memory(":memory:", llm=default_llm, embedder=default_embedder) as memory:
        memory.add(said, user_id="a", excludes="money and finances")
        memory.add(said, user_id="b", includes="food and diet")
        memory.add(
            said, user_id="c", custom_categories=[{"food": "diet and meals"}, {"travel": "trips"}]
        )
        left, only, sorted_ = (memory.get_all(user_id=u)["results"] for u in "abc")
    assert [row["memory"] for row in left if "900" in row["memory"]] == []
    assert [row["memory"] for row in left if "Oslo" in row["memory"]] != []
    assert [("vegan" in row["memory"]) for row in only] == [True]
    assert {tuple(row.get("categories", ())) for row in sorted_ if "Oslo" in row["memory"]} == {
        ("travel",)
    }


@pytest.mark.model
def test_a_fact_gets_the_category_that_it_is_about_and_no_other(default_llm: LlamaCppLLM) -> None:
    meanings = {
        "health": "illness, medicine",
        "pets": "animals",
        "money": "income, loans",
        "home": "",
    }
    right = {
        "User has asthma": ("health",),
        "User bought a new sofa": ("home",),
        "User is called Cam": (),
    }
    facts = [Fact(text, "user", (0,)) for text in right]
    found = categorised(default_llm, facts, meanings)
    assert [fact.categories for fact in found] == list(right.values())
