"""Resolution of models: a name, a path, an object, or the environment's choice."""

import sys
from pathlib import Path
from typing import Any

import pytest

from helpers import run_python
from litemem import AsyncMemory, Memory
from litemem.client import MemoryClient
from litemem.core.protocols import EmbedderIdentity
from litemem.errors import EmbedderError, LitememError, LLMError, ModelFileError, ValidationError
from litemem.models.resolve import resolve_embedder, resolve_llm, resolve_reranker
from litemem.testing import HashEmbedder, ScriptedLLM, WordReranker


def test_a_memory_takes_names(tmp_path: Path) -> None:
    with Memory(tmp_path / "a.db", embedder="hash:64", llm="smollm2-135m") as memory:
        assert memory.embedder.identity == HashEmbedder(64).identity
        assert memory.llm.name == "smollm2-135m"


def test_every_face_takes_names(tmp_path: Path) -> None:
    with MemoryClient(path=tmp_path / "a.db", embedder="hash", llm="smollm2-135m") as client:
        assert client.memory.llm.name == "smollm2-135m"
    asynchronous = AsyncMemory(tmp_path / "a.db", embedder="hash", llm="smollm2-135m")
    assert asynchronous.sync.embedder.identity.name == "hash"
    asynchronous.close()


def test_what_the_environment_names_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:64")
    monkeypatch.setenv("LITEMEM_LLM", "smollm2-135m")
    for memory in (Memory(tmp_path / "a.db"), Memory.from_config({"path": str(tmp_path / "a.db")})):
        with memory:
            assert memory.embedder.identity.dimensions == 64
            assert memory.llm.name == "smollm2-135m"
    given, scripted = HashEmbedder(), ScriptedLLM([])
    assert resolve_embedder(given) is given
    assert resolve_llm(scripted) is scripted


def test_the_idle_time_of_a_language_model_comes_from_the_call_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "a.db")
    assert resolve_llm(None).unload_after is None  # type: ignore[attr-defined]
    monkeypatch.setenv("LITEMEM_UNLOAD_AFTER", "600")
    for opened, seconds in (
        (Memory(path, embedder="hash"), 600),
        (Memory(path, embedder="hash", unload_after=7), 7),
        (Memory.from_config({"path": path, "embedder": "hash", "unload_after": 0}), 0),
        (MemoryClient(path=path, embedder="hash", unload_after=0.5).memory, 0.5),
    ):
        with opened as memory:
            assert memory.llm.unload_after == seconds  # type: ignore[attr-defined]
    with Memory(path, embedder="hash", llm=ScriptedLLM([])) as memory:  # has nothing to unload
        assert not hasattr(memory.llm, "unload_after")


@pytest.mark.parametrize("seconds", [-1, "5", True, float("nan"), float("inf"), [5]])
def test_an_idle_time_has_to_be_seconds(tmp_path: Path, seconds: Any) -> None:
    with pytest.raises(ValidationError, match="unload_after"):
        Memory(tmp_path / "a.db", embedder="hash", unload_after=seconds)
    with pytest.raises(ValidationError, match=r"config\['unload_after'\]"):
        Memory.from_config({"path": str(tmp_path / "a.db"), "unload_after": seconds})
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize("seconds", ["-1", "10m", "nan", "soon"])
def test_an_idle_time_of_the_environment_has_to_be_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv("LITEMEM_UNLOAD_AFTER", seconds)
    with pytest.raises(ValidationError, match="LITEMEM_UNLOAD_AFTER"):
        Memory(tmp_path / "a.db", embedder="hash")


def test_an_idle_time_is_refused_for_a_language_model_of_your_own(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="give it to the object itself"):
        Memory(tmp_path / "a.db", embedder="hash", llm=ScriptedLLM([]), unload_after=5)


@pytest.mark.parametrize("name", ["hash:x", "hash:7", "no-such-model", 7, ["hash"], HashEmbedder])
def test_an_invalid_embedder_is_refused_when_the_memory_is_opened(
    tmp_path: Path, name: Any
) -> None:
    with pytest.raises(ValidationError) as refused:
        Memory(tmp_path / "a.db", embedder=name)
    assert "hash" in str(refused.value) or "all-minilm" in str(refused.value)


@pytest.mark.parametrize("name", ["no-such-model", 7, HashEmbedder()])
def test_an_invalid_language_model_is_refused_when_the_memory_is_opened(
    tmp_path: Path, name: Any
) -> None:
    with pytest.raises(ValidationError, match=r"litemem models list|qwen"):
        Memory(tmp_path / "a.db", embedder="hash", llm=name)


