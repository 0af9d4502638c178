"""What is asked of the server: models, requests and the right answers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from models.zoo import ZOO, ModelConfig, TensorSpec, ZooModel
from models.zoo.repository import write_model
from sconce_support.eager import Arrays, run_eager
from sconce_support.inference import raw_method, raw_request
from tritonclient.grpc import service_pb2

_TOLERANCE = 1e-4
_CALL_SECONDS = 60
_MLP_BATCH = 64
_UNLIMITED = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]
_RESNET_CONFIG = ModelConfig(
    max_batch_size=8,
    inputs=(TensorSpec("x", "TYPE_FP32", (3, 224, 224)),),
    outputs=(TensorSpec("output_0", "TYPE_FP32", (1000,)),),
)


@dataclass(frozen=True)
class Workload:
    """One request, in a file, and the file of its answer.

    Models are below `folder`/models, requests and answers in `folder`.
    """

    model: str
    shape: tuple[int, ...]
    folder: Path

    @property
    def items(self) -> int:
        return self.shape[0]

    @property
    def request(self) -> Path:
        return self.folder / f"{self._stem}.request"

    @property
    def answer(self) -> Path:
        return self.folder / f"{self._stem}.answer"

    @property
    def archive(self) -> Path:
        return self.folder / "models" / self.model / "1" / "model.pt"

    @property
    def datatype(self) -> str:
        return "FP32"

    @property
    def input(self) -> NDArray[Any]:
        generator = np.random.default_rng(0)
        return generator.standard_normal(self.shape, dtype=np.float32)

    @property
    def message(self) -> service_pb2.ModelInferRequest:
        return raw_request(self.model, {"x": self.input})

    def write_model(self) -> None:
        """Exports the model of the zoo to `archive`."""
        write_model(_zoo_model(self.model), self.folder / "models")

    def expected(self) -> Arrays:
        """What eager PyTorch answers."""
        return run_eager(self.model, {"x": self.input})

    @property
    def _stem(self) -> str:
        return "-".join([self.model, *map(str, self.shape)])


def resnet_image(folder: Path) -> Workload:
    return Workload("resnet18", (1, 3, 224, 224), folder)


def write(workloads: Iterable[Workload]) -> None:
    """Writes the requests, and the models that are not there yet."""
    for workload in workloads:
        if not workload.archive.exists():
            workload.write_model()
        content = workload.message.SerializeToString()
        workload.request.write_bytes(content)


def _zoo_model(name: str) -> ZooModel:
    model = ZOO[name]()
    if name == "resnet18":
        return replace(model, config=_RESNET_CONFIG)
    if name == "mlp_batched":
        assert model.config is not None
        return replace(
            model, config=replace(model.config, max_batch_size=_MLP_BATCH))
    return model


def learn_answers(server: str, workloads: Iterable[Workload]) -> None:
    """Asks each request once and compares the answer with eager PyTorch.

    What passes is what the load client then expects.
    """
    with grpc.insecure_channel(server, options=_UNLIMITED) as channel:
        infer = raw_method(channel, "ModelInfer")
        for workload in workloads:
            answer = infer(
                workload.request.read_bytes(), timeout=_CALL_SECONDS
            )
            _check(workload, answer)
            workload.answer.write_bytes(answer)


def _check(workload: Workload, answer: bytes) -> None:
    response = service_pb2.ModelInferResponse.FromString(answer)
    contents = response.raw_output_contents
    expected = workload.expected()
    for want, content in zip(expected.values(), contents, strict=True):
        got = np.frombuffer(content, dtype=np.float32)
        np.testing.assert_allclose(
            got.reshape(want.shape),
            want,
            rtol=_TOLERANCE,
            atol=_TOLERANCE,
            err_msg=workload.model,
        )
