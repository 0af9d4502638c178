"""Whether the load test tells the truth when something is wrong."""

import signal
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grpc import StatusCode
from sconce.client.wire import message

from sconce_support.echo import Echo, stalled
from sconce_support.load import Load
from sconce_support.server_process import ServerProcess
from tests.client.fake_server import FakeServer, Refusal

STALL_SECONDS = 0.5
PAYLOAD = ["--model", "any", "--shape", "x=25"]  # 100 bytes
SCHEDULE = ["--rate", "300", "--duration", "4", "--warmup", "0.2"]


def infer_response(values: list[float]) -> Any:
    response = message("inference.ModelInferResponse")(model_name="sum")
    output = response.outputs.add(name="y", datatype="FP32", shape=[2])
    assert len(values) == output.shape[0]
    response.raw_output_contents.append(
        np.asarray(values, np.float32).tobytes()
    )
    return response


def metadata(_: Any) -> Any:
    made = message("inference.ModelMetadataResponse")(name="sum")
    made.inputs.add(name="x", datatype="FP32", shape=[2])
    made.outputs.add(name="y", datatype="FP32", shape=[2])
    return made


def above(distribution: dict[str, Any], limit_ms: float) -> int:
    return sum(
        number for upper, number in distribution["buckets"] if upper > limit_ms
    )


def test_a_stall_of_the_server_shows(load: Load, echo: Echo) -> None:
    """All that was due meanwhile is late: an eighth of the window."""
    with stalled(echo.process, after=1.5, seconds=STALL_SECONDS):
        report = load(echo.address, *PAYLOAD, *SCHEDULE).report
    assert report["latency"]["p99_ms"] is None or (
        report["latency"]["p99_ms"] > 700 * STALL_SECONDS
    )
    late = above(report["latency"], 250 * STALL_SECONDS)
    assert late > 0.04 * report["requests"]["ok"]
    assert report["latency"]["max_ms"] > 900 * STALL_SECONDS
    assert report["latency"]["p50_ms"] < 300 * STALL_SECONDS
    assert sum(report["codes"].values()) == report["requests"]["offered"]


def test_a_closed_loop_would_hide_it(load: Load, echo: Echo) -> None:
    """Which is why it has to be asked for by name."""
    closed = ["--closed-loop", "1", "--duration", "4", "--warmup", "0.2"]
    with stalled(echo.process, after=1.5, seconds=STALL_SECONDS):
        report = load(echo.address, *PAYLOAD, *closed).report
    assert above(report["latency"], 700 * STALL_SECONDS) == 1


def test_a_client_that_was_late_is_void(load: Load, echo: Echo) -> None:
    process = load.begin("--json", echo.address, *PAYLOAD, *SCHEDULE)
    with stalled(process, after=1.5, seconds=STALL_SECONDS):
        done = load.end(process)
    assert done.code == 5
    assert any("late" in reason for reason in done.report["void"])
    # What it should have sent meanwhile it sent, and the wait counts.
    assert done.report["send_lag"]["max_ms"] > 900 * STALL_SECONDS
    assert done.report["latency"]["max_ms"] > 900 * STALL_SECONDS


@pytest.mark.parametrize("wrong_in_ten", [0, 1, 10])
def test_wrong_answers_are_found(load: Load, wrong_in_ten: int,
                                 tmp_path: Any) -> None:
    asked = 0
    lock = threading.Lock()

    def infer(request: Any) -> Any:
        nonlocal asked
        with lock:
            asked += 1
            wrong = asked % 10 < wrong_in_ten
        x = np.frombuffer(request.raw_input_contents[0], np.float32)
        return infer_response([*(x + wrong)])

    np.save(tmp_path / "x.npy", np.asarray([1, 2], np.float32))
    np.savez(tmp_path / "y.npz", y=np.asarray([1, 2], np.float32))
    answers = {"ModelInfer": infer, "ModelMetadata": metadata}
    with FakeServer(answers) as server:
        done = load(
            server.address, "--model", "sum", "--rate", "100",
            "--duration", "1", "--warmup", "0", "--check-every", "1",
            "--input", f"x={tmp_path / 'x.npy'}",
            "--expect", tmp_path / "y.npz",
        )
    report = done.report
    assert report["answers"]["checked"] == report["requests"]["ok"] > 50
    share = report["answers"]["wrong"] / report["answers"]["checked"]
    assert share == pytest.approx(wrong_in_ten / 10, abs=0.02)
    right = report["requests"]["ok"] - report["answers"]["wrong"]
    assert report["requests"]["good"] == right
    assert (done.code == 1) == (wrong_in_ten > 0)
    assert all("'y'" in fault for fault in report["answers"]["faults"])


def half_refused() -> Callable[[Any], Any]:
    turns = count()

    def infer(_: Any) -> Any:
        if next(turns) % 2:
            raise Refusal(StatusCode.RESOURCE_EXHAUSTED, "full", "10")
        return infer_response([1, 2])

    return infer


