"""Loads an archive on the CPU, for reading only."""

from collections.abc import Callable
from pathlib import Path

import torch

from sconce.check.finding import Finding, Kind
from sconce.check.identify import check_file
from sconce.export.quiet import no_deprecation
from sconce.export.wording import reason_of
from sconce.inspect.code_scan import refuse_active_code
from sconce.inspect.debug_files import check_debug_files
from sconce.inspect.errors import InspectError

LOADABLE = (Kind.TORCHSCRIPT, Kind.TORCHSCRIPT_MOBILE)


def load_archive(path: Path, trust: bool) -> torch.jit.ScriptModule:
    """The module on the CPU; nothing of it is run.

    Raises InspectError for a file of another kind or a damaged one (LibTorch
    looks at neither), for code that acts while loading, unless `trust`, and
    where LibTorch refuses the archive.
    """
    refuse_other_files(path, check_file(path))
    check_debug_files(path)
    if not trust:
        refuse_active_code(path)
    try:
        with no_deprecation():
            load: Callable[..., torch.jit.ScriptModule] = torch.jit.load
            return load(path, map_location="cpu")
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise InspectError(
            f"{path}: LibTorch refuses the archive: {reason_of(error)}; "
            "export the model again with this version of PyTorch"
        ) from error


def refuse_other_files(path: Path, found: Finding) -> None:
    """Raises InspectError that names what the file is."""
    if found.kind not in LOADABLE:
        raise InspectError(
            f"{path}: {found.title}; only TorchScript archives can be "
            f"inspected, 'sconce check {path}' says what to do"
        )
    if found.problems:
        raise InspectError(
            f"{path}: {found.problems[0]}; 'sconce check {path}' lists all "
            "that is damaged"
        )
