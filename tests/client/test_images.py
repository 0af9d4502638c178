"""image_tensor(): a picture in the layout, size and type of an input."""

import io
import sys

import numpy as np
import pytest
from PIL import Image
from sconce.cli.faults import Fault
from sconce.cli.images import ImageOptions, image_tensor, is_image
from sconce.client.metadata import TensorInfo

COLOUR = (255, 51, 0)


def encoded(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, COLOUR).save(file, kind)
    return file.getvalue()


def tensor(
    shape: tuple[int, ...],
    datatype: str = "FP32",
    options: ImageOptions = ImageOptions(),
) -> np.ndarray:
    info = TensorInfo("img", datatype, shape)
    return image_tensor(encoded(), "x.png", info, options)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((-1, 3, -1, -1), (1, 3, 6, 8)),
        ((-1, 3, 4, 5), (1, 3, 4, 5)),
        ((-1, -1, -1, 3), (1, 6, 8, 3)),
        ((3, 4, -1), (3, 4, 8)),
        ((10, 12, 3), (10, 12, 3)),
        ((-1, 1, 6, 8), (1, 1, 6, 8)),
        ((1, 4, -1, -1), (1, 4, 6, 8)),
        ((), (1, 3, 6, 8)),
    ],
)
def test_layout_and_size(
    shape: tuple[int, ...], found: tuple[int, ...]
) -> None:
    assert tensor(shape).shape == found


def test_an_open_size_can_be_chosen() -> None:
    options = ImageOptions(size=(3, 2))
    assert tensor((-1, 3, -1, -1), options=options).shape == (1, 3, 3, 2)
    assert tensor((-1, 3, 6, -1), options=options).shape == (1, 3, 6, 2)


def test_values() -> None:
    bytes_ = tensor((-1, -1, -1, 3), "UINT8")
    assert bytes_.dtype == np.uint8 and bytes_[0, 0, 0].tolist() == [255, 51, 0]
    floats = tensor((3, -1, -1))
    assert floats.dtype == np.float32 and floats.flags.c_contiguous
    np.testing.assert_allclose(floats[:, 0, 0], [1, 0.2, 0])
    options = ImageOptions(mean=(0.5, 0.2, 0), std=(0.5, 1, 1))
    scaled = tensor((3, -1, -1), "FP16", options)
    assert scaled.dtype == np.float16
    np.testing.assert_allclose(scaled[:, 0, 0], [1, 0, 0], atol=1e-3)


@pytest.mark.parametrize("shape", [(1,), (-1, 2, 6, 8), (-1, 5, 5)])
def test_what_is_no_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(Fault, match="which is no image"):
        tensor(shape)


def test_a_type_that_an_image_has_not() -> None:
    with pytest.raises(Fault, match="takes INT64; an image becomes UINT8"):
        tensor((3, -1, -1), "INT64")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_images_are_known_by_content(kind: str) -> None:
    assert is_image(encoded(kind))
    assert not is_image(b"BIFF" + encoded(kind)[4:])


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded()
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(Fault, match=r"pip install 'sconce\[cli\]'"):
        image_tensor(content, "x.png", TensorInfo("img"), ImageOptions())
