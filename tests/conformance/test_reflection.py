"""Server reflection: what grpcurl needs to call a server it knows nothing of.

And the proof that our own wording of the protocol is the protocol: every field
that tritonclient was generated from is there with its number and type.
"""

from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from tritonclient.grpc import model_config_pb2, service_pb2

SERVICE = "inference.GRPCInferenceService"


@pytest.fixture
def database(channel: grpc.Channel) -> ProtoReflectionDescriptorDatabase:
    return ProtoReflectionDescriptorDatabase(channel)


@pytest.fixture
def pool(database: ProtoReflectionDescriptorDatabase) -> DescriptorPool:
    # A pool of its own: nothing that is generated here can leak into it.
    return DescriptorPool(database)


def test_lists_the_services(
    database: ProtoReflectionDescriptorDatabase,
) -> None:
    services = set(database.get_services())
    assert SERVICE in services
    assert "grpc.health.v1.Health" in services
    assert "grpc.reflection.v1alpha.ServerReflection" in services


def test_calls_model_infer_through_reflection_alone(
    pool: DescriptorPool, channel: grpc.Channel
) -> None:
    method = pool.FindServiceByName(SERVICE).FindMethodByName("ModelInfer")
    call = channel.unary_unary(
        f"/{SERVICE}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    request = GetMessageClass(method.input_type)(model_name="simple")
    for name in ("INPUT0", "INPUT1"):
        tensor = request.inputs.add(name=name, datatype="INT32")
        tensor.shape.extend([1, 16])
        tensor.contents.int_contents.extend(range(16))
    response = call(request, timeout=30)
    total = np.frombuffer(response.raw_output_contents[0], dtype=np.int32)
    np.testing.assert_array_equal(total, 2 * np.arange(16))


def test_fields_have_the_names_of_protobufs_json(
    database: ProtoReflectionDescriptorDatabase,
) -> None:
    file = database.FindFileContainingSymbol("inference.ModelInferRequest")
    messages = {message.name: message for message in file.message_type}
    names = {
        field.name: field.json_name if field.HasField("json_name") else None
        for field in messages["ModelInferRequest"].field
    }
    assert names["model_name"] == "modelName"
    assert names["raw_input_contents"] == "rawInputContents"


def test_every_rpc_of_the_protocol_is_described(pool: DescriptorPool) -> None:
    ours = pool.FindServiceByName(SERVICE)
    theirs = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
    for method in theirs.methods:
        found = ours.methods_by_name.get(method.name)
        assert found is not None, method.name
        assert found.input_type.full_name == method.input_type.full_name
        assert found.output_type.full_name == method.output_type.full_name
        assert found.client_streaming == method.client_streaming
        assert found.server_streaming == method.server_streaming


def test_every_message_has_the_fields_of_the_protocol(
    pool: DescriptorPool,
) -> None:
    for message in protocol_messages():
        ours = pool.FindMessageTypeByName(message.full_name)
        for field in message.fields:
            found = ours.fields_by_name.get(field.name)
            assert found is not None, field.full_name
            assert on_the_wire(found) == on_the_wire(field), field.full_name


def protocol_messages() -> Iterator[Descriptor]:
    for file in (service_pb2.DESCRIPTOR, model_config_pb2.DESCRIPTOR):
        for message in file.message_types_by_name.values():
            yield from with_nested(message)


def with_nested(message: Descriptor) -> Iterator[Descriptor]:
    yield message
    for nested in message.nested_types:
        yield from with_nested(nested)


def on_the_wire(field: FieldDescriptor) -> tuple:
    """What two ends have to agree on."""
    message, enum = field.message_type, field.enum_type
    oneof = field.containing_oneof
    return (
        field.number,
        field.type,
        field.is_repeated,
        message.full_name if message else None,
        {v.name: v.number for v in enum.values} if enum else None,
        oneof.name if oneof else None,
    )
