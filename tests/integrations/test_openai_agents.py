"""`LitememSession` under the SDK's own runner and scripted model."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("agents", reason="needs the extra openai-agents")

from agents import Agent, Runner, Session, SessionSettings, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from helpers import LIBRARY, Clock, OpenMemory
from litemem import Memory
from litemem.errors import ScopeError, ValidationError
from litemem.integrations.openai_agents import LitememSession

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def said(text: str, role: str = "user") -> dict[str, str]:
    return {"role": role, "content": text}


def test_it_is_a_session_of_the_sdk(memory: Memory) -> None:
    assert isinstance(LitememSession("chat", memory), Session)


def test_items_come_back_exactly_and_in_order(memory: Memory) -> None:
    items = [
        said("Hi"),
        {"type": "function_call", "name": "f", "call_id": "1", "arguments": "{}"},
        {"type": "reasoning", "id": "r", "summary": []},
        {"role": "assistant", "content": [{"type": "output_text", "text": "a\0\ud800"}]},
        said(" "),
        {"number": 1.5, "nested": [None, {"a": True}]},
    ]

    async def run() -> None:
        session = LitememSession("chat", memory)
        for item in items:
            await session.add_items([item])
        assert await session.get_items() == items
        assert await LitememSession("chat", memory).get_items() == items

    asyncio.run(run())
    assert memory.verify(full=True)["ok"]


@pytest.mark.parametrize(
    ("limit", "wanted"), [(None, "01234"), (2, "34"), (0, ""), (-1, "01234"), (9, "01234")]
)
def test_a_limit_returns_the_latest_items(memory: Memory, limit: int, wanted: str) -> None:
    async def run() -> list[object]:
        session = LitememSession("chat", memory)
        await session.add_items([said(str(i)) for i in range(5)])
        return await session.get_items(limit)

    assert [item["content"] for item in asyncio.run(run())] == list(wanted)


def test_the_settings_have_a_default_limit(memory: Memory) -> None:
    async def run() -> tuple[list[object], list[object]]:
        session = LitememSession("c", memory, session_settings=SessionSettings(limit=1))
        await session.add_items([said("a"), said("b")])
        return await session.get_items(), await session.get_items(2)

    assert asyncio.run(run()) == ([said("b")], [said("a"), said("b")])


def test_settings_may_be_a_dict_as_for_the_sessions_of_the_sdk(memory: Memory) -> None:
    async def use() -> None:
        session = LitememSession("c", memory, session_settings={"limit": 1})
        await session.add_items([said("a"), said("b")])
        assert await session.get_items() == [said("b")]

    asyncio.run(use())
    with pytest.raises(TypeError, match="limitt"):
        LitememSession("c", memory, session_settings={"limitt": 1})


def test_the_order_holds_when_the_clock_is_set_back(memory: Memory, now: Clock) -> None:
    async def run() -> list[object]:
        session = LitememSession("chat", memory)
        await session.add_items([said("a"), said("b")])
        now.advance(days=-1)
        await session.add_items([said("c")])
        return await session.get_items()

    assert asyncio.run(run()) == [said("a"), said("b"), said("c")]


def test_pop_removes_the_latest_item(memory: Memory) -> None:
    async def run() -> list[object]:
        session = LitememSession("chat", memory)
        await session.add_items([said("a"), said("b")])
        popped = [await session.pop_item() for _ in range(3)]
        return [*popped, *await session.get_items()]

    assert asyncio.run(run()) == [said("b"), said("a"), None]


def test_clear_deletes_the_items_of_exactly_this_session(memory: Memory) -> None:
    async def run() -> list[list[object]]:
        sessions = [
            LitememSession("chat", memory),
            LitememSession("chat", memory, user_id="cam"),
            LitememSession("other", memory, user_id="cam"),
        ]
        for i, session in enumerate(sessions):
            await session.add_items([said(str(i))])
        await sessions[0].clear_session()
        return [await session.get_items() for session in sessions]

    assert asyncio.run(run()) == [[], [said("1")], [said("2")]]


def test_a_runner_continues_a_conversation_with_a_tool(memory: Memory) -> None:
    @function_tool
    def weather(city: str) -> str:
        """Return the weather."""
        return f"Rain in {city}"

    async def run() -> tuple[list[object], list[object]]:
        session = LitememSession("chat", memory, user_id="cam")
        model = ScriptedModel()
        model.enqueue([function_call("weather", {"city": "Oslo"}, call_id="1")])
        model.enqueue([assistant_message("It rains in Oslo.")])
        model.enqueue([assistant_message("You asked about Oslo.")])
        agent = Agent(name="a", model=model, tools=[weather])
        await Runner.run(agent, "How is the weather?", session=session)
        await Runner.run(agent, "What did I ask?", session=session)
        return await session.get_items(), list(model.calls[-1].input)

    items, shown = asyncio.run(run())
    assert len(items) == 6
    assert shown == items[:5]
    found = memory.search("rain in Oslo", user_id="cam", run_id="chat")["results"]
    assert "Rain in Oslo" in [each["memory"] for each in found]


def test_remember_extracts_facts_that_outlive_the_session(open_memory: OpenMemory) -> None:
    memory = open_memory(["User avoids shellfish"])

    async def run() -> None:
        session = LitememSession("chat", memory, user_id="cam", remember=True)
        await session.add_items([said("I avoid shellfish.")])
        memory.flush(10)
        await session.clear_session()

    asyncio.run(run())
    found = memory.search("shellfish", user_id="cam", include_messages=False)["results"]
    assert [each["memory"] for each in found] == ["User avoids shellfish"]


def test_export_and_erase_include_a_session(memory: Memory, open_memory: OpenMemory) -> None:
    async def run(memory: Memory) -> list[object]:
        return await LitememSession("chat", memory, user_id="cam").get_items()

    asyncio.run(LitememSession("chat", memory, user_id="cam").add_items([said("Hello there")]))
    copy = open_memory(path=":memory:")
    lines = list(memory.export(user_id="cam"))
    target = Path(memory.store.path).with_suffix(".jsonl")
    target.write_text("".join(lines), "utf-8")
    copy.import_file(target)
    assert asyncio.run(run(copy)) == [said("Hello there")]
    assert memory.erase(user_id="cam")["gone"]
    assert asyncio.run(run(memory)) == []
    assert asyncio.run(run(copy)) == [said("Hello there")]


def test_a_cancelled_add_is_stored_before_it_ends(memory: Memory) -> None:
    async def run() -> list[object]:
        session = LitememSession("chat", memory)
        task = asyncio.create_task(session.add_items([said("a")]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await session.get_items()

    assert asyncio.run(run()) == [said("a")]


WRITER = """
import asyncio, sys
from litemem import Memory
from litemem.integrations.openai_agents import LitememSession
async def run(memory):
    session = LitememSession("chat", memory)
    for i in range(10):
        texts = [f"{sys.argv[2]} {i} {j}" for j in "ab"]
        await session.add_items([{"role": "user", "content": text} for text in texts])
