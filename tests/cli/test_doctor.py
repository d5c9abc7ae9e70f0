"""`litemem doctor`, and the tree of commands for programs."""

import json
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helpers import run_python
from helpers.chat_server import ChatServer
from helpers.model_samples import unused_port
from litemem import Memory
from litemem.cli import main
from litemem.errors import LLMError
from litemem.integrations.http import discovery
from litemem.store.sqlite.store import SqliteStore


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))
    return tmp_path / "memory.db"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    assert not isinstance(result.exception, Exception), "a traceback would be shown"
    return result.stdout


def checks(*arguments: str, code: int = 0) -> dict[str, dict[str, str]]:
    found = json.loads(run("doctor", "--json", *arguments, code=code))
    assert found["ok"] is (code == 0)
    return {check["name"]: check for check in found["checks"]}


def test_models_that_are_missing_are_named_with_the_command_that_fetches_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LITEMEM_EMBEDDER")
    found = checks(code=1)
    for name in ("embedder", "language model"):
        assert (found[name]["state"], found[name]["fix"]) == ("failed", "litemem models pull")
    assert found["apsw"]["state"] == "ok"
    assert "failed\tembedder\t" in run("doctor", code=1)


@pytest.mark.posix
def test_a_token_that_others_may_read_and_a_killed_server_are_named(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    llm = ("--llm", str(tmp_path / "m.gguf"))
    (tmp_path / "m.gguf").write_text("")
    assert "server" not in checks(*llm)
    token = discovery.token_file()
    discovery.make_token(token)
    left = discovery.Announcement(unused_port(), str(token), None, None, pid=1)
    discovery.announce(db, left)
    assert "was killed" in checks(*llm)["server"]["detail"]
    token.chmod(0o644)
    found = checks(*llm)["server"]
    assert (found["state"], found["fix"]) == ("warning", "litemem serve --new-token")
    assert "others may read the token" in found["detail"]
    discovery.make_token(token, replace=True)
    assert checks(*llm)["server"]["state"] == "ok"


def test_a_server_that_has_the_model_is_fine(db: Path) -> None:
    with ChatServer("good:4b", "llama") as server:
        found = checks("--llm", f"{server.url}#good:4b")
        assert found["language model"]["state"] == "ok"
        assert "4 billion parameters" in found["language model"]["detail"]
        absent = checks("--llm", f"{server.url}#other", code=1)["language model"]
        assert "has no model other: it has good:4b, llama" in absent["detail"]
    assert not db.exists()


def test_a_server_that_is_not_there_fails() -> None:
    found = checks("--llm", f"http://127.0.0.1:{unused_port()}/v1#m", code=1)
    assert "no server answers" in found["language model"]["detail"]


@pytest.fixture(scope="module")
def llm() -> Any:
    with ChatServer() as server:
        yield f"{server.url}#good:4b"


def test_a_sound_file_is_fine(db: Path, llm: str) -> None:
    with Memory(db) as memory:
        memory.add("tea", user_id="cam", infer=False)
    found = checks("--llm", llm)
    assert {found[name]["state"] for name in ("file", "folder", "locks")} == {"ok"}
    assert "1 memories" not in found["file"]["detail"]


def test_pending_turns_and_another_embedder_are_told(db: Path, llm: str) -> None:
    absent = f"http://127.0.0.1:{unused_port()}/v1#m"
    with Memory(db, llm=absent) as memory, pytest.raises(LLMError):
        memory.add("I like tea", user_id="cam")
    assert checks("--llm", llm)["pending turns"]["fix"] == "litemem pending"
    vectors = checks("--llm", llm, "--embedder", "hash:64", code=1)["vectors"]
    assert vectors["fix"].startswith("litemem reindex --embedder hash")


def test_another_program_that_writes_is_a_warning(db: Path, llm: str) -> None:
    with Memory(db) as memory:
        memory.add("tea", user_id="cam", infer=False)
        with closing(SqliteStore(db)) as store, store.write():
            assert checks("--llm", llm)["locks"]["state"] == "warning"


@pytest.mark.posix
def test_a_file_that_others_may_write_is_a_warning(db: Path, llm: str) -> None:
    with Memory(db) as memory:
        memory.add("tea", user_id="cam", infer=False)
    db.chmod(0o666)
    assert checks("--llm", llm)["mode"]["fix"] == f"chmod go-w {db}"


def test_a_file_that_is_not_ours_fails(db: Path, llm: str) -> None:
    db.write_bytes(b"no database " * 500)
    assert checks("--llm", llm, code=1)["file"]["state"] == "failed"


def test_without_llama_cpp_the_extra_is_named(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "import litemem.cli.doctor\n"
        "from litemem.cli import main\n"
        "sys.modules['litemem.cli.doctor'].LLAMA = 'a-package-that-nobody-has'\n"
        "main(['doctor', '--db', sys.argv[1]], standalone_mode=False)"
    )
    assert "pip install 'litemem[llama]'" in run_python(script, str(tmp_path / "a.db"))


def test_without_llama_cpp_no_language_model_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LITEMEM_EMBEDDER", raising=False)
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path))
    monkeypatch.setattr(import_module("litemem.cli.doctor"), "LLAMA", "a-package-that-nobody-has")
    found = checks(code=1)
    assert found["embedder"]["fix"] == "litemem models pull all-minilm-l6-v2-int8"
    assert "language model" not in found


# -- the tree of commands


def commands(tree: dict[str, Any]) -> list[str]:
    inner = [name for each in tree.get("commands", ()) for name in commands(each)]
    return [tree["command"], *inner]


@pytest.mark.parametrize("flags", [("--help", "--json"), ("--json", "-h")])
def test_the_tree_of_commands_is_json(flags: tuple[str, str]) -> None:
    tree = json.loads(run(*flags))
    assert {"litemem", "litemem search", "litemem models pull"} <= set(commands(tree))
    (add,) = [each for each in tree["commands"] if each["command"] == "litemem add"]
    (llm,) = [option for option in add["options"] if "--llm" in option["names"]]
    assert (llm["environment"], llm["type"]) == ("LITEMEM_LLM", "text")
    assert all(option["help"] for option in add["options"])


def test_one_command_has_its_own_tree() -> None:
    assert json.loads(run("models", "pull", "--help", "--json"))["command"] == "litemem models pull"


@pytest.mark.parametrize("arguments", [("--json",), ("nothing", "--help", "--json")])
def test_other_uses_of_the_flags_are_refused(arguments: tuple[str, ...]) -> None:
    run(*arguments, code=2)


def test_help_without_json_is_text() -> None:
    assert run("search", "--help").startswith("Usage: ")
