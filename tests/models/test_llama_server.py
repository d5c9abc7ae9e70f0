"""A language model of a real server of llama.cpp on this machine, with the tiny model.

It needs what `pip install 'llama-cpp-python[server]'` brings; `scripts/setup dev` installs that.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from click.testing import CliRunner

from helpers.model_samples import unused_port
from litemem import Memory
from litemem.cli import main
from litemem.core.protocols import Prompt
from litemem.errors import LLMError
from litemem.models import files
from litemem.models.resolve import resolve_llm

NEEDED = (
    "llama_cpp",
    "fastapi",
    "uvicorn",
    "sse_starlette",
    "starlette_context",
    "pydantic_settings",
)
START_SECONDS = 60
SCHEMA = {
    "type": "object",
    "properties": {"color": {"enum": ["red", "blue"]}},
    "required": ["color"],
    "additionalProperties": False,
}

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not all(map(find_spec, NEEDED)), reason="llama-cpp-python[server] is not installed"
    ),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = unused_port()
    model = files.verified_path("smollm2-135m")
    log = tmp_path_factory.mktemp("server") / "log"
    arguments = ["--model", str(model), "--model_alias", "tiny", "--n_ctx", "4096"]
    command = [sys.executable, "-m", "llama_cpp.server", *arguments, "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}/v1"
    try:
        wait_for(f"{base}/models", server, log)
        yield f"{base}#tiny"
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    direct = build_opener(ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            direct.open(url, timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def test_an_answer_has_the_form_of_the_schema(address: str) -> None:
    llm = resolve_llm(address)
    answer = llm.generate(
        Prompt("color", "Name the color.", ()), "The sky is blue.", schema=SCHEMA, max_tokens=32
    )
    assert json.loads(answer)["color"] in ("red", "blue")
    llm.close()


def test_facts_are_extracted_through_the_server(address: str, tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.db", embedder="hash", llm=address) as memory:
        result = memory.add("I am Cam and I live in Oslo.", user_id="cam")
        assert {each["event"] for each in result["results"]} <= {"ADD", "NONE"}
        assert memory.search("Oslo", user_id="cam")["results"]
        assert memory.process_pending()["results"] == []


def test_another_model_and_the_doctor_are_told(address: str, tmp_path: Path) -> None:
    db = str(tmp_path / "memory.db")
    fine = CliRunner().invoke(main, ["doctor", "--json", "--db", db, "--llm", address])
    (checked,) = [c for c in json.loads(fine.stdout)["checks"] if c["name"] == "language model"]
    assert checked["state"] == "ok"
    other = resolve_llm(address.replace("#tiny", "#other"))
    with pytest.raises(LLMError, match="tiny"):
        other.check()  # type: ignore[attr-defined]
