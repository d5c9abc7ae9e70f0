"""Configuration: where the file is by default, and what `Memory.from_config` understands."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litemem.errors import StoreError, ValidationError


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


# Mem0's sections, each with the provider that this library is, and where its setting goes.
_SECTIONS = {
    "vector_store": ("litemem", "path", "path"),
    "embedder": ("fastembed", "model", "embedder"),
    "llm": ("llama_cpp", "model", "llm"),
}
_FLAGS = frozenset({"enable_graph", "async_mode"})
_IGNORED = frozenset({"version", "history_db_path"})  # Mem0's, without a meaning here


def read_config(config: Mapping[str, Any]) -> Config:
    """Read a dict: our own names, or Mem0's sections with this library's providers.

    Raises:
        ValidationError: a name or a provider is unknown, or a value has the wrong type.
    """
    if not isinstance(config, Mapping):
        raise ValidationError(f"config takes a dict, not {type(config).__name__}")
    known: dict[str, Any] = {}
    for key, value in config.items():
        if key in _SECTIONS and isinstance(value, Mapping):
            known.update(_section(key, value))
        elif key == "custom_fact_extraction_prompt":
            known["custom_instructions"] = value
        elif key in Config.__dataclass_fields__:
            known[key] = value
        elif key not in _IGNORED:
            names = ", ".join((*Config.__dataclass_fields__, "vector_store"))
            raise ValidationError(f"config[{key!r}] is unknown; there are {names}")
    for key, value in known.items():
        _check_type(key, value)
    return Config(**known)


def _check_type(key: str, value: object) -> None:
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ValidationError(f"config[{key!r}] takes True or False, not {value!r}")
    elif value is not None and not isinstance(value, str):
        raise ValidationError(f"config[{key!r}] takes text, not {value!r}")


def database_path(path: str | Path | None) -> str | Path:
    """Return the file to open; the folder of the default one is made.

    Raises:
        StoreError: that folder cannot be made.
    """
    if path is not None:
        return path
    default = default_path()
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
        return Path(named).expanduser()
    return data_folder() / "memory.db"


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
            f"config[{key!r}] names the provider {given!r}; here it is {provider!r}, with "
            f'"config": {{"{setting}": …}}'
        )
    settings = section.get("config") or {}
    if not isinstance(settings, Mapping):
        raise ValidationError(f"config[{key!r}]['config'] takes a dict, not {settings!r:.80}")
    return {name: settings[setting]} if settings.get(setting) is not None else {}
