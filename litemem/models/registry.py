"""The known models, their files, and where these are published, read from `registry.toml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from litemem.errors import ValidationError

Task = Literal["llm", "embedder"]
_OTHERS = {  # what else a name may be
    "llm": "; or give the path of a GGUF file, or the address of a server",
    "embedder": '; or give the path of a folder with a model, or "hash" for tests',
}

_PLAIN_NAME = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*"
)  # one step of a path: no name leaves the folder
_PINNED = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.]*")  # never an option of pip


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file in a repository of the model hub, at a commit."""

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class PackagePart:
    """A member of a package's wheel, and its size in bytes."""

    requirement: str
    member: str
    size: int

    def __post_init__(self) -> None:
        _check(_PINNED, self.requirement, "an exact requirement such as 'name==1.0'")


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Members of packages that are concatenated in this order to make a file."""

    parts: tuple[PackagePart, ...]


Source = HubSource | PackageSource


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file: its name, SHA-256, size in bytes, and its sources in the order to try."""

    name: str
    sha256: str
    size: int
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        _check(_PLAIN_NAME, self.name, "a plain file name")


@dataclass(frozen=True, slots=True)
class Model:
    """A model and its files, the weights first.

    An embedder has `dimensions`, and an `architecture`, the name by which fastembed loads it. It is
    `english` if it learned other languages by chance.
    """

    name: str
    task: Task
    licence: str
    description: str
    files: tuple[ModelFile, ...]
    dimensions: int | None = None
    english: bool = False
    architecture: str | None = None

    def __post_init__(self) -> None:
        _check(_PLAIN_NAME, self.name, "a plain model name")

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def file(self, name: str) -> ModelFile:
        """Return the file with this name.

        Raises:
            ValidationError: the model has no such file.
        """
        for file in self.files:
            if file.name == name:
                return file
        raise ValidationError(f"{self.name} has no file {name!r}")


@cache
def all_models() -> tuple[Model, ...]:
    """Return the models of the registry."""
    import tomllib  # 5 ms, which programs with models of their own need not pay

    text = files("litemem.models").joinpath("registry.toml").read_text("utf-8")
    return tuple(map(_read_model, tomllib.loads(text)["model"]))


def find(name: str, task: str | None = None) -> Model:
    """Return the model with this name.

    Raises:
        ValidationError: the name is unknown; the message lists the known ones, of `task` if given.
    """
    for model in all_models():
        if model.name == name:
            return model
    names = ", ".join(model.name for model in all_models() if task in (None, model.task))
    others = _OTHERS.get(task or "", "")
    raise ValidationError(f"unknown model {name!r}: known are {names}{others}")


def default_model(task: Task) -> Model:
    """Return the default model for a task, the first in the registry."""
    return next(model for model in all_models() if model.task == task)


def _read_model(table: Mapping[str, Any]) -> Model:
    fields = {name: value for name, value in table.items() if name != "file"}
    return Model(files=tuple(map(_read_file, table["file"])), **fields)


def _read_file(table: Mapping[str, Any]) -> ModelFile:
    sources: list[Source] = []
    if "hub" in table:
        sources.append(HubSource(**table["hub"]))
    if "packages" in table:
        sources.append(PackageSource(tuple(PackagePart(**part) for part in table["packages"])))
    return ModelFile(table["name"], table["sha256"], table["size"], tuple(sources))


def _check(pattern: re.Pattern[str], text: str, wanted: str) -> None:
    if not pattern.fullmatch(text):
        raise ValidationError(f"{text!r} is not {wanted}")
