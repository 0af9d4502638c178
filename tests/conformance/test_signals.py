"""How the server ends: signals, what is under way, and exit codes."""

import os
import signal
from pathlib import Path

import grpc
import pytest
import torch
from tritonclient.grpc import InferenceServerClient

from sconce_support.admin import get
from sconce_support.busy_lane import ONE_LANE, busy_lane, occupy_lane
from sconce_support.eager import example
from sconce_support.endless_models import EndlessLoad, until_busy
from sconce_support.factor_models import add_version, index_of
from sconce_support.inference import infer_inputs
from sconce_support.management import Management
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import chunks, header_of, refusal
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


def test_sigterm_does_not_wait_for_a_load(
    tmp_path: Path, binary: Path
) -> None:
    torch.jit.script(EndlessLoad().eval()).save(tmp_path / "endless.pt")
    flags = (
        "--model-probe=false",
        "--allow-operator=__setstate__",
        "--drain-timeout=1h",
    )
    with (
        ServerProcess([tmp_path], *flags, wait_until_ready=False) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        eventually(
            lambda: index_of(client, "endless") == {"1": ("LOADING", "")},
            "the endless load to begin",
        )
        client.close()
        assert process.stop() == 0
        assert "'endless' version 1" in process.log.text()


def begin_endless(
    how: str, management: Management, folder: Path
) -> grpc.Future:
    """Has version 2 of net, which never loads, be loaded."""
    archive = folder.parent / "endless.pt"
    torch.jit.script(EndlessLoad().eval()).save(archive)
    if how == "upload":
        data = archive.read_bytes()
        return management.begin_upload(chunks(data), **header_of(data, "net"))
    (folder / "net/2").mkdir()
    archive.rename(folder / "net/2/model.pt")
    return management.begin("LoadModel", name="net", versions=[2])


@pytest.mark.parametrize("how", ["load", "upload"])
def test_sigterm_tells_who_waits_for_a_load(
    tmp_path: Path, binary: Path, how: str
) -> None:
    folder = tmp_path / "repository"
    add_version(folder, "net", 1)
    flags = (
        "--model-control-mode=explicit",
        "--load-model=net",
        "--model-probe=false",
        "--allow-operator=__setstate__",
        "--drain-timeout=1h",
    )
    with (
        ServerProcess([folder], *flags) as process,
        Management(process.management_address) as management,
        InferenceServerClient(process.grpc_address) as client,
    ):
        # Before LibTorch has its file a load can be given up in order.
        with until_busy(process, "version 2 to load"):
            call = begin_endless(how, management, folder)
        assert index_of(client, "net").get("2") == ("LOADING", "")
        client.close()
        process.terminate()
        code, text = refusal(call.result)
        assert code == grpc.StatusCode.UNAVAILABLE
        assert "the server is stopping" in text
        assert process.wait() == 0
        assert "'net' version 2" in process.log.text()
    # What was told to have failed is not found by the next server.
    assert (folder / "net/2").exists() == (how == "load")


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
