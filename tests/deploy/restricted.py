"""Kubernetes' Pod Security Standard `restricted`, as the parts of it that a
pod of ours could break. tests/cluster asks the real one."""

from collections.abc import Iterator

from helm import Manifest
from manifests import Pod, containers

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_SECCOMP = ("RuntimeDefault", "Localhost")


def offences(pod: Pod) -> list[str]:
    return [*_of_pod(pod["spec"]), *_of_containers(pod)]


def _of_pod(spec: Manifest) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    for volume in spec.get("volumes", []):
        kinds = volume.keys() - {"name"}
        if not kinds <= _VOLUMES:
            yield f"volume {volume['name']}: {kinds}"
    if spec.get("securityContext", {}).get("runAsUser") == 0:
        yield "runAsUser 0"


def _of_containers(pod: Pod) -> Iterator[str]:
    of_pod = pod["spec"].get("securityContext", {})
    for container in containers(pod):
        own = container.get("securityContext", {})
        for offence in _of_context(own, {**of_pod, **own}):
            yield f"{container['name']}: {offence}"
        if any("hostPort" in port for port in container.get("ports", [])):
            yield f"{container['name']}: hostPort"


def _of_context(own: Manifest, together: Manifest) -> Iterator[str]:
    if together.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if together.get("seccompProfile", {}).get("type") not in _SECCOMP:
        yield "seccompProfile"
    if own.get("runAsUser") == 0:
        yield "runAsUser 0"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if own.get("privileged"):
        yield "privileged"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []) or capabilities.get("add"):
        yield "capabilities"
