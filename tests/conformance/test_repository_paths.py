"""Names and links that would lead out of the repository are refused at every
entrance, and what a client is told names no path."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import (
    InferenceServerClient,
    service_pb2,
    service_pb2_grpc,
)
from tritonclient.utils import InferenceServerException

from sconce_support.factor_models import (
    INPUT,
    add_version,
    ask,
    index_of,
    write_archive,
)
from sconce_support.inference import raw_request
from sconce_support.server_process import ServerProcess

Stub = service_pb2_grpc.GRPCInferenceServiceStub

NAMES = [
    "",
    "..",
    "../outside",
    "good/../../outside",
    "/etc",
    "good/1",
    "good\\1",
    "good\n",
    "\x00good",
    ".hidden",
    "g\u00f6\u00f6d",
    "x" * 300,
]
FILES = [
    "../model.pt",
    "/model.pt",
    "1/../../model.pt",
    "../../etc/model.pt",
    "1",
    "1/.hidden",
    "1/sub/model.pt",
    "x/model.pt",
    "1/model\n.pt",
    "config.pbtxt",
]
MOST_BYTES = 500  # of a message, whatever the name


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The repository, and a model beside it."""
    top = tmp_path_factory.mktemp("paths")
    add_version(top / "repository", "good", 1)
    add_version(top, "outside", 1)
    write_archive(top / "outside.pt", 1.0)
    (top / "outside/config.pbtxt").write_text("max_batch_size: 4\n")
    return top / "repository", top / "outside"


@pytest.fixture(scope="module")
def server(
    folders: tuple[Path, Path], binary: Path
) -> Iterator[ServerProcess]:
    flags = ("--model-control-mode=explicit", "--model-probe=false")
    with ServerProcess([folders[0]], *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture(scope="module")
def stub(server: ServerProcess) -> Iterator[Stub]:
    with grpc.insecure_channel(server.grpc_address) as channel:
        yield Stub(channel)


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Code and message of a call that fails; it names no path."""
    with pytest.raises((InferenceServerException, grpc.RpcError)) as caught:
        call()
    error = caught.value
    if isinstance(error, InferenceServerException):
        code, message = str(error.status()), str(error.message())
    else:
        code, message = str(error.code()), str(error.details())
    assert "/tmp" not in message
    assert len(message) < MOST_BYTES + 300
    return code.removeprefix("StatusCode."), message


@pytest.mark.parametrize("name", NAMES)
def test_names_that_cannot_be_are_not_loaded(
    client: InferenceServerClient, name: str
) -> None:
    for call in (
        lambda: client.load_model(name),
        lambda: client.load_model(name, config="{}"),
        lambda: client.unload_model(name),
    ):
        code, message = refusal(call)
        assert code == "INVALID_ARGUMENT"
        assert "the model name" in message


@pytest.mark.parametrize("name", NAMES)
def test_names_that_cannot_be_are_not_found(
    client: InferenceServerClient, stub: Stub, name: str
) -> None:
    request = raw_request(name, {"x": INPUT})
    for call in (
        lambda: stub.ModelInfer(request, timeout=20),
        lambda: client.get_model_metadata(name),
        lambda: client.get_model_config(name),
    ):
        assert refusal(call)[0] in ("NOT_FOUND", "INVALID_ARGUMENT")
    assert not client.is_model_ready(name)


@pytest.mark.parametrize("name", NAMES[1:])
def test_repositories_have_no_names(stub: Stub, name: str) -> None:
    request = service_pb2.RepositoryIndexRequest(repository_name=name)
    code, _ = refusal(lambda: stub.RepositoryIndex(request, timeout=20))
    assert code == "UNIMPLEMENTED"


@pytest.mark.parametrize("path", FILES)
def test_files_that_cannot_be_are_not_written(
    client: InferenceServerClient, folders: tuple[Path, Path], path: str
) -> None:
    def everything() -> set[Path]:
        top = folders[0].parent
        return {p for p in top.rglob("*") if ".sconce" not in p.parts}

    before = everything()
    code, message = refusal(
        lambda: client.load_model(
            "good", config="{}", files={f"file:{path}": b"bytes"}
        )
    )
    assert code == "INVALID_ARGUMENT"
    assert "<version>/<name>" in message
    assert everything() == before
    assert not list(folders[0].glob(".sconce/overrides/*"))


def link_folder(model: Path, outside: Path) -> None:
    model.symlink_to(outside)


def link_version(model: Path, outside: Path) -> None:
    model.mkdir()
    (model / "1").symlink_to(outside / "1")


def link_archive(model: Path, outside: Path) -> None:
    (model / "1").mkdir(parents=True)
    (model / "1/model.pt").symlink_to(outside / "1/model.pt")


def link_config(model: Path, outside: Path) -> None:
    (model / "1").mkdir(parents=True)
    shutil.copy(outside / "1/model.pt", model / "1/model.pt")
    (model / "config.pbtxt").symlink_to(outside / "config.pbtxt")


def link_bare(model: Path, outside: Path) -> None:
    model.with_suffix(".pt").symlink_to(outside.with_suffix(".pt"))


def link_relative(model: Path, outside: Path) -> None:
    target = os.path.relpath(outside, model.parent)
    model.symlink_to(target)


@pytest.mark.parametrize(
    "link",
    [
        link_folder,
        link_version,
        link_archive,
        link_config,
        link_bare,
        link_relative,
    ],
)
def test_links_out_of_the_repository(
    client: InferenceServerClient,
    folders: tuple[Path, Path],
    link: Callable[[Path, Path], None],
) -> None:
    repository, outside = folders
    name = link.__name__
    link(repository / name, outside)
    code, message = refusal(lambda: client.load_model(name))
    assert code == "INVALID_ARGUMENT"
    assert "is a link out of the model repository" in message
    assert "--model-repository" in message  # what to do
    ((state, reason),) = index_of(client, name).values()
    assert state == "UNAVAILABLE"
    assert "is a link out of the model repository" in reason
    assert "/tmp" not in reason


def test_links_within_the_repository(
    client: InferenceServerClient, folders: tuple[Path, Path]
) -> None:
    repository, _ = folders
    (repository / "alias").symlink_to("good")
    client.load_model("alias")
    assert ask(client, "alias") == ("1", 1.0)
