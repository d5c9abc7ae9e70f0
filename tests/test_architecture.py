"""The house stands: floors, walls, sizes, and an import that touches nothing."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import ROOT

PACKAGE = ROOT / "litemem"
MAX_FUNCTION_LINES = 60

# A package imports only from those on the lines above its own, or from itself.
FLOORS: list[set[str]] = [
    {"errors"},
    {"core"},
    {"store", "extraction", "testing"},
    {"models"},
    {"ingestion", "retrieval", "maintenance"},
    {"transfer"},
    {"memory"},
    {"client"},
    {"aio"},
    {"litemem"},
    {"integrations", "inspector"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}

# Third-party packages, and the only modules that may know them.
WALLS = {
    "apsw": {"store/sqlite"},
    "sqlite_vec": {"store/sqlite"},
    "sqlite3": set(),
    "fastembed": {"models"},
    "numpy": set(),
    "llama_cpp": {"models"},
    "click": {"cli"},
}
TRANSACTION = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b")
BROAD = {"Exception", "BaseException"}

FILES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(file.relative_to(PACKAGE)) for file in FILES]
each_file = pytest.mark.parametrize("file", FILES, ids=IDS)


def module_of(file: Path) -> str:
    """Return the top-level name of a file's module: "store" for store/sqlite.py."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return "litemem" if parts == ("__init__",) else parts[0]


def imports(file: Path) -> Iterator[str]:
    """Yield the dotted names of everything that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            if node.module == "litemem":
                yield from (_from_root(alias.name) for alias in node.names)
            else:
                yield str(node.module)


def _from_root(name: str) -> str:
    is_module = (PACKAGE / f"{name}.py").exists() or (PACKAGE / name / "__init__.py").exists()
    return f"litemem.{name}" if is_module else "litemem"


def ours(dotted: str) -> str | None:
    """Return which of our modules a dotted name is, None for one of others."""
    first, *rest = dotted.split(".")
    if first != "litemem":
        return None
    return rest[0] if rest else "litemem"


@each_file
def test_every_module_has_a_floor(file: Path) -> None:
    assert module_of(file) in FLOOR, "put it on a floor of the table in this test"


@each_file
def test_a_module_imports_only_from_floors_below(file: Path) -> None:
    module = module_of(file)
    used = {name for dotted in imports(file) if (name := ours(dotted)) and name != module}
    above = {name for name in used if FLOOR[name] >= FLOOR[module]}
    assert not above, f"{module} imports {above}"


@each_file
def test_only_the_modules_behind_a_wall_know_the_package_there(file: Path) -> None:
    packages = {dotted.split(".")[0] for dotted in imports(file)}
    place = file.relative_to(PACKAGE).as_posix()
    leaks = {
        name
        for name in packages & WALLS.keys()
        if not any(place.startswith(f"{folder}/") for folder in WALLS[name])
    }
    assert not leaks


@each_file
def test_only_the_standard_library_and_the_declared_packages_are_imported(file: Path) -> None:
    packages = {dotted.split(".")[0] for dotted in imports(file)}
    assert packages <= sys.stdlib_module_names | WALLS.keys() | {"litemem"}


@each_file
def test_no_except_catches_everything_without_raising_it_again(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node):
            last = node.body[-1]
            raises = isinstance(last, ast.Raise) and last.exc is None
            assert raises, f"line {node.lineno} swallows whatever happens"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(n, ast.Name) and n.id in BROAD for n in ast.walk(handler.type))


@each_file
def test_transactions_begin_and_end_in_two_places_only(file: Path) -> None:
    if file.relative_to(PACKAGE).as_posix() in (
        "store/sqlite/store.py",
        "store/sqlite/connection.py",
    ):
        return
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = TRANSACTION.match(node.value)
            assert not found, f"line {node.lineno} says {found}"


@each_file
def test_a_function_is_short_enough_to_be_read(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _lines_without_docstring(node)
            assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"


def _lines_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        assert first.end_lineno is not None
        lines -= first.end_lineno - first.lineno + 1
    return lines


IMPORT = """
import json, os, sys
seen = {"written": [], "sockets": [], "asked": []}
def hook(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen["written"].append(str(args[0]))
    elif event == "open" and args[1] is None and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen["written"].append(str(args[0]))
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "sqlite3.connect"):
        seen["written"].append(event)
    elif event.startswith("socket."):
        seen["sockets"].append(event)
class Watched(dict):
    def __getitem__(self, key):
        seen["asked"].append(key)
        return super().__getitem__(key)
environment = type(os.environ)
original = environment.__getitem__
def watched(self, key):
    seen["asked"].append(key)
    return original(self, key)
environment.__getitem__ = watched
sys.addaudithook(hook)
import litemem
environment.__getitem__ = original
json.dump({**seen, "loaded": sorted(sys.modules)}, sys.stdout)
"""


@pytest.fixture(scope="module")
def first_import() -> dict[str, list[str]]:
    """What `import litemem` did in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent), "LITEMEM_DB": "/nowhere/memory.db"},
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("package", ["numpy", "fastembed", "llama_cpp", "onnxruntime", "click"])
def test_importing_loads_no_heavy_package(first_import: dict[str, list[str]], package: str) -> None:
    assert package not in first_import["loaded"]


def test_importing_writes_no_file(first_import: dict[str, list[str]]) -> None:
    assert first_import["written"] == []


def test_importing_opens_no_socket(first_import: dict[str, list[str]]) -> None:
    assert first_import["sockets"] == []


def test_importing_asks_the_environment_for_none_of_our_variables(
    first_import: dict[str, list[str]],
) -> None:
    assert [name for name in first_import["asked"] if "LITEMEM" in str(name)] == []
