"""What the server says of itself and of its models."""

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient, service_pb2_grpc
from tritonclient.grpc import model_config_pb2 as config_pb2
from tritonclient.utils import InferenceServerException

from sconce_support.eager import example
from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

# Extensions of the protocol that are no part of this server; perf_analyzer
# and others act on what is listed.
NOT_THERE = {
    "classification",
    "cuda_shared_memory",
    "logging",
    "schedule_policy",
    "system_shared_memory",
    "trace",
}


def signature(tensors: list) -> list[tuple[str, str, list[int]]]:
    return [(t.name, t.datatype, list(t.shape)) for t in tensors]


def test_server_is_live_and_ready(client: InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()


def test_server_metadata(client: InferenceServerClient) -> None:
    metadata = client.get_server_metadata()
    assert metadata.name == "sconce"
    assert metadata.version
    extensions = set(metadata.extensions)
    assert {"statistics", "model_configuration", "sequence"} <= extensions
    assert not extensions & NOT_THERE


def test_server_name_can_be_set(repository: MakeRepository) -> None:
    # Some tools only talk to a server of this name.
    folder = repository("simple")
    with (
        ServerProcess([folder], "--server-name", "triton") as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert client.get_server_metadata().name == "triton"


def test_model_ready(client: InferenceServerClient) -> None:
    assert client.is_model_ready("simple")
    assert client.is_model_ready("simple", "1")


@pytest.mark.parametrize("version", ["", "7"])
def test_unknown_model_is_not_ready(
    client: InferenceServerClient, version: str
) -> None:
    name = "simple" if version else "nosuch"
    # Either answer tells a client the truth; none may say ready.
    try:
        assert not client.is_model_ready(name, version)
    except InferenceServerException as error:
        assert error.status() == "StatusCode.NOT_FOUND"


def test_metadata_of_a_declared_model(client: InferenceServerClient) -> None:
    metadata = client.get_model_metadata("simple")
    assert metadata.name == "simple"
    assert list(metadata.versions) == ["1"]
    assert metadata.platform in ("pytorch_libtorch", "pytorch_torchscript")
    assert signature(metadata.inputs) == [
        ("INPUT0", "INT32", [-1, 16]),
        ("INPUT1", "INT32", [-1, 16]),
    ]
    assert signature(metadata.outputs) == [
        ("OUTPUT0", "INT32", [-1, 16]),
        ("OUTPUT1", "INT32", [-1, 16]),
    ]


def test_metadata_of_a_traced_model(client: InferenceServerClient) -> None:
    # The archive of a trace tells types and shapes before any request.
    (tensor,) = client.get_model_metadata("resnet18").inputs
    assert tensor.name == "x"
    assert tensor.datatype == "FP32"
    assert len(tensor.shape) == 4


@pytest.mark.parametrize(
    "model, outputs",
    [
        ("mlp_scripted", ["output_0"]),
        ("tuple_output", ["output_0", "output_1"]),
        ("dict_output", ["probabilities", "label"]),
        ("namedtuple_output", ["probabilities", "label"]),
    ],
)
def test_metadata_after_a_first_request(
    client: InferenceServerClient, model: str, outputs: list[str]
) -> None:
    inputs = example(model)
    client.infer(model, infer_inputs(inputs))
    metadata = client.get_model_metadata(model)
    assert [t.name for t in metadata.inputs] == list(inputs)
    assert {t.datatype for t in metadata.inputs} == {"FP32"}
    assert [t.name for t in metadata.outputs] == outputs
    assert all(t.datatype for t in metadata.outputs)


def test_metadata_of_an_unknown_model(
    stub: service_pb2_grpc.GRPCInferenceServiceStub,
    client: InferenceServerClient,
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        client.get_model_metadata("nosuch")
    assert caught.value.status() == f"{grpc.StatusCode.NOT_FOUND}"
    assert "Request for unknown model: 'nosuch'" in caught.value.message()


def test_config_of_a_declared_model(client: InferenceServerClient) -> None:
    config = client.get_model_config("simple").config
    assert config.name == "simple"
    assert config.max_batch_size == 8
    for tensors, names in (
        (config.input, ["INPUT0", "INPUT1"]),
        (config.output, ["OUTPUT0", "OUTPUT1"]),
    ):
        assert [t.name for t in tensors] == names
        assert {t.data_type for t in tensors} == {config_pb2.TYPE_INT32}
        assert [list(t.dims) for t in tensors] == [[16], [16]]


def test_config_of_a_bare_model(client: InferenceServerClient) -> None:
    config = client.get_model_config("mlp_traced").config
    assert config.name == "mlp_traced"
    assert config.max_batch_size == 0
    assert [t.name for t in config.input] == ["x"]
    # What perf_analyzer reads: every name of the config is in the metadata.
    metadata = client.get_model_metadata("mlp_traced")
    known = {t.name for t in metadata.inputs}
    assert {t.name for t in config.input} <= known


def test_rows_of_a_batch_by_flag(repository: MakeRepository) -> None:
    """The flag is for models that declare nothing, and declares nothing
    itself: what is proven needs no client to know of it."""
    folder = repository("mlp_traced", "simple")
    with (
        ServerProcess([folder], "--max-batch-size", "16") as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        for name, declared, rows in (("mlp_traced", 0, 16), ("simple", 8, 8)):
            config = client.get_model_config(name).config
            assert config.max_batch_size == declared
            assert config.parameters["sconce.batching_verdict"].string_value == (
                f"on, proven with examples, up to {rows} rows"
            )
