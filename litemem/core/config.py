"""Configuration: dicts for `Memory.from_config`, the default file, and paths from users."""

import errno
import getpass
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litemem.core.arguments import check_seconds, check_timeout
from litemem.core.types import Forget
from litemem.errors import StoreError, ValidationError, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The arguments of `Memory` that a dict can have; None stands for the default.

    `embedder` and `llm` are names of models or paths.
    """

    path: str | None = None
    embedder: str | None = None
    llm: str | None = None
    durability: str = "full"
    custom_instructions: str | None = None
    enable_graph: bool = False
    async_mode: bool = False
    forget: Forget = "apply"
    read_only: bool = False
    busy_timeout: float = 30.0
    unload_after: float | None = None
    share_llm: bool = False


# Mem0's sections: the provider that stands for litemem, its setting, and our argument.
_SECTIONS = {
    "vector_store": ("litemem", "path", "path"),
    "embedder": ("fastembed", "model", "embedder"),
    "llm": ("llama_cpp", "model", "llm"),
}
_FLAGS = frozenset({"enable_graph", "async_mode", "read_only", "share_llm"})
_INSTRUCTIONS = "custom_fact_extraction_prompt"  # what Mem0 1.x calls custom_instructions
_IGNORED = ("version", "history_db_path")  # Mem0's, without an effect here
_INSTEAD = {  # Mem0's, and what to use here
    "graph_store": '"enable_graph": True',
    "reranker": "Memory(reranker=…)",
    "custom_update_memory_prompt": "nothing",
}
_KNOWN_NAMES = ", ".join((*Config.__dataclass_fields__, "vector_store", _INSTRUCTIONS, *_IGNORED))
_WORKS = '{"vector_store": {"provider": "litemem", "config": {"path": "memory.db"}}}'


def read_config(config: Mapping[str, Any]) -> Config:
    """Read a dict with the arguments of `Memory`, or with Mem0's sections and litemem's providers.

    Raises:
        ValidationError: names or providers are unknown, or values have the wrong type; the message
            lists all of them.
    """
    if not isinstance(config, Mapping):
        raise ValidationError(f"config must be a dict, got {type(config).__name__}")
    known: dict[str, Any] = {}
    wrong: list[str] = []
    for key, value in config.items():
        try:
            known |= _read(key, value)
        except ValidationError as error:
            wrong.append(str(error))
    if wrong:
        raise ValidationError(
            f"{'; '.join(wrong)}. Known names: {_KNOWN_NAMES}. An example: {_WORKS}; "
            "see docs/from-mem0.md"
        )
    return Config(**known)


def _read(key: object, value: object) -> dict[str, Any]:
    """Return the arguments of `Memory` in one entry."""
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
        here = f": use {instead}" if instead else ""
        raise ValidationError(f"config[{quoted(key)}] is unknown{here}")
    for name, given in found.items():
        _check_type(name, given)
    return found


def _check_type(key: str, value: object) -> None:
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ValidationError(
                f"config[{quoted(key)}] must be True or False, got {quoted(value)}"
            )
    elif key == "busy_timeout":
        check_timeout(value, f"config[{quoted(key)}]")
    elif key == "unload_after":
        check_seconds(value, f"config[{quoted(key)}]")
    elif value is not None and not isinstance(value, str):
        raise ValidationError(f"config[{quoted(key)}] must be text, got {quoted(value)}")


def database_path(path: str | Path | None, *, create: bool = True) -> str | Path:
    """Return the file to open; if `create` is true, make the folder of the default file.

    Raises:
        StoreError: the folder cannot be created.
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
            f"the folder {default.parent} cannot be created ({error}): "
            "give a path, or set LITEMEM_DB"
        ) from error
    return default


