"""What an ImageNet classifier needs around it: a picture in, labels out."""

from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 224


def sample_picture() -> Path:
    """The portrait that matplotlib ships; the right label is known."""
    folder = Path(matplotlib.get_data_path())
    return folder / "sample_data" / "grace_hopper.jpg"


def preprocess(picture: Path) -> NDArray[np.float32]:
    """Decodes and scales a picture to the [1, 3, 224, 224] of Lite models.

    The whole picture is resized: the usual centre crop would cut away most of
    what a portrait has to tell. Pixels become (x - 127) / 128, as the Lite
    weights were trained.
    """
    with Image.open(picture) as image:
        square = image.convert("RGB").resize(
            (SIDE, SIDE), Image.Resampling.BICUBIC
        )
    pixels = (np.asarray(square, dtype=np.float32) - 127.0) / 128.0
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])


def labels() -> list[str]:
    """The 1000 class names in the order of the classifier's outputs."""
    # Imported here: torchvision costs seconds, and only a display needs names.
    from torchvision.models import EfficientNet_B0_Weights

    return list(EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"])