with Memory(sys.argv[1], embedder="hash") as memory:
    asyncio.run(run(memory))
"""


def test_programs_share_a_session_without_a_lost_or_torn_write(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(i)], env={"PYTHONPATH": str(LIBRARY)}
        )
        for i in range(3)
    ]
    assert [program.wait() for program in programs] == [0, 0, 0]
    with Memory(path, embedder="hash") as memory:
        items = asyncio.run(LitememSession("chat", memory).get_items())
    texts = [item["content"] for item in items]
    assert len(texts) == len(set(texts)) == 60
    assert all(a[:-1] == b[:-1] for a, b in zip(texts[::2], texts[1::2], strict=True))
    for i in "012":
        own = [int(text.split()[1]) for text in texts if text.startswith(i)]
        assert own == sorted(own)


def test_an_unreadable_item_is_left_out(memory: Memory) -> None:
    async def run() -> list[object]:
        session = LitememSession("chat", memory)
        await session.add_items([said("a"), said("b")])
        newest = memory.get_all(run_id="chat")["results"][0]
        memory.update(newest["id"], metadata={"item": "no JSON"})
        return [await session.get_items(1), await session.pop_item(), await session.get_items()]

    assert asyncio.run(run()) == [[said("a")], said("a"), []]


def test_wrong_arguments_are_refused(memory: Memory) -> None:
    with pytest.raises(ValidationError, match="user_id"):
        LitememSession("chat", memory, remember=True)
    with pytest.raises(ScopeError, match="run_id"):
        LitememSession(" ", memory)


def test_without_the_sdk_the_extra_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['agents'] = None\n"
        "try: import litemem.integrations.openai_agents\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=LIBRARY, check=True
    )
    assert "pip install 'litemem[openai-agents]'" in done.stdout
    assert json.dumps(done.stderr) == '""'
