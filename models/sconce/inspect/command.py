"""`sconce inspect FILE`: what a TorchScript archive holds.

Exit codes: 0 shown, 1 the file cannot be inspected, 2 a wrong call. Torch is
imported when a file is looked at, so that `--help` answers at once.
"""

from pathlib import Path

import click

from sconce.inspect.errors import WrongCall

FORWARD = "forward"


@click.command("inspect")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--code",
    metavar="[METHOD]",
    is_flag=False,
    flag_value=FORWARD,
    help="Print a method's source: forward, another method, or that of a "
    "submodule, as in --code=layer1.0.forward.",
)
@click.option(
    "--graph",
    metavar="[METHOD]",
    is_flag=False,
    flag_value=FORWARD,
    help="Print a method's graph, named as for --code.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Levels of the module tree to show.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Load a file even where its code acts while it is loaded.",
)
def command(
    file: Path | None,
    code: str | None,
    graph: str | None,
    as_json: bool,
    depth: int,
    trust: bool,
) -> None:
    """Show modules, methods, parameters and operators of a TorchScript file.

    FILE is loaded on the CPU and never run. Put --code and --graph after
    FILE, or write --code=METHOD.
    """
    path = existing_file(file, code or graph)
    if as_json and (code or graph):
        raise WrongCall("--json shows no source; leave out --code or --graph")
    # Only now, because it imports torch, which takes seconds.
    from sconce.inspect.show import show

    show(path, code=code, graph=graph, as_json=as_json, depth=depth,
         trust=trust)


def existing_file(file: Path | None, method: str | None) -> Path:
    """The file; a wrong call where none is named or there is none."""
    if file is None and method:
        raise WrongCall(
            f"no FILE; '{method}' was taken as a method: put --code and "
            "--graph after FILE"
        )
    if file is None:
        raise WrongCall("no FILE; say 'sconce inspect FILE'")
    if not file.is_file():
        found = "not there" if not file.exists() else "no regular file"
        raise WrongCall(f"{file}: {found}; name a TorchScript archive")
    return file
