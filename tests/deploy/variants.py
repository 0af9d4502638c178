"""Sets of values that are rendered and checked: every example, and what no
example sets."""

import yaml

from helm import CHART, Values

EXAMPLES: dict[str, Values] = {
    file.stem: yaml.safe_load(file.read_text())
    for file in sorted((CHART / "examples").glob("*.yaml"))
}

PEERS = [{"podSelector": {"matchLabels": {"role": "operator"}}}]

_MORE: dict[str, Values] = {
    "defaults": {},
    "named-models": {"models": {"serve": {"net": "net.pt", "b": "old/b"}}},
    "flags": {
        "config": {
            "model-control-mode": "explicit",
            "load-model": ["net", "b"],
            "device": "cuda:0,1",
            "gpu-memory-fraction": 0.5,
            "lanes": "4x2",
            "max-message-size": 67108864,
            "max-model-memory": "1GiB",
            "model-probe": "1m30s",
            "max-queue-size": 1000000,
            "optimize": False,
            "strict-readiness": False,
        },
        "extraArgs": ["--server-name=triton"],
        "extraEnv": [{"name": "OMP_NUM_THREADS", "value": "1"}],
    },
    "readiness-of-one-model": {"probes": {"readiness": {"model": "net"}}},
    "readiness-of-a-named-model": {
        "models": {"serve": {"net": "net.pt", "b": "old/b"}},
        "probes": {"readiness": {"model": "net"}},
    },
    "resources": {
        "resources": {
            "limits": {
                "ephemeral-storage": "1Gi",
                "hugepages-2Mi": "64Mi",
                "example.com/fpga": 1,
            }
        }
    },
    "no-sleep": {"drain": {"preStopSeconds": 0}},
    "long-drain": {
        "drain": {"timeoutSeconds": 125, "maxConnectionAgeSeconds": 60},
        "terminationGracePeriodSeconds": 135,
    },
    "digest": {"image": {"digest": "sha256:" + "0" * 64}},
    "management": {
        "management": {"enabled": True},
        "networkPolicy": {"management": PEERS, "clients": PEERS},
        "tls": {"enabled": True, "secretName": "t"},
    },
    "no-policy": {
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
        "serviceAccount": {"create": False, "name": "mine"},
    },
    "load-balancer": {
        "service": {
            "type": "LoadBalancer",
            "port": 443,
            "annotations": {"example.com/internal": "true"},
        },
    },
    "service-monitor": {
        "metrics": {
            "serviceMonitor": {"enabled": True, "labels": {"team": "a"}}
        },
    },
    "plain-rules": {"metrics": {"prometheusRule": {"enabled": True}}},
    "rules": {
        "metrics": {
            "prometheusRule": {
                "enabled": True,
                "runbookBase": "https://git.example.com/runbook/",
                "objectives": {"net": 0.05, "a $1": "2"},
            }
        },
    },
    "half-a-core": {
        "resources": {"limits": {"cpu": "500m", "memory": "1G"}},
    },
    "no-limit-of-cores": {"resources": {"limits": {"cpu": None}}},
    "own-limits": {
        "config": {"max-request-memory": "64 MB"},
        "extraArgs": ["--server-name=triton inference server"],
    },
    "no-own-limits": {
        "config": {"max-request-memory": 0},
        "extraArgs": ["--max-model-memory=0"],
    },
    "all-metrics-hpa": {
        "autoscaling": {
            "enabled": True,
            "queuedRequests": 20,
            "cpuPercent": 80,
        },
    },
    "all-metrics-keda": {
        "autoscaling": {
            "enabled": True,
            "engine": "keda",
            "queuedRequests": 20,
            "cpuPercent": 80,
            "keda": {
                "serverAddress": "https://prometheus:9090",
                "authenticationRef": "prometheus",
            },
        },
    },
    "min-available": {
        "podDisruptionBudget": {"minAvailable": "50%", "maxUnavailable": None}
    },
    "placement": {
        "imagePullSecrets": [{"name": "login"}],
        "runtimeClassName": "nvidia",
        "priorityClassName": "high",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {
                            "matchExpressions": [
                                {"key": "a", "operator": "Exists"}
                            ]
                        }
                    ]
                }
            }
        },
        "topologySpread": [],
        "podLabels": {"team": "a", "app.kubernetes.io/name": "other"},
        "podAnnotations": {"a": "b"},
    },
    "volumes": {
        "models": {
            "source": "claim",
            "claim": {"name": "m", "subPath": "a/b"},
        },
        "extraVolumes": [{"name": "cache", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "cache", "mountPath": "/cache"}],
    },
    "test-pod": {
        "test": {
            "model": "net",
            "args": ["--shape=x=1,3"],
            "image": "localhost/client:1",
            "clientSecret": "client",
        },
        "tls": {"enabled": True, "secretName": "t"},
    },
    "names": {"nameOverride": "other", "fullnameOverride": "x" * 63},
}

VARIANTS: dict[str, Values] = {**EXAMPLES, **_MORE}
