"""The README and the docs: their code runs, their commands exist, their links lead somewhere.

In a page, ```python and ```console blocks are run in order, in an empty folder. A comment behind a
`print(…)` is its output. Commands in ```sh blocks are parsed only.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from helpers import ROOT
from litemem.cli import main

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "schema/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# Pages that extract facts, with the default models; all others run with the "hash" embedder.
WITH_MODELS = {
    *("README.md", "docs/index.md", "docs/memories.md", "docs/extraction.md", "docs/facts.md"),
    *("docs/graph.md", "docs/agent-runs.md"),
}
EXTRAS = {  # pages that use another framework, and its package
    "docs/anthropic.md": "anthropic",
    "docs/langgraph.md": "langgraph",
    "docs/openai-agents.md": "agents",
}
ELSEWHERE = {"docs/frameworks.md"}  # tests/integrations/test_frameworks.py runs it
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PRINTED = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
PLACE = re.compile(r"`((?:litemem|scripts|tests|schema|docs)/[\w./-]*\w)")
SECONDS = 120  # for a command in a process of its own
MAX_PICTURE_BYTES = 100_000


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[tuple[str, str]]:
    """Return the blocks of these languages as (language, text), in order."""
    return [b for b in BLOCK.findall(page.read_text("utf-8")) if b[0] in languages]


def pages_that_run(*, with_models: bool) -> list[str]:
    names = [name_of(page) for page in PAGES if blocks(page, "python", "console")]
    names = [name for name in names if name not in ELSEWHERE]
    return [name for name in names if (name in WITH_MODELS) is with_models]


def run(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": name_of(page)}
    for language, text in blocks(page, "python", "console"):
        if language == "console":
            for command in commands(text, prompt="$ "):
                run_command(command)
        else:
            exec(compile(text, name_of(page), "exec"), namespace)


def run_command(words: list[str]) -> None:
    """Run a command of ours, or an `export` of variables, in this process."""
    if words[0] == "export":
        os.environ.update(word.split("=", 1) for word in words[1:])
        return
    assert words[0] == "litemem", words
    result = CliRunner().invoke(main, words[1:])
    assert result.exit_code == 0, (words, result.output)


def commands(text: str, prompt: str = "") -> Iterator[list[str]]:
    """Yield the words of each command in a block; those behind a pipe are commands too."""
    for line in text.splitlines():
        if line.startswith(prompt):
            lexer = shlex.shlex(line.removeprefix(prompt), posix=True, punctuation_chars="|>")
            lexer.whitespace_split = True
            words: list[str] = []
            for word in [*lexer, "|"]:
                if word != "|":
                    words.append(word)
                elif words:
                    yield words
                    words = []


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, and take back every variable that a page exports."""
    monkeypatch.chdir(tmp_path)
    for name in ("LITEMEM_DB", "LITEMEM_EMBEDDER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def check_output(page: Path, printed: str) -> None:
    for _, text in blocks(page, "python"):
        assert [line for line in PRINTED.findall(text) if line not in printed] == []


@pytest.mark.usefixtures("empty_folder")
@pytest.mark.parametrize("name", pages_that_run(with_models=False))
def test_the_code_of_a_page_runs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name], reason="needs the extra of the page")
    monkeypatch.setenv("LITEMEM_DB", "memory.db")
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    run(ROOT / name)
    check_output(ROOT / name, capsys.readouterr().out)


@pytest.mark.model
@pytest.mark.usefixtures("default_llm", "default_embedder", "empty_folder")
@pytest.mark.parametrize("name", pages_that_run(with_models=True))
def test_the_code_of_a_page_runs_with_the_models(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(ROOT / name)
    check_output(ROOT / name, capsys.readouterr().out)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    for language, text in blocks(page, "sh", "console"):
        prompt = "$ " if language == "console" else ""
        for words in commands(text, prompt):
            if "litemem" in words[:1]:
                parse_command(words[1:])


def parse_command(words: list[str]) -> None:
    """Parse a command line with the options of its command, without running it."""
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    arguments = words[: words.index(">")] if ">" in words else words
    options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    given = {word.partition("=")[0] for word in arguments if word.startswith("--")}
    assert given <= options, (command.name, given - options)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target, anchor in LINK.findall(re.sub(r"`[^`\n]*`", "", text)):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    places = set(PLACE.findall(page.read_text("utf-8")))
    home = {"litemem/memory.db", "litemem/models"}  # in the user's data folder
    assert [place for place in sorted(places - home) if not (ROOT / place).exists()] == []


def test_the_modules_that_the_page_on_architecture_names_exist() -> None:
    folder = ROOT / "docs" / "engineering"
    page = (folder / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"(?<![/\w])([\w/]+\.(?:py|toml|md))\b", page))
    places = (ROOT, ROOT / "litemem", folder)
    assert [n for n in sorted(named) if not any((place / n).exists() for place in places)] == []


def test_the_generated_pages_are_current() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "docs"), "--check"]
    done = subprocess.run(script, capture_output=True, encoding="utf-8", timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_is_in_the_site() -> None:
    listed = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    docs = ROOT / "docs"
    assert listed == {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")}


def test_the_readme_is_a_landing_page() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 80
    assert (ROOT / "docs" / "demo.svg").stat().st_size < MAX_PICTURE_BYTES
