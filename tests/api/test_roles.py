"""Roles and content of messages, under the names that OpenAI, LangChain, Gemini and Llama use."""

from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from helpers import START, OpenMemory
from helpers.memories import CAM, texts
from helpers.stores import reading
from litemem.core.arguments import check_messages
from litemem.core.scope import Scope
from litemem.core.types import Message, canonical_role
from litemem.errors import LLMError, ValidationError
from litemem.testing import ScriptedLLM

SAID = "I breed huskies in Tampere."
FACT = "User breeds huskies in Tampere"

ROLES = {
    "user": ["user", "User", " USER\n", "human", "Human", "HumanMessage", "HumanMessageChunk"],
    "assistant": ["assistant", "Assistant ", "ai", "AI", "AIMessage", "bot", "chatbot", "model"],
    "system": ["system", "System", "developer", "Developer", "SystemMessage"],
    "tool": ["tool", "function", "Function ", "ipython", "ToolMessage"],
}
UNKNOWN = ["customer", "agent", "narrator", "users", "user:", "system prompt", "message", "chunk"]


@pytest.mark.parametrize(
    ("given", "role"), [(name, role) for role, names in ROLES.items() for name in names]
)
def test_a_role_is_known_by_its_other_names(given: str, role: str) -> None:
    assert canonical_role(given) == role


@pytest.mark.parametrize("given", UNKNOWN)
def test_a_role_that_may_mean_either_side_is_not_guessed(given: str) -> None:
    assert canonical_role(f" {given} ") == given


# -- what is read


USERS: list[dict[str, Any]] = [
    *({"role": name, "content": SAID} for name in ROLES["user"]),
    {"type": "human", "content": SAID},
    {"type": "HumanMessageChunk", "content": [SAID_PART := {"type": "text", "text": SAID}]},
    {"type": "human", "data": {"type": "human", "content": SAID, "name": None}},
    {"type": "chat", "role": "user", "content": SAID},
    {"type": "generic", "data": {"role": "human", "content": SAID}},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": SAID}]},
    {"role": "user", "parts": [{"text": SAID}]},
    {"role": "user", "parts": [SAID]},
    {"role": "user", "parts": SAID},
    {"role": "user", "parts": {"text": SAID}},
    {"role": "user", "parts": [{"text": None, "inline_data": {"data": "…"}}, {"text": SAID}]},
    {"role": "user", "content": "", "parts": [SAID_PART]},
    {"role": "user", "content": SAID, "parts": [SAID_PART]},
    {"role": "user", "content": SAID_PART},
    {"role": "user", "content": {"text": SAID}},
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}, SAID_PART]},
]


@pytest.mark.parametrize("message", USERS, ids=repr)
def test_a_message_of_the_user_gives_facts_and_is_kept_as_the_users(
    open_memory: OpenMemory, message: dict[str, Any]
) -> None:
    memory = open_memory([FACT])
    assert texts(memory.add([message], **CAM)) == [FACT]
    log = reading(memory.store).messages.last(Scope(**CAM), limit=9)
    assert log == [Message("user", SAID)]


@pytest.mark.parametrize("role", ROLES["assistant"])
def test_a_message_of_the_assistant_gives_facts_of_the_agent(
    open_memory: OpenMemory, role: str
) -> None:
    memory = open_memory(["Assistant booked the Sakura Inn"])
    said = [{"role": role, "content": "I booked the Sakura Inn."}]
    assert texts(memory.add(said, agent_id="travel")) == ["Assistant booked the Sakura Inn"]


def test_a_turn_of_langchain_is_read_with_both_sides(open_memory: OpenMemory) -> None:
    llm = ScriptedLLM([[FACT]])
    memory = open_memory(llm=llm)
    turn = [
        {"role": "developer", "content": "Be kind."},
        {"role": "ai", "content": "What do you do?"},
        {"role": "human", "content": SAID},
    ]
    assert texts(memory.add(turn, **CAM)) == [FACT]
    assert llm.calls[0].text == f"New messages:\nassistant: What do you do?\nuser: {SAID}"


