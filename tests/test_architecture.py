"""Rules for the package: import order, walls around libraries, sizes, effects of an import."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from helpers import ROOT
from litemem.core.text.lexicon import CODES, LISTED, section
from litemem.core.text.vocabulary import TABLES
from litemem.core.text.words import STOP_WORDS

PACKAGE = ROOT / "litemem"
MAX_FUNCTION_LINES = 60  # without the docstring

# A package imports only from those on the lines above its own, or from itself.
ORDER: list[set[str]] = [
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
    {"inspector"},
    {"integrations"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}

# Third-party packages, and the only folders that may import them.
WALLS = {
    "apsw": {"store/sqlite"},
    "sqlite_vec": {"store/sqlite"},
    "psutil": {"store", "models"},
    "sqlite3": set(),
    "fastembed": {"models"},
    "llama_cpp": {"models"},
    "huggingface_hub": {"models"},
    "filelock": {"models"},
    "numpy": set(),
    "click": {"cli"},
    "wcwidth": {"cli"},
    "agents": {"integrations"},
    "anthropic": {"integrations"},
    "langgraph": {"integrations"},
    "starlette": {"integrations", "inspector"},
    "uvicorn": {"cli", "integrations"},
    "anyio": {"inspector"},
    "jinja2": {"inspector"},
}

# SQL text is written in the backend, and where filters become conditions.
SQL = re.compile(
    r"\b(SELECT\b.+\bFROM|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA|ORDER BY"
    r"|CREATE (TEMP )?(VIRTUAL )?(TABLE|INDEX|VIEW|TRIGGER)|json_each)\b",
    re.DOTALL,
)
SQL_PLACES = ("store/sqlite/", "store/filters/sql.py")
TRANSACTION = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b")
TRANSACTION_PLACES = ("store/sqlite/store.py", "store/sqlite/connection.py")
BROAD = {"Exception", "BaseException"}
HEAVY = (
    *("numpy", "fastembed", "llama_cpp", "onnxruntime", "huggingface_hub", "filelock", "psutil"),
    *("click", "rich", "asyncio", "litemem.integrations"),
)

FILES = sorted(PACKAGE.rglob("*.py"))


def each_file(check: Callable[[Path], None]) -> Callable[[], None]:
    """Make one test of a check of a file: a test for each rule and file took longer to report."""

    def test() -> None:
        broken = {}
        for file in FILES:
            try:
                check(file)
            except AssertionError as error:
                broken[file.relative_to(PACKAGE).as_posix()] = str(error)
        assert broken == {}

    test.__name__ = check.__name__
    return test


@cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def package_of(file: Path) -> str:
    """Return the top-level name of a file's module: "store" for store/sqlite/store.py."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return "litemem" if parts == ("__init__",) else parts[0]


def module_of(file: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def imports(file: Path) -> Iterator[str]:
    """Yield the dotted names of the modules that a file imports, also inside functions."""
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)


def ours(dotted: str) -> str | None:
    """Return the top-level name of one of our modules, or None for another's."""
    first, *rest = dotted.split(".")
    if first != "litemem":
        return None
    return rest[0] if rest else "litemem"


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Yield each string of a file that is not a docstring, with its line."""
    tree = parse(file)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.lineno, node.value


@each_file
def test_every_module_has_a_level(file: Path) -> None:
    assert package_of(file) in LEVEL, "add it to ORDER in this test"


@each_file
def test_a_module_imports_only_from_levels_below(file: Path) -> None:
    package = package_of(file)
    used = {name for dotted in imports(file) if (name := ours(dotted)) and name != package}
    above = {name for name in used if LEVEL[name] >= LEVEL[package]}
    assert not above, f"{package} imports {above}"


def test_no_modules_import_each_other() -> None:
    graph = {
        name: [used for used in imports(file) if used in MODULES and used != name]
        for name, file in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


@each_file
def test_a_third_party_package_is_imported_only_behind_its_wall(file: Path) -> None:
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
def test_sql_is_written_only_in_the_backend(file: Path) -> None:
    if not file.relative_to(PACKAGE).as_posix().startswith(SQL_PLACES):
        found = {line: text[:60] for line, text in texts(file) if SQL.search(text)}
        assert not found


@each_file
def test_transactions_begin_and_end_in_two_places_only(file: Path) -> None:
    if file.relative_to(PACKAGE).as_posix() not in TRANSACTION_PLACES:
        found = {line: text[:60] for line, text in texts(file) if TRANSACTION.match(text)}
        assert not found


@each_file
def test_a_broad_except_raises_again(file: Path) -> None:
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node):
            last = node.body[-1]
            raises = isinstance(last, ast.Raise) and last.exc is None
            assert raises, f"line {node.lineno} swallows every exception"


# Rules for words read them from `core/text/languages`. What a message to the user says is prose.
RULES_OF_WORDS = ("core/text/", "extraction/", "ingestion/", "retrieval/")
# What may have them, and why.
ENGLISH_IN_CODE = {
    "core/text/english/": "rules for English alone, whose words are still to be listed",
    "core/text/foreign_dates.py": "the placeholder of a year in a pattern",
    "core/text/inflections.py": "endings that look like words",
    "core/text/machine_text.py": "the output of programs, which is in English",
    "core/text/relative_dates.py": "names of groups",
    "core/text/scripts.py": "tokens of chat templates",
}
READERS = ("startswith", "endswith", "partition", "rpartition", "split", "frozenset")
NO_WORDS = re.compile(  # signs, names of groups and flags of a pattern
    r"\[[^]]*\]|\(\?P[<=]\w+|\\[a-zA-Z]|\(\?[ims-]+[:)]"
)


def compared_texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield the texts with which code compares others: of patterns, of lists of words, of `==`."""
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.startswith("re.") or name.rpartition(".")[2] in READERS:
                parts = [node.func, *node.args]
        elif isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        found = [part for each in parts for part in ast.walk(each)]
        keys = [part.slice for part in found if isinstance(part, ast.Subscript)]
        yield from (part for part in found if isinstance(part, ast.Constant) and part not in keys)


