"""litemem: a memory for AI agents in one SQLite file, offline, with Mem0's calls."""

from litemem.memory import Memory
from litemem.scope import Scope

__version__ = "0.1.0"

__all__ = ["Memory", "Scope", "__version__"]
