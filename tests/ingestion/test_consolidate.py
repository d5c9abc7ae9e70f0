"""Consolidation: what happens to a new fact among known ones, in real files."""

import json
import random
import threading
from array import array
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import START, Clock, OpenMemory, run_python
from helpers.stores import reading
from litemem import Memory
from litemem.core.protocols import Prompt
from litemem.core.scope import Scope
from litemem.errors import ImmutableError, LLMError, ValidationError
from litemem.ingestion.consolidate import find_verdicts
from litemem.store.filters import compile_filter
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
PARIS, BERLIN = "User lives in Paris", "User moved to Berlin"
DOG, REX = "User has a dog", "User has a dog named Rex"


def say(memory: Memory, *facts: str, **options: Any) -> list[dict[str, Any]]:
    """Tell facts that the scripted model finds word by word; return what became of them."""
    script = memory.llm
    assert isinstance(script, ScriptedLLM)
    script._answers.append(list(facts))
    added: list[dict[str, Any]] = memory.add(". ".join(facts), **{**CAM, **options})["results"]
    return added


def told(memory: Memory, **options: Any) -> list[str]:
    return sorted(m["memory"] for m in memory.get_all(**{**CAM, **options})["results"])


def events(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["event"], row["memory"]) for row in rows]


# what is known


def test_what_means_the_same_is_counted_and_not_stored_again(memory: Memory) -> None:
    [first] = say(memory, "User has two children")
    [again] = say(memory, "User has 2 kids")
    assert again == {"id": first["id"], "memory": "User has two children", "event": "NONE"}
    found = memory.get(first["id"])
    assert found is not None
    assert found["repeats"] == 1
    assert told(memory) == ["User has two children"]


def test_a_repeat_leaves_no_history(memory: Memory) -> None:
    [first] = say(memory, PARIS)
    say(memory, "User lives in Paris.")
    assert [entry["event"] for entry in memory.history(first["id"])] == ["ADD"]


def test_a_message_that_was_stored_verbatim_is_not_learned_again(memory: Memory) -> None:
    memory.add(PARIS, infer=False, **CAM)
    assert events(say(memory, PARIS)) == [("NONE", PARIS)]


def test_a_known_memory_lasts_as_long_as_what_repeats_it(memory: Memory, now: Clock) -> None:
    say(memory, PARIS, expires_at="2025-07-01")
    say(memory, "User lives in Paris.", expires_at="2025-08-01")
    now.advance(days=30)
    assert told(memory) == [PARIS]


def test_an_immutable_memory_that_ends_sooner_stays_as_it_is(memory: Memory) -> None:
    say(memory, PARIS, expires_at="2025-07-01", immutable=True)
    assert events(say(memory, "User lives in Paris.")) == [("ADD", "User lives in Paris.")]


# what says more


def test_a_fact_that_says_more_changes_the_memory_in_place(memory: Memory) -> None:
    [first] = say(memory, DOG, metadata={"a": 1, "b": 1}, categories=["pets"])
    [richer] = say(memory, REX, metadata={"b": 2}, categories=["names", "pets"])
    assert richer == {
        "id": first["id"],
        "memory": REX,
        "event": "UPDATE",
        "previous_memory": DOG,
    }
    found = memory.get(first["id"])
    assert found is not None
    assert found["metadata"] == {"a": 1, "b": 2}
    assert found["categories"] == ["pets", "names"]
    assert [m.content for m in reading(memory.store).messages.sources(first["id"])] == [DOG, REX]
    story = [(e["event"], e["old_memory"], e["new_memory"]) for e in memory.history(first["id"])]
    assert story == [("ADD", None, DOG), ("UPDATE", DOG, REX)]


def test_a_fact_that_says_less_is_known(memory: Memory) -> None:
    say(memory, REX)
    assert events(say(memory, DOG)) == [("NONE", REX)]


@pytest.mark.parametrize("options", [{"immutable": True}, {"infer": False}])
def test_a_memory_that_must_stay_is_not_rewritten(memory: Memory, options: dict[str, Any]) -> None:
    assert isinstance(memory.llm, ScriptedLLM)
    memory.llm._answers.append([DOG])
    memory.add(DOG, **options, **CAM)
    memory.llm._answers.clear()
    assert events(say(memory, REX)) == [("ADD", REX)]
    assert told(memory) == [DOG, REX]


