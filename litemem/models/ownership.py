"""Check who may change a file or folder, before it is trusted or written."""

import os
import shlex
import stat
from pathlib import Path

from litemem.errors import ModelFileError

FILE_MODE = 0o644  # under any umask nobody else may write
_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH  # a group may get members later, so none counts as private
_FLAGS = ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY")  # a pipe would block


def objection(path: Path) -> str | None:
    """Return why a path may have been changed by others, and a remedy; None if it may not.

    The owner must be this user or root, and nobody else may write. Of a link, the target counts. On
    Windows, where a user's folders are private, and for a missing path, the answer is None.
    """
    try:
        return _objection(path, path.stat())
    except FileNotFoundError:
        return None


def check_own(*paths: Path) -> None:
    """Refuse paths that others may have changed.

    Raises:
        ModelFileError: the message names the path and the remedy.
    """
    for path in paths:
        if problem := objection(path):
            raise ModelFileError(problem)


def check_own_file(path: Path) -> None:
    """Refuse a file that is to be written, if it is a link or others may have changed it.

    Raises:
        ModelFileError: the message names the path and the remedy.
    """
    try:
        _check_file(path, path.lstat())
    except FileNotFoundError:
        return


def open_own(path: Path, flags: int) -> int:
    """Open a regular file that only this user or root may have changed; never follow a link.

    Raises:
        ModelFileError: it is not such a file. OSError: it cannot be opened.
    """
    for name in _FLAGS:
        flags |= getattr(os, name, 0)
    check_own_file(path)
    descriptor = os.open(path, flags, FILE_MODE)
    try:
        _check_file(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "not a file"
        raise ModelFileError(f"{path} is {kind}: delete it")
    if found.st_nlink > 1:
        raise ModelFileError(f"{path} is a link, a second name of another file: delete it")
    if problem := _objection(path, found):
        raise ModelFileError(problem)


def _objection(path: Path, found: os.stat_result) -> str | None:
    if os.name != "posix":
        return None
    if found.st_uid not in (os.geteuid(), 0):
        return (
            f"{path} belongs to another user ({found.st_uid}), who may change it: delete it, or "
            "name a folder of your own with LITEMEM_MODELS"
        )
    if found.st_mode & _BY_OTHERS:
        return f"{path} is writable by others: run `chmod go-w {shlex.quote(str(path))}`"
    return None
