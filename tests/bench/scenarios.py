"""Which contenders meet, over what, and what is expected of our server."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from contenders import Contender, EchoProcess, Load, RawLoop, Window
from sconce_support.server_process import ServerProcess
from values import ValuesWorkload
from workloads import Workload, Workloads

_IDENTITY_GOAL = 0.85
_RAW_LOOP_GOAL = 0.93
_MLP_RAW_BATCH = 32
_VALUES_GOAL_US = 15.0
# A window has to hold many batches of a model that takes 0.3 s for one.
_RESNET_TIME = 3

NAMES = (
    "identity_100B_64",
    "identity_100B_1",
    "identity_602KB_16",
    "mlp_64",
    "values_1",
    "values_16",
    "resnet18_saturated",
)

Windows = dict[str, list[Window]]


class Comparison(Protocol):
    """One contender held against another, window by window."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def goal(self) -> float | None: ...
    @property
    def at_most(self) -> bool:
        """Whether the goal is a ceiling."""

    def values(self, windows: Windows) -> list[float]:
        """One for each round, of two windows that were measured in turn."""


@dataclass(frozen=True)
class Ratio:
    """How close a contender comes to a yardstick; 1 is as good as it.

    `cpu` divides the yardstick's CPU time per item by the contender's,
    `throughput` the contender's items per second by the yardstick's.
    """

    measure: Literal["cpu", "throughput"]
    of: str
    to: str
    goal: float | None = None
    unit = "1"
    at_most = False

    @property
    def name(self) -> str:
        return f"{self.of}_{self.measure}_ratio_to_{self.to}"

    def values(self, windows: Windows) -> list[float]:
        pairs = zip(windows[self.of], windows[self.to], strict=True)
        if self.measure == "cpu":
            return [b.cpu_us_per_item / a.cpu_us_per_item for a, b in pairs]
        return [a.items_per_second / b.items_per_second for a, b in pairs]


@dataclass(frozen=True)
class Excess:
    """How much more CPU time per item a contender takes than another."""

    of: str
    to: str
    goal: float | None = None
    unit = "us/item"
    at_most = True

    @property
    def name(self) -> str:
        return f"{self.of}_cpu_above_{self.to}"

    def values(self, windows: Windows) -> list[float]:
        pairs = zip(windows[self.of], windows[self.to], strict=True)
        return [a.cpu_us_per_item - b.cpu_us_per_item for a, b in pairs]


@dataclass(frozen=True)
class Scenario:
    name: str
    contenders: dict[str, Contender]
    comparisons: tuple[Comparison, ...]

    def run(self, rounds: int) -> Windows:
        """Measures in turns; each second round in the opposite order, so that
        a machine that slows down or speeds up favours nobody."""
        windows: Windows = {label: [] for label in self.contenders}
        for turn in range(rounds):
            labels = list(self.contenders)
            for label in labels if turn % 2 == 0 else reversed(labels):
                windows[label].append(self.contenders[label].measure())
        return windows


@dataclass(frozen=True)
class Rivals:
    """The processes that wait for load."""

    server: ServerProcess
    echo: EchoProcess
    gathering_echo: EchoProcess


def all_of(
    workloads: Workloads,
    values: dict[str, ValuesWorkload],
    rivals: Rivals,
    options: argparse.Namespace,
) -> Iterator[Scenario]:
    """The scenarios that --only leaves, in the order of the issue."""
    build = _Builder(rivals, options)
    small, image = workloads.identity_100b, workloads.identity_602k
    every = (
        build.transport("identity_100B_64", small, 64, 4, 5000),
        build.transport("identity_100B_1", small, 1, 1, 2000),
        build.transport("identity_602KB_16", image, 16, 4, 1000),
        build.mlp(workloads.mlp),
        build.values("values_1", values, 1),
        build.values("values_16", values, 16),
        build.resnet(workloads.resnet_image, workloads.resnet_batch),
    )
    return (scenario for scenario in every if options.only in scenario.name)


