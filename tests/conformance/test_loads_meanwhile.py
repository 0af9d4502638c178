"""Loads that go on while something else does: loads and unloads of the same
model, requests that do not end, the end of the process."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.endless_models import (
    EndlessLoad,
    LongOperator,
    long_request,
)
from sconce_support.factor_models import (
    add_version,
    ask,
    index_of,
    replace_archive,
)
from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

# The test process of an endless load ends soon, but not that of another model
# on a machine that has other things to do.
FLAGS = (
    "--model-control-mode=explicit",
    "--drain-timeout=1s",
    "--allow-operator=__setstate__",
    "--load-threads=2",
    "--lanes=2",
    "--model-probe=15s",
)
# Long beside all that a test does meanwhile; it ends with the process.
STUCK_SECONDS = 40.0
CALLERS = 8
OK = "OK"


@pytest.fixture
def server(binary: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    torch.jit.script(EndlessLoad().eval()).save(tmp_path / "endless.pt")
    torch.jit.script(LongOperator().eval()).save(tmp_path / "long.pt")
    for name in ("one", "two"):
        add_version(tmp_path, name, 1)
    with ServerProcess([tmp_path], *FLAGS, binary=binary) as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CALLERS) as made:
        yield made


def code_of(call: Callable[..., object], *arguments: object) -> str:
    """How the call ends."""
    try:
        call(*arguments)
    except InferenceServerException as error:
        return str(error.status()).removeprefix("StatusCode.")
    return OK


def start_endless(
    client: InferenceServerClient, pool: ThreadPoolExecutor
) -> "Future[str]":
    loading = pool.submit(code_of, client.load_model, "endless")
    eventually(
        lambda: index_of(client, "endless") == {"1": ("LOADING", "")},
        "the endless load to begin",
    )
    return loading


def loads_of(server: ServerProcess, model: str) -> int:
    return sum(
        event["message"] == "model loaded" and event["model"] == model
        for event in server.log.events()
    )


def test_loads_of_one_model_are_one(
    server: ServerProcess,
    client: InferenceServerClient,
    pool: ThreadPoolExecutor,
) -> None:
    calls = [
        pool.submit(code_of, client.load_model, "one") for _ in range(CALLERS)
    ]
    assert [call.result() for call in calls] == [OK] * CALLERS
    client.load_model("two")
    eventually(lambda: loads_of(server, "two") == 1, "its line in the log")
    assert loads_of(server, "one") == 1


def test_loads_and_unloads_of_one_model_at_the_same_time(
    client: InferenceServerClient, pool: ThreadPoolExecutor
) -> None:
    calls = [client.load_model, client.unload_model] * (2 * CALLERS)
    ended = [pool.submit(code_of, call, "one") for call in calls]
    # A load that an unload overtook is told so.
    assert {call.result() for call in ended} <= {OK, "ABORTED"}
    client.load_model("one")
    assert ask(client, "one") == ("1", 1.0)
    client.unload_model("one")
    eventually(
        lambda: index_of(client, "one") == {"": ("UNAVAILABLE", "unloaded")},
        "the model to be unloaded",
    )


def test_a_model_is_unloaded_while_it_loads(
    client: InferenceServerClient, pool: ThreadPoolExecutor
) -> None:
    loading = start_endless(client, pool)
    client.load_model("one")  # on the other load thread
    assert not loading.done()
    client.unload_model("endless")
    assert loading.result() == "ABORTED"
    assert not client.is_model_ready("endless")
    eventually(
        lambda: (
            index_of(client, "endless") == {"": ("UNAVAILABLE", "unloaded")}
        ),
        "the load to end",
        60,
    )
    assert ask(client, "one") == ("1", 1.0)


def test_a_stuck_request_holds_up_its_own_model_only(
    server: ServerProcess, client: InferenceServerClient, tmp_path: Path
) -> None:
    for model in ("long", "one"):
        client.load_model(model)
    with long_request(server, "long", STUCK_SECONDS) as stuck:
        client.load_model("two")
        replace_archive(tmp_path / "one/1/model.pt", 6.0)
        client.load_model("one")
        assert ask(client, "one") == ("1", 6.0)
        client.unload_model("two")
        eventually(
            lambda: index_of(client, "two")[""] == ("UNAVAILABLE", "unloaded"),
            "another model to be unloaded",
        )
        client.unload_model("long")
        assert index_of(client, "long")["1"][0] == "UNLOADING"
        assert client.is_server_ready()
        assert not stuck.done()


def test_a_stuck_request_does_not_hold_up_a_reload_of_its_model(
    server: ServerProcess, client: InferenceServerClient, tmp_path: Path
) -> None:
    client.load_model("long")
    with long_request(server, "long", STUCK_SECONDS) as stuck:
        draft = tmp_path / ".long.pt"
        torch.jit.script(LongOperator().eval()).save(draft)
        draft.rename(tmp_path / "long.pt")
        client.load_model("long")
        assert index_of(client, "long") == {"1": ("READY", "")}
        short = infer_inputs({"n": np.array([1])})
        assert client.infer("long", short).as_numpy("output_0") == 1.0
        assert client.is_server_ready()
        assert not stuck.done()


def test_the_process_ends_while_a_model_loads(
    server: ServerProcess,
    client: InferenceServerClient,
    pool: ThreadPoolExecutor,
) -> None:
    loading = start_endless(client, pool)
    assert server.stop() == 0
    assert loading.result() in {"ABORTED", "CANCELLED", "UNAVAILABLE"}
