"""The client: the hosted service's calls, answered by a file on this machine."""

from litemem.client.calls import MemoryClient
from litemem.client.project import Project

__all__ = ["MemoryClient", "Project"]
