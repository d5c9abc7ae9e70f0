"""fastembed behind the `Embedder` protocol."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litemem.core.protocols import EmbedderIdentity, Vector
from litemem.errors import EmbedderError, ModelFileError
from litemem.models import files as model_files
from litemem.models import registry as model_registry
from litemem.models.runtimes import PerProcess, fastembed

BATCH = 64  # texts; larger batches pad short texts to the longest, and were slower

_UNKNOWN = "[UNK]"  # the token of a word that is not in the vocabulary

# raised by fastembed for files that are not a model, or belong to different models
_LOAD_ERRORS = (ValueError, RuntimeError, OSError, LookupError, AttributeError, TypeError)


class FastEmbedEmbedder:
    """A sentence-embedding model run by fastembed from a local folder, loaded at the first text.

    After a fork the child loads the model again.

    Args:
        model: a name of the registry (`litemem models list`), or a folder with
            `model.onnx`, `tokenizer.json` and the small config files.
        architecture: fastembed's name for the model in the folder, which determines how tokens
            are pooled. For a folder only.
        threads: for onnxruntime; by default all cores.

    Raises:
        ModelFileError: the folder has no model, or fastembed does not know the architecture.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        architecture: str = "sentence-transformers/all-MiniLM-L6-v2",
        threads: int | None = None,
    ) -> None:
        self._name = str(model or model_registry.default_model("embedder").name)
        self._architecture = architecture
        self._threads = threads
        self._loaded = PerProcess(_Loaded)
        self._identity: EmbedderIdentity | None = None

    @property
    def identity(self) -> EmbedderIdentity:
        """The identity of the vectors; for a folder, the first call reads the model file once."""
        if self._identity is None:
            self._identity = _identify(self._name, self._architecture)
        return self._identity

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text, embedded as a document.

        Raises:
            ModelFileError: the model's files are missing or wrong.
            EmbedderError: the model failed on these texts.
        """
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # little padding
        vectors = self._run("passage_embed", [texts[i] for i in by_length])
        return [vector for _, vector in sorted(zip(by_length, vectors, strict=True), key=_first)]

    def embed_query(self, text: str) -> Vector:
        """Return one vector, embedded as a query.

        Raises:
            ModelFileError, EmbedderError: as `embed_documents`.
        """
        return self._run("query_embed", [text])[0]

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a whole text, although a vector reads only the first.

        The tokenizer takes a word that it does not know as one token; each four characters of it
        count as one here, so that a text cannot be longer than it says.

        Raises:
            ModelFileError: the model's files are missing or wrong.
        """
        here = self._loaded.here
        with here.lock:
            if here.tokenizer is None:
                here.tokenizer = _whole(self._model(here).model.tokenizer)
            tokenizer = here.tokenizer
        with _mapped_errors(EmbedderError, f"{self._name} could not count tokens"):
            found = tokenizer.encode(text, add_special_tokens=False)
            unknown = tokenizer.token_to_id(_UNKNOWN)
            if unknown not in found.ids:
                return len(found.ids)
        pairs = zip(found.ids, found.offsets, strict=True)
        return sum(1 if i != unknown else -(-(end - start) // 4) for i, (start, end) in pairs)

    def close(self) -> None:
        """Free the model; the next text loads it again."""
        here = self._loaded.here
        with here.lock:
            here.model = here.tokenizer = None

    def _run(self, method: str, texts: list[str]) -> list[Vector]:
        here = self._loaded.here
        with here.lock:
            model = self._model(here)
        with _mapped_errors(EmbedderError, f"{self._name} could not embed"):
            return list(getattr(model, method)(texts, batch_size=BATCH))

    def _model(self, here: "_Loaded") -> Any:
        """Return the model; the caller holds the lock."""
        if here.model is None:
            here.model = _load(self._name, self._architecture, self._threads)
        return here.model


@dataclass(slots=True)
class _Loaded:
    """The model of one process, once it is loaded, and its tokenizer without a limit."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    model: Any = None
    tokenizer: Any = None


def _whole(tokenizer: Any) -> Any:
    """Return a copy of a tokenizer that reads whole texts."""
    copied = type(tokenizer).from_str(tokenizer.to_str())
    copied.no_truncation()
    copied.no_padding()
    return copied


def _first(pair: tuple[int, Vector]) -> int:
    return pair[0]


def _identify(name: str, architecture: str) -> EmbedderIdentity:
    if not _is_folder(name):
        model = model_registry.find(name, "embedder")
        if model.dimensions is None:
            raise ModelFileError(f"{name} is not an embedder: see `litemem models list`")
        return EmbedderIdentity(name, model.dimensions, model.file("model.onnx").sha256)
    path = _folder(name) / "model.onnx"
    if not path.is_file():
        raise ModelFileError(f"no model.onnx in {path.parent}: give a folder with a model")
    dimensions = _dimensions(architecture)
    return EmbedderIdentity(architecture, dimensions, model_files.fingerprint(path))


def _load(name: str, architecture: str, threads: int | None) -> Any:
    """Load the model from its folder; fastembed downloads nothing."""
    if _is_folder(name):
        folder = _folder(name)
    else:
        folder, architecture = model_files.verified_folder(name), _architecture(name)
    with _mapped_errors(ModelFileError, f"fastembed cannot load the model in {folder}"):
        return fastembed().TextEmbedding(
            architecture,
            cache_dir=str(folder),  # by default it makes a folder in /tmp, which others may block
            specific_model_path=str(folder),
            threads=threads,
            local_files_only=True,
        )


@contextmanager
def _mapped_errors(kind: type[EmbedderError], what: str) -> Iterator[None]:
    """Raise errors of the libraries as `kind`."""
    try:
        yield
    except Exception as error:
        if isinstance(error, _LOAD_ERRORS) or _is_library_error(error):
            raise kind(f"{what}: {error}") from error
        raise


def _is_library_error(error: Exception) -> bool:
    """Return True for errors of tokenizers and onnxruntime, which have no base class."""
    return type(error) is Exception or type(error).__module__.startswith("onnxruntime")


def _architecture(name: str) -> str:
    return model_registry.find(name, "embedder").architecture or name


def _dimensions(architecture: str) -> int:
    """Return the dimensions of an architecture that fastembed supports."""
    try:
        return int(fastembed().TextEmbedding.get_embedding_size(architecture))
    except ValueError as error:
        raise ModelFileError(f"fastembed does not support the model {architecture!r}") from error


def _is_folder(name: str) -> bool:
    return "/" in name or os.sep in name


def _folder(name: str) -> Path:
    return Path(name).expanduser()
