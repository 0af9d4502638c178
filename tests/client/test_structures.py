"""rebuild(): named outputs to a value, by declaration and by name."""

from typing import Any

import pytest
from sconce.client.structures import rebuild


@pytest.mark.parametrize(
    ("outputs", "value"),
    [
        ({}, {}),
        ({"output_0": 1}, 1),
        ({"output_0": 1, "output_1": 2}, (1, 2)),
        ({"output_1": 1}, {"output_1": 1}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"output_0.0": 1, "output_0.1": 2}, (1, 2)),
        ({"a.0": 1, "a.1": 2, "b.x": 3}, {"a": (1, 2), "b": {"x": 3}}),
        ({"a": 1, "a.b": 2}, {"a": 1, "a.b": 2}),
        ({"a.b": 1, "a.b.c": 2}, {"a": {"b": 1, "b.c": 2}}),
    ],
)
def test_by_name(outputs: dict[str, int], value: Any) -> None:
    assert rebuild(outputs, None) == value


def test_by_declaration() -> None:
    structure = {
        "dict": [
            ["list", {"list": [{"leaf": "a.0"}]}],
            [3, {"tuple": [{"leaf": "b"}, {"none": True}]}],
        ]
    }
    found = rebuild({"a.0": 1, "b": 2}, structure)
    assert found == {"list": [1], 3: (2, None)}


def test_types_have_their_names_and_are_made_once() -> None:
    pairs = [["low", {"leaf": "low"}], ["high", {"leaf": "high"}]]
    for kind in ("namedtuple", "dataclass"):
        structure = {kind: "Range", "fields": pairs}
        first = rebuild({"low": 1, "high": 2}, structure)
        assert (type(first).__name__, first.low, first.high) == ("Range", 1, 2)
        assert first == rebuild({"low": 1, "high": 2}, structure)


@pytest.mark.parametrize(
    "structure",
    [
        {"leaf": "other"},
        {"set": [{"leaf": "a"}]},
        {"dict": [{"leaf": "a"}]},
        {"namedtuple": "class", "fields": [["a", {"leaf": "a"}]]},
        {"leaf": ["a"]},
    ],
)
def test_what_does_not_fit_is_rebuilt_by_name(structure: Any) -> None:
    assert rebuild({"a": 1}, structure) == {"a": 1}


def test_a_bottomless_structure_ends() -> None:
    structure: Any = {"leaf": "a"}
    for _ in range(70):
        structure = {"list": [structure]}
    assert rebuild({"a": 1}, structure) == {"a": 1}
