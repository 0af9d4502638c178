"""The table of wrong requests: how each is bent, and what it must be told."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc
import numpy as np
from tritonclient.grpc import service_pb2

Request = service_pb2.ModelInferRequest

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED


@dataclass(frozen=True)
class Case:
    """How to bend the request and what the answer has to say."""

    bend: Callable[[Request], object]
    code: grpc.StatusCode
    mentions: tuple[str, ...]


def drop_input(request: Request) -> None:
    del request.inputs[1]
    del request.raw_input_contents[1]


def repeat_input(request: Request) -> None:
    request.inputs.append(request.inputs[0])
    request.raw_input_contents.append(request.raw_input_contents[0])


def set_shape(request: Request, index: int, *shape: int) -> None:
    del request.inputs[index].shape[:]
    request.inputs[index].shape.extend(shape)


def grow(request: Request, index: int, rows: int) -> None:
    set_shape(request, index, rows, 16)
    request.raw_input_contents[index] = bytes(rows * 16 * 4)


def reshape(request: Request, *shape: int) -> None:
    """Another shape of the right number of bytes."""
    set_shape(request, 0, *shape)
    request.raw_input_contents[0] = bytes(4 * int(np.prod(shape)))


def use_contents(request: Request, field: str, values: list) -> None:
    """Moves from raw bytes to typed contents."""
    del request.raw_input_contents[:]
    for tensor in request.inputs:
        tensor.contents.int_contents.extend(range(16))
    request.inputs[0].ClearField("contents")
    getattr(request.inputs[0].contents, field).extend(values)


def set_raw(request: Request, index: int, content: bytes) -> None:
    request.raw_input_contents[index] = content


def set_parameter(
    request: Request, name: str, value: bool | int | str
) -> None:
    field = {bool: "bool_param", int: "int64_param", str: "string_param"}
    setattr(request.parameters[name], field[type(value)], value)


def use_shared_memory(request: Request) -> None:
    parameters = request.inputs[0].parameters
    parameters["shared_memory_region"].string_param = "region"


def classify(request: Request) -> None:
    output = request.outputs.add(name="OUTPUT0")
    output.parameters["classification"].int64_param = 3


def add_outputs(request: Request, *names: str) -> None:
    for name in names:
        request.outputs.add(name=name)


CASES: dict[str, Case] = {
    "wrong input name": Case(
        lambda r: setattr(r.inputs[1], "name", "INPUT7"),
        INVALID,
        ("'INPUT7'", "'INPUT1'", "'simple'"),
    ),
    "wrong data type": Case(
        lambda r: setattr(r.inputs[0], "datatype", "FP32"),
        INVALID,
        ("'INPUT0'", "'FP32'", "'INT32'"),
    ),
    "unknown data type": Case(
        lambda r: setattr(r.inputs[0], "datatype", "FLOAT"),
        INVALID,
        ("'INPUT0'", "'FLOAT'"),
    ),
    "text for numbers": Case(
        lambda r: setattr(r.inputs[0], "datatype", "BYTES"),
        INVALID,
        ("'INPUT0'", "'BYTES'"),
    ),
    "wrong shape": Case(
        lambda r: reshape(r, 1, 8), INVALID, ("'INPUT0'", "[-1,16]", "[1,8]")
    ),
    "wrong rank": Case(
        lambda r: reshape(r, 16), INVALID, ("'INPUT0'", "[-1,16]", "[16]")
    ),
    "no dimensions": Case(
        lambda r: reshape(r), INVALID, ("'INPUT0'", "[-1,16]", "[]")
    ),
    "negative size": Case(
        lambda r: set_shape(r, 0, -1, 16), INVALID, ("'INPUT0'", "[-1,16]")
    ),
    "too few bytes": Case(
        lambda r: set_raw(r, 0, bytes(60)), INVALID, ("'INPUT0'", "64", "60")
    ),
    "too many bytes": Case(
        lambda r: set_raw(r, 1, bytes(65)), INVALID, ("'INPUT1'", "64", "65")
    ),
    "no bytes": Case(
        lambda r: set_raw(r, 0, b""), INVALID, ("'INPUT0'", "64", "0")
    ),
    "missing input": Case(
        drop_input,
        INVALID,
        ("expected 2 inputs but got 1", "'INPUT1'", "'simple'"),
    ),
    "duplicate input": Case(
        repeat_input, INVALID, ("'INPUT0'", "more than once")
    ),
    "no inputs at all": Case(
        lambda r: (r.ClearField("inputs"), r.ClearField("raw_input_contents")),
        INVALID,
        ("expected 2 inputs but got 0", "'INPUT0'"),
    ),
    "unknown model": Case(
        lambda r: setattr(r, "model_name", "nosuch"),
        NOT_FOUND,
        ("Request for unknown model: 'nosuch' is not found",),
    ),
    "no model name": Case(
        lambda r: setattr(r, "model_name", ""), NOT_FOUND, ("''",)
    ),
    "unknown version": Case(
        lambda r: setattr(r, "model_version", "99"),
        NOT_FOUND,
        ("'simple'", "99"),
    ),
    "unknown alias": Case(
        lambda r: setattr(r, "model_version", "one"),
        INVALID,
        ("specified version string 'one'", "alias"),
    ),
    "version that is no number": Case(
        lambda r: setattr(r, "model_version", "1.5"),
        INVALID,
        ("version", "'1.5'"),
    ),
    "version with a rest": Case(
        lambda r: setattr(r, "model_version", "1x"),
        INVALID,
        ("version", "'1x'"),
    ),
    "version beyond 64 bits": Case(
        lambda r: setattr(r, "model_version", "9" * 30), INVALID, ("version",)
    ),
    "unknown output": Case(
        lambda r: add_outputs(r, "OUTPUT9"),
        INVALID,
        ("'OUTPUT9'", "OUTPUT0", "OUTPUT1"),
    ),
    "output asked for twice": Case(
        lambda r: add_outputs(r, "OUTPUT0", "OUTPUT0"),
        INVALID,
        ("'OUTPUT0'",),
    ),
    "inputs of different batch": Case(
        lambda r: (grow(r, 0, 2), grow(r, 1, 3)),
        INVALID,
        ("'INPUT0'", "'INPUT1'", "2", "3"),
    ),
    "contents beside raw bytes": Case(
        lambda r: r.inputs[0].contents.int_contents.extend(range(16)),
        INVALID,
        ("contents", "raw_input_contents", "'INPUT0'"),
    ),
    "fewer raw entries than inputs": Case(
        lambda r: r.raw_input_contents.pop(),
        INVALID,
        ("raw_input_contents", "1", "2"),
    ),
    "more raw entries than inputs": Case(
        lambda r: r.raw_input_contents.append(b""),
        INVALID,
        ("raw_input_contents", "3", "2"),
    ),
    "neither contents nor raw bytes": Case(
        lambda r: r.ClearField("raw_input_contents"), INVALID, ("'INPUT0'",)
    ),
    "too few typed values": Case(
        lambda r: use_contents(r, "int_contents", [1] * 15),
        INVALID,
        ("'INPUT0'", "64", "60"),
    ),
    "typed values of another type": Case(
        lambda r: use_contents(r, "fp32_contents", [1.0] * 16),
        INVALID,
        ("'INPUT0'", "INT32"),
    ),
    "start of no sequence": Case(
        lambda r: set_parameter(r, "sequence_start", True),
        INVALID,
        ("'sequence_start'", "sequence_id is missing"),
    ),
    "end of sequence 0": Case(
        lambda r: (
            set_parameter(r, "sequence_id", 0),
            set_parameter(r, "sequence_end", True),
        ),
        INVALID,
        ("'sequence_end'", "sequence_id is missing"),
    ),
    "sequence without a name": Case(
        lambda r: set_parameter(r, "sequence_id", True),
        INVALID,
        ("'sequence_id'", "int64_param"),
    ),
    "name of a sequence too long": Case(
        lambda r: set_parameter(r, "sequence_id", "x" * 129),
        INVALID,
        ("'sequence_id'", "129", "128"),
    ),
    "reserved parameter": Case(
        lambda r: set_parameter(r, "sequence_foo", 7),
        INVALID,
        ("'sequence_foo'", "reserved"),
    ),
    # Extensions that are not served are refused, never ignored.
    "shared memory": Case(
        use_shared_memory,
        UNIMPLEMENTED,
        ("'INPUT0'", "'shared_memory_region'"),
    ),
    "classification": Case(
        classify, UNIMPLEMENTED, ("'OUTPUT0'", "'classification'")
    ),
    "negative timeout": Case(
        lambda r: set_parameter(r, "timeout", -1), INVALID, ("'timeout'", "-1")
    ),
}
