"""Custom embedders, language models and rerankers: their exceptions become litemem's errors."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from helpers import OpenMemory
from helpers.custom_models import EMBEDDERS, LLMS, RERANKERS
from helpers.stores import reading
from litemem import Memory
from litemem.core.arguments import AddOptions, check_messages
from litemem.core.protocols import Vector
from litemem.core.scope import Scope
from litemem.errors import EmbedderError, LLMError, RerankerError
from litemem.maintenance.reindex import reindex
from litemem.testing import HashEmbedder, ScriptedLLM, WordReranker

CAM = {"user_id": "cam"}


class RateLimitError(Exception):
    """What a provider's own library raises."""


class LimitedEmbedder(HashEmbedder):
    """Is refused by its provider where it is told."""

    def __init__(self, dimensions: int = 64, refuses: Iterable[str] = ()) -> None:
        super().__init__(dimensions)
        self.refuses = set(refuses)

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        if "documents" in self.refuses:
            raise RateLimitError("429")
        return super().embed_documents(texts)

    def embed_query(self, text: str) -> Vector:
        if "query" in self.refuses:
            raise RateLimitError("429")
        return super().embed_query(text)


class Own(WordReranker):
    """Gives the scores that it is told, or raises them."""

    def __init__(self, scores: Any) -> None:
        super().__init__()
        self.scores = scores

    def rerank(self, query: str, documents: Sequence[str]) -> Any:
        if isinstance(self.scores, Exception):
            raise self.scores
        return self.scores


CALLS: dict[str, Callable[[Memory], object]] = {
    "add": lambda m: m.add("I like tea", **CAM),
    "add as it stands": lambda m: m.add("likes tea", infer=False, **CAM),
    "update": lambda m: m.update(m.get_all(**CAM)["results"][0]["id"], "likes gin"),
    "reindex": lambda m: reindex(m.store, LimitedEmbedder(32, {"documents"})),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_an_embedders_own_error_is_an_embedder_error(
    open_memory: OpenMemory, call: Callable[[Memory], object]
) -> None:
    embedder = LimitedEmbedder()
    memory = open_memory(["User likes tea"], embedder=embedder)
    memory.add("likes rum", infer=False, **CAM)
    embedder.refuses = {"documents"}
    with pytest.raises(EmbedderError, match="the embedder failed: RateLimitError: 429") as raised:
        call(memory)
    assert isinstance(raised.value.__cause__, RateLimitError)


@pytest.mark.parametrize("enable_graph", [False, True])
def test_an_embedders_own_error_on_a_query_is_an_embedder_error(
    open_memory: OpenMemory, enable_graph: bool
) -> None:
    memory = open_memory(embedder=LimitedEmbedder(refuses={"query"}))
    with pytest.raises(EmbedderError, match="RateLimitError: 429"):
        memory.search("what does Cam like?", enable_graph=enable_graph, **CAM)


def test_an_embedder_that_returns_no_list_is_reported(open_memory: OpenMemory) -> None:
    class Silent(HashEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> Any:
            return None

    with pytest.raises(EmbedderError, match="'NoneType' object is not iterable"):
        open_memory(embedder=Silent(64)).add("likes tea", infer=False, **CAM)


def test_a_language_models_own_error_is_an_llm_error_and_the_turn_is_kept(
    open_memory: OpenMemory,
) -> None:
    memory = open_memory(RateLimitError("429"), ["User likes tea"])
    with pytest.raises(LLMError, match="the language model failed: RateLimitError: 429") as raised:
        memory.add("I like tea", **CAM)
    assert isinstance(raised.value.__cause__, RateLimitError)
    assert [row["memory"] for row in memory.process_pending()["results"]] == ["User likes tea"]


@pytest.mark.parametrize("member", ["count_tokens", "context_tokens"])
def test_a_language_model_that_cannot_count_is_reported(
    open_memory: OpenMemory, member: str
) -> None:
    llm: Any = ScriptedLLM([["User likes tea"]])
    setattr(llm, member, "many" if member == "context_tokens" else lambda _: "many")
    with pytest.raises(LLMError, match="the language model failed: ValueError"):
        open_memory(llm=llm).add("I like tea", **CAM)


def test_an_interrupt_while_a_model_works_stays_what_it_is(open_memory: OpenMemory) -> None:
    class Interrupted(ScriptedLLM):
        def generate(self, *_: object, **__: object) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_memory(llm=Interrupted([])).add("I like tea", **CAM)


def test_a_waiting_turn_that_its_model_refuses_does_not_stop_the_next_add(
    open_memory: OpenMemory,
) -> None:
    memory = open_memory(RateLimitError("429"), ["User plays chess"])
    memory._pipeline.enqueue(Scope(user_id="cam"), check_messages("I like tea"), AddOptions())
    added = memory.add("I play chess", **CAM)
    assert [row["memory"] for row in added["results"]] == ["User plays chess"]
    assert len(reading(memory.store).turns.pending()) == 1


@pytest.mark.parametrize("scores", [RateLimitError("429"), None, ["best"], [{"score": 1}]])
def test_what_a_reranker_raises_or_gives_instead_of_numbers_is_a_reranker_error(
    open_memory: OpenMemory, scores: object
) -> None:
    memory = open_memory(reranker=Own(scores))
    memory.add("likes tea", infer=False, **CAM)
    with pytest.raises(RerankerError, match="the reranker failed"):
        memory.search("tea", rerank=True, **CAM)


@pytest.mark.parametrize("n", [0, 1])
def test_parts_as_programs_write_them_work(tmp_path: Path, n: int) -> None:
    embedder, llm, reranker = EMBEDDERS[n], LLMS[n], RERANKERS[n]
    with Memory(tmp_path / "a.db", embedder=embedder, llm=llm, reranker=reranker) as memory:
        for text in ("tea", "green tea"):
            memory.add(text, infer=False, **CAM)
        assert memory.add("I like tea", **CAM) == {"results": []}
        found = memory.search("tea", rerank=True, enable_graph=True, **CAM)["results"]
    assert [row["memory"] for row in found] == ["I like tea", "green tea", "tea"]


def test_a_memory_keeps_the_parts_that_it_was_given(tmp_path: Path) -> None:
    embedder, llm, reranker = HashEmbedder(), ScriptedLLM([]), WordReranker()
    with Memory(tmp_path / "a.db", embedder=embedder, llm=llm, reranker=reranker) as memory:
        assert memory.embedder is embedder
        assert memory.llm is llm
        assert memory.reranker is reranker
