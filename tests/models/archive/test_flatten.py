"""Structures are taken apart and put together again without a loss."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest

from sconce.archive import MetadataError, flatten, rebuild

Point = namedtuple("Point", ["across", "down"])


@dataclass
class Box:
    low: Any
    high: Any


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (5, ["x"]),
        ([5, 6], ["x.0", "x.1"]),
        ((5, (6, 7)), ["x.0", "x.1.0", "x.1.1"]),
        ({"a": 5, 3: [6]}, ["x.a", "x.3.0"]),
        (Point(5, {"k": 6}), ["x.across", "x.down.k"]),
        (Box(5, [6]), ["x.low", "x.high.0"]),
        (None, []),
        ([], []),
        ({"a": None, "b": ()}, []),
    ],
)
def test_names_of_inputs(value: object, names: list[str]) -> None:
    leaves, structure = flatten(value, "x")
    assert [name for name, _ in leaves] == names
    assert rebuild(structure, dict(leaves)) == same_shape(value)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (5, ["output_0"]),
        ((5, 6), ["output_0", "output_1"]),
        ([5, (6, 7)], ["output_0", "output_1.0", "output_1.1"]),
        ({"a": 5, "b": [6, 7]}, ["a", "b.0", "b.1"]),
        (Point(5, Box(6, 7)), ["across", "down.low", "down.high"]),
        ([{"a": 5}], ["output_0.a"]),
    ],
)
def test_names_of_outputs(value: object, names: list[str]) -> None:
    leaves, structure = flatten(value, "output", output=True)
    assert leaves == list(zip(names, [5, 6, 7]))
    assert rebuild(structure, dict(leaves)) == same_shape(value)


def same_shape(value: object) -> object:
    """A dataclass comes back as one that is equal in all but its class."""
    if isinstance(value, Box):
        return Like("Box", {"low": value.low, "high": value.high})
    if isinstance(value, Point):
        return Point(*map(same_shape, value))
    return value


class Like:
    """Equal to a dataclass of this name with these fields."""

    def __init__(self, name: str, fields: dict[str, object]) -> None:
        self.name, self.fields = name, fields

    def __eq__(self, other: object) -> bool:
        return (type(other).__name__, vars(other)) == (self.name, self.fields)


def test_a_namedtuple_keeps_its_name_and_fields() -> None:
    leaves, structure = flatten(Point(1, 2), "x")
    back = rebuild(structure, {"x.across": 8, "x.down": 9})
    assert type(back).__name__ == "Point"
    assert (back.across, back.down) == (8, 9)


def test_a_dict_subclass_becomes_a_dict_in_its_order() -> None:
    leaves, structure = flatten(OrderedDict(b=1, a=2), "x")
    back = rebuild(structure, dict(leaves))
    assert type(back) is dict
    assert list(back.items()) == [("b", 1), ("a", 2)]


def test_keys_keep_their_type() -> None:
    leaves, structure = flatten({1: 5, True and "t": 6, 2.5: 7}, "x")
    assert list(rebuild(structure, dict(leaves))) == [1, "t", 2.5]


def test_two_leaves_of_one_name_are_refused() -> None:
    with pytest.raises(MetadataError, match=r"both be named 'x.a.b'"):
        flatten({"a.b": 1, "a": {"b": 2}}, "x")


def test_a_key_that_json_has_not_is_refused() -> None:
    with pytest.raises(MetadataError, match=r"dict key \(1, 2\) is a tuple"):
        flatten({(1, 2): 1}, "x")


def test_endless_nesting_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(MetadataError, match="nests deeper than 64"):
        flatten(endless, "x")


@pytest.mark.parametrize(
    ("structure", "reason"),
    [
        ({}, "a structure is a leaf"),
        ({"leaf": 3}, "a structure is a leaf"),
        ({"tuple": "ab"}, "a structure is a leaf"),
        ({"list": [3]}, "a structure is a leaf"),
        ({"dict": [["a"]]}, "pairs of a key and a structure"),
        ({"dict": [[None, {"leaf": "x"}]]}, "pairs of a key"),
        ({"leaf": "gone"}, "no value for 'gone'"),
        ({"namedtuple": "1x", "fields": []}, "no namedtuple '1x'"),
        (
            {"dataclass": "D", "fields": [["a b", {"leaf": "x"}]]},
            "no dataclass 'D' with the fields a b",
        ),
    ],
)
def test_malformed_structures(structure: Any, reason: str) -> None:
    with pytest.raises(MetadataError, match=reason):
        rebuild(structure, {"x": 1})


def test_a_deep_structure_is_refused() -> None:
    structure: dict[str, Any] = {"leaf": "x"}
    for _ in range(5000):
        structure = {"list": [structure]}
    with pytest.raises(MetadataError, match="nests deeper than 64"):
        rebuild(structure, {"x": 1})
