"""The lab itself: what a run leaves that was killed is nobody's burden."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from lab import cgroups
from lab.cluster import Cluster
from lab.layout import Layout
from sconce_support.waiting import eventually

# Two machines with a process each, of a process that then waits for its end.
OWNER = """
import sys
from pathlib import Path
from lab import cgroups
from lab.layout import Layout
from lab.machine import Machine
layout = Layout(Path(sys.argv[1]))
layout.make()
layout.resolv_conf.touch()
cgroups.create(f"{layout.cgroup}/node1")
for name in ("control", "node1"):
    machine = Machine(name, layout)
    machine.start(outlive_us=False)
    machine.begin("sleeper", ["sleep", "1000"])
print("up", flush=True)
sys.stdin.read()
"""


def test_a_killed_run_takes_its_machines_along(
    cluster: Cluster, tmp_path: Path
) -> None:
    layout = Layout(tmp_path / "lab")
    path = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, layout.root], env=path,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    assert owner.stdout is not None and owner.stdout.readline() == "up\n"
    left = Cluster(layout, cluster.programs)
    first = [left.control.pid, left.nodes[0].machine.pid]
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in first),
               "the machines to end")

    left.down()
    assert not layout.root.exists()
    assert not any((top / layout.cgroup).exists()
                   for top in cgroups.hierarchies())
