"""Calls of the hosted service that mean nothing in a file on one machine: they refuse."""

from collections.abc import Callable
from typing import NoReturn

from litemem.errors import HostedOnlyError


def hosted_only(what: str) -> Callable[..., NoReturn]:
    """Return a method that takes whatever the service's takes, and raises.

    Raises (from the method):
        HostedOnlyError: always; it says what is not here.
    """

    def refuse(self: object, *_arguments: object, **_named: object) -> NoReturn:
        raise HostedOnlyError(
            f"{type(self).__name__} has no {what}: that is of Mem0's hosted service, and this is a "
            "file on one machine"
        )

    refuse.__name__ = refuse.__qualname__ = hosted_only.__name__  # what help() shows
    refuse.__doc__ = f"Raise HostedOnlyError: {what} are of the hosted service."
    return refuse
