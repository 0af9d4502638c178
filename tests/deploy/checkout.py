"""A checkout to run a page's commands in. The server, its clients, helm and
kustomize are real; what builds, pushes or talks to a cluster only notes what it
was asked for, and that the files it was given are there."""

import os
import re
import shutil
import socket
from pathlib import Path
from subprocess import CompletedProcess

import torch

from helm import ROOT
from sconce_support.tools import run

# Instead of the program: notes the call, and fails where a file is not there.
_NOTED = r"""#!/bin/bash
echo "$(basename "$0") $*" >>"$CALLS"
[[ " $* " != *" -f - "* ]] || cat >/dev/null
for word; do
  file=${word#--from-file=} file=${file%%:*} file=${file#"$PWD/"}
  case $file in
    my_models*|deploy/*|/srv/*) [[ -e $file ]] || { echo "no $file" >&2; exit 1; } ;;
  esac
done
"""
# A forwarded port leads to a server that begins only now.
_KUBECTL = _NOTED + r"""
[[ " $* " != *" port-forward "* ]] || exec build/bin/sconce-server $PORTS \
  --model-repository "$SERVED"
"""
# What would be installed, with the values that are given.
_HELM = _NOTED + r"""
words=()
for word; do [[ $word == --reset-then-reuse-values ]] || words+=("$word"); done
for at in "${!words[@]}"; do
  case ${words[at]} in
    install|upgrade)
      words[at]=template
      "$HELM" "${words[@]}" >>"$RENDERED" ;;
  esac
done
"""
_STUBS = {
    "docker": _NOTED,
    "grpcurl": _NOTED + 'echo "{\\"modelStats\\": []}"\n',
    "helm": _HELM,
    "k3s": "#!/bin/bash\ncat >/dev/null\n",
    "kubectl": _KUBECTL,
    "make": _NOTED,
    "sudo": '#!/bin/bash\nexec "$@"\n',
}
_BEGIN = """set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || :; wait' EXIT
"""


def blocks(page: Path, section: str, language: str = "sh") -> list[str]:
    """The blocks between that heading and the next one of its kind."""
    found = re.search(
        rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)",
        page.read_text(),
        re.M | re.S,
    )
    assert found, f"{page}: no section {section}"
    return re.findall(rf"^```{language}\n(.*?)^```", found[1], re.M | re.S)


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


class _Features(torch.nn.Module):
    """Takes what resnet18 takes, and no time."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=(2, 3))


def write_models(folder: Path) -> None:
    """`my_models` as README.md writes it, and a zoo."""
    (script,) = [
        each
        for each in blocks(
            ROOT / "README.md", "Serve your own model", "python"
        )
        if "jit.script" in each
    ]
    python = ROOT / ".venv/bin/python"
    run([python, "-c", script], folder=folder).check_returncode()
    (folder / "build/zoo/resnet18").mkdir(parents=True)
    example = torch.zeros(1, 3, 224, 224)
    traced = torch.jit.trace(_Features().eval(), example)
    traced.save(folder / "build/zoo/resnet18/model.pt")


class Checkout:
    """In a folder of its own, on ports of its own; a copy of `models`."""

    def __init__(
        self, folder: Path, models: Path, helm: Path, kustomize: Path
    ) -> None:
        self.folder = folder / "checkout"
        self.served = folder / "srv"
        self.calls = folder / "calls"
        self.rendered = folder / "rendered.yaml"
        self._tools = folder / "tools"
        self._grpc, self._http = _free_ports(2)
        self._helm = helm
        self._write_tree(models)
        self._write_tools(kustomize)

    def run(self, block: str) -> CompletedProcess[str]:
        """As it stands, but for ports, places and the time that it takes."""
        command = ["bash", "-c", _BEGIN + self._here(block)]
        return run(
            command,
            seconds=120,
            folder=self.folder,
            environment=self._environment(),
        )

    def _write_tree(self, models: Path) -> None:
        shutil.copytree(models, self.folder)
        (self.folder / "build/bin").symlink_to(ROOT / "build/bin")
        for name in (".venv", "models"):
            (self.folder / name).symlink_to(ROOT / name)
        for name in ("grafana", "helm", "kserve", "kustomize"):
            copy = self.folder / "deploy" / name
            shutil.copytree(ROOT / "deploy" / name, copy)

    def _write_tools(self, kustomize: Path) -> None:
        self._tools.mkdir()
        for name, text in _STUBS.items():
            (self._tools / name).write_text(text)
            (self._tools / name).chmod(0o755)
        (self._tools / "kustomize").symlink_to(kustomize)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self._tools}:{os.environ['PATH']}",
            "CALLS": str(self.calls),
            "HELM": str(self._helm),
            "PORTS": self._ports(),
            "RENDERED": str(self.rendered),
            "SCONCE_ADDRESS": f"127.0.0.1:{self._grpc}",
            "SERVED": str(self.served),
        }

    def _ports(self) -> str:
        return (
            f"--grpc-port={self._grpc} --http-port={self._http}"
            " --management-address=off"
        )

    def _here(self, block: str) -> str:
        changes = {
            "/srv/models": str(self.served),
            "localhost:8002": f"localhost:{self._http}",
            "--lanes 4 &": f"--lanes 1 {self._ports()} &",
            "for b in 1 2 4 8 16;": "for b in 1 2;",
            "--closed-loop 4 --duration 20": (
                "--closed-loop 1 --warmup 0 --duration 0.3 --metrics off"
            ),
        }
        for was, now in changes.items():
            block = block.replace(was, now)
        return block
