"""`LitememMemoryTool` next to the SDK's tool for a folder, which says what is right."""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("anthropic", reason="needs the extra anthropic")

from anthropic.lib.tools import ToolError
from anthropic.tools.memory import BetaLocalFilesystemMemoryTool

from helpers import LIBRARY, OpenMemory
from litemem import Memory
from litemem.errors import ScopeError
from litemem.integrations.anthropic import AsyncLitememMemoryTool, LitememMemoryTool
from litemem.testing import HashEmbedder

FOLDER_SIZE = re.compile(r"^\S+\t(?=.*/$)|^\S+\t(?=/memories[^\t]*$)", re.MULTILINE)


def run(tool: Any, command: str, **arguments: object) -> str:
    return tool.call({"command": command, **arguments})


def outcome(tool: Any, command: dict[str, Any]) -> tuple[str, str]:
    """Return what a command says, without the sizes of folders, which depend on the disk."""
    try:
        text = tool.call(command)
    except ToolError as error:
        return "error", str(error)
    if text.startswith("Here're"):
        lines = text.split("\n")
        lines = [
            lines[0],
            *(x if not _is_folder(x, i) else x.split("\t", 1)[1] for i, x in enumerate(lines[1:])),
        ]
        text = "\n".join(lines)
    return "ok", text


def _is_folder(line: str, index: int) -> bool:
    return index == 0 or line.endswith("/")


def test_a_path_with_half_a_surrogate_pair_is_refused(memory: Memory) -> None:
    tool = LitememMemoryTool(memory, user_id="cam")
    with pytest.raises(ToolError, match=r"\\ud800"):
        run(tool, "create", path="/memories/\ud800", file_text="x")


names = st.sampled_from(["a", "b", ".h", "c.txt"])
paths = st.one_of(
    st.lists(names, max_size=3).map(lambda parts: "/".join(["/memories", *parts])),
    st.sampled_from(
        [
            "/memories/",
            "/memories/a/",
            "/memories/../x",
            "/memories/a/../b",
            "/tmp/x",
            "/memoriesa",
            "/memories//a/./b",
            "memories/a",
            "/memories/a/b/c.txt/a",
        ]
    ),
)
texts = st.text(alphabet="ab\n\r \té", max_size=12)
numbers = st.integers(-2, 6)
commands = st.one_of(
    st.fixed_dictionaries(
        {"command": st.just("view"), "path": paths},
        optional={"view_range": st.lists(numbers, min_size=2, max_size=2)},
    ),
    st.fixed_dictionaries({"command": st.just("create"), "path": paths, "file_text": texts}),
    st.fixed_dictionaries({"command": st.just("create"), "path": paths, "file_text": texts}),
    st.fixed_dictionaries(
        {
            "command": st.just("str_replace"),
            "path": paths,
            "old_str": st.text(alphabet="ab\n", max_size=2),
            "new_str": texts,
        }
    ),
    st.fixed_dictionaries(
        {"command": st.just("insert"), "path": paths, "insert_line": numbers, "insert_text": texts}
    ),
    st.fixed_dictionaries({"command": st.just("delete"), "path": paths}),
    st.fixed_dictionaries({"command": st.just("rename"), "old_path": paths, "new_path": paths}),
)


@contextmanager
def both() -> Iterator[tuple[BetaLocalFilesystemMemoryTool, LitememMemoryTool, Memory]]:
    fresh = Memory(":memory:", embedder=HashEmbedder(8))
    with tempfile.TemporaryDirectory() as folder, fresh as memory:
        yield (
            BetaLocalFilesystemMemoryTool(folder),
            LitememMemoryTool(memory, user_id="cam"),
            memory,
        )


def folders(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_dir()}


def step(
    oracle: BetaLocalFilesystemMemoryTool, tool: LitememMemoryTool, command: dict[str, Any]
) -> None:
    """Run a command on both; a failed one must not leave new folders, as the oracle's does."""
    before = folders(oracle.memory_root)
    try:
        wanted = outcome(oracle, command)
    except (OSError, ValueError):  # where the oracle crashes, ours refuses
        wanted = ("crash", "")
    if wanted[0] != "ok":
        for path in sorted(folders(oracle.memory_root) - before, reverse=True):
            path.rmdir()
    found = outcome(tool, command)
    if wanted[0] == "crash":
        assert found[0] == "error", (command, found)
    else:
        assert found == wanted, command


@settings(max_examples=30)
@given(st.lists(commands, max_size=25))
def test_random_commands_say_what_the_tool_of_the_sdk_says(drawn: list[dict[str, Any]]) -> None:
    with both() as (oracle, tool, _):
        for command in drawn:
            step(oracle, tool, command)
        for path in [
            "/memories",
            *(
                f"/memories/{p.relative_to(oracle.memory_root)}"
                for p in sorted(oracle.memory_root.rglob("*"))
            ),
        ]:
            step(oracle, tool, {"command": "view", "path": path})


