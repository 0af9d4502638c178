"""InspectModel: what an archive is made of, with nothing of it run."""

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import torch
from torch import Tensor, nn

from models.zoo.repository import Layout, write_model
from sconce_support.eager import zoo_model
from sconce_support.factor_models import add_version
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal

CODES = grpc.StatusCode
LARGE_TEXT = 9 << 20


class Endless(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        while bool(x.sum() < 1):
            print("the model speaks")
        return x

    @torch.jit.export
    def second(self, x: Tensor, times: int = 2) -> Tensor:
        return x * times


class Setter(nn.Module):
    """Loads by code of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        return x + self.count

    @torch.jit.export
    def __getstate__(self) -> tuple[int, bool]:
        return self.count, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]) -> None:
        self.count = state[0]
        self.training = state[1]
        while self.count >= 0:
            self.count = (self.count + 1) % 1000


class Constant(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, str]:
        return x, "a long text"


def save(module: nn.Module, path: Path) -> None:
    torch.jit.script(module.eval()).save(path)


def make_long(path: Path) -> None:
    """Puts the long text in, which code and graph both show."""
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            text = b"x" * LARGE_TEXT
            archive.writestr(name, content.replace(b"a long text", text))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("repository")
    write_model(zoo_model("mlp_scripted"), made, Layout.BARE)
    save(Endless(), made / "endless.pt")
    save(Setter(), made / "setter.pt")
    save(Constant(), made / "long.pt")
    make_long(made / "long.pt")
    (made / "text.pt").write_text("no model")
    for version in (1, 2):
        add_version(made, "net", version)
    return made


@pytest.fixture(scope="module")
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    # The setter may run when the model is loaded, and even so not here.
    flags = ("--allow-operator", "__setstate__")
    mode = ("--model-control-mode", "explicit")
    with ServerProcess([folder], *mode, *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def inspect(management: Management, name: str) -> dict[str, Any]:
    """Modules by path."""
    response = management.InspectModel(name=name)
    modules = json.loads(response.json)["modules"]
    return {module["path"]: module for module in modules}


def described(tensors: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "dtype": "Float",
            "shape": list(tensor.shape),
            "requires_grad": tensor.requires_grad,
            "bytes": tensor.nbytes,
        }
        for name, tensor in tensors
    ]


def test_it_tells_what_torch_tells(
    folder: Path, management: Management
) -> None:
    (path,) = folder.glob("mlp_scripted.*")
    loaded = torch.jit.load(path)
    modules = inspect(management, "mlp_scripted")
    assert set(modules) == {name for name, _ in loaded.named_modules()}
    for name, module in loaded.named_modules():
        found = modules[name]
        parameters = module.named_parameters(recurse=False)
        assert found["parameters"] == described(parameters)
        assert [b["name"] for b in found["buffers"]] == [
            buffer for buffer, _ in module.named_buffers(recurse=False)
        ]
    (forward,) = modules[""]["methods"]
    assert forward["name"] == "forward"
    assert forward["code"] == loaded.code
    assert forward["graph"].startswith("graph(")
    assert str(folder) not in json.dumps(modules)


def test_all_methods_are_told_and_none_is_run(
    server: ServerProcess, management: Management
) -> None:
    started = time.monotonic()
    methods = inspect(management, "endless")[""]["methods"]
    assert time.monotonic() - started < 30
    schemas = {method["name"]: method["schema"] for method in methods}
    assert set(schemas) == {"forward", "second"}
    assert "int times=2" in schemas["second"]
    assert "the model speaks" in methods[0]["code"]
    assert "the model speaks" not in server.log.text()


def test_a_setter_is_not_run(management: Management) -> None:
    code, text = refusal(lambda: inspect(management, "setter"))
    assert code == CODES.INVALID_ARGUMENT
    assert "__setstate__" in text


def test_a_file_that_is_no_archive(
    folder: Path, management: Management
) -> None:
    code, text = refusal(lambda: inspect(management, "text"))
    assert code == CODES.INVALID_ARGUMENT
    assert "expected a TorchScript archive" in text
    assert str(folder) not in text


def test_large_answers_are_refused(management: Management) -> None:
    code, text = refusal(lambda: inspect(management, "long"))
    assert code == CODES.RESOURCE_EXHAUSTED
    assert "look at the file itself" in text
    assert inspect(management, "endless")  # the server lives on


def test_versions_need_not_be_loaded(management: Management) -> None:
    assert management.InspectModel(name="net").version == 2
    assert management.InspectModel(name="net", version=1).version == 1
    states = {
        v.state for m in management.ListModels().models for v in m.versions
    }
    assert states == {"UNAVAILABLE"}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "net", "version": 3},
        {"name": "net", "alias": "stable"},
        {"name": "nobody"},
        {"name": "nobody", "version": 1},
    ],
)
def test_what_is_not_there(management: Management, fields: Any) -> None:
    code, text = refusal(lambda: management.InspectModel(**fields))
    assert code == CODES.NOT_FOUND
    assert fields["name"] in text


def test_names_that_lead_elsewhere(management: Management) -> None:
    for name in ("..", "../net", "net/1"):
        code, _ = refusal(
            lambda n=name: management.InspectModel(name=n, version=1)
        )
        assert code == CODES.INVALID_ARGUMENT
