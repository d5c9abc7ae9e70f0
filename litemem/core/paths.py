"""Paths: what a caller names becomes a path here, for every file that litemem reads or writes."""

import os
from pathlib import Path

from litemem.core.quoting import quoted
from litemem.errors import StoreError, ValidationError


def user_path(given: str | os.PathLike[str]) -> Path:
    """Return the path of a file or folder that a caller named; `~` is the home folder.

    Raises:
        ValidationError: it is none, and the message names it.
    """
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str):
        raise ValidationError(f"a path is text or a Path, not {quoted(given)}")
    if not text.strip():
        raise ValidationError(f"{text!r} is no path: it is blank")
    if "\0" in text:
        raise ValidationError(f"{text!r} is no path: it holds a NUL character")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise ValidationError(f"{text!r} is no path: it is not text ({error.reason})") from error
    # not Path.expanduser: it takes "./~x" for "~x", and raises a RuntimeError of its own
    found = os.path.expanduser(text)  # noqa: PTH111
    if text.startswith("~") and found == text:
        raise ValidationError(f"{text}: there is no such user; a file of that name is ./{text}")
    return Path(found)


def real_path(given: str | os.PathLike[str]) -> Path:
    """Return a path that stays the same wherever the program goes: absolute, links followed.

    Raises:
        ValidationError: as `user_path`.
        StoreError: the folder in which the program is does not exist any more.
    """
    path = user_path(given)
    try:
        return Path(os.path.realpath(path))
    except OSError as error:
        raise StoreError(f"{path} is relative to a folder that cannot be read: {error}") from error


def sqlite_path(given: str | os.PathLike[str]) -> Path:
    """Return the real path of a database; SQLite, too, puts side files beside what a link leads to.

    Raises:
        ValidationError, StoreError: as `real_path`; or it is not UTF-8, which SQLite asks for.
    """
    path = real_path(given)
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ValidationError(f"{str(path)!r} is not UTF-8, which SQLite asks for") from error
    return path
