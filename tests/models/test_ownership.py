"""Models in a folder that others may change: nothing there is trusted, and nothing is written."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers import run_python
from helpers.hub_server import HubServer
from helpers.model_samples import DATA, HUB_SOURCE, RIGHT, a_model, names, one_package
from litemem.cli import main
from litemem.errors import ModelFileError
from litemem.models import files as model_files
from litemem.models.prompt_cache import _read, _write

pytestmark = [pytest.mark.posix, pytest.mark.usefixtures("models")]

STRANGER = 54_321  # a user id that nobody has
MODEL = a_model(HUB_SOURCE)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def installed(models: Path) -> Path:
    """The folder of a model with the right bytes and a right stamp."""
    folder = models / "tiny"
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(DATA)
    model_files.verified_folder(MODEL)
    return folder


def give_away(path: Path) -> None:
    """Make a path another user's; without the right to, one that another user may change."""
    if os.geteuid() == 0:
        os.chown(path, STRANGER, STRANGER)
    else:
        path.chmod(path.stat().st_mode | 0o002)


def open_to_group(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o020)


def open_to_all(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o002)


CHANGES = [give_away, open_to_group, open_to_all]
PLACES = {"models folder": "..", "model folder": ".", "weights": "weights.bin"}
each_change = pytest.mark.parametrize("change", CHANGES)
each_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


@each_change
@each_place
def test_a_model_that_others_may_change_is_not_verified(
    installed: Path, place: str, change: Callable[[Path], None]
) -> None:
    change(installed / place)
    with pytest.raises(ModelFileError, match=r"belongs to another user|chmod go-w "):
        model_files.verified_path(MODEL)
    assert [found.state for found in model_files.installed(MODEL)] == ["untrusted"]
    assert [found.state for found in model_files.verify(MODEL)] == ["untrusted"]


@each_change
@each_place
def test_nothing_is_pulled_to_where_others_may_write(
    hub: HubServer, installed: Path, place: str, change: Callable[[Path], None]
) -> None:
    change(installed / place)
    before = names(installed), names(installed.parent)
    with pytest.raises(ModelFileError, match=r"belongs to another user|chmod go-w "):
        model_files.pull(MODEL)
    assert hub.requests == []
    assert (names(installed), names(installed.parent)) in (
        before,
        (before[0], [".tiny.lock", "tiny"]),
    )


def test_the_advice_mends_what_it_names(installed: Path) -> None:
    open_to_group(installed / "weights.bin")
    with pytest.raises(ModelFileError) as caught:
        model_files.verified_path(MODEL)
    (installed / "weights.bin").chmod(0o644)  # as `chmod go-w` does
    assert f"`chmod go-w {installed / 'weights.bin'}`" in str(caught.value)
    assert model_files.verified_path(MODEL) == installed / "weights.bin"


@each_change
def test_a_forged_stamp_of_another_is_not_believed(
    installed: Path, change: Callable[[Path], None]
) -> None:
    weights = installed / "weights.bin"
    weights.write_bytes(DATA[::-1])
    stat = weights.stat()
    stamp = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": RIGHT}
    (installed / ".verified.json").write_text(json.dumps({"weights.bin": stamp}))
    assert model_files.verified_path(MODEL) == weights  # the folder's owner may forge it
    change(installed / ".verified.json")
    with pytest.raises(ModelFileError, match="not as published"):
        model_files.verified_path(MODEL)


@pytest.mark.parametrize("name", [".verified.json", "weights.bin.part", ".wheels", "../.tiny.lock"])
@pytest.mark.parametrize("is_hard", [False, True], ids=["symbolic", "hard"])
def test_nothing_is_written_through_a_link(
    hub: HubServer, models: Path, tmp_path: Path, name: str, is_hard: bool
) -> None:
    folder = models / "tiny"
    folder.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.write_text("precious")
    if is_hard:
        os.link(precious, folder / name)
    else:
        (folder / name).symlink_to(precious)
    try:
        model_files.pull(MODEL)
    except ModelFileError as error:
        assert str(folder / name) in str(error) or "is a link" in str(error)  # noqa: PT017
    assert precious.read_text() == "precious"


