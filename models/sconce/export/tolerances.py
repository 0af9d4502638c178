"""How far an archive may be from eager PyTorch, per dtype."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from sconce.export.errors import ExportError, UsageError

# torch dtype -> its name in the Open Inference Protocol.
DTYPE_NAMES = {
    torch.bool: "BOOL",
    torch.uint8: "UINT8",
    torch.int8: "INT8",
    torch.int16: "INT16",
    torch.int32: "INT32",
    torch.int64: "INT64",
    torch.float16: "FP16",
    torch.bfloat16: "BF16",
    torch.float32: "FP32",
    torch.float64: "FP64",
}
DTYPES = {name: dtype for dtype, name in DTYPE_NAMES.items()}


@dataclass(frozen=True)
class Tolerance:
    """Equal means |actual - expected| <= atol + rtol * |expected|."""

    rtol: float = 0.0
    atol: float = 0.0

    def __str__(self) -> str:
        if not self.rtol and not self.atol:
            return "exact"
        return f"rtol {self.rtol:g}, atol {self.atol:g}"


# Room for another order of summation, none for another answer. Whole numbers
# and truth values have to be the same.
_DEFAULTS = {
    "FP64": Tolerance(1e-7, 1e-9),
    "FP32": Tolerance(1e-4, 1e-5),
    "FP16": Tolerance(1e-2, 1e-3),
    "BF16": Tolerance(2e-2, 1e-2),
}


def check_dtype(name: str, value: torch.Tensor) -> None:
    """Raises ExportError for what no client could send or receive."""
    if value.layout != torch.strided or value.is_nested:
        kind = "nested" if value.is_nested else str(value.layout)
        raise ExportError(
            f"'{name}' is a {kind.removeprefix('torch.')} tensor, which no "
            "client can send or receive: convert it with .to_dense()"
        )
    if value.dtype not in DTYPE_NAMES:
        raise ExportError(
            f"'{name}' has the dtype {str(value.dtype).removeprefix('torch.')}"
            ", which the Open Inference Protocol lacks; there are "
            f"{', '.join(DTYPES)}"
        )


class Tolerances:
    """The table of one export."""

    def __init__(
        self, given: Mapping[str, tuple[float, float]] | None = None
    ) -> None:
        self._table = dict(_DEFAULTS)
        for name, pair in (given or {}).items():
            self._table[_known(name)] = _checked(name, pair)

    def of(self, dtype: torch.dtype) -> Tolerance:
        return self._table.get(DTYPE_NAMES.get(dtype, ""), Tolerance())

    def for_size(self, size: float) -> "Tolerances":
        """For values that are rounded to a fraction of `size`."""
        factor = max(1.0, size)
        return Tolerances(
            {
                name: (row.rtol, row.atol * factor)
                for name, row in self._table.items()
            }
        )

    def named(self, names: set[str]) -> dict[str, Tolerance]:
        """The rows for the dtypes in `names`, sorted by name."""
        return {
            name: self._table.get(name, Tolerance()) for name in sorted(names)
        }


def _known(name: str) -> str:
    if name not in DTYPES:
        raise UsageError(
            f"tolerances: no dtype '{name}' among {', '.join(DTYPES)}"
        )
    return name


def _checked(name: str, pair: object) -> Tolerance:
    match pair:
        case Tolerance():
            return pair
        case (float() | int() as rtol, float() | int() as atol) if (
            rtol >= 0 and atol >= 0
        ):
            return Tolerance(float(rtol), float(atol))
    raise UsageError(
        f"tolerances['{name}'] is {pair!r}, expected (rtol, atol), both >= 0"
    )