# what contradicts


def test_a_contradicted_memory_is_superseded_by_the_new_one(memory: Memory) -> None:
    [old] = say(memory, PARIS, timestamp="2024-01-01")
    [new] = say(memory, BERLIN, timestamp="2024-06-01")
    assert new["id"] != old["id"]
    assert new == {
        "id": new["id"],
        "memory": BERLIN,
        "event": "UPDATE",
        "previous_memory": PARIS,
        "supersedes": [old["id"]],
    }
    assert told(memory) == [BERLIN]
    assert told(memory, show_superseded=True) == [PARIS, BERLIN]
    outdated = memory.get(old["id"])
    assert outdated is not None
    assert outdated["superseded_by"] == new["id"]
    assert outdated["valid_to"] == "2024-06-01T00:00:00+00:00"


class SmallLLM(ScriptedLLM):
    """A model of which the silence means nothing, so that the user's words are kept."""

    parameters = 1_500_000_000


@pytest.mark.parametrize(
    ("said", "fact", "then"),
    [
        ("I bank with Barclays.", "User banks with Barclays", "I use Monzo now, not Barclays."),
        ("Vivo en Sevilla.", "User vive en Sevilla", "Ya no vivo en Sevilla, vivo en Cádiz."),
        ("Ich wohne in Köln.", "User wohnt in Köln", "Ich bin nach Bonn gezogen."),
        ("J'habite à Lyon.", "User habite à Lyon", "Je n'habite plus à Lyon."),
    ],
)
def test_a_fact_ends_when_the_user_says_that_it_is_over(said: str, fact: str, then: str) -> None:
    llm = SmallLLM([[fact], []])
    with Memory(":memory:", embedder=HashEmbedder(64), llm=llm) as memory:
        memory.add(said, **CAM)
        assert told(memory) == [fact]
        memory.add(then, **CAM)
        assert fact not in told(memory)
        assert fact in told(memory, show_superseded=True)


@pytest.mark.parametrize("answer", ["outdated", "same"])
def test_no_model_makes_things_on_different_sides_one(answer: str) -> None:
    llm = ScriptedLLM([{"1": answer}])
    known = "User's right knee needs surgery"
    assert find_verdicts(llm, "User's left knee is fine", [(known, 0.9)]) == ["different"]


def add_turns(*turns: tuple[list[tuple[str, str]], list[str]]) -> list[str]:
    """Add turns, each with its roles and texts and the facts of it; return what is known then."""
    llm = SmallLLM([facts for _, facts in turns])
    with Memory(":memory:", embedder=HashEmbedder(64), llm=llm) as memory:
        for said, _ in turns:
            memory.add([{"role": role, "content": text} for role, text in said], **CAM)
        return told(memory)


@pytest.mark.parametrize(
    ("known", "correction", "right"),
    [
        (
            "Rosa comes on Tuesdays",
            "Correction, Rosa comes on Thursdays",
            "Rosa comes on Thursdays",
        ),
        (
            "Rosa comes on Tuesdays",
            "I mixed up the days, Rosa comes on Thursdays",
            "Rosa comes on Thursdays",
        ),
        (
            "Rosa comes on Tuesdays",
            "Sorry, I meant Rosa comes on Thursdays",
            "Rosa comes on Thursdays",
        ),
        (
            "Rosa kommt dienstags",
            "Ich habe die Tage verwechselt, Rosa kommt donnerstags",
            "Rosa kommt donnerstags",
        ),
        ("Rosa viene los martes", "Corrección: Rosa viene los jueves", "Rosa viene los jueves"),
        (
            "Rosa vient le mardi",
            "J'ai confondu les jours, Rosa vient le jeudi",
            "Rosa vient le jeudi",
        ),
        (
            "Rosa przychodzi we wtorki",
            "Poprawka, Rosa przychodzi w czwartki",
            "Rosa przychodzi w czwartki",
        ),
        (
            "Роза приходит по вторникам",
            "Я перепутал дни, Роза приходит по четвергам",
            "Роза приходит по четвергам",
        ),
    ],
)
def test_a_correction_that_only_the_message_marks_is_followed(
    known: str, correction: str, right: str
) -> None:
    first = ([("user", f"{known}.")], [known])
    answer = [("assistant", "Ok"), ("user", f"{correction}.")]
    assert add_turns(first, (answer, [right])) == [right]


