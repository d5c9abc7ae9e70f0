"""Which process of this machine may have a language model in memory, of those that share one.

There are two lock files in the models folder: that of the process which has the model, and that of
a process which waits for it. The system frees both when their holder dies.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from litemem.errors import ModelFileError
from litemem.models.files import models_folder
from litemem.models.ownership import FILE_MODE, check_own_file

if TYPE_CHECKING:
    from filelock import FileLock

_HELD, _WANTED = ".llm.lock", ".llm.wanted.lock"


class SharedModel:
    """The turn of one process at the model. Without a folder to write locks in, it always has it.

    Args:
        folder: by default the models folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = models_folder() if folder is None else folder
        self._lock = threading.Lock()
        self._held: FileLock | None = None
        self._wanted: FileLock | None = None
        self._works_alone = False

    @property
    def is_held(self) -> bool:
        """True if this process may load the model."""
        return self._works_alone or self._held is not None

    def take(self) -> bool:
        """Return True if this process may load the model; if not, the holder sees it waiting."""
        with self._lock:
            if self.is_held:
                return True
            try:
                self._held = self._acquired(_HELD)
                if self._held is None:
                    self._wanted = self._wanted or self._acquired(_WANTED)
                    return False
            except (OSError, ModelFileError):  # read-only, or not this user's
                self._works_alone = True
            self._stop_waiting()
            return True

    def is_wanted(self) -> bool:
        """Return True if another process waits for the model."""
        with self._lock:
            if self._held is None:
                return False
            try:
                probe = self._acquired(_WANTED)
            except (OSError, ModelFileError):
                return False
            if probe is not None:
                probe.release()
            return probe is None

    def leave(self) -> None:
        """Give the model to others, or stop waiting; free its memory first."""
        with self._lock:
            if self._held is not None:
                self._held.release()
                self._held = None
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._wanted is not None:
            self._wanted.release()
            self._wanted = None

    def _acquired(self, name: str) -> "FileLock | None":
        """Return a lock that is free, or None.

        Raises:
            OSError, ModelFileError: the file cannot be written, or is another user's.
        """
        from filelock import FileLock, Timeout  # 15 ms, and only an extraction needs it

        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        check_own_file(path)
        lock = FileLock(path, mode=FILE_MODE, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock
