"""The model libraries: no telemetry, and short spin waits of their threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import AT_HOME, LIBRARY, run_python

LOAD_EMBEDDER = f"""
{AT_HOME}
before = dict(os.environ)
from litemem.models import runtimes as libraries
libraries.fastembed()
import onnxruntime
assert dict(os.environ) == before
"""
LOAD_LLM = "from litemem.models import runtimes as libraries; libraries.llama_cpp()"


@pytest.mark.slow
def test_loading_the_embedder_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    run_python(LOAD_EMBEDDER, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="llama.cpp waits by OpenMP on Linux")
@pytest.mark.parametrize(("own", "used"), [({}, "1000"), ({"GOMP_SPINCOUNT": "77"}, "77")])
def test_threads_of_llama_cpp_wait_shortly_unless_the_user_says_how_long(
    own: dict[str, str], used: str
) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    environment = {**kept, "PYTHONPATH": str(LIBRARY), "OMP_DISPLAY_ENV": "VERBOSE", **own}
    command = [sys.executable, "-B", "-c", LOAD_LLM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert f"GOMP_SPINCOUNT = '{used}'" in done.stderr
