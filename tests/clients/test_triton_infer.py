"""What tritonclient's published example programs for inference do.

simple_grpc_{infer,async_infer,aio_infer,keepalive,custom_args,string_infer}
_client.py, reuse_infer_objects_client.py and grpc_explicit_*_client.py: the
same models, calls and checks, in our own words.
"""

import queue
from functools import partial
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import (
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
    InferResult,
    KeepAliveOptions,
    service_pb2,
    service_pb2_grpc,
)
from tritonclient.grpc.aio import InferenceServerClient as AsyncioClient
from tritonclient.utils import deserialize_bytes_tensor

from sconce_support.server_process import ServerProcess

COUNT = np.arange(16, dtype=np.int32).reshape(1, 16)
ONES = np.ones((1, 16), dtype=np.int32)
HEADERS = {"test": "1"}


def inputs_of(
    left: NDArray[Any], right: NDArray[Any], datatype: str
) -> list[InferInput]:
    made = []
    for name, value in (("INPUT0", left), ("INPUT1", right)):
        tensor = InferInput(name, [1, 16], datatype)
        made.append(tensor.set_data_from_numpy(value))
    return made


def both_outputs() -> list[InferRequestedOutput]:
    return [InferRequestedOutput("OUTPUT0"), InferRequestedOutput("OUTPUT1")]


def assert_sum_and_difference(result: InferResult) -> None:
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), COUNT + ONES)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), COUNT - ONES)


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
@pytest.mark.parametrize("outputs", [both_outputs(), None])
def test_infer(
    client: InferenceServerClient,
    outputs: list[InferRequestedOutput] | None,
    compression: str | None,
) -> None:
    result = client.infer(
        model_name="simple",
        inputs=inputs_of(COUNT, ONES, "INT32"),
        outputs=outputs,
        client_timeout=30.0,
        headers=HEADERS,
        compression_algorithm=compression,
    )
    assert_sum_and_difference(result)
    statistics = client.get_inference_statistics(model_name="simple")
    assert len(statistics.model_stats) == 1


def test_async_infer(client: InferenceServerClient) -> None:
    answers: queue.Queue[tuple[object, object]] = queue.Queue()

    def keep(user_data: queue.Queue, result: object, error: object) -> None:
        user_data.put((result, error))

    for _ in range(2):
        client.async_infer(
            model_name="simple",
            inputs=inputs_of(COUNT, ONES, "INT32"),
            callback=partial(keep, answers),
            outputs=both_outputs(),
            client_timeout=30.0,
            headers=HEADERS,
        )
    for _ in range(2):
        result, error = answers.get(timeout=60)
        assert error is None
        assert isinstance(result, InferResult)
        assert_sum_and_difference(result)


async def test_aio_infer(server: ServerProcess) -> None:
    async with AsyncioClient(server.grpc_address) as client:
        for outputs in (both_outputs(), None):
            result = await client.infer(
                model_name="simple",
                inputs=inputs_of(COUNT, ONES, "INT32"),
                outputs=outputs,
                headers=HEADERS,
            )
            assert_sum_and_difference(result)
        statistics = await client.get_inference_statistics("simple")
        assert len(statistics.model_stats) == 1


def test_keepalive(server: ServerProcess) -> None:
    options = KeepAliveOptions(
        keepalive_time_ms=2**31 - 1,
        keepalive_timeout_ms=20000,
        keepalive_permit_without_calls=False,
        http2_max_pings_without_data=2,
    )
    with InferenceServerClient(
        server.grpc_address, keepalive_options=options
    ) as client:
        inputs = inputs_of(COUNT, ONES, "INT32")
        assert_sum_and_difference(client.infer("simple", inputs))


def test_custom_args(server: ServerProcess) -> None:
    arguments = [
        ("grpc.max_connection_age_ms", 10),
        ("grpc.lb_policy_name", "round_robin"),
        ("grpc.primary_user_agent", "someone's"),
    ]
    with InferenceServerClient(
        server.grpc_address, channel_args=arguments
    ) as client:
        inputs = inputs_of(COUNT, ONES, "INT32")
        assert_sum_and_difference(client.infer("simple", inputs))


def test_reuse_of_inputs_and_outputs(client: InferenceServerClient) -> None:
    inputs = inputs_of(COUNT, ONES, "INT32")
    outputs = both_outputs()
    for _ in range(2):
        assert_sum_and_difference(
            client.infer("simple", inputs, outputs=outputs)
        )
    inputs[1].set_data_from_numpy(ONES * 5)
    result = client.infer("simple", inputs, outputs=outputs)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), COUNT + 5)


