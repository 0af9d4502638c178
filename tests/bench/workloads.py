"""What is asked of the server: models, requests and the right answers."""

from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import numpy as np
from numpy.typing import NDArray

from models.zoo import ZOO, ModelConfig, TensorSpec
from models.zoo.repository import write_model
from sconce_support.eager import Arrays, run_eager
from sconce_support.inference import raw_method, raw_request
from tritonclient.grpc import service_pb2

_TOLERANCE = 1e-4
_CALL_SECONDS = 60
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
    """One request, in a file, and the file of its answer."""

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
    def input(self) -> NDArray[np.float32]:
        generator = np.random.default_rng(0)
        return generator.standard_normal(self.shape, dtype=np.float32)

    @property
    def message(self) -> service_pb2.ModelInferRequest:
        return raw_request(self.model, {"x": self.input})

    def expected(self) -> Arrays:
        """What eager PyTorch answers."""
        return run_eager(self.model, {"x": self.input})

    @property
    def _stem(self) -> str:
        return "-".join([self.model, *map(str, self.shape)])


class Workloads:
    """All requests of the scenarios and a repository with their models."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "models"
        self._all: list[Workload] = []
        self.identity_100b = Workload("identity", (1, 25), folder)
        self.identity_602k = Workload("identity", (1, 3, 224, 224), folder)
        self.mlp = Workload("mlp_batched", (1, 32), folder)
        self.resnet_image = Workload("resnet18", (1, 3, 224, 224), folder)
        self.resnet_batch = Workload("resnet18", (8, 3, 224, 224), folder)
        self._export()
        self.add(
            self.identity_100b,
            self.identity_602k,
            self.mlp,
            self.resnet_image,
            self.resnet_batch,
        )

    def add(self, *workloads: Workload) -> None:
        """Takes in requests for models that others put into the repository."""
        for workload in workloads:
            content = workload.message.SerializeToString()
            workload.request.write_bytes(content)
            self._all.append(workload)

    def learn_answers(self, server: str) -> None:
        """Asks each request once and compares the answer with eager PyTorch.

        What passes is what the load client then expects.
        """
        with grpc.insecure_channel(server, options=_UNLIMITED) as channel:
            infer = raw_method(channel, "ModelInfer")
            for workload in self._all:
                answer = infer(
                    workload.request.read_bytes(), timeout=_CALL_SECONDS
                )
                _check(workload, answer)
                workload.answer.write_bytes(answer)

    def _export(self) -> None:
        mlp = ZOO["mlp_batched"]()
        assert mlp.config is not None
        mlp = replace(mlp, config=replace(mlp.config, max_batch_size=64))
        resnet = replace(ZOO["resnet18"](), config=_RESNET_CONFIG)
        for model in (ZOO["identity"](), mlp, resnet):
            write_model(model, self.repository)


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
