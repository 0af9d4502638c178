"""What zoo models are asked, with the answers of eager PyTorch: the examples
inside each archive, and calls that the exporter has never seen."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sconce.archive import Example, read_metadata
from tritonclient.grpc import InferenceServerClient

from models.zoo import Call
from models.zoo.repository import archive_path
from sconce_support.eager import (
    Arrays,
    answer,
    assert_close,
    wire_inputs,
    zoo_model,
)
from sconce_support.inference import infer_inputs, result_arrays

_CALL_SECONDS = 60


@dataclass(frozen=True)
class Question:
    """One call as a client sends it, and eager PyTorch's answer."""

    model: str
    method: str
    inputs: Arrays
    expected: Arrays


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
