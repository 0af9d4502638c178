"""SetAliases: names for versions, usable wherever a version is."""

import json
import queue
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.factor_models import INPUT, add_version, ask, index_of
from sconce_support.inference import infer_inputs, raw_request
from sconce_support.management import Management
from sconce_support.open_loop import OpenLoop
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal, tree
from sconce_support.waiting import eventually

CODES = grpc.StatusCode
PICK_FIRST = json.dumps({"loadBalancingConfig": [{"pick_first": {}}]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("repository")
    for version in (1, 2, 3):
        add_version(made, "net", version)
    return made


@pytest.fixture(scope="module")
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    flags = ("--model-control-mode", "explicit")
    with ServerProcess([folder], *flags, binary=binary) as process:
        with Management(process.management_address) as management:
            management.LoadModel(name="net", versions=[1, 2])
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture
def management(server: ServerProcess) -> Iterator[Management]:
    """Every test begins with one alias, stable, for version 1."""
    with Management(server.management_address) as made:
        (net,) = made.ListModels().models
        others = [name for name in net.aliases if name != "stable"]
        made.SetAliases(name="net", set={"stable": 1}, remove=others)
        yield made


def test_an_alias_stands_wherever_a_version_does(
    management: Management, client: InferenceServerClient
) -> None:
    assert ask(client, "net", "stable") == ("1", 1.0)
    assert ask(client, "net") == ("2", 2.0)
    assert client.is_model_ready("net", "stable")
    assert client.get_model_metadata("net", "stable").name == "net"
    assert client.get_model_config("net", "stable").config.name == "net"
    (stats,) = client.get_inference_statistics("net", "stable").model_stats
    assert stats.version == "1"
    assert management.GetModel(name="net", alias="stable").version == 1
    assert management.InspectModel(name="net", alias="stable").version == 1
    (net,) = management.ListModels().models
    assert dict(net.aliases) == {"stable": 1}


def test_streams_take_aliases(
    management: Management, client: InferenceServerClient
) -> None:
    answers: queue.Queue = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    client.async_stream_infer(
        "net", infer_inputs({"x": INPUT}), model_version="stable"
    )
    result, error = answers.get(timeout=30)
    client.stop_stream()
    assert error is None
    assert result.get_response().model_version == "1"


def test_only_ready_versions_get_aliases(
    management: Management, client: InferenceServerClient
) -> None:
    for version in (3, 9):  # not loaded; not there
        code, text = refusal(
            lambda: management.SetAliases(
                name="net", set={"canary": 2, "stable": version}
            )
        )
        assert code == CODES.FAILED_PRECONDITION
        assert f"version {version} is not loaded" in text
    # All or nothing.
    (net,) = management.ListModels().models
    assert dict(net.aliases) == {"stable": 1}
    code, _ = refusal(lambda: management.SetAliases(name="no", set={"a": 1}))
    assert code == CODES.NOT_FOUND


@pytest.mark.parametrize("alias", ["", "1", "2nd", "a/b", "a b", "x" * 65])
def test_not_every_word_can_be_an_alias(
    management: Management, alias: str
) -> None:
    code, text = refusal(
        lambda: management.SetAliases(name="net", set={alias: 1})
    )
    assert code == CODES.INVALID_ARGUMENT
    assert "expected a letter" in text


def test_unknown_aliases_are_told_with_those_there_are(
    management: Management, client: InferenceServerClient
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        ask(client, "net", "latest")
    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert caught.value.message() == (
        "failed to get model version from specified version string 'latest': "
        "it is neither a number nor an alias of the model (stable)"
    )
    code, text = refusal(
        lambda: management.SetAliases(name="net", remove=["latest"])
    )
    assert code == CODES.NOT_FOUND
    assert "latest" in text


async def test_an_alias_moves_under_load_without_a_failure(
    management: Management,
    server: ServerProcess,
    client: InferenceServerClient,
) -> None:
    request = raw_request("net", {"x": INPUT}, model_version="stable")
    addresses = [server.grpc_address]
    async with OpenLoop(addresses, PICK_FIRST, request, 200.0) as load:
        for version in (2, 1, 2, 1):
            # Swapped in one step.
            management.SetAliases(
                name="net", set={"stable": version, "canary": 3 - version}
            )
            assert ask(client, "net", "stable") == (str(version), version)
            assert ask(client, "net", "canary")[0] == str(3 - version)
            await load.wait_answers(str(version), more=20)
    assert not load.failures, load.failures
    assert set(load.answers) == {"1", "2"}


def test_a_version_with_an_alias_cannot_be_deleted(
    folder: Path, management: Management, client: InferenceServerClient
) -> None:
    add_version(folder, "net", 4)
    management.LoadModel(name="net", versions=[4])
    management.SetAliases(name="net", set={"new": 4})

    def delete() -> object:
        return management.DeleteVersion(name="net", version=4)

    code, text = refusal(delete)
    assert code == CODES.FAILED_PRECONDITION
    assert "the alias 'new' leads to 'net' version 4" in text
    assert ask(client, "net", "4") == ("4", 4.0)
    management.SetAliases(name="net", remove=["new"])
    delete()
    assert "net/4" not in tree(folder)
    assert ask(client, "net") == ("2", 2.0)
    assert refusal(delete)[0] == CODES.NOT_FOUND


def test_polling_keeps_what_an_alias_leads_to(
    tmp_path: Path, binary: Path
) -> None:
    add_version(tmp_path, "net", 1)
    flags = ("--model-control-mode", "poll")
    with (
        ServerProcess([tmp_path], *flags, binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
        Management(process.management_address) as management,
    ):
        management.SetAliases(name="net", set={"stable": 1})
        add_version(tmp_path, "net", 2)
        eventually(lambda: ask(client, "net")[0] == "2", "version 2")
        assert ask(client, "net", "stable") == ("1", 1.0)
        add_version(tmp_path, "net", 3)
        eventually(lambda: ask(client, "net")[0] == "3", "version 3")
        eventually(lambda: "2" not in index_of(client, "net"), "2 to go")
        assert ask(client, "net", "stable") == ("1", 1.0)
        management.SetAliases(name="net", remove=["stable"])
        eventually(lambda: "1" not in index_of(client, "net"), "1 to go")
