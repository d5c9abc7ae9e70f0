"""Greedy decoding under a grammar."""

import ctypes
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from litemem.models.runtimes import llama_cpp


class Decoder:
    """One answer of a model. Use it in a `with` block, in which nothing else uses the model.

    llama.cpp's sampler asks the grammar about every token of the vocabulary, which takes 37 ms with
    152,000 tokens. Nearly always it allows the likeliest one, so it is asked about that first.

    One token is evaluated at a time. Drafts that are looked up in the prompt do not pay: two, three
    or four tokens take 1.6, 2.1 and 2.3 times as long as one, and their sums round otherwise.

    Args:
        llama: holds a prefix of the prompt; `n_tokens` is its length.
        schema: a JSON schema of the answer.
        threads: says before each evaluation how many threads it may use.
    """

    def __init__(self, llama: Any, schema: Mapping[str, Any], threads: Callable[[], int]) -> None:
        library = llama_cpp()
        self._llama = llama
        self._threads = threads
        self._vocab = library.llama_model_get_vocab(llama.model)
        self._grammar = library.llama_sampler_init_grammar(
            self._vocab, _grammar(json.dumps(schema)), b"root"
        )
        if not self._grammar:
            raise RuntimeError(f"llama.cpp cannot read the grammar of {schema}")
        self._greedy = _chain(library.llama_sampler_init_greedy())
        self._both = _chain(self._grammar, library.llama_sampler_init_greedy())

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *error: object) -> None:
        for chain in (self._greedy, self._both):
            llama_cpp().llama_sampler_free(chain)

    def answer(self, prompt: Sequence[int], max_tokens: int) -> list[int] | None:
        """Return the tokens of the answer; None if there are more than `max_tokens`.

        Raises:
            RuntimeError: the model or the grammar failed.
        """
        fresh = self._behind_kept(prompt)
        found: list[int] = []
        while True:
            evaluate(self._llama, fresh, self._threads)
            token = self._choose()
            if llama_cpp().llama_vocab_is_eog(self._vocab, token):
                return found
            if len(found) == max_tokens:
                return None
            found.append(token)
            fresh = [token]

    def _behind_kept(self, prompt: Sequence[int]) -> list[int]:
        """Return the tokens that the model still has to evaluate.

        A model with a recurrent state cannot forget what it holds beyond `n_tokens`, only all.
        """
        llama = self._llama
        memory = llama_cpp().llama_get_memory(llama.ctx)
        if not llama_cpp().llama_memory_seq_rm(memory, 0, llama.n_tokens, -1):
            llama.reset()
        return list(prompt[llama.n_tokens :])

    def _choose(self) -> int:
        """Return the likeliest token that the grammar allows, and let the grammar go on by it."""
        library, context = llama_cpp(), self._llama.ctx
        token = int(library.llama_sampler_sample(self._greedy, context, -1))
        if not self._allows(token):
            return int(library.llama_sampler_sample(self._both, context, -1))
        library.llama_sampler_accept(self._both, token)
        return token

    def _allows(self, token: int) -> bool:
        library = llama_cpp()
        candidate = library.llama_token_data(token, 0.0, 0.0)
        only = library.llama_token_data_array(ctypes.pointer(candidate), 1, -1, False)
        library.llama_sampler_apply(self._grammar, ctypes.byref(only))
        return bool(candidate.logit == 0)  # otherwise it is -infinity


def _chain(*samplers: Any) -> Any:
    """Return a sampler that applies samplers in order, and is freed with them."""
    library = llama_cpp()
    chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
    for sampler in samplers:
        library.llama_sampler_chain_add(chain, sampler)
    return chain


def evaluate(llama: Any, tokens: Sequence[int], threads: Callable[[], int]) -> None:
    """Evaluate tokens behind those that the model holds, a batch at a time.

    `threads` says before each batch how many threads it may use. What it raises ends the work.
    """
    for start in range(0, len(tokens), llama.n_batch):
        number = threads()
        llama_cpp().llama_set_n_threads(llama.ctx, number, number)
        llama.eval(tokens[start : start + llama.n_batch])


@lru_cache(maxsize=64)
def _grammar(schema: str) -> bytes:
    """Return the grammar of a JSON schema."""
    return str(llama_cpp().llama_grammar.json_schema_to_gbnf(schema)).encode()
