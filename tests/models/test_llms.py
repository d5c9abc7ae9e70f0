"""llama.cpp behind the `LLM` protocol: reproducible answers, cached prompts, clear errors."""

import json
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from litemem.core.protocols import Prompt
from litemem.errors import ExtractionError, LLMError, ModelFileError, ValidationError
from litemem.extraction.ask import load_prompt
from litemem.models import files as model_files
from litemem.models.llms import LlamaCppLLM

TINY = "smollm2-135m"
PROMPT = load_prompt("user_facts")
OTHER_PROMPT = load_prompt("agent_facts")
TEXT = "New messages:\nuser: I'm Cam and I avoid shellfish."
SCHEMA = {
    "type": "object",
    "properties": {
        "facts": {"type": "array", "items": {"type": "string", "maxLength": 60}, "maxItems": 4}
    },
    "required": ["facts"],
    "additionalProperties": False,
}


def ask(llm: LlamaCppLLM, text: str = TEXT, prompt: Prompt = PROMPT) -> str:
    return llm.generate(prompt, text, schema=SCHEMA, max_tokens=200)


def evaluated(llm: LlamaCppLLM, prompt: Prompt = PROMPT) -> int:
    before = llm.usage.evaluated
    ask(llm, prompt=prompt)
    return llm.usage.evaluated - before


@pytest.mark.model
class TestAnswers:
    def test_an_answer_is_json_that_the_schema_allows(self, tiny_llm: LlamaCppLLM) -> None:
        answer = json.loads(ask(tiny_llm))
        assert list(answer) == ["facts"]
        assert all(isinstance(fact, str) for fact in answer["facts"])

    def test_the_same_text_gives_the_same_answer_also_after_others(
        self, tiny_llm: LlamaCppLLM
    ) -> None:
        first = ask(tiny_llm)
        ask(tiny_llm, TEXT + " I live in Oslo with two cats.")
        ask(tiny_llm, prompt=OTHER_PROMPT)
        assert ask(tiny_llm) == first

    def test_a_new_process_gives_the_same_answer(self, tiny_llm: LlamaCppLLM) -> None:
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]); import test_llms;"
            "from litemem.models.llms import LlamaCppLLM;"
            "sys.stdout.write(test_llms.ask(LlamaCppLLM(test_llms.TINY)))"
        )
        command = [sys.executable, "-c", code, str(Path(__file__).parent)]
        other = subprocess.run(command, capture_output=True, text=True, check=True)
        assert other.stdout == ask(tiny_llm)

    def test_threads_get_the_answers_to_their_own_texts(self, tiny_llm: LlamaCppLLM) -> None:
        texts = [TEXT, "New messages:\nuser: My dog Rex is nine."]
        expected = [ask(tiny_llm, text) for text in texts]
        found = {}

        def run(i: int) -> None:
            found[i] = ask(tiny_llm, texts[i])

        threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [found[0], found[1]] == expected

    def test_control_tokens_in_a_text_are_read_as_letters(self, tiny_llm: LlamaCppLLM) -> None:
        assert tiny_llm.count_tokens("<|im_end|>") > 1

    def test_a_text_longer_than_the_context_is_refused(self, tiny_llm: LlamaCppLLM) -> None:
        with pytest.raises(LLMError, match=r"do not fit into the context of \d+"):
            ask(tiny_llm, "word " * tiny_llm.context_tokens)

    def test_an_answer_that_is_cut_off_is_an_extraction_error(self, tiny_llm: LlamaCppLLM) -> None:
        with pytest.raises(ExtractionError, match="did not finish"):
            tiny_llm.generate(PROMPT, TEXT, schema=SCHEMA, max_tokens=3)


@pytest.mark.model
class TestPromptStates:
    def test_a_prompt_is_evaluated_once_although_another_comes_between(
        self, tmp_path: Path
    ) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path)
        first = evaluated(llm)
        evaluated(llm, OTHER_PROMPT)
        again = evaluated(llm)
        llm.close()
        assert again < first / 4

    def test_a_prompt_is_not_evaluated_again_by_the_next_model_object(self, tmp_path: Path) -> None:
        counts = []
        for _ in range(2):
            llm = LlamaCppLLM(TINY, state_folder=tmp_path)
            counts.append(evaluated(llm))
            llm.close()
        assert counts[1] < counts[0] / 4

    def test_a_restored_prompt_gives_the_same_answer(self, tmp_path: Path) -> None:
        answers = []
        for _ in range(2):
            llm = LlamaCppLLM(TINY, state_folder=tmp_path)
            answers.append(ask(llm))
            llm.close()
        assert answers[0] == answers[1]

    def test_a_damaged_state_is_not_used(self, tmp_path: Path) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path)
        first, answer = evaluated(llm), ask(llm)
        llm.close()
        (state,) = tmp_path.glob("*.state")
        content = bytearray(state.read_bytes())
        content[len(content) // 2] ^= 0xFF
        state.write_bytes(content)
        llm = LlamaCppLLM(TINY, state_folder=tmp_path)
        assert evaluated(llm) == first
        assert ask(llm) == answer
        llm.close()

    def test_a_folder_that_cannot_be_written_is_done_without(self, tmp_path: Path) -> None:
        blocked = tmp_path / "file"
        blocked.write_text("not a folder")
        llm = LlamaCppLLM(TINY, state_folder=blocked / "prefixes")
        assert json.loads(ask(llm))
        llm.close()

    @pytest.mark.posix
    def test_states_are_private_and_few(self, tmp_path: Path) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path)
        for i in range(10):
            ask(llm, prompt=Prompt(f"p{i}", f"Answer in JSON. {i}"))
        llm.close()
        states = list(tmp_path.iterdir())
        assert len(states) == 8
        assert all(state.stat().st_mode & 0o077 == 0 for state in states)


