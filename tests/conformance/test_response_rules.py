"""What clients take for granted in a response."""

import numpy as np
import pytest
from tritonclient.grpc import (
    InferenceServerClient,
    InferRequestedOutput,
    service_pb2,
    service_pb2_grpc,
)

from models.zoo import PROTOCOL
from sconce_support.eager import assert_close, example, run_eager
from sconce_support.inference import (
    infer_inputs,
    raw_request,
    response_arrays,
    result_arrays,
)

Stub = service_pb2_grpc.GRPCInferenceServiceStub
TIMINGS = ("queue_ns", "compute_input_ns", "compute_infer_ns")


def infer(
    stub: Stub, model: str, **fields: str
) -> service_pb2.ModelInferResponse:
    request = raw_request(model, example(model), **fields)
    return stub.ModelInfer(request, timeout=60)


@pytest.mark.parametrize("model", PROTOCOL)
def test_one_raw_entry_per_output_in_order(stub: Stub, model: str) -> None:
    response = infer(stub, model)
    expected = run_eager(model, example(model))
    assert [out.name for out in response.outputs] == list(expected)
    assert len(response.raw_output_contents) == len(response.outputs)
    for out, raw, value in zip(
        response.outputs,
        response.raw_output_contents,
        expected.values(),
        strict=True,
    ):
        assert list(out.shape) == list(value.shape)
        assert len(raw) == value.nbytes
        assert not out.HasField("contents")


def test_name_version_and_id(stub: Stub) -> None:
    response = infer(stub, "simple", id="a request, with Ümläuts")
    assert response.model_name == "simple"
    # The number that answered, although the request named none.
    assert response.model_version == "1"
    assert response.id == "a request, with Ümläuts"
    assert infer(stub, "simple").id == ""
    assert infer(stub, "simple", model_version="1").model_version == "1"


@pytest.mark.parametrize(
    "names",
    [["OUTPUT1"], ["OUTPUT0"], ["OUTPUT1", "OUTPUT0"], []],
    ids=",".join,
)
def test_requested_outputs_in_the_requested_order(
    client: InferenceServerClient, names: list[str]
) -> None:
    inputs = example("simple")
    result = client.infer(
        "simple",
        infer_inputs(inputs),
        outputs=[InferRequestedOutput(name) for name in names],
    )
    everything = run_eager("simple", inputs)
    wanted = names or list(everything)
    assert_close(
        result_arrays(result), {name: everything[name] for name in wanted}
    )


def test_requested_outputs_of_a_dict(client: InferenceServerClient) -> None:
    inputs = example("dict_output")
    result = client.infer(
        "dict_output",
        infer_inputs(inputs),
        outputs=[InferRequestedOutput("label")],
    )
    label = run_eager("dict_output", inputs)["label"]
    assert_close(result_arrays(result), {"label": label})


@pytest.mark.parametrize("model", ["simple", "identity", "resnet18"])
def test_timings_on_request(client: InferenceServerClient, model: str) -> None:
    inputs = infer_inputs(example(model))
    result = client.infer(model, inputs, parameters={"timings": True})
    parameters = result.get_response().parameters
    for name in TIMINGS:
        assert parameters[name].WhichOneof("parameter_choice") == "int64_param"
        assert 0 <= parameters[name].int64_param < 60e9
    assert parameters["compute_infer_ns"].int64_param > 0
    assert parameters["batch_size"].int64_param == 1


def test_batch_size_counts_rows(client: InferenceServerClient) -> None:
    inputs = {"x": np.zeros((5, 32), dtype=np.float32)}
    result = client.infer(
        "mlp_batched", infer_inputs(inputs), parameters={"timings": True}
    )
    assert result.get_response().parameters["batch_size"].int64_param >= 5


@pytest.mark.parametrize("parameters", [None, {"timings": False}])
def test_no_timings_without_request(
    client: InferenceServerClient, parameters: dict | None
) -> None:
    inputs = infer_inputs(example("simple"))
    result = client.infer("simple", inputs, parameters=parameters)
    assert not set(TIMINGS) & set(result.get_response().parameters)


def test_parameter_that_the_cpp_client_always_sends(stub: Stub) -> None:
    request = raw_request("simple", example("simple"))
    request.parameters["triton_enable_empty_final_response"].bool_param = False
    assert stub.ModelInfer(request, timeout=30).model_name == "simple"


def test_parameters_of_other_peoples_tools(
    client: InferenceServerClient,
) -> None:
    result = client.infer(
        "simple",
        infer_inputs(example("simple")),
        parameters={"team": "vision", "weight": 0.5, "tries": 2, "dry": True},
        headers={"x-request-source": "conformance"},
    )
    assert result.as_numpy("OUTPUT0") is not None


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
@pytest.mark.parametrize("model", ["simple", "identity"])
def test_compressed_requests(
    client: InferenceServerClient, model: str, algorithm: str
) -> None:
    inputs = example(model)
    result = client.infer(
        model, infer_inputs(inputs), compression_algorithm=algorithm
    )
    assert_close(result_arrays(result), run_eager(model, inputs))


def test_the_same_request_twice_is_the_same_answer(stub: Stub) -> None:
    first, second = infer(stub, "resnet18"), infer(stub, "resnet18")
    for name, value in response_arrays(first).items():
        np.testing.assert_array_equal(value, response_arrays(second)[name])
