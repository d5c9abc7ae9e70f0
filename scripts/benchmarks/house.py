#!/usr/bin/env python3
"""Print the package's size: files, lines, names, import cycles, and the files that a call enters.

PYTHONPATH=. scripts/benchmarks/house.py
"""

import ast
import subprocess
import sys
import types
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import litemem
from litemem import Memory, store
from litemem.store import sqlite
from litemem.testing import HashEmbedder, ScriptedLLM

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "litemem"
VALUES = PACKAGE / "core"  # plain values and pure rules, which no reader has to follow
RUNS = 9  # imports; the fastest counts

sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    """Print one number per line."""
    files = [
        file for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    ]
    modules = [file for file in files if file.suffix == ".py"]
    root = {file.name for file in PACKAGE.iterdir()} - {"__pycache__", "__main__.py", "py.typed"}
    lines = [len(file.read_text(encoding="utf-8").splitlines()) for file in modules]
    show("entries at the root", len(root))
    show("modules", len(modules))
    show("lines of modules", sum(lines))
    show("lines of a module, median and most", sorted(lines)[len(lines) // 2], max(lines))
    for module in (store, sqlite):
        show(f"names in {module.__name__}.__all__", len(getattr(module, "__all__", ())))
    show("import cycles", cycles(modules))
    show("phrases to avoid", phrases())
    show("import litemem, ms of a processor", import_time())
    for name, (entered, moves) in doors().items():
        show(f"{name}: files entered, moves between them", entered, moves)


def show(name: str, *numbers: object) -> None:
    print(f"{name:45} {'  '.join(str(number) for number in numbers)}")


def cycles(modules: list[Path]) -> int:
    """Return 1 if modules import each other in a circle, else 0."""
    names = {module_name(file): file for file in modules}
    graph: dict[str, set[str]] = {}
    for name, file in names.items():
        used: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                used |= members & names.keys() or {str(node.module)}
        graph[name] = used & names.keys() - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        print(error)
        return 1
    return 0


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def phrases() -> int:
    """Return how many of the phrases that tests/test_prose.py knows are left."""
    import test_prose  # imports pytest

    return sum(len(test_prose.findings(path)) for path in test_prose.FILES)


def import_time() -> int:
    """Return the milliseconds of the fastest of some imports, each in a new process."""
    code = "import time; t = time.process_time(); import litemem; print(time.process_time() - t)"
    command = [sys.executable, "-c", code]
    times = [
        float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(RUNS)
    ]
    return round(min(times) * 1000)


def doors() -> dict[str, tuple[int, int]]:
    """Return, for a call of each kind, the files it enters and the moves between them."""
    llm = ScriptedLLM([["User avoids shellfish"], ["User lives in Oslo"]])
    with Memory(":memory:", embedder=HashEmbedder(), llm=llm) as memory:
        memory.add("I avoid shellfish", user_id="a")
        memory.search("shellfish", user_id="a")  # what is imported late is imported now
        found = {
            "add": trace(lambda: memory.add("I live in Oslo", user_id="a")),
            "search": trace(lambda: memory.search("shellfish", user_id="a")),
        }
        memory_id = memory.get_all(user_id="a")["results"][0]["id"]
        return {**found, "get": trace(lambda: memory.get(memory_id))}


def trace(call: Callable[[], object]) -> tuple[int, int]:
    """Return how many files a call enters, and how often it goes from one into another."""
    files: set[str] = set()
    stack: list[str] = []
    moves = 0

    def hook(frame: types.FrameType, event: str, _argument: object) -> None:
        nonlocal moves
        name = frame.f_code.co_filename
        if not name.startswith(str(Path(litemem.__file__).parent)) or name.startswith(str(VALUES)):
            return
        if event == "call":
            moves += bool(stack) and stack[-1] != name
            stack.append(name)
            files.add(name)
        elif event == "return" and stack:
            stack.pop()

    sys.setprofile(hook)
    try:
        call()
    finally:
        sys.setprofile(None)
    return len(files), moves


if __name__ == "__main__":
    main()