class _Builder:
    def __init__(self, rivals: Rivals, options: argparse.Namespace) -> None:
        self._rivals = rivals
        self._options = options

    def transport(
        self,
        name: str,
        work: Workload,
        outstanding: int,
        channels: int,
        warmup: int,
    ) -> Scenario:
        load = (work, outstanding, channels, warmup)
        contenders: dict[str, Contender] = {
            "echo": self._load(self._rivals.echo, *load),
            "gathering_echo": self._load(self._rivals.gathering_echo, *load),
            "server": self._load(self._rivals.server, *load),
        }
        ratios = (
            Ratio("cpu", "server", "echo", _IDENTITY_GOAL),
            Ratio("cpu", "server", "gathering_echo"),
            Ratio("throughput", "server", "echo"),
        )
        return Scenario(name, contenders, ratios)

    def mlp(self, work: Workload) -> Scenario:
        load = (work, 64, 4, 10000)
        contenders: dict[str, Contender] = {
            "raw_loop": self._raw_loop(work, _MLP_RAW_BATCH, 1000),
            "echo": self._load(self._rivals.echo, *load),
            "server": self._load(self._rivals.server, *load),
        }
        ratios = (
            Ratio("cpu", "server", "echo"),
            Ratio("throughput", "server", "echo"),
            Ratio("throughput", "server", "raw_loop"),
        )
        return Scenario("mlp_64", contenders, ratios)

    def values(
        self, name: str, values: dict[str, ValuesWorkload], outstanding: int
    ) -> Scenario:
        contenders: dict[str, Contender] = {
            label: self._load(self._rivals.server, work, outstanding, 1, 2000)
            for label, work in values.items()
        }
        scalars = [label for label, work in values.items() if work.scalars]
        comparisons = (
            Excess("on_lane", "tensors"),
            Excess("dict_only", "tensors"),
            *(Excess(of, "tensors", _VALUES_GOAL_US) for of in scalars),
            *(Excess(of, "on_lane") for of in scalars),
        )
        return Scenario(name, contenders, comparisons)

    def resnet(self, image: Workload, batch: Workload) -> Scenario:
        lanes = self._options.lanes
        contenders: dict[str, Contender] = {
            "raw_loop": self._raw_loop(batch, batch.items, 3, _RESNET_TIME),
            # Two requests of a whole batch for each lane keep it busy ...
            "server_batches": self._load(
                self._rivals.server, batch, 2 * lanes, 4, 4 * lanes,
                _RESNET_TIME),
            # ... and of single images, four batches wait or run.
            "server_images": self._load(
                self._rivals.server, image, 4 * batch.items, 4, 96,
                _RESNET_TIME),
        }
        ratios = tuple(
            Ratio(measure, of, "raw_loop", _RAW_LOOP_GOAL)
            for of in ("server_batches", "server_images")
            for measure in ("cpu", "throughput")
        )
        return Scenario("resnet18_saturated", contenders, ratios)

    def _load(
        self,
        process: ServerProcess | EchoProcess,
        work: Workload,
        outstanding: int,
        channels: int,
        warmup: int,
        time: int = 1,
    ) -> Load:
        return Load(
            binaries=self._options.bin,
            address=process.grpc_address,
            pid=process.pid,
            workload=work,
            echoes=isinstance(process, EchoProcess),
            outstanding=outstanding,
            channels=channels,
            warmup=warmup,
            seconds=time * self._options.seconds,
        )

    def _raw_loop(
        self, work: Workload, batch: int, warmup: int, time: int = 1
    ) -> RawLoop:
        return RawLoop(
            binaries=self._options.bin,
            archive=work.archive,
            shape=(batch, *work.shape[1:]),
            optimize=self._options.optimize,
            threads=self._options.lanes,
            warmup=warmup,
            seconds=time * self._options.seconds,
        )
