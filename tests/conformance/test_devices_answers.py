"""What runs on devices answers as eager PyTorch does: every zoo model."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient

from models.zoo import ZOO
from sconce_support.eager import zoo_model
from sconce_support.fake_devices import DeviceServer
from sconce_support.questions import check, questions
from sconce_support.server_process import ServerProcess

_READY_SECONDS = 240
_CLIENTS = 8
_SEED = 0


@pytest.fixture(scope="module", params=[1, 2], ids="{}-devices".format)
def server(
    zoo: Path, device_binary: Path, request: pytest.FixtureRequest
) -> Iterator[ServerProcess]:
    """The whole zoo; test_zoo.py proves it in a process before."""
    with DeviceServer(
        [zoo],
        "--model-probe=false",
        binary=device_binary,
        fake=f"count={request.param}",
        wait_until_ready=False,
    ) as process:
        process.wait_ready(_READY_SECONDS)
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.mark.parametrize("name", ZOO)
def test_served_equals_eager(
    client: InferenceServerClient, zoo: Path, name: str
) -> None:
    for question in questions(name, zoo):
        check(client, question)


@pytest.mark.parametrize("name", ZOO)
def test_models_are_batched_as_on_the_cpu(
    client: InferenceServerClient, name: str
) -> None:
    parameters = client.get_model_config(name).config.parameters
    found = parameters["sconce.batching_verdict"].string_value
    refuses = name in {"refusing", "refusing_batched"}
    expected = zoo_model(name).batched or refuses
    assert found.startswith("on") == expected, found


def test_all_models_at_the_same_time(
    client: InferenceServerClient, zoo: Path
) -> None:
    asked = 3 * [
        question for name in ZOO for question in questions(name, zoo)
    ]
    random.Random(_SEED).shuffle(asked)
    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(lambda question: check(client, question), asked))