@pytest.mark.parametrize(
    "content", [{"type": "image_url", "image_url": {"url": "https://a.example/b.jpg"}}, None, ""]
)
def test_an_image_gives_no_fact_and_is_no_error(open_memory: OpenMemory, content: Any) -> None:
    said = [{"role": "user", "content": content}]
    assert open_memory().add(said, **CAM) == {"results": []}
    assert open_memory().add(said, infer=False, **CAM) == {"results": []}


@pytest.mark.parametrize("role", ["human", "Model", "IPYTHON", "function"])
def test_a_message_that_is_stored_as_it_is_has_the_canonical_role(
    open_memory: OpenMemory, role: str
) -> None:
    (row,) = open_memory().add({"role": role, "content": SAID}, infer=False, **CAM)["results"]
    assert row["role"] == canonical_role(role)


# -- what is refused


@pytest.mark.parametrize("run_async", [False, True])
@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "customer", "content": SAID}],
        [{"role": "", "type": "human", "content": SAID}],
        [{"type": "text", "text": SAID}],
        [{"parts": [{"text": SAID}]}],
        [{"role": "assistant", "content": "Hello!"}, {"role": "customer", "content": SAID}],
        [{"role": "user", "content": " "}, {"role": "customer", "content": SAID}],
        [{"role": "system", "content": "Be kind."}, {"role": "users", "content": SAID}],
    ],
    ids=repr,
)
def test_a_turn_that_no_fact_can_come_from_for_its_roles_is_refused(
    open_memory: OpenMemory, messages: Any, run_async: bool
) -> None:
    memory = open_memory()
    with pytest.raises(ValidationError, match="role"):
        memory.add(messages, async_mode=run_async, **CAM)
    overview = reading(memory.store).overview()
    assert (overview.messages, overview.pending_turns) == (0, 0)


def test_the_refusal_names_the_role_and_the_known_ones(open_memory: OpenMemory) -> None:
    with pytest.raises(ValidationError) as caught:
        open_memory().add([{"role": "customer", "content": SAID}], **CAM)
    for name in ("'customer'", "user (human)", "assistant (ai, bot,", "developer", "ipython"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": SAID}, {"role": "customer", "content": "And I?"}],
        [{"role": "tool", "content": "42"}, {"role": "system", "content": "Be kind."}],
        [{"role": "customer", "content": ""}],
    ],
    ids=repr,
)
def test_a_turn_with_another_reason_to_give_no_fact_is_taken(
    open_memory: OpenMemory, messages: Any
) -> None:
    assert open_memory([]).add(messages, **CAM) == {"results": []}


def test_an_unknown_role_is_stored_as_given_without_inference(open_memory: OpenMemory) -> None:
    said = {"role": " Customer ", "content": SAID}
    (row,) = open_memory().add(said, infer=False, **CAM)["results"]
    assert row["role"] == "Customer"


@pytest.mark.parametrize(
    "content", [{}, {"url": "u"}, {"image_url": {"url": "u"}}, 5, b"text", ["text"]], ids=repr
)
def test_content_that_may_lose_its_text_is_refused(open_memory: OpenMemory, content: Any) -> None:
    with pytest.raises(ValidationError, match=r"messages\[0\].content"):
        open_memory().add([{"role": "user", "content": content}], **CAM)


@pytest.mark.parametrize("infer", [False, True])
@pytest.mark.parametrize(
    "message",
    [
        {"message": SAID},  # Cohere's
        {"text": SAID},
        {"value": SAID},
        {},
        {"content": [{"type": "text", "content": SAID}]},
        {"content": [{"type": "input_text", "value": SAID}]},
        {"parts": [{"type": "text", "value": SAID}]},
    ],
    ids=repr,
)
def test_a_message_with_its_text_elsewhere_is_refused(
    open_memory: OpenMemory, message: dict[str, Any], infer: bool
) -> None:
    """Previously it counted as done, without a memory."""
    with pytest.raises(ValidationError, match=r"messages\[0\]\."):
        open_memory().add([{"role": "user", **message}], infer=infer, **CAM)


