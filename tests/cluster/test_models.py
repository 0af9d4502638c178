"""Models that cannot be served: the pods that have them wait, and say why."""

import json

from archives import save_broken
from lab.api import Object
from release import Release
from sconce_support.factor_models import add_version
from space import Space, condition, is_ready, name_of, restarts
from traffic import Traffic

MODEL = ("--model=times", "--input=x=[[1,2,3,4]]", "--rate=50")


def subfolder(name: str) -> dict[str, object]:
    return {"models": {"claim": {"subPath": name}},
            "progressDeadlineSeconds": 20}


def test_a_broken_version_leaves_the_old_pods_alone(
    space: Space, release: Release
) -> None:
    add_version(space.models / "one", "times", 1)
    add_version(space.models / "two", "times", 1)
    save_broken(space.models / "two" / "times" / "2" / "model.pt")
    release.install(subfolder("one"))
    old = {name_of(pod) for pod in release.wait_ready(2)}

    with Traffic(space.cluster, release.headless, *MODEL) as load:
        release.install(subfolder("two"), wait=False)
        space.wait(lambda: gave_up(release), "the rollout to give up", 120)
        new = [pod for pod in release.pods() if name_of(pod) not in old]
        assert len(new) == 1
        assert condition(new[0], "Ready") == "False"
        assert restarts(new[0]) == 0
        assert old == {name_of(pod) for pod in release.ready()}
        said = reason(space, new[0], "times")
        release.succeed("rollback", release.name, "--wait", "--timeout=90s")
        assert old == {name_of(pod) for pod in release.wait_ready(2)}
    print(f"broken version: {load.outcome}; reason: {said}")
    assert load.outcome.failed == 0, load.outcome


def gave_up(release: Release) -> bool:
    return any(
        each.get("reason") == "ProgressDeadlineExceeded"
        for each in release.deployment()["status"].get("conditions", [])
    )


def reason(space: Space, pod: Object, model: str) -> str:
    """What /models has to say about a model that is not served; the log too."""
    page = json.loads(space.page(name_of(pod), "/models"))
    said = [entry for entry in page["models"]
            if entry["name"] == model and entry["state"] == "UNAVAILABLE"]
    assert said and said[0]["reason"], page
    assert said[0]["reason"] in space.log(name_of(pod)).replace('\\"', '"')
    return str(said[0]["reason"])


def test_a_missing_folder_is_waited_for(
    space: Space, release: Release
) -> None:
    later = {"models": {"serve": {"times": "not/yet"}}, "replicas": 1}
    release.install(later, wait=False)
    pod = space.wait(lambda: started(release), "the server to be alive")
    said = reason(space, pod, "times")
    print(f"missing folder: {said}")
    assert not is_ready(pod)

    made = add_version(space.models, "times", 1).parents[1]
    (space.models / "not").mkdir()
    made.rename(space.models / "not" / "yet")
    ready = release.wait_ready(1)[0]
    assert name_of(ready) == name_of(pod) and restarts(ready) == 0


def started(release: Release) -> Object | None:
    """The startup probe has passed."""
    for pod in release.pods():
        for each in pod["status"].get("containerStatuses") or []:
            if each.get("started"):
                return pod
    return None
