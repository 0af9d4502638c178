"""Arguments and results beside tensors, and methods beside forward."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.fake_devices import MakeServer
from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess
from sconce_support.value_models import Values


@pytest.fixture(scope="module")
def client(
    make_server: MakeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("values")
    torch.jit.script(Values().eval()).save(folder / "values.pt")
    with make_server([folder]) as server:
        with InferenceServerClient(server.grpc_address) as made:
            yield made


def call(
    client: InferenceServerClient,
    method: str,
    inputs: dict[str, Any],
    /,
    **parameters: Any,
) -> dict[str, Any]:
    arrays = {name: np.asarray(value) for name, value in inputs.items()}
    name = f"values:{method}" if method else "values"
    result = client.infer(
        name, infer_inputs(arrays), parameters=parameters, client_timeout=60
    )
    return result_arrays(result)


def refusal(
    client: InferenceServerClient, /, *arguments: Any, **parameters: Any
) -> tuple[str, str]:
    with pytest.raises(InferenceServerException) as caught:
        call(client, *arguments, **parameters)
    return caught.value.status(), caught.value.message()


def text(*values: str) -> Any:
    return np.array([value.encode() for value in values], dtype=object)


class Texts(nn.Module):
    def forward(self, s: list[str]) -> list[str]:
        return s


TEXTS = """
max_batch_size: 4
input { name: "s" data_type: TYPE_STRING dims: [ 2 ] }
output { name: "t" data_type: TYPE_STRING dims: [ 2 ] }
"""

X = np.array([1.0, 2.0], dtype=np.float32)


def test_scalars_as_tensors(client: InferenceServerClient) -> None:
    answer = call(
        client,
        "scalars",
        {"b": [True], "i": np.int32([4]), "f": [0.25], "s": text("hé")},
    )
    assert answer["output_0"].tolist() == [False]
    assert answer["output_1"].tolist() == [5]
    assert answer["output_2"].tolist() == [0.5]
    assert [value.decode() for value in answer["output_3"]] == ["hé!"]


def test_scalars_as_parameters(client: InferenceServerClient) -> None:
    answer = call(client, "scalars", {}, b=False, i=-1, f=0.5, s="x")
    assert answer["output_0"].tolist() == [True]
    assert answer["output_1"].tolist() == [0]
    assert answer["output_2"].tolist() == [1.0]
    assert answer["output_3"].tolist() == [b"x!"]


def test_lists(client: InferenceServerClient) -> None:
    answer = call(
        client,
        "lists",
        {
            "i": np.array([3, 4]),
            "f": np.array([], dtype=np.float64),
            "s": text("a", "b"),
        },
    )
    assert answer["output_0"].tolist() == [3, 4, 1]
    assert answer["output_1"].tolist() == [0.5]
    assert answer["output_2"].tolist() == [b"a", b"b", b"end"]


def test_lists_and_dicts_of_tensors(client: InferenceServerClient) -> None:
    answer = call(client, "tensors", {"xs.1": X, "d.a": X, "xs.0": X * 3})
    np.testing.assert_array_equal(answer["output_0"], X * 12)


def test_tuples_and_named_tuples(client: InferenceServerClient) -> None:
    answer = call(
        client,
        "pair",
        {"t.0": X, "t.1": [3], "p.left": X * 5, "p.right": X},
    )
    assert list(answer) == ["left", "right"]
    np.testing.assert_array_equal(answer["left"], X * 3)
    np.testing.assert_array_equal(answer["right"], X * 4)


def test_an_optional_tensor(client: InferenceServerClient) -> None:
    without = call(client, "maybe", {"y": X})
    np.testing.assert_array_equal(without["output_0"], X)
    given = call(client, "maybe", {"x": X, "y": X})
    np.testing.assert_array_equal(given["output_0"], X + X)


def test_defaults(client: InferenceServerClient) -> None:
    np.testing.assert_array_equal(
        call(client, "", {"x": X})["output_0"], X * 2
    )
    np.testing.assert_array_equal(
        call(client, "", {"x": X}, n=5)["output_0"], X * 5
    )


def test_keys_that_are_no_strings(client: InferenceServerClient) -> None:
    assert list(call(client, "keys", {"x": X})) == ["3", "7"]


def test_none_is_no_output(client: InferenceServerClient) -> None:
    assert list(call(client, "nothing", {"x": X})) == ["output_0"]


def test_the_method_as_a_parameter(client: InferenceServerClient) -> None:
    answer = call(client, "", {"x": X}, method="keys")
    assert list(answer) == ["3", "7"]


def test_each_method_has_metadata_of_its_own(
    client: InferenceServerClient,
) -> None:
    def names(model: str) -> list[str]:
        return [i.name for i in client.get_model_metadata(model).inputs]

    assert names("values") == ["x", "n"]
    assert names("values:scalars") == ["b", "i", "f", "s"]
    assert names("values:pair") == ["t.0", "t.1", "p.left", "p.right"]
    assert client.get_model_metadata("values:keys").name == "values:keys"


@pytest.mark.parametrize(
    "method, inputs, message",
    [
        (
            "scalars",
            {"b": [True], "i": [0.5], "f": [0.25], "s": text("x")},
            "inference input 'i' data-type is 'FP64', but model 'values' "
            "expects an int, sent as INT64 or another integer type",
        ),
        (
            "scalars",
            {"b": [True], "i": [1, 2], "f": [0.25], "s": text("x")},
            "unexpected shape for input 'i' for model 'values'. Expected one "
            "element, as [1], got [2]",
        ),
        (
            "scalars",
            {
                "b": [True],
                "i": [1],
                "f": [0.25],
                "s": np.array([b"\xff"], dtype=object),
            },
            "input 's' for model 'values': string 0 of 1 is no valid UTF-8",
        ),
        (
            "tensors",
            {"xs.0": X, "xs.2": X, "d.a": X},
            "input 'xs.2' for model 'values' came without 'xs.1'; a list has "
            "no gaps",
        ),
        (
            "tensors",
            {"xs.0": X},
            "expected 2 inputs but got 1 inputs for model 'values'. Got "
            "input(s) ['xs.0'], but missing required input(s) ['d.<key>']. "
            "Please provide all required input(s).",
        ),
        (
            "pair",
            {"t": X},
            "unexpected inference input 't' for model 'values'; the model's "
            "inputs are ['t.0','t.1','p.left','p.right']",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    client: InferenceServerClient,
    method: str,
    inputs: dict[str, Any],
    message: str,
) -> None:
    code, said = refusal(client, method, inputs)
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert said == message


def test_a_tuple_in_part_is_refused(client: InferenceServerClient) -> None:
    code, said = refusal(client, "pair", {"t.0": X, "p.left": X, "p.right": X})
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert "'t.1'" in said


def test_a_mistyped_parameter(client: InferenceServerClient) -> None:
    code, said = refusal(client, "", {"x": X}, m=5)
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert said == (
        "parameter 'm' is no number, bool or string that model 'values' takes; "
        "the model's inputs are ['x','n']"
    )


def test_values_are_described(client: InferenceServerClient) -> None:
    inputs = client.get_model_metadata("values:scalars").inputs
    assert [i.datatype for i in inputs] == ["BOOL", "INT64", "FP64", "BYTES"]
    assert [list(i.shape) for i in inputs] == [[1]] * 4
    inputs = client.get_model_metadata("values:tensors").inputs
    assert [i.name for i in inputs] == ["xs.<index>", "d.<key>"]


def test_an_unknown_method(client: InferenceServerClient) -> None:
    code, said = refusal(client, "scalar", {"x": X})
    assert code == "StatusCode.NOT_FOUND"
    assert said.startswith("model 'values' has no method 'scalar'; its methods")
    assert "'scalars'" in said


def test_a_method_named_twice(client: InferenceServerClient) -> None:
    code, said = refusal(client, "keys", {"x": X}, method="nothing")
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert "'nothing'" in said and "':keys'" in said


def test_more_strings_than_any_list_has(client: InferenceServerClient) -> None:
    many = np.full(1_000_001, b"", dtype=object)
    code, said = refusal(
        client, "lists", {"i": [1], "f": [0.5], "s": many}
    )
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert "at most 1000000" in said


def test_an_output_that_the_protocol_lacks(
    client: InferenceServerClient,
) -> None:
    code, said = refusal(client, "complex_result", {"x": X})
    assert code == "StatusCode.UNIMPLEMENTED"
    assert "output 'spectrum' is a tensor of type ComplexFloat" in said


def test_lists_have_the_shape_that_is_declared(
    binary: Path, tmp_path: Path
) -> None:
    """What example programs for Triton send to a model of strings."""
    version = tmp_path / "texts" / "1"
    version.mkdir(parents=True)
    torch.jit.script(Texts().eval()).save(str(version / "model.pt"))
    (version.parent / "config.pbtxt").write_text(TEXTS)
    rows = text("a", "b", "c", "d", "e", "f").reshape(3, 2)
    with ServerProcess([tmp_path], binary=binary) as server:
        with InferenceServerClient(server.grpc_address) as client:
            result = client.infer("texts", infer_inputs({"s": rows}))
            with pytest.raises(InferenceServerException) as caught:
                client.infer("texts", infer_inputs({"s": rows.flatten()}))
    assert result.as_numpy("t").tolist() == rows.tolist()
    assert "Expected [-1,2], got [6]" in caught.value.message()
