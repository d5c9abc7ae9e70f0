"""The README and the pages beside it: what they show as code runs."""

import re
from pathlib import Path

import pytest

from helpers import ROOT

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> list[str]:
    """Return the Python that a page shows."""
    return _BLOCK.findall((ROOT / page).read_text("utf-8"))


def run(code: str) -> None:
    namespace: dict[str, object] = {}
    try:
        exec(code, namespace)
    finally:
        namespace["memory"].close()  # type: ignore[attr-defined]


def test_the_example_without_models_runs_as_it_stands() -> None:
    (code,) = (code for code in blocks("README.md") if "litemem.testing" in code)
    run(code)


@pytest.mark.model
@pytest.mark.usefixtures("default_llm", "default_embedder")
def test_the_example_with_models_finds_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    code, *_ = blocks("README.md")
    run(code)
    assert "shellfish" in capsys.readouterr().out


def test_the_config_that_the_page_on_mem0_shows_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("docs/engineering/compatibility.md")
    run(f"from litemem import Memory\n{code}")
    assert (tmp_path / "memory.db").exists()
