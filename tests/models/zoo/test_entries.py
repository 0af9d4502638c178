"""What every entry of the zoo has, and what eager PyTorch makes of it."""

import pytest
import torch

from models.zoo import CASES, ZOO, Call
from sconce_support.eager import answer, assert_close, zoo_model

# Rows of models/doc/zoo.md. What goes wrong with Z9 goes wrong in a server.
ROWS = {f"Z{number}" for number in range(1, 18)}
WITHOUT_TRAP = {"Z9"}


@pytest.mark.parametrize("name", ZOO)
def test_it_is_called_as_it_is_listed(name: str) -> None:
    assert zoo_model(name).name == name


@pytest.mark.parametrize("name", ZOO)
def test_the_exporter_does_not_see_every_call(name: str) -> None:
    model = zoo_model(name)
    known = [model.inputs, *model.more_examples, *model.methods.values()]
    assert model.unseen
    for call in model.unseen:
        assert not any(equal(call.inputs, inputs) for inputs in known)


@pytest.mark.parametrize(
    "name",
    [
        "recurrent_loop",
        "two_traces",
        "resnet18_mean_subtracted",
        "goal_prediction",
    ],
)
def test_traces_inside_a_model_equal_its_reference(name: str) -> None:
    model = zoo_model(name)
    assert model.reference is not None
    with torch.inference_mode():
        torch.testing.assert_close(
            model.module(**model.inputs), model.eager(Call(model.inputs))
        )


@pytest.mark.parametrize("name", ZOO)
def test_answers_do_not_depend_on_earlier_calls(name: str) -> None:
    model = zoo_model(name)
    first = [answer(name, call) for call in model.unseen]
    again = [answer(name, call) for call in reversed(model.unseen)]
    for one, other in zip(first, reversed(again), strict=True):
        assert_close(one, other)


def test_every_row_of_the_table_is_there() -> None:
    assert {zoo_model(name).row for name in CASES} == ROWS


def test_every_row_has_its_trap() -> None:
    trapped = {zoo_model(n).row for n in CASES if zoo_model(n).traps}
    assert trapped == ROWS - WITHOUT_TRAP


def equal(left: object, right: object) -> bool:
    try:
        torch.testing.assert_close(left, right, rtol=0, atol=0)
    except AssertionError:
        return False
    return True