def test_refusals_are_results(load: Load) -> None:
    infer = half_refused()

    answers = {"ModelInfer": infer, "ModelMetadata": metadata}
    with FakeServer(answers) as server:
        done = load(server.address, "--model", "sum", "--rate", "200",
                    "--duration", "1.5", "--warmup", "0")
        seen = sum(name == "ModelInfer" for name, _ in server.calls)
    report = done.report
    assert done.code in (0, 5), done.stderr
    refused = report["codes"]["RESOURCE_EXHAUSTED"]
    assert 0.4 < refused / report["requests"]["sent"] < 0.6
    assert report["rejection_latency"]["count"] == refused
    assert report["latency"]["count"] == report["codes"]["OK"]
    assert report["errors"] == {"RESOURCE_EXHAUSTED": "full"}
    # Not one was sent twice, which would be half as many more: a refusal is
    # what is measured. What is due just after the window is sent too.
    assert seen < 1.4 * report["requests"]["sent"]


def test_a_load_without_one_good_answer_fails(load: Load) -> None:
    def infer(_: Any) -> Any:
        raise Refusal(StatusCode.INTERNAL, "broken")

    answers = {"ModelInfer": infer, "ModelMetadata": metadata}
    with FakeServer(answers) as server:
        done = load(server.address, "--model", "sum", "--rate", "50",
                    "--duration", "0.5", "--warmup", "0")
    assert done.code == 1
    assert set(done.report["codes"]) == {"INTERNAL"}
    assert done.report["errors"] == {"INTERNAL": "broken"}


def test_what_may_not_be_sent_is_counted(load: Load, echo: Echo) -> None:
    flags = [*PAYLOAD, *SCHEDULE, "--max-outstanding", "10"]
    with stalled(echo.process, after=1.5, seconds=1):
        done = load(echo.address, *flags)
    requests = done.report["requests"]
    assert requests["unsent"] > 100
    assert requests["sent"] + requests["unsent"] == requests["offered"]
    assert done.code == 5
    assert any("not sent" in reason for reason in done.report["void"])


def test_ctrl_c_still_writes_the_report(load: Load, echo: Echo,
                                        tmp_path: Any) -> None:
    file = tmp_path / "report.json"
    process = load.begin(
        "--json", echo.address, *PAYLOAD, "--rate", "200",
        "--duration", "100", "--warmup", "0", "--output", file,
    )
    timer = threading.Timer(2, process.send_signal, [signal.SIGINT])
    timer.start()
    done = load.end(process)
    timer.join()
    assert done.code == 130
    assert done.report["interrupted"] is True
    assert 0.5 < done.report["window_s"] < 60
    assert done.report["requests"]["ok"] > 50
    assert "CANCELLED" not in done.report["codes"]
    assert file.read_text().startswith("{")


def test_a_server_that_goes_away_is_a_result(load: Load, echo: Echo) -> None:
    process = load.begin("--json", echo.address, *PAYLOAD, *SCHEDULE)
    timer = threading.Timer(2, echo.process.kill)
    timer.start()
    done = load.end(process)
    timer.join()
    report = done.report
    assert report["codes"]["UNAVAILABLE"] > 100
    assert report["codes"]["OK"] > 100
    # None of these is the server's word.
    assert report["requests"]["lost"] == report["codes"]["UNAVAILABLE"]
    assert report["requests"]["answered"] == report["requests"]["ok"]
    assert report["rejection_latency"]["count"] == 0
    assert sum(report["codes"].values()) == report["requests"]["sent"]


def test_rates_are_of_answers_that_came(load: Load) -> None:
    """A server with one place that takes 20 ms does 50 a second, however many
    are due; a closed loop of more says the same."""
    place = threading.Lock()

    def infer(_: Any) -> Any:
        with place:
            threading.Event().wait(0.02)
            return infer_response([1, 2])

    answers = {"ModelInfer": infer, "ModelMetadata": metadata}
    for load_of in (["--rate", "150"], ["--closed-loop", "100"]):
        with FakeServer(answers) as server:
            report = load(server.address, "--model", "sum", *load_of,
                          "--duration", "2", "--warmup", "0.5").report
        assert 10 < report["rates"]["ok"] <= 55
        assert report["rates"]["answered"] == report["rates"]["ok"]


def test_what_was_sent_is_told(load: Load, echo: Echo) -> None:
    report = load(echo.address, *PAYLOAD, "--rate", "50", "--duration", "0.5",
                  "--warmup", "0", "--timeout", "7").report
    setup = report["setup"]
    (entry,) = setup["mix"]
    assert 100 < entry["bytes"] < 200 and entry["payloads"] > 0
    assert entry["payload"].startswith("made up")
    assert (setup["rate"], setup["timeout_s"]) == (50, 7)


def test_counters_of_another_server_are_left_out(
    load: Load, echo: Echo, server: ServerProcess
) -> None:
    done = load(echo.address, *PAYLOAD, "--rate", "100", "--duration", "1",
                "--metrics", f"http://{server.http_address}/metrics")
    assert done.report["server"]["metrics"] is None
    (note,) = done.report["notes"]
    assert "counters are left out" in note


def test_memory_does_not_grow_with_the_requests(
    load: Load, echo: Echo
) -> None:
    """As many are under way at all times, however slow the machine is."""
    process = load.begin("--json", echo.address, *PAYLOAD, "--closed-loop",
                         "16", "--duration", "6", "--warmup", "0")
    pages = Path(f"/proc/{process.pid}/statm")
    sizes: list[int] = []
    while process.poll() is None and len(sizes) < 11:
        sizes.append(int(pages.read_text().split()[1]) * 4096)
        threading.Event().wait(0.5)
    done = load.end(process)
    # Less than half a kilobyte for each request after the first two seconds.
    growth = max(sizes) - sizes[4]
    assert growth < 250 * done.report["requests"]["ok"], sizes