def test_a_correction_in_one_turn_is_followed_if_only_its_message_marks_it() -> None:
    known, right = "Rosa comes on Tuesdays", "Rosa comes on Thursdays"
    said = [("user", f"{known}."), ("assistant", "Ok"), ("user", f"Correction, {right}.")]
    assert add_turns((said, [known, right])) == [right]


def test_a_no_to_a_question_corrects_nothing_else() -> None:
    asked = [("assistant", "Do you also like milk?"), ("user", "No, I like tea.")]
    coffee, tea = "User likes coffee", "User likes tea"
    assert add_turns(([("user", "I like coffee.")], [coffee]), (asked, [tea])) == [coffee, tea]


def test_another_statement_behind_an_excuse_corrects_nothing() -> None:
    said = [("user", "Sorry, I'm late today. Petra comes on Thursdays.")]
    rosa, petra = "Rosa comes on Tuesdays", "Petra comes on Thursdays"
    known = add_turns(([("user", f"{rosa}.")], [rosa]), (said, [petra]))
    assert {rosa, petra} <= set(known)


IBIZA, LEON = "User has a Seat Ibiza", "User has a Seat Leon too"


@pytest.mark.parametrize(
    ("known", "event"),
    [
        ((IBIZA, LEON), "User sold the Seat"),
        (("User tiene un Seat Ibiza", "User también tiene un Seat León"), "User vendió el Seat"),
        (("User hat einen Seat Ibiza", "User hat einen Seat Leon"), "User hat den Seat verkauft"),
        (("User has a cat called Tom", "User has a cat called Ada"), "User's cat died"),
    ],
)
def test_an_event_ends_neither_of_two_things_that_it_may_mean(
    memory: Memory, known: tuple[str, str], event: str
) -> None:
    for fact in known:
        say(memory, fact)
    say(memory, event)
    assert told(memory) == sorted((*known, event))
    assert len(memory.conflicts(**CAM)["results"]) == len(known)


@pytest.mark.parametrize("sold", ["User sold the Seat Leon", "User sold the Leon"])
def test_an_event_ends_the_one_that_it_names(memory: Memory, sold: str) -> None:
    for fact in (IBIZA, LEON, sold):
        say(memory, fact)
    assert told(memory) == [IBIZA, sold]
    assert memory.conflicts(**CAM)["results"] == []


@pytest.mark.parametrize(
    ("known", "event"),
    [
        ("User works at Ford", "User was laid off in 2009"),
        ("User arbeitet bei Ford", "User wurde in 2009 entlassen"),
    ],
)
def test_an_event_of_a_year_long_past_ends_nothing_of_today(
    memory: Memory, known: str, event: str
) -> None:
    say(memory, known)
    say(memory, event)
    assert told(memory) == sorted((known, event))
    assert len(memory.conflicts(**CAM)["results"]) == 1


def test_an_event_of_this_year_ends_what_it_ends(memory: Memory) -> None:
    say(memory, "User works at Ford")
    say(memory, "User was laid off in 2025")
    assert told(memory) == ["User was laid off in 2025"]


def test_an_event_ends_all_that_is_known_of_one_thing(memory: Memory) -> None:
    for fact in (IBIZA, "User drives a Seat Ibiza to work", "User sold the Seat"):
        say(memory, fact)
    assert told(memory) == ["User sold the Seat"]


def test_the_history_of_both_records_the_change(memory: Memory) -> None:
    [old] = say(memory, PARIS)
    [new] = say(memory, BERLIN)
    first, update = memory.history(old["id"])
    assert (first["event"], first["new_memory"]) == ("ADD", PARIS)
    assert (update["event"], update["old_memory"], update["new_memory"]) == (
        "UPDATE",
        PARIS,
        BERLIN,
    )
    assert update["superseded_by"] == new["id"]
    [added] = memory.history(new["id"])
    assert (added["event"], added["supersedes"]) == ("ADD", [old["id"]])
    memory.delete(old["id"])
    assert memory.history(new["id"])[0]["supersedes"] == [old["id"]]


