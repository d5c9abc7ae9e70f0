"""The program's end: what is open then is closed, so that all there is lies in one file."""

import atexit
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet

from litemem.errors import StoreError


class _Open(Protocol):
    def close(self) -> None: ...


_open: WeakSet[_Open] = WeakSet()


def close_at_exit(store: _Open) -> None:
    """Close a store when the program ends, if it is there and open then."""
    _open.add(store)


@atexit.register
def _close() -> None:
    for store in list(_open):
        with suppress(StoreError):  # what was committed is in the side files then
            store.close()
