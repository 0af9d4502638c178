"""Files that are no good TorchScript archives, beside one that is: each is
refused with what it is, in the words of `sconce check`, and what to do."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import torch.ao.nn.quantized as quantized
from tritonclient.grpc import InferenceServerClient

from sconce.check import check_file
from sconce_support.eager import assert_close, example, run_eager
from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually
from tests.models.check import files
from tests.models.check.files import Write, content, saved

# What `sconce check` calls them is what the server calls them.
KINDS: dict[str, Write] = {
    "flatbuffer": files.flatbuffer,
    "legacy_torchscript": files.legacy_torchscript,
    "state_dict": saved(files.weights),
    "state_dict_legacy": saved(files.weights, new=False),
    "state_dict_tar": files.legacy_tar(files.TAR_VALUE, files.TAR_TENSORS),
    "checkpoint": saved(files.checkpoint),
    "checkpoint_legacy": saved(files.checkpoint, new=False),
    "module": saved(files.net),
    "module_legacy": saved(files.net, new=False),
    "tensor": saved(lambda: torch.ones(2)),
    "tensors": saved(lambda: [torch.ones(2)]),
    "settings": saved(lambda: {"epoch": 3}),
    "number": saved(lambda: 3),
    "exported_program": files.exported_program,
    "early_program": files.early_program,
    "aot_inductor": files.aot_inductor,
    "torch_package": files.torch_package,
    "onnx": files.onnx_model,
    "safetensors": files.safetensors_file,
    "numpy": files.numpy_archive,
    "empty": content(b""),
    "bytes": content(bytes(range(256))),
}

Change = Callable[[dict[str, bytes]], None]


def changed(change: Change) -> Write:
    """A perceptron whose records are changed; what holds them is sound."""

    def write(path: Path) -> None:
        files.scripted(path)
        with zipfile.ZipFile(path) as archive:
            records = {name: archive.read(name) for name in archive.namelist()}
        change(records)
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in records.items():
                archive.writestr(name, data)

    return write


def of(records: dict[str, bytes], end: str) -> str:
    """The full name of the record that ends so."""
    return next(name for name in records if name.endswith(end))


def shorten(records: dict[str, bytes]) -> None:
    name = of(records, "/data/0")
    records[name] = records[name][:-1]


def newer(records: dict[str, bytes]) -> None:
    records[of(records, "/version")] = b"99\n"


def in_method(statement: str) -> Change:
    """A statement at the beginning of the code of a method."""

    def add(records: dict[str, bytes]) -> None:
        for name in [n for n in records if n.endswith(".py")]:
            head, sign, tail = records[name].partition(b") -> Tensor:\n")
            records[name] = head + sign + f"    {statement}\n".encode() + tail

    return add


def flip(path: Path) -> None:
    """One bit of a weight is another."""
    files.scripted(path)
    with zipfile.ZipFile(path) as archive:
        name = of(dict.fromkeys(archive.namelist(), b""), "/data/0")
        weights = archive.read(name)
    data = bytearray(path.read_bytes())
    data[data.index(weights)] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    files.scripted(path)
    path.write_bytes(path.read_bytes()[:-100])


# What is wrong with archives -> words of the reason.
FAULTS: dict[str, tuple[Write, tuple[str, ...]]] = {
    "flipped_bit": (flip, ("record 'data/0'", "checksum")),
    "short_record": (changed(shorten), ("data.pkl", "storage '0'", "its record has")),
    "newer_format": (changed(newer), ("version 99", "newer than 10")),
    "cut_short": (cut, ("cut short", "copy it again")),
    "writes_files": (
        changed(
            in_method(
                "if False:\n      torch.save(torch.ones([1]), 'stolen')"
            )
        ),
        ("aten::save", "line ", "--allow-operator=aten::save"),
    ),
    "deep_brackets": (
        changed(in_method(f"y = {'(' * 100_000}1{')' * 100_000}")),
        ("brackets nested too deeply", "256"),
    ),
}

WRITERS = KINDS | {name: write for name, (write, _) in FAULTS.items()}


@pytest.fixture(scope="module")
def broken(
    repository: MakeRepository,
) -> Iterator[tuple[ServerProcess, Path]]:
    """A server with every bad file and a good model."""
    folder = repository("simple")
    for name, write in WRITERS.items():
        write(folder / f"{name}.pt")
    # What the writers put beside the files.
    for extra in folder.glob("*.so"):
        extra.unlink()
    with ServerProcess([folder], wait_until_ready=False) as process:
        eventually(lambda: settled(process), "all files to be tried")
        yield process, folder


def settled(process: ServerProcess) -> bool:
    states = {state for state, _ in index_of(process).values()}
    count = len(index_of(process))
    return states <= {"READY", "UNAVAILABLE"} and count == len(WRITERS) + 1


def index_of(process: ServerProcess) -> dict[str, tuple[str, str]]:
    with InferenceServerClient(process.grpc_address) as client:
        index = client.get_model_repository_index().models
        return {entry.name: (entry.state, entry.reason) for entry in index}


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_is_named_as_sconce_check_does(
    broken: tuple[ServerProcess, Path], name: str
) -> None:
    process, folder = broken
    state, reason = index_of(process)[name]
    assert state == "UNAVAILABLE"
    assert check_file(folder / f"{name}.pt").title in reason
    assert "expected a TorchScript archive" in reason
    assert "export" in reason
    assert str(folder) not in reason


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_archive_is_refused_with_the_place(
    broken: tuple[ServerProcess, Path], name: str
) -> None:
    process, folder = broken
    state, reason = index_of(process)[name]
    assert state == "UNAVAILABLE"
    for words in FAULTS[name][1]:
        assert words in reason
    assert str(folder) not in reason


def test_the_good_model_is_served(
    broken: tuple[ServerProcess, Path],
) -> None:
    process, _ = broken
    inputs = example("simple")
    with InferenceServerClient(process.grpc_address) as client:
        result = client.infer("simple", infer_inputs(inputs))
    assert_close(result_arrays(result), run_eager("simple", inputs))


def test_each_step_is_logged_with_its_time(
    broken: tuple[ServerProcess, Path],
) -> None:
    process, _ = broken
    steps = {
        event["step"]: event["seconds"]
        for event in process.log.events()
        if event.get("message") == "model load step"
        and event["model"] == "simple"
    }
    assert list(steps) == [
        "recognize",
        "integrity",
        "operators",
        "probing",
        "loading",
        "optimizing",
        "replaying golden examples",
        "checking batches",
        "warming up",
    ]
    assert all(0 <= seconds < 5 for seconds in steps.values())


def test_a_mobile_archive_is_served(binary: Path, tmp_path: Path) -> None:
    files.mobile(tmp_path / "mobile.pt")
    with (
        ServerProcess([tmp_path]) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert client.is_model_ready("mobile")


def test_an_operator_can_be_allowed(binary: Path, tmp_path: Path) -> None:
    write, _ = FAULTS["writes_files"]
    write(tmp_path / "writer.pt")
    with ServerProcess([tmp_path], "--allow-operator=aten::save") as process:
        assert index_of(process)["writer"] == ("READY", "")


def test_a_quantized_module_may_pack_its_weights(
    binary: Path, tmp_path: Path
) -> None:
    """Its __setstate__ runs while it is loaded."""
    torch.backends.quantized.engine = "fbgemm"
    made = torch.nn.Sequential(
        quantized.Quantize(0.1, 0, torch.quint8),
        quantized.Conv2d(3, 4, 3),
        quantized.DeQuantize(),
    ).eval()
    path = tmp_path / "quantized.pt"
    torch.jit.script(made).save(path)
    with zipfile.ZipFile(path) as archive:
        code = [archive.read(n) for n in archive.namelist() if ".py" in n]
    assert any(b"def __setstate__(" in each for each in code)
    with ServerProcess([tmp_path]) as process:
        assert index_of(process)["quantized"][0] == "READY"
