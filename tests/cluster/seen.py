"""What is in a namespace, in words, for the message of a failed test."""

from collections.abc import Iterator

from lab.api import Api, ApiError, Object

_LINES = 12


def describe(api: Api, namespace: str) -> str:
    try:
        return "\n".join(_lines(api, f"/api/v1/namespaces/{namespace}"))
    except (ApiError, OSError) as error:
        return f"{namespace} cannot be described: {error}"


def _lines(api: Api, core: str) -> Iterator[str]:
    yield f"In {core.rsplit('/', 1)[1]}:"
    for pod in api.items(f"{core}/pods"):
        yield from _pod(api, core, pod)
    events = api.items(f"{core}/events")
    events.sort(key=lambda event: event["metadata"]["creationTimestamp"])
    for event in events[-_LINES:]:
        about = event["involvedObject"]
        yield (f"  event {event['metadata']['creationTimestamp']}"
               f" {about['kind']} {about.get('name')}:"
               f" {event['reason']}: {event['message']}")


def _pod(api: Api, core: str, pod: Object) -> Iterator[str]:
    name, status = pod["metadata"]["name"], pod["status"]
    ending = " ending" if "deletionTimestamp" in pod["metadata"] else ""
    yield (f"  pod {name} {status['phase']}{ending}"
           f" on {pod['spec'].get('nodeName')}")
    for condition in status.get("conditions") or []:
        if condition["status"] != "True":
            yield (f"    not {condition['type']}:"
                   f" {condition.get('message', condition.get('reason'))}")
    for each in [*(status.get("initContainerStatuses") or []),
                 *(status.get("containerStatuses") or [])]:
        yield (f"    {each['name']}: restarts {each['restartCount']},"
               f" {each['state']}, before {each.get('lastState')}")
        yield from _log(api, f"{core}/pods/{name}/log", each["name"])


def _log(api: Api, path: str, container: str) -> Iterator[str]:
    try:
        text = api.text(
            "GET", f"{path}?container={container}&tailLines={_LINES}"
        )
    except ApiError as error:
        text = f"(no log: {error.status})"
    for line in text.splitlines():
        yield f"      | {line}"
