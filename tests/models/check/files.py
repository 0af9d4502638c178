"""A real file of every kind, written by what writes such files."""

import io
import pickle
import struct
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import safetensors.torch
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn
from torch.export.pt2_archive._package import package_pt2
from torch.package import PackageExporter

Write = Callable[[Path], object]


class Net(nn.Module):
    """8 parameters in FP32, a buffer of two INT64."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.register_buffer("steps", torch.ones(2, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) + self.steps

    @torch.jit.export
    def twice(self, x: Tensor) -> Tensor:
        return self.forward(x) * 2


def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


def weights() -> dict[str, Tensor]:
    return net().state_dict()


def checkpoint() -> dict[str, object]:
    """As a training loop saves it."""
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "ema": {"shadow": model.state_dict()},
    }


def traced(path: Path) -> None:
    torch.jit.trace(net().fc, torch.ones(1, 3)).save(str(path))


def scripted(path: Path) -> None:
    torch.jit.script(net()).save(str(path))


def mobile(path: Path) -> None:
    torch.jit.script(net())._save_for_lite_interpreter(str(path))


def flatbuffer(path: Path) -> None:
    torch.jit.save_jit_module_to_flatbuffer(torch.jit.script(net()), str(path))


def legacy_torchscript(path: Path) -> None:
    """The layout of PyTorch 1.0, which no torch of today writes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/version", "1")
        archive.writestr("net/model.json", '{"mainModule": {}}')
        archive.writestr("net/code/net.py", "op_version_set = 1")
        archive.writestr("net/tensors/0", bytes(24))


def saved(value: Callable[[], object], new: bool = True) -> Write:
    return lambda path: torch.save(
        value(), path, _use_new_zipfile_serialization=new
    )


def legacy_tar(value: object, tensors: dict[str, Tensor]) -> Write:
    """What torch before 0.1.10 wrote: in `value` a tensor stands as its key
    in `tensors`, wrapped in Key."""

    def write(path: Path) -> None:
        members = {
            "sys_info": pickle.dumps({"protocol_version": 1000}, 2),
            "pickle": _pickle_with_keys(value),
            "storages": _storages(tensors),
            "tensors": _descriptions(tensors),
        }
        with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

    return write


class Key(str):
    """Stands for a tensor in the pickle of a tar file."""


class _KeyPickler(pickle.Pickler):
    def persistent_id(self, obj: object) -> str | None:
        return str(obj) if isinstance(obj, Key) else None


def _pickle_with_keys(value: object) -> bytes:
    stream = io.BytesIO()
    _KeyPickler(stream, 2).dump(value)
    return stream.getvalue()


def _storages(tensors: dict[str, Tensor]) -> bytes:
    content = pickle.dumps(len(tensors), 2)
    for key, tensor in tensors.items():
        content += pickle.dumps((int(key), "cpu", torch.FloatStorage), 2)
        content += struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes()
    return content + pickle.dumps([], 2)


def _descriptions(tensors: dict[str, Tensor]) -> bytes:
    content = pickle.dumps(len(tensors), 2)
    for key, tensor in tensors.items():
        content += pickle.dumps((int(key), int(key), torch.FloatTensor), 2)
        content += struct.pack("<q", tensor.dim())
        content += struct.pack(f"<{tensor.dim()}q", *tensor.shape)
        content += struct.pack(f"<{tensor.dim()}q", *tensor.stride())
        content += struct.pack("<q", 0)
    return content


TAR_TENSORS = {"11": torch.arange(6.0).view(2, 3), "12": torch.ones(2)}
TAR_VALUE = OrderedDict(weight=Key("11"), bias=Key("12"))


def exported_program(path: Path) -> None:
    torch.export.save(torch.export.export(net(), (torch.ones(1, 3),)), path)


def early_program(path: Path) -> None:
    """The layout of PyTorch 2.1 to 2.7."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", "{}")
        archive.writestr("version", "8.2")


def aot_inductor(path: Path) -> None:
    """A package by torch itself; only the library in it is none."""
    library = path.parent / "compiled.so"
    library.write_bytes(b"\x7fELF")
    # torch asks for the suffix.
    package = path.with_suffix(".pt2")
    package_pt2(str(package), aoti_files={"model": [str(library)]})
    package.rename(path)


def torch_package(path: Path) -> None:
    with PackageExporter(str(path)) as exporter:
        exporter.extern("**")
        exporter.save_pickle("net", "net.pkl", weights())
        exporter.save_source_string("net_code", "X = 1")


def onnx_model(path: Path) -> None:
    torch.onnx.export(
        net(),
        (torch.ones(1, 3),),
        str(path),
        dynamo=False,
        input_names=["x"],
        output_names=["y"],
        dynamic_axes={"x": {0: "batch"}},
        opset_version=17,
    )


def onnx_without_producer(path: Path) -> None:
    """Begins with another field, and holds what many exporters leave out."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT16, ["n", 4])],
        [value("y", TensorProto.FLOAT16, None)],
    )
    model = helper.make_model(graph, ir_version=9)
    model.producer_name = ""
    onnx.save(model, str(path))


def safetensors_file(path: Path) -> None:
    safetensors.torch.save_file(weights(), str(path), {"format": "pt"})


def numpy_archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


def content(data: bytes) -> Write:
    return lambda path: path.write_bytes(data)
