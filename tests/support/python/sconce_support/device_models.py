"""A model of known sizes for servers with devices, and requests for it.

`times` multiplies rows of 1,024 FP32, 4 KiB each, by 3. Its batches are those
that its config declares, so that nothing is tried at load that a small device
has no memory for.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferenceServerClient

from sconce_support.config_file import add_to_config
from sconce_support.factor_models import add_version
from sconce_support.inference import infer_inputs

MODEL = "times"
FACTOR = 3.0
ROW_BYTES = 4096
MOST_ROWS = 8

_CONFIG = f"""
max_batch_size: {MOST_ROWS}
input [ {{ name: "x", data_type: TYPE_FP32, dims: [ 1024 ] }} ]
output [ {{ name: "output_0", data_type: TYPE_FP32, dims: [ 1024 ] }} ]
parameters {{ key: "sconce.batching" value {{ string_value: "trusted" }} }}
"""


def write_times(repository: Path, more_config: str = "") -> Path:
    """Puts `times` into `repository`, and returns that."""
    add_version(repository, MODEL, 1, FACTOR)
    return add_to_config(repository, MODEL, _CONFIG + more_config)


def some_rows(rows: int, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return random.standard_normal((rows, 1024), dtype=np.float32)


def check_times(
    client: InferenceServerClient, rows: int, seed: int = 0, **more: Any
) -> None:
    """Asks with `rows` rows; the answer has to be the right one."""
    x = some_rows(rows, seed)
    result = client.infer(
        MODEL, infer_inputs({"x": x}), client_timeout=60, **more
    )
    np.testing.assert_array_equal(result.as_numpy("output_0"), x * FACTOR)
