"""Which models there are: how each is made, served and checked."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gpu_models.bert import Bert
from gpu_models.plain import Identity, LaunchBound, Lookup, Mlp, Square
from gpu_models.resnet import Classifier, ResNet, calibrate
from gpu_models.scale import Scale

FLOAT, HALF = torch.float32, torch.float16

# Of |answer - expected| / (1 + |expected|), CPU float32 being expected.
# Half precision was 0.003 off on a CPU; rows of an example differ by far more.
TOLERANCE = {"fp32": 1e-3, "fp16": 2e-2}


@dataclass(frozen=True)
class Entry:
    """A model and one example of some rows.

    `reference`   computes what is right, from the same weights
    `max_batch`   rows; 0 is for requests that are never merged
    `open_sizes`  whether all sizes but the rows may be any
    """

    name: str
    module: nn.Module
    reference: nn.Module
    inputs: dict[str, Tensor]
    max_batch: int
    tolerance: float = TOLERANCE["fp32"]
    open_sizes: bool = False


Maker = Callable[[Scale], list[Entry]]


def images(scale: Scale) -> list[Entry]:
    torch.manual_seed(1)
    network = ResNet(scale.blocks, scale.width).eval()
    calibrate(network, scale.side)
    shape = (scale.examples, 3, scale.side, scale.side)
    floats = {"image": torch.randn(shape)}
    pixels = {"image": torch.randint(0, 256, shape, dtype=torch.uint8)}
    made = []
    for name, inputs, dtype in (
        ("resnet50", floats, FLOAT),
        ("resnet50_fp16", floats, HALF),
        ("resnet50_uint8", pixels, FLOAT),
        ("resnet50_uint8_fp16", pixels, HALF),
    ):
        right = Classifier(deepcopy(network), FLOAT).eval()
        module = Classifier(deepcopy(network), dtype).eval()
        precision = "fp32" if dtype == FLOAT else "fp16"
        made.append(Entry(name, module, right, inputs, scale.max_batch,
                          TOLERANCE[precision]))
    return made


def text(scale: Scale) -> list[Entry]:
    torch.manual_seed(2)
    bert = Bert(scale.layers, scale.hidden, scale.heads).eval()
    # All different: the first word weighs most, and rows have to differ.
    shape = scale.examples, scale.words
    ids = torch.randperm(30522)[: scale.examples * scale.words].view(shape)
    mask = torch.ones_like(ids)
    mask[-1, scale.words // 2 :] = 0
    inputs = {"ids": ids, "mask": mask}
    half = deepcopy(bert).to(HALF)
    return [
        Entry("bert_base", bert, bert, inputs, scale.max_batch),
        Entry("bert_base_fp16", half, bert, inputs, scale.max_batch,
              TOLERANCE["fp16"]),
    ]


def small(scale: Scale) -> list[Entry]:
    torch.manual_seed(3)
    mlp = Mlp(256, scale.mlp_width, 16)
    identity, square = Identity(), Square()
    chain = LaunchBound(64, scale.launches)
    lookup = Lookup(1000, 16)
    rows = scale.mlp_rows
    return [
        Entry("mlp", mlp, mlp, {"x": torch.randn(rows, 256)}, 32 * rows),
        Entry("identity", identity, identity, {"x": torch.randn(2, 25)}, 1024,
              open_sizes=True),
        Entry("launch_bound", chain, chain, {"x": torch.randn(8, 64)}, 8),
        Entry("square", square, square, {"x": torch.randn(1, 128)}, 0,
              open_sizes=True),
        Entry("lookup", lookup, lookup,
              {"index": torch.randint(0, 1000, (4, 3))}, 16),
    ]


MAKERS: tuple[Maker, ...] = (images, text, small)
