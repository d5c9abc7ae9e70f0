"""Entries in the configuration of agents: written once, checked, and removed without a trace."""

import json
import os
import shlex
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from litemem.cli import main
from litemem.errors import ValidationError
from litemem.integrations import clients

CLIENTS = get_args(clients.Client)
COMMAND = ["/opt/lite mem/litemem"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CODEX_HOME", "CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def files(client: Any, home: Path, **options: Any) -> list[clients.ClientFile]:
    return clients.files_of(client, COMMAND, environment={"HOME": str(home)}, **options)


def install(client: str, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["install", client, "--command", "uvx litemem", *options])
    return done.exit_code, done.output


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def parsed(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_entry_is_written_once_and_removed(client: str, home: Path) -> None:
    assert install(client, "--dry-run")[0] == 0
    assert tree(home) == {}
    assert install(client)[0] == 0
    written = tree(home)
    code, output = install(client)
    assert (code, tree(home)) == (0, written)
    assert "nothing to change" in output
    for file in files(client, home):
        shown = json.dumps(parsed(file.path))
        assert "litemem" in shown
    assert install(client, "--uninstall")[0] == 0
    for file in files(client, home):
        assert parsed(file.path) == {}


@pytest.mark.parametrize("client", CLIENTS)
def test_entries_of_others_are_kept(client: str, home: Path) -> None:
    other: dict[str, Any] = {
        "mcpServers": {"other": {"command": "x"}},
        "servers": {"other": {"url": "http://127.0.0.1"}},
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "beep"}]}]},
        "z": "ü", "a": [1, 2.5, None],
    }  # fmt: skip
    toml = '# mine\nmodel = "x"  # best\n\n[mcp_servers.other]\ncommand = "x"\n'
    for file in files(client, home):
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text(toml if file.is_toml else json.dumps(other, indent=4), "utf-8")
    before = tree(home)
    install(client)
    for file in files(client, home):
        text = file.path.read_text("utf-8")
        if file.is_toml:
            assert text.startswith(toml)
        else:
            assert '\n    "z": "ü"' in text
    install(client, "--uninstall")
    after = {name: content for name, content in tree(home).items() if "before-litemem" not in name}
    assert {name: parsed(home / name) for name in after} == {
        name: tomllib.loads(text.decode()) if name.endswith("toml") else json.loads(text)
        for name, text in before.items()
    }


def test_keys_that_the_user_added_to_our_entry_are_kept(home: Path) -> None:
    install("codex", "--no-hooks")
    path = home / ".codex" / "config.toml"
    path.write_text(
        path.read_text() + 'startup_timeout_sec = 20\n\n[mcp_servers.litemem.env]\nA = "1"\n'
    )
    code, output = install("codex", "--no-hooks", "--user-id", "cam")
    assert code == 0, output
    entry = parsed(path)["mcp_servers"]["litemem"]
    assert entry["args"] == ["litemem", "mcp", "--user-id", "cam"]
    assert (entry["startup_timeout_sec"], entry["env"]) == (20, {"A": "1"})


@pytest.mark.parametrize(
    ("client", "name", "text"),
    [
        ("cursor", ".cursor/mcp.json", '{"mcpServers": {} // mine\n}'),
        ("cursor", ".cursor/mcp.json", "[]"),
        ("cursor", ".cursor/mcp.json", '{"mcpServers": []}'),
        ("cursor", ".cursor/mcp.json", '{"mcpServers": {"litemem": 3}}'),
        ("cursor", ".cursor/mcp.json", '{"mcpServers": {"a": {}}, "mcpServers": {"b": {}}}'),
        ("cursor", ".cursor/mcp.json", '{"a": 1e999}'),
        ("cursor", ".cursor/mcp.json", '{"a": NaN}'),
        ("claude-code", ".claude/settings.json", '{"hooks": {"Stop": [3]}}'),
        ("claude-code", ".claude/settings.json", "{"),
        ("codex", ".codex/config.toml", "model = "),
        ("codex", ".codex/config.toml", 'mcp_servers = { other = { command = "x" } }'),
        ("codex", ".codex/config.toml", 'mcp_servers.litemem.command = "x"'),
        ("codex", ".codex/config.toml", '[mcp_servers.litemem]\nargs = [\n  "a",\n]\n'),
    ],
)
def test_a_file_that_is_not_understood_is_left(
    client: str, name: str, text: str, home: Path
) -> None:
    path = home / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    code, output = install(client)
    assert code == 1, output
    assert str(path) in output
    assert tree(home) == {name: text.encode()}


def test_a_table_inside_a_string_is_not_ours(home: Path) -> None:
    path = home / ".codex" / "config.toml"
    path.parent.mkdir()
    text = 'notes = """\n[mcp_servers.litemem]\ncommand = "mine"\n"""\n'
    path.write_text(text)
    code, _ = install("codex", "--no-hooks")
    assert code == 1
    assert path.read_text() == text


