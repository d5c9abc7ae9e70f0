"""The model libraries: no telemetry, short spin waits, and threads by the load."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers import AT_HOME, LIBRARY, run_python
from litemem.errors import LLMError
from litemem.models.llms import LlamaCppLLM
from litemem.models.runtimes import LOAD_SECONDS, FreeCores, _Times

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


@pytest.mark.parametrize(
    ("busy", "own", "cores", "most", "threads"),
    [
        (0.0, 0.0, 2, 2, 2),
        (2.0, 2.0, 2, 2, 2),  # all of it is this program's
        (2.0, 0.5, 2, 2, 1),
        (2.0, 0.0, 2, 2, 1),  # at least one
        (9.0, 1.0, 2, 2, 1),
        (1.0, 0.0, 16, 8, 8),  # of many cores, some are left
        (10.0, 0.0, 16, 8, 6),
        (1.0, 1.3, 4, 4, 4),  # the system counts roughly
    ],
)
def test_a_model_computes_with_the_cores_that_others_leave(
    busy: float, own: float, cores: int, most: int, threads: int
) -> None:
    before = _Times(at=7.0, busy=100.0, own=3.0, cores=cores)
    after = _Times(at=8.0, busy=100.0 + busy, own=3.0 + own, cores=cores)
    assert after.free_since(before, most) == threads


def test_the_load_is_looked_at_again_after_a_while() -> None:
    cores = FreeCores(2)
    time.sleep(LOAD_SECONDS + 0.05)
    assert cores.threads() in (1, 2)
    assert cores.threads() in (1, 2)


def test_without_llama_cpp_the_extra_is_named_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path))
    with pytest.raises(LLMError, match=r"pip install 'litemem\[llama\]'.*LITEMEM_LLM"):
        LlamaCppLLM().count_tokens("tea")
