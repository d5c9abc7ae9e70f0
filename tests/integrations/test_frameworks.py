"""The examples of docs/frameworks.md, each with its framework, where that is installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import LIBRARY, ROOT, python_with

EXAMPLES = re.findall(
    r"^## (.+?)\n.*?^```python\n(.*?)^```$",
    (ROOT / "docs" / "frameworks.md").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
PACKAGES = {
    "LangChain": "langchain_mcp_adapters",
    "LlamaIndex": "llama_index.tools.mcp",
    "Pydantic AI": "pydantic_ai",
    "CrewAI": "crewai_tools",
}


def test_every_framework_has_an_example() -> None:
    assert [name for name, _ in EXAMPLES] == list(PACKAGES)


@pytest.mark.posix
@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=PACKAGES)
def test_a_framework_uses_the_server(name: str, code: str, tmp_path: Path) -> None:
    python = python_with(PACKAGES[name])
    if python is None:
        pytest.skip(f"needs {PACKAGES[name]}, and tests/compat/install_clients does not install it")
    command = tmp_path / "litemem"
    command.write_text(
        f"#!/bin/sh\nPYTHONPATH='{LIBRARY}' LITEMEM_EMBEDDER=hash "
        f"exec '{sys.executable}' -m litemem \"$@\"\n"
    )
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [python, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "OTEL_SDK_DISABLED": "true"},
    )
    assert done.returncode == 0, done.stderr
    assert "Cam avoids shellfish" in done.stdout
