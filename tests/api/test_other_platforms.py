"""A stubbed Windows: there is no fork, files have no owners, and `os.kill` ends the process."""

from pathlib import Path

import pytest

from helpers import run_python

pytestmark = pytest.mark.posix  # elsewhere there is nothing to stub

# What Python has on POSIX only, and the library may use only after it has asked for it.
WINDOWS = """
import os, pathlib, sys
import fastembed, psutil, filelock, apsw, sqlite_vec, click, asyncio  # they ask for their platform
path = sys.argv[1]
sent = []
def refuse(pid, number):
    sent.append((pid, number))
for name in ("fork", "geteuid", "getuid", "register_at_fork", "O_NOFOLLOW", "O_NONBLOCK",
             "O_CLOEXEC", "sched_getaffinity", "killpg", "fchmod", "chown"):
    if hasattr(os, name):
        delattr(os, name)
os.kill, os.name, sys.platform = refuse, "nt", "win32"
for name, module in list(sys.modules.items()):
    if name.startswith("pathlib"):
        module.WindowsPath = module.PosixPath  # Path("…") asks for os.name
os.environ["LOCALAPPDATA"] = os.path.dirname(path)
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

def open_memory(*answers):
    return Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM(answers))
"""


def on_windows(script: str, *arguments: object) -> str:
    return run_python(f"{WINDOWS}{script}\nprint(sent)", *arguments)


def test_opening_adding_and_searching_sends_no_signal(tmp_path: Path) -> None:
    assert (
        on_windows(
            """
with open_memory(["User likes tea"], ["User likes rum"]) as memory:
    memory.add("I like tea", user_id="u")
    event = memory.add("I like rum", user_id="u", async_mode=True)["event_id"]
    print(memory.event(event)["status"] in ("PENDING", "RUNNING", "SUCCEEDED"))
    memory.flush(60)
    print(len(memory.search("tea", user_id="u")["results"]), memory.verify()["ok"])
""",
            tmp_path / "memory.db",
        )
        == "True\n2 True\n[]\n"
    )


def test_a_turn_that_another_process_claimed_is_judged_without_a_signal(tmp_path: Path) -> None:
    assert (
        on_windows(
            """
import subprocess, time
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.store.liveness import Claimant, Process, this_process
from dataclasses import replace
from litemem.store.protocol import TurnFilter
with open_memory(["User likes tea"]) as memory:
    dead = replace(this_process(), pid=2**22 + 5)
    with memory.store.write() as tx:
        tx.turns.open(Scope(user_id="u"), [Message("user", "I like tea")], {"categories": []}, 0)
        tx.turns.claim_next(Claimant("theirs", dead), TurnFilter())
    print([row["memory"] for row in memory.process_pending()["results"]])
""",
            tmp_path / "memory.db",
        )
        == "['User likes tea']\n[]\n"
    )


def test_model_files_are_checked_without_owners(tmp_path: Path) -> None:
    assert (
        on_windows(
            """
from litemem.models import files
os.environ["LITEMEM_MODELS"] = os.path.dirname(path) + "/models"
folder = files.models_folder() / "smollm2-135m"
folder.mkdir(parents=True)
(folder / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"wrong")
print([found.state for found in files.verify("smollm2-135m")])
""",
            tmp_path / "memory.db",
        )
        == "['wrong']\n[]\n"
    )


NO_OPEN_FILE_IS_RENAMED = """
real = os.replace
def replace(source, target, **folders):
    for each in apsw.connections():
        if each.filename and os.path.exists(target) and os.path.samefile(each.filename, target):
            raise PermissionError(13, "The process cannot access the file", str(target))
    real(source, target, **folders)
os.replace = replace
"""


def test_a_backup_and_a_restore_replace_a_file_that_must_not_be_open(tmp_path: Path) -> None:
    """Previously litemem itself had the file open, to keep other programs out."""
    script = """
from litemem import restore
with open_memory() as memory:
    memory.add("likes tea", user_id="u", infer=False)
    for _ in range(2):
        memory.backup(path + ".copy")
kept = restore(path + ".copy", path)
with open_memory() as memory:
    print(len(memory.get_all(user_id="u")["results"]), kept.exists())
"""
    told = on_windows(NO_OPEN_FILE_IS_RENAMED + script, tmp_path / "memory.db")
    assert told == "1 True\n[]\n"