def test_a_call_of_a_tool_needs_no_text(open_memory: OpenMemory) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    turn = [{"role": "user", "content": SAID}, {"role": "assistant", "tool_calls": calls}]
    assert texts(open_memory([FACT]).add(turn, **CAM)) == [FACT]


# -- what an older version stored as it was given


def test_an_old_pending_turn_of_a_human_is_read(open_memory: OpenMemory) -> None:
    memory = open_memory([FACT])
    with memory.store.write() as tx:
        for role, content in (("AI", "What do you do?"), ("human", SAID)):
            tx.turns.open(Scope(**CAM), [Message(role, content)], {"categories": []}, START)
    assert texts(memory.process_pending()) == [FACT]


def test_what_an_old_human_said_explains_the_next_turn(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory([])
    memory.add("My dog is called Rex.", **CAM)
    age(tmp_path, "UPDATE message SET role = 'human'")
    llm = ScriptedLLM([["Rex is nine"]])
    open_memory(llm=llm).add("He is nine.", **CAM)
    assert "Earlier messages:\nuser: My dog is called Rex.\n" in llm.calls[0].text


def test_an_old_pending_turn_is_extracted_when_it_is_sent_again(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(LLMError("no model"), [FACT])
    with pytest.raises(LLMError):
        memory.add(SAID, **CAM)
    age(tmp_path, "UPDATE message SET role = 'human'")
    assert texts(memory.add(SAID, **CAM)) == [FACT]
    assert reading(memory.store).overview().messages == 1


def test_a_message_of_an_old_human_is_the_users(open_memory: OpenMemory, tmp_path: Path) -> None:
    memory = open_memory([FACT])
    memory.add(SAID.replace("I breed", "User breeds"), infer=False, **CAM)
    age(tmp_path, "UPDATE memory SET role = 'human'")
    (row,) = memory.add(SAID, **CAM)["results"]
    assert row["event"] == "NONE"


def age(folder: Path, sql: str) -> None:
    """Change the file into one of an older version, which stored roles as they were given."""
    with closing(apsw.Connection(str(folder / "memory.db"))) as file:
        file.execute(sql)


class Said:
    """A message of another library, such as LangChain's `HumanMessage`."""

    def __init__(self, kind: str, content: object) -> None:
        self.type = kind
        self.content = content


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (Said("human", SAID), [Message("user", SAID)]),
        (Said("ai", [{"type": "text", "text": SAID}]), [Message("assistant", SAID)]),
        (
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "I cannot."}]},
            [Message("assistant", "I cannot.")],
        ),
        (
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": "42 degrees"},
                    {"type": "text", "text": SAID},
                ],
            },
            [Message("tool", "42 degrees"), Message("user", SAID)],
        ),
        (
            {"role": "user", "parts": [{"functionResponse": {"response": {"degrees": 42}}}]},
            [Message("tool", '{"degrees": 42}'), Message("user", "")],
        ),
        (
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm"},
                    {"type": "text", "text": SAID},
                    {"type": "tool_use", "id": "1", "name": "f", "input": {}},
                ],
            },
            [Message("assistant", SAID)],
        ),
    ],
)
def test_messages_of_other_libraries_are_read(message: object, read: list[Message]) -> None:
    assert check_messages(message) == read
    assert check_messages([message]) == read


@pytest.mark.parametrize("message", [{"content": SAID}, {"sender": "human", "text": SAID}])
def test_a_message_without_a_role_is_refused_with_the_roles(message: object) -> None:
    with pytest.raises(ValidationError, match=r"role is missing: .*human"):
        check_messages([message])
