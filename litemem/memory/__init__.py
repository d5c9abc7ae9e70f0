"""Memory: Mem0's calls over one file."""

from litemem.memory.calls import Memory
from litemem.memory.face import THRESHOLD, TOP_K, UNSET, Unset

__all__ = ["THRESHOLD", "TOP_K", "UNSET", "Memory", "Unset"]
