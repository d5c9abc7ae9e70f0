"""The model registry: complete, and no entry can leave the models folder."""

import sys
from pathlib import Path

import pytest

from helpers.model_samples import (
    a_model,
)
from litemem.errors import ValidationError
from litemem.models import files as model_files
from litemem.models.registry import Model, PackagePart, PackageSource, all_models

pytestmark = pytest.mark.usefixtures("models")


def test_every_registered_file_has_a_sha256_a_size_and_a_source() -> None:
    for file in (file for model in all_models() for file in model.files):
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.size > 0
        assert file.sources


def test_the_parts_of_a_package_source_add_up_to_the_file() -> None:
    for file in (file for model in all_models() for file in model.files):
        for source in file.sources:
            if isinstance(source, PackageSource):
                assert sum(part.size for part in source.parts) == file.size


def test_the_defaults_are_the_first_of_their_task() -> None:
    assert model_files.default_model("llm").name == "qwen2.5-coder-1.5b"
    assert model_files.default_model("embedder").dimensions == 384


@pytest.mark.parametrize("name", ["../x", "", ".", "..", "a/b", "/etc", "C:\\x", "unknown"])
def test_a_name_that_is_not_registered_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(ValidationError, match=r"smollm2-135m"):
        model_files.find(name)


@pytest.mark.parametrize("name", ["../x", "", ".", "..", "a/b", "/etc", "a\\b", ".part", "a\n"])
def test_no_model_or_file_name_can_leave_the_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        a_model(name=name)
    with pytest.raises(ValidationError):
        Model(name, "llm", "", "", ())


@pytest.mark.parametrize("requirement", ["x", "x>=1", "--index-url==1", "x==1 --pre", "x @ file:y"])
def test_a_requirement_that_is_not_pinned_is_refused(requirement: str) -> None:
    with pytest.raises(ValidationError):
        PackagePart(requirement, "x", 1)


def test_the_folder_is_the_one_that_the_variable_names(models: Path) -> None:
    assert model_files.models_folder() == models


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for the other systems")
def test_the_folder_is_in_the_users_data_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITEMEM_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert model_files.models_folder() == Path("/somewhere/litemem/models")