def test_wheels_are_not_unpacked_through_a_link(
    wheelhouse: Path, models: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "whole==1.0").mkdir(parents=True)
    (elsewhere / "mine.txt").write_text("mine")
    (models / "tiny").mkdir(parents=True)
    (models / "tiny" / ".wheels").symlink_to(elsewhere)
    assert model_files.pull(a_model(one_package(wheelhouse))) == models / "tiny"
    assert names(elsewhere) == ["mine.txt", "whole==1.0"]
    assert names(elsewhere / "whole==1.0") == []


@each_change
def test_a_part_of_another_is_not_continued(
    hub: HubServer, models: Path, change: Callable[[Path], None]
) -> None:
    part = models / "tiny" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA[:1_000])
    change(part)
    with pytest.raises(ModelFileError, match=r"belongs to another user|chmod go-w "):
        model_files.pull(MODEL)
    assert part.read_bytes() == DATA[:1_000]


def test_under_a_lax_umask_only_the_owner_may_write_what_is_pulled(
    hub: HubServer, wheelhouse: Path, models: Path
) -> None:
    os.umask(0)
    model_files.pull(MODEL)
    paths = [models, *models.rglob("*")]
    assert {path.name for path in paths} >= {"tiny", ".tiny.lock", "weights.bin", ".verified.json"}
    assert [path for path in paths if path.stat().st_mode & 0o022] == []
    assert model_files.verified_folder(MODEL) == models / "tiny"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_not_a_file_is_not_waited_for(
    hub: HubServer, models: Path, make: Callable[[Path], None]
) -> None:
    (models / "tiny").mkdir(parents=True)
    for name in ("tiny/weights.bin.part", "tiny/.verified.json"):
        make(models / name)
    with pytest.raises(ModelFileError, match=r"weights\.bin\.part is not a file"):
        model_files.pull(MODEL)


def test_a_file_in_place_of_the_folder_is_our_error(models: Path) -> None:
    models.mkdir()
    (models / "tiny").write_bytes(DATA)
    for call in (model_files.verify, model_files.verified_folder):
        with pytest.raises(ModelFileError, match="cannot be used: Not a directory"):
            call(MODEL)


def test_remove_deletes_a_link_and_not_its_target(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(DATA)
    (installed / "weights.bin").unlink()
    (installed / "weights.bin").symlink_to(tmp_path / "mine")
    model_files.remove(MODEL)
    assert (tmp_path / "mine").read_bytes() == DATA
    assert not installed.exists()


@each_change
def test_nothing_is_removed_from_the_folder_of_another(
    installed: Path, change: Callable[[Path], None]
) -> None:
    change(installed)
    with pytest.raises(ModelFileError):
        model_files.remove(MODEL)
    assert (installed / "weights.bin").exists()


@pytest.mark.skipif("os.geteuid() != 0", reason="needs root")
def test_root_is_trusted_by_all_and_trusts_nobody_else() -> None:
    script = """
import os
from pathlib import Path
from litemem.models.ownership import objection
print(objection(Path("/")))
os.seteuid(54_321)
print(objection(Path("/")))
"""
    assert run_python(script) == "None\nNone\n"


@each_change
@pytest.mark.parametrize("place", [".", "a.state"])
def test_a_prompt_state_that_others_may_change_is_not_read(
    tmp_path: Path, place: str, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "prefixes"
    _write(folder / "a.state", b"state")
    assert _read(folder / "a.state") == b"state"
    change(folder / place)
    assert _read(folder / "a.state") is None


@each_change
def test_no_prompt_state_is_written_to_where_others_may_write(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "prefixes"
    folder.mkdir()
    change(folder)
    _write(folder / "a.state", b"state")
    assert names(folder) == []


def test_no_prompt_state_is_read_through_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "prefixes"
    _write(folder / "a.state", b"state")
    (folder / "b.state").symlink_to(folder / "a.state")
    assert _read(folder / "b.state") is None


def test_the_command_names_the_remedy(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = models / "smollm2-135m"
    folder.mkdir(parents=True)
    (folder / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"forged")
    open_to_group(folder)
    with pytest.raises(SystemExit):
        main(["models", "verify", "smollm2-135m"])
    assert f"chmod go-w {folder}" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["models", "list"])
    (line,) = [row for row in capsys.readouterr().out.splitlines() if "smollm2" in row]
    assert "untrusted" in line
