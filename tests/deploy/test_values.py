"""Wrong values are refused, and the message names the field, whole."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from helm import CHART, SCHEMA, Helm, Values
from variants import EXAMPLES

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())

# What values.yaml does not list: flags that are not given have the server's
# default, and a chart that has ours in it adds the last two.
UNLISTED = {
    f"config.{flag}" for flag in SCHEMA["properties"]["config"]["properties"]
}
UNLISTED |= {"enabled", "global"}


def tls(**more: Any) -> Values:
    return {"tls": {"enabled": True, "secretName": "t"}, **more}


# The field's whole path, and what else the message begins with.
REFUSED: list[tuple[Values, str]] = [
    # What is not known, at every level.
    ({"replicaCount": 2}, "replicaCount"),
    ({"image": {"name": "x"}}, "image.name"),
    ({"config": {"lane": 2}}, "config.lane"),
    ({"config": {"listen": "::"}}, "config.listen"),
    ({"models": {"puller": {"uri": "s3://a"}}}, "models.puller.uri"),
    ({"probes": {"liveness": {"model": "net"}}}, "probes.liveness.model"),
    ({"autoscaling": {"behavior": {"up": {}}}}, "autoscaling.behavior.up"),
    ({"affinity": {"podAffinty": {}}}, "affinity.podAffinty"),
    # What has a wrong type or value.
    ({"replicas": "two"}, "replicas"),
    ({"replicas": -1}, "replicas"),
    ({"image": {"tag": "latest"}}, "image.tag: latest is"),
    (
        {"image": {"repository": "a/b:cpu"}},
        "image.repository: a/b:cpu has a tag",
    ),
    ({"image": {"repository": "Sconce"}}, "image.repository"),
    ({"image": {"digest": "sha256:1"}}, "image.digest"),
    ({"image": {"pullPolicy": "Sometimes"}}, "image.pullPolicy"),
    ({"models": {"source": "s3"}}, "models.source"),
    ({"models": {"hostPath": "models"}}, "models.hostPath"),
    ({"models": {"serve": {"a/b": "x"}}}, "models.serve.a/b"),
    (
        {"models": {"serve": {"net": "../x"}}},
        "models.serve.net: ../x leads out",
    ),
    ({"models": {"serve": {"net": "a/.."}}}, "models.serve.net: a/.. leads"),
    ({"models": {"serve": {"net": "/x"}}}, "models.serve.net: /x is below"),
    (
        {"models": {"emptyDir": {"sizeLimit": "10 GB"}}},
        "models.emptyDir.sizeLimit",
    ),
    ({"models": {"puller": {"image": "x:latest"}}}, "models.puller.image"),
    ({"config": {"lanes": "many"}}, "config.lanes"),
    ({"config": {"device": "gpu"}}, "config.device"),
    (
        {"config": {"gpu-memory-fraction": 2}},
        "config.gpu-memory-fraction",
    ),
    ({"config": {"model-probe": True}}, "config.model-probe"),
    ({"config": {"optimize": "yes"}}, "config.optimize"),
    ({"config": {"max-execution-time": "60"}}, "config.max-execution-time"),
    ({"config": {"load-model": "net"}}, "config.load-model"),
    ({"drain": {"timeoutSeconds": 0}}, "drain.timeoutSeconds"),
    ({"terminationGracePeriodSeconds": 0}, "terminationGracePeriodSeconds"),
    (
        {"probes": {"startup": {"periodSeconds": 0}}},
        "probes.startup.periodSeconds",
    ),
    (
        {"resources": {"limits": {"memory": "2 Gi"}}},
        "resources.limits.memory",
    ),
    (
        {"resources": {"limits": {"memori": "2Gi"}}},
        "resources.limits.memori",
    ),
    (
        {"models": {"puller": {"resources": {"requests": {"gpu": 1}}}}},
        "models.puller.resources.requests.gpu",
    ),
    ({"gpu": {"resource": "gpu"}}, "gpu.resource"),
    ({"gpu": {"count": 0.5}}, "gpu.count"),
    ({"service": {"type": "ExternalName"}}, "service.type"),
    ({"service": {"port": 70000}}, "service.port"),
    ({"strategy": {"maxSurge": "some"}}, "strategy.maxSurge"),
    ({"networkPolicy": {"clients": ["a"]}}, "networkPolicy.clients.0"),
    ({"autoscaling": {"minReplicas": 0}}, "autoscaling.minReplicas"),
    ({"autoscaling": {"engine": "vpa"}}, "autoscaling.engine"),
    ({"extraEnv": [{"value": "x"}]}, "extraEnv.0.name"),
    ({"nameOverride": "A b"}, "nameOverride"),
    (
        {"topologySpread": [{"topologyKey": "zone", "maxSkew": 1}]},
        "topologySpread.0.whenUnsatisfiable",
    ),
    (
        {"metrics": {"prometheusRule": {"runbookBase": "runbook"}}},
        "metrics.prometheusRule.runbookBase",
    ),
    (
        {"metrics": {"prometheusRule": {"objectives": {"net": 0}}}},
        "metrics.prometheusRule.objectives.net",
    ),
    # What does not go together.
    (
        {"terminationGracePeriodSeconds": 34},
        "terminationGracePeriodSeconds: 34",
    ),
    ({"drain": {"preStopSeconds": 11}}, "terminationGracePeriodSeconds: 40"),
    (
        {"drain": {"maxConnectionAgeSeconds": 25}},
        "drain.maxConnectionAgeSeconds: 25",
    ),
    (
        {"drain": {"maxConnectionAgeSeconds": 13}},
        "drain.maxConnectionAgeSeconds: 13",
    ),
    ({"models": {"source": "claim"}}, "models.claim.name"),
    (
        {"models": {"claim": {"name": "m"}}},
        "models.claim.name: models.source is emptyDir",
    ),
    (
        {"models": {"claim": {"subPath": "m"}}},
        "models.claim.subPath: models.source is emptyDir",
    ),
    (
        {"models": {"hostPath": "/m"}},
        "models.hostPath: models.source is emptyDir",
    ),
    (
        {
            "models": {
                "source": "hostPath",
                "hostPath": "/m",
                "image": {"reference": "m:1"},
            }
        },
        "models.image.reference: models.source is hostPath",
    ),
    ({"models": {"source": "hostPath"}}, "models.hostPath"),
    ({"models": {"source": "image"}}, "models.image.reference"),
    (
        {
            "models": {
                "source": "claim",
                "claim": {"name": "m"},
                "puller": {"image": "x:1"},
            }
        },
        "models.puller.image",
    ),
    (
        {
            "models": {"serve": {"net": "net.pt"}},
            "probes": {"readiness": {"model": "ner"}},
        },
        "probes.readiness.model: ner",
    ),
    ({"strategy": {"maxSurge": 0}}, "strategy.maxUnavailable"),
    (
        {"podDisruptionBudget": {"minAvailable": 1}},
        "podDisruptionBudget.minAvailable",
    ),
    (
        {"podDisruptionBudget": {"maxUnavailable": 0}},
        "podDisruptionBudget.maxUnavailable: with 0",
    ),
    (
        {"podDisruptionBudget": {"maxUnavailable": "0%"}},
        "podDisruptionBudget.maxUnavailable: with 0",
    ),
    (
        {"podDisruptionBudget": {"maxUnavailable": None, "minAvailable": 2}},
        "podDisruptionBudget.minAvailable: 2 of 2 replicas",
    ),
    (
        {
            "podDisruptionBudget": {
                "maxUnavailable": None,
                "minAvailable": "100%",
            }
        },
        "podDisruptionBudget.minAvailable: 100% of 2 replicas",
    ),
    (
        {
            "podDisruptionBudget": {"maxUnavailable": None, "minAvailable": 1},
            "autoscaling": {"enabled": True},
        },
        "podDisruptionBudget.minAvailable: 1 of 1 replicas",
    ),
    (
        {"resources": {"limits": {"memory": "128Mi"}}},
        "resources.limits.memory: 128Mi is too little",
    ),
    (
        {"config": {"max-model-memory": "1GB", "max-request-memory": "512M"}},
        "resources.limits.memory: 2Gi is less than",
    ),
    (
        {"config": {"max-request-memory": "512MiB", "lanes": "4x2"}},
        "resources.limits.memory: 2Gi is less than",
    ),
    (
        {"autoscaling": {"enabled": True}, **EXAMPLES["uploads"]},
        "autoscaling.enabled: models.readOnly is false",
    ),
    (
        {"podDisruptionBudget": {"maxUnavailable": None}},
        "podDisruptionBudget.minAvailable",
    ),
    (
        {"autoscaling": {"enabled": True, "minReplicas": 6}},
        "autoscaling.minReplicas: 6",
    ),
    (
        {"autoscaling": {"enabled": True, "queueMilliseconds": 0}},
        "autoscaling.queueMilliseconds",
    ),
    (
        {"autoscaling": {"enabled": True, "engine": "keda"}},
        "autoscaling.keda.serverAddress",
    ),
    (
        {
            "metrics": {
                "serviceMonitor": {"enabled": True},
                "podMonitor": {"enabled": True},
            }
        },
        "metrics.podMonitor.enabled",
    ),
    ({"tls": {"enabled": True}}, "tls.secretName"),
    (
        {"tls": {"enabled": True, "certManager": {"enabled": True}}},
        "tls.certManager.issuerRef.name",
    ),
    ({"tls": {"certManager": {"enabled": True}}}, "tls.certManager.enabled"),
    ({"tls": {"secretName": "t"}}, "tls.secretName: tls.enabled is false"),
    (
        {"tls": {"clientCA": {"secretName": "t"}}},
        "tls.clientCA.secretName: tls.enabled is false",
    ),
    (tls(probes={"readiness": {"model": "net"}}), "probes.readiness.model"),
    ({"grpcRoute": {"enabled": True}}, "grpcRoute.parentRefs"),
    (
        tls(grpcRoute={"enabled": True, "parentRefs": [{"name": "g"}]}),
        "grpcRoute.enabled",
    ),
    ({"extraArgs": ["--grpc-port=9000"]}, "extraArgs: --grpc-port"),
    ({"extraArgs": ["--model=a=b"]}, "extraArgs: --model "),
    ({"extraArgs": ["--log-format=text"]}, "extraArgs: --log-format"),
    ({"extraArgs": ["--lanes 2"]}, 'extraArgs: "--lanes 2" is one argument'),
]


def of_schema(line: str) -> Iterator[str]:
    """The fields that a line of the validator's is about."""
    place, fault = re.fullmatch(r" *- at '(.*?)': (.*)", line).groups()
    path = place.strip("/").split("/") if place else []
    absent = re.match(r"(additional|missing) propert(y|ies) ", fault)
    for name in re.findall("'(.*?)'", fault) if absent else [""]:
        yield ".".join([*path, name] if name else path)


