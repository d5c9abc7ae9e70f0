"""litemem: a memory for AI agents in one SQLite file, offline, with Mem0's calls."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from litemem.client import MemoryClient
from litemem.core.scope import Scope
from litemem.errors import LitememError
from litemem.maintenance.backup import restore
from litemem.maintenance.integrity import salvage
from litemem.memory import Memory

if TYPE_CHECKING:
    from litemem.aio import AsyncMemory, AsyncMemoryClient

__version__ = "0.1.0"

__all__ = [
    "AsyncMemory",
    "AsyncMemoryClient",
    "LitememError",
    "Memory",
    "MemoryClient",
    "Scope",
    "__version__",
    "restore",
    "salvage",
]

_LATE = {  # imported at the first use: asyncio takes 20 ms
    "AsyncMemory": "litemem.aio",
    "AsyncMemoryClient": "litemem.aio",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    return __all__
