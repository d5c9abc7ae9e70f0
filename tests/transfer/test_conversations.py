"""Conversations of other programs: each message is found, in order, with its time, once."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litemem import Memory
from litemem.errors import LitememError, ScopeError, StoreError, ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM

NOON = "2024-05-01T12:00:00+00:00"
CLAUDE_TIMES = ("2024-05-01T23:30:00-07:00", "2024-05-01T23:31:00-07:00")


@pytest.fixture
def memory() -> Any:
    with Memory(":memory:", embedder=HashEmbedder(), llm=ScriptedLLM([])) as opened:
        yield opened


def chatgpt(*said: tuple[str, Any, Any], key: str = "c1", **more: Any) -> dict[str, Any]:
    """Return a conversation as ChatGPT exports it: (role, part, seconds) for each message."""
    mapping: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None}}
    last = "root"
    for i, (role, part, time) in enumerate(said):
        parts = part if isinstance(part, list) else [part]
        message = {
            "id": f"{key}-{i}",
            "author": {"role": role},
            "create_time": time,
            "content": {"content_type": "text", "parts": parts},
        }
        mapping[f"n{i}"] = {"message": message, "parent": last}
        last = f"n{i}"
    found = {"title": "Trip", "create_time": 1.7e9, "conversation_id": key}
    return {**found, "mapping": mapping, "current_node": last, **more}


def claude(*said: tuple[str, str, str], key: str = "u1") -> dict[str, Any]:
    messages = [
        {
            "uuid": f"{key}-{i}",
            "sender": sender,
            "text": text,
            "content": [{"type": "tool_use", "input": {}}, {"type": "text", "text": text}],
            "created_at": time,
            "attachments": [],
        }
        for i, (sender, text, time) in enumerate(said)
    ]
    return {"uuid": key, "name": "Food", "created_at": NOON, "chat_messages": messages}


def stream(value: object) -> io.BytesIO:
    return io.BytesIO(value if isinstance(value, bytes) else json.dumps(value).encode())


def stored(memory: Memory, user: str = "cam") -> list[tuple[str, str, str]]:
    """Return (role, text, time) of each message, in the order of the log."""
    lines = [json.loads(line) for line in memory.export()]
    found = [line for line in lines if line["kind"] == "message" and line["user_id"] == user]
    return [(m["role"], m["content"], m["created_at"]) for m in found]


def texts(memory: Memory) -> list[str]:
    return [text for _, text, _ in stored(memory)]


# -- formats


def test_a_conversation_of_chatgpt_is_found_message_by_message(memory: Memory) -> None:
    conversation = chatgpt(
        ("user", "I moved to Lisbon", 1_700_000_001.25),
        ("assistant", "Nice town", None),
        ("user", [{"content_type": "image"}, "I eat no fish"], 1_700_000_100),
    )
    done = memory.import_conversations(stream([conversation]), user_id="cam")
    assert (done["conversations"], done["messages"], done["turns"]) == (1, 3, 2)
    assert stored(memory) == [
        ("user", "I moved to Lisbon", 1_700_000_001_250_000),
        ("assistant", "Nice town", 1_700_000_001_250_000),
        ("user", "I eat no fish", 1_700_000_100_000_000),
    ]
    (best,) = memory.search("fish", user_id="cam", run_id="c1", top_k=1)["results"]
    assert best["memory"] == "I eat no fish"
    assert best["metadata"] == {"conversation": "Trip"}


def test_hidden_and_system_messages_and_other_branches_are_left_out(memory: Memory) -> None:
    conversation = chatgpt(
        ("system", "You are kind", None), ("user", "Hello from Porto", 1.7e9), ("tool", "{}", None)
    )
    conversation["mapping"]["other"] = {
        "message": {"author": {"role": "user"}, "content": {"parts": ["Hello from Braga"]}},
        "parent": "root",
    }
    done = memory.import_conversations(stream([conversation]), user_id="cam", format="chatgpt")
    assert texts(memory) == ["Hello from Porto"]
    assert done["left_out"] == ["2 hidden messages, instructions and steps of tools were left out"]


def test_a_cyclic_tree_ends(memory: Memory) -> None:
    conversation = chatgpt(("user", "I like rye bread", 1.7e9), ("assistant", "Good", 1.7e9))
    conversation["mapping"]["n0"]["parent"] = "n1"
    memory.import_conversations(stream([conversation]), user_id="cam")
    assert sorted(texts(memory)) == ["Good", "I like rye bread"]


def test_a_conversation_of_claude_keeps_times_and_zones(memory: Memory) -> None:
    said = [("human", "I saw Ana yesterday", CLAUDE_TIMES[0]), ("assistant", "OK", CLAUDE_TIMES[1])]
    memory.import_conversations(stream([claude(*said)]), user_id="cam")
    assert texts(memory) == ["I saw Ana yesterday", "OK"]
    with memory.store.read() as r:
        (turn,) = r.turns.pending()
    assert turn.options["said_on"] == "2024-05-01"  # there, not in UTC
    assert turn.scope.run_id == "u1"


def test_an_attachment_of_claude_is_found(memory: Memory) -> None:
    conversation = claude(("human", "Look at this", NOON))
    pasted = {"file_name": "list.txt", "extracted_content": "flour, yeast, salt"}
    conversation["chat_messages"][0]["attachments"] = [pasted]
    memory.import_conversations(stream([conversation]), user_id="cam")
    assert stored(memory)[1][:2] == ("tool", "flour, yeast, salt")


@pytest.mark.parametrize(
    "text",
    [
        "**User:** I play chess\n\n**Assistant:** Great\nfun",
        "## User\nI play chess\n\n## Assistant\nGreat\nfun",
        "User: I play chess\nAssistant: Great\nfun",
        "Human: I play chess\n\nClaude: Great\nfun",
        "### You:\n\nI play chess\n\n### ChatGPT:\n\nGreat\nfun",
    ],
)
def test_turns_of_markdown_are_read(memory: Memory, tmp_path: Path, text: str) -> None:
    (tmp_path / "chat.md").write_text(f"---\ndate: 2023-04-05\n---\n{text}")
    memory.import_conversations(tmp_path / "chat.md", user_id="cam")
    at = 1_680_652_800_000_000
    assert stored(memory) == [("user", "I play chess", at), ("assistant", "Great\nfun", at)]


def test_notes_are_messages_of_the_user_by_section(memory: Memory, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("Before\n\n# Garden\nRoses: red\n## Trees\nOak")
    (tmp_path / "b.txt").write_text("One note")
    (tmp_path / "link.md").symlink_to(tmp_path / "b.txt")
    done = memory.import_conversations(tmp_path, user_id="cam", format="markdown")
    assert texts(memory) == ["One note", "Before", "# Garden\nRoses: red", "## Trees\nOak"]
    assert done["conversations"] == 2


def test_json_lines_are_read(memory: Memory) -> None:
    lines = [
        {"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "I ski"}]},
        {"role": "user", "content": "I swim", "timestamp": NOON},
        {"role": "assistant", "content": "Nice", "timestamp": 1_714_564_860_000},
        {"role": "user", "content": "I run", "user_id": "bob"},
    ]
    source = "\n".join(map(json.dumps, lines)).encode()
    done = memory.import_conversations(stream(source), user_id="cam", format="jsonl")
    assert texts(memory) == ["I ski", "I swim", "Nice"]
    assert stored(memory)[2][2] == 1_714_564_860_000_000
    assert "1 lines of another user_id were left out" in done["left_out"]


def test_a_zip_is_read(memory: Memory, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("user.json", "{}")
        for i in range(2):
            found = [chatgpt(("user", f"I know fact {i}", 1.7e9), key=f"c{i}")]
            archive.writestr(f"conversations-00{i}.json", json.dumps(found))
    done = memory.import_conversations(tmp_path / "export.zip", user_id="cam")
    assert done["conversations"] == 2
    assert texts(memory) == ["I know fact 0", "I know fact 1"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "assistant"]),
            st.text(min_size=1, max_size=30).filter(lambda text: bool(text.strip())),
            st.integers(0, 1_700_000_000),
        ),
        max_size=6,
    )
)
def test_any_conversation_is_stored_in_order_with_its_times(said: list[Any]) -> None:
    expected = [(role, text, at * 1_000_000) for role, text, at in said]
    with Memory(":memory:", embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
        for _ in range(2):  # the second time, everything is known
            memory.import_conversations(stream([chatgpt(*said)]), user_id="cam")
        assert stored(memory) == expected


# -- again


def test_only_what_is_new_is_imported_again(memory: Memory) -> None:
    first = [("user", "I ski", 1.7e9), ("assistant", "Nice", 1.7e9)]
    memory.import_conversations(stream([chatgpt(*first)]), user_id="cam")
    grown = chatgpt(*first, ("user", "I also swim", 1.7e9 + 60))
    done = memory.import_conversations(stream([grown, grown]), user_id="cam")
    assert (done["messages"], done["known"], done["turns"]) == (1, 5, 1)
    assert texts(memory) == ["I ski", "Nice", "I also swim"]


def test_equal_messages_without_ids_are_all_kept_once(memory: Memory) -> None:
    source = b'{"role":"user","content":"More"}\n' * 3
    for _ in range(2):
        memory.import_conversations(stream(source), user_id="cam")
    assert texts(memory) == ["More"] * 3


def test_one_id_for_two_texts_loses_neither(memory: Memory) -> None:
    conversation = chatgpt(("user", "I ski", 1.7e9), ("user", "I swim", 1.7e9))
    for node in ("n0", "n1"):
        conversation["mapping"][node]["message"]["id"] = "same"
    memory.import_conversations(stream([conversation]), user_id="cam")
    assert texts(memory) == ["I ski", "I swim"]


def test_a_deleted_message_stays_deleted(memory: Memory) -> None:
    source = [chatgpt(("user", "I ski in Davos", 1.7e9))]
    memory.import_conversations(stream(source), user_id="cam", infer=False)
    (found,) = memory.search("Davos", user_id="cam")["results"]
    memory.delete(found["id"])
    memory.import_conversations(stream(source), user_id="cam", infer=False)
    assert memory.search("Davos", user_id="cam")["results"] == []


def test_users_do_not_share_messages(memory: Memory) -> None:
    source = [chatgpt(("user", "I ski", 1.7e9))]
    for user in ("cam", "bob"):
        assert memory.import_conversations(stream(source), user_id=user)["messages"] == 1


# -- facts


def test_imported_turns_come_after_live_ones() -> None:
    llm = ScriptedLLM([["User likes tea"], ["User skis"], ["User swims"]])
    with Memory(":memory:", embedder=HashEmbedder(), llm=llm) as memory:
        said = [("user", "I ski every winter", 1.7e9), ("user", "I swim a lot", 1.7e9 + 1)]
        memory.import_conversations(stream([chatgpt(*said)]), user_id="cam")
        live = memory.add("I like tea", user_id="cam", run_id="c1")  # in the same run
        assert [each["memory"] for each in live["results"]] == ["User likes tea"]
        seen: list[tuple[int, int]] = []
        memory.process_pending(progress=lambda done, total: seen.append((done, total)))
        assert seen == [(0, 2), (1, 2), (2, 2)]
        assert len(memory.get_all(user_id="cam")["results"]) == 3


def test_an_older_imported_fact_does_not_supersede_a_newer_one() -> None:
    llm = ScriptedLLM([["User is 36 years old"], ["User is 34 years old"]])
    with Memory(":memory:", embedder=HashEmbedder(), llm=llm) as memory:
        memory.add("I am 36 years old", user_id="cam", run_id="c1", timestamp="2024-05-01")
        older = chatgpt(("user", "I am 34 years old", 1.6e9))
        memory.import_conversations(stream([older]), user_id="cam")
        memory.process_pending()
        found = [each["memory"] for each in memory.get_all(user_id="cam")["results"]]
        assert found == ["User is 36 years old"]
        (old,) = memory.get_all(user_id="cam", as_of="2021-01-01")["results"]
        assert old["memory"] == "User is 34 years old"


def test_without_inference_nothing_waits(memory: Memory) -> None:
    source = [chatgpt(("user", "I ski in Davos", 1.7e9))]
    assert memory.import_conversations(stream(source), user_id="cam", infer=False)["turns"] == 0
    assert memory.flush() == {"failed": 0}
    assert memory.search("Davos", user_id="cam")["results"]


@pytest.mark.parametrize("infer", [True, False])
def test_a_cleanup_of_orphans_leaves_imported_messages(memory: Memory, infer: bool) -> None:
    source = [chatgpt(("user", "I ski in Davos", 1.7e9), ("assistant", "Nice", 1.7e9 + 1))]
    memory.import_conversations(stream(source), user_id="cam", infer=infer)
    before = texts(memory)
    memory.cleanup(orphans=True, user_id="cam")
    assert texts(memory) == before
    assert memory.search("Davos", user_id="cam")["results"]


# -- bad input


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"   ",
        b"not JSON",
        b"a,b\n1,2\n",
        b"[1, 2]",
        b'{"a": 1}',
        b"[" * 100_000,
        b'[{"mapping": {',
        b"\xff\xfe",
        b"\x89PNG\r\n",
        b'{"kind":"litemem-export","format":1}',
        b'[{"uuid": 1e999999',
    ],
)
def test_what_is_not_an_export_is_refused(memory: Memory, source: bytes) -> None:
    with pytest.raises(ValidationError):
        memory.import_conversations(stream(source), user_id="cam")


@pytest.mark.parametrize("named", ["chatgpt", "claude", "jsonl"])
def test_another_format_is_refused(memory: Memory, named: Any) -> None:
    sources = {
        "claude": [claude(("human", "I ski", NOON))],
        "chatgpt": [chatgpt(("user", "I ski", 1.7e9))],
    }
    wrong = [value for name, value in sources.items() if name != named]
    with pytest.raises(ValidationError, match="this is"):
        memory.import_conversations(stream(wrong[0]), user_id="cam", format=named)
    assert stored(memory) == []


def test_what_came_before_a_cut_is_imported(memory: Memory) -> None:
    many = [chatgpt(("user", f"I know fact {i}", 1.7e9), key=f"c{i}") for i in range(3)]
    done = memory.import_conversations(stream(json.dumps(many).encode()[:-20]), user_id="cam")
    assert texts(memory) == ["I know fact 0", "I know fact 1"]
    (problem,) = done["problems"]
    assert "at character" in problem


def test_odd_values_are_left_out_or_kept(memory: Memory) -> None:
    big = "word " * 20_000
    odd = chatgpt(
        *(("user", part, 1.7e9) for part in ("", None, 7, {"text": 1}, [])),
        ("user", "half \ud800 pair", -5),
        ("assistant", "NUL \0 here", 1e300),
        ("user", big, "tomorrow"),
    )
    sources: list[Any] = [odd, {"mapping": {}}, {"mapping": {"a": None}}, 5, None]
    done = memory.import_conversations(stream(sources), user_id="cam")
    assert texts(memory) == ["half ? pair", "NUL \0 here", big]
    assert {time for *_, time in stored(memory)} == {1_700_000_000_000_000}
    assert any("times are wrong" in sentence for sentence in done["left_out"])


def test_a_zip_bomb_is_refused(memory: Memory, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", "[" + " " * 30_000_000)
    with pytest.raises(ValidationError, match="too large"):
        memory.import_conversations(tmp_path / "bomb.zip", user_id="cam")


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_a_pipe_and_a_missing_file_are_refused(memory: Memory, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValidationError, match="not a file"):
        memory.import_conversations(tmp_path / "pipe", user_id="cam")
    with pytest.raises(StoreError):
        memory.import_conversations(tmp_path / "missing.json", user_id="cam")
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValidationError, match="damaged"):
        memory.import_conversations(tmp_path / "cut.zip", user_id="cam")


def test_a_user_is_required(memory: Memory) -> None:
    with pytest.raises(ScopeError, match="user_id"):
        memory.import_conversations(stream([]), agent_id="bot")
    with pytest.raises(LitememError):
        memory.import_conversations(stream([]), user_id="cam", format="csv")  # type: ignore[arg-type]


def test_a_folder_without_conversations_is_refused(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no conversations"):
        memory.import_conversations(tmp_path, user_id="cam")
