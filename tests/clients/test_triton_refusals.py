"""Example programs whose feature is not offered: one clear answer each.

simple_grpc_{shm,cudashm,shm_string}_client.py, simple_grpc_custom_repeat.py
and the classifications of grpc_image_client.py.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import (
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
)
from tritonclient.utils import InferenceServerException

from example_models import write_models
from sconce_support.factor_models import index_of
from sconce_support.server_process import ServerProcess


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Code and message of a call that fails."""
    with pytest.raises(InferenceServerException) as caught:
        call()
    return str(caught.value.status()), str(caught.value.message())


REGISTRATIONS: dict[str, Callable[[InferenceServerClient], object]] = {
    "SystemSharedMemoryUnregister": (
        lambda client: client.unregister_system_shared_memory()
    ),
    "CudaSharedMemoryUnregister": (
        lambda client: client.unregister_cuda_shared_memory()
    ),
    "SystemSharedMemoryRegister": (
        lambda client: client.register_system_shared_memory(
            "output_data", "/output_simple", 128
        )
    ),
    "CudaSharedMemoryRegister": (
        lambda client: client.register_cuda_shared_memory(
            "output0_data", b"", 0, 64
        )
    ),
    "SystemSharedMemoryStatus": (
        lambda client: client.get_system_shared_memory_status()
    ),
    "CudaSharedMemoryStatus": (
        lambda client: client.get_cuda_shared_memory_status()
    ),
}


@pytest.mark.parametrize("method", REGISTRATIONS)
def test_shared_memory_calls(
    client: InferenceServerClient, method: str
) -> None:
    code, message = refusal(lambda: REGISTRATIONS[method](client))
    assert code == "StatusCode.UNIMPLEMENTED"
    assert message == (
        f"{method} is not served by this server; ServerMetadata lists the "
        "extensions that are"
    )
    extensions = client.get_server_metadata().extensions
    assert not [name for name in extensions if "shared_memory" in name]


@pytest.mark.parametrize("where", ["inputs", "outputs"])
def test_tensors_in_shared_memory(
    client: InferenceServerClient, where: str
) -> None:
    value = np.zeros((1, 16), dtype=np.int32)
    inputs = [InferInput(name, [1, 16], "INT32").set_data_from_numpy(value)
              for name in ("INPUT0", "INPUT1")]
    outputs = [InferRequestedOutput("OUTPUT0")]
    if where == "inputs":
        inputs[0] = InferInput("INPUT0", [1, 16], "INT32")
        inputs[0].set_shared_memory("input_data", 64)
    else:
        outputs[0].set_shared_memory("output_data", 64)
    code, message = refusal(
        lambda: client.infer("simple", inputs, outputs=outputs)
    )
    assert code == "StatusCode.UNIMPLEMENTED"
    assert "shared_memory_" in message
    assert "leave it out" in message


def test_classification(client: InferenceServerClient) -> None:
    x = np.zeros((1, 32), dtype=np.float32)
    inputs = [InferInput("x", [1, 32], "FP32").set_data_from_numpy(x)]
    outputs = [InferRequestedOutput("output_0", class_count=3)]
    code, message = refusal(
        lambda: client.infer("mlp", inputs, outputs=outputs)
    )
    assert code == "StatusCode.UNIMPLEMENTED"
    assert message == (
        "output 'output_0': parameter 'classification' is not served; "
        "leave it out"
    )


def test_a_decoupled_model(binary: Path, tmp_path: Path) -> None:
    """`repeat_int32` answers a request many times; ours answer once."""
    folder = write_models(tmp_path, "identity")
    (folder / "identity").rename(folder / "repeat_int32")
    (folder / "repeat_int32/config.pbtxt").write_text(
        "model_transaction_policy { decoupled: true }"
    )
    flags = ("--strict-readiness=false", "--model-probe=false")
    with ServerProcess([folder], *flags, binary=binary) as server:
        with InferenceServerClient(server.grpc_address) as client:
            entries = index_of(client, "repeat_int32")
            assert [state for state, _ in entries.values()] == ["UNAVAILABLE"]
            assert "decoupled" in str(entries)
            code, message = refusal(
                lambda: client.infer(
                    "repeat_int32",
                    [InferInput("x", [1], "INT32").set_data_from_numpy(
                        np.zeros(1, dtype=np.int32))],
                )
            )
    assert code == "StatusCode.UNAVAILABLE"
    assert "repeat_int32" in message
