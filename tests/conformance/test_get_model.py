"""GetModel of the management service: how a model was loaded and is served.

No client knows this service; it is called as grpcurl would, by reflection.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import torch
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from torch import Tensor, nn

from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

SERVICE = "sconce.management.v1.Management"
STEPS = [
    "recognize",
    "integrity",
    "operators",
    "probing",
    "loading",
    "optimizing",
    "replaying golden examples",
    "checking batches",
    "warming up",
]


class TwoMethods(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2

    @torch.jit.export
    def total(self, x: Tensor) -> Tensor:
        return x * x.sum().item()


@pytest.fixture(scope="module")
def channel(
    repository: MakeRepository, binary: Path
) -> Iterator[grpc.Channel]:
    folder = repository("simple")
    torch.jit.script(TwoMethods().eval()).save(folder / "two.pt")
    (folder / "text.pt").write_text("no model")
    flags = ("--strict-readiness=false",)
    with (
        ServerProcess([folder], *flags, binary=binary) as process,
        grpc.insecure_channel(process.management_address) as made,
    ):
        yield made


def get_model(channel: grpc.Channel, name: str, **fields: Any) -> Message:
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    method = pool.FindServiceByName(SERVICE).FindMethodByName("GetModel")
    call = channel.unary_unary(
        f"/{SERVICE}/GetModel",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    request = GetMessageClass(method.input_type)(name=name, **fields)
    return call(request, timeout=30)


def test_each_step_of_the_load_has_its_time(channel: grpc.Channel) -> None:
    model: Any = get_model(channel, "simple")
    assert (model.state, model.reason, model.version) == ("READY", "", 1)
    assert [step.name for step in model.load_steps] == STEPS
    seconds = [step.duration.ToTimedelta() for step in model.load_steps]
    assert all(took.total_seconds() >= 0 for took in seconds)


def test_each_method_says_whether_it_is_batched(channel: grpc.Channel) -> None:
    model: Any = get_model(channel, "two", version=1)
    assert {method.name: method.batching for method in model.methods} == {
        "forward": "waits for the first good requests",
        "total": "off: the code decides by values of tensors (aten::item), and "
        "what one row decides would hold for all",
    }


def test_a_failed_load_ends_with_the_step_that_failed(
    channel: grpc.Channel,
) -> None:
    model: Any = get_model(channel, "text")
    assert model.state == "UNAVAILABLE"
    assert "expected a TorchScript archive" in model.reason
    assert [step.name for step in model.load_steps] == ["recognize"]
    assert not model.methods


def test_unknown_models_are_not_found(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        get_model(channel, "simple", version=9)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == (
        "model 'simple' version 9 is not found; RepositoryIndex lists the "
        "models of this server"
    )
