"""The ONNX opsets that can be asked for."""

from sconce.export.errors import UsageError

OLDEST = 13  # before it, an absent input of Resize has another form
NEWEST = 20  # the last one that PyTorch 2.11's TorchScript converter writes
DEFAULT = 20


def checked_opset(opset: int | None) -> int:
    """The default for None; UsageError outside the range."""
    if opset is None:
        return DEFAULT
    if not OLDEST <= opset <= NEWEST:
        raise UsageError(
            f"opset {opset}: expected {OLDEST} to {NEWEST}, which is what "
            "PyTorch's TorchScript converter writes"
        )
    return opset
