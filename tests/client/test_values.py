"""Values beside tensors, and every data type, through a scripted module."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sconce import Client
from sconce.client.errors import InvalidArgument, InvalidInput
from torch import Tensor, nn

from sconce_support.server_process import ServerProcess
from sconce_support.value_models import Point, Values


class Same(nn.Module):
    def forward(self, timeout: Tensor) -> Tensor:
        return timeout + 0


@pytest.fixture(scope="module")
def values(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("values")
    torch.jit.script(Values().eval()).save(folder / "values.pt")
    torch.jit.script(Same().eval()).save(folder / "same.pt")
    with ServerProcess([folder], binary=binary) as server:
        with Client(server.grpc_address) as client:
            yield client


X = np.array([1.0, 2.0], dtype=np.float32)


def test_scalars(values: Client) -> None:
    model = values.model("values:scalars")
    b, i, f, s = model(True, 4, 0.25, "hé")
    assert (b.tolist(), i.tolist(), f.tolist()) == ([False], [5], [0.5])
    assert s.tolist() == ["hé!"]
    assert model(False, 4, 1, "")[2].tolist() == [2.0]  # an int for a float


def test_a_default(values: Client) -> None:
    model = values.model("values")
    assert model(X).tolist() == [2, 4]
    assert model(X, n=5).tolist() == [5, 10]


def test_lists_of_scalars(values: Client) -> None:
    i, f, s = values.model("values:lists")([3, 4], [], ["a", "b"])
    assert (i.tolist(), f.tolist()) == ([3, 4, 1], [0.5])
    assert s.tolist() == ["a", "b", "end"]


def test_containers_of_tensors(values: Client) -> None:
    model = values.model("values:tensors")
    assert model([X * 3, X], {"a": X}).tolist() == (X * 12).tolist()
    spread = {"xs.0": X * 3, "xs.1": X, "d.a": X}
    assert model(**spread).tolist() == (X * 12).tolist()


def test_tuples_and_named_tuples(values: Client) -> None:
    model = values.model("values:pair")
    point = {"left": X * 3, "right": X}
    assert model((X, 3), point)["left"].tolist() == (X * 3).tolist()
    named = Point(torch.from_numpy(X * 3), torch.from_numpy(X))
    assert model((X, 3), named)["right"].tolist() == (X * 2).tolist()


def test_none_leaves_an_argument_out(values: Client) -> None:
    model = values.model("values:maybe")
    assert model(None, X).tolist() == X.tolist()
    assert model(X, X).tolist() == (X * 2).tolist()


def test_results_by_their_names(values: Client) -> None:
    found = values.model("values:keys")(X)
    assert {key: each.tolist() for key, each in found.items()} == {
        "3": [1, 2],
        "7": [2, 3],
    }
    whole, parts = values.model("values:nested")(X)
    assert whole.tolist() == [1, 2]
    assert [each.tolist() for each in parts["all"]] == [[1, 2], [2, 3]]


@pytest.mark.parametrize(
    "dtype",
    ["?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"],
)
def test_every_data_type_comes_back(values: Client, dtype: str) -> None:
    sent = np.array([[0, 1], [1, 0]], dtype)
    found = values.model("same")(sent)
    wanted = np.dtype("i8") if dtype == "?" else sent.dtype  # True + 0
    assert found.dtype == wanted
    np.testing.assert_array_equal(found, sent)


def test_bfloat16(values: Client) -> None:
    tensor = torch.tensor([1.5, -3e38, 1e-3], dtype=torch.bfloat16)
    answer = values.model("same").infer((tensor,))
    assert answer.datatypes == {"output_0": "BF16"}
    assert answer.value.dtype == np.float32
    np.testing.assert_array_equal(answer.value, tensor.float().numpy())


def test_nothing_and_one_number(values: Client) -> None:
    same = values.model("same")
    assert same(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert same(np.float32(4)).shape == ()


def test_an_argument_whose_name_is_taken(values: Client) -> None:
    found = values.model("same").infer(named={"timeout": X}).value
    assert found.tolist() == X.tolist()


def test_wrong_arguments_are_told_before_anything_is_sent(
    values: Client,
) -> None:
    model = values.model("values")
    with pytest.raises(InvalidInput, match="takes 2 arguments.*3 were given"):
        model(X, 2, 3)
    with pytest.raises(InvalidInput, match='no argument "y"; it takes x='):
        model(X, y=1)
    with pytest.raises(InvalidInput, match='"x" is given twice'):
        model(X, x=X)


def test_what_the_server_refuses(values: Client) -> None:
    with pytest.raises(InvalidArgument) as caught:
        values.model("values")(X, n=np.array([1.5]))
    assert caught.value.code == "INVALID_ARGUMENT"
    assert "n" in caught.value.message
