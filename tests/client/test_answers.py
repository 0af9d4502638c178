"""Answers through the client equal those of eager PyTorch, and look alike."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from sconce import Client

from models.zoo import Call
from sconce_support.eager import zoo_model
from tests.client.structure import assert_same

WHOLE = (
    "mlp_scripted", "tuple_output", "dict_output", "namedtuple_output",
    "list_output", "nested_output", "dataclass_output", "two_traces",
    "decision_gate", "efficientnet_lite0",
)


def eager(name: str, call: Call) -> Any:
    with torch.inference_mode():
        return zoo_model(name).eager(deepcopy(call))


@pytest.mark.parametrize("name", WHOLE)
def test_arguments_and_results_are_those_of_the_module(
    client: Client, name: str
) -> None:
    for call in (Call(zoo_model(name).inputs), *zoo_model(name).unseen):
        answer = client.model(name)(**deepcopy(dict(call.inputs)))
        assert_same(answer, eager(name, call))


def test_arguments_by_position(client: Client) -> None:
    inputs = zoo_model("tuple_output").inputs
    x, h = (inputs[name].numpy() for name in ("x", "h"))
    model = client.model("tuple_output")
    assert_same(model(x, h), eager("tuple_output", Call(inputs)))
    assert_same(model(x, h=h), eager("tuple_output", Call(inputs)))


def test_methods(client: Client) -> None:
    detector = client.model("detector")
    for call in zoo_model("detector").unseen:
        model = detector.method(call.method)
        assert_same(model(**call.inputs), eager("detector", call))


def test_outputs_that_config_pbtxt_names_are_a_dict(client: Client) -> None:
    ones = np.ones((1, 16), np.int32)
    answer = client.model("simple")(ones, ones)
    assert list(answer) == ["OUTPUT0", "OUTPUT1"]
    np.testing.assert_array_equal(answer["OUTPUT0"], ones * 2)


def test_the_whole_answer(client: Client) -> None:
    ones = np.ones((2, 16), np.int32)
    answer = client.model("simple", 1).infer(
        (ones, ones),
        request_id="seven",
        outputs=["OUTPUT1"],
        timings=True,
        priority=1,
    )
    assert list(answer.outputs) == ["OUTPUT1"]
    assert answer.datatypes == {"OUTPUT1": "INT32"}
    assert (answer.model, answer.version, answer.id) == ("simple", "1", "seven")
    assert int(answer.parameters["batch_size"]) >= 2


def test_an_answer_may_be_written_to(client: Client) -> None:
    ones = np.ones((1, 16), np.int32)
    answer = client.model("simple")(ones, ones)["OUTPUT0"]
    answer += 1
    assert answer[0, 0] == 3


def test_a_message_above_four_mebibytes(client: Client) -> None:
    image = torch.rand(9, 3, 224, 224)
    with torch.inference_mode():
        expected = zoo_model("efficientnet_lite0").module(image)
    assert image.nbytes > 4 << 20
    assert_same(client.model("efficientnet_lite0")(image), expected)


def test_structures_are_told_where_they_are_known(client: Client) -> None:
    found = client.model("namedtuple_output").metadata().structure
    assert found is not None and found["namedtuple"]
    # Its config.pbtxt gives the outputs other names.
    assert client.model("simple").metadata().structure is None
    assert client.model("silero_vad").metadata().structure is None


def test_what_the_server_says_of_itself(client: Client) -> None:
    assert client.live() and client.ready()
    assert client.model("simple").ready()
    assert not client.model("nosuch").ready()
    states = {each.name: each.state for each in client.index()}
    assert states["simple"] == "READY"
    metadata = client.model("simple").metadata()
    assert [str(each) for each in metadata.inputs] == [
        "INPUT0=INT32[?,16]",
        "INPUT1=INT32[?,16]",
    ]
