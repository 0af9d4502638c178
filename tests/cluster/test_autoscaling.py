"""The HorizontalPodAutoscaler adds pods when requests wait, and takes them
away again, with nothing between it and the server but what we ship: the
chart's PodMonitor and rules, and the adapter's rules in deploy/prometheus.
"""

from archives import Slow, save
from release import Release
from space import Space
from traffic import Traffic

AUTOSCALED = {
    "autoscaling": {
        "enabled": True,
        "minReplicas": 1,
        "maxReplicas": 3,
        # Its defaults wait for five minutes.
        "behavior": {"scaleDown": {
            "stabilizationWindowSeconds": 5,
            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 5}],
        }},
    },
    "metrics": {
        "podMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
    },
    # Half a core and no batches: one pod has work for seconds, and three of
    # them leave room for the cluster.
    "resources": {"limits": {"cpu": "500m"}},
    "config": {"max-batch-size": 0},
}
MODEL = ("--model=slow", "--input=x=[[1.0]]")


def test_queue_time_scales_up_and_down(space: Space, release: Release) -> None:
    save(Slow(), space.models / "slow" / "1" / "model.pt")
    release.install(AUTOSCALED)
    release.wait_ready(1)
    where = (space.cluster, release.headless, *MODEL)
    with Traffic(*where, "--rate=1") as light:
        with Traffic(*where, "--closed-loop=20"):
            release.wait_ready(3, seconds=180)
        release.wait_ready(1, seconds=240)
    print(f"all along: {light.outcome}")
    assert light.outcome.failed == 0, light.outcome
