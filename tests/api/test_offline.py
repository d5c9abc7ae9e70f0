"""After the models are on disk nothing is connected; the only sockets are those that docs name."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT

# the events of Python code on sockets, in a list that the program prints at its end
HOOK = """
import json, sys
events = []
def hook(event, args):
    if event.startswith("socket."):
        events.append([event, str(args[1:])])
sys.addaudithook(hook)
"""
MAIN_PATH = """
from litemem import Memory, MemoryClient
from litemem.testing import ScriptedLLM
def run(path, embedder):
    options = {} if embedder is None else {"embedder": embedder}
    llm = ScriptedLLM([["User likes tea"], {"relations": []}])
    with Memory(path, llm=llm, **options) as memory:
        memory.add("I like tea.", user_id="u", enable_graph=True)
        memory.add("I like coffee", user_id="u", infer=False)
        memory.search("tea", user_id="u", threshold=0)
        (first, *_) = memory.get_all(user_id="u")["results"]
        memory.update(first["id"], "User likes green tea")
        memory.history(first["id"])
        memory.export_file(path + ".jsonl")
        memory.import_file(path + ".jsonl", on_conflict="skip")
        memory.add("I live in Oslo.", user_id="u", async_mode=True)
        memory.backup(path + ".copy")
        memory.cleanup(user_id="u", expired=True)
        memory.verify(full=True)
        memory.reindex()
        memory.erase(user_id="u")
    with MemoryClient(path=path, llm=llm, **options) as client:
        client.search("tea", filters={"user_id": "u"})
"""
PROBE = [["socket.__new__", "10"], ["socket.bind", "::1"]]  # urllib3's, when it is imported


def run(code: str, *arguments: str, prefix: tuple[str, ...] = ()) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*prefix, sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def events_of(code: str, *arguments: str) -> list[list[str]]:
    found: list[list[str]] = json.loads(run(f"{HOOK}{code}\nprint(json.dumps(events))", *arguments))
    return found


def traced(code: str, folder: Path, *arguments: str) -> list[str]:
    """Return the calls on sockets that the program and its libraries in C made."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    log = folder / "calls.txt"
    prefix = ("strace", "-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o", str(log))
    run(code, *arguments, prefix=prefix)
    return [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]


def test_no_socket_is_opened_without_the_library_of_the_embedder(tmp_path: Path) -> None:
    code = f"{MAIN_PATH}run(sys.argv[1], 'hash')"
    assert events_of(code, str(tmp_path / "memory.db")) == []


def test_no_socket_is_opened_by_libraries_in_c(tmp_path: Path) -> None:
    code = f"import sys\n{MAIN_PATH}run(sys.argv[1], 'hash')"
    assert traced(code, tmp_path, str(tmp_path / "memory.db")) == []


def test_the_command_opens_no_socket(tmp_path: Path) -> None:
    code = """
import os
os.environ["LITEMEM_EMBEDDER"] = "hash"
from litemem.cli import main
for line in ("add x --user-id u --no-infer", "search x --user-id u", "list --user-id u", "info"):
    main([*line.split(), "--db", sys.argv[1], "--json"], standalone_mode=False)
print()
"""
    found = run(f"{HOOK}{code}\nprint(json.dumps(events))", str(tmp_path / "memory.db"))
    assert found.splitlines()[-1] == "[]"


def is_the_probe(found: list[list[str]]) -> bool:
    """Return True if the events are those of urllib3, which looks for IPv6 on this machine."""
    names = [event for event, _ in found]
    return names == [event for event, _ in PROBE] and "'::1', 0" in found[1][1]


def test_the_library_of_the_embedder_binds_one_socket_and_connects_nothing() -> None:
    code = "from litemem.models.runtimes import fastembed, llama_cpp\nfastembed()\nllama_cpp()"
    found = events_of(code)
    assert found == [] or is_the_probe(found), found


def test_an_event_loop_brings_its_own_pair_of_sockets_and_no_other(tmp_path: Path) -> None:
    code = """
import asyncio
from litemem import AsyncMemory
async def main():
    async with AsyncMemory(sys.argv[1], embedder="hash") as memory:
        await memory.add("x", user_id="u", infer=False)
        await memory.search("x", user_id="u")
asyncio.run(main())
"""
    bare = "import asyncio\nasync def main(): pass\nasyncio.run(main())"
    found = [name for name, _ in events_of(code, str(tmp_path / "memory.db"))]
    assert found == [name for name, _ in events_of(bare)]


@pytest.mark.model
def test_the_models_connect_nothing(tmp_path: Path) -> None:
    code = f"import sys\n{MAIN_PATH}run(sys.argv[1], None)"
    calls = traced(code, tmp_path, str(tmp_path / "memory.db"))
    assert [call.partition("(")[0] for call in calls] in ([], ["socket", "bind"])
    assert not calls or '"::1"' in calls[1]
