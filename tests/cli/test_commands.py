"""The command line: what each command prints, and how it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from litemem import Memory, __version__
from litemem.cli import main
from litemem.cli.memories import show_added
from litemem.testing import HashEmbedder, ScriptedLLM

ID = "019a0000-0000-7000-8000-000000000000"  # of no memory
DAMAGED = "\x1b[31mred\x00 \u009b31m\u202e"  # steers a terminal that believes it
READING = ("list --everyone", "search --everyone x", f"get {ID}", f"history {ID}", f"delete {ID}")
READING += (f"update {ID} x", "pending", "reindex")


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path / "models"))
    return tmp_path / "memory.db"


def run(*arguments: str, code: int = 0, **options: Any) -> Result:
    result = CliRunner().invoke(main, arguments, **options)
    assert result.exit_code == code, result.output
    assert not isinstance(result.exception, Exception), "a traceback would be shown"
    return result


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def added(*text: str, user: str = "cam", more: tuple[str, ...] = ()) -> str:
    results = run_json("add", "--no-infer", "--user-id", user, *more, *text)["results"]
    return str(results[0]["id"])


def memories(user: str = "cam") -> list[str]:
    return [m["memory"] for m in run_json("list", "--user-id", user)["results"]]


def test_what_was_added_is_found_again() -> None:
    memory_id = added("Cam avoids shellfish")
    assert run("search", "--user-id", "cam", "shellfish").stdout.split("\t")[1:] == [
        memory_id,
        "Cam avoids shellfish\n",
    ]


def seed(db: Path, *facts: str, timestamp: str | None = None) -> list[str]:
    """Have facts found by a scripted model, a turn each; return the ids of their memories."""
    llm = ScriptedLLM([[fact] for fact in facts])
    with Memory(db, embedder=HashEmbedder(), llm=llm) as memory:
        rows = [memory.add(fact, user_id="cam", timestamp=timestamp)["results"] for fact in facts]
    return [row["id"] for (row,) in rows]


def test_add_shows_what_became_of_a_fact(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (memory_id,) = seed(db, "User lives in Paris")
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([["User lives in Paris"]])) as memory:
        show_added(memory.add("User lives in Paris", user_id="cam"), as_json=False)
    assert capsys.readouterr().out == f"NONE\t{memory_id}\tUser lives in Paris\n"


def test_what_held_at_another_time_is_listed_and_found(db: Path) -> None:
    seed(db, "User lives in Paris", timestamp="2024-01-01")
    seed(db, "User moved to Berlin", timestamp="2024-06-01")
    assert memories() == ["User moved to Berlin"]
    then = ("--user-id", "cam", "--as-of", "2024-02-01")
    assert [m["memory"] for m in run_json("list", *then)["results"]] == ["User lives in Paris"]
    found = run_json("search", *then, "where does the user live?")["results"]
    assert [m["memory"] for m in found] == ["User lives in Paris"]
    assert "--as-of='soon'" in run("list", "--user-id", "cam", "--as-of", "soon", code=2).stderr


def test_search_explains_its_scores(db: Path) -> None:
    memory_id = added("Cam avoids shellfish")
    asked = ("search", "--user-id", "cam", "shellfish", "--explain")
    score, shown_id, why, text = run(*asked).stdout.rstrip("\n").split("\t")
    (found,) = run_json(*asked)["results"]
    details = found["score_details"]
    assert (score, shown_id, text) == (f"{found['score']:.2f}", memory_id, "Cam avoids shellfish")
    assert why == f"meaning {details['semantic_score']:.2f}, words {details['bm25_score']:.2f}"
    assert "score_details" not in run_json(*asked[:-1])["results"][0]


def test_a_query_is_read_on_the_reference_date(db: Path) -> None:
    for day in ("2022-05-25", "2023-05-25"):
        added(f"a walk on {day}", more=("--timestamp", day))
    asked = ("search", "--user-id", "cam", "where did I walk yesterday?")
    for option in ("--reference-date", "--as-of"):
        (first, *_) = run_json(*asked, option, "2022-05-26")["results"]
        assert first["memory"] == "a walk on 2022-05-25"
    wrong = run(*asked, "--reference-date", "soon", code=2)
    assert "--reference-date='soon'" in wrong.stderr


def test_words_need_no_quotes() -> None:
    added("Cam", "avoids", "shellfish")
    assert memories() == ["Cam avoids shellfish"]


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_text_comes_from_standard_input_when_none_is_given(arguments: list[str]) -> None:
    run("add", "--no-infer", "--user-id", "cam", *arguments, input="\ufeffCam likes tea\n")
    assert memories() == ["Cam likes tea"]


def test_messages_come_as_json_with_roles_and_names() -> None:
    said = [
        {"role": "user", "content": "I like tea", "name": "Cam"},
        {"role": "assistant", "content": "Noted"},
    ]
    run("add", "--no-infer", "--user-id", "cam", "--messages", "-", input=json.dumps(said))
    found = run_json("list", "--user-id", "cam")["results"]
    assert [(m["memory"], m["role"], m.get("actor_id")) for m in reversed(found)] == [
        ("I like tea", "user", "Cam"),
        ("Noted", "assistant", None),
    ]


def test_a_memory_carries_what_the_options_say() -> None:
    options = ["--metadata", '{"trip": {"city": "Köln"}}', "--category", "food", "--category", "b"]
    options += ["--timestamp", "2025-01-02T03:04:05Z", "--expires-at", "2999-01-01"]
    found = run_json("get", added("Cam likes tea", more=tuple(options)))
    assert found["metadata"] == {"trip": {"city": "Köln"}}
    assert found["categories"] == ["food", "b"]
    assert found["created_at"] == "2025-01-02T03:04:05+00:00"
    assert found["expiration_date"] == "2999-01-01"


def test_json_is_what_the_library_returns(db: Path) -> None:
    memory_id = added("Käse, 食べる")
    run("update", memory_id, "Käse")
    with Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        assert run_json("get", memory_id) == memory.get(memory_id)
        assert run_json("history", memory_id) == memory.history(memory_id)
        assert run_json("list", "--user-id", "cam") == memory.get_all(user_id="cam")
        assert run_json("search", "--user-id", "cam", "Käse") == memory.search(
            "Käse", user_id="cam"
        )
    assert '"memory": "Käse"' in run("get", memory_id, "--json").stdout


def test_nothing_that_was_stored_steers_the_terminal() -> None:
    memory_id = added(DAMAGED)
    for arguments in (["list", "--everyone"], ["get", memory_id], ["history", memory_id]):
        for output in (run(*arguments).stdout, run(*arguments[:2], "--json").stdout):
            assert not {"\x1b", "\x00", "\u009b"} & set(output)
    assert run_json("get", memory_id)["memory"] == DAMAGED


def test_a_row_stays_one_line_when_the_text_has_several() -> None:
    added("one\ntwo\tthree")
    assert run("list", "--everyone").stdout.endswith("\tone␊two␉three\n")


def test_everyone_is_everything_in_the_file() -> None:
    added("of cam")
    run("add", "--no-infer", "--run-id", "r1", "of a run")
    assert [m["memory"] for m in run_json("list", "--everyone")["results"]] == [
        "of a run",
        "of cam",
    ]
    narrowed = run_json("list", "--everyone", "--filter", '{"run_id": {"exists": false}}')
    assert [m["memory"] for m in narrowed["results"]] == ["of cam"]


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["search", "tea"], ["add", "--no-infer", "tea"], ["delete", "--all", "--yes"]],
)
def test_without_an_id_nobody_s_memories_are_meant(arguments: list[str]) -> None:
    assert "A scope is required: give --user-id" in run(*arguments, code=2).stderr


def test_a_filter_can_select_the_scope() -> None:
    added("of cam")
    found = run_json("list", "--filter", '{"user_id": "cam"}')
    assert [m["memory"] for m in found["results"]] == ["of cam"]


def test_the_expired_is_shown_when_it_is_asked_for() -> None:
    added("long ago", more=("--expires-at", "2001-01-01"))
    assert memories() == []
    shown = run_json("list", "--user-id", "cam", "--show-expired")["results"]
    assert [m["memory"] for m in shown] == ["long ago"]


def test_the_limit_holds_and_is_reported() -> None:
    for text in ("one", "two", "three"):
        added(text)
    result = run("list", "--user-id", "cam", "--limit", "2")
    assert [line.split("\t")[2] for line in result.stdout.splitlines()] == ["three", "two"]
    assert "give --limit to see more" in result.stderr


def test_an_update_changes_what_is_given_and_no_more() -> None:
    memory_id = added("tea", more=("--metadata", '{"a": 1}', "--expires-at", "2999-01-01"))
    run("update", memory_id, "--metadata", '{"b": 2}', "--category", "drink")
    run("update", memory_id, "--expires-at", "never")
    run("update", memory_id, "-", input="green tea\n")
    found = run_json("get", memory_id)
    assert (found["memory"], found["metadata"]) == ("green tea", {"a": 1, "b": 2})
    assert found["categories"] == ["drink"]
    assert "expires_at" not in found


def test_history_outlives_the_memory() -> None:
    memory_id = added("tea")
    run("update", memory_id, "coffee")
    run("delete", memory_id)
    rows = [line.split("\t")[1:] for line in run("history", memory_id).stdout.splitlines()]
    assert rows == [["ADD", "tea"], ["UPDATE", "tea → coffee"], ["DELETE", "coffee"]]


def test_delete_takes_all_of_the_named_or_none() -> None:
    one, two = added("one"), added("two")
    assert ID in run("delete", one, ID, code=1).stderr
    assert memories() == ["two", "one"]
    assert run("delete", one, two).stderr == "deleted 2 memories\n"
    assert memories() == []


def test_delete_all_without_a_terminal_needs_yes() -> None:
    added("one")
    added("of bob", user="bob")
    assert "1 memory: give --yes" in run("delete", "--all", "--user-id", "cam", code=2).stderr
    run("delete", "--all", "--user-id", "cam", "--yes")
    assert (memories(), memories("bob")) == ([], ["of bob"])


@pytest.mark.parametrize(
    "arguments",
    [[], ["--user-id", "cam"], [ID, "--all"], [ID, "--user-id", "cam"], [ID, "--filter", "{}"]],
)
def test_delete_wants_either_ids_or_all(arguments: list[str]) -> None:
    added("one")
    run("delete", *arguments, code=2)
    assert memories() == ["one"]


@pytest.mark.parametrize(
    ("option", "text", "complaint"),
    [
        ("--metadata", '{"a": ', "--metadata is not JSON: Expecting value at line 1 column 7"),
        ("--metadata", "[1]", "--metadata must be a JSON object"),
        ("--metadata", "[" * 100_000, "--metadata is not JSON: "),
    ],
)
def test_wrong_json_is_a_usage_error_that_says_where(
    option: str, text: str, complaint: str
) -> None:
    result = run("add", "--no-infer", "--user-id", "cam", option, text, "tea", code=2)
    assert complaint in result.stderr


@pytest.mark.parametrize("content", [b"[", b"\xff", b'[{"role": "user"}, 5]'])
def test_wrong_messages_are_refused_in_words(content: bytes) -> None:
    arguments = ("add", "--no-infer", "--user-id", "cam", "--messages", "-")
    result = CliRunner().invoke(main, arguments, input=content)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert "messages" in result.stderr


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff"])
def test_standard_input_without_a_text_is_a_usage_error(content: bytes) -> None:
    run("add", "--no-infer", "--user-id", "cam", input=content, code=2)


def test_a_missing_memory_is_reported_as_missing() -> None:
    added("one")
    assert run("get", ID, code=1).stderr == f"litemem: no memory has the id {ID!r}\n"


@pytest.mark.parametrize("arguments", [line.split() for line in READING])
def test_only_add_makes_a_file(db: Path, arguments: list[str]) -> None:
    assert "run `litemem add` to create it" in run(*arguments, code=1).stderr
    assert not db.exists()


def test_a_file_of_another_embedder_can_be_read_and_deleted_from() -> None:
    one, two = added("one"), added("two")
    env = {"LITEMEM_EMBEDDER": "hash:64"}
    for arguments in (["list", "--user-id", "cam"], ["get", one], ["history", one], ["info"]):
        run(*arguments, env=env)
    run("update", one, "--metadata", '{"a": 1}', env=env)
    run("delete", two, env=env)
    assert "litemem reindex" in run("search", "--everyone", "x", env=env, code=1).stderr
    assert "litemem reindex" in run("update", one, "other", env=env, code=1).stderr
    assert memories() == ["one"]


def test_reindex_changes_the_embedder() -> None:
    memory_id = added("Cam avoids shellfish")
    done = run_json("reindex", "--embedder", "hash:64")
    assert (done["embedded"], done["embedder"]["dimensions"]) == (1, 64)
    found = run_json("search", "--embedder", "hash:64", "--user-id", "cam", "shellfish")
    assert [m["id"] for m in found["results"]] == [memory_id]
    refused = run("search", "--user-id", "cam", "shellfish", code=1).stderr
    assert "made by hash (64 dimensions), not by hash (384 dimensions)" in refused
    assert "(--embedder or LITEMEM_EMBEDDER), or embed all memories again with `litemem " in refused
    assert "Memory" not in refused


def test_messages_of_the_library_name_commands_in_the_shell() -> None:
    added("Cam skis")
    refused = run("conflicts", "--settle", "x", "--keep", "newer", code=1).stderr
    assert refused.endswith("'x': `litemem conflicts` lists them\n")


def test_an_erasure_without_a_target_names_both_kinds() -> None:
    assert "the ids of memories, or a scope: --user-id" in run("erase", code=2).stderr


def test_without_a_model_nothing_that_was_said_is_lost() -> None:
    result = run("add", "--user-id", "cam", "I like tea", code=1)
    assert "run `litemem models pull" in result.stderr
    assert result.stderr.count("\n") == 1
    assert run_json("info")["file"]["pending_turns"] == 1
    assert "litemem models pull" in run("pending", code=1).stderr


@pytest.mark.parametrize("command", ["list", "profile"])
def test_a_scope_without_memories_names_the_turns_that_may_give_some(command: str) -> None:
    run("add", "--user-id", "cam", "I like tea", code=1)
    shown = run(command, "--user-id", "cam").stderr
    assert shown == "no memories; 1 pending turn in the file: run `litemem pending`\n"
    added("Cam likes tea")
    assert run(command, "--user-id", "ana").stderr.startswith("no memories; 1 pending turn")
    assert run(command, "--user-id", "cam").stderr == ""


def test_a_search_without_its_model_names_the_pull(db: Path) -> None:
    Memory(db, embedder=HashEmbedder(), llm=ScriptedLLM([])).close()
    result = run("search", "--everyone", "tea", env={"LITEMEM_EMBEDDER": ""}, code=1)
    assert "run `litemem models pull`\n" in result.stderr


@pytest.mark.parametrize("name", ["hash:x", "hash:7", "hash:-1"])
def test_a_wrong_hash_embedder_is_a_usage_error(name: str) -> None:
    run("add", "--no-infer", "--user-id", "cam", "--embedder", name, "tea", code=2)


def test_a_file_that_is_not_a_database_is_refused(db: Path) -> None:
    db.write_text("no database " * 100)
    assert "not an SQLite database" in run("list", "--everyone", code=1).stderr


def test_salvage_lists_the_tables_that_have_rows(tmp_path: Path) -> None:
    added("one")
    rows = dict(
        line.split("\t") for line in run("salvage", str(tmp_path / "s.db")).stdout.split("\n")[:-1]
    )
    assert rows["memory"] == "1"
    assert "0" not in rows.values()


def test_info_shows_what_the_file_holds() -> None:
    assert "does not exist" in run("info").stdout
    added("one")
    shown = run_json("info")
    assert (shown["file"]["memories"], shown["embedder"]["name"]) == (1, "hash")
    assert "memories\t1, of 1 user\n" in run("info").stdout


def test_models_that_are_not_installed_are_listed_as_such() -> None:
    assert {m["state"] for m in run_json("models", "list")} == {"not installed"}
    assert "qwen2.5-coder-1.5b\tllm\tnot installed\t1.1 GB" in run("models", "list").stdout


@pytest.mark.parametrize("command", ["path", "verify"])
def test_a_missing_model_is_an_error_that_names_the_pull(command: str) -> None:
    assert "litemem models pull smollm2" in run("models", command, "smollm2-135m", code=1).stderr


def test_a_model_with_wrong_bytes_is_found_and_can_be_removed(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "smollm2-135m"
    folder.mkdir(parents=True)
    (folder / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"x" * 1_000)
    assert "\twrong\t" in run("models", "verify", code=1).stdout
    assert run("models", "remove", "smollm2-135m").stderr.startswith("freed 1.")
    assert not folder.exists()


def test_an_unknown_model_is_an_error_that_lists_those_there_are() -> None:
    assert "smollm2-135m" in run("models", "pull", "gpt-9", code=1).stderr


def test_an_unknown_embedder_is_an_error_that_lists_embedders(db: Path) -> None:
    run("add", "--no-infer", "--user-id", "cam", "Cam skis")
    refused = run("search", "--user-id", "cam", "--embedder", "nope", "x", code=1).stderr
    assert "known are all-minilm-l6-v2-int8" in refused


def test_a_pull_offline_says_so() -> None:
    result = run("models", "pull", "smollm2-135m", env={"LITEMEM_OFFLINE": "1"}, code=1)
    assert "forbids the network" in result.stderr


def test_every_command_has_a_help_that_begins_with_a_sentence() -> None:
    helps = [command.help or "" for command in main.commands.values()]
    assert all(text.split("\n")[0].endswith(".") for text in helps)
    shown = run("--help").stdout
    assert "..." not in shown.split("Commands:")[1]  # no sentence is cut
    assert run("--version").stdout == f"litemem {__version__}\n"


def test_conversations_are_imported_and_found(tmp_path: Path, db: Path) -> None:
    source = tmp_path / "chat.jsonl"
    source.write_text('{"role": "user", "content": "I ski in Davos"}\n')
    arguments = ("import", "--from", "auto", str(source), "--user-id", "cam")
    assert "would be imported" in run(*arguments, "--dry-run").stderr
    assert not db.exists()
    assert "1 turn: `litemem pending` extracts" in run(*arguments).stderr
    assert "I ski in Davos" in run("search", "--user-id", "cam", "Davos").stdout
    assert run_json(*arguments)["known"] == 1


def test_conversations_need_a_user(tmp_path: Path, db: Path) -> None:
    source = tmp_path / "chat.jsonl"
    source.write_text('{"role": "user", "content": "I ski in Davos"}\n{"ro')
    assert "--user-id" in run("import", "--from", "jsonl", str(source), code=2).stderr
    assert "--no-infer" in run("import", "--no-infer", str(source), code=2).stderr
    arguments = ("import", "--from", "claude", str(source), "--user-id", "cam")
    assert "not an export of Claude" in run(*arguments, code=1).stderr
    assert not db.exists()
    arguments = ("import", "--from", "jsonl", str(source), "--user-id", "cam")
    assert "line 2" in run(*arguments, code=1).stderr
    assert "I ski" in run("search", "--user-id", "cam", "Davos").stdout
