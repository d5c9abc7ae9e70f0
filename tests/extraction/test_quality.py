"""What a person expects the default model to remember, judged by meaning."""

import subprocess
import sys
from pathlib import Path

import pytest

from litemem import Memory
from litemem.models.llms import LlamaCppLLM
from litemem.testing import HashEmbedder

pytestmark = pytest.mark.model


@pytest.fixture
def real(tmp_path: Path, default_llm: LlamaCppLLM) -> Memory:
    return Memory(tmp_path / "real.db", embedder=HashEmbedder(), llm=default_llm)


def remembered(memory: Memory, said: str, answered: str = "Noted!", **ids: str) -> str:
    messages = [{"role": "user", "content": said}, {"role": "assistant", "content": answered}]
    results = memory.add(messages, **(ids or {"user_id": "u"}))["results"]
    return "\n".join(result["memory"] for result in results).casefold()


def test_preferences_are_remembered(real: Memory) -> None:
    facts = remembered(real, "I'm Cam. Keep in mind I avoid shellfish and prefer boutique hotels.")
    assert "cam" in facts
    assert "shellfish" in facts
    assert "boutique hotels" in facts


def test_several_facts_of_one_message_are_separate_memories(real: Memory) -> None:
    said = "I moved from Berlin to Lyon. My boyfriend Marc works at the hospital."
    facts = remembered(real, said).splitlines()
    assert len(facts) >= 2
    assert any("lyon" in fact for fact in facts)
    assert any("marc" in fact and "hospital" in fact for fact in facts)


def test_a_language_other_than_english_is_kept(real: Memory) -> None:
    facts = remembered(real, "Ich heiße Jonas und wohne in Köln.", "Freut mich!")
    assert "jonas" in facts
    assert "köln" in facts


SMALL_TALK = ["Hi there, how are you?", "Thanks, bye!", "What is the capital of Peru?"]


@pytest.mark.parametrize("said", SMALL_TALK)
def test_small_talk_and_questions_are_not_remembered(real: Memory, said: str) -> None:
    assert remembered(real, said, "…") == ""


REQUESTS = [
    "Show me a table of the planets.",
    "Please summarise this in two sentences: The whale is a mammal. It breathes air.",
    "Can you write the email in German?",
]


@pytest.mark.parametrize("said", REQUESTS)
def test_an_immediate_request_to_the_assistant_is_not_remembered(real: Memory, said: str) -> None:
    assert remembered(real, said, "…") == ""


WISHES = {
    "Please always answer in Spanish.": "spanish",
    "Don't use emojis when you write to me, I find them silly.": "emoji",
    "I prefer answers with code examples.": "code examples",
}


@pytest.mark.parametrize(("said", "told"), WISHES.items())
def test_how_somebody_wants_to_be_answered_is_remembered(
    real: Memory, said: str, told: str
) -> None:
    assert told in remembered(real, said)


RELATIVES = {
    "I have two kids, Leo and Ana, they are 4 and 7.": ("leo", "ana", "4", "7"),
    "My wife is Clara and we have a daughter, Ida.": ("clara", "ida"),
    "My dogs are called Pip and Rex.": ("pip", "rex"),
    "I'm 34 and I've been a nurse for ten years.": ("34", "nurse"),
}


@pytest.mark.parametrize(("said", "told"), RELATIVES.items())
def test_those_who_belong_to_somebody_are_remembered_by_name_and_age(
    real: Memory, said: str, told: tuple[str, ...]
) -> None:
    facts = remembered(real, said)
    assert [word for word in told if word not in facts] == []
    assert " son" not in facts  # nobody said


def test_the_assistants_words_are_not_the_users_facts(real: Memory) -> None:
    said = "My next race is in Lisbon. I am allergic to nuts."
    facts = remembered(real, said, "I will tell every restaurant about your penguin.")
    assert "lisbon" in facts
    assert "allergic to nuts" in facts
    assert "penguin" not in facts


def test_what_was_said_before_explains_a_pronoun(real: Memory) -> None:
    remembered(real, "I fly to Tokyo on 12 March with my sister Ana.", "I booked the Sakura Inn.")
    facts = remembered(real, "Great. She is a vegetarian, by the way.")
    assert "ana is a vegetarian" in facts


def test_another_runs_messages_are_not_seen(real: Memory) -> None:
    remembered(real, "My sister Ana comes along.", user_id="u", run_id="a")
    assert "ana" not in remembered(real, "She is a vegetarian.", user_id="u", run_id="b")


def test_the_agents_own_acts_are_remembered_as_its_own(real: Memory) -> None:
    messages = [
        {"role": "user", "content": "The deployment fails."},
        {"role": "assistant", "content": "I raised the timeout in deploy.yml to 90 seconds."},
    ]
    real.add(messages, agent_id="ops")
    (memory,) = real.get_all(agent_id="ops")["results"]
    assert memory["attributed_to"] == "assistant"
    assert "90" in memory["memory"]


def test_a_procedural_memory_keeps_results_to_the_letter(real: Memory) -> None:
    messages = [
        {"role": "user", "content": "Export the March invoices."},
        {"role": "assistant", "content": "Queried billing: 214 invoices found."},
        {"role": "assistant", "content": "Wrote them to /srv/out/invoices-03.csv."},
    ]
    added = real.add(messages, agent_id="clerk", run_id="r1", memory_type="procedural_memory")
    (memory,) = added["results"]
    assert "214" in memory["memory"]
    assert "/srv/out/invoices-03.csv" in memory["memory"]


def test_after_the_models_are_on_disk_nothing_is_connected(tmp_path: Path) -> None:
    # which sockets are opened is in tests/api/test_offline.py
    code = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        raise SystemExit(f"{event} {args}")
sys.addaudithook(refuse)
from litemem import Memory
from litemem.models.llms import LlamaCppLLM
with Memory(sys.argv[1], llm=LlamaCppLLM("smollm2-135m")) as memory:
    memory.add("I avoid shellfish.", user_id="u")
    memory.add("I avoid shellfish.", user_id="u", infer=False)
    assert memory.search("food", user_id="u", threshold=0)["results"]
"""
    command = [sys.executable, "-c", code, str(tmp_path / "offline.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
