"""A cache of evaluated prompts: llama.cpp's state after each, in memory and on disk.

A prompt of 345 tokens takes 2.8 s on two cores; its state is 10 MB and loads in 20 ms.
"""

import ctypes
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from litemem.errors import LLMError, ModelFileError
from litemem.models.ownership import check_own, open_own
from litemem.models.runtimes import llama_cpp

_DIGEST = 32  # bytes of SHA-256 before the state: llama.cpp may crash on a damaged one
_KEPT = 8  # states in a folder: the tasks of a few models; older prompts are outdated


class PromptCache:
    """The states of one model's prompts.

    A file's name is a digest of llama.cpp's version, the model's file and the prompt's tokens, so
    an outdated state is never found. A folder that cannot be written is ignored. So is one that
    others may write, because the digest protects from damage only, and llama.cpp trusts a state.
    """

    def __init__(self, folder: Path, model: Path) -> None:
        self._folder = folder
        self._model = _model_key(model)
        self._memory: dict[str, bytes] = {}

    def restore(self, llama: Any, tokens: list[int]) -> bool:
        """Set the model to the state after `tokens`; return False if it is not cached."""
        key = self._key(tokens)
        state = self._memory.get(key) or _read(self._folder / f"{key}.state")
        if state is None or not _set_state(llama, state, tokens):
            return False
        self._memory[key] = state
        return True

    def keep(self, llama: Any, tokens: list[int]) -> None:
        """Store the model's present state as the one after `tokens`."""
        key = self._key(tokens)
        self._memory[key] = _get_state(llama)
        _write(self._folder / f"{key}.state", self._memory[key])

    def _key(self, tokens: list[int]) -> str:
        text = f"{llama_cpp().__version__}|{self._model}|{tokens}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _model_key(model: Path) -> str:
    stat = model.stat()
    return f"{model.name}|{stat.st_size}|{stat.st_mtime_ns}"


def _get_state(llama: Any) -> bytes:
    size = llama_cpp().llama_state_seq_get_size(llama.ctx, 0)
    buffer = (ctypes.c_uint8 * size)()
    if llama_cpp().llama_state_seq_get_data(llama.ctx, buffer, size, 0) != size:
        raise LLMError("llama.cpp did not return the state of an evaluated prompt")
    return bytes(buffer)


def _set_state(llama: Any, state: bytes, tokens: list[int]) -> bool:
    llama.reset()
    buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
    if llama_cpp().llama_state_seq_set_data(llama.ctx, buffer, len(state), 0) != len(state):
        return False
    llama.input_ids[: len(tokens)] = tokens
    llama.n_tokens = len(tokens)
    return True


def _read(path: Path) -> bytes | None:
    try:
        check_own(path.parent)
        with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
            content = file.read()
    except (OSError, ModelFileError):
        return None
    digest, state = content[:_DIGEST], content[_DIGEST:]
    return state if hashlib.sha256(state).digest() == digest else None


def _write(path: Path, state: bytes) -> None:
    """Write the file atomically; a failure only costs time later."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_own(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent)
    except (OSError, ModelFileError):
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(state).digest() + state)
        Path(name).replace(path)
        _drop_oldest(path.parent)
    except OSError:
        Path(name).unlink(missing_ok=True)


def _drop_oldest(folder: Path) -> None:
    states = sorted(folder.glob("*.state"), key=lambda path: path.lstat().st_mtime_ns)
    for path in states[:-_KEPT]:
        path.unlink(missing_ok=True)
