"""SetTraffic: requests that name no version, divided among versions."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.factor_models import INPUT, add_version, ask
from sconce_support.inference import infer_inputs
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal

CODES = grpc.StatusCode


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, binary: Path
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("repository")
    for version in (1, 2, 3):
        add_version(folder, "net", version)
    flags = ("--model-control-mode", "explicit")
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture
def management(server: ServerProcess) -> Iterator[Management]:
    """Versions 1 and 2 are loaded, and get one and three parts."""
    with Management(server.management_address) as made:
        made.LoadModel(name="net", versions=[1, 2])
        set_traffic(made, {1: 1, 2: 3})
        yield made


def set_traffic(management: Management, weights: dict[int, int]) -> None:
    shares = [{"version": v, "weight": w} for v, w in weights.items()]
    management.SetTraffic(name="net", shares=shares)


def version_of(client: InferenceServerClient, **fields: Any) -> str:
    result = client.infer("net", infer_inputs({"x": INPUT}), **fields)
    return result.get_response().model_version


def test_weights_divide_the_requests(
    management: Management, client: InferenceServerClient
) -> None:
    answers = Counter(ask(client, "net") for _ in range(400))
    assert set(answers) == {("1", 1.0), ("2", 2.0)}
    # A hundred are expected; five standard deviations either way.
    assert 56 <= answers["1", 1.0] <= 144
    (net,) = management.ListModels().models
    assert [(s.version, s.weight) for s in net.traffic] == [(1, 1), (2, 3)]


@pytest.mark.parametrize("kind", [str, int])
def test_requests_with_equal_keys_stay_together(
    management: Management, client: InferenceServerClient, kind: Any
) -> None:
    by_key = {
        key: {
            version_of(client, parameters={"sconce.traffic_key": kind(key)})
            for _ in range(4)
        }
        for key in range(1, 41)
    }
    assert all(len(versions) == 1 for versions in by_key.values())
    assert set().union(*by_key.values()) == {"1", "2"}


def test_requests_of_a_sequence_stay_together(
    management: Management, client: InferenceServerClient
) -> None:
    found: set[str] = set()
    for name in range(1, 41):
        versions = {
            version_of(client, sequence_id=name, sequence_start=number == 0)
            for number in range(3)
        }
        assert len(versions) == 1, name
        found |= versions
    assert found == {"1", "2"}


def test_named_versions_are_not_divided(
    management: Management, client: InferenceServerClient
) -> None:
    assert {ask(client, "net", "1") for _ in range(20)} == {("1", 1.0)}


def test_the_share_of_an_unloaded_version_falls_to_the_others(
    management: Management, client: InferenceServerClient
) -> None:
    management.UnloadModel(name="net", versions=[2])
    assert {ask(client, "net") for _ in range(30)} == {("1", 1.0)}
    management.LoadModel(name="net", versions=[2])
    assert {ask(client, "net")[0] for _ in range(60)} == {"1", "2"}


def test_a_weight_of_zero_withholds_a_version(
    management: Management, client: InferenceServerClient
) -> None:
    set_traffic(management, {1: 1, 2: 0})
    management.UnloadModel(name="net", versions=[1])
    with pytest.raises(InferenceServerException) as refused:
        ask(client, "net")
    assert refused.value.status() == "StatusCode.UNAVAILABLE"
    assert "share of the traffic" in str(refused.value.message())
    assert ask(client, "net", "2") == ("2", 2.0)


def test_new_weights_move_as_few_keys_as_can_be(
    management: Management, client: InferenceServerClient
) -> None:
    def versions() -> dict[str, str]:
        return {
            key: version_of(client, parameters={"sconce.traffic_key": key})
            for key in map(str, range(60))
        }

    before = versions()
    set_traffic(management, {1: 2, 2: 3})
    moved = {k: v for k, v in versions().items() if v != before[k]}
    assert 0 < len(moved) < 30
    assert set(moved.values()) == {"1"}


def test_without_shares_the_highest_gets_all(
    management: Management, client: InferenceServerClient
) -> None:
    set_traffic(management, {1: 1})
    assert {ask(client, "net") for _ in range(20)} == {("1", 1.0)}
    set_traffic(management, {})
    assert {ask(client, "net") for _ in range(20)} == {("2", 2.0)}


def test_shares_that_cannot_be(management: Management) -> None:
    for weights, code in (
        ({1: 1, 3: 1}, CODES.FAILED_PRECONDITION),  # 3 is not loaded
        ({1: 0, 2: 0}, CODES.INVALID_ARGUMENT),
        ({0: 1}, CODES.INVALID_ARGUMENT),
    ):
        refused = refusal(lambda w=weights: set_traffic(management, w))
        assert refused[0] == code, refused
    twice = [{"version": 1, "weight": 1}] * 2
    code, text = refusal(
        lambda: management.SetTraffic(name="net", shares=twice)
    )
    assert code == CODES.INVALID_ARGUMENT, text
    code, _ = refusal(lambda: management.SetTraffic(name="no", shares=[]))
    assert code == CODES.NOT_FOUND


def test_a_version_with_a_share_cannot_be_deleted(
    management: Management,
) -> None:
    code, text = refusal(
        lambda: management.DeleteVersion(name="net", version=2)
    )
    assert code == CODES.FAILED_PRECONDITION
    assert "has a share of the traffic" in text
