"""Pictures as the tensor that a model's metadata describes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional, Tuple

import numpy as np

from sconce.cli.faults import WRONG_CALL, Fault
from sconce.client.metadata import TensorInfo

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_FLOATS = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "BF16": "<f4"}
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")


@dataclass(frozen=True)
class ImageOptions:
    """`size` is (height, width) where the model leaves it open. A float
    tensor gets (v - mean) / std of v in [0, 1], by channel."""

    size: Optional[Tuple[int, int]] = None
    mean: Tuple[float, ...] = (0.0,)
    std: Tuple[float, ...] = (1.0,)


class Layout(NamedTuple):
    """Where a tensor has what; sizes are None where they are open."""

    batched: bool
    channels_first: bool
    channels: int
    height: Optional[int]
    width: Optional[int]


def is_image(content: bytes) -> bool:
    """By its first bytes."""
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return webp or content.startswith(_MAGIC)


def image_tensor(
    content: bytes, source: str, info: TensorInfo, options: ImageOptions
) -> np.ndarray[Any, Any]:
    """The picture `content`, read from `source`, for the input `info`: in its
    layout, size and data type. Raises Fault."""
    layout = layout_of(info)
    picture = _decoded(content, source).convert(_MODES[layout.channels])
    size = _size(layout, options, picture.height, picture.width)
    if size != (picture.height, picture.width):
        from PIL import Image

        picture = picture.resize(size[::-1], Image.Resampling.BICUBIC)
    pixels = np.asarray(picture).reshape(*size, layout.channels)
    values = _values(pixels, info, options)
    if layout.channels_first:
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None] if layout.batched else values)


def layout_of(info: TensorInfo) -> Layout:
    """[N,C,H,W] or [N,H,W,C], or these without N; [N,3,H,W] where the server
    does not know. Fault for what is no image."""
    shape = info.shape or (-1, 3, -1, -1)
    batched = len(shape) == 4
    inner = shape[1:] if batched else shape
    if len(inner) == 3:
        opened = [None if size < 0 else size for size in inner]
        if inner[0] in _MODES:
            return Layout(batched, True, inner[0], opened[1], opened[2])
        if inner[2] in _MODES:
            return Layout(batched, False, inner[2], opened[0], opened[1])
    raise Fault(
        f'input "{info.name}" takes {info}, which is no image: expected '
        "1, 3 or 4 channels, height and width; give it an array",
        WRONG_CALL,
    )


def _decoded(content: bytes, source: str) -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise Fault(
            f"{source}: reading images needs Pillow; install it with: "
            "pip install 'sconce[cli]'"
        ) from None
    try:
        picture = Image.open(io.BytesIO(content))
        picture.load()
    except Exception as error:  # decoders raise whatever they like
        reason = " ".join(str(error).split()) or type(error).__name__
        if "BytesIO" in reason:
            reason = "of no format that Pillow knows"
        raise Fault(
            f"{source} is no readable image: {reason}; give another file",
            WRONG_CALL,
        ) from None
    return picture


def _size(
    layout: Layout, options: ImageOptions, height: int, width: int
) -> Tuple[int, int]:
    wanted = options.size or (height, width)
    return layout.height or wanted[0], layout.width or wanted[1]


def _values(
    pixels: np.ndarray[Any, Any], info: TensorInfo, options: ImageOptions
) -> np.ndarray[Any, Any]:
    datatype = info.datatype or "FP32"
    if datatype == "UINT8":
        return pixels
    if datatype not in _FLOATS:
        raise Fault(
            f'input "{info.name}" takes {datatype}; an image becomes UINT8 '
            "or a float; give it an array",
            WRONG_CALL,
        )
    scaled = pixels.astype(np.float64) / 255.0
    made: np.ndarray[Any, Any] = scaled - np.array(options.mean)
    made /= np.array(options.std)
    return made.astype(_FLOATS[datatype])