def texts(numbers: NDArray[np.int32]) -> NDArray[Any]:
    made = [str(number).encode() for number in numbers.flatten()]
    return np.array(made, dtype=np.object_).reshape(numbers.shape)


def test_strings(client: InferenceServerClient) -> None:
    result = client.infer(
        model_name="simple_string",
        inputs=inputs_of(texts(COUNT), texts(ONES), "BYTES"),
        outputs=both_outputs(),
    )
    sums, differences = map(result.as_numpy, ("OUTPUT0", "OUTPUT1"))
    for i in range(16):
        assert int(sums[0][i]) == i + 1
        assert int(differences[0][i]) == i - 1


@pytest.mark.parametrize(
    "value",
    [
        np.array([[b"he\x00llo"] * 16], dtype=np.object_),
        np.array([[b"\x00\x01\x02\x03"] * 16], dtype=np.bytes_),
    ],
    ids=["with a null", "binary"],
)
def test_identity_of_strings(
    client: InferenceServerClient, value: NDArray[Any]
) -> None:
    tensor = InferInput("INPUT0", value.shape, "BYTES")
    result = client.infer(
        model_name="simple_identity",
        inputs=[tensor.set_data_from_numpy(value)],
        outputs=[InferRequestedOutput("OUTPUT0")],
    )
    answer = result.as_numpy("OUTPUT0")
    if value.dtype != np.object_:
        answer = np.char.encode(answer.astype(str))
    assert np.array_equal(value, answer)


def explicit_request(
    model: str, datatype: str, field: str, left: list[Any], right: list[Any]
) -> service_pb2.ModelInferRequest:
    """Built of the bare messages, with typed contents."""
    request = service_pb2.ModelInferRequest(model_name=model, model_version="")
    for name, values in (("INPUT0", left), ("INPUT1", right)):
        tensor = service_pb2.ModelInferRequest.InferInputTensor(
            name=name, datatype=datatype, shape=[1, 16]
        )
        getattr(tensor.contents, field).extend(values)
        request.inputs.append(tensor)
    for name in ("OUTPUT0", "OUTPUT1"):
        request.outputs.add(name=name)
    return request


@pytest.fixture
def stub(
    server: ServerProcess,
) -> service_pb2_grpc.GRPCInferenceServiceStub:
    channel = grpc.insecure_channel(server.grpc_address)
    return service_pb2_grpc.GRPCInferenceServiceStub(channel)


@pytest.mark.parametrize(
    "model, datatype, dtype",
    [("simple", "INT32", np.int32), ("simple_int8", "INT8", np.int8)],
)
def test_explicit_int_contents(
    stub: service_pb2_grpc.GRPCInferenceServiceStub,
    model: str,
    datatype: str,
    dtype: type,
) -> None:
    request = explicit_request(
        model, datatype, "int_contents", list(range(16)), [1] * 16
    )
    response = stub.ModelInfer(request, timeout=60)
    assert len(response.outputs) == 2
    answers = [
        np.frombuffer(raw, dtype).reshape(tuple(output.shape))
        for raw, output in zip(
            response.raw_output_contents, response.outputs, strict=True
        )
    ]
    for i in range(16):
        assert answers[0][0][i] == i + 1
        assert answers[1][0][i] == i - 1
    request.model_version = "wrong_specification"
    with pytest.raises(grpc.RpcError) as caught:
        stub.ModelInfer(request, timeout=60)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert (
        "failed to get model version from specified version string "
        "'wrong_specification'"
    ) in str(caught.value)


def test_explicit_byte_contents(
    stub: service_pb2_grpc.GRPCInferenceServiceStub,
) -> None:
    left, right = texts(COUNT)[0], texts(ONES)[0]
    request = explicit_request(
        "simple_string", "BYTES", "bytes_contents", list(left), list(right)
    )
    response = stub.ModelInfer(request, timeout=60)
    assert len(response.outputs) == 2
    sums, differences = (
        np.resize(deserialize_bytes_tensor(raw), tuple(output.shape))
        for raw, output in zip(
            response.raw_output_contents, response.outputs, strict=True
        )
    )
    for i in range(16):
        assert int(sums[0][i]) == i + 1
        assert int(differences[0][i]) == i - 1