@pytest.mark.posix
def test_mode_and_links_are_kept_and_the_old_file_stays(home: Path) -> None:
    real = home / "dotfiles" / "mcp.json"
    real.parent.mkdir()
    real.write_text('{"mcpServers": {"secret": {"command": "x"}}}')
    real.chmod(0o640)
    (home / ".cursor").mkdir()
    (home / ".cursor" / "mcp.json").symlink_to(real)
    assert install("cursor")[0] == 0
    assert (home / ".cursor" / "mcp.json").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    (backup,) = real.parent.glob("*before-litemem*")
    assert backup.read_text() == '{"mcpServers": {"secret": {"command": "x"}}}'
    assert stat.S_IMODE(backup.stat().st_mode) == 0o640
    assert len(list(real.parent.iterdir())) == 2


def test_a_change_of_another_program_is_not_lost(home: Path) -> None:
    path = home / "c.json"
    path.write_text("{}")
    turns = iter(range(10))

    def edit(document: dict[str, Any]) -> None:
        if next(turns) == 0:
            path.write_text('{"other": 1}')  # between the look and the write
        document["ours"] = 1

    clients.apply(clients.ClientFile(path, edit))
    assert json.loads(path.read_text()) == {"other": 1, "ours": 1}


def test_an_old_command_of_ours_is_replaced(home: Path) -> None:
    install("claude-code", "--user-id", "ana")
    install("claude-code", "--user-id", "cam")
    hooks = parsed(home / ".claude" / "settings.json")["hooks"]
    assert set(hooks) == {"SessionStart", "UserPromptSubmit", "Stop", "PreCompact"}
    commands = [hook["command"] for groups in hooks.values() for g in groups for hook in g["hooks"]]
    assert len(commands) == 4
    assert all(command.endswith("--user-id cam") for command in commands)


def test_the_settings_of_the_shell_are_written_for_the_agent(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    address = "http://127.0.0.1:11434/v1#qwen3:4b"
    for name, value in (
        ("LITEMEM_DB", "memory.db"),
        ("LITEMEM_USER_ID", "ana"),
        ("LITEMEM_EMBEDDER", "models/mine"),
        ("LITEMEM_LLM", address),
    ):
        monkeypatch.setenv(name, value)
    assert install("claude-code")[0] == 0
    shared = ["--user-id", "ana", "--db", os.path.realpath(home / "memory.db")]
    shared += ["--embedder", os.path.realpath(home / "models" / "mine")]
    entry = parsed(home / ".claude.json")["mcpServers"]["litemem"]
    assert entry["args"] == ["litemem", "mcp", *shared, "--llm", address]
    (group,) = parsed(home / ".claude" / "settings.json")["hooks"]["Stop"]
    words = shlex.split(group["hooks"][0]["command"], posix=os.name == "posix")
    assert words == ["uvx", "litemem", "hook", "stop", *shared]


def test_an_entry_is_removed_with_any_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert install("cursor")[0] == 0
    monkeypatch.setenv("LITEMEM_DB", str(home / "gone" / "memory.db"))
    code, output = install("cursor")
    assert code == 1
    assert f"there is no folder {home / 'gone'}" in output
    assert install("cursor", "--uninstall")[0] == 0
    assert parsed(home / ".cursor" / "mcp.json") == {}


def test_paths_with_spaces_are_quoted(home: Path) -> None:
    _, settings = files("claude-code", home)
    change = clients.plan(settings)
    line = json.loads(change.after)["hooks"]["Stop"][0]["hooks"][0]["command"]
    assert line.startswith(("'/opt/lite mem/litemem' hook", '"/opt/lite mem/litemem" hook'))


def test_a_folder_in_place_of_the_file_is_an_error(home: Path) -> None:
    (home / ".cursor" / "mcp.json").mkdir(parents=True)
    with pytest.raises((OSError, ValidationError)):
        clients.plan(files("cursor", home)[0])
    assert [path.name for path in (home / ".cursor").iterdir()] == ["mcp.json"]


@pytest.mark.posix
@pytest.mark.parametrize("is_pipe", [True, False])
def test_a_pipe_or_a_device_in_place_of_the_file_is_not_read(is_pipe: bool, home: Path) -> None:
    path = home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    if is_pipe:
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    code, output = install("cursor")
    assert code == 1
    assert "not a regular file" in output


def test_half_a_surrogate_pair_of_another_entry_is_kept(home: Path) -> None:
    path = home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    path.write_text('{"title": "cut \\ud83d", "name": "Ana é"}', encoding="utf-8")
    code, output = install("cursor")
    assert code == 0, output
    kept = parsed(path)
    assert (kept["title"], kept["name"]) == ("cut \ud83d", "Ana é")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "text",
    [
        'model = "x"\n',
        '[mcp_servers.other]\ncommand = "x"\n\n# the end\n',
        '# a\u2028b\nmodel = "\u0085\u2028"\n',
        "",
    ],
)
def test_lines_of_others_in_toml_stay_byte_by_byte(text: str, newline: str, home: Path) -> None:
    path = home / ".codex" / "config.toml"
    path.parent.mkdir()
    before = text.replace("\n", newline).encode()
    path.write_bytes(before)
    for options in ([], ["--user-id", "ana 😀 \x7f"]):
        assert install("codex", "--no-hooks", *options)[0] == 0
        assert path.read_bytes().startswith(before)
    assert parsed(path)["mcp_servers"]["litemem"]["args"][-1] == "ana 😀 \x7f"
    assert install("codex", "--no-hooks", "--uninstall")[0] == 0
    assert path.read_bytes() == before


