"""The compared libraries, opened alike: an empty memory, hashed vectors, no model."""

import asyncio
import importlib
import inspect
import sys
import types
from pathlib import Path
from typing import Any

LITEMEM = Path(__file__).parents[2] / "litemem"
DIMENSIONS = 384
CLASSES = ("Memory", "AsyncMemory", "MemoryClient", "AsyncMemoryClient", "Project", "AsyncProject")
PLACES = {"mem0": ("mem0", "mem0.client.project"), "litemem": ("litemem.aio", "litemem")}


class Awaited:
    """A memory that runs its coroutines to their end, so that one scenario drives both classes."""

    def __init__(self, memory: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._memory = memory
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        called = getattr(self._memory, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            result = called(*arguments, **keywords)
            return self._loop.run_until_complete(result) if inspect.isawaitable(result) else result

        return call if callable(called) else Awaited(called, self._loop)


class Mem0Embedder:
    """litemem's hashed vectors behind the two calls that Mem0 makes."""

    def __init__(self, config: object = None) -> None:
        self._embedder = _testing().HashEmbedder(DIMENSIONS)

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        """Return a vector of length 1."""
        return list(self._embedder.embed_query(text))

    def embed_batch(self, texts: list[str], memory_action: str | None = None) -> list[list[float]]:
        """Return a vector of length 1 for each text."""
        return [self.embed(text, memory_action) for text in texts]


class NoLLM:
    """A model that no scenario asks, since all of them are `infer=False`."""

    def __init__(self, config: object = None) -> None:
        """Take what Mem0 gives."""


def classes(library: str) -> dict[str, type]:
    """Return the public classes of a library by name; one that is missing is left out."""
    modules = [importlib.import_module(name) for name in PLACES[library]]
    found = {n: getattr(m, n) for n in CLASSES for m in modules if hasattr(m, n)}
    return {name: found[name] for name in CLASSES if name in found}


def open_memory(library: str, kind: type, folder: Path) -> Any:
    """Return an empty memory in a folder of its own."""
    return _open_litemem(kind, folder) if library == "litemem" else _open_mem0(kind, folder)


def no_network() -> None:
    """Make every attempt to connect an error, for the rest of the process."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo"):
            raise RuntimeError(f"the suite works offline, but something connects: {arguments}")

    sys.addaudithook(refuse)


def _open_litemem(kind: type, folder: Path) -> Any:
    testing = _testing()
    embedder, llm = testing.HashEmbedder(DIMENSIONS), testing.ScriptedLLM([])
    # nobody's power is cut here, and a sync for each of some ten thousand rows takes minutes
    return kind(folder / "memory.db", embedder=embedder, llm=llm, durability="normal")


def _open_mem0(kind: Any, folder: Path) -> Any:
    from mem0.utils import factory  # here: it stands in one of the environments only

    # Mem0 takes no embedder of its user's, so ours takes the name of its default one.
    factory.EmbedderFactory.provider_to_class["openai"] = "libraries.Mem0Embedder"
    factory.LlmFactory.provider_to_class["openai"] = (
        "libraries.NoLLM",
        factory.BaseLlmConfig,
    )
    store = {"path": str(folder / "qdrant"), "embedding_model_dims": DIMENSIONS, "on_disk": True}
    opened = kind.from_config(
        {
            "vector_store": {"provider": "qdrant", "config": store},
            "history_db_path": str(folder / "history.db"),
        }
    )
    return asyncio.run(opened) if inspect.isawaitable(opened) else opened


def _testing() -> Any:
    """Return `litemem.testing`; in Mem0's environment without litemem's `__init__`, hence apsw."""
    if "litemem" not in sys.modules:
        bare = types.ModuleType("litemem")
        bare.__path__ = [str(LITEMEM)]
        sys.modules["litemem"] = bare
    import litemem.testing  # here, because the stand-in for litemem has to be there first

    return litemem.testing
