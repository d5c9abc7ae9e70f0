"""fastembed behind the `Embedder` protocol, with the real default model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from litemem import Memory
from litemem.errors import EmbedderError, EmbedderMismatchError, ModelFileError
from litemem.models import files as model_files
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.embedding import estimate_tokens
from litemem.testing import HashEmbedder, ScriptedLLM

NAME = "all-minilm-l6-v2-int8"

# an ONNX model of one float, x, that goes out as y: it can be loaded, and takes no tokens
ONE_FLOAT = (
    "08083a370a100a017812017922084964656e746974791201675a0f0a0178120"
    "a0a08080112040a020801620f0a0179120a0a08080112040a0208014202100d"
)

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "junk": lambda _: b"junk" * 1_000,
    "empty": lambda _: b"",
    "cut": lambda whole: whole[: len(whole) * 2 // 3],
    "of another kind": lambda _: b"[]",
}


@pytest.mark.parametrize(
    ("text", "number"), [("", 0), ("a b", 2), ("Hello, world!", 4), ("… !?", 2), ("日本", 1)]
)
def test_words_and_symbols_are_the_tokens_of_a_fake(text: str, number: int) -> None:
    assert HashEmbedder().count_tokens(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("", 0), ("a", 1), ("abcde", 2), ("日本", 2), ("é1", 2)]
)
def test_tokens_are_estimated_by_characters(text: str, number: int) -> None:
    assert estimate_tokens(text) == number


def cosine(a: object, b: object) -> float:
    x, y = np.asarray(a), np.asarray(b)
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


@pytest.mark.model
class TestVectors:
    def test_a_question_is_nearer_to_its_answer_than_to_another_text(
        self, default_embedder: FastEmbedEmbedder
    ) -> None:
        query = default_embedder.embed_query("Where does she live?")
        answer, other = default_embedder.embed_documents(
            ["Her home is in Lisbon", "The invoice is overdue"]
        )
        assert cosine(query, answer) > cosine(query, other) + 0.1

    def test_vectors_come_in_the_order_of_the_texts(
        self, default_embedder: FastEmbedEmbedder
    ) -> None:
        texts = ["a long text about the mountains " * 9, "cats", "a middling text about the sea"]
        together = default_embedder.embed_documents(texts)
        alone = [default_embedder.embed_documents([text])[0] for text in texts]
        assert all(cosine(a, b) > 0.999 for a, b in zip(together, alone, strict=True))

    def test_no_text_gives_no_vector(self, default_embedder: FastEmbedEmbedder) -> None:
        assert default_embedder.embed_documents([]) == []

    @pytest.mark.parametrize("text", ["🦐🚫", "مرحبا بالعالم", "\0", "x" * 1_000_000])
    def test_unusual_texts_have_vectors(
        self, default_embedder: FastEmbedEmbedder, text: str
    ) -> None:
        (vector,) = default_embedder.embed_documents([text])
        assert np.isfinite(np.asarray(vector)).all()

    @pytest.mark.parametrize(
        ("text", "number"),
        [("", 0), ("I like tea.", 4), ("tea " * 5_000, 5_000), ("日本", 2), ("x" * 4_000, 1_000)],
    )
    def test_tokens_of_a_whole_text_are_counted(
        self, default_embedder: FastEmbedEmbedder, text: str, number: int
    ) -> None:
        before = default_embedder.embed_query("tea " * 5_000)
        assert default_embedder.count_tokens(text) == number
        assert cosine(before, default_embedder.embed_query("tea " * 5_000)) == pytest.approx(1)

    def test_close_lets_the_next_text_load_the_model_again(self) -> None:
        embedder = FastEmbedEmbedder()
        first = embedder.embed_query("hello")
        embedder.close()
        assert cosine(first, embedder.embed_query("hello")) > 0.999


@pytest.mark.model
class TestFolders:
    def test_a_user_s_own_folder_works_like_the_registry(self, tmp_path: Path) -> None:
        folder = tmp_path / "mine"
        shutil.copytree(model_files.verified_folder(NAME), folder)
        mine, registered = FastEmbedEmbedder(folder), FastEmbedEmbedder()
        assert mine.identity.fingerprint == registered.identity.fingerprint
        assert cosine(mine.embed_query("hello"), registered.embed_query("hello")) > 0.999

    def test_a_changed_model_file_is_never_loaded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(model_files.verified_folder(NAME), tmp_path / NAME)
        monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path))
        with (tmp_path / NAME / "model.onnx").open("r+b") as file:
            file.seek(1_000_000)
            file.write(b"changed")
        with pytest.raises(ModelFileError, match="litemem models pull"):
            FastEmbedEmbedder().embed_query("hello")

    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
    @pytest.mark.parametrize(
        "name", ["model.onnx", "tokenizer.json", "tokenizer_config.json", "config.json"]
    )
    def test_a_damaged_file_is_a_model_file_error(
        self, tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
    ) -> None:
        folder = Path(shutil.copytree(model_files.verified_folder(NAME), tmp_path / "mine"))
        (folder / name).write_bytes(damage((folder / name).read_bytes()))
        embedder = FastEmbedEmbedder(folder)
        with Memory(tmp_path / "memory.db", embedder=embedder, llm=ScriptedLLM([])) as memory:
            with pytest.raises(ModelFileError, match="cannot load the model"):
                memory.add("hello", user_id="u", infer=False)
            assert memory.get_all(user_id="u") == {"results": []}

    def test_a_model_that_takes_no_tokens_is_an_embedder_error(self, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(model_files.verified_folder(NAME), tmp_path / "mine"))
        (folder / "model.onnx").write_bytes(bytes.fromhex(ONE_FLOAT))
        with pytest.raises(EmbedderError, match="could not embed"):
            FastEmbedEmbedder(folder).embed_documents(["hello"])


class TestIdentity:
    def test_the_identity_needs_no_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LITEMEM_MODELS", str(tmp_path))
        identity = FastEmbedEmbedder().identity
        assert (identity.name, identity.dimensions) == (NAME, 384)

    def test_a_file_made_with_another_embedder_is_refused_at_the_door(self, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
            memory.add("hello", user_id="u", infer=False)
        with pytest.raises(EmbedderMismatchError, match="litemem reindex"):
            Memory(path)

    def test_a_folder_without_a_model_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match=r"model\.onnx"):
            _ = FastEmbedEmbedder(tmp_path).identity

    def test_an_unknown_architecture_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "model.onnx").write_bytes(b"")
        with pytest.raises(ModelFileError, match="no/such-model"):
            _ = FastEmbedEmbedder(tmp_path, architecture="no/such-model").identity
