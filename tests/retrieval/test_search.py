"""Search: results, their order, and no influence from outside the scope."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from helpers import START, Clock, OpenMemory
from helpers.stores import RankBy
from litemem import Memory
from litemem.core.scope import Scope
from litemem.core.types import Match
from litemem.errors import RerankerError, ValidationError
from litemem.models.embedding import to_blob
from litemem.retrieval.ranking import rank
from litemem.store.filters import compile_filter, valid_now
from litemem.store.protocol import CandidateQuery
from litemem.testing import HashEmbedder, ScriptedLLM, WordReranker

CAM = {"user_id": "cam"}
NOTHING = '{"facts": []}'
FACTS = [
    "Cam avoids shellfish",
    "Cam prefers boutique hotels",
    "Cam flies to Tokyo on 12 March",
    "Cam's sister Ana is a vegetarian",
    "Cam works as a nurse in Porto",
]
TALK = [
    ("Ana", "Where did you go for your birthday?"),
    ("Bo", "We went to the aquarium by the harbour."),
    ("Ana", "Lovely!"),
    ("Bo", "The penguins were the best."),
]


def texts(memory: Memory, query: str, **given_: Any) -> list[str]:
    return [r["memory"] for r in memory.search(query, **given_)["results"]]


def scores(memory: Memory, query: str, **given_: Any) -> dict[str, float]:
    return {r["memory"]: r["score"] for r in memory.search(query, **given_)["results"]}


def say(memory: Memory, talk: Sequence[tuple[str, str]], **given_: Any) -> None:
    for name, text in talk:
        message = {"role": "user", "name": name, "content": text}
        memory.add([message], infer=False, **given_)


@pytest.fixture
def memory(open_memory: OpenMemory) -> Memory:
    return open_memory()


@pytest.fixture
def facts(memory: Memory) -> Memory:
    for fact in FACTS:
        memory.add(fact, infer=False, **CAM)
    return memory


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Does Cam eat shellfish?", FACTS[0]),
        ("Which hotels does Cam prefer?", FACTS[1]),
        ("When is the flight to Tokyo?", FACTS[2]),
        ("who is a vegetarian", FACTS[3]),
        ("nurses", FACTS[4]),
        ("what happens on 12 March?", FACTS[2]),
    ],
)
def test_short_facts_without_runs_are_found_by_their_words(
    facts: Memory, query: str, first: str
) -> None:
    assert texts(facts, query, **CAM)[0] == first


@pytest.mark.parametrize(
    "query",
    [
        "?!",
        "who are you",
        "何が食べられませんか",
        "Was isst Ana nicht, ärgerlich?",
        'content: "shellfish" OR (NEAR^ *',
        "it's Cam's",
        "tea " * 2_500,
        "word" * 2_500,
        "in May 2023, yesterday or on 31 February",
        "\x00",
    ],
)
def test_any_query_finds_all_there_is(facts: Memory, query: str) -> None:
    assert sorted(texts(facts, query, **CAM)) == sorted(FACTS)


def test_an_answer_is_found_by_the_question_before_it(memory: Memory) -> None:
    say(memory, TALK, **CAM, run_id="monday")
    for i in range(5):
        memory.add(f"note {i} on penguin books", infer=False, **CAM, run_id=f"other{i}")
    found = texts(memory, "Where did Bo go for the birthday?", **CAM)
    assert "aquarium" in found[0], "before the question itself"


def test_the_same_talk_outside_of_a_run_lends_nothing(memory: Memory) -> None:
    say(memory, TALK, **CAM)
    (found,) = [
        r
        for r in memory.search("birthday", **CAM, explain=True)["results"]
        if "aquarium" in r["memory"]
    ]
    assert found["score_details"]["neighbour_boost"] == 0
    assert found["score_details"]["run_boost"] == 0


@pytest.mark.parametrize(
    "others",
    [
        {"user_id": "eve"},
        {"user_id": "eve", "run_id": "monday"},
        {"user_id": "eve", "agent_id": "x", "run_id": "monday"},
    ],
)
def test_what_is_outside_of_the_scope_changes_no_score(
    memory: Memory, others: dict[str, str]
) -> None:
    say(memory, TALK, **CAM, run_id="monday")
    before = scores(memory, "Where did Bo go for the birthday?", **CAM)
    say(memory, [("Where", "birthday birthday"), *TALK] * 3, **others)
    assert scores(memory, "Where did Bo go for the birthday?", **CAM) == before


def test_neighbours_that_the_filter_leaves_out_lend_nothing(memory: Memory) -> None:
    memory.add("the birthday?", infer=False, **CAM, run_id="r", metadata={"secret": True})
    memory.add("by the harbour", infer=False, **CAM, run_id="r")
    asked = {**CAM, "filters": {"secret": {"ne": True}}, "explain": True}
    (found,) = memory.search("the birthday?", **asked)["results"]
    assert found["score_details"]["neighbour_boost"] == 0
    assert found["score_details"]["run_boost"] == 0


def test_neighbours_of_the_same_run_but_another_scope_lend_nothing(memory: Memory) -> None:
    memory.add("the birthday?", infer=False, user_id="cam", run_id="r")
    memory.add("by the harbour", infer=False, user_id="eve", run_id="r")
    found = memory.search("the birthday?", run_id="r", explain=True)["results"]
    assert {r["score_details"]["neighbour_boost"] for r in found} == {0}


def test_what_is_expired_or_superseded_neither_comes_nor_lends(memory: Memory, now: Clock) -> None:
    memory.add("the birthday?", infer=False, **CAM, run_id="r", expires_at=START / 1e6 + 60)
    memory.add("by the harbour", infer=False, **CAM, run_id="r")
    now.advance(seconds=61)
    (found,) = memory.search("the birthday?", **CAM, explain=True)["results"]
    assert found["memory"] == "by the harbour"
    assert found["score_details"]["neighbour_boost"] == 0


def test_who_is_named_comes_first_and_the_others_still_come(memory: Memory) -> None:
    say(memory, [("Bo", "I like tea"), ("Ana", "I like tea"), ("Bo", "I like tea")], **CAM)
    found = memory.search("What does Ana like?", **CAM)["results"]
    assert [r["actor_id"] for r in found] == ["Ana", "Bo", "Bo"]


QUESTION = "My dog Max is allergic to chicken. Which dog food is good for him?"
ANSWER = """Food for a dog that is allergic to chicken:
1. Salmon, for dogs with an allergy to chicken and other meat.
2. Lamb, if your dog is allergic to fish. A dog that is allergic may need eight weeks."""
TASTE = "Always keep lists to three items, please."
CODE = "I keep lists to three items:\n```python\nlists = [items[:3] for items in lists]\n```"


@pytest.fixture
def helped(memory: Memory) -> Memory:
    for user, assistant in ((QUESTION, ANSWER), (TASTE, CODE)):
        for role, text in (("user", user), ("assistant", assistant)):
            memory.add([{"role": role, "content": text}], infer=False, run_id="r", **CAM)
    return memory


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("What is my dog allergic to?", QUESTION),
        ("What is the user's dog allergic to?", QUESTION),
        ("How many items should a list have?", TASTE),
        ("Which food did you suggest for a dog that is allergic to chicken?", ANSWER),
        ("What was the assistant's food for a dog that is allergic?", ANSWER),
    ],
)
def test_what_an_assistant_said_is_first_only_if_asked_for(
    helped: Memory, query: str, first: str
) -> None:
    assert texts(helped, query, **CAM)[0] == first


def test_what_an_assistant_said_is_not_left_out(helped: Memory) -> None:
    assert set(texts(helped, "my dog's food", **CAM)) == {QUESTION, ANSWER, TASTE, CODE}


@pytest.mark.parametrize(
    ("query", "answer", "other"),
    [
        (
            "When did Cam visit the penguins?",
            "Cam saw the penguins on 12 March",
            "Cam saw the penguins and liked them",
        ),
        (
            "How long was Cam in the aquarium?",
            "Cam stayed in the aquarium for two hours",
            "Cam stayed in the aquarium and liked it",
        ),
        (
            "Who did Cam meet in the aquarium?",
            "In the aquarium, Cam talked with Ivo",
            "In the aquarium, Cam talked with friends",
        ),
    ],
)
@pytest.mark.parametrize("infer", [False, True])
def test_what_holds_the_kind_of_answer_that_is_asked_for_counts_more(
    open_memory: OpenMemory, query: str, answer: str, other: str, infer: bool
) -> None:
    memory = open_memory(NOTHING, NOTHING)
    memory.add(answer, infer=infer, **CAM)
    memory.add(other, infer=infer, **CAM)
    found = memory.search(query, **CAM, explain=True)["results"]
    boosts = {each["memory"]: each["score_details"]["answer_boost"] for each in found}
    assert boosts == {answer: boosts[answer], other: 0}
    assert boosts[answer] > 0.1


def test_the_parts_of_a_score_are_explained(facts: Memory) -> None:
    found = facts.search("shellfish?", **CAM, explain=True, threshold=0.1)["results"][0]
    details = found["score_details"]
    assert list(details) == [
        *("semantic_score", "bm25_score", "raw_score"),
        *("neighbour_boost", "run_boost", "speaker_boost", "date_boost"),
        *("answer_boost", "statement_factor"),
        *("max_possible_score", "final_score", "threshold"),
    ]
    assert details["final_score"] == found["score"]
    assert details["bm25_score"] == pytest.approx(1)
    assert (details["max_possible_score"], details["threshold"]) == (1, 0.1)
    parts = [
        details[name]
        for name in (
            "raw_score",
            "neighbour_boost",
            "run_boost",
            "speaker_boost",
            "date_boost",
            "answer_boost",
        )
    ]
    assert found["score"] == pytest.approx(1 - math.prod(1 - part for part in parts))


def test_nothing_is_explained_unless_asked(facts: Memory) -> None:
    assert "score_details" not in facts.search("shellfish?", **CAM)["results"][0]


def test_a_threshold_leaves_out_what_scores_less_in_every_kind_of_query(facts: Memory) -> None:
    for query in ("shellfish?", "何が", "who are you", "hotels in Tokyo"):
        every = scores(facts, query, **CAM)
        kept = scores(facts, query, **CAM, threshold=0.3)
        assert kept == {text: score for text, score in every.items() if score >= 0.3}


def test_a_score_does_not_change_with_the_number_of_results(facts: Memory) -> None:
    every = scores(facts, "Cam's hotels", **CAM)
    assert scores(facts, "Cam's hotels", **CAM, top_k=2).items() <= every.items()


@pytest.mark.parametrize(
    ("query", "reference", "day"),
    [
        ("what was yesterday?", "2023-05-26", "2023-05-25"),
        ("what was last month?", date(2023, 6, 10), "2023-05-25"),
        ("what was in May?", "2024-01-01", "2023-05-25"),
        ("what was in May?", "2022-06-01", "2022-05-25"),
        ("what was on 25 May 2022?", None, "2022-05-25"),
    ],
)
def test_a_date_in_the_query_is_read_from_the_reference_date(
    memory: Memory, query: str, reference: Any, day: str
) -> None:
    for at in ("2021-05-25", "2022-05-25", "2023-05-25", "2023-09-01"):
        memory.add(f"a walk, {at[:4]}", infer=False, **CAM, timestamp=at)
    assert texts(memory, query, **CAM, reference_date=reference)[0] == f"a walk, {day[:4]}"
    assert len(texts(memory, query, **CAM, reference_date=reference)) == 4


def test_without_a_reference_date_it_is_today(memory: Memory, now: Clock) -> None:
    memory.add("a swim", infer=False, **CAM)
    now.advance(days=1)
    memory.add("a walk", infer=False, **CAM)
    now.advance(days=20)
    memory.add("a ride", infer=False, **CAM)
    now.advance(days=1)
    assert texts(memory, "yesterday", **CAM)[0] == "a ride"


@pytest.mark.parametrize(
    ("query", "given_", "year"),
    [
        ("what was yesterday?", {"as_of": "2022-05-26"}, "2022"),
        ("what was last month?", {"as_of": "2023-06-10"}, "2023"),
        ("what was last month?", {"as_of": "2024-01-01", "reference_date": "2022-06-10"}, "2022"),
    ],
)
def test_what_held_at_another_time_is_asked_for_as_of_then(
    memory: Memory, query: str, given_: Any, year: str
) -> None:
    for at in ("2021-05-25", "2022-05-25", "2023-05-25"):
        memory.add(f"a walk, {at[:4]}", infer=False, **CAM, timestamp=at)
    found = memory.search(query, **CAM, **given_, explain=True)["results"]
    assert found[0]["memory"] == f"a walk, {year}"
    assert [r["score_details"]["date_boost"] == 0.5 for r in found[:2]] == [True, False]


def test_as_of_alone_does_not_choose_among_the_years(memory: Memory) -> None:
    """It says what held, not when somebody asks: "in May" is any May that was."""
    for at in ("2021-05-25", "2022-05-25", "2022-09-01"):
        memory.add(f"a walk, {at[:4]}, in month {at[6]}", infer=False, **CAM, timestamp=at)
    found = memory.search("a walk in May", **CAM, as_of="2023-01-01", explain=True)["results"]
    dated = {r["memory"]: r["score_details"]["date_boost"] for r in found}
    assert dated["a walk, 2021, in month 5"] == dated["a walk, 2022, in month 5"] == 0.5
    assert dated["a walk, 2022, in month 9"] < 0.1


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("query", ["yesterday", "next month", "in May", "30 years ago", "in 2022"])
def test_the_first_and_the_last_day_can_be_asked_from(memory: Memory, query: str, at: str) -> None:
    memory.add("a walk", infer=False, **CAM, timestamp="0001-01-01")
    assert texts(memory, query, **CAM, as_of=at, threshold=0) == ["a walk"]
    assert texts(memory, query, **CAM, reference_date=at, threshold=0) == ["a walk"]


@pytest.mark.parametrize("wrong", ["soon", "2023-13-01", [], True, float("nan"), {}])
def test_an_invalid_reference_date_is_refused(facts: Memory, wrong: Any) -> None:
    with pytest.raises(ValidationError, match="reference_date"):
        facts.search("yesterday", **CAM, reference_date=wrong)


@pytest.mark.parametrize("name", ["explain", "rerank"])
def test_an_invalid_flag_is_refused(facts: Memory, name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        facts.search("tea", **CAM, **{name: "yes"})


class Backwards:
    """Likes best what was found last."""

    def rerank(self, query: str, documents: Sequence[str]) -> list[float]:
        return [float(i) for i in range(len(documents))]


class Wrong:
    def __init__(self, scores: list[float]) -> None:
        self.scores = scores

    def rerank(self, query: str, documents: Sequence[str]) -> list[float]:
        return self.scores


def test_a_reranker_has_the_last_word_when_it_is_asked(open_memory: OpenMemory) -> None:
    memory = open_memory(reranker=Backwards())
    for fact in FACTS:
        memory.add(fact, infer=False, **CAM)
    plain = memory.search("shellfish", **CAM)["results"]
    turned = memory.search("shellfish", **CAM, rerank=True)["results"]
    assert [r["id"] for r in turned] == [r["id"] for r in plain][::-1]
    assert [r["rerank_score"] for r in turned] == [4, 3, 2, 1, 0]
    assert {r["id"]: r["score"] for r in turned} == {r["id"]: r["score"] for r in plain}
    assert "rerank_score" not in plain[0]


def test_a_reranker_may_bring_up_what_would_not_have_been_among_the_results(
    open_memory: OpenMemory,
) -> None:
    memory = open_memory(reranker=Backwards())
    for fact in FACTS:
        memory.add(fact, infer=False, **CAM)
    plain = texts(memory, "shellfish", **CAM)
    assert texts(memory, "shellfish", **CAM, rerank=True, top_k=2) == plain[3:1:-1]


def test_without_a_reranker_reranking_changes_nothing(facts: Memory) -> None:
    assert facts.search("tea", **CAM, rerank=True) == facts.search("tea", **CAM)


def test_nothing_found_is_not_reranked(open_memory: OpenMemory) -> None:
    reranker = WordReranker()
    assert open_memory(reranker=reranker).search("x", **CAM, rerank=True) == {"results": []}
    assert reranker.calls == []


@pytest.mark.parametrize("given_", [[], [1.0], [math.nan] * 5, [math.inf] * 5])
def test_a_reranker_that_does_not_score_each_memory_is_reported(
    open_memory: OpenMemory, given_: list[float]
) -> None:
    memory = open_memory(reranker=Wrong(given_))
    for fact in FACTS:
        memory.add(fact, infer=False, **CAM)
    with pytest.raises(RerankerError, match="5 memories"):
        memory.search("tea", **CAM, rerank=True)


# -- a large scope, of which only the promising memories are looked at

SUBJECTS = "tea rum hotels trains penguins marathons violins bread clouds lamps".split()
VERBS = "likes avoids sells paints repairs forgets".split()


@pytest.fixture(scope="module")
def large() -> Any:
    with Memory(":memory:", embedder=HashEmbedder(64)) as made:
        for run in range(60):
            talk = [
                {
                    "role": "user",
                    "name": ("Ana", "Bo")[i % 2],
                    "content": f"{VERBS[(run + i) % 6]} {SUBJECTS[(run * i) % 10]} {run * 10 + i}",
                }
                for i in range(10)
            ]
            user = ("cam", "eve")[run % 2]
            at = f"2023-{run % 12 + 1:02}-01"
            made.add(talk, infer=False, user_id=user, run_id=f"r{run}", timestamp=at)
        yield made


def found_by(memory: Memory, query: str, limit: int | None, top_k: int = 10) -> list[Match]:
    condition = valid_now(compile_filter({}, Scope(user_id="cam")), 2**61)
    identity = memory.embedder.identity
    vector = to_blob(memory.embedder.embed_query(query), identity.dimensions)
    ranker = RankBy(
        lambda pool: rank(pool, named=frozenset(), periods=(), top_k=top_k, threshold=0.0)
    )
    with memory.store.read() as r:
        return r.candidates.search(
            condition, CandidateQuery(vector, query.split(), (), limit, identity), ranker
        )


@pytest.mark.parametrize("query", ["penguins 246", "repairs violins", "clouds", "lamps 18 sells"])
def test_the_candidates_hold_the_best_with_the_scores_that_a_scan_would_give(
    large: Memory, query: str
) -> None:
    every = found_by(large, query, None, top_k=5)
    promising = found_by(large, query, 100, top_k=5)
    assert [f.record.id for f in promising] == [f.record.id for f in every]
    for one, other in zip(promising, every, strict=True):
        assert one.parts is not None
        assert other.parts is not None
        assert one.parts.neighbours == pytest.approx(other.parts.neighbours)
        assert one.parts.own == pytest.approx(other.parts.own)


@pytest.mark.parametrize("limit", [1, 20, 100, 1_000])
def test_there_are_never_fewer_candidates_than_are_asked_for(large: Memory, limit: int) -> None:
    found = found_by(large, "nothing of this", limit, top_k=limit)
    assert len(found) == min(limit, 300)
    assert {f.record.scope.user_id for f in found} == {"cam"}


UNRELATED = (
    *("User is allergic to penicillin", "User plays the cello", "User drives a Toyota"),
    *("User likes Ethiopian food", "User works at a bank", "User's sister Ana lives in Porto"),
)


@pytest.mark.model
@pytest.mark.parametrize(
    "query",
    [
        "What's the weather like today?",
        "best films of 2026",
        "what should I cook tonight?",
        "news this week",
        "who won the match yesterday?",
        "What do I have today?",
        "anything next week?",
        "今天天气怎么样？",
        "今日の天気は？",
    ],
)
def test_a_date_alone_carries_nothing_over_a_threshold(query: str) -> None:
    with Memory(":memory:") as memory:
        for text in UNRELATED:
            memory.add(text, **CAM, infer=False, timestamp="2026-04-14T09:00:00Z")
        found = memory.search(query, **CAM, threshold=0.35, reference_date="2026-04-15")
    assert found["results"] == []


def test_a_name_of_the_memories_is_not_a_date() -> None:
    memory = Memory(":memory:", embedder="hash")
    for text in ("User's sister April likes tea", "User knows August Miller", "In May it rained"):
        memory.add(text, **CAM, infer=False, timestamp="2026-04-14")
    for query in ("Tell me about April", "a present for August"):
        (first, *_) = memory.search(query, **CAM, explain=True)["results"]
        assert first["score_details"]["date_boost"] == 0
        assert first["memory"] in ("User's sister April likes tea", "User knows August Miller")
    dated = memory.search("Was it wet in May?", **CAM, explain=True)["results"]
    assert any(r["score_details"]["date_boost"] for r in dated)
    memory.close()


def test_memories_of_one_message_do_not_take_the_places_of_others(open_memory: OpenMemory) -> None:
    said = "I like harbours, so I saw boats, and in the end I toured the lighthouse"
    facts = ["User likes harbours", "User toured the lighthouse", "User saw boats"]
    memory = open_memory(llm=ScriptedLLM([facts, []]))
    memory.add(said, **CAM)
    memory.add("The harbour office closes at five", **CAM)
    alone = scores(memory, "harbour lighthouse boats", include_messages=False, **CAM)
    found = scores(memory, "harbour lighthouse boats", explain=True, **CAM)
    assert set(found) == {*facts, "The harbour office closes at five"}
    assert all(found[fact] <= max(alone[fact], 0.999) for fact in facts)
    first, *others = sorted((found[fact] for fact in facts), reverse=True)
    assert all(later <= first * 0.9 + 1e-9 for later in others)


def test_a_memory_is_not_lost_below_the_threshold_by_its_message(open_memory: OpenMemory) -> None:
    memory = open_memory(llm=ScriptedLLM([["User likes harbours", "User loves boats"]]))
    memory.add("A long and tiring day, by the way: harbours, and boats", **CAM)
    own = scores(memory, "harbours boats", include_messages=False, **CAM)
    for least in (0.05, min(own.values()) - 1e-6):
        found = scores(memory, "harbours boats", threshold=least, **CAM)
        assert set(found) == set(own)
        assert min(found.values()) >= least
