"""A model repository made for Triton's PyTorch backend is served as it is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import INPUT, add_version
from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess

# The names are Triton's convention where the code's own are not used.
CONFIG = """
name: "times"
platform: "pytorch_libtorch"
max_batch_size: 8
input [ { name: "INPUT__0", data_type: TYPE_FP32, dims: [ 4 ] } ]
output [ { name: "OUTPUT__0", data_type: TYPE_FP32, dims: [ 4 ] } ]
version_policy: { all {} }
instance_group [ { count: 2, kind: KIND_CPU } ]
dynamic_batching { preferred_batch_size: [ 4 ] preserve_ordering: true }
parameters { key: "INFERENCE_MODE" value { string_value: "true" } }
"""


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, binary: Path
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("triton")
    add_version(folder, "times", 1)
    add_version(folder, "times", 2)
    (folder / "times/config.pbtxt").write_text(CONFIG)
    with ServerProcess(
        [folder], "--model-probe=false", binary=binary
    ) as process:
        yield process


@pytest.mark.parametrize("version", ["1", "2"])
def test_it_answers_under_its_names(
    server: ServerProcess, version: str
) -> None:
    with InferenceServerClient(server.grpc_address) as client:
        result = client.infer(
            "times", infer_inputs({"INPUT__0": INPUT}), model_version=version
        )
        config = client.get_model_config("times").config
    np.testing.assert_array_equal(
        result.as_numpy("OUTPUT__0"), INPUT * float(version)
    )
    assert config.max_batch_size == 8


def test_what_is_not_honoured_is_logged_by_name(
    server: ServerProcess,
) -> None:
    fields = {
        event["field"]
        for event in server.log.events()
        if event["message"] == "config field is set but not honoured"
    }
    assert fields == {
        "dynamic_batching.preserve_ordering",
        "parameters.INFERENCE_MODE",
    }