@pytest.mark.model
class TestLifetime:
    @pytest.mark.posix
    def test_close_frees_the_memory_and_the_next_call_loads_again(self, tmp_path: Path) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path)
        answer = ask(llm)
        loaded = resident_mb()
        llm.close()
        assert resident_mb() < loaded - 80  # the model has 98 MB
        assert ask(llm) == answer
        llm.close()

    @pytest.mark.posix
    def test_an_idle_model_frees_its_memory_and_answers_again(self, tmp_path: Path) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path, unload_after=0.3)
        answer = ask(llm)
        loaded = resident_mb()
        wait_until(lambda: resident_mb() < loaded - 80)
        assert ask(llm) == answer
        loaded = resident_mb()
        wait_until(lambda: resident_mb() < loaded - 80)

    def test_a_model_that_is_used_is_not_unloaded(self, tmp_path: Path) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path, unload_after=1)
        llm.count_tokens("load it")
        loaded = llm._here.llama
        until = time.monotonic() + 2
        while time.monotonic() < until:
            llm.count_tokens("tea")
            time.sleep(0.05)
        assert llm._here.llama is loaded
        llm.close()

    @pytest.mark.parametrize("seconds", [0, 0.02, 60])
    def test_no_thread_watches_a_model_that_was_closed_or_forgotten(
        self, tmp_path: Path, seconds: float
    ) -> None:
        llm = LlamaCppLLM(TINY, state_folder=tmp_path, unload_after=seconds)
        for _ in range(5):  # a closing and an unloading may meet
            llm.count_tokens("load it")
            llm.close()
        llm.count_tokens("load it")
        model = weakref.ref(llm._here)
        llm.close()
        del llm
        wait_until(lambda: not any(t.name == "litemem-unload" for t in threading.enumerate()))
        assert model() is None

    @pytest.mark.posix
    def test_nothing_is_loaded_before_the_first_question(self) -> None:
        before = resident_mb()
        LlamaCppLLM("qwen2.5-coder-1.5b")
        assert resident_mb() < before + 10

    @pytest.mark.posix
    def test_any_gguf_works_by_its_path(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.gguf"
        path.symlink_to(model_files.verified_path(TINY))
        llm = LlamaCppLLM(path, state_folder=tmp_path)
        assert json.loads(ask(llm))
        llm.close()

    def test_a_model_file_cut_short_is_an_error_that_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "cut.gguf"
        with model_files.verified_path(TINY).open("rb") as whole:
            path.write_bytes(whole.read(1_000_000))
        with pytest.raises(ModelFileError, match="cut short"):
            ask(LlamaCppLLM(path, state_folder=tmp_path))


@pytest.mark.posix
@pytest.mark.model
@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.7])
def test_ctrl_c_is_not_lost_while_the_model_loads(seconds: float) -> None:
    code = (
        "import os, signal, sys, threading; sys.path.insert(0, sys.argv[1]); import test_llms;"
        "from litemem.models.llms import LlamaCppLLM; llm = LlamaCppLLM('qwen2.5-coder-1.5b');"
        f"threading.Timer({seconds}, lambda: os.kill(os.getpid(), signal.SIGINT)).start();"
        "[test_llms.ask(llm) for _ in range(50)]"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith("KeyboardInterrupt")


class TestMissingModels:
    def test_a_missing_registry_model_names_the_command_that_fetches_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path))
        with pytest.raises(ModelFileError, match="litemem models pull smollm2-135m"):
            ask(LlamaCppLLM(TINY))

    def test_a_missing_path_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match=r"none\.gguf"):
            ask(LlamaCppLLM(tmp_path / "none.gguf"))

    def test_an_embedder_is_no_language_model(self) -> None:
        with pytest.raises(ModelFileError, match="not a language model"):
            LlamaCppLLM("all-minilm-l6-v2-int8")

    def test_an_unknown_name_is_refused_at_once(self) -> None:
        with pytest.raises(
            ValidationError, match=r"unknown model 'nope': known are qwen.*; or give "
        ):
            LlamaCppLLM("nope")

    def test_a_file_that_is_not_a_model_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "poem.gguf"
        path.write_text("Roses are red")
        with pytest.raises(ModelFileError, match=r"poem\.gguf"):
            ask(LlamaCppLLM(path))


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024
