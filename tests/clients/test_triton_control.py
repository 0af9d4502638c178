"""What tritonclient's simple_grpc_health_metadata.py and
simple_grpc_model_control.py do, and their asyncio twins."""

import inspect
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tritonclient import grpc as blocking
from tritonclient.grpc import aio
from tritonclient.utils import InferenceServerException

from example_models import write_models
from sconce_support.server_process import ServerProcess

# What the example's repository holds; the networks are stand-ins.
EIGHT = (
    "simple", "simple_identity", "simple_int8", "simple_sequence",
    "simple_string",
)
STAND_INS = ("densenet_onnx", "inception_onnx", "simple_dyna_sequence")
HEADERS = {"test": "1", "dummy": "2"}
CLIENTS = [blocking.InferenceServerClient, aio.InferenceServerClient]

Call = Callable[..., Awaitable[Any]]


class EitherClient:
    """A blocking or an asyncio client, both of which are awaited."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Call:
        async def call(*arguments: Any, **options: Any) -> Any:
            answer = getattr(self._client, name)(*arguments, **options)
            return await answer if inspect.isawaitable(answer) else answer

        return call

    async def refusal(self, name: str, *arguments: Any, **options: Any) -> str:
        """The message of a call that fails."""
        with pytest.raises(InferenceServerException) as caught:
            await getattr(self, name)(*arguments, **options)
        return f"[{caught.value.status()}] {caught.value.message()}"


@pytest.fixture(scope="module")
def eight_models(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server in explicit mode, none of whose eight models is loaded."""
    folder = write_models(tmp_path_factory.mktemp("eight"), *EIGHT)
    for name in STAND_INS:
        shutil.copytree(folder / "simple_sequence", folder / name)
    # The asyncio client keeps its connection open beyond its close() after
    # calls that failed, and the server's end waits for that.
    flags = ("--model-control-mode=explicit", "--model-probe=false",
             "--max-connection-age=1s")
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


@pytest.mark.parametrize("made_by", CLIENTS)
async def test_health_and_metadata(
    server: ServerProcess, made_by: Callable[[str], Any]
) -> None:
    client = EitherClient(made_by(server.grpc_address))
    assert await client.is_server_live(headers=HEADERS)
    assert await client.is_server_ready()
    assert await client.is_model_ready("simple")
    assert (await client.get_server_metadata()).name == "triton"
    metadata = await client.get_model_metadata("simple", headers=HEADERS)
    assert metadata.name == "simple"
    refusal = await client.refusal("get_model_metadata", "wrong_model_name")
    assert "Request for unknown model" in refusal
    config = await client.get_model_config("simple")
    assert config.config.name == "simple"
    await client.close()


@pytest.mark.parametrize("made_by", CLIENTS)
async def test_model_control(
    eight_models: ServerProcess, made_by: Callable[[str], Any]
) -> None:
    client = EitherClient(made_by(eight_models.grpc_address))
    index = await client.get_model_repository_index()
    assert len(index.models) == 8
    await client.load_model("simple")
    assert await client.is_model_ready("simple")

    wrong = '"parameters": {"config": {{"max_batch_size": "16"}}}'
    refusal = await client.refusal("load_model", "simple", config=wrong)
    assert "failed to load" in refusal
    await client.load_model("simple", config='{"max_batch_size":"16"}')
    config = await client.get_model_config("simple")
    assert config.config.max_batch_size == 16
    await client.unload_model("simple")
    assert not await client.is_model_ready("simple")

    refusal = await client.refusal(
        "load_model", "simple", config="{}", files={"file:" + "A" * 256: b"a"}
    )
    assert "INVALID_ARGUMENT" in refusal
    assert await client.is_server_live()
    refusal = await client.refusal("load_model", "wrong_model_name")
    assert "failed to load" in refusal
    await client.close()
