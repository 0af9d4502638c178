"""Command line: `python -m models.export --out DIR [names...]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models.export.repository import Layout, export
from models.export.torchscript import ExportError
from models.zoo import ZOO


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    for name in options.names or ZOO:
        try:
            archive = export(
                ZOO[name](), options.out, options.layout, options.version
            )
        except (ExportError, ValueError, OSError) as error:
            print(f"cannot export '{name}': {error}", file=sys.stderr)
            return 1
        print(f"{name}: {archive} ({archive.stat().st_size:,} bytes)")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.export", description=main.__doc__ or __doc__
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        type=_known_model,
        help=f"models to export, all by default: {', '.join(ZOO)}",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the repository's folder"
    )
    parser.add_argument(
        "--layout",
        type=Layout,
        choices=list(Layout),
        default=Layout.VERSIONED,
        help="<name>/<version>/model.pt, or a bare <name>.pt",
    )
    parser.add_argument("--version", type=_positive, default=1)
    return parser


def _known_model(text: str) -> str:
    if text not in ZOO:
        known = ", ".join(ZOO)
        raise argparse.ArgumentTypeError(f"no model '{text}' among {known}")
    return text


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no version number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
