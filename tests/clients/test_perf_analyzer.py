"""perf_analyzer measures our server: it asks for metadata, configuration and
statistics, and prints its result only when all of them answer and add up."""

import csv
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess
from sconce_support.tools import installed, output_of, run

# No window has to be like the ones before it: this machine may be busy.
UNSTABLE = ("-s", "999", "-r", "3", "-p", "2000")


@pytest.mark.parametrize(
    "model, flags",
    [
        ("simple", ("--concurrency-range", "1:2")),
        ("mlp", ("--shape", "x:4,32", "--request-rate-range", "50:50")),
    ],
)
def test_it_prints_a_result_without_failures(
    server: ServerProcess,
    client: InferenceServerClient,
    tmp_path: Path,
    model: str,
    flags: tuple[str, ...],
) -> None:
    program = installed("perf-analyzer") / "bin/perf_analyzer"
    if model == "mlp":
        # No config.pbtxt declares its input: the first request tells its type.
        x = np.zeros((4, 32), dtype=np.float32)
        client.infer(model, infer_inputs({"x": x}))
    before = failures(client, model)
    table = tmp_path / "result.csv"
    done = run(
        [program, "-m", model, "-u", server.grpc_address, "-i", "grpc",
         *UNSTABLE, *flags, "-f", table],
        seconds=120,
        folder=tmp_path,
    )
    assert done.returncode == 0, output_of(done)
    assert "Throughput: " in done.stdout, output_of(done)
    assert "p99 latency: " in done.stdout, output_of(done)
    with table.open() as lines:
        rows = list(csv.DictReader(lines))
    assert rows, output_of(done)
    for row in rows:
        assert float(row["Inferences/Second"]) > 0
        # Our share of the time, from the statistics that it asked for.
        assert float(row["Server Compute Infer"]) > 0
    assert failures(client, model) == before


def failures(client: InferenceServerClient, model: str) -> int:
    (statistics,) = client.get_inference_statistics(model).model_stats
    count: int = statistics.inference_stats.fail.count
    return count