def test_a_user_who_is_spoken_of_by_name_is_the_same(memory: Memory) -> None:
    say(memory, "User is called Priya", "Priya lives in Leeds", "User works as a nurse")
    assert [row["event"] for row in say(memory, "User moved from Leeds to York")] == ["UPDATE"]
    assert [row["event"] for row in say(memory, "Priya no longer works as a nurse")] == ["UPDATE"]
    assert [row["event"] for row in say(memory, "Tom moved to Bath")] == ["ADD"]
    assert told(memory) == [
        "Priya no longer works as a nurse",
        "Tom moved to Bath",
        "User is called Priya",
        "User moved from Leeds to York",
    ]


def test_each_moment_has_its_memories(memory: Memory) -> None:
    say(memory, PARIS, timestamp="2024-01-01")
    say(memory, BERLIN, timestamp="2024-06-01T12:00:00Z")
    assert told(memory, as_of="2023-12-31") == []
    assert told(memory, as_of="2024-01-01") == [PARIS]
    assert told(memory, as_of="2024-06-01T11:59:59Z") == [PARIS]
    assert told(memory, as_of="2024-06-01T14:00:00+02:00") == [BERLIN]
    assert told(memory, as_of=1_704_067_200) == [PARIS]
    assert told(memory, as_of="2024-02-01", show_superseded=True) == [PARIS]
    [found] = memory.search("where does the user live?", as_of="2024-02-01", **CAM)["results"]
    assert found["memory"] == PARIS


def test_expiry_is_judged_at_that_moment(memory: Memory) -> None:
    memory.add("Cam is in Rome", infer=False, expires_at="2025-07-01", **CAM)
    assert told(memory, as_of="2025-06-30") == ["Cam is in Rome"]
    assert told(memory, as_of="2025-07-02") == []
    assert told(memory, as_of="2025-07-02", show_expired=True) == ["Cam is in Rome"]


@pytest.mark.parametrize("moment", ["soon", "2024-13-01", [], True, 1e300])
def test_an_invalid_time_is_refused(memory: Memory, moment: Any) -> None:
    with pytest.raises(ValidationError, match="as_of"):
        memory.get_all(as_of=moment, **CAM)
    with pytest.raises(ValidationError, match="as_of"):
        memory.search("tea", as_of=moment, **CAM)


def test_a_superseded_memory_can_come_back(memory: Memory) -> None:
    say(memory, "User avoids shellfish")
    say(memory, "User now loves shellfish")
    [back] = say(memory, "User avoids shellfish")
    assert (back["event"], back["previous_memory"]) == ("UPDATE", "User now loves shellfish")
    assert told(memory) == ["User avoids shellfish"]


def test_older_news_does_not_displace_what_is_newer(memory: Memory) -> None:
    [newer] = say(memory, "User is 35 years old", timestamp="2025-01-01")
    [older] = say(memory, "User is 34 years old", timestamp="2024-01-01")
    assert older["event"] == "ADD"
    assert older["superseded_by"] == newer["id"]
    assert told(memory) == ["User is 35 years old"]
    assert told(memory, as_of="2024-06-01") == ["User is 34 years old"]
    assert [e["event"] for e in memory.history(older["id"])] == ["ADD", "UPDATE"]


def test_an_immutable_memory_does_not_give_way(memory: Memory) -> None:
    [old] = say(memory, PARIS, immutable=True)
    assert events(say(memory, BERLIN)) == [("ADD", BERLIN)]
    assert told(memory) == [PARIS, BERLIN]
    with pytest.raises(ImmutableError):
        memory.update(old["id"], "else")


def test_a_passing_fact_does_not_displace_a_lasting_one(memory: Memory) -> None:
    say(memory, PARIS)
    assert events(say(memory, BERLIN, expires_at="2025-07-01")) == [("ADD", BERLIN)]
    assert told(memory) == [PARIS, BERLIN]


def test_a_long_message_stored_verbatim_is_not_superseded(memory: Memory) -> None:
    long = "User lives in Paris. User has a parrot."
    memory.add(long, infer=False, **CAM)
    memory.add(PARIS, infer=False, **CAM)
    [new] = say(memory, BERLIN)
    assert new["previous_memory"] == PARIS
    assert told(memory) == [long, BERLIN]


