"""Served equals eager: every zoo model, over gRPC, against eager PyTorch.

The examples inside each archive are asked, and calls that the exporter has
never seen. There is no list of exceptions.
"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sconce.archive import Example, read_metadata
from tritonclient.grpc import InferenceServerClient

from models.zoo import ZOO, Call
from models.zoo.repository import archive_path
from sconce_support.eager import (
    Arrays,
    answer,
    assert_close,
    wire_inputs,
    zoo_model,
)
from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess

REFUSING = {"refusing", "refusing_batched"}
_CALL_SECONDS = 60
_READY_SECONDS = 240
_CLIENTS = 8
_SEED = 0


@dataclass(frozen=True)
class Question:
    """One call as a client sends it, and eager PyTorch's answer."""

    model: str
    method: str
    inputs: Arrays
    expected: Arrays


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


def questions(name: str, zoo: Path) -> list[Question]:
    """The archive's own examples, and the calls that it has never seen."""
    model = zoo_model(name)
    metadata = read_metadata(archive_path(model, zoo))
    if metadata is None:
        assert model.how == "copy", f"{name}: an archive without metadata"
        golden = [unseen(name, Call(model.inputs))]
    else:
        golden = [seen(name, example) for example in metadata.examples]
    return golden + [unseen(name, call) for call in model.unseen]


def seen(name: str, example: Example) -> Question:
    """A golden example; its outputs are what eager PyTorch answered."""
    inputs = {key: np.asarray(v) for key, v in example.inputs.items()}
    outputs = {key: np.asarray(v) for key, v in example.outputs.items()}
    config = zoo_model(name).config
    if config:
        names = [spec.name for spec in config.outputs]
        outputs = dict(zip(names, outputs.values(), strict=True))
    return Question(name, example.method, inputs, outputs)


def unseen(name: str, call: Call) -> Question:
    return Question(
        name, call.method, wire_inputs(call.inputs), answer(name, call)
    )


def ask(client: InferenceServerClient, question: Question) -> Arrays:
    method = question.method
    result = client.infer(
        question.model,
        infer_inputs(question.inputs),
        parameters=None if method == "forward" else {"method": method},
        client_timeout=_CALL_SECONDS,
    )
    return result_arrays(result)


def check(client: InferenceServerClient, question: Question) -> None:
    assert_close(ask(client, question), question.expected)
