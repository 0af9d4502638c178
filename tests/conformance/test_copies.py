"""Copies of tensor bytes, counted in the running server: one for each byte in
at most, none for a byte out, and no memory that is zeroed first."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc

from models.zoo import ZOO, ModelConfig, TensorSpec
from models.zoo.repository import write_model
from sconce_support.copy_counts import CopyCounts, library
from sconce_support.inference import raw_request, response_arrays
from sconce_support.server_process import ServerProcess

IMAGE = (3, 224, 224)
BYTES = 4 * 3 * 224 * 224
# Less than gRPC reads at a time.
SMALL = (3, 24, 24)
MERGED = 4
# A batch waits for a minute for its last request.
UNTIL_FULL = "max_queue_delay_microseconds: 60000000"
# By one byte each they move the tensor within the message.
IDS = tuple("i" * length for length in range(8))

Stub = service_pb2_grpc.GRPCInferenceServiceStub
UNLIMITED = [("grpc.max_receive_message_length", -1)]


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> CopyCounts:
    if not library().is_file():
        pytest.skip(f"no {library().name} beside the server")
    return CopyCounts(tmp_path_factory.mktemp("counts"))


def config(max_batch_size: int, *shape: int) -> ModelConfig:
    return ModelConfig(
        max_batch_size=max_batch_size,
        inputs=(TensorSpec("x", "TYPE_FP32", shape),),
        outputs=(TensorSpec("output_0", "TYPE_FP32", shape),),
    )


def write_models(folder: Path) -> None:
    identity = ZOO["identity"]()
    write_model(
        replace(identity, name="alone", config=config(0, -1, -1, -1, -1)), folder
    )
    write_model(
        replace(identity, name="batched", config=config(MERGED, *IMAGE)),
        folder,
    )
    with (folder / "batched/config.pbtxt").open("a") as file:
        file.write(f"dynamic_batching {{ {UNTIL_FULL} }}\n")


@pytest.fixture(scope="module")
def counted(
    counts: CopyCounts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    with ExitStack() as stack:
        with counts.loaded():
            process = stack.enter_context(ServerProcess([folder]))
        yield process


@pytest.fixture(scope="module")
def channel(counted: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(counted.grpc_address, UNLIMITED) as made:
        yield made


def image(seed: int, shape: tuple[int, ...] = IMAGE) -> NDArray:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((1, *shape), dtype=np.float32)


def copied_alone(
    counts: CopyCounts, server: ServerProcess, channel: grpc.Channel, x: NDArray
) -> list[int]:
    """The bytes copied for requests that are the same but for their ids."""
    copied = []
    for name in 4 * IDS:
        request = raw_request("alone", {"x": x}, id=name)
        counts.start(server)
        response = Stub(channel).ModelInfer(request, timeout=60)
        seen = counts.stop()
        np.testing.assert_array_equal(response_arrays(response)["output_0"], x)
        assert seen.fills == 0, seen
        copied.append(seen.copied_bytes)
    return copied


def test_a_large_request_alone_is_copied_once_at_most(
    counts: CopyCounts, counted: ServerProcess, channel: grpc.Channel
) -> None:
    copied = copied_alone(counts, counted, channel, image(0))
    # It lies in several slices; below 4 KiB they are not counted.
    assert max(copied) <= BYTES, copied


def test_what_comes_in_one_slice_and_in_line_is_not_copied(
    counts: CopyCounts, counted: ServerProcess, channel: grpc.Channel
) -> None:
    x = image(0, SMALL)
    copied = copied_alone(counts, counted, channel, x)
    # What lies in slices below 4 KiB is not counted.
    once = range(x.nbytes - 4096, x.nbytes + 1)
    assert all(count == 0 or count in once for count in copied), copied
    assert 0 in copied, copied


def test_requests_in_a_batch_are_copied_once(
    counts: CopyCounts, counted: ServerProcess, channel: grpc.Channel
) -> None:
    images = [image(seed) for seed in range(MERGED)]
    infer_all(channel, images)  # the connection's window opens
    counts.start(counted)
    answers = infer_all(channel, images)
    seen = counts.stop()
    np.testing.assert_array_equal(answers, np.concatenate(images))
    assert seen.fills == 0, seen
    # What lies in slices below 4 KiB is not counted.
    assert MERGED * (BYTES - 2 * 4096) <= seen.copied_bytes <= MERGED * BYTES


def infer_all(channel: grpc.Channel, images: list[NDArray]) -> NDArray:
    """The answers to requests that make up one batch."""
    calls = [
        Stub(channel).ModelInfer.future(
            raw_request("batched", {"x": x}), timeout=60
        )
        for x in images
    ]
    answers = [response_arrays(call.result()) for call in calls]
    return np.concatenate([answer["output_0"] for answer in answers])
