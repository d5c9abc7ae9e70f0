"""Import fastembed, llama_cpp and huggingface_hub late, and keep them usable after a fork.

Telemetry is off, and spin waits are short.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from litemem.errors import LLMError

# onnxruntime writes an id of the machine into the home folder when it is imported, and reports to
# its makers; huggingface_hub, which fastembed imports too, names the installed libraries to the hub
_NO_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

# The threads of llama.cpp wait for each other in a loop that keeps a core busy each. If another
# program needs the cores, the loop takes time from the thread that is waited for: an `add` of 1.4 s
# takes 7 s beside two busy programs, and 2.7 s if threads sleep after 1,000 rounds
_SHORT_WAITS = {"GOMP_SPINCOUNT": "1000"}

IMPORT_SECONDS = 30.0  # for which a fork waits for another thread that imports a library
LOAD_SECONDS = 0.2  # between two looks at the load; the system counts in hundredths of a second
NO_LLAMA = (
    "facts are found by a language model, and llama-cpp-python is not installed: run "
    "`pip install 'litemem[llama]'`, or set LITEMEM_LLM to the address of a server such as "
    "http://127.0.0.1:11434/v1#qwen3:4b; infer=False (--no-infer) stores a text without facts"
)

_T = TypeVar("_T")


class _ImportLock:
    """Held while a library is imported; a fork waits for it.

    Python keeps a lock for each module that is imported. If another thread holds one at a fork, an
    import of the same library hangs in the child for ever, since nobody releases it there.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._forking = False  # whether the fork under way holds the lock

    def __enter__(self) -> None:
        _register()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def before_fork(self) -> None:
        self._forking = self._lock.acquire(timeout=IMPORT_SECONDS)

    def after_in_parent(self) -> None:
        if self._forking:
            self._forking = False
            self._lock.release()

    def after_in_child(self) -> None:
        self._lock, self._forking = threading.RLock(), False


_importing = _ImportLock()


@cache
def fastembed() -> ModuleType:
    """Import fastembed late: it takes 0.3 s, and numpy, which reading programs do not need."""
    with _importing, _environment(_NO_TELEMETRY):
        import fastembed
    return fastembed


def has_llama_cpp() -> bool:
    """Return True if llama-cpp-python is installed; it is not imported."""
    return find_spec("llama_cpp") is not None


@cache
def llama_cpp() -> ModuleType:
    """Import llama_cpp late: it takes 0.3 s and 60 MB, which searching programs do not need.

    Raises:
        LLMError: llama-cpp-python is not installed.
    """
    try:
        with _importing, _environment(_SHORT_WAITS):
            import llama_cpp
    except ModuleNotFoundError as error:
        raise LLMError(NO_LLAMA) from error
    _importer()
    return llama_cpp


def run_after_fork(call: Callable[[], _T]) -> _T:
    """Run a call that llama.cpp computes in; in a forked child, in a thread of its own.

    The thread that forked still has the parent's OpenMP pool, without its threads, and would wait
    for them forever, even with a new model. A new thread makes a new pool.
    """
    llama_cpp()
    return call() if _importer() == os.getpid() else run_in_thread(call)


def run_in_thread(call: Callable[[], _T]) -> _T:
    """Return the result of a call in a thread of its own, or raise its error.

    A Ctrl-C is raised at once, and the call goes on.
    """
    thread = _Call(call)
    try:
        thread.start()
    finally:
        thread.join()
    if thread.error is not None:
        raise thread.error
    return thread.results[0]


class FreeCores:
    """The number of threads to compute with: fewer while other programs use the cores.

    Threads that wait for each other get less than their share of cores that others use too.

    Args:
        most: the number of threads on an idle machine.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads = most
        self._before = _Times.now()

    def threads(self) -> int:
        """Return the number of threads, by what others have used since it was last counted."""
        if time.monotonic() - self._before.at >= LOAD_SECONDS:
            now = _Times.now()
            self._threads = now.free_since(self._before, self._most)
            self._before = now
        return self._threads


@dataclass(frozen=True, slots=True)
class _Times:
    """When it is, and the seconds that all programs, and this one, have computed until then."""

    at: float
    busy: float
    own: float
    cores: int

    @classmethod
    def now(cls) -> "_Times":
        import psutil  # 30 ms, which programs without a language model need not pay

        usable = getattr(os, "sched_getaffinity", lambda _: ())(0)
        cores = psutil.cpu_times(percpu=True)
        cores = [cores[i] for i in usable if i < len(cores)] or cores
        busy = sum(core.user + core.system for core in cores)
        if os.name == "posix" and os.getpriority(os.PRIO_PROCESS, 0) > 0:
            busy += sum(core.nice for core in cores)  # else nice programs leave this one its share
        return cls(time.monotonic(), busy, time.process_time(), len(cores))

    def free_since(self, before: "_Times", most: int) -> int:
        """Return the cores that other programs left free, rounded, from 1 to `most`."""
        seconds = self.at - before.at
        others = max((self.busy - before.busy) - (self.own - before.own), 0.0)
        return min(max(round(self.cores - others / seconds), 1), most)


@cache
def _importer() -> int:
    """Return the process that imported llama_cpp."""
    return os.getpid()


class _Call(threading.Thread, Generic[_T]):
    """A call in a thread. Not an executor, which refuses work once the main thread has ended."""

    def __init__(self, call: Callable[[], _T]) -> None:
        super().__init__(name="litemem-model")
        self.results: list[_T] = []
        self.error: BaseException | None = None
        self._call = call

    def run(self) -> None:
        with self:
            self.results.append(self._call())

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.error = error
        return True


@cache
def hub_client() -> SimpleNamespace:
    """Import the functions and errors of huggingface_hub late: it takes 0.3 s."""
    with _importing, _environment(_NO_TELEMETRY):
        from huggingface_hub import errors, file_download, utils
    return SimpleNamespace(
        hf_hub_url=file_download.hf_hub_url,
        get_hf_file_metadata=file_download.get_hf_file_metadata,
        http_get=file_download.http_get,
        silent_tqdm=utils.silent_tqdm,  # type: ignore[attr-defined]
        HfHubHTTPError=errors.HfHubHTTPError,
        # httpx's, the base of what a lost connection raises
        HTTPError=errors.HTTPError,  # type: ignore[attr-defined]
    )


@contextmanager
def _environment(defaults: dict[str, str]) -> Iterator[None]:
    """Set variables that are unset while a library is loaded, which is when it reads them."""
    missing = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


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
        os.register_at_fork(
            before=_importing.before_fork,
            after_in_parent=_importing.after_in_parent,
            after_in_child=_importing.after_in_child,
        )


def _keep_values_of_parent() -> None:
    """Never free the parent's values in a child, also at its end.

    The destructor of an onnxruntime session waits for threads of the parent: 11 of 12 children that
    ended with `sys.exit` hung in it (onnxruntime 1.31).
    """
    for instance in list(_instances):
        for value in instance._values.values():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