class Foreign:
    """Has some of a part's methods, as another library's class of the same name has."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0] for _ in texts]

    def generate(self, prompts: list[str]) -> str:
        return "?"


def test_an_embedder_has_every_method_of_the_protocol(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="has no identity, embed_query, close"):
        Memory(tmp_path / "a.db", embedder=Foreign())  # type: ignore[arg-type]
    assert not (tmp_path / "a.db").exists()


def test_a_language_model_has_every_method_of_the_protocol(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="has no name, context_tokens, count_tokens, close"):
        Memory(tmp_path / "a.db", embedder="hash", llm=Foreign())  # type: ignore[arg-type]


@pytest.mark.parametrize("reranker", ["x", 5, object(), WordReranker])
def test_an_invalid_reranker_is_refused_when_the_memory_is_opened(
    tmp_path: Path, reranker: Any
) -> None:
    with pytest.raises(ValidationError, match="reranker takes an object with rerank"):
        Memory(tmp_path / "a.db", embedder="hash", llm=ScriptedLLM([]), reranker=reranker)


class Anonymous(HashEmbedder):
    """Says what it is told of its vectors."""

    def __init__(self, told: Any) -> None:
        super().__init__()
        self.told = told

    @property
    def identity(self) -> Any:
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (("mine", 384, "1"), ValidationError),
        (EmbedderIdentity("mine", 0, "1"), ValidationError),
        (EmbedderIdentity("mine", "384", "1"), ValidationError),  # type: ignore[arg-type]
        (RuntimeError("no network"), EmbedderError),
    ],
)
def test_an_embedder_says_which_vectors_are_its_before_a_file_is_made(
    tmp_path: Path, told: Any, error: type[LitememError]
) -> None:
    with pytest.raises(error, match=r"identity|no network"):
        Memory(tmp_path / "a.db", embedder=Anonymous(told), llm=ScriptedLLM([]))
    assert not (tmp_path / "a.db").exists()


# -- parts of other packages

PACKAGE = """
from litemem.testing import HashEmbedder, ScriptedLLM, WordReranker

def embedder(rest):
    return HashEmbedder(int(rest or 32))

def llm(rest):
    return ScriptedLLM([[rest]])

def reranker(rest):
    return WordReranker()

def broken(rest):
    raise RuntimeError("no licence")

def wrong(rest):
    return 7
"""
ENTRY_POINTS = """
[litemem.embedders]
theirs = theirs_of_them:embedder
broken = theirs_of_them:broken
hash = theirs_of_them:wrong
all-minilm-l6-v2-int8 = theirs_of_them:wrong
[litemem.llms]
theirs = theirs_of_them:llm
lost = theirs_of_them:nothing
[litemem.rerankers]
theirs = theirs_of_them:reranker
wrong = theirs_of_them:wrong
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers an embedder, a language model and a reranker, as pip installs it."""
    metadata = tmp_path / "site" / "theirs-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "site" / "theirs_of_them.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "theirs_of_them", raising=False)


@pytest.mark.usefixtures("package")
def test_a_package_offers_parts_by_name(tmp_path: Path) -> None:
    with Memory(
        tmp_path / "a.db", embedder="theirs:64", llm="theirs:Avoids nuts", reranker="theirs"
    ) as memory:
        assert memory.embedder.identity.dimensions == 64
        memory.add("I avoid nuts.", user_id="cam")
        assert memory.search("nuts", user_id="cam", rerank=True)["results"]


@pytest.mark.usefixtures("package")
def test_a_package_replaces_no_part_of_ours() -> None:
    assert resolve_embedder("hash").identity == HashEmbedder().identity
    assert resolve_embedder("all-minilm-l6-v2-int8").identity.dimensions == 384


@pytest.mark.usefixtures("package")
def test_a_part_that_fails_is_named() -> None:
    with pytest.raises(EmbedderError, match=r"entry point 'broken' of litemem.embedders.*licence"):
        resolve_embedder("broken")
    with pytest.raises(LLMError, match="entry point 'lost'"):
        resolve_llm("lost")
    with pytest.raises(ValidationError, match="reranker takes an object"):
        resolve_reranker("wrong")
    with pytest.raises(ValidationError, match="no installed package has the reranker 'nobody'"):
        resolve_reranker("nobody")


def test_without_llama_cpp_messages_are_stored_and_found(tmp_path: Path) -> None:
    model = tmp_path / "tiny.gguf"
    model.write_bytes(b"GGUF")
    done = run_python(WITHOUT_LLAMA, str(tmp_path / "a.db"), str(model))
    assert "pip install 'litemem[llama]'" in done
    assert "infer=False (--no-infer) stores a text without facts" in done
    assert "found I avoid nuts." in done


WITHOUT_LLAMA = """
import sys
sys.modules["llama_cpp"] = None  # as if it were not installed
from litemem import Memory
from litemem.errors import LLMError
with Memory(sys.argv[1], embedder="hash", llm=sys.argv[2]) as memory:
    try:
        memory.add("I avoid nuts.", user_id="cam")
    except LLMError as error:
        print(error)
    for row in memory.search("nuts", user_id="cam")["results"]:
        print("found", row["memory"])
"""


def test_a_path_names_a_folder_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelFileError, match=f"no model.onnx in {tmp_path}"):
        Memory(":memory:", embedder=Path("nowhere"), llm=ScriptedLLM([]))
    with Memory(":memory:", embedder="hash", llm=Path("mine.gguf")) as memory:
        assert memory.llm.name == str(tmp_path / "mine.gguf")
