"""Asks a server about one picture: the answer, its proof and its timing."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tritonclient.grpc import InferenceServerClient, InferInput, InferResult

from models.zoo import ZOO
from models.zoo.imagenet import labels, preprocess

REPETITIONS = 20
_TOP = 5
_DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Timing:
    """Milliseconds; the server's own figures are medians."""

    first: float
    median: float
    server_queue: float
    server_compute: float


@dataclass(frozen=True)
class Classification:
    top: list[tuple[str, float]]
    largest_difference: float  # of a logit, to eager PyTorch
    timing: Timing


def classify(address: str, model: str, picture: Path) -> Classification:
    """Raises AssertionError when the server and eager PyTorch disagree."""
    image = preprocess(picture)
    results, seconds = [], []
    with InferenceServerClient(address) as client:
        for _ in range(1 + REPETITIONS):
            started = time.perf_counter()
            results.append(_infer(client, model, image))
            seconds.append(time.perf_counter() - started)
    logits = _only_output(results[0])
    return Classification(
        top=_top_labels(logits),
        largest_difference=_compare_with_eager(model, image, logits),
        timing=_timing(seconds, results),
    )


def _infer(
    client: InferenceServerClient, model: str, image: NDArray
) -> InferResult:
    value = InferInput("inputs", image.shape, "FP32")
    value.set_data_from_numpy(image)
    return client.infer(
        model,
        [value],
        parameters={"timings": True},
        client_timeout=_DEADLINE_SECONDS,
    )


def _only_output(result: InferResult) -> NDArray:
    (output,) = result.get_response().outputs
    return result.as_numpy(output.name)


def _top_labels(logits: NDArray) -> list[tuple[str, float]]:
    probabilities = torch.from_numpy(logits.copy()).softmax(dim=1)[0]
    values, indices = probabilities.topk(_TOP)
    names = labels()
    return [
        (names[index], value)
        for index, value in zip(indices.tolist(), values.tolist(), strict=True)
    ]


def _compare_with_eager(model: str, image: NDArray, logits: NDArray) -> float:
    with torch.inference_mode():
        expected = ZOO[model]().module(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
    return float(np.abs(logits - expected).max())


def _timing(seconds: list[float], results: list[InferResult]) -> Timing:
    # The first request pays for what is made once; the others are the rule.
    warm = results[1:]
    return Timing(
        first=seconds[0] * 1e3,
        median=statistics.median(seconds[1:]) * 1e3,
        server_queue=_median_milliseconds(warm, "queue_ns"),
        server_compute=_median_milliseconds(warm, "compute_infer_ns"),
    )


def _median_milliseconds(results: list[InferResult], parameter: str) -> float:
    values = [
        result.get_response().parameters[parameter].int64_param
        for result in results
    ]
    return statistics.median(values) / 1e6
