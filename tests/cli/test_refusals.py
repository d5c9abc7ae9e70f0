"""Refusals and dry runs of commands: one line of advice, and nothing changed."""

import json
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from helpers import run_python, schema_file
from litemem import Memory
from litemem.cli import main
from litemem.testing import HashEmbedder, ScriptedLLM

READING = ("list --everyone", "search --everyone x", "get x", "history x", "log x", "scopes")
READING += ("info", "verify", "export", "pending", "reindex", "vacuum", "delete x", "erase x --yes")
READING += ("backup {0}.copy", "salvage {0}.saved")


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A file with one memory of cam's."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add("Cam avoids shellfish", user_id="cam", infer=False)
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """The path of a file that is not there."""
    (tmp_path / "new").mkdir()
    return tmp_path / "new" / "new.db"


def run(command: str, db: Path, code: int, **options: Any) -> Result:
    line = [*command.format(db).split(), "--db", str(db)]
    result = CliRunner().invoke(main, line, **options)
    assert result.exit_code == code, result.output
    assert not isinstance(result.exception, Exception), "a traceback would be shown"
    return result


# -- files that are not there, or empty


@pytest.fixture
def exported(db: Path, tmp_path: Path) -> Path:
    run(f"export {tmp_path / 'all.jsonl'}", db, 0)
    return tmp_path / "all.jsonl"


def without_vectors(path: Path) -> str:
    return path.read_text("utf-8")


def with_another_sum(path: Path) -> str:
    return path.read_text("utf-8").replace("Cam avoids", "Cam adores")


def markdown(_: Path) -> str:
    return "# Memories\n- Cam avoids shellfish\n"


def test_an_import_s_rehearsal_makes_no_file(exported: Path, new: Path) -> None:
    told = run(f"import {exported} --dry-run --json", new, 0).stdout
    assert (json.loads(told)["dry_run"], json.loads(told)["added"]) == (True, 1)
    assert list(new.parent.iterdir()) == []


@pytest.mark.parametrize("content", [with_another_sum, markdown])
@pytest.mark.parametrize("options", ["", "--dry-run"])
def test_a_refused_import_makes_no_file(
    exported: Path, new: Path, content: Callable[[Path], str], options: str
) -> None:
    exported.write_text(content(exported), "utf-8")
    run(f"import {exported} {options}", new, 1)
    assert list(new.parent.iterdir()) == []


def test_an_import_without_its_model_makes_no_file(exported: Path, new: Path) -> None:
    told = run(f"import {exported}", new, 1, env={"LITEMEM_EMBEDDER": ""}).stderr
    assert "run `litemem models pull`" in told
    assert list(new.parent.iterdir()) == []


def test_an_import_into_a_new_file_takes_everything(exported: Path, new: Path) -> None:
    assert run(f"import {exported}", new, 0).stderr == "memories: 1 added; embedded: 1\n"
    assert "Cam avoids shellfish" in run("list --user-id cam", new, 0).stdout


@pytest.mark.parametrize("command", READING)
def test_an_empty_file_stays_empty(new: Path, command: str) -> None:
    new.touch()
    told = run(command, new, 1).stderr
    assert told == f"litemem: {new} is empty: give the path of a litemem file\n"
    assert [path.name for path in new.parent.iterdir()] == [new.name]
    assert new.stat().st_size == 0


