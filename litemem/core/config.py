"""Configuration: where the file is by default, and what `Memory.from_config` understands."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litemem.errors import StoreError, ValidationError, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What `from_config` takes, by its own names; None leaves the default.

    `embedder` and `llm` are names of the registry or paths.
    """

    path: str | None = None
    embedder: str | None = None
    llm: str | None = None
    durability: str = "full"
    custom_instructions: str | None = None
    enable_graph: bool = False
    async_mode: bool = False
    read_only: bool = False


# Mem0's sections, each with the provider that this library is, and where its setting goes.
_SECTIONS = {
    "vector_store": ("litemem", "path", "path"),
    "embedder": ("fastembed", "model", "embedder"),
    "llm": ("llama_cpp", "model", "llm"),
}
_FLAGS = frozenset({"enable_graph", "async_mode", "read_only"})
_INSTRUCTIONS = "custom_fact_extraction_prompt"  # what Mem0 1.x calls custom_instructions
_IGNORED = ("version", "history_db_path")  # Mem0's, without a meaning here
_INSTEAD = {  # Mem0's, and what takes their place here
    "graph_store": '"enable_graph": True',
    "reranker": "Memory(reranker=…)",
    "custom_update_memory_prompt": "nothing",
}
_KNOWN = ", ".join((*Config.__dataclass_fields__, "vector_store", _INSTRUCTIONS, *_IGNORED))
_WORKS = '{"vector_store": {"provider": "litemem", "config": {"path": "memory.db"}}}'


def read_config(config: Mapping[str, Any]) -> Config:
    """Read a dict: our own names, or Mem0's sections with this library's providers.

    Raises:
        ValidationError: names or providers are unknown, or values have the wrong type; the message
            tells of all of them.
    """
    if not isinstance(config, Mapping):
        raise ValidationError(f"config takes a dict, not {type(config).__name__}")
    known: dict[str, Any] = {}
    wrong: list[str] = []
    for key, value in config.items():
        try:
            known |= _read(key, value)
        except ValidationError as error:
            wrong.append(str(error))
    if wrong:
        raise ValidationError(
            f"{'; '.join(wrong)}. This works: {_WORKS}, and docs/from-mem0.md has more. "
            f"Known are {_KNOWN}"
        )
    return Config(**known)


def _read(key: object, value: object) -> dict[str, Any]:
    """Return what an entry says, by our own names."""
    if key in _IGNORED:
        return {}
    if key in _SECTIONS and isinstance(value, Mapping):
        found = _section(str(key), value)
    elif key == _INSTRUCTIONS:
        found = {"custom_instructions": value}
    elif key in Config.__dataclass_fields__:
        found = {str(key): value}
    else:
        instead = _INSTEAD.get(key) if isinstance(key, str) else None
        here = f", here it is {instead}" if instead else ""
        raise ValidationError(f"config[{quoted(key)}] is unknown{here}")
    for name, given in found.items():
        _check_type(name, given)
    return found


def _check_type(key: str, value: object) -> None:
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ValidationError(f"config[{quoted(key)}] takes True or False, not {quoted(value)}")
    elif value is not None and not isinstance(value, str):
        raise ValidationError(f"config[{quoted(key)}] takes text, not {quoted(value)}")


def database_path(path: str | Path | None, *, create: bool = True) -> str | Path:
    """Return the file to open; with `create` the folder of the default one is made.

    Raises:
        StoreError: that folder cannot be made.
    """
    if path is not None:
        return path
    default = default_path()
    if not create:
        return default
    try:
        default.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {default.parent} cannot be made ({error}): give a path, or set LITEMEM_DB"
        ) from error
    return default


def default_path() -> Path:
    """Return the file that `Memory()` opens: `LITEMEM_DB`, or one in the user's data folder."""
    named = os.environ.get("LITEMEM_DB")
    if named:
        return user_path(named)
    return data_folder() / "memory.db"


def named_model(task: str) -> str | None:
    """Return which model the environment names: `LITEMEM_EMBEDDER` or `LITEMEM_LLM`."""
    return os.environ.get(f"LITEMEM_{task.upper()}") or None


def data_folder() -> Path:
    """Return the folder of this library in the platform's folder for a user's data."""
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return root / "litemem"


def _section(key: str, section: Mapping[str, Any]) -> dict[str, Any]:
    provider, setting, name = _SECTIONS[key]
    given = section.get("provider", provider)
    if given != provider:
        raise ValidationError(
            f"config[{quoted(key)}] names the provider {quoted(given)}, here it is {provider!r}, "
            f'with "config": {{"{setting}": …}}'
        )
    settings = section.get("config") or {}
    if not isinstance(settings, Mapping):
        raise ValidationError(
            f"config[{quoted(key)}]['config'] takes a dict, not {quoted(settings)}"
        )
    return {name: settings[setting]} if settings.get(setting) is not None else {}


def user_path(given: str | os.PathLike[str]) -> Path:
    """Return the path of a file or folder that a caller named; `~` is the home folder.

    Raises:
        ValidationError: it is none, and the message names it.
    """
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str):
        raise ValidationError(f"a path is text or a Path, not {quoted(given)}")
    if not text.strip():
        raise ValidationError(f"{text!r} is no path: it is blank")
    if "\0" in text:
        raise ValidationError(f"{text!r} is no path: it holds a NUL character")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise ValidationError(f"{text!r} is no path: it is not text ({error.reason})") from error
    # not Path.expanduser: it takes "./~x" for "~x", and raises a RuntimeError of its own
    found = os.path.expanduser(text)  # noqa: PTH111
    if text.startswith("~") and found == text:
        raise ValidationError(f"{text}: there is no such user; a file of that name is ./{text}")
    return Path(found)


def real_path(given: str | os.PathLike[str]) -> Path:
    """Return a path that stays the same wherever the program goes: absolute, links followed.

    Raises:
        ValidationError: as `user_path`.
        StoreError: the folder in which the program is does not exist any more.
    """
    path = user_path(given)
    try:
        return Path(os.path.realpath(path))
    except OSError as error:
        raise StoreError(f"{path} is relative to a folder that cannot be read: {error}") from error


def sqlite_path(given: str | os.PathLike[str]) -> Path:
    """Return the real path of a database; SQLite, too, puts side files beside what a link leads to.

    Raises:
        ValidationError, StoreError: as `real_path`; or it is not UTF-8, which SQLite asks for.
    """
    path = real_path(given)
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ValidationError(f"{str(path)!r} is not UTF-8, which SQLite asks for") from error
    return path
