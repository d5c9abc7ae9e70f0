"""The command as a process: exit codes, pipes, signals, the terminal, imports."""

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

import litemem
from litemem import Memory
from litemem.cli.errors import exit_on_ctrl_c
from litemem.errors import LLMError, StoreError
from litemem.store.sqlite.stats import file_stats
from litemem.testing import HashEmbedder, ScriptedLLM

COMMAND = (sys.executable, "-m", "litemem")
MODELS = {name: value for name, value in os.environ.items() if name == "LITEMEM_MODELS"}
PIPE_BYTES = 200_000  # more than a pipe takes before somebody reads
SECONDS = 60
SPAWN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"

posix = pytest.mark.posix  # signals and terminals


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("PYTHONPATH", str(Path(litemem.__file__).parents[1]))
    return tmp_path / "memory.db"


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    options = {"stdin": subprocess.DEVNULL} | options if "input" not in options else options
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [*COMMAND, *arguments], capture_output=True, encoding="utf-8", timeout=SECONDS, **options
    )


def fill(db: Path, number: int) -> None:
    said = [{"role": "user", "content": f"{i}: {'word ' * 40}"} for i in range(number)]
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add(said, user_id="cam", infer=False)


@pytest.mark.slow
def test_the_exit_code_distinguishes_success_failure_and_misuse() -> None:
    add = ("add", "--no-infer", "--user-id", "cam")
    assert run(*add, "tea").returncode == 0
    assert run(*add, input="coffee").returncode == 0
    failed, misused = run("get", "nonsense"), run("list", "--nonsense")
    assert (failed.returncode, misused.returncode) == (1, 2)
    assert failed.stderr == "litemem: no memory has the id 'nonsense'\n"
    assert (failed.stdout, misused.stdout) == ("", "")


def test_bytes_that_are_no_text_are_refused_in_words() -> None:
    done = run("add", "--no-infer", "--user-id", "cam", os.fsdecode(b"\xff"))
    assert done.returncode == 1
    assert "surrogate" in done.stderr


def test_a_reader_that_leaves_early_is_not_complained_about(db: Path) -> None:
    fill(db, 2_000)
    command = [*COMMAND, "list", "--everyone", "--limit", "2000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in (complaints := process.stderr.read())
    assert (
        complaints.decode().replace("showing the newest 2,000; give --limit to see more\n", "")
        == ""
    )


@posix
def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    command = [*COMMAND, "add", "--no-infer", "--user-id", "cam"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"x" * PIPE_BYTES)  # returns when the command reads its input
        process.stdin.flush()
        time.sleep(0.5)  # a signal that comes between two reads is only seen after the second
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
        assert process.stderr.read() == b"interrupted\n"


@pytest.mark.parametrize("place", ["main", "parse_args", "__exit__"])
def test_ctrl_c_before_and_after_the_command_has_the_same_exit_code(
    place: str, tmp_path: Path
) -> None:
    """Previously it ended with 1, which a script takes for a failure."""
    code = (
        "import sys\nimport click\nfrom litemem.cli import main\n"
        "def profile(frame, event, _):\n"
        "    is_there = frame.f_code.co_filename == click.core.__file__\n"
        f"    if event == 'call' and is_there and frame.f_code.co_name == {place!r}:\n"
        "        sys.setprofile(None)\n        raise KeyboardInterrupt\n"
        "sys.argv = ['litemem', 'info', '--db', sys.argv[1]]\n"
        "sys.setprofile(profile)\nmain()"
    )
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder()):
        pass
    command = [sys.executable, "-c", code, str(tmp_path / "memory.db")]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS)
    assert done.returncode == 130
    assert b"Traceback" not in done.stderr


@posix
def test_ctrl_c_also_ends_work_that_lets_no_exception_through() -> None:
    code = (
        "import ctypes, os, signal, time\nfrom litemem.cli.errors import exit_on_ctrl_c\n"
        "def wait():\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(30)\n"
        "with exit_on_ctrl_c(lambda: 'all is kept'):\n    ctypes.CFUNCTYPE(None)(wait)()\n"
        "print('it went on')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"all is kept\n")


@posix
def test_work_that_nobody_interrupts_leaves_ctrl_c_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT), threading.active_count()
    with exit_on_ctrl_c(lambda: "never said"):
        assert threading.active_count() == before[1] + 1
    assert (signal.getsignal(signal.SIGINT), threading.active_count()) == before


