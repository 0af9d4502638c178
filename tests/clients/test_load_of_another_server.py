"""sconce-load against MLServer: a server of the protocol that is not ours.

It knows no management port, no timings, no page of counters where ours is, and
answers with typed contents.
"""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.load import Load, default_program
from sconce_support.tools import installed
from sconce_support.waiting import eventually

RUNTIME = Path(__file__).with_name("mlserver_runtime.py")
SHORT = ["--rate", "30", "--duration", "1", "--warmup", "0.2"]
MODEL = {
    "name": "twice",
    "implementation": "mlserver_runtime.Twice",
    "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}],
    "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 3]}],
}


def free_ports(count: int) -> list[int]:
    """MLServer takes no 0. Two that ask at once may get the same."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def is_ready(address: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        try:
            request = service_pb2.ModelReadyRequest(name="twice")
            return bool(stub.ModelReady(request, timeout=2).ready)
        except grpc.RpcError:
            return False


@pytest.fixture(scope="module")
def mlserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its gRPC port."""
    environment = installed("mlserver") / "venv"
    folder = tmp_path_factory.mktemp("mlserver")
    http, port, metrics = free_ports(3)
    settings = {"host": "127.0.0.1", "http_port": http, "grpc_port": port,
                "metrics_port": metrics, "parallel_workers": 0}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(MODEL))
    shutil.copy(RUNTIME, folder)
    address = f"127.0.0.1:{port}"
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [environment / "bin/mlserver", "start", str(folder)],
            cwd=folder, stdout=out, stderr=out,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )
    try:
        eventually(lambda: is_ready(address), "MLServer to be ready", 60)
        yield address
    except TimeoutError as error:
        error.add_note(log.read_text()[-2000:])
        raise
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def load() -> Load:
    return Load(default_program())


def test_made_up_payloads(load: Load, mlserver: str) -> None:
    done = load(mlserver, "--model", "twice", *SHORT)
    assert done.code in (0, 5), (done.stderr, done.stdout)
    report = done.report
    assert set(report["codes"]) == {"OK"}
    assert report["requests"]["ok"] > 10
    assert report["server"]["queue"] is None
    assert report["server"]["metrics"] is None


def test_answers_are_checked(
    load: Load, mlserver: str, tmp_path: Path
) -> None:
    x = np.asarray([[1, 2, 3]], np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    np.savez(tmp_path / "right.npz", y=x * 2)
    np.savez(tmp_path / "wrong.npz", y=x * 3)
    flags = [mlserver, "--model", "twice", "--inputs", tmp_path / "x.npz",
             "--check-every", "1", *SHORT]
    right = load(*flags, "--expect", tmp_path / "right.npz")
    assert right.code in (0, 5), (right.stderr, right.stdout)
    answers = right.report["answers"]
    assert answers["checked"] == right.report["requests"]["ok"] > 10
    assert answers["wrong"] == 0
    wrong = load(*flags, "--expect", tmp_path / "wrong.npz")
    assert wrong.code == 1
    assert wrong.report["answers"]["wrong"] == wrong.report["requests"]["ok"]
