"""`sconce export package.module:factory --inputs … -o file.pt`.

Exit codes: 0 written, 1 the model is at fault, 2 the call is. Torch is
imported when there is something to export: `--help` answers at once.
"""

from pathlib import Path

import click

_HOW = click.Choice(["auto", "trace", "script"])


@click.command("export")
@click.argument("entry", metavar="PACKAGE.MODULE:FACTORY")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The archive to write.",
)
@click.option(
    "--inputs",
    help="Example inputs: \"x=FP32[1,3,224,224], scale=2, flag=true\", "
    "INT64[1,16]<30522 for integers below a limit, or a .npz or .safetensors "
    "file. Not needed where the factory returns (module, inputs).",
)
@click.option(
    "--method",
    "methods",
    nargs=2,
    multiple=True,
    metavar="NAME INPUTS",
    help="A further method to export, with its example inputs.",
)
@click.option(
    "--how",
    type=_HOW,
    default="auto",
    show_default=True,
    help="auto traces, and scripts where the trace is not right.",
)
@click.option(
    "--dynamic",
    multiple=True,
    metavar="INPUT:DIM=NAME",
    help="A dimension that may change, as in x:2=height>=8 or x:2=height%4. "
    "Found by asking eager PyTorch when none is given.",
)
@click.option(
    "--batch",
    default="auto",
    show_default=True,
    help="The dimension of independent rows: auto proves it, none claims "
    "nothing, a name must hold.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="A file with one class label a line.",
)
@click.option("--description", default="", help="Free text for the archive.")
@click.option("--input-names", metavar="A,B", help="Names for the inputs.")
@click.option("--output-names", metavar="A,B", help="Names for the outputs.")
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="DTYPE=RTOL,ATOL",
    help="How far the archive may be from eager, as in FP32=1e-3,1e-5.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(["onnx"]),
    help="Write and prove an ONNX file beside the archive.",
)
@click.option(
    "--opset",
    type=int,
    help="The opset of the ONNX file, 13 to 20; 20 when left out.",
)
@click.option(
    "--allow-mismatch",
    is_flag=True,
    help="Write an archive that answers differently from eager PyTorch; "
    "each difference is recorded in it.",
)
@click.option("--verbose", is_flag=True, help="Show every variation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(**options: object) -> None:
    """Export a PyTorch model and prove that the archive answers like it.

    FACTORY takes no arguments and returns a module in eval mode, a function,
    or a pair (module, inputs). It is looked for in this folder and on the
    Python path.
    """
    # Only now, because it imports torch, which takes seconds.
    from sconce.export.running import run

    raise SystemExit(run(**options))  # type: ignore[arg-type]
