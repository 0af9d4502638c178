"""What nobody plans: evictions, killed servers, exhausted memory."""

import pytest

import patient
from archives import Hog, save
from lab.api import ApiError, Object
from release import Release
from sconce_support.factor_models import add_version
from space import Space, container_of, is_ready, name_of, restarts
from traffic import Traffic, ask

MODEL = ("--model=times", "--input=x=[[1,2,3,4]]", "--rate=50")
HOG = ("--model=hog",)
TOO_MANY_REQUESTS = 429


def test_the_budget_blocks_a_second_eviction(
    space: Space, release: Release
) -> None:
    add_version(space.models, "times", 1)
    release.install()
    first, second = map(name_of, release.wait_ready(2))
    space.wait(lambda: allowed(space, release) == 1, "the budget's count")
    space.evict(first)
    with pytest.raises(ApiError, match="disruption budget") as refused:
        space.evict(second)
    assert refused.value.status == TOO_MANY_REQUESTS
    # When the first one has its successor, it is the second one's turn.
    release.wait_ready(2)
    space.wait(lambda: allowed(space, release) == 1, "the budget's count")
    space.evict(second)


def allowed(space: Space, release: Release) -> int:
    path = f"/apis/policy/v1/namespaces/{space.name}/poddisruptionbudgets"
    budget = space.api.get(f"{path}/{release.name}")
    return int(budget["status"].get("disruptionsAllowed", 0))


def test_clients_that_try_again_do_not_notice_a_killed_pod(
    space: Space, release: Release
) -> None:
    add_version(space.models, "times", 1)
    release.install({"replicas": 3})
    victim = name_of(release.wait_ready(3)[0])
    cluster = space.cluster
    raw = Traffic(cluster, release.headless, *MODEL)
    with patient.client(release) as asking, raw as load:
        asking.wait_answers(50)
        kill(space, victim)
        space.wait(lambda: came_back(space, victim), f"{victim} to be back")
        asking.wait_answers(50)
    print(f"without retries: {load.outcome}")
    print(f"with the client's retries: {asking.outcome}")
    assert asking.outcome.failed == 0, asking.outcome
    # What was under way with that pod, and no more than a moment's.
    assert set(load.outcome.codes) <= {"OK", "UNAVAILABLE", "CANCELLED"}
    assert load.outcome.failed < 0.1 * load.outcome.offered, load.outcome


def kill(space: Space, pod: str) -> None:
    """SIGKILL to its first process, as a crash would end it."""
    found = space.api.get(f"{space.core}/pods/{pod}")
    space.machine_of(found).run(
        "ctr", "--namespace", "k8s.io", "tasks", "kill",
        "--signal", "SIGKILL", container_of(found),
    )


def came_back(space: Space, name: str) -> bool:
    pod = space.api.get(f"{space.core}/pods/{name}")
    return restarts(pod) == 1 and is_ready(pod)


def test_a_pod_out_of_memory_comes_back(
    space: Space, release: Release
) -> None:
    """And the requests to the others do not notice."""
    save(Hog(), space.models / "hog" / "1" / "model.pt")
    add_version(space.models, "times", 1)
    # Without the limit of its own, which would refuse the request.
    release.install({"config": {"max-request-memory": 0}})
    victim, other = release.wait_ready(2)
    address = f"{victim['status']['podIP']}:8001"
    beside = f"{other['status']['podIP']}:8001"
    with Traffic(space.cluster, beside, *MODEL) as load:
        asked = ask(space.cluster, address, *HOG, "--input=mebibytes=[[4096]]")
        assert asked["codes"] == {"UNAVAILABLE": 1}, asked
        ended = space.wait(
            lambda: last_end(space, name_of(victim)), "a restart"
        )
        assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")
        pods = {name_of(pod): pod for pod in release.wait_ready(2)}
    print(f"beside a pod out of memory: {load.outcome}")
    assert load.outcome.failed == 0, load.outcome
    assert pods.keys() == {name_of(victim), name_of(other)}
    assert restarts(pods[name_of(other)]) == 0
    asked = ask(space.cluster, address, *HOG, "--input=mebibytes=[[1]]")
    assert asked["codes"] == {"OK": 1}, asked


def last_end(space: Space, name: str) -> Object | None:
    """How the container ended that was there before this one."""
    pod = space.api.get(f"{space.core}/pods/{name}")
    (status,) = pod["status"]["containerStatuses"]
    found: Object | None = status["lastState"].get("terminated")
    return found
