"""Hooks of coding agents, as real processes: context, durable turns, and exit code 0."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helpers import LIBRARY
from litemem import Memory, Scope, salvage
from litemem.cli import main
from litemem.core.types import Message
from litemem.errors import ValidationError
from litemem.integrations import hook_events, hooks
from litemem.integrations.hook_events import project_folder
from litemem.integrations.transcripts import Said, read_transcript, spoken, unstored

USER = "cam"


def run(
    event: str, given: object, folder: Path, *options: str, text: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a hook with the memory of a folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LITEMEM", "CLAUDE"))}
    environment |= {"PYTHONPATH": str(LIBRARY), "LITEMEM_DB": str(folder / "memory.db")}
    environment |= {"LITEMEM_USER_ID": USER, "LITEMEM_EMBEDDER": "hash"}
    return subprocess.run(
        [sys.executable, "-m", "litemem", "hook", event, *options],
        input=json.dumps(given).encode() if text is None else text,
        capture_output=True,
        env=environment,
        check=False,
        timeout=60,
    )


def context_of(done: subprocess.CompletedProcess[bytes]) -> str:
    assert done.returncode == 0, done.stderr
    if not done.stdout:
        return ""
    output = json.loads(done.stdout)["hookSpecificOutput"]
    return str(output["additionalContext"])


def claude(*messages: tuple[str, object]) -> str:
    """Return the lines of a transcript of Claude Code."""
    lines: list[dict[str, Any]] = [{"type": "summary", "summary": "nothing"}]
    for i, (role, content) in enumerate(messages):
        entry = {"type": role, "message": {"role": role, "content": content}}
        lines.append(entry | {"timestamp": f"2026-05-01T10:00:{i:02}.000Z"})
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose memory has a fact of it, one of the user, and one of another project."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "src").mkdir()
    with Memory(tmp_path / "memory.db", embedder="hash") as memory:
        memory.add("Deploys go through scripts/ship", user_id=USER, app_id=str(folder), infer=False)
        memory.add("Cam prefers tabs over spaces", user_id=USER, infer=False)
        memory.add("Deploys need a ticket", user_id=USER, app_id="/elsewhere", infer=False)
        memory.add("Deploys of Ana are manual", user_id="ana", app_id=str(folder), infer=False)
    return folder


def messages_of(folder: Path, project: Path, session: str) -> list[tuple[str, str]]:
    with Memory(folder / "memory.db", embedder="hash", read_only=True) as memory:
        scope = Scope(user_id=USER, app_id=str(project), run_id=session)
        with memory.store.read() as r:
            return [(m.role, m.content) for m in r.messages.last(scope, limit=1000)]


def test_a_prompt_gets_what_is_known_of_this_project_and_user(
    project: Path, tmp_path: Path
) -> None:
    given = {"session_id": "s1", "cwd": str(project / "src"), "prompt": "How are deploys done?"}
    text = context_of(run("user-prompt", given, tmp_path))
    assert "scripts/ship" in text
    assert "ticket" not in text
    assert "Ana" not in text


def test_a_prompt_without_a_known_word_gets_nothing(project: Path, tmp_path: Path) -> None:
    given = {"session_id": "s1", "cwd": str(project), "prompt": "Write a parser for CSV"}
    done = run("user-prompt", given, tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_session_starts_with_the_profile(project: Path, tmp_path: Path) -> None:
    given = {"session_id": "s1", "cwd": str(project), "source": "startup"}
    text = context_of(run("session-start", given, tmp_path))
    assert "tabs over spaces" in text
    assert "ticket" not in text


@pytest.mark.parametrize("event", ["session-start", "user-prompt"])
def test_without_a_file_there_is_no_context_and_no_file(event: str, tmp_path: Path) -> None:
    done = run(event, {"session_id": "s", "cwd": str(tmp_path), "prompt": "hello"}, tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert not (tmp_path / "memory.db").exists()


def test_stop_stores_each_turn_once(project: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    first = [("user", "We use Postgres 16"), ("assistant", [{"type": "text", "text": "Noted."}])]
    transcript.write_text(claude(*first))
    given = {"session_id": "s1", "cwd": str(project), "transcript_path": str(transcript)}
    assert run("stop", given, tmp_path).returncode == 0
    assert run("stop", given, tmp_path).returncode == 0
    second = [("user", "And Redis 7"), ("assistant", "Fine.")]
    transcript.write_text(claude(*first, *second))
    assert run("pre-compact", given, tmp_path).returncode == 0
    assert messages_of(tmp_path, project, "s1") == [
        ("user", "We use Postgres 16"),
        ("assistant", "Noted."),
        ("user", "And Redis 7"),
        ("assistant", "Fine."),
    ]
    with Memory(tmp_path / "memory.db", embedder="hash") as memory, memory.store.read() as r:
        assert r.overview().pending_turns == 2


def test_half_a_surrogate_pair_does_not_keep_a_session_from_being_stored(
    project: Path, tmp_path: Path
) -> None:
    transcript = tmp_path / "t.jsonl"
    transcript.write_text(claude(("user", "I moved to Oslo \ud83d"), ("assistant", "Noted.")))
    given = {"session_id": "s", "cwd": str(project), "transcript_path": str(transcript)}
    for last in ("Noted.", "Enjoy \ud83d"):  # the same hook again stores only what is new
        assert run("stop", given | {"last_assistant_message": last}, tmp_path).stderr == b""
    expected = [("user", "I moved to Oslo ?"), ("assistant", "Noted."), ("assistant", "Enjoy ?")]
    assert messages_of(tmp_path, project, "s") == expected
    asked = {"cwd": str(project), "session_id": "s2", "prompt": "Where do I live? \ud83d Oslo?"}
    assert run("user-prompt", asked, tmp_path).stderr == b""


def test_an_answer_that_the_transcript_lacks_is_stored_once(project: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    transcript.write_text(claude(("user", "What port?")))
    given = {"session_id": "s1", "cwd": str(project), "transcript_path": str(transcript)}
    run("stop", given | {"last_assistant_message": "Port 8080."}, tmp_path)
    transcript.write_text(claude(("user", "What port?"), ("assistant", "Port 8080.")))
    run("stop", given | {"last_assistant_message": "Port 8080."}, tmp_path)
    stored = messages_of(tmp_path, project, "s1")
    assert stored == [("user", "What port?"), ("assistant", "Port 8080.")]


def test_stops_at_the_same_time_store_a_turn_once(project: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    transcript.write_text(claude(("user", "We use Postgres 16"), ("assistant", "Noted.")))
    given = {"session_id": "s1", "cwd": str(project), "transcript_path": str(transcript)}
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: run("stop", given, tmp_path), range(3)))
    assert len(messages_of(tmp_path, project, "s1")) == 2


def test_what_was_said_is_found_in_the_next_session(project: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    transcript.write_text(claude(("user", "The staging database is heron"), ("assistant", "Good.")))
    given = {"session_id": "s1", "cwd": str(project), "transcript_path": str(transcript)}
    run("stop", given, tmp_path)
    run("stop", {}, tmp_path, "--index")  # stop began the same in a process that may not have ended
    asked = {"cwd": str(project), "prompt": "Which is the staging database?"}
    assert "heron" in context_of(run("user-prompt", asked | {"session_id": "s2"}, tmp_path))
    assert context_of(run("user-prompt", asked | {"session_id": "s1"}, tmp_path)) == ""


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("session-start", b""),
        ("user-prompt", b"[]"),
        ("stop", b"{"),
        ("pre-compact", b'{"session_id": 3}'),
        ("stop", b"[" * 100_000),
        ("nonsense", b"{}"),
    ],
)
def test_wrong_input_ends_with_0(event: str, text: bytes, tmp_path: Path) -> None:
    done = run(event, None, tmp_path, text=text)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"litemem hook: ")


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_transcript_that_is_no_file_is_not_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "transcript"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    given = {"session_id": "s", "cwd": str(tmp_path), "transcript_path": str(path)}
    done = run("stop", given, tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"not a regular file" in done.stderr


def test_a_folder_that_cannot_be_is_a_project_or_wrong() -> None:
    long = "/" + "a" * 5_000
    assert project_folder(long, {}) == Path(long)
    with pytest.raises(ValidationError):
        project_folder("/tmp/\ud800", {})


def test_a_wrong_option_and_a_foreign_file_end_with_0(tmp_path: Path) -> None:
    given = {"session_id": "s", "cwd": str(tmp_path), "prompt": "hello world"}
    assert run("user-prompt", given, tmp_path, "--nonsense").returncode == 0
    (tmp_path / "memory.db").write_text("not a database at all, but text" * 100)
    for event in ("session-start", "user-prompt"):
        done = run(event, given, tmp_path)
        assert (done.returncode, done.stdout) == (0, b"")
        assert b"Traceback" not in done.stderr


def test_a_transcript_of_codex_is_read(tmp_path: Path) -> None:
    lines = [
        {"type": "session_meta", "payload": {"id": "x"}},
        {"type": "response_item", "payload": {"type": "message", "role": "user", "content": []}},
        {"type": "event_msg", "payload": {"type": "user_message", "message": "Use uv"}},
        {"type": "event_msg", "payload": {"type": "token_count", "info": None}},
        {"type": "event_msg", "payload": {"type": "agent_message", "message": "I do."}},
    ]
    path = tmp_path / "rollout.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"type": "event_m')
    said = [(each.message.role, each.message.content) for each in read_transcript(path)]
    assert said == [("user", "Use uv"), ("assistant", "I do.")]


def test_what_nobody_said_is_left_out(tmp_path: Path) -> None:
    text = "Hi<system-reminder>be kind</system-reminder> <private>pin 4711</private>there"
    assert spoken(text) == "Hi there"
    assert spoken("<litemem-context>\nKnown\n</litemem-context>") == ""
    assert spoken("a <private>never closed") == "a"
    path = tmp_path / "t.jsonl"
    result = [{"type": "tool_result", "content": "42"}]
    path.write_text(
        claude(("user", result), ("assistant", [{"type": "thinking", "thinking": "?"}]))
    )
    assert read_transcript(path) == []


@pytest.mark.parametrize(
    "text",
    [
        "<bash-input>env</bash-input>",
        "<bash-stdout>API_KEY=4711</bash-stdout><bash-stderr></bash-stderr>",
        "<ide_opened_file>The user opened the file /x/.env in the IDE.</ide_opened_file>",
        "<ide_selection>The user selected the lines 1 to 9 from /x/.env</ide_selection>",
        "<task-notification>\n<status>completed</status>\n</task-notification>",
        "<user-prompt-submit-hook>ok</user-prompt-submit-hook>",
        "[Request interrupted by user]",
        "[Request interrupted by user for tool use]",
    ],
)
def test_what_a_client_wrote_for_the_user_is_left_out(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(claude(("user", text), ("user", f"{text}\nMend it.")))
    kept = "Mend it." if text.startswith("<") else f"{text}\nMend it."
    assert [each.message.content for each in read_transcript(path)] == [kept]


def test_a_time_that_no_calendar_has_does_not_keep_a_session_from_being_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    times = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1969-01-01", "soon", 5, None]
    entries = [
        {"type": "user", "message": {"content": f"I said {i}"}, "timestamp": time}
        for i, time in enumerate(times)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries))
    given = {"session_id": "s", "cwd": str(tmp_path), "transcript_path": "~/t.jsonl"}
    event = hook_events.input_of(given, {})
    assert hooks.remember(tmp_path / "memory.db", USER, event) == len(times)
    said = [text for _, text in messages_of(tmp_path, tmp_path, "s")]
    assert said == [f"I said {i}" for i in range(len(times))]


def test_a_prompt_that_begins_with_a_path_is_no_command() -> None:
    assert all(hooks.is_command(each) for each in ("/clear", "/review:pr 12", "/init\nnow"))
    assert not any(hooks.is_command(each) for each in ("/x/tea.py fails: why?", "/ tea", "tea /x"))


def said(*texts: str) -> list[Said]:
    return [Said(Message("user", text)) for text in texts]


def test_repeated_messages_are_told_apart_by_those_before() -> None:
    known = [Message("user", "a"), Message("user", "ok")]
    assert unstored(said("a", "ok", "b", "ok"), known) == said("b", "ok")
    assert unstored(said("x", "y"), known) == said("y")
    assert unstored(said("x", "y"), []) == said("x", "y")


def test_the_folder_of_a_project_is_that_of_its_repository(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    inside = tmp_path / "repo" / "deep"
    inside.mkdir()
    assert hook_events.project_folder(str(inside), {}) == tmp_path / "repo"
    assert hook_events.project_folder(str(inside), {"CLAUDE_PROJECT_DIR": str(inside)}) == inside


def test_the_log_names_the_runs_that_a_memory_was_shown_to(project: Path, tmp_path: Path) -> None:
    given = {"session_id": "s9", "cwd": str(project), "prompt": "How are deploys done?"}
    context_of(run("user-prompt", given, tmp_path))
    db = str(tmp_path / "memory.db")
    with Memory(db, embedder="hash") as memory:
        (found,) = memory.get_all(user_id=USER, app_id=str(project))["results"]
        done = CliRunner().invoke(main, ["log", found["id"], "--db", db, "--json"])
        (entry,) = json.loads(done.output)["shown"]
        assert (entry["event"], entry["run_id"], entry["user_id"]) == ("user-prompt", "s9", USER)
        assert "SHOWN" in CliRunner().invoke(main, ["log", found["id"], "--db", db]).output
        memory.cleanup(user_id=USER, history_older_than="1d")
        with memory.store.read() as r:
            assert len(r.shown.of_memory(found["id"], limit=9)) == 1
        memory.cleanup(user_id="ana", history_older_than="0s")
        with memory.store.read() as r:
            assert len(r.shown.of_memory(found["id"], limit=9)) == 1
        memory.cleanup(user_id=USER, history_older_than="0s")
        with memory.store.read() as r:
            assert r.shown.of_memory(found["id"], limit=9) == []


@pytest.mark.parametrize("ids", [{"user_id": USER}, {"run_id": "s9"}, {"app_id": "/elsewhere"}])
def test_an_erasure_takes_the_log_of_its_scope(ids: dict[str, str], tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.db", embedder="hash") as memory:
        event = hook_events.HookInput(session="s9", folder=tmp_path)
        memory.add("Cam avoids shellfish", user_id=USER, infer=False)
        hooks.note_shown(tmp_path / "memory.db", USER, event, "user-prompt", ["m1", "m2"])
        memory.erase(**ids)
        with memory.store.read() as r:
            left = len(r.shown.of_memory("m1", limit=9))
        assert left == (1 if "app_id" in ids else 0)


def log_of(path: Path, memory_id: str) -> list[tuple[str, str | None, int]]:
    with Memory(path, embedder="hash") as memory, memory.store.read() as r:
        return [(e.event, e.scope.run_id, e.at) for e in r.shown.of_memory(memory_id, limit=9)]


def test_the_log_goes_into_an_archive_a_backup_and_a_salvaged_file(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder="hash") as memory:
        memory.add("Cam avoids shellfish", user_id=USER, infer=False)
        event = hooks.HookInput(session="s9", folder=tmp_path)
        for name in ("session-start", "user-prompt"):
            hooks.note_shown(path, USER, event, name, ["m1", "m2", "m1"], now=lambda: 5)
        memory.export_file(tmp_path / "all.jsonl")
        memory.export_file(tmp_path / "cam.jsonl", user_id=USER)
        memory.backup(tmp_path / "copy.db")
        assert not [each for each in memory.verify(full=True)["checks"] if each["problems"]]
    salvage(path, tmp_path / "saved.db")
    with Memory(tmp_path / "other.db", embedder="hash") as other:
        for _ in range(2):
            other.import_file(tmp_path / "all.jsonl", on_conflict="skip")
    expected = [("user-prompt", "s9", 5), ("session-start", "s9", 5)]
    for each in (path, tmp_path / "copy.db", tmp_path / "saved.db", tmp_path / "other.db"):
        assert log_of(each, "m1") == expected
    assert "s9" not in (tmp_path / "cam.jsonl").read_text("utf-8")  # a run of the whole file


def test_a_deleted_memory_keeps_its_log_and_an_erased_message_does_not(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder="hash") as memory:
        memory.add("Cam avoids shellfish", user_id=USER, app_id="/one", infer=False)
        (found,) = memory.get_all(user_id=USER)["results"]
        with memory.store.read() as r:
            (said,) = r.messages.logged_for(found["id"])
        event = hooks.HookInput(session="s9", folder=tmp_path)
        hooks.note_shown(path, USER, event, "user-prompt", [found["id"], said.said.id or ""])
        memory.delete_all(user_id=USER)
    assert log_of(path, found["id"])
    db = ["--db", str(path)]
    assert "SHOWN" in CliRunner().invoke(main, ["log", found["id"], *db]).output
    assert "2 times by hooks" in CliRunner().invoke(main, ["info", *db]).output
    with Memory(path, embedder="hash") as memory:
        memory.erase(app_id="/one")
    assert log_of(path, found["id"]) == log_of(path, said.said.id or "") == []


@pytest.mark.parametrize("event", ["session-start", "user-prompt"])
def test_a_hook_imports_no_model_and_nothing_that_only_changes_need(
    event: str, project: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; sys.argv[0] = 'litemem'\n"
        "from litemem.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "print(*(name for name in sys.modules), sep='\\n')"
    )
    environment = os.environ | {"PYTHONPATH": str(LIBRARY), "LITEMEM_USER_ID": USER}
    given = {"session_id": "s1", "cwd": str(project), "prompt": "How are deploys done?"}
    done = subprocess.run(
        [sys.executable, "-c", script, "hook", event, "--db", str(tmp_path / "memory.db")],
        input=json.dumps(given),
        capture_output=True,
        env=environment,
        check=True,
        text=True,
        timeout=60,
    )
    loaded = set(done.stdout.split())
    assert "additionalContext" in done.stdout
    late = {"numpy", "fastembed", "llama_cpp", "asyncio", "litemem.ingestion.pipeline"}
    late |= {"litemem.store.sqlite.integrity.checks", "litemem.maintenance.cleanup"}
    late |= {"litemem.transfer.importer", "litemem.store.sqlite.archive.reader"}
    late |= {"litemem.models.indexing", "litemem.ingestion.graph"}
    assert late & loaded == set()


def test_an_unknown_event_is_answered_with_those_that_a_client_has(tmp_path: Path) -> None:
    done = run("start", {}, tmp_path)
    assert done.returncode == 0
    named = ", ".join(f"'{event}'" for event in hook_events.EVENTS)
    assert done.stderr.decode().strip().endswith(f"'start' is not one of {named}.")


def test_a_transcript_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.jsonl")
    done = run("stop", {"session_id": "s", "transcript_path": path}, tmp_path)
    assert done.returncode == 0
    assert done.stderr.decode().startswith(f"litemem hook: {path}: ")


@pytest.mark.posix
@pytest.mark.parametrize("event", ["session-start", "user-prompt"])
def test_a_hook_takes_a_few_times_the_cpu_of_a_start_of_python(
    event: str, project: Path, tmp_path: Path
) -> None:
    from resource import RUSAGE_CHILDREN, getrusage

    def cpu(work: Callable[[], object]) -> float:
        before = getrusage(RUSAGE_CHILDREN)
        work()
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    given = {"session_id": "s1", "cwd": str(project), "prompt": "How are deploys done?"}
    start = [sys.executable, "-c", "import asyncio, sqlite3"]
    ratios = [
        cpu(lambda: run(event, given, tmp_path)) / cpu(lambda: subprocess.run(start, check=True))
        for _ in range(3)
    ]
    assert min(ratios) < 8  # 3.5 with compiled modules, 4.5 if Python may not write them