@pytest.mark.posix  # modes of POSIX
def test_an_empty_file_that_is_taken_over_is_its_owner_s_alone(new: Path) -> None:
    new.touch(0o644)
    run("add --no-infer --user-id cam tea", new, 0)
    assert stat.S_IMODE(new.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", [*READING[:10], "add --no-infer --user-id cam x", "import -"])
def test_a_folder_that_is_not_there_is_named_once(tmp_path: Path, command: str) -> None:
    path = tmp_path / "none" / "memory.db"
    told = run(command, path, 1, input="").stderr
    if command != "import -":
        assert told == (
            f"litemem: {path}: there is no folder {path.parent}; make it, or give another path\n"
        )
    assert not path.parent.exists()


# -- what a shell calls it


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("list --user-id cam --limit -1", "'--limit': -1 is not in the range x>=0"),
        ("search --user-id cam --top-k -1 x", "'--top-k': -1 is not in the range x>=0"),
        ("search --user-id cam --threshold 2 x", "'--threshold': 2.0 is not in the range 0<=x<=1"),
        ("cleanup --user-id cam", "Nothing to clean up: give --expired, --older-than"),
        ("cleanup --user-id cam --older-than 5x", "--older-than must be a duration"),
        ("cleanup --user-id cam --keep-last 0", "'--keep-last': 0 is not in the range x>=1"),
        ("cleanup --user-id cam --matching", "--matching requires --filter"),
        ("add --no-infer --user-id cam --timestamp soon x", "--timestamp='soon' is not a time"),
        ("add --user-id cam --type procedural_memory x", "requires --agent-id"),
        ("update x --expires-at soon", "--expires-at='soon' is not a time"),
        ("list --user-id *", '--user-id="*" matches any id'),
        ("backup {0}.copies --keep 0", "'--keep': 0 is not in the range x>=1"),
        ("backup {0} --keep 3", "--keep requires a folder"),
        ("delete --all --user-id cam", "give --yes"),
        ("cleanup --user-id cam --older-than 0s", "give --yes"),
        ("erase --user-id cam", "give --yes"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_names_the_option(
    db: Path, command: str, complaint: str
) -> None:
    told = run(command, db, 2).stderr
    assert complaint in told
    for python in ("top_k", "()", "older_than", "expires_at=", "agent_id", "user_id", "copying"):
        assert python not in told
    assert "Cam avoids shellfish" in run("list --user-id cam", db, 0).stdout


def test_an_error_names_the_command_and_not_the_call(db: Path, tmp_path: Path) -> None:
    told = run("add --user-id cam tea", db, 1).stderr
    assert told.endswith("(the messages are kept: `litemem pending` tries again)\n")
    run(f"export {tmp_path / 'all.jsonl'}", db, 0)
    told = run(f"export {tmp_path / 'all.jsonl'}", db, 1).stderr
    assert told.endswith("exists: give another name, or --force to replace it\n")
    assert "Give --on-conflict" in run(f"import {tmp_path / 'all.jsonl'}", db, 1).stderr


@pytest.mark.parametrize("command", ["history", "log", "get"])
@pytest.mark.parametrize("as_json", ["", " --json"])
def test_an_unknown_id_ends_with_1(db: Path, command: str, as_json: str) -> None:
    result = run(f"{command} nope{as_json}", db, 1)
    assert (result.stdout, "'nope'" in result.stderr) == ("", True)


@pytest.mark.parametrize("command", ["backup {0}", "restore {0}", "restore {0}.none --yes"])
def test_a_refused_call_shows_no_progress(db: Path, command: str) -> None:
    result = CliRunner().invoke(main, [*command.format(db).split(), "--db", str(db)])
    assert result.exit_code != 0
    assert "copying" not in result.stderr
    assert "restoring" not in result.stderr


def test_models_that_are_not_here_are_no_verified_models() -> None:
    result = CliRunner().invoke(main, ["models", "verify"])
    assert (result.exit_code, result.stderr) == (
        1,
        "litemem: no models are installed: run `litemem models pull`\n",
    )


def test_nothing_to_extract_is_not_an_extraction_without_facts(db: Path) -> None:
    assert run("pending", db, 0).stderr == "no pending turns\n"


@pytest.mark.parametrize("time", ["yesterday", "2026-13-45", "12:00", "1", "", "0000-01-01"])
def test_a_time_that_is_none_is_answered_with_an_example(db: Path, time: str) -> None:
    """Previously with Python's message: "Invalid isoformat string"."""
    line = ["list", "--everyone", "--as-of", time, "--db", str(db)]
    told = CliRunner().invoke(main, line).stderr.splitlines()[-1]
    example = "give one in ISO 8601, such as 2026-03-01 or 2026-03-01T09:30:00Z"
    assert told == f"Error: --as-of='{time}' is not a time: {example}"


def test_a_text_that_another_tool_changed_names_what_mends_it(db: Path) -> None:
    run_python(
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n"
        'c.execute("DROP TRIGGER IF EXISTS memory_text_update")\n'
        "c.execute(\"UPDATE memory SET content = 'Cam adores shellfish'\")\nc.commit()",
        db,
    )
    assert "litemem verify --full" in run("list --user-id cam", db, 0).stderr
    assert "--accept-edited" in run("verify --fix", db, 1).stderr
    assert "Cam adores shellfish" not in run("list --user-id cam", db, 0).stdout
    run("verify --accept-edited --embedder hash", db, 0)
    assert "Cam adores shellfish" in run("list --user-id cam", db, 0).stdout


# -- read-only media

AS_NOBODY = """
import os, shutil, sys, tempfile
from click.testing import CliRunner
from litemem.cli import main
from litemem.store.sqlite.store import SqliteStore
kept = SqliteStore(":memory:")  # sqlite-vec is loaded while its file may be read
os.environ["LITEMEM_MODELS"] = "/nowhere"
with tempfile.TemporaryDirectory() as folder:
    for line in sys.argv[2:]:  # everything is imported while it may be read
        copy = shutil.copy(sys.argv[1], os.path.join(folder, "copy.db"))
        CliRunner().invoke(main, [*line.split(), "--db", copy])
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for line in sys.argv[2:]:
    done = CliRunner().invoke(main, [*line.split(), "--db", sys.argv[1]])
    print(done.exit_code, done.output.replace(chr(10), " "))
"""


@pytest.fixture
def sealed(db: Path) -> Iterator[Path]:
    """The file in a folder that nobody may write, though all may read it, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "memory.db"
        path.write_bytes(db.read_bytes())
        path.chmod(0o644)
        path.parent.chmod(0o555)
        yield path
        path.parent.chmod(0o755)


@pytest.mark.posix  # users of POSIX
def test_every_reading_command_works_where_nothing_can_be_written(sealed: Path) -> None:
    reading = ["list --user-id cam", "search --user-id cam shellfish", "export", "info", "scopes"]
    reading += ["verify", "verify --full", "export --format markdown"]
    told = run_python(AS_NOBODY, sealed, *reading).splitlines()
    assert [line.split()[0] for line in told] == ["0"] * len(reading)
    assert "Cam avoids shellfish" in told[0]
    assert "Cam avoids shellfish" in told[1]
    assert "Cam avoids shellfish" in told[2]
    assert "the full text matches the memories\t0\tnot compared" in told[6]
    assert [path.name for path in sealed.parent.iterdir()] == ["memory.db"]


@pytest.mark.posix  # users of POSIX
def test_a_writing_command_there_is_refused_in_words(sealed: Path) -> None:
    writing = ["add --no-infer --user-id cam tea", "erase --user-id cam --yes", "vacuum"]
    for line in run_python(AS_NOBODY, sealed, *writing).splitlines():
        assert line.startswith("1 ")
        assert "may not be written; check permissions" in line


@pytest.mark.posix  # users of POSIX
def test_an_old_file_there_says_what_can_be_done(sealed: Path) -> None:
    sealed.write_bytes(schema_file(1).read_bytes())
    (listed, told) = run_python(AS_NOBODY, sealed, "list --everyone", "info").splitlines()
    assert listed.startswith("1 ")
    assert "litemem backup" in listed
    assert told.startswith("0 ")