def default_user() -> str:
    """Return the user of agents on this machine, for servers and hooks that name none.

    `LITEMEM_USER_ID`, or else `MEM0_DEFAULT_USER_ID`, or else the login name.
    """
    for name in ("LITEMEM_USER_ID", "MEM0_DEFAULT_USER_ID"):
        if named := os.environ.get(name):
            return named
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for the user's number
        return "user"


def default_path() -> Path:
    """Return the file that `Memory()` opens: `LITEMEM_DB`, or `memory.db` in the data folder."""
    named = os.environ.get("LITEMEM_DB")
    if named:
        return user_path(named)
    return data_folder() / "memory.db"


def named_model(task: str) -> str | None:
    """Return the model in `LITEMEM_EMBEDDER` or `LITEMEM_LLM`, or None."""
    return os.environ.get(f"LITEMEM_{task.upper()}") or None


def idle_seconds() -> float | None:
    """Return the seconds in `LITEMEM_UNLOAD_AFTER`, or None.

    Raises:
        ValidationError: it is not a number from 0.
    """
    given = os.environ.get("LITEMEM_UNLOAD_AFTER")
    if not given:
        return None
    try:
        seconds: object = float(given)
    except ValueError:
        seconds = given
    return check_seconds(seconds, "LITEMEM_UNLOAD_AFTER")


def server_settings() -> tuple[bool, str | None]:
    """Return whether `LITEMEM_REMOTE_LLM` allows other machines, and the key `LITEMEM_LLM_KEY`."""
    remote = os.environ.get("LITEMEM_REMOTE_LLM", "").lower() in ("1", "true", "yes")
    return remote, os.environ.get("LITEMEM_LLM_KEY") or None


def data_folder() -> Path:
    """Return the folder of litemem in the user's data folder."""
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
            f"config[{quoted(key)}]['provider'] must be {provider!r}, got {quoted(given)}, "
            f'with "config": {{"{setting}": …}}'
        )
    settings = section.get("config") or {}
    if not isinstance(settings, Mapping):
        raise ValidationError(
            f"config[{quoted(key)}]['config'] must be a dict, got {quoted(settings)}"
        )
    return {name: settings[setting]} if settings.get(setting) is not None else {}


def user_path(given: str | os.PathLike[str]) -> Path:
    """Return the path of a file or folder; `~` is the home folder.

    Raises:
        ValidationError: the argument is not a path.
    """
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str):
        raise ValidationError(f"a path must be text or a Path, got {quoted(given)}")
    if not text.strip():
        raise ValidationError(f"a path must not be blank, got {text!r}")
    if "\0" in text:
        raise ValidationError(f"a path must not have a NUL character, got {text!r}")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise ValidationError(f"a path must be text, got {text!r} ({error.reason})") from error
    # Path.expanduser reads "./~x" as "~x", and raises a RuntimeError
    found = os.path.expanduser(text)  # noqa: PTH111
    if text.startswith("~") and found == text:
        raise ValidationError(f"{text}: no such user; a file with that name is ./{text}")
    return Path(found)


def real_path(given: str | os.PathLike[str]) -> Path:
    """Return an absolute path without links.

    Raises:
        ValidationError: as `user_path`.
        StoreError: the path is relative, and the working directory does not exist.
    """
    path = user_path(given)
    try:
        return Path(os.path.realpath(path))
    except OSError as error:
        raise StoreError(
            f"{path} is relative, and the working directory cannot be read: {error}"
        ) from error


def sqlite_path(given: str | os.PathLike[str]) -> Path:
    """Return the real path of a database, where SQLite puts its side files too.

    Raises:
        ValidationError, StoreError: as `real_path`; or the path is not UTF-8, as SQLite requires.
    """
    path = real_path(given)
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ValidationError(f"a path must be UTF-8 for SQLite, got {str(path)!r}") from error
    return path


def check_regular(path: Path) -> None:
    """Check that a path leads to a file with an end; a pipe would block, a device never ends.

    Raises:
        OSError: it leads to something else, or to nothing.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
