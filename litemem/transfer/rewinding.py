"""Rewinding: an archive, wherever it comes from, as a file that can be read again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from litemem.core.config import user_path
from litemem.errors import StoreError, ValidationError, quoted
from litemem.store.sqlite import open_bytes


@contextmanager
def opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """Lend the archive as a file that can be read twice.

    Raises:
        ValidationError: it is no path. StoreError: it cannot be read, or is a database that this
            program has open.
    """
    if not isinstance(source, str | Path):
        with _rewindable(source) as twice:
            yield twice
        return
    try:
        with open_bytes(user_path(source)) as file, _rewindable(file) as twice:
            yield twice
    except OSError as error:
        raise StoreError(f"{source} cannot be read: {error.strerror or error}") from error


@contextmanager
def _rewindable(source: BinaryIO) -> Iterator[BinaryIO]:
    """Lend a stream that can be read twice; one that cannot is kept in a temporary file first."""
    if not hasattr(source, "seekable"):
        raise ValidationError(f"an archive is a path or a binary file, not {quoted(source)}")
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as kept:
        shutil.copyfileobj(source, kept)
        kept.seek(0)
        yield kept
