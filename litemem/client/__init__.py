"""Mem0's hosted calls, answered by a file on this machine."""

from litemem.client.client import MemoryClient
from litemem.client.project import Project

__all__ = ["MemoryClient", "Project"]
