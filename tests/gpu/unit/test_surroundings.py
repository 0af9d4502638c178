"""What our programs get of the machine."""

from pathlib import Path

import pytest

from gpu_check import surroundings
from gpu_check.context import Check


@pytest.mark.parametrize("name", [
    "SCONCE_LISTEN", "SCONCE_MODEL_REPOSITORY", "http_proxy", "HTTPS_PROXY",
    "grpc_proxy", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "NVIDIA_TF32_OVERRIDE",
    "PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "CUDA_LAUNCH_BLOCKING"])
def test_variables_that_would_change_what_is_measured_are_not_passed_on(
    name: str
) -> None:
    kept = {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "1", "HOME": "/home/a"}
    assert surroundings.clean({**kept, name: "1"}) == kept


def test_the_machines_libraries_stay_behind_ours() -> None:
    """A driver may be found by LD_LIBRARY_PATH only."""
    folders = [Path("/a"), Path("/b")]
    with_driver = {"X": "1", "LD_LIBRARY_PATH": "/driver/lib64"}
    assert surroundings.with_libraries(with_driver, folders) == {
        "X": "1", "LD_LIBRARY_PATH": "/a:/b:/driver/lib64"}
    # An empty part would be the folder that we are in.
    for environment in ({}, {"LD_LIBRARY_PATH": ""}):
        assert surroundings.with_libraries(environment, folders)[
            "LD_LIBRARY_PATH"] == "/a:/b"


def test_the_server_finds_torch_first_and_what_wheels_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "site-packages/nvidia/cu13/lib"
    wheels.mkdir(parents=True)
    monkeypatch.setattr("sys.path", ["", str(tmp_path / "site-packages")])
    monkeypatch.setenv("LD_LIBRARY_PATH", "/driver")
    check = Check(tmp_path / "bundle", "python3", tmp_path / "torch", "cuda",
                  False, tmp_path)
    assert check.environment()["LD_LIBRARY_PATH"] == ":".join(map(str, [
        tmp_path / "torch/lib", tmp_path / "bundle/lib", wheels, "/driver"]))


@pytest.mark.parametrize(("device", "served_on"), [
    ("cuda", "cuda:0"), ("cpu", "cpu")])
def test_one_gpu_serves_as_one_gpu_is_compared_with(
    tmp_path: Path, device: str, served_on: str
) -> None:
    check = Check(tmp_path, "python3", tmp_path, device, False, tmp_path)
    assert check.served_on == served_on


def test_reading_ahead_reads_libraries_and_stumbles_over_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("liba.so", "libb.so.1", "notes.txt"):
        (tmp_path / name).write_text("text")
    (tmp_path / "libdir.so").mkdir()
    (tmp_path / "libgone.so").symlink_to(tmp_path / "nowhere")
    read: list[str] = []
    original = surroundings._read
    monkeypatch.setattr(surroundings, "_read", lambda file: (
        read.append(file.name), original(file)))
    thread = surroundings.read_ahead([tmp_path, tmp_path / "missing"])
    thread.join(60)
    assert not thread.is_alive()
    assert read == ["liba.so", "libb.so.1", "libdir.so", "libgone.so"]
