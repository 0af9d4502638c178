"""--model-control-mode=explicit by the standard RPCs: tritonclient's own calls,
unmodified."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
import torch
from tritonclient.grpc import (
    InferenceServerClient,
    service_pb2,
    service_pb2_grpc,
)
from tritonclient.utils import InferenceServerException

from models.zoo import PROTOCOL
from sconce_support.busy_lane import LONG_STEPS, occupy_lane
from sconce_support.factor_models import (
    add_version,
    ask,
    index_of,
    replace_archive,
    write_archive,
)
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

EXPLICIT = ("--model-control-mode=explicit", "--model-probe=false")

NAMES = list(PROTOCOL)[:8]


@pytest.fixture(scope="module")
def folder(repository: MakeRepository) -> Path:
    return repository(*NAMES, "slow")


@pytest.fixture(scope="module")
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([folder], *EXPLICIT, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Code and message of a call that fails."""
    with pytest.raises(InferenceServerException) as caught:
        call()
    return str(caught.value.status()), str(caught.value.message())


@pytest.mark.parametrize("model", NAMES)
def test_load_use_unload(client: InferenceServerClient, model: str) -> None:
    """What Triton's simple_grpc_model_control.py does."""
    assert index_of(client, model) == {"": ("UNAVAILABLE", "unloaded")}
    assert not client.is_model_ready(model)
    client.load_model(model)
    assert client.is_model_ready(model)
    assert index_of(client, model) == {"1": ("READY", "")}
    client.unload_model(model)
    assert not client.is_model_ready(model)
    client.load_model(model)
    assert client.is_model_ready(model)
    client.unload_model(model)


def test_the_index_of_ready_models(
    server: ServerProcess, client: InferenceServerClient, folder: Path
) -> None:
    add_version(folder, "indexed", 1)
    client.load_model("indexed")
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        answer = stub.RepositoryIndex(
            service_pb2.RepositoryIndexRequest(ready=True), timeout=20
        )
    assert [model.name for model in answer.models] == ["indexed"]
    client.unload_model("indexed")


def test_an_unknown_model(client: InferenceServerClient) -> None:
    code, message = refusal(lambda: client.load_model("wrong_model_name"))
    assert code == "StatusCode.NOT_FOUND"
    assert message.startswith(
        "failed to load 'wrong_model_name', failed to poll from model "
        "repository"
    )
    code, message = refusal(lambda: client.unload_model("wrong_model_name"))
    assert code == "StatusCode.NOT_FOUND"
    assert "wrong_model_name" in message


def test_a_config_for_one_load(
    client: InferenceServerClient, folder: Path
) -> None:
    add_version(folder, "configured", 1)

    def max_batch_size() -> int:
        config = client.get_model_config("configured").config
        return int(config.max_batch_size)

    client.load_model(
        "configured", config=json.dumps({"max_batch_size": "16"})
    )
    assert max_batch_size() == 16
    client.load_model("configured")
    assert max_batch_size() != 16
    code, message = refusal(
        lambda: client.load_model("configured", config='{"max_batch": 1}')
    )
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert "max_batch" in message
    assert ask(client, "configured") == ("1", 1.0)


def test_files_for_one_load(
    client: InferenceServerClient, folder: Path, tmp_path: Path
) -> None:
    add_version(folder, "overridden", 1)
    client.load_model("overridden")
    content = write_archive(tmp_path / "other.pt", 8.0).read_bytes()
    files = {"file:1/model.pt": content}
    client.load_model("overridden", config="{}", files=files)
    assert ask(client, "overridden") == ("1", 8.0)
    for bad, config in (
        ({"file:1/model.pt": content[:-1000]}, "{}"),
        (files, None),  # a config has to come with them
    ):
        code, _ = refusal(
            lambda f=bad, c=config: client.load_model(
                "overridden", config=c, files=f
            )
        )
        assert code == "StatusCode.INVALID_ARGUMENT"
        assert ask(client, "overridden") == ("1", 8.0)
        assert client.is_model_ready("overridden")
    assert not list((folder / ".sconce/overrides").iterdir())
    client.load_model("overridden")
    assert ask(client, "overridden") == ("1", 1.0)


def test_a_model_that_only_the_client_has(
    client: InferenceServerClient, tmp_path: Path
) -> None:
    content = write_archive(tmp_path / "other.pt", 2.5).read_bytes()
    client.load_model("guest", config="{}", files={"file:7/model.pt": content})
    assert ask(client, "guest") == ("7", 2.5)
    client.unload_model("guest")
    assert index_of(client, "guest") == {}


def write_state_dict(path: Path) -> None:
    torch.save({"weight": torch.ones(3)}, path)


@pytest.mark.parametrize(
    ("kind", "write", "told"),
    [
        ("text", lambda p: p.write_text("no model\n"), "TorchScript"),
        ("state_dict", write_state_dict, "torch.jit"),
    ],
)
def test_a_broken_archive_leaves_the_old_one(
    client: InferenceServerClient,
    folder: Path,
    kind: str,
    write: Callable[[Path], object],
    told: str,
) -> None:
    model = f"broken_{kind}"
    archive = add_version(folder, model, 1)
    client.load_model(model)
    draft = archive.with_name(".draft.pt")
    write(draft)
    draft.rename(archive)
    code, message = refusal(lambda: client.load_model(model))
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert message.startswith(f"failed to load '{model}': ")
    assert told in message
    assert str(folder) not in message
    assert ask(client, model) == ("1", 1.0)
    ((state, reason),) = index_of(client, model).values()
    assert state == "READY"
    assert "reload failed" in reason
    replace_archive(archive, 4.0)
    client.load_model(model)
    assert ask(client, model) == ("1", 4.0)


def test_requests_in_flight_outlive_their_model(
    server: ServerProcess, client: InferenceServerClient
) -> None:
    client.load_model("slow")
    with grpc.insecure_channel(server.grpc_address) as channel:
        holder = occupy_lane(server, channel, LONG_STEPS)
        client.unload_model("slow")
        assert not holder.done()
        assert not client.is_model_ready("slow")
        assert index_of(client, "slow")["1"][0] == "UNLOADING"
        assert len(holder.result().raw_output_contents) == 1


@pytest.mark.parametrize("which", ["two", "*"])
def test_what_is_loaded_at_the_start(
    binary: Path, tmp_path: Path, which: str
) -> None:
    for name in ("one", "two"):
        add_version(tmp_path, name, 1)
    flags = (*EXPLICIT, f"--load-model={which}")
    with (
        ServerProcess([tmp_path], *flags, binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert client.is_model_ready("two")
        assert client.is_model_ready("one") == (which == "*")


@pytest.mark.parametrize("mode", ["none", "poll"])
def test_other_modes_refuse(binary: Path, tmp_path: Path, mode: str) -> None:
    add_version(tmp_path, "fixed", 1)
    flags = (f"--model-control-mode={mode}", "--model-probe=false")
    with (
        ServerProcess([tmp_path], *flags, binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        content = (tmp_path / "fixed/1/model.pt").read_bytes()
        for call in (
            lambda: client.load_model("fixed"),
            lambda: client.load_model("no_such_model"),
            lambda: client.load_model(
                "fixed", config="{}", files={"file:1/model.pt": content}
            ),
            lambda: client.unload_model("fixed"),
        ):
            code, message = refusal(call)
            assert code == "StatusCode.FAILED_PRECONDITION"
            assert f"--model-control-mode={mode}" in message
            assert "--model-control-mode=explicit" in message
        assert ask(client, "fixed") == ("1", 1.0)
