"""Values that a forked child makes again, because those of the parent may hang there."""

import ctypes
import os
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar
from weakref import WeakSet

_T = TypeVar("_T")


class PerProcess(Generic[_T]):
    """A value for each process: a forked child makes its own.

    Of the parent's threads only the one that forked exists in the child. A lock that another thread
    held is never released there, and a model that another thread used may be half changed.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._values: dict[int, _T] = {}
        _instances.add(self)
        _register()

    @property
    def here(self) -> _T:
        """The value of this process."""
        process = os.getpid()
        if process not in self._values:
            self._values.setdefault(process, self._make())  # atomic: all threads get the first
        return self._values[process]


_instances: WeakSet[PerProcess[Any]] = WeakSet()


@cache
def _register() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_keep_values_of_parent)


def _keep_values_of_parent() -> None:
    """Never free the parent's values in a child, also at its end.

    The destructor of an onnxruntime session waits for threads of the parent: 11 of 12 children that
    ended with `sys.exit` hung in it (onnxruntime 1.31).
    """
    for instance in list(_instances):
        for value in instance._values.values():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