def english_words(tree: ast.AST) -> dict[int, list[str]]:
    """Return the words of English that code compares with texts, by line."""
    found = {}
    for text in compared_texts(tree):
        if not isinstance(text.value, str) or _are_keys(text.value):
            continue
        words = re.findall(r"[a-z]{2,}", NO_WORDS.sub(" ", text.value))
        if common := [word for word in words if word in STOP_WORDS]:
            found[text.lineno] = common
    return found


def _are_keys(text: str) -> bool:
    return text == text.strip() and keys_of_tables().issuperset(text.split())


@cache
def keys_of_tables() -> frozenset[str]:
    """Return the names of what languages list: "own", "from"; and of modes and languages."""
    names = "binding clauses compare contrast doses handover phrases requests slots".split()
    keys = {key for name in names for key in section("en", name)}
    listed = (section(code, name) for code in LISTED.values() for name in (*names, *TABLES))
    others = {key for table in listed for key in table} - STOP_WORDS
    return frozenset(keys | others | {"off"} | set(CODES.values()))


@each_file
def test_no_rule_has_english_words_in_code(file: Path) -> None:
    place = file.relative_to(PACKAGE).as_posix()
    if place.startswith(RULES_OF_WORDS) and not place.startswith(tuple(ENGLISH_IN_CODE)):
        assert english_words(parse(file)) == {}, "list them in core/text/languages/en.toml"


@pytest.mark.parametrize("place", ENGLISH_IN_CODE)
def test_a_file_with_english_words_in_code_still_has_them(place: str) -> None:
    files = (file for file in FILES if file.relative_to(PACKAGE).as_posix().startswith(place))
    assert any(english_words(parse(file)) for file in files), "remove it from ENGLISH_IN_CODE"


@pytest.mark.parametrize(
    "code",
    [
        'PLACED = re.compile(r"\\b(?:at|with) (?P<place>\\w+)")',
        'OWN = frozenset("my our".split())',
        'is_own = word in ("my", "our")',
        'text.partition(" and ")',
        'is_own = found["who"] == "our"',
    ],
)
def test_english_words_in_code_are_found(code: str) -> None:
    assert list(english_words(ast.parse(code))) == [1]


KILLS = re.compile(r"\bos\.(kill|killpg)\b|\bfrom os import .*\bkill")
POSIX_ONLY = re.compile(r"os\.name == 'posix'|os\.name != 'nt'|sys\.platform != 'win32'")


def signals(tree: ast.AST) -> Iterator[int]:
    """Yield the lines of `os.kill` that also run on Windows, where signal 0 is a Ctrl-C."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and POSIX_ONLY.search(ast.unparse(node.test)):
            for part in node.orelse:
                yield from signals(ast.Module([part], []))
        elif isinstance(node, ast.Attribute | ast.ImportFrom) and KILLS.search(ast.unparse(node)):
            yield node.lineno
        else:
            yield from signals(node)


@each_file
def test_no_signal_is_sent_outside_of_a_branch_for_posix(file: Path) -> None:
    assert list(signals(parse(file))) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os\nos.kill(1, 0)", 1),
        ("from os import getpid, kill", 1),
        ("alive = lambda pid: os.kill(pid, 0)", 1),
        ("send = os.killpg", 1),
        ("if os.name == 'posix':\n    os.kill(1, 0)", 0),
        ("if sys.platform != 'win32':\n    os.kill(1, 0)", 0),
        ("if os.name == 'posix':\n    pass\nelse:\n    os.kill(1, 0)", 1),
        ("if os.name == 'nt':\n    os.kill(1, 0)", 1),
        ("process.kill()", 0),
    ],
)
def test_a_signal_is_found(code: str, found: int) -> None:
    assert len(list(signals(ast.parse(code)))) == found


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(n, ast.Name) and n.id in BROAD for n in ast.walk(handler.type))


@each_file
def test_a_function_is_at_most_60_lines_long(file: Path) -> None:
    for node in ast.walk(parse(file)):
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


@pytest.mark.parametrize("package", HEAVY)
def test_importing_loads_no_heavy_package(first_import: dict[str, list[str]], package: str) -> None:
    assert package not in first_import["loaded"]


def test_importing_writes_no_file(first_import: dict[str, list[str]]) -> None:
    assert first_import["written"] == []


def test_importing_opens_no_socket(first_import: dict[str, list[str]]) -> None:
    assert first_import["sockets"] == []


def test_importing_reads_no_litemem_variable(
    first_import: dict[str, list[str]],
) -> None:
    assert [name for name in first_import["asked"] if "LITEMEM" in str(name)] == []


def test_the_tests_of_a_package_are_in_the_folder_of_its_name() -> None:
    packages = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()}
    named = packages - {"client"}  # its tests are in tests/api, with those of Memory
    assert {name for name in named if not (ROOT / "tests" / name).is_dir()} == set()
