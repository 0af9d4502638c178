"""Silences the one notice that tells Sconce's users nothing."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# PyTorch 2.11 marks all of TorchScript as deprecated, at each call. An
# exporter of TorchScript cannot follow the advice.
_NOTICE = r"`torch\.jit\.\w+` is (deprecated|not supported)"


def ignore_deprecation() -> None:
    """Adds the filter to the warning filters in force now."""
    warnings.filterwarnings(
        "ignore", message=_NOTICE, category=DeprecationWarning
    )


@contextmanager
def no_deprecation() -> Iterator[None]:
    """Drops "`torch.jit.…` is deprecated" within the block, nothing else."""
    with warnings.catch_warnings():
        ignore_deprecation()
        yield
