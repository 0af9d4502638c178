"""A zoo of small models, each chosen for one thing a server gets wrong.

`ZOO` maps a name to a factory. Factories are cheap to list and build their
model only when called: weights are random but seeded, so two processes that
build the same name hold equal weights and can compare answers. To add a model,
write a module here with one factory per variant and name it in `ZOO`.
"""

from collections.abc import Callable, Mapping

from models.zoo import (
    efficientnet,
    identity,
    mlp,
    named_outputs,
    refusing,
    resnet,
    simple,
    slow,
    tuple_output,
)
from models.zoo.entry import ModelConfig, TensorSpec, ZooModel

ZOO: Mapping[str, Callable[[], ZooModel]] = {
    "simple": simple.build,
    "mlp_traced": mlp.build_traced,
    "mlp_scripted": mlp.build_scripted,
    "mlp_batched": mlp.build_batched,
    "identity": identity.build,
    "identity_batched": identity.build_batched,
    "tuple_output": tuple_output.build,
    "dict_output": named_outputs.build_dict,
    "namedtuple_output": named_outputs.build_namedtuple,
    "refusing": refusing.build,
    "refusing_batched": refusing.build_batched,
    "slow": slow.build,
    "resnet18": resnet.build,
    "efficientnet_lite0": efficientnet.build,
}

__all__ = ["ZOO", "ModelConfig", "TensorSpec", "ZooModel"]