@posix
@pytest.mark.model
@pytest.mark.usefixtures("default_llm")
@pytest.mark.parametrize("command", [["add", "--user-id", "cam", "--messages", "-"], ["pending"]])
def test_ctrl_c_while_the_model_thinks_says_that_the_messages_are_kept(
    db: Path, command: list[str]
) -> None:
    others = {name: value for name, value in os.environ.items() if name != "LITEMEM_MODELS"}
    said = [{"role": "user", "content": f"I like place {i}."} for i in range(40)]
    if command == ["pending"]:
        memory = Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([]))
        with memory, pytest.raises(LLMError):
            memory.add(said, user_id="cam")
    with subprocess.Popen(
        [*COMMAND, *command],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=others | MODELS,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(said).encode())
        process.stdin.close()
        while not (db.exists() and db.stat().st_size and is_claimed(db)):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1)  # until the model is being loaded, or asked
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
        kept = b"interrupted; the messages are stored: run `litemem pending` to continue\n"
        assert process.stderr.read() == kept
    assert waiting(db) == 1


def is_claimed(db: Path) -> bool:
    """Return True once another process has begun to extract a turn of the file."""
    try:
        with closing(sqlite3.connect(db)) as connection:
            return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM claim)").fetchone()[0])
    except sqlite3.Error:  # the file is being created
        return False


def waiting(db: Path) -> int:
    """Return how many turns wait in a file that another process may just be making."""
    try:
        return file_stats(str(db), 0).overview.pending_turns
    except StoreError:
        return 0


@posix
@pytest.mark.parametrize("stream", ["stdout", "stdin"])
def test_a_closed_stream_is_no_traceback(stream: str, db: Path) -> None:
    fill(db, 1)
    command = {"stdout": "list --everyone >&-", "stdin": "add --user-id cam <&-"}[stream]
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m litemem {command}', sys.executable],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert done.returncode == {"stdout": 0, "stdin": 2}[stream]
    assert "Traceback" not in done.stderr


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full")
def test_a_full_disk_behind_stdout_is_reported_in_one_line(db: Path) -> None:
    fill(db, 1)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "list", "--everyone"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=SECONDS,
        )
    assert (done.returncode, done.stderr) == (1, "litemem: No space left on device\n")


@posix
def test_a_table_fits_the_terminal(db: Path) -> None:
    fill(db, 1)
    shown = on_terminal("list", "--everyone", columns=40)
    assert len(shown.splitlines()) == 5  # the date, the id, three lines of text
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert shown.rstrip().endswith("…")


@posix
def test_delete_all_asks_on_a_terminal_and_heeds_the_answer(db: Path) -> None:
    fill(db, 3)
    arguments = ("delete", "--all", "--user-id", "cam")
    assert "Delete 3 memories? [y/N]" in on_terminal(*arguments, answer="n\n", code=1)
    assert "Delete 3 memories? [y/N]" in on_terminal(*arguments, answer="\x03", code=130)
    assert "deleted 3 memories" in on_terminal(*arguments, answer="y\n")
    assert "deleted 0 memories" in on_terminal(*arguments)


@posix
def test_a_long_task_says_what_it_does_and_takes_it_back() -> None:
    shown = on_terminal("add", "--no-infer", "--user-id", "cam", "tea")
    assert shown.startswith("storing…\r")
    assert shown.rpartition("\r  ")[2].strip().endswith("tea")


HEAVY = ("fastembed", "llama_cpp", "onnxruntime", "http.client")


@pytest.mark.parametrize("arguments", ["--help", "list --everyone", "info", "models list"])
def test_what_needs_no_model_imports_none(arguments: str, db: Path) -> None:
    fill(db, 1)
    assert loaded(arguments.split(), HEAVY) == []


def test_what_needs_no_vector_arithmetic_does_not_import_numpy(db: Path) -> None:
    fill(db, 1)
    assert loaded(["list", "--everyone"], ("numpy",)) == []


def loaded(arguments: list[str], modules: tuple[str, ...]) -> list[str]:
    """Return which of the modules a command imports."""
    code = (
        "import sys\nfrom litemem.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print(*[name for name in {modules!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=SECONDS)
    return done.stderr.decode().split()


def on_terminal(*arguments: str, columns: int = 80, answer: str = "", code: int = 0) -> str:
    """Run the command on a terminal of its own; return what that shows.

    The answer is given again when nothing follows: a Ctrl-C in the moment before Python begins to
    read only takes effect at the next key.
    """
    environment = os.environ | {"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm"}
    command = [sys.executable, "-c", SPAWN, *COMMAND, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    shown = b""
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        for _ in range(SECONDS):
            if not select.select([process.stdout], [], [], 1 if b"[y/N]" in shown else SECONDS)[0]:
                os.write(process.stdin.fileno(), answer.encode())
            elif data := os.read(process.stdout.fileno(), 65_536):
                if b"[y/N]" in data and b"[y/N]" not in shown:
                    os.write(process.stdin.fileno(), answer.encode())
                shown += data
            else:
                break
        else:
            process.kill()
            pytest.fail(f"it does not end: {shown!r}")
    assert process.returncode == code
    return str(shown.decode().replace("\r\n", "\n"))
