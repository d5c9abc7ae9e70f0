"""litemem: a memory for AI agents in one SQLite file, offline, with Mem0's calls."""

from typing import TYPE_CHECKING, Any

from litemem.client import MemoryClient
from litemem.core.scope import Scope
from litemem.memory import Memory

if TYPE_CHECKING:
    from litemem.aio import AsyncMemory, AsyncMemoryClient

__version__ = "0.1.0"

__all__ = ["AsyncMemory", "AsyncMemoryClient", "Memory", "MemoryClient", "Scope", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the async faces when they are asked for: asyncio takes 20 ms."""
    if name not in ("AsyncMemory", "AsyncMemoryClient"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from litemem import aio

    return getattr(aio, name)
