"""Greedy decoding: the tokens of llama.cpp's own sampler, with any number of threads."""

import json

import pytest

from litemem.extraction.ask import load_prompt
from litemem.models.decoding import Decoder
from litemem.models.llms import LlamaCppLLM
from litemem.models.runtimes import llama_cpp

PROMPT = load_prompt("user_facts")
SCHEMA = {
    "type": "object",
    "properties": {
        "facts": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 40},
            "minItems": 2,
            "maxItems": 3,
        }
    },
    "required": ["facts"],
    "additionalProperties": False,
}
TEXTS = [
    "user: I'm Cam and I avoid shellfish.",
    "user: My dog Rex is nine, my dog Rex is nine, my dog Rex is nine.",
    "user: Moro em Recife; não como carne vermelha.",
    "user: わたしは京都に住んでいます。",
    'user: Quote "this\\" and { "facts": [ ] }, please 😀',
    "user: My sister Jane runs marathons; her next one is in Lisbon in May.\nassistant: Noted!",
]


def decoded(llm: LlamaCppLLM, text: str, max_tokens: int = 120) -> list[int] | None:
    with llm._model() as llama:
        head, tail = llm._chat(llama, PROMPT)
        llm._at_prefix(llama, head)
        prompt = [*head, *llama.tokenize(f"New messages:\n{text}".encode(), add_bos=False), *tail]
        with Decoder(llama, SCHEMA, lambda: 2) as decoder:
            return decoder.answer(prompt, max_tokens)


def sampled(llm: LlamaCppLLM, text: str, max_tokens: int = 120) -> list[int] | None:
    """Return what llama.cpp's own loop and sampler give."""
    library = llama_cpp()
    grammar = library.llama_grammar.LlamaGrammar.from_json_schema(json.dumps(SCHEMA), verbose=False)
    found: list[int] = []
    with llm._model() as llama:
        head, tail = llm._chat(llama, PROMPT)
        llm._at_prefix(llama, head)
        prompt = [*head, *llama.tokenize(f"New messages:\n{text}".encode(), add_bos=False), *tail]
        vocabulary = library.llama_model_get_vocab(llama.model)
        for token in llama.generate(prompt, temp=0.0, grammar=grammar):
            if library.llama_vocab_is_eog(vocabulary, token):
                return found
            if len(found) == max_tokens:
                break
            found.append(token)
    return None


@pytest.mark.model
@pytest.mark.parametrize("text", TEXTS)
def test_an_answer_is_that_of_llama_cpps_own_sampler(tiny_llm: LlamaCppLLM, text: str) -> None:
    assert decoded(tiny_llm, text) == sampled(tiny_llm, text)


@pytest.mark.model
def test_an_answer_that_is_too_long_is_none(tiny_llm: LlamaCppLLM) -> None:
    whole = decoded(tiny_llm, TEXTS[0])
    assert whole is not None
    assert decoded(tiny_llm, TEXTS[0], len(whole)) == whole
    for shorter in (1, 2, len(whole) - 1):
        assert decoded(tiny_llm, TEXTS[0], shorter) is None


@pytest.mark.model
def test_the_number_of_threads_changes_no_token(tiny_llm: LlamaCppLLM) -> None:
    with tiny_llm._model() as llama:
        head, tail = tiny_llm._chat(llama, PROMPT)
        prompt = [*head, *llama.tokenize(TEXTS[5].encode(), add_bos=False), *tail]
        answers = []
        for threads in (lambda: 1, lambda: 2, iter([1, 2] * 99).__next__):
            tiny_llm._at_prefix(llama, head)
            with Decoder(llama, SCHEMA, threads) as decoder:
                answers.append(decoder.answer(prompt, 120))
    assert answers[0] == answers[1] == answers[2]
