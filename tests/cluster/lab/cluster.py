"""Cluster: all machines of a lab, from nothing to nothing."""

import fcntl
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import cgroups, control_plane, definitions, network
from lab.add_ons import AddOns
from lab.addresses import CONTROL, DOMAIN, NODES
from lab.api import Api, ApiError
from lab.layout import Layout
from lab.machine import Machine
from lab.node import PAUSE_IMAGE, Node
from lab.programs import Programs
from lab.scratch_image import pause_image
from sconce_support.waiting import eventually

_READY_SECONDS = 120.0


class Busy(Exception):
    """Somebody else uses the lab's folder."""


class Cluster:
    """One at a time for each folder. One thread at a time."""

    def __init__(self, layout: Layout, programs: Programs) -> None:
        self.layout = layout
        self.programs = programs
        self.api = Api(layout.api_socket)
        self.control = Machine("control", layout)
        self.nodes = [
            Node(Machine(place.name, layout), place, programs.kubernetes)
            for place in NODES
        ]

    @property
    def machines(self) -> list[Machine]:
        return [self.control, *(node.machine for node in self.nodes)]

    @property
    def alive(self) -> bool:
        return all(machine.alive for machine in self.machines)

    def claim(self) -> None:
        """Until this process ends; `Busy` when somebody else has it."""
        self.layout.lock.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self.layout.lock.open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"another run uses {self.layout.root}") from error

    def has(self, image: Path) -> bool:
        """Whether it runs, with this image."""
        try:
            return self.alive and self.layout.image.read_text() == str(image)
        except OSError:
            return False

    def up(self, image: Path, *, outlive_us: bool) -> float:
        """Returns when pods with the image can run, with the seconds it took.
        What an earlier run left behind, because it was killed, goes."""
        started = time.monotonic()
        self.down()
        self.layout.make()
        try:
            self._start(image, outlive_us)
            self.layout.image.write_text(str(image))
            self._write_commands()
        except BaseException as error:
            error.add_note(self.last_words())
            self.down()
            raise
        return time.monotonic() - started

    def kubectl(
        self, *arguments: str | Path, seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Raises when it fails."""
        config = f"--kubeconfig={self.layout.kubeconfig()}"
        program = self.programs.kubernetes / "kubectl"
        return self.control.run(program, config, *arguments, seconds=seconds)

    def _write_commands(self) -> None:
        """kubectl and helm, for people; they see this computer's files."""
        config = self.layout.kubeconfig()
        self.layout.commands.mkdir()
        for program in (self.programs.kubernetes / "kubectl",
                        self.programs.helm):
            path = self.layout.commands / program.name
            path.write_text(
                f"#!/bin/sh\nKUBECONFIG={config} exec nsenter"
                f" --target {self.control.pid} --net -- {program} \"$@\"\n"
            )
            path.chmod(0o755)

    def last_words(self) -> str:
        """The ends of all logs."""
        logs = sorted(self.layout.logs.glob("*.log"))
        return "\n".join(self.control.log_of(log.stem, 4) for log in logs)

    def down(self) -> None:
        """Ends and removes all of it, whoever started it and however far."""
        for machine in reversed(self.machines):
            machine.stop()
        cgroups.remove(self.layout.cgroup)
        if self.layout.root.exists():
            shutil.rmtree(self.layout.root)

    def _start(self, image: Path, outlive_us: bool) -> None:
        self.layout.resolv_conf.write_text(
            f"nameserver {CONTROL}\nsearch {DOMAIN}\noptions ndots:1\n"
        )
        control_plane.issue_certificates(self.layout)
        self._start_machines(outlive_us)
        plane = control_plane.ControlPlane(
            self.control, self.programs.kubernetes
        )
        plane.start()
        for node in self.nodes:
            node.start()
        self._fill(image)
        eventually(self._nodes_ready, "ready nodes", _READY_SECONDS)

    def _start_machines(self, outlive_us: bool) -> None:
        for machine in self.machines:
            machine.start(outlive_us=outlive_us)
        network.lay_bridge(self.control)
        for node in self.nodes:
            network.plug_in(self.control, node.machine, node.place)

    def _fill(self, image: Path) -> None:
        """The image takes as long as the rest, and other parts of the
        computer."""
        pause = pause_image(PAUSE_IMAGE, self.layout.of("pause"))
        with ThreadPoolExecutor() as pool:
            imports = [pool.submit(node.import_images, [pause, image])
                       for node in self.nodes]
            definitions.install(self.api)
            AddOns(self.control, self.programs).start(self.api)
            for each in imports:
                each.result()

    def _nodes_ready(self) -> bool:
        try:
            nodes = self.api.items("/api/v1/nodes")
        except (ApiError, OSError):
            return False
        return len(nodes) == len(self.nodes) and all(
            condition["status"] == "True"
            for node in nodes
            for condition in node["status"].get("conditions", [])
            if condition["type"] == "Ready"
        )
