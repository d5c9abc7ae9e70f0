"""llama.cpp behind the `LLM` protocol."""

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from weakref import WeakSet, ref

from litemem.core.arguments import check_seconds
from litemem.core.protocols import Prompt, Usage
from litemem.errors import ExtractionError, LLMError, ModelFileError
from litemem.models import files as model_files
from litemem.models import registry as model_registry
from litemem.models.decoding import Decoder, evaluate
from litemem.models.prompt_cache import PromptCache
from litemem.models.runtimes import (
    NO_LLAMA,
    FreeCores,
    PerProcess,
    has_llama_cpp,
    llama_cpp,
    run_after_fork,
    run_in_thread,
)

CONTEXT_TOKENS = 4_096  # 117 MB of keys and values with the default model
END_SECONDS = 30.0  # that the end of the program waits for the batch that a model works at
_ENDS = "the program ends"
SEED = 7  # required by the sampler, although temperature 0 leaves nothing to chance
_to_finish: "WeakSet[_Loaded]" = WeakSet()  # the models that were loaded
_MARK = "\ue000"  # private use: a placeholder for the text in a rendered chat template


class LlamaCppLLM:
    """A GGUF model run by llama.cpp, loaded at the first call.

    Calls run one at a time. The same input gives the same answer. After a fork the child loads the
    model again.

    Args:
        model: a name of the registry (`litemem models list`), or the path of any GGUF file.
        context_tokens: the limit for prompt, text and answer together.
        threads: by default as many as the physical cores, and fewer while other programs use them.
        seed: for the sampler.
        state_folder: the folder for evaluated prompts, which processes share; by default in the
            models folder.
        unload_after: seconds without a call after which the model's memory is freed; the next call
            loads it again. By default it stays until `close`.

    Raises:
        ValidationError, ModelFileError: no language model has this name, or not seconds.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        context_tokens: int = CONTEXT_TOKENS,
        threads: int | None = None,
        seed: int = SEED,
        state_folder: str | Path | None = None,
        unload_after: float | None = None,
    ) -> None:
        self.name = _known(str(model or model_registry.default_model("llm").name))
        self.context_tokens = context_tokens
        self.usage = Usage()
        self._threads = threads
        self._seed = seed
        self._state_folder = Path(state_folder) if state_folder else None
        self.unload_after = check_seconds(unload_after, "unload_after")
        self._loaded_model = PerProcess(_Loaded)

    @property
    def parameters(self) -> int:
        """The number of parameters; loads the model."""
        with self._model() as llama:
            return int(llama_cpp().llama_model_n_params(llama.model))

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens in `text`; loads the model."""
        with self._model() as llama:
            return len(_tokenize(llama, text))

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        """Return the answer about `text` as JSON that matches `schema`, at temperature 0.

        `text` is data only: a control token in it is read as plain characters.

        Raises:
            ModelFileError: the model's file is missing or wrong.
            LLMError: prompt, text and answer exceed the context.
            ExtractionError: the answer was not finished within `max_tokens`.
        """
        return run_after_fork(lambda: self._generate(prompt, text, schema, max_tokens))

    def close(self) -> None:
        """Free the model's memory; the next call loads it again."""
        self._here.unload()

    def _generate(
        self, prompt: Prompt, text: str, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        with self._model() as llama:
            head, tail = self._chat(llama, prompt)
            body = [*_tokenize(llama, text), *tail]
            if len(head) + len(body) + max_tokens > self.context_tokens:
                raise LLMError(
                    f"{len(head) + len(body)} tokens and an answer of {max_tokens} do not fit into "
                    f"the context of {self.context_tokens}: split the text, or raise context_tokens"
                )
            try:
                evaluated = self._at_prefix(llama, head) + len(body)
                answer = self._complete(llama, head + body, schema, max_tokens)
            except (RuntimeError, _ProgramEndsError) as error:
                llama.reset()
                raise LLMError(f"{self.name} did not answer: {error}") from error
            self.usage = self.usage.plus(evaluated, len(answer))
            return str(llama.detokenize(answer).decode("utf-8", errors="replace"))

    @property
    def _here(self) -> "_Loaded":
        return self._loaded_model.here

    @contextmanager
    def _model(self) -> Iterator[Any]:
        """Hold the model for a call, loading it if necessary."""
        here = self._here
        with here.lock:
            if here.ends:
                raise LLMError(f"{self.name} did not answer: {_ENDS}")
            if here.llama is None:
                _finish_at_exit(here)
                path = _gguf_path(self.name)
                most = self._threads or _default_threads()
                cores = FreeCores(most)  # looks at the load from here on
                here.llama = _load(path, self.context_tokens, most, self._seed)
                here.threads = cores.threads if self._threads is None else lambda: most
                folder = self._state_folder or model_files.models_folder() / "prefixes"
                here.cache = PromptCache(folder, path)
                if self.unload_after is not None:
                    here.watch(self.unload_after)
            try:
                yield here.llama
            finally:
                here.used = time.monotonic()

    def _chat(self, llama: Any, prompt: Prompt) -> tuple[list[int], list[int]]:
        """Return the tokens of the chat template before and after the text."""
        chats = self._here.chats
        if prompt not in chats:
            before, behind = _render(llama, prompt).split(_MARK)
            add_bos = bool(llama.metadata.get("tokenizer.ggml.add_bos_token") == "true")
            head = _tokenize(llama, before, special=True)
            if add_bos and head[:1] != [llama.token_bos()]:
                head = [llama.token_bos(), *head]
            chats[prompt] = (head, _tokenize(llama, behind, special=True))
        return chats[prompt]

    def _at_prefix(self, llama: Any, head: list[int]) -> int:
        """Set the context to exactly `head`; return how many tokens were evaluated.

        More of the last call's tokens are never reused: sums in another order round differently,
        and the same input would not give the same answer.
        """
        cache = self._here.cache
        assert cache is not None
        if llama.n_tokens >= len(head) and llama.input_ids[: len(head)].tolist() == head:
            llama.n_tokens = len(head)
            return 0
        if cache.restore(llama, head):
            return 0
        llama.reset()
        evaluate(llama, head, self._here.threads_now)
        cache.keep(llama, head)
        return len(head)

    def _complete(
        self, llama: Any, tokens: list[int], schema: Mapping[str, Any], max_tokens: int
    ) -> list[int]:
        """Return the answer's tokens; the context holds a prefix of `tokens`."""
        with Decoder(llama, schema, self._here.threads_now) as decoder:
            answer = decoder.answer(tokens, max_tokens)
        if answer is not None:
            return answer
        raise ExtractionError(f"{self.name} did not finish its answer within {max_tokens} tokens")


class _ProgramEndsError(Exception):
    """The program ends while the model works."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class _Loaded:
    """The model of one process, once it is loaded; `chats` are the tokens of each prompt."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    llama: Any = None
    cache: PromptCache | None = None
    chats: dict[Prompt, tuple[list[int], list[int]]] = field(default_factory=dict)
    threads: Callable[[], int] = lambda: 1  # how many to compute with now
    ends: bool = False  # the program does; a call that runs stops behind its token or batch
    used: float = 0.0  # the end of the last call, by time.monotonic
    freed: threading.Event = field(default_factory=threading.Event)  # ends the thread of `watch`

    def threads_now(self) -> int:
        """Return how many threads to compute with now, unless the program ends."""
        if self.ends:
            raise _ProgramEndsError(_ENDS)
        return self.threads()

    def unload(self) -> None:
        """Free the model's memory."""
        with self.lock:
            self.freed.set()
            if self.llama is not None:
                self.llama.close()
            self.llama = self.cache = None
            self.chats.clear()

    def watch(self, seconds: float) -> None:
        """Start a thread that unloads the model after `seconds` without a call."""
        self.freed = threading.Event()
        threading.Thread(
            target=_unload_when_idle,
            args=(ref(self), self.freed, seconds),
            name="litemem-unload",
            daemon=True,
        ).start()


def _finish_at_exit(loaded: _Loaded) -> None:
    """Stop what a model works at when the program ends, and wait until it has.

    A thread inside llama.cpp that outlives the interpreter crashes the program now and then. The
    calls of an atexit handler run in reverse order, so this one comes before those of the threads
    that were there before the model.
    """
    if not _to_finish:
        atexit.register(_finish_all, os.getpid())
    _to_finish.add(loaded)


def _finish_all(process: int) -> None:
    if os.getpid() != process:
        return  # locks and threads are the parent's
    for loaded in list(_to_finish):
        loaded.ends = True
    for loaded in list(_to_finish):
        if loaded.lock.acquire(timeout=END_SECONDS):
            loaded.lock.release()


def _unload_when_idle(loaded: "ref[_Loaded]", freed: threading.Event, seconds: float) -> None:
    """Wait until a model has not been used for `seconds`, or is freed or forgotten otherwise."""
    rest = seconds
    while not freed.wait(rest):
        here = loaded()
        if here is None:
            return
        with here.lock:  # a call that runs is waited for
            rest = max(here.used + seconds - time.monotonic(), 0)
            if rest == 0 and not freed.is_set():
                here.unload()
        del here  # or the memory of a model that nobody has anymore would stay


def _default_threads() -> int:
    """Return the number of cores to use; of more than four, half count as hyper-threads."""
    available = getattr(os, "sched_getaffinity", None)
    cores = len(available(0)) if available else os.cpu_count() or 1
    return cores if cores <= 4 else cores // 2


def _is_path(name: str) -> bool:
    return "/" in name or os.sep in name or name.endswith(".gguf")


def _known(name: str) -> str:
    """Return a model's name or path after checking that a name is in the registry."""
    if not _is_path(name) and model_registry.find(name, "llm").task != "llm":
        raise ModelFileError(f"{name} is not a language model: see `litemem models list`")
    return name


def _gguf_path(name: str) -> Path:
    """Return the file of a model that is given by name or path."""
    if not has_llama_cpp():  # the first thing to mend: the file is of no use without it
        raise LLMError(NO_LLAMA)
    if not _is_path(name):
        return model_files.verified_path(name)
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelFileError(f"no model file at {path}: give the path of a GGUF file")
    return path


def _load(path: Path, context_tokens: int, threads: int, seed: int) -> Any:
    """Load the model in a separate thread.

    llama.cpp logs through a Python callback while it loads, and ctypes drops exceptions in it: in
    the main thread a Ctrl-C would be lost.
    """
    _keep_output()
    load = partial(
        llama_cpp().Llama,
        str(path),
        n_ctx=context_tokens,
        n_threads=threads,
        n_threads_batch=threads,
        seed=seed,
        verbose=False,
    )
    try:
        return run_in_thread(load)
    except (ValueError, RuntimeError, OSError, MemoryError) as error:
        raise ModelFileError(
            f"llama.cpp cannot load {path} ({error}): the file may be cut short or of another "
            "format; fetch it again (`litemem models pull`), or give another"
        ) from error


def _keep_output() -> None:
    """Keep the output of other threads while a model is loaded.

    llama_cpp redirects the output of the whole process to /dev/null during that time. Its own
    output would only be errors, which are raised anyway.
    """
    library = llama_cpp()
    for module in (library.llama, library._internals):
        module.suppress_stdout_stderr = _Unmuted
    library.llama_log_set(_quiet_log(), None)


class _Unmuted(nullcontext[None]):
    """Replaces llama_cpp's redirection and does nothing."""

    def __init__(self, disable: bool = True) -> None:  # noqa: ARG002
        super().__init__()


@cache
def _quiet_log() -> Any:
    """Return a callback that discards logs; llama.cpp calls it as long as the process lives."""
    return llama_cpp().llama_log_callback(lambda *_: None)


def _render(llama: Any, prompt: Prompt) -> str:
    """Render the chat about `_MARK` with the model's own template."""
    template = llama.metadata.get("tokenizer.chat_template")
    if template is None:
        raise ModelFileError(f"{llama.model_path} has no chat template: use an instruct model")
    formatter = llama_cpp().llama_chat_format.Jinja2ChatFormatter(
        template, eos_token=_token_text(llama, llama.token_eos()), bos_token=""
    )
    return str(formatter(messages=prompt.messages(_MARK)).prompt)


def _token_text(llama: Any, token: int) -> str:
    return str(llama.detokenize([token], special=True).decode("utf-8", errors="replace"))


def _tokenize(llama: Any, text: str, *, special: bool = False) -> list[int]:
    tokens: Sequence[int] = llama.tokenize(text.encode(), add_bos=False, special=special)
    return list(tokens)
