"""Repositories on disk: layouts, versions, and files that are no models."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from models.zoo.repository import Layout, write_model
from sconce_support.admin import get
from sconce_support.eager import assert_close, example, run_eager, zoo_model
from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

# Not a model, in the ways files are not: name -> what makes the file.
NO_MODELS: dict[str, Callable[[Path, Path], object]] = {
    "empty": lambda path, _: path.write_bytes(b""),
    "text": lambda path, _: path.write_text("no model at all\n"),
    "cut_short": lambda path, good: path.write_bytes(good.read_bytes()[:5000]),
    "state_dict": lambda path, _: torch.save(
        zoo_model("mlp_traced").module.state_dict(), path
    ),
}


@pytest.fixture(scope="module")
def broken(zoo: Path, repository: MakeRepository) -> Iterator[ServerProcess]:
    """A server with one good model beside every kind of bad file."""
    folder = repository("simple")
    for name, write in NO_MODELS.items():
        write(folder / f"{name}.pt", zoo / "mlp_traced/1/model.pt")
    with ServerProcess([folder], wait_until_ready=False) as process:
        with InferenceServerClient(process.grpc_address) as client:
            eventually(lambda: settled(client), "all models to be tried")
        yield process


def settled(client: InferenceServerClient) -> bool:
    index = client.get_model_repository_index().models
    return len(index) == len(NO_MODELS) + 1 and all(
        entry.state in ("READY", "UNAVAILABLE") for entry in index
    )


def test_index_of_good_models(client: InferenceServerClient) -> None:
    index = client.get_model_repository_index().models
    states = {(e.name, e.version): (e.state, e.reason) for e in index}
    assert states["simple", "1"] == ("READY", "")
    assert states["efficientnet_lite0", "1"] == ("READY", "")


@pytest.mark.parametrize("name", NO_MODELS)
def test_a_broken_file_is_unavailable_with_a_reason(
    broken: ServerProcess, name: str
) -> None:
    with InferenceServerClient(broken.grpc_address) as client:
        index = client.get_model_repository_index().models
        (entry,) = [e for e in index if e.name == name]
        assert entry.state == "UNAVAILABLE"
        assert entry.reason
        # The reason is for clients too: no folders of the server in it.
        assert "/" not in entry.reason
        with pytest.raises(InferenceServerException) as caught:
            client.infer(name, infer_inputs(example("mlp_traced")))
        assert caught.value.status() == "StatusCode.UNAVAILABLE"
        assert name in caught.value.message()
        assert not client.is_model_ready(name)


def test_the_good_model_beside_broken_ones(broken: ServerProcess) -> None:
    inputs = example("simple")
    with InferenceServerClient(broken.grpc_address) as client:
        assert client.is_model_ready("simple")
        result = client.infer("simple", infer_inputs(inputs))
    assert_close(result_arrays(result), run_eager("simple", inputs))


def test_strict_readiness_wants_every_model(broken: ServerProcess) -> None:
    with InferenceServerClient(broken.grpc_address) as client:
        assert client.is_server_live()
        assert not client.is_server_ready()
    assert get(broken.http_address, "/livez")[0] == 200
    assert get(broken.http_address, "/readyz")[0] == 503


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".jit"])
def test_a_bare_file_of_any_suffix(
    binary: Path, tmp_path: Path, suffix: str
) -> None:
    archive = write_model(zoo_model("mlp_scripted"), tmp_path, Layout.BARE)
    archive.rename(tmp_path / f"perceptron{suffix}")
    inputs = example("mlp_scripted")
    with (
        ServerProcess([tmp_path]) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        result = client.infer("perceptron", infer_inputs(inputs))
    assert result.get_response().model_version == "1"
    assert_close(result_arrays(result), run_eager("mlp_scripted", inputs))


def test_two_repositories(repository: MakeRepository) -> None:
    folders = [repository("simple"), repository("mlp_traced")]
    with (
        ServerProcess(folders) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert client.is_model_ready("simple")
        assert client.is_model_ready("mlp_traced")


def test_no_version_means_the_latest(repository: MakeRepository) -> None:
    folder = repository("mlp_traced")
    # As numbers: 10 is later than 9.
    for version in ("9", "10"):
        shutil.copytree(
            folder / "mlp_traced/1", folder / "mlp_traced" / version
        )
    with (
        ServerProcess([folder]) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        inputs = infer_inputs(example("mlp_traced"))
        response = client.infer("mlp_traced", inputs).get_response()
        assert response.model_version == "10"
        named = client.infer("mlp_traced", inputs, model_version="10")
        assert named.get_response().model_version == "10"


def test_an_empty_repository(binary: Path, tmp_path: Path) -> None:
    with (
        ServerProcess([tmp_path]) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert client.is_server_ready()
        assert not client.get_model_repository_index().models


def test_a_config_file_that_is_none(repository: MakeRepository) -> None:
    folder = repository("simple", "mlp_traced")
    (folder / "simple/config.pbtxt").write_text("max_batch_size: many\n")
    flags = "--strict-readiness=false"
    with (
        ServerProcess([folder], flags) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        index = client.get_model_repository_index().models
        states = {e.name: e.state for e in index}
        assert states == {"simple": "UNAVAILABLE", "mlp_traced": "READY"}
        (entry,) = [e for e in index if e.name == "simple"]
        assert "config.pbtxt" in entry.reason
