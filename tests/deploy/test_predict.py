"""What the pod of `helm test` runs, against a real server."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import torch

from helm import Manifest
from manifests import only
from sconce_support.admin import get
from sconce_support.authority import Authority
from sconce_support.load import default_program
from sconce_support.server_process import ServerProcess
from sconce_support.tools import output_of, run
from sconce_support.waiting import eventually

Rendered = Callable[[str], list[Manifest]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two that are served, one that does not say what it takes, and one that
    does not load."""
    folder = tmp_path_factory.mktemp("models")
    net = torch.nn.Linear(4, 2).eval()
    for name in ("net", "a model"):
        torch.jit.trace(net, torch.zeros(1, 4)).save(folder / f"{name}.pt")
    torch.jit.script(net).save(folder / "scripted.pt")
    (folder / "unloadable.pt").write_bytes(b"PK\3\4 no archive")
    return folder


@pytest.fixture(scope="module")
def serving(models: Path, binary: Path) -> Iterator[ServerProcess]:
    flags = ("--strict-readiness=false", "--model-probe=false")
    with ServerProcess([models], *flags, binary=binary) as process:
        yield process


def predict(
    manifests: list[Manifest],
    process: ServerProcess,
    tls: Path = Path("/no/tls"),
) -> CompletedProcess[str]:
    """Runs the pod's command here, with the server's addresses."""
    (container,) = only(manifests, "Pod")["spec"]["containers"]
    host, http_port = process.http_address.rsplit(":", 1)
    places = {
        "r-sconce-headless": host,
        "r-sconce:8001": process.grpc_address,
        "--management=r-sconce-management:8003": (
            f"--management={process.management_address}"
        ),
    }
    arguments = [places.get(each, each) for each in container["args"]]
    environment = {
        "SCONCE_LOAD": str(default_program()),
        "HTTP_PORT": http_port,
        "TLS_FOLDER": str(tls),
    }
    return run([*container["command"], *arguments], environment=environment)


def test_every_model_that_is_ready_is_asked(
    rendered: Rendered, serving: ServerProcess
) -> None:
    done = predict(rendered("defaults"), serving)
    assert done.returncode == 0, output_of(done)
    asked = [
        line for line in done.stdout.splitlines() if line.startswith("== ")
    ]
    assert asked == ["== a model", "== net", "== scripted"]
    assert "the server does not know its type and shape" in done.stderr


def test_one_model_can_be_named(
    rendered: Rendered, serving: ServerProcess
) -> None:
    manifests = rendered("test-pod")
    (container,) = only(manifests, "Pod")["spec"]["containers"]
    assert container["image"] == "localhost/client:1"
    container["args"].remove("--tls")  # the server here has none
    container["args"][container["args"].index("--shape=x=1,3")] = "--batch=1"
    done = predict(manifests, serving)
    assert done.returncode == 0, output_of(done)
    assert done.stdout.count("== ") == 1


def test_a_named_model_that_cannot_be_asked_fails_it(
    rendered: Rendered, serving: ServerProcess
) -> None:
    for name in ("unloadable", "scripted"):
        manifests = rendered("defaults")
        (container,) = only(manifests, "Pod")["spec"]["containers"]
        container["args"][container["args"].index("")] = name
        assert predict(manifests, serving).returncode != 0, name


@pytest.mark.parametrize(
    "names, told",
    [
        ([], "no model is ready"),
        (["scripted"], "set test.model and test.args"),
    ],
)
def test_a_server_that_cannot_be_asked_fails_it(
    rendered: Rendered,
    models: Path,
    binary: Path,
    tmp_path: Path,
    names: list[str],
    told: str,
) -> None:
    for name in names:
        shutil.copy(models / f"{name}.pt", tmp_path)
    with ServerProcess(
        [tmp_path], "--model-probe=false", binary=binary
    ) as process:
        done = predict(rendered("defaults"), process)
    assert done.returncode == 1
    assert told in done.stderr


def test_what_it_advises_for_a_script_works(
    rendered: Rendered, models: Path, binary: Path, tmp_path: Path
) -> None:
    shutil.copy(models / "scripted.pt", tmp_path)
    manifests = rendered("defaults")
    (container,) = only(manifests, "Pod")["spec"]["containers"]
    with ServerProcess(
        [tmp_path], "--model-probe=false", binary=binary
    ) as process:
        told = predict(manifests, process).stderr
        container["args"][container["args"].index("")] = "scripted"
        container["args"].append("--shape=input=1,4")
        done = predict(manifests, process)
    assert "--set test.model=scripted" in told
    assert """--set-json 'test.args=["--shape=INPUT=1,10"]'""" in told
    assert done.returncode == 0, output_of(done)


def test_the_management_service_is_asked_for_examples(
    rendered: Rendered, serving: ServerProcess
) -> None:
    manifests = rendered("uploads")
    (container,) = only(manifests, "Pod")["spec"]["containers"]
    assert "--management=r-sconce-management:8003" in container["args"]
    done = predict(manifests, serving)
    assert done.returncode == 0, output_of(done)


def put(folder: Path, **files: Path) -> Path:
    """A Secret as it is mounted: tls_crt becomes tls.crt."""
    folder.mkdir()
    for name, source in files.items():
        shutil.copy(source, folder / name.replace("_", "."))
    return folder


def test_with_tls_both_sides_show_their_certificates(
    rendered: Rendered, models: Path, binary: Path, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    both = {"ca_crt": authority.ca, "tls_crt": certificate, "tls_key": key}
    secret = put(tmp_path / "server", **both)
    net = f"net={models}/net.pt"
    flags = (f"--tls={secret}", "--model", net, "--model-probe=off")
    manifests = rendered("tls-clients")
    with ServerProcess(
        [], *flags, binary=binary, wait_until_ready=False
    ) as process:
        http = process.http_address
        eventually(lambda: get(http, "/readyz")[0] == 200, "readiness", 60)
        done = predict(manifests, process, tls=secret)
        assert done.returncode == 0, output_of(done)
        lonely = put(tmp_path / "lonely", ca_crt=authority.ca)
        refused = predict(manifests, process, tls=lonely)
        assert refused.returncode != 0, output_of(refused)
