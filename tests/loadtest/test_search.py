"""--sweep and --find-max."""

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sconce_support.echo import Echo
from sconce_support.load import Load
from tests.client.fake_server import FakeServer
from tests.loadtest.test_honesty import infer_response, metadata

PAYLOAD = ["--model", "any", "--shape", "x=25"]
CAPACITY = 40  # requests a second


@pytest.fixture
def narrow() -> Iterator[FakeServer]:
    """A server that does one request at a time, 25 ms each: its capacity is
    what a search has to find."""
    lock = threading.Lock()

    def infer(_: Any) -> Any:
        with lock:
            time.sleep(1 / CAPACITY)
            return infer_response([1, 2])

    with FakeServer({"ModelInfer": infer, "ModelMetadata": metadata}) as made:
        yield made


def test_a_sweep_has_a_run_for_each_rate(load: Load, echo: Echo) -> None:
    done = load(echo.address, *PAYLOAD, "--sweep", "50,100,200",
                "--duration", "1", "--warmup", "0.2", "--slo", "500")
    assert done.code in (0, 5), done.stderr
    assert done.report["kind"] == "sweep"
    offered = [run["requests"]["offered"] for run in done.report["runs"]]
    assert len(offered) == 3 and offered == sorted(offered)
    assert all(run["slo_met"] in (True, False, None)
               for run in done.report["runs"])


def test_the_highest_rate_is_below_what_the_server_can_do(
    load: Load, narrow: FakeServer
) -> None:
    for _ in range(3):
        done = load(narrow.address, "--model", "sum", "--find-max",
                    "--slo", "300@50", "--rate", "20", "--arrivals",
                    "constant", "--duration", "1.5", "--warmup", "0",
                    "--timeout", "1")
        if not any(run["void"] for run in done.report["runs"]):
            break
    else:
        pytest.skip("this machine is too busy: runs of three searches are "
                    f"void ({done.report['reason']})")
    assert done.code == 0, (done.stderr, done.report.get("reason"))
    found = done.report["found"]
    assert 15 <= found["rate"] < 1.6 * CAPACITY
    assert found["at_least"] is False
    run = done.report["runs"][found["run"]]
    assert run["slo_met"] is True
    assert any(run["slo_met"] is False for run in done.report["runs"])


def test_no_rate_meets_it(load: Load, narrow: FakeServer) -> None:
    done = load(narrow.address, "--model", "sum", "--find-max", "--slo",
                "1@50", "--rate", "300", "--duration", "0.3", "--warmup",
                "0", "--timeout", "0.3")
    assert done.code == 1
    assert done.report["found"] is None and done.report["reason"]


def test_ctrl_c_keeps_the_runs_so_far(load: Load, echo: Echo) -> None:
    process = load.begin("--json", echo.address, *PAYLOAD, "--sweep",
                         "100,100,100,100", "--duration", "1",
                         "--warmup", "0")
    timer = threading.Timer(2.5, process.send_signal, [signal.SIGINT])
    timer.start()
    done = load.end(process)
    timer.join()
    assert done.code == 130
    assert done.report["interrupted"] is True
    assert 1 <= len(done.report["runs"]) < 4
