"""litemem: a memory for AI agents in one SQLite file, offline, with Mem0's calls."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litemem.aio import AsyncMemory, AsyncMemoryClient
    from litemem.client import MemoryClient
    from litemem.core.scope import Scope
    from litemem.errors import LitememError
    from litemem.maintenance.backup import restore
    from litemem.maintenance.integrity import salvage
    from litemem.memory import Memory

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

_LATE = {  # imported at the first use: a server answers its handshake before it needs a memory
    "AsyncMemory": "litemem.aio",
    "AsyncMemoryClient": "litemem.aio",
    "LitememError": "litemem.errors",
    "Memory": "litemem.memory",
    "MemoryClient": "litemem.client",
    "Scope": "litemem.core.scope",
    "restore": "litemem.maintenance.backup",
    "salvage": "litemem.maintenance.integrity",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    return __all__
