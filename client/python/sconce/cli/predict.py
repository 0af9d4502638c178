"""`sconce predict`."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import click
import numpy as np

from sconce.cli.answer import print_answer, print_top, write_arrays
from sconce.cli.connection import Connection, connecting, model_argument
from sconce.cli.faults import WRONG_CALL, Fault
from sconce.cli.images import ImageOptions
from sconce.cli.printing import print_json
from sconce.cli.values import InputReader, numbers_in
from sconce.client.answers import Answer


@click.command("predict")
@model_argument
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("-i", "--input", "inputs", metavar="NAME=VALUE", multiple=True,
              help="JSON, @FILE or @- for standard input; may be repeated.")
@click.option("--version", default="", metavar="VERSION",
              help="Number or alias.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(),
              help="Write the outputs: .npz, or .npy for a single one.")
@click.option("--top", metavar="N", type=click.IntRange(min=1),
              help="Show the N largest values of the last dimension.")
@click.option("--labels", metavar="FILE",
              help="Their names, a line each; with --top.")
@click.option("--size", metavar="HxW",
              help="Resize images, where the model takes any size.")
@click.option("--mean", metavar="M[,M,M]", default="0",
              help="Of images: (v - mean) / std of v from 0 to 1.")
@click.option("--std", metavar="S[,S,S]", default="1",
              help="See --mean.")
@click.option("--priority", metavar="N", type=click.IntRange(min=0),
              default=0, help="Level of the request; 1 goes first.")
@connecting
def command(
    connection: Connection,
    as_json: bool,
    model: str,
    files: "tuple[str, ...]",
    inputs: "tuple[str, ...]",
    version: str,
    output: Optional[str],
    top: Optional[int],
    labels: Optional[str],
    **options: Any,
) -> None:
    """Ask a MODEL (or MODEL:METHOD) and show its answer.

    FILEs are for its arguments, in their order: .npy, .npz, JSON, or images,
    which get the layout, size and data type that the model takes; - is
    standard input.

      sconce predict classifier cat.jpg --top 5

      sconce predict net -i x=@x.npy -i scale=2 --json
    """
    priority = options.pop("priority")
    images = _image_options(**options)
    with connection.client() as client:
        asked = client.model(model, version)
        reader = InputReader(asked.metadata(), images)
        answer = asked.infer(
            named=reader.read(files, inputs), priority=priority
        )
    if output:
        write_arrays(answer, output)
    _show(answer, as_json, top, labels)


def _show(
    answer: Answer, as_json: bool, top: Optional[int], labels: Optional[str]
) -> None:
    if as_json:
        print_json(_as_json(answer))
    elif top:
        print_top(answer, top, labels)
    else:
        print_answer(answer)


def _as_json(answer: Answer) -> Any:
    return {
        "model": answer.model,
        "version": answer.version,
        "outputs": {
            name: {
                "datatype": answer.datatypes[name],
                "shape": list(array.shape),
                "data": array,
            }
            for name, array in answer.outputs.items()
        },
    }


def _image_options(
    size: Optional[str], mean: str, std: str
) -> ImageOptions:
    deviations = numbers_in(std, (1, 3, 4))
    if not np.all(deviations):
        raise Fault(f"--std '{std}' has a 0", WRONG_CALL)
    return ImageOptions(
        _size(size) if size else None, numbers_in(mean, (1, 3, 4)), deviations
    )


def _size(text: str) -> Tuple[int, int]:
    height, _, width = text.partition("x")
    if not (height.isdigit() and width.isdigit() and int(height)
            and int(width)):
        raise Fault(
            f"--size '{text}' is not HEIGHTxWIDTH, as in 224x224", WRONG_CALL
        )
    return int(height), int(width)