def test_what_the_assistant_said_is_not_contradicted_by_the_user(memory: Memory) -> None:
    both = {**CAM, "agent_id": "a"}
    llm = memory.llm
    assert isinstance(llm, ScriptedLLM)
    llm._answers += [["Tom lives in Paris"]] * 2
    reply = {"role": "assistant", "content": "Tom lives in Paris"}
    memory.add([{"role": "user", "content": "I look for him."}, reply], **both)
    llm._answers[:] = [["Tom moved to Berlin"]]
    assert events(memory.add("Tom moved to Berlin", **both)["results"]) == [
        ("ADD", "Tom moved to Berlin")
    ]
    assert told(memory) == ["Tom lives in Paris", "Tom moved to Berlin"]


# scopes


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": "jo"},
        {"user_id": "cam", "run_id": "r"},
        {"user_id": "cam", "agent_id": "a"},
        {"user_id": "cam", "app_id": "x"},
        {"agent_id": "cam"},
    ],
)
def test_a_fact_meets_only_its_own_scope(memory: Memory, other: dict[str, str]) -> None:
    say(memory, PARIS, DOG)
    llm = memory.llm
    assert isinstance(llm, ScriptedLLM)
    llm._answers.append([BERLIN, REX])
    rows = memory.add([{"role": "user", "content": f"{BERLIN}. {REX}"}], **other)["results"]
    assert events(rows) == [("ADD", BERLIN), ("ADD", REX)]
    others = [{key: "*"} for key in ("agent_id", "app_id", "run_id")]
    assert told(memory, filters={"NOT": [{"OR": others}]}) == [DOG, PARIS]


# one turn


def test_facts_of_one_turn_meet_each_other(memory: Memory) -> None:
    rows = say(memory, PARIS, DOG, REX, "User lives in Paris.", BERLIN)
    assert [row["event"] for row in rows] == ["ADD", "ADD", "UPDATE", "NONE", "ADD"]
    assert told(memory) == [REX, PARIS, BERLIN]


def test_facts_of_one_turn_do_not_supersede_each_other(memory: Memory) -> None:
    facts = ["User's rent is 1,275 a month", "User's rent went up to 1,300 a month"]
    say(memory, *facts)
    assert told(memory) == facts


def test_a_correction_within_a_turn_is_followed(memory: Memory) -> None:
    say(memory, "User's niece is called Beatrix", "User's niece is called Bettina, not Beatrix")
    assert told(memory) == ["User's niece is called Bettina, not Beatrix"]


# bursts


@pytest.mark.slow
def test_hundreds_of_repeats_leave_one_memory(open_memory: OpenMemory) -> None:
    memory = open_memory(durability="normal")
    say(memory, "User likes tea")
    for _ in range(299):
        memory.add("User likes tea", **CAM)
    [found] = memory.get_all(**CAM)["results"]
    assert found["repeats"] == 299


@pytest.mark.slow
def test_hundreds_of_facts_that_mean_the_same_leave_one_memory(open_memory: OpenMemory) -> None:
    memory = open_memory(durability="normal")
    for i in range(300):
        say(memory, "User likes tea" + "!" * (i % 7), metadata={"turn": i})
    [found] = memory.get_all(**CAM)["results"]
    assert found["repeats"] == 299


