"""Answers of a model: shown, or written to a file."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import click
import numpy as np

from sconce.cli.faults import WRONG_CALL, Fault
from sconce.cli.printing import print_rows
from sconce.cli.values import bytes_of
from sconce.client.answers import Answer

_PREVIEW = 40  # values of an output that are shown in full


def print_answer(answer: Answer) -> None:
    click.echo(f"{answer.model}, version {answer.version}")
    rows = []
    for name, array in answer.outputs.items():
        shape = ",".join(map(str, array.shape))
        text = np.array2string(array, threshold=_PREVIEW, edgeitems=3)
        rows.append((name, f"{answer.datatypes[name]}[{shape}]", text))
    print_rows(("OUTPUT", "TYPE", "VALUES"), rows)


def print_top(answer: Answer, count: int, labels: Optional[str]) -> None:
    """The largest values of the first output's last dimension, by row."""
    names = _lines(labels) if labels else []
    name, array = next(iter(answer.outputs.items()), ("", np.empty(0)))
    if array.ndim == 0 or array.size == 0 or array.dtype.kind == "O":
        raise Fault(f'output "{name}" has nothing to rank; leave out --top')
    rows: List[Any] = []
    for number, values in enumerate(array.reshape(-1, array.shape[-1])):
        for index in np.argsort(-values, kind="stable")[:count]:
            label = names[index] if index < len(names) else ""
            rows.append(
                (str(number), str(index), f"{values[index]:.6g}", label)
            )
    print_rows(("ROW", "INDEX", "VALUE", "LABEL"), rows)


def write_arrays(answer: Answer, path: str) -> None:
    """As .npz by name, or as .npy. Raises Fault."""
    # Strings are objects to numpy, which it would pickle.
    arrays: Dict[str, Any] = {
        name: array.astype(str) if array.dtype.kind == "O" else array
        for name, array in answer.outputs.items()
    }
    single = path.endswith(".npy")
    if single and len(arrays) != 1:
        raise Fault(
            f"{path}: an .npy file holds one array, the answer has "
            f"{len(arrays)}; write an .npz",
            WRONG_CALL,
        )
    try:
        with open(path, "wb") as file:
            if single:
                np.save(file, next(iter(arrays.values())))
            else:
                np.savez(file, **arrays)
    except OSError as error:
        raise Fault(
            f"{path} cannot be written: {error.strerror}", WRONG_CALL
        ) from None


def _lines(path: str) -> List[str]:
    content, source = bytes_of(path)
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        raise Fault(f"{source} is no text file", WRONG_CALL) from None
