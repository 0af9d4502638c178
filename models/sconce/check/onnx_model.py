"""ONNX models: inputs, outputs, operators and weights, by the field numbers
of onnx.proto."""

import mmap
import os
from collections import Counter
from typing import BinaryIO

from sconce.check import advice
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind, TensorInfo
from sconce.check.protobuf_wire import (
    BYTES,
    MAX_FIELDS,
    VARINT,
    Message,
    TooManyFieldsError,
)

# TensorProto.DataType -> name and bytes of one element.
DTYPES = {
    1: ("FP32", 4),
    2: ("UINT8", 1),
    3: ("INT8", 1),
    4: ("UINT16", 2),
    5: ("INT16", 2),
    6: ("INT32", 4),
    7: ("INT64", 8),
    8: ("BYTES", 0),
    9: ("BOOL", 1),
    10: ("FP16", 2),
    11: ("FP64", 8),
    12: ("UINT32", 4),
    13: ("UINT64", 8),
    14: ("COMPLEX64", 8),
    15: ("COMPLEX128", 16),
    16: ("BF16", 2),
    17: ("FP8_E4M3FN", 1),
    19: ("FP8_E5M2", 1),
}
EXTERNAL = 1


class OnnxModel:
    """What is read of a model."""

    def __init__(self) -> None:
        self.version = 0
        self.producer = ""
        self.opsets: list[str] = []
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.operators: Counter[str] = Counter()
        self.tensors: list[TensorInfo] = []
        self.external = 0
        self.has_graph = False
        self.cut = ""

    def read(self, model: Message) -> None:
        """Raises DamagedError for what is no message."""
        for field in model.fields():
            match field.number, field.kind:
                case 1, 0:
                    self.version = field.value
                case 2, 2:
                    self.producer = model.text(field)
                case 8, 2:
                    self._read_opset(model.message(field))
                case 7, 2:
                    self.has_graph = True
                    self._read_graph(model.message(field))

    def _read_opset(self, opset: Message) -> None:
        domain, version = "", 0
        for field in opset.fields():
            if field.number == 1 and field.kind == BYTES:
                domain = opset.text(field)
            elif field.number == 2 and field.kind == VARINT:
                version = field.value
        self.opsets.append(f"{domain or 'ai.onnx'} {version}")

    def _read_graph(self, graph: Message) -> None:
        for field in graph.fields():
            if field.kind != BYTES:
                continue
            part = graph.message(field)
            if field.number == 1:
                self._read_node(part)
            elif field.number == 5:
                self._read_tensor(part)
            elif field.number == 11:
                self.inputs.append(value_text(part))
            elif field.number == 12:
                self.outputs.append(value_text(part))

    def _read_node(self, node: Message) -> None:
        for field in node.fields():
            if field.number == 4 and field.kind == BYTES:
                self.operators[node.text(field, 60)] += 1

    def _read_tensor(self, tensor: Message) -> None:
        name, dtype, shape = "", 0, []
        for field in tensor.fields():
            match field.number, field.kind:
                case 1, _:
                    shape += tensor.numbers(field)
                case 2, 0:
                    dtype = field.value
                case 8, 2:
                    name = tensor.text(field)
                case 14, 0:
                    self.external += field.value == EXTERNAL
        title, itemsize = DTYPES.get(dtype, (f"type {dtype}", 0))
        self.tensors.append(
            TensorInfo(name, title, tuple(shape[:64]), itemsize)
        )


def value_text(value: Message) -> str:
    """`x FP32[batch,3]` of a ValueInfoProto."""
    name, described = "", ""
    for field in value.fields():
        if field.number == 1 and field.kind == BYTES:
            name = value.text(field)
        elif field.number == 2 and field.kind == BYTES:
            described = type_text(value.message(field))
    return f"{name} {described}".strip()


def type_text(kind: Message) -> str:
    for field in kind.fields():
        if field.number == 1 and field.kind == BYTES:
            return tensor_type_text(kind.message(field))
    return "(no tensor)"


def tensor_type_text(kind: Message) -> str:
    dtype, sizes = "?", "?"
    for field in kind.fields():
        if field.number == 1 and field.kind == VARINT:
            dtype = DTYPES.get(field.value, ("?", 0))[0]
        elif field.number == 2 and field.kind == BYTES:
            shape = kind.message(field)
            dimensions = [
                size_text(shape.message(each))
                for each in list(shape.fields())[:64]
                if each.kind == BYTES
            ]
            sizes = ",".join(dimensions)
    return f"{dtype}[{sizes}]"


def size_text(size: Message) -> str:
    for field in size.fields():
        if field.number == 1 and field.kind == VARINT:
            return str(field.value)
        if field.number == 2 and field.kind == BYTES:
            return size.text(field)
    return "?"


def read_onnx(file: BinaryIO) -> OnnxModel | None:
    """None for a file that is no ONNX model."""
    size = os.fstat(file.fileno()).st_size
    model = OnnxModel()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            model.read(Message(data, 0, size, [MAX_FIELDS]))
        except TooManyFieldsError:
            model.cut = f"only the first {MAX_FIELDS} fields were read"
        except DamagedError:
            return None
    return model if model.has_graph and 0 < model.version < 1000 else None


def describe_onnx(path: str, model: OnnxModel) -> Finding:
    names = {tensor.name for tensor in model.tensors}
    inputs = [text for text in model.inputs if text.split(" ")[0] not in names]
    operators = [f"{n} {name}" for name, n in model.operators.most_common(12)]
    facts = {
        "opset": ", ".join(model.opsets[:10]),
        "ir version": str(model.version),
        "producer": model.producer or "unknown",
        "inputs": ", ".join(inputs[:20]),
        "outputs": ", ".join(model.outputs[:20]),
        "operators": ", ".join(operators),
    }
    if model.cut:
        facts["not all"] = model.cut
    if model.external:
        facts["weights elsewhere"] = f"{model.external} tensors in other files"
    return Finding(
        Kind.ONNX,
        "an ONNX model, which is not served yet",
        facts,
        model.tensors,
        advice=advice.EXPORT_MODULE,
        command=advice.EXPORT,
    )
