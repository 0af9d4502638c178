"""The chart's pods are what a restricted namespace asks for, and are so."""

import pytest

from lab.api import ApiError
from release import Release
from sconce_support.factor_models import add_version
from space import Space, container_of

UNPRIVILEGED = {
    "Uid": "65532 65532 65532 65532",
    "Gid": "65532 65532 65532 65532",
    "CapInh": "0000000000000000",
    "CapPrm": "0000000000000000",
    "CapEff": "0000000000000000",
    "CapBnd": "0000000000000000",
    "NoNewPrivs": "1",
    "Seccomp": "2",  # a filter
}


def test_the_server_has_no_rights(space: Space, release: Release) -> None:
    add_version(space.models, "times", 1)
    release.install({"replicas": 1})
    pod = release.wait_ready(1)[0]
    node = space.machine_of(pod)
    tasks = node.run("ctr", "--namespace", "k8s.io", "tasks", "list").stdout
    process = next(
        line.split()[1] for line in tasks.splitlines()
        if line.startswith(container_of(pod))
    )
    status = node.run("cat", f"/proc/{process}/status").stdout
    fields = dict(line.split(":", 1) for line in status.splitlines())
    found = {key: " ".join(fields[key].split()) for key in UNPRIVILEGED}
    assert found == UNPRIVILEGED
    root = node.run("grep", " / / ", f"/proc/{process}/mountinfo").stdout
    assert root.split()[5].split(",")[0] == "ro", root


def test_the_namespace_refuses_root(space: Space) -> None:
    pod = {
        "metadata": {"name": "root"},
        "spec": {"containers": [{
            "name": "root",
            "image": "localhost/sconce:cpu",
            "securityContext": {"runAsUser": 0},
        }]},
    }
    with pytest.raises(ApiError, match="violates PodSecurity") as refused:
        space.api.create(f"{space.core}/pods", pod)
    assert refused.value.status == 403
