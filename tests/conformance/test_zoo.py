"""Served equals eager: every zoo model, over gRPC, against eager PyTorch.

The examples inside each archive are asked, and calls that the exporter has
never seen. There is no list of exceptions.
"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient

from models.zoo import ZOO
from sconce_support.eager import zoo_model
from sconce_support.questions import check, questions
from sconce_support.server_process import ServerProcess

REFUSING = {"refusing", "refusing_batched"}
_READY_SECONDS = 240
_CLIENTS = 8
_SEED = 0


@pytest.fixture(scope="module")
def zoo_server(zoo: Path, binary: Path) -> Iterator[ServerProcess]:
    """Serves the whole zoo, after each model was proven in a process."""
    with ServerProcess([zoo], wait_until_ready=False) as process:
        process.wait_ready(_READY_SECONDS)
        yield process


@pytest.fixture(scope="module")
def zoo_client(zoo_server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(zoo_server.grpc_address) as made:
        yield made


@pytest.mark.parametrize("name", ZOO)
def test_served_equals_eager(
    zoo_client: InferenceServerClient, zoo: Path, name: str
) -> None:
    asked = questions(name, zoo)
    assert any(question.method == "forward" for question in asked)
    for question in asked:
        check(zoo_client, question)


@pytest.mark.parametrize("name", ZOO)
def test_batched_where_rows_are_independent(
    zoo_client: InferenceServerClient, name: str
) -> None:
    """What the server finds at load is what the exporter found, and of models
    that refuse the exporter's variations more."""
    parameters = zoo_client.get_model_config(name).config.parameters
    found = parameters["sconce.batching_verdict"].string_value
    expected = zoo_model(name).batched or name in REFUSING
    assert found.startswith("on") == expected, found


def test_all_models_at_the_same_time(
    zoo_client: InferenceServerClient, zoo: Path
) -> None:
    """Sizes, scalars and models mixed, each several times: nobody's request
    changes another's."""
    asked = 3 * [
        question
        for name in ZOO
        for question in questions(name, zoo)
    ]
    random.Random(_SEED).shuffle(asked)
    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(lambda question: check(zoo_client, question), asked))