def refused_fields(message: str) -> set[str]:
    """Of a line with details below it, these."""
    of_chart = re.search(r"execution error at \(.*?\): ([\w.]+): ", message)
    if of_chart:
        return {of_chart[1]}
    lines = [each for each in message.splitlines() if "- at '" in each]
    depths = [each.index("-") for each in lines] + [0]
    leaves = [
        line for at, line in enumerate(lines) if depths[at] >= depths[at + 1]
    ]
    return {field for line in leaves for field in of_schema(line)}


@pytest.mark.parametrize(
    "values, named",
    REFUSED,
    ids=[json.dumps(each[0])[:60] for each in REFUSED],
)
def test_wrong_values_are_refused_by_name(
    helm: Helm, values: Values, named: str
) -> None:
    message = helm.refusal(values)
    field, _, reason = named.partition(": ")
    assert refused_fields(message) == {field}, message
    assert f": {reason}" in message


def test_a_chart_that_has_ours_may_set_what_is_usual(helm: Helm) -> None:
    helm.template({"enabled": True, "global": {"imageRegistry": "x"}})


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return resolve(SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]])
    if "allOf" in schema:
        return resolve(schema["allOf"][0])
    return schema


def fields(
    schema: dict[str, Any], path: str = ""
) -> Iterator[tuple[str, bool]]:
    """The path of every field, and whether others beside its own are open."""
    schema = resolve(schema)
    for name, each in schema.get("properties", {}).items():
        below = resolve(each)
        closed = below.get("additionalProperties") is False
        yield path + name, not closed or "patternProperties" in below
        yield from fields(each, f"{path}{name}.")


def given(values: Values, path: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield path + name
        if isinstance(value, dict):
            yield from given(value, f"{path}{name}.")


def test_every_default_is_in_the_schema_and_every_field_has_one() -> None:
    known = dict(fields(SCHEMA))
    has_default = set(given(DEFAULTS))
    for path in has_default:
        parents = [
            path[:at] for at, letter in enumerate(path) if letter == "."
        ]
        assert path in known or any(known.get(each) for each in parents), path
    wanted = {path for path in known if path not in UNLISTED}
    optional = {"resources.claims", "models.puller.resources.claims"}
    optional |= {
        f"autoscaling.behavior.{way}.tolerance"
        for way in ("scaleUp", "scaleDown")
    }
    optional |= {
        f"probes.{probe}.initialDelaySeconds"
        for probe in ("startup", "readiness", "liveness")
    }
    optional |= {f"probes.{probe}.model" for probe in ("startup", "liveness")}
    optional |= {
        f"affinity.{kind}"
        for kind in ("nodeAffinity", "podAffinity", "podAntiAffinity")
    }
    assert wanted - has_default == optional


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from objects(each)


def test_no_object_of_the_schema_is_open() -> None:
    for schema in objects(SCHEMA):
        assert schema.get("additionalProperties") is False, schema