def test_comments_before_the_table_that_follows_ours_stay(home: Path) -> None:
    path = home / ".codex" / "config.toml"
    path.parent.mkdir()
    rest = '# my projects\n[projects."/x"]\ntrust_level = "trusted"\n'
    path.write_text(f'model = "x"\n\n[mcp_servers.litemem] # old\ncommand = "x"\n\n{rest}')
    assert install("codex", "--no-hooks")[0] == 0
    assert path.read_text().endswith(f"\n\n{rest}")
    assert install("codex", "--no-hooks", "--uninstall")[0] == 0
    assert path.read_text() == f'model = "x"\n\n{rest}'


def test_the_ends_of_lines_in_json_stay(home: Path) -> None:
    path = home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    path.write_bytes(b'{\r\n    "a": "b"\r\n}\r\n')
    assert install("cursor")[0] == 0
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") == 12
    assert install("cursor", "--uninstall")[0] == 0
    assert path.read_bytes() == b'{\r\n    "a": "b"\r\n}\r\n'


@pytest.mark.posix
@pytest.mark.parametrize("wrong", ["read-only", "loop", "folder"])
def test_nothing_is_written_if_one_file_cannot_be(wrong: str, home: Path) -> None:
    path = home / ".claude" / "settings.json"
    if wrong == "folder":
        path.parent.write_text("a file")
    else:
        path.parent.mkdir()
    if wrong == "read-only":
        path.write_text("{}")
        path.chmod(0o444)
    elif wrong == "loop":
        path.symlink_to(path.name)
    before = tree(home)
    code, output = install("claude-code")
    assert code == 1
    assert str(path) in output
    assert tree(home) == before
    assert path.is_symlink() == (wrong == "loop")


def test_a_file_that_is_not_edited_is_answered_with_the_entry_to_add(home: Path) -> None:
    for name, text in (
        (".cursor/mcp.json", "{} // mine"),
        (".codex/config.toml", "mcp_servers={}"),
    ):
        (home / name).parent.mkdir()
        (home / name).write_text(text)
    code, output = install("cursor")
    assert code == 1
    shown = output[output.index("{") : output.index("litemem:")]
    entry = json.loads(shown)["mcpServers"]["litemem"]
    assert entry == {"command": "uvx", "args": ["litemem", "mcp"]}
    code, output = install("codex")
    assert code == 1
    entry = tomllib.loads(output[output.index("[mcp_servers") : output.index("litemem:")])
    assert entry["mcp_servers"]["litemem"]["args"] == ["litemem", "mcp"]


@pytest.mark.parametrize(
    "options",
    [("--command", " "), ("--command", ""), ("--command", "'"), ("--user-id", ""),
     ("--user-id", " "), ("--db", "")],
)  # fmt: skip
def test_what_no_server_could_run_with_is_refused(options: tuple[str, str], home: Path) -> None:
    done = CliRunner().invoke(main, ["install", "cursor", *options])
    assert done.exit_code in (1, 2)
    assert isinstance(done.exception, SystemExit), done.exception
    assert "litemem:" in done.output or "Error:" in done.output
    assert tree(home) == {}


def doctor() -> dict[str, dict[str, str]]:
    done = CliRunner().invoke(main, ["doctor", "--json"])
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_doctor_names_the_command_that_mends_a_client(
    client: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(home / "memory.db"))
    assert client not in doctor()
    program = home / "litemem"
    program.symlink_to(sys.executable)
    own = [client, "--command", str(program), "--user-id", "ana lee"]
    assert CliRunner().invoke(main, ["install", *own]).exit_code == 0
    assert doctor()[client]["state"] == "ok"
    server, *hooks = files(client, home)
    options = f"--user-id 'ana lee' --db {shlex.quote(os.path.realpath(home / 'memory.db'))}"
    for file in hooks:
        text = file.path.read_text("utf-8")
        file.path.write_text(text.replace("hook stop", "other stop"), "utf-8")
        found = doctor()[client]
        assert (found["state"], found["fix"]) == ("warning", f"litemem install {client} {options}")
        assert "not all hooks" in found["detail"]
        file.path.write_text(text, "utf-8")
    assert CliRunner().invoke(main, ["install", client, "--command", "/gone/x"]).exit_code == 0
    assert "/gone/x, which is not there" in doctor()[client]["detail"]
    for wrong in (
        "{", "[]", '{"mcpServers": 3, "servers": {"litemem": []}}',
        '{"mcpServers": {"litemem": "x"}, "servers": {"litemem": ["x"]}}',
    ):  # fmt: skip
        server.path.write_text(wrong)
        assert "left as it is" in doctor()[client]["detail"]
