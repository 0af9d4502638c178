"""Served equals eager: every zoo model, over gRPC, against eager PyTorch.

The examples inside each archive are asked, and calls that the exporter has
never seen. What the server cannot serve yet stands in NOT_SERVED with what it
answers instead; a case that begins to work has to leave that table.
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
from tritonclient.utils import InferenceServerException

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

_CALL_SECONDS = 60
_CLIENTS = 8
_SEED = 0


@dataclass(frozen=True)
class Question:
    """One call as a client sends it, and eager PyTorch's answer."""

    model: str
    method: str
    inputs: Arrays
    expected: Arrays


@dataclass(frozen=True)
class NotServed:
    """What the server answers to a call that it cannot serve yet."""

    why: str
    code: str
    message: str


_STATE = NotServed(
    "state of a client's own",
    "StatusCode.UNAVAILABLE",
    "'silero_vad' version 1 is not at ready state: the model is stateful: its "
    "code changes the attribute '_state'; requests would see each other's "
    "state, so it is not served yet",
)

# (model, method) -> what happens instead.
NOT_SERVED = {
    ("silero_vad", "forward"): _STATE,
    ("silero_vad", "audio_forward"): _STATE,
}


@pytest.fixture(scope="module")
def zoo_server(zoo: Path, binary: Path) -> Iterator[ServerProcess]:
    """Serves the whole zoo; ready although some of it cannot be loaded."""
    with ServerProcess([zoo], "--strict-readiness=false") as process:
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
        key = (name, question.method)
        if key in NOT_SERVED:
            check_refused(zoo_client, question, NOT_SERVED[key])
        else:
            check(zoo_client, question)


def test_all_models_at_the_same_time(
    zoo_client: InferenceServerClient, zoo: Path
) -> None:
    """Sizes, scalars and models mixed, each several times: nobody's request
    changes another's."""
    asked = 3 * [
        question
        for name in ZOO
        for question in questions(name, zoo)
        if (name, question.method) not in NOT_SERVED
    ]
    random.Random(_SEED).shuffle(asked)
    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(lambda question: check(zoo_client, question), asked))


def test_each_expected_failure_is_asked_for(zoo: Path) -> None:
    asked = {
        (name, question.method)
        for name in ZOO
        for question in questions(name, zoo)
    }
    assert NOT_SERVED.keys() <= asked


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


def check_refused(
    client: InferenceServerClient, question: Question, failure: NotServed
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        ask(client, question)
    assert caught.value.status() == failure.code
    assert caught.value.message() == failure.message