def test_threads_that_say_the_same_leave_one_memory(tmp_path: Path) -> None:
    llm = ScriptedLLM([["User likes tea"]] * 40)
    with Memory(tmp_path / "m.db", embedder=HashEmbedder(64), llm=llm) as memory:

        def burst(number: int) -> None:
            for i in range(10):
                memory.add(f"User likes tea {number} {i}", **CAM)

        threads = [threading.Thread(target=burst, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [found] = memory.get_all(**CAM)["results"]
        assert found["repeats"] == 39


BURST = """
import sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM
llm = ScriptedLLM([["User likes tea"], ["User likes green tea"]] * 5)
with Memory(sys.argv[1], embedder=HashEmbedder(64), llm=llm) as memory:
    for i in range(10):
        memory.add(f"User likes tea, green tea {sys.argv[2]} {i}", user_id="cam")
"""


@pytest.mark.slow
def test_processes_that_say_the_same_leave_one_memory(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    workers = [
        threading.Thread(target=run_python, args=(BURST, path, number)) for number in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        [found] = memory.get_all(**CAM)["results"]
    assert found["memory"] == "User likes green tea"
    assert found["repeats"] == 38  # of 40, one was the ADD and one the UPDATE


# the same turn again


def test_a_turn_that_is_sent_again_asks_no_model_and_is_not_logged(
    memory: Memory, now: Clock
) -> None:
    [first] = say(memory, PARIS)
    now.advance(seconds=60)
    assert memory.add(PARIS, **CAM)["results"] == [
        {"id": first["id"], "memory": PARIS, "event": "NONE"}
    ]
    assert reading(memory.store).overview().messages == 1


@pytest.mark.parametrize(
    ("seconds", "options"), [(3_600, {}), (0, {"prompt": "cities"}), (0, {"metadata": {"a": 1}})]
)
def test_the_same_words_at_another_time_or_in_another_way_are_read_again(
    memory: Memory, now: Clock, seconds: int, options: dict[str, Any]
) -> None:
    say(memory, PARIS)
    now.advance(seconds=seconds)
    script = memory.llm
    assert isinstance(script, ScriptedLLM)
    asked = len(script.calls)
    script._answers.append([PARIS])
    memory.add(PARIS, **options, **CAM)
    assert len(script.calls) == asked + 1


def test_words_that_were_only_stored_are_read_when_they_are_sent_for_extraction(
    open_memory: OpenMemory,
) -> None:
    memory = open_memory([PARIS, DOG])
    text = "I live in Paris. I have a dog."
    memory.add(text, infer=False, **CAM)
    memory.add(text, **CAM)
    script = memory.llm
    assert isinstance(script, ScriptedLLM)
    assert len(script.calls) == 1


def test_what_was_read_with_a_wish_is_read_again_without_it(memory: Memory) -> None:
    script = memory.llm
    assert isinstance(script, ScriptedLLM)
    script._answers += [[DOG], [DOG, PARIS]]
    text = f"{DOG}. {PARIS}."
    memory.add(text, prompt="only pets", **CAM)
    assert events(memory.add(text, **CAM)["results"]) == [("NONE", DOG), ("ADD", PARIS)]


def test_a_turn_that_failed_is_tried_again_and_not_logged_twice(
    open_memory: OpenMemory, now: Clock
) -> None:
    memory = open_memory(LLMError("no model"), LLMError("no model"), [PARIS], [DOG])
    for _ in range(2):
        with pytest.raises(LLMError):
            memory.add(PARIS, **CAM)
        now.advance(seconds=1)
    assert events(memory.add(PARIS, **CAM)["results"]) == [("ADD", PARIS)]
    assert reading(memory.store).overview().messages == 1
    assert reading(memory.store).overview().pending_turns == 0


@pytest.mark.parametrize("change", [{"run_id": "r"}, {"prompt": "pets"}, {"metadata": {"a": 1}}])
def test_a_pending_turn_is_not_taken_for_another(
    open_memory: OpenMemory, change: dict[str, Any]
) -> None:
    memory = open_memory(LLMError("no model"), [PARIS], [PARIS])
    with pytest.raises(LLMError):
        memory.add(PARIS, **CAM)
    memory.add(PARIS, **{**CAM, **change})
    assert reading(memory.store).overview().messages == 2


# others write meanwhile


@pytest.mark.parametrize("seed", range(40))
def test_what_has_come_or_changed_is_known_without_a_search(tmp_path: Path, seed: int) -> None:
    """The nearest among what was near and what has come since are the nearest, if that has not."""
    chance = random.Random(seed)
    words = "tea rum cat dog oslo rome red blue".split()

    def text() -> str:
        return " ".join(chance.choices(words, k=4))

    path, scope = tmp_path / "memory.db", Scope(**CAM)
    with (
        Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory,
        Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])) as other,
    ):
        for user in ("cam", "ana"):
            memory.add([said(text()) for _ in range(30)], user_id=user, infer=False)
        vector = array("f", memory.embedder.embed_query(text())).tobytes()
        far_off = reading(memory.store).memories.select(compile_filter({}, scope))[0].created_at + 1
        with memory.store.read() as r:
            moment = r.known.revision()
            near = {f.record.id for f in r.known.neighbours(scope, vector, 8, far_off)}
        for _ in range(chance.randint(0, 8)):
            rows = other.get_all(user_id=chance.choice(["cam", "ana"]), top_k=100)["results"]
            row = chance.choice(rows)
            match chance.choice(["add", "update", "delete", "supersede"]):
                case "add":
                    other.add(text(), user_id=chance.choice(["cam", "ana"]), infer=False)
                case "update":
                    other.update(row["id"], text())
                case "delete" if seed % 2:
                    other.delete(row["id"])
                case "supersede":
                    with other.store.write() as tx:
                        tx.known.supersede(tx.memories.require(row["id"]), rows[0]["id"], START)
        with memory.store.read() as r:
            changed = r.known.changed_since(moment, scope)
            assert seed % 2 or changed is not None
            if changed is not None and not near & changed:
                expected = r.known.neighbours(scope, vector, 8, far_off)
                found = r.known.neighbours(scope, vector, 8, far_off, near | changed)
                assert [f.semantic for f in found] == [f.semantic for f in expected]


def said(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


class Meddling(ScriptedLLM):
    """Finds a fact, and lets another program write before it is asked for a verdict."""

    def __init__(self, fact: str, verdict: str, meddle: Any) -> None:
        super().__init__([[fact]])
        self.verdict = verdict
        self.meddle = meddle
        self.asked = 0

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        if prompt.name != "still_true":
            return super().generate(prompt, text, schema=schema, max_tokens=max_tokens)
        self.asked += 1
        self.meddle()
        return json.dumps(dict.fromkeys(schema["required"], self.verdict))


OSLO, BERGEN = "User lives in Oslo", "User lives in Bergen"


def meddled(open_memory: OpenMemory, verdict: str, change: str) -> tuple[Memory, Meddling]:
    """Say BERGEN where OSLO is known, while another program makes the change to that."""
    other = open_memory()
    [known] = say(other, OSLO)

    def meddle() -> None:
        if change == "delete" and other.get(known["id"]):
            other.delete(known["id"])
        elif change == "update":
            other.update(known["id"], "User plays chess")
        elif change == "add" and len(told(other)) == 1:
            other.add("User lives in a flat in Bergen", infer=False, **CAM)

    llm = Meddling(BERGEN, verdict, meddle)
    memory = open_memory(llm=llm)
    memory.add(BERGEN, **CAM)
    return memory, llm


@pytest.mark.parametrize(
    ("verdict", "change", "expected"),
    [
        ("outdated", "none", [BERGEN]),
        ("outdated", "delete", [BERGEN]),
        ("outdated", "update", [BERGEN, "User plays chess"]),
    ],
)
def test_what_changes_before_the_write_is_looked_at_again(
    open_memory: OpenMemory, verdict: str, change: str, expected: list[str]
) -> None:
    memory, _ = meddled(open_memory, verdict, change)
    assert told(memory) == expected


def test_a_memory_that_was_added_concurrently_is_compared_too(open_memory: OpenMemory) -> None:
    memory, _ = meddled(open_memory, "true", "add")
    assert told(memory) == sorted([OSLO, "User lives in a flat in Bergen"])


def test_a_verdict_that_fails_leaves_the_turn_pending(open_memory: OpenMemory) -> None:
    say(open_memory(), OSLO)

    def fail() -> None:
        raise LLMError("no memory")

    memory = open_memory(llm=Meddling(BERGEN, "true", fail))
    with pytest.raises(LLMError):
        memory.add(BERGEN, **CAM)
    assert reading(memory.store).overview().pending_turns == 1
    assert told(memory) == [OSLO]


# the file, for other tools


def test_the_views_show_superseded_memories(memory: Memory, tmp_path: Path) -> None:
    [old] = say(memory, PARIS)
    [new] = say(memory, BERLIN)
    with closing(apsw.Connection(str(tmp_path / "memory.db"))) as connection:
        rows = connection.execute(
            "SELECT memory, valid_to IS NULL, superseded_by FROM memories ORDER BY memory DESC"
        ).fetchall()
        story = connection.execute(
            "SELECT memory_id, event, superseded_by, supersedes FROM history ORDER BY pk DESC"
        ).fetchall()
    assert rows == [(BERLIN, 1, None), (PARIS, 0, new["id"])]
    assert story == [
        (old["id"], "UPDATE", new["id"], None),
        (old["id"], "ADD", None, None),
        (new["id"], "ADD", None, json.dumps([old["id"]], separators=(",", ":"))),
    ]
