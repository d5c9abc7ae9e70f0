"""The language model of a server: what it is asked, and what its failures become."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.chat_server import FACT, SECRET, ChatServer
from helpers.model_samples import unused_port
from litemem import Memory
from litemem.cli import main
from litemem.core.protocols import Prompt, Usage
from litemem.errors import ExtractionError, LLMError, ValidationError
from litemem.models.openai_server import CONTEXT_TOKENS, MAX_BYTES, OpenAIServerLLM
from litemem.models.resolve import resolve_llm

PROMPT = Prompt("contract", "List the facts.", (("I am Bo.", '{"facts":["Is Bo"]}'),))
SCHEMA = {
    "type": "object",
    "properties": {"facts": {"type": "array", "items": {"type": "string"}, "maxItems": 3}},
    "required": ["facts"],
    "additionalProperties": False,
}
TOLD = f'{{"facts": ["{FACT}"]}}'


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with ChatServer("good:4b", "tiny-135m") as running:
        yield running


def model(server: ChatServer, name: str, **settings: Any) -> OpenAIServerLLM:
    return OpenAIServerLLM(f"{server.url}#{name}", **settings)


def ask(llm: OpenAIServerLLM, text: str = "I avoid nuts.") -> str:
    return llm.generate(PROMPT, text, schema=SCHEMA, max_tokens=64)


def test_it_is_asked_for_json_by_the_schema_at_temperature_0(server: ChatServer) -> None:
    ask(model(server, "good:4b"), "I avoid 42 nuts.")
    asked = server.asked()[-1]
    assert asked["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("good:4b", 0, 64)
    assert asked["messages"][-1] == {"role": "user", "content": "I avoid 42 nuts."}
    assert asked["stream"] is False


@pytest.mark.parametrize(
    ("name", "forms"), [("old:a", 3), ("older:a", 4), ("deaf:a", 2), ("failing:a", 3)]
)
def test_a_server_that_does_not_know_schemas_is_asked_in_another_way(
    server: ChatServer, name: str, forms: int
) -> None:
    before = len(server.asked())
    assert ask(model(server, name)) == TOLD
    assert len(server.asked()) - before == forms


def test_a_form_that_was_refused_is_not_tried_again(server: ChatServer) -> None:
    llm = model(server, "older:b")
    ask(llm)
    before = len(server.asked())
    assert ask(llm) == TOLD
    assert len(server.asked()) - before == 1


def test_thoughts_and_fences_around_an_answer_are_allowed(server: ChatServer) -> None:
    assert FACT in ask(model(server, "fenced"))


@pytest.mark.parametrize("name", ["mute", "null"])
def test_an_answer_that_is_not_json_is_no_answer(server: ChatServer, name: str) -> None:
    with pytest.raises(ExtractionError, match="gave no JSON of the schema to the prompt contract"):
        ask(model(server, name))


def test_an_unfinished_answer_is_no_answer(server: ChatServer) -> None:
    with pytest.raises(ExtractionError, match="did not finish its answer within 64 tokens"):
        ask(model(server, "unfinished"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("refuses", "refused the request: temperature is not supported"),
        ("too-long", "exceeds the available context size"),
        ("absent", "is the model installed there"),
        ("locked", "set LITEMEM_LLM_KEY"),
        ("moved", "redirects elsewhere"),
        ("broken", "status 500: cannot load the model"),
        ("malformed", "failed with status 200"),
        ("page", "It works!"),
        ("nested", "failed with status 200"),
        ("strange", "did not answer as an OpenAI-compatible server"),
        ("noise", "broke off its answer"),
        ("dies", "broke off its answer"),
        ("huge", f"more than {MAX_BYTES:,} bytes"),
    ],
)
def test_a_failure_says_what_the_server_did(server: ChatServer, name: str, said: str) -> None:
    with pytest.raises(LLMError) as failed:
        ask(model(server, name))
    assert said in str(failed.value)
    assert str(server.port) in str(failed.value)


@pytest.mark.parametrize("name", ["slow", "drips", "continues"])
def test_a_slow_answer_ends_at_the_timeout(server: ChatServer, name: str) -> None:
    started = time.monotonic()
    with pytest.raises(LLMError, match=r"did not answer within 0\.5 seconds"):
        ask(model(server, name, timeout=0.5))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("name", "times"), [("dies:c", 2), ("absent:c", 1), ("too-long:c", 1)])
def test_only_a_failure_that_may_pass_is_tried_again_and_once(
    server: ChatServer, name: str, times: int
) -> None:
    before = len(server.asked())
    with pytest.raises(LLMError):
        ask(model(server, name))
    assert len(server.asked()) - before == times


def test_an_answer_that_broke_off_once_is_asked_for_again(server: ChatServer) -> None:
    assert ask(model(server, "shaky")) == TOLD


def test_a_server_that_is_not_there_is_named() -> None:
    llm = OpenAIServerLLM(f"http://127.0.0.1:{unused_port()}#x")
    with pytest.raises(LLMError, match=r"no server answers at http://127\.0\.0\.1:\d+ \(\D"):
        ask(llm)
    assert llm.context_tokens == CONTEXT_TOKENS


def test_no_proxy_is_used(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{unused_port()}")
    assert ask(model(server, "good:4b")) == TOLD


def test_a_key_is_sent_only_if_it_is_given(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_LLM_KEY", SECRET)
    llm = resolve_llm(f"{server.url}#locked")
    assert llm.generate(PROMPT, "nuts", schema=SCHEMA, max_tokens=64) == TOLD
    ask(model(server, "good:4b"))
    assert "Authorization" not in server.log()[-1]["headers"]
    assert SECRET not in repr(llm)


def test_tokens_are_counted_as_the_server_tells(server: ChatServer) -> None:
    llm = model(server, "good:4b")
    ask(llm)
    ask(llm)
    assert llm.usage == Usage(80, 18)


@pytest.mark.parametrize("text", ["Cam avoids nuts. " * 9, "日本語の文章" * 9, "😀" * 9, "नमस्ते"])
def test_tokens_are_rather_counted_too_many(text: str) -> None:
    llm = OpenAIServerLLM("http://localhost/v1#x")
    assert llm.count_tokens(text) >= len(text.encode()) / 4


# -- the model


def test_the_only_model_of_a_server_needs_no_name() -> None:
    with ChatServer("good:4b") as single:
        assert ask(OpenAIServerLLM(single.url)) == TOLD
        assert single.asked()[-1]["model"] == "good:4b"


def test_of_several_models_one_has_to_be_named(server: ChatServer) -> None:
    with pytest.raises(LLMError, match=r"which model of .*It has good:4b, tiny-135m"):
        ask(OpenAIServerLLM(server.url))


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("qwen3:4b", 4_000),
        ("Qwen2.5-Coder-1.5B-Instruct-Q4_K_M", 1_500),
        ("gemma3:270m", 270),
        ("mixtral-8x7b", 56_000),
        ("qwen3-30b-a3b", 30_000),
        ("hf.co/unsloth/Llama-3.2-3B-Instruct-GGUF:Q8_0", 3_000),
        ("phi-4bit", None),
    ],
)
def test_a_name_tells_the_parameters(name: str, millions: int | None) -> None:
    llm = OpenAIServerLLM(f"http://127.0.0.1:{unused_port()}#{name}")
    assert llm.parameters == (None if millions is None else millions * 1_000_000)


def test_a_server_tells_the_parameters_and_the_context() -> None:
    with ChatServer("llama", "ollama", "vllm") as telling:
        llama, ollama, vllm = (model(telling, name) for name in ("llama", "ollama", "vllm"))
        assert (llama.parameters, llama.context_tokens) == (1_500_000_000, 2_048)
        assert (ollama.parameters, ollama.context_tokens) == (7_000_000_000, CONTEXT_TOKENS)
        assert (vllm.parameters, vllm.context_tokens) == (None, 1_024)
        assert model(telling, "vllm", context_tokens=9_000).context_tokens == 9_000


# -- the address


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/v1#m",
        "http://localhost:1#m",
        "https://[::1]:1/v1/#m",
        "HTTP://127.9.9.9#m",
    ],
)
def test_an_address_of_this_machine_is_allowed(address: str) -> None:
    assert resolve_llm(address).name.startswith("m at http")


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.5:11434/v1#m",
        "http://example.org/v1#m",
        "http://127.0.0.1.example.org/v1#m",
        "http://0.0.0.0:11434/v1#m",
        "https://[2001:db8::1]/v1#m",
    ],
)
def test_another_machine_needs_the_flag(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match=r"is not on this machine.*LITEMEM_REMOTE_LLM=1"):
        resolve_llm(address)
    monkeypatch.setenv("LITEMEM_REMOTE_LLM", "1")
    assert resolve_llm(address).name.startswith("m at http")
    assert OpenAIServerLLM(address, remote=True).name == resolve_llm(address).name


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "http://:80/v1#m",
        "http://127.0.0.1:99999/v1#m",
        "http://127.0.0.1:x/v1",
        "http://[::1/v1",
        "http://me:secret@127.0.0.1/v1#m",
        "http://127.0.0.1/v1?key=1#m",
        "http://127.0.0.1/v1#a b",
        "http://127.0.0.1/v1\r\nX: 1#m",
        "http://127.0.0.1/vé#m",
    ],
)
def test_what_is_not_an_address_is_refused_before_a_file_is_made(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(ValidationError):
        Memory(tmp_path / "a.db", embedder="hash", llm=address)
    assert not (tmp_path / "a.db").exists()


# -- in a memory


def test_a_memory_extracts_with_a_server(server: ChatServer, tmp_path: Path) -> None:
    with Memory(tmp_path / "a.db", embedder="hash", llm=f"{server.url}#good:4b") as memory:
        memory.add("I'm Cam. I avoid nuts.", user_id="cam")
        (found,) = memory.get_all(user_id="cam")["results"]
        assert "nuts" in found["memory"]


def test_opening_a_memory_asks_the_server_nothing(tmp_path: Path) -> None:
    with ChatServer() as quiet:
        llm = model(quiet, "good:4b")
        Memory(tmp_path / "a.db", embedder="hash", llm=llm).close()
        Memory(tmp_path / "a.db", embedder="hash", llm=quiet.url).close()
        assert quiet.log() == []


def test_a_turn_waits_for_a_server_that_is_not_there(server: ChatServer, tmp_path: Path) -> None:
    absent = f"http://127.0.0.1:{unused_port()}/v1#m"
    with Memory(tmp_path / "a.db", embedder="hash", llm=absent) as memory:
        with pytest.raises(LLMError, match="no server answers"):
            memory.add("I avoid nuts.", user_id="cam")
        assert memory.search("nuts", user_id="cam")["results"]
    with Memory(tmp_path / "a.db", embedder="hash", llm=f"{server.url}#good:4b") as memory:
        memory.process_pending()
        assert memory.get_all(user_id="cam")["results"]


def test_the_environment_and_the_command_take_an_address(
    server: ChatServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    monkeypatch.setenv("LITEMEM_LLM", f"{server.url}#good:4b")
    with Memory(tmp_path / "a.db") as memory:
        assert memory.llm.name == f"good:4b at http://127.0.0.1:{server.port}"
    with pytest.raises(SystemExit) as ended:
        main(["add", "--db", str(tmp_path / "a.db"), "--user-id", "cam", "I avoid nuts."])
    assert ended.value.code == 0
    assert "nuts" in capsys.readouterr().out


def test_a_server_has_no_idle_time(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValidationError, match="or to the server"):
        Memory(tmp_path / "a.db", embedder="hash", llm=f"{server.url}#x", unload_after=5)
    monkeypatch.setenv("LITEMEM_UNLOAD_AFTER", "600")
    Memory(tmp_path / "a.db", embedder="hash", llm=f"{server.url}#x").close()
