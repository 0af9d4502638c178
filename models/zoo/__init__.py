"""Models that the server is tested with, each with the way to export it.

`ZOO` maps a name to a factory. Factories are cheap to list and build their
model only when called: weights are random but seeded, so two processes that
build the same name hold equal weights and can compare answers. To add a model,
write a module here with one factory per variant and name it below;
models/doc/zoo.md lists them all.
"""

from collections.abc import Callable, Mapping

from models.zoo.cases import (
    decision_gate,
    detector,
    device_constant,
    empty_input,
    goal_prediction,
    larger_maximum,
    linear,
    mean_ratio,
    positions,
    recurrent_loop,
    repeated_convolution,
    sqrt_or_square,
    structures,
    sum_in_place,
    super_resolution,
    two_traces,
)
from models.zoo.config import ModelConfig, TensorSpec
from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.protocol import (
    identity,
    mlp,
    named_outputs,
    refusing,
    simple,
    slow,
    tuple_output,
)
from models.zoo.real import efficientnet, minilm, resnet, silero

Factory = Callable[[], ZooModel]

# For the tests of the protocol: what public clients ask for, batches, names.
PROTOCOL: Mapping[str, Factory] = {
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
}

# What goes wrong at export, in the order of the documentation's table.
CASES: Mapping[str, Factory] = {
    "net_traced": linear.build_traced,
    "net_scripted": linear.build_scripted,
    "decision_gate": decision_gate.build,
    "recurrent_loop": recurrent_loop.build,
    "sqrt_or_square": sqrt_or_square.build,
    "positions": positions.build,
    "mean_ratio": mean_ratio.build,
    "detector": detector.build,
    "two_traces": two_traces.build,
    "sum_in_place": sum_in_place.build,
    "resnet18_mean_subtracted": resnet.build_mean_subtracted,
    "super_resolution": super_resolution.build,
    "goal_prediction": goal_prediction.build,
    "repeated_convolution": repeated_convolution.build,
    "larger_maximum": larger_maximum.build,
    "device_constant": device_constant.build,
    "empty_input": empty_input.build,
    "list_output": structures.build_list,
    "nested_output": structures.build_nested,
    "dataclass_output": structures.build_dataclass,
}

REAL: Mapping[str, Factory] = {
    "resnet18": resnet.build,
    "efficientnet_lite0": efficientnet.build,
    "minilm": minilm.build,
    "silero_vad": silero.build,
}

ZOO: Mapping[str, Factory] = {**PROTOCOL, **CASES, **REAL}

__all__ = [
    "CASES",
    "PROTOCOL",
    "REAL",
    "ZOO",
    "Call",
    "ModelConfig",
    "TensorSpec",
    "Trap",
    "ZooModel",
]
