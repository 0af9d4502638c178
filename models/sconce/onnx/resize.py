"""Bicubic resizing whose scale is an input, in a trace and in ONNX alike.

`F.interpolate` takes the scale as a Python number: a trace keeps that of its
example for ever. `resize_bicubic` keeps it a tensor: TorchScript gets the
scripted function below, ONNX a Resize whose scales come from the input.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, Value, jit

FLOAT = 1  # TensorProto.FLOAT
CUBIC_COEFFICIENT = -0.75  # PyTorch's; also the ONNX default


def resize_bicubic(x: Tensor, scale: Tensor) -> Tensor:
    """`x` enlarged by `scale` in height and width.

    Shapes and dtypes: x is float32 [N, C, H, W], scale is a floating point
    tensor of one element, the result [N, C, floor(H*scale), floor(W*scale)].
    A scale that is not positive is refused by PyTorch with a RuntimeError.
    """
    if not jit.is_scripting():  # type: ignore[attr-defined]
        if torch.onnx.is_in_onnx_export():
            apply: Any = Resize.apply
            return apply(x, scale)  # type: ignore[no-any-return]
    resized: Tensor = interpolate(x, scale)
    return resized


@jit.script_if_tracing  # type: ignore[untyped-decorator]
def interpolate(x: Tensor, scale: Tensor) -> Tensor:
    return F.interpolate(
        x, scale_factor=float(scale), mode="bicubic", align_corners=False
    )


class Resize(torch.autograd.Function):
    """The same with a translation to ONNX of its own."""

    @staticmethod
    def forward(_: Any, x: Tensor, scale: Tensor) -> Tensor:
        return F.interpolate(
            x, scale_factor=float(scale), mode="bicubic", align_corners=False
        )

    @staticmethod
    def symbolic(g: Any, x: Value, scale: Value) -> Value:
        """Resize(x, no region, [1, 1, scale, scale]); opset 13 and later."""
        one = g.op("Constant", value_t=torch.tensor([1]))
        factor = g.op("Reshape", g.op("Cast", scale, to_i=FLOAT), one)
        kept = g.op("Constant", value_t=torch.ones(2))
        no_region = g.op("Constant", value_t=torch.zeros(0))
        resized: Value = g.op(
            "Resize",
            x,
            no_region,
            g.op("Concat", kept, factor, factor, axis_i=0),
            mode_s="cubic",
            cubic_coeff_a_f=CUBIC_COEFFICIENT,
            coordinate_transformation_mode_s="half_pixel",
        )
        return resized
