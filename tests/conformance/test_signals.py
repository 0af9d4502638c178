"""How the server ends: signals, what is under way, and exit codes."""

import os
import signal
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.admin import get
from sconce_support.busy_lane import ONE_LANE, busy_lane, occupy_lane
from sconce_support.eager import example
from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_an_idle_server(
    repository: MakeRepository, name: str
) -> None:
    with ServerProcess([repository("simple")]) as process:
        os.kill(process.pid, signal.Signals[name])
        assert process.wait(seconds=10) == 0


def test_sigterm_while_models_load(zoo: Path, binary: Path) -> None:
    with ServerProcess([zoo], wait_until_ready=False) as process:
        assert process.stop(seconds=10) == 0


def test_sigterm_answers_what_is_under_way(
    repository: MakeRepository,
) -> None:
    folder = repository("slow")
    with (
        ServerProcess([folder], *ONE_LANE) as process,
        grpc.insecure_channel(process.grpc_address) as channel,
    ):
        # The holder's answer is checked when the body has run.
        with busy_lane(process, channel):
            process.terminate()
            eventually(
                lambda: get(process.http_address, "/readyz")[0] == 503,
                "/readyz to tell of the drain",
            )
        channel.close()
        assert process.wait() == 0


def test_a_late_request_is_served_while_draining(
    repository: MakeRepository,
) -> None:
    folder = repository("slow", "simple")
    with (
        ServerProcess([folder], "--lanes", "2") as process,
        grpc.insecure_channel(process.grpc_address) as channel,
        InferenceServerClient(process.grpc_address) as client,
    ):
        with busy_lane(process, channel):
            process.terminate()
            while client.is_server_ready():
                pass
            client.infer("simple", infer_inputs(example("simple")))
        client.close()
        channel.close()
        assert process.wait() == 0


def test_a_second_signal_stops_at_once(repository: MakeRepository) -> None:
    folder = repository("slow")
    with (
        ServerProcess([folder], *ONE_LANE) as process,
        grpc.insecure_channel(process.grpc_address) as channel,
    ):
        # Longer than the test is willing to wait for the end.
        holder = occupy_lane(process, channel, steps=100_000)
        process.terminate()
        while get(process.http_address, "/readyz")[0] == 200:
            pass
        process.terminate()
        process.wait(seconds=3)
        assert holder.exception().code() == grpc.StatusCode.UNAVAILABLE


def test_a_drain_ends_at_its_timeout(repository: MakeRepository) -> None:
    # A client that never lets go of its connection cannot hold the server.
    folder = repository("simple")
    with (
        ServerProcess([folder], "--drain-timeout", "1s") as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert client.is_server_live()
        assert process.stop(seconds=10) == 0


def test_a_model_that_outlasts_the_drain_is_abandoned(
    repository: MakeRepository,
) -> None:
    # It cannot be interrupted; the server ends all the same, and cleanly.
    with (
        ServerProcess(
            [repository("slow")], *ONE_LANE, "--drain-timeout", "500ms"
        ) as process,
        grpc.insecure_channel(process.grpc_address) as channel,
    ):
        holder = occupy_lane(process, channel, steps=10**6)
        assert process.stop(seconds=10) == 0
        assert holder.exception(timeout=10) is not None
