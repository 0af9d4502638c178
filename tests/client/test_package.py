"""The package: beside other people's clients, in a wheel, on old Pythons."""

import ast
import importlib
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "client/python"
SOURCES = sorted((PACKAGE / "sconce").rglob("*.py"))

OTHERS = {
    "tritonclient": "import tritonclient.grpc; "
    "m = tritonclient.grpc.service_pb2.ModelInferRequest",
    "kserve": "import kserve; "
    "m = kserve.protocol.grpc.grpc_predict_v2_pb2.ModelInferRequest",
}
OURS = (
    "from sconce.client.wire import inference; "
    "r = inference['ModelInfer'].request(model_name='ours')"
)


def run(code: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True
    )


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_one_process_has_both(other: str, first: str) -> None:
    both = [OURS, OTHERS[other]]
    code = "; ".join(both if first == "ours" else both[::-1])
    check = "; assert m(model_name='theirs').model_name + r.model_name"
    done = run(code + check + " == 'theirsours'")
    assert done.returncode == 0, done.stderr


def test_the_names_of_the_package() -> None:
    import sconce

    for name in sconce.__all__:
        assert getattr(sconce, name).__name__ == name
        assert name in dir(sconce)
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        sconce.nosuch  # noqa: B018


def test_other_distributions_share_it() -> None:
    for name in ("sconce.archive", "sconce.check", "sconce.client"):
        importlib.import_module(name)


def test_import_costs_nothing_until_a_client_is_needed() -> None:
    code = "import sconce, sys; assert not {'grpc', 'numpy'} & set(sys.modules)"
    done = run(code)
    assert done.returncode == 0, done.stderr


def test_torch_is_not_imported() -> None:
    code = (
        "import sconce, sys; sconce.Client('127.0.0.1:1'); "
        "assert 'torch' not in sys.modules"
    )
    done = run(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_sources_are_for_python_3_9(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    # `int | None` is fine where it is not evaluated.
    lazy = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for node in tree.body
    )
    annotated = any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign))
        for node in ast.walk(tree)
    )
    assert lazy or not annotated, "from __future__ import annotations"
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "typing"
        for alias in node.names
    }
    assert not names & {"Self", "TypeAlias", "ParamSpec", "override"}


def test_the_library_depends_on_three_packages() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    names = [each.split(">")[0] for each in project["dependencies"]]
    assert names == ["grpcio", "numpy", "protobuf"]
    assert project["requires-python"] == ">=3.9"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy of the checkout: a build leaves folders behind.
    source = folder / "checkout/client/python"
    for part in ("client/python", "proto"):
        target = folder / "checkout" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", ROOT / part, target], check=True)
    (source / "sconce/client/wire.binpb").unlink(missing_ok=True)
    build = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index",
         "--no-build-isolation", "-q", "-w", folder, source],
        capture_output=True, text=True,
    )
    assert build.returncode == 0, build.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_a_wheel_has_all_it_needs(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path)
    assert "sconce/client/wire.binpb" in names
    assert {"sconce/py.typed", "sconce/cli/py.typed"} <= names
    page = "sconce/cli/loadtest/page/page"
    assert {f"{page}.css", f"{page}.js"} <= names
    # Nothing but the wheel and the packages that it names.
    site = sysconfig.get_path("purelib")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; "
        f"import site; site.addsitedir({site!r}); import sconce, grpc; "
        "from sconce.client import wire; print(wire.__file__); "
        "print(wire.inference['ModelInfer'].path)"
    )
    done = run(code, "-I", "-S")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout and "ModelInfer" in done.stdout


def test_a_command_without_its_packages_says_so(wheel: Path) -> None:
    code = (
        "import importlib.util as u, sys; found = u.find_spec; "
        "u.find_spec = lambda n, *a: None if n == 'rich' else found(n, *a); "
        "from sconce.cli.start import main; main()"
    )
    done = run(code)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: the command needs rich; install them with: "
        "pip install 'sconce[cli]'\n"
    )
    assert os.path.exists(wheel)
