"""What the client's calls need of it: the memory behind it, and a clock."""

from collections.abc import Callable
from typing import Any, Protocol

from litemem.memory import Memory

Result = dict[str, Any]


class ClientFace(Protocol):
    """A client, as the calls that are written apart from its class see it."""

    memory: Memory
    now: Callable[[], int]
