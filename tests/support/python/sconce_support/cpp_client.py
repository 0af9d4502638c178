"""The C++ client library, through the program sconce-client-ask."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tritonclient.utils import np_to_triton_dtype, triton_to_np_dtype

from sconce_support.server_process import default_binary

Json = dict[str, Any]


def program() -> Path:
    """What `make build` puts beside the server."""
    return default_binary().with_name("sconce-client-ask")


def question(
    model: str, arrays: Mapping[str, NDArray[Any]], **fields: Any
) -> Json:
    """A request for the program; arrays of dtype object are BYTES."""
    return {"model": model, "inputs": _inputs(arrays), **fields}


def arrays_of(answer: Json) -> dict[str, NDArray[Any]]:
    """All outputs in the order of the answer."""
    assert answer["code"] == "OK", answer
    return {out["name"]: _array(out) for out in answer["outputs"]}


class CppClient:
    """One process with one sconce::Client. One thread at a time."""

    def __init__(self, address: str) -> None:
        self._command = [str(program()), "--address", address]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0

    def ask(self, call: str, **fields: Any) -> Json:
        """The program's answer to one call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": call, **fields}) + "\n")
        self._process.stdin.flush()
        answer: Json = json.loads(self._process.stdout.readline())
        return answer

    def infer(
        self, model: str, arrays: Mapping[str, NDArray[Any]], **fields: Any
    ) -> Json:
        return self.ask("infer", **question(model, arrays, **fields))


def _inputs(arrays: Mapping[str, NDArray[Any]]) -> list[Json]:
    return [_input(name, array) for name, array in arrays.items()]


def _input(name: str, array: NDArray[Any]) -> Json:
    described: Json = {"name": name, "shape": list(array.shape)}
    if array.dtype == np.object_:
        described["strings"] = list(array.flat)
    else:
        described["datatype"] = np_to_triton_dtype(array.dtype)
        described["hex"] = array.tobytes().hex()
    return described


def _array(output: Json) -> NDArray[Any]:
    if output["datatype"] == "BYTES":
        values = np.array(output["strings"], dtype=np.object_)
    else:
        dtype = triton_to_np_dtype(output["datatype"])
        values = np.frombuffer(bytes.fromhex(output["hex"]), dtype=dtype)
    return values.reshape(output["shape"])