def test_the_first_of_two_wrong_paths_is_named_as_by_the_sdk() -> None:
    with both() as (oracle, tool, _):
        step(oracle, tool, {"command": "create", "path": "/memories/a", "file_text": "x"})
        for old in ("/memories/gone", "/memories/a", "/memories"):
            for new in ("/memories/a/b", "/memories/a", "/memories/c/" + "ü" * 128, "/x"):
                step(oracle, tool, {"command": "rename", "old_path": old, "new_path": new})


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 1536, 5000, 1_100_000])
def test_sizes_are_shown_as_by_the_sdk(size: int) -> None:
    with both() as (oracle, tool, _):
        step(oracle, tool, {"command": "create", "path": "/memories/a", "file_text": "x" * size})
        step(oracle, tool, {"command": "view", "path": "/memories"})


def test_notes_are_found_by_a_search(memory: Memory) -> None:
    tool = LitememMemoryTool(memory, user_id="cam")
    run(tool, "create", path="/memories/food.md", file_text="Cam avoids shellfish.\n")
    (found,) = memory.search("shellfish", user_id="cam")["results"]
    assert found["memory"] == "Cam avoids shellfish.\n"
    assert found["metadata"]["path"] == "/memories/food.md"
    run(tool, "str_replace", path="/memories/food.md", old_str="shellfish", new_str="nuts")
    assert [e["event"] for e in memory.history(found["id"])] == ["ADD", "UPDATE"]
    run(tool, "delete", path="/memories/food.md")
    assert memory.search("nuts", user_id="cam")["results"] == []
    assert memory.verify(full=True)["ok"]


def test_a_file_may_be_created_again(memory: Memory) -> None:
    tool = LitememMemoryTool(memory, user_id="cam")
    for text in ("one", "two"):
        run(tool, "create", path="/memories/a", file_text=text)
        assert text in run(tool, "view", path="/memories/a")
        run(tool, "delete", path="/memories/a")
    assert memory.verify(full=True)["ok"]


def test_scopes_have_folders_of_their_own(memory: Memory) -> None:
    tools = [
        LitememMemoryTool(memory, user_id="cam"),
        LitememMemoryTool(memory, user_id="cam", agent_id="chef"),
        LitememMemoryTool(memory, agent_id="chef"),
    ]
    for i, tool in enumerate(tools):
        run(tool, "create", path="/memories/a", file_text=str(i))
    memory.add("A fact", user_id="cam", infer=False)
    tools[0].clear_all_memory()
    views = [run(tool, "view", path="/memories") for tool in tools]
    assert ["/memories/a" in view for view in views] == [False, True, True]
    assert {m["memory"] for m in memory.get_all(user_id="cam")["results"]} == {"A fact", "1"}


def test_files_pass_through_export_and_erase(memory: Memory, open_memory: OpenMemory) -> None:
    tool = LitememMemoryTool(memory, user_id="cam")
    run(tool, "create", path="/memories/a/b.md", file_text="Text")
    run(tool, "create", path="/memories/c/d.md", file_text=" \n")
    run(tool, "delete", path="/memories/c/d.md")
    shown = run(tool, "view", path="/memories")
    target = Path(memory.store.path).with_suffix(".jsonl")
    memory.export_file(target, user_id="cam")
    copy = open_memory(path=":memory:")
    copy.import_file(target)
    assert run(LitememMemoryTool(copy, user_id="cam"), "view", path="/memories") == shown
    assert memory.erase(user_id="cam")["gone"]
    assert "b.md" not in run(tool, "view", path="/memories")


def test_the_asynchronous_tool_gives_the_same(memory: Memory) -> None:
    tool = AsyncLitememMemoryTool(memory, user_id="cam")

    async def work() -> list[str]:
        path = "/memories/a"
        return [
            await tool.call({"command": "create", "path": path, "file_text": "x\n"}),
            await tool.call(
                {"command": "insert", "path": path, "insert_line": 1, "insert_text": "y"}
            ),
            await tool.call({"command": "view", "path": path}),
        ]

    *_, shown = asyncio.run(work())
    assert shown == run(LitememMemoryTool(memory, user_id="cam"), "view", path="/memories/a")
    assert tool.to_dict() == {"type": "memory_20250818", "name": "memory"}


WRITER = """
import sys
from litemem import Memory
from litemem.integrations.anthropic import LitememMemoryTool
with Memory(sys.argv[1], embedder="hash") as memory:
    tool = LitememMemoryTool(memory, user_id="cam")
    for i in range(10):
        tool.call({"command": "insert", "path": "/memories/log", "insert_line": 0,
                   "insert_text": f"{sys.argv[2]} {i}"})
"""


def test_programs_edit_one_file_without_a_lost_change(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder="hash") as memory:
        tool = LitememMemoryTool(memory, user_id="cam")
        run(tool, "create", path="/memories/log", file_text="")
        programs = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), str(i)], env={"PYTHONPATH": str(LIBRARY)}
            )
            for i in range(2)
        ]
        assert [program.wait() for program in programs] == [0, 0]
        lines = run(tool, "view", path="/memories/log").split("\n")[1:-1]
    assert sorted(line.split("\t")[1] for line in lines) == sorted(
        f"{i} {j}" for i in range(2) for j in range(10)
    )


def test_a_scope_is_required(memory: Memory) -> None:
    with pytest.raises(ScopeError):
        LitememMemoryTool(memory)


def test_without_the_sdk_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['anthropic'] = None\n"
        "try: import litemem.integrations.anthropic\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=LIBRARY, check=True
    )
    assert "pip install 'litemem[anthropic]'" in done.stdout
