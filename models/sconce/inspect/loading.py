"""Loads an archive on the CPU, for reading only."""

from collections.abc import Callable
from pathlib import Path

import torch

from sconce.export.quiet import no_deprecation
from sconce.export.wording import reason_of
from sconce.inspect.code_scan import refuse_active_code
from sconce.inspect.errors import InspectError
from sconce.inspect.records import Records


def load_archive(
    path: Path, records: Records, trust: bool
) -> torch.jit.ScriptModule:
    """The module on the CPU; nothing of it is run.

    Raises InspectError for code that acts while loading, unless `trust`, and
    where LibTorch refuses the archive.
    """
    if not trust:
        refuse_active_code(path, records)
    try:
        with no_deprecation():
            load: Callable[..., torch.jit.ScriptModule] = torch.jit.load
            return load(path, map_location="cpu")
    except (RuntimeError, ValueError, TypeError) as error:
        raise InspectError(
            f"{path}: TorchScript refuses the archive: {reason_of(error)}; "
            f"'sconce check {path}' looks closer"
        ) from error
