"""Bytes that are no request, messages too large, RPCs that are not there."""

import random
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.eager import example
from sconce_support.inference import raw_method, raw_request
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

Stub = service_pb2_grpc.GRPCInferenceServiceStub
Code = grpc.StatusCode

GARBAGE = {
    "one byte": b"\xff",
    "endless varint": b"\xff" * 40,
    "field zero": b"\x00\x01",
    "unknown wire type": b"\x0f\x00",
    "group that does not end": b"\x0b",
    "end of no group": b"\x0c",
    "length beyond the end": b"\x0a\x7fab",
    "length of 4 GiB": b"\x0a\xff\xff\xff\xff\x0f",
    "raw bytes beyond the end": b"\x3a\x80\x80\x80\x40abc",
    "name that is no UTF-8": b"\x0a\x02\xc3\x28",
    "a thousand nested groups": b"\x0b" * 1000,
    "text": b"POST /v2/models/simple/infer HTTP/1.1\r\n\r\n",
}

# What any bytes at all may be answered with.
REFUSALS = {Code.INVALID_ARGUMENT, Code.NOT_FOUND}


@pytest.fixture(scope="module")
def small_limit(repository: MakeRepository) -> Iterator[ServerProcess]:
    folder = repository("identity")
    with ServerProcess([folder], "--max-message-size", "1MiB") as process:
        yield process


def code_of(channel: grpc.Channel, content: bytes) -> grpc.StatusCode:
    call = raw_method(channel, "ModelInfer")
    try:
        call(content, timeout=30)
    except grpc.RpcError as error:
        return error.code()
    return Code.OK


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage(channel: grpc.Channel, name: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        raw_method(channel, "ModelInfer")(GARBAGE[name], timeout=30)
    assert caught.value.code() == Code.INVALID_ARGUMENT
    assert caught.value.details()


def test_an_empty_message(channel: grpc.Channel) -> None:
    # A request like any other: it names no model.
    assert code_of(channel, b"") == Code.NOT_FOUND


def test_every_way_to_cut_a_request(channel: grpc.Channel) -> None:
    whole = simple_request()
    for size in range(len(whole)):
        assert code_of(channel, whole[:size]) in REFUSALS, size
    assert code_of(channel, whole) == Code.OK


def test_requests_with_flipped_bytes(channel: grpc.Channel) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    whole = simple_request()
    for _ in range(400):
        bent = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        # A flip inside a tensor's bytes is another right request.
        assert code_of(channel, bytes(bent)) in REFUSALS | {Code.OK}, bent
    assert code_of(channel, whole) == Code.OK


def test_fields_of_a_later_protocol_are_skipped(
    channel: grpc.Channel,
) -> None:
    later = simple_request() + b"\xfa\x3f\x03abc" + b"\xf8\x3f\x01"
    assert code_of(channel, later) == Code.OK


def test_a_message_above_the_limit(small_limit: ServerProcess) -> None:
    large = np.zeros(2**19, dtype=np.float32)  # 2 MiB
    with grpc.insecure_channel(small_limit.grpc_address) as channel:
        stub = Stub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(raw_request("identity", {"x": large}), timeout=30)
        assert caught.value.code() == Code.RESOURCE_EXHAUSTED
        assert str(2**20) in caught.value.details()
        # Just below the limit, and on the same connection.
        fits = raw_request("identity", {"x": large[: 2**18 - 256]})
        assert stub.ModelInfer(fits, timeout=30).model_name == "identity"


def test_a_message_that_grows_above_the_limit(
    small_limit: ServerProcess,
) -> None:
    # 2 MiB of zeros are 2 KiB on the wire.
    request = raw_request("identity", {"x": np.zeros(2**19, np.float32)})
    with grpc.insecure_channel(small_limit.grpc_address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            Stub(channel).ModelInfer(
                request, timeout=30, compression=grpc.Compression.Gzip
            )
    assert caught.value.code() == Code.RESOURCE_EXHAUSTED


def test_a_message_of_many_megabytes(server: ServerProcess) -> None:
    options = [("grpc.max_receive_message_length", -1)]
    large = np.arange(12 * 2**20, dtype=np.float32)  # 48 MiB
    with grpc.insecure_channel(server.grpc_address, options) as channel:
        request = raw_request("identity", {"x": large})
        response = Stub(channel).ModelInfer(request, timeout=60)
    assert response.raw_output_contents[0] == large.tobytes()


UNIMPLEMENTED = {
    "SystemSharedMemoryStatus": service_pb2.SystemSharedMemoryStatusRequest(),
    "CudaSharedMemoryStatus": service_pb2.CudaSharedMemoryStatusRequest(),
    "TraceSetting": service_pb2.TraceSettingRequest(),
    "LogSettings": service_pb2.LogSettingsRequest(),
}


@pytest.mark.parametrize("method", UNIMPLEMENTED)
def test_unimplemented_rpc_says_so(stub: Stub, method: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, method)(UNIMPLEMENTED[method], timeout=30)
    assert caught.value.code() == Code.UNIMPLEMENTED
    # A sentence of ours that names the call, not gRPC's empty default.
    assert method in caught.value.details()


def test_a_method_nobody_has(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        raw_method(channel, "NoSuchMethod")(b"", timeout=30)
    assert caught.value.code() == Code.UNIMPLEMENTED


def simple_request() -> bytes:
    request = raw_request("simple", example("simple"), id="cut")
    request.parameters["timings"].bool_param = True
    request.outputs.add(name="OUTPUT1")
    return request.SerializeToString()
