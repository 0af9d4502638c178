"""Where things lie: one work folder outside the tree, and the cache."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


def cache() -> Path:
    """Shared by all checkouts, as for deploy/toolchain."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "sconce"


@dataclass(frozen=True)
class Layout:
    """The work folder of one lab. Removed with it."""

    root: Path

    @classmethod
    def default(cls) -> "Layout":
        """What SCONCE_LAB names, else one in the cache."""
        return cls(Path(os.environ.get("SCONCE_LAB") or cache() / "lab"))

    @property
    def cgroup(self) -> str:
        """Tells this lab's control groups from those of a lab elsewhere."""
        digest = hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()
        return f"sconce-lab-{digest[:8]}"

    @property
    def lock(self) -> Path:
        """Beside the folder: it stays when that is removed."""
        return self.root.with_name(self.root.name + ".lock")

    @property
    def pids(self) -> Path:
        return self.root / "pids"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def commands(self) -> Path:
        """For people."""
        return self.root / "bin"

    @property
    def image(self) -> Path:
        """Names the archive whose image the nodes have."""
        return self.root / "image"

    @property
    def resolv_conf(self) -> Path:
        return self.root / "resolv.conf"

    @property
    def api_socket(self) -> Path:
        """The API server without encryption, for root on this machine."""
        return self.root / "api.sock"

    def kubeconfig(self, user: str = "admin") -> Path:
        return self.root / "kubeconfig" / f"{user}.yaml"

    def of(self, name: str) -> Path:
        """The folder of one machine or program."""
        return self.root / name

    def make(self) -> None:
        for each in (self.pids, self.logs, self.pki, self.root / "kubeconfig"):
            each.mkdir(parents=True, exist_ok=True)
